/* SPDX-License-Identifier: BSD-2-Clause */
/* The page table that Halite itself runs with. */
#ifndef RISCV_OWN_MAP_H
#define RISCV_OWN_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "riscv/csr.h"
#include "riscv/insn.h"

/*
 * Translate by @satp from the next instruction on. @satp maps all addresses in use to themselves.
 * False: the hart does not support the mode, and continues without translation.
 */
static inline bool own_map_enable(uint64_t satp)
{
	csr_write(CSR_SATP, satp);
	insn_sfence_vma();
	return csr_read(CSR_SATP) == satp;
}

#endif
