/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domains of a pack (pack_format.h): their nodes become nodes of the machine's device tree, as
 * if the boot loader had written them there (docs/domains.md).
 */
#ifndef HV_PACK_DOMAINS_H
#define HV_PACK_DOMAINS_H

#include "hv/pack.h"

/*
 * Return the device tree to use: @fdt, or, if @p has domains, @fdt with their nodes, in memory of
 * the pack. pack_find() has filled in @p. It is fatal if the nodes are damaged, or if @fdt has
 * domains of its own.
 */
const void *pack_add_domains(const struct pack *p, const void *fdt);

#endif
