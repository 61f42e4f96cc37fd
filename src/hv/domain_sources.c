/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/domain_sources.h"
#include "riscv/attempt.h"

#define DETACHED 1 /* AIA: sourcecfg.SM */

struct source *domain_next_source(struct domain *d, struct source *s, bool plic, unsigned int index)
{
	for (s = s ? s + 1 : d->source; s < d->source + d->source_count; s++) {
		if (s->machine && s->at.plic == plic && s->at.controller == index)
			return s;
	}
	return NULL;
}

struct source *domain_virtual_source(struct domain *d, bool plic, unsigned int index,
				     uint64_t number)
{
	struct source *s = NULL;

	do
		s = domain_next_source(d, s, plic, index);
	while (s && s->at.number != number);
	return s;
}

static bool is_of_a_domain(const struct host *h, const struct domain_config *c,
			   unsigned int controller, uint32_t source)
{
	unsigned int i;

	for (i = 0; i < h->domain_count; i++) {
		if (source_set_has(&c[i].sources[controller], source))
			return true;
	}
	return false;
}

/* A source that does not exist has a priority or a sourcecfg that stays 0. */
static bool exists(const struct machine *m, unsigned int controller, uint32_t source)
{
	const uint64_t base =
		m->plic_count ? m->plics[controller].base : m->aplics[controller].base;
	uint64_t value = 0;

	return riscv_try_store(base + 4 * source, 4, DETACHED) &&
	       riscv_try_load(base + 4 * source, 4, &value) &&
	       riscv_try_store(base + 4 * source, 4, 0) && value == DETACHED;
}

uint32_t domain_sources_free(const struct host *h, const struct domain_config *c,
			     unsigned int controller, uint32_t above)
{
	uint32_t source = above;

	while (--source && (is_of_a_domain(h, c, controller, source) ||
			    !exists(&h->machine, controller, source)))
		;
	return source;
}
