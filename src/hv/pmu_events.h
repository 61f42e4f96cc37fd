/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware events of SBI PMU that Halite counts itself, since firmware does not see them: SENT of a
 * fence once for each call, SENT of an IPI once for each hart that the call names, and RECEIVED
 * once for each hart that the call reaches, the calling hart included. A hart that is interrupted
 * by two IPIs at once has received one.
 */
#ifndef HV_PMU_EVENTS_H
#define HV_PMU_EVENTS_H

#include "hv/vcpu.h"

/* Codes of events (SBI 3.0 "Firmware events (Type #15)"). RECEIVED is SENT + 1. */
enum pmu_event {
	PMU_SET_TIMER = 5,
	PMU_IPI_SENT = 6,
	PMU_IPI_RECEIVED = 7,
	PMU_FENCE_I_SENT = 8,
	PMU_SFENCE_VMA_SENT = 10,
	PMU_SFENCE_VMA_ASID_SENT = 12,
	PMU_HFENCE_GVMA_SENT = 14,
	PMU_HFENCE_GVMA_VMID_SENT = 16,
	PMU_HFENCE_VVMA_SENT = 18,
	PMU_HFENCE_VVMA_ASID_SENT = 20,
	PMU_EVENT_LAST = 21,
};

_Static_assert(PMU_EVENT_LAST < sizeof(((struct vcpu *)0)->pmu.events) / sizeof(uint64_t),
	       "each event has a count");

/* Count @n events on @v's hart, if a counter runs there. Any hart may call this. */
static inline void pmu_count(struct vcpu *v, enum pmu_event event, uint64_t n)
{
	if (__atomic_load_n(&v->pmu.started, __ATOMIC_RELAXED))
		__atomic_fetch_add(&v->pmu.events[event], n, __ATOMIC_RELAXED);
}

/* Count @event on the harts of @vcpus that are online. */
static inline void pmu_count_all(const struct domain *d, const struct index_set *vcpus,
				 enum pmu_event event)
{
	unsigned int i;

	if (!__atomic_load_n(&d->pmu.counting, __ATOMIC_RELAXED))
		return;
	index_set_each(vcpus, i, d->vcpu_count)
	{
		if (__atomic_load_n(&d->vcpus[i]->online, __ATOMIC_RELAXED))
			pmu_count(d->vcpus[i], event, 1);
	}
}

#endif
