/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs of the machine, by which its TLBs tell G-stages apart. The host has them all and gives each
 * domain a range, once. The first of a domain's range is its own G-stage's, the others are for the
 * shadows.
 *
 * Invariant: no VMID is in two domains' ranges.
 */
#ifndef HV_VMID_H
#define HV_VMID_H

#include <stdint.h>

struct vmid_range {
	uint16_t first;
	uint16_t count;
};

/* Take the first VMIDs of @left away from it: @most, or as many as there are. */
struct vmid_range vmid_take(struct vmid_range *left, unsigned int most);

#endif
