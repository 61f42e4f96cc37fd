/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables for L2: random ones in the arena, exact ones for the probes. */
#include <string.h>

#include "hostile.h"

#define ROOT_PAGES   4
#define ARENA_TABLES 16 /* pages, with the root */
#define EXACT_TABLES 12 /* pages without the root */
#define PTES	     512

struct exact {
	uint64_t root[ROOT_PAGES * PTES];
	uint64_t table[EXACT_TABLES][PTES];
	unsigned int used;
} __attribute__((aligned(16384)));

static struct exact exact[HOSTILE_HARTS];

uint64_t arena_tables(uint64_t id)
{
	return ARENA + id * ARENA_TABLES * 4096;
}

static uint64_t random_flags(struct hart *h)
{
	uint64_t flags = PTE_LEAF & ~(rnd(h) & rnd(h) & 0xfe);

	if (chance(h, 8))
		flags |= (rnd(h) & 0x3f) << 5; /* G, A, D, RSW */
	if (chance(h, 32))
		flags |= UINT64_C(1) << (54 + below(h, 10)); /* reserved, PBMT, N */
	return flags;
}

/* 4 KiB or 2 MiB that are not the guest's, or that trap. Writes there do no harm. */
static uint64_t bad_page(struct hart *h)
{
	switch (below(h, 7)) {
	case 0:
		return hostile_home;
	case 1:
		return (hostile_home + below(h, RAM_END - hostile_home)) & ~UINT64_C(0xfff);
	case 2:
		return FIRMWARE + below(h, 0x40) * 4096;
	case 3:
		return FIRMWARE;
	case 4:
		return PLIC + below(h, 0x600) * 4096;
	case 5:
		return RAM_END;
	default:
		return NOWHERE;
	}
}

uint64_t random_pte(struct hart *h)
{
	switch (below(h, 10)) {
	case 0:
		return 0;
	case 1:
		return rnd(h);
	case 2:
	case 3:
		return PPN(arena_tables(below(h, HOSTILE_HARTS)) + below(h, ARENA_TABLES) * 4096) |
		       PTE_V;
	case 4:
		return PPN(bad_page(h)) | PTE_V;
	case 5:
		return PPN(ARENA + below(h, ARENA_SIZE / 4096) * 4096) | random_flags(h);
	case 6:
		return PPN(ARENA) | random_flags(h);
	case 7:
		return PPN(UINT64_C(0x80000000)) | random_flags(h);
	default:
		return PPN(bad_page(h)) | random_flags(h);
	}
}

/* Maps the image, read-only, and the arena. Uses tables in page 4 and the following ones. */
static void map_image(uint64_t *tables, unsigned int levels, bool gstage)
{
	const uint64_t flags = gstage ? PTE_LEAF : PTE_LEAF & ~PTE_U;
	uint64_t *table = tables;
	unsigned int page = gstage ? 4 : 12;
	unsigned int level;
	uint64_t index;

	if (!gstage)
		table += page++ * PTES;
	for (level = levels - 1; level > 1; level--) {
		index = IMAGE >> (12 + 9 * level) & (PTES - 1);
		table[index] = PPN((uintptr_t)(tables + page * PTES)) | PTE_V;
		table = tables + page++ * PTES;
	}
	table[IMAGE >> 21 & (PTES - 1)] = PPN(IMAGE) | (flags & ~(uint64_t)PTE_W);
	table[ARENA >> 21 & (PTES - 1)] = PPN(ARENA) | flags;
}

void scribble_tables(struct hart *h, unsigned int mode)
{
	uint64_t *tables = (uint64_t *)arena_tables(h->id);
	unsigned int i, count = h->tables_made++ % 256 ? below(h, 32) : ARENA_TABLES * PTES;

	for (i = 0; i < count; i++)
		tables[below(h, ARENA_TABLES * PTES)] = chance(h, 3) ? random_pte(h) : 0;
	if (mode >= 8 && mode <= 10 && !chance(h, 8))
		map_image(tables, mode - 5, true);
	if (chance(h, 2))
		map_image(tables, 3, false);
}

uint64_t random_atp(struct hart *h, bool gstage)
{
	static const uint8_t modes[] = { 8, 8, 9, 10, 0, 0, 1, 15 };
	uint64_t mode = modes[below(h, 8)];
	uint64_t id = chance(h, 4) ? below(h, 1 << 14) : below(h, 8);
	uint64_t root;

	switch (below(h, 8)) {
	case 0:
		root = arena_tables(below(h, HOSTILE_HARTS));
		break;
	case 1:
		root = bad_page(h);
		break;
	case 2:
		root = chance(h, 2) ? UART : 0x10001000;
		break;
	case 3:
		root = (rnd(h) >> 8) & ~UINT64_C(0xfff);
		break;
	case 4:
		root = ARENA + below(h, ARENA_SIZE / 4096) * 4096;
		break;
	default:
		root = arena_tables(h->id) + (gstage ? 0 : 12 * 4096);
		break;
	}
	return mode << 60 | id << 44 | root >> 12;
}

unsigned int gstage_mode(struct hart *h)
{
	uint64_t mode = 8 + below(h, 3);

	/* A machine may lack a mode; a write of this mode does not change hgatp. */
	csr_write(0x680, 0);
	csr_write(0x680, mode << 60);
	return csr_read(0x680) >> 60 == mode ? mode : 8;
}

static uint64_t *next_table(struct exact *o, uint64_t *entry)
{
	uint64_t *table = o->table[o->used];

	if (*entry & PTE_V)
		return (uint64_t *)(*entry >> 10 << 12);
	o->used++;
	*entry = PPN((uintptr_t)table) | PTE_V;
	return table;
}

void exact_map(struct hart *h, unsigned int mode, uint64_t gpa, uint64_t pa, unsigned int level,
	       uint64_t flags)
{
	struct exact *o = &exact[h->id];
	unsigned int at = mode - 6;
	uint64_t *entry = &o->root[gpa >> (12 + 9 * at)];

	for (; at > level; at--)
		entry = &next_table(o, entry)[gpa >> (12 + 9 * (at - 1)) & (PTES - 1)];
	*entry = PPN(pa & (~UINT64_C(0) << (12 + 9 * level))) | flags;
}

uint64_t exact_tables(struct hart *h, unsigned int mode)
{
	struct exact *o = &exact[h->id];

	memset(o, 0, sizeof(*o));
	exact_map(h, mode, IMAGE, IMAGE, 1, PTE_LEAF & ~PTE_W);
	return (uint64_t)mode << 60 | (h->id + 1) << 44 | (uintptr_t)o->root >> 12;
}
