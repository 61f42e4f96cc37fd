/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hv/domain_sources.h"
#include "hv/intc.h"
#include "hv/plic.h"
#include "hv/plic_map.h"
#include "riscv/attempt.h"

#define SOURCES_MAX 1023

/* The kinds of registers. */
enum reg {
	RESERVED, /* no register, or not the guest's */
	PRIORITY,
	PENDING,
	ENABLE,
	CONTEXT_THRESHOLD,
	CONTEXT_CLAIM,
};

static const struct machine_plic *plic_of(const struct vcpu *v, unsigned int plic)
{
	return &v->domain->host->machine.plics[plic];
}

static bool owns(const struct vcpu *v, unsigned int plic, uint64_t context)
{
	return v->hart->plic == plic && v->hart->plic_context == (int64_t)context;
}

/*
 * The vCPU that has @context of PLIC @plic as its supervisor context, or NULL. L1 mostly accesses
 * the context of the hart that runs, @v.
 */
static struct vcpu *context_owner(struct vcpu *v, unsigned int plic, uint64_t context)
{
	const struct domain *d = v->domain;
	unsigned int i;

	if (owns(v, plic, context))
		return v;
	for (i = 0; i < d->vcpu_count; i++) {
		if (owns(d->vcpus[i], plic, context))
			return d->vcpus[i];
	}
	return NULL;
}

/* The sources of the domain in word @word of an array with one bit for each source. */
static uint32_t sources(const struct vcpu *v, unsigned int plic, uint64_t word)
{
	return word <= plic_of(v, plic)->ndev / 32 ? v->domain->sources[plic].word[word] : 0;
}

static bool has_source(const struct vcpu *v, unsigned int plic, uint64_t source)
{
	/* Source 0 does not exist. */
	return source && source <= plic_of(v, plic)->ndev &&
	       domain_has_source(v->domain, plic, source);
}

/*
 * The register at @offset, a multiple of 4. *@owner: the vCPU of the register's context, or NULL.
 * *@mask: the bits that are the domain's.
 */
static enum reg find(struct vcpu *v, unsigned int plic, uint64_t offset, struct vcpu **owner,
		     uint32_t *mask)
{
	uint64_t at;

	*owner = NULL;
	*mask = ~UINT32_C(0);
	if (offset < PLIC_PENDING_BASE)
		return has_source(v, plic, offset / 4) ? PRIORITY : RESERVED;
	if (offset < PLIC_ENABLE_BASE) {
		*mask = sources(v, plic, (offset - PLIC_PENDING_BASE) / 4);
		return *mask ? PENDING : RESERVED;
	}
	if (offset < PLIC_ENABLE_END) {
		at = offset - PLIC_ENABLE_BASE;
		*owner = context_owner(v, plic, at / PLIC_ENABLE_STRIDE);
		*mask = sources(v, plic, at % PLIC_ENABLE_STRIDE / 4);
		return *owner && *mask ? ENABLE : RESERVED;
	}
	if (offset < PLIC_CONTEXT_BASE || offset >= PLIC_CONTEXT_END)
		return RESERVED;
	at = offset - PLIC_CONTEXT_BASE;
	*owner = context_owner(v, plic, at / PLIC_CONTEXT_STRIDE);
	if (*owner && at % PLIC_CONTEXT_STRIDE == PLIC_THRESHOLD)
		return CONTEXT_THRESHOLD;
	return *owner && at % PLIC_CONTEXT_STRIDE == PLIC_CLAIM ? CONTEXT_CLAIM : RESERVED;
}

/* PLIC 1.0: "32-bits ... accessed atomically with LW and SW instructions". */
static bool is_access(uint64_t offset, unsigned int size)
{
	return size == 4 && offset % 4 == 0;
}

/* Replace the bit of @s in *@value, which is word @word of an array with a bit for each source. */
static void merge_bit(const struct source *s, uint64_t word, bool set, uint64_t *value)
{
	uint32_t bit = source_bit(s, word);

	*value = (*value & ~(uint64_t)bit) | (set ? bit : 0);
}

static uint64_t enable_word(uint64_t offset)
{
	return (offset - PLIC_ENABLE_BASE) % PLIC_ENABLE_STRIDE / 4;
}

/* The virtual source of PLIC @plic that the vCPU @owner would claim first, or NULL. */
static struct source *first_source(struct domain *d, unsigned int plic, const struct vcpu *owner)
{
	struct source *s, *first = NULL;

	domain_each_source(s, d, true, plic)
	{
		if (source_may_ask(s, owner->index) && (!first || source_beats(s, first)))
			first = s;
	}
	return first;
}

/* A load that a virtual source answers alone. */
static bool load_from_source(struct domain *d, unsigned int plic, enum reg reg, uint64_t offset,
			     struct vcpu *owner, uint64_t *value)
{
	struct source *s;

	if (reg == PRIORITY) {
		s = domain_virtual_source(d, true, plic, offset / 4);
		*value = s ? s->priority : 0;
		return s;
	}
	s = reg == CONTEXT_CLAIM ? first_source(d, plic, owner) : NULL;
	if (!s || !source_claim(s, owner->index, owner->hart))
		return false;
	*value = s->at.number;
	return true;
}

