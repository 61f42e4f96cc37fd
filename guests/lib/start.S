/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry of a bare-metal guest: S mode, a0 = hart id, a1 = device tree. Each hart has a stack. */
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

/* Where harts that the guest itself starts begin: a1 = top of their stack. */
	.globl guest_second_start
guest_second_start:
	mv sp, a1
	la t0, guest_trap
	csrw stvec, t0
	call guest_second_main
2:	wfi
	j 2b

/*
 * Traps: an access that guest_try_load() and friends make continues at the label they left in t6, with
 * the cause in a0; anything else is reported and ends the guest.
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

/* uint64_t guest_try_load(uint64_t addr): -1 if it worked, else the exception's cause. */
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

/* uint64_t guest_try_store(uint64_t addr): likewise, of a 0. */
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

/* uint64_t guest_try_jump(uint64_t addr): the cause of the fetch's exception. */
	.globl guest_try_jump
guest_try_jump:
	la t5, expecting
	la t4, 7f
	sd t4, (t5)
	jr a0
7:	ret

	.bss
	.balign 16
expecting:
	.dword 0
	.globl guest_trap_value
guest_trap_value:
	.dword 0
	.balign 16
	.skip 8192
first_stack_top:
