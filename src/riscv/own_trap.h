/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trap of Halite's own is a bug. Halite cannot rely on the state of the hart then, not even on
 * its stack. So the machine has one emergency area. The first hart that traps takes the area and
 * keeps it, saves its registers and CSRs there, and calls own_trap_report() on the stack of the
 * area. Any other hart that traps waits.
 *
 * A second trap of the first hart calls own_trap_again(). A third one turns the machine off.
 */
#ifndef RISCV_OWN_TRAP_H
#define RISCV_OWN_TRAP_H

/* Offsets into struct own_trap, and the size of the stack, for C and for assembly. */
#define OWN_TRAP_X(n)	    ((n)*8)
#define OWN_TRAP_SCAUSE	    (32 * 8)
#define OWN_TRAP_SEPC	    (33 * 8)
#define OWN_TRAP_STVAL	    (34 * 8)
#define OWN_TRAP_SSTATUS    (35 * 8)
#define OWN_TRAP_SIZE	    (36 * 8)
#define OWN_TRAP_STACK_SIZE 8192

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

/* The hart as the first trap found it; x[0] is 0. */
struct own_trap {
	uint64_t x[32];
	uint64_t scause, sepc, stval, sstatus;
};

_Static_assert(offsetof(struct own_trap, scause) == OWN_TRAP_SCAUSE, "own_trap.S uses it");
_Static_assert(sizeof(struct own_trap) == OWN_TRAP_SIZE, "own_trap.S uses it");

extern struct own_trap riscv_own_trap_state;
extern char riscv_own_trap_stack[];

/*
 * The stack pointer of this hart: @sp, or that of the first trap if @sp is in the emergency area.
 */
static inline uintptr_t riscv_stack_pointer(uintptr_t sp)
{
	return sp - (uintptr_t)riscv_own_trap_stack < OWN_TRAP_STACK_SIZE
		       ? riscv_own_trap_state.x[2]
		       : sp;
}

/* The value of stvec until there are vCPUs. */
void riscv_early_trap(void);

/* Called from own_trap.S. */
_Noreturn void own_trap_report(const struct own_trap *trap);
_Noreturn void own_trap_again(const struct own_trap *trap);
#endif

#endif
