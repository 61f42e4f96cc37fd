/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a guest came out, and why. Counted when Halite's command line says "stats": then a table is
 * printed when the guest ends the machine, and the use of the pool for shadows then and whenever the guest
 * stops a hart, which is how a guest can ask for it. Otherwise counting is a nop.
 */
#ifndef HV_STATS_H
#define HV_STATS_H

#include <stdint.h>

#include "riscv/static_key.h"

/* From L1 if L1_, from L2 if L2_. */
enum stat {
	STAT_L1_SBI,	/* ECALL, but for NACL */
	STAT_L1_NACL,	/* ECALL of SBI NACL */
	STAT_L1_CSR,	/* H or VS CSR */
	STAT_L1_HFENCE, /* HFENCE, HINVAL */
	STAT_L1_SRET,	/* into L2 */
	STAT_L1_ACCESS, /* HLV, HLVX, HSV */
	STAT_L1_WAIT,	/* WFI, WRS.NTO */
	STAT_L1_MEMORY, /* G-stage fault: a device that is emulated, or nothing */
	STAT_L1_OTHER,	/* exceptions that are L1's own */
	STAT_L2_FILL,	/* G-stage fault that the shadow lacked an entry for */
	STAT_L2_MEMORY, /* G-stage fault of L1's tables, or a device that is emulated */
	STAT_L2_OTHER,	/* exceptions for L1 */
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

/* If exits are counted: print how much of the pool for shadows is in use, in one line. */
void stats_print_pool(struct domain *d);

/* If they are counted: print those of all harts of @d. */
void stats_print(const struct domain *d);

#endif
