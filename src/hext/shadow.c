/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Order of memory accesses. PTEs are single 64-bit atomic stores. A table page is zeroed before
 * the store that links it, which is a release: a walker that follows the pointer sees zeros or
 * later. No store is ordered before a walk that begins after it: a walker that misses a new entry
 * takes the fault again, and finds it there then (HEXT_SHADOW_FLUSH_VMID).
 */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hext/pte.h"
#include "hext/shadow.h"
#include "hext/walk.h"

#define ROOT_PAGES    4
#define ROOT_SIZE     (ROOT_PAGES * HEXT_SHADOW_PAGE)
#define ROOT_ENTRIES  2048
#define TABLE_ENTRIES 512

/* End of a list of table pages. */
#define NO_TABLE UINT32_MAX

/* Walks of L1's tables that a fence or an eviction outdates, before L2 is left to try again. */
#define MAX_ATTEMPTS 8

/*
 * RSW of a shadow leaf: by how many levels L1's leaf is larger, this or more. A fence that names
 * any address of L1's leaf takes out all parts of it.
 */
#define RSW_MORE 3

struct hext_table_info {
	uint32_t next;
	/* Highest level of a leaf of L1 that this table, or one below it, has held a part of. */
	uint8_t part_of;
};

/* A leaf to be installed. */
struct shadow_leaf {
	uint64_t pte;
	unsigned int level;
	unsigned int l1_level; /* of the leaf that it is a part of */
};

static uint64_t load_pte(const uint64_t *pte)
{
	return __atomic_load_n(pte, __ATOMIC_RELAXED);
}

static void store_pte(uint64_t *pte, uint64_t value)
{
	__atomic_store_n(pte, value, __ATOMIC_RELEASE);
}

static bool is_leaf(uint64_t pte)
{
	return pte & (PTE_R | PTE_W | PTE_X);
}

static bool is_pointer(uint64_t pte)
{
	return (pte & PTE_V) && !is_leaf(pte);
}

static uint64_t pte_to(hpa_t addr)
{
	return (addr.addr >> PAGE_SHIFT) << PTE_PPN_SHIFT;
}

static uint32_t table_index(const struct hext_shadow_pool *pool, uint64_t pointer)
{
	uint64_t addr = ((pointer & PTE_PPN) >> PTE_PPN_SHIFT) << PAGE_SHIFT;

	return (addr - pool->tables_hpa.addr) / HEXT_SHADOW_PAGE;
}

static uint64_t *table_at(const struct hext_shadow_pool *pool, uint32_t index)
{
	return (uint64_t *)(pool->tables + (size_t)index * HEXT_SHADOW_PAGE);
}

static uint64_t pointer_to(const struct hext_shadow_pool *pool, uint32_t index)
{
	return pte_to(hpa(pool->tables_hpa.addr + (uint64_t)index * HEXT_SHADOW_PAGE)) | PTE_V;
}

static unsigned int pte_index(const struct hext_shadow *s, gpa_t gpa, unsigned int level)
{
	unsigned int entries = level + 1 == s->levels ? ROOT_ENTRIES : TABLE_ENTRIES;

	return (gpa >> hext_level_shift(level)) & (entries - 1);
}

/* ---- the pool ---- */

/* Pages for the table_info of @tables. */
static size_t info_pages(size_t tables)
{
	return (tables * sizeof(struct hext_table_info) + HEXT_SHADOW_PAGE - 1) / HEXT_SHADOW_PAGE;
}

size_t hext_shadow_pool_size(unsigned int shadows, size_t tables)
{
	/* The memory may begin up to three pages before a root can. */
	return (ROOT_PAGES - 1 + (size_t)shadows * ROOT_PAGES + info_pages(tables) + tables) *
	       HEXT_SHADOW_PAGE;
}

/* Table pages, beside their table_info, in @pages. */
static size_t tables_in(size_t pages)
{
	size_t tables = pages - info_pages(pages);

	return tables + info_pages(tables) <= pages ? tables : 0;
}

static void add_free(struct hext_shadow_pool *pool, uint32_t index)
{
	pool->info[index].next = pool->free;
	pool->free = index;
	pool->free_count++;
}

static void init_shadows(struct hext_shadow_pool *pool, uint8_t *roots,
			 const struct hext_shadow_config *config)
{
	uint32_t i, j;

	for (i = 0; i < pool->count; i++) {
		struct hext_shadow *s = &pool->shadow[i];

		s->root = (uint64_t *)(roots + (size_t)i * ROOT_SIZE);
		s->vmid = pool->vmid_tagged ? config->vmid_first + i : config->vmid_shared;
		s->tables = NO_TABLE;
		for (j = 0; j < ROOT_ENTRIES; j++)
			store_pte(&s->root[j], 0);
	}
}

/* How many shadows to have; 0: the memory is too small. */
static uint32_t shadow_count(const struct hext_shadow_config *c, size_t pages, bool tagged)
{
	size_t least = c->harts * 2;
	size_t count = c->shadows > least ? c->shadows : least;

	if (count > HEXT_SHADOW_MAX)
		count = HEXT_SHADOW_MAX;
	if (tagged && count > c->vmid_count)
		count = c->vmid_count;
	for (; count >= least; count--) {
		if (pages > count * ROOT_PAGES && tables_in(pages - count * ROOT_PAGES) >=
							  (size_t)c->harts * HEXT_SHADOW_MIN_TABLES)
			return count;
	}
	return 0;
}

bool hext_shadow_init(struct hext_shadow_pool *pool, const struct hext_shadow_config *config)
{
	size_t skip = -(config->base.addr / HEXT_SHADOW_PAGE) % ROOT_PAGES;
	uint8_t *roots = (uint8_t *)config->memory + skip * HEXT_SHADOW_PAGE;
	bool tagged = config->vmid_count >= config->harts * 2;
	size_t pages, info;
	uint32_t count, i;

	if (!config->harts || config->harts > HEXT_SHADOW_MAX / 2 || config->pages <= skip)
		return false;
	pages = config->pages - skip;
	count = shadow_count(config, pages, tagged);
	if (!count)
		return false;

	*pool = (struct hext_shadow_pool){
		.vmid_tagged = tagged,
		.count = count,
		.free = NO_TABLE,
		.cfg = config->hext,
		.quiesce = config->quiesce,
	};
	pool->roots_hpa = hpa(config->base.addr + skip * HEXT_SHADOW_PAGE);
	pool->table_total = tables_in(pages - (size_t)count * ROOT_PAGES);
	pool->info = (struct hext_table_info *)(roots + (size_t)count * ROOT_SIZE);
	info = info_pages(pool->table_total) * HEXT_SHADOW_PAGE + (size_t)count * ROOT_SIZE;
	pool->tables = roots + info;
	pool->tables_hpa = hpa(pool->roots_hpa.addr + info);
	init_shadows(pool, roots, config);
	for (i = pool->table_total; i-- > 0;)
		add_free(pool, i);
	return true;
}

uint64_t hext_shadow_hgatp(const struct hext_shadow_pool *pool, const struct hext_shadow *s)
{
	uint64_t root = pool->roots_hpa.addr + (uint64_t)(s - pool->shadow) * ROOT_SIZE;

	return (uint64_t)s->mode << ATP_MODE_SHIFT | (uint64_t)s->vmid << HGATP_VMID_SHIFT |
	       root >> PAGE_SHIFT;
}

/* ---- taking contents away ---- */

/*
 * Take all contents from @s and free its pages, once no hart walks them any more. The lock is
 * held; it is released meanwhile, so all that the caller knows of the pool has to be looked at
 * again.
 */
