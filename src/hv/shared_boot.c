/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain.h"
#include "hv/domain_sources.h"
#include "hv/guest_fdt.h"
#include "hv/shared_boot.h"
#include "lib/page.h"

#define LEVEL_HIGH 4 /* in the second cell of an interrupt */
/* Bytes of a node, without the names of the domains. */
#define NODE_SIZE 512

/* ---- interrupts ---- */

/* The controller of the first hart of @d. */
static unsigned int controller_of(const struct machine *m, const struct domain *d)
{
	const struct machine_hart *hart = &m->harts[index_set_next(&d->harts, 0, m->hart_count)];

	if (m->plic_count)
		return hart->plic;
	return m->aplic_count && m->aplics[0].msi ? 0 : hart->aplic;
}

static void add_source(struct host *h, struct domain_config *c, const struct shared *s,
		       struct shared_side *side)
{
	const struct machine *m = &h->machine;
	struct domain *d = h->domains[side->domain];
	struct machine_source at = { m->plic_count, controller_of(m, d), 0 };

	if (machine_controllers(m))
		at.number = domain_sources_free(h, c, at.controller,
						1 + (at.plic ? m->plics[at.controller].ndev
							     : m->aplics[at.controller].sources));
	if (!at.number)
		hv_fatal("domain %s: no interrupt source is left for the doorbell of %s",
			 d->line.name, s->name);
	c[side->domain].sources[at.controller].word[at.number / 32] |= UINT32_C(1)
								       << at.number % 32;
	if (d->source_count < DOMAIN_SOURCE_BELLS)
		d->source_count = DOMAIN_SOURCE_BELLS;
	side->source = &d->source[d->source_count++];
	source_init(side->source, m, at, at.number, &side->wire);
	if (d->aplics)
		source_set_ie(side->source, false);
}

void shared_make(struct host *h, struct domain_config *c)
{
	unsigned int i, k;

	for (i = 0; i < h->shared_count; i++) {
		struct shared *s = &h->shared[i];

		memset((void *)(uintptr_t)s->memory.start, 0, s->memory.size);
		for (k = 0; k < s->count; k++)
			add_source(h, c, s, &s->side[k]);
	}
}

/* ---- the device trees of the domains ---- */

unsigned int shared_fdt_room(const struct host *h)
{
	unsigned int room = h->shared_count * (NODE_SIZE + DOMAINS_MAX * DOMAIN_NAME_SIZE);

	return (room + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* The interrupt of @source, with as many cells as its controller wants. */
static int add_interrupt(void *fdt, int node, const void *machine_fdt, const struct source *source)
{
	const struct machine *m = source->machine;
	int controller = source->at.plic ? m->plics[source->at.controller].node
					 : m->aplics[source->at.controller].node;
	fdt32_t value[3];
	uint64_t cells = 1;

	devtree_get_number(machine_fdt, controller, "#interrupt-cells", &cells);
	fdt32_st(&value[0], fdt_get_phandle(machine_fdt, controller));
	fdt32_st(&value[1], source->at.number);
	fdt32_st(&value[2], LEVEL_HIGH);
	return fdt_setprop(fdt, node, "interrupts-extended", value, cells < 2 ? 8 : 12);
}

static int add_node(const struct shared *s, unsigned int side, void *fdt, const void *machine_fdt)
{
	const int address_cells = fdt_address_cells(fdt, 0), size_cells = fdt_size_cells(fdt, 0);
	const struct range part[] = { s->memory, { range_end(s->memory), PAGE_SIZE } };
	fdt32_t reg[8];
	char name[40];
	int node, error, used = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		used += guest_fdt_put(reg + used, part[i].start, address_cells);
		used += guest_fdt_put(reg + used, part[i].size, size_cells);
	}
	snprintf(name, sizeof(name), "shared-memory@%lx", (unsigned long)s->memory.start);
	node = fdt_add_subnode(fdt, 0, name);
	if (node < 0)
		return node;
	error = fdt_setprop_string(fdt, node, "compatible", "halite,shared-memory");
	error |= fdt_setprop_string(fdt, node, "halite,name", s->name);
	error |= fdt_setprop(fdt, node, "halite,domains", s->names, s->names_length);
	error |= fdt_setprop_u32(fdt, node, "halite,side", side);
	error |= fdt_setprop(fdt, node, "reg", reg, used * sizeof(*reg));
	return error | add_interrupt(fdt, node, machine_fdt, s->side[side].source);
}

void shared_fdt(const struct host *h, unsigned int domain, void *fdt, const void *machine_fdt)
{
	const struct shared *s;
	unsigned int k;
	int chosen, error = 0;

	for (s = h->shared; s < h->shared + h->shared_count; s++) {
		chosen = devtree_subnode(fdt, 0, "chosen");
		error |= fdt_nop_node(fdt,
				      devtree_subnode(fdt, chosen,
						      fdt_get_name(machine_fdt, s->node, NULL)));
		for (k = 0; k < s->count; k++) {
			if (s->side[k].domain == domain)
				error |= add_node(s, k, fdt, machine_fdt);
		}
	}
	if (error < 0)
		hv_fatal("the nodes of shared memory do not fit into the device tree of domain %s",
			 h->domains[domain]->line.name);
}
