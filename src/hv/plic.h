/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC for L1. Accesses of L1 are forwarded to the PLIC of the machine. L1 reaches the
 * priorities, the pending bits and the enable bits of its domain's sources, and the supervisor
 * contexts of its harts. Other sources and contexts, those of machine mode included, and reserved
 * addresses read 0 and ignore writes. If emulated devices are wired to the PLIC, source.h has their
 * sources.
 *
 * Invariant: Halite accesses only registers that the specification names and that are the guest's.
 *
 * Specification: RISC-V PLIC 1.0.
 */
#ifndef HV_PLIC_H
#define HV_PLIC_H

#include "hv/vcpu.h"

/*
 * Load or store @size bytes at @offset of PLIC @plic of the machine for L1. False, for an access
 * fault: the PLIC does not support the access, or the device of the machine refuses the access.
 */
bool plic_load(struct vcpu *v, unsigned int plic, uint64_t offset, unsigned int size,
	       uint64_t *value);
bool plic_store(struct vcpu *v, unsigned int plic, uint64_t offset, unsigned int size,
		uint64_t value);

/*
 * Complete the sources of @d, none of which is in service afterwards, by the context of @hart,
 * which is a hart of @d that accesses the PLIC no more. Then disable them, with priority 0.
 */
void plic_complete(const struct domain *d, const struct machine_hart *hart);

/* Disable all sources for the supervisor context of @hart. */
void plic_disable(const struct machine *m, const struct machine_hart *hart);

#endif
