/* SPDX-License-Identifier: BSD-2-Clause */
/* L2: makes the UART raise its interrupt, then loops until a trap. Changes t5 and t6. */
	.globl l2_raise_wire
l2_raise_wire:
	la t5, uart
	ld t5, (t5)
	li t6, 2
	sb t6, 1(t5)
1:	j 1b

/* L2: counts in `spins` until an interrupt. Changes t5 and t6. */
	.globl l2_count
l2_count:
	la t5, spins
1:	ld t6, (t5)
	addi t6, t6, 1
	sd t6, (t5)
	j 1b
