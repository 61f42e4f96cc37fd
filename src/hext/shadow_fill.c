/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling of shadow G-stages after guest-page faults of L2. */
#include "hext/insn.h"
#include "hext/shadow_plain.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"
#include "lib/race.h"

/*
 * How often a fill is tried before L2 resumes without the entry. A try fails if a fence made its
 * walk stale, or if the pool had to reclaim tables.
 */
#define MAX_ATTEMPTS 8

/* A leaf to be installed. */
struct shadow_leaf {
	uint64_t pte;
	unsigned int level;
	unsigned int l1_level; /* the level of the leaf of L1 of which this is a part */
};

static bool allows(const struct hext_gaccess *a, bool r, bool w, bool x)
{
	switch (a->access) {
	case HEXT_READ:
		return r || (a->mxr && x);
	case HEXT_WRITE:
		return w;
	default:
		return x;
	}
}

/* The level of the largest page at @gpa that both stages map as a whole. */
static unsigned int common_level(const struct hext_shadow *s, gpa_t gpa,
				 const struct hext_page *page, const struct hext_host_page *host)
{
	unsigned int level = s->levels - 1;

	if (level > page->level)
		level = page->level;
	if (level > host->level)
		level = host->level;
	/* The offset in the page must be the same in both address spaces. */
	while (level && ((host->hpa.addr ^ gpa) & (pte_span(level) - 1)))
		level--;
	return level;
}

/*
 * The level, for fences, of the leaf of L1 that gave @page. A shadow of L1's Bare has no such leaf,
 * and no table of L1 that could change: the level is that of the shadow leaf, @level.
 */
static unsigned int fence_level(const struct hext_shadow *s, const struct hext_page *page,
				unsigned int level)
{
	if (s->hgatp >> ATP_MODE_SHIFT == ATP_MODE_BARE)
		return level;
	/* A leaf of 64 KiB counts as one of 2 MiB. */
	return page->napot ? 1 : page->level;
}

static inline bool host_page(const struct hext_hart *h, const struct hext_page *page,
			     struct hext_host_page *host)
{
	uint64_t offset = page->pa.addr - h->cfg->ram_start;

	/* For a page of 4 KiB the size of the domain's page does not matter. */
	if (page->level || offset >= h->cfg->ram_size)
		return h->ops->host_page(h->ctx, page->pa, host);
	*host = (struct hext_host_page){
		.hpa = hpa(h->cfg->ram_hpa.addr + offset),
		.r = true,
		.w = true,
		.x = true,
	};
	return true;
}

/*
 * Make the shadow leaf for @gpa from L1's leaf @page. False: the domain has no memory there that
 * allows @access, or the shadow is not for addresses like @gpa.
 */
static bool compose(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
		    const struct hext_hart *h, gpa_t gpa, const struct hext_gaccess *access,
		    const struct hext_page *page, struct shadow_leaf *leaf)
{
	struct hext_host_page host;
	unsigned int larger;
	uint64_t addr;
	bool r, w, x;

	if (gpa >> s->gpa_bits)
		return false;
	if (!host_page(h, page, &host))
		return false;
	r = page->r && host.r;
	w = page->w && host.w && r;
	x = page->x && host.x;
	if (!allows(access, r, w, x))
		return false;

	leaf->level = common_level(s, gpa, page, &host);
	leaf->l1_level = fence_level(s, page, leaf->level);
	larger = leaf->l1_level - leaf->level;
	if (larger > RSW_MORE)
		larger = RSW_MORE;
	addr = host.hpa.addr & ~(pte_span(leaf->level) - 1);
	/* page->w includes L1's D: if L1 has to set D, the first store faults. */
	leaf->pte = pte_make(addr, PTE_V | PTE_U | PTE_A) | (r ? PTE_R : 0) |
		    (w ? PTE_W | PTE_D : 0) | (x ? PTE_X : 0) | (uint64_t)larger << PTE_RSW_SHIFT;
	if (pool->cfg->svpbmt)
		leaf->pte |= (uint64_t)page->pbmt << PTE_PBMT_SHIFT;
	return true;
}

/*
 * The lowest existing table for an address, but not below the level of the leaf to be installed.
 * level minus the level of the leaf is the number of missing tables.
 */
struct place {
	uint64_t *table;
	struct hext_span *span; /* the span of the table */
	unsigned int level;	/* the level of the table */
	bool attached;		/* a table above the address was detached before */
};

