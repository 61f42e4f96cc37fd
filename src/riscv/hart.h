/* SPDX-License-Identifier: BSD-2-Clause */
/* What belongs to the hart that runs. */
#ifndef RISCV_HART_H
#define RISCV_HART_H

#include "nacl/client.h"

/*
 * Its half of NACL as L1: in tp while Halite runs, from the entry of a trap or of a hart on. Valid once a key
 * of NACL can be on.
 */
register struct nacl_client_hart *riscv_nacl __asm__("tp");

#endif
