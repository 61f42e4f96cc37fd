/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the header of a guest's file: the format, and the memory in which the guest will run. The
 * command must know that memory, because the modules that it passes to Halite must not overlap it.
 */
#ifndef HALITE_TOOL_GUEST_FILE_H
#define HALITE_TOOL_GUEST_FILE_H

#include <stdint.h>

/*
 * The virt machine's firmware starts Halite at this address, and Halite runs a Linux Image
 * there.
 */
#define GUEST_KERNEL_BASE 0x80200000u

struct guest_file {
	/* Size of the file in bytes. */
	uint64_t size;
	/* Physical addresses of the running guest: [start, end). */
	uint64_t start;
	uint64_t end;
};

/*
 * Reads the kernel at path: a RISC-V Linux Image or a static 64-bit RISC-V ELF. what is the name of
 * the file in messages. Returns 0 and fills *file, or -1 after an error message.
 */
int guest_file_kernel(const char *path, const char *what, struct guest_file *file);

/* Puts the size of a regular file in *size. Returns 0, or -1 after an error message. */
int guest_file_size(const char *path, const char *what, uint64_t *size);

#endif
