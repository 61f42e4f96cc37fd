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

/* Remove from *@entry, which is @ours, what L1's entry does not give. @l1s is as above. */
static __attribute__((noinline)) void reduce(uint64_t *entry, uint64_t ours, uint64_t l1s)
{
	uint64_t now = pte_is_leaf(ours) ? still_given(ours, l1s) : detached(ours);

	if (now != ours)
		store_pte(entry, now);
}

/* Compare @ours, an entry of level 0, with L1's. */
static inline __attribute__((always_inline)) void
compare(uint64_t *ours, const volatile uint64_t *l1s, uint64_t distance)
{
	uint64_t given = *l1s + distance;
	uint64_t pte = load_pte(ours);

	/* Most entries are equal, and no other instruction is executed for these. */
	if (pte != given)
		reduce(ours, pte, given);
}

/*
 * Compare the entries of @table from @first to @end - 1, all of level 0, with those of @l1s. Four
 * entries a round, of which some may be outside and 0, make the loop short for each.
 */
static void compare_pages(uint64_t *table, unsigned int first, unsigned int end,
			  const volatile uint64_t *l1s, uint64_t distance)
{
	unsigned int i;

	for (i = first & ~3u; i < end; i += 4) {
		compare(&table[i], &l1s[i], distance);
		compare(&table[i + 1], &l1s[i + 1], distance);
		compare(&table[i + 2], &l1s[i + 2], distance);
		compare(&table[i + 3], &l1s[i + 3], distance);
	}
}

void shadow_attach(struct hext_shadow_pool *pool, uint64_t *pointer, unsigned int level,
		   const struct hext_page *page)
{
	const struct hext_config *c = pool->cfg;
	uint32_t index = table_index(pool, load_pte(pointer));
	const volatile uint64_t *l1s = table_of_l1(c, level, page);
	const struct hext_span *span = &pool->info[index].span;
	/* From the PPN of a page of L1 to the host's. */
	uint64_t distance = pte_make(c->ram_hpa.addr, 0) - pte_make(c->ram_start, 0);
	uint64_t *table = table_at(pool, index);
	unsigned int i;

	assert(spin_is_held(&pool->lock));
	assert(is_detached(load_pte(pointer)) && index < pool->table_total);
	if (!level && l1s)
		compare_pages(table, span->first, span->end, l1s, distance);
	else
		for (i = span->first; i < span->end; i++)
			reduce(&table[i], load_pte(&table[i]), l1s ? l1s[i] + distance : 0);
	store_pte(pointer, pointer_to(pool, index));
}
