/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of the shadow G-stages, private to shadow.c (the pool), shadow_reclaim.c (pages of
 * tables), shadow_fill.c (faults), shadow_plain.h (the simplest faults), shadow_fence.c (fences),
 * shadow_attach.c (what a fence, or shadow_reclaim.c, has detached), and shadow_beside.c (faults
 * beside the last one).
 *
 * Order of memory accesses. Each PTE is written by one 64-bit atomic store. A table page is zeroed
 * before the store that links it. That store is a release: a walker that follows the pointer sees
 * zeros or newer entries. Nothing orders a store before a walk that begins after it. A walker that
 * misses a new entry takes the fault again; the fault handler then finds the entry and asks for
 * HEXT_SHADOW_FLUSH_VMID.
 */
#ifndef HEXT_SHADOW_TABLES_H
#define HEXT_SHADOW_TABLES_H

#include "hext/bits.h"
#include "hext/pte.h"
#include "hext/shadow.h"
#include "hext/walk.h"

/*
 * In a pointer whose table is detached, this bit of RSW takes the place of V. Hardware takes the
 * entry for invalid. Halite attaches the table before hardware may use it (shadow_attach.c).
 */
#define PTE_DETACHED BIT64(PTE_RSW_SHIFT)

/* The end of a list of table pages. */
#define NO_TABLE UINT32_MAX

/*
 * RSW of a shadow leaf is the number of levels by which L1's leaf is larger; RSW_MORE means three
 * or more. A fence that names any address of L1's leaf removes all parts of the leaf.
 */
#define RSW_MORE 3

/* Values of hext_table_info.parent: the root of the shadow; and no pointer to the table. */
#define PARENT_IS_ROOT (UINT32_MAX - 1)
#define NO_PARENT      UINT32_MAX

struct hext_table_info {
	uint32_t next, previous; /* in a circular list; next alone in the list of free tables */
	uint32_t parent;	 /* the table with the pointer to this one */
	uint16_t slot;		 /* the index of the pointer in the parent */
	uint16_t shadow;	 /* the number of the shadow that has this table, or had it last */
	uint16_t children;	 /* number of pointers in this table, attached or detached */
	/* This table has been detached since before the quiesce() for pool->candidate. */
	bool candidate;
	bool replaced; /* this table is one of hext_shadow.replaced */
	struct hext_span span;
	/* The highest level of a leaf of L1 of which this table, or one below, has held a part. */
	uint8_t part_of;
};

/* The number of entries in a group of a span. */
#define GROUP 16

/* The span of a table whose entries are all 0. */
#define EMPTY_SPAN ((struct hext_span){ .first = UINT16_MAX, .end = 0 })

/* Extend @s, after an entry has been stored at @index. */
static inline void span_add(struct hext_span *s, unsigned int index)
{
	s->groups |= 1u << (index / GROUP & 31);
	if (index < s->first)
		s->first = index;
	if (index >= s->end)
		s->end = index + 1;
}

static inline uint64_t load_pte(const uint64_t *pte)
{
	return __atomic_load_n(pte, __ATOMIC_RELAXED);
}

static inline void store_pte(uint64_t *pte, uint64_t value)
{
	__atomic_store_n(pte, value, __ATOMIC_RELEASE);
}

/* As store_pte(), for a value that is not valid. So no table is linked, and there is no release. */
static inline void hide_pte(uint64_t *pte, uint64_t value)
{
	__atomic_store_n(pte, value, __ATOMIC_RELAXED);
}

static inline bool is_detached(uint64_t pte)
{
	return (pte & (PTE_V | PTE_DETACHED)) == PTE_DETACHED;
}

/* Whether @pte names a table, attached or detached. */
static inline bool has_table(uint64_t pte)
{
	return pte && !pte_is_leaf(pte);
}

/* @pte with its table detached, if it is a pointer. 0 for a leaf. */
static inline uint64_t detached(uint64_t pte)
{
	return pte_is_pointer(pte) ? pte ^ (PTE_V | PTE_DETACHED) : pte_is_leaf(pte) ? 0 : pte;
}

static inline uint32_t table_index(const struct hext_shadow_pool *pool, uint64_t pointer)
{
	return (pte_addr(pointer) - pool->tables_hpa.addr) / PAGE_SIZE;
}

static inline uint64_t *table_at(const struct hext_shadow_pool *pool, uint32_t index)
{
	return (uint64_t *)(pool->tables + (size_t)index * PAGE_SIZE);
}

/* The index of @table, which is not a root. */
static inline uint32_t number_of_table(const struct hext_shadow_pool *pool, const uint64_t *table)
{
	return ((const uint8_t *)table - pool->tables) / PAGE_SIZE;
}

static inline uint64_t pointer_to(const struct hext_shadow_pool *pool, uint32_t index)
{
	return pte_make(pool->tables_hpa.addr + (uint64_t)index * PAGE_SIZE, PTE_V);
}

static inline unsigned int pte_index(const struct hext_shadow *s, gpa_t gpa, unsigned int level)
{
	unsigned int entries = level + 1 == s->levels ? GSTAGE_ROOT_PTES : PTES_PER_PAGE;

	return (gpa >> pte_span_shift(level)) & (entries - 1);
}

