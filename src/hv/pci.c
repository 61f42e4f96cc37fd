/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/devtree.h"
#include "hv/pci.h"
#include "riscv/attempt.h"

#define BUS_SIZE      0x100000
#define FUNCTION_SIZE 0x1000

/* Registers of PCI's configuration space. The bits of HEADER are those of its word. */
#define VENDOR		 0x00
#define VENDOR_NONE	 0xffff
#define VENDOR_VIRTIO	 0x1af4
#define COMMAND		 0x04
#define COMMAND_MASTER	 BIT64(2)
#define HEADER		 0x0c
#define HEADER_TYPE	 MASK64(22, 16)
#define CAPABILITIES	 0x34
#define CAPABILITIES_MAX 48

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
		if (m->device[i].node == node && m->device[i].r.size >= BUS_SIZE)
			return m->device[i].r.start;
	}
	return 0;
}

/* The word at @addr; all ones if there is nothing, as of a function that does not exist. */
static uint32_t word_at(uint64_t addr)
{
	uint64_t value;

	return riscv_try_load(addr & ~UINT64_C(3), 4, &value) ? value : UINT32_MAX;
}

static unsigned int byte_at(uint64_t addr)
{
	return word_at(addr) >> addr % 4 * 8 & 0xff;
}

/* The capability of virtio of @type, or 0. */
static uint64_t virtio_capability(uint64_t function, unsigned int type)
{
	unsigned int at = byte_at(function + CAPABILITIES), left;

	for (left = CAPABILITIES_MAX; at >= 0x40 && left; left--) {
		uint64_t addr = function + (at & ~3u);

		if (byte_at(addr) == CAP_VENDOR && byte_at(addr + 3) == type)
			return addr;
		at = byte_at(addr + 1);
	}
	return 0;
}

/* Access a word of the common configuration, by the capability that needs no BAR to be placed. */
static void point_to(uint64_t window, uint64_t common, unsigned int offset)
{
	uint64_t bar = word_at(window + VIRTIO_BAR);

	riscv_try_store(window + VIRTIO_BAR, 4,
			(bar & ~UINT64_C(0xff)) | byte_at(common + VIRTIO_BAR));
	riscv_try_store(window + VIRTIO_OFFSET, 4, word_at(common + VIRTIO_OFFSET) + offset);
	riscv_try_store(window + VIRTIO_LENGTH, 4, 4);
}

/* Whether the virtio device offers VIRTIO_F_ACCESS_PLATFORM. It then does no DMA without it. */
static bool offers_platform(uint64_t function)
{
	uint64_t common = virtio_capability(function, VIRTIO_COMMON);
	uint64_t window = virtio_capability(function, VIRTIO_PCI_CFG);
	uint32_t features;

	if (!common || !window)
		return false;
	point_to(window, common, DEVICE_FEATURE_SELECT);
	riscv_try_store(window + VIRTIO_DATA, 4, 1);
	point_to(window, common, DEVICE_FEATURE);
	features = word_at(window + VIRTIO_DATA);
	return features != UINT32_MAX && (features & ACCESS_PLATFORM);
}

static bool may_bypass(uint64_t function)
{
	uint32_t header = word_at(function + HEADER);

	if (header & HEADER_TYPE)
		return true;
	return (word_at(function + VENDOR) & 0xffff) == VENDOR_VIRTIO && !offers_platform(function);
}

/*
 * The functions that exist on the first bus, also those that a driver would not look for: QEMU's
 * machines can have a function without a function 0.
 */
#define each_function(ecam, at)                                              \
	for ((at) = (ecam); (at) < (ecam) + BUS_SIZE; (at) += FUNCTION_SIZE) \
		if ((word_at(at) & 0xffff) != VENDOR_NONE)

int pci_bypassing(const struct machine *m, const void *fdt, int node)
{
	const uint64_t ecam = pci_ecam(m, fdt, node);
	uint64_t at;

	/* Without ECAM, it is no QEMU's. */
	if (!ecam)
		return -1;
	each_function(ecam, at)
	{
		if (may_bypass(at))
			return (at - ecam) / FUNCTION_SIZE;
	}
	return -1;
}

void pci_stop_dma(uint64_t ecam)
{
	uint64_t at;

	each_function(ecam, at)
		/* The upper half has bits that are cleared by writing 1. */
		riscv_try_store(at + COMMAND, 4, word_at(at + COMMAND) & 0xffff & ~COMMAND_MASTER);
}
