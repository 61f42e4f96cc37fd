/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/modules.h"

#define QEMU_REG_SIZE 16 /* two cells for the address, two for the size */

static const char *const kernel_names[] = { "multiboot,kernel", NULL };
static const char *const ramdisk_names[] = { "multiboot,ramdisk", NULL };
static const char *const domain_names[] = { "halite,domain", NULL };

static bool is_module(const void *fdt, int node)
{
	return devtree_is_compatible(fdt, node, kernel_names) ||
	       devtree_is_compatible(fdt, node, ramdisk_names);
}

/* The range of the module @node. @parent is /chosen, or the node of a domain. */
static struct range module_range(const void *fdt, int parent, int node)
{
	int address_cells = fdt_address_cells(fdt, parent);
	int size_cells = fdt_size_cells(fdt, parent);
	struct range r;
	int len = 0;

	fdt_getprop(fdt, node, "reg", &len);
	if (!fdt_getprop(fdt, parent, "#address-cells", NULL) && len == QEMU_REG_SIZE)
		address_cells = size_cells = 2;
	if (!devtree_reg(fdt, node, address_cells, size_cells, 0, &r) || !r.size)
		hv_fatal("%s: reg: no address and size of the module", devtree_path(fdt, node));
	return r;
}

static void check_module(const void *fdt, int node, struct range r, const struct machine *m,
			 struct range self)
{
	const struct range *reserved = range_list_overlap(&m->reserved, r);
	unsigned long start = r.start;
	unsigned long end = range_end(r) - 1;

	if (!range_list_contains(&m->ram, r))
		hv_fatal("%s: reg: the module at 0x%lx to 0x%lx is not in RAM",
			 devtree_path(fdt, node), start, end);
	if (reserved)
		hv_fatal("%s: reg: the module at 0x%lx to 0x%lx overlaps reserved memory "
			 "(firmware?) at 0x%lx to 0x%lx",
			 devtree_path(fdt, node), start, end, (unsigned long)reserved->start,
			 (unsigned long)range_end(*reserved) - 1);
	if (range_overlaps(r, self))
		hv_fatal("%s: reg: the module at 0x%lx to 0x%lx overlaps Halite at 0x%lx to 0x%lx",
			 devtree_path(fdt, node), start, end, (unsigned long)self.start,
			 (unsigned long)range_end(self) - 1);
}

struct found {
	int node;
	int parent; /* /chosen, or the node of a domain */
	bool is_kernel;
	struct range range;
};

/* The modules, in order of address. */
struct list {
	struct found found[MODULES_MAX];
	unsigned int count;
};

/* Check the modules under @parent, and add them to @l. */
static void collect(struct list *l, const void *fdt, int parent, const struct machine *m,
		    struct range self)
{
	struct found *found = l->found;
	unsigned int i;
	int node;

	devtree_each_subnode (node, fdt, parent) {
		struct found next = { .node = node, .parent = parent };

		if (!is_module(fdt, node))
			continue;
		if (l->count == MODULES_MAX)
			hv_fatal("%s: more than %d modules", devtree_path(fdt, node), MODULES_MAX);
		next.is_kernel = devtree_is_compatible(fdt, node, kernel_names);
		next.range = module_range(fdt, parent, node);
		check_module(fdt, node, next.range, m, self);
		for (i = l->count++; i && found[i - 1].range.start > next.range.start; i--)
			found[i] = found[i - 1];
		found[i] = next;
	}
}

static void check_overlaps(const struct found *found, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++) {
		struct range low = found[i - 1].range;
		struct range high = found[i].range;

		if (range_overlaps(low, high))
			hv_fatal("/chosen: the %s at 0x%lx to 0x%lx and the %s at "
				 "0x%lx to 0x%lx overlap",
				 found[i - 1].is_kernel ? "kernel" : "ramdisk",
				 (unsigned long)low.start, (unsigned long)range_end(low) - 1,
				 found[i].is_kernel ? "kernel" : "ramdisk",
				 (unsigned long)high.start, (unsigned long)range_end(high) - 1);
	}
}

static void take_pack(struct modules *mods, const void *fdt, const struct pack *pack,
		      const struct found *found, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (range_overlaps(found[i].range, pack->whole))
			hv_fatal("%s: reg: the module overlaps the packed modules at 0x%lx to "
				 "0x%lx",
				 devtree_path(fdt, found[i].node), (unsigned long)pack->whole.start,
				 (unsigned long)range_end(pack->whole) - 1);
	}
	mods->pack_header = pack->header;
	mods->kernel = pack->kernel;
	mods->ramdisk = pack->ramdisk;
	mods->bootargs = pack_bootargs(pack, fdt);
}

