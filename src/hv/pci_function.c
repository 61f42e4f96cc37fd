/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hext/bits.h"
#include "hv/pci_config.h"
#include "hv/pci_function.h"
#include "riscv/attempt.h"

#define BAR_IO	 BIT64(0)
#define BAR_KIND MASK64(3, 0)
#define BAR_TYPE MASK64(2, 1)
#define BAR_64	 4 /* of BAR_TYPE */

/* Registers that only the function itself goes by: capabilities, but not the extended ones. */
#define OWN_BEGIN 0x40
#define OWN_END	  0x100

#define CAP_EXPRESS 0x10
#define EXPRESS_CAN 4 /* device capabilities */
#define CAN_FLR	    BIT64(28)
#define EXPRESS_DO  8 /* device control */
#define DO_FLR	    BIT64(15)

/* ---- BARs ---- */

void pci_function_measure(struct pci_function *f)
{
	unsigned int n;
	bool wide = false;

	pci_set_command(f->config, 0);
	/* The domain cannot turn off a ROM that it does not see. */
	riscv_try_store(f->config + PCI_ROM, 4, 0);
	for (n = 0; n < PCI_BARS; n++) {
		uint64_t bar = f->config + PCI_BAR0 + 4 * n;

		riscv_try_store(bar, 4, UINT32_MAX);
		f->mask[n] = pci_word(bar);
		riscv_try_store(bar, 4, 0);
		/* The domain does not see BARs for I/O, and nothing enables them. */
		if (!wide && (f->mask[n] & BAR_IO))
			f->mask[n] = 0;
		f->bar[n] = wide ? 0 : f->mask[n] & BAR_KIND;
		wide = !wide && (f->mask[n] & BAR_TYPE) == BAR_64 && n + 1 < PCI_BARS;
	}
}

uint64_t pci_function_bar_size(const struct pci_function *f, unsigned int n, bool *wide)
{
	uint64_t mask;
	unsigned int k;

	/* BARs before this one say whether it is an upper half. */
	for (k = 0, *wide = false; k < n; k++)
		*wide = !*wide && (f->mask[k] & BAR_TYPE) == BAR_64;
	if (*wide || !f->mask[n])
		return 0;
	*wide = (f->mask[n] & BAR_TYPE) == BAR_64 && n + 1 < PCI_BARS;
	mask = f->mask[n] & ~BAR_KIND;
	mask |= (*wide ? (uint64_t)f->mask[n + 1] : UINT32_MAX) << 32;
	return mask & -mask;
}

void pci_function_place(struct pci_function *f, unsigned int n, uint64_t address)
{
	f->bar[n] |= address;
	if ((f->bar[n] & BAR_TYPE) == BAR_64 && n + 1 < PCI_BARS)
		f->bar[n + 1] = address >> 32;
}

/*
 * A reset or a state of low power clears BARs. Whether they are in place again: a function takes no
 * stores while its reset goes on.
 */
static bool restore_bars(const struct pci_function *f)
{
	bool placed = true;
	unsigned int n;

	for (n = 0; n < PCI_BARS; n++) {
		uint64_t bar = f->config + PCI_BAR0 + 4 * n;

		riscv_try_store(bar, 4, f->bar[n]);
		placed &= !f->mask[n] || pci_word(bar) == f->bar[n];
	}
	return placed;
}

/* ---- the configuration space that the guest sees ---- */

bool pci_functions_have(const struct pci_functions *l, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		if (addr - l->f[i].host.start < l->f[i].host.size)
			return true;
	}
	return false;
}

/* The function with the register at @addr, or NULL. */
static struct pci_function *function_at(const struct pci_functions *l, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		if (addr - l->f[i].config < PCI_FUNCTION_SIZE)
			return &l->f[i];
	}
	return NULL;
}

static bool is_aligned(uint64_t addr, unsigned int size)
{
	return size <= 4 && addr % size == 0;
}

