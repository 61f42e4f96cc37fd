/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L0 half of SBI Nested Acceleration, for a hypervisor whose guest (L1) is a hypervisor. L2 is
 * a guest of L1. The library implements the shared memory (the area) of one hart of L1. The CSRs,
 * the fences and the RAM of L1 belong to the caller; the library reaches them through struct
 * nacl_host_ops. It allocates nothing, and calls nothing except those operations. There is one
 * struct nacl_host per hart of L1, and only the physical hart that runs the hart of L1 uses it.
 *
 * Invariant: while an area is set and L1 runs (virtualization OFF), the word of each CSR that
 * exists holds the current value of the CSR; or its dirty bit is set, and the word holds the value
 * that L1 writes. While L2 runs (ON) the invariant does not hold for the CSRs that L2, or its trap
 * into L1, changes. nacl_host_after_trap() stores these, so the caller must call it for each exit
 * of L2 to L1.
 *
 * The invariant holds with any subset of the features, because some clients use the area though L0
 * does not offer SYNC_CSR or SYNC_HFENCE. The features decide which calls L1 may make, and whether
 * hstatus is swapped. They do not decide whether L0 consumes dirty CSRs and pending fences before
 * L2 runs.
 *
 * L1 may write the area at any time, also from other harts during a call. The library loads each
 * word once and checks the copy. It uses no word as an index, and passes an address only to the
 * hfence operation. If L1 breaks the specification, the library ignores and keeps a dirty bit of a
 * CSR that does not exist, and widens a fence that it does not understand (struct nacl_hfence).
 *
 * Specification: "SBI NACL" is the chapter "Nested Acceleration Extension" of RISC-V SBI 2.0.
 */
#ifndef NACL_HOST_H
#define NACL_HOST_H

#include "nacl/abi.h"

/*
 * One fence for the caller to execute, decoded from an HFENCE entry:
 *  - @addr and @size of the range types (GVMA, GVMA_VMID, VVMA, VVMA_ASID): the range in bytes.
 *    @size is not 0, and @addr + @size does not overflow. @addr is a guest physical address for
 *    GVMA types and a guest virtual address for VVMA types. It can be any value, of any width;
 *  - @addr and @size of the other types: 0;
 *  - @vmid, @asid: the entry's VMID and ASID; 0 for a type that does not use them.
 *
 * The library widens an entry that breaks the specification; it never narrows or drops one:
 *  - a range that reaches or passes 2^64, or whose page size or address does, gets its _ALL type;
 *  - a reserved type, a reserved bit of Config, or a reserved word that is not zero gives
 *    _EVERYTHING;
 *  - Page_Count 0 means one page (some clients compute size >> shift for a part of a page);
 *  - fields that the specification ignores for the type are ignored, with any value.
 */
struct nacl_hfence {
	enum nacl_hfence_type type;
	uint32_t vmid;
	uint32_t asid;
	uint64_t addr;
	uint64_t size;
};

/*
 * The bits that csr_info() returns for a CSR.
 *  - NACL_CSR_EXISTS: L1 has the CSR.
 *  - NACL_CSR_ON_TRAP: L2, or its trap into L1, can change the CSR. These are all VS CSRs (0x2xx),
 *    hstatus, htval, htinst, hvip(h), hip, hie, and with AIA hgeip and vstopi.
 *  - NACL_CSR_ORDER(@n), @n from 0 to NACL_HOST_ORDERS - 1: the order of writes, if several CSRs
 *    are dirty. The library writes a CSR with a lower @n first, and with the same @n the CSR with
 *    the lower number. SBI NACL, "Synchronize CSR": x before y if the value of y depends on x. So a
 *    hypervisor gives the lowest @n to hstateen0 to 3, which decide which CSRs can be accessed. The
 *    next @n are for henvcfg, hstatus (VGEIN), htimedelta, hideleg, hvien and hvictl, which decide
 *    which bits other CSRs have; for hvip, hie and hgatp; and for hip, which shows hvip. The upper
 *    halves of RV32 have the @n of the lower halves. All other CSRs can have the highest @n.
 */
