/* SPDX-License-Identifier: BSD-2-Clause */
#include "riscv/own_trap.h"
#include "riscv/sbi_ids.h"

#define SSTATUS_SDT	0x1000000

	.section .text
	.option norelax

	.globl riscv_early_trap
	.balign 4
riscv_early_trap:
	csrrw a0, sscratch, a0

/*
 * void riscv_own_trap(void): sscratch is a0 of the trap; all other registers are as the trap found
 * them. The word "taken" is set to its address, since there is no second register for another
 * value. After SDT is cleared, a trap is no double trap (Ssdbltrp).
 */
	.globl riscv_own_trap
riscv_own_trap:
	lla a0, taken
	amoor.d a0, a0, (a0)
	bnez a0, wait
	lla a0, riscv_own_trap_state
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16
	sd x\n, OWN_TRAP_X(\n)(a0)
	.endr
	.irp n, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd x\n, OWN_TRAP_X(\n)(a0)
	.endr
	csrr a1, sscratch
	sd a1, OWN_TRAP_X(10)(a0)
	csrr a1, scause
	sd a1, OWN_TRAP_SCAUSE(a0)
	csrr a1, sepc
	sd a1, OWN_TRAP_SEPC(a0)
	csrr a1, stval
	sd a1, OWN_TRAP_STVAL(a0)
	csrr a1, sstatus
	sd a1, OWN_TRAP_SSTATUS(a0)
	lla a1, second_trap
	csrw stvec, a1
	li a1, SSTATUS_SDT
	csrc sstatus, a1
	lla sp, riscv_own_trap_stack + OWN_TRAP_STACK_SIZE
	call own_trap_report
wait:
	wfi
	j wait

	.balign 4
second_trap:
	lla a1, third_trap
	csrw stvec, a1
	li a1, SSTATUS_SDT
	csrc sstatus, a1
	lla a0, riscv_own_trap_state
	lla sp, riscv_own_trap_stack + OWN_TRAP_STACK_SIZE
	call own_trap_again

/* Turns the machine off without a message and without a stack. */
	.balign 4
third_trap:
	li a7, SBI_EXT_SRST
	li a6, SBI_SRST_RESET
	li a0, SBI_SRST_TYPE_SHUTDOWN
	li a1, SBI_SRST_REASON_FAILURE
	ecall
	li a7, SBI_EXT_LEGACY_SHUTDOWN
	ecall
	j wait

/*
 * Not 0: the emergency area is in use. The word is in .data, since a trap may come before bss is
 * zeroed.
 */
	.section .data
	.balign 8
taken:
	.dword 0

	.section .bss
	.balign 16
	.globl riscv_own_trap_state
riscv_own_trap_state:
	.space OWN_TRAP_SIZE
	.balign 16
	.globl riscv_own_trap_stack
riscv_own_trap_stack:
	.space OWN_TRAP_STACK_SIZE
