/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that writes to the last MiB of RAM, which is Halite's, and prints scause. 7 is the store
 * access fault that hardware raises for an address without memory. a0 = hart id, a1 = device tree.
 * The compiler's command line defines RAM_END.

 */
#define SBI_SRST		0x53525354
#define TARGET			(RAM_END - 0x100000)

	.option	norelax
	.globl	_start
_start:
	la	t0, trap
	csrw	stvec, t0
	li	t0, TARGET
	sd	zero, 0(t0)
	la	s0, wrote
	j	print
	.balign	4
trap:
	csrr	t0, scause
	addi	t0, t0, '0'
	la	s0, faulted
	la	t1, digit
	sb	t0, 0(t1)
print:
	li	t3, 0x10000000	/* the UART of the virt machine */
1:	lbu	t0, 0(s0)
	beqz	t0, off
	sb	t0, 0(t3)
	addi	s0, s0, 1
	j	1b
off:
	li	a7, SBI_SRST
	li	a6, 0
	li	a0, 0
	li	a1, 0
	ecall
2:	j	2b
	.data
wrote:	.asciz	"guest: wrote\n"
faulted: .ascii	"guest: scause "
digit:	.asciz	"?\n"
