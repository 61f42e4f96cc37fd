/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fast reads of page-table entries. Halite can read the piece of the domain's RAM that hext_config
 * names (ram_start, ram_size) without a call. Halite reads page tables from RAM only: a PTE at any
 * other address is an access fault, and Halite never reads it from a device.
 */
#ifndef HEXT_RAM_H
#define HEXT_RAM_H

#include "hext/hext.h"

/*
 * Read the PTE at @where, a multiple of 8, once. False: @where is not in the piece of RAM that @c
 * names.
 */
static inline __attribute__((always_inline)) bool hext_ram_pte(const struct hext_config *c,
							       uint64_t where, uint64_t *pte)
{
	uint64_t offset = where - c->ram_start;

	/* ram_start and ram_size are multiples of a page, so all 8 bytes are in the piece. */
	if (offset >= c->ram_size)
		return false;
	*pte = *(const volatile uint64_t *)(c->ram + offset);
	return true;
}

#endif
