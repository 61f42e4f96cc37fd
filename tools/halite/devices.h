/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices that the machine gets on demand: disks, a network card, a shared folder. */
#ifndef HALITE_TOOL_DEVICES_H
#define HALITE_TOOL_DEVICES_H

#include "options.h"
#include "qemu.h"

/* Checks the files and adds QEMU's options. Returns 0, or -1 after a message. */
int devices_add(struct words *words, const struct run_options *options);

#endif
