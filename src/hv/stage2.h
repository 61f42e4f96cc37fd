/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domain's own G-stage: its memory and devices, mapped where they are (identity). Built at
 * boot, constant afterwards, walked by the hardware of all its harts.
 *
 * Invariant: an entry maps an address to itself, with PTE_U, and PTE_A and PTE_D set, so that the
 * hardware never writes it.
 */
#ifndef HV_STAGE2_H
#define HV_STAGE2_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/hext.h"
#include "lib/range.h"
#include "lib/pages.h"

struct stage2 {
	uint64_t *root;	     /* GSTAGE_ROOT_SIZE */
	unsigned int levels; /* 3 to 5 */
	unsigned int mode;   /* of hgatp */
	struct page_pool *pool;
};

/*
 * An empty one. @modes: bit n, hgatp takes mode n; @end: first address beyond all that will be
 * mapped. Takes the mode with the fewest levels that covers it; fatal if there is none.
 */
void stage2_init(struct stage2 *s, struct page_pool *pool, uint16_t modes, uint64_t end);

/*
 * Map @r, whole pages not mapped before, to itself, with the largest pages that fit. @flags: PTE_R,
 * PTE_W, PTE_X. Fatal when the pool is empty.
 */
void stage2_map(struct stage2 *s, struct range r, uint64_t flags);

/* The page that @addr of the domain is in. False: not mapped. */
bool stage2_lookup(const struct stage2 *s, uint64_t addr, struct hext_host_page *page);

/* hgatp for this G-stage with VMID 0. */
uint64_t stage2_hgatp(const struct stage2 *s);

/* Pages that tables have been made of, root included. */
unsigned int stage2_table_pages(const struct stage2 *s);

#endif
