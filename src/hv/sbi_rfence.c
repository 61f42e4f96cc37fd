/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/fence.h"
#include "hv/ipi.h"
#include "hv/pmu_events.h"
#include "hv/sbi.h"

enum {
	FENCE_I,
	SFENCE_VMA,
	SFENCE_VMA_ASID,
	HFENCE_GVMA_VMID,
	HFENCE_GVMA,
	HFENCE_VVMA_ASID,
	HFENCE_VVMA,
};

#define SIZE_ALL (~UINT64_C(0))

/*
 * Whether the range is the whole address space: both are 0, or the size is all-ones (SBI 2.0
 * "RFENCE Extension").
 */
static bool is_whole(uint64_t start, uint64_t size)
{
	return (start == 0 && size == 0) || size == SIZE_ALL;
}

/* Whether all bytes of the range have addresses. The last byte may be at 2^64 - 1. */
static bool is_range(uint64_t start, uint64_t size)
{
	return size == 0 || start + (size - 1) >= start;
}

/*
 * FENCE.I, and fences of the VS-stage of L1: firmware does these on the named harts, whether L1 or
 * L2 runs there. Its HFENCE.VVMA takes the VMID from this hart's hgatp, which is the domain's VMID
 * while L1 runs.
 */
static struct sbi_result by_firmware(const struct domain *d, uint64_t fid, const uint64_t *args,
				     const struct index_set *vcpus)
{
	static const uint8_t firmware_fid[] = {
		[FENCE_I] = FENCE_I,
		[SFENCE_VMA] = HFENCE_VVMA,
		[SFENCE_VMA_ASID] = HFENCE_VVMA_ASID,
	};
	struct sbi_result result = sbi_error(SBI_SUCCESS);
	uint64_t mask, base;
	unsigned int i = 0;

	/* The mask of L1 may stand for all harts, and the machine may have harts of others. */
	while (!result.error && vcpu_next_mask(d, vcpus, &i, &mask, &base))
		result = firmware_call(sbi_rfence.id, firmware_fid[fid], mask, base, args[2],
				       args[3], args[4], 0);
	return result;
}

static void fence_here(struct vcpu *v, void *arg)
{
	fence_l2(v, arg);
}

/* The fence of function @fid, one of HFENCE_*, with arguments @args. */
static struct nacl_hfence decode(const struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	static const struct {
		uint8_t range, whole; /* the fences of a range and of the whole address space */
	} types[] = {
		[HFENCE_GVMA_VMID] = { NACL_HFENCE_GVMA_VMID, NACL_HFENCE_GVMA_VMID_ALL },
		[HFENCE_GVMA] = { NACL_HFENCE_GVMA, NACL_HFENCE_GVMA_ALL },
		[HFENCE_VVMA_ASID] = { NACL_HFENCE_VVMA_ASID, NACL_HFENCE_VVMA_ASID_ALL },
		[HFENCE_VVMA] = { NACL_HFENCE_VVMA, NACL_HFENCE_VVMA_ALL },
	};
	bool whole = is_whole(args[2], args[3]);

	return (struct nacl_hfence){
		.type = whole ? types[fid].whole : types[fid].range,
		.vmid = fid == HFENCE_GVMA_VMID ? args[4] : hgatp_vmid(v->h.hgatp),
		.asid = args[4],
		.addr = whole ? 0 : args[2],
		.size = whole ? 0 : args[3],
	};
}

/* Count the fence of function @fid, which has reached @vcpus. */
static void count(struct vcpu *v, const struct index_set *vcpus, uint64_t fid)
{
	static const uint8_t sent[] = {
		[FENCE_I] = PMU_FENCE_I_SENT,
		[SFENCE_VMA] = PMU_SFENCE_VMA_SENT,
		[SFENCE_VMA_ASID] = PMU_SFENCE_VMA_ASID_SENT,
		[HFENCE_GVMA_VMID] = PMU_HFENCE_GVMA_VMID_SENT,
		[HFENCE_GVMA] = PMU_HFENCE_GVMA_SENT,
		[HFENCE_VVMA_ASID] = PMU_HFENCE_VVMA_ASID_SENT,
		[HFENCE_VVMA] = PMU_HFENCE_VVMA_SENT,
	};

	pmu_count(v, sent[fid], 1);
	pmu_count_all(v->domain, vcpus, sent[fid] + 1);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	struct nacl_hfence fence;
	struct index_set vcpus;
	struct sbi_result r;

	if (fid > HFENCE_VVMA)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (!vcpu_find_all(v->domain, args[0], args[1], &vcpus))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (fid != FENCE_I && !is_whole(args[2], args[3]) && !is_range(args[2], args[3]))
		return sbi_error(SBI_ERR_INVALID_ADDRESS);
	if (fid <= SFENCE_VMA_ASID) {
		r = by_firmware(v->domain, fid, args, &vcpus);
		if (!r.error)
			count(v, &vcpus, fid);
		return r;
	}
	count(v, &vcpus, fid);
	fence = decode(v, fid, args);
	if (fence.size == 0 && !is_whole(args[2], args[3]))
		return sbi_error(SBI_SUCCESS);
	ipi_call(v, &vcpus, fence_here, &fence);
	return sbi_error(SBI_SUCCESS);
}

const struct sbi_extension sbi_rfence = { .id = SBI_EXT_RFENCE, .handle = handle };
