/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor-level APLIC for L1: an interrupt domain without children, little-endian, with one
 * delivery mode, which the machine's device tree gives. In MSI delivery mode, guest index 0 of a
 * target stands for L1's interrupt file, which may be a guest interrupt file of the machine. If
 * emulated devices are wired to the APLIC, source.h has what is special about their sources.
 *
 * One of several domains reaches its own sources: of others, registers read 0 and ignore writes, as
 * those of sources that do not exist. domaincfg.IE of one domain has no effect on others. While a
 * domain has IE clear, topi and claimi read 0.
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

/*
 * The machine has several domains, and none runs: make all sources of the APLICs inactive, and set
 * domaincfg.IE, of which each domain has its own.
 */
void aplic_share(const struct machine *m);

/* The harts of @d, one of several domains, access no APLIC: bring its sources to that state. */
void aplic_silence(struct domain *d);

#endif
