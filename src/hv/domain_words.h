/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties that nodes of domains and of shared memory have. What is wrong is fatal. */
#ifndef HV_DOMAIN_WORDS_H
#define HV_DOMAIN_WORDS_H

#include <stdint.h>

/* The string in property @name of @node, or NULL if there is none. */
const char *domain_words_string(const void *fdt, int node, const char *name);

/*
 * The name of the domain or the shared memory of @node: halite,name, or else the node's name. Less
 * than DOMAIN_NAME_SIZE characters, without spaces; anything else is fatal.
 */
const char *domain_words_name(const void *fdt, int node);

/* The bytes in property @name of @node, two cells of KiB: whole pages, @least or more. Or fatal. */
uint64_t domain_words_size(const void *fdt, int node, const char *name, uint64_t least);

/*
 * Refuse a property of @node that begins with "halite," and goes on with no word of @known, a list
 * of strings that an empty one ends.
 */
void domain_words_check(const void *fdt, int node, const char *known);

#endif
