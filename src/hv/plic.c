/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/intc.h"
#include "hv/plic.h"

#define ENABLE_BASE    UINT64_C(0x2000)
#define ENABLE_STRIDE  UINT64_C(0x80)
#define CONTEXT_BASE   UINT64_C(0x200000)
#define CONTEXT_STRIDE UINT64_C(0x1000)

static volatile uint32_t *reg(const struct vcpu *v, uint64_t offset)
{
	return (volatile uint32_t *)(uintptr_t)(v->domain->machine->plic.base + offset);
}

/* The vCPU whose supervisor context @context is, or NULL. */
static struct vcpu *context_owner(const struct domain *d, uint64_t context)
{
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		if (d->machine->harts[d->vcpus[i]->index].plic_context == (int64_t)context)
			return d->vcpus[i];
	}
	return NULL;
}

/* Whether the guest may reach the register at @offset; *@owner is the vCPU of its context, if any. */
static bool may_reach(const struct domain *d, uint64_t offset, struct vcpu **owner)
{
	*owner = NULL;
	if (offset < ENABLE_BASE)
		return true;
	if (offset < CONTEXT_BASE)
		*owner = context_owner(d, (offset - ENABLE_BASE) / ENABLE_STRIDE);
	else
		*owner = context_owner(d, (offset - CONTEXT_BASE) / CONTEXT_STRIDE);
	return *owner;
}

bool plic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value)
{
	struct vcpu *owner;

	if (size != 4 || offset % 4)
		return false;
	if (!may_reach(v->domain, offset, &owner)) {
		*value = 0;
		return true;
	}
	*value = *reg(v, offset);
	/* Reading a claim register takes the interrupt away. */
	if (offset >= CONTEXT_BASE)
		intc_changed(v, owner);
	return true;
}

bool plic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value)
{
	struct vcpu *owner;

	if (size != 4 || offset % 4)
		return false;
	if (may_reach(v->domain, offset, &owner)) {
		*reg(v, offset) = value;
		intc_changed(v, owner);
	}
	return true;
}