#define NACL_HOST_ORDERS  5
#define NACL_CSR_ORDER(n) (n)
#define NACL_CSR_EXISTS	  0x100
#define NACL_CSR_ON_TRAP  0x200

/*
 * The operations of the hypervisor that the library calls. Only the last three may be NULL. @csr is
 * always a CSR that exists, except for csr_info(). The operations may call nacl_host_refresh() and
 * nacl_host_csr_written() of the same hart.
 */
struct nacl_host_ops {
	/*
	 * The NACL_CSR_ bits of CSR @csr, 0x000 to 0xfff with bits [9:8] = 0b10; 0 if L1 does not
	 * have the CSR. L1 must have hstatus. Only nacl_host_init() calls this operation.
	 */
	unsigned int (*csr_info)(void *ctx, unsigned int csr);
	nacl_word (*csr_read)(void *ctx, unsigned int csr);
	/*
	 * L1 writes @value to @csr. Any value can arrive; the operation applies the WARL rules. It
	 * is not called for a CSR whose number is read-only.
	 */
	void (*csr_write)(void *ctx, unsigned int csr, nacl_word value);
	/*
	 * Complete @fence for this hart of L1. On return the library gives the entry to L1. The
	 * operation may call nacl_host_enough_fences().
	 */
	void (*hfence)(void *ctx, const struct nacl_hfence *fence);
	/*
	 * The place in the hypervisor's memory of @size bytes at L1's physical address @gpa, which
	 * is page-aligned; @gpa + @size - 1 does not overflow. The place is contiguous, aligned to
	 * a word, and valid until the area is replaced, disabled or reset. NULL: not all of the
	 * bytes are RAM that L1 may write.
	 */
	void *(*map_shmem)(void *ctx, uint64_t gpa, size_t size);
	/*
	 * The operations below are for speed. If one is NULL, the library uses csr_read() and
	 * csr_write() instead.
	 *
	 * Store the current value of each CSR that exists and has NACL_CSR_ON_TRAP, with
	 * nacl_host_put(@csrs, ...). The operation may leave out vsireg, vstopei and vstopi, if to
	 * read them costs too much: an L1 that needs one of them calls sync_csr.
	 */
	void (*put_trap_csrs)(void *ctx, volatile nacl_word *csrs);
	/* L1 writes @value to hstatus. Returns the old value. */
	nacl_word (*swap_hstatus)(void *ctx, nacl_word value);
	/*
	 * L1 writes the CSRs in @dirty, a bitmap in the form of the dirty bitmap, which has only
	 * CSRs that exist. Their values are in CSR space @csrs; the operation loads each once. It
	 * writes the CSRs that can be written in any order and before all others, and removes their
	 * bits from @dirty. It fills @altered, a bitmap in the same form, with those CSRs whose new
	 * value differs from the value that L1 wrote. True: both bitmaps are empty.
	 */
	bool (*write_csrs)(void *ctx, nacl_word dirty[NACL_DIRTY_WORDS],
			   nacl_word altered[NACL_DIRTY_WORDS], const volatile nacl_word *csrs);
};

/* Store the value of CSR @csr, a constant, in CSR space @csrs. */
#define nacl_host_put(csrs, csr, value) ((csrs)[NACL_CSR_INDEX(csr)] = nacl_le(value))

/*
 * The groups of 64 CSR indexes in which the specifications have a CSR. Bit n is the group of the
 * indexes from 64 * n on. The groups are the CSRs 0x200 to 0x2bf, 0x600 to 0x6bf, 0xe00 to 0xe3f,
 * and 0xe80 to 0xebf.
 */
#define NACL_HOST_USED_GROUPS 0x5077

/* One hart of L1. Its members are private to host.c and to the inline functions below. */
struct nacl_host {
	volatile nacl_word *shmem; /* the area, or NULL */
	const struct nacl_host_ops *ops;
	void *ctx;
	unsigned int features; /* bit n: NACL_FEAT_n is offered */
	uint8_t autoswap;      /* the autoswap flags that L0 obeys; 0 if autoswap is not offered */
	bool unusual;	       /* a CSR exists outside of NACL_HOST_USED_GROUPS */
	bool enough;	       /* see nacl_host_enough_fences() */
	/*
	 * Bitmaps in the form of the dirty bitmap: the CSRs that exist, those with
	 * NACL_CSR_ON_TRAP, and those with NACL_CSR_ORDER(n).
	 */
	nacl_word exists[NACL_DIRTY_WORDS];
	nacl_word on_trap[NACL_DIRTY_WORDS];
	nacl_word order[NACL_HOST_ORDERS][NACL_DIRTY_WORDS];
};

/*
 * Start with no area. @features: bit n offers feature n, other bits are ignored. @ops belongs to
 * the caller and must exist as long as @h is in use. This function calls csr_info(), for
 * each CSR of the area; no other function does.
 */
void nacl_host_init(struct nacl_host *h, unsigned int features, const struct nacl_host_ops *ops,
		    void *ctx);

/*
 * As nacl_host_init(), but with the features, the operations and the CSRs of @other, another hart
 * of the same guest, and the context @ctx. Does not call csr_info().
 */
void nacl_host_init_as(struct nacl_host *h, const struct nacl_host *other, void *ctx);

/*
 * Forget the area, because the hart of L1 was stopped or reset. The function does not access the
 * area and synchronizes nothing.
 */
void nacl_host_reset(struct nacl_host *h);

/* Whether an area is set. */
static inline bool nacl_host_has_shmem(const struct nacl_host *h)
{
	return h->shmem != NULL;
}

/* ---- the five calls of the extension; the arguments are those of L1 ---- */

/* SBI NACL, FID 0. Always successful; *@value is 1 if feature @id is offered, else 0. */
enum nacl_error nacl_host_probe_feature(const struct nacl_host *h, nacl_word id, nacl_word *value);

/*
 * SBI NACL, FID 1. Set the area at L1's physical address @phys_hi:@phys_lo; both all-ones: disable
 * the area. Errors, in this order: INVALID_PARAM (@flags not 0), INVALID_PARAM (@phys_lo not
 * page-aligned), INVALID_ADDRESS (not RAM that L1 may write). After an error the earlier area is
 * still set.
 *
 * On success the fences that were pending in the earlier area are done, and its dirty CSRs are
 * dropped. In the new area each CSR that exists has its current value, and its dirty bit is clear.
 * Everything else in the new area is as L1 left it.
 */
enum nacl_error nacl_host_set_shmem(struct nacl_host *h, nacl_word phys_lo, nacl_word phys_hi,
				    nacl_word flags);

/*
 * SBI NACL, FID 2. Consume CSR @csr if it is dirty, or all dirty CSRs, in their order, if @csr is
 * all-ones. Then store the current values, also of CSRs that depend on the written ones. Errors, in
 * this order: NOT_SUPPORTED, NO_SHMEM, INVALID_PARAM (@csr is not a CSR of the H extension, or L1
 * does not have it).
 */
enum nacl_error nacl_host_sync_csr(struct nacl_host *h, nacl_word csr);

/*
 * SBI NACL, FID 3. Consume entry @entry, or all entries if @entry is all-ones: if Pending is set,
 * execute the fence, then clear Pending. Errors, in this order: NOT_SUPPORTED, NO_SHMEM,
 * INVALID_PARAM (no such entry).
 */
enum nacl_error nacl_host_sync_hfence(struct nacl_host *h, nacl_word entry);

/*
 * Consume at most @at_most of the pending fences, in the order of their entries, with any features
 * offered. Without an area there are none. False: more fences are pending. This function is for a
 * caller that limits its work per exit: L0 may execute a fence at any time before the end of the
 * call that asks for the fence.
 */
bool nacl_host_take_fences(struct nacl_host *h, unsigned int at_most);

/*
 * For ops->hfence(), if the fence has taken long: nacl_host_take_fences() or nacl_host_take_in(),
 * called with fewer than NACL_HFENCE_COUNT fences, ends after this fence.
 */
static inline void nacl_host_enough_fences(struct nacl_host *h)
{
	h->enough = true;
}

