/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor-level APLIC as L1 sees it. With an IMSIC, where interrupts go as MSIs, a target's guest index 0 stands for L1's
 * own interrupt file, which is a guest file of the machine. All else is passed on.
 *
 * Invariant: no source's target is an interrupt file that is not L1's.
 *
 * Specification: AIA, chapter "Advanced Platform-Level Interrupt Controller (APLIC)".
 */
#ifndef HV_APLIC_H
#define HV_APLIC_H

#include "hv/vcpu.h"

/* As intc_load() and intc_store(). */
bool aplic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value);
bool aplic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value);

#endif
