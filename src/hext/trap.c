/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/hext.h"
#include "hext/trap.h"
#include "lib/assert.h"

void hext_take_trap(struct hext_hart *h, const struct hext_trap *trap)
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

void hext_take_vs_trap(struct hext_hart *h, const struct hext_trap *trap)
{
	assert(h->virt && !(trap->cause & CAUSE_INTERRUPT));
	h->pc = hext_enter_handler(&h->vs, trap, h->user, h->pc);
	h->user = false;
}

void hext_sret(struct hext_hart *h)
{
	uint64_t status = h->s.status;

	h->virt = h->hstatus & HSTATUS_SPV;
	h->hstatus &= ~HSTATUS_SPV;
	h->user = !(status & SSTATUS_SPP);
	h->pc = h->s.epc;
	h->s.status = hext_status_of_sret(status);
}

bool hext_interrupt_pending(const struct hext_hart *h, uint64_t *cause)
{
	uint64_t ready;

	if (!h->virt && !h->user && !(h->s.status & SSTATUS_SIE))
		return false;
	ready = (hext_sip(h) & h->sie) | (hext_hip(h) & h->hie & ~h->hideleg);
	if (!ready)
		return false;
	*cause = CAUSE_INTERRUPT | hext_top_of_l1(h, ready);
	return true;
}

bool hext_wfi_traps(const struct hext_hart *h)
{
	return (h->hvip & h->hie) || hext_vs_timer_runs(h) ||
	       (h->cfg->geilen && hext_files_wake(h));
}

bool hext_wfi_waits(const struct hext_hart *h, uint64_t *deadline)
{
	*deadline = hext_vs_timer_runs(h) ? h->vs.timecmp - h->htimedelta : ~UINT64_C(0);
	return !(hext_hip(h) & h->hie) && !(h->cfg->geilen && hext_files_wake(h));
}

uint64_t hext_access_fault(uint64_t guest_page_fault)
{
	assert(hext_is_guest_page_fault(guest_page_fault));
	switch (guest_page_fault) {
	case CAUSE_FETCH_GUEST_PAGE:
		return CAUSE_FETCH_ACCESS;
	case CAUSE_LOAD_GUEST_PAGE:
		return CAUSE_LOAD_ACCESS;
	default:
		return CAUSE_STORE_ACCESS;
	}
}
