/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of physical addresses and short lists of them. A range is [start, start + size) and never
 * passes 2^64; an empty one has size 0.
 */
#ifndef LIB_RANGE_H
#define LIB_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#define RANGE_LIST_MAX 96

struct range {
	uint64_t start;
	uint64_t size;
};

struct range_list {
	struct range r[RANGE_LIST_MAX];
	unsigned int count;
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

/* Whether [@start, @start + @size) is a range at all. */
static inline bool range_is_valid(uint64_t start, uint64_t size)
{
	return size <= UINT64_MAX - start;
}

/* @r made larger so that both ends are multiples of @align, a power of two. */
struct range range_align_out(struct range r, uint64_t align);

/* The whole multiples of @align, a power of two, that @r has; size 0: none. */
struct range range_align_in(struct range r, uint64_t align);

/* Append @r; an empty one is left out. False: the list is full. */
bool range_list_add(struct range_list *l, struct range r);

/* Take @r away from all that @l holds. False: the list is full, and unchanged. */
bool range_list_subtract(struct range_list *l, struct range r);

/* Order by address, and join ranges that touch or overlap. */
void range_list_normalize(struct range_list *l);

/* The highest end of a range of @l, or @least if that is higher. */
uint64_t range_list_end(const struct range_list *l, uint64_t least);

/* The first range of @l that overlaps @r, or NULL. */
const struct range *range_list_overlap(const struct range_list *l, struct range r);

/* Whether one range of @l contains @r (of a normalized list: whether the list does). */
bool range_list_contains(const struct range_list *l, struct range r);

/*
 * The lowest or highest place for @size bytes aligned to @align (a power of two) in @l, from @from
 * upwards. False: none.
 */
bool range_list_lowest(const struct range_list *l, uint64_t from, uint64_t size, uint64_t align,
		       uint64_t *start);
bool range_list_highest(const struct range_list *l, uint64_t size, uint64_t align, uint64_t *start);

#endif
