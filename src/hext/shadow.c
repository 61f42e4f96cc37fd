/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of shadow G-stages: its memory, the lookup of a shadow, and eviction. */
#include "hext/shadow_keys.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"

/* ---- the pool ---- */

/* The number of pages that describe @shadows shadows and @tables tables. */
static size_t info_pages(size_t shadows, size_t tables)
{
	return (shadows * sizeof(struct hext_shadow) + tables * sizeof(struct hext_table_info) +
		PAGE_SIZE - 1) /
	       PAGE_SIZE;
}

size_t hext_shadow_pool_size(unsigned int shadows, size_t tables)
{
	/* The memory may begin up to three pages before a root can. */
	return (GSTAGE_ROOT_PAGES - 1 + (size_t)shadows * GSTAGE_ROOT_PAGES +
		info_pages(shadows, tables) + tables) *
	       PAGE_SIZE;
}

/*
 * The number of table pages that fit in @pages, together with @roots roots and what describes @max
 * shadows.
 */
static size_t tables_in(size_t pages, size_t roots, size_t max)
{
	size_t other = roots * GSTAGE_ROOT_PAGES + info_pages(max, pages);

	return pages > other ? pages - other : 0;
}

/* The first @count shadows have the roots at @roots. */
static void init_shadows(struct hext_shadow_pool *pool, uint8_t *roots, uint32_t count,
			 const struct hext_shadow_config *config)
{
	uint32_t i;

	for (i = 0; i < pool->count; i++) {
		uint8_t *root = i < count ? roots + (size_t)i * GSTAGE_ROOT_SIZE : NULL;

		pool->shadow[i] = (struct hext_shadow){
			.root = (uint64_t *)root,
			.vmid = pool->vmid_tagged ? config->vmid_first + i : config->vmid_shared,
			.tables = NO_TABLE,
			.span = EMPTY_SPAN,
		};
	}
}

/* @wanted shadows, but no more than a pool can have. */
static size_t limit_count(const struct hext_shadow_config *c, size_t wanted, bool tagged)
{
	if (wanted > HEXT_SHADOW_MAX)
		wanted = HEXT_SHADOW_MAX;
	return tagged && wanted > c->vmid_count ? c->vmid_count : wanted;
}

/*
 * The number of shadows that have a root from the start; 0 if the memory is too small. *@max
 * becomes the number of shadows of the pool.
 */
static uint32_t shadow_count(const struct hext_shadow_config *c, size_t pages, bool tagged,
			     uint32_t *max)
{
	size_t least = c->harts * 2;
	size_t count = limit_count(c, c->shadows > least ? c->shadows : least, tagged);

	for (; count >= least; count--) {
		*max = limit_count(c, c->shadows_max, tagged);
		if (*max < count)
			*max = count;
		if (tables_in(pages, count, *max) >= HEXT_SHADOW_LEAST_TABLES)
			return count;
	}
	return 0;
}

bool hext_shadow_init(struct hext_shadow_pool *pool, const struct hext_shadow_config *config)
{
	size_t skip = -(config->base.addr / PAGE_SIZE) % GSTAGE_ROOT_PAGES;
	uint8_t *roots = (uint8_t *)config->memory + skip * PAGE_SIZE;
	bool tagged = config->vmid_count >= config->harts * 2;
	size_t pages, info;
	uint32_t count, max;

	assert(!((uintptr_t)config->memory % PAGE_SIZE));
	assert(!(config->base.addr % PAGE_SIZE));
	if (!config->harts || config->harts > HEXT_SHADOW_HARTS || config->pages <= skip)
		return false;
	pages = config->pages - skip;
	count = shadow_count(config, pages, tagged, &max);
	if (!count)
		return false;

	*pool = (struct hext_shadow_pool){
		.vmid_tagged = tagged,
		.count = max,
		.free = NO_TABLE,
		.cfg = config->hext,
		.quiesce = config->quiesce,
		.looks_max = HEXT_SHADOW_LOOKS,
		.turn_after = HEXT_SHADOW_TURN_AFTER,
		.turn_refusals = HEXT_SHADOW_TURN_REFUSALS,
		.table_least = HEXT_SHADOW_LEAST_TABLES,
		.harts = config->harts,
	};
	pool->roots_hpa = hpa(config->base.addr + skip * PAGE_SIZE);
	pool->table_total = tables_in(pages, count, max);
	pool->keeps_two = count >= config->harts * 3;
	pool->shadow = (struct hext_shadow *)(roots + (size_t)count * GSTAGE_ROOT_SIZE);
	pool->info = (struct hext_table_info *)(pool->shadow + max);
	info = info_pages(max, pool->table_total) * PAGE_SIZE + (size_t)count * GSTAGE_ROOT_SIZE;
	pool->tables = roots + info;
	pool->tables_hpa = hpa(pool->roots_hpa.addr + info);
	init_shadows(pool, roots, count, config);
	shadow_keys_init(pool);
	pool->free_count = pool->table_total;
	return true;
}