/* The machine has answered a load with *@value. Replace what is the virtual sources'. */
static void merge(struct domain *d, unsigned int plic, enum reg reg, uint64_t offset,
		  const struct vcpu *owner, uint64_t *value)
{
	struct source *s;

	domain_each_source(s, d, true, plic)
	{
		if (reg == PENDING)
			merge_bit(s, (offset - PLIC_PENDING_BASE) / 4, source_is_pending(s), value);
		else if (reg == ENABLE)
			merge_bit(s, enable_word(offset), index_set_has(&s->enabled, owner->index),
				  value);
	}
}

/* A store of *@value to enable bits. Take out those of virtual sources. */
static void enable_sources(struct domain *d, unsigned int plic, uint64_t offset,
			   const struct vcpu *owner, uint32_t *value)
{
	struct source *s;

	domain_each_source(s, d, true, plic)
	{
		uint32_t bit = source_bit(s, enable_word(offset));

		if (bit)
			source_enable(s, owner->index, *value & bit);
		*value &= ~bit;
	}
}

/*
 * A store that may concern virtual sources. Takes their bits out of *@value. Returns whether a
 * source alone takes the store.
 */
static bool store_to_source(struct domain *d, unsigned int plic, enum reg reg, uint64_t offset,
			    const struct vcpu *owner, uint32_t *value)
{
	struct source *s;

	switch (reg) {
	case PRIORITY:
		s = domain_virtual_source(d, true, plic, offset / 4);
		if (s)
			source_set_priority(s, *value);
		return s;
	case ENABLE:
		enable_sources(d, plic, offset, owner, value);
		return false;
	case CONTEXT_CLAIM:
		s = domain_virtual_source(d, true, plic, *value);
		if (s)
			source_complete(s, owner->index);
		return s;
	default:
		return false;
	}
}

bool plic_load(struct vcpu *v, unsigned int plic, uint64_t offset, unsigned int size,
	       uint64_t *value)
{
	struct vcpu *owner;
	uint32_t mask;
	enum reg reg;

	if (!is_access(offset, size))
		return false;
	reg = find(v, plic, offset, &owner, &mask);
	*value = 0;
	if (reg == RESERVED)
		return true;
	if (!load_from_source(v->domain, plic, reg, offset, owner, value)) {
		if (!riscv_try_load(plic_of(v, plic)->base + offset, 4, value))
			return false;
		*value &= mask;
		merge(v->domain, plic, reg, offset, owner, value);
	}
	/* A claim clears the pending bit, which may change the output to all contexts. */
	if (reg == CONTEXT_CLAIM)
		intc_changed(v, NULL);
	return true;
}

bool plic_store(struct vcpu *v, unsigned int plic, uint64_t offset, unsigned int size,
		uint64_t value)
{
	uint32_t word = value;
	struct vcpu *owner;
	uint32_t mask;
	enum reg reg;

	if (!is_access(offset, size))
		return false;
	reg = find(v, plic, offset, &owner, &mask);
	/* The pending bits are read-only. */
	if (reg == RESERVED || reg == PENDING)
		return true;
	/* A completion. The PLIC ignores numbers that are no source. */
	if (reg == CONTEXT_CLAIM && (uint32_t)value <= SOURCES_MAX &&
	    !domain_has_source(v->domain, plic, (uint32_t)value))
		return true;
	if (!store_to_source(v->domain, plic, reg, offset, owner, &word) &&
	    !riscv_try_store(plic_of(v, plic)->base + offset, 4, word & mask))
		return false;
	intc_changed(v, owner);
	/* A virtual source interrupts no hart by itself. */
	if (v->domain->source_count)
		intc_source_changed(v, v->domain);
	return true;
}

void plic_disable(const struct machine *m, const struct machine_hart *hart)
{
	const struct machine_plic *p = &m->plics[hart->plic];
	uint32_t word;

	if (hart->plic_context < 0)
		return;
	for (word = 0; word <= p->ndev / 32; word++)
		riscv_try_store(p->base + PLIC_ENABLE_BASE +
					hart->plic_context * PLIC_ENABLE_STRIDE + 4 * word,
				4, 0);
}

/* The PLIC ignores a completion of a source that is not enabled for the context. */
void plic_complete(const struct domain *d, const struct machine_hart *hart)
{
	const struct machine *m = &d->host->machine;
	const struct source_set *own = &d->sources[hart->plic];
	const struct machine_plic *p = &m->plics[hart->plic];
	const uint64_t context = hart->plic_context;
	uint32_t source, word;

	if (hart->plic_context < 0)
		return;
	for (word = 0; word <= p->ndev / 32; word++)
		riscv_try_store(p->base + PLIC_ENABLE_BASE + context * PLIC_ENABLE_STRIDE +
					4 * word,
				4, own->word[word]);
	for (source = 1; source <= p->ndev; source++) {
		if (!source_set_has(own, source))
			continue;
		riscv_try_store(p->base + PLIC_CONTEXT_BASE + context * PLIC_CONTEXT_STRIDE +
					PLIC_CLAIM,
				4, source);
		riscv_try_store(p->base + 4 * source, 4, 0);
	}
	plic_disable(m, hart);
}
