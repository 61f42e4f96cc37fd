/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>

#include "hv/devtree.h"
#include "hv/devtree_fill.h"

static int append(void *fdt, int node, uint64_t value, int cells)
{
	if (cells == 2)
		return fdt_appendprop_u64(fdt, node, "reg", value);
	if (cells == 1 && value <= UINT32_MAX)
		return fdt_appendprop_u32(fdt, node, "reg", value);
	return -FDT_ERR_BADNCELLS;
}

int devtree_fill_reg(void *fdt, int node, struct range r, int address_cells, int size_cells)
{
	int error = append(fdt, node, r.start, address_cells);

	return error ? error : append(fdt, node, r.size, size_cells);
}

static int delete_memory(void *fdt)
{
	int node = fdt_first_subnode(fdt, 0);
	int error;

	while (node >= 0) {
		if (!devtree_has_string(fdt, node, "device_type", "memory")) {
			node = fdt_next_subnode(fdt, node);
			continue;
		}
		error = fdt_del_node(fdt, node);
		if (error)
			return error;
		node = fdt_first_subnode(fdt, 0);
	}
	return 0;
}

int devtree_fill_memory(void *fdt, const struct range_list *ram)
{
	int address_cells = fdt_address_cells(fdt, 0);
	int size_cells = fdt_size_cells(fdt, 0);
	int error = delete_memory(fdt);
	char name[32];
	unsigned int i;
	int node;

	if (error)
		return error;
	snprintf(name, sizeof(name), "memory@%lx", (unsigned long)ram->r[0].start);
	node = fdt_add_subnode(fdt, 0, name);
	if (node < 0)
		return node;
	error = fdt_setprop_string(fdt, node, "device_type", "memory");
	for (i = 0; i < ram->count && !error; i++)
		error = devtree_fill_reg(fdt, node, ram->r[i], address_cells, size_cells);
	return error;
}

/* Return the node /chosen, which is made if there is none, or an error of libfdt. */
static int chosen_of(void *fdt)
{
	int chosen = devtree_subnode(fdt, 0, "chosen");

	return chosen < 0 ? fdt_add_subnode(fdt, 0, "chosen") : chosen;
}

int devtree_fill_bootargs(void *fdt, const char *bootargs)
{
	int chosen = chosen_of(fdt);

	return chosen < 0 ? chosen : fdt_setprop_string(fdt, chosen, "bootargs", bootargs);
}

int devtree_fill_ramdisk(void *fdt, struct range ramdisk)
{
	int chosen = chosen_of(fdt);
	int error;

	if (chosen < 0)
		return chosen;
	error = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", ramdisk.start);
	return error ? error : fdt_setprop_u64(fdt, chosen, "linux,initrd-end", range_end(ramdisk));
}

int devtree_drop_ramdisk(void *fdt)
{
	static const char *const names[] = { "linux,initrd-start", "linux,initrd-end" };
	int chosen = devtree_subnode(fdt, 0, "chosen");
	int error = 0;
	unsigned int i;

	for (i = 0; i < 2 && chosen >= 0 && !error; i++) {
		error = fdt_delprop(fdt, chosen, names[i]);
		if (error == -FDT_ERR_NOTFOUND)
			error = 0;
	}
	return error;
}
