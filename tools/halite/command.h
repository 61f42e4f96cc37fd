/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's command line for a run. */
#ifndef HALITE_TOOL_COMMAND_H
#define HALITE_TOOL_COMMAND_H

#include "options.h"
#include "qemu.h"

/*
 * Makes the command in words, and puts QEMU's version in *version. options get the defaults that
 * depend on files: append, ramdisk, and memory if there are domains. Returns 0, or -1 after a
 * message.
 */
int command_make(struct words *words, struct run_options *options, struct qemu_version *version);

#endif
