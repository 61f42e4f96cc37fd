/* SPDX-License-Identifier: BSD-2-Clause */
/* Every way out of the guest, by cause. */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hv/fence.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/intc.h"
#include "hv/quick.h"
#include "hv/sbi.h"
#include "riscv/csr.h"
#include "riscv/insn.h"
#include "riscv/ncsr.h"
#include "riscv/switch.h"

/*
 * With Sstc, Halite's comparator is for L1's deadline while L2 runs, which vcpu_resume() finds in the
 * image. Left over from before, it is off from here on. STIP may also lag behind the comparator: then it
 * is set anew.
 */
static void handle_own_timer(struct vcpu *v)
{
	world_stop_timer(&v->timer);
	if (v->h.virt && !(hext_sip(&v->h) & BIT64(IRQ_STI)))
		world_start_timer(&v->timer, &v->h);
}

static void handle_interrupt(struct vcpu *v, uint64_t irq)
{
	stat_count(&v->stats, STAT_INTERRUPT);
	switch (irq) {
	case IRQ_SSI:
		/* Requests are served on the way back, in vcpu_resume(). One that comes behind them interrupts again. */
		csr_clear(CSR_SIP, BIT64(IRQ_SSI));
		insn_fence_io();
		break;
	case IRQ_STI:
		if (v->h.cfg->sstc)
			handle_own_timer(v);
		else
			sbi_time_expired(v);
		break;
	case IRQ_SEI:
		intc_update(v);
		break;
	default:
		/* Of VS level, not delegated by L1: vcpu_resume() finds it pending. */
		break;
	}
}

/* The trap that the hardware has just taken into Halite, to be passed on. */
static inline __attribute__((always_inline)) struct hext_trap hardware_trap(const struct vcpu *v,
									    uint64_t cause)
{
	return (struct hext_trap){
		.cause = cause,
		.tval = csr_read(CSR_STVAL),
		.htval = v->h.virt ? ncsr_read(HEXT_CSR_HTVAL) : 0,
		.htinst = hext_trap_has_htinst(cause) ? ncsr_read(HEXT_CSR_HTINST) : 0,
		.gva = v->h.virt && (world_guest_hstatus() & HSTATUS_GVA),
	};
}

static void pass_to_l1(struct vcpu *v, uint64_t cause)
{
	struct hext_trap trap = hardware_trap(v, cause);

	vcpu_trap_to_l1(v, &trap);
}

/* A function of its own, so that none saves more registers than it needs. */
#define NOINLINE __attribute__((noinline))

/* L1 reached for what its G-stage has not. */
static NOINLINE void handle_l1_access(struct vcpu *v, uint64_t cause)
{
	struct hext_trap hw = hardware_trap(v, cause);
	uint64_t gpa = ncsr_read(HEXT_CSR_HTVAL) << 2 | (hw.tval & 3);

	stat_count(&v->stats, STAT_L1_MEMORY);
	mmio_access(v, &hw, pa(gpa));
}

static void handle_l1_exception(struct vcpu *v, uint64_t cause)
{
	uint32_t code;

	switch (cause) {
	case CAUSE_ECALL_VS:
		sbi_handle_ecall(v);
		break;
	case CAUSE_VIRTUAL:
		code = csr_read(CSR_STVAL);
		/* stval may be 0. The code may have gone meanwhile: then L1 runs into that itself. */
		if (code || vcpu_fetch(v, &code))
			nested_emulate(v, code);
		break;
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		handle_l1_access(v, cause);
		break;
	default:
		stat_count(&v->stats, STAT_L1_OTHER);
		pass_to_l1(v, cause);
		break;
	}
}

static void handle_l2_exception(struct vcpu *v, uint64_t cause)
{
	switch (cause) {
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		nested_guest_page_fault(v, cause, false);
		break;
	default:
		stat_count(&v->stats, STAT_L2_OTHER);
		pass_to_l1(v, cause);
		break;
	}
}

/* L1 has taken an interrupt by itself: what hext_take_trap() does besides. */
static NOINLINE void clear_spv(struct vcpu *v)
{
	v->h.hstatus &= ~(HSTATUS_SPV | HSTATUS_GVA);
	v->h.htval = 0;
	v->h.htinst = 0;
	v->hstatus_stale = true;
	vcpu_refresh_trap_csrs(v);
}

/* From here on L1's hstatus counts. */
static void settle_hstatus(struct vcpu *v)
{
	if (!v->h.virt && (v->h.hstatus & HSTATUS_SPV) && world_l1_took_interrupt(&v->h))
		clear_spv(v);
}

static inline __attribute__((always_inline)) void begin_at(struct vcpu *v)
{
	v->h.pc = csr_read(CSR_SEPC);
	v->h.user = !(csr_read(CSR_SSTATUS) & SSTATUS_SPP);
	v->way = VCPU_LOAD_SOME;
}

static void begin(struct vcpu *v)
{
	begin_at(v);
	settle_hstatus(v);
}

