/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a domain finds in its RAM: its kernel, its ramdisk and its device tree.
 *
 * The only domain of a machine has all RAM, so its kernel and its ramdisk may stay where the boot
 * loader has put them. One of several domains gets copies: Halite keeps the files.
 */
#ifndef HV_DOMAIN_LOAD_H
#define HV_DOMAIN_LOAD_H

#include <stdint.h>

#include "hv/domain.h"

/*
 * Load the kernel of @mods and make the device tree of @d, the only domain, from @fdt, the
 * machine's, which was at @old_fdt. Set d->start_pc and d->start_arg. Errors are fatal.
 */
void domain_load_in_place(struct domain *d, const void *fdt, const struct modules *mods,
			  uint64_t old_fdt);

/*
 * Zero what was written to the RAM of the domains of @h before they start: by the first instance of
 * Halite, and at @old_fdt, where firmware has put the device tree.
 */
void domain_load_clear(const struct host *h, struct range old_fdt);

/*
 * Choose where in its RAM the kernel, the ramdisk and the device tree of domain @index of @h go,
 * which @c describes, and make the device tree, in memory of h->pool. Set load, start_pc and
 * start_arg of the domain. Errors are fatal, and the message names the domain.
 */
void domain_load_prepare(struct host *h, unsigned int index, const struct domain_config *c,
			 const void *fdt, struct modules *mods);

#endif
