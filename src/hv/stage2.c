/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hext/bits.h"
#include "hv/console.h"
#include "hv/stage2.h"
#include "riscv/pte.h"

#define LEVELS_MIN	3
#define LEVELS_MAX	5
#define MODE_OF(levels) ((levels)-LEVELS_MIN + ATP_MODE_39)

/* Bytes that a G-stage of @levels covers: the root has two more index bits. */
static uint64_t coverage(unsigned int levels)
{
	return pte_span(levels - 1) << GSTAGE_ROOT_BITS;
}

void stage2_init(struct stage2 *s, struct page_pool *pool, uint16_t modes, uint64_t end)
{
	unsigned int levels;

	for (levels = LEVELS_MIN; levels <= LEVELS_MAX; levels++) {
		if ((modes >> MODE_OF(levels) & 1) && end <= coverage(levels))
			break;
	}
	if (levels > LEVELS_MAX)
		hv_fatal(
			"no G-stage mode of this machine (hgatp modes 0x%x) covers its addresses up to 0x%llx",
			modes, (unsigned long long)end);
	s->levels = levels;
	s->mode = MODE_OF(levels);
	s->pool = pool;
	s->root = pages_alloc(pool, GSTAGE_ROOT_PAGES, GSTAGE_ROOT_SIZE);
	if (!s->root)
		hv_fatal("no memory left for the G-stage root");
}

/* The entry of @table at @level (which is the root if it is the highest) for @addr. */
static uint64_t *entry(const struct stage2 *s, uint64_t *table, unsigned int level, uint64_t addr)
{
	unsigned int bits = level == s->levels - 1 ? GSTAGE_ROOT_BITS : PTE_INDEX_BITS;

	return &table[addr / pte_span(level) & ((1u << bits) - 1)];
}

/* The table that @pte points to, made if there is none. */
static uint64_t *next_table(struct stage2 *s, uint64_t *pte)
{
	uint64_t *table;

	if (*pte & PTE_V)
		return (uint64_t *)(uintptr_t)pte_addr(*pte);
	table = pages_alloc(s->pool, 1, PAGE_SIZE);
	if (!table)
		hv_fatal("no memory left for G-stage tables");
	*pte = pte_make((uintptr_t)table, PTE_V);
	return table;
}

/* Map the page of @level at @addr. */
static void map_page(struct stage2 *s, uint64_t addr, unsigned int level, uint64_t flags)
{
	uint64_t *table = s->root;
	unsigned int at;

	for (at = s->levels - 1; at > level; at--)
		table = next_table(s, entry(s, table, at, addr));
	*entry(s, table, level, addr) = pte_make(addr, PTE_V | PTE_U | PTE_A | PTE_D | flags);
}

void stage2_map(struct stage2 *s, struct range r, uint64_t flags)
{
	uint64_t addr = r.start;
	uint64_t left = r.size;

	while (left) {
		unsigned int level = s->levels - 1;

		while (addr % pte_span(level) || left < pte_span(level))
			level--;
		map_page(s, addr, level, flags);
		addr += pte_span(level);
		left -= pte_span(level);
	}
}

bool stage2_lookup(const struct stage2 *s, uint64_t addr, struct hext_host_page *page)
{
	uint64_t *table = s->root;
	unsigned int level;
	uint64_t pte;

	if (addr >= coverage(s->levels))
		return false;
	for (level = s->levels - 1;; level--) {
		pte = *entry(s, table, level, addr);
		if (!(pte & PTE_V))
			return false;
		if (pte & PTE_RWX)
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

uint64_t stage2_hgatp(const struct stage2 *s)
{
	return (uint64_t)s->mode << ATP_MODE_SHIFT | (uintptr_t)s->root >> PAGE_SHIFT;
}

static unsigned int count_tables(const uint64_t *table, unsigned int entries, unsigned int level)
{
	unsigned int count = 0;
	unsigned int i;

	for (i = 0; level && i < entries; i++) {
		if ((table[i] & PTE_V) && !(table[i] & PTE_RWX))
			count += 1 + count_tables((const uint64_t *)(uintptr_t)pte_addr(table[i]),
						  PTES_PER_PAGE, level - 1);
	}
	return count;
}

unsigned int stage2_table_pages(const struct stage2 *s)
{
	return GSTAGE_ROOT_PAGES + count_tables(s->root, 1u << GSTAGE_ROOT_BITS, s->levels - 1);
}
