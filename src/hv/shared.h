/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that several domains share. Nodes under /chosen that are compatible with
 * "halite,shared-memory" describe it; docs/domains.md is the binding. Behind the memory is a page
 * in no G-stage, the doorbell (doorbell.h).
 *
 * The domains map the memory, but it is RAM of none of them: domain_owns_ram() is false there. So
 * Halite reads no page table, no buffer and no instruction from it, and writes nothing there after
 * boot, whatever a domain says.
 */
#ifndef HV_SHARED_H
#define HV_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/machine.h"
#include "lib/range.h"
#include "lib/spinlock.h"

struct domain_config;
struct host;
struct source;

#define SHARED_MAX 8 /* of a machine */

/* What one of the domains has. */
struct shared_side {
	unsigned int domain;   /* index in host.domains */
	struct source *source; /* of the domain, whose wire is @wire */
	struct spinlock lock;
	uint32_t rung; /* bit n: side n has rung since the last look. Harts write it atomically. */
	bool wire;     /* rung is not 0 */
};

struct shared {
	const char *name;
	const char *names; /* of the domains: the value of halite,domains, of @names_length bytes */
	int names_length;
	int node;	     /* in the machine's device tree */
	struct range memory; /* whole pages */
	struct shared_side side[DOMAINS_MAX];
	unsigned int count;
};

/*
 * Read the nodes in @fdt, and take the memory from @free. The @count domains @c have their names,
 * and get the ranges in c->shared. An error is fatal, and the message names node and property.
 */
void shared_parse(struct host *h, const void *fdt, struct domain_config *c, unsigned int count,
		  struct range_list *free);

#endif