/* The word with the register at @addr of @f. */
static uint32_t word_of(const struct pci_function *f, uint64_t addr)
{
	const unsigned int at = (addr - f->config) & ~3u;
	const unsigned int n = (at - PCI_BAR0) / 4;

	if (n < PCI_BARS)
		return __atomic_load_n(&f->asked, __ATOMIC_RELAXED) >> n & 1 ? f->mask[n]
									     : f->bar[n];
	if (at == PCI_ROM || at >= OWN_END)
		return 0;
	/* No pin: its interrupt would be shared. */
	return pci_word(addr) & (at == PCI_INTERRUPT ? ~UINT32_C(0xff00) : UINT32_MAX);
}

bool pci_functions_load(const struct pci_functions *l, uint64_t addr, unsigned int size,
			uint64_t *value)
{
	const struct pci_function *f = function_at(l, addr);
	uint32_t word = f ? word_of(f, addr) : UINT32_MAX;

	if (!is_aligned(addr, size))
		return false;
	*value = word >> addr % 4 * 8 & UINT32_MAX >> (32 - 8 * size);
	return true;
}

static void store_bar(struct pci_function *f, unsigned int n, bool ones)
{
	if (ones)
		__atomic_or_fetch(&f->asked, UINT32_C(1) << n, __ATOMIC_RELAXED);
	else
		__atomic_and_fetch(&f->asked, ~(UINT32_C(1) << n), __ATOMIC_RELAXED);
}

/* What may be stored of @value at @at of the command register, or of the status behind it. */
static uint64_t command_of(const struct pci_function *f, unsigned int at, uint64_t value)
{
	const uint64_t refused =
		restore_bars(f) ? PCI_COMMAND_IO : PCI_COMMAND_IO | PCI_COMMAND_MEMORY;

	return at == PCI_COMMAND ? value & ~refused : value;
}

/* Whether the domain may store to register @at: it cannot change where the function answers. */
static bool is_own(unsigned int at)
{
	const unsigned int word = at & ~3u;

	return word == PCI_COMMAND || word == PCI_HEADER || word == PCI_INTERRUPT ||
	       (at >= OWN_BEGIN && at < OWN_END);
}

bool pci_functions_store(struct pci_functions *l, uint64_t addr, unsigned int size, uint64_t value)
{
	struct pci_function *f = function_at(l, addr);
	const unsigned int at = addr % PCI_FUNCTION_SIZE;
	const unsigned int n = (at - PCI_BAR0) / 4;

	if (!is_aligned(addr, size))
		return false;
	if (f && n < PCI_BARS)
		store_bar(f, n, size == 4 && (uint32_t)value == UINT32_MAX);
	if (!f || !is_own(at))
		return true;
	/* No other hart begins a reset between the look at the BARs and the store. */
	spin_lock(&l->lock);
	if ((at & ~3u) == PCI_COMMAND)
		value = command_of(f, at, value);
	riscv_try_store(addr, size, value);
	spin_unlock(&l->lock);
	return true;
}

/* ---- the end and the reset of a domain ---- */

void pci_functions_stop(const struct pci_functions *l)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		pci_stop_function(l->f[i].config);
}

/* Begin a reset of @f. False: it cannot be reset alone. */
static bool begin_reset(const struct pci_function *f)
{
	uint64_t express = pci_capability(f->config, CAP_EXPRESS, PCI_ANY_TYPE);

	if (!express || !(pci_word(express + EXPRESS_CAN) & CAN_FLR))
		return false;
	/* The upper half has bits that are cleared by writing 1. */
	riscv_try_store(express + EXPRESS_DO, 4,
			(pci_word(express + EXPRESS_DO) & 0xffff) | DO_FLR);
	return true;
}

bool pci_functions_reset(const struct pci_functions *l)
{
	bool waits = false;
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		pci_set_command(l->f[i].config, 0);
		waits |= begin_reset(&l->f[i]);
		__atomic_store_n(&l->f[i].asked, 0, __ATOMIC_RELAXED);
	}
	return waits;
}
