/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hext/pte.h"
#include "hext/ram.h"
#include "hext/walk.h"

/*
 * How often a walk may lose a race for the update of a PTE's A and D. After that the walk gives up
 * and reports the fault that hardware without the update would raise. Only a guest that writes the
 * PTE all the time sees this fault.
 */
#define MAX_LOST_RACES 64

/* The level of a Bare translation: the highest level of a leaf in any mode. */
#define BARE_LEVEL 4

/* The table of one stage, and the rules for its PTEs. */
struct stage {
	const struct hext_hart *h;
	bool gstage;
	bool pbmte;			   /* PBMT is on for this stage */
	bool adue;			   /* A and D are set by hardware in this stage */
	const struct hext_vaccess *access; /* VS-stage: the original access */
	struct hext_trap *trap;		   /* VS-stage: filled if the access to a PTE faults */
};

struct leaf {
	uint64_t pte;
	pa_t where;	     /* the PTE's address in L1's physical memory */
	uint64_t table_addr; /* the PTE's address in the output space of the stage */
	unsigned int level;
};

static uint64_t mode_of(uint64_t atp)
{
	return atp >> ATP_MODE_SHIFT;
}

/* Whether @pte is a valid leaf at @level (steps 3 to 5, Svpbmt, Svnapot). */
static inline bool is_valid_leaf(const struct stage *s, uint64_t pte, unsigned int level)
{
	uint64_t ppn = (pte & PTE_PPN) >> PTE_PPN_SHIFT;

	if (!(pte & PTE_V) || (pte & PTE_RESERVED) || !(pte & PTE_RWX))
		return false;
	if ((pte & PTE_W) && !(pte & PTE_R))
		return false;
	if ((pte & PTE_PBMT) && (!s->pbmte || (pte & PTE_PBMT) == PTE_PBMT))
		return false;
	if (pte & PTE_N)
		return s->h->cfg->svnapot && !level && (ppn & PTE_NAPOT_PPN) == PTE_NAPOT_64K;
	return !(ppn & (BIT64(PTE_INDEX_BITS * level) - 1)); /* else a misaligned superpage */
}

/*
 * Find the address in L1's physical memory of the PTE at @addr. For the VS-stage, @addr is a guest
 * physical address, and the access is a read or, to set A and D, a write. It is an implicit access:
 * MXR does not count, and a fault is reported for the original access.
 */
static enum hext_walk_status locate_pte(const struct stage *s, uint64_t addr,
					enum hext_access access, pa_t *where)
{
	const struct hext_gaccess gaccess = { .access = access };
	enum hext_walk_status status;
	struct hext_page page;

	if (s->gstage) {
		*where = pa(addr);
		return HEXT_WALK_OK;
	}
	status = hext_walk_gstage(s->h, s->access->hgatp, addr, &gaccess, &page);
	if (status == HEXT_WALK_OK) {
		*where = page.pa;
	} else if (status == HEXT_WALK_GUEST_PAGE_FAULT) {
		s->trap->htval = addr >> 2;
		s->trap->htinst =
			access == HEXT_WRITE ? HEXT_HTINST_PTE_WRITE : HEXT_HTINST_PTE_READ;
	}
	return status;
}

static enum hext_walk_status no_translation(const struct stage *s)
{
	return s->gstage ? HEXT_WALK_GUEST_PAGE_FAULT : HEXT_WALK_PAGE_FAULT;
}

static inline bool read_pte(const struct hext_hart *h, pa_t where, uint64_t *pte)
{
	return hext_ram_pte(h->cfg, where.addr, pte) || h->ops->read_pte(h->ctx, where, pte);
}

static inline struct hext_walk_at root_entry(uint64_t atp, bool gstage, uint64_t addr)
{
	unsigned int level = hext_levels(mode_of(atp)) - 1;
	/* The root of a G-stage has 4 times as many entries. */
	uint64_t index =
		addr >> pte_span_shift(level) & ((gstage ? GSTAGE_ROOT_PTES : PTES_PER_PAGE) - 1);

	return (struct hext_walk_at){
		.pte = ((atp & ATP_PPN) << PAGE_SHIFT) + 8 * index,
		.level = level,
	};
}

/* Set @at to the entry for @addr in the table that @pte points to. */
static inline void step_down(struct hext_walk_at *at, uint64_t pte, uint64_t addr)
{
	at->level--;
	at->above = at->pte;
	at->pte = pte_addr(pte) + 8 * (addr >> pte_span_shift(at->level) & (PTES_PER_PAGE - 1));
}

