/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plainest guest-page faults of L2, for where each instruction counts: both halves of one that L1 answers with a page of
 * 4 KiB beside one that it gave before. They do what hext_shadow_fault() and hext_shadow_fill_ahead() do, or nothing; they
 * have no calls.
 */
#ifndef HEXT_SHADOW_PLAIN_H
#define HEXT_SHADOW_PLAIN_H

#include "hext/ram.h"
#include "hext/shadow_tables.h"

/*
 * L2 took guest-page fault @cause at @gpa for an instruction, not for a table of its own, and L1's table for it is the one in
 * which the walk of @m ended, by pointers that a hart may still have. True: there is no translation, the trap is L1's, and @m is that
 * walk now.
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

#endif
