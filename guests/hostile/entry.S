/* SPDX-License-Identifier: BSD-2-Clause */
/* The start of harts, and their return to C after any trap. */
#include "hostile.h"
#include "registers.inc"

	.text
	.option norvc

/* a0 = hart id. From here on sscratch always points to the hart's struct. */
	.globl hostile_start
	.balign 4
hostile_start:
	csrw sie, zero
	csrw satp, zero
	csrci sstatus, 2
	li t0, HOSTILE_HARTS
1:	bgeu a0, t0, 1b
	la t1, hostile_harts
	slli t2, a0, HART_SHIFT
	add t1, t1, t2
	csrw sscratch, t1
	la t2, hostile_trap
	csrw stvec, t2
	la sp, hostile_stacks
	addi t2, a0, 1
	li t0, HOSTILE_STACK
	mul t2, t2, t0
	add sp, sp, t2
	mv a0, t1
	call hostile_hart
2:	wfi
	j 2b

/* The trap handler. It returns from hostile_run(); a trap outside hostile_run() is reported. */
	.globl hostile_trap
	.balign 4
hostile_trap:
	csrrw a0, sscratch, a0
	sd a1, HART_A1(a0)
	csrrw a1, sscratch, a0
	sd a1, HART_A0(a0)
	csrr a1, scause
	sd a1, HART_CAUSE(a0)
	csrr a1, stval
	sd a1, HART_TVAL(a0)
	csrr a1, sepc
	sd a1, HART_PC(a0)
	ld a1, HART_RUNNING(a0)
	beqz a1, 3f
	sd zero, HART_RUNNING(a0)
	callee_saved ld, a0, HART_SAVED
	ret
3:	la sp, hostile_stacks
	csrr a1, sscratch
	la t0, hostile_harts
	sub t0, a1, t0
	srli t0, t0, HART_SHIFT
	addi t0, t0, 1
	li t1, HOSTILE_STACK
	mul t0, t0, t1
	add sp, sp, t0
	call hostile_lost
4:	wfi
	j 4b

/* void hostile_run(struct hart *h, uint64_t how, uint64_t pc, const uint64_t *x) */
	.globl hostile_run
	.balign 4
hostile_run:
	callee_saved sd, a0, HART_SAVED
	li t0, 1
	sd t0, HART_RUNNING(a0)
	bnez a1, 5f
	/*
	 * RUN_CALL. The tried instruction may be SRET or ECALL: set sepc, a6 and a7 to be
	 * harmless.
	 */
	la t0, l2_entry
	csrw sepc, t0
	li a7, -1
	li a6, -1
	mv t0, a2
	ld a0, 80(a3)
	ld a1, 88(a3)
	.irp reg, ra,t1,t2,t3,t4,t5,t6,s0,s1,s2,s3,s4,s5,s6,s7,s8,s9,s10,a2,a3,a4,a5
	li \reg, 0
	.endr
	li s11, 1
	jr t0
5:	csrw sepc, a2
	addi t0, a1, -RUN_SBI
	mv a0, a3
	beqz t0, 6f
	call load_registers
	ld ra, 8(a0)
	ld a0, 80(a0)
	sret
6:	call load_registers
	ld ra, 8(a0)
	ld a0, 80(a0)
	ecall
7:	ebreak
	j 7b

/* Loads all registers but ra and a0 from the array at a0. */
load_registers:
	ld x2, 16(a0)
	ld x3, 24(a0)
	ld x4, 32(a0)
	ld x5, 40(a0)
	ld x6, 48(a0)
	ld x7, 56(a0)
	ld x8, 64(a0)
	ld x9, 72(a0)
	ld x11, 88(a0)
	ld x12, 96(a0)
	ld x13, 104(a0)
	ld x14, 112(a0)
	ld x15, 120(a0)
	ld x16, 128(a0)
	ld x17, 136(a0)
	ld x18, 144(a0)
	ld x19, 152(a0)
	ld x20, 160(a0)
	ld x21, 168(a0)
	ld x22, 176(a0)
	ld x23, 184(a0)
	ld x24, 192(a0)
	ld x25, 200(a0)
	ld x26, 208(a0)
	ld x27, 216(a0)
	ld x28, 224(a0)
	ld x29, 232(a0)
	ld x30, 240(a0)
	ld x31, 248(a0)
	ret
	.bss
	.balign 16
hostile_stacks:
	.skip HOSTILE_HARTS * HOSTILE_STACK