/* ---- lookup ---- */

/* Unbind @hart from its shadows, but for @keep if the pool has enough shadows. */
static void unbind(struct hext_shadow_pool *pool, unsigned int hart, const struct hext_shadow *keep)
{
	struct hext_shadow **bound = pool->bound[hart];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct hext_shadow *s = bound[i];

		if (!s || (s == keep && pool->keeps_two))
			continue;
		bound[i] = NULL;
		if (--s->harts)
			continue;
		if (s->outgrown) {
			shadow_rest_first(pool, s);
			s->stale = true;
		} else {
			shadow_rest(pool, s);
			s->rests_since = pool->reclaimed;
		}
	}
}

/*
 * Returns whether the hart must fence the VMID of @s before it runs under @s: its TLB may have
 * translations from before the last quiesce(), and its walks may see older entries of the root than
 * another hart has stored (priv H "hgatp": a write of hgatp orders nothing).
 */
static bool bind_to(struct hext_shadow_pool *pool, struct hext_shadow *s, unsigned int hart)
{
	struct hext_shadow **bound = pool->bound[hart];
	bool must_fence = !index_set_has(&s->fenced, hart);

	if (bound[0] == s || bound[1] == s)
		return false;
	if (!s->harts++ && s->rests)
		shadow_wake(pool, s);
	s->stale = false;
	bound[bound[0] ? 1 : 0] = s;
	index_set_add(&s->fenced, hart);
	return must_fence;
}

static void fence_here(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
		       unsigned int hart, void *ctx)
{
	struct index_set here;

	index_set_clear(&here, pool->harts);
	index_set_add(&here, hart);
	pool->quiesce(ctx, s->vmid, &here);
}

/*
 * Whether the shadow behind those that have had a key has a root, or gets one now. The root is
 * aligned, so up to 3 pages behind it are lost, once.
 */
static bool give_root(struct hext_shadow_pool *pool)
{
	struct hext_shadow *s = &pool->shadow[pool->key_count];
	uint32_t total;

	if (pool->key_count == pool->count)
		return false;
	if (s->root)
		return true;
	total = pool->table_total - GSTAGE_ROOT_PAGES;
	total -= (pool->tables_hpa.addr / PAGE_SIZE + total) % GSTAGE_ROOT_PAGES;
	if (pool->table_total < pool->table_least + 2 * GSTAGE_ROOT_PAGES || total < pool->unused)
		return false;
	pool->free_count -= pool->table_total - total;
	pool->table_total = total;
	s->root = table_at(pool, total);
	return true;
}

/*
 * Nothing is cleared at boot, so that boot does not take longer on a large machine. Clear the root
 * of @s, which has never had a key.
 */
static void clear_root(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	unsigned int i;

	for (i = 0; i < GSTAGE_ROOT_PTES; i++)
		s->root[i] = 0;
	__atomic_store_n(&pool->key_count, s - pool->shadow + 1, __ATOMIC_RELAXED);
}

struct shadow_mode shadow_narrowest_mode(const struct hext_config *c, uint64_t hgatp, gpa_t gpa)
{
	uint64_t mode, widest = hgatp >> ATP_MODE_SHIFT;
	unsigned int bits;

	for (mode = ATP_MODE_39; mode <= ATP_MODE_57 && !(hgatp >> ATP_MODE_SHIFT); mode++) {
		if (c->hgatp_modes >> mode & 1)
			widest = mode;
	}
	for (mode = ATP_MODE_39; mode <= widest; mode++) {
		bits = pte_span_shift(hext_levels(mode)) + (mode == widest ? 2 : 1);
		if ((c->hgatp_modes >> mode & 1) && !(gpa >> bits))
			return (struct shadow_mode){ mode, bits };
	}
	return (struct shadow_mode){ ATP_MODE_BARE, 0 };
}

/* The hgatp to run L2 with under @s in mode @mode. */
static uint64_t hgatp_of(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
			 unsigned int mode)
{
	/* All memory of the pool is in one piece. */
	const uint64_t *first = pool->shadow[0].root;
	uint64_t root = pool->roots_hpa.addr + 8 * (uint64_t)(s->root - first);

	return (uint64_t)mode << ATP_MODE_SHIFT | (uint64_t)s->vmid << HGATP_VMID_SHIFT |
	       root >> PAGE_SHIFT;
}

