/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions that are given to a domain one by one. The domain reaches the configuration space
 * of their hosts through Halite only, and sees its own functions there and no others.
 *
 * Invariants, whatever the domain writes: the BARs of its functions are at the addresses that
 * Halite has chosen whenever the functions answer there, no function answers to I/O or has a ROM,
 * and registers of other functions are not touched. Interrupts are MSIs; the IOMMU keeps them and
 * all other DMA within the domain.
 *
 * Specification: PCI Express Base 3.0, chapter "Software Initialization and Configuration".
 */
#ifndef HV_PCI_FUNCTION_H
#define HV_PCI_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/range.h"
#include "lib/spinlock.h"

#define PCI_BARS 6

struct pci_function {
	uint64_t config;     /* the address of its configuration space */
	struct range host;   /* the configuration space of its host */
	int node;	     /* of its host */
	unsigned int number; /* device and function of the first bus in 5 and 3 bits */
	/* What the BARs read, and what they read after all ones were written. No BAR: 0. */
	uint32_t bar[PCI_BARS], mask[PCI_BARS];
	uint32_t asked; /* bit n: all ones were written to BAR n. Harts write it atomically. */
};

struct pci_functions {
	struct spinlock lock; /* of stores of the domain, at run time */
	struct pci_function *f;
	unsigned int count, room;
};

/*
 * Fill in bar and mask of @f, whose other members are set, and whose BARs have no address yet: of a
 * memory BAR, the kind in bits 3 to 0. The function does not answer anywhere afterwards. For boot.
 */
void pci_function_measure(struct pci_function *f);

/*
 * The size of the memory BAR @n, or 0: there is none, or it is the upper half of one. *@wide: BAR
 * @n + 1 is its upper half.
 */
uint64_t pci_function_bar_size(const struct pci_function *f, unsigned int n, bool *wide);

/* Let BAR @n, which is aligned to its size, be at @address of the bus. For boot. */
void pci_function_place(struct pci_function *f, unsigned int n, uint64_t address);

/* Whether @addr is in the configuration space of a host of @l. */
bool pci_functions_have(const struct pci_functions *l, uint64_t addr);

/* A guest's access of @size bytes at @addr there. False: the size or the alignment is no PCI's. */
bool pci_functions_load(const struct pci_functions *l, uint64_t addr, unsigned int size,
			uint64_t *value);
bool pci_functions_store(struct pci_functions *l, uint64_t addr, unsigned int size, uint64_t value);

/* Let no function of @l begin DMA or send an MSI, until the guest enables that again. */
void pci_functions_stop(const struct pci_functions *l);

/*
 * Reset the functions of @l that can be reset alone (FLR). None answers afterwards, until the guest
 * enables it. True: there is such a function, which must not be accessed for 0.1 s.
 */
bool pci_functions_reset(const struct pci_functions *l);

#endif
