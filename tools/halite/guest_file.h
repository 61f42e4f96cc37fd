/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the header of a guest's file: the format, and the memory in which the guest will run. The
 * command must know that memory, because the modules that it passes to Halite must not overlap it.
 */
#ifndef HALITE_TOOL_GUEST_FILE_H
#define HALITE_TOOL_GUEST_FILE_H

#include <stdbool.h>
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
	bool is_elf; /* It runs at these addresses only. A Linux Image runs anywhere. */
};

/*
 * Reads the kernel at path: a RISC-V Linux Image or a static 64-bit RISC-V ELF. what is the name of
 * the file in messages. Returns 0 and fills *file, or -1 after an error message.
 */
int guest_file_kernel(const char *path, const char *what, struct guest_file *file);

/* The same for the open file fd. path is its name in messages. */
int guest_file_kernel_fd(int fd, const char *path, const char *what, struct guest_file *file);

/*
 * Opens a regular file that is not empty, and puts its size in *size. Returns the descriptor, or -1
 * after an error message.
 */
int guest_file_open(const char *path, const char *what, uint64_t *size);

/* Puts the size of a regular file in *size. Returns 0, or -1 after an error message. */
int guest_file_size(const char *path, const char *what, uint64_t *size);

/* Whether both paths name the same regular file. */
bool guest_file_is_same(const char *a, const char *b);

#endif
