/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A firmware, for -bios, that starts Halite at HALITE in HS-mode and answers every call with
 * SBI_ERR_NOT_SUPPORTED.
 */
#define HALITE	0x80200000

	.option	norelax
	.globl	_start
_start:
	csrr	t0, mhartid
	bnez	t0, park
	la	t0, trap
	csrw	mtvec, t0
	/*
	 * S-mode may access all memory and the counters; all exceptions but its calls are
	 * delegated.
	 */
	li	t0, -1
	csrw	pmpaddr0, t0
	li	t0, 0x1f
	csrw	pmpcfg0, t0
	li	t0, 0xf0b1ff
	csrw	medeleg, t0
	li	t0, 0x222
	csrw	mideleg, t0
	li	t0, -1
	csrw	mcounteren, t0
	/* mstatus.MPP = S */
	li	t0, 0x1800
	csrc	mstatus, t0
	li	t0, 0x800
	csrs	mstatus, t0
	li	t0, HALITE
	csrw	mepc, t0
	mret
park:
	wfi
	j	park
	.balign	4
trap:
	csrw	mscratch, t0
	csrr	t0, mepc
	addi	t0, t0, 4
	csrw	mepc, t0
	csrr	t0, mscratch
	li	a0, -2
	li	a1, 0
	mret
