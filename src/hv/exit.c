/* SPDX-License-Identifier: BSD-2-Clause */
/* Every way out of the guest, by cause. */
#include "hext/bits.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/plic.h"
#include "hv/sbi.h"
#include "riscv/csr.h"
#include "riscv/world.h"

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
	switch (irq) {
	case IRQ_SSI:
		/* Requests are served on the way back, in vcpu_resume(). */
		csr_clear(CSR_SIP, BIT64(IRQ_SSI));
		break;
	case IRQ_STI:
		if (v->h.cfg->sstc)
			handle_own_timer(v);
		else
			sbi_time_expired(v);
		break;
	case IRQ_SEI:
		plic_update(v);
		break;
	default:
		/* Of VS level, not delegated by L1: vcpu_resume() finds it pending. */
		break;
	}
}

/* The trap that the hardware has just taken into Halite, to be passed on. */
static struct hext_trap hardware_trap(const struct vcpu *v, uint64_t cause)
{
	return (struct hext_trap){
		.cause = cause,
		.tval = csr_read(CSR_STVAL),
		.htval = v->h.virt ? csr_read(HEXT_CSR_HTVAL) : 0,
		.htinst = csr_read(HEXT_CSR_HTINST),
		.gva = v->h.virt && (csr_read(HEXT_CSR_HSTATUS) & HSTATUS_GVA),
	};
}

static void pass_to_l1(struct vcpu *v, uint64_t cause)
{
	struct hext_trap trap = hardware_trap(v, cause);

	vcpu_trap_to_l1(v, &trap);
}

static void handle_l1_exception(struct vcpu *v, uint64_t cause)
{
	uint64_t tval = csr_read(CSR_STVAL);
	uint64_t gpa;
	uint32_t code;

	switch (cause) {
	case CAUSE_ECALL_VS:
		sbi_handle_ecall(v);
		break;
	case CAUSE_VIRTUAL:
		code = tval;
		/* stval may be 0. The code may have gone meanwhile: then L1 runs into that itself. */
		if (code || vcpu_fetch(v, &code))
			nested_emulate(v, code);
		break;
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		gpa = csr_read(HEXT_CSR_HTVAL) << 2 | (tval & 3);
		mmio_access(v, cause, pa(gpa), tval, csr_read(HEXT_CSR_HTINST));
		break;
	default:
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
		nested_guest_page_fault(v, cause);
		break;
	default:
		pass_to_l1(v, cause);
		break;
	}
}

void vcpu_exit(struct vcpu *v)
{
	uint64_t cause = csr_read(CSR_SCAUSE);

	v->h.pc = csr_read(CSR_SEPC);
	v->h.user = !(csr_read(CSR_SSTATUS) & SSTATUS_SPP);
	if (cause & CAUSE_INTERRUPT)
		handle_interrupt(v, cause & ~CAUSE_INTERRUPT);
	else if (v->h.virt)
		handle_l2_exception(v, cause);
	else
		handle_l1_exception(v, cause);
	vcpu_resume(v);
}
