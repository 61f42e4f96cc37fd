/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMIDs of the machine. The TLB distinguishes G-stage tables by VMID. The host has all VMIDs
 * and gives each domain a range, once. The first VMID of the range is for the G-stage table of the
 * domain, and the others are for its shadows.
 *
 * Invariant: no VMID is in the ranges of two domains.
 */
#ifndef HV_VMID_H
#define HV_VMID_H

#include <stdint.h>

struct vmid_range {
	uint16_t first;
	uint16_t count;
};

/* Remove the first @most VMIDs, or all if there are fewer, from @left, and return them. */
struct vmid_range vmid_take(struct vmid_range *left, unsigned int most);

#endif