/* Find the leaf for @addr, from @at on. The caller has checked the width of @addr. */
static inline __attribute__((always_inline)) enum hext_walk_status
find_leaf(const struct stage *s, uint64_t addr, struct hext_walk_at *at, struct leaf *leaf)
{
	enum hext_walk_status status;
	uint64_t pte;
	pa_t where;

	for (;;) {
		status = locate_pte(s, at->pte, HEXT_READ, &where);
		if (status != HEXT_WALK_OK)
			return status;
		if (!read_pte(s->h, where, &pte))
			return HEXT_WALK_ACCESS_FAULT;
		if (!pte_is_valid_pointer(pte) || !at->level)
			break;
		step_down(at, pte, addr);
	}
	if (!is_valid_leaf(s, pte, at->level))
		return no_translation(s);
	*leaf = (struct leaf){
		.pte = pte,
		.where = where,
		.table_addr = at->pte,
		.level = at->level,
	};
	return HEXT_WALK_OK;
}

static inline bool rwx_allows(uint64_t pte, enum hext_access access, bool mxr, bool hlvx)
{
	switch (access) {
	case HEXT_READ:
		if (hlvx)
			return pte & PTE_X;
		return (pte & PTE_R) || (mxr && (pte & PTE_X));
	case HEXT_WRITE:
		return pte & PTE_W;
	default:
		return pte & PTE_X;
	}
}

/* @pte with the A and D that an access sets. */
static inline uint64_t with_ad(uint64_t pte, enum hext_access access)
{
	return pte | PTE_A | (access == HEXT_WRITE ? PTE_D : 0);
}

/*
 * Step 9 of the translation process: set A, and D for a store. True: *@status is the result of the
 * walk. False: the PTE has changed meanwhile, so the walk begins again.
 */
static bool update_ad(const struct stage *s, struct leaf *leaf, enum hext_access access,
		      enum hext_walk_status *status)
{
	uint64_t wanted = with_ad(leaf->pte, access);
	uint64_t now;

	*status = HEXT_WALK_OK;
	if (wanted == leaf->pte)
		return true;
	*status = no_translation(s);
	if (!s->adue)
		return true;
	*status = locate_pte(s, leaf->table_addr, HEXT_WRITE, &leaf->where);
	if (*status != HEXT_WALK_OK)
		return true;
	if (s->h->ops->cas64(s->h->ctx, leaf->where, leaf->pte, wanted)) {
		leaf->pte = wanted;
		return true;
	}
	/* The PTE is unchanged, and cas64() could not swap it: the PTE is not in RAM. */
	*status = HEXT_WALK_ACCESS_FAULT;
	return !read_pte(s->h, leaf->where, &now) || now == leaf->pte;
}

/* The access of one stage, for the check of a leaf's permissions. */
struct check {
	enum hext_access access;
	bool mxr;
	bool hlvx;
	bool user; /* a U-mode access; for the G-stage always true */
	bool sum;
};

static inline struct check gstage_check(const struct hext_gaccess *access)
{
	return (struct check){
		.access = access->access,
		.mxr = access->mxr,
		.hlvx = access->hlvx,
		.user = true,
	};
}

static inline bool leaf_allows(const struct check *c, uint64_t pte)
{
	if (c->user && !(pte & PTE_U))
		return false;
	/* S-mode reaches U pages with SUM only, and never executes from them. */
	if (!c->user && (pte & PTE_U) && (!c->sum || c->access == HEXT_EXEC))
		return false;
	return rwx_allows(pte, c->access, c->mxr, c->hlvx);
}

static inline __attribute__((always_inline)) enum hext_walk_status
walk_stage(const struct stage *s, uint64_t addr, const struct check *check, struct hext_walk_at *at,
	   struct leaf *leaf)
{
	struct hext_walk_at begin = *at;
	enum hext_walk_status status;
	unsigned int lost;

	for (lost = 0; lost < MAX_LOST_RACES; lost++) {
		*at = begin;
		status = find_leaf(s, addr, at, leaf);
		if (status != HEXT_WALK_OK)
			return status;
		if (!leaf_allows(check, leaf->pte))
			return no_translation(s);
		if (update_ad(s, leaf, check->access, &status))
			return status;
	}
	return no_translation(s);
}

/* The output address for @addr: the PPN of the leaf, and the page offset of @addr. */
static inline uint64_t leaf_address(const struct leaf *leaf, uint64_t addr)
{
	unsigned int shift =
		leaf->pte & PTE_N ? PAGE_SHIFT + PTE_NAPOT_ORDER : pte_span_shift(leaf->level);
	uint64_t offset = BIT64(shift) - 1;

	return (pte_addr(leaf->pte) & ~offset) | (addr & offset);
}

