/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: vmid_take() gives VMIDs that were left, at most as many as asked for, and none that are
 *   given again
 * Bounds: any range of VMIDs and any number
 * Not shown: what the callers do with them
 * Sources: hv/vmid.c
 * Options: --unwind 2
 */
#include "proof.h"

#include "hv/vmid.c"

static bool has(struct vmid_range r, uint32_t vmid)
{
	return vmid >= r.first && vmid < (uint32_t)r.first + r.count;
}

void proof(void)
{
	const struct vmid_range before = { any_u16(), any_u16() };
	const uint32_t most = any_u32();
	const uint32_t vmid = any_u16();
	struct vmid_range left = before, taken;

	/* VMIDs have at most 14 bits. */
	proof_assume((uint32_t)before.first + before.count <= 1u << 14);
	taken = vmid_take(&left, most);
	proof_assert(taken.count == (most < before.count ? most : before.count),
		     "as many as asked");
	proof_assert(!has(taken, vmid) || !has(left, vmid), "no VMID is given twice");
	proof_assert(has(before, vmid) == (has(taken, vmid) || has(left, vmid)),
		     "none is lost, and none is new");
	proof_reached("end");
}
