/* SPDX-License-Identifier: BSD-2-Clause */
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

uint64_t pages_left(const struct page_pool *p)
{
	return (p->end - p->next) / PAGE_SIZE;
}
