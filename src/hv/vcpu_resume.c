/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/trap.h"
#include "hv/console.h"
#include "hv/domain_end.h"
#include "hv/intc.h"
#include "hv/ipi.h"
#include "hv/nested.h"
#include "hv/pmu_events.h"
#include "hv/vcpu_resume.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/static_key.h"
#include "riscv/switch.h"

/*
 * Some interrupts do not reach L1 by themselves: those of VS level that L1 keeps, and SGEI. While
 * L1 runs with SIE clear, such an interrupt has to wait until L1 sets SIE. An SRET that sets SIE
 * traps, but a CSR instruction that sets SIE does not. Nor does anything trap when the deadline of
 * L2's timer comes. So look_again() has Halite's timer interrupt the hart: soon at first, since L1
 * may have just ended a WFI, and less and less often afterwards. Without Sstc, Halite looks again
 * at the next exit.
 */
#define LOOK_AGAIN_FIRST_HZ 500000
#define LOOK_AGAIN_LAST_HZ  1000

static void look_again(struct vcpu *v)
{
	uint64_t timebase = v->domain->host->machine.timebase;
	uint64_t deadline;

	if (hext_hip(&v->h) & v->h.hie & ~v->h.hideleg) {
		world_call_at(&v->timer, csr_read(CSR_TIME) + v->look_again_ticks);
		if (v->look_again_ticks < timebase / LOOK_AGAIN_LAST_HZ)
			v->look_again_ticks *= 2;
		return;
	}
	v->look_again_ticks = timebase / LOOK_AGAIN_FIRST_HZ + 1;
	if (hext_wfi_waits(&v->h, &deadline) && deadline != ~UINT64_C(0))
		world_call_at(&v->timer, deadline);
}

/*
 * Deliver the interrupts that the hardware does not deliver to L1 by itself. While L2 runs these
 * are all of L1's interrupts. While L1 runs these are the interrupts of VS level that L1 keeps.
 */
static __attribute__((noinline)) void deliver_interrupts(struct vcpu *v)
{
	struct hext_trap trap = { 0 };
	struct hext_hart *h = &v->h;

	if (h->virt) {
		if (v->live) {
			h->hvip = ncsr_read(HEXT_CSR_HVIP) & (IRQ_VS_ALL | IRQ_LOCAL);
			h->hie =
				(h->hie & BIT64(IRQ_SGEI)) | (ncsr_read(HEXT_CSR_HIE) & IRQ_VS_ALL);
			/*
			 * L1 takes the interrupt of L2's timer. hext_interrupt_pending() must see
			 * it, or the hart would exit again and again.
			 */
			if (!(h->hideleg & BIT64(IRQ_VSTI)) && !static_key(KEY_NO_SSTC) &&
			    (h->henvcfg & HENVCFG_STCE))
				h->vs.timecmp = ncsr_read(HEXT_CSR_VSTIMECMP);
		}
	} else {
		vcpu_save(v);
		look_again(v);
	}
	if (!hext_interrupt_pending(h, &trap.cause))
		return;
	if (!h->virt && (hext_s_irqs(h->cfg) >> (trap.cause & 63) & 1))
		return;
	vcpu_trap_to_l1(v, &trap);
}

/*
 * Whether deliver_interrupts() may have something to do. Most times it has not, so this check is
 * short.
 */
static inline bool has_interrupts(const struct vcpu *v)
{
	const struct hext_hart *h = &v->h;

	if (static_key(KEY_AIA) && world_files_ask(h))
		return true;
	return h->virt ? hext_interrupt_possible(h, csr_read(CSR_TIME)) : hext_kept_interrupts(h);
}

/*
 * Serve the requests that other harts have posted. A hart that posts a request sends an interrupt
 * afterwards, so a request that comes later causes an exit.
 */
static void serve_requests(struct vcpu *v)
{
	stats_add(&v->stats, STATS_WORK_REQUEST, 1);
	RACE_POINT();
	ipi_answer(v);
	if (ipi_take(v, VCPU_REQ_SSI)) {
		vcpu_set_pending(v, BIT64(IRQ_SSI));
		pmu_count(v, PMU_IPI_RECEIVED, 1);
	}
	if (ipi_take(v, VCPU_REQ_INTC))
		intc_update(v);
	if (ipi_take(v, VCPU_REQ_END))
		domain_end_hart(v);
	if (ipi_take(v, VCPU_REQ_RESET))
		domain_reset(v);
}

void vcpu_resume(struct vcpu *v)
{
	struct hext_hart *h = &v->h;

	/*
	 * First, because nested_before_l2() may serve requests of other harts, and the interrupts
	 * of those requests are delivered below.
	 */
	if (h->virt && !v->live)
		nested_before_l2(v);
	if (__atomic_load_n(&v->requests, __ATOMIC_RELAXED))
		serve_requests(v);
	if (has_interrupts(v))
		deliver_interrupts(v);
	if (!v->live) {
		nested_load(v);
		v->live = true;
	} else if (v->hstatus_stale) {
		world_load_hstatus(h);
	}
	v->hstatus_stale = false;
	if (static_key(KEY_AIA)) {
		v->quick.aia_at_work = h->hgeie || h->prioritized;
		v->hstatus_stale = v->quick.aia_at_work;
		vcpu_note_unusual(v);
	}
	if (h->user)
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_SEPC, h->pc);
	if (riscv_nacl->shmem)
		world_before_entry();
	if (static_key(KEY_AREA))
		v->quick.area_below =
			vcpu_has_quick_area(v) ? (uintptr_t)riscv_nacl->shmem + RISCV_AREA_BIAS : 0;
}

void vcpu_sret_refused(struct vcpu *v, uint64_t error)
{
	enum nacl_error known = nacl_client_sret_refused(&v->nacl_below, error);

	hv_warn("hart %lu: SBI NACL sync_sret refused with error %d", v->hart->hartid, known);
	/* quick.c leaves the image's pc and mode unset. The hart has them for the entry. */
	world_read_pc(&v->h);
	/* hstatus may be only in the slot for autoswap, which SRET does not use. */
	v->hstatus_stale = true;
	vcpu_resume(v);
}
