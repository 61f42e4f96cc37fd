/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uint64_t devices_access(uint64_t addr, unsigned int kind, uint64_t *value): does one access.
 * @kind 0 to 3 are loads of 1, 2, 4 and 8 bytes to *@value; 4 to 7 are stores of *@value. Returns
 * -1, or the cause of the trap. Interrupts must be off.
 */
	.text
	.globl devices_access
devices_access:
	la t0, 9f
	csrrw t0, stvec, t0
	la t1, 1f
	slli a1, a1, 3			/* an access and a jump are 8 bytes */
	add t1, t1, a1
	ld t3, (a2)
	jr t1
	.option push
	.option norvc
1:	lbu t3, (a0)
	j 8f
	lhu t3, (a0)
	j 8f
	lwu t3, (a0)
	j 8f
	ld t3, (a0)
	j 8f
	sb t3, (a0)
	j 8f
	sh t3, (a0)
	j 8f
	sw t3, (a0)
	j 8f
	sd t3, (a0)
	j 8f
	.option pop
8:	sd t3, (a2)
	csrw stvec, t0
	li a0, -1
	ret
	.balign 4
9:	csrw stvec, t0
	csrr a0, scause
	ret
