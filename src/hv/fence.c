/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/shadow.h"
#include "hv/fence.h"
#include "hv/ipi.h"
#include "lib/page.h"
#include "riscv/fence.h"

/*
 * The most HFENCEs by address for one fence of L1. A fence that needs more, for its pages under
 * each of its shadows, is done by one HFENCE of all addresses for each shadow. This bounds the time
 * with interrupts off.
 */
#define HFENCES_MAX 16
/* A fence of all addresses for more shadows than this is done by one HFENCE of all VMIDs. */
#define SHADOWS_MAX 4

static bool is_too_much(const struct nacl_hfence *fence, unsigned int shadows)
{
	uint64_t offset = fence->addr & (PAGE_SIZE - 1);

	return (offset + fence->size - 1) / PAGE_SIZE + 1 > HFENCES_MAX / shadows;
}

/*
 * Do @fence for some of the shadows from named->from on. @named is @fence for src/hext. Returns the
 * first shadow for which the fence is not done.
 */
static uint32_t fence_gvma_from(struct hext_shadow_pool *pool, const struct nacl_hfence *fence,
				const struct hext_gvma_fence *named)
{
	const struct hext_shadow *shadow = pool->shadow + named->from;
	struct hext_shadow_fenced owed = hext_shadow_fence_gvma(pool, named);
	unsigned int count = count_bits(owed.shadows);
	unsigned int i;
	uint64_t left;

	if (!count)
		return owed.next;
	/*
	 * Fence this hart's TLB even if the shadows had no entry: another hart may have removed the
	 * entry from the shadows, but not from this hart's TLB.
	 */
	if (is_too_much(fence, count))
		owed.whole = owed.shadows;
	if (count_bits(owed.whole) > SHADOWS_MAX) {
		hfence_gvma_all();
		return owed.next;
	}
	for (i = 0, left = owed.shadows; left; i++, left >>= 1) {
		if (!(left & 1))
			continue;
		if (owed.whole & BIT64(i))
			hfence_gvma_vmid(shadow[i].vmid);
		else
			hfence_gvma_range(shadow[i].vmid, fence->addr, fence->size);
	}
	return owed.next;
}

static void fence_gvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	struct hext_gvma_fence named = {
		.all_vmids = any_vmid,
		.vmid = fence->vmid,
		.all_addresses = fence->size == 0,
		.gpa = fence->addr,
		.size = fence->size,
	};

	for (;;) {
		named.from = fence_gvma_from(pool, fence, &named);
		if (named.from >= hext_shadow_keys(pool))
			break;
		ipi_answer(v);
	}
}

/* Do @fence for the shadows from @from on. Returns the next @from. */
static uint32_t fence_vvma_from(struct hext_shadow_pool *pool, const struct nacl_hfence *fence,
				bool any_vmid, bool any_asid, uint32_t from)
{
	const struct hext_shadow_named found =
		hext_shadow_of_vmid(pool, any_vmid, fence->vmid, from);
	struct hfence_vvma named = {
		.addr = fence->addr,
		.size = fence->size,
		.asid = fence->asid,
		.any_asid = any_asid,
	};
	uint64_t hgatp[HEXT_SHADOW_AT_ONCE];
	unsigned int count = 0;
	uint64_t left;

	for (left = found.shadows; left; from++, left >>= 1) {
		if (left & 1)
			hgatp[count++] = hext_shadow_hgatp(pool, &pool->shadow[from]);
	}
	if (!count)
		return found.next;
	if (is_too_much(fence, count))
		named.size = 0;
	hfence_vvma(hgatp, count, &named);
	return found.next;
}

static void fence_vvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid,
		       bool any_asid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	uint32_t from = 0;

	for (;;) {
		from = fence_vvma_from(pool, fence, any_vmid, any_asid, from);
		if (from >= hext_shadow_keys(pool))
			break;
		ipi_answer(v);
	}
}

void fence_l2(struct vcpu *v, const struct nacl_hfence *fence)
{
	static const struct nacl_hfence everything;

	stats_add(&v->stats, STATS_WORK_FENCE, 1);
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
