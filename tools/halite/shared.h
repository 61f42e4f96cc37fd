/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of --shared-memory: memory that several domains share (docs/domains.md). */
#ifndef HALITE_TOOL_SHARED_H
#define HALITE_TOOL_SHARED_H

#include <stdint.h>

#include "domain.h"

/*
 * Decodes the value of one --shared-memory and adds it to the domains, which may not all be known
 * yet. Returns 0, or -1 after a message.
 */
int shared_parse(const char *text, struct domains *domains);

/* Checks that there are the domains that share memory. Returns 0, or -1 after a message. */
int shared_check(const struct domains *domains);

/* The bytes of RAM that the shared memory and its doorbells take at most. */
uint64_t shared_size(const struct domains *domains);

/* Adds the node of the shared memory below the node parent. Returns 0, or an error of libfdt. */
int shared_add_node(void *tree, int parent, const struct shared_memory *shared);

#endif
