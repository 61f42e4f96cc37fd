/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM of a domain, as Halite reads and writes it. Everything in src/hv that touches the guest's RAM goes
 * through here; src/hext has one fast way beside it (hext/ram.h), for what its config names.
 *
 * Invariant: no address that is not RAM of the domain's is ever accessed. What is read may change at any
 * moment, so a caller reads each word once.
 */
#ifndef HV_MEMORY_H
#define HV_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/domain.h"

/*
 * Read or write @size bytes, 1, 2, 4 or 8, at physical address @addr, which is a multiple of @size, in one
 * access. False: not all of it is RAM of @d's.
 */
bool memory_read(const struct domain *d, uint64_t addr, void *buf, unsigned int size);
bool memory_write(const struct domain *d, uint64_t addr, const void *buf, unsigned int size);

/* Compare and swap 8 bytes at a multiple of 8. False: they are not @old, or not RAM of @d's. */
bool memory_cas64(const struct domain *d, uint64_t addr, uint64_t old, uint64_t desired);

/* Where @size bytes at @addr are for Halite, for as long as the domain has them. NULL: not all RAM of @d's. */
void *memory_map(const struct domain *d, uint64_t addr, uint64_t size);

#endif
