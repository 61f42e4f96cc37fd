/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L1 half of SBI Nested Acceleration: life cycle, fence queue, and refusals of L0.
 * Specification: SBI 2.0, chapter "Nested Acceleration Extension" (SBI NACL).
 *
 * How a fence is published. L1 may write an entry whose Pending bit is clear. Setting Pending gives
 * the entry to L0, which may run on another hart. So L1 stores all other words before Config, with
 * a release fence in between. L1 stores them only after it has seen Pending clear, with an acquire
 * fence in between, because until then L0 may still read the words of the previous fence.
 *
 * Refusals of L0. A call may return an error, or a dirty or Pending bit may stay set after a call
 * that should have cleared it. In both cases L1 takes the work back from the area and does it by
 * the hooks. A repeated fence is harmless, and so is a repeated CSR write of the same value.
 */
#include "nacl/client.h"

#define FIELD(word, shift, width) ((unsigned int)((word) >> (shift)) & ((1u << (width)) - 1))
#define FEATURE(id)		  (1u << (id))

/* SBI, "Base Extension". */
#define SBI_EID_BASE		0x10
#define SBI_FID_SPEC_VERSION	0
#define SBI_FID_PROBE_EXTENSION 3
#define SBI_VERSION_MASK	0x7fffffff
#define SBI_VERSION_1_0		0x1000000

#define CSR_HIP	  0x644
#define CSR_HGATP 0x680

#define PENDING ((nacl_word)1 << NACL_HFENCE_PENDING_BIT)

/* How often L1 asks L0 to process HFENCE entries when all of them are pending. */
#define SYNC_TRIES 3

/* The words of an HFENCE entry, without the reserved one. */
struct entry {
	nacl_word config;
	nacl_word page_number;
	nacl_word page_count;
};

/* Maps the result of a call to an enum nacl_error. L0 can return any number. */
static enum nacl_error known_error(nacl_word error)
{
	static const enum nacl_error known[] = {
		NACL_SUCCESS,		NACL_ERR_NOT_SUPPORTED,
		NACL_ERR_INVALID_PARAM, NACL_ERR_INVALID_ADDRESS,
		NACL_ERR_NO_SHMEM,
	};

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (error == (nacl_word)known[i])
			return known[i];
	}
	return NACL_ERR_FAILED;
}

static enum nacl_error call(unsigned int fid, nacl_word a0, nacl_word a1)
{
	return known_error(nacl_hook_call(NACL_EID, fid, a0, a1, 0).error);
}

static unsigned int probe_features(void)
{
	unsigned int features = 0;

	for (unsigned int id = 0; id < NACL_FEAT_COUNT; id++) {
		struct nacl_ret ret = nacl_hook_call(NACL_EID, NACL_FID_PROBE_FEATURE, id, 0, 0);

		if (!ret.error && ret.value == 1)
			features |= FEATURE(id);
	}
	return features;
}

bool nacl_client_init(struct nacl_client *client)
{
	struct nacl_ret ret = nacl_hook_call(SBI_EID_BASE, SBI_FID_SPEC_VERSION, 0, 0, 0);

	client->available = false;
	client->features = 0;
	if (ret.error || (ret.value & SBI_VERSION_MASK) < SBI_VERSION_1_0)
		return false;
	ret = nacl_hook_call(SBI_EID_BASE, SBI_FID_PROBE_EXTENSION, NACL_EID, 0, 0);
	if (ret.error || !ret.value)
		return false;
	client->available = true;
	client->features = probe_features();
	return true;
}

void nacl_client_exit(struct nacl_client *client)
{
	client->available = false;
	client->features = 0;
}

static void forget_area(struct nacl_client_hart *hart)
{
	hart->shmem = NULL;
	hart->features = 0;
	hart->next = 0;
	hart->queued = false;
}

enum nacl_error nacl_client_enable(const struct nacl_client *client, struct nacl_client_hart *hart,
				   void *memory, uint64_t phys)
{
	volatile nacl_word *shmem = memory;
	nacl_word phys_hi = NACL_XLEN == 32 ? phys >> 32 : 0;
	enum nacl_error error;

	forget_area(hart);
	if (!client->available)
		return NACL_SUCCESS;
	if (phys % NACL_SHMEM_ALIGN || (uintptr_t)memory % NACL_WORD_SIZE)
		return NACL_ERR_INVALID_PARAM;
	for (unsigned int i = 0; i < NACL_SHMEM_SIZE / NACL_WORD_SIZE; i++)
		nacl_mem_store(&shmem[i], 0);
	nacl_mem_release();
	error = call(NACL_FID_SET_SHMEM, (nacl_word)phys, phys_hi);
	if (error) {
		/* L0 may have set the area despite the error, so take it back. */
		call(NACL_FID_SET_SHMEM, NACL_ALL_ONES, NACL_ALL_ONES);
		return error;
	}
	hart->shmem = shmem;
	hart->features = client->features & probe_features();
	return NACL_SUCCESS;
}

