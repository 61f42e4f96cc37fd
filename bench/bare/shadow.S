/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest of the bare-metal guest: loads, one from each page. Declared in bare.h. */
#define CSR_HSTATUS	 0x600
#define HSTATUS_SPV_SPVP 0x180
#define SSTATUS_SPP	 0x100

	.text
	.option norelax

	.macro saved instruction
	\instruction ra, 0(sp)
	\instruction s2, 8(sp)
	\instruction s3, 16(sp)
	\instruction s4, 24(sp)
	\instruction s5, 32(sp)
	.endm

/*
 * uint64_t bare_run_l2(void (*code)(void), unsigned long count, uint64_t addr, uint64_t stride)
 * The guest's code has count in s2, addr in s3 and stride in s4, and may change t0 and these.
 */
	.globl bare_run_l2
bare_run_l2:
	addi sp, sp, -48
	saved sd
	mv s2, a1
	mv s3, a2
	mv s4, a3
	li t0, HSTATUS_SPV_SPVP
	csrs CSR_HSTATUS, t0
	csrw sepc, a0
	li t0, SSTATUS_SPP
	csrs sstatus, t0
	lla t0, 1f
	csrrw s5, stvec, t0
	sret
	.balign 4
1:	csrw stvec, s5
	csrr a0, scause
	saved ld
	addi sp, sp, 48
	ret

	/* The page of the guest's code: its guest physical address is its address here. */
	.balign 4096
	.globl bare_l2_loads
bare_l2_loads:
1:	ld t0, (s3)
	add s3, s3, s4
	addi s2, s2, -1
	bnez s2, 1b
	ecall
	.balign 4096
