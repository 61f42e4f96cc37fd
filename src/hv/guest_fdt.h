/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's device tree: the machine's, changed as little as a guest must see. Memory is without
 * Halite's home, /chosen is the guest's, extensions that Halite does not virtualize are left out
 * of the ISA strings, harts that the guest does not have are disabled, devices that are withheld
 * from it (withheld.h) are gone, the IMSIC's supervisor-level files are those that the guest has.
 */
#ifndef HV_GUEST_FDT_H
#define HV_GUEST_FDT_H

#include <stddef.h>

#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/range.h"

/* What the guest's tree needs at most. */
size_t guest_fdt_size(const void *machine_fdt, const struct modules *mods);

/*
 * Make it at @fdt, where guest_fdt_size() bytes are free. @l1_file: world_config.l1_file. Fatal if
 * libfdt cannot.
 */
void guest_fdt_make(void *fdt, size_t size, const void *machine_fdt, const struct machine *m,
		    const struct modules *mods, struct range home, unsigned int l1_file);

/*
 * Leave out of @fdt, which has been made, what would end the machine without Halite's knowing: Linux prefers
 * such a device to the SBI call.
 */
void guest_fdt_end_by_sbi(void *fdt);

/* Whether the guest of machine @m is not told of extension @name, of @len characters. */
bool guest_fdt_hides(const struct machine *m, const char *name, size_t len);

#endif
