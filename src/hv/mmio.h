/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of the guest to what the domain's G-stage does not map: emulated devices, or nothing. */
#ifndef HV_MMIO_H
#define HV_MMIO_H

#include "hv/vcpu.h"

/*
 * The guest, L1 or L2, took guest-page fault @hw, as the hardware has it, at domain address @addr, where no RAM
 * or device of its own is. The access is emulated, or becomes the access fault that a bare machine gives.
 */
void mmio_access(struct vcpu *v, const struct hext_trap *hw, pa_t addr);

#endif
