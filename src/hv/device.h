/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a domain, as Halite accesses them for the guest: what HLV and HSV of L1 reach, and
 * the registers of the interrupt controller, which no guest reaches by itself. The machine may
 * refuse each access, and that is the guest's access fault, not Halite's (riscv/attempt.h).
 */
#ifndef HV_DEVICE_H
#define HV_DEVICE_H

#include "hv/vcpu.h"

/* Whether physical address @addr is a register of the interrupt controller. */
bool device_is_controller(const struct domain *d, uint64_t addr);

/*
 * Load or store @size bytes, 1, 2, 4 or 8, at physical address @addr, which is no RAM. It is a
 * multiple of @size, or a register of the controller. False: the domain has no device there, the
 * controller has no such access, or the device refuses.
 */
bool device_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value);
bool device_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value);

#endif
