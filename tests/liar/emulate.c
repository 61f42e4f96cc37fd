/* SPDX-License-Identifier: BSD-2-Clause */
/* An SRET of L1 that traps takes nothing from shared memory: as the specification has it, unlike Halite. */
#include "nacl/host.h"

#define nacl_host_before_sret(host)	     ((void)(host))
#define nacl_host_take_fences(host, at_most) true
#include "../../src/hv/emulate.c"