enum nacl_error nacl_client_disable(struct nacl_client_hart *hart)
{
	if (!hart->shmem)
		return NACL_SUCCESS;
	nacl_client_flush(hart);
	forget_area(hart);
	return call(NACL_FID_SET_SHMEM, NACL_ALL_ONES, NACL_ALL_ONES);
}

/* ---- CSRs ---- */

static bool is_dirty(const volatile nacl_word *shmem, unsigned int index)
{
	return nacl_mem_load(&shmem[NACL_WORD_OF_DIRTY(index)]) & NACL_BIT_OF_DIRTY(index);
}

static bool any_dirty(const volatile nacl_word *shmem)
{
	nacl_word any = 0;

	for (unsigned int index = 0; index < NACL_CSR_COUNT; index += NACL_XLEN)
		any |= nacl_mem_load(&shmem[NACL_WORD_OF_DIRTY(index)]);
	return any;
}

/*
 * Writes the CSR by its instruction if it is dirty. The value must be loaded before the bit is
 * cleared: once the bit is clear, L0 may replace the value.
 */
static void take_back_csr(struct nacl_client_hart *hart, unsigned int index)
{
	unsigned int csr = NACL_CSR_NUMBER(index);
	nacl_word value;

	if (!is_dirty(hart->shmem, index))
		return;
	value = nacl_csr_read_index(hart->shmem, index);
	nacl_mem_clear_bits(&hart->shmem[NACL_WORD_OF_DIRTY(index)], NACL_BIT_OF_DIRTY(index));
	if (!NACL_CSR_IS_READ_ONLY(csr))
		nacl_hook_csr_write(csr, value);
}

/*
 * A CSR that gates another one is written first (SBI NACL, "Synchronize CSR"). The order is: from
 * 0x600 upwards, so that hideleg, hvien and henvcfg precede the CSRs that they gate; then hip,
 * which is a view of hvip; then the VS CSRs from 0x200, where vsip and vsie are views of hvip and
 * hie.
 */
static void take_back_csrs(struct nacl_client_hart *hart)
{
	const unsigned int hip = NACL_CSR_CONST_INDEX(CSR_HIP);
	const unsigned int first = NACL_CSR_CONST_INDEX(0x600);

	for (unsigned int i = 0; i < NACL_CSR_COUNT; i++) {
		unsigned int index = (first + i) % NACL_CSR_COUNT;

		if (!index)
			take_back_csr(hart, hip);
		if (index != hip)
			take_back_csr(hart, index);
	}
}

/* ---- fences ---- */

static bool is_range(enum nacl_hfence_type type)
{
	return !(type & 1);
}

/*
 * Fills Page_Number and Page_Count for a range. Returns false if the range does not fit, or if it
 * contains the last page of the address space, where an L0 that adds both would wrap.
 *
 * The entry keeps the caller's order. A larger order would also cover the range, but an L0 may do
 * one HFENCE for each page of that size and then miss the smaller pages in it (SBI NACL, "Nested
 * HFENCE entry format": "the page size for invalidation"). A larger order is not needed either:
 * Page_Count is as wide as Page_Number.
 */
static bool encode_range(const struct nacl_client_hfence *fence, struct entry *entry)
{
	uint64_t top = NACL_XLEN == 32 && fence->type >= NACL_HFENCE_VVMA ? UINT32_MAX : UINT64_MAX;
	uint64_t last = fence->addr + (fence->size ? fence->size - 1 : 0);
	unsigned int shift = fence->order + NACL_HFENCE_ORDER_BASE;
	uint64_t number, count;

	if (fence->order >= 64 - NACL_HFENCE_ORDER_BASE || last < fence->addr || last > top ||
	    last >> shift == top >> shift)
		return false;
	number = fence->addr >> shift;
	count = (last >> shift) - number + 1;
	if (number > NACL_ALL_ONES || count > NACL_ALL_ONES)
		return false;
	entry->page_number = (nacl_word)number;
	entry->page_count = (nacl_word)count;
	return true;
}

/*
 * Makes the entry for @fence, or for a wider fence if a field is too narrow. Returns false if the
 * entry could name only another VMID. Fields that a type does not use are 0 (SBI NACL, "Nested
 * HFENCE entry types").
 */
