/* SPDX-License-Identifier: BSD-2-Clause */
/* Fences of L1: removal of the entries that they name from the shadow G-stages. */
#include "hext/shadow_keys.h"
#include "hext/shadow_tables.h"

/*
 * A fence of the addresses from first to last, both included. left and too_much are about the work
 * under the lock of the pool: how many more entries may be looked at. This bounds the time for
 * which other harts wait.
 */
struct fence {
	struct hext_shadow_pool *pool;
	gpa_t first, last;
	uint32_t left;
	bool too_much;
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

/* Whether the leaf of L1, of which the shadow leaf @pte at @gpa is a part, has an address of @f. */
static bool stems_from(uint64_t pte, gpa_t gpa, unsigned int level, const struct fence *f)
{
	unsigned int larger = (pte & PTE_RSW) >> PTE_RSW_SHIFT;
	/* RSW_MORE means three or more levels, so the leaf of L1 may be of any size. */
	unsigned int l1_level = larger == RSW_MORE ? 5 : level + larger;

	return page_start(gpa, l1_level) <= f->last && page_end(gpa, l1_level) >= f->first;
}

/* Whether @count entries may be looked at. */
static bool may_look(struct fence *f, uint64_t count)
{
	f->too_much = count > f->left;
	f->left -= f->too_much ? f->left : count;
	return !f->too_much;
}

static void fence_entries(struct fence *f, uint64_t *table, struct hext_span *span,
			  unsigned int level, gpa_t base, uint64_t i, uint64_t end);

/*
 * Remove from @table the entries that stem from leaves of L1 with an address of @f. @table is of
 * @level and is for the addresses from @base on. @part_of: hext_table_info.part_of.
 * f->too_much: some of these entries are still there. The function is a part of its callers,
 * because most shadows that a fence names have nothing in its range.
 */
static inline __attribute__((always_inline)) void fence_table(struct fence *f, uint64_t *table,
							      struct hext_span *span,
							      unsigned int level, gpa_t base,
							      unsigned int part_of)
{
	/* Parts of a larger leaf of L1 can be outside of the range. */
	unsigned int reach = part_of > level ? part_of : level;
	unsigned int shift = pte_span_shift(level);
	gpa_t first = page_start(f->first, reach);
	gpa_t last = page_end(f->last, reach);
	uint64_t i, end;

	if (last < base || span->first >= span->end)
		return;
	i = first > base ? (first - base) >> shift : 0;
	end = (last - base) >> shift;
	if (i < span->first)
		i = span->first;
	if (end >= span->end)
		end = span->end - 1;
	if (i <= end)
		fence_entries(f, table, span, level, base, i, end);
}

/* As fence_table(), for the entries @i to @end, which are those in the range of @f. */
static void fence_entries(struct fence *f, uint64_t *table, struct hext_span *span,
			  unsigned int level, gpa_t base, uint64_t i, uint64_t end)
{
	struct hext_shadow_pool *pool = f->pool;
	bool all = i == span->first && end + 1 == span->end;

	if (!may_look(f, end - i + 1))
		return;
	for (; i <= end; i++) {
		uint64_t pte = load_pte(&table[i]);
		gpa_t gpa = base + (i << pte_span_shift(level));
		struct hext_table_info *below;

		if (pte_is_leaf(pte)) {
			if (stems_from(pte, gpa, level, f))
				store_pte(&table[i], 0);
			else
				all = false;
		} else if (has_table(pte)) {
			below = &pool->info[table_index(pool, pte)];
			fence_table(f, table_at(pool, table_index(pool, pte)), &below->span,
				    level - 1, gpa, below->part_of);
			if (f->too_much)
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
 * Remove from @s the entries that stem from leaves of L1 with an address of @f, or detach all
 * tables if @whole, or if the range has too many entries. The tables stay in place: hardware
 * may keep pointers to them, because a fence that names an address need not remove pointers, and
 * the fences of L1 are local to a hart. Returns whether the hardware fence must cover all
 * addresses.
 */
static bool fence_shadow(struct fence *f, struct hext_shadow *s, bool whole)
{
	uint32_t in_root = s->span.first < s->span.end ? s->span.end - s->span.first : 0;

	shadow_new_generation(s);
	/* What detach_all() would have to do is kept in hand. */
	if (may_look(f, in_root / 2 + HEXT_SHADOW_LOOKS_OF) && !whole) {
		fence_table(f, s->root, &s->span, s->levels - 1, 0, s->root_part_of);
		if (!f->too_much)
			return s->fragmented || s->draining || s->replaced;
	}
	detach_all(s);
	return true;
}

/* The shadows with keys whose L1's hgatp has the bits of vmid in mask: one VMID, or all. */
struct named {
	uint64_t vmid, mask;
};

/* priv H: VMID bits beyond VMIDLEN are ignored. */
static inline struct named named_by(const struct hext_shadow_pool *pool, bool all_vmids,
				    uint64_t vmid)
{
	uint64_t mask = BIT64(pool->cfg->vmid_bits) - 1;

	if (all_vmids)
		return (struct named){ 0 };
	return (struct named){ (vmid & mask) << HGATP_VMID_SHIFT, HGATP_VMID };
}

static inline bool is_named(const struct hext_shadow *s, struct named n)
{
	return s->used && (s->hgatp & n.mask) == n.vmid;
}

/*
 * The shadows that may be named by @n are first_of(pool, n, from), for those from number @from on,
 * next_of() this one, and so on, in the order of their numbers. NO_SHADOW is the end.
 */
static inline uint32_t first_of(const struct hext_shadow_pool *pool, struct named n, uint32_t from)
{
	if (n.mask)
		return shadow_first_of_vmid(pool, n.vmid >> HGATP_VMID_SHIFT, from);
	return from < pool->key_count ? from : NO_SHADOW;
}

static inline uint32_t next_of(const struct hext_shadow_pool *pool, struct named n, uint32_t i)
{
	if (n.mask)
		return pool->shadow[i].next_of_vmid;
	return i + 1 < pool->key_count ? i + 1 : NO_SHADOW;
}

struct hext_shadow_fenced hext_shadow_fence_gvma(struct hext_shadow_pool *pool,
						 const struct hext_gvma_fence *fence)
{
	struct named named = named_by(pool, fence->all_vmids, fence->vmid);
	struct hext_shadow_fenced fenced = { 0 };
	uint32_t i, from = fence->from;
	struct fence f = {
		.pool = pool,
		.first = fence->gpa,
		.last = UINT64_MAX,
		.left = pool->looks_max,
	};

	if (fence->size - 1 <= UINT64_MAX - fence->gpa)
		f.last = fence->gpa + fence->size - 1;
	spin_lock(&pool->lock);
	for (i = first_of(pool, named, from); i != NO_SHADOW && i - from < HEXT_SHADOW_AT_ONCE;
	     i = next_of(pool, named, i)) {
		if (!is_named(&pool->shadow[i], named))
			continue;
		/* A shadow has half of the looks at least, so only a long range is detached. */
		if (fenced.shadows && (f.too_much || f.left < pool->looks_max / 2))
			break;
		spin_lock(&pool->shadow[i].lock);
		if (fence_shadow(&f, &pool->shadow[i], fence->all_addresses))
			fenced.whole |= BIT64(i - from);
		spin_unlock(&pool->shadow[i].lock);
		fenced.shadows |= BIT64(i - from);
		fenced.count++;
	}
	fenced.next = i;
	fenced.looks = pool->looks_max - f.left;
	spin_unlock(&pool->lock);
	return fenced;
}

unsigned int hext_shadow_of_vmid(struct hext_shadow_pool *pool, bool all_vmids, uint16_t vmid,
				 uint32_t *from, uint64_t hgatp[HEXT_SHADOW_AT_ONCE])
{
	struct named named = named_by(pool, all_vmids, vmid);
	unsigned int count = 0;
	uint32_t i;

	spin_lock(&pool->lock);
	for (i = first_of(pool, named, *from); i != NO_SHADOW && count < HEXT_SHADOW_AT_ONCE;
	     i = next_of(pool, named, i)) {
		if (is_named(&pool->shadow[i], named))
			hgatp[count++] = hext_shadow_hgatp(&pool->shadow[i]);
	}
	*from = i;
	spin_unlock(&pool->lock);
	return count;
}
