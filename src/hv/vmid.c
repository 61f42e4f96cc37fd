/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/vmid.h"

struct vmid_range vmid_take(struct vmid_range *left, unsigned int most)
{
	const uint16_t count = most < left->count ? most : left->count;
	const struct vmid_range taken = { left->first, count };

	left->first += count;
	left->count -= count;
	return taken;
}
