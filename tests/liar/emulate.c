/* SPDX-License-Identifier: BSD-2-Clause */
/* An SRET of L1 that traps takes nothing from shared memory: as the specification has it, unlike Halite. */
#include "nacl/host.h"

#define nacl_host_before_sret(host) ((void)(host))
#include "../../src/hv/emulate.c"
