/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: index_set_fill() gives all indices below the number of harts; index_set_next() gives the
 *   next member, so index_set_each() visits each member once; to add or remove changes one member;
 *   no access is outside the words of the set
 * Bounds: any set, index and number of harts from 1 to 512
 * Not shown: atomicity, which CBMC has no part in
 * Sources: lib/index_set.h
 * Options: --unwind 9
 */
#include "proof.h"

#define __atomic_fetch_or(place, bits, order)	 proof_fetch(place, *(place) | (bits))
#define __atomic_fetch_and(place, bits, order)	 proof_fetch(place, *(place) & (bits))
#define __atomic_exchange_n(place, value, order) proof_fetch(place, value)

static inline uint64_t proof_fetch(uint64_t *place, uint64_t value)
{
	const uint64_t old = *place;

	*place = value;
	return old;
}

#include "lib/index_set.h"

void proof(void)
{
	const unsigned int count = 1 + any_to(INDEX_SET_MAX - 1);
	const unsigned int index = any_to(count - 1), other = any_to(count - 1);
	const unsigned int from = any_to(INDEX_SET_MAX);
	struct index_set all, set, changed;
	unsigned int i, next;
	bool was;

	proof_any(all);
	proof_any(set);
	index_set_fill(&all, count);
	proof_assert(index_set_has(&all, index), "all indices are in the set");
	if (count % 64)
		proof_assert(!(all.word[count / 64] >> count % 64), "no others");

	/* A set has members below the number of harts alone. */
	for (i = 0; i < (count + 63) / 64; i++)
		set.word[i] &= i < count / 64 || count % 64 ? ~UINT64_C(0) : 0;
	if (count % 64)
		set.word[count / 64] &= all.word[count / 64];
	next = index_set_next(&set, from, count);
	proof_assert(next <= count, "an index, or the end");
	if (next < count) {
		proof_assert(next >= from && index_set_has(&set, next), "a member from there on");
		proof_reached("a member");
	}
	if (index >= from && index < next)
		proof_assert(!index_set_has(&set, index), "no member is left out");

	changed = set;
	was = index_set_has(&set, index);
	if (any_bool()) {
		if (any_bool())
			index_set_add(&changed, index);
		else if (any_bool())
			index_set_add_atomic(&changed, index);
		else
			index_set_put_atomic(&changed, index, true);
		proof_assert(index_set_has(&changed, index), "it is added");
		proof_reached("added");
	} else {
		if (any_bool())
			index_set_remove(&changed, index);
		else if (any_bool())
			index_set_put_atomic(&changed, index, false);
		else
			proof_assert(index_set_remove_atomic(&changed, index) == was,
				     "whether it was a member");
		proof_assert(!index_set_has(&changed, index), "it is removed");
		proof_reached("removed");
	}
	if (other != index)
		proof_assert(index_set_has(&changed, other) == index_set_has(&set, other),
			     "no other changes");
	index_set_take_atomic(&all, &changed, count);
	proof_assert(!index_set_has(&changed, other), "all are taken");
}
