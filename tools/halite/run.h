/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `run`: starts QEMU's virt machine with Halite and a guest, or with a guest alone. */
#ifndef HALITE_TOOL_RUN_H
#define HALITE_TOOL_RUN_H

#include <stddef.h>

/* argv[0] is the verb. Returns the exit status, or ends this process by the signal that it got. */
int run_main(char **argv);

/* Puts the path of halite.bin in path. Returns 0, or -1 after a message that there is none. */
int run_find_hypervisor(char *path, size_t size);

/*
 * Puts the path of Halite's ELF, which may not exist, in path. Returns 0, or -1 after a message if
 * there is no halite.bin.
 */
int run_find_elf(char *path, size_t size);

#endif