static void set_key(struct hext_shadow_pool *pool, struct hext_shadow *s, uint64_t hgatp,
		    struct shadow_mode m)
{
	assert(s->tables == NO_TABLE && s->span.first >= s->span.end);
	assert(m.mode >= ATP_MODE_39 && m.mode <= ATP_MODE_57);
	s->hgatp = hgatp;
	s->outgrown = false;
	s->own_hgatp = hgatp_of(pool, s, m.mode);
	s->gpa_bits = m.gpa_bits;
	s->levels = hext_levels(m.mode);
	shadow_add_key(pool, s);
	shadow_new_generation(s);
}

/*
 * A shadow without a key, which rests. NULL: the lock was free meanwhile, and the caller has to
 * look for the key again.
 */
static struct hext_shadow *find_unused(struct hext_shadow_pool *pool, void *ctx)
{
	struct hext_shadow *s = shadow_first_to_go(pool);

	if (s && !s->used)
		return s;
	if (give_root(pool)) {
		s = &pool->shadow[pool->key_count];
		clear_root(pool, s);
	} else {
		/*
		 * There is one. The pool has two shadows for each hart, and any other hart keeps at
		 * most two: the one to which it is bound and one that it drains. If each hart is
		 * bound to one more, the pool has three for each hart.
		 */
		assert(s);
		shadow_wake(pool, s);
		shadow_remove_key(pool, s);
		shadow_drain(pool, s, ctx);
	}
	shadow_rest_first(pool, s);
	return NULL;
}

/*
 * A shadow with a wider mode can take the place of one that is too narrow. Harts may still run
 * under the narrow one, so fences of L1 reach it until it loses its key. No hart is bound to it
 * again: L2 fences its own TLB for the VMID that it runs with, and so leaves translations for the
 * VMID of an outgrown shadow in the TLB.
 */
static struct hext_shadow *get(struct hext_shadow_pool *pool, struct hext_hart *h,
			       unsigned int hart, const struct hext_shadow *keep, gpa_t gpa)
{
	struct hext_shadow *s, *narrow;
	bool must_fence;

	assert(hart < HEXT_SHADOW_HARTS);
	spin_lock(&pool->lock);
	unbind(pool, hart, keep);
	for (;;) {
		s = narrow = shadow_find(pool, h->hgatp);
		if (s && !(gpa >> s->gpa_bits))
			break;
		s = find_unused(pool, h->ctx);
		if (s) {
			if (narrow)
				narrow->outgrown = true;
			set_key(pool, s, h->hgatp, shadow_narrowest_mode(pool->cfg, h->hgatp, gpa));
			break;
		}
	}
	must_fence = bind_to(pool, s, hart);
	spin_unlock(&pool->lock);
	if (must_fence)
		fence_here(pool, s, hart, h->ctx);
	return s;
}

struct hext_shadow *hext_shadow_get_beside(struct hext_shadow_pool *pool, struct hext_hart *h,
					   unsigned int hart, const struct hext_shadow *keep)
{
	return get(pool, h, hart, keep, 0);
}

struct hext_shadow *hext_shadow_get_wider(struct hext_shadow_pool *pool, struct hext_hart *h,
					  unsigned int hart, gpa_t gpa)
{
	return get(pool, h, hart, NULL, gpa);
}

struct hext_shadow *hext_shadow_get(struct hext_shadow_pool *pool, struct hext_hart *h,
				    unsigned int hart)
{
	return hext_shadow_get_beside(pool, h, hart, NULL);
}

/* ---- for measurements ---- */

/* The length of a list that begins with @first, and ends before it or with NO_TABLE. */
static uint32_t list_length(const struct hext_shadow_pool *pool, uint32_t first)
{
	uint32_t index = first, n = 0;

	while (index != NO_TABLE && n <= pool->table_total && (!n || index != first)) {
		index = pool->info[index].next;
		n++;
	}
	return n;
}

void hext_shadow_use(struct hext_shadow_pool *pool, struct hext_shadow_use *use)
{
	uint32_t i, found;

	*use = (struct hext_shadow_use){ .shadows = pool->count, .tables = pool->table_total };
	spin_lock(&pool->lock);
	/* The function counts along the lists, because the stored counts may be wrong. */
	for (i = 0; i < pool->count; i++) {
		use->shadows_used += pool->shadow[i].used;
		use->tables_used += list_length(pool, pool->shadow[i].tables);
	}
	found = use->tables_used + list_length(pool, pool->free) + pool->table_total -
		pool->unused + pool->draining_count;
	use->tables_lost = pool->table_total - found;
	use->drains = pool->drains;
	use->reclaimed = pool->reclaimed;
	spin_unlock(&pool->lock);
}
