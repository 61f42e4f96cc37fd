/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernels: what they are, and moving them to where they run. First everything is checked, then
 * memory is changed.
 *
 * Specification: Linux Documentation/arch/riscv/boot-image-header.rst and boot.rst; ELF-64.
 */
#ifndef HV_IMAGE_H
#define HV_IMAGE_H

#include <stdint.h>

#include "lib/range.h"

struct image {
	struct range memory; /* all that it occupies when it has been loaded, bss included */
	uint64_t entry;
};

/*
 * Load the kernel that is at @kernel. @ram: the machine's, normalized; @keep: memory that the
 * kernel must not be put over: what is not the guest's, and the ramdisk. A Linux Image stays where it is, if that is a
 * multiple of 2 MiB and there is room for its bss. Else it goes to the lowest fitting multiple of 2 MiB that is at least its
 * text_offset from the start of RAM, as firmware puts it. An ELF goes where its program headers say; it is not relocated. Fatal when it
 * is neither, damaged, or does not fit.
 */
void image_load(struct image *img, struct range kernel, const struct range_list *ram,
		const struct range_list *keep);

#endif
