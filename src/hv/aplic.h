/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor-level APLIC for L1: an interrupt domain without children, little-endian, with one
 * delivery mode, which the machine's device tree gives. In MSI delivery mode, guest index 0 of a
 * target stands for L1's interrupt file, which may be a guest interrupt file of the machine.
 *
 * Invariants: Halite accesses only registers that the specification names and that are the guest's.
 * Other addresses read 0 and ignore writes. The target of each source is a hart or an interrupt
 * file of L1.
 *
 * Specification: AIA, chapter "Advanced Platform-Level Interrupt Controller (APLIC)".
 */
#ifndef HV_APLIC_H
#define HV_APLIC_H

#include "hv/vcpu.h"

/*
 * Load or store @size bytes at @offset of APLIC @aplic of the machine for L1. False, for an access
 * fault: the APLIC does not support the access, or the device of the machine refuses the access.
 */
bool aplic_load(struct vcpu *v, unsigned int aplic, uint64_t offset, unsigned int size,
		uint64_t *value);
bool aplic_store(struct vcpu *v, unsigned int aplic, uint64_t offset, unsigned int size,
		 uint64_t value);

#endif
