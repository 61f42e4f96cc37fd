/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enters code under test, and returns after its trap. tp and sscratch point to the hart's
 * struct.
 */
#include "conformance.h"
#include "registers.inc"

	.text
	.option norvc

/* void conf_enter(struct hart *h): loads registers from h->x, then SRET. conf_trap returns. */
	.globl conf_enter
	.balign 4
conf_enter:
	begin_run
	all_but_a0 ld, HART_X
	ld a0, HART_X+80(a0)
	sret

/*
 * int64_t conf_sync_sret(struct hart *h): SBI NACL's SYNC_SRET. Returns an error of the call;
 * otherwise conf_trap returns.
 */
	.globl conf_sync_sret
	.balign 4
conf_sync_sret:
	begin_run
	li a7, 0x4e41434c
	li a6, 4
	ecall
	sd zero, HART_RUNNING(tp)
	ret

/*
 * An interrupt handler that clears SSI and returns to the interrupted code by SYNC_SRET, without
 * autoswap. conf_shared is the area. If another trap comes, the return went to VS mode: then
 * conf_shared becomes 0, and SRET continues in HS mode.
 */
	.globl conf_return_by_call
	.balign 4
conf_return_by_call:
	csrw sscratch, t6
	csrr t6, scause
	bgez t6, 1f
	la t6, conf_shared
	ld t6, (t6)
	.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
	sd x\n, 8*\n(t6)
	.endr
	csrr t5, sscratch
	sd t5, 8*31(t6)
	csrw sscratch, tp
	csrci sip, 2
	li a7, 0x4e41434c
	li a6, 4
	ecall
1:	la t6, conf_shared
	sd zero, (t6)
	li t6, 0x80
	csrc 0x600, t6
	csrr t6, sscratch
	csrw sscratch, tp
	sret

	.bss
	.balign 8
	.globl conf_shared
conf_shared:
	.dword 0
	.text

/* The trap handler of HS mode. */
	.globl conf_trap
	.balign 4
conf_trap:
	save_trap
	/*
	 * Clear bits that the code under test may have set and that affect this program's
	 * accesses.
	 */
	csrci sstatus, 2
	end_run

/* Other harts start here: a0 = hart id, a1 = their struct hart, in which x2 is the stack. */
	.globl conf_second_start
	.balign 4
conf_second_start:
	mv tp, a1
	csrw sscratch, tp
	csrw sie, zero
	la t0, conf_trap
	csrw stvec, t0
	ld sp, HART_X+16(tp)
	call guest_second_main
3:	wfi
	j 3b

/*
 * void conf_fence(unsigned int kind, uint64_t a, uint64_t b): kinds have the numbers of SBI
 * NACL.
 */
	.globl conf_fence
	.balign 4
conf_fence:
	la t0, 4f
	slli a0, a0, 3
	add t0, t0, a0
	jr t0
	.balign 4
4:	.insn r 0x73, 0, 0x31, x0, a1, x0	/* hfence.gvma a1, x0 */
	ret
	.insn r 0x73, 0, 0x31, x0, x0, x0
	ret
	.insn r 0x73, 0, 0x31, x0, a1, a2
	ret
	.insn r 0x73, 0, 0x31, x0, x0, a2
	ret
	.insn r 0x73, 0, 0x11, x0, a1, x0	/* hfence.vvma a1, x0 */
	ret
	.insn r 0x73, 0, 0x11, x0, x0, x0
	ret
	.insn r 0x73, 0, 0x11, x0, a1, a2
	ret
	.insn r 0x73, 0, 0x11, x0, x0, a2
	ret

	.macro vector_entry n
	.balign 8
	csrwi stval, \n + 1
	j conf_trap
	.endm
	.globl hs_vectors
	.balign 256
hs_vectors:
	.set n, 0
	.rept 16
	j vector_entries + 8 * n
	.set n, n + 1
	.endr
	.balign 8
vector_entries:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vector_entry \n
	.endr

/* The trap handler of VS mode, for direct and vectored mode. */
	.section .text.vector, "ax"
	.globl vs_vector
	.balign 4096
vs_vector:
	.rept 1024
	ecall
	.endr
