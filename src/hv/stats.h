/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The number of exits for each reason. With the word "stats" on Halite's command line, Halite
 * counts exits and prints the counts when the guest ends the machine. It then also prints the use
 * of the pool for shadows, and prints it whenever the guest stops a hart, too. Without the word,
 * stat_count() is a nop.
 */
#ifndef HV_STATS_H
#define HV_STATS_H

#include <stdint.h>

#include "riscv/static_key.h"

/* The reasons. STAT_L1_: an exit of L1. STAT_L2_: an exit of L2. */
enum stat {
	STAT_L1_SBI,	/* ECALL, other than SBI NACL */
	STAT_L1_NACL,	/* ECALL of SBI NACL */
	STAT_L1_CSR,	/* CSR instruction on a hypervisor or VS CSR */
	STAT_L1_HFENCE, /* HFENCE or HINVAL */
	STAT_L1_SRET,	/* SRET into L2 */
	STAT_L1_ACCESS, /* HLV, HLVX or HSV */
	STAT_L1_WAIT,	/* WFI or WRS.NTO */
	STAT_L1_MEMORY, /* guest-page fault: an emulated device, or no memory */
	STAT_L1_OTHER,	/* another exception of L1 */
	STAT_L2_FILL,	/* guest-page fault: the shadow lacked the entry */
	STAT_L2_MEMORY, /* guest-page fault: passed to L1, or an emulated device */
	STAT_L2_OTHER,	/* another exception, passed to L1 */
	STAT_INTERRUPT,
	STAT_COUNT,
};

struct stats {
	uint64_t count[STAT_COUNT];
};

struct domain;

static inline __attribute__((always_inline)) void stat_count(struct stats *s, enum stat stat)
{
	if (static_key(KEY_STATS))
		s->count[stat]++;
}

/* If exits are counted, print the use of the pool for shadows in one line. */
void stats_print_pool(struct domain *d);

/* If exits are counted, print the sums over all harts of @d. */
void stats_print(const struct domain *d);

#endif
