/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration space of PCI functions. A function is named by the address of its configuration
 * space, a machine address.
 *
 * Specification: PCI Local Bus 3.0, chapter "Configuration Space".
 */
#ifndef HV_PCI_CONFIG_H
#define HV_PCI_CONFIG_H

#include <stdint.h>

#include "hext/bits.h"

#define PCI_BUS_SIZE	  0x100000
#define PCI_FUNCTION_SIZE 0x1000

/* Registers of PCI's configuration space. The bits of PCI_HEADER are those of its word. */
#define PCI_VENDOR	   0x00
#define PCI_VENDOR_NONE	   0xffff
#define PCI_COMMAND	   0x04
#define PCI_COMMAND_IO	   BIT64(0)
#define PCI_COMMAND_MEMORY BIT64(1)
#define PCI_COMMAND_MASTER BIT64(2)
#define PCI_CLASS	   0x08
#define PCI_HEADER	   0x0c
#define PCI_HEADER_TYPE	   MASK64(22, 16)
#define PCI_BAR0	   0x10
#define PCI_ROM		   0x30
#define PCI_CAPABILITIES   0x34
#define PCI_INTERRUPT	   0x3c

/* The upper byte of the word of PCI_CLASS is the base class. */
#define PCI_CLASS_BASE_SHIFT 24
#define PCI_CLASS_BRIDGE     0x06

/* The word or the byte at @addr; all ones if there is nothing, as of an absent function. */
uint32_t pci_word(uint64_t addr);
unsigned int pci_byte(uint64_t addr);

/* Write the command register of @function. */
void pci_set_command(uint64_t function, uint64_t command);

/* Let @function begin no DMA and send no MSI (bus master enable of the command register). */
void pci_stop_function(uint64_t function);

/*
 * The address of the capability @id of @function, or 0. @type: PCI_ANY_TYPE, or that of a vendor's
 * capability as virtio has them.
 */
#define PCI_ANY_TYPE 0x100
uint64_t pci_capability(uint64_t function, unsigned int id, unsigned int type);

#endif
