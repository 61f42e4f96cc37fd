/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences that L1 asks for on the translations of L2, by whatever way (an instruction that trapped, an
 * NACL entry, a remote fence): taken out of the shadow G-stages, then out of this hart's TLB.
 */
#ifndef HV_FENCE_H
#define HV_FENCE_H

#include "hv/vcpu.h"

/*
 * Interrupts are off while fences are done, and each takes up to 2,500 instructions: of those that wait in an area
 * of SBI NACL this many are done at once. L1 then executes its instruction again, which goes on with the others.
 */
#define FENCES_AT_ONCE 3

/*
 * Do @fence as L1's hart @v. For the types that name no VMID of GVMA kind all VMIDs are meant; for
 * the VVMA types fence->vmid is the VMID of L1's hgatp.
 */
void fence_l2(struct vcpu *v, const struct nacl_hfence *fence);

#endif
