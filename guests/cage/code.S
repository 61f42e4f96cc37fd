/* SPDX-License-Identifier: BSD-2-Clause */
/* The accesses that are tried: each is an access at a0, then EBREAK. */
	.text
	.option norvc

	.macro code name
	.balign 16
	.globl \name
\name:
	.endm

	code code_ld
	ld a0, (a0)
	ebreak
	code code_sd
	sd a1, (a0)
	ebreak
	code code_jr
	jr a0
	ebreak
	code code_hlv
	.insn r 0x73, 4, 0x36, a0, a0, x0	# hlv.d
	ebreak
	code code_hlvx
	.insn r 0x73, 4, 0x34, a0, a0, x3	# hlvx.wu
	ebreak
	code code_hsv
	.insn r 0x73, 4, 0x37, x0, a0, a1	# hsv.d
	ebreak

	code code_widths
	.irp insn, lb, lh, lw, ld
	\insn a0, (a0)
	ebreak
	.endr
	.irp insn, sb, sh, sw, sd
	\insn a1, (a0)
	ebreak
	.endr

	code code_hypervisor_widths
	.irp funct7, 0x30, 0x32, 0x34, 0x36
	.insn r 0x73, 4, \funct7, a0, a0, x0
	ebreak
	.endr
	.irp funct7, 0x31, 0x33, 0x35, 0x37
	.insn r 0x73, 4, \funct7, x0, a0, a1
	ebreak
	.endr

/*
 * The code that is replaced has a page to itself. The store and the load are neighbours, so a hart
 * (and QEMU, which translates them together) has fetched the load before the store is done.
 */
	.section .text.replace, "ax"
	.balign 4096
	.globl code_replace, code_vector
code_replace:
	.word 0xcd00f057			# vsetivli zero, 1, e32, m1, ta, ma
	sd a2, (a3)
code_vector:
	.word 0x02056407			# vle32.v v8, (a0)
	ebreak
	.balign 4096

/*
 * A strided load of 17 words, a1 bytes apart, in a page to itself. In a TLB in which the code and
 * all these pages share one place, as in QEMU's, the last page evicts the code's entry.
 */
	.globl code_evict, code_strided
code_evict:
	.word 0xcd38f057			# vsetivli zero, 17, e32, m8, ta, ma
	sd a2, (a3)
code_strided:
	.word 0x0ab56407			# vlse32.v v8, (a0), a1
	ebreak

/* A strided store of 17 words, a1 bytes apart. */
	.globl code_evict_store, code_strided_store
code_evict_store:
	.word 0xcd38f057			# vsetivli zero, 17, e32, m8, ta, ma
	sd a2, (a3)
code_strided_store:
	.word 0x0ab56427			# vsse32.v v8, (a0), a1
	ebreak
	.balign 4096