/*
 * Find the place for a leaf of @leaf_level at @gpa, and attach the tables above it. @page is L1's
 * leaf for @gpa, from a walk since the last fence (shadow_attach()). @waits: it is the turn of
 * another hart, so a candidate is not attached, and counts as missing.
 */
static struct place find_place(struct hext_shadow_pool *pool, struct hext_shadow *s, bool waits,
			       gpa_t gpa, unsigned int leaf_level, const struct hext_page *page)
{
	struct place p = { .table = s->root, .span = &s->span, .level = s->levels - 1 };
	unsigned int shift = pte_span_shift(p.level);
	uint64_t index = gpa >> shift & (GSTAGE_ROOT_PTES - 1);
	uint32_t below;
	uint64_t pte;

	if (!leaf_level && s->last_table && gpa >> pte_span_shift(1) == s->last_2m)
		return (struct place){ .table = s->last_table, .span = s->last_span };
	for (; p.level > leaf_level; p.level--) {
		pte = load_pte(&p.table[index]);
		if (!has_table(pte))
			break;
		below = table_index(pool, pte);
		if (is_detached(pte)) {
			if (pool->info[below].candidate && waits)
				break;
			shadow_attach(pool, &p.table[index], p.level - 1, page);
			p.attached = true;
		}
		p.table = table_at(pool, below);
		p.span = &pool->info[below].span;
		shift -= PTE_INDEX_BITS;
		index = gpa >> shift & (PTES_PER_PAGE - 1);
	}
	if (!p.level) {
		s->last_table = p.table;
		s->last_span = p.span;
		s->last_2m = gpa >> pte_span_shift(1);
	}
	return p;
}

/*
 * A leaf replaces the table @index of @s. Hardware may keep a pointer to the table, because a fence
 * that names an address need not remove pointers. So the page stays with the shadow until it is
 * reclaimed. It stays empty, because fences of ranges do not find it. But to clear all tables below
 * a large leaf would take long: they keep their entries, and meanwhile each fence of @s covers all
 * addresses, which removes the pointers.
 */
static void replace_table(struct hext_shadow_pool *pool, struct hext_shadow *s, uint32_t index)
{
	struct hext_table_info *info = &pool->info[index];
	uint64_t *table = table_at(pool, index);
	unsigned int i;

	assert(index < pool->table_total);
	shadow_unlink_table(pool, index);
	if (info->children || info->span.end > pool->looks_max) {
		info->replaced = true;
		s->replaced++;
		return;
	}
	for (i = info->span.first; i < info->span.end; i++)
		store_pte(&table[i], 0);
	info->span = EMPTY_SPAN;
}

static void raise_level(uint8_t *part_of, unsigned int level)
{
	if (*part_of < level)
		*part_of = level;
}

/*
 * Note in all tables for @gpa, from the root to that of @leaf_level, that they hold a part of a
 * leaf of L1 of @l1_level.
 */
static void raise_levels(struct hext_shadow_pool *pool, struct hext_shadow *s, gpa_t gpa,
			 unsigned int leaf_level, unsigned int l1_level)
{
	const uint64_t *table = s->root;
	unsigned int level;
	uint32_t index;

	raise_level(&s->root_part_of, l1_level);
	for (level = s->levels - 1; level > leaf_level; level--) {
		index = table_index(pool, load_pte(&table[pte_index(s, gpa, level)]));
		raise_level(&pool->info[index].part_of, l1_level);
		table = table_at(pool, index);
	}
}

/*
 * Install @leaf at @gpa, from @p on; *@p becomes the place of the leaf. The caller holds the lock,
 * and the pool has enough free pages. Returns the fence that is needed.
 */