static inline void fill_page(struct hext_page *page, const struct leaf *leaf, gpa_t gpa)
{
	*page = (struct hext_page){
		.pa = pa(leaf_address(leaf, gpa)),
		.level = leaf->level,
		.napot = leaf->pte & PTE_N,
		.r = leaf->pte & PTE_R,
		.w = (leaf->pte & PTE_W) && (leaf->pte & PTE_D),
		.x = leaf->pte & PTE_X,
		.pbmt = (leaf->pte & PTE_PBMT) >> PTE_PBMT_SHIFT,
		.pte = leaf->where,
	};
}

/* Walk from @at to the end, by the full rules. */
static __attribute__((noinline)) enum hext_walk_status walk_on(const struct hext_hart *h, gpa_t gpa,
							       const struct hext_gaccess *access,
							       struct hext_walk_at *at,
							       struct hext_page *page)
{
	const struct stage s = {
		.h = h,
		.gstage = true,
		.pbmte = h->cfg->svpbmt,
		.adue = h->cfg->gstage_adue && !access->ahead,
	};
	const struct check check = gstage_check(access);
	enum hext_walk_status status;
	struct leaf leaf;

	status = walk_stage(&s, gpa, &check, at, &leaf);
	if (status == HEXT_WALK_OK)
		fill_page(page, &leaf, gpa);
	return status;
}

enum end { END_NO_LEAF, END_LEAF, END_OPEN };

/*
 * Walk from @at without a call, for the most frequent walks. All tables of such a walk are in the
 * piece of RAM that hext_config names. The walk ends at a PTE that is not valid (END_NO_LEAF), or
 * at a leaf that allows the access and has the A and D that it needs (END_LEAF). In any other case
 * the result is END_OPEN, and @at is the position from which walk_on() must go on.
 */
static inline __attribute__((always_inline)) enum end
walk_plainly(const struct hext_hart *h, gpa_t gpa, const struct hext_gaccess *access,
	     struct hext_walk_at *at, struct hext_page *page)
{
	const struct stage s = { .h = h, .gstage = true, .pbmte = h->cfg->svpbmt };
	const struct check check = gstage_check(access);
	const struct hext_config *c = h->cfg;
	unsigned int level = at->level;
	unsigned int shift = pte_span_shift(level);
	uint64_t where = at->pte, above = at->above;
	enum end end = END_OPEN;
	uint64_t pte = 0;
	struct leaf leaf;

	while (hext_ram_pte(c, where, &pte)) {
		if (!pte_is_valid_pointer(pte) || !level) {
			end = pte & PTE_V ? END_LEAF : END_NO_LEAF;
			break;
		}
		level--;
		shift -= PTE_INDEX_BITS;
		above = where;
		where = pte_addr(pte) + 8 * (gpa >> shift & (PTES_PER_PAGE - 1));
	}
	*at = (struct hext_walk_at){ .pte = where, .above = above, .level = level };
	if (end != END_LEAF)
		return end;
	if (!is_valid_leaf(&s, pte, level) || !leaf_allows(&check, pte) ||
	    with_ad(pte, access->access) != pte)
		return END_OPEN;
	leaf = (struct leaf){ .pte = pte, .where = pa(where), .level = level };
	fill_page(page, &leaf, gpa);
	return END_LEAF;
}

enum hext_walk_status hext_walk_gstage_at(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
					  const struct hext_gaccess *access,
					  struct hext_walk_at *at, struct hext_page *page)
{
	unsigned int levels = hext_levels(mode_of(hgatp));

	if (!levels) {
		*page = (struct hext_page){
			.pa = pa(gpa),
			.level = BARE_LEVEL,
			.r = true,
			.w = true,
			.x = true,
		};
		return HEXT_WALK_OK;
	}
	/* The address bits above the 41, 50 or 59 bits of the mode must be zero. */
	if (gpa >> (pte_span_shift(levels) + 2))
		return HEXT_WALK_GUEST_PAGE_FAULT;
	if (at->level == HEXT_WALK_ROOT.level)
		*at = root_entry(hgatp, true, gpa);
	switch (walk_plainly(h, gpa, access, at, page)) {
	case END_NO_LEAF:
		return HEXT_WALK_GUEST_PAGE_FAULT;
	case END_LEAF:
		return HEXT_WALK_OK;
	default:
		return walk_on(h, gpa, access, at, page);
	}
}

enum hext_walk_status hext_walk_gstage(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
				       const struct hext_gaccess *access, struct hext_page *page)
{
	struct hext_walk_at at = HEXT_WALK_ROOT;

	return hext_walk_gstage_at(h, hgatp, gpa, access, &at, page);
}

