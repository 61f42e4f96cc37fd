/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences that L1 asks for on the translations of L2, by whatever way (an instruction that trapped, an
 * NACL entry, a remote fence): taken out of the shadow G-stages, then out of this hart's TLB.
 */
#ifndef HV_FENCE_H
#define HV_FENCE_H

#include "hv/vcpu.h"

/*
 * Do @fence as L1's hart @v. For the types that name no VMID of GVMA kind all VMIDs are meant; for
 * the VVMA types fence->vmid is the VMID of L1's hgatp.
 */
void fence_l2(struct vcpu *v, const struct nacl_hfence *fence);

#endif
