/* SPDX-License-Identifier: BSD-2-Clause */
/* Inline parts of hext.h for the exits of L2, on which each instruction counts. */
#ifndef HEXT_TRAP_H
#define HEXT_TRAP_H

#include "hext/hext.h"

/*
 * priv "Privilege and Global Interrupt-Enable Stack": a trap copies SIE to SPIE, and the mode to
 * SPP. The code multiplies to move the bit, because branches cost more.
 */
static inline uint64_t hext_status_of_trap(uint64_t status, bool user)
{
	uint64_t spie = (status & SSTATUS_SIE) * (SSTATUS_SPIE / SSTATUS_SIE);
	uint64_t spp = user ? 0 : SSTATUS_SPP;

	return (status & ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)) | spie | spp;
}

static inline uint64_t hext_status_of_sret(uint64_t status)
{
	uint64_t sie = (status & SSTATUS_SPIE) / (SSTATUS_SPIE / SSTATUS_SIE);

	return (status & ~(SSTATUS_SIE | SSTATUS_SPP)) | sie | SSTATUS_SPIE;
}

/* priv H "Trap Entry", for a trap from V=1. */
static inline uint64_t hext_hstatus_of_trap(uint64_t hstatus, bool user, bool gva)
{
	uint64_t spvp = user ? 0 : HSTATUS_SPVP;

	return (hstatus & ~(HSTATUS_SPVP | HSTATUS_GVA)) | HSTATUS_SPV | spvp |
	       (gva ? HSTATUS_GVA : 0);
}

/*
 * Whether htinst belongs to exception @cause. Firmware redirects most exceptions below 8 to Halite,
 * and a machine may ignore the firmware's write to htinst. htinst then holds the value of an older
 * trap. So Halite takes htinst as 0 for exceptions below 8; priv H "htinst" allows 0 for each trap.
 */
static inline bool hext_trap_has_htinst(uint64_t cause)
{
	return cause >= 8;
}

/* The address of the handler of @cause. */
static inline uint64_t hext_handler(uint64_t tvec, uint64_t cause)
{
	if ((cause & CAUSE_INTERRUPT) && (tvec & 1))
		return (tvec & ~UINT64_C(3)) + 4 * (cause & ~CAUSE_INTERRUPT);
	return tvec & ~UINT64_C(3);
}

/* Change the CSRs of @b as a trap does. Returns the address of the handler. */
static inline uint64_t hext_enter_handler(struct hext_bank *b, const struct hext_trap *trap,
					  bool user, uint64_t pc)
{
	b->status = hext_status_of_trap(b->status, user);
	b->epc = pc;
	b->cause = trap->cause;
	b->tval = trap->tval;
	return hext_handler(b->tvec, trap->cause);
}

/* Whether L1's VS timer is enabled and set, so that it may become pending while L1 waits. */
static inline bool hext_vs_timer_runs(const struct hext_hart *h)
{
	return (h->henvcfg & HENVCFG_STCE) && (h->hie & BIT64(IRQ_VSTI)) &&
	       h->vs.timecmp != ~UINT64_C(0);
}

/*
 * Whether a guest interrupt file of L1 may end a wait of L1: as SGEI, which is pending and enabled,
 * or as VSEI, which nothing reports to Halite.
 */
static inline bool hext_files_wake(const struct hext_hart *h)
{
	return ((h->hie & BIT64(IRQ_SGEI)) && (h->hgeie & hext_hgeip(h))) ||
	       ((h->hstatus & HSTATUS_VGEIN) && (h->hie & BIT64(IRQ_VSEI)));
}

/* While L2 runs: whether the caller has to call hext_interrupt_pending(). */
static inline bool hext_interrupt_possible(const struct hext_hart *h, uint64_t now)
{
	return (h->sip & h->sie) || (h->sie & BIT64(IRQ_STI) && now >= h->s.timecmp) ||
	       hext_kept_interrupts(h);
}

#endif