static void drain(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx)
{
	uint32_t taken = s->tables;
	uint32_t i, next;

	for (i = 0; i < ROOT_ENTRIES; i++)
		store_pte(&s->root[i], 0);
	s->tables = NO_TABLE;
	s->table_count = 0;
	s->fragmented = false;
	s->root_part_of = 0;
	s->generation++;
	/*
	 * Until quiesce() is through, other harts may hold pointers to the pages, and entries in
	 * them: L1's fences of these harts are made whole (fence_shadow()).
	 */
	s->draining++;
	spin_unlock(&pool->lock);
	pool->quiesce(ctx, s->vmid);
	spin_lock(&pool->lock);
	s->draining--;
	for (i = taken; i != NO_TABLE; i = next) {
		next = pool->info[i].next;
		add_free(pool, i);
	}
}

/* The least recently used of what @eligible allows, or NULL. */
static struct hext_shadow *oldest(struct hext_shadow_pool *pool, const struct hext_shadow *asking,
				  bool (*eligible)(const struct hext_shadow *s,
						   const struct hext_shadow *asking))
{
	struct hext_shadow *found = NULL;
	uint32_t i;

	for (i = 0; i < pool->count; i++) {
		struct hext_shadow *s = &pool->shadow[i];

		if (!s->draining && eligible(s, asking) && (!found || s->stamp < found->stamp))
			found = s;
	}
	return found;
}

static bool can_lose_key(const struct hext_shadow *s, const struct hext_shadow *asking)
{
	(void)asking;
	return !s->harts;
}

static bool can_lose_pages_unused(const struct hext_shadow *s, const struct hext_shadow *asking)
{
	return s->table_count && !s->harts && s != asking;
}

static bool can_lose_pages(const struct hext_shadow *s, const struct hext_shadow *asking)
{
	return s->table_count && s != asking;
}

static bool can_lose_own_pages(const struct hext_shadow *s, const struct hext_shadow *asking)
{
	return s->table_count && s == asking;
}

/*
 * Which shadow gives its pages to @s: one that no hart is bound to, else another's, else @s
 * itself; NULL: all free pages are under way already.
 */
static struct hext_shadow *page_victim(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	struct hext_shadow *victim = oldest(pool, s, can_lose_pages_unused);

	if (!victim)
		victim = oldest(pool, s, can_lose_pages);
	if (!victim)
		victim = oldest(pool, s, can_lose_own_pages);
	return victim;
}

/* ---- looking up ---- */

static void unbind(struct hext_shadow_pool *pool, unsigned int hart)
{
	uint32_t i;

	for (i = 0; i < pool->count; i++)
		pool->shadow[i].harts &= ~BIT64(hart);
}

static struct hext_shadow *find_key(struct hext_shadow_pool *pool, uint64_t hgatp)
{
	uint32_t i;

	for (i = 0; i < pool->count; i++) {
		if (pool->shadow[i].used && pool->shadow[i].hgatp == hgatp)
			return &pool->shadow[i];
	}
	return NULL;
}

/* One without a key; it has no contents either. */
static struct hext_shadow *find_unused(struct hext_shadow_pool *pool)
{
	uint32_t i;

	for (i = 0; i < pool->count; i++) {
		if (!pool->shadow[i].used && !pool->shadow[i].draining)
			return &pool->shadow[i];
	}
	return NULL;
}

static void set_key(struct hext_shadow *s, uint64_t hgatp)
{
	uint64_t mode = hgatp >> ATP_MODE_SHIFT;

	s->hgatp = hgatp;
	s->mode = mode == ATP_MODE_BARE ? ATP_MODE_39 : mode;
	s->levels = hext_levels(s->mode);
	s->used = true;
}

