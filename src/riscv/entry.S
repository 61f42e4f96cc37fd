/* SPDX-License-Identifier: BSD-2-Clause */
#include "riscv/entry.h"

	.section .text
	.option norelax

/* void riscv_trap_entry(void): every trap into HS-mode. Saves the guest's x1..x31, then calls
 * vcpu_exit(v) on the hart's stack, then goes on as riscv_enter_guest. */
	.globl riscv_trap_entry
	.balign 4
riscv_trap_entry:
	csrrw a0, sscratch, a0
	beqz a0, own_trap
	sd x1, VCPU_X(1)(a0)
	sd x2, VCPU_X(2)(a0)
	sd x3, VCPU_X(3)(a0)
	sd x4, VCPU_X(4)(a0)
	sd x5, VCPU_X(5)(a0)
	sd x6, VCPU_X(6)(a0)
	sd x7, VCPU_X(7)(a0)
	sd x8, VCPU_X(8)(a0)
	sd x9, VCPU_X(9)(a0)
	sd x11, VCPU_X(11)(a0)
	sd x12, VCPU_X(12)(a0)
	sd x13, VCPU_X(13)(a0)
	sd x14, VCPU_X(14)(a0)
	sd x15, VCPU_X(15)(a0)
	sd x16, VCPU_X(16)(a0)
	sd x17, VCPU_X(17)(a0)
	sd x18, VCPU_X(18)(a0)
	sd x19, VCPU_X(19)(a0)
	sd x20, VCPU_X(20)(a0)
	sd x21, VCPU_X(21)(a0)
	sd x22, VCPU_X(22)(a0)
	sd x23, VCPU_X(23)(a0)
	sd x24, VCPU_X(24)(a0)
	sd x25, VCPU_X(25)(a0)
	sd x26, VCPU_X(26)(a0)
	sd x27, VCPU_X(27)(a0)
	sd x28, VCPU_X(28)(a0)
	sd x29, VCPU_X(29)(a0)
	sd x30, VCPU_X(30)(a0)
	sd x31, VCPU_X(31)(a0)
	csrrw t0, sscratch, x0
	sd t0, VCPU_X(10)(a0)
	ld sp, VCPU_STACK_TOP(a0)
	mv s0, a0
	call vcpu_exit
	mv a0, s0

/* _Noreturn void riscv_enter_guest(struct vcpu *v): sepc, sstatus and hstatus are set up. */
	.globl riscv_enter_guest
riscv_enter_guest:
	csrw sscratch, a0
	ld x1, VCPU_X(1)(a0)
	ld x2, VCPU_X(2)(a0)
	ld x3, VCPU_X(3)(a0)
	ld x4, VCPU_X(4)(a0)
	ld x5, VCPU_X(5)(a0)
	ld x6, VCPU_X(6)(a0)
	ld x7, VCPU_X(7)(a0)
	ld x8, VCPU_X(8)(a0)
	ld x9, VCPU_X(9)(a0)
	ld x11, VCPU_X(11)(a0)
	ld x12, VCPU_X(12)(a0)
	ld x13, VCPU_X(13)(a0)
	ld x14, VCPU_X(14)(a0)
	ld x15, VCPU_X(15)(a0)
	ld x16, VCPU_X(16)(a0)
	ld x17, VCPU_X(17)(a0)
	ld x18, VCPU_X(18)(a0)
	ld x19, VCPU_X(19)(a0)
	ld x20, VCPU_X(20)(a0)
	ld x21, VCPU_X(21)(a0)
	ld x22, VCPU_X(22)(a0)
	ld x23, VCPU_X(23)(a0)
	ld x24, VCPU_X(24)(a0)
	ld x25, VCPU_X(25)(a0)
	ld x26, VCPU_X(26)(a0)
	ld x27, VCPU_X(27)(a0)
	ld x28, VCPU_X(28)(a0)
	ld x29, VCPU_X(29)(a0)
	ld x30, VCPU_X(30)(a0)
	ld x31, VCPU_X(31)(a0)
	ld x10, VCPU_X(10)(a0)
	sret

/* A trap while sscratch is 0: a bug of Halite's own. a0 is 0, sscratch holds the old a0. */
own_trap:
	csrr a0, scause
	csrr a1, sepc
	csrr a2, stval
	call vcpu_own_trap
1:	wfi
	j 1b

/* void riscv_hart_start(void): a0 hart id, a1 struct vcpu; interrupts off, satp Bare. */
	.globl riscv_hart_start
	.balign 4
riscv_hart_start:
	csrw sie, zero
	csrw sscratch, zero
	la t0, riscv_trap_entry
	csrw stvec, t0
	mv a0, a1
	ld sp, VCPU_STACK_TOP(a0)
	call vcpu_hart_started
1:	wfi
	j 1b

/*
 * bool riscv_fetch_u16(uint64_t addr, uint16_t *code). A fault of HLVX lands on the label after it,
 * with t1 still saying that it failed. Keeps all registers but a0, t0, t1, t2.
 */
	.globl riscv_fetch_u16
	.balign 4
riscv_fetch_u16:
	la t0, 1f
	csrrw t0, stvec, t0
	li t1, 0
	.insn r 0x73, 0x4, 0x32, t2, a0, x3	# hlvx.hu t2, (a0)
	sh t2, 0(a1)
	li t1, 1
	.balign 4
1:	csrw stvec, t0
	mv a0, t1
	ret

/*
 * bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value). A fault lands on label 9, with
 * t1 still saying that it failed. Keeps all registers but a0, t0 to t3.
 */
	.globl riscv_try_load
	.balign 4
riscv_try_load:
	la t0, 9f
	csrrw t0, stvec, t0
	li t1, 0
	addi t2, a1, -1
	beqz t2, 1f
	addi t2, a1, -2
	beqz t2, 2f
	addi t2, a1, -4
	beqz t2, 4f
	ld t3, (a0)
	j 8f
1:	lbu t3, (a0)
	j 8f
2:	lhu t3, (a0)
	j 8f
4:	lwu t3, (a0)
8:	sd t3, (a2)
	li t1, 1
	.balign 4
9:	csrw stvec, t0
	mv a0, t1
	ret

/* bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value). Likewise. */
	.globl riscv_try_store
	.balign 4
riscv_try_store:
	la t0, 9f
	csrrw t0, stvec, t0
	li t1, 0
	addi t2, a1, -1
	beqz t2, 1f
	addi t2, a1, -2
	beqz t2, 2f
	addi t2, a1, -4
	beqz t2, 4f
	sd a2, (a0)
	j 8f
1:	sb a2, (a0)
	j 8f
2:	sh a2, (a0)
	j 8f
4:	sw a2, (a0)
8:	li t1, 1
	.balign 4
9:	csrw stvec, t0
	mv a0, t1
	ret

/* unsigned int riscv_count_hstateen(void). Keeps all registers but a0, t0, t1. */
	.globl riscv_count_hstateen
	.balign 4
riscv_count_hstateen:
	la t0, 1f
	csrrw t0, stvec, t0
	li a0, 0
	csrr t1, 0x60c
	li a0, 1
	csrr t1, 0x60d
	li a0, 2
	csrr t1, 0x60e
	li a0, 3
	csrr t1, 0x60f
	li a0, 4
	.balign 4
1:	csrw stvec, t0
	ret
