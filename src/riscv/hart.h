/* SPDX-License-Identifier: BSD-2-Clause */
/* The register variable of the hart that runs. */
#ifndef RISCV_HART_H
#define RISCV_HART_H

#include "nacl/client.h"

/*
 * This hart as a client of the NACL below. The pointer is in tp while Halite runs, from the entry
 * of a trap or of a hart on, but not in quick.c and quick_area.c. Valid as soon as a key of NACL
 * can be on.
 */
register struct nacl_client_hart *riscv_nacl __asm__("tp");

/*
 * This hart's area of the NACL below in quick_area.c, where tp points to byte RISCV_AREA_BIAS of
 * the area. From there, most words of CSRs and the dirty bitmap fit a load or store instruction.
 */
#define RISCV_AREA_BIAS (NACL_DIRTY_OFFSET + 0x800)
#define riscv_area	((volatile nacl_word *)(void *)((char *)riscv_nacl - RISCV_AREA_BIAS))

#endif
