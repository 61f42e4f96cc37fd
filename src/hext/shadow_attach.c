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

/* Whether the walk of @m ended in a table of L1 for 2 MiB under @s, in the same GiB as @gpa. */
static bool is_beside(const struct hext_shadow *s, gpa_t gpa, const struct hext_shadow_missed *m)
{
	return m->shadow == s && !m->at.level && !((gpa ^ m->gpa) >> pte_span_shift(2));
}

/*
 * The pointer of @s to the level-0 table for @gpa, if it is detached and in the table that has the
 * pointer to s->last_table, which is attached. Otherwise NULL.
 */
static uint64_t *detached_beside_last(struct hext_shadow_pool *pool, const struct hext_shadow *s,
				      gpa_t gpa)
{
	uint64_t *pointer;
	uint32_t parent;

	if (!s->last_table || (s->last_2m ^ gpa >> pte_span_shift(1)) >> PTE_INDEX_BITS)
		return NULL;
	parent = pool->info[number_of_table(pool, s->last_table)].parent;
	assert(parent < PARENT_IS_ROOT);
	pointer = &table_at(pool, parent)[gpa >> pte_span_shift(1) & (PTES_PER_PAGE - 1)];
	return is_detached(load_pte(pointer)) ? pointer : NULL;
}

/*
 * Halite uses the pointers of L1 above the one at m->at.above without a look at them, as a hart may
 * until a fence (struct hext_shadow_missed).
 */
bool hext_shadow_attach_beside(struct hext_shadow_pool *pool, struct hext_shadow *s,
			       struct hext_hart *h, gpa_t gpa, struct hext_shadow_missed *m)
{
	const uint64_t from = m->gpa >> pte_span_shift(1), to = gpa >> pte_span_shift(1);
	const unsigned int i = gpa >> PAGE_SHIFT & (PTES_PER_PAGE - 1);
	const uint64_t above = m->at.above + 8 * (to - from);
	struct hext_page page = { .level = 0 };
	uint64_t *pointer, pte, entry = 0;
	uint32_t index;

	if (!is_beside(s, gpa, m) || !hext_ram_pte(h->cfg, above, &pte) ||
	    !pte_is_valid_pointer(pte))
		return false;
	page.pte = pa(pte_addr(pte) + 8 * i);
	if (!hext_ram_pte(h->cfg, page.pte.addr, &pte) ||
	    (pte & ~(PTE_PPN | PTE_RSW | PTE_G)) != HEXT_SHADOW_PLAIN_LEAF)
		return false;
	spin_lock(&s->lock);
	/* m->generation is from before the walk, so no fence came after the walk began. */
	pointer = s->generation == m->generation ? detached_beside_last(pool, s, gpa) : NULL;
	index = pointer ? table_index(pool, load_pte(pointer)) : NO_TABLE;
	if (pointer && !(pool->info[index].candidate && shadow_turn_is_of_other(pool, h))) {
		shadow_attach(pool, pointer, 0, &page);
		s->last_table = table_at(pool, index);
		s->last_span = &pool->info[index].span;
		s->last_2m = to;
		entry = load_pte(&s->last_table[i]);
	}
	spin_unlock(&s->lock);
	if (pointer && (entry & PTE_RWX) != PTE_RWX)
		return false;
	m->hgatp = 0;
	m->gpa = gpa;
	m->at = (struct hext_walk_at){ .pte = page.pte.addr, .above = above };
	if (pointer)
		return true;
	page.pa = pa(pte_addr(pte));
	m->access = (struct hext_gaccess){ .access = HEXT_READ };
	return shadow_fill_beside(pool, s, h, m, &page);
}
