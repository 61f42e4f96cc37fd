/* SPDX-License-Identifier: BSD-2-Clause */
#include "registers.inc"

#define NACL_EID	   0x4e41434c
#define NACL_FID_SYNC_SRET 4

/*
 * uint64_t harts_sync_sret(void (*code)(void)), see harts.h. At the trap, all registers are L2's.
 */
	.globl harts_sync_sret
harts_sync_sret:
	la t0, kept
	callee_saved sd, t0, 0
	csrr t1, stvec
	sd t1, 112(t0)
	li t1, 0x180			/* hstatus.SPV, SPVP */
	csrs 0x600, t1
	li t1, 0x100			/* sstatus.SPP */
	csrs sstatus, t1
	csrw sepc, a0
	la t1, 1f
	csrw stvec, t1
	li a6, NACL_FID_SYNC_SRET
	li a7, NACL_EID
	ecall
	li t0, 1000
	sub a0, t0, a0
	j 2f
	.balign 4
1:	csrr a0, scause
2:	la t0, kept
	callee_saved ld, t0, 0
	ld t1, 112(t0)
	csrw stvec, t1
	ret

	.bss
	.balign 8
kept:
	.skip 120
