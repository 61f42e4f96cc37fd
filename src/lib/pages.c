/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "lib/assert.h"
#include "lib/page.h"
#include "lib/pages.h"

void *pages_alloc(struct page_pool *p, uint64_t count, uint64_t align)
{
	uint64_t start = (p->next + align - 1) & ~(align - 1);

	assert(align >= PAGE_SIZE && !(align & (align - 1)));
	if (start > p->end || count > (p->end - start) / PAGE_SIZE)
		return NULL;
	p->next = start + count * PAGE_SIZE;
	return memset((void *)start, 0, count * PAGE_SIZE);
}

static struct page_pool *arrays;

void array_use(struct page_pool *p)
{
	arrays = p;
}

/* Whether the array, of @bytes bytes in its pages, is the last that has got pages. */
static bool is_last(const void *array, uint64_t bytes)
{
	uint64_t end = ((uintptr_t)array + bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);

	return arrays && bytes && end == arrays->next;
}

void *array_grow(void *array, unsigned int count, unsigned int *room, size_t size)
{
	uint64_t pages = (2 * (uint64_t)count * size + PAGE_SIZE - 1) / PAGE_SIZE;
	void *larger;

	assert(size <= PAGE_SIZE && count <= *room);
	if (count < *room)
		return array;
	if (is_last(array, *room * size)) {
		if (!pages_alloc(arrays, 1, PAGE_SIZE))
			return NULL;
		*room = (arrays->next - (uintptr_t)array) / size;
		return array;
	}
	pages += !pages;
	larger = arrays ? pages_alloc(arrays, pages, PAGE_SIZE) : NULL;
	if (!larger)
		return NULL;
	*room = pages * PAGE_SIZE / size;
	return count ? memcpy(larger, array, count * size) : larger;
}

uint64_t pages_left(const struct page_pool *p)
{
	return (p->end - p->next) / PAGE_SIZE;
}