struct hext_shadow *hext_shadow_get(struct hext_shadow_pool *pool, struct hext_hart *h,
				    unsigned int hart)
{
	struct hext_shadow *s, *victim;

	spin_lock(&pool->lock);
	unbind(pool, hart);
	for (;;) {
		s = find_key(pool, h->hgatp);
		if (s)
			break;
		s = find_unused(pool);
		if (s) {
			set_key(s, h->hgatp);
			break;
		}
		/*
		 * There is one: any other hart keeps at most two, the one that it is bound to and
		 * one that it drains, and there are two for each hart.
		 */
		victim = oldest(pool, NULL, can_lose_key);
		victim->used = false;
		drain(pool, victim, h->ctx);
	}
	s->harts |= BIT64(hart);
	s->stamp = ++pool->clock;
	spin_unlock(&pool->lock);
	return s;
}

/* ---- filling ---- */

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
	if (!h->ops->host_page(h->ctx, page->pa, &host))
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

/* Table pages that a leaf at @gpa takes in addition. */
static unsigned int tables_missing(const struct hext_shadow_pool *pool, const struct hext_shadow *s,
				   gpa_t gpa, unsigned int leaf_level)
{
	const uint64_t *table = s->root;
	unsigned int level;
	uint64_t pte;

	for (level = s->levels - 1; level > leaf_level; level--) {
		pte = load_pte(&table[pte_index(s, gpa, level)]);
		if (!is_pointer(pte))
			return level - leaf_level;
		table = table_at(pool, table_index(pool, pte));
	}
	return 0;
}

static uint32_t take_table(struct hext_shadow_pool *pool, struct hext_shadow *s)
{
	uint32_t index = pool->free;
	uint64_t *table = table_at(pool, index);
	unsigned int i;

	pool->free = pool->info[index].next;
	pool->free_count--;
	for (i = 0; i < TABLE_ENTRIES; i++)
		store_pte(&table[i], 0);
	pool->info[index] = (struct hext_table_info){ .next = s->tables };
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
	uint64_t *table = table_at(pool, index);
	unsigned int i;
	uint64_t pte;

	for (i = 0; i < TABLE_ENTRIES; i++) {
		pte = load_pte(&table[i]);
		store_pte(&table[i], 0);
		if (is_pointer(pte))
			clear_table(pool, table_index(pool, pte));
	}
}

static void raise_level(uint8_t *part_of, unsigned int level)
{
	if (*part_of < level)
		*part_of = level;
}

/* Install @leaf, for which there are pages enough; the lock is held. Says what to flush. */
static enum hext_shadow_flush install(struct hext_shadow_pool *pool, struct hext_shadow *s,
				      gpa_t gpa, const struct shadow_leaf *leaf)
{
	enum hext_shadow_flush flush = HEXT_SHADOW_FLUSH_NONE;
	uint8_t *part_of = &s->root_part_of;
	uint64_t *table = s->root;
	unsigned int level;
	uint64_t *entry, old;
	uint32_t index;

	if (leaf->l1_level > leaf->level)
		s->fragmented = true;
	for (level = s->levels - 1; level > leaf->level; level--) {
		raise_level(part_of, leaf->l1_level);
		entry = &table[pte_index(s, gpa, level)];
		old = load_pte(entry);
		if (is_pointer(old)) {
			index = table_index(pool, old);
		} else {
			index = take_table(pool, s);
			store_pte(entry, pointer_to(pool, index));
			if (old)
				flush = HEXT_SHADOW_FLUSH_VMID;
		}
		table = table_at(pool, index);
		part_of = &pool->info[index].part_of;
	}
	raise_level(part_of, leaf->l1_level);
	entry = &table[pte_index(s, gpa, level)];
	old = load_pte(entry);
	store_pte(entry, leaf->pte);
	if (is_pointer(old))
		clear_table(pool, table_index(pool, old));
	if (is_pointer(old) || old == leaf->pte)
		return HEXT_SHADOW_FLUSH_VMID;
	return old ? HEXT_SHADOW_FLUSH_GPA : flush;
}

/* ---- the fault ---- */

