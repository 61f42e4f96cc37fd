/* SPDX-License-Identifier: BSD-2-Clause */
#include "offsets.h"

#include "nacl/abi.h"
#include "riscv/static_key.h"

#define VCPU_X(n) (VCPU_X0 + (n) * 8)

/* The place of a register in the area of the NACL below, for sync_sret. */
#define AREA_X(n) (NACL_SRET_OFFSET + (n) * NACL_WORD_SIZE)

#define ALL_REGISTERS 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

	.section .text
	.option norelax

/*
 * The guest's registers in four groups: those that quick.c may change, without sp and a0; tp; those
 * that other C functions may change; and the rest.
 */
	.macro quick_registers op, base
	.irp n, 1, 11, 12, 13, 14, 15, 16, 17
	\op x\n, VCPU_X(\n)(\base)
	.endr
	.endm
	.macro scratch_registers op, base
	.irp n, 5, 6, 7, 28, 29, 30, 31
	\op x\n, VCPU_X(\n)(\base)
	.endr
	.endm
	.macro some_registers op, base
	\op tp, VCPU_X(4)(\base)
	scratch_registers \op, \base
	.endm
	.macro other_registers op, base
	.irp n, 3, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
	\op x\n, VCPU_X(\n)(\base)
	.endr
	.endm

/*
 * With KEY_STATS: call stats_exit(v), which changes no register but those of quick_registers. a0 is
 * v. Sets sp to Halite's stack. a6 and a7 have the guest's values again afterwards.
 */
	.macro count_exit
	static_instead KEY_STATS, .Lcount\@, ld sp, VCPU_STACK_TOP(a0)
.Lcounted\@:
	.pushsection .text.stats, "ax"
.Lcount\@:
	ld sp, VCPU_STACK_TOP(a0)
	sd tp, VCPU_X(4)(a0)
	addi tp, a0, VCPU_NACL
	call stats_exit
	ld a0, (sp)
	ld tp, VCPU_X(4)(a0)
	ld a6, VCPU_X(16)(a0)
	ld a7, VCPU_X(17)(a0)
	j .Lcounted\@
	.popsection
	.endm

/*
 * Set sscratch to v, which is a0: Halite does not run any more. With KEY_STATS, call stats_enter(v)
 * before, which changes no register but those of quick_registers. set_guest is for a hart whose
 * other registers are the guest's; v is also at the top of the stack. set_guest_saved changes tp
 * and s0, too.
 */
	.macro set_guest
	static_instead KEY_STATS, .Lcount\@, csrw sscratch, a0
.Lcounted\@:
	.pushsection .text.stats, "ax"
.Lcount\@:
	sd tp, VCPU_X(4)(a0)
	addi tp, a0, VCPU_NACL
	call stats_enter
	ld a0, (sp)
	ld tp, VCPU_X(4)(a0)
	csrw sscratch, a0
	j .Lcounted\@
	.popsection
	.endm
	.macro set_guest_saved
	static_instead KEY_STATS, .Lcount\@, csrw sscratch, a0
.Lcounted\@:
	.pushsection .text.stats, "ax"
.Lcount\@:
	mv s0, a0
	addi tp, a0, VCPU_NACL
	call stats_enter
	mv a0, s0
	csrw sscratch, a0
	j .Lcounted\@
	.popsection
	.endm

/* Set a0 to v and sp to Halite's stack, and save the registers that quick.c may change. */
	.macro enter_halite
	csrrw a0, sscratch, a0
	beqz a0, own_trap
	quick_registers sd, a0
	sd sp, VCPU_X(2)(a0)
	csrrw a1, sscratch, x0
	sd a1, VCPU_X(10)(a0)
	count_exit
	.endm

/*
 * Check that hstatus.SPV is set. Without SPV, SRET would continue in HS mode at the guest's pc.
 * sscratch is v.
 */
	.macro check_guest
	csrr a1, HEXT_CSR_HSTATUS
	andi a1, a1, HSTATUS_SPV
	beqz a1, not_a_guest
	.endm

/*
 * The same for an entry by sync_sret with autoswap, which takes hstatus from the area. t0 is the
 * address of the area.
 */
	.macro check_guest_in_slot
	ld t2, (NACL_AUTOSWAP_OFFSET + NACL_AUTOSWAP_HSTATUS * NACL_WORD_SIZE)(t0)
	andi t2, t2, HSTATUS_SPV
	beqz t2, no_guest
	.endm

/*
 * Load sp and a0 from a0, which is v or the address of a register block of the same layout, and
 * enter the guest.
 */
	.macro leave_halite
	ld sp, VCPU_X(2)(a0)
	ld a0, VCPU_X(10)(a0)
	sret
	.endm

