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

struct modules {
	struct range kernel;
	struct range ramdisk; /* size 0: there is none */
	const char *bootargs; /* of the kernel, in the device tree; "" if there are none */
};

/*
 * Find them in @fdt. Fatal, with the node in the message: no kernel, two of a kind, a reg that
 * makes no sense, one that is not in RAM, or one that overlaps the other, reserved memory, or
 * @self.
 */
void modules_find(struct modules *mods, const void *fdt, const struct machine *m,
		  struct range self);

/* Whether @node is one of the nodes that modules_find() looks at. */
bool modules_is_module(const void *fdt, int node);

#endif