bool hext_walk_beside(const struct hext_hart *h, const struct hext_page *page, gpa_t gpa,
		      struct hext_page *beside)
{
	const struct stage s = { .h = h, .gstage = true, .pbmte = h->cfg->svpbmt };
	struct leaf leaf = { .where = pa((page->pte.addr & ~(PAGE_SIZE - 1)) |
					 (gpa >> PAGE_SHIFT & (PTES_PER_PAGE - 1)) * 8) };

	if (page->level || page->napot || !read_pte(h, leaf.where, &leaf.pte))
		return false;
	/* The function writes no A and D, so A must be set. Without D, @beside has no w. */
	if (!is_valid_leaf(&s, leaf.pte, 0) || (leaf.pte & PTE_N) ||
	    (leaf.pte & (PTE_A | PTE_U)) != (PTE_A | PTE_U))
		return false;
	fill_page(beside, &leaf, gpa);
	return true;
}

struct hext_vaccess hext_l2_access(const struct hext_hart *h, enum hext_access access, bool user)
{
	return (struct hext_vaccess){
		.access = access,
		.user = user,
		.vsatp = h->vs.atp,
		.hgatp = h->hgatp,
		.vsstatus = h->vs.status,
		.sstatus = h->s.status,
		.envcfg = h->henvcfg,
	};
}

/* Whether bit 63 and all bits down to the top address bit of the mode are equal. */
static bool is_canonical(gva_t gva, unsigned int levels)
{
	int64_t top = (int64_t)gva >> (pte_span_shift(levels) - 1);

	return top == 0 || top == -1;
}

static enum hext_walk_status walk_vs_stage(const struct hext_hart *h, gva_t gva,
					   const struct hext_vaccess *access, gpa_t *gpa,
					   struct hext_trap *trap)
{
	const struct stage s = {
		.h = h,
		.pbmte = access->envcfg & HENVCFG_PBMTE,
		.adue = access->envcfg & HENVCFG_ADUE,
		.access = access,
		.trap = trap,
	};
	const struct check check = {
		.access = access->access,
		.mxr = (access->vsstatus | access->sstatus) & SSTATUS_MXR,
		.hlvx = access->hlvx,
		.user = access->user,
		.sum = access->vsstatus & SSTATUS_SUM,
	};
	unsigned int levels = hext_levels(mode_of(access->vsatp));
	enum hext_walk_status status;
	struct hext_walk_at at;
	struct leaf leaf;

	if (!levels) {
		*gpa = gva;
		return HEXT_WALK_OK;
	}
	if (!is_canonical(gva, levels))
		return HEXT_WALK_PAGE_FAULT;
	at = root_entry(access->vsatp, false, gva);
	status = walk_stage(&s, gva, &check, &at, &leaf);
	if (status == HEXT_WALK_OK)
		*gpa = leaf_address(&leaf, gva);
	return status;
}

static uint64_t fault_cause(enum hext_walk_status status, enum hext_access access)
{
	static const uint8_t causes[][3] = {
		[HEXT_WALK_PAGE_FAULT] = {
			CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE, CAUSE_FETCH_PAGE,
		},
		[HEXT_WALK_GUEST_PAGE_FAULT] = {
			CAUSE_LOAD_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE, CAUSE_FETCH_GUEST_PAGE,
		},
		[HEXT_WALK_ACCESS_FAULT] = {
			CAUSE_LOAD_ACCESS, CAUSE_STORE_ACCESS, CAUSE_FETCH_ACCESS,
		},
	};

	return causes[status][access];
}

enum hext_walk_status hext_walk_two_stage(const struct hext_hart *h, gva_t gva,
					  const struct hext_vaccess *access, struct hext_page *page,
					  struct hext_trap *trap)
{
	const struct hext_gaccess gaccess = {
		.access = access->access,
		/* vsstatus.MXR does not reach the G-stage. */
		.mxr = access->sstatus & SSTATUS_MXR,
		.hlvx = access->hlvx,
	};
	enum hext_walk_status status;
	gpa_t gpa;

	*trap = (struct hext_trap){ .tval = gva, .gva = true };
	status = walk_vs_stage(h, gva, access, &gpa, trap);
	if (status == HEXT_WALK_OK) {
		status = hext_walk_gstage(h, access->hgatp, gpa, &gaccess, page);
		if (status == HEXT_WALK_GUEST_PAGE_FAULT)
			trap->htval = gpa >> 2;
	}
	if (status != HEXT_WALK_OK)
		trap->cause = fault_cause(status, access->access);
	return status;
}
