/* SPDX-License-Identifier: BSD-2-Clause */
/* The IOMMUs at boot: bring them up, and give device ids to the domains. */
#ifndef HV_IOMMU_BOOT_H
#define HV_IOMMU_BOOT_H

#include "hv/domain.h"
#include "hv/domain_config.h"

/*
 * Bring up the IOMMUs of @h: no DMA passes them afterwards. Log which are used, and how many
 * devices no IOMMU guards RAM from. host_build() has built @h, and there are no domains yet.
 */
void iommu_boot_start(struct host *h, const void *fdt);

/*
 * Give @d, which is built, the device ids of its devices: those that @c names, or all. Fatal if
 * another domain has one of them.
 */
void iommu_boot_give(struct domain *d, const struct domain_config *c, const void *fdt);

#endif
