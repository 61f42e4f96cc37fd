/* SPDX-License-Identifier: BSD-2-Clause */
/* The root of `halite run --rootfs`: the machine's folder, with a layer in RAM for all writes. */
#ifndef HALITE_AGENT_ROOT_H
#define HALITE_AGENT_ROOT_H

/*
 * Loads the modules that the ramdisk has, and makes the machine's folder, which is not written to,
 * the root. Powers off after a message on the console, if that is not possible.
 */
void root_enter(void);

/*
 * Becomes the init of the root, or runs a shell on the console and powers off. @environment is what
 * the kernel has given to the first process. Its LINES and COLUMNS are the size of the terminal.
 */
_Noreturn void root_start(const char *const *environment);

#endif
