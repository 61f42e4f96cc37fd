/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses of Halite to the RAM of a domain. After boot, all code in src/hv that accesses the
 * guest's RAM calls these functions. src/hext also reads the RAM in its struct hext_config directly
 * (hext/ram.h).
 *
 * Invariant: only RAM of the domain is accessed. The guest may change its RAM at any moment, so a
 * caller reads each word once.
 */
#ifndef HV_MEMORY_H
#define HV_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/domain.h"

/*
 * Read or write @size bytes, 1, 2, 4 or 8, at physical address @addr, a multiple of @size, in one
 * access. False: the bytes are not all in the RAM of @d.
 */
bool memory_read(const struct domain *d, uint64_t addr, void *buf, unsigned int size);
bool memory_write(const struct domain *d, uint64_t addr, const void *buf, unsigned int size);

/* Compare and swap the 8 bytes at @addr, a multiple of 8. False: not @old, or not RAM of @d. */
bool memory_cas64(const struct domain *d, uint64_t addr, uint64_t old, uint64_t desired);

/*
 * The pointer by which Halite accesses the @size bytes at @addr, as long as the domain has them.
 * NULL: the bytes are not all in the RAM of @d.
 */
void *memory_map(const struct domain *d, uint64_t addr, uint64_t size);

#endif
