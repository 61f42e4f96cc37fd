/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single accesses that may trap into Halite itself. Meanwhile stvec is the label after the access,
 * where t1 still says that the access has failed. The trap overwrites the CSRs of the guest's trap;
 * attempt.c restores them, and is the only caller.
 */
	.section .text
	.option norelax

/* An access between these two that traps continues at 9. The result is false if it has trapped. */
	.macro begin_attempt
	lla t0, 9f
	csrrw t0, stvec, t0
	li t1, 0
	.endm
	.macro end_attempt
	li t1, 1
	.balign 4
9:	csrw stvec, t0
	mv a0, t1
	ret
	.endm

/* Access the a1 bytes at a0 by the instruction for 1, 2, 4 or 8 bytes. Changes t2. */
	.macro access byte, half, word, double, register
	addi t2, a1, -1
	beqz t2, 1f
	addi t2, a1, -2
	beqz t2, 2f
	addi t2, a1, -4
	beqz t2, 4f
	\double \register, (a0)
	j 8f
1:	\byte \register, (a0)
	j 8f
2:	\half \register, (a0)
	j 8f
4:	\word \register, (a0)
8:
	.endm

/*
 * bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code): HLVX.HU. Keeps all registers but a0 and
 * t0 to t2.
 */
	.globl riscv_raw_fetch_u16
	.balign 4
riscv_raw_fetch_u16:
	begin_attempt
	.insn r 0x73, 0x4, 0x32, t2, a0, x3	# hlvx.hu t2, (a0)
	sh t2, 0(a1)
	end_attempt

/*
 * bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value). Keeps all registers but
 * a0, t0 to t3.
 */
	.globl riscv_raw_load
	.balign 4
riscv_raw_load:
	begin_attempt
	access lbu, lhu, lwu, ld, t3
	sd t3, (a2)
	end_attempt

/*
 * bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value). Keeps all registers but
 * a0, t0 to t2.
 */
	.globl riscv_raw_store
	.balign 4
riscv_raw_store:
	begin_attempt
	access sb, sh, sw, sd, a2
	end_attempt
