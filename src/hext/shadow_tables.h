/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the shadow G-stages: the tables, which shadow.c (the pool), shadow_fill.c (faults) and
 * shadow_fence.c (fences) share. Not for others.
 *
 * Order of memory accesses. PTEs are single 64-bit atomic stores. A table page is zeroed before
 * the store that links it, which is a release: a walker that follows the pointer sees zeros or
 * later. No store is ordered before a walk that begins after it: a walker that misses a new entry
 * takes the fault again, and finds it there then (HEXT_SHADOW_FLUSH_VMID).
 */
#ifndef HEXT_SHADOW_TABLES_H
#define HEXT_SHADOW_TABLES_H

#include "hext/bits.h"
#include "hext/pte.h"
#include "hext/shadow.h"
#include "hext/walk.h"

#define ROOT_PAGES    4
#define ROOT_SIZE     (ROOT_PAGES * HEXT_SHADOW_PAGE)
#define ROOT_ENTRIES  2048
#define TABLE_ENTRIES 512

/* End of a list of table pages. */
#define NO_TABLE UINT32_MAX

/*
 * RSW of a shadow leaf: by how many levels L1's leaf is larger, this or more. A fence that names
 * any address of L1's leaf takes out all parts of it.
 */
#define RSW_MORE 3

struct hext_table_info {
	uint32_t next;
	struct hext_span span;
	/* Highest level of a leaf of L1 that this table, or one below it, has held a part of. */
	uint8_t part_of;
};

/* Of a table that is 0. */
#define EMPTY_SPAN ((struct hext_span){ .first = UINT16_MAX, .end = 0 })

/* An entry has been stored. */
static inline void span_add(struct hext_span *s, unsigned int index)
{
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

static inline bool is_leaf(uint64_t pte)
{
	return pte & (PTE_R | PTE_W | PTE_X);
}

static inline bool is_pointer(uint64_t pte)
{
	return (pte & PTE_V) && !is_leaf(pte);
}

static inline uint64_t pte_to(hpa_t addr)
{
	return (addr.addr >> PAGE_SHIFT) << PTE_PPN_SHIFT;
}

static inline uint32_t table_index(const struct hext_shadow_pool *pool, uint64_t pointer)
{
	uint64_t addr = ((pointer & PTE_PPN) >> PTE_PPN_SHIFT) << PAGE_SHIFT;

	return (addr - pool->tables_hpa.addr) / HEXT_SHADOW_PAGE;
}

static inline uint64_t *table_at(const struct hext_shadow_pool *pool, uint32_t index)
{
	return (uint64_t *)(pool->tables + (size_t)index * HEXT_SHADOW_PAGE);
}

static inline uint64_t pointer_to(const struct hext_shadow_pool *pool, uint32_t index)
{
	return pte_to(hpa(pool->tables_hpa.addr + (uint64_t)index * HEXT_SHADOW_PAGE)) | PTE_V;
}

static inline unsigned int pte_index(const struct hext_shadow *s, gpa_t gpa, unsigned int level)
{
	unsigned int entries = level + 1 == s->levels ? ROOT_ENTRIES : TABLE_ENTRIES;

	return (gpa >> hext_level_shift(level)) & (entries - 1);
}

/* Before L1's tables are read: a fence from now on makes the result stale. */
static inline uint64_t generation_of(const struct hext_shadow *s)
{
	return __atomic_load_n(&s->generation, __ATOMIC_ACQUIRE);
}

/* Walks of L1's tables that have begun, or are kept, are outdated: after what L1 has stored, before what follows. The lock is held. */
static inline void shadow_new_generation(struct hext_shadow *s)
{
	__atomic_store_n(&s->generation, s->generation + 1, __ATOMIC_RELEASE);
}

/*
 * Take all contents from @s and free its pages, once no hart walks them any more. The lock is held; it is
 * released meanwhile, so all that the caller knows of the pool has to be looked at again.
 */
void shadow_drain(struct hext_shadow_pool *pool, struct hext_shadow *s, void *ctx);

/*
 * Which shadow gives its pages to @s: one that no hart is bound to, else another's, else @s itself; NULL:
 * all free pages are under way already.
 */
struct hext_shadow *shadow_page_victim(struct hext_shadow_pool *pool, struct hext_shadow *s);

#endif
