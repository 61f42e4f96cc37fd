/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast way to page-table entries: the piece of the domain's RAM that hext_config names is at hand. Page tables are
 * RAM: what a walk of Halite's own meets elsewhere is an access fault, and no device is ever asked.
 */
#ifndef HEXT_RAM_H
#define HEXT_RAM_H

#include "hext/hext.h"

/* Read the PTE at @where, a multiple of 8, once. False: it is not in that piece. */
static inline __attribute__((always_inline)) bool hext_ram_pte(const struct hext_config *c,
							       uint64_t where, uint64_t *pte)
{
	uint64_t offset = where - c->ram_start;

	/* Both are whole pages, and @where is a multiple of 8. */
	if (offset >= c->ram_size)
		return false;
	*pte = *(const volatile uint64_t *)(c->ram + offset);
	return true;
}

#endif