/* A mode, and the number of address bits for which a shadow uses it. */
struct shadow_mode {
	uint8_t mode, gpa_bits;
};

/*
 * The mode with the fewest levels that a shadow of L1's @hgatp can have for @gpa. ATP_MODE_BARE: no
 * mode has @gpa. The hart supports the result, which is L1's mode or a narrower one, or with Bare
 * any mode. Only the widest of these is used for all of its 41, 50 or 59 bits of address, a
 * narrower one for a bit less: QEMU 7.2 takes the highest bit for a sign, and refuses addresses
 * that have it.
 */
struct shadow_mode shadow_narrowest_mode(const struct hext_config *c, uint64_t hgatp, gpa_t gpa);

/*
 * The generation of @s. The caller reads it before it reads L1's tables. A later fence changes the
 * generation, and so marks the result of the walk as stale.
 */
static inline uint64_t generation_of(const struct hext_shadow *s)
{
	return __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE);
}

/*
 * Mark all walks of L1's tables that have begun, or whose results are kept, as stale. The caller
 * holds the lock. The store is a release: L1's stores before its fence come before it.
 */
static inline void shadow_new_generation(struct hext_shadow *s)
{
	__atomic_store_n(&s->generation, s->generation + 1, __ATOMIC_RELEASE);
}

/*
 * Attach the table of @pointer, a detached pointer of the shadow. @level is the level of the
 * table's entries. @page is the leaf in which a walk of L1's tables has ended, for an address of
 * the table. The walk began at the root, or where a hart may begin it, after the last fence that
 * gave the shadow a new generation. The caller holds the shadow's lock. Entries that L1's tables do
 * not give any more are removed, and tables below the table stay detached.
 */
void shadow_attach(struct hext_shadow_pool *pool, uint64_t *pointer, unsigned int level,
		   const struct hext_page *page);

/*
 * Fill @s for @page, a HEXT_SHADOW_PLAIN_LEAF of 4 KiB that @walk has found, as hext_shadow_fault()
 * does. False: a table is missing and none is free, a fence is needed, the page is not in the piece
 * of RAM in hext_config, or the walk is stale. Then hext_shadow_fault() has to handle the fault.
 */
bool shadow_fill_beside(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
			const struct hext_shadow_missed *walk, const struct hext_page *page);

/* ---- pages of tables; the caller holds the lock of the pool ---- */

/*
 * Take a free table, whose entries are 0, for @s, whose lock the caller holds, too. The caller
 * stores the pointer to it at index @slot of @parent, which is the root or another table of @s.
 * There is a free table.
 */
uint32_t shadow_take_table(struct hext_shadow_pool *pool, struct hext_shadow *s,
			   const uint64_t *parent, unsigned int slot);

/*
 * The pointer to the table @index is gone, but harts may still hold it. The table stays with its
 * shadow until it is reclaimed, and fences of addresses do not find it any more. The caller holds
 * the lock of the shadow; that of the pool is not needed.
 */
void shadow_unlink_table(struct hext_shadow_pool *pool, uint32_t index);

/*
 * Free some tables of @s, of a shadow with more tables, or of one that L1 does not use any more,
 * for @h, which needs a table for @gpa. The function may release the lock and take it again, so the
 * caller must read the state of the pool anew. True: the caller may try again, though no table may
 * be free yet. False: another hart is at it, or has the turn.
 */
bool shadow_reclaim(struct hext_shadow_pool *pool, struct hext_shadow *s, struct hext_hart *h,
		    gpa_t gpa);

/* ---- turns; the caller holds the lock of the pool ---- */

/*
 * Whether a hart other than @h has the turn. Then @h takes no table, and attaches no candidate. A
 * caller without the lock of the pool may learn of a turn late.
 */
static inline bool shadow_turn_is_of_other(const struct hext_shadow_pool *pool,
					   const struct hext_hart *h)
{
	const struct hext_hart *turn = __atomic_load_n(&pool->turn, __ATOMIC_RELAXED);

	return turn && turn != h;
}

/*
 * @h asks for a table for @gpa, and none is free. If it has asked for that again and again, it
 * takes the turn. Returns whether the hart may reclaim tables.
 */
bool shadow_turn_ask(struct hext_shadow_pool *pool, struct hext_hart *h, gpa_t gpa);

/* Whether @h has the turn. The caller runs on @h, and needs no lock. */
static inline bool shadow_turn_is_of(const struct hext_shadow_pool *pool, const struct hext_hart *h)
{
	return __atomic_load_n(&pool->turn, __ATOMIC_RELAXED) == h;
}

/* @h, which has the turn, has filled in an entry. The caller holds no lock. */
void shadow_turn_filled(struct hext_shadow_pool *pool, const struct hext_hart *h);

/*
 * Remove all contents of @s, and free its pages after no hart walks them any more. The function
 * releases the lock and takes it again.
 */
void shadow_drain(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx);

/*
 * On return no hart uses a translation of the VMID of @s from before the call: the harts that are
 * bound to @s have fenced it, and others will when they are bound. The lock is free meanwhile, and
 * s->draining is not 0.
 */
void shadow_quiesce(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx);

#endif