/* Note the nodes of domains in @mods, and add their modules to @l. */
static void collect_domains(struct modules *mods, struct list *l, const void *fdt,
			    const struct machine *m, struct range self)
{
	int node;

	devtree_each_subnode (node, fdt, m->nodes.chosen) {
		if (!devtree_is_compatible(fdt, node, domain_names))
			continue;
		if (mods->taken_count == DOMAINS_MAX)
			hv_fatal("%s: more than %d domains", devtree_path(fdt, node), DOMAINS_MAX);
		mods->taken[mods->taken_count++] = node;
		if (!devtree_is_enabled(fdt, node))
			continue;
		mods->domains++;
		collect(l, fdt, node, m, self);
	}
}

/* All modules are further ones: those of domains are found again by modules_of_domain(). */
static void keep_for_domains(struct modules *mods, const void *fdt, const struct list *l,
			     const struct machine *m, const struct pack *pack)
{
	unsigned int i;

	if (pack && pack->kernel.size)
		hv_fatal("%s: a domain, and a pack, whose kernel no domain would have",
			 devtree_path(fdt, mods->taken[0]));
	for (i = 0; i < l->count; i++) {
		if (l->found[i].parent == m->nodes.chosen)
			hv_fatal("%s: a module that is in no domain, on a machine with domains",
				 devtree_path(fdt, l->found[i].node));
		mods->further[mods->further_count++] = l->found[i].range;
	}
	if (pack && pack->domains.size) {
		/* All modules are in the pack. Its nodes have command lines of other domains. */
		mods->further[0] = pack->whole;
		mods->further_count = 1;
	}
}

void modules_find_packed(struct modules *mods, const void *fdt, const struct machine *m,
			 struct range self, const struct pack *pack)
{
	struct list l = { .count = 0 };
	const struct found *found = l.found;
	unsigned int i, kernels = 0;

	memset(mods, 0, sizeof(*mods));
	mods->bootargs = "";
	collect(&l, fdt, m->nodes.chosen, m, self);
	collect_domains(mods, &l, fdt, m, self);
	check_overlaps(found, l.count);
	if (mods->domains) {
		keep_for_domains(mods, fdt, &l, m, pack);
		return;
	}
	if (pack && pack->header.size) {
		take_pack(mods, fdt, pack, found, l.count);
		kernels = 1;
	}
	for (i = 0; i < l.count; i++) {
		kernels += found[i].is_kernel;
		if (kernels > 1 || mods->pack_header.size) {
			mods->further[mods->further_count++] = found[i].range;
		} else if (found[i].is_kernel) {
			mods->kernel = found[i].range;
			mods->bootargs = devtree_bootargs(fdt, found[i].node);
			mods->taken[mods->taken_count++] = found[i].node;
		} else if (mods->ramdisk.size) {
			hv_fatal("%s: a second ramdisk module for one kernel",
				 devtree_path(fdt, found[i].node));
		} else {
			mods->ramdisk = found[i].range;
			mods->taken[mods->taken_count++] = found[i].node;
		}
	}
	if (!kernels)
		hv_fatal("no kernel: no node under /chosen is compatible with "
			 "\"multiboot,kernel\", and there is no pack ('halite pack' makes one)");
}

void modules_of_domain(struct modules *mods, const void *fdt, const struct machine *m, int domain,
		       struct range self)
{
	struct list l = { .count = 0 };
	unsigned int i;

	mods->kernel = mods->ramdisk = (struct range){ 0 };
	mods->further_count = 0;
	collect(&l, fdt, domain, m, self);
	for (i = 0; i < l.count; i++) {
		const struct found *found = &l.found[i];
		struct range *taken = found->is_kernel ? &mods->kernel : &mods->ramdisk;

		if (taken->size)
			hv_fatal("%s: a second %s module for one domain",
				 devtree_path(fdt, found->node),
				 found->is_kernel ? "kernel" : "ramdisk");
		*taken = found->range;
		if (found->is_kernel)
			mods->bootargs = devtree_bootargs(fdt, found->node);
	}
	if (!mods->kernel.size)
		hv_fatal("%s: no kernel: no node in it is compatible with \"multiboot,kernel\"",
			 devtree_path(fdt, domain));
}