static bool is_sync_sret(const struct vcpu *v)
{
	return v->x[VCPU_A7] == NACL_EID && v->x[VCPU_A7 - 1] == NACL_FID_SYNC_SRET &&
	       v->domain->nacl_offered;
}

static NOINLINE uint64_t quick_call(struct vcpu *v)
{
	begin(v);
	sbi_handle_ecall(v);
	vcpu_resume(v);
	return v->way;
}

/* Not of NACL: hstatus counts in none of these, so L1 has to find it right in its area alone. */
static NOINLINE uint64_t quick_plain_call(struct vcpu *v)
{
	begin_at(v);
	if (nacl_host_has_shmem(&v->nacl))
		settle_hstatus(v);
	sbi_handle_ecall(v);
	vcpu_resume(v);
	return v->way;
}

/* More is to be done, but first L1 takes the interrupts that have come: its pc stays where it is. */
static NOINLINE uint64_t execute_again(struct vcpu *v)
{
	begin(v);
	vcpu_resume(v);
	return v->way;
}

/* Where more waits in L1's area than quick_sync_sret_call() takes in, or L2 comes from a guest-page fault. */
static NOINLINE uint64_t quick_nacl_sret(struct vcpu *v)
{
	if (v->shared_x) {
		if (!v->taken_in && !nacl_host_take_in(&v->nacl, FENCES_AT_ONCE))
			return execute_again(v);
		v->taken_in = false;
		if (v->shadow && v->shadow->hgatp == v->h.hgatp)
			nested_fill_ahead(v);
		if (quick_sync_sret(v))
			return VCPU_LOAD_SHARED;
	}
	return quick_call(v);
}

/* A CSR instruction of L1, or what else is not allowed in VS mode. */
static NOINLINE uint64_t quick_virtual_instruction(struct vcpu *v)
{
	uint32_t code = csr_read(CSR_STVAL);

	begin(v);
	/* Into L2, after a guest-page fault: see quick_nacl_sret(). */
	if (code == HEXT_CODE_SRET && !v->h.user && !nacl_host_has_shmem(&v->nacl) && v->shadow &&
	    v->shadow->hgatp == v->h.hgatp) {
		nested_fill_ahead(v);
		return quick_sret(v) ? VCPU_LOAD_SOME : VCPU_NOT_DONE;
	}
	return !v->h.user && nested_emulate_quick(v, code) ? VCPU_LOAD_SOME : VCPU_NOT_DONE;
}

static NOINLINE uint64_t quick_guest_page_fault(struct vcpu *v, uint64_t cause)
{
	begin(v);
	switch (nested_guest_page_fault(v, cause, true)) {
	case NESTED_NOT_DONE:
		return VCPU_NOT_DONE;
	case NESTED_DONE:
		vcpu_resume(v);
		break;
	case NESTED_RESUMED:
		break;
	}
	return VCPU_LOAD_SOME;
}

/* What L2 does that is L1's to handle, where something else comes before. */
static NOINLINE uint64_t quick_exit_of_l2(struct vcpu *v, uint64_t cause)
{
	begin(v);
	stat_count(&v->stats, STAT_L2_OTHER);
	pass_to_l1(v, cause);
	vcpu_resume(v);
	return VCPU_LOAD_SOME;
}

/*
 * Behind quick.c, the exits that are asked for most and need none of the registers that C preserves. Each could be left to
 * vcpu_exit(), which does the same: KEY_SLOW has it so.
 */
uint64_t vcpu_exit_quick(struct vcpu *v)
{
	uint64_t cause = csr_read(CSR_SCAUSE);

	if (v->h.virt) {
		if (cause & CAUSE_INTERRUPT)
			return VCPU_NOT_DONE;
		return hext_is_guest_page_fault(cause) ? quick_guest_page_fault(v, cause)
						       : quick_exit_of_l2(v, cause);
	}
	if (cause == CAUSE_VIRTUAL)
		return quick_virtual_instruction(v);
	if (cause != CAUSE_ECALL_VS)
		return VCPU_NOT_DONE;
	if (v->x[VCPU_A7] != NACL_EID)
		return quick_plain_call(v);
	return is_sync_sret(v) ? quick_nacl_sret(v) : quick_call(v);
}

/* L1 may change its area at any time: from here on the copy counts. */
static void copy_shared(struct vcpu *v)
{
	const volatile nacl_word *shared = nacl_host_gprs(&v->nacl);
	unsigned int i;

	for (i = 1; i < NACL_SRET_GPRS; i++)
		v->x[i] = shared[i];
}

uint64_t vcpu_exit(struct vcpu *v)
{
	uint64_t cause = csr_read(CSR_SCAUSE);

	begin(v);
	if (cause & CAUSE_INTERRUPT)
		handle_interrupt(v, cause & ~CAUSE_INTERRUPT);
	else if (v->h.virt)
		handle_l2_exception(v, cause);
	else
		handle_l1_exception(v, cause);
	vcpu_resume(v);
	if (v->way == VCPU_LOAD_SHARED)
		copy_shared(v);
	return VCPU_LOAD_ALL;
}
