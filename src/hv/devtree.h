/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading device trees: the few things that libfdt leaves to its users. Property values of one or
 * two cells are big-endian numbers; nothing here changes a tree.
 *
 * Specification: Devicetree Specification 0.4.
 */
#ifndef HV_DEVTREE_H
#define HV_DEVTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/range.h"

#define DEVTREE_PATH 80

/* A node's full path for messages, "?" if it is too long. One buffer, used again by each call. */
const char *devtree_path(const void *fdt, int node);

/* The number in @cells (1 or 2; 0: the number is 0) cells at @p. */
uint64_t devtree_number(const void *p, int cells);

/* The number of one or two cells in @name of @node. False: no such property, or it is longer. */
bool devtree_get_number(const void *fdt, int node, const char *name, uint64_t *value);

/* A property that is looked for by @name; @value is NULL where the node has none. */
struct devtree_property {
	const char *name;
	const void *value;
	int len;
};

/* Find these @count properties of @node, in one pass over those that it has: libfdt makes one for each. */
void devtree_find(const void *fdt, int node, struct devtree_property *wanted, unsigned int count);

/* What a property that devtree_find() has looked for says; the functions below, without "property", find it first. */
bool devtree_property_enables(const struct devtree_property *status);
bool devtree_property_is(const struct devtree_property *p, const char *value);
bool devtree_property_lists(const struct devtree_property *p, const char *const *names);
bool devtree_property_reg(const void *fdt, int node, const struct devtree_property *reg,
			  int address_cells, int size_cells, unsigned int index, struct range *r);

/* No status property, or "okay". */
bool devtree_is_enabled(const void *fdt, int node);

/* Whether @node is compatible with one of @names, which NULL ends. */
bool devtree_is_compatible(const void *fdt, int node, const char *const *names);

/* Whether property @name of @node is the string @value. */
bool devtree_has_string(const void *fdt, int node, const char *name, const char *value);

/*
 * Entry @index of reg of @node, whose parent has @address_cells and @size_cells. False: no more of
 * them. A reg that is no list of such entries, or a range that passes 2^64, is fatal.
 */
bool devtree_reg(const void *fdt, int node, int address_cells, int size_cells, unsigned int index,
		 struct range *r);

#endif
