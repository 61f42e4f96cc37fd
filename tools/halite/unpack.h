/* SPDX-License-Identifier: BSD-2-Clause */
/* Unpacks kernels: gzip, zstd, and EFI zboot images with one of them inside. */
#ifndef HALITE_TOOL_UNPACK_H
#define HALITE_TOOL_UNPACK_H

/*
 * Opens the kernel at path, unpacked if it is compressed. A kernel in another format is opened as
 * it is. what is the name of the file in messages. Returns the descriptor of a file, or -1 after a
 * message.
 */
int unpack_kernel(const char *path, const char *what);

#endif
