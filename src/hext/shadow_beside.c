/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults beside the last one, without a walk from the root: struct hext_shadow_missed says where
 * that one ended.
 */
#include "hext/shadow_plain.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"

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
