/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/trap.h"
#include "hv/console.h"
#include "hv/ipi.h"
#include "hv/nested.h"
#include "hv/intc.h"
#include "hv/swap.h"
#include "hv/vcpu.h"
#include "lib/assert.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/entry.h"
#include "riscv/fence.h"
#include "riscv/switch.h"

struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid)
{
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		if (d->vcpus[i]->hart->hartid == hartid)
			return d->vcpus[i];
	}
	return NULL;
}

bool vcpu_find_all(const struct domain *d, uint64_t mask, uint64_t base, uint64_t *vcpus)
{
	unsigned int bit;

	*vcpus = 0;
	if (base == ~UINT64_C(0)) {
		*vcpus = ~UINT64_C(0) >> (64 - d->vcpu_count);
		return true;
	}
	for (bit = 0; bit < 64; bit++) {
		const struct vcpu *target;

		if (!(mask >> bit & 1))
			continue;
		target = base + bit < base ? NULL : vcpu_find(d, base + bit);
		if (!target)
			return false;
		*vcpus |= UINT64_C(1) << target->index;
	}
	return true;
}

static void set_start_state(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		v->x[i] = 0;
	v->x[VCPU_A0] = v->hart->hartid;
	v->x[VCPU_A1] = arg;
	v->h.pc = pc;
	v->h.user = false;
	v->registers = VCPU_LOAD_ALL;
}

/*
 * quick.c assumes that AIA is at rest and that L1 keeps no interrupts. Whatever else writes L1's
 * CSRs looks here whether it is so.
 */
static inline void note_unusual(struct vcpu *v)
{
	v->unusual = hext_kept_interrupts(&v->h) | v->quick.aia_at_work;
	v->quick.more_controls = world_has_more_controls(&v->h);
}

void vcpu_area_changed(struct vcpu *v)
{
	struct nacl_host *nacl = &v->nacl;

	v->quick.shared_x = 0;
	v->quick.area_hstatus = NULL;
	if (!nacl_host_has_shmem(nacl))
		return;
	v->quick.area_hstatus = nacl_host_csrs(nacl) + NACL_CSR_INDEX(HEXT_CSR_HSTATUS);
	if (nacl->features & 1u << NACL_FEAT_SYNC_SRET)
		v->quick.shared_x = (uintptr_t)nacl_host_gprs(nacl);
}

void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	hext_init(&v->h, &v->domain->hext, &nested_hext_ops, v);
	v->h.own_hvictl = HVICTL_IPRIOM;
	v->look_again_ticks = 1;
	nacl_host_init(&v->nacl, v->domain->nacl_features, &nested_nacl_ops, v);
	v->shadow = NULL;
	v->quick.shadow_key = ~UINT64_C(0);
	v->quick.domain_atp = domain_hgatp(v->domain);
	vcpu_area_changed(v);
	v->quick.swapped_hstatus = v->h.hstatus;
	note_unusual(v);
	v->quick.missed.hgatp = 0;
	v->live = false;
	v->external = false;
	set_start_state(v, pc, arg);
}

void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	assert(!v->h.virt);
	vcpu_save(v);
	/* SBI 2.0 "Hart State Management", hart start register state: satp 0, SIE 0. */
	v->h.s.atp = 0;
	v->h.s.status &= ~SSTATUS_SIE;
	set_start_state(v, pc, arg);
}

void vcpu_csr_written(struct vcpu *v)
{
	v->hstatus_stale = true;
	if (static_key(KEY_AIA) && (v->h.hgeie || v->h.prioritized))
		v->quick.aia_at_work = true;
	note_unusual(v);
	if (v->h.hstatus & HSTATUS_SPV)
		world_note_spv(&v->h, v->live);
}

void vcpu_save(struct vcpu *v)
{
	if (v->live)
		world_save(&v->h);
	v->live = false;
}

void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits)
{
	if (v->live && !v->h.virt)
		world_inject(sip_bits);
	else
		v->h.sip |= sip_bits;
}

void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits)
{
	if (v->live && !v->h.virt)
		world_withdraw(sip_bits);
	else
		v->h.sip &= ~sip_bits;
}

void vcpu_refresh_trap_csrs(struct vcpu *v)
{
	nacl_host_refresh(&v->nacl, HEXT_CSR_HSTATUS);
	nacl_host_refresh(&v->nacl, HEXT_CSR_HTVAL);
	nacl_host_refresh(&v->nacl, HEXT_CSR_HTINST);
}

void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap)
{
	bool from_l2 = v->h.virt;

	if (from_l2 && vcpu_can_swap(v)) {
		swap_to_l1(v, trap);
		return;
	}
	vcpu_save(v);
	hext_take_trap(&v->h, trap);
	if (from_l2) {
		world_note_trap_of_l2(&v->h, v->h.s.cause, v->h.s.epc);
		nacl_host_after_trap(&v->nacl);
	} else {
		vcpu_refresh_trap_csrs(v);
	}
}

