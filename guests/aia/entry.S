/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt handler, and the entry into L2 with a stack of its choice. */
#include "aia.h"
#include "registers.inc"

	.text
/*
 * The trap handler in L1 and in L2. sscratch points to the hart's struct side. It claims an
 * external interrupt and counts it. Any other trap is reported.
 */
	.globl aia_vector
	.balign 4
aia_vector:
	csrrw tp, sscratch, tp
	sd t0, SIDE_SAVED(tp)
	csrr t0, scause
	bgez t0, 1f
	csrrw t0, CSR_STOPEI, zero
	sd t0, SIDE_LAST(tp)
	ld t0, SIDE_RECEIVED(tp)
	addi t0, t0, 1
	sd t0, SIDE_RECEIVED(tp)
	ld t0, SIDE_SAVED(tp)
	csrrw tp, sscratch, tp
	sret
1:	csrr a0, scause
	csrr a1, sepc
	csrr a2, stval
	call guest_unexpected
2:	wfi
	j 2b

/*
 * uint64_t aia_run_l2(void (*code)(struct side *), struct side *side, void *stack): calls code in
 * VS-mode, under the current hgatp and hstatus.VGEIN. Returns scause of the trap that ended it;
 * after code has returned, this is an ECALL.
 */
	.globl aia_run_l2
aia_run_l2:
	addi sp, sp, -128
	callee_saved sd, sp, 0
	la t0, 3f
	csrrw t0, stvec, t0
	sd t0, 112(sp)
	csrw sscratch, sp
	la t0, 4f
	csrw sepc, t0
	li t0, 0x180			/* hstatus.SPV, SPVP */
	csrs CSR_HSTATUS, t0
	li t0, 0x100			/* sstatus.SPP */
	csrs sstatus, t0
	mv t0, a0
	mv a0, a1
	mv sp, a2
	sret
	.balign 4
3:	csrr sp, sscratch
	ld t0, 112(sp)
	csrw stvec, t0
	callee_saved ld, sp, 0
	addi sp, sp, 128
	csrr a0, scause
	ret
/* L2 starts here. */
4:	jalr t0
	ecall

/* void aia_permit(uint64_t bits): sets bits of hstateen0, if that exists. */
	.globl aia_permit
aia_permit:
	la t0, 5f
	csrrw t0, stvec, t0
	csrs CSR_HSTATEEN0, a0
	.balign 4
5:	csrw stvec, t0
	ret
