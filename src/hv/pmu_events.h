/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware events of SBI PMU that Halite counts itself, since firmware does not see them: SENT of a
 * fence once for each call, SENT of an IPI once for each hart that the call names, and RECEIVED
 * once for each hart that the call reaches, the calling hart included. A hart that is interrupted
 * by two IPIs at once has received one.
 */
#ifndef HV_PMU_EVENTS_H
#define HV_PMU_EVENTS_H

#include "hv/below.h"
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

/*
 * Events of the platform (code 65535): with the words "stats" or "trace", Halite's own counts of
 * the hart (stats_format.h). Event data PMU_DATA_EXITS + n is kind n of exits, PMU_DATA_WORKS + n
 * kind n of work. Other data are the firmware's.
 */
#define PMU_PLATFORM   0xffff
#define PMU_DATA_EXITS ((uint64_t)SBI_IMPL_HALITE << 16)
#define PMU_DATA_WORKS (PMU_DATA_EXITS + 0x100)

/* In vcpu.pmu.code, these have numbers behind those of enum pmu_event. */
#define PMU_CODE_EXITS 64
#define PMU_CODE_WORKS 128
_Static_assert(PMU_EVENT_LAST < PMU_CODE_EXITS && STATS_EXITS <= PMU_CODE_WORKS - PMU_CODE_EXITS &&
		       STATS_WORKS <= 256 - PMU_CODE_WORKS,
	       "each has a number of its own, in a byte");

_Static_assert(PMU_EVENT_LAST < sizeof(((struct vcpu *)0)->pmu.events) / sizeof(uint64_t),
	       "each event has a count");

/* The value of vcpu.pmu.code for the event of the platform with @data; 0: it is not Halite's. */
static inline unsigned int pmu_platform_code(uint64_t data)
{
	if (!static_key(KEY_STATS))
		return 0;
	if (data - PMU_DATA_EXITS < STATS_EXITS)
		return PMU_CODE_EXITS + (data - PMU_DATA_EXITS);
	if (data - PMU_DATA_WORKS < STATS_WORKS)
		return PMU_CODE_WORKS + (data - PMU_DATA_WORKS);
	return 0;
}

/*
 * How often event @code of vcpu.pmu.code has come to @v's hart, which is the calling one. The
 * events of enum pmu_event count only while a counter runs.
 */
static inline uint64_t pmu_events_of(const struct vcpu *v, unsigned int code)
{
	if (code >= PMU_CODE_WORKS)
		return v->stats.works[code - PMU_CODE_WORKS];
	if (code >= PMU_CODE_EXITS)
		return v->stats.exits[code - PMU_CODE_EXITS];
	return __atomic_load_n(&v->pmu.events[code], __ATOMIC_RELAXED);
}

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
