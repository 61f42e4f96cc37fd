/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries into a guest and exits from it. tp is the hart's struct nacl_client_hart while Halite
 * runs (ncsr.h). While a guest runs, sscratch holds its struct vcpu; while Halite runs, sscratch is
 * 0, so that a trap of Halite's own is told from a guest's.
 */
#ifndef RISCV_ENTRY_H
#define RISCV_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * Load the guest's registers and continue it: by SRET, or by sync_sret of SBI NACL where this hart
 * has that below, which takes the registers from shared memory. The stack of the caller is
 * forgotten.
 */
_Noreturn void riscv_enter_guest(struct vcpu *v);

/* stvec while Halite or a guest runs. */
void riscv_trap_entry(void);

/* First instruction of a hart that firmware starts. Goes on at bringup_hart_started(@v). */
_Noreturn void riscv_hart_start(uint64_t hartid, struct vcpu *v);
#endif
