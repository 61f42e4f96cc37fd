/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts attempts, and returns from them at their trap. */
#include "cage.h"
#include "registers.inc"

	.text
	.option norvc

/* void cage_enter(struct hart *h): loads registers from h->x, then SRET. cage_trap returns. */
	.globl cage_enter
	.balign 4
cage_enter:
	begin_run
	all_but_a0 ld, HART_X
	ld a0, HART_X+80(a0)
	sret

/*
 * int64_t cage_sync_sret(struct hart *h): SBI NACL's SYNC_SRET. Returns an error of the call;
 * otherwise cage_trap returns.
 */
	.globl cage_sync_sret
	.balign 4
cage_sync_sret:
	begin_run
	li a7, 0x4e41434c
	li a6, 4
	ecall
	csrr tp, sscratch
	sd zero, HART_RUNNING(tp)
	ret

/*
 * void cage_call(struct hart *h, uint64_t pc): jumps to pc with a0, a1 and more from h->x.
 * cage_trap returns.
 */
	.globl cage_call
	.balign 4
cage_call:
	begin_run
	mv t0, a1
	ld a1, HART_X+88(a0)
	ld a2, HART_X+96(a0)
	ld a3, HART_X+104(a0)
	ld a0, HART_X+80(a0)
	jr t0

/* The trap handler of HS-mode. */
	.globl cage_trap
	.balign 4
cage_trap:
	save_trap
	end_run

/* Other harts start here: a0 = hart id, a1 = top of their stack. */
	.globl cage_second_start
	.balign 4
cage_second_start:
	mv sp, a1
	csrw sie, zero
	la t0, cage_trap
	csrw stvec, t0
	call guest_second_main
3:	wfi
	j 3b

/* void fence_all(void): fences both stages for all VMIDs. */
	.globl fence_all
	.balign 4
fence_all:
	.insn r 0x73, 0, 0x31, x0, x0, x0	# hfence.gvma
	.insn r 0x73, 0, 0x11, x0, x0, x0	# hfence.vvma
	ret

	.globl fence_code
	.balign 4
fence_code:
	fence.i
	ret

	.globl fence_stage1
	.balign 4
fence_stage1:
	sfence.vma
	ret

	.bss
	.balign 16
	.globl cage_stacks
cage_stacks:
	.skip MAX_HARTS * STACK_BYTES
