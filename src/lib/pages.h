/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An allocator of pages for boot. It never takes pages back. Two harts must not use it at once.
 */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <stdint.h>

struct page_pool {
	uint64_t next; /* page-aligned */
	uint64_t end;
};

/*
 * Returns @count zeroed pages aligned to @align bytes (a power of two, at least a page), or NULL if
 * there are not enough.
 */
void *pages_alloc(struct page_pool *p, uint64_t count, uint64_t align);

/* The number of pages left. */
uint64_t pages_left(const struct page_pool *p);

#endif
