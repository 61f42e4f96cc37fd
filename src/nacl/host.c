/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L0 half of SBI Nested Acceleration. Specification: SBI 2.0, chapter "Nested Acceleration
 * Extension" (SBI NACL).
 *
 * How L0 consumes a dirty CSR. L1 stores a value, then sets the dirty bit. L0 clears the bit first,
 * by an atomic AND, and then loads the value. If another hart of L1 writes the CSR at the same
 * time, that hart sets the dirty bit after the AND, and the bit stays for the next time. In the
 * opposite order the AND could clear the bit of a value that L0 has not loaded. For the same reason
 * L0 does not store a current value into a word whose dirty bit is set.
 *
 * How L0 consumes a fence. While Pending is set, the entry belongs to L0. L0 executes the fence and
 * then clears Pending by an atomic AND, because L1 takes a clear Pending as "done". L0 loads the
 * words behind Config after a memory fence, which pairs with the fence of L1 before L1 set Pending.
 */
#include "nacl/host.h"

#define BITS(shift, width)	  ((((nacl_word)1 << (width)) - 1) << (shift))
#define FIELD(word, shift, width) ((unsigned int)((word) >> (shift)) & ((1u << (width)) - 1))

#define CSR_HSTATUS 0x600
#define HSTATUS_SPV 0x80

/* Positions in the area, in words. */
#define SRET_WORD(i)	  (NACL_SRET_OFFSET / NACL_WORD_SIZE + (i))
#define AUTOSWAP_WORD(i)  (NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + (i))
#define HFENCE_WORD(e, i) (NACL_HFENCE_OFFSET / NACL_WORD_SIZE + (e)*NACL_HFENCE_WORDS + (i))
#define DIRTY_WORD(i)	  (NACL_DIRTY_OFFSET / NACL_WORD_SIZE + (i))
#define CSR_WORD(i)	  (NACL_CSR_OFFSET / NACL_WORD_SIZE + (i))

static inline nacl_word load(const struct nacl_host *h, unsigned int word)
{
	return nacl_le(h->shmem[word]);
}

static inline void store(struct nacl_host *h, unsigned int word, nacl_word value)
{
	h->shmem[word] = nacl_le(value);
}

/* Clear the bits of @mask, and return those that were set. All other accesses stay in order. */
static inline nacl_word take_bits_of(volatile nacl_word *word, nacl_word mask)
{
	return nacl_le(__atomic_fetch_and(word, nacl_le(~mask), __ATOMIC_ACQ_REL)) & mask;
}

static inline nacl_word take_bits(struct nacl_host *h, unsigned int word, nacl_word mask)
{
	return take_bits_of(&h->shmem[word], mask);
}

static inline nacl_word index_bit(unsigned int index)
{
	return (nacl_word)1 << (index % NACL_XLEN);
}

static inline bool in_map(const nacl_word *map, unsigned int index)
{
	return map[index / NACL_XLEN] & index_bit(index);
}

/*
 * The position of the lowest set bit of @bits, which is not 0. The product of a de Bruijn sequence
 * and that bit has a different value in its highest bits for each position. __builtin_ctz() may be
 * a call to a function of the compiler, which a user may not have.
 */
static inline unsigned int lowest_bit(nacl_word bits)
{
#if NACL_XLEN == 32
	static const uint8_t position[32] = {
		0,  1,	28, 2,	29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4,  8,
		31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6,  11, 5,  10, 9,
	};

	return position[((bits & -bits) * 0x077cb531u) >> 27];
#else
	static const uint8_t position[64] = {
		0,  1,	48, 2,	57, 49, 28, 3,	61, 58, 50, 42, 38, 29, 17, 4,
		62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5,
		63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11,
		46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,	13, 8,	7,  6,
	};

	return position[((bits & -bits) * UINT64_C(0x03f79d71b4cb0a89)) >> 58];
#endif
}

static bool csr_known(const struct nacl_host *h, nacl_word csr)
{
	return NACL_CSR_IS_HEXT(csr) && in_map(h->exists, NACL_CSR_INDEX(csr));
}

/* Whether the number of @csr is read-only: bits [11:10] are both set. */
static bool csr_read_only(unsigned int csr)
{
	return (csr & 0xc00) == 0xc00;
}

