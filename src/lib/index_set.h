/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of indices, such as those of a domain's vCPUs. Bit n of the words stands for index n.
 * Functions that take a count use only the words for the indices below it. They leave the other
 * words as they are, so a set in a machine with few harts costs as much as one word.
 */
#ifndef LIB_INDEX_SET_H
#define LIB_INDEX_SET_H

#include <stdbool.h>
#include <stdint.h>

#define INDEX_SET_MAX 512 /* each index is below this */

struct index_set {
	uint64_t word[INDEX_SET_MAX / 64];
};

/* The number of the lowest bit that is set in @word, which is not 0. */
static inline unsigned int lowest_bit(uint64_t word)
{
	unsigned int bit = 0;

	for (; !(word & 0xff); word >>= 8)
		bit += 8;
	for (; !(word & 1); word >>= 1)
		bit++;
	return bit;
}

/* Make @s empty. */
static inline void index_set_clear(struct index_set *s, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < (count + 63) / 64; i++)
		s->word[i] = 0;
}

/* Make @s the set of all indices below @count. */
static inline void index_set_fill(struct index_set *s, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count / 64; i++)
		s->word[i] = ~UINT64_C(0);
	if (count % 64)
		s->word[i] = ~UINT64_C(0) >> (64 - count % 64);
}

/* The number of indices in @s that are below @count. */
static inline unsigned int index_set_count(const struct index_set *s, unsigned int count)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++)
		n += s->word[i / 64] >> i % 64 & 1;
	return n;
}

static inline bool index_set_has(const struct index_set *s, unsigned int index)
{
	return s->word[index / 64] >> index % 64 & 1;
}

static inline void index_set_add(struct index_set *s, unsigned int index)
{
	s->word[index / 64] |= UINT64_C(1) << index % 64;
}

static inline void index_set_remove(struct index_set *s, unsigned int index)
{
	s->word[index / 64] &= ~(UINT64_C(1) << index % 64);
}

/* Add or remove @index in a set that other harts read and write. Orders no other access. */
static inline void index_set_put_atomic(struct index_set *s, unsigned int index, bool member)
{
	uint64_t bit = UINT64_C(1) << index % 64;

	if (member)
		__atomic_fetch_or(&s->word[index / 64], bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&s->word[index / 64], ~bit, __ATOMIC_RELAXED);
}

/* Make @to a copy of @from, which other harts write. */
static inline void index_set_read_atomic(struct index_set *to, const struct index_set *from,
					 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < (count + 63) / 64; i++)
		to->word[i] = __atomic_load_n(&from->word[i], __ATOMIC_RELAXED);
}

/* Add @index to a set that other harts write. Orders all accesses. */
static inline void index_set_add_atomic(struct index_set *s, unsigned int index)
{
	__atomic_fetch_or(&s->word[index / 64], UINT64_C(1) << index % 64, __ATOMIC_SEQ_CST);
}

/* Remove @index from a set that other harts write. Returns whether it was a member. */
static inline bool index_set_remove_atomic(struct index_set *s, unsigned int index)
{
	uint64_t bit = UINT64_C(1) << index % 64;

	return __atomic_fetch_and(&s->word[index / 64], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* Move all members from @from, which other harts write, to @to, whose members are lost. */
static inline void index_set_take_atomic(struct index_set *to, struct index_set *from,
					 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < (count + 63) / 64; i++)
		to->word[i] = __atomic_exchange_n(&from->word[i], 0, __ATOMIC_SEQ_CST);
}

/* The least member of @s from @from on, or @count if all members are less. */
static inline unsigned int index_set_next(const struct index_set *s, unsigned int from,
					  unsigned int count)
{
	unsigned int i = from / 64;
	uint64_t word;

	if (from >= count)
		return count;
	for (word = s->word[i] & ~UINT64_C(0) << from % 64; !word; word = s->word[i]) {
		if (++i >= (count + 63) / 64)
			return count;
	}
	return i * 64 + lowest_bit(word);
}

/* Run the body for each member @index of @s, in ascending order. */
#define index_set_each(s, index, count)                                    \
	for ((index) = index_set_next((s), 0, (count)); (index) < (count); \
	     (index) = index_set_next((s), (index) + 1, (count)))

#endif
