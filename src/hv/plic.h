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

/*
 * A load or store of L1 of @size bytes. False: there is no such access, or the machine's device
 * refuses: an access fault.
 */
bool plic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool plic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

#endif
