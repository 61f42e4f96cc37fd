/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's device tree with the nodes of domains, which QEMU gets as a file. */
#ifndef HALITE_TOOL_TREE_H
#define HALITE_TOOL_TREE_H

#include <stddef.h>

#include "domain.h"
#include "qemu.h"

/*
 * Lets QEMU tell the device tree of the machine that the command starts, and adds the domains. nacl
 * is what Halite offers to a domain without a word of its own. Returns the path of the tree, which
 * has no name in the file system and goes with the last process that has it open; or NULL after a
 * message. It replaces the devices' names in domains by their paths in the tree.
 */
const char *tree_make(const struct words *command, struct domains *domains, const char *nacl);

/*
 * Replaces the devices' names in domains by their paths in the tree of the file path. Returns 0, or
 * -1 after a message: a device is not there, or two domains have it.
 */
int tree_name_devices(const char *path, struct domains *domains);

/* The bytes that the nodes of the domains need at most. */
size_t tree_room(const struct domains *domains);

/*
 * Adds the nodes of the domains below the node parent, in their order. nacl is as of tree_make().
 * Returns 0, or an error of libfdt.
 */
int tree_add_domains(void *tree, int parent, const struct domains *domains, const char *nacl);

#endif