/* What @hw's access is checked for: an access to a VS-level table is one by itself. */
static struct hext_gaccess access_of(const struct hext_hart *h, const struct hext_trap *hw)
{
	if (hw->htinst == HEXT_HTINST_PTE_READ)
		return (struct hext_gaccess){ .access = HEXT_READ };
	if (hw->htinst == HEXT_HTINST_PTE_WRITE)
		return (struct hext_gaccess){ .access = HEXT_WRITE };
	switch (hw->cause) {
	case CAUSE_FETCH_GUEST_PAGE:
		return (struct hext_gaccess){ .access = HEXT_EXEC };
	case CAUSE_LOAD_GUEST_PAGE:
		return (struct hext_gaccess){
			.access = HEXT_READ,
			.mxr = h->s.status & SSTATUS_MXR,
		};
	default:
		return (struct hext_gaccess){ .access = HEXT_WRITE };
	}
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

static uint64_t generation_of(struct hext_shadow_pool *pool, const struct hext_shadow *s)
{
	uint64_t generation;

	spin_lock(&pool->lock);
	generation = s->generation;
	spin_unlock(&pool->lock);
	return generation;
}

enum fill { FILL_DONE, FILL_AGAIN, FILL_GIVE_UP };

/* Install @leaf if nothing has outdated the walk that led to it since @generation. */
static enum fill try_install(struct hext_shadow_pool *pool, struct hext_shadow *s, gpa_t gpa,
			     const struct shadow_leaf *leaf, uint64_t generation, void *ctx,
			     enum hext_shadow_flush *flush)
{
	enum fill outcome = FILL_AGAIN;
	struct hext_shadow *victim;

	spin_lock(&pool->lock);
	if (s->generation == generation) {
		if (tables_missing(pool, s, gpa, leaf->level) <= pool->free_count) {
			*flush = install(pool, s, gpa, leaf);
			outcome = FILL_DONE;
		} else {
			victim = page_victim(pool, s);
			if (victim)
				drain(pool, victim, ctx);
			else
				outcome = FILL_GIVE_UP;
		}
	}
	spin_unlock(&pool->lock);
	return outcome;
}

enum hext_shadow_outcome hext_shadow_fault(struct hext_shadow_pool *pool, struct hext_shadow *s,
					   struct hext_hart *h, const struct hext_trap *hw,
					   struct hext_shadow_result *result)
{
	const struct hext_gaccess access = access_of(h, hw);
	/* The lowest two bits are those of the virtual address, or 0 for a table's address. */
	gpa_t gpa = hw->htval << 2 | (hext_insn_is_pseudo(hw->htinst) ? 0 : hw->tval & 3);
	enum hext_walk_status status;
	struct shadow_leaf leaf;
	struct hext_page page;
	uint64_t generation;
	unsigned int attempt;

