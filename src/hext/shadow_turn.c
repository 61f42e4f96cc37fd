/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns: the way in which an instruction of L2 completes with few tables. docs/hext.md, "Turns",
 * has the rule and its argument.
 */
#include "hext/shadow_tables.h"
#include "lib/assert.h"

/* The most requests of a hart, for the tables of other addresses, between two for gpa_asked. */
#define ASKS_MAX 128

/* The most fills of a turn. */
#define FILLS_MAX 256

/* Whether the turn, which another hart has, goes on. @h is refused then. */
static bool refuse(struct hext_shadow_pool *pool, struct hext_asks *a)
{
	if (a->turn != pool->turns)
		a->refusals = 0;
	a->turn = pool->turns;
	if (++a->refusals < pool->turn_refusals)
		return true;
	__atomic_store_n(&pool->turn, NULL, __ATOMIC_RELAXED);
	return false;
}

/* Count the requests for the tables of the same address that come again and again. */
static bool lacks_progress(const struct hext_shadow_pool *pool, struct hext_asks *a, gpa_t gpa)
{
	if (!((a->gpa ^ gpa) >> pte_span_shift(1))) {
		a->asks = 0;
		return ++a->again >= pool->turn_after;
	}
	if (++a->asks >= ASKS_MAX)
		*a = (struct hext_asks){ .gpa = gpa, .turn = a->turn, .refusals = a->refusals };
	return false;
}

bool shadow_turn_ask(struct hext_shadow_pool *pool, struct hext_hart *h, gpa_t gpa)
{
	struct hext_asks *a = &h->asks;

	assert(spin_is_held(&pool->lock));
	if (pool->turn == h)
		return true;
	if (pool->turn && refuse(pool, a))
		return false;
	if (lacks_progress(pool, a, gpa)) {
		a->again = 0;
		__atomic_store_n(&pool->turn, h, __ATOMIC_RELAXED);
		pool->turns++;
		pool->turn_fills = FILLS_MAX;
	}
	return true;
}

void shadow_turn_filled(struct hext_shadow_pool *pool, const struct hext_hart *h)
{
	spin_lock(&pool->lock);
	/* Another hart may have ended the turn since the caller looked. */
	if (pool->turn == h && !--pool->turn_fills)
		__atomic_store_n(&pool->turn, NULL, __ATOMIC_RELAXED);
	spin_unlock(&pool->lock);
}
