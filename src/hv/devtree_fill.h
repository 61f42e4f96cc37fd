/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes to a device tree before Halite reads it: what the boot loader knows about the machine.
 * The caller has checked @fdt, and there is room behind it. Each function returns 0, or an error of
 * libfdt.
 */
#ifndef HV_DEVTREE_FILL_H
#define HV_DEVTREE_FILL_H

#include "lib/range.h"

/*
 * Append @r to reg of @node, whose parent has @address_cells and @size_cells. -FDT_ERR_BADNCELLS: a
 * number does not fit.
 */
int devtree_fill_reg(void *fdt, int node, struct range r, int address_cells, int size_cells);

/* Make @ram, which has at least one range, the memory of @fdt. */
int devtree_fill_memory(void *fdt, const struct range_list *ram);

/* Make @bootargs the command line in /chosen. */
int devtree_fill_bootargs(void *fdt, const char *bootargs);

/* Make @ramdisk the boot loader's ramdisk in /chosen. */
int devtree_fill_ramdisk(void *fdt, struct range ramdisk);

/* Remove the boot loader's ramdisk from /chosen. */
int devtree_drop_ramdisk(void *fdt);

#endif
