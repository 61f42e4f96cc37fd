/* SPDX-License-Identifier: BSD-2-Clause */
/* What the folder of `halite run --rootfs` must have, so that the guest does not end at once. */
#ifndef HALITE_TOOL_ROOTFS_H
#define HALITE_TOOL_ROOTFS_H

#include "options.h"

/*
 * Checks the folder of options->rootfs: it has a first process (sbin/init, or a shell), or a shell
 * for the command of --exec, and these are programs for riscv64. Returns 0, or -1 after a message.
 */
int rootfs_check(const struct run_options *options);

#endif
