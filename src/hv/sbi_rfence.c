/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/fence.h"
#include "hv/ipi.h"
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
static struct sbi_result by_firmware(uint64_t fid, const uint64_t *args)
{
	static const uint8_t firmware_fid[] = {
		[FENCE_I] = FENCE_I,
		[SFENCE_VMA] = HFENCE_VVMA,
		[SFENCE_VMA_ASID] = HFENCE_VVMA_ASID,
	};

	return firmware_call(sbi_rfence.id, firmware_fid[fid], args[0], args[1], args[2], args[3],
			     args[4], 0);
}

static void fence_here(struct vcpu *v, void *arg)
{
	fence_l2(v, arg);
}

static bool decode(const struct vcpu *v, uint64_t fid, const uint64_t *args,
		   struct nacl_hfence *fence)
{
	bool whole = is_whole(args[2], args[3]);

	*fence = (struct nacl_hfence){ .vmid = hgatp_vmid(v->h.hgatp) };
	switch (fid) {
	case HFENCE_GVMA_VMID:
		fence->type = whole ? NACL_HFENCE_GVMA_VMID_ALL : NACL_HFENCE_GVMA_VMID;
		fence->vmid = args[4];
		break;
	case HFENCE_GVMA:
		fence->type = whole ? NACL_HFENCE_GVMA_ALL : NACL_HFENCE_GVMA;
		break;
	case HFENCE_VVMA_ASID:
		fence->type = whole ? NACL_HFENCE_VVMA_ASID_ALL : NACL_HFENCE_VVMA_ASID;
		fence->asid = args[4];
		break;
	case HFENCE_VVMA:
		fence->type = whole ? NACL_HFENCE_VVMA_ALL : NACL_HFENCE_VVMA;
		break;
	default:
		return false;
	}
	if (!whole) {
		fence->addr = args[2];
		fence->size = args[3];
	}
	return true;
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	struct nacl_hfence fence;
	struct index_set vcpus;

	if (fid > HFENCE_VVMA)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (!vcpu_find_all(v->domain, args[0], args[1], &vcpus))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (fid != FENCE_I && !is_whole(args[2], args[3]) && !is_range(args[2], args[3]))
		return sbi_error(SBI_ERR_INVALID_ADDRESS);
	if (fid <= SFENCE_VMA_ASID)
		return by_firmware(fid, args);
	if (!decode(v, fid, args, &fence))
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (fence.size == 0 && !is_whole(args[2], args[3]))
		return sbi_error(SBI_SUCCESS);
	ipi_call(v, &vcpus, fence_here, &fence);
	return sbi_error(SBI_SUCCESS);
}

const struct sbi_extension sbi_rfence = { .id = SBI_EXT_RFENCE, .handle = handle };
