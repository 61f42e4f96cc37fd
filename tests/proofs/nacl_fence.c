/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: src/nacl/host.c consumes an HFENCE entry without an access outside the area; the fence
 *   that it hands on keeps the promises of struct nacl_hfence; an entry that breaks the
 *   specification gives the fence of everything
 * Bounds: any entry, whose words change at each read; any number of an entry in sync_hfence
 * Not shown: sync_hfence for all entries, which is a loop over these
 * Sources: nacl/host.c
 * Options: --unwind 2
 */
#include "proof.h"

/* The atomic AND may read any value. */
#define __atomic_fetch_and(place, bits, order) proof_fetch_and(place, bits)

#include "nacl/abi.h"

static inline nacl_word proof_fetch_and(volatile nacl_word *place, nacl_word bits)
{
	*place = bits;
	return any_u64();
}

#include "nacl/host.c"

static nacl_word area[NACL_SHMEM_SIZE / NACL_WORD_SIZE];
static int context;
static unsigned int fences;

static void hfence(void *ctx, const struct nacl_hfence *f)
{
	const bool range = !(f->type & 1) && f->type != NACL_HFENCE_EVERYTHING;

	proof_assert(ctx == &context, "the context is the caller's");
	proof_assert(f->type <= NACL_HFENCE_VVMA_ASID_ALL || f->type == NACL_HFENCE_EVERYTHING,
		     "the type is one of the enum");
	proof_assert(range ? f->size && f->addr + f->size > f->addr : !f->addr && !f->size,
		     "a range is not empty and does not reach 2^64");
	proof_assert(f->vmid < 1u << NACL_HFENCE_VMID_BITS, "the VMID has its width");
	proof_assert(f->asid < 1u << NACL_HFENCE_ASID_BITS, "the ASID has its width");
	proof_assert(f->type >= NACL_HFENCE_GVMA_VMID || !f->vmid, "no VMID without one");
	fences++;
	if (range)
		proof_reached("a range");
	if (f->type == NACL_HFENCE_EVERYTHING)
		proof_reached("everything");
}

void proof(void)
{
	const struct nacl_host_ops ops = { .hfence = hfence };
	struct nacl_host h = {
		.shmem = any_bool() ? area : NULL,
		.ops = &ops,
		.ctx = &context,
		.features = any_u32(),
	};
	const nacl_word entry = any_u64(), config = any_u64();
	const unsigned int e = any_to(NACL_HFENCE_COUNT - 1);
	struct nacl_hfence fence;
	enum nacl_error error;

	proof_assume(entry != NACL_ALL_ONES);
	error = nacl_host_sync_hfence(&h, entry);
	proof_assert(fences <= 1, "one entry is one fence");
	/* The order of the errors is that of the specification. */
	if (!(h.features & 1 << NACL_FEAT_SYNC_HFENCE))
		proof_assert(error == NACL_ERR_NOT_SUPPORTED && !fences, "not offered");
	else if (!h.shmem)
		proof_assert(error == NACL_ERR_NO_SHMEM && !fences, "no area");
	else if (entry >= NACL_HFENCE_COUNT)
		proof_assert(error == NACL_ERR_INVALID_PARAM && !fences, "no such entry");
	else
		proof_assert(error == NACL_SUCCESS, "success");
	if (!h.shmem)
		return;

	/* Bits 62:60, 55, 47:30 are reserved, and so are types from 8 on (bits 59:56). */
	decode_hfence(&h, e, config, &fence);
	if (config & UINT64_C(0x7880ffffc0000000))
		proof_assert(fence.type == NACL_HFENCE_EVERYTHING, "reserved bits and types");
	else
		proof_assert(fence.type == NACL_HFENCE_EVERYTHING ||
				     (fence.type | 1) == ((config >> 56 & 15) | 1),
			     "the type of the entry, or that for all addresses");
	if (fence.type != NACL_HFENCE_EVERYTHING && fence.type >= NACL_HFENCE_VVMA_ASID)
		proof_assert(fence.asid == (config & 0xffff), "the ASID of the entry");
	proof_reached("decoded");
}
