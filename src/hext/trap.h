/* SPDX-License-Identifier: BSD-2-Clause */
/* What of hext.h is on the way of each exit of L2, for where each instruction counts. */
#ifndef HEXT_TRAP_H
#define HEXT_TRAP_H

#include "hext/hext.h"

/* priv "Privilege and Global Interrupt-Enable Stack": SPIE takes SIE, SPP the mode. The bits are moved, as branches cost more. */
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
 * Whether htinst is of exception @cause. Of those below 8 firmware hands most on, and a machine may ignore its write of htinst, which
 * then is an older trap's. htinst counts as 0 for these, which priv H "htinst" allows for every trap.
 */
static inline bool hext_trap_has_htinst(uint64_t cause)
{
	return cause >= 8;
}

/* Where the handler of @cause is. */
static inline uint64_t hext_handler(uint64_t tvec, uint64_t cause)
{
	if ((cause & CAUSE_INTERRUPT) && (tvec & 1))
		return (tvec & ~UINT64_C(3)) + 4 * (cause & ~CAUSE_INTERRUPT);
	return tvec & ~UINT64_C(3);
}

/* What a trap does to a set of supervisor CSRs; returns where the handler is. */
static inline uint64_t hext_enter_handler(struct hext_bank *b, const struct hext_trap *trap,
					  bool user, uint64_t pc)
{
	b->status = hext_status_of_trap(b->status, user);
	b->epc = pc;
	b->cause = trap->cause;
	b->tval = trap->tval;
	return hext_handler(b->tvec, trap->cause);
}

static inline void hext_take_trap_inline(struct hext_hart *h, const struct hext_trap *trap)
{
	uint64_t handler = hext_enter_handler(&h->s, trap, h->user, h->pc);

	/* priv H "Trap Entry": SPVP changes only when the trap comes from V=1. */
	if (h->virt)
		h->hstatus = hext_hstatus_of_trap(h->hstatus, h->user, trap->gva);
	else
		h->hstatus =
			(h->hstatus & ~(HSTATUS_SPV | HSTATUS_GVA)) | (trap->gva ? HSTATUS_GVA : 0);
	h->htval = trap->htval;
	h->htinst = trap->htinst;

	h->virt = false;
	h->user = false;
	h->pc = handler;
}

static inline void hext_sret_inline(struct hext_hart *h)
{
	uint64_t status = h->s.status;

	h->virt = h->hstatus & HSTATUS_SPV;
	h->hstatus &= ~HSTATUS_SPV;
	h->user = !(status & SSTATUS_SPP);
	h->pc = h->s.epc;
	h->s.status = hext_status_of_sret(status);
}

/* L1's VS timer can become pending while L1 waits. */
static inline bool hext_vs_timer_runs(const struct hext_hart *h)
{
	return (h->henvcfg & HENVCFG_STCE) && (h->hie & BIT64(IRQ_VSTI)) &&
	       h->vs.timecmp != ~UINT64_C(0);
}

/* A guest interrupt file of L1's can wake it: as SGEI once that is pending, or as VSEI, of which nothing tells. */
static inline bool hext_files_wake(const struct hext_hart *h)
{
	return ((h->hie & BIT64(IRQ_SGEI)) && (h->hgeie & hext_hgeip(h))) ||
	       ((h->hstatus & HSTATUS_VGEIN) && (h->hie & BIT64(IRQ_VSEI)));
}

static inline bool hext_wfi_traps_inline(const struct hext_hart *h)
{
	return (h->hvip & h->hie) || hext_vs_timer_runs(h) ||
	       (h->cfg->geilen && hext_files_wake(h));
}

/* While L2 runs: whether hext_interrupt_pending() has to be asked. */
static inline bool hext_interrupt_possible(const struct hext_hart *h, uint64_t now)
{
	return (h->sip & h->sie) || (h->sie & BIT64(IRQ_STI) && now >= h->s.timecmp) ||
	       hext_kept_interrupts(h);
}

#endif
