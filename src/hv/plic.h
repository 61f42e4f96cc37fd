/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC as L1 sees it: the machine's own, reached through Halite. Its output for a hart comes to
 * Halite, which raises it in L1 and masks it in the physical hart until L1's claim has taken it away;
 * so level interrupts behave as on the bare machine.
 *
 * The guest reaches the priorities, the pending bits and the supervisor contexts of its harts. Machine
 * mode contexts read 0 and ignore writes: they are the firmware's.
 *
 * Specification: RISC-V PLIC 1.0.
 */
#ifndef HV_PLIC_H
#define HV_PLIC_H

#include "hv/vcpu.h"

/* Whether physical address @addr is the PLIC's; *@offset is where in it. */
bool plic_contains(const struct domain *d, uint64_t addr, uint64_t *offset);

/*
 * A load or store of L1 of @size bytes. False: the PLIC has no such access (not 4 bytes, or not
 * aligned): an access fault.
 */
bool plic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool plic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

/* A supervisor external interrupt came to this hart, or its cause may have gone. */
void plic_update(struct vcpu *v);

#endif
