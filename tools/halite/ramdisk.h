/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Adds files to the guest's ramdisk: the agent of --exec and its command, and the kernel of
 * --guest. Linux unpacks several cpio archives behind each other, and each may be compressed.
 */
#ifndef HALITE_TOOL_RAMDISK_H
#define HALITE_TOOL_RAMDISK_H

#include "options.h"

/*
 * If options ask for files in the ramdisk, makes a ramdisk of them and of options->initrd, and
 * puts its path for QEMU in options->ramdisk. The ramdisk has no name in the file system and goes
 * with the last process that has it open. Returns 0, or -1 after a message.
 */
int ramdisk_make(struct run_options *options);

#endif
