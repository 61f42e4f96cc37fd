/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages given out one after the other at boot, never taken back. Not for use by two harts at once.
 */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <stdint.h>

struct page_pool {
	uint64_t next; /* page-aligned */
	uint64_t end;
};

/* @count zeroed pages aligned to @align bytes (a power of two, at least a page); NULL: not left. */
void *pages_alloc(struct page_pool *p, uint64_t count, uint64_t align);

/* How many are left. */
uint64_t pages_left(const struct page_pool *p);

#endif
