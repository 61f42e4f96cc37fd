/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMUs while domains run: a domain that ends or is reset, and the hart that takes the
 * IOMMUs' interrupts. Without guest interrupt files there is none: Halite then looks for faults
 * when an external interrupt of a guest passes through it, and at calls of the SBI console.
 */
#ifndef HV_IOMMU_DOMAIN_H
#define HV_IOMMU_DOMAIN_H

#include "hv/vcpu.h"

/* The owner that @d is for iommu.h. It is the last of host.domains, or has a place there. */
unsigned int iommu_domain_owner(const struct domain *d);

/*
 * Stop the DMA of @d's devices: those behind an IOMMU, its PCI functions, and those of
 * its PCI hosts. A hart of @d
 * that still runs may start the latter again.
 */
void iommu_domain_stop(struct domain *d);

/*
 * @d starts again: its PCI functions that were given one by one are reset, and DMA of its devices
 * passes the IOMMUs again.
 */
void iommu_domain_restart(struct domain *d);

/* @v's hart starts or stops. Interrupts of the IOMMUs go to a hart that runs. */
void iommu_hart_start(struct vcpu *v);
void iommu_hart_stop(struct vcpu *v);

/* An external interrupt came to @v's hart. Faults of the IOMMUs are told. */
void iommu_interrupt(struct vcpu *v);

#endif
