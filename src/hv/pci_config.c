/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/pci_config.h"
#include "riscv/attempt.h"

#define CAPABILITIES_MAX 48

uint32_t pci_word(uint64_t addr)
{
	uint64_t value;

	return riscv_try_load(addr & ~UINT64_C(3), 4, &value) ? value : UINT32_MAX;
}

unsigned int pci_byte(uint64_t addr)
{
	return pci_word(addr) >> addr % 4 * 8 & 0xff;
}

uint64_t pci_capability(uint64_t function, unsigned int id, unsigned int type)
{
	unsigned int at = pci_byte(function + PCI_CAPABILITIES), left;

	for (left = CAPABILITIES_MAX; at >= 0x40 && left; left--) {
		uint64_t addr = function + (at & ~3u);

		if (pci_byte(addr) == id && (type == PCI_ANY_TYPE || pci_byte(addr + 3) == type))
			return addr;
		at = pci_byte(addr + 1);
	}
	return 0;
}

void pci_set_command(uint64_t function, uint64_t command)
{
	/* The upper half has bits that are cleared by writing 1. */
	riscv_try_store(function + PCI_COMMAND, 4, command);
}

void pci_stop_function(uint64_t function)
{
	const uint32_t word = pci_word(function + PCI_COMMAND);

	/* All ones: the function is in a reset, and may leave it before the store. */
	pci_set_command(function, word == UINT32_MAX ? 0 : word & 0xffff & ~PCI_COMMAND_MASTER);
}