static enum hext_shadow_flush install(struct hext_shadow_pool *pool, struct hext_shadow *s,
				      gpa_t gpa, const struct shadow_leaf *leaf, struct place *p)
{
	enum hext_shadow_flush flush = HEXT_SHADOW_FLUSH_NONE;
	uint64_t *entry, old;
	unsigned int at;
	uint32_t index;

	for (; p->level > leaf->level; p->level--) {
		at = pte_index(s, gpa, p->level);
		entry = &p->table[at];
		old = load_pte(entry);
		index = shadow_take_table(pool, s, p->table, at);
		store_pte(entry, pointer_to(pool, index));
		span_add(p->span, at);
		if (old)
			flush = HEXT_SHADOW_FLUSH_VMID;
		p->table = table_at(pool, index);
		p->span = &pool->info[index].span;
	}
	/* Without a part of a larger leaf, l1_level is not above the level of any table. */
	if (leaf->l1_level > leaf->level) {
		s->fragmented = true;
		raise_levels(pool, s, gpa, leaf->level, leaf->l1_level);
	}
	at = pte_index(s, gpa, p->level);
	entry = &p->table[at];
	old = load_pte(entry);
	store_pte(entry, leaf->pte);
	span_add(p->span, at);
	if (has_table(old)) {
		replace_table(pool, s, table_index(pool, old));
		s->last_table = NULL;
		return HEXT_SHADOW_FLUSH_VMID;
	}
	/* The entry that was there is visible to walks only now, if its table was detached. */
	if (old == leaf->pte)
		return p->attached ? flush : HEXT_SHADOW_FLUSH_VMID;
	return old ? HEXT_SHADOW_FLUSH_GPA : flush;
}

/* ---- fault-around ---- */

/*
 * A fault on an address that L1 maps is often the first of many: under a new shadow, or after a
 * fence. So Halite also installs, for the same access, the pages of 4 KiB that L1 maps next to it,
 * up to AROUND pages with the page itself. Halite reads all of these leaves of L1 after it has read
 * the generation, so a fence makes all of them stale together.
 */
#define AROUND 16u /* a power of two, at most GROUP */

struct around {
	unsigned int count;
	uint64_t pte[AROUND]; /* the leaves; 0 means none */
};

/* No leaf of a shadow: a table below it is detached. */
#define NOT_PLAIN PTE_DETACHED

/*
 * Whether L1's table most likely has no valid entry for the pages beside @page: four of them, one
 * of each distance, tell. Then nothing is gained by a look at each. False, too, if the table is not
 * in the piece of RAM that is read without a call.
 */
static bool is_alone(const struct hext_config *c, const struct hext_page *page)
{
	uint64_t offset = (page->pte.addr & ~(AROUND * 8 - 1)) - c->ram_start;
	unsigned int own = page->pte.addr / 8 % AROUND;
	const volatile uint64_t *pte;

	if (offset >= c->ram_size)
		return false;
	pte = (const volatile uint64_t *)(c->ram + offset);
	return !((pte[own ^ 1] | pte[own ^ 2] | pte[own ^ 4] | pte[own ^ 8]) & PTE_V);
}

/* The leaf for @gpa, beside that of @page, for the same access; 0 if there is none. */
static __attribute__((noinline)) uint64_t compose_beside(const struct hext_shadow_pool *pool,
							 const struct hext_shadow *s,
							 const struct hext_hart *h, gpa_t gpa,
							 const struct hext_gaccess *access,
							 const struct hext_page *page)
{
	struct hext_page beside;
	struct shadow_leaf leaf;

	return hext_walk_beside(h, page, gpa, &beside) &&
			       compose(pool, s, h, gpa, access, &beside, &leaf)
		       ? leaf.pte
		       : 0;
}

/*
 * What compose_beside() would make, without a call, of L1's entry at @where. NOT_PLAIN: the entry
 * is not plain, and compose_beside() has to tell. Most neighbours are plain, or not valid.
 */
static inline uint64_t plain_beside(const struct hext_config *c, uint64_t where)
{
	uint64_t pte, offset;

	if (!hext_ram_pte(c, where, &pte))
		return NOT_PLAIN;
	if (!(pte & PTE_V))
		return 0;
	offset = pte_addr(pte) - c->ram_start;
	if ((pte & ~(PTE_PPN | PTE_RSW | PTE_G)) != HEXT_SHADOW_PLAIN_LEAF || offset >= c->ram_size)
		return NOT_PLAIN;
	return pte_make(c->ram_hpa.addr + offset, HEXT_SHADOW_PLAIN_LEAF);
}

static void look_around(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
			const struct hext_hart *h, gpa_t gpa, const struct hext_gaccess *access,
			const struct hext_page *page, const struct shadow_leaf *leaf,
			struct around *around)
{
	gpa_t first = gpa & ~(AROUND * PAGE_SIZE - 1);
	uint64_t l1s = page->pte.addr & ~(AROUND * 8 - 1);
	unsigned int i;

	around->count = 0;
	if (leaf->level || leaf->l1_level || !hext_levels(s->hgatp >> ATP_MODE_SHIFT) ||
	    is_alone(h->cfg, page))
		return;
	for (i = 0; i < AROUND; i++) {
		around->pte[i] = plain_beside(h->cfg, l1s + 8 * i);
		if (around->pte[i] == NOT_PLAIN)
			around->pte[i] =
				compose_beside(pool, s, h, first + i * PAGE_SIZE, access, page);
	}
	around->count = AROUND;
}

/*
 * Install @around from index @first of the table @p on, except where the table has an entry
 * already: to replace one would need a fence. The entries are of one group of the span.
 */
static void install_group(const struct place *p, unsigned int first, const struct around *around)
{
	unsigned int i, lowest = AROUND, highest = 0;

	for (i = 0; i < around->count; i++) {
		if (!around->pte[i] || load_pte(&p->table[first + i]))
			continue;
		store_pte(&p->table[first + i], around->pte[i]);
		if (lowest == AROUND)
			lowest = i;
		highest = i;
	}
	if (lowest == AROUND)
		return;
	span_add(p->span, first + lowest);
	span_add(p->span, first + highest);
}

/* Install @around. @walk is the walk for the address that faulted, and @page is its result. */
static void install_around(struct hext_shadow_pool *pool, struct hext_shadow *s,
			   const struct hext_hart *h, const struct hext_shadow_missed *walk,
			   const struct hext_page *page, const struct around *around)
{
	struct place p;

	if (!around->count)
		return;
	spin_lock(&s->lock);
	if (s->generation == walk->generation) {
		p = find_place(pool, s, shadow_turn_is_of_other(pool, h), walk->gpa, 0, page);
		if (!p.level)
			install_group(&p, pte_index(s, walk->gpa, 0) & ~(AROUND - 1), around);
	}
	spin_unlock(&s->lock);
}

/* ---- the fault ---- */

static struct hext_gaccess load_access(const struct hext_hart *h)
{
	return (struct hext_gaccess){ .access = HEXT_READ, .mxr = h->s.status & SSTATUS_MXR };
}

/*
 * The access that took @hw, for the check of permissions. An access to a VS-level table is an
 * implicit access. @manages: the access is that of a cache-block management instruction. Such an
 * instruction faults as a store, and is allowed where a load or a store is allowed (CMO "Memory
 * Access Permissions"). That is where a load is allowed, since W without R is reserved.
 */
static struct hext_gaccess access_of(const struct hext_hart *h, const struct hext_trap *hw,
				     bool manages)
{
	if (hw->htinst == HEXT_HTINST_PTE_READ)
		return (struct hext_gaccess){ .access = HEXT_READ };
	if (hw->htinst == HEXT_HTINST_PTE_WRITE)
		return (struct hext_gaccess){ .access = HEXT_WRITE };
	switch (hw->cause) {
	case CAUSE_FETCH_GUEST_PAGE:
		return (struct hext_gaccess){ .access = HEXT_EXEC };
	case CAUSE_LOAD_GUEST_PAGE:
		return load_access(h);
	default:
		return manages ? load_access(h) : (struct hext_gaccess){ .access = HEXT_WRITE };
	}
}

/*
 * The guest physical address of @hw. Its lowest two bits are not in htval: they are those of the
 * virtual address, or 0 if the access was to a VS-level table.
 */
static gpa_t gpa_of(const struct hext_trap *hw)
{
	return hw->htval << 2 | (hext_insn_is_pseudo(hw->htinst) ? 0 : hw->tval & 3);
}

/*
 * FILL_ATTACHED: a table was attached, which most likely has the pages around the address.
 * FILL_NO_TABLE: a table is missing.
 */
enum fill { FILL_DONE, FILL_ATTACHED, FILL_AGAIN, FILL_NO_TABLE, FILL_GIVE_UP };

/*
 * As try_install(), but no table is reclaimed. The caller holds the lock of @s,
 * and if *@pooled that of the pool. On return it holds them, too, and *@pooled may have become true
 * because a table is missing.
 */
static inline enum fill install_locked(struct hext_shadow_pool *pool, struct hext_shadow *s,
				       const struct hext_shadow_missed *walk,
				       const struct hext_page *page, const struct shadow_leaf *leaf,
				       const struct hext_hart *h, bool *pooled,
				       enum hext_shadow_flush *flush)
{
	struct place p;
	bool waits;

	for (;;) {
		/*
		 * The turn may end at any moment. It is read once, because a new table may not take
		 * the place of a candidate.
		 */
		waits = shadow_turn_is_of_other(pool, h);
		if (s->generation != walk->generation)
			return FILL_AGAIN;
		p = find_place(pool, s, waits, walk->gpa, leaf->level, page);
		if (p.level == leaf->level || *pooled)
			break;
		*pooled = true;
		if (spin_trylock(&pool->lock))
			break;
		/* The lock of the pool comes first. What was found may not hold any more. */
		spin_unlock(&s->lock);
		spin_lock(&pool->lock);
		spin_lock(&s->lock);
	}
	RACE_POINT();
	if (p.level > leaf->level && (waits || p.level - leaf->level > pool->free_count))
		return FILL_NO_TABLE;
	/* L2 has not missed what is there already: no fence. */
	if (walk->access.ahead && load_pte(&p.table[pte_index(s, walk->gpa, p.level)]) == leaf->pte)
		return FILL_DONE;
	*flush = install(pool, s, walk->gpa, leaf, &p);
	return p.attached ? FILL_ATTACHED : FILL_DONE;
}

/*
 * Install @leaf, which comes from @page, unless a fence has made @walk stale, the walk for it.
 * Where the tables for it are there, the function takes the lock of @s alone, so the harts of other
 * shadows are not held up. @reclaims: if a table is missing, and none is free, reclaim some.
 */
static enum fill try_install(struct hext_shadow_pool *pool, struct hext_shadow *s,
			     const struct hext_shadow_missed *walk, const struct hext_page *page,
			     const struct shadow_leaf *leaf, struct hext_hart *h, bool reclaims,
			     enum hext_shadow_flush *flush)
{
	bool pooled = false;
	enum fill outcome;

	spin_lock(&s->lock);
	outcome = install_locked(pool, s, walk, page, leaf, h, &pooled, flush);
	spin_unlock(&s->lock);
	if (outcome == FILL_NO_TABLE && reclaims)
		outcome = shadow_reclaim(pool, s, h, walk->gpa) ? FILL_AGAIN : FILL_GIVE_UP;
	if (pooled)
		spin_unlock(&pool->lock);
	if ((outcome == FILL_DONE || outcome == FILL_ATTACHED) && shadow_turn_is_of(pool, h))
		shadow_turn_filled(pool, h);
	return outcome;
}

/* Walk L1's tables for @walk, which gets the generation from before the walk. */
static inline enum hext_walk_status walk_tables(const struct hext_shadow *s,
						const struct hext_hart *h,
						struct hext_shadow_missed *walk,
						struct hext_page *page)
{
	enum hext_walk_status status;

	walk->generation = generation_of(s);
	walk->at = HEXT_WALK_ROOT;
	status = hext_walk_gstage_at(h, h->hgatp, walk->gpa, &walk->access, &walk->at, page);
	/* If the walk ended before it read a PTE, there is no position to go on from. */
	walk->shadow = walk->at.level == HEXT_WALK_ROOT.level ? NULL : s;
	return status;
}

/* Give the exception that a hart with L1's hgatp raises for a walk with @status. */
static enum hext_shadow_outcome give_trap(const struct hext_hart *h, const struct hext_trap *hw,
					  enum hext_walk_status status,
					  struct hext_shadow_result *result,
					  struct hext_shadow_missed *walk)
{
	walk->hgatp = h->hgatp;
	result->trap = *hw;
	result->trap.htval = walk->gpa >> 2;
	if (status == HEXT_WALK_ACCESS_FAULT) {
		result->trap.cause = hext_access_fault(hw->cause);
		result->trap.htval = 0;
		/* An access fault has no pseudoinstruction in htinst. */
		if (hext_insn_is_pseudo(hw->htinst))
			result->trap.htinst = 0;
	}
	return HEXT_SHADOW_TRAP;
}

/*
 * Whether another shadow with a wider mode can have @gpa, which @s is not for. With Bare, L1 may
 * have more addresses than any mode.
 */
static bool can_widen(const struct hext_shadow_pool *pool, const struct hext_shadow *s, gpa_t gpa)
{
	return gpa >> s->gpa_bits &&
	       shadow_narrowest_mode(pool->cfg, s->hgatp, gpa).mode != ATP_MODE_BARE;
}

