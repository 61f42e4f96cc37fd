/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of tables: which shadow has which, and which shadow gives one up when none is free.
 * docs/hext.md, "Reclaiming of tables", has the rule and why it is safe.
 */
#include "hext/shadow_keys.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"

/* Candidates are chosen from the list of a shadow in steps of 1 to SKIP_MAX tables. */
#define SKIP_MAX	16
#define NEWEST_SKIP_MAX 4
/* The most tables that the choice of a batch looks at. This bounds the time under the lock. */
#define LOOKS_MAX 512
/* The number of tables that are drawn to find a shadow with many tables. */
#define DRAWS 16
/* A resting shadow is unused after so many turnovers of the pool. */
#define IDLE_TURNOVERS 8

/* ---- lists ---- */

/* Put @index in the circular list *@hand, as the last one that is met from *@hand on. */
static void list_add(struct hext_shadow_pool *pool, uint32_t *hand, uint32_t index)
{
	struct hext_table_info *info = pool->info;
	uint32_t next = *hand;

	if (next == NO_TABLE) {
		info[index].next = info[index].previous = *hand = index;
		return;
	}
	info[index].next = next;
	info[index].previous = info[next].previous;
	info[info[next].previous].next = index;
	info[next].previous = index;
}

static void list_remove(struct hext_shadow_pool *pool, uint32_t *hand, uint32_t index)
{
	struct hext_table_info *info = pool->info;
	uint32_t next = info[index].next;

	if (next == index) {
		*hand = NO_TABLE;
		return;
	}
	info[next].previous = info[index].previous;
	info[info[index].previous].next = next;
	if (*hand == index)
		*hand = next;
}

/* ---- taking and giving back ---- */

static inline __attribute__((always_inline)) void zero_8(uint64_t *pte)
{
	pte[0] = pte[1] = pte[2] = pte[3] = pte[4] = pte[5] = pte[6] = pte[7] = 0;
}

/*
 * Zero the entries of @span, and some beside them, in a table that is not linked yet. Plain stores
 * are enough, because no hart walks the table before the store that links it, which is a release.
 */
static void zero_table(uint64_t *table, struct hext_span span)
{
	const uint64_t *end = table + span.end;

	for (table += span.first & ~7u; table + 24 < end; table += 32) {
		zero_8(table);
		zero_8(table + 8);
		zero_8(table + 16);
		zero_8(table + 24);
	}
	for (; table < end; table += 8)
		zero_8(table);
}

uint32_t shadow_take_table(struct hext_shadow_pool *pool, struct hext_shadow *s,
			   const uint64_t *parent, unsigned int slot)
{
	/* Of a page that was never in use, no entry is known to be 0. */
	struct hext_span span = { .first = 0, .end = PTES_PER_PAGE };
	uint32_t index = pool->free;

	assert(pool->free_count);
	if (index == NO_TABLE) {
		index = pool->unused++;
	} else {
		pool->free = pool->info[index].next;
		span = pool->info[index].span;
	}
	assert(index < pool->table_total);
	pool->free_count--;
	zero_table(table_at(pool, index), span);
	pool->info[index] = (struct hext_table_info){
		.parent = PARENT_IS_ROOT,
		.slot = slot,
		.shadow = s - pool->shadow,
		.span = EMPTY_SPAN,
	};
	if (parent != s->root) {
		pool->info[index].parent = number_of_table(pool, parent);
		pool->info[pool->info[index].parent].children++;
	}
	list_add(pool, &s->tables, index);
	s->table_count++;
	return index;
}

void shadow_unlink_table(struct hext_shadow_pool *pool, uint32_t index)
{
	uint32_t parent = pool->info[index].parent;

	if (parent < PARENT_IS_ROOT) {
		assert(pool->info[parent].children);
		pool->info[parent].children--;
	}
	pool->info[index].parent = NO_PARENT;
}

static void add_free(struct hext_shadow_pool *pool, uint32_t index)
{
	assert(index < pool->table_total);
	pool->info[index].next = pool->free;
	pool->free = index;
	pool->free_count++;
}

void shadow_quiesce(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx)
{
	struct index_set harts;
	unsigned int i;

	index_set_clear(&harts, pool->harts);
	index_set_each(&s->fenced, i, pool->harts)
	{
		if (pool->bound[i][0] == s || pool->bound[i][1] == s)
			index_set_add(&harts, i);
	}
	s->fenced = harts;
	s->draining++;
	spin_unlock(&pool->lock);
	pool->quiesce(ctx, s->vmid, &harts);
	spin_lock(&pool->lock);
	assert(s->draining);
	s->draining--;
}

/* ---- all tables of a shadow ---- */

