/* SPDX-License-Identifier: BSD-2-Clause */
#include "counts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

/* Homes are at the end of RAM, one below the other. So the search ends this far below the last. */
#define SEARCH_STEPS 4096

const struct counts_name counts_exits[STATS_EXITS] = {
#define NAME(id, name, meaning) [STATS_EXIT_##id] = { name, meaning },
	STATS_EXIT_KINDS(NAME)
#undef NAME
};

const struct counts_name counts_works[STATS_WORKS] = {
#define NAME(id, name, meaning) [STATS_WORK_##id] = { name, meaning },
	STATS_WORK_KINDS(NAME)
#undef NAME
};

bool counts_in_home(const struct counts_level *level, uint64_t address, uint64_t size)
{
	const struct stats_header *h = &level->header;

	return address >= h->home && size <= h->home_size &&
	       address - h->home <= h->home_size - size;
}

static bool is_sound(const struct counts_level *level, uint64_t home, uint64_t ram_end)
{
	const struct stats_header *h = &level->header;

	return h->size == sizeof(*h) && h->home == home && h->home_size <= ram_end - home &&
	       h->timebase && h->harts && h->harts <= COUNTS_HARTS_MAX &&
	       h->hart_size == sizeof(struct stats_hart) &&
	       (h->stride >= h->hart_size || h->harts == 1) &&
	       counts_in_home(level, h->first,
			      (uint64_t)(h->harts - 1) * h->stride + h->hart_size) &&
	       counts_in_home(level, h->reclaimed, sizeof(uint64_t)) &&
	       counts_in_home(level, h->drains, sizeof(uint64_t));
}

static void tell_of(const struct counts_level *level, uint64_t home, unsigned int wanted)
{
	const struct stats_header *h = &level->header;

	if (h->version != STATS_VERSION || h->exits != STATS_EXITS || h->works != STATS_WORKS)
		message("the Halite at 0x%llx has counts of version %u with %u and %u kinds; this "
			"command knows version %u with %u and %u",
			(unsigned long long)home, h->version, h->exits, h->works, STATS_VERSION,
			STATS_EXITS, STATS_WORKS);
	else if (h->level != wanted)
		message("the Halite at 0x%llx says that it is level %u, not %u",
			(unsigned long long)home, h->level, wanted);
	else
		message("the Halite at 0x%llx: its counts are damaged", (unsigned long long)home);
}

/*
 * Looks for the Halite of level @wanted at @home. Returns whether there is one; -1 after a message
 * if the machine cannot be read. A guest may have written what looks like a Halite, or almost like
 * one. It is left out; a message tells of the first one, and *@told is set.
 */
static int try_home(struct live *live, uint64_t home, unsigned int wanted,
		    struct counts_level *level, bool *told)
{
	uint64_t ram_end = LIVE_RAM_START + live->ram_size;
	struct stats_beacon beacon;
	uint64_t at;

	if (!live_read(live, home + STATS_BEACON_AT, &beacon, sizeof(beacon))) {
		message("the memory of the machine cannot be read");
		return -1;
	}
	if (memcmp(beacon.magic, STATS_MAGIC, STATS_MAGIC_SIZE) != 0)
		return 0;
	at = home + beacon.header;
	if (sizeof(level->header) > ram_end - home ||
	    beacon.header > ram_end - home - sizeof(level->header))
		return 0;
	if (!live_read(live, at, &level->header, sizeof(level->header)))
		return -1;
	/* The copy of Halite that firmware has started, or one that has just begun. */
	if (memcmp(level->header.magic, STATS_MAGIC, STATS_MAGIC_SIZE) != 0 ||
	    level->header.self != at)
		return 0;
	if (level->header.version == STATS_VERSION && level->header.exits == STATS_EXITS &&
	    level->header.works == STATS_WORKS && is_sound(level, home, ram_end) &&
	    level->header.level == wanted)
		return 1;
	if (!*told)
		tell_of(level, home, wanted);
	*told = true;
	return 0;
}

int counts_find(struct live *live, struct counts *counts)
{
	uint64_t home = (LIVE_RAM_START + live->ram_size) / STATS_HOME_ALIGN * STATS_HOME_ALIGN;
	unsigned int left = SEARCH_STEPS;
	bool told = false;
	int found;

	*counts = (struct counts){ 0 };
	while (left-- && home > LIVE_RAM_START && counts->levels < COUNTS_LEVELS_MAX) {
		struct counts_level *level = &counts->level[counts->levels];

		home -= STATS_HOME_ALIGN;
		found = try_home(live, home, counts->levels, level, &told);
		if (found < 0)
			return -1;
		if (!found)
			continue;
		level->harts = calloc(level->header.harts, sizeof(*level->harts));
		level->pools = calloc(level->header.harts, sizeof(*level->pools));
		if (!level->harts || !level->pools)
			abort();
		counts->levels++;
		left = SEARCH_STEPS;
	}
	if (!counts->levels) {
		message("no Halite with counts is in the machine's memory yet");
		return -1;
	}
	return 0;
}

