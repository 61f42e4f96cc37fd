/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hv/intc.h"
#include "hv/plic.h"
#include "riscv/attempt.h"

/* PLIC 1.0, chapter "Memory Map". */
#define PENDING_BASE   UINT64_C(0x1000)
#define ENABLE_BASE    UINT64_C(0x2000)
#define ENABLE_STRIDE  UINT64_C(0x80)
#define ENABLE_END     UINT64_C(0x1f2000) /* 15,872 contexts */
#define CONTEXT_BASE   UINT64_C(0x200000)
#define CONTEXT_STRIDE UINT64_C(0x1000)
#define CONTEXT_END    UINT64_C(0x4000000)
#define THRESHOLD      0
#define CLAIM	       4 /* a load claims, a store completes */
#define SOURCES_MAX    1023

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
	if (offset < PENDING_BASE)
		return has_source(v, plic, offset / 4) ? PRIORITY : RESERVED;
	if (offset < ENABLE_BASE) {
		*mask = sources(v, plic, (offset - PENDING_BASE) / 4);
		return *mask ? PENDING : RESERVED;
	}
	if (offset < ENABLE_END) {
		at = offset - ENABLE_BASE;
		*owner = context_owner(v, plic, at / ENABLE_STRIDE);
		*mask = sources(v, plic, at % ENABLE_STRIDE / 4);
		return *owner && *mask ? ENABLE : RESERVED;
	}
	if (offset < CONTEXT_BASE || offset >= CONTEXT_END)
		return RESERVED;
	at = offset - CONTEXT_BASE;
	*owner = context_owner(v, plic, at / CONTEXT_STRIDE);
	if (*owner && at % CONTEXT_STRIDE == THRESHOLD)
		return CONTEXT_THRESHOLD;
	return *owner && at % CONTEXT_STRIDE == CLAIM ? CONTEXT_CLAIM : RESERVED;
}

/* PLIC 1.0: "32-bits ... accessed atomically with LW and SW instructions". */
static bool is_access(uint64_t offset, unsigned int size)
{
	return size == 4 && offset % 4 == 0;
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
	if (!riscv_try_load(plic_of(v, plic)->base + offset, 4, value))
		return false;
	*value &= mask;
	/* A claim clears the pending bit, which may change the output to all contexts. */
	if (reg == CONTEXT_CLAIM)
		intc_changed(v, NULL);
	return true;
}

bool plic_store(struct vcpu *v, unsigned int plic, uint64_t offset, unsigned int size,
		uint64_t value)
{
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
	if (!riscv_try_store(plic_of(v, plic)->base + offset, 4, (uint32_t)value & mask))
		return false;
	intc_changed(v, owner);
	return true;
}

void plic_disable(const struct machine *m, const struct machine_hart *hart)
{
	const struct machine_plic *p = &m->plics[hart->plic];
	uint32_t word;

	if (hart->plic_context < 0)
		return;
	for (word = 0; word <= p->ndev / 32; word++)
		riscv_try_store(p->base + ENABLE_BASE + hart->plic_context * ENABLE_STRIDE +
					4 * word,
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
		riscv_try_store(p->base + ENABLE_BASE + context * ENABLE_STRIDE + 4 * word, 4,
				own->word[word]);
	for (source = 1; source <= p->ndev; source++) {
		if (source_set_has(own, source))
			riscv_try_store(p->base + CONTEXT_BASE + context * CONTEXT_STRIDE + CLAIM,
					4, source);
	}
	plic_disable(m, hart);
}
