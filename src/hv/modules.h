/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Modules: kernels and ramdisks that a boot loader has put into memory. Each has a node under
 * /chosen that is compatible with "multiboot,kernel" or "multiboot,ramdisk". Xen's
 * docs/misc/arm/device-tree/booting.txt defines these nodes, and QEMU's guest-loader device writes
 * them. #address-cells and #size-cells of /chosen give the format of reg. QEMU does not write these
 * two properties, and uses two cells for the address and two for the size.
 */
#ifndef HV_MODULES_H
#define HV_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "hv/machine.h"
#include "hv/pack.h"
#include "lib/range.h"

#define MODULES_MAX 32

/*
 * The modules, in order of address. The first kernel, and a ramdisk before the second kernel, are
 * for Halite's guest. The guest may be a hypervisor, so it finds all further modules in its
 * device tree, as modules for its guests. If there is a pack, its kernel and ramdisk are for
 * Halite's guest, and all modules of the device tree are further ones.
 *
 * If /chosen has nodes of domains (domain_config.h), all modules are in these nodes. They are
 * further ones until modules_of_domain() finds those of one domain. If the nodes come from a pack
 * (pack_domains.h), the whole pack is the only further one.
 */
struct modules {
	struct range kernel;
	struct range ramdisk;		   /* size 0: there is none */
	const char *bootargs;		   /* the guest's command line; "": none */
	struct range further[MODULES_MAX]; /* the modules for the guest's guests */
	unsigned int further_count;
	/* Nodes that the guest's device tree lacks: its kernel and ramdisk, or all domains. */
	int taken[DOMAINS_MAX + 2];
	unsigned int taken_count;
	unsigned int domains;	  /* number of nodes of domains, without disabled ones */
	struct range pack_header; /* with Halite's command line; size 0: there is no pack */
};

/*
 * Find the modules in @fdt and in @pack (NULL: there is none). machine_parse_memory() has filled in
 * @m. The following errors are fatal, and the message names the node: no kernel, two ramdisks for
 * one kernel, a malformed reg, a module that is not in RAM, a module that overlaps another module,
 * the pack, reserved memory, or @self, and domains beside a packed kernel or a module that is in no
 * domain.
 */
void modules_find_packed(struct modules *mods, const void *fdt, const struct machine *m,
			 struct range self, const struct pack *pack);

/*
 * Find the kernel and the ramdisk under @domain, the node of a domain. modules_find_packed() has
 * filled in @mods, and has checked the modules. No kernel, and a second kernel or ramdisk, is
 * fatal.
 */
void modules_of_domain(struct modules *mods, const void *fdt, const struct machine *m, int domain,
		       struct range self);

/* modules_find_packed() without a pack. */
static inline void modules_find(struct modules *mods, const void *fdt, const struct machine *m,
				struct range self)
{
	modules_find_packed(mods, fdt, m, self, NULL);
}

#endif
