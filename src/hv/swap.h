/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The change between L1 and L2 on a live hart in one run of instructions, in which each CSR is
 * exchanged once: swap_inline.h, of which quick.c and swap.c have a copy each. vcpu.c changes
 * worlds by it where it can, else by world_save() and world_load().
 *
 * It can where the virtual hart is live, KEY_SLOW is off, and vcpu.unusual is 0.
 */
#ifndef HV_SWAP_H
#define HV_SWAP_H

#include "hv/vcpu.h"

/* L1 executes SRET. hstatus.SPV is set, and the shadow for L1's hgatp is bound. */
void swap_to_l2(struct vcpu *v);

/*
 * L1 has called sync_sret: the SRET, with the autoswap of hstatus. Nothing else is to be done then
 * for the entry. False: hstatus.SPV is not set, a request waits, or L1 has an interrupt, and
 * nothing has changed.
 */
bool swap_to_l2_by_call(struct vcpu *v);

/* L2 takes @trap, an exception or interrupt, into L1. */
void swap_to_l1(struct vcpu *v, const struct hext_trap *trap);

#endif
