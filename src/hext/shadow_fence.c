/* SPDX-License-Identifier: BSD-2-Clause */
/* Fences of L1: removal of the entries that they name from the shadow G-stages. */
#include "hext/shadow_keys.h"
#include "hext/shadow_tables.h"

/* The addresses from first to last, both included. */
struct range {
	gpa_t first, last;
};

/* The last address of the page of @level that holds @gpa. A page of level 5 is everything. */
static gpa_t page_end(gpa_t gpa, unsigned int level)
{
	return level > 4 ? UINT64_MAX : gpa | (pte_span(level) - 1);
}

static gpa_t page_start(gpa_t gpa, unsigned int level)
{
	return level > 4 ? 0 : gpa & ~(pte_span(level) - 1);
}

/* Whether the leaf of L1, of which the shadow leaf @pte at @gpa is a part, has an address in @r. */
static bool stems_from(uint64_t pte, gpa_t gpa, unsigned int level, const struct range *r)
{
	unsigned int larger = (pte & PTE_RSW) >> PTE_RSW_SHIFT;
	/* RSW_MORE means three or more levels, so the leaf of L1 may be of any size. */
	unsigned int l1_level = larger == RSW_MORE ? 5 : level + larger;

	return page_start(gpa, l1_level) <= r->last && page_end(gpa, l1_level) >= r->first;
}

/*
 * Work under the lock of the pool: how many more entries, or shadows, may be looked at. This bounds
 * the time for which other harts wait.
 */
struct work {
	uint32_t left;
	bool too_much;
};

/* Whether @count entries may be looked at. */
static bool may_look(struct work *w, uint64_t count)
{
	if (count > w->left)
		w->too_much = true;
	else
		w->left -= count;
	return !w->too_much;
}

/*
 * Remove from @table the entries that stem from leaves of L1 with an address in @r. @table is of
 * @level and is for the addresses from @base on. w->too_much: some of these entries are still
 * there.
 */
static void fence_table(struct hext_shadow_pool *pool, uint64_t *table, struct hext_span *span,
			unsigned int entries, unsigned int level, gpa_t base, unsigned int part_of,
			const struct range *r, struct work *w)
{
	/* Parts of a larger leaf of L1 can be outside of the range. */
	unsigned int reach = part_of > level ? part_of : level;
	gpa_t first = page_start(r->first, reach);
	gpa_t last = page_end(r->last, reach);
	unsigned int shift = pte_span_shift(level);
	gpa_t table_last = base + ((uint64_t)entries << shift) - 1;
	uint64_t i, end;
	bool all;

	if (first > table_last || last < base || span->first >= span->end)
		return;
	i = first > base ? (first - base) >> shift : 0;
	end = ((last < table_last ? last : table_last) - base) >> shift;
	all = i <= span->first && end >= span->end - 1u;
	if (i < span->first)
		i = span->first;
	if (end > span->end - 1u)
		end = span->end - 1u;
	if (i > end || !may_look(w, end - i + 1))
		return;
	for (; i <= end; i++) {
		uint64_t pte = load_pte(&table[i]);
		gpa_t gpa = base + (i << shift);
		uint32_t index;

		if (pte_is_leaf(pte)) {
			if (stems_from(pte, gpa, level, r))
				store_pte(&table[i], 0);
			else
				all = false;
		} else if (has_table(pte)) {
			index = table_index(pool, pte);
			fence_table(pool, table_at(pool, index), &pool->info[index].span,
				    PTES_PER_PAGE, level - 1, gpa, pool->info[index].part_of, r, w);
			if (w->too_much)
				return;
			all = false;
		}
	}
	if (all)
		*span = EMPTY_SPAN;
}

/*
 * Detach all tables of @s. The time that this takes does not depend on the number of tables.
 */
static void detach_all(struct hext_shadow *s)
{
	const uint64_t *end = s->root + s->span.end;
	uint64_t *entry, pte;

	/* Few instructions for each entry: a large guest costs hardly more than a small one. */
	for (entry = s->root + s->span.first; entry < end; entry++) {
		pte = load_pte(entry);
		if (pte & PTE_V)
			hide_pte(entry, detached(pte));
	}
	s->last_table = NULL;
}

