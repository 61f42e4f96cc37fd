/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/intc.h"
#include "hv/ipi.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"
#include "riscv/insn.h"

/*
 * Where L1 has no guest interrupt file for its own: the hart's supervisor-level one stands for it, and what VS mode
 * is told of its priority is in hvictl (AIA "VS-level external interrupts without a guest interrupt file").
 */
static void tell_priority(struct vcpu *v)
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
 * The wire from the controller to this hart. The fence: reads of CSRs are device input to it (Zicsr
 * "CSR Access Ordering"), so the wire is looked at behind what this hart has done to a device, and
 * behind its stores for other harts.
 */
static bool wire_is_up(void)
{
	insn_fence_io();
	RACE_POINT();
	return csr_read(CSR_SIP) & BIT64(IRQ_SEI);
}

static void set_external(struct vcpu *v, bool external)
{
	__atomic_store_n(&v->external, external, __ATOMIC_RELAXED);
}

static void lower(struct vcpu *v)
{
	set_external(v, false);
	vcpu_clear_pending(v, BIT64(IRQ_SEI));
	csr_set(CSR_SIE, BIT64(IRQ_SEI));
}

/*
 * Another hart may end the interrupt at any time: it stores to the device, fences, and looks at
 * @external (intc_changed()); here @external is stored, then a fence, then the wire is looked at.
 * So the other hart sees @external and asks for an update, or the wire is seen down here.
 */
static void raise(struct vcpu *v)
{
	csr_clear(CSR_SIE, BIT64(IRQ_SEI));
	RACE_POINT();
	set_external(v, true);
	vcpu_set_pending(v, BIT64(IRQ_SEI));
	if (!wire_is_up())
		lower(v);
}

void intc_update(struct vcpu *v)
{
	if (wire_is_up())
		raise(v);
	else if (v->external)
		lower(v);
	tell_priority(v);
}

void intc_changed(struct vcpu *v, struct vcpu *owner)
{
	struct domain *d = v->domain;
	uint64_t others = 0;
	unsigned int i;

	/* The access first, then the look at the other harts: see raise(). */
	insn_fence_io();
	RACE_POINT();
	for (i = 0; i < d->vcpu_count; i++) {
		struct vcpu *target = d->vcpus[i];

		/* Where nothing is raised, the interrupt itself will tell. */
		if (target != v && (!owner || owner == target) &&
		    __atomic_load_n(&target->external, __ATOMIC_RELAXED))
			others |= BIT64(i);
	}
	intc_update(v);
	if (others)
		ipi_post(d, others, VCPU_REQ_INTC);
}
