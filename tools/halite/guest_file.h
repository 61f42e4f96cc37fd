/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest's file is, and which memory it wants to run in: read from its header only. The tool must know, because the
 * modules that it hands to Halite may not lie where Halite will put the kernel.
 */
#ifndef HALITE_TOOL_GUEST_FILE_H
#define HALITE_TOOL_GUEST_FILE_H

#include <stdint.h>

/* Where firmware hands over on the virt machine; Halite starts there and a Linux Image runs there. */
#define GUEST_KERNEL_BASE 0x80200000u

struct guest_file {
	/* Bytes in the file. */
	uint64_t size;
	/* Physical addresses that it occupies once it runs: [start, end). */
	uint64_t start;
	uint64_t end;
};

/*
 * Reads the kernel at path: a RISC-V Linux Image or a static 64-bit RISC-V ELF. Returns 0 and fills *file, or -1 after
 * an error message.
 */
int guest_file_kernel(const char *path, const char *what, struct guest_file *file);

/* The size of any regular file in *size. Returns 0, or -1 after an error message. */
int guest_file_size(const char *path, const char *what, uint64_t *size);

#endif
