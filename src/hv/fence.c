/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/shadow.h"
#include "hv/fence.h"
#include "riscv/fence.h"
#include "riscv/world.h"

/* From this many pages on, all is fenced: one instruction a page costs more than refilling. */
#define PAGES_MAX 64
#define PAGE_SIZE UINT64_C(4096)

static bool is_few_pages(const struct nacl_hfence *fence)
{
	return fence->size && fence->size <= PAGES_MAX * PAGE_SIZE;
}

static void fence_gvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid)
{
	const struct hext_gvma_fence named = {
		.all_vmids = any_vmid,
		.vmid = fence->vmid,
		.all_addresses = fence->size == 0,
		.gpa = fence->addr,
		.size = fence->size,
	};
	struct hext_shadow_fenced done = hext_shadow_fence_gvma(&v->domain->shadows, &named);
	uint64_t addr;

	/*
	 * The hardware's part, always and for every VMID: another hart may have taken the entries out
	 * of the shadow before, but not out of this hart's TLB.
	 */
	if (done.whole || !is_few_pages(fence)) {
		hfence_gvma_all();
		return;
	}
	for (addr = fence->addr; addr - fence->addr < fence->size; addr += PAGE_SIZE)
		hfence_gvma_gpa(addr);
}

static void vvma_here(const struct nacl_hfence *fence, bool any_asid)
{
	uint64_t addr;

	if (!is_few_pages(fence)) {
		if (any_asid)
			hfence_vvma_all();
		else
			hfence_vvma_asid(fence->asid);
		return;
	}
	for (addr = fence->addr; addr - fence->addr < fence->size; addr += PAGE_SIZE) {
		if (any_asid)
			hfence_vvma_addr(addr);
		else
			hfence_vvma_addr_asid(addr, fence->asid);
	}
}

static void fence_vvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid,
		       bool any_asid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	uint64_t shadows = hext_shadow_of_vmid(pool, any_vmid, fence->vmid);
	struct world_gstage saved;
	unsigned int i;

	world_leave_gstage(&saved);
	for (i = 0; i < pool->count; i++) {
		if (!(shadows & BIT64(i)))
			continue;
		world_visit_gstage(hext_shadow_hgatp(pool, &pool->shadow[i]));
		vvma_here(fence, any_asid);
	}
	world_return_gstage(&saved);
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
