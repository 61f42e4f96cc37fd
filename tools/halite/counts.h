/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Halites of a running machine count and record (src/hv/stats_format.h). All that is read
 * from the machine is checked before it is used.
 */
#ifndef HALITE_TOOL_COUNTS_H
#define HALITE_TOOL_COUNTS_H

#include <stdint.h>

#include "hv/stats_format.h"
#include "live.h"

#define COUNTS_LEVELS_MAX 8
#define COUNTS_HARTS_MAX  512

struct counts_level {
	struct stats_header header;
	uint64_t reclaimed, drains; /* of all domains */
	struct stats_hart *harts;   /* header.harts of them */
	/* For each hart: those of its domain. 0: a hart before it is of the same domain. */
	struct counts_pool {
		uint64_t reclaimed, drains;
	} * pools;
};

struct counts {
	unsigned int levels;
	struct counts_level level[COUNTS_LEVELS_MAX];
};

struct counts_name {
	const char *name, *meaning;
};

extern const struct counts_name counts_exits[STATS_EXITS], counts_works[STATS_WORKS];

/*
 * Finds the Halites of the machine. Returns 0, or -1 after a message: there is none that counts in
 * the way of this version.
 */
int counts_find(struct live *live, struct counts *counts);

/* Reads the numbers. Returns 0, or -1 after a message: the machine has ended. */
int counts_read(struct live *live, struct counts *counts);

/*
 * Sum of the number at @offset of struct stats_hart over all harts of @level that are of the same
 * domain as the hart of index @of; -1: over all harts.
 */
uint64_t counts_sum(const struct counts_level *level, int of, size_t offset);

/* Guests of L1, in order of their VMIDs; others come last. */
struct counts_vms {
	unsigned int count;
	struct stats_vm list[COUNTS_HARTS_MAX * STATS_VMS];
};

/* The exits of each guest of L1 on the hart of index @hart; -1: as counts_sum() takes them. */
void counts_vms(const struct counts_level *level, int of, int hart, struct counts_vms *vms);

/* The exits of the guest @vm in @vms. */
uint64_t counts_of_vm(const struct counts_vms *vms, uint64_t vm);

/* Whether the machine has several domains at @level, and @hart is the index of one's first hart. */
bool counts_first_of_domain(const struct counts_level *level, unsigned int hart);

/* Whether [@address, @address + @size) is in the home of @level. */
bool counts_in_home(const struct counts_level *level, uint64_t address, uint64_t size);

#endif