static bool encode(const struct nacl_client_hfence *fence, struct entry *entry)
{
	unsigned int type = fence->type;
	bool vmid_fits = !(fence->vmid >> NACL_HFENCE_VMID_BITS);
	bool asid_fits = !(fence->asid >> NACL_HFENCE_ASID_BITS);
	nacl_word order = 0, vmid = 0, asid = 0;

	if (type >= NACL_HFENCE_VVMA_ASID && !asid_fits)
		type -= NACL_HFENCE_VVMA_ASID - NACL_HFENCE_VVMA;
	if (type >= NACL_HFENCE_VVMA && !vmid_fits)
		return false;
	if (type >= NACL_HFENCE_GVMA_VMID && !vmid_fits)
		type -= NACL_HFENCE_GVMA_VMID - NACL_HFENCE_GVMA;
	if (type >= NACL_HFENCE_GVMA_VMID)
		vmid = fence->vmid;
	if (type >= NACL_HFENCE_VVMA_ASID)
		asid = fence->asid;

	entry->page_number = 0;
	entry->page_count = 0;
	if (is_range(type)) {
		if (encode_range(fence, entry))
			order = fence->order;
		else
			type |= 1; /* from a range to all addresses: the types come in pairs */
	}
	entry->config = PENDING | (nacl_word)type << NACL_HFENCE_TYPE_SHIFT |
			order << NACL_HFENCE_ORDER_SHIFT | vmid << NACL_HFENCE_VMID_SHIFT |
			asid << NACL_HFENCE_ASID_SHIFT;
	return true;
}

/* Decodes an entry that L1 has published and L0 has not processed. */
static void decode(const volatile nacl_word *words, struct nacl_client_hfence *fence)
{
	nacl_word config = nacl_mem_load(&words[NACL_HFENCE_CONFIG]);
	unsigned int shift;

	fence->type = FIELD(config, NACL_HFENCE_TYPE_SHIFT, NACL_HFENCE_TYPE_BITS) & 7;
	fence->order = FIELD(config, NACL_HFENCE_ORDER_SHIFT, NACL_HFENCE_ORDER_BITS);
	fence->vmid = FIELD(config, NACL_HFENCE_VMID_SHIFT, NACL_HFENCE_VMID_BITS);
	fence->asid = FIELD(config, NACL_HFENCE_ASID_SHIFT, NACL_HFENCE_ASID_BITS);
	fence->addr = 0;
	fence->size = 0;
	if (!is_range(fence->type))
		return;
	shift = fence->order + NACL_HFENCE_ORDER_BASE;
	if (shift >= 64) { /* L1 publishes no such entry */
		fence->type |= 1;
		fence->order = 0;
		return;
	}
	fence->addr = (uint64_t)nacl_mem_load(&words[NACL_HFENCE_PAGE_NUMBER]) << shift;
	fence->size = (uint64_t)nacl_mem_load(&words[NACL_HFENCE_PAGE_COUNT]) << shift;
}

/*
 * Executes the fence by the hook. The hook may put a VMID into hgatp, which traps; at this trap L0
 * discards a value of hgatp that waits in the area. So that value must have been written before.
 */
static void execute(struct nacl_client_hart *hart, const struct nacl_client_hfence *fence)
{
	struct nacl_client_hfence whole = *fence;

	if (hart->shmem)
		take_back_csr(hart, NACL_CSR_CONST_INDEX(CSR_HGATP));
	if (is_range(whole.type) && !whole.size)
		whole.size = 1;
	nacl_hook_hfence(&whole);
}

/* The hook may sync a CSR, and so lose the area. Then all fences have been executed. */
static void take_back_hfences(struct nacl_client_hart *hart)
{
	for (unsigned int e = 0; hart->shmem && e < NACL_HFENCE_COUNT; e++) {
		volatile nacl_word *words = &hart->shmem[NACL_WORD_OF_HFENCE(e, 0)];
		struct nacl_client_hfence fence;

		if (!(nacl_mem_load(&words[NACL_HFENCE_CONFIG]) & PENDING))
			continue;
		decode(words, &fence);
		execute(hart, &fence);
		nacl_mem_clear_bits(&words[NACL_HFENCE_CONFIG], PENDING);
	}
	hart->queued = false;
}

/* L0 no longer has the area. The contents are out of date from now on. */
static void lose_area(struct nacl_client_hart *hart)
{
	if (!hart->shmem)
		return;
	take_back_csrs(hart);
	take_back_hfences(hart);
	forget_area(hart);
}

/* Puts @entry where Pending is clear. Returns false if Pending is set everywhere. */
static bool publish(struct nacl_client_hart *hart, const struct entry *entry)
{
	unsigned int e = hart->next;

	for (unsigned int n = 0; n < NACL_HFENCE_COUNT; n++) {
		volatile nacl_word *words = &hart->shmem[NACL_WORD_OF_HFENCE(e, 0)];

		e = e + 1 < NACL_HFENCE_COUNT ? e + 1 : 0;
		if (nacl_mem_load(&words[NACL_HFENCE_CONFIG]) & PENDING)
			continue;
		nacl_mem_acquire();
		nacl_mem_store(&words[NACL_HFENCE_PAGE_NUMBER], entry->page_number);
		nacl_mem_store(&words[NACL_HFENCE_RESERVED], 0);
		nacl_mem_store(&words[NACL_HFENCE_PAGE_COUNT], entry->page_count);
		nacl_mem_release();
		nacl_mem_store(&words[NACL_HFENCE_CONFIG], entry->config);
		hart->next = e;
		hart->queued = true;
		return true;
	}
	return false;
}

