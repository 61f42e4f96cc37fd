/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/shadow.h"
#include "hv/fence.h"
#include "riscv/fence.h"

static void fence_gvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	const struct hext_gvma_fence named = {
		.all_vmids = any_vmid,
		.vmid = fence->vmid,
		.all_addresses = fence->size == 0,
		.gpa = fence->addr,
		.size = fence->size,
	};
	struct hext_shadow_fenced owed = hext_shadow_fence_gvma(pool, &named);
	unsigned int i;

	/*
	 * The hardware's part, whether or not an entry was found: another hart may have taken it out of the
	 * shadow before, but not out of this hart's TLB.
	 */
	for (i = 0; i < pool->count; i++) {
		if (!(owed.shadows & BIT64(i)))
			continue;
		if (owed.whole & BIT64(i))
			hfence_gvma_vmid(pool->shadow[i].vmid);
		else
			hfence_gvma_range(pool->shadow[i].vmid, fence->addr, fence->size);
	}
}

static void fence_vvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid,
		       bool any_asid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	uint64_t shadows = hext_shadow_of_vmid(pool, any_vmid, fence->vmid);
	const struct hfence_vvma named = {
		.addr = fence->addr,
		.size = fence->size,
		.asid = fence->asid,
		.any_asid = any_asid,
	};
	unsigned int i;

	for (i = 0; i < pool->count; i++) {
		if (shadows & BIT64(i))
			hfence_vvma(hext_shadow_hgatp(pool, &pool->shadow[i]), &named);
	}
}

void fence_l2(struct vcpu *v, const struct nacl_hfence *fence)
{
	static const struct nacl_hfence everything;

	switch (fence->type) {
	case NACL_HFENCE_GVMA:
	case NACL_HFENCE_GVMA_ALL:
		fence_gvma(v, fence, true);
		break;
	case NACL_HFENCE_GVMA_VMID:
	case NACL_HFENCE_GVMA_VMID_ALL:
		fence_gvma(v, fence, false);
		break;
	case NACL_HFENCE_VVMA:
	case NACL_HFENCE_VVMA_ALL:
		fence_vvma(v, fence, false, true);
		break;
	case NACL_HFENCE_VVMA_ASID:
	case NACL_HFENCE_VVMA_ASID_ALL:
		fence_vvma(v, fence, false, false);
		break;
	default:
		fence_gvma(v, &everything, true);
		fence_vvma(v, &everything, true, true);
		break;
	}
}