/*
 * SBI NACL, FID 4. Consume dirty CSRs and pending fences, load x1 to x31 into @gpr (@gpr[0] becomes
 * 0), and swap hstatus if AUTOSWAP_CSR is offered and flagged. On success the caller emulates the
 * SRET immediately, with @gpr as L1's registers. Errors, in this order, with nothing changed:
 * NOT_SUPPORTED, NO_SHMEM.
 *
 * If @gpr is NULL, the caller loads the registers itself, each once, from nacl_host_gprs().
 */
enum nacl_error nacl_host_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS]);

/*
 * The registers in the area for sync_sret: nacl_le() of word i is the value for xi, i from 1 to 31.
 * An area must be set.
 */
static inline const volatile nacl_word *nacl_host_gprs(const struct nacl_host *h)
{
	return &h->shmem[NACL_SRET_OFFSET / NACL_WORD_SIZE];
}

/*
 * The first part of nacl_host_sync_sret(), for a caller that decides between the parts whether it
 * goes on. An area must be set and SYNC_SRET offered. The function consumes the dirty CSRs and at
 * most @at_most pending fences. False: more fences are pending, and L2 must not run yet.
 */
bool nacl_host_take_in(struct nacl_host *h, unsigned int at_most);

/*
 * The second part of nacl_host_sync_sret(): all that follows the consumption of dirty CSRs and
 * pending fences. An area must be set and SYNC_SRET offered.
 */
void nacl_host_finish_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS]);

/*
 * Whether a dirty bit is set in NACL_HOST_USED_GROUPS, except in word @word of the dirty bitmap. An
 * area must be set.
 */
static inline bool nacl_host_dirty_but(const struct nacl_host *h, unsigned int word)
{
	nacl_word any = 0;

#pragma GCC unroll 32
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		if (w != word && (NACL_HOST_USED_GROUPS >> (w * NACL_XLEN / 64) & 1))
			any |= h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + w];
		/* KVM's load of a vCPU writes CSRs of the first words. */
		if (w % 4 == 3 && any)
			return true;
	}
	return false;
}

/* Whether a fence is pending: Pending is the highest bit of a Config word. An area must be set. */
static inline bool nacl_host_any_pending(const struct nacl_host *h)
{
	const volatile nacl_word *config = &h->shmem[NACL_HFENCE_OFFSET / NACL_WORD_SIZE];
	nacl_word any = 0;

#pragma GCC unroll 120
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++)
		any |= config[e * NACL_HFENCE_WORDS];
	return nacl_le(any) >> NACL_HFENCE_PENDING_BIT;
}

enum nacl_waiting { NACL_WAITS_NOTHING, NACL_WAITS_ONE, NACL_WAITS_MORE };

/*
 * What is in the area to consume: nothing, a write of @csr only, or more. @csr is a constant, and
 * exists. The function only loads, so a caller can decide with it whether it needs
 * nacl_host_take_in(). If only @csr is dirty, nacl_host_take_value() consumes it, and
 * nacl_host_after_trap() stores its value again if @csr has NACL_CSR_ON_TRAP. An area must be set,
 * and L1 must have no CSR outside of NACL_HOST_USED_GROUPS.
 */
static inline enum nacl_waiting nacl_host_waits(const struct nacl_host *h, unsigned int csr)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);
	nacl_word word = nacl_le(h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN]);

	if (nacl_host_dirty_but(h, index / NACL_XLEN) || (word & ~bit))
		return NACL_WAITS_MORE;
	if (nacl_host_any_pending(h))
		return NACL_WAITS_MORE;
	return word ? NACL_WAITS_ONE : NACL_WAITS_NOTHING;
}

/*
 * Whether @csr, a constant, is dirty, and no other CSR in the same word of the dirty bitmap. An
 * area must be set.
 */
static inline bool nacl_host_is_dirty_alone(const struct nacl_host *h, unsigned int csr)
{
	const unsigned int index = NACL_CSR_INDEX(csr);

	return nacl_le(h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN]) ==
	       (nacl_word)1 << (index % NACL_XLEN);
}

