/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot loader has put into memory for the guest: nodes under /chosen that are compatible
 * with "multiboot,kernel" or "multiboot,ramdisk" (Xen's docs/misc/arm/device-tree/booting.txt;
 * QEMU's guest-loader device writes them). reg has the cells that /chosen says; QEMU says nothing
 * and writes two of each.
 */
#ifndef HV_MODULES_H
#define HV_MODULES_H

#include <stdbool.h>

#include "hv/machine.h"
#include "lib/range.h"

#define MODULES_MAX 16

/*
 * A guest that is a hypervisor needs modules too. In order of address, a kernel and the ramdisk before the
 * next kernel belong together: the first pair is for Halite's guest, the others are handed on to it.
 */
struct modules {
	struct range kernel;
	struct range ramdisk; /* size 0: there is none */
	const char *bootargs; /* of the kernel, in the device tree; "" if there are none */
	struct range further[MODULES_MAX]; /* handed on */
	unsigned int further_count;
};

/*
 * Find them in @fdt. Fatal, with the node in the message: no kernel, two ramdisks for one, a reg
 * that makes no sense, one that is not in RAM, or one that overlaps another, reserved memory, or
 * @self.
 */
void modules_find(struct modules *mods, const void *fdt, const struct machine *m,
		  struct range self);

/* Whether @node is the kernel or ramdisk of Halite's guest, which it does not get to see. */
bool modules_takes(const struct modules *mods, const void *fdt, int node);

#endif