/*
 * Remove from @s the entries that stem from leaves of L1 with an address in @r, or detach all
 * tables if @r is NULL, or if the range has too many entries. The tables stay in place: hardware
 * may keep pointers to them, because a fence that names an address need not remove pointers, and
 * the fences of L1 are local to a hart. Returns whether the hardware fence must cover all
 * addresses.
 */
static bool fence_shadow(struct hext_shadow_pool *pool, struct hext_shadow *s,
			 const struct range *r, struct work *w)
{
	uint32_t in_root = s->span.first < s->span.end ? s->span.end - s->span.first : 0;

	shadow_new_generation(s);
	/* What detach_all() would have to do is kept in hand. */
	if (may_look(w, in_root / 2) && r) {
		fence_table(pool, s->root, &s->span, GSTAGE_ROOT_PTES, s->levels - 1, 0,
			    s->root_part_of, r, w);
		if (!w->too_much)
			return s->fragmented || s->draining || s->replaced;
	}
	detach_all(s);
	return true;
}

/* The shadows with a key in the mask from shadow @from on. */
static struct hext_shadow_named of_any_vmid(const struct hext_shadow_pool *pool, uint32_t from)
{
	struct hext_shadow_named named = { .next = from + HEXT_SHADOW_AT_ONCE };
	uint32_t i, end = pool->key_count < named.next ? pool->key_count : named.next;

	for (i = from; i < end; i++) {
		if (pool->shadow[i].used)
			named.shadows |= BIT64(i - from);
	}
	return named;
}

/* Those of L1's VMID @vmid. The cost depends on their number, not on that of all shadows. */
static struct hext_shadow_named of_vmid(const struct hext_shadow_pool *pool, uint16_t vmid,
					uint32_t from)
{
	struct hext_shadow_named named = { .next = UINT32_MAX };
	uint16_t i;

	for (i = shadow_first_of_vmid(pool, vmid); i != NO_SHADOW;
	     i = pool->shadow[i].next_of_vmid) {
		if (i < from || hgatp_vmid(pool->shadow[i].hgatp) != vmid)
			continue;
		if (i - from < HEXT_SHADOW_AT_ONCE)
			named.shadows |= BIT64(i - from);
		else if (i < named.next)
			named.next = i;
	}
	return named;
}

static struct hext_shadow_named named_by(const struct hext_shadow_pool *pool, bool all_vmids,
					 uint32_t vmid, uint32_t from)
{
	/* priv H: VMID bits beyond VMIDLEN are ignored. */
	uint64_t mask = BIT64(pool->cfg->vmid_bits) - 1;

	return all_vmids ? of_any_vmid(pool, from) : of_vmid(pool, vmid & mask, from);
}

struct hext_shadow_fenced hext_shadow_fence_gvma(struct hext_shadow_pool *pool,
						 const struct hext_gvma_fence *fence)
{
	struct hext_shadow_fenced fenced = { 0 };
	struct range r = { .first = fence->gpa, .last = UINT64_MAX };
	struct work work = { .left = pool->looks_max };
	struct hext_shadow_named named;
	uint32_t i;

	if (fence->size - 1 <= UINT64_MAX - fence->gpa)
		r.last = fence->gpa + fence->size - 1;
	spin_lock(&pool->lock);
	named = named_by(pool, fence->all_vmids, fence->vmid, fence->from);
	for (i = 0; i < HEXT_SHADOW_AT_ONCE && named.shadows >> i && !work.too_much; i++) {
		struct hext_shadow *s = &pool->shadow[fence->from + i];

		if (!(named.shadows >> i & 1))
			continue;
		/* A shadow has half of the looks at least, so only a long range is detached. */
		if (fenced.shadows && work.left < pool->looks_max / 2)
			break;
		if (fence_shadow(pool, s, fence->all_addresses ? NULL : &r, &work))
			fenced.whole |= BIT64(i);
		fenced.shadows |= BIT64(i);
	}
	fenced.next = i < HEXT_SHADOW_AT_ONCE && named.shadows >> i ? fence->from + i : named.next;
	spin_unlock(&pool->lock);
	return fenced;
}

struct hext_shadow_named hext_shadow_of_vmid(struct hext_shadow_pool *pool, bool all_vmids,
					     uint32_t vmid, uint32_t from)
{
	struct hext_shadow_named named;

	spin_lock(&pool->lock);
	named = named_by(pool, all_vmids, vmid, from);
	spin_unlock(&pool->lock);
	return named;
}
