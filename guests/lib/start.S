/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of a bare-metal guest: S mode, a0 = hart id, a1 = device tree. Each hart has a stack. */
#include "registers.inc"

	.section .text.start, "ax"
	.globl _start
_start:
	la sp, first_stack_top
	la t0, guest_trap
	csrw stvec, t0
	csrw sie, zero
	call guest_main
1:	wfi
	j 1b

/* Start address for harts that the guest starts: a1 = top of their stack. */
	.globl guest_second_start
guest_second_start:
	mv sp, a1
	la t0, guest_trap
	csrw stvec, t0
	call guest_second_main
2:	wfi
	j 2b

/*
 * The trap handler. After a trap in a guest_try_*() function, the code continues at the label that
 * the function has stored in `expecting`, with the cause in a0. Any other trap is reported and ends
 * the guest.
 */
	.balign 4
guest_trap:
	la t5, expecting
	ld t4, (t5)
	beqz t4, 3f
	sd zero, (t5)
	csrw sepc, t4
	csrr a0, scause
	csrr t4, stval
	la t5, guest_trap_value
	sd t4, (t5)
	sret
3:	csrr a0, scause
	csrr a1, sepc
	csrr a2, stval
	call guest_unexpected
4:	wfi
	j 4b

/* uint64_t guest_try_load(uint64_t addr): returns -1, or the cause of the exception. */
	.globl guest_try_load
guest_try_load:
	la t5, expecting
	la t4, 5f
	sd t4, (t5)
	mv t3, a0
	li a0, -1
	lw t3, (t3)
	sd zero, (t5)
5:	ret

/* uint64_t guest_try_store(uint64_t addr): stores 0. Returns -1, or the cause of the exception. */
	.globl guest_try_store
guest_try_store:
	la t5, expecting
	la t4, 6f
	sd t4, (t5)
	mv t3, a0
	li a0, -1
	sw zero, (t3)
	sd zero, (t5)
6:	ret

/*
 * uint64_t guest_try_hlv(uint64_t addr): HLV.D under hgatp, vsatp and hstatus.SPVP. Returns -1, or
 * the cause of the exception.
 */
	.globl guest_try_hlv
guest_try_hlv:
	la t5, expecting
	la t4, 8f
	sd t4, (t5)
	mv t3, a0
	li a0, -1
	.insn r 0x73, 0x4, 0x36, t3, t3, x0	# hlv.d t3, (t3)
	sd zero, (t5)
8:	ret

/*
 * uint64_t guest_run_l2(void (*code)(void)): runs @code as a guest of this guest, in VS-mode, under
 * the current hgatp and vsatp, until it traps to this guest. Returns scause. @code may change t5
 * and t6.
 */
	.globl guest_run_l2
guest_run_l2:
	li t0, 0x180			/* hstatus.SPV, SPVP */
	csrs 0x600, t0
	csrw sepc, a0	/* last: at the write of hstatus, sepc may be an earlier interrupt's */
	li t0, 0x100			/* sstatus.SPP */
	csrs sstatus, t0
	la t0, 9f
	csrrw t1, stvec, t0
	sret
	.balign 4
9:	csrw stvec, t1
	csrr a0, scause
	ret

	.globl guest_l2_ecall, guest_l2_spin, guest_l2_load, guest_l2_misaligned
guest_l2_ecall:
	ecall
guest_l2_spin:
	j guest_l2_spin
guest_l2_load:
	li t5, 0x40000
	lw t6, (t5)
guest_l2_misaligned:
	la t5, saved + 1
	amoadd.w t6, zero, (t5)

/* A hart resumes here from guest_suspend(); a1 is the opaque value. Returns 1 to the caller. */
	.globl guest_resume
guest_resume:
	la t0, guest_trap
	csrw stvec, t0
	la t0, guest_resumed
	sd a0, (t0)
	sd a1, 8(t0)
	csrr a0, satp
	sd a0, 16(t0)
	csrr a0, sstatus
	sd a0, 24(t0)
	la t0, saved
	callee_saved ld, t0, 0
	li a0, 1
	ret

/*
 * int64_t guest_suspend(uint64_t type): SBI HSM suspend. int64_t guest_suspend_system(uint64_t
 * type): SBI SUSP. Both return the error, or 1 after a resume.
 */
	.globl guest_suspend, guest_suspend_system
guest_suspend_system:
	li a6, 0
	li a7, 0x53555350
	j 8f
guest_suspend:
	li a6, 3
	li a7, 0x48534d
8:	la t0, saved
	callee_saved sd, t0, 0
	la a1, guest_resume
	li a2, 0x5a
	ecall
	ret

/* uint64_t guest_try_jump(uint64_t addr): returns the cause of the fetch's exception. */
	.globl guest_try_jump
guest_try_jump:
	la t5, expecting
	la t4, 7f
	sd t4, (t5)
	jr a0
7:	ret

	.bss
	.balign 16
saved:
	.skip 112
expecting:
	.dword 0
	.globl guest_trap_value, guest_resumed
guest_trap_value:
	.dword 0
guest_resumed:
	.skip 32
	.balign 16
	.skip 8192
first_stack_top:
