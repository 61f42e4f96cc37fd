/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling shadow G-stages: what a guest-page fault of L2 leads to. */
#include "hext/insn.h"
#include "hext/shadow_plain.h"
#include "hext/shadow_tables.h"
#include "lib/assert.h"

/* Walks of L1's tables that a fence outdates, or evictions to make room, before L2 is left to try again. */
#define MAX_ATTEMPTS 8

/* A leaf to be installed. */
struct shadow_leaf {
	uint64_t pte;
	unsigned int level;
	unsigned int l1_level; /* of the leaf that it is a part of */
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

/* The largest page at @gpa that both stages have whole. */
static unsigned int common_level(const struct hext_shadow *s, gpa_t gpa,
				 const struct hext_page *page, const struct hext_host_page *host)
{
	unsigned int level = s->levels - 1;

	if (level > page->level)
		level = page->level;
	if (level > host->level)
		level = host->level;
	/* The offset in the page has to be the same in both spaces. */
	while (level && ((host->hpa.addr ^ gpa) & (BIT64(hext_level_shift(level)) - 1)))
		level--;
	return level;
}

/* The level of the leaf of L1 that @page is from, as far as fences are concerned. */
static unsigned int fence_level(const struct hext_shadow *s, const struct hext_page *page,
				unsigned int level)
{
	if (s->hgatp >> ATP_MODE_SHIFT == ATP_MODE_BARE)
		return level; /* there is no table that could change */
	/* 64 KiB count as 2 MiB. */
	return page->napot ? 1 : page->level;
}

static inline bool host_page(const struct hext_hart *h, const struct hext_page *page,
			     struct hext_host_page *host)
{
	uint64_t offset = page->pa.addr - h->cfg->ram_start;

	/* For a small page it is no matter how large the domain's is. */
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
 * Put the leaf together that maps @gpa. False: the domain does not have that, or not for @access.
 */
static bool compose(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
		    const struct hext_hart *h, gpa_t gpa, const struct hext_gaccess *access,
		    const struct hext_page *page, struct shadow_leaf *leaf)
{
	struct hext_host_page host;
	unsigned int larger;
	uint64_t addr;
	bool r, w, x;

	/* L1's Bare reaches further than the shadow. */
	if (gpa >> (hext_level_shift(s->levels) + 2))
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
	addr = host.hpa.addr & ~(BIT64(hext_level_shift(leaf->level)) - 1);
	/* page->w has L1's D in it, so that the first store faults where D is for L1 to set. */
	leaf->pte = pte_to(hpa(addr)) | PTE_V | PTE_U | PTE_A | (r ? PTE_R : 0) |
		    (w ? PTE_W | PTE_D : 0) | (x ? PTE_X : 0) | (uint64_t)larger << PTE_RSW_SHIFT;
	if (pool->cfg->svpbmt)
		leaf->pte |= (uint64_t)page->pbmt << PTE_PBMT_SHIFT;
	return true;
}

/* Where the tables for an address end, or those that a leaf of some level needs. */
struct place {
	uint64_t *table;
	struct hext_span *span; /* of the table */
	unsigned int level; /* of the table: as many more are missing as this is above the leaf's */
};

static struct place find_place(const struct hext_shadow_pool *pool, struct hext_shadow *s,
			       gpa_t gpa, unsigned int leaf_level)
{
	struct place p = { .table = s->root, .span = &s->span, .level = s->levels - 1 };
	unsigned int shift = hext_level_shift(p.level);
	uint64_t index = gpa >> shift & (ROOT_ENTRIES - 1);
	uint32_t below;
	uint64_t pte;

	if (!leaf_level && s->last_table && gpa >> hext_level_shift(1) == s->last_2m)
		return (struct place){ .table = s->last_table, .span = s->last_span };
	for (; p.level > leaf_level; p.level--) {
		pte = load_pte(&p.table[index]);
		if (!is_pointer(pte))
			break;
		below = table_index(pool, pte);
		p.table = table_at(pool, below);
		p.span = &pool->info[below].span;
		shift -= 9;
		index = gpa >> shift & (TABLE_ENTRIES - 1);
	}
	if (!p.level) {
		s->last_table = p.table;
		s->last_span = p.span;
		s->last_2m = gpa >> hext_level_shift(1);
	}
	return p;
}

static uint32_t take_table(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	uint32_t index = pool->free;
	uint64_t *table = table_at(pool, index);
	unsigned int i;

	assert(pool->free_count && index < pool->table_total);
	pool->free = pool->info[index].next;
	pool->free_count--;
	for (i = 0; i < TABLE_ENTRIES; i++)
		store_pte(&table[i], 0);
	pool->info[index] = (struct hext_table_info){ .next = s->tables, .span = EMPTY_SPAN };
	s->tables = index;
	s->table_count++;
	return index;
}

/*
 * Clear a table that is about to be replaced by a leaf. Hardware may keep its pointer to it,
 * beyond fences that name addresses: so the page stays with the shadow until that is drained, and
 * stays empty.
 */
static void clear_table(struct hext_shadow_pool *pool, uint32_t index)
{
	struct hext_span *span = &pool->info[index].span;
	uint64_t *table = table_at(pool, index);
	unsigned int i;
	uint64_t pte;

	assert(index < pool->table_total);
	for (i = span->first; i < span->end; i++) {
		pte = load_pte(&table[i]);
		store_pte(&table[i], 0);
		if (is_pointer(pte))
			clear_table(pool, table_index(pool, pte));
	}
	*span = EMPTY_SPAN;
}

static void raise_level(uint8_t *part_of, unsigned int level)
{
	if (*part_of < level)
		*part_of = level;
}

/* All tables on the way to @gpa hold a part of a leaf of L1 of @level. */
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
 * Install @leaf from @p on, for which there are pages enough; the lock is held. @p becomes the place of the leaf. Says what to
 * flush.
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
		index = take_table(pool, s);
		store_pte(entry, pointer_to(pool, index));
		span_add(p->span, at);
		if (old)
			flush = HEXT_SHADOW_FLUSH_VMID;
		p->table = table_at(pool, index);
		p->span = &pool->info[index].span;
	}
	if (leaf->l1_level > leaf->level)
		s->fragmented = true;
	/* No table is of a level below 0, nor of one below its leaves. */
	if (leaf->l1_level)
		raise_levels(pool, s, gpa, leaf->level, leaf->l1_level);
	at = pte_index(s, gpa, p->level);
	entry = &p->table[at];
	old = load_pte(entry);
	store_pte(entry, leaf->pte);
	span_add(p->span, at);
	if (is_pointer(old)) {
		clear_table(pool, table_index(pool, old));
		s->last_table = NULL;
	}
	if (is_pointer(old) || old == leaf->pte)
		return HEXT_SHADOW_FLUSH_VMID;
	return old ? HEXT_SHADOW_FLUSH_GPA : flush;
}

/* ---- fault-around ---- */

/*
 * A fault that L1's table allows is often the first of many: under a new shadow, or after a fence. With a page of 4 KiB, those
 * come along that L1 maps beside it, up to AROUND of them, for the same access. L1's table says so at the same time, so a
 * fence makes all of them stale.
 */
#define AROUND 16u

struct around {
	unsigned int count;
	uint64_t pte[AROUND]; /* 0: not this one */
};

static void look_around(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
			const struct hext_hart *h, gpa_t gpa, const struct hext_gaccess *access,
			const struct hext_page *page, const struct shadow_leaf *leaf,
			struct around *around)
{
	gpa_t first = gpa & ~(AROUND * HEXT_SHADOW_PAGE - 1);
	struct shadow_leaf other;
	struct hext_page beside;
	unsigned int i;

	around->count = 0;
	if (leaf->level || leaf->l1_level || !hext_levels(s->hgatp >> ATP_MODE_SHIFT))
		return;
	for (i = 0; i < AROUND; i++) {
		around->pte[i] = 0;
		if (hext_walk_beside(h, page, first + i * HEXT_SHADOW_PAGE, &beside) &&
		    compose(pool, s, h, first + i * HEXT_SHADOW_PAGE, access, &beside, &other))
			around->pte[i] = other.pte;
	}
	around->count = AROUND;
}

/* Entries that are there stay, as they would take a fence. @p is the place of the one that faulted. */
static void install_around(const struct hext_shadow *s, gpa_t gpa, const struct around *around,
			   const struct place *p)
{
	unsigned int first = pte_index(s, gpa, 0) & ~(AROUND - 1);
	unsigned int i;

	for (i = 0; i < around->count; i++) {
		if (around->pte[i] && !load_pte(&p->table[first + i])) {
			store_pte(&p->table[first + i], around->pte[i]);
			span_add(p->span, first + i);
		}
	}
}

/* ---- the fault ---- */

static struct hext_gaccess load_access(const struct hext_hart *h)
{
	return (struct hext_gaccess){ .access = HEXT_READ, .mxr = h->s.status & SSTATUS_MXR };
}

/*
 * What @hw's access is checked for: an access to a VS-level table is one by itself. @manages: a cache-block management
 * instruction faults as a store, and may go where a load or a store may (CMO "Memory Access Permissions"); that is where a
 * load may, since W without R is reserved.
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

/* The lowest two bits are those of the virtual address, or 0 for a table's address. */
static gpa_t gpa_of(const struct hext_trap *hw)
{
	return hw->htval << 2 | (hext_insn_is_pseudo(hw->htinst) ? 0 : hw->tval & 3);
}

