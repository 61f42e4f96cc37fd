/* SPDX-License-Identifier: BSD-2-Clause */
/* The general path: handles every exit, by cause. */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hv/fence.h"
#include "hv/iommu_domain.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/intc.h"
#include "hv/sbi.h"
#include "hv/terminal.h"
#include "hv/vcpu_resume.h"
#include "riscv/csr.h"
#include "riscv/insn.h"
#include "riscv/ncsr.h"
#include "riscv/switch.h"

/* Kept out of line, so that vcpu_exit() saves few registers. */
#define NOINLINE __attribute__((noinline))

/*
 * With Sstc, Halite's comparator holds L1's deadline while L2 runs, or an old one while L1 runs.
 * Stop it: vcpu_resume() finds an expired deadline of L1 in the image. STIP can lag behind the
 * comparator. So if L1's deadline has not come yet, start the comparator again.
 */
static void handle_own_timer(struct vcpu *v)
{
	world_stop_timer(&v->timer);
	if (v->h.virt && !(hext_sip(&v->h) & BIT64(IRQ_STI)))
		world_start_timer(&v->timer, &v->h);
}

static NOINLINE void handle_interrupt(struct vcpu *v, uint64_t irq)
{
	switch (irq) {
	case IRQ_SSI:
		/*
		 * vcpu_resume() serves the requests. A request that is posted after that interrupts
		 * the hart again.
		 */
		csr_clear(CSR_SIP, BIT64(IRQ_SSI));
		insn_fence_io();
		break;
	case IRQ_STI:
		if (v->h.cfg->sstc)
			handle_own_timer(v);
		else
			sbi_time_expired(v);
		if (static_key(KEY_CONSOLE))
			terminal_tick(v);
		break;
	case IRQ_SEI:
		iommu_interrupt(v);
		intc_update(v);
		break;
	case IRQ_LCOFI:
		csr_clear(CSR_SIP, BIT64(IRQ_LCOFI));
		vcpu_set_pending(v, BIT64(IRQ_LCOFI));
		break;
	default:
		/* An interrupt of VS level that L1 keeps: vcpu_resume() finds it pending. */
		break;
	}
}

/* The trap that the hardware has just taken into Halite, as a trap that Halite can pass to L1. */
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

/* L1 accessed an address that the domain's G-stage does not map. */
static NOINLINE void handle_l1_access(struct vcpu *v, uint64_t cause)
{
	struct hext_trap hw = hardware_trap(v, cause);
	uint64_t gpa = ncsr_read(HEXT_CSR_HTVAL) << 2 | (hw.tval & 3);

	mmio_access(v, &hw, pa(gpa));
}

static NOINLINE void handle_virtual_instruction(struct vcpu *v)
{
	uint32_t code = csr_read(CSR_STVAL);

	/*
	 * stval may be 0. If the fetch faults now, L1 executes the instruction again and takes that
	 * fault itself.
	 */
	if (!code) {
		if (!vcpu_fetch(v, &code))
			return;
		stats_exit_code(v, code);
	}
	nested_emulate(v, code);
}

static void handle_l1_exception(struct vcpu *v, uint64_t cause)
{
	switch (cause) {
	case CAUSE_ECALL_VS:
		sbi_handle_ecall(v);
		break;
	case CAUSE_VIRTUAL:
		handle_virtual_instruction(v);
		break;
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		handle_l1_access(v, cause);
		break;
	default:
		pass_to_l1(v, cause);
		break;
	}
}

static void handle_l2_exception(struct vcpu *v, uint64_t cause)
{
	if (hext_is_guest_page_fault(cause))
		nested_guest_page_fault(v, cause);
	else
		pass_to_l1(v, cause);
}

/*
 * The hardware has delivered an interrupt to L1 while hstatus.SPV was set: change hstatus, htval
 * and htinst as hext_take_trap() does.
 */
static NOINLINE void clear_spv(struct vcpu *v)
{
	v->h.hstatus &= ~(HSTATUS_SPV | HSTATUS_GVA);
	v->h.htval = 0;
	v->h.htinst = 0;
	v->hstatus_stale = true;
	vcpu_refresh_trap_csrs(v);
}

/*
 * Copy the guest's pc and mode into the image, and find out whether L1's hstatus.SPV is still set.
 */
static void begin(struct vcpu *v)
{
	world_read_pc(&v->h);
	if (!v->h.virt && (v->h.hstatus & HSTATUS_SPV) && world_l1_took_interrupt(&v->h))
		clear_spv(v);
	v->registers = VCPU_LOAD_SOME;
}

/*
 * The guest's registers that the exit may read or write, bit n for xn: the operands of an
 * instruction that is emulated. stval or htinst has its code. If that is 0, the code has to be
 * fetched, and the operands may be any registers. An SBI call that replaces all registers reads
 * none of the others.
 */
static uint32_t registers_of(const struct vcpu *v, uint64_t cause)
{
	switch (cause) {
	case CAUSE_VIRTUAL:
		return v->h.virt ? 0 : hext_insn_registers(csr_read(CSR_STVAL));
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return hext_insn_registers(ncsr_read(HEXT_CSR_HTINST));
	default:
		return 0;
	}
}

/* Copy the registers from L1's area once. L1 may change its area at any time. */
static void copy_shared(struct vcpu *v)
{
	const volatile nacl_word *shared = nacl_host_gprs(&v->nacl);
	unsigned int i;

	for (i = 1; i < NACL_SRET_GPRS; i++)
		v->x[i] = shared[i];
}

/* Whether the exit is a call of sync_sret that L1 may make: L1 has an area and the feature. */
static bool is_sync_sret(const struct vcpu *v, uint64_t cause)
{
	return cause == CAUSE_ECALL_VS && v->x[VCPU_A7] == NACL_EID &&
	       v->x[VCPU_A7 - 1] == NACL_FID_SYNC_SRET && v->quick.shared_x;
}

static NOINLINE enum vcpu_registers handle(struct vcpu *v, uint64_t cause)
{
	begin(v);
	if (cause & CAUSE_INTERRUPT)
		handle_interrupt(v, cause & ~CAUSE_INTERRUPT);
	else if (v->h.virt)
		handle_l2_exception(v, cause);
	else if (!is_sync_sret(v, cause))
		handle_l1_exception(v, cause);
	else if (sbi_nacl_sync_sret(v))
		return VCPU_LOAD_SHARED;
	vcpu_resume(v);
	return v->registers;
}

enum vcpu_registers vcpu_exit(struct vcpu *v)
{
	uint64_t cause = csr_read(CSR_SCAUSE);

	if (registers_of(v, cause) & ~VCPU_SOME_REGISTERS)
		return VCPU_SAVE_ALL;
	return handle(v, cause);
}

void vcpu_exit_all_saved(struct vcpu *v)
{
	if (handle(v, csr_read(CSR_SCAUSE)) == VCPU_LOAD_SHARED)
		copy_shared(v);
}
