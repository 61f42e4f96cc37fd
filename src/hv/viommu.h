/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU that a guest sees in place of one of the machine's: registers, command queue, fault
 * queue and device directory of RISC-V IOMMU 1.0, emulated by traps. It has a first stage, MSIs and
 * 4 vectors; it has no second stage, process directory, MSI page table, ATS, HPM or WSI.
 *
 * A context of the guest is read once, checked, and put into Halite's directory beside the table of
 * second stage, which stays Halite's: the hardware walks the guest's first stage below it.
 *
 * Invariant: of a context only the first stage (tc.V, tc.SADE, ta, fsc) is the guest's. The guest's
 * directory and queues are RAM of its domain. The work of a trap is bounded by the queue, of at
 * most 64 commands, and by the contexts that Halite's directory has for the owner.
 */
#ifndef HV_VIOMMU_H
#define HV_VIOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/domain.h"

/* The number of the IOMMU that @d sees at @addr, or IOMMUS_MAX. */
unsigned int viommu_at(const struct domain *d, uint64_t addr);

/*
 * Load or store @size bytes at @addr, where viommu_at() has found one. False: the access is not
 * supported.
 */
bool viommu_load(const struct domain *d, uint64_t addr, unsigned int size, uint64_t *value);
bool viommu_store(const struct domain *d, uint64_t addr, unsigned int size, uint64_t value);

/*
 * The IOMMUs that @d sees are as after a reset: all DMA of its devices passes to its RAM, without
 * a first stage. No hart of @d runs.
 */
void viommu_reset(const struct domain *d);

/* Bit n: @d sees an IOMMU in place of number n. */
uint32_t viommu_seen(const struct domain *d);

/* Let @d, the owner @owner, see IOMMU @number, which Halite uses. False: no memory is left. */
bool viommu_add(struct domain *d, unsigned int number, unsigned int owner);

#endif
