/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC as L1 sees it: the machine's own. The guest reaches the priorities, the pending bits and the supervisor contexts of its harts. Machine
 * mode contexts read 0 and ignore writes: they are the firmware's.
 *
 * Specification: RISC-V PLIC 1.0.
 */
#ifndef HV_PLIC_H
#define HV_PLIC_H

#include "hv/vcpu.h"

/* As intc_load() and intc_store(): 4 bytes, aligned. */
bool plic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool plic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

#endif
