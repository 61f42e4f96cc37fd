/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/intc.h"
#include "hv/ipi.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"
#include "riscv/insn.h"

/*
 * Update hvictl for L1. If L1 has no guest interrupt file, the hart's supervisor-level file stands
 * for L1's file. VS mode then reads the priority of the external interrupt from hvictl (AIA
 * "VS-level external interrupts without a guest interrupt file").
 */
static void set_priority(struct vcpu *v)
{
	uint64_t top = 0;

	if (!v->domain->host->machine.imsic.present || world_config(v->h.cfg)->l1_file)
		return;
	if (v->external)
		imsic_rmw(0, HEXT_FILE_TOPEI, &top, 0, 0);
	v->world.hvictl_of_l1 = HVICTL_IPRIOM | (uint64_t)IRQ_SEI << HVICTL_IID_SHIFT |
				(top & HVICTL_IPRIO ? top & HVICTL_IPRIO : v->external);
	v->hstatus_stale = true;
}

/*
 * Whether the wire from the controller to this hart is up. Reads of CSRs count as device input for
 * a fence (Zicsr "CSR Access Ordering"). So the fence orders the read after this hart's accesses to
 * devices and after its stores for other harts.
 */
static bool wire_is_up(void)
{
	insn_fence_io();
	RACE_POINT();
	return csr_read(CSR_SIP) & BIT64(IRQ_SEI);
}

static __attribute__((noinline)) bool is_asked_by_source(const struct vcpu *v)
{
	struct domain *d = v->domain;
	unsigned int i;

	for (i = 0; i < d->source_count; i++) {
		if (source_asks(&d->source[i], v->index, v->hart))
			return true;
	}
	return false;
}

/* Whether the controller, or a virtual source that Halite adds to it, asks for an interrupt. */
static bool is_asked(const struct vcpu *v)
{
	/* With a file of its own for L1, the wire is that of Halite's file. */
	return (!world_config(v->h.cfg)->l1_file && wire_is_up()) ||
	       (v->domain->source_count && is_asked_by_source(v));
}

static void set_external(struct vcpu *v, bool external)
{
	__atomic_store_n(&v->external, external, __ATOMIC_RELAXED);
}

static void lower(struct vcpu *v)
{
	set_external(v, false);
	index_set_put_atomic(&v->domain->raised, v->index, false);
	vcpu_clear_pending(v, BIT64(IRQ_SEI));
	csr_set(CSR_SIE, BIT64(IRQ_SEI));
}

/*
 * Another hart may end the interrupt at any time. That hart stores to the device, fences, and reads
 * @external (intc_changed()). This hart stores @external, fences, and reads the wire. So the other
 * hart sees @external and asks this hart for an update, or this hart sees that the wire is down.
 * The same holds for a virtual source.
 */
static void raise(struct vcpu *v)
{
	csr_clear(CSR_SIE, BIT64(IRQ_SEI));
	RACE_POINT();
	index_set_put_atomic(&v->domain->raised, v->index, true);
	set_external(v, true);
	vcpu_set_pending(v, BIT64(IRQ_SEI));
	if (!is_asked(v))
		lower(v);
}

void intc_update(struct vcpu *v)
{
	if (is_asked(v))
		raise(v);
	else if (v->external)
		lower(v);
	set_priority(v);
}

void intc_changed(struct vcpu *v, struct vcpu *owner)
{
	struct domain *d = v->domain;
	struct index_set others;
	bool any = false;
	unsigned int i;

	/* The fence orders the access before the reads of @raised and @external: see raise(). */
	insn_fence_io();
	RACE_POINT();
	index_set_read_atomic(&others, &d->raised, d->vcpu_count);
	index_set_each(&others, i, d->vcpu_count)
	{
		const struct vcpu *target = d->vcpus[i];

		/* A hart that has not raised SEI gets an interrupt when the wire goes up. */
		if (target != v && (!owner || owner == target) &&
		    __atomic_load_n(&target->external, __ATOMIC_RELAXED))
			any = true;
		else
			index_set_remove(&others, i);
	}
	intc_update(v);
	if (any)
		ipi_post(d, &others, VCPU_REQ_INTC);
}

__attribute__((cold)) void intc_source_changed(struct vcpu *v, struct domain *d)
{
	struct index_set asked, enabled;
	bool any = false;
	unsigned int i, n;

	index_set_clear(&asked, d->vcpu_count);
	for (n = 0; n < d->source_count; n++) {
		index_set_read_atomic(&enabled, &d->source[n].enabled, d->vcpu_count);
		index_set_each(&enabled, i, d->vcpu_count)
		{
			/* Whether the threshold lets the source through, that hart finds out. */
			if (d->vcpus[i] == v || !source_may_ask(&d->source[n], i))
				continue;
			index_set_add(&asked, i);
			any = true;
		}
	}
	if (any)
		ipi_post(d, &asked, VCPU_REQ_INTC);
}

__attribute__((cold)) void intc_wire_changed(struct vcpu *v, struct domain *d, struct source *s)
{
	if (!source_look(s))
		return;
	if (s->at.plic)
		intc_source_changed(v, d);
	if (v->domain == d)
		intc_changed(v, NULL);
}