/* The tables of @s are no candidates any more. */
static void forget_candidates(struct hext_shadow_pool *pool, const struct hext_shadow *s)
{
	unsigned int i;

	for (i = 0; i < pool->candidate_count; i++) {
		struct hext_table_info *info = &pool->info[pool->candidate[i]];

		if (info->shadow == s - pool->shadow)
			info->candidate = false;
	}
}

void shadow_drain(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx)
{
	uint32_t taken = s->tables;
	uint32_t count = s->table_count;
	uint32_t i;

	assert(spin_is_held(&pool->lock));
	spin_lock(&s->lock);
	for (i = s->span.first; i < s->span.end; i++)
		store_pte(&s->root[i], 0);
	forget_candidates(pool, s);
	s->span = EMPTY_SPAN;
	s->tables = NO_TABLE;
	s->table_count = 0;
	s->last_table = NULL;
	s->fragmented = false;
	s->replaced = 0;
	s->root_part_of = 0;
	spin_unlock(&s->lock);
	/*
	 * Other harts may hold pointers to the pages, and entries of them, until quiesce() returns.
	 * Until then hext_shadow_fence_gvma() widens L1's fences to all addresses.
	 */
	pool->draining_count += count;
	pool->drains++;
	shadow_quiesce(pool, s, ctx);
	assert(pool->draining_count >= count);
	pool->draining_count -= count;
	if (taken == NO_TABLE)
		return;
	pool->info[pool->info[taken].previous].next = pool->free;
	pool->free = taken;
	pool->free_count += count;
}

/* ---- single tables ---- */

/* A number from 0 to @n - 1, each about as likely as the others. */
static uint32_t draw(struct hext_shadow_pool *pool, uint32_t n)
{
	pool->random = pool->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (pool->random >> 32) * n >> 32;
}

static bool has_pages(const struct hext_shadow *s)
{
	return s->table_count && !s->draining;
}

/* Whether L1 most likely does not use @s, which rests, any more. */
static bool is_unused(const struct hext_shadow_pool *pool, const struct hext_shadow *s)
{
	return !s->used || s->stale ||
	       pool->reclaimed - s->rests_since > (uint64_t)IDLE_TURNOVERS * pool->table_total;
}

/* A resting shadow that has pages and is unused, or NULL. */
static struct hext_shadow *unused_shadow(const struct hext_shadow_pool *pool)
{
	uint16_t i = pool->oldest;

	while (i != NO_SHADOW && is_unused(pool, &pool->shadow[i])) {
		if (has_pages(&pool->shadow[i]))
			return &pool->shadow[i];
		i = pool->shadow[i].newer;
	}
	return NULL;
}

/* The resting shadow with pages that was used least recently, or NULL. */
static struct hext_shadow *oldest_with_pages(const struct hext_shadow_pool *pool)
{
	uint16_t i = pool->oldest;

	while (i != NO_SHADOW && !has_pages(&pool->shadow[i]))
		i = pool->shadow[i].newer;
	return i == NO_SHADOW ? NULL : &pool->shadow[i];
}

/*
 * The shadow that gives up tables for @s: @s itself, or one with more tables, so that no shadow
 * loses tables to one that has more. To draw tables finds a large shadow, however many there are.
 *
 * An instruction of L2 may need HEXT_SHADOW_MIN_TABLES at once. If @s has fewer, and no shadow with
 * more is found, then one that rests gives, small as it may be, and with @turn any other one.
 */
static struct hext_shadow *shadow_that_gives(struct hext_shadow_pool *pool, struct hext_shadow *s,
					     bool turn)
{
	struct hext_shadow *found = s, *rests = NULL, *other;
	unsigned int i;

	for (i = 0; i < DRAWS; i++) {
		other = &pool->shadow[pool->info[draw(pool, pool->unused)].shadow];
		if (other->table_count > found->table_count)
			found = other;
		if (other != s && (other->rests || turn) && has_pages(other))
			rests = other;
	}
	if (found != s || s->table_count >= HEXT_SHADOW_MIN_TABLES)
		return found;
	if (!rests)
		rests = oldest_with_pages(pool);
	return rests ? rests : s;
}

static uint64_t *pointer_of(const struct hext_shadow_pool *pool, const struct hext_table_info *info)
{
	uint64_t *parent = info->parent == PARENT_IS_ROOT ? pool->shadow[info->shadow].root
							  : table_at(pool, info->parent);

	return &parent[info->slot];
}

