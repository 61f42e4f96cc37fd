/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/hv/emulate.c of a Halite that lies: an SRET of L1 that traps consumes nothing from the area.
 * The SBI specification says so. Halite itself consumes the area at such an SRET.
 */
#include "nacl/host.h"

#define nacl_host_before_sret(host)	     ((void)(host))
#define nacl_host_take_fences(host, at_most) true
#include "../../src/hv/emulate.c"
