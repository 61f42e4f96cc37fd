/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of the guest to addresses that the domain's G-stage does not map: emulated devices, or
 * nothing.
 */
#ifndef HV_MMIO_H
#define HV_MMIO_H

#include "hv/vcpu.h"

/*
 * The guest, L1 or L2, took guest-page fault @hw, with the values of the hardware's CSRs. @addr is
 * the guest physical address of L1; the domain has neither RAM nor a given device there. Emulates
 * the access, or makes the guest take the access fault that a bare machine raises.
 */
void mmio_access(struct vcpu *v, const struct hext_trap *hw, pa_t addr);

#endif
