/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plainest guest-page faults of L2, for where each instruction counts: both halves of one that
 * L1 answers with a page of 4 KiB beside one that it gave before. They do what hext_shadow_fault()
 * and hext_shadow_fill_ahead() do, or nothing; they have no calls.
 */
#ifndef HEXT_SHADOW_PLAIN_H
#define HEXT_SHADOW_PLAIN_H

#include "hext/ram.h"
#include "hext/shadow_tables.h"

/*
 * L2 took guest-page fault @cause at @gpa for an instruction, not for a table of its own, and L1's
 * table for it is the one in which the walk of @m ended, by pointers that a hart may still have.
 * True: there is no translation, the trap is L1's, and @m is that walk now.
 */
static inline __attribute__((always_inline)) bool
hext_shadow_missed_again(const struct hext_shadow *s, const struct hext_hart *h, uint64_t cause,
			 gpa_t gpa, struct hext_shadow_missed *m)
{
	unsigned int shift = hext_level_shift(m->at.level);
	uint64_t where = m->at.pte + 8 * ((gpa >> shift) - (m->gpa >> shift));
	uint64_t pte;

	if ((gpa ^ m->gpa) >> shift >> 9 || m->shadow != s || m->generation != generation_of(s) ||
	    !hext_ram_pte(h->cfg, where, &pte) || (pte & PTE_V))
		return false;
	m->hgatp = h->hgatp;
	m->gpa = gpa;
	m->at.pte = where;
	m->access = (struct hext_gaccess){
		.access = cause == CAUSE_LOAD_GUEST_PAGE ? HEXT_READ : HEXT_WRITE,
		.mxr = cause == CAUSE_LOAD_GUEST_PAGE && (h->s.status & SSTATUS_MXR),
	};
	return true;
}

/* A leaf that allows everything, for which no memory type is named. */
#define HEXT_SHADOW_PLAIN_LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

/*
 * hext_shadow_fill_ahead(), where the walk goes on in the table in which it ended, to such a leaf
 * of 4 KiB or to nothing, and the shadow's table for it is the one that was found last. Nothing is
 * to be flushed then. False: nothing was done.
 */
static inline __attribute__((always_inline)) bool
hext_shadow_fill_plainly(struct hext_shadow_pool *pool, struct hext_shadow *s,
			 const struct hext_hart *h, const struct hext_shadow_missed *m)
{
	const struct hext_config *c = h->cfg;
	uint64_t pte, offset, *entry;
	unsigned int index;
	bool done = false;

	if (m->shadow != s || !hext_ram_pte(c, m->at.pte, &pte))
		return false;
	if (!(pte & PTE_V))
		return true;
	offset = ((pte & PTE_PPN) >> PTE_PPN_SHIFT << PAGE_SHIFT) - c->ram_start;
	if (m->at.level || (pte & ~(PTE_PPN | PTE_RSW | PTE_G)) != HEXT_SHADOW_PLAIN_LEAF ||
	    offset >= c->ram_size)
		return false;
	index = m->gpa >> PAGE_SHIFT & (TABLE_ENTRIES - 1);
	spin_lock(&pool->lock);
	/* The generation of before all of the walk. */
	if (s->generation == m->generation && s->last_table &&
	    s->last_2m == m->gpa >> hext_level_shift(1)) {
		entry = &s->last_table[index];
		if (!load_pte(entry)) {
			store_pte(entry,
				  pte_to(hpa(c->ram_hpa.addr + offset)) | HEXT_SHADOW_PLAIN_LEAF);
			span_add(s->last_span, index);
			done = true;
		}
	}
	spin_unlock(&pool->lock);
	return done;
}

#endif