/* Store the current value of @csr, which exists, unless @csr is dirty. */
static inline void store_current(struct nacl_host *h, unsigned int csr)
{
	unsigned int index = NACL_CSR_INDEX(csr);

	if (load(h, DIRTY_WORD(index / NACL_XLEN)) & index_bit(index))
		return;
	store(h, CSR_WORD(index), h->ops->csr_read(h->ctx, csr));
}

/*
 * Whether any dirty bit may be set, also one of a CSR that does not exist. The function only loads,
 * because the atomic AND costs more.
 */
static inline bool any_dirty(const struct nacl_host *h)
{
	return h->unusual || nacl_host_dirty_but(h, NACL_DIRTY_WORDS);
}

/* Store the current values of the CSRs in @map. */
static void store_csrs(struct nacl_host *h, const nacl_word map[NACL_DIRTY_WORDS])
{
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		for (nacl_word bits = map[w]; bits; bits &= bits - 1)
			store_current(h, NACL_CSR_NUMBER(w * NACL_XLEN + lowest_bit(bits)));
	}
}

static void store_trap_csrs(struct nacl_host *h)
{
	if (h->ops->put_trap_csrs && !any_dirty(h))
		h->ops->put_trap_csrs(h->ctx, &h->shmem[CSR_WORD(0)]);
	else
		store_csrs(h, h->on_trap);
}

/* Emulate L1's write of the CSR with index @index. Its dirty bit has been cleared. */
static void write_csr(struct nacl_host *h, unsigned int index)
{
	unsigned int csr = NACL_CSR_NUMBER(index);
	nacl_word value = load(h, CSR_WORD(index));

	if (!csr_read_only(csr))
		h->ops->csr_write(h->ctx, csr, value);
}

static inline bool is_used_group(unsigned int w)
{
	return NACL_HOST_USED_GROUPS >> (w * NACL_XLEN / 64) & 1;
}

/*
 * Clear the dirty bits of the CSRs that exist in @bitmap, the dirty bitmap of the area. @dirty gets
 * the bits that were set.
 */
static inline void take_dirty(const struct nacl_host *h, volatile nacl_word *bitmap,
			      nacl_word dirty[NACL_DIRTY_WORDS])
{
#pragma GCC unroll 32
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		dirty[w] = 0;
		if (is_used_group(w) && bitmap[w])
			dirty[w] = take_bits_of(&bitmap[w], h->exists[w]);
	}
	for (unsigned int w = 0; h->unusual && w < NACL_DIRTY_WORDS; w++) {
		if (!is_used_group(w))
			dirty[w] = take_bits_of(&bitmap[w], h->exists[w]);
	}
}

/* Write the CSRs in @dirty, in their order. */
static void write_dirty(struct nacl_host *h, const nacl_word dirty[NACL_DIRTY_WORDS])
{
	for (unsigned int n = 0; n < NACL_HOST_ORDERS; n++) {
		for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
			for (nacl_word bits = dirty[w] & h->order[n][w]; bits; bits &= bits - 1)
				write_csr(h, w * NACL_XLEN + lowest_bit(bits));
		}
	}
}

/* Store the current values of the CSRs in @map that do not have NACL_CSR_ON_TRAP. */
static void store_untrapped(struct nacl_host *h, const nacl_word map[NACL_DIRTY_WORDS])
{
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		for (nacl_word bits = map[w] & ~h->on_trap[w]; bits; bits &= bits - 1)
			store_current(h, NACL_CSR_NUMBER(w * NACL_XLEN + lowest_bit(bits)));
	}
}

/* The part of take_in_csrs() that is seldom needed. */
static __attribute__((noinline)) void write_rest(struct nacl_host *h,
						 const nacl_word dirty[NACL_DIRTY_WORDS],
						 const nacl_word altered[NACL_DIRTY_WORDS])
{
	store_untrapped(h, altered);
	write_dirty(h, dirty);
	store_untrapped(h, dirty);
}

/*
 * Consume all CSRs that are dirty in @bitmap, the dirty bitmap of the area. The function does not
 * store the new values of the CSRs in on_trap: they change when other CSRs are written, and again
 * when L2 runs. The caller or nacl_host_after_trap() stores them.
 */
static __attribute__((noinline)) void take_in_csrs(struct nacl_host *h, volatile nacl_word *bitmap)
{
	nacl_word dirty[NACL_DIRTY_WORDS], altered[NACL_DIRTY_WORDS];

	take_dirty(h, bitmap, dirty);
	if (h->ops->write_csrs) {
		if (h->ops->write_csrs(h->ctx, dirty, altered, &h->shmem[CSR_WORD(0)]))
			return;
	} else {
		for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++)
			altered[w] = 0;
	}
	write_rest(h, dirty, altered);
}

