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

/* A fence that does more work than this, counted as in HEXT_SHADOW_LOOKS, takes long. */
#define LOOKS_SHORT 64

static bool is_too_much(const struct nacl_hfence *fence, unsigned int shadows)
{
	uint64_t offset = fence->addr & (PAGE_SIZE - 1);

	return (offset + fence->size - 1) / PAGE_SIZE + 1 > HFENCES_MAX / shadows;
}

/* Execute the hardware fences for @fence that are owed for shadows from @shadow on. */
static void execute(const struct nacl_hfence *fence, const struct hext_shadow *shadow,
		    const struct hext_shadow_fenced *owed)
{
	uint64_t whole = owed->whole;
	unsigned int i;

	if (whole != owed->shadows && is_too_much(fence, owed->count))
		whole = owed->shadows;
	if (owed->count > SHADOWS_MAX && count_bits(whole) > SHADOWS_MAX) {
		hfence_gvma_all();
		return;
	}
	for (i = 0; i < HEXT_SHADOW_AT_ONCE && owed->shadows >> i; i++) {
		if (whole >> i & 1)
			hfence_gvma_vmid(shadow[i].vmid);
		else if (owed->shadows >> i & 1)
			hfence_gvma_range(shadow[i].vmid, fence->addr, fence->size);
	}
}

static bool fence_gvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	struct hext_gvma_fence named = {
		.all_vmids = any_vmid,
		.vmid = fence->vmid,
		.all_addresses = fence->size == 0,
		.gpa = fence->addr,
		.size = fence->size,
	};
	struct hext_shadow_fenced owed;

	for (;;) {
		owed = hext_shadow_fence_gvma(pool, &named);
		/*
		 * Fence this hart's TLB even if the shadows had no entry: another hart may have
		 * removed the entry from the shadows, but not from this hart's TLB.
		 */
		if (owed.count)
			execute(fence, pool->shadow + named.from, &owed);
		if (owed.next >= hext_shadow_keys(pool))
			return named.from || owed.looks > LOOKS_SHORT;
		named.from = owed.next;
		ipi_answer(v);
	}
}

static bool fence_vvma(struct vcpu *v, const struct nacl_hfence *fence, bool any_vmid,
		       bool any_asid)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	struct hfence_vvma named = {
		.addr = fence->addr,
		.asid = fence->asid,
		.any_asid = any_asid,
	};
	uint64_t hgatp[HEXT_SHADOW_AT_ONCE];
	unsigned int count, looks = 0;
	uint32_t from = 0;

	for (;;) {
		count = hext_shadow_of_vmid(pool, any_vmid, fence->vmid, &from, hgatp);
		if (count) {
			named.size = is_too_much(fence, count) ? 0 : fence->size;
			hfence_vvma(hgatp, count, &named);
			looks += count * HEXT_SHADOW_LOOKS_OF;
		}
		if (from >= hext_shadow_keys(pool))
			return looks > LOOKS_SHORT;
		ipi_answer(v);
	}
}

/* A function of its own: fence_l2() needs no stack without it. */
static __attribute__((noinline)) bool fence_everything(struct vcpu *v)
{
	static const struct nacl_hfence everything;

	fence_gvma(v, &everything, true);
	fence_vvma(v, &everything, true, true);
	return true;
}

bool fence_l2(struct vcpu *v, const struct nacl_hfence *fence)
{
	stats_add(&v->stats, STATS_WORK_FENCE, 1);
	switch (fence->type) {
	case NACL_HFENCE_GVMA:
	case NACL_HFENCE_GVMA_ALL:
		return fence_gvma(v, fence, true);
	case NACL_HFENCE_GVMA_VMID_ALL:
		stats_add(&v->stats, STATS_WORK_VM_FENCE, 1);
		/* fall through */
	case NACL_HFENCE_GVMA_VMID:
		return fence_gvma(v, fence, false);
	case NACL_HFENCE_VVMA:
	case NACL_HFENCE_VVMA_ALL:
		return fence_vvma(v, fence, false, true);
	case NACL_HFENCE_VVMA_ASID:
	case NACL_HFENCE_VVMA_ASID_ALL:
		return fence_vvma(v, fence, false, false);
	default:
		return fence_everything(v);
	}
}
