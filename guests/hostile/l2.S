/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * L2 uses only registers, neither a stack nor memory, since any access may fail. s11 is its random
 * number, s2 to s9 are addresses, s1 is where it may jump. It is also its own trap handler.
 */
#include "hostile.h"

	.text
	.option norvc

	.macro deed
	.balign 64
	.endm
	.macro done
	j l2_next
	.endm

	.globl l2_entry
	.balign 4
l2_entry:
	/* If sscratch is L1's, an SRET has not entered L2: this is L1. */
	csrr t0, sscratch
	la t1, hostile_harts
	sub t0, t0, t1
	li t1, HOSTILE_HARTS * HART_SIZE
	bgeu t0, t1, l2_next
1:	ebreak
	j 1b

	.globl l2_user
l2_user:
l2_next:
	slli t0, s11, 13
	xor s11, s11, t0
	srli t0, s11, 7
	xor s11, s11, t0
	slli t0, s11, 17
	xor s11, s11, t0
	mv t0, s2
	mv s2, s3
	mv s3, s4
	mv s4, s5
	mv s5, s6
	mv s6, s7
	mv s7, s8
	mv s8, s9
	mv s9, t0
	srli t0, s11, 40
	andi t0, t0, 0x38
	add a0, s2, t0
	srli t0, s11, 20
	andi t0, t0, 31
	slli t0, t0, 6
	la t1, l2_deeds
	add t0, t0, t1
	jr t0

	.balign 64
l2_deeds:
	deed
	ld a1, (a0)
	done
	deed
	lw a1, (a0)
	done
	deed
	lhu a1, 3(a0)
	done
	deed
	lb a1, (a0)
	done
	deed
	sd s11, (a0)
	done
	deed
	sw s11, (a0)
	done
	deed
	sh s11, 7(a0)
	done
	deed
	sb s11, (a0)
	done
	deed
	amoadd.d a1, s11, (a0)
	done
	deed
	lr.w a1, (a0)
	sc.w a1, s11, (a0)
	done
	deed
	csrr a1, 0x680
	done
	deed
	csrw 0x645, s11
	done
	deed
	mv a7, s11
	ecall
	done
	deed
	ebreak
	done
	deed
	wfi
	done
	deed
	la t0, l2_entry
	csrw sepc, t0
	sret
	deed
	.word 0
	done
	deed
	sfence.vma
	.insn r 0x73, 0, 0x11, x0, a0, x0	# hfence.vvma
	done
	deed
	.insn r 0x73, 4, 0x36, a1, a0, x0	# hlv.d
	done
	deed
	slli t0, s11, 60
	srli t1, s3, 12
	or t0, t0, t1
	csrw satp, t0
	done
	deed
	li t0, L2_MAY_JUMP
	beq t0, t6, 6f
	la a0, l2_entry
6:	csrw stvec, a0
	done
	deed
	csrr t0, time
	addi t0, t0, 50
	csrw 0x14d, t0
	li t0, 0x222
	csrs sie, t0
	csrsi sstatus, 2
	done
	deed
	csrw sstatus, s11
	done
	deed
	li t0, L2_MAY_JUMP
	bne t0, t6, 2f
	jr s1
2:	done
	deed
	li t0, 2000
3:	addi t0, t0, -1
	bnez t0, 3b
	done
	deed
	li t0, 64
	li t1, 4096
4:	lb a1, (a0)
	add a0, a0, t1
	addi t0, t0, -1
	bnez t0, 4b
	done
	deed
	.insn i 0x0f, 2, x0, 4(a0)	# cbo.zero
	done
	deed
	.insn i 0x07, 3, x0, 0(a0)	# fld
	done
	deed
	li t0, 16
	li t1, 4096
5:	sd s11, (a0)
	add a0, a0, t1
	addi t0, t0, -1
	bnez t0, 5b
	done
	deed
	li t0, 0xffc
	or a0, a0, t0
	sd s11, (a0)
	done
	deed
	csrw sie, s11
	csrw sip, s11
	done
	deed
	csrr a1, cycle
	csrr a1, time
	csrr a1, instret
	fence.i
	.word 0x00d00073			# wrs.nto
	done

	.globl l2_load, l2_store, l2_amo, l2_lr, l2_jump, l2_timer
	.balign 4
l2_load:
	ld a0, (a0)
	ebreak
l2_store:
	sd a1, (a0)
	ebreak
l2_amo:
	amoor.d a0, zero, (a0)
	ebreak
l2_lr:
	lr.d a0, (a0)
	ebreak
l2_jump:
	jr a0
l2_timer:
	csrw 0x14d, zero			# stimecmp
7:	j 7b
