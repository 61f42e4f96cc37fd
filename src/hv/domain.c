/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/domain.h"

bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size)
{
	return range_is_valid(addr, size) &&
	       range_list_contains(&d->ram, (struct range){ addr, size });
}
