/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/hext.h"

/* What a trap does to a set of supervisor CSRs; returns where the handler is. */
static uint64_t enter_handler(struct hext_bank *b, const struct hext_trap *trap, bool user,
			      uint64_t pc)
{
	uint64_t status = b->status & ~(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP);

	if (b->status & SSTATUS_SIE)
		status |= SSTATUS_SPIE;
	if (!user)
		status |= SSTATUS_SPP;
	b->status = status;
	b->epc = pc;
	b->cause = trap->cause;
	b->tval = trap->tval;
	if ((trap->cause & CAUSE_INTERRUPT) && (b->tvec & 1))
		return (b->tvec & ~UINT64_C(3)) + 4 * (trap->cause & ~CAUSE_INTERRUPT);
	return b->tvec & ~UINT64_C(3);
}

void hext_take_trap(struct hext_hart *h, const struct hext_trap *trap)
{
	uint64_t handler = enter_handler(&h->s, trap, h->user, h->pc);

	/* priv H "Trap Entry": SPVP changes only when the trap comes from V=1. */
	h->hstatus &= ~(HSTATUS_SPV | HSTATUS_GVA);
	if (h->virt) {
		h->hstatus |= HSTATUS_SPV;
		h->hstatus &= ~HSTATUS_SPVP;
		if (!h->user)
			h->hstatus |= HSTATUS_SPVP;
	}
	if (trap->gva)
		h->hstatus |= HSTATUS_GVA;
	h->htval = trap->htval;
	h->htinst = trap->htinst;

	h->virt = false;
	h->user = false;
	h->pc = handler;
}

void hext_take_vs_trap(struct hext_hart *h, const struct hext_trap *trap)
{
	h->pc = enter_handler(&h->vs, trap, h->user, h->pc);
	h->user = false;
}

void hext_sret(struct hext_hart *h)
{
	uint64_t status = h->s.status;

	h->virt = h->hstatus & HSTATUS_SPV;
	h->hstatus &= ~HSTATUS_SPV;
	h->user = !(status & SSTATUS_SPP);
	h->pc = h->s.epc;

	status &= ~(SSTATUS_SIE | SSTATUS_SPP);
	if (status & SSTATUS_SPIE)
		status |= SSTATUS_SIE;
	h->s.status = status | SSTATUS_SPIE;
}

uint64_t hext_sip(const struct hext_hart *h)
{
	uint64_t pending = h->sip;

	if (h->cfg->sstc && h->ops->time(h->ctx) >= h->s.timecmp)
		pending |= BIT64(IRQ_STI);
	return pending;
}

bool hext_interrupt_pending(const struct hext_hart *h, uint64_t *cause)
{
	/* priv H "Interrupts": highest priority first. */
	static const uint8_t order[] = {
		IRQ_SEI, IRQ_SSI, IRQ_STI, IRQ_SGEI, IRQ_VSEI, IRQ_VSSI, IRQ_VSTI,
	};
	uint64_t ready;
	unsigned int i;

	if (!h->virt && !h->user && !(h->s.status & SSTATUS_SIE))
		return false;
	ready = (hext_sip(h) & h->sie) | (hext_hip(h) & h->hie & ~h->hideleg);
	for (i = 0; i < sizeof(order); i++) {
		if (ready & BIT64(order[i])) {
			*cause = CAUSE_INTERRUPT | order[i];
			return true;
		}
	}
	return false;
}

/* L1's VS timer can become pending while L1 waits. */
static bool vs_timer_runs(const struct hext_hart *h)
{
	return h->cfg->sstc && (h->henvcfg & HENVCFG_STCE) && (h->hie & BIT64(IRQ_VSTI)) &&
	       h->vs.timecmp != ~UINT64_C(0);
}

bool hext_wfi_traps(const struct hext_hart *h)
{
	return (h->hvip & h->hie) || vs_timer_runs(h);
}

bool hext_wfi_waits(const struct hext_hart *h, uint64_t *deadline)
{
	*deadline = vs_timer_runs(h) ? h->vs.timecmp - h->htimedelta : ~UINT64_C(0);
	return !(hext_hip(h) & h->hie);
}

uint64_t hext_access_fault(uint64_t guest_page_fault)
{
	switch (guest_page_fault) {
	case CAUSE_FETCH_GUEST_PAGE:
		return CAUSE_FETCH_ACCESS;
	case CAUSE_LOAD_GUEST_PAGE:
		return CAUSE_LOAD_ACCESS;
	default:
		return CAUSE_STORE_ACCESS;
	}
}