/* Fill the shadow for @page, the result of a walk of L1's tables that allows the access. */
static __attribute__((noinline)) enum hext_shadow_outcome
fill(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
     const struct hext_trap *hw, struct hext_page *page, struct hext_shadow_result *result,
     struct hext_shadow_missed *walk)
{
	enum hext_walk_status status;
	struct shadow_leaf leaf;
	struct around around;
	unsigned int attempt;
	enum fill outcome;

	for (attempt = 1;; attempt++) {
		if (!compose(pool, s, h, walk->gpa, &walk->access, page, &leaf)) {
			result->pa = page->pa;
			return can_widen(pool, s, walk->gpa) ? HEXT_SHADOW_WIDEN
							     : HEXT_SHADOW_EMULATE;
		}
		outcome = try_install(pool, s, walk, page, &leaf, h, true, &result->flush);
		if (outcome == FILL_DONE) {
			look_around(pool, s, h, walk->gpa, &walk->access, page, &leaf, &around);
			install_around(pool, s, h, walk, page, &around);
		}
		if (outcome != FILL_AGAIN || attempt == MAX_ATTEMPTS)
			return HEXT_SHADOW_RESUME;
		status = walk_tables(s, h, walk, page);
		if (status != HEXT_WALK_OK)
			return give_trap(h, hw, status, result, walk);
	}
}

enum hext_shadow_outcome hext_shadow_fault(struct hext_shadow_pool *pool, struct hext_shadow *s,
					   struct hext_hart *h, const struct hext_trap *hw,
					   bool manages, struct hext_shadow_result *result,
					   struct hext_shadow_missed *walk)
{
	enum hext_walk_status status;
	struct hext_page page;

	walk->hgatp = 0;
	walk->gpa = gpa_of(hw);
	walk->access = access_of(h, hw, manages);
	result->flush = HEXT_SHADOW_FLUSH_NONE;
	result->gpa = walk->gpa;
	status = walk_tables(s, h, walk, &page);
	if (status != HEXT_WALK_OK)
		return give_trap(h, hw, status, result, walk);
	return fill(pool, s, h, hw, &page, result, walk);
}

bool shadow_fill_beside(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
			const struct hext_shadow_missed *walk, const struct hext_page *page)
{
	uint64_t offset = page->pa.addr - h->cfg->ram_start;
	const struct shadow_leaf leaf = {
		.pte = pte_make(h->cfg->ram_hpa.addr + offset, HEXT_SHADOW_PLAIN_LEAF),
	};
	enum hext_shadow_flush flush = HEXT_SHADOW_FLUSH_NONE;
	struct around around;
	enum fill outcome;

	if (walk->gpa >> s->gpa_bits || offset >= h->cfg->ram_size)
		return false;
	outcome = try_install(pool, s, walk, page, &leaf, h, false, &flush);
	if (outcome == FILL_DONE) {
		look_around(pool, s, h, walk->gpa, &walk->access, page, &leaf, &around);
		install_around(pool, s, h, walk, page, &around);
	}
	return (outcome == FILL_DONE || outcome == FILL_ATTACHED) &&
	       flush == HEXT_SHADOW_FLUSH_NONE;
}

static __attribute__((noinline)) enum hext_shadow_flush
fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
	   const struct hext_shadow_missed *missed)
{
	enum hext_shadow_flush flush = HEXT_SHADOW_FLUSH_NONE;
	struct hext_shadow_missed walk = *missed;
	struct shadow_leaf leaf;
	struct hext_page page;

	walk.generation = generation_of(s);
	walk.access.ahead = true;
	if (missed->shadow != s || missed->generation != walk.generation)
		walk.at = HEXT_WALK_ROOT;
	if (hext_walk_gstage_at(h, h->hgatp, walk.gpa, &walk.access, &walk.at, &page) !=
		    HEXT_WALK_OK ||
	    !compose(pool, s, h, walk.gpa, &walk.access, &page, &leaf))
		return flush;
	try_install(pool, s, &walk, &page, &leaf, h, false, &flush);
	return flush;
}

enum hext_shadow_flush hext_shadow_fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s,
					      struct hext_hart *h,
					      const struct hext_shadow_missed *missed)
{
	return hext_shadow_fill_plainly(s, h, missed) ? HEXT_SHADOW_FLUSH_NONE
						      : fill_ahead(pool, s, h, missed);
}
