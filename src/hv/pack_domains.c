/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/pack_domains.h"

/* A pass over the nodes of the pack, which adds them to the tree. */
struct adding {
	void *tree;
	const void *nodes;
	struct range module;
	int hart_cells; /* of a hart id in the tree */
};

static void need(int error, const char *what)
{
	if (error < 0)
		hv_fatal("packed domains: %s: %s", what, fdt_strerror(error));
}

/* Add reg of the module @node, which has an offset in the pack: the tree has the address. */
static void add_reg(const struct adding *a, int node, const void *value, int len)
{
	struct range r = { 0 };
	fdt64_t reg[2];

	if (len == sizeof(reg))
		r = (struct range){ devtree_number(value, 2),
				    devtree_number((const uint8_t *)value + 8, 2) };
	if (r.start < PACK_DOMAINS_ROOM || r.start > a->module.size || !r.size ||
	    r.size > a->module.size - r.start)
		hv_fatal("packed domains: reg: a file is not in the pack");
	fdt64_st(&reg[0], a->module.start + r.start);
	fdt64_st(&reg[1], r.size);
	need(fdt_setprop(a->tree, node, "reg", reg, sizeof(reg)), "reg");
}

/* Add the hart ids of @value, which have a cell each, with as many cells as the tree has. */
static void add_harts(const struct adding *a, int node, const uint8_t *value, int len)
{
	const fdt32_t zero = 0;
	int at;

	for (at = 0; at + 4 <= len; at += 4) {
		if (a->hart_cells > 1)
			need(fdt_appendprop(a->tree, node, "halite,harts", &zero, 4), "harts");
		need(fdt_appendprop(a->tree, node, "halite,harts", value + at, 4), "harts");
	}
}

static void add_properties(const struct adding *a, int to, int node)
{
	const char *name;
	const void *value;
	int at, len;

	for (at = fdt_first_property_offset(a->nodes, node); at >= 0;
	     at = fdt_next_property_offset(a->nodes, at)) {
		value = fdt_getprop_by_offset(a->nodes, at, &name, &len);
		if (!strcmp(name, "reg"))
			add_reg(a, to, value, len);
		else if (!strcmp(name, "halite,harts"))
			add_harts(a, to, value, len);
		else
			need(fdt_setprop(a->tree, to, name, value, len), name);
	}
}

/*
 * Add the node @node, those behind it, and all below them, below @to. A new node goes before its
 * siblings, so the last one is the first to be added.
 */
static void add_nodes(const struct adding *a, int to, int node)
{
	const char *name;
	int added;

	if (node < 0)
		return;
	add_nodes(a, to, devtree_next_subnode(a->nodes, node));
	name = fdt_get_name(a->nodes, node, NULL);
	added = fdt_add_subnode(a->tree, to, name);
	need(added, name);
	add_properties(a, added, node);
	add_nodes(a, added, devtree_first_subnode(a->nodes, node));
}

static void refuse_others(const void *fdt, int chosen)
{
	static const char *const names[] = { "halite,domain", NULL };
	int node;

	devtree_each_subnode (node, fdt, chosen) {
		if (devtree_is_compatible(fdt, node, names))
			hv_fatal("%s: a domain, and a pack with domains", devtree_path(fdt, node));
	}
}

const void *pack_add_domains(const struct pack *p, const void *fdt)
{
	void *tree = (void *)(uintptr_t)p->domains.start;
	struct adding a = { .tree = tree, .module = p->domains };
	int chosen;

	if (!p->domains.size)
		return fdt;
	if (p->domains.size <= PACK_DOMAINS_ROOM)
		hv_fatal("packed domains: no nodes");
	a.nodes = (const void *)(uintptr_t)(p->domains.start + PACK_DOMAINS_ROOM);
	machine_check_fdt(a.nodes, p->domains.size - PACK_DOMAINS_ROOM);
	need(fdt_open_into(fdt, tree, PACK_DOMAINS_ROOM), "the machine's device tree");
	chosen = devtree_subnode(tree, 0, "chosen");
	if (chosen < 0)
		chosen = fdt_add_subnode(tree, 0, "chosen");
	need(chosen, "chosen");
	refuse_others(tree, chosen);
	a.hart_cells = fdt_address_cells(tree, devtree_subnode(tree, 0, "cpus"));
	add_nodes(&a, chosen, devtree_first_subnode(a.nodes, 0));
	need(fdt_pack(tree), "the machine's device tree");
	return tree;
}
