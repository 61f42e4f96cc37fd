/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single accesses that may trap into Halite itself. Meanwhile stvec is the label after the access,
 * where t1 still says that the access has failed. The trap overwrites the CSRs of the guest's trap;
 * attempt.c restores them, and is the only caller.
 */
	.section .text
	.option norelax

/*
 * bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code): HLVX.HU. Keeps all registers but a0 and
 * t0 to t2.
 */
	.globl riscv_raw_fetch_u16
	.balign 4
riscv_raw_fetch_u16:
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
 * bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value). Keeps all registers but
 * a0, t0 to t3.
 */
	.globl riscv_raw_load
	.balign 4
riscv_raw_load:
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

/*
 * bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value). Keeps all registers but
 * a0, t0 to t2.
 */
	.globl riscv_raw_store
	.balign 4
riscv_raw_store:
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
