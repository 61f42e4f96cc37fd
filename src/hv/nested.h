/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes a guest a hypervisor: Halite's side of src/hext and src/nacl. Emulates the
 * instructions of the H extension for L1, keeps the shadow G-stages under L2.
 */
#ifndef HV_NESTED_H
#define HV_NESTED_H

#include "hv/vcpu.h"

/* Give @d, whose vCPUs are there, its pool of shadow G-stages, in all that is left of @pool. */
void nested_init_domain(struct domain *d, struct page_pool *pool);

/* @v is a hart that has just started: its H extension, and what it has of SBI NACL, are reset. */
void nested_reset(struct vcpu *v);

/* Fence whatever a life before of @v's hart may have left in it. */
void nested_hart_start(const struct vcpu *v);

/*
 * L2 is about to run: have a shadow for L1's hgatp bound, which may take one from another guest of
 * L1 and wait for other harts, and spare L2 the fault for what L1 has mapped since its last one.
 */
void nested_before_l2(struct vcpu *v);

/* L1 executes SRET in S mode, which may enter L2. */
void nested_sret(struct vcpu *v);

/* Load the CSRs for the state that @v is in; when ON, under the shadow that is bound. */
void nested_load(struct vcpu *v);

/* L1 executed @code, which only a hypervisor, or nobody, may: emulate it or raise its exception. */
void nested_emulate(struct vcpu *v, uint32_t code);

/* L2 took guest-page fault @cause: resolve it, or take it into L1. */
void nested_guest_page_fault(struct vcpu *v, uint64_t cause);

#endif