/* L1's G-stage does not translate: the exception that a hart with L1's hgatp would raise. */
static void fill_trap(struct hext_trap *trap, const struct hext_trap *hw, gpa_t gpa,
		      enum hext_walk_status status)
{
	*trap = *hw;
	trap->htval = gpa >> 2;
	if (status == HEXT_WALK_ACCESS_FAULT) {
		trap->cause = hext_access_fault(hw->cause);
		trap->htval = 0;
		/* No pseudoinstruction with an access fault. */
		if (hext_insn_is_pseudo(hw->htinst))
			trap->htinst = 0;
	}
}

enum fill { FILL_DONE, FILL_AGAIN, FILL_GIVE_UP };

/* Install @leaf if nothing has outdated the walk that led to it since @generation. */
static enum fill try_install(struct hext_shadow_pool *pool, struct hext_shadow *s, gpa_t gpa,
			     const struct shadow_leaf *leaf, const struct around *around,
			     uint64_t generation, void *ctx, enum hext_shadow_flush *flush)
{
	enum fill outcome = FILL_AGAIN;
	struct hext_shadow *victim;
	struct place p;

	spin_lock(&pool->lock);
	if (s->generation == generation) {
		p = find_place(pool, s, gpa, leaf->level);
		if (p.level - leaf->level <= pool->free_count) {
			*flush = install(pool, s, gpa, leaf, &p);
			install_around(s, gpa, around, &p);
			outcome = FILL_DONE;
		} else {
			victim = shadow_page_victim(pool, s);
			if (victim)
				shadow_drain(pool, victim, ctx);
			else
				outcome = FILL_GIVE_UP;
		}
	}
	spin_unlock(&pool->lock);
	return outcome;
}

/* L1's tables as they are now; a fence from now on outdates what they say. */
static inline enum hext_walk_status walk_tables(const struct hext_shadow *s,
						const struct hext_hart *h,
						struct hext_shadow_missed *walk,
						struct hext_page *page)
{
	enum hext_walk_status status;

	walk->generation = generation_of(s);
	walk->at = HEXT_WALK_ROOT;
	status = hext_walk_gstage_at(h, h->hgatp, walk->gpa, &walk->access, &walk->at, page);
	/* It may have ended before the first PTE. */
	walk->shadow = walk->at.level == HEXT_WALK_ROOT.level ? NULL : s;
	return status;
}

static enum hext_shadow_outcome give_trap(const struct hext_hart *h, const struct hext_trap *hw,
					  enum hext_walk_status status,
					  struct hext_shadow_result *result,
					  struct hext_shadow_missed *walk)
{
	walk->hgatp = h->hgatp;
	fill_trap(&result->trap, hw, walk->gpa, status);
	return HEXT_SHADOW_TRAP;
}

/* L1's table allows it: @page. */
static __attribute__((noinline)) enum hext_shadow_outcome
fill(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
     const struct hext_trap *hw, struct hext_page *page, struct hext_shadow_result *result,
     struct hext_shadow_missed *walk)
{
	enum hext_walk_status status;
	struct shadow_leaf leaf;
	struct around around;
	unsigned int attempt;

	for (attempt = 1;; attempt++) {
		if (!compose(pool, s, h, walk->gpa, &walk->access, page, &leaf)) {
			result->pa = page->pa;
			return HEXT_SHADOW_EMULATE;
		}
		look_around(pool, s, h, walk->gpa, &walk->access, page, &leaf, &around);
		if (try_install(pool, s, walk->gpa, &leaf, &around, walk->generation, h->ctx,
				&result->flush) != FILL_AGAIN ||
		    attempt == MAX_ATTEMPTS)
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

static __attribute__((noinline)) enum hext_shadow_flush
fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
	   const struct hext_shadow_missed *missed)
{
	enum hext_shadow_flush flush = HEXT_SHADOW_FLUSH_NONE;
	uint64_t generation = generation_of(s);
	struct hext_gaccess access = missed->access;
	struct hext_walk_at at = missed->at;
	gpa_t gpa = missed->gpa;
	struct shadow_leaf leaf;
	struct hext_page page;
	struct place p;

	access.ahead = true;
	if (missed->shadow != s || missed->generation != generation)
		at = HEXT_WALK_ROOT;
	if (hext_walk_gstage_at(h, h->hgatp, gpa, &access, &at, &page) != HEXT_WALK_OK ||
	    !compose(pool, s, h, gpa, &access, &page, &leaf))
		return flush;
	spin_lock(&pool->lock);
	p = find_place(pool, s, gpa, leaf.level);
	if (s->generation == generation && p.level - leaf.level <= pool->free_count &&
	    load_pte(&p.table[pte_index(s, gpa, p.level)]) != leaf.pte)
		flush = install(pool, s, gpa, &leaf, &p);
	spin_unlock(&pool->lock);
	return flush;
}

enum hext_shadow_flush hext_shadow_fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s,
					      struct hext_hart *h,
					      const struct hext_shadow_missed *missed)
{
	return hext_shadow_fill_plainly(pool, s, h, missed) ? HEXT_SHADOW_FLUSH_NONE
							    : fill_ahead(pool, s, h, missed);
}
