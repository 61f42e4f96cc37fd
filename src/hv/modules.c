/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/modules.h"

#define QEMU_REG_SIZE 16 /* two cells each, whatever /chosen says */

static const char *const kernel_names[] = { "multiboot,kernel", NULL };
static const char *const ramdisk_names[] = { "multiboot,ramdisk", NULL };

bool modules_is_module(const void *fdt, int node)
{
	return devtree_is_compatible(fdt, node, kernel_names) ||
	       devtree_is_compatible(fdt, node, ramdisk_names);
}

static struct range module_range(const void *fdt, int chosen, int node)
{
	int address_cells = fdt_address_cells(fdt, chosen);
	int size_cells = fdt_size_cells(fdt, chosen);
	struct range r;
	int len = 0;

	fdt_getprop(fdt, node, "reg", &len);
	if (!fdt_getprop(fdt, chosen, "#address-cells", NULL) && len == QEMU_REG_SIZE)
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
		hv_fatal(
			"%s: reg: the module at 0x%lx to 0x%lx overlaps reserved memory (firmware?) at 0x%lx to 0x%lx",
			devtree_path(fdt, node), start, end, (unsigned long)reserved->start,
			(unsigned long)range_end(*reserved) - 1);
	if (range_overlaps(r, self))
		hv_fatal("%s: reg: the module at 0x%lx to 0x%lx overlaps Halite at 0x%lx to 0x%lx",
			 devtree_path(fdt, node), start, end, (unsigned long)self.start,
			 (unsigned long)range_end(self) - 1);
}

static const char *module_bootargs(const void *fdt, int node)
{
	int len;
	const char *text = fdt_getprop(fdt, node, "bootargs", &len);

	if (!text)
		return "";
	if (len < 1 || text[len - 1])
		hv_fatal("%s: bootargs: no string", devtree_path(fdt, node));
	return text;
}

void modules_find(struct modules *mods, const void *fdt, const struct machine *m, struct range self)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	int node = -1;

	memset(mods, 0, sizeof(*mods));
	mods->bootargs = "";
	for (node = chosen < 0 ? chosen : fdt_first_subnode(fdt, chosen); node >= 0;
	     node = fdt_next_subnode(fdt, node)) {
		bool kernel = devtree_is_compatible(fdt, node, kernel_names);
		struct range *module = kernel ? &mods->kernel : &mods->ramdisk;

		if (!modules_is_module(fdt, node))
			continue;
		if (module->size)
			hv_fatal("%s: a second %s module", devtree_path(fdt, node),
				 kernel ? "kernel" : "ramdisk");
		*module = module_range(fdt, chosen, node);
		check_module(fdt, node, *module, m, self);
		if (kernel)
			mods->bootargs = module_bootargs(fdt, node);
	}
	if (!mods->kernel.size)
		hv_fatal(
			"no kernel: no node under /chosen is compatible with \"multiboot,kernel\"");
	if (range_overlaps(mods->kernel, mods->ramdisk))
		hv_fatal(
			"/chosen: the kernel at 0x%lx to 0x%lx and the ramdisk at 0x%lx to 0x%lx overlap",
			(unsigned long)mods->kernel.start,
			(unsigned long)range_end(mods->kernel) - 1,
			(unsigned long)mods->ramdisk.start,
			(unsigned long)range_end(mods->ramdisk) - 1);
}
