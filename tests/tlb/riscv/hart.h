/* SPDX-License-Identifier: BSD-2-Clause */
/* In place of src/riscv/hart.h, where this is a register. */
#ifndef RISCV_HART_H
#define RISCV_HART_H

#include "nacl/client.h"

struct nacl_client_hart *machine_tp(void);

#define riscv_nacl machine_tp()

#define RISCV_AREA_BIAS 0
#define riscv_area	(machine_tp()->shmem)

#endif
