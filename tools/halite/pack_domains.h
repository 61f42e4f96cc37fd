/* SPDX-License-Identifier: BSD-2-Clause */
/* The module of domains in a pack (src/hv/pack_format.h). */
#ifndef HALITE_TOOL_PACK_DOMAINS_H
#define HALITE_TOOL_PACK_DOMAINS_H

#include "domain.h"

/*
 * Makes the module, with the kernels unpacked. nacl is what Halite offers to a domain without a
 * word of its own. Puts its bytes in *size, and returns the descriptor of a file without a name; or
 * -1 after a message.
 */
int pack_domains_make(struct domains *domains, const char *nacl, uint64_t *size);

/*
 * Prints the domains of the module of size bytes, which has offset bytes in front of it in its
 * file. Returns 0, or -1 if its nodes are wrong.
 */
int pack_domains_list(const uint8_t *module, uint64_t size, uint64_t offset);

#endif
