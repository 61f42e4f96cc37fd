/* SPDX-License-Identifier: BSD-2-Clause */
#include "numbers.h"

/*
 * void legacy_call(struct legacy_call *call), see legacy.h. A legacy call keeps all registers but
 * a0, so the function keeps its own values in t0 to t3 across the ECALL.
 */
	.globl legacy_call
legacy_call:
	mv t3, a0
	la t1, 2f
	csrrw t0, stvec, t1
	ld a0, 0(t3)
	ld a1, 8(t3)
	ld a2, 16(t3)
	ld a3, 24(t3)
	li a4, 4
	li a5, 5
	li a6, 99
	ld a7, 32(t3)
	li t2, -1
1:	ecall
	j 3f
	.balign 4
2:	csrr t2, scause
	csrr t4, stval
	sd t4, 64(t3)
	csrr t4, sepc
	la t5, 1b
	sub t4, t4, t5
	sd t4, 72(t3)
3:	csrw stvec, t0
	sd a0, 40(t3)
	sd t2, 56(t3)
	/* 0 if a1 to a7 have not changed */
	ld t4, 8(t3)
	xor a1, a1, t4
	ld t4, 16(t3)
	xor a2, a2, t4
	ld t4, 24(t3)
	xor a3, a3, t4
	xori a4, a4, 4
	xori a5, a5, 5
	xori a6, a6, 99
	ld t4, 32(t3)
	xor a7, a7, t4
	or a1, a1, a2
	or a1, a1, a3
	or a1, a1, a4
	or a1, a1, a5
	or a1, a1, a6
	or a1, a1, a7
	sd a1, 48(t3)
	ret
