/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of Halite to the devices of a domain: for HLV and HSV of L1, and for accesses of the
 * guest to emulated devices, which are not mapped for the guest: the interrupt controller, the
 * virtual UART and doorbells. A device may refuse an access with a fault. Halite catches the
 * fault, and the guest gets an access fault (riscv/attempt.h).
 */
#ifndef HV_DEVICE_H
#define HV_DEVICE_H

#include "hv/vcpu.h"

/* Whether physical address @addr is in an emulated device. */
bool device_is_emulated(const struct domain *d, uint64_t addr);

/*
 * Load or store @size bytes, 1, 2, 4 or 8, at physical address @addr, which is not RAM. @addr is a
 * multiple of @size, or device_is_emulated(). False: the domain has no device at @addr, the
 * emulated device does not support the access, or the device refuses the access.
 */
bool device_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value);
bool device_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value);

#endif
