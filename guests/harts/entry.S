/* SPDX-License-Identifier: BSD-2-Clause */
#define NACL_EID	   0x4e41434c
#define NACL_FID_SYNC_SRET 4

/*
 * uint64_t harts_sync_sret(void (*code)(void)), see harts.h. At the trap, all registers are L2's.
 */
	.globl harts_sync_sret
harts_sync_sret:
	la t0, kept
	sd ra, 0(t0)
	sd sp, 8(t0)
	sd s0, 16(t0)
	sd s1, 24(t0)
	sd s2, 32(t0)
	sd s3, 40(t0)
	sd s4, 48(t0)
	sd s5, 56(t0)
	sd s6, 64(t0)
	sd s7, 72(t0)
	sd s8, 80(t0)
	sd s9, 88(t0)
	sd s10, 96(t0)
	sd s11, 104(t0)
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
	ld ra, 0(t0)
	ld sp, 8(t0)
	ld s0, 16(t0)
	ld s1, 24(t0)
	ld s2, 32(t0)
	ld s3, 40(t0)
	ld s4, 48(t0)
	ld s5, 56(t0)
	ld s6, 64(t0)
	ld s7, 72(t0)
	ld s8, 80(t0)
	ld s9, 88(t0)
	ld s10, 96(t0)
	ld s11, 104(t0)
	ld t1, 112(t0)
	csrw stvec, t1
	ret

	.bss
	.balign 8
kept:
	.skip 120
