/* SPDX-License-Identifier: BSD-2-Clause */
/* What domains find of the memory that they share: zeros, an interrupt, a node (shared.h). */
#ifndef HV_SHARED_BOOT_H
#define HV_SHARED_BOOT_H

#include "hv/domain_config.h"
#include "hv/host.h"

/*
 * Zero the memory, and give each side a source of a PLIC or of an APLIC that no domain has, which
 * is added to the sources of @c. The domains are built, and aplic_share() has been called. Fatal
 * if there are too few sources.
 */
void shared_make(struct host *h, struct domain_config *c);

/* Room in bytes for what shared_fdt() adds. */
unsigned int shared_fdt_room(const struct host *h);

/*
 * Make the nodes of domain @domain in @fdt, which has been made of @machine_fdt, and has room.
 * Remove those under /chosen.
 */
void shared_fdt(const struct host *h, unsigned int domain, void *fdt, const void *machine_fdt);

#endif