/*
 * Fill the range of @fence, which has a range type. If the range does not fit below 2^64, @fence
 * gets the _ALL type instead. SBI NACL, "Nested HFENCE entry format".
 */
static void decode_range(struct nacl_hfence *fence, unsigned int order, uint64_t number,
			 uint64_t count)
{
	unsigned int shift = order + NACL_HFENCE_ORDER_BASE;

	if (!count)
		count = 1;
	if (shift < 64 && number <= UINT64_MAX >> shift && count <= UINT64_MAX >> shift &&
	    count << shift <= UINT64_MAX - (number << shift)) {
		fence->addr = number << shift;
		fence->size = count << shift;
	} else {
		/* The types are pairs: an even one for a range, the next one for all addresses. */
		fence->type |= 1;
	}
}

/*
 * Decode entry @e, whose Config word is @config, into @fence, by the rules at struct nacl_hfence.
 */
static void decode_hfence(const struct nacl_host *h, unsigned int e, nacl_word config,
			  struct nacl_hfence *fence)
{
	const nacl_word fields = BITS(NACL_HFENCE_PENDING_BIT, 1) |
				 BITS(NACL_HFENCE_TYPE_SHIFT, NACL_HFENCE_TYPE_BITS) |
				 BITS(NACL_HFENCE_ORDER_SHIFT, NACL_HFENCE_ORDER_BITS) |
				 BITS(NACL_HFENCE_VMID_SHIFT, NACL_HFENCE_VMID_BITS) |
				 BITS(NACL_HFENCE_ASID_SHIFT, NACL_HFENCE_ASID_BITS);
	unsigned int type = FIELD(config, NACL_HFENCE_TYPE_SHIFT, NACL_HFENCE_TYPE_BITS);

	fence->type = NACL_HFENCE_EVERYTHING;
	fence->vmid = 0;
	fence->asid = 0;
	fence->addr = 0;
	fence->size = 0;
	if ((config & ~fields) || load(h, HFENCE_WORD(e, NACL_HFENCE_RESERVED)) ||
	    type > NACL_HFENCE_VVMA_ASID_ALL)
		return;

	fence->type = type;
	if (type >= NACL_HFENCE_GVMA_VMID)
		fence->vmid = FIELD(config, NACL_HFENCE_VMID_SHIFT, NACL_HFENCE_VMID_BITS);
	if (type >= NACL_HFENCE_VVMA_ASID)
		fence->asid = FIELD(config, NACL_HFENCE_ASID_SHIFT, NACL_HFENCE_ASID_BITS);
	if (!(type & 1))
		decode_range(fence, FIELD(config, NACL_HFENCE_ORDER_SHIFT, NACL_HFENCE_ORDER_BITS),
			     load(h, HFENCE_WORD(e, NACL_HFENCE_PAGE_NUMBER)),
			     load(h, HFENCE_WORD(e, NACL_HFENCE_PAGE_COUNT)));
}

static inline void take_in_hfence(struct nacl_host *h, unsigned int e)
{
	const nacl_word pending = BITS(NACL_HFENCE_PENDING_BIT, 1);
	nacl_word config = load(h, HFENCE_WORD(e, NACL_HFENCE_CONFIG));
	struct nacl_hfence fence;

	if (!(config & pending))
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	decode_hfence(h, e, config, &fence);
	h->ops->hfence(h->ctx, &fence);
	take_bits(h, HFENCE_WORD(e, NACL_HFENCE_CONFIG), pending);
}

static __attribute__((noinline)) void take_in_hfences(struct nacl_host *h)
{
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++)
		take_in_hfence(h, e);
}

/* The part of nacl_host_take_fences() that is seldom needed. */
static __attribute__((noinline)) bool take_fences(struct nacl_host *h, unsigned int at_most)
{
	unsigned int taken = 0;

	h->enough = false;
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++) {
		if (!(load(h, HFENCE_WORD(e, NACL_HFENCE_CONFIG)) &
		      BITS(NACL_HFENCE_PENDING_BIT, 1)))
			continue;
		if (taken++ == at_most || (h->enough && at_most < NACL_HFENCE_COUNT))
			return false;
		take_in_hfence(h, e);
	}
	return true;
}

