/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts of exits and of work, and with the word "trace" a ring of events for each hart
 * (stats_format.h says what and where). With the word "stats" on Halite's command line, Halite
 * counts, and prints the counts when the guest ends the machine. It then also prints the use of the
 * pool for shadows, and prints it whenever the guest stops a hart, too.
 *
 * All of it is behind KEY_STATS. Exits and entries are counted in entry.S, in place of an
 * instruction that is there anyway, so without the words they cost nothing. Each function below
 * costs a nop without the words.
 */
#ifndef HV_STATS_H
#define HV_STATS_H

#include <stdint.h>

#include "hv/stats_format.h"
#include "lib/pages.h"
#include "riscv/static_key.h"

struct domain;
struct host;
struct vcpu;

static inline __attribute__((always_inline)) void stats_add(struct stats_hart *s,
							    enum stats_work work, uint64_t count)
{
	if (static_key(KEY_STATS))
		s->works[work] += count;
}

/* The part of stats_note() with KEY_STATS: record an event in the ring, if there is one. */
void stats_record(struct stats_hart *s, enum stats_event_type type, uint32_t code, uint64_t a,
		  uint64_t b);

/* Record an event of this hart, of which @s is. stats_format.h explains @code, @a and @b. */
static inline __attribute__((always_inline)) void
stats_note(struct stats_hart *s, enum stats_event_type type, uint32_t code, uint64_t a, uint64_t b)
{
	if (static_key(KEY_STATS))
		stats_record(s, type, code, a, b);
}

/*
 * Give each vCPU of @d a ring of @events events, a power of two, of pages of @pool. 0: no rings.
 * Errors are fatal. The caller is boot.
 */
void stats_make_rings(struct domain *d, struct page_pool *pool, unsigned int events);

/*
 * Fill in struct stats_header. The vCPUs of all harts of @h are at @first and at multiples of
 * @stride bytes behind it. The caller is boot.
 */
void stats_publish(const struct host *h, const struct vcpu *first, uint64_t stride);

/* Note the domain of @v in its counts. The caller is boot. */
void stats_note_domain(struct vcpu *v);

/*
 * Called by entry.S with KEY_STATS: right after a trap of a guest into Halite, with VCPU_A7 and
 * VCPU_A6 in v->x and the CSRs of the trap untouched; and right before an entry into the guest.
 */
void stats_exit(struct vcpu *v);
void stats_enter(struct vcpu *v);

/*
 * stats_exit() has counted a virtual-instruction exception of L1 whose code the hart has not given.
 * The code is @code.
 */
void stats_exit_code(struct vcpu *v, uint32_t code);

/* If exits are counted, print the use of the pool for shadows in one line. */
void stats_print_pool(struct domain *d);

/* If exits are counted, print the sums over all harts of @d. */
void stats_print(const struct domain *d);

#endif
