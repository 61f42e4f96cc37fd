/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the device tree says of IOMMUs: which device ids a device has, and behind which IOMMU.
 *
 * Specification: Devicetree bindings riscv,iommu, iommu.txt and pci-iommu.txt.
 */
#ifndef HV_IOMMU_TREE_H
#define HV_IOMMU_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/machine.h"

/* Device ids of one IOMMU. */
struct iommu_ids {
	unsigned int iommu; /* index in machine.iommus; iommu_count: none of these */
	uint32_t first, count;
	uint32_t requester; /* of a PCI host: the requester id that has the id @first */
};

/*
 * Fill in *@ids with the entry @index of iommu-map and iommus of @node. False: there is no entry
 * @index.
 */
bool iommu_tree_ids(const struct machine *m, const void *fdt, int node, unsigned int index,
		    struct iommu_ids *ids);

/*
 * Find the device id of the function of the PCI host @node with the requester id @requester, and
 * the IOMMU in use that it is behind. False: it is behind none.
 */
bool iommu_tree_requester(const struct machine *m, const void *fdt, int node, uint32_t requester,
			  struct iommu_ids *ids);

/*
 * Whether all DMA of the device @node passes an IOMMU that Halite uses (machine_iommu.used). A PCI
 * host has no device then that pci_bypassing() knows of.
 */
bool iommu_tree_guards(const struct machine *m, const void *fdt, int node);

/*
 * The function of the PCI host @node that keeps it from being guarded by the IOMMUs to which
 * iommu-map leads, as pci_bypassing() has it. -1: none, or @node is no such host.
 */
int iommu_tree_bypassing(const struct machine *m, const void *fdt, int node);

/*
 * Remove from @fdt, the guest's tree, in which no node has moved, what names an IOMMU that the
 * guest has not: iommu-map, iommu-map-mask and iommus. @machine_fdt is the machine's tree.
 */
void iommu_tree_hide(void *fdt, const void *machine_fdt, const struct machine *m);

#endif
