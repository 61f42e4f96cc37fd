/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on a PCI host, as far as the guard of an IOMMU depends on it. */
#ifndef HV_PCI_H
#define HV_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/machine.h"

/*
 * The function of the PCI host @node that may do DMA that passes no IOMMU, although iommu-map says
 * that it is behind one: device and function of the first bus in 5 and 3 bits. -1: none. QEMU has
 * such devices: a virtio device without VIRTIO_F_ACCESS_PLATFORM (virtio 1.2, "Reserved Feature
 * Bits"). A bridge counts, too: what is behind it cannot be seen before the guest has numbered its
 * buses. Reads the configuration space of the first bus.
 */
int pci_bypassing(const struct machine *m, const void *fdt, int node);

/*
 * Let no device of the first bus of the PCI host with the configuration space at @ecam begin DMA or
 * send an MSI (bus master enable of PCI's command register).
 */
void pci_stop_dma(uint64_t ecam);

/* Let them not answer to accesses of memory and I/O either. A bridge passes nothing on. */
void pci_turn_off(uint64_t ecam);

/* The address of the configuration space of the first bus, or 0: there is no ECAM. */
uint64_t pci_ecam(const struct machine *m, const void *fdt, int node);

/* Whether DMA of the function at @function may pass no IOMMU: see pci_bypassing(). */
bool pci_may_bypass(uint64_t function);

#endif
