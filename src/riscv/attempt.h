/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses for a guest that may be refused: of a device, and of code in the guest's address space.
 *
 * Invariant: a refusal is a trap into Halite, and that trap changes nothing of the guest. When
 * these functions return, each CSR that priv H "Trap Entry" lets the trap change has the value of
 * the guest's trap again. htinst is an exception on a machine that ignores writes of htinst (which
 * priv H "htinst" allows): a caller that needs htinst of the guest's trap reads it first.
 */
#ifndef RISCV_ATTEMPT_H
#define RISCV_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Access @size bytes (1, 2, 4 or 8) at host physical address @addr, a multiple of @size. False: the
 * machine refuses the access.
 */
bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value);
bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value);

/*
 * Read 16 bits of code at guest virtual address @addr as the guest that just trapped would fetch
 * them. False: the fetch faults.
 */
bool riscv_try_fetch_u16(uint64_t addr, uint16_t *code);

/*
 * Private to attempt.c: the accesses in attempt.S. A refusal leaves the CSRs as the trap has set
 * them.
 */
bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value);
bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value);
/* HLVX.HU, for the mode in hstatus.SPVP. */
bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code);

#endif
