/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The doorbells of shared memory (shared.h): in the page behind it, a domain rings the others.
 * docs/domains.md describes the registers. Each domain has a virtual source, whose wire is up while
 * somebody has rung and the domain has not looked. A ring while that holds changes nothing, and
 * costs only the hart that rings.
 */
#ifndef HV_DOORBELL_H
#define HV_DOORBELL_H

#include "hv/vcpu.h"

#define DOORBELL_RING 0 /* store: ring the sides whose bits are set */
#define DOORBELL_RUNG 4 /* load: the sides that have rung; none has then */

/* Whether @addr is in a doorbell of @d. */
bool doorbell_at(const struct domain *d, uint64_t addr);

/*
 * Load or store @size bytes at @addr, in a doorbell of the domain, for L1. False, for an access
 * fault: only aligned accesses of 4 bytes are supported.
 */
bool doorbell_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value);
bool doorbell_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value);

/* @d is reset or has ended: nobody has rung it. Others may ring meanwhile. */
void doorbell_reset(struct domain *d);

#endif
