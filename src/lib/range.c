/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "lib/pages.h"
#include "lib/range.h"

struct range range_align_out(struct range r, uint64_t align)
{
	uint64_t start = r.start & ~(align - 1);
	uint64_t end = range_end(r);

	if (end > UINT64_MAX - (align - 1))
		end = UINT64_MAX & ~(align - 1);
	else
		end = (end + align - 1) & ~(align - 1);
	return (struct range){ start, end - start };
}

struct range range_align_in(struct range r, uint64_t align)
{
	uint64_t end = range_end(r) & ~(align - 1);
	/* 0 if r.start is in the last block below 2^64, and not its first byte. */
	uint64_t start = r.start + (-r.start & (align - 1));
	bool any = start >= r.start && start < end;

	return (struct range){ start, any ? end - start : 0 };
}

bool range_list_add(struct range_list *l, struct range r)
{
	struct range *larger;

	if (!r.size)
		return true;
	larger = array_grow(l->r, l->count, &l->room, sizeof(r));
	if (!larger)
		return false;
	l->r = larger;
	l->r[l->count++] = r;
	return true;
}

bool range_list_copy(struct range_list *to, const struct range_list *from)
{
	bool fits = true;
	unsigned int i;

	to->count = 0;
	for (i = 0; i < from->count; i++)
		fits &= range_list_add(to, from->r[i]);
	return fits;
}

bool range_list_subtract(struct range_list *l, struct range r)
{
	bool fits = true;
	unsigned int i;

	/* Go from the end to the start: ranges that are added or moved have been processed. */
	for (i = l->count; i-- > 0;) {
		struct range old = l->r[i];

		if (!range_overlaps(old, r))
			continue;
		l->r[i] = l->r[--l->count];
		if (old.start < r.start)
			fits &= range_list_add(l, (struct range){ old.start, r.start - old.start });
		if (range_end(r) < range_end(old))
			fits &= range_list_add(l, (struct range){ range_end(r),
								  range_end(old) - range_end(r) });
	}
	return fits;
}

bool range_list_subtract_all(struct range_list *l, const struct range_list *other)
{
	bool fits = true;
	unsigned int i;

	for (i = 0; i < other->count; i++)
		fits &= range_list_subtract(l, other->r[i]);
	return fits;
}

void range_list_normalize(struct range_list *l)
{
	unsigned int i, j;

	for (i = 1; i < l->count; i++) {
		struct range r = l->r[i];

		for (j = i; j > 0 && l->r[j - 1].start > r.start; j--)
			l->r[j] = l->r[j - 1];
		l->r[j] = r;
	}
	for (i = 0, j = 1; j < l->count; j++) {
		uint64_t end = range_end(l->r[i]);

		if (l->r[j].start > end)
			l->r[++i] = l->r[j];
		else if (range_end(l->r[j]) > end)
			l->r[i].size = range_end(l->r[j]) - l->r[i].start;
	}
	if (l->count)
		l->count = i + 1;
}

uint64_t range_list_end(const struct range_list *l, uint64_t least)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		least = range_end(l->r[i]) > least ? range_end(l->r[i]) : least;
	return least;
}

uint64_t range_list_total(const struct range_list *l)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < l->count; i++)
		sum += l->r[i].size;
	return sum;
}

const struct range *range_list_overlap(const struct range_list *l, struct range r)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		if (range_overlaps(l->r[i], r))
			return &l->r[i];
	}
	return NULL;
}

bool range_list_contains(const struct range_list *l, struct range r)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		if (range_contains(l->r[i], r))
			return true;
	}
	return false;
}

bool range_list_lowest(const struct range_list *l, uint64_t from, uint64_t size, uint64_t align,
		       uint64_t *start)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		uint64_t at = l->r[i].start > from ? l->r[i].start : from;

		if (at > UINT64_MAX - (align - 1))
			continue;
		at = (at + align - 1) & ~(align - 1);
		if (!range_contains(l->r[i], (struct range){ at, size }) || (found && at >= *start))
			continue;
		*start = at;
		found = true;
	}
	return found;
}

bool range_list_highest(const struct range_list *l, uint64_t size, uint64_t align, uint64_t *start)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		uint64_t at;

		if (l->r[i].size < size)
			continue;
		at = (range_end(l->r[i]) - size) & ~(align - 1);
		if (at < l->r[i].start || (found && at <= *start))
			continue;
		*start = at;
		found = true;
	}
	return found;
}
