/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simplest guest-page faults of L2, inline and without calls, because each instruction counts
 * there: L1 answers the fault with a page of 4 KiB whose entry is in the same table as that of the
 * last fault. The first function does what hext_shadow_fault() does for the fault, the second one
 * does what hext_shadow_fill_ahead() does before L2 runs again. Each of them can refuse, and then
 * does nothing.
 */
#ifndef HEXT_SHADOW_PLAIN_H
#define HEXT_SHADOW_PLAIN_H

#include "hext/ram.h"
#include "hext/shadow_tables.h"

/*
 * Guest-page fault @cause of L2 at @gpa, from an access of an instruction and not from an access to
 * a VS-level table. True: L1 takes the fault, because L1's G-stage does not translate @gpa, and @m
 * describes the walk for @gpa now. False, with nothing changed: the walk of @m did not end in L1's
 * table for @gpa, or that table has a valid entry for @gpa, or a hart may no longer use the
 * pointers above the table.
 */
static inline __attribute__((always_inline)) bool
hext_shadow_missed_again(const struct hext_shadow *s, const struct hext_hart *h, uint64_t cause,
			 gpa_t gpa, struct hext_shadow_missed *m)
{
	unsigned int shift = pte_span_shift(m->at.level);
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

/* A leaf that allows every access and has no memory type. */
#define HEXT_SHADOW_PLAIN_LEAF (PTE_V | PTE_RWX | PTE_U | PTE_A | PTE_D)

/*
 * Whether the walk of @m ended above the last level, and L1's table has a valid entry there now.
 * hext_shadow_fill_plainly() does nothing in this case.
 */
static inline __attribute__((always_inline)) bool
hext_shadow_fills_above(const struct hext_hart *h, const struct hext_shadow_missed *m)
{
	uint64_t pte;

	return m->at.level && hext_ram_pte(h->cfg, m->at.pte, &pte) && (pte & PTE_V);
}

/*
 * Do what hext_shadow_fill_ahead() does in simple cases, in which no fence is needed. The entry of
 * L1's table at which the walk of @m ended is not valid, or it is a HEXT_SHADOW_PLAIN_LEAF of 4 KiB
 * and the shadow's table for the address is s->last_table. False: it is another case, and nothing
 * was done.
 */
static inline __attribute__((always_inline)) bool
hext_shadow_fill_plainly(struct hext_shadow *s, const struct hext_hart *h,
			 const struct hext_shadow_missed *m)
{
	const struct hext_config *c = h->cfg;
	uint64_t pte, offset, *entry;
	unsigned int index;
	bool done = false;

	if (m->shadow != s || !hext_ram_pte(c, m->at.pte, &pte))
		return false;
	if (!(pte & PTE_V))
		return true;
	offset = pte_addr(pte) - c->ram_start;
	if (m->at.level || (pte & ~(PTE_PPN | PTE_RSW | PTE_G)) != HEXT_SHADOW_PLAIN_LEAF ||
	    offset >= c->ram_size)
		return false;
	index = m->gpa >> PAGE_SHIFT & (PTES_PER_PAGE - 1);
	spin_lock(&s->lock);
	/* m->generation is from before the walk, so no fence came after the walk began. */
	if (s->generation == m->generation && s->last_table &&
	    s->last_2m == m->gpa >> pte_span_shift(1)) {
		entry = &s->last_table[index];
		if (!load_pte(entry)) {
			store_pte(entry,
				  pte_make(c->ram_hpa.addr + offset, HEXT_SHADOW_PLAIN_LEAF));
			span_add(s->last_span, index);
			done = true;
		}
	}
	spin_unlock(&s->lock);
	return done;
}

#endif
