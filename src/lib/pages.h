/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An allocator of pages for boot, and arrays that grow with its pages. It never takes pages back.
 * Two harts must not use it at once.
 */
#ifndef LIB_PAGES_H
#define LIB_PAGES_H

#include <stddef.h>
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

/* From now on arrays grow with pages of @p. NULL: they do not grow. */
void array_use(struct page_pool *p);

/*
 * Make room for one more element in @array, which has @count elements of @size bytes and room for
 * *@room. NULL is an array without elements. Returns the array, which may have another address now,
 * or NULL if no memory is left. An array that is the last to have got pages grows where it is, by a
 * page. Otherwise the memory of the old array is not used again.
 */
void *array_grow(void *array, unsigned int count, unsigned int *room, size_t size);

#endif
