/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: range_align_out() gives the least aligned range around a range, and range_align_in() the
 *   largest one inside it; range_overlaps() and range_contains() are right for each address
 * Bounds: ranges whose start and size are within 2^7 of 0 or 2^64, and any power of two; for
 *   range_align_out() no range in the last block below 2^64, whose end is no number
 * Not shown: lists of ranges; that an empty range overlaps none
 * Sources: lib/range.c lib/range.h
 * Options: --unwind 2
 */
#include "proof.h"

#include "lib/range.c"

void *array_grow(void *array, unsigned int count, unsigned int *room, size_t size)
{
	(void)array;
	(void)count;
	(void)room;
	(void)size;
	return NULL;
}

static bool has(struct range r, uint64_t addr)
{
	return r.start <= addr && addr < range_end(r);
}

/* A number within 2^7 of 0 or of 2^64. */
static uint64_t any_near(void)
{
	return (int8_t)any_u64();
}

static struct range any_range(void)
{
	struct range r = { any_near(), any_near() };

	proof_assume(range_is_valid(r.start, r.size));
	return r;
}

void proof(void)
{
	const struct range a = any_range(), b = any_range();
	const uint64_t align = UINT64_C(1) << any_to(63);
	const uint64_t addr = any_near(), block = addr & ~(align - 1);
	struct range r;

	if (has(a, addr) && has(b, addr))
		proof_assert(range_overlaps(a, b), "ranges with a common address overlap");
	if (range_overlaps(a, b)) {
		proof_assert(has(a, b.start) || has(b, a.start), "ranges that overlap have one");
		proof_reached("overlap");
	}
	if (range_contains(a, b)) {
		proof_assert(!has(b, addr) || has(a, addr), "a range has what is in it");
		proof_reached("contain");
	} else {
		proof_assert(!b.size || !has(a, b.start) || !has(a, range_end(b) - 1),
			     "a range that is not in another one has an end outside of it");
	}

	if (range_end(a) <= UINT64_MAX - (align - 1)) {
		r = range_align_out(a, align);
		proof_assert(!(r.start & (align - 1)) && !(r.size & (align - 1)), "aligned");
		proof_assert(range_is_valid(r.start, r.size), "no end beyond 2^64");
		proof_assert(!has(a, addr) || has(r, addr), "nothing of the range is lost");
		if (a.size && has(r, addr))
			proof_assert(block <= a.start ? a.start - block < align : has(a, block),
				     "each block of the result has some of the range");
		proof_reached("out");
	}
	r = range_align_in(a, align);
	proof_assert(!r.size || !(r.start & (align - 1)), "aligned");
	proof_assert(!(r.size & (align - 1)), "aligned");
	proof_assert(range_is_valid(r.start, r.size), "no end beyond 2^64");
	proof_assert(!has(r, addr) || has(a, addr), "nothing is added");
	if (has(a, block) && has(a, block + (align - 1)))
		proof_assert(has(r, addr), "a whole block of the range is in the result");
	if (r.size)
		proof_reached("in");
}
