/* SPDX-License-Identifier: BSD-2-Clause */
/* The register variable of the hart that runs. */
#ifndef RISCV_HART_H
#define RISCV_HART_H

#include "nacl/client.h"

/*
 * This hart as a client of the NACL below. The pointer is in tp while Halite runs, from the entry
 * of a trap or of a hart on, but not in quick.c. Valid as soon as a key of NACL can be on.
 */
register struct nacl_client_hart *riscv_nacl __asm__("tp");

#endif
