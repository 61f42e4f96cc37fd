/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables that map addresses to themselves: the G-stage table of the domain, and Halite's own
 * page table. They are built at boot and constant afterwards. The hardware of all harts walks them.
 *
 * Invariant: leaf entries have PTE_A and PTE_D set, so the hardware never writes them. PTE_U is set
 * in the G-stage table only.
 */
#ifndef HV_IDENTITY_H
#define HV_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/hext.h"
#include "lib/range.h"
#include "lib/pages.h"

struct identity_map {
	uint64_t *root;
	uint64_t leaf;		/* flags that every leaf has */
	unsigned int root_bits; /* width of the index into the root */
	unsigned int levels;	/* 3 to 5 */
	unsigned int mode;	/* MODE of hgatp or satp */
	struct page_pool *pool;
};

/*
 * Make an empty G-stage table with pages of @pool. @modes has bit n set if hgatp supports mode n.
 * All pages that will be mapped are below @end. The mode is the one with the fewest levels that
 * covers @end. Fatal if there is none.
 */
void identity_init_gstage(struct identity_map *m, struct page_pool *pool, uint16_t modes,
			  uint64_t end);

/* Make an empty table for satp, which covers the addresses below @end. Fatal on errors. */
void identity_init_own(struct identity_map *m, struct page_pool *pool, uint64_t end);

/*
 * Map @r, whole pages that are not mapped yet, with the largest pages that fit. @flags: PTE_R,
 * PTE_W, PTE_X. Fatal if the pool is empty.
 */
void identity_map(struct identity_map *m, struct range r, uint64_t flags);

/* Call identity_map() for all ranges of @l. */
void identity_map_all(struct identity_map *m, const struct range_list *l, uint64_t flags);

/* Find the page that maps @addr. page->hpa is the address of the byte. False: not mapped. */
bool identity_lookup(const struct identity_map *m, uint64_t addr, struct hext_host_page *page);

/* The value of hgatp with VMID 0, or of satp with ASID 0. */
uint64_t identity_atp(const struct identity_map *m);

/* The number of pages of all tables, root included. */
unsigned int identity_table_pages(const struct identity_map *m);

#endif
