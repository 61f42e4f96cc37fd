/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences of L1 for translations of L2: an instruction that trapped, an entry in L1's area of SBI
 * NACL, or a remote fence. Each removes the translations from the shadows and from this hart's TLB.
 */
#ifndef HV_FENCE_H
#define HV_FENCE_H

#include "hv/vcpu.h"

/*
 * Interrupts are off while Halite does fences. So Halite does at most this many of the fences that
 * are pending in L1's area of SBI NACL, and none after one that has taken long. L1 then executes
 * its instruction again, and Halite does the next ones.
 */
#define FENCES_AT_ONCE 3

/*
 * Do @fence for L1's hart @v. Those types of GVMA that name no VMID fence all VMIDs. For the VVMA
 * types, fence->vmid is the VMID of L1's hgatp. Returns whether this has taken long: some 1,000
 * instructions, or more.
 */
bool fence_l2(struct vcpu *v, const struct nacl_hfence *fence);

#endif