/*
 * The first look at an exit: call the function of src/hv/quick.c for it, if there is one. a0 is v.
 * @quick is how the names of the functions of this copy of quick.c begin, @at is how the names of
 * the labels begin at which the exit goes on.
 */
	.macro try_quick quick, at
	csrr a1, scause
	lbu a2, VCPU_VIRT(a0)
	bnez a2, .Lof_l2\@
	li a2, CAUSE_VIRTUAL
	beq a1, a2, .Lvirtual\@
	li a2, CAUSE_ECALL_VS
	bne a1, a2, \at\()general
	li a2, NACL_EID
	bne a7, a2, \at\()general
	li a2, NACL_FID_SYNC_SRET
	bne a6, a2, \at\()general
	ld a2, VCPU_MISSED_HGATP(a0)
	bnez a2, .Lafter_fault\@
	jal \quick\()sync_sret
	bnez a0, \at\()load_shared
	j \at\()not_quick
.Lafter_fault\@:
	jal \quick\()sync_sret_after_fault
	bnez a0, \at\()load_shared
	j \at\()not_quick
.Lof_l2\@:
	li a2, CAUSE_FETCH_GUEST_PAGE
	bltu a1, a2, .Ltrap_of_l2\@
	li a2, CAUSE_VIRTUAL
	beq a1, a2, .Ltrap_of_l2\@
	jal \quick\()guest_page_fault
	bnez a0, \at\()load_quick
	j \at\()not_quick
.Ltrap_of_l2\@:
	jal \quick\()trap_of_l2
	bnez a0, \at\()load_quick
	j \at\()not_quick
.Lvirtual\@:
	jal \quick\()csr
	bnez a0, \at\()load_quick
	ld a0, (sp)
	jal \quick\()sret
	bnez a0, \at\()load_quick
	.endm

/*
 * void riscv_trap_entry(void): the entry of every trap into HS mode.
 *
 * It saves few of the guest's registers, switches to the hart's stack, and calls the function of
 * src/hv/quick.c for the exit, if there is one. That function returns v if it has handled the exit,
 * and NULL otherwise. v is also at the top of the stack. An exit that is not handled goes to
 * vcpu_exit(v), after saving those registers that C may change. The result, an enum vcpu_registers,
 * says where the guest's registers are, or that the rest must be saved. In that case
 * vcpu_exit_all_saved(v) handles the exit.
 */
	.globl riscv_trap_entry
	.balign 4
riscv_trap_entry:
	enter_halite
	try_quick quick_,
not_quick:
	ld a0, (sp)
general:
	some_registers sd, a0
	addi tp, a0, VCPU_NACL
	call vcpu_exit
	mv a1, a0
	addi a0, tp, -VCPU_NACL
	bnez a1, 1f
	some_registers ld, a0
load_quick:
	set_guest
	check_guest
	quick_registers ld, a0
	leave_halite

1:	li t0, VCPU_LOAD_SHARED
	beq a1, t0, load_shared
	li t0, VCPU_LOAD_ALL
	beq a1, t0, riscv_enter_guest
	j save_all

load_shared:
	set_guest_saved
	ld a0, VCPU_SHARED_X(a0)
load_all:
	check_guest
	quick_registers ld, a0
	some_registers ld, a0
	other_registers ld, a0
	leave_halite

/* The trap entry with KEY_LCOFI, in place of riscv_trap_entry. */
	.balign 4
lcofi_trap_entry:
	enter_halite
	try_quick quick_lcofi_,
	j not_quick

/*
 * The trap entry with KEY_AREA, in place of riscv_trap_entry. It does the same with the functions
 * of quick_area.c, and enters the guest by sync_sret. So it saves tp, too, and stores all registers
 * of the guest in the area. If the hart lacks what this needs, v->quick.area_below is 0, and
 * riscv_enter_guest enters the guest.
 */
	.balign 4
area_trap_entry:
	enter_halite
	sd tp, VCPU_X(4)(a0)
	ld tp, VCPU_AREA_BELOW(a0)
	beqz tp, area_general
	try_quick quick_area_, area_
area_not_quick:
	ld a0, (sp)
area_general:
	scratch_registers sd, a0
	addi tp, a0, VCPU_NACL
	call vcpu_exit
	mv a1, a0
	addi a0, tp, -VCPU_NACL
	ld a2, VCPU_AREA_BELOW(a0)
	bnez a1, 1f
	beqz a2, area_save_others
	scratch_registers ld, a0
	j area_load_quick
1:	li t0, VCPU_LOAD_ALL
	beq a1, t0, riscv_enter_guest
	li t0, VCPU_LOAD_SHARED
	bne a1, t0, save_all
	beqz a2, area_copy_shared
area_load_shared:
	ld t0, VCPU_SHMEM_BELOW(a0)
	check_guest_in_slot
	ld t1, VCPU_SHARED_X(a0)
	.irp n, ALL_REGISTERS
	ld t2, \n * NACL_WORD_SIZE(t1)
	sd t2, AREA_X(\n)(t0)
	.endr
	j enter_from_area

