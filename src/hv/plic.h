/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC as L1 sees it: the machine's own. The guest reaches the priorities, the pending bits and
 * the supervisor contexts of its harts, as far as the PLIC has sources. Machine mode contexts are
 * firmware's; they, and all that the specification reserves, read 0 and ignore writes.
 *
 * Invariant: only registers that the specification names, and that are the guest's, are accessed.
 *
 * Specification: RISC-V PLIC 1.0.
 */
#ifndef HV_PLIC_H
#define HV_PLIC_H

#include "hv/vcpu.h"

/* As intc_load() and intc_store(). False, too, where the machine's PLIC refuses. */
bool plic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool plic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

#endif