/* Clear the dirty bit of @csr, a constant, and return its value. An area must be set. */
static inline nacl_word nacl_host_take_value(const struct nacl_host *h, unsigned int csr)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);
	volatile nacl_word *shmem = h->shmem;

	/* First the bit, then the value: the top of host.c says why. */
	__atomic_fetch_and(&shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN],
			   nacl_le(~bit), __ATOMIC_ACQUIRE);
	return nacl_le(shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE + index]);
}

/* Whether autoswap is offered and L1 has flagged hstatus. An area must be set. */
static inline bool nacl_host_autoswap(const struct nacl_host *h)
{
	const volatile nacl_word *slot = &h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE];

	return nacl_le(slot[NACL_AUTOSWAP_FLAGS]) & h->autoswap;
}

/* The value in the autoswap slot: L1 wants it in hstatus. An area must be set. */
static inline nacl_word nacl_host_autoswap_hstatus(const struct nacl_host *h)
{
	return nacl_le(h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + NACL_AUTOSWAP_HSTATUS]);
}

/* The CSR space of the area, for nacl_host_put(). An area must be set. */
static inline volatile nacl_word *nacl_host_csrs(const struct nacl_host *h)
{
	return &h->shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE];
}

/*
 * Store @value, the new value of @csr, and clear the dirty bit of @csr: @value is newer than a
 * write of L1 that may be in the area. For a caller that knows which CSRs a write changed, in place
 * of nacl_host_csr_written(). @csr exists, and an area is set.
 */
static inline void nacl_host_put_written(const struct nacl_host *h, unsigned int csr,
					 nacl_word value)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);
	volatile nacl_word *dirty =
		&h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN];

	if (nacl_le(*dirty) & bit)
		__atomic_fetch_and(dirty, nacl_le(~bit), __ATOMIC_ACQ_REL);
	h->shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE + index] = nacl_le(value);
}

/* Store @value, the current value of @csr, unless @csr is dirty. @csr exists; an area is set. */
static inline void nacl_host_put_current(const struct nacl_host *h, unsigned int csr,
					 nacl_word value)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);

	if (!(nacl_le(h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN]) & bit))
		h->shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE + index] = nacl_le(value);
}

/* Store @hstatus, the value before the swap, in the autoswap slot. An area must be set. */
static inline void nacl_host_autoswapped(const struct nacl_host *h, nacl_word hstatus)
{
	h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + NACL_AUTOSWAP_HSTATUS] = nacl_le(hstatus);
}

/* ---- events of the virtual hart; each function does nothing if no area is set ---- */

/*
 * Consume dirty CSRs and pending fences, before the caller emulates an SRET of L1 that trapped and
 * that enters L2 (hstatus.SPV is set). The function does not take registers or hstatus from the
 * area. The caller calls it before every entry into L2 except those by sync_sret.
 */
void nacl_host_before_sret(struct nacl_host *h);

/*
 * L2 has trapped into L1, and the CSRs have their values after the trap (hstatus.SPV is set, and
 * csr_read() can read the VS CSRs). Swap hstatus if AUTOSWAP_CSR is offered and flagged (SBI NACL,
 * "Autoswap CSR"). Then store all CSRs that L2 or the trap can have changed.
 */
void nacl_host_after_trap(struct nacl_host *h);

/*
 * L1 wrote @csr by a CSR instruction that trapped, and the caller has emulated the write. This
 * write is newer than a write that may be in the area: the function clears the dirty bit of @csr
 * and stores the new value. It also stores the CSRs that change with @csr (hip and vsip with hvip).
 * Any @csr is allowed.
 */
void nacl_host_csr_written(struct nacl_host *h, unsigned int csr);

/*
 * Store the current value of @csr, unless @csr is dirty. The caller calls this if @csr may have
 * changed without a write of L1 (for example, an interrupt became pending). Any @csr is allowed.
 */
void nacl_host_refresh(struct nacl_host *h, unsigned int csr);

/* nacl_host_refresh() for every CSR that exists. */
void nacl_host_refresh_all(struct nacl_host *h);

#endif
