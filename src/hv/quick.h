/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exits that a guest hypervisor causes most, each in one run of instructions: the two halves of
 * a round trip from L2 to L1 and back, and a CSR instruction of L1. vcpu_exit() handles all of them
 * as well, and KEY_SLOW has it do so.
 *
 * Each function decides first: it only reads, checks, and consumes what waits in L1's area, which
 * vcpu_exit() then does not find there any more. Behind the line "commit" it changes the virtual
 * hart, and nothing can fail.
 *
 * quick.c is compiled to use few registers (ra, sp, a0 to a7; mk/hypervisor.mk says so to the
 * compiler), as each costs a store and a load. So it calls nothing.
 */
#ifndef HV_QUICK_H
#define HV_QUICK_H

#include "hv/vcpu.h"

/* ra, sp, a0 to a7, and x0 */
#define QUICK_REGISTERS UINT32_C(0x3fc07)

/*
 * Called from assembly, first at each exit that can be theirs, with QUICK_REGISTERS in v->x. They
 * return @v if all is done for the entry but the registers: quick_sync_sret() leaves them at
 * v->quick.shared_x, the others in v->x. NULL: the exit is vcpu_exit()'s.
 */

/* L1 has executed what VS mode may not: most times a CSR instruction, else often SRET. */
struct vcpu *quick_csr(struct vcpu *v);
struct vcpu *quick_sret(struct vcpu *v);

/* L1 has called sync_sret of SBI NACL, and v->quick.missed.hgatp is 0. */
struct vcpu *quick_sync_sret(struct vcpu *v);

/* L1 has called sync_sret of SBI NACL, and v->quick.missed.hgatp is not 0. */
struct vcpu *quick_sync_sret_after_fault(struct vcpu *v);

/* L2 has taken an exception that is no guest-page fault. */
struct vcpu *quick_trap_of_l2(struct vcpu *v);

/* L2 has taken guest-page fault @cause, or an interrupt, which is vcpu_exit()'s. */
struct vcpu *quick_guest_page_fault(struct vcpu *v, uint64_t cause);

#endif
