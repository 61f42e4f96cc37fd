/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of viommu.h share. viommu.c has the registers, viommu_queue.c the commands and
 * faults, viommu_context.c the directory. The lock of the machine's IOMMU guards all of it.
 */
#ifndef HV_VIOMMU_PARTS_H
#define HV_VIOMMU_PARTS_H

#include "hv/iommu_parts.h"
#include "hv/viommu.h"

#define VECTORS 4

struct viommu {
	struct iommu *iommu; /* of the machine */
	const struct domain *domain;
	unsigned int owner;
	uint64_t capabilities;
	uint64_t ddtp, cqb, fqb, icvec;
	uint32_t cqh, cqt, fqh, fqt, cqcsr, fqcsr, ipsr;
	bool taken_all;	 /* viommu_take_all() was called in this trap */
	uint32_t unsent; /* vectors whose MSI waits until it is not masked */
	uint64_t msi_addr[VECTORS];
	uint32_t msi_data[VECTORS], msi_ctl[VECTORS];
};

/* ---- viommu_context.c ---- */

/*
 * Take the guest's contexts anew: that of device @id, or all. A context that Halite's directory has
 * for no single id stays invalid.
 */
void viommu_take_one(struct viommu *v, uint32_t id);
void viommu_take_all(struct viommu *v);

/*
 * Read the guest's context of @id, and check it. Returns 0 with the context in @dc, or the cause of
 * the fault that a request of the device makes.
 */
unsigned int viommu_read_context(const struct viommu *v, uint32_t id, uint64_t *dc);

/* ---- viommu_queue.c ---- */

/* Carry out the commands that are queued. */
void viommu_run(struct viommu *v);

/* Send the interrupts that are new, by what cqcsr and fqcsr say; @fault: a record was added. */
void viommu_interrupt(struct viommu *v, bool fault);

/* Send MSI @vector, or keep it until it is not masked. */
void viommu_send(struct viommu *v, unsigned int vector);

/* The entries of the queue with the base register @base. */
uint32_t viommu_entries(uint64_t base);

/* Put a fault of the machine's IOMMU into the guest's queue. */
void viommu_fault(void *viommu, const uint64_t *record);

#endif
