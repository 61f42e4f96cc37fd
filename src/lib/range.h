/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of physical addresses, and lists of ranges. A range is [start, start + size) and does not
 * pass 2^64. An empty range has size 0. A list grows with pages of boot (array_use()); a zeroed
 * list is empty.
 */
#ifndef LIB_RANGE_H
#define LIB_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint64_t start;
	uint64_t size;
};

struct range_list {
	struct range *r;
	unsigned int count;
	unsigned int room; /* the number of ranges that fit at r */
};

static inline uint64_t range_end(struct range r)
{
	return r.start + r.size;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.size && b.size && a.start < range_end(b) && b.start < range_end(a);
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return inner.start >= outer.start && inner.start - outer.start <= outer.size &&
	       inner.size <= outer.size - (inner.start - outer.start);
}

/* Whether [@start, @start + @size) is a range: it must not pass 2^64. */
static inline bool range_is_valid(uint64_t start, uint64_t size)
{
	return size <= UINT64_MAX - start;
}

/*
 * Returns @r extended so that both ends are multiples of @align, a power of two. Of the last block
 * below 2^64, whose end is no number, the result has nothing.
 */
struct range range_align_out(struct range r, uint64_t align);

/*
 * Returns the part of @r that consists of whole blocks of @align bytes, a power of two; it may be
 * empty.
 */
struct range range_align_in(struct range r, uint64_t align);

/* Appends @r unless it is empty. Returns false if no memory is left. */
bool range_list_add(struct range_list *l, struct range r);

/* Makes *@to, which may have ranges, a copy of @from. Returns false if no memory is left. */
bool range_list_copy(struct range_list *to, const struct range_list *from);

/* Removes @r from all ranges of @l. Returns false if no memory is left; @l then lacks more. */
bool range_list_subtract(struct range_list *l, struct range r);

/* Calls range_list_subtract() for each range of @other. Returns false if one call does. */
bool range_list_subtract_all(struct range_list *l, const struct range_list *other);

/* Sorts by address, and joins ranges that touch or overlap. */
void range_list_normalize(struct range_list *l);

/* Returns the highest end of the ranges of @l, or @least if that is higher. */
uint64_t range_list_end(const struct range_list *l, uint64_t least);

/* Returns the sum of the sizes of the ranges of @l. */
uint64_t range_list_total(const struct range_list *l);

/* Returns the first range of @l that overlaps @r, or NULL. */
const struct range *range_list_overlap(const struct range_list *l, struct range r);

/* Whether one range of @l contains @r (of a normalized list: whether the list does). */
bool range_list_contains(const struct range_list *l, struct range r);

/*
 * Puts the lowest address from @from on, or the highest address, of @size bytes in a range of
 * @l in *@start, aligned to @align (a power of two). Returns false if there is none.
 */
bool range_list_lowest(const struct range_list *l, uint64_t from, uint64_t size, uint64_t align,
		       uint64_t *start);
bool range_list_highest(const struct range_list *l, uint64_t size, uint64_t align, uint64_t *start);

#endif
