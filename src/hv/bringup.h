/* SPDX-License-Identifier: BSD-2-Clause */
/* The start of harts: of the boot hart, and of each hart that firmware starts for the guest. */
#ifndef HV_BRINGUP_H
#define HV_BRINGUP_H

#include "hv/vcpu.h"
#include "lib/page.h"

/* The bytes of memory for the vCPU and the stack of a hart. */
#define BRINGUP_STACK_SIZE 8192
#define BRINGUP_BLOCK_SIZE \
	((sizeof(struct vcpu) + BRINGUP_STACK_SIZE + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

/*
 * Give the domains of @h their vCPUs, with memory of @pool for each, and give their shadows the
 * pages that are left in @pool. Start each domain at its start_pc: on the boot hart, which is the
 * calling hart, or on the domain's first hart. domain_build() has built the domains before.
 */
_Noreturn void bringup_start(struct host *h, struct page_pool *pool);

/* The vCPU whose stack @sp lies in, or NULL. */
const struct vcpu *bringup_vcpu_of_stack(uint64_t sp);

/* Enter the guest on the hart of @v, which has just started. Assembly calls it on @v's stack. */
_Noreturn void bringup_hart_started(struct vcpu *v);

#endif