static bool same_domain(const struct counts_level *level, unsigned int a, unsigned int b)
{
	return !strcmp(level->harts[a].domain, level->harts[b].domain);
}

/* Whether no hart before @hart is of its domain. */
static bool is_first(const struct counts_level *level, unsigned int hart)
{
	unsigned int i = 0;

	while (i < hart && !same_domain(level, i, hart))
		i++;
	return i == hart;
}

bool counts_first_of_domain(const struct counts_level *level, unsigned int hart)
{
	return level->harts[hart].domain[0] && is_first(level, hart);
}

/* What the machine's memory has for a name becomes text. */
static void clean_name(char *name)
{
	name[STATS_DOMAIN_SIZE - 1] = '\0';
	for (; *name; name++) {
		if (*name <= ' ' || *name > '~')
			*name = '?';
	}
}

/* Reads the counts of the pool of the domain whose first hart is @hart. */
static int read_pool(struct live *live, struct counts_level *level, unsigned int hart)
{
	const struct stats_hart *from = &level->harts[hart];
	struct counts_pool *pool = &level->pools[hart];

	if (!counts_in_home(level, from->reclaimed, sizeof(uint64_t)) ||
	    !counts_in_home(level, from->drains, sizeof(uint64_t)))
		return 0;
	if (!live_read(live, from->reclaimed, &pool->reclaimed, sizeof(pool->reclaimed)) ||
	    !live_read(live, from->drains, &pool->drains, sizeof(pool->drains)))
		return -1;
	level->reclaimed += pool->reclaimed;
	level->drains += pool->drains;
	return 0;
}

static int read_level(struct live *live, struct counts_level *level)
{
	const struct stats_header *h = &level->header;
	unsigned int i;

	level->reclaimed = level->drains = 0;
	for (i = 0; i < h->harts; i++) {
		if (!live_read(live, h->first + (uint64_t)i * h->stride, &level->harts[i],
			       sizeof(level->harts[i])))
			return -1;
		clean_name(level->harts[i].domain);
		if (is_first(level, i) && read_pool(live, level, i) < 0)
			return -1;
	}
	return 0;
}

int counts_read(struct live *live, struct counts *counts)
{
	for (unsigned int i = 0; i < counts->levels; i++) {
		if (read_level(live, &counts->level[i]) < 0) {
			message("the machine has ended");
			return -1;
		}
	}
	return 0;
}

uint64_t counts_sum(const struct counts_level *level, int of, size_t offset)
{
	uint64_t sum = 0, value;

	for (unsigned int i = 0; i < level->header.harts; i++) {
		if (of >= 0 && !same_domain(level, (unsigned int)of, i))
			continue;
		memcpy(&value, (const char *)&level->harts[i] + offset, sizeof(value));
		sum += value;
	}
	return sum;
}

static struct stats_vm *find_vm(struct counts_vms *vms, uint64_t vm)
{
	for (unsigned int i = 0; i < vms->count; i++) {
		if (vms->list[i].vm == vm)
			return &vms->list[i];
	}
	return NULL;
}

static void add_vms(struct counts_vms *vms, const struct stats_hart *hart)
{
	for (unsigned int i = 0; i < STATS_VMS; i++) {
		struct stats_vm *vm = find_vm(vms, hart->vms[i].vm);

		if (!hart->vms[i].vm)
			continue;
		if (vm)
			vm->exits += hart->vms[i].exits;
		else
			vms->list[vms->count++] = hart->vms[i];
	}
}

static int compare_vms(const void *a, const void *b)
{
	const struct stats_vm *one = a, *other = b;

	return (one->vm > other->vm) - (one->vm < other->vm);
}

void counts_vms(const struct counts_level *level, int of, int hart, struct counts_vms *vms)
{
	vms->count = 0;
	for (unsigned int i = 0; i < level->header.harts; i++) {
		if (hart >= 0 ? (unsigned int)hart == i
			      : of < 0 || same_domain(level, (unsigned int)of, i))
			add_vms(vms, &level->harts[i]);
	}
	qsort(vms->list, vms->count, sizeof(vms->list[0]), compare_vms);
}

uint64_t counts_of_vm(const struct counts_vms *vms, uint64_t vm)
{
	for (unsigned int i = 0; i < vms->count; i++) {
		if (vms->list[i].vm == vm)
			return vms->list[i].exits;
	}
	return 0;
}
