/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * halite.cfg, a text (boot/config.h) beside Halite's file on its partition, which names the guest's
 * kernel and more. What it names is loaded and becomes a bundle (hv/pack_format.h) in memory, as if
 * a boot loader had passed it as a ramdisk.
 */
#ifndef BOOT_EFI_CONFIG_H
#define BOOT_EFI_CONFIG_H

#include "boot/config.h"
#include "boot/efi_call.h"
#include "lib/range.h"

struct efi_config {
	bool found; /* there is a halite.cfg, and all that follows */
	struct config config;
	struct efi_pages text;	 /* of halite.cfg */
	struct efi_pages dtb;	 /* the device tree; none, or one that fdt_check_full() takes */
	struct efi_pages bundle; /* the bundle, at its start */
	uint64_t bundle_size;	 /* in bytes */
};

/*
 * Load halite.cfg and all that it names. @loaded is Halite's image. @ramdisk is the boot loader's,
 * which counts instead of that of halite.cfg if its size is not 0. That there is no halite.cfg, or
 * no file system, is no error. After a message that names file, line and key, an error.
 */
efi_status efi_config_load(struct efi_config *c, const struct efi_loaded_image *loaded,
			   struct range ramdisk);

/* Free all memory of @c. */
void efi_config_release(struct efi_config *c);

#endif
