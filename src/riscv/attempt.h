/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses for a guest that may be refused: of a device, and of code in the guest's own address space.
 *
 * Invariant: a refusal is a trap into Halite, and that trap changes nothing of the guest's. Each CSR that
 * priv H "Trap Entry" lets it change holds the value of the guest's trap again when these return.
 * htinst is an exception on a machine that ignores writes of it (which priv H "htinst" allows):
 * whoever needs htinst of the guest's trap reads it first.
 */
#ifndef RISCV_ATTEMPT_H
#define RISCV_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One access of @size bytes (1, 2, 4 or 8) at physical address @addr, a multiple of @size. False: the
 * machine refuses.
 */
bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value);
bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value);

/*
 * Read 16 bits of code at guest virtual address @addr as the guest that just trapped would fetch
 * them. False: the fetch faults.
 */
bool riscv_try_fetch_u16(uint64_t addr, uint16_t *code);

/* Private to attempt.c: the same in attempt.S, where a refusal leaves the CSRs as the trap did. */
bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value);
bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value);
/* HLVX.HU: acts for the mode that hstatus.SPVP says. */
bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code);

#endif
