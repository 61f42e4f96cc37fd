/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hext/bits.h"
#include "hext/pte.h"
#include "hv/console.h"
#include "hv/identity.h"
#include "lib/assert.h"

#define LEVELS_MIN	3
#define LEVELS_MAX	5
#define MODE_OF(levels) ((levels)-LEVELS_MIN + ATP_MODE_39)

/*
 * The number of bytes, from address 0 on, that a table can map to themselves. The root of a G-stage
 * has two more index bits. satp translates sign-extended addresses, so only the lower half of the
 * root of Halite's own table maps addresses to themselves.
 */
static uint64_t coverage(unsigned int levels, unsigned int root_bits)
{
	uint64_t all = pte_span(levels - 1) << root_bits;

	return root_bits == GSTAGE_ROOT_BITS ? all : all / 2;
}

static void init(struct identity_map *m, struct page_pool *pool, uint16_t modes, uint64_t end,
		 const char *what)
{
	uint64_t root_size = UINT64_C(8) << m->root_bits;
	unsigned int levels;

	for (levels = LEVELS_MIN; levels <= LEVELS_MAX; levels++) {
		if ((modes >> MODE_OF(levels) & 1) && end <= coverage(levels, m->root_bits))
			break;
	}
	if (levels > LEVELS_MAX)
		hv_fatal(
			"no %s mode of this machine (modes 0x%x) covers its addresses up to 0x%llx",
			what, modes, (unsigned long long)end);
	m->levels = levels;
	m->mode = MODE_OF(levels);
	m->pool = pool;
	m->root = pages_alloc(pool, root_size / PAGE_SIZE, root_size);
	if (!m->root)
		hv_fatal("no memory left for the %s root", what);
}

void identity_init_gstage(struct identity_map *m, struct page_pool *pool, uint16_t modes,
			  uint64_t end)
{
	m->root_bits = GSTAGE_ROOT_BITS;
	m->leaf = PTE_V | PTE_U | PTE_A | PTE_D;
	init(m, pool, modes, end, "G-stage");
}

void identity_init_own(struct identity_map *m, struct page_pool *pool, uint64_t end)
{
	m->root_bits = PTE_INDEX_BITS;
	m->leaf = PTE_V | PTE_A | PTE_D;
	/*
	 * A write of satp is the only test for a mode, and turns translation on. So this function
	 * assumes all modes.
	 */
	init(m, pool, BIT64(ATP_MODE_39) | BIT64(ATP_MODE_48) | BIT64(ATP_MODE_57), end, "satp");
}

/* The entry for @addr in @table of @level. The table of the highest level is the root. */
static uint64_t *entry(const struct identity_map *m, uint64_t *table, unsigned int level,
		       uint64_t addr)
{
	unsigned int bits = level == m->levels - 1 ? m->root_bits : PTE_INDEX_BITS;

	return &table[addr / pte_span(level) & ((1u << bits) - 1)];
}

/* The table that @pte points to. Allocated if there is none. */
static uint64_t *next_table(struct identity_map *m, uint64_t *pte)
{
	uint64_t *table;

	assert(!pte_is_leaf(*pte));
	if (*pte & PTE_V)
		return (uint64_t *)(uintptr_t)pte_addr(*pte);
	table = pages_alloc(m->pool, 1, PAGE_SIZE);
	if (!table)
		hv_fatal("no memory left for page tables");
	*pte = pte_make((uintptr_t)table, PTE_V);
	return table;
}

/* Map the page of @level at @addr. */
static void map_page(struct identity_map *m, uint64_t addr, unsigned int level, uint64_t flags)
{
	uint64_t *table = m->root;
	unsigned int at;

	for (at = m->levels - 1; at > level; at--)
		table = next_table(m, entry(m, table, at, addr));
	*entry(m, table, level, addr) = pte_make(addr, m->leaf | flags);
}

void identity_map(struct identity_map *m, struct range r, uint64_t flags)
{
	uint64_t addr = r.start;
	uint64_t left = r.size;

	assert(!((r.start | r.size) % PAGE_SIZE));
	assert(range_end(r) <= coverage(m->levels, m->root_bits));
	while (left) {
		unsigned int level = m->levels - 1;

		while (addr % pte_span(level) || left < pte_span(level))
			level--;
		map_page(m, addr, level, flags);
		addr += pte_span(level);
		left -= pte_span(level);
	}
}

void identity_map_all(struct identity_map *m, const struct range_list *l, uint64_t flags)
{
	unsigned int i;

	for (i = 0; i < l->count; i++)
		identity_map(m, l->r[i], flags);
}

bool identity_lookup(const struct identity_map *m, uint64_t addr, struct hext_host_page *page)
{
	uint64_t *table = m->root;
	unsigned int level;
	uint64_t pte;

	if (addr >= coverage(m->levels, m->root_bits))
		return false;
	for (level = m->levels - 1;; level--) {
		pte = *entry(m, table, level, addr);
		if (!(pte & PTE_V))
			return false;
		if (pte_is_leaf(pte))
			break;
		table = (uint64_t *)(uintptr_t)pte_addr(pte);
	}
	page->hpa = hpa(pte_addr(pte) + addr % pte_span(level));
	page->level = level;
	page->r = pte & PTE_R;
	page->w = pte & PTE_W;
	page->x = pte & PTE_X;
	return true;
}

uint64_t identity_atp(const struct identity_map *m)
{
	return (uint64_t)m->mode << ATP_MODE_SHIFT | (uintptr_t)m->root >> PAGE_SHIFT;
}

static unsigned int count_tables(const uint64_t *table, unsigned int entries, unsigned int level)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; level && i < entries; i++) {
		if (pte_is_pointer(table[i]))
			count += 1 + count_tables((const uint64_t *)(uintptr_t)pte_addr(table[i]),
						  PTES_PER_PAGE, level - 1);
	}
	return count;
}

unsigned int identity_table_pages(const struct identity_map *m)
{
	return (8u << m->root_bits) / PAGE_SIZE +
	       count_tables(m->root, 1u << m->root_bits, m->levels - 1);
}
