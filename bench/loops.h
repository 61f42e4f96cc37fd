/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measured loops that are the same in a guest, in L1's user space and on the bare machine. For
 * assembly: s2 = rounds, s3 = start of LOOP_MEMORY_SIZE bytes. They change t0 to t6 and s2.
 */
#ifndef BENCH_LOOPS_H
#define BENCH_LOOPS_H

#define LOOP_MEMORY_SIZE 0x400000 /* a power of two */

	/* 100 arithmetic instructions a round. */
	.macro loop_compute
	li t0, 12345
	li t1, 77
1:	.rept 14
	mul t2, t0, t1
	xor t3, t2, t0
	slli t4, t3, 7
	add t0, t4, t2
	srli t5, t0, 3
	or t6, t5, t3
	sub t1, t6, t0
	.endr
	addi s2, s2, -1
	bnez s2, 1b
	.endm

	/* 8 instructions a round: a store and a load on one page, then the next page. */
	.macro loop_memory
	li t0, 0
	li t1, 4096
	li t2, LOOP_MEMORY_SIZE - 1
1:	add t3, s3, t0
	sd t0, 0(t3)
	ld t4, 8(t3)
	add t0, t0, t1
	add t0, t0, t4
	and t0, t0, t2
	addi s2, s2, -1
	bnez s2, 1b
	.endm

#endif