bool nacl_host_take_fences(struct nacl_host *h, unsigned int at_most)
{
	return !h->shmem || !nacl_host_any_pending(h) || take_fences(h, at_most);
}

static nacl_word swap_hstatus(struct nacl_host *h, nacl_word value)
{
	nacl_word old;

	if (h->ops->swap_hstatus)
		return h->ops->swap_hstatus(h->ctx, value);
	old = h->ops->csr_read(h->ctx, CSR_HSTATUS);
	h->ops->csr_write(h->ctx, CSR_HSTATUS, value);
	return old;
}

/*
 * SBI NACL, "Autoswap CSR". True: hstatus was swapped, and *@hstatus is the value that L1 had put
 * into the slot.
 */
static bool autoswap(struct nacl_host *h, nacl_word *hstatus)
{
	if (!nacl_host_autoswap(h))
		return false;
	*hstatus = nacl_host_autoswap_hstatus(h);
	store(h, AUTOSWAP_WORD(NACL_AUTOSWAP_HSTATUS), swap_hstatus(h, *hstatus));
	return true;
}

/*
 * Before an SRET with hstatus @hstatus: if the SRET does not enter L2, store the CSRs that
 * take_in_csrs() has not stored, because no trap of L2 will store them.
 */
static void settle_before_sret(struct nacl_host *h, nacl_word hstatus)
{
	if (!(hstatus & HSTATUS_SPV))
		store_trap_csrs(h);
}

void nacl_host_init(struct nacl_host *h, unsigned int features, const struct nacl_host_ops *ops,
		    void *ctx)
{
	h->shmem = NULL;
	h->ops = ops;
	h->ctx = ctx;
	h->features = features;
	h->autoswap = features & 1u << NACL_FEAT_AUTOSWAP_CSR ? NACL_AUTOSWAP_FLAG_HSTATUS : 0;
	h->unusual = false;
	h->enough = false;
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		h->exists[w] = 0;
		h->on_trap[w] = 0;
		for (unsigned int n = 0; n < NACL_HOST_ORDERS; n++)
			h->order[n][w] = 0;
	}
	for (unsigned int index = 0; index < NACL_CSR_COUNT; index++) {
		unsigned int info = ops->csr_info(ctx, NACL_CSR_NUMBER(index));
		unsigned int w = index / NACL_XLEN;

		if (!(info & NACL_CSR_EXISTS))
			continue;
		h->exists[w] |= index_bit(index);
		h->order[(info & 0xff) % NACL_HOST_ORDERS][w] |= index_bit(index);
		if (info & NACL_CSR_ON_TRAP)
			h->on_trap[w] |= index_bit(index);
		h->unusual |= !(NACL_HOST_USED_GROUPS >> (index / 64) & 1);
	}
}

void nacl_host_init_as(struct nacl_host *h, const struct nacl_host *other, void *ctx)
{
	*h = *other;
	h->shmem = NULL;
	h->ctx = ctx;
}

void nacl_host_reset(struct nacl_host *h)
{
	h->shmem = NULL;
}

enum nacl_error nacl_host_probe_feature(const struct nacl_host *h, nacl_word id, nacl_word *value)
{
	*value = id < NACL_FEAT_COUNT && (h->features & 1u << id);
	return NACL_SUCCESS;
}

enum nacl_error nacl_host_set_shmem(struct nacl_host *h, nacl_word phys_lo, nacl_word phys_hi,
				    nacl_word flags)
{
	void *shmem = NULL;

	if (flags)
		return NACL_ERR_INVALID_PARAM;
	if (phys_lo != NACL_ALL_ONES || phys_hi != NACL_ALL_ONES) {
		uint64_t gpa = phys_lo;

		if (phys_lo % NACL_SHMEM_ALIGN)
			return NACL_ERR_INVALID_PARAM;
#if NACL_XLEN == 32
		gpa |= (uint64_t)phys_hi << 32;
#else
		if (phys_hi)
			return NACL_ERR_INVALID_ADDRESS;
#endif
		if (gpa > UINT64_MAX - (NACL_SHMEM_SIZE - 1))
			return NACL_ERR_INVALID_ADDRESS;
		shmem = h->ops->map_shmem(h->ctx, gpa, NACL_SHMEM_SIZE);
		if (!shmem)
			return NACL_ERR_INVALID_ADDRESS;
	}

	if (h->shmem)
		take_in_hfences(h);
	h->shmem = shmem;
	if (shmem) {
		for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++)
			take_bits(h, DIRTY_WORD(w), h->exists[w]);
		store_csrs(h, h->exists);
	}
	return NACL_SUCCESS;
}

