/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables that map addresses to themselves: the domain's own G-stage, and the one that Halite runs
 * with. Built at boot, constant afterwards, walked by the hardware of all harts.
 *
 * Invariant: entries have PTE_A and PTE_D set, so that the hardware never writes them, and PTE_U in
 * the G-stage only.
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
	uint64_t leaf;		/* flags of every leaf */
	unsigned int root_bits; /* of the index into the root */
	unsigned int levels;	/* 3 to 5 */
	unsigned int mode;	/* of hgatp or satp */
	struct page_pool *pool;
};

/*
 * An empty G-stage. @modes: bit n, hgatp takes mode n; @end: first address beyond all that will be
 * mapped. Takes the mode with the fewest levels that covers it; fatal if there is none.
 */
void identity_init_gstage(struct identity_map *m, struct page_pool *pool, uint16_t modes,
			  uint64_t end);

/* An empty table for satp; likewise. */
void identity_init_own(struct identity_map *m, struct page_pool *pool, uint64_t end);

/*
 * Map @r, whole pages not mapped before, with the largest pages that fit. @flags: PTE_R, PTE_W,
 * PTE_X. Fatal when the pool is empty.
 */
void identity_map(struct identity_map *m, struct range r, uint64_t flags);

/* Map all ranges of @l so. */
void identity_map_all(struct identity_map *m, const struct range_list *l, uint64_t flags);

/* The page that @addr is in. False: not mapped. */
bool identity_lookup(const struct identity_map *m, uint64_t addr, struct hext_host_page *page);

/* hgatp with VMID 0, or satp with ASID 0. */
uint64_t identity_atp(const struct identity_map *m);

/* Pages that tables have been made of, root included. */
unsigned int identity_table_pages(const struct identity_map *m);

#endif
