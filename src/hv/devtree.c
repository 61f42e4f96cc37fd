/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"

#define CELL 4

const char *devtree_path(const void *fdt, int node)
{
	static char path[DEVTREE_PATH];

	return fdt_get_path(fdt, node, path, sizeof(path)) ? "?" : path;
}

uint64_t devtree_number(const void *p, int cells)
{
	const fdt32_t *cell = p;
	uint64_t value = 0;

	while (cells-- > 0)
		value = value << 32 | fdt32_ld(cell++);
	return value;
}

bool devtree_get_number(const void *fdt, int node, const char *name, uint64_t *value)
{
	int len;
	const void *p = fdt_getprop(fdt, node, name, &len);

	if (!p || (len != CELL && len != 2 * CELL))
		return false;
	*value = devtree_number(p, len / CELL);
	return true;
}

bool devtree_is_enabled(const void *fdt, int node)
{
	return !fdt_getprop(fdt, node, "status", NULL) ||
	       devtree_has_string(fdt, node, "status", "okay") ||
	       devtree_has_string(fdt, node, "status", "ok");
}

bool devtree_is_compatible(const void *fdt, int node, const char *const *names)
{
	int len;
	const char *list = fdt_getprop(fdt, node, "compatible", &len);

	for (; list && *names; names++) {
		if (fdt_stringlist_contains(list, len, *names))
			return true;
	}
	return false;
}

bool devtree_has_string(const void *fdt, int node, const char *name, const char *value)
{
	int len;
	const char *p = fdt_getprop(fdt, node, name, &len);

	return p && len == (int)strlen(value) + 1 && !memcmp(p, value, len);
}

bool devtree_reg(const void *fdt, int node, int address_cells, int size_cells, unsigned int index,
		 struct range *r)
{
	int entry = (address_cells + size_cells) * CELL;
	int len;
	const uint8_t *reg = fdt_getprop(fdt, node, "reg", &len);

	if (!reg)
		return false;
	if (address_cells < 1 || address_cells > 2 || size_cells < 0 || size_cells > 2 ||
	    len % entry)
		hv_fatal("%s: reg: %d bytes are no list of %d address and %d size cells",
			 devtree_path(fdt, node), len, address_cells, size_cells);
	if (index >= (unsigned int)(len / entry))
		return false;
	reg += index * entry;
	r->start = devtree_number(reg, address_cells);
	r->size = devtree_number(reg + address_cells * CELL, size_cells);
	if (!range_is_valid(r->start, r->size))
		hv_fatal("%s: reg: 0x%llx + 0x%llx is beyond 64 bits", devtree_path(fdt, node),
			 (unsigned long long)r->start, (unsigned long long)r->size);
	return true;
}