void nacl_client_hfence(struct nacl_client_hart *hart, const struct nacl_client_hfence *fence)
{
	enum nacl_error error = NACL_SUCCESS;
	struct entry entry;

	if (!nacl_client_has(hart, NACL_FEAT_SYNC_HFENCE) || !encode(fence, &entry)) {
		execute(hart, fence);
		return;
	}
	for (unsigned int tries = 0; !error; tries++) {
		if (publish(hart, &entry))
			return;
		if (tries == SYNC_TRIES)
			break;
		error = call(NACL_FID_SYNC_HFENCE, NACL_ALL_ONES, 0);
	}
	/*
	 * An L0 that does not process fences when asked may not process them at the next entry
	 * either.
	 */
	hart->features &= ~FEATURE(NACL_FEAT_SYNC_HFENCE);
	take_back_hfences(hart);
	execute(hart, fence);
	if (error == NACL_ERR_NO_SHMEM)
		lose_area(hart);
}

/* ---- taking effect ---- */

enum nacl_error nacl_client_sync_csr(struct nacl_client_hart *hart, nacl_word csr)
{
	enum nacl_error error = NACL_ERR_NOT_SUPPORTED;

	if (!hart->shmem)
		return NACL_ERR_NO_SHMEM;
	if (nacl_client_has(hart, NACL_FEAT_SYNC_CSR)) {
		error = call(NACL_FID_SYNC_CSR, csr, 0);
		/* INVALID_PARAM concerns this CSR only. */
		if (error && error != NACL_ERR_INVALID_PARAM)
			hart->features &= ~FEATURE(NACL_FEAT_SYNC_CSR);
	}
	/*
	 * Without SYNC_CSR, L1 writes CSRs by instructions. An older value must not overwrite
	 * those.
	 */
	if (csr == NACL_ALL_ONES || !nacl_client_has(hart, NACL_FEAT_SYNC_CSR))
		take_back_csrs(hart);
	else
		take_back_csr(hart, NACL_CSR_INDEX((unsigned int)csr));
	if (error == NACL_ERR_NO_SHMEM)
		lose_area(hart);
	return error;
}

static void sync_hfences(struct nacl_client_hart *hart)
{
	enum nacl_error error = NACL_ERR_NOT_SUPPORTED;

	if (nacl_client_has(hart, NACL_FEAT_SYNC_HFENCE)) {
		error = call(NACL_FID_SYNC_HFENCE, NACL_ALL_ONES, 0);
		if (error)
			hart->features &= ~FEATURE(NACL_FEAT_SYNC_HFENCE);
	}
	take_back_hfences(hart);
	if (error == NACL_ERR_NO_SHMEM)
		lose_area(hart);
}

void nacl_client_flush(struct nacl_client_hart *hart)
{
	if (hart->shmem && any_dirty(hart->shmem))
		nacl_client_sync_csr(hart, NACL_ALL_ONES);
	if (hart->shmem && hart->queued)
		sync_hfences(hart);
}

void nacl_client_settle(struct nacl_client_hart *hart)
{
	if (!nacl_client_has(hart, NACL_FEAT_SYNC_CSR) && hart->shmem && any_dirty(hart->shmem))
		take_back_csrs(hart);
	if (!nacl_client_has(hart, NACL_FEAT_SYNC_HFENCE) && hart->shmem && hart->queued)
		take_back_hfences(hart);
}

/* ---- entering the guest ---- */

enum nacl_error nacl_client_sync_sret(struct nacl_client_hart *hart)
{
	nacl_client_settle(hart);
	return nacl_client_sret_refused(
		hart, nacl_hook_call(NACL_EID, NACL_FID_SYNC_SRET, 0, 0, 0).error);
}

enum nacl_error nacl_client_sret_refused(struct nacl_client_hart *hart, nacl_word error)
{
	enum nacl_error known = known_error(error);

	hart->features &= ~(FEATURE(NACL_FEAT_SYNC_SRET) | FEATURE(NACL_FEAT_AUTOSWAP_CSR));
	if (hart->shmem) {
		nacl_mem_store(&hart->shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_FLAGS)], 0);
		if (known == NACL_ERR_NO_SHMEM)
			lose_area(hart);
		else
			nacl_client_flush(hart);
	}
	return known ? known : NACL_ERR_FAILED;
}
