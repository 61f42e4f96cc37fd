/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pack: the guest's kernel and more in one file with Halite, or in the ramdisk that the boot
 * loader passes (pack_format.h). If there is a pack, the boot loader treats Halite as the guest's
 * kernel: its bootargs and its ramdisk, if that is no bundle, are the guest's.
 */
#ifndef HV_PACK_H
#define HV_PACK_H

#include "hv/machine.h"
#include "hv/pack_format.h"
#include "lib/range.h"

struct pack {
	struct range header;  /* size 0: there is no pack */
	struct range whole;   /* header and modules */
	struct range kernel;  /* size 0: there is none */
	struct range ramdisk; /* size 0: there is none. May be the boot loader's */
	struct range fdt;     /* size 0: there is none */
	struct range domains; /* size 0: there are none. Otherwise there is no kernel */
};

/* The range of linux,initrd-start and -end of @fdt. Size 0: there is none. */
struct range pack_loader_ramdisk(const void *fdt);

/* Whether @ramdisk, which can be read, is a bundle. */
bool pack_is_bundle(struct range ramdisk);

/* Whether the boot header of the image @self covers a pack behind it. */
bool pack_is_behind(struct range self);

/*
 * Remove the reservation of the boot loader's ramdisk from @fdt. Some loaders add it for the kernel
 * that they start. A kernel keeps its ramdisk by itself.
 */
void pack_release_ramdisk(void *fdt);

/*
 * Find the pack that is behind the image @self, or in the ramdisk that @fdt names. Check lengths
 * and CRCs. A pack that is damaged or cut short is fatal, and so are two packs, and a ramdisk that
 * is not in free RAM. The caller has filled in the memory of @m.
 */
void pack_find(struct pack *p, const void *fdt, const struct machine *m, struct range self);

/*
 * Return the device tree to use: @fdt, which is the boot loader's, or the one of the pack. The
 * latter gets RAM, reserved memory and bootargs of @fdt; @m has been filled in from @fdt.
 */
const void *pack_choose_fdt(const struct pack *p, const void *fdt, const struct machine *m);

/*
 * Complete the header @h of a bundle, whose modules are behind it in memory: magic number, version
 * and CRCs. The caller has filled in all else.
 */
void pack_seal(struct pack_header *h);

/* Halite's command line; @fdt is the device tree in use. */
const char *pack_words(const struct pack *p, const void *fdt);

/*
 * The guest's command line: that of the pack, which must exist, then bootargs of @fdt. The next
 * call overwrites the string.
 */
const char *pack_bootargs(const struct pack *p, const void *fdt);

#endif
