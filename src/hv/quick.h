/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exits that a guest hypervisor causes most, each in one run of instructions: the two halves of a round trip from L2 to L1
 * and back, and a CSR instruction of L1. They do what nacl_host_sync_sret(), vcpu_sret(), vcpu_trap_to_l1(), nested_emulate()
 * and vcpu_resume() do, where nothing unusual is to be done; else they leave it to those.
 *
 * quick.c is compiled to use few registers (ra, sp, a0 to a7; mk/hypervisor.mk says so to the compiler), as each costs a store
 * and a load. So it calls nothing.
 */
#ifndef HV_QUICK_H
#define HV_QUICK_H

#include "hv/vcpu.h"

/*
 * Called from assembly, first at each exit that can be theirs: of L1, for cause 22, as it is a CSR instruction most times, and for sync_sret
 * of SBI NACL; of L2, for exceptions up to 19. Of the guest's registers only QUICK_REGISTERS are in vcpu.x. They return @v if
 * all is done for the way back but the registers, which come from vcpu.x, or behind sync_sret from vcpu.shared_x. NULL: nothing
 * is done, but that what waited in L1's area may be taken in.
 */
struct vcpu *quick_virtual(struct vcpu *v);
struct vcpu *quick_sync_sret_call(struct vcpu *v);
struct vcpu *quick_trap_of_l2(struct vcpu *v);

/* L2 has trapped for another @cause. @v: it is for quick_trap_of_l2(). */
struct vcpu *quick_other_of_l2(struct vcpu *v, uint64_t cause);

/* ra, sp, a0 to a7, and x0 */
#define QUICK_REGISTERS UINT32_C(0x3fc07)

/*
 * L1, live, has called sync_sret, and what waited in its area has been taken in. True: all is done for the way into L2, but
 * for the registers, which are at vcpu.shared_x. False: nothing is done.
 */
bool quick_sync_sret(struct vcpu *v);

/* L1, live, has executed an SRET that trapped. True: all is done for the way into L2. False: nothing is. */
bool quick_sret(struct vcpu *v);

/* L2, live, has trapped, which L1 takes. True: all is done for the way into L1. False: nothing is. */
bool quick_trap(struct vcpu *v, const struct hext_trap *trap);

#endif
