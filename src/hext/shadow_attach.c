/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching of tables that a fence of all addresses has detached.
 *
 * Such a fence clears V in the pointers of the root, so that no walk from the root reaches what the
 * shadow knew before the fence. At the first fault in the range of a detached table, the table is
 * attached again, without the entries that a walk after the fence would not give.
 *
 * Each entry that stays is one that a fill would install now, because L1's entry is read after the
 * last fence of any hart that names the shadow. docs/hext.md has the whole argument.
 */
#include "hext/shadow_plain.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"

/* Bits that L1's leaf has as the shadow leaf has them, if both give the same page. */
#define PTE_SAME (PTE_V | PTE_U | PTE_A | PTE_PPN | PTE_RESERVED | PTE_PBMT | PTE_N)

/*
 * What a fill would install now of @ours, an entry of the shadow. @l1s is L1's entry of the same
 * level, with the host's address of its page. 0: nothing, or the fill would have to look further
 * than at @l1s. A part of a larger leaf of L1 has a level in RSW. If L1 has to set A, or D for a
 * store, the access must fault. W without R is reserved.
 */
static uint64_t still_given(uint64_t ours, uint64_t l1s)
{
	if (((ours ^ l1s) & PTE_SAME) || !(ours & l1s & PTE_R) || (ours & PTE_RSW))
		return 0;
	if ((l1s & (PTE_W | PTE_D)) != (PTE_W | PTE_D))
		ours &= ~(PTE_W | PTE_D);
	return l1s & PTE_X ? ours : ours & ~PTE_X;
}

/*
 * The table of L1 that has the entries of @level around L1's leaf @page. NULL: @page has another
 * level, or the table is not in the piece of RAM that is read without a call, or the host's address
 * of a page does not follow from L1's.
 */
static const volatile uint64_t *table_of_l1(const struct hext_config *c, unsigned int level,
					    const struct hext_page *page)
{
	uint64_t offset = (page->pte.addr & ~(PAGE_SIZE - 1)) - c->ram_start;

	if (!c->one_distance || page->level != level || offset >= c->ram_size)
		return NULL;
	return (const volatile uint64_t *)(c->ram + offset);
}

/* Remove from *@entry what L1's entry does not give. @l1s is as above. */
static inline void reduce(uint64_t *entry, uint64_t l1s)
{
	uint64_t ours = load_pte(entry);
	uint64_t now = pte_is_leaf(ours) ? still_given(ours, l1s) : detached(ours);

	if (now != ours)
		store_pte(entry, now);
}

/* Remove from @count entries what L1's entries do not give. @l1s is NULL if they give nothing. */
static __attribute__((noinline)) void reduce_all(uint64_t *ours, const volatile uint64_t *l1s,
						 uint64_t distance, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (load_pte(&ours[i]))
			reduce(&ours[i], l1s ? l1s[i] + distance : 0);
	}
}

static inline __attribute__((always_inline)) bool
is_other(const uint64_t *ours, const volatile uint64_t *l1s, uint64_t distance)
{
	return __builtin_expect(*l1s + distance != load_pte(ours), false);
}

/* Compare four entries of level 0 with L1's. Most are equal: four instructions for each of them. */
static inline __attribute__((always_inline)) void
compare_4(uint64_t *ours, const volatile uint64_t *l1s, uint64_t distance)
{
	if (is_other(&ours[0], &l1s[0], distance) || is_other(&ours[1], &l1s[1], distance) ||
	    is_other(&ours[2], &l1s[2], distance) || is_other(&ours[3], &l1s[3], distance))
		reduce_all(ours, l1s, distance, 4);
}

/* Compare a group of entries of level 0 with L1's. */
static inline __attribute__((always_inline)) void
compare_group(uint64_t *ours, const volatile uint64_t *l1s, uint64_t distance)
{
	compare_4(&ours[0], &l1s[0], distance);
	compare_4(&ours[4], &l1s[4], distance);
	compare_4(&ours[8], &l1s[8], distance);
	compare_4(&ours[12], &l1s[12], distance);
}

/* For so few entries, reduce_all() takes fewer instructions than a group. */
#define FEW 6

void shadow_attach(struct hext_shadow_pool *pool, uint64_t *pointer, unsigned int level,
		   const struct hext_page *page)
{
	const struct hext_config *c = pool->cfg;
	uint32_t index = table_index(pool, load_pte(pointer));
	const volatile uint64_t *l1s = table_of_l1(c, level, page);
	/* From the PPN of a page of L1 to the host's. */
	uint64_t distance = pte_make(c->ram_hpa.addr, 0) - pte_make(c->ram_start, 0);
	uint64_t *table = table_at(pool, index);
	uint32_t groups;

	const struct hext_span *span = &pool->info[index].span;

	assert(spin_is_held(&pool->shadow[pool->info[index].shadow].lock));
	assert(is_detached(load_pte(pointer)) && index < pool->table_total);
	groups = span->groups;
	/* Few entries side by side are compared without the others of their groups. */
	if (span->first < span->end && span->end - span->first <= FEW) {
		reduce_all(table + span->first, l1s ? l1s + span->first : NULL, distance,
			   span->end - span->first);
		groups = 0;
	}
	for (; groups; groups >>= 1) {
		if (groups & 1) {
			if (!level && l1s)
				compare_group(table, l1s, distance);
			else
				reduce_all(table, l1s, distance, GROUP);
		}
		table += GROUP;
		l1s = l1s ? l1s + GROUP : NULL;
	}
	pool->info[index].candidate = false;
	store_pte(pointer, pointer_to(pool, index));
}
