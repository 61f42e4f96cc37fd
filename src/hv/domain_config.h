/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which part of the machine each domain gets. Nodes under /chosen that are compatible with
 * "halite,domain" describe the domains. docs/domains.md is the binding, after Xen's dom0less
 * (docs/misc/arm/device-tree/booting.txt). Without such nodes, one domain has all of the machine.
 *
 * Invariant: no hart, page of RAM, page of a device or interrupt source is in the parts of two
 * domains. Shared memory is RAM of none.
 */
#ifndef HV_DOMAIN_CONFIG_H
#define HV_DOMAIN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/host.h"
#include "hv/modules.h"
#include "hv/pci_function.h"
#include "lib/index_set.h"
#include "lib/range.h"

#define DOMAIN_NAME_SIZE 32

/* Without halite,tables, and the most. */
#define TABLES_USUAL 100
#define TABLES_MAX   1000

/* Interrupt sources of a PLIC or an APLIC, which are below 1024. Source n is bit n % 32. */
struct source_set {
	uint32_t word[32];
};

/* A given device: the nodes from @first up to, but not including, @end are its subtree. */
struct domain_subtree {
	int first, end;
};

struct domain_config {
	char name[DOMAIN_NAME_SIZE]; /* "": the only domain, which has all of the machine */
	int node;		     /* -1: none */
	struct index_set harts;	     /* indices in machine.harts */
	unsigned int hart_count;
	struct range_list ram;	   /* whole pages */
	struct range_list devices; /* whole pages; no interrupt files */
	struct range_list shared;  /* whole pages, which other domains have, too (shared.h) */
	/* The devices, in ascending order of node */
	struct domain_subtree *given;
	unsigned int given_count, given_room;
	struct pci_functions functions; /* given one by one */
	struct source_set *sources;	/* of each PLIC or each APLIC of the machine */
	bool nacl_offered;
	uint32_t nacl_features; /* bit n: NACL feature n */
	bool does_dma;		/* a device may do DMA, and the domain is trusted with that */
	bool power;		/* the domain may turn the machine off and reset it */
	/* Per cent of the usual part of the memory for shadows, 1 to TABLES_MAX: a weight */
	unsigned int tables;
};

/* The number of PLICs or APLICs of @m, of which a machine has one kind only. */
static inline unsigned int machine_controllers(const struct machine *m)
{
	return m->plic_count + m->aplic_count;
}

static inline bool source_set_has(const struct source_set *s, unsigned int source)
{
	return s->word[source / 32] >> source % 32 & 1;
}

/* Make @c the domain that has all of the machine @h. host_build() has built @h. */
void domain_config_all(struct domain_config *c, struct host *h);

/*
 * Read the mods->domains nodes of domains in @fdt and divide the machine @h among them: fill in as
 * many elements of @c, which are zeroed. host_build() has built @h. An error in the nodes is fatal,
 * and the message names the node and the property.
 */
void domain_config_parse(struct domain_config *c, const void *fdt, struct host *h,
			 const struct modules *mods);

/*
 * Fill in devices, given and sources of @c from its property halite,devices. The @before elements
 * in front of @c have theirs. @several: there are other domains, so devices that do DMA need
 * halite,dma (domain_devices.c).
 */
void domain_config_devices(struct domain_config *c, const void *fdt, const struct machine *m,
			   unsigned int before, bool several);

/*
 * The node with path or alias @path, or the only one with that name. Negative: there is none, or
 * several have the name.
 */
int domain_devices_find(const void *fdt, const char *path);

/*
 * Fill in functions of @c, which is element @index of the @count elements of @all, from its
 * property halite,functions, and place their BARs: their pages are added to c->devices. All
 * elements have their devices (domain_functions.c).
 */
void domain_config_functions(struct domain_config *all, unsigned int count, unsigned int index,
			     const void *fdt, const struct machine *m);

/*
 * Change @made, the device tree of the domain of @c: its drivers use the BARs as they are, and MSIs
 * instead of interrupts of the host. @fdt is the machine's tree.
 */
void domain_functions_tree(void *made, const void *fdt, const struct domain_config *c);

/* How many devices of @m may do DMA that no IOMMU guards: see iommu_tree.h. */
unsigned int domain_devices_unguarded(const struct machine *m, const void *fdt);

#endif
