/* SPDX-License-Identifier: BSD-2-Clause */
/* The start of harts: the first one at boot, and each one that firmware starts for the guest. */
#ifndef HV_BRINGUP_H
#define HV_BRINGUP_H

#include "hv/vcpu.h"

/*
 * Give @d, which domain_build() has built, its vCPUs, and shadows in what is left of @pool. Start the
 * guest at @entry_pc, with its device tree at @fdt_addr, on the hart that runs.
 */
_Noreturn void bringup_start(struct domain *d, struct page_pool *pool, unsigned long entry_pc,
			     unsigned long fdt_addr);

/* The vCPU whose stack @sp lies in, or NULL. */
const struct vcpu *bringup_vcpu_of_stack(uint64_t sp);

/* Called from assembly: the hart of @v has been started, on its stack, and runs without a guest. */
_Noreturn void bringup_hart_started(struct vcpu *v);

#endif