/*
 * v->quick.area_below is 0. The hart may have a part of the features: riscv_enter_guest chooses the
 * entry by those, as vcpu_resume() has done. It takes all registers from v->x.
 */
area_save_others:
	other_registers sd, a0
	j riscv_enter_guest
area_copy_shared:
	ld t1, VCPU_SHARED_X(a0)
	.irp n, ALL_REGISTERS
	ld t2, \n * NACL_WORD_SIZE(t1)
	sd t2, VCPU_X(\n)(a0)
	.endr
	j riscv_enter_guest

area_load_quick:
	ld a1, VCPU_SHMEM_BELOW(a0)
	.irp n, 3, 5, 6, 7, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	sd x\n, AREA_X(\n)(a1)
	.endr
	mv t0, a1
	check_guest_in_slot
	.irp n, 1, 2, 4, 10, 11, 12, 13, 14, 15, 16, 17
	ld t1, VCPU_X(\n)(a0)
	sd t1, AREA_X(\n)(t0)
	.endr
	j enter_from_area

/* The trap entry with KEY_SLOW, in place of riscv_trap_entry. */
	.balign 4
slow_trap_entry:
	enter_halite
	some_registers sd, a0
	addi tp, a0, VCPU_NACL
save_all:
	other_registers sd, a0
	mv s0, a0
	call vcpu_exit_all_saved
	mv a0, s0

/*
 * _Noreturn void riscv_enter_guest(struct vcpu *v): the caller has set up sepc, sstatus and
 * hstatus.
 */
	.globl riscv_enter_guest
riscv_enter_guest:
	static_branch KEY_NACL_SYNC_SRET, enter_by_sync_sret
enter_by_sret:
	set_guest_saved
	j load_all

enter_by_sync_sret:
	lw t1, VCPU_FEATURES_BELOW(a0)
	andi t2, t1, 1 << NACL_FEAT_SYNC_SRET
	beqz t2, enter_by_sret
	ld t0, VCPU_SHMEM_BELOW(a0)
	andi t1, t1, 1 << NACL_FEAT_AUTOSWAP_CSR
	beqz t1, hstatus_of_csr_space
	check_guest_in_slot
has_hstatus:
	.irp n, ALL_REGISTERS
	ld t1, VCPU_X(\n)(a0)
	sd t1, AREA_X(\n)(t0)
	.endr
enter_from_area:
	set_guest_saved
	mv s0, a0
	li a7, NACL_EID
	li a6, NACL_FID_SYNC_SRET
	ecall
	/*
	 * sync_sret was refused, and a0 is the error. vcpu_sret_refused(v, error) prepares an entry
	 * by SRET, which takes the registers from v.
	 */
	csrw sscratch, zero
	addi tp, s0, VCPU_NACL
	.irp n, ALL_REGISTERS
	ld t1, AREA_X(\n)(t0)
	sd t1, VCPU_X(\n)(s0)
	.endr
	mv a1, a0
	mv a0, s0
	call vcpu_sret_refused
	mv a0, s0
	j riscv_enter_guest

/* Reached only by a bug of Halite. vcpu_not_a_guest(v) does not return. */
not_a_guest:
	csrrw a0, sscratch, zero
	ld sp, VCPU_STACK_TOP(a0)
	addi tp, a0, VCPU_NACL
no_guest:
	call vcpu_not_a_guest

hstatus_of_csr_space:
	li t2, NACL_CSR_OFFSET + NACL_CSR_INDEX(HEXT_CSR_HSTATUS) * NACL_WORD_SIZE
	add t2, t2, t0
	ld t2, (t2)
	andi t2, t2, HSTATUS_SPV
	bnez t2, has_hstatus
	j no_guest

/* A trap while sscratch is 0 is a bug of Halite. a0 is 0, and sscratch holds the old a0. */
own_trap:
	j riscv_own_trap

/*
 * _Noreturn void riscv_hart_start(uint64_t hartid, struct vcpu *v): interrupts are off, and satp is
 * Bare.
 */
	.globl riscv_hart_start
	.balign 4
riscv_hart_start:
	fence.i				/* static keys have been patched */
	csrw sie, zero
	csrw sscratch, zero
	lla t0, riscv_trap_entry
	static_branch KEY_SLOW, 2f
	static_branch KEY_AREA, 4f
	static_branch KEY_LCOFI, 5f
1:	csrw stvec, t0
	mv a0, a1
	ld sp, VCPU_STACK_TOP(a0)
	addi tp, a0, VCPU_NACL
	call bringup_hart_started
3:	wfi
	j 3b
2:	lla t0, slow_trap_entry
	j 1b
4:	lla t0, area_trap_entry
	j 1b
5:	lla t0, lcofi_trap_entry
	j 1b
