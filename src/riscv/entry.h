/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries into a guest and exits from it. While Halite runs, sscratch is 0, and tp points to the
 * hart's struct nacl_client_hart (hart.h), but not in quick.c and quick_area.c. While a guest runs,
 * sscratch points to its struct vcpu. So the trap entry can tell a trap of Halite's own from a trap
 * of a guest.
 */
#ifndef RISCV_ENTRY_H
#define RISCV_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * Load the guest's registers and enter the guest: by SRET, or by sync_sret if this hart has that
 * feature of the NACL below. sync_sret takes the registers from the area. The stack of the caller
 * is dropped.
 */
_Noreturn void riscv_enter_guest(struct vcpu *v);

/* The value of stvec, unless KEY_SLOW, KEY_AREA or KEY_LCOFI is on. */
void riscv_trap_entry(void);

/* The first instruction of a hart that firmware starts. Continues at bringup_hart_started(@v). */
_Noreturn void riscv_hart_start(uint64_t hartid, struct vcpu *v);
#endif
