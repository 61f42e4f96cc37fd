/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/devtree.h"
#include "hv/pci.h"
#include "hv/pci_config.h"
#include "riscv/attempt.h"

#define VENDOR_VIRTIO 0x1af4

/* A capability of virtio (virtio 1.2, "Virtio Structure PCI Capabilities"). */
#define CAP_VENDOR     0x09
#define VIRTIO_COMMON  1
#define VIRTIO_PCI_CFG 5
#define VIRTIO_BAR     4
#define VIRTIO_OFFSET  8
#define VIRTIO_LENGTH  12
#define VIRTIO_DATA    16
/* In the common configuration; the bit is of the second word of features. */
#define DEVICE_FEATURE_SELECT 0
#define DEVICE_FEATURE	      4
#define ACCESS_PLATFORM	      BIT64(33 - 32)

uint64_t pci_ecam(const struct machine *m, const void *fdt, int node)
{
	static const char *const names[] = { "pci-host-ecam-generic", NULL };
	unsigned int i;

	for (i = 0; devtree_is_compatible(fdt, node, names) && i < m->device_count; i++) {
		if (m->device[i].node == node && m->device[i].r.size >= PCI_BUS_SIZE)
			return m->device[i].r.start;
	}
	return 0;
}

/* Access a word of the common configuration, by the capability that needs no BAR to be placed. */
static void point_to(uint64_t window, uint64_t common, unsigned int offset)
{
	uint64_t bar = pci_word(window + VIRTIO_BAR);

	riscv_try_store(window + VIRTIO_BAR, 4,
			(bar & ~UINT64_C(0xff)) | pci_byte(common + VIRTIO_BAR));
	riscv_try_store(window + VIRTIO_OFFSET, 4, pci_word(common + VIRTIO_OFFSET) + offset);
	riscv_try_store(window + VIRTIO_LENGTH, 4, 4);
}

/* Whether the virtio device offers VIRTIO_F_ACCESS_PLATFORM. It then does no DMA without it. */
static bool offers_platform(uint64_t function)
{
	uint64_t common = pci_capability(function, CAP_VENDOR, VIRTIO_COMMON);
	uint64_t window = pci_capability(function, CAP_VENDOR, VIRTIO_PCI_CFG);
	uint32_t features;

	if (!common || !window)
		return false;
	point_to(window, common, DEVICE_FEATURE_SELECT);
	riscv_try_store(window + VIRTIO_DATA, 4, 1);
	point_to(window, common, DEVICE_FEATURE);
	features = pci_word(window + VIRTIO_DATA);
	return features != UINT32_MAX && (features & ACCESS_PLATFORM);
}

bool pci_may_bypass(uint64_t function)
{
	uint32_t header = pci_word(function + PCI_HEADER);

	if (header & PCI_HEADER_TYPE)
		return true;
	return (pci_word(function + PCI_VENDOR) & 0xffff) == VENDOR_VIRTIO &&
	       !offers_platform(function);
}

/*
 * The functions that exist on the first bus, also those that a driver would not look for: QEMU's
 * machines can have a function without a function 0.
 */
#define each_function(ecam, at)                                                      \
	for ((at) = (ecam); (at) < (ecam) + PCI_BUS_SIZE; (at) += PCI_FUNCTION_SIZE) \
		if ((pci_word(at) & 0xffff) != PCI_VENDOR_NONE)

int pci_bypassing(const struct machine *m, const void *fdt, int node)
{
	const uint64_t ecam = pci_ecam(m, fdt, node);
	uint64_t at;

	/* Without ECAM, it is no QEMU's. */
	if (!ecam)
		return -1;
	each_function(ecam, at)
	{
		if (pci_may_bypass(at))
			return (at - ecam) / PCI_FUNCTION_SIZE;
	}
	return -1;
}

void pci_stop_dma(uint64_t ecam)
{
	uint64_t at;

	each_function(ecam, at) pci_stop_function(at);
}

void pci_turn_off(uint64_t ecam)
{
	uint64_t at;

	each_function(ecam, at) pci_set_command(at, 0);
}
