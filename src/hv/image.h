/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel of the guest: its formats, and the copy to the address where it runs. All checks come
 * before the first change of memory.
 *
 * Specification: Linux Documentation/arch/riscv/boot-image-header.rst and boot.rst; ELF-64.
 */
#ifndef HV_IMAGE_H
#define HV_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/range.h"

struct image {
	bool elf;
	struct range memory; /* the memory of the loaded kernel, bss included */
	uint64_t entry;
};

#define IMAGE_REASON_SIZE 160

/*
 * Whether the file at @kernel has the headers of a kernel that image_load() takes. If not, @reason
 * says what it is instead.
 */
bool image_check(struct range kernel, char reason[IMAGE_REASON_SIZE]);

/*
 * Load the kernel that is at @kernel. @ram is the RAM of the machine, normalized. @keep is memory
 * that the kernel must not overlap: memory that is not the guest's, and the modules.
 *
 * A Linux Image stays where it is if its address is a multiple of 2 MiB and there is room for its
 * bss. Otherwise it goes to the lowest multiple of 2 MiB that has room and is at least text_offset
 * above the start of RAM, as firmware does it. An ELF goes where its program headers say, without
 * relocation. A kernel in neither format, a damaged one, and one that does not fit are fatal.
 */
void image_load(struct image *img, struct range kernel, const struct range_list *ram,
		const struct range_list *keep);

/* The first half of image_load(): all checks, and the choice of the place. */
void image_place(struct image *img, struct range kernel, const struct range_list *ram,
		 const struct range_list *keep);

/* The second half, which may be done again: copy the kernel to its place. */
void image_copy(const struct image *img, struct range kernel);

#endif