enum nacl_error nacl_host_sync_csr(struct nacl_host *h, nacl_word csr)
{
	if (!(h->features & 1u << NACL_FEAT_SYNC_CSR))
		return NACL_ERR_NOT_SUPPORTED;
	if (!h->shmem)
		return NACL_ERR_NO_SHMEM;
	if (csr == NACL_ALL_ONES) {
		take_in_csrs(h, &h->shmem[DIRTY_WORD(0)]);
		store_csrs(h, h->exists);
		return NACL_SUCCESS;
	}
	if (!csr_known(h, csr))
		return NACL_ERR_INVALID_PARAM;

	unsigned int index = NACL_CSR_INDEX((unsigned int)csr);

	if (take_bits(h, DIRTY_WORD(index / NACL_XLEN), index_bit(index))) {
		write_csr(h, index);
		store_trap_csrs(h);
	}
	store_current(h, (unsigned int)csr);
	return NACL_SUCCESS;
}

enum nacl_error nacl_host_sync_hfence(struct nacl_host *h, nacl_word entry)
{
	if (!(h->features & 1u << NACL_FEAT_SYNC_HFENCE))
		return NACL_ERR_NOT_SUPPORTED;
	if (!h->shmem)
		return NACL_ERR_NO_SHMEM;
	if (entry == NACL_ALL_ONES)
		take_in_hfences(h);
	else if (entry < NACL_HFENCE_COUNT)
		take_in_hfence(h, entry);
	else
		return NACL_ERR_INVALID_PARAM;
	return NACL_SUCCESS;
}

bool nacl_host_take_in(struct nacl_host *h, unsigned int at_most)
{
	/* The CSRs come before the fences, because fences depend on the new hgatp. */
	if (any_dirty(h))
		take_in_csrs(h, &h->shmem[DIRTY_WORD(0)]);
	return !nacl_host_any_pending(h) || take_fences(h, at_most);
}

static void load_gprs(const struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS])
{
	gpr[0] = 0;
	for (unsigned int i = 1; i < NACL_SRET_GPRS; i++)
		gpr[i] = load(h, SRET_WORD(i));
}

void nacl_host_finish_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS])
{
	nacl_word hstatus;

	if (gpr)
		load_gprs(h, gpr);
	if (!autoswap(h, &hstatus))
		hstatus = h->ops->csr_read(h->ctx, CSR_HSTATUS);
	settle_before_sret(h, hstatus);
}

enum nacl_error nacl_host_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS])
{
	if (!(h->features & 1u << NACL_FEAT_SYNC_SRET))
		return NACL_ERR_NOT_SUPPORTED;
	if (!h->shmem)
		return NACL_ERR_NO_SHMEM;

	nacl_host_take_in(h, NACL_HFENCE_COUNT);
	nacl_host_finish_sync_sret(h, gpr);
	return NACL_SUCCESS;
}

void nacl_host_before_sret(struct nacl_host *h)
{
	if (!h->shmem)
		return;
	nacl_host_take_in(h, NACL_HFENCE_COUNT);
	settle_before_sret(h, h->ops->csr_read(h->ctx, CSR_HSTATUS));
}

void nacl_host_after_trap(struct nacl_host *h)
{
	nacl_word hstatus;

	if (!h->shmem)
		return;
	autoswap(h, &hstatus);
	store_trap_csrs(h);
}

void nacl_host_csr_written(struct nacl_host *h, unsigned int csr)
{
	unsigned int index = NACL_CSR_INDEX(csr);

	if (!h->shmem || !csr_known(h, csr))
		return;
	take_bits(h, DIRTY_WORD(index / NACL_XLEN), index_bit(index));
	store_current(h, csr);
	store_trap_csrs(h);
}

void nacl_host_refresh(struct nacl_host *h, unsigned int csr)
{
	if (h->shmem && csr_known(h, csr))
		store_current(h, csr);
}

void nacl_host_refresh_all(struct nacl_host *h)
{
	if (h->shmem)
		store_csrs(h, h->exists);
}
