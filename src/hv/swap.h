/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch between L1 and L2 on a live hart in one sequence that exchanges each CSR once.
 * The code is in swap_inline.h; quick.c and swap.c have a copy each. The general path uses swap.c
 * if it can, and world_save() and world_load() otherwise. swap.c is compiled twice: swap_area.c is
 * the copy for KEY_AREA.
 *
 * Condition: vcpu_can_swap().
 */
#ifndef HV_SWAP_H
#define HV_SWAP_H

#include "hv/vcpu.h"

#ifndef SWAP
#define SWAP(name) swap_##name
#endif

/* Enter L2 by an SRET of L1. hstatus.SPV is set, and the shadow for L1's hgatp is bound. */
void swap_to_l2(struct vcpu *v);

/*
 * Enter L2 by a call of sync_sret: do the autoswap of hstatus and the SRET. Then the entry is
 * complete but for the guest's registers. False: nothing has changed, since hstatus.SPV is clear, a
 * request is posted, or L1 has an interrupt.
 */
bool swap_to_l2_by_call(struct vcpu *v);

/* Pass @trap, an exception or interrupt, from L2 to L1. */
void swap_to_l1(struct vcpu *v, const struct hext_trap *trap);

/* The same in the area of the NACL below, with KEY_AREA. */
void swap_area_to_l2(struct vcpu *v);
bool swap_area_to_l2_by_call(struct vcpu *v);
void swap_area_to_l1(struct vcpu *v, const struct hext_trap *trap);

#endif
