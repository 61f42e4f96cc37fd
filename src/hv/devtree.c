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

const char *devtree_bootargs(const void *fdt, int node)
{
	int len;
	const char *text = fdt_getprop(fdt, node, "bootargs", &len);

	if (!text)
		return "";
	if (len < 1 || text[len - 1])
		hv_fatal("%s: bootargs: no string", devtree_path(fdt, node));
	return text;
}

void devtree_find(const void *fdt, int node, struct devtree_property *wanted, unsigned int count)
{
	const char *name;
	unsigned int i;
	int property, len;

	fdt_for_each_property_offset (property, fdt, node) {
		const void *value = fdt_getprop_by_offset(fdt, property, &name, &len);

		for (i = 0; value && i < count; i++) {
			if (!wanted[i].value && !strcmp(wanted[i].name, name)) {
				wanted[i].value = value;
				wanted[i].len = len;
			}
		}
	}
}

static struct devtree_property find_one(const void *fdt, int node, const char *name)
{
	struct devtree_property p = { .name = name };

	p.value = fdt_getprop(fdt, node, name, &p.len);
	return p;
}

bool devtree_property_enables(const struct devtree_property *status)
{
	return !status->value || devtree_property_is(status, "okay") ||
	       devtree_property_is(status, "ok");
}

bool devtree_is_enabled(const void *fdt, int node)
{
	struct devtree_property status = find_one(fdt, node, "status");

	return devtree_property_enables(&status);
}

bool devtree_property_lists(const struct devtree_property *p, const char *const *names)
{
	for (; p->value && *names; names++) {
		if (fdt_stringlist_contains(p->value, p->len, *names))
			return true;
	}
	return false;
}

bool devtree_is_compatible(const void *fdt, int node, const char *const *names)
{
	struct devtree_property compatible = find_one(fdt, node, "compatible");

	return devtree_property_lists(&compatible, names);
}

bool devtree_property_is(const struct devtree_property *p, const char *value)
{
	return p->value && p->len == (int)strlen(value) + 1 && !memcmp(p->value, value, p->len);
}

bool devtree_has_string(const void *fdt, int node, const char *name, const char *value)
{
	struct devtree_property p = find_one(fdt, node, name);

	return devtree_property_is(&p, value);
}

bool devtree_property_reg(const void *fdt, int node, const struct devtree_property *reg,
			  int address_cells, int size_cells, unsigned int index, struct range *r)
{
	int entry = (address_cells + size_cells) * CELL;
	const uint8_t *at = reg->value;

	if (!at)
		return false;
	if (address_cells < 1 || address_cells > 2 || size_cells < 0 || size_cells > 2 ||
	    reg->len % entry)
		hv_fatal("%s: reg: %d bytes are no list of %d address and %d size cells",
			 devtree_path(fdt, node), reg->len, address_cells, size_cells);
	if (index >= (unsigned int)(reg->len / entry))
		return false;
	at += index * entry;
	r->start = devtree_number(at, address_cells);
	r->size = devtree_number(at + address_cells * CELL, size_cells);
	if (!range_is_valid(r->start, r->size))
		hv_fatal("%s: reg: 0x%llx + 0x%llx is beyond 64 bits", devtree_path(fdt, node),
			 (unsigned long long)r->start, (unsigned long long)r->size);
	return true;
}

bool devtree_reg(const void *fdt, int node, int address_cells, int size_cells, unsigned int index,
		 struct range *r)
{
	struct devtree_property reg = find_one(fdt, node, "reg");

	return devtree_property_reg(fdt, node, &reg, address_cells, size_cells, index, r);
}
