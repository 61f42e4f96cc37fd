/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host: the machine, and the memory that Halite keeps for itself. main.c and host_build() fill
 * it in at boot. It is constant once the harts of the domain run.
 *
 * Invariant: ram, home and firmware's memory do not overlap. pool is a part of home.
 */
#ifndef HV_HOST_H
#define HV_HOST_H

#include "hv/identity.h"
#include "hv/machine.h"
#include "hv/options.h"
#include "hv/vmid.h"
#include "lib/pages.h"
#include "lib/range.h"

struct domain;
struct shared;

struct host {
	struct machine machine;
	struct options options;
	unsigned int level;	  /* number of Halites below this one */
	struct range home;	  /* Halite's own memory */
	struct range_list ram;	  /* for domains: whole pages outside home and firmware's memory */
	struct page_pool pool;	  /* free pages of home */
	struct identity_map map;  /* Halite's own page table */
	struct vmid_range vmids;  /* VMIDs that no domain has */
	uint16_t lacking_modes;	  /* bit n: a used IOMMU has no second stage of hgatp mode n */
	struct machine_uart uart; /* the UART that is emulated; base 0: none */
	struct domain *domains[DOMAINS_MAX];
	unsigned int domain_count;
	struct shared *shared; /* memory of several domains (shared.h) */
	unsigned int shared_count;
};

/*
 * Fill in ram and vmids, and make map with pages of pool. The caller has filled in machine, home
 * and pool. Fatal if the machine has too little memory.
 */
void host_build(struct host *h);

#endif