	*result = (struct hext_shadow_result){ .flush = HEXT_SHADOW_FLUSH_NONE, .gpa = gpa };
	for (attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
		/* Before L1's tables are read: a fence from now on makes the result stale. */
		generation = generation_of(pool, s);
		status = hext_walk_gstage(h, h->hgatp, gpa, &access, &page);
		if (status != HEXT_WALK_OK) {
			fill_trap(&result->trap, hw, gpa, status);
			return HEXT_SHADOW_TRAP;
		}
		if (!compose(pool, s, h, gpa, &access, &page, &leaf)) {
			result->pa = page.pa;
			return HEXT_SHADOW_EMULATE;
		}
		if (try_install(pool, s, gpa, &leaf, generation, h->ctx, &result->flush) !=
		    FILL_AGAIN)
			break;
	}
	return HEXT_SHADOW_RESUME;
}

/* ---- fences ---- */

/* Addresses @first to @last, both included. */
struct range {
	gpa_t first, last;
};

/* The last address of the page of @level (beyond the highest: everything) that holds @gpa. */
static gpa_t page_end(gpa_t gpa, unsigned int level)
{
	return level > 4 ? UINT64_MAX : gpa | (BIT64(hext_level_shift(level)) - 1);
}

static gpa_t page_start(gpa_t gpa, unsigned int level)
{
	return level > 4 ? 0 : gpa & ~(BIT64(hext_level_shift(level)) - 1);
}

/* Whether L1's leaf, which the shadow leaf @pte at @gpa is a part of, has an address in @r. */
static bool stems_from(uint64_t pte, gpa_t gpa, unsigned int level, const struct range *r)
{
	unsigned int larger = (pte & PTE_RSW) >> PTE_RSW_SHIFT;
	/* The highest value stands for all above, too. */
	unsigned int l1_level = larger == RSW_MORE ? 5 : level + larger;

	return page_start(gpa, l1_level) <= r->last && page_end(gpa, l1_level) >= r->first;
}

/* Take out of @table, of @level and for addresses from @base, what stems from @r. */
static void fence_table(struct hext_shadow_pool *pool, uint64_t *table, unsigned int entries,
			unsigned int level, gpa_t base, unsigned int part_of, const struct range *r)
{
	/* Parts of a larger leaf of L1 can lie beside the range. */
	unsigned int reach = part_of > level ? part_of : level;
	gpa_t first = page_start(r->first, reach);
	gpa_t last = page_end(r->last, reach);
	unsigned int shift = hext_level_shift(level);
	gpa_t table_last = base + ((uint64_t)entries << shift) - 1;
	uint64_t i, end;

	if (first > table_last || last < base)
		return;
	i = first > base ? (first - base) >> shift : 0;
	end = ((last < table_last ? last : table_last) - base) >> shift;
	for (; i <= end; i++) {
		uint64_t pte = load_pte(&table[i]);
		gpa_t gpa = base + (i << shift);
		uint32_t index;

		if (is_leaf(pte)) {
			if (stems_from(pte, gpa, level, r))
				store_pte(&table[i], 0);
		} else if (is_pointer(pte)) {
			index = table_index(pool, pte);
			fence_table(pool, table_at(pool, index), TABLE_ENTRIES, level - 1, gpa,
				    pool->info[index].part_of, r);
		}
	}
}

/*
 * The tables stay where they are: hardware may keep pointers to them, as fences that name an
 * address need not drop these.
 */
static void fence_shadow(struct hext_shadow_pool *pool, struct hext_shadow *s,
			 const struct range *r)
{
	s->generation++;
	fence_table(pool, s->root, ROOT_ENTRIES, s->levels - 1, 0, s->root_part_of, r);
}

struct hext_shadow_fenced hext_shadow_fence_gvma(struct hext_shadow_pool *pool,
						 const struct hext_gvma_fence *fence)
{
	struct hext_shadow_fenced fenced = { 0 };
	uint64_t vmid_mask = BIT64(pool->cfg->vmid_bits) - 1;
	struct range r = { .first = 0, .last = UINT64_MAX };
	uint32_t i;

	if (!fence->all_addresses) {
		r.first = fence->gpa;
		if (fence->size && fence->size - 1 <= UINT64_MAX - fence->gpa)
			r.last = fence->gpa + fence->size - 1;
		else if (!fence->size)
			r.last = fence->gpa;
	}
	spin_lock(&pool->lock);
	for (i = 0; i < pool->count; i++) {
		struct hext_shadow *s = &pool->shadow[i];
		uint64_t vmid = (s->hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT;

		/* priv H: VMID bits beyond VMIDLEN are ignored. */
		if (!s->used || (!fence->all_vmids && vmid != (fence->vmid & vmid_mask)))
			continue;
		fence_shadow(pool, s, &r);
		fenced.shadows |= BIT64(i);
		if (fence->all_addresses || s->fragmented || s->draining)
			fenced.whole |= BIT64(i);
	}
	spin_unlock(&pool->lock);
	return fenced;
}
