/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions that read a device tree with libfdt. Property values of one or two cells are big-endian
 * numbers. No function changes the tree.
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

/*
 * The full path of @node, for messages, or "?" if the path is too long. Each call overwrites the
 * string of the call before.
 */
const char *devtree_path(const void *fdt, int node);

/* The number in @cells cells at @p. @cells is 1 or 2, or 0 for the number 0. */
uint64_t devtree_number(const void *p, int cells);

/*
 * Read the number of one or two cells in property @name of @node. False: there is no such property,
 * or it has another length.
 */
bool devtree_get_number(const void *fdt, int node, const char *name, uint64_t *value);

/* The command line in bootargs of @node, "" if there is none. Fatal if it is not a string. */
const char *devtree_bootargs(const void *fdt, int node);

/*
 * The subnodes of @parent, in the order of the tree. The caller has checked @fdt with
 * fdt_check_full(). libfdt checks the tree anew at each step, and takes ten times as long for a
 * pass over the tree. Negative: there is no subnode, or none behind @node.
 */
int devtree_first_subnode(const void *fdt, int parent);
int devtree_next_subnode(const void *fdt, int node);

/* Run the body for each subnode @node of @parent. @parent is negative: there are no subnodes. */
#define devtree_each_subnode(node, fdt, parent)                                            \
	for ((node) = (parent) < 0 ? -1 : devtree_first_subnode(fdt, parent); (node) >= 0; \
	     (node) = devtree_next_subnode(fdt, node))

/* The subnode of @parent with the name @name, or a negative number. The caller has checked @fdt. */
int devtree_subnode(const void *fdt, int parent, const char *name);

/* A property that a caller asks for by name. value is NULL if the node lacks the property. */
struct devtree_property {
	const char *name;
	const void *value;
	int len;
};

/*
 * Find the @count properties @wanted of @node in one pass over the properties of @node.
 * fdt_getprop() makes one pass for each property. The caller has checked @fdt.
 */
void devtree_find(const void *fdt, int node, struct devtree_property *wanted, unsigned int count);

/*
 * The value of a property that devtree_find() has filled in: whether a status enables the node,
 * whether the property is the string @value, whether two nodes both lack the property or have the
 * same value, the number of one or two cells, whether the list of strings has one of @names, and
 * entry @index of a reg. The functions without "property" in the name find the property first.
 */
bool devtree_property_enables(const struct devtree_property *status);
bool devtree_property_is(const struct devtree_property *p, const char *value);
bool devtree_property_equals(const struct devtree_property *p, const struct devtree_property *q);
bool devtree_property_number(const struct devtree_property *p, uint64_t *value);
bool devtree_property_lists(const struct devtree_property *p, const char *const *names);
bool devtree_property_reg(const void *fdt, int node, const struct devtree_property *reg,
			  int address_cells, int size_cells, unsigned int index, struct range *r);

/* Whether @node has no status property, or the status is "okay" or "ok". */
bool devtree_is_enabled(const void *fdt, int node);

/* Whether @node is compatible with one of @names. NULL ends @names. */
bool devtree_is_compatible(const void *fdt, int node, const char *const *names);

/* Whether property @name of @node is the string @value. */
bool devtree_has_string(const void *fdt, int node, const char *name, const char *value);

/*
 * Read entry @index of reg of @node, whose parent has @address_cells and @size_cells. False: reg
 * has no entry @index. A malformed reg and a range that passes 2^64 are fatal.
 */
bool devtree_reg(const void *fdt, int node, int address_cells, int size_cells, unsigned int index,
		 struct range *r);

#endif
