/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of both stages, on every level, in every device and in memory that is not this
 * guest's.
 */
#include <string.h>

#include "cage.h"

#define LEVELS 3

struct
try {
	bool vs; /* VS-stage, or G-stage */
	unsigned int level;
	const struct place *place;
	unsigned int index; /* of the entry in this page */
	uint64_t addr;	    /* its translation uses this entry */
};

static void prepare(struct try *y)
{
	struct tables *t = tables_reset();
	uint64_t pointer = PPN(y->place->addr) | PTE_V;
	uint64_t root = (uintptr_t)t->root, vs_root = y->vs ? (uintptr_t)t->vs_root : 0;

	switch (y->level) {
	case 0:
		(y->vs ? t->vs_second : t->second)[0] = pointer;
		y->addr = TEST_ADDR + y->index * PAGE;
		break;
	case 1:
		(y->vs ? t->vs_root : t->root)[TEST_INDEX] = pointer;
		y->addr = TEST_ADDR + y->index * BIT64(21);
		break;
	default:
		if (y->vs) {
			vs_root = y->place->addr;
			/* All higher bits equal bit 38. */
			y->addr = (uint64_t)((int64_t)((uint64_t)y->index << 55) >> 25);
			break;
		}
		/* The root has 16 KiB; the page is one part of it. */
		root = y->place->addr & ~UINT64_C(0x3fff);
		y->addr = ((y->place->addr & UINT64_C(0x3fff)) / 8 + y->index) * GIB;
		break;
	}
	tables_use(root, vs_root);
}

static void try_one(struct try *y, const struct deed *d, enum mode mode)
{
	/* If the root is in a device, L2 does not reach its first instruction. */
	const bool no_code = y->level == 2 && d->mode != HS;
	const struct deed *seen = no_code ? &deeds[FETCH] : d;
	const uint64_t code = (uintptr_t)d->code;
	uint64_t addr, allowed = deed_faults(seen);

	prepare(y);
	deed_do(d, mode, y->addr);
	addr = no_code ? code : y->addr;
	/* Halite's walks end in an access fault. A hart's walk depends on the device's answer. */
	if (!native && (!y->vs || d->mode == HS))
		allowed = deed_access(seen);
	/* L1's G-stage does not map the VS-stage's table. */
	if (y->vs && y->place->addr >= MAPPED_END)
		allowed = BIT64(seen->guest);
	/* A device's answer may be a valid PTE. For HLVX, QEMU gives the causes of a fetch. */
	if (native)
		allowed |= BIT64(CAUSE_BREAKPOINT) |
			   (d == &deeds[HLVX] ? deed_faults(&deeds[FETCH]) : 0);
	judge(seen, mode, d == &deeds[FETCH] || no_code ? addr : code, addr, allowed,
	      "%s-stage's table of level %u at 0x%lx (%s)", y->vs ? "VS" : "G", y->level,
	      (unsigned long)y->place->addr, y->place->name);
}

static void try_place(const struct place *place, bool all)
{
	static const uint16_t indexes[] = { 1, 0, 511 };
	struct try y = { .place = place };
	unsigned int i, k;

	for (y.vs = 0;; y.vs = true) {
		for (y.level = 0; y.level < LEVELS; y.level++) {
			for (i = 0; i < (all ? 3 : 1); i++) {
				y.index = indexes[i];
				for (k = 0; k < DEEDS; k++)
					try_one(&y, &deeds[k], VS);
				if (!y.vs)
					try_one(&y, &deeds[LOAD], VU);
			}
		}
		if (y.vs)
			break;
	}
}

/* Whether an earlier place has the same name before "@", such as virtio_mmio@10001000. */

static bool is_like_others(unsigned int n)
{
	const char *name = places[n].name;
	size_t length = strcspn(name, "@");
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!strncmp(places[i].name, name, length) &&
		    strcspn(places[i].name, "@") == length)
			return true;
	}
	return false;
}

static void try_others(bool all)
{
	const struct place others[] = {
		{ "the end of RAM", memory_end },
		{ "the hypervisor", memory_end + BIT64(20) },
		{ "firmware", firmware },
		{ "nothing", BIT64(50) },
		{ "the last page", BIT64(56) - PAGE },
	};
	unsigned int i;

	arm_watchdog(60);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		try_place(&others[i], all);
	check_wrong("tables in memory of others%s", me->area ? ", sync_sret" : "");
}

static void try_places(bool all)
{
	unsigned int i;

	for (i = 0; i < place_count; i++) {
		if (!all && is_like_others(i))
			continue;
		arm_watchdog(60);
		try_place(&places[i], all);
		check_wrong("tables in %s, 0x%lx%s", places[i].name, (unsigned long)places[i].addr,
			    me->area ? ", sync_sret" : "");
	}
	try_others(all);
}

void check_all_tables(bool all)
{
	bool area;

	if (all)
		try_places(true);
	area = area_begin();
	if (area || !all)
		try_places(all);
	area_end();
	check_sane("tables in devices");
}
