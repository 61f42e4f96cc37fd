/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of the guest to what the domain's G-stage does not map: emulated devices, or nothing. */
#ifndef HV_MMIO_H
#define HV_MMIO_H

#include "hv/vcpu.h"

/*
 * The guest, L1 or L2, took guest-page fault @cause at domain address @addr, where no RAM or
 * device of its own is. @htinst and @tval as the hardware gave them. The access is emulated, or becomes
 * the access fault that a bare machine gives.
 */
void mmio_access(struct vcpu *v, uint64_t cause, pa_t addr, uint64_t tval, uint64_t htinst);

#endif
