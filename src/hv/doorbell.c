/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/doorbell.h"
#include "hv/intc.h"
#include "lib/page.h"
#include "lib/race.h"

/* The side of @d, or NULL. */
static struct shared_side *side_of(struct shared *s, const struct domain *d)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (d->host->domains[s->side[i].domain] == d)
			return &s->side[i];
	}
	return NULL;
}

/* The side of @d of the shared memory whose doorbell is in the page of @addr, in *@at; or NULL. */
static struct shared_side *find(const struct domain *d, uint64_t addr, struct shared **at)
{
	struct shared *s = d->host->shared;
	unsigned int i;

	for (i = 0; i < d->host->shared_count; i++, s++) {
		*at = s;
		if (addr - range_end(s->memory) < PAGE_SIZE)
			return side_of(s, d);
	}
	return NULL;
}

bool doorbell_at(const struct domain *d, uint64_t addr)
{
	struct shared *s;

	return find(d, addr, &s);
}

/*
 * @side->rung has changed. Of all harts that have changed it, the last one here sees the last
 * value.
 */
static void set_wire(struct shared_side *side)
{
	RACE_POINT();
	spin_lock(&side->lock);
	__atomic_store_n(&side->wire, __atomic_load_n(&side->rung, __ATOMIC_RELAXED) != 0,
			 __ATOMIC_RELAXED);
	spin_unlock(&side->lock);
}

static void changed(struct vcpu *v, struct shared_side *side)
{
	set_wire(side);
	intc_wire_changed(v, v->domain->host->domains[side->domain], side->source);
}

/*
 * Both functions change @rung in one access. So what the hart has stored before a ring is seen
 * behind the load that takes the bit, also if the bit was set already.
 */
static void ring(struct vcpu *v, struct shared_side *side, uint32_t bit)
{
	if (!(__atomic_fetch_or(&side->rung, bit, __ATOMIC_SEQ_CST) & bit))
		changed(v, side);
}

static uint32_t take(struct vcpu *v, struct shared_side *side)
{
	uint32_t rung = __atomic_exchange_n(&side->rung, 0, __ATOMIC_SEQ_CST);

	changed(v, side);
	return rung;
}

static bool is_access(uint64_t addr, unsigned int size)
{
	return size == 4 && addr % 4 == 0;
}

bool doorbell_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value)
{
	struct shared *s;
	struct shared_side *own = find(v->domain, addr, &s);

	if (!own || !is_access(addr, size))
		return false;
	*value = addr % PAGE_SIZE == DOORBELL_RUNG ? take(v, own) : 0;
	return true;
}

bool doorbell_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value)
{
	struct shared *s;
	const struct shared_side *own = find(v->domain, addr, &s);
	unsigned int i;

	if (!own || !is_access(addr, size))
		return false;
	for (i = 0; i < s->count && addr % PAGE_SIZE == DOORBELL_RING; i++) {
		if ((value >> i & 1) && &s->side[i] != own)
			ring(v, &s->side[i], UINT32_C(1) << (own - s->side));
	}
	return true;
}

/*
 * The source first. If another domain rings between, the last look takes the wire's level back, or
 * finds it up for a ring that came later.
 */
void doorbell_reset(struct domain *d)
{
	const struct host *h = d->host;
	unsigned int i;

	for (i = 0; i < h->shared_count; i++) {
		struct shared_side *side = side_of(&h->shared[i], d);

		if (!side)
			continue;
		source_reset(side->source);
		__atomic_store_n(&side->rung, 0, __ATOMIC_SEQ_CST);
		set_wire(side);
		source_look(side->source);
	}
}
