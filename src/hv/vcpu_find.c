/* SPDX-License-Identifier: BSD-2-Clause */
/* The vCPUs that the calls of SBI name by hart ids, which may be sparse and have up to 64 bits. */
#include <stddef.h>

#include "hv/vcpu.h"

/* The index of the first vCPU of @d whose hart id is @hartid or more; vcpu_count if none is. */
static unsigned int first_from(const struct domain *d, uint64_t hartid)
{
	unsigned int low = 0, high = d->vcpu_count;

	while (low < high) {
		unsigned int at = (low + high) / 2;

		if (d->vcpus[at]->hart->hartid < hartid)
			low = at + 1;
		else
			high = at;
	}
	return low;
}

static bool has_hartid(const struct domain *d, unsigned int index, uint64_t hartid)
{
	return index < d->vcpu_count && d->vcpus[index]->hart->hartid == hartid;
}

struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid)
{
	unsigned int index = first_from(d, hartid);

	return has_hartid(d, index, hartid) ? d->vcpus[index] : NULL;
}

bool vcpu_find_all(const struct domain *d, uint64_t mask, uint64_t base, struct index_set *vcpus)
{
	unsigned int index;

	if (base == ~UINT64_C(0)) {
		index_set_fill(vcpus, d->vcpu_count);
		return true;
	}
	index_set_clear(vcpus, d->vcpu_count);
	for (index = first_from(d, base); mask; mask &= mask - 1) {
		uint64_t hartid = base + lowest_bit(mask);

		while (index < d->vcpu_count && d->vcpus[index]->hart->hartid < hartid)
			index++;
		if (hartid < base || !has_hartid(d, index, hartid))
			return false;
		index_set_add(vcpus, index);
	}
	return true;
}

bool vcpu_next_mask(const struct domain *d, const struct index_set *vcpus, unsigned int *from,
		    uint64_t *mask, uint64_t *base)
{
	unsigned int i = index_set_next(vcpus, *from, d->vcpu_count);

	*mask = 0;
	if (i >= d->vcpu_count)
		return false;
	*base = d->vcpus[i]->hart->hartid;
	for (; i < d->vcpu_count; i = index_set_next(vcpus, i + 1, d->vcpu_count)) {
		uint64_t hartid = d->vcpus[i]->hart->hartid;

		if (hartid - *base >= 64)
			break;
		*mask |= UINT64_C(1) << (hartid - *base);
	}
	*from = i;
	return true;
}
