/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual sources of a domain (source.h), and the sources of the machine that no domain has,
 * which are for them.
 */
#ifndef HV_DOMAIN_SOURCES_H
#define HV_DOMAIN_SOURCES_H

#include "hv/domain.h"
#include "hv/domain_config.h"
#include "hv/host.h"

/*
 * The virtual source behind @s in @d->source, or the first one if @s is NULL, that is of PLIC
 * @index, or, if not @plic, of APLIC @index. NULL: there is none.
 */
struct source *domain_next_source(struct domain *d, struct source *s, bool plic,
				  unsigned int index);

/* Run the body for each of these sources. */
#define domain_each_source(s, d, plic, index)                           \
	for ((s) = domain_next_source((d), NULL, (plic), (index)); (s); \
	     (s) = domain_next_source((d), (s), (plic), (index)))

/* The virtual source of @d with number @number at the controller @index, or NULL. */
struct source *domain_virtual_source(struct domain *d, bool plic, unsigned int index,
				     uint64_t number);

/*
 * The highest source below @above of PLIC or APLIC @controller that exists and that no domain of
 * @c, of which @h has as many, has; 0: there is none. All sources are disabled, and those of
 * APLICs inactive.
 */
uint32_t domain_sources_free(const struct host *h, const struct domain_config *c,
			     unsigned int controller, uint32_t above);

#endif