void vcpu_raise(struct vcpu *v, const struct hext_trap *trap)
{
	if (v->h.virt && (v->h.hedeleg >> trap->cause & 1)) {
		vcpu_save(v);
		hext_take_vs_trap(&v->h, trap);
	} else {
		vcpu_trap_to_l1(v, trap);
	}
}

void vcpu_sret(struct vcpu *v)
{
	assert(!v->h.virt);
	if ((v->h.hstatus & HSTATUS_SPV) && vcpu_can_swap(v)) {
		nested_before_l2(v);
		swap_to_l2(v);
		return;
	}
	vcpu_save(v);
	hext_sret(&v->h);
}

bool vcpu_fetch(const struct vcpu *v, uint32_t *code)
{
	uint16_t low, high;

	if (!riscv_try_fetch_u16(v->h.pc, &low))
		return false;
	*code = low;
	if ((low & 3) != 3)
		return true;
	if (!riscv_try_fetch_u16(v->h.pc + 2, &high))
		return false;
	*code |= (uint32_t)high << 16;
	return true;
}

/*
 * An interrupt of VS level that L1 keeps, or SGEI, while L1 runs and has SIE clear, or before its
 * time comes: an SRET that enables it traps, but nothing tells that L1 sets SIE by CSR instruction.
 * So look again soon, for L1 may be on its way out of WFI, then less and less often; without Sstc,
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

static void take_interrupt(struct vcpu *v, uint64_t cause)
{
	const struct hext_trap trap = { .cause = cause };

	vcpu_trap_to_l1(v, &trap);
}

/*
 * Interrupts that the hardware does not deliver to L1 by itself: all of L1's while L2 runs; while
 * L1 runs those of VS level that it has not delegated.
 */
static __attribute__((noinline)) void deliver_interrupts(struct vcpu *v)
{
	struct hext_hart *h = &v->h;
	uint64_t cause;

	if (h->virt) {
		if (v->live) {
			h->hvip = ncsr_read(HEXT_CSR_HVIP) & (IRQ_VS_ALL | IRQ_LOCAL);
			h->hie =
				(h->hie & BIT64(IRQ_SGEI)) | (ncsr_read(HEXT_CSR_HIE) & IRQ_VS_ALL);
			/*
			 * L2's timer, which L1 takes itself: without it the hart would come back
			 * for ever.
			 */
			if (!(h->hideleg & BIT64(IRQ_VSTI)) && !static_key(KEY_NO_SSTC) &&
			    (h->henvcfg & HENVCFG_STCE))
				h->vs.timecmp = ncsr_read(HEXT_CSR_VSTIMECMP);
		}
	} else {
		vcpu_save(v);
		look_again(v);
	}
	if (!hext_interrupt_pending(h, &cause))
		return;
	if (!h->virt && (IRQ_S_ALL >> (cause & 63) & 1))
		return;
	take_interrupt(v, cause);
}

/* Most times there is nothing to deliver: what that takes to know, and no more. */
static inline bool has_interrupts(const struct vcpu *v)
{
	const struct hext_hart *h = &v->h;

	if (static_key(KEY_AIA) && world_files_ask(h))
		return true;
	return h->virt ? hext_interrupt_possible(h, csr_read(CSR_TIME)) : hext_kept_interrupts(h);
}

void vcpu_resume(struct vcpu *v)
{
	struct hext_hart *h = &v->h;

	/*
	 * First, as requests of other harts may be served meanwhile, whose interrupts are then
	 * delivered.
	 */
	if (h->virt && !v->live)
		nested_before_l2(v);
	if (__atomic_load_n(&v->requests, __ATOMIC_RELAXED))
		ipi_serve(v);
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
		note_unusual(v);
	}
	if (h->user)
		csr_clear(CSR_SSTATUS, SSTATUS_SPP);
	else
		csr_set(CSR_SSTATUS, SSTATUS_SPP);
	csr_write(CSR_SEPC, h->pc);
	if (riscv_nacl->shmem)
		world_before_entry();
}

void vcpu_sret_refused(struct vcpu *v, uint64_t error)
{
	enum nacl_error known = nacl_client_sret_refused(&v->nacl_below, error);

	hv_warn("hart %lu: SBI NACL sync_sret refused with error %d", v->hart->hartid, known);
	/* It may be in the slot for autoswap only, where the hart does not look any more. */
	v->hstatus_stale = true;
	vcpu_resume(v);
}

void vcpu_not_a_guest(const struct vcpu *v)
{
	hv_fatal("internal error: hart %lu leaves for a guest without hstatus.SPV",
		 v->hart->hartid);
}

void vcpu_own_trap(uint64_t scause, uint64_t sepc, uint64_t stval)
{
	hv_fatal("internal error: scause 0x%lx, sepc 0x%lx, stval 0x%lx", (unsigned long)scause,
		 (unsigned long)sepc, (unsigned long)stval);
}
