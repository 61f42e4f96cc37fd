/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into and out of a guest. While a guest runs, sscratch holds its struct vcpu; while Halite
 * runs, sscratch is 0, so that a trap of Halite's own is told from a guest's.
 */
#ifndef RISCV_ENTRY_H
#define RISCV_ENTRY_H

/* Offsets into struct vcpu; src/hv/vcpu.c asserts that they hold. */
#define VCPU_X(n)      ((n)*8)
#define VCPU_STACK_TOP (32 * 8)

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Load the guest's registers and continue it. The stack of the caller is forgotten. */
_Noreturn void riscv_enter_guest(struct vcpu *v);

/* stvec while Halite or a guest runs. */
void riscv_trap_entry(void);

/* First instruction of a hart that firmware starts: a0 is the hart id, a1 its struct vcpu. */
void riscv_hart_start(void);

/*
 * Read 16 bits of code at guest virtual address @addr as the guest that just trapped would fetch
 * them (HLVX.HU). False: the fetch faults.
 */
bool riscv_fetch_u16(uint64_t addr, uint16_t *code);

/*
 * One access of @size bytes (1, 2, 4 or 8) at aligned physical address @addr, which a device may refuse.
 * False: it faults. As for the fetch, the CSRs of the guest's trap are gone if it does.
 */
bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value);
bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value);

/* How many of hstateen0, 1, 2, 3 can be read, up to the first that traps. Before a guest runs. */
unsigned int riscv_count_hstateen(void);
#endif

#endif
