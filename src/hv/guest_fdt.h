/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's device tree: a copy of the machine's device tree with these changes.
 * - The memory nodes lack what the guest does not have: Halite's home, and the RAM of others.
 * - /chosen has the guest's command line and ramdisk.
 * - The ISA strings lack the extensions that Halite does not virtualize.
 * - The harts that the guest does not have are disabled.
 * - The nodes of withheld devices are removed (withheld.h), and what says that a device is behind
 *   a withheld IOMMU.
 * - reg of the IMSIC gives the interrupt files that the guest has.
 */
#ifndef HV_GUEST_FDT_H
#define HV_GUEST_FDT_H

#include <libfdt.h>
#include <stddef.h>

#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/range.h"

/* The size in bytes, a multiple of a page, that is enough for the guest's device tree. */
size_t guest_fdt_size(const void *machine_fdt, const struct machine *m, const struct modules *mods);

/*
 * Make the guest's device tree at @fdt, from @machine_fdt. There are @size bytes free at @fdt, and
 * @size is at least guest_fdt_size(). @m is the machine of the guest: hidden and nodes.unused_cpus
 * are what the guest lacks. @absent is RAM that the guest lacks. @l1_file is world_config.l1_file.
 * An error of libfdt is fatal.
 */
void guest_fdt_make(void *fdt, size_t size, const void *machine_fdt, const struct machine *m,
		    const struct modules *mods, const struct range_list *absent,
		    unsigned int l1_file);

/*
 * Remove from @fdt, the guest's complete device tree, the random numbers that the boot loader has
 * given the machine: no domain may know those of another one.
 */
void guest_fdt_forget_seeds(void *fdt);

/*
 * Remove from @fdt, the guest's complete device tree, the nodes by which the guest could end the
 * machine without an exit. Linux prefers such a node to the SBI call.
 */
void guest_fdt_end_by_sbi(void *fdt);

/* Write @value as @cells cells, 1 or 2, to @to. Returns @cells. */
int guest_fdt_put(fdt32_t *to, uint64_t value, int cells);

/* Write @value as @cells cells, 1 or 2, to @to. Returns @cells. */
int guest_fdt_put(fdt32_t *to, uint64_t value, int cells);

#endif
