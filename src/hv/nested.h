/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nested virtualization for the domain: connects src/hext and src/nacl to Halite, emulates the
 * instructions of the H extension for L1, and manages the shadows that L2 runs with.
 */
#ifndef HV_NESTED_H
#define HV_NESTED_H

#include "hv/vcpu.h"

/* The least number of pages for nested_init_domain(). @d has its vCPUs already. */
uint64_t nested_least_pages(const struct domain *d);

/*
 * Create the shadows of @d in all pages that are left of @pool, and the NACL host half of its
 * vCPUs, which @d has already.
 */
void nested_init_domain(struct domain *d, struct page_pool *pool);

/* Reset the H extension and the NACL host half of @v, whose hart has just started. */
void nested_reset(struct vcpu *v);

/*
 * Fence all translations in the shadows and in this hart's TLB, for a hart that starts. Some may be
 * from before the hart was stopped.
 */
void nested_hart_start(struct vcpu *v);

/* The two parts of nested_before_l2(). */
void nested_bind_shadow(struct vcpu *v);
void nested_fill_ahead(struct vcpu *v);

/*
 * Prepare @v for L2: bind the shadow for L1's hgatp, and fill ahead for the last guest-page fault.
 * Binding may take a shadow from another hgatp of L1, and then waits for other harts.
 */
static inline void nested_before_l2(struct vcpu *v)
{
	if (v->quick.shadow_key != v->h.hgatp)
		nested_bind_shadow(v);
	if (v->quick.missed.hgatp)
		nested_fill_ahead(v);
}

/*
 * nested_before_l2() if swap.h can take @v to L2. False: it cannot. Binding may wait for other
 * harts, and a fence may end the use of the NACL below, so the condition is checked again.
 */
static inline bool nested_can_swap_to_l2(struct vcpu *v)
{
	if (!vcpu_can_swap(v))
		return false;
	nested_before_l2(v);
	return vcpu_can_swap(v);
}

/* Emulate an SRET of L1 in HS mode, which enters L2 if hstatus.SPV is set. */
void nested_sret(struct vcpu *v);

/*
 * Load the CSRs for the current state of @v: OFF with the domain's G-stage, ON with the bound
 * shadow.
 */
void nested_load(struct vcpu *v);

/* Emulate instruction @code, which VS mode may not execute, or make L1 take its exception. */
void nested_emulate(struct vcpu *v, uint32_t code);

/*
 * L2 took guest-page fault @cause: resolve it in the shadow, emulate the access, or make L1 take
 * it.
 */
void nested_guest_page_fault(struct vcpu *v, uint64_t cause);

#endif
