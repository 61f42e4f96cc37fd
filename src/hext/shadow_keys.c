/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/shadow_keys.h"
#include "hext/bits.h"
#include "hext/pte.h"
#include "lib/assert.h"

/* ---- look-up ---- */

static uint64_t root_of(uint64_t hgatp)
{
	return hgatp & ATP_PPN;
}

/* The first of the shadows whose keys have the root of @hgatp, or another root with that hash. */
static uint16_t *bucket_of(struct hext_shadow_pool *pool, uint64_t hgatp)
{
	/* Multiplication by 2^64 divided by the golden ratio spreads neighbouring roots. */
	uint64_t hash = root_of(hgatp) / GSTAGE_ROOT_PAGES * UINT64_C(0x9e3779b97f4a7c15);

	return &pool->bucket[hash >> (64 - HEXT_SHADOW_BUCKET_BITS)];
}

static uint16_t *vmid_bucket_of(struct hext_shadow_pool *pool, uint16_t vmid)
{
	return &pool->vmid_bucket[vmid & (BIT64(HEXT_SHADOW_BUCKET_BITS) - 1)];
}

uint16_t shadow_first_of_vmid(const struct hext_shadow_pool *pool, uint16_t vmid, uint32_t from)
{
	uint16_t i;

	/* A fence that goes on where it was cut off does not begin anew. */
	if (from && from < pool->key_count && pool->shadow[from].used &&
	    hgatp_vmid(pool->shadow[from].hgatp) == vmid)
		return from;
	i = pool->vmid_bucket[vmid & (BIT64(HEXT_SHADOW_BUCKET_BITS) - 1)];
	while (i != NO_SHADOW && i < from)
		i = pool->shadow[i].next_of_vmid;
	return i;
}

static uint16_t number_of(const struct hext_shadow_pool *pool, const struct hext_shadow *s)
{
	return s - pool->shadow;
}

struct hext_shadow *shadow_find(struct hext_shadow_pool *pool, uint64_t hgatp)
{
	uint16_t i = *bucket_of(pool, hgatp);

	while (i != NO_SHADOW && (pool->shadow[i].hgatp != hgatp || pool->shadow[i].outgrown))
		i = pool->shadow[i].next_key;
	return i == NO_SHADOW ? NULL : &pool->shadow[i];
}

void shadow_add_key(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	uint16_t *bucket = bucket_of(pool, s->hgatp);
	uint16_t *link = vmid_bucket_of(pool, hgatp_vmid(s->hgatp));
	uint16_t i;

	assert(!s->used);
	for (i = *bucket; i != NO_SHADOW; i = pool->shadow[i].next_key) {
		struct hext_shadow *other = &pool->shadow[i];

		if (other->rests && root_of(other->hgatp) == root_of(s->hgatp)) {
			shadow_wake(pool, other);
			shadow_rest_first(pool, other);
			other->stale = true;
		}
	}
	s->used = true;
	s->next_key = *bucket;
	*bucket = number_of(pool, s);
	while (*link < number_of(pool, s))
		link = &pool->shadow[*link].next_of_vmid;
	s->next_of_vmid = *link;
	*link = number_of(pool, s);
}

void shadow_remove_key(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	uint16_t *link = bucket_of(pool, s->hgatp);

	assert(s->used);
	while (*link != number_of(pool, s))
		link = &pool->shadow[*link].next_key;
	*link = s->next_key;
	link = vmid_bucket_of(pool, hgatp_vmid(s->hgatp));
	while (*link != number_of(pool, s))
		link = &pool->shadow[*link].next_of_vmid;
	*link = s->next_of_vmid;
	s->used = false;
}

/* ---- the order of use ---- */

/* Put @s between the resting shadows @older and @newer, each of which may be NO_SHADOW. */
static void insert(struct hext_shadow_pool *pool, struct hext_shadow *s, uint16_t older,
		   uint16_t newer)
{
	uint16_t number = number_of(pool, s);

	assert(!s->rests && !s->harts);
	s->rests = true;
	s->older = older;
	s->newer = newer;
	*(older == NO_SHADOW ? &pool->oldest : &pool->shadow[older].newer) = number;
	*(newer == NO_SHADOW ? &pool->newest : &pool->shadow[newer].older) = number;
}

void shadow_rest(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	insert(pool, s, pool->newest, NO_SHADOW);
}

void shadow_rest_first(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	insert(pool, s, NO_SHADOW, pool->oldest);
}

void shadow_wake(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	assert(s->rests);
	s->rests = false;
	*(s->older == NO_SHADOW ? &pool->oldest : &pool->shadow[s->older].newer) = s->newer;
	*(s->newer == NO_SHADOW ? &pool->newest : &pool->shadow[s->newer].older) = s->older;
}

struct hext_shadow *shadow_first_to_go(const struct hext_shadow_pool *pool)
{
	uint16_t i = pool->oldest;

	while (i != NO_SHADOW && pool->shadow[i].draining)
		i = pool->shadow[i].newer;
	return i == NO_SHADOW ? NULL : &pool->shadow[i];
}

void shadow_keys_init(struct hext_shadow_pool *pool)
{
	unsigned int i;

	for (i = 0; i < BIT64(HEXT_SHADOW_BUCKET_BITS); i++)
		pool->bucket[i] = pool->vmid_bucket[i] = NO_SHADOW;
	pool->oldest = pool->newest = NO_SHADOW;
}
