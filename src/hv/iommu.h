/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMUs of the machine, which Halite owns: they keep the DMA of the devices behind them within
 * the RAM and the devices of the domain that has the device. docs/iommu.md says what holds.
 *
 * A device id belongs to an owner: 0 is nobody, domain n of host.domains is owner n + 1. The second
 * stage of each owner is one table, that of nobody is empty. No first stage is used.
 *
 * Invariant: once iommu_start() has returned NULL for an IOMMU, no DMA through that IOMMU reaches
 * anything but what the table of the device's owner maps, whatever devices and guests do.
 *
 * Specification: RISC-V IOMMU 1.0.
 */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/pages.h"

/* The most IOMMUs that Halite uses. */
#define IOMMUS_MAX 4

/* Owners: nobody, and at most DOMAINS_MAX domains. */
#define IOMMU_NOBODY 0
#define IOMMU_OWNERS 17

/*
 * Bring up IOMMU @number, below IOMMUS_MAX, with its registers at @base. Its queues and tables are
 * pages of @pool. All device ids are nobody's: no DMA passes. @end is the end of the addresses that
 * tables will map. *@modes has bit n set if the IOMMU has the second stage of hgatp mode n.
 * Returns NULL, or the reason why Halite cannot use this IOMMU. It then passes all DMA, if it still
 * answers.
 */
const char *iommu_start(unsigned int number, uint64_t base, uint64_t end, struct page_pool *pool,
			uint16_t *modes);

/*
 * Give device ids to @owner, which has the name @name and the table @atp (a value of hgatp with
 * VMID 0). iommu_give() gives @count ids from @first on of IOMMU @number, iommu_give_all() all ids
 * of all IOMMUs. Both are for boot, before guests run. Return NULL, or the reason why the ids are
 * not the owner's: nobody else may have them.
 */
const char *iommu_give(unsigned int number, uint32_t first, uint32_t count, unsigned int owner,
		       const char *name, uint64_t atp);
const char *iommu_give_all(unsigned int owner, const char *name, uint64_t atp);

/*
 * Let no DMA of @owner's devices pass any more; what has passed is done when this returns. If an
 * IOMMU does not answer, it is turned off: then no DMA of any device behind it passes.
 */
void iommu_block(unsigned int owner);

/*
 * The opposite of iommu_block(), with the table @atp. @owner may be nobody, with the table 0, which
 * changes no table.
 */
void iommu_unblock(unsigned int owner, uint64_t atp);

/*
 * The @count ids from @first on of IOMMU @number, which are @owner's, get contexts of their own as
 * far as there is room. For boot, before guests run.
 */
void iommu_part(unsigned int number, uint32_t first, uint32_t count, unsigned int owner);

/* Send the interrupts of all IOMMUs as MSI 1 to the interrupt file at @file. 0: hold them back. */
void iommu_send_to(uint64_t file);

/* Whether an IOMMU is in use. */
bool iommu_is_used(void);

/*
 * Log the faults that the IOMMUs have recorded: at most 16 lines for each owner in 10 s, and none
 * behind these until iommu_unblock(). May be called at any time, on any hart. One call takes the
 * records that are there, and does not wait for others.
 */
void iommu_look(void);

#endif
