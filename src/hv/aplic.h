/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor-level APLIC as L1 sees it: a domain without children, little-endian, with the one
 * delivery mode that the machine's device tree tells of. In MSI delivery mode, a target's guest
 * index 0 stands for L1's own interrupt file, which is a guest file of the machine.
 *
 * Invariants: only registers that the specification names, and that are the guest's, are accessed;
 * all else reads 0 and ignores writes. No source's target is a hart or an interrupt file that is
 * not L1's.
 *
 * Specification: AIA, chapter "Advanced Platform-Level Interrupt Controller (APLIC)".
 */
#ifndef HV_APLIC_H
#define HV_APLIC_H

#include "hv/vcpu.h"

/*
 * A load or store of L1 of @size bytes. False: there is no such access, or the machine's device
 * refuses: an access fault.
 */
bool aplic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool aplic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

#endif