/* Take the candidate @index of @s out of the shadow, unless it was attached. */
static bool remove_candidate(struct hext_shadow_pool *pool, struct hext_shadow *s, uint32_t index)
{
	struct hext_table_info *info = &pool->info[index];

	if (!info->candidate)
		return false;
	if (info->parent != NO_PARENT) {
		assert(is_detached(load_pte(pointer_of(pool, info))));
		store_pte(pointer_of(pool, info), 0);
		shadow_unlink_table(pool, index);
	}
	s->replaced -= info->replaced;
	return true;
}

/* Free the candidates that were not attached since they have been chosen. */
static void free_candidates(struct hext_shadow_pool *pool)
{
	unsigned int i;

	assert(!pool->choosing);
	for (i = 0; i < pool->candidate_count; i++) {
		uint32_t index = pool->candidate[i];
		struct hext_shadow *s = &pool->shadow[pool->info[index].shadow];
		bool removed;

		spin_lock(&s->lock);
		removed = remove_candidate(pool, s, index);
		spin_unlock(&s->lock);
		if (!removed)
			continue;
		list_remove(pool, &s->tables, index);
		s->table_count--;
		add_free(pool, index);
		pool->reclaimed++;
	}
	pool->candidate_count = 0;
}

/* Detach the table @index of @s, which becomes a candidate. */
static void add_candidate(struct hext_shadow_pool *pool, struct hext_shadow *s, uint32_t index)
{
	struct hext_table_info *info = &pool->info[index];
	uint64_t *pointer;

	if (info->parent != NO_PARENT) {
		pointer = pointer_of(pool, info);
		store_pte(pointer, detached(load_pte(pointer)));
	}
	if (s->last_table == table_at(pool, index))
		s->last_table = NULL;
	info->candidate = true;
	pool->candidate[pool->candidate_count++] = index;
}

/*
 * Make candidates of tables of @s until there are @count in all. *@at is the next table to look at,
 * and the previous ones follow if @back. Between two candidates are up to @skip_max - 1 tables,
 * @looks_max tables in all.
 */
static void choose(struct hext_shadow_pool *pool, struct hext_shadow *s, uint32_t *at, bool back,
		   uint32_t skip_max, unsigned int looks_max, uint32_t count)
{
	uint32_t skip = draw(pool, skip_max);

	for (; looks_max && pool->candidate_count < count; looks_max--) {
		uint32_t index = *at;
		struct hext_table_info *info = &pool->info[index];

		*at = back ? info->previous : info->next;
		if (skip) {
			skip--;
		} else if (!info->children && !info->candidate) {
			add_candidate(pool, s, index);
			skip = draw(pool, skip_max);
		}
	}
}

/*
 * Choose @count candidates among the tables of @s. The hand goes on by a random number of tables:
 * to take all in turn would always take those that L2 needs next, if L2 goes through more memory
 * than the pool holds again and again. For such an L2 it is best to take the newest tables, and a
 * quarter of the candidates are of these. Those that L2 uses all the time come back at once.
 */
static void choose_batch(struct hext_shadow_pool *pool, struct hext_shadow *s, uint32_t count)
{
	uint32_t newest = pool->info[s->tables].previous;

	choose(pool, s, &newest, true, NEWEST_SKIP_MAX, HEXT_SHADOW_BATCH, count / 4);
	choose(pool, s, &s->tables, false, SKIP_MAX, LOOKS_MAX, count);
}

/*
 * The number of candidates of @from, for @s, which most likely gets the free tables, too. Neither
 * must end with fewer tables than the other, but a smaller one that rests gives half of its tables.
 */
static uint32_t batch_size(const struct hext_shadow_pool *pool, const struct hext_shadow *from,
			   const struct hext_shadow *s)
{
	uint32_t has = s->table_count + pool->free_count;
	uint32_t count = s->table_count / 16;

	if (from != s && from->table_count > s->table_count)
		count = from->table_count > has ? (from->table_count - has) / 2 : 0;
	else if (from != s)
		count = from->table_count / 2;
	return count < 1 ? 1 : count < HEXT_SHADOW_BATCH ? count : HEXT_SHADOW_BATCH;
}

bool shadow_reclaim(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
		    gpa_t gpa)
{
	struct hext_shadow *from;

	assert(spin_is_held(&pool->lock));
	if (!shadow_turn_ask(pool, h, gpa))
		return false;
	if (pool->choosing)
		return false;
	from = unused_shadow(pool);
	if (from) {
		shadow_drain(pool, from, h->ctx);
		return true;
	}
	free_candidates(pool);
	from = shadow_that_gives(pool, s, pool->turn == h);
	if (!from->table_count)
		return pool->free_count;
	spin_lock(&from->lock);
	choose_batch(pool, from, batch_size(pool, from, s));
	spin_unlock(&from->lock);
	pool->choosing = true;
	shadow_quiesce(pool, from, h->ctx);
	pool->choosing = false;
	return true;
}
