/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host: the machine, and what Halite has of it for itself. Filled in at boot by main.c and
 * host_build(); constant once the domain is built and its harts run.
 *
 * Invariant: ram, home and firmware's memory do not overlap; pool is a part of home.
 */
#ifndef HV_HOST_H
#define HV_HOST_H

#include "hv/identity.h"
#include "hv/machine.h"
#include "hv/options.h"
#include "hv/vmid.h"
#include "lib/pages.h"
#include "lib/range.h"

struct host {
	struct machine machine;
	struct options options;
	unsigned int level;    /* how many Halites are below this one */
	struct range home;     /* Halite's own memory */
	struct range_list ram; /* whole pages that domains can have: neither home nor firmware's */
	struct page_pool pool; /* what is left of home */
	struct identity_map map; /* what Halite itself runs with */
	struct vmid_range vmids; /* that no domain has */
};

/*
 * Find ram and vmids, and make the map from pages of @h->pool. The machine, home and pool are there already.
 * Fatal where the machine has too little memory.
 */
void host_build(struct host *h);

#endif
