/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L0 half of SBI Nested Acceleration: what a hypervisor does for one hart of a guest hypervisor
 * (L1), whose guest is L2. It owns the meaning of the shared memory; the CSRs, the fences and the
 * guest's RAM belong to the caller and are reached through struct nacl_host_ops. It allocates
 * nothing and calls nothing but those operations. One struct nacl_host per L1 hart, used only by
 * the physical hart that runs it.
 *
 * Invariant: while an area is set and L1 runs (virtualization OFF), the word of each CSR that
 * exists holds the current value of that CSR, or has its dirty bit set and holds what L1 wants
 * written. While L2 runs (ON) this holds for all but the CSRs that L2, or its trap into L1,
 * changes; those are stored by nacl_host_after_trap(), so each way back from L2 to L1 must go
 * through it.
 *
 * It holds with any subset of the features, because clients exist that use the area without having
 * been offered SYNC_CSR or SYNC_HFENCE: features decide which calls L1 may make, and whether
 * hstatus is swapped, but not whether L0 takes in what it finds before L2 runs.
 *
 * L1 may write the area at any time, also from other harts during a call. Each word is loaded once
 * and the copy is checked; nothing there is used as an index, and an address only reaches the
 * hfence operation. Two rules for what breaks the specification: a dirty bit of a CSR that does not
 * exist is ignored and left alone; a fence that is not understood becomes a wider one (see
 * nacl_hfence).
 *
 * Specification: "SBI NACL" is the chapter "Nested Acceleration Extension" of RISC-V SBI 2.0.
 */
#ifndef NACL_HOST_H
#define NACL_HOST_H

#include "nacl/abi.h"

/*
 * One fence to be done, decoded from an HFENCE entry:
 *  - the range types (GVMA, GVMA_VMID, VVMA, VVMA_ASID): bytes @addr to @addr + @size - 1, @size is
 *    not 0 and @addr + @size does not overflow. @addr is a guest physical address for GVMA types
 *    and a guest virtual one for VVMA types. It can be any value, of any width;
 *  - the other types: @addr and @size are 0;
 *  - @vmid, @asid: what the entry names, 0 for types that do not use it.
 *
 * Entries that are not quite right are widened, never narrowed or dropped:
 *  - a range that reaches or passes 2^64, or whose page size or address does: the _ALL type of it;
 *  - a reserved type, a reserved bit of Config, a reserved word that is not zero: _EVERYTHING;
 *  - Page_Count 0: one page (a client that computes size >> shift for part of a page);
 *  - fields that the type says are ignored are ignored, whatever they hold.
 */
struct nacl_hfence {
	enum nacl_hfence_type type;
	uint32_t vmid;
	uint32_t asid;
	uint64_t addr;
	uint64_t size;
};

/*
 * What csr_info() says of a CSR.
 *  - NACL_CSR_ON_TRAP: L2, or its trap into L1, can change it. These are all VS CSRs (0x2xx),
 *    hstatus, htval, htinst, hvip(h), hip, hie, and with AIA hgeip and vstopi.
 *  - NACL_CSR_ORDER(@n), @n from 0 to NACL_HOST_ORDERS - 1: when it is written, if others are dirty
 *    too. A CSR with a lower @n is written first; with the same @n, the one with the lower number.
 *    SBI NACL, "Synchronize CSR": x before y if the value of y depends on x. So a hypervisor gives
 *    a lower @n to hstateen0 to 3, which decide what can be reached, then to henvcfg, hstatus
 *    (VGEIN), htimedelta, hideleg, hvien and hvictl, which decide which bits there are, then to
 *    hvip, hie and hgatp, then to hip, which shows hvip; and to the upper halves of RV32 as to the
 *    lower ones. All else can have the highest.
 */
#define NACL_HOST_ORDERS  5
#define NACL_CSR_ORDER(n) (n)
#define NACL_CSR_EXISTS	  0x100
#define NACL_CSR_ON_TRAP  0x200

/*
 * What the library needs of the hypervisor. None may be NULL. @csr is always one for which
 * csr_info() said that it exists. They may call nacl_host_refresh() and nacl_host_csr_written() of
 * the same hart.
 */
struct nacl_host_ops {
	/*
	 * What there is to know of CSR @csr, 0x000 to 0xfff with bits [9:8] = 0b10: NACL_CSR_ bits,
	 * or 0 if L1 does not have it. Called by init alone. L1 has hstatus.
	 */
	unsigned int (*csr_info)(void *ctx, unsigned int csr);
	nacl_word (*csr_read)(void *ctx, unsigned int csr);
	/* L1 writes @csr: any value can arrive, WARL rules apply. Not called for read-only CSRs. */
	void (*csr_write)(void *ctx, unsigned int csr, nacl_word value);
	/* Do @fence for this hart of L1, to its end: the entry is given back to L1 on return. */
	void (*hfence)(void *ctx, const struct nacl_hfence *fence);
	/*
	 * Where @size bytes at L1's physical address @gpa (page-aligned, @gpa + @size - 1 does not
	 * overflow) can be read and written: contiguous, aligned to a word, good until the area is
	 * replaced, disabled or reset. NULL: not all of it is RAM that L1 may write.
	 */
	void *(*map_shmem)(void *ctx, uint64_t gpa, size_t size);
	/*
	 * Those below are for speed and may be NULL: csr_read() and csr_write() are used instead.
	 *
	 * By nacl_host_put(@csrs), store the current value of each CSR that L1 has of those that L2
	 * or its trap into L1 changes (NACL_CSR_ON_TRAP). Of vsireg, vstopei and vstopi it may
	 * leave out what costs too much: L1 that wants one of them asks for it by sync_csr.
	 */
	void (*put_trap_csrs)(void *ctx, volatile nacl_word *csrs);
	/* L1 writes hstatus; returns what it was. */
	nacl_word (*swap_hstatus)(void *ctx, nacl_word value);
	/*
	 * L1 writes the CSRs in @dirty, which is as the dirty bitmap and has none but CSRs that
	 * exist; their values are in CSR space @csrs, each to be loaded once. Write those that can
	 * be written in any order and before all others, and take them out of @dirty; fill
	 * @altered, likewise a bitmap, with those whose value has not become what L1 wanted. True:
	 * both bitmaps are empty now.
	 */
	bool (*write_csrs)(void *ctx, nacl_word dirty[NACL_DIRTY_WORDS],
			   nacl_word altered[NACL_DIRTY_WORDS], const volatile nacl_word *csrs);
};

/* Store the value of CSR @csr, a constant, in CSR space @csrs. */
#define nacl_host_put(csrs, csr, value) ((csrs)[NACL_CSR_INDEX(csr)] = nacl_le(value))

/*
 * Groups of 64 CSR indexes in which the specifications have a CSR: 0x200 to 0x2bf, 0x600 to 0x6bf,
 * 0xe00 to 0xe3f, 0xe80 to 0xebf. Bit n: indexes from 64 * n on.
 */
#define NACL_HOST_USED_GROUPS 0x5077

/* Private to host.c but for its size. */
struct nacl_host {
	volatile nacl_word *shmem; /* the area, or NULL */
	const struct nacl_host_ops *ops;
	void *ctx;
	unsigned int features; /* bit n: NACL_FEAT_n is offered */
	uint8_t autoswap;      /* flags of autoswap that count: those of what is offered */
	bool unusual;	       /* a CSR exists outside of NACL_HOST_USED_GROUPS */
	/* Bitmaps as the dirty one: CSRs that L1 has, by NACL_CSR_ON_TRAP, by NACL_CSR_ORDER(). */
	nacl_word exists[NACL_DIRTY_WORDS];
	nacl_word on_trap[NACL_DIRTY_WORDS];
	nacl_word order[NACL_HOST_ORDERS][NACL_DIRTY_WORDS];
};

/*
 * Start with no area. @features: bit n offers feature n, other bits are ignored. @ops stays with
 * the caller and must outlive @h; csr_info() is called from here and never again.
 */
void nacl_host_init(struct nacl_host *h, unsigned int features, const struct nacl_host_ops *ops,
		    void *ctx);

/* The hart was stopped or reset: forget the area, without touching it. Nothing is synchronized. */
void nacl_host_reset(struct nacl_host *h);

/* Whether an area is set. */
static inline bool nacl_host_has_shmem(const struct nacl_host *h)
{
	return h->shmem != NULL;
}

/* ---- the five calls of the extension; arguments as L1 gave them ---- */

/* SBI NACL, FID 0. Always successful; *@value is 1 if feature @id is offered, else 0. */
enum nacl_error nacl_host_probe_feature(const struct nacl_host *h, nacl_word id, nacl_word *value);

/*
 * SBI NACL, FID 1. Set the area at physical address @phys_hi:@phys_lo, or disable with both
 * all-ones. Errors, in this order: INVALID_PARAM (@flags not 0), INVALID_PARAM (@phys_lo not
 * page-aligned), INVALID_ADDRESS (not RAM that the caller may write). On error the earlier area
 * stays in force.
 *
 * On success: fences pending in the earlier area are done, its dirty CSRs are dropped; each CSR
 * that exists has its current value in the new area and its dirty bit is clear. All else there is
 * as L1 left it.
 */
enum nacl_error nacl_host_set_shmem(struct nacl_host *h, nacl_word phys_lo, nacl_word phys_hi,
				    nacl_word flags);

/*
 * SBI NACL, FID 2. Take in CSR @csr if it is dirty, or all that are dirty if @csr is all-ones (CSRs
 * that gate others first); then store the current values, also of CSRs that depend on what was
 * written. Errors, in this order: NOT_SUPPORTED, NO_SHMEM, INVALID_PARAM (no H-extension CSR, or L1
 * has it not).
 */
enum nacl_error nacl_host_sync_csr(struct nacl_host *h, nacl_word csr);

/*
 * SBI NACL, FID 3. Do the fence of entry @entry, or of all entries if @entry is all-ones, where
 * Pending is set; then clear Pending. Errors, in this order: NOT_SUPPORTED, NO_SHMEM, INVALID_PARAM
 * (no such entry).
 */
enum nacl_error nacl_host_sync_hfence(struct nacl_host *h, nacl_word entry);

/*
 * Do at most @at_most of the pending fences, in the order of their entries, whatever is offered;
 * without an area there are none. False: more are left. For a caller that bounds what it does at
 * once: fences may be done at any time before the call that asks for them is through.
 */
bool nacl_host_take_fences(struct nacl_host *h, unsigned int at_most);

/*
 * SBI NACL, FID 4. Take in dirty CSRs, do pending fences, load x1 to x31 into @gpr (@gpr[0] becomes
 * 0), swap hstatus if AUTOSWAP_CSR is offered and flagged. On success the caller emulates the SRET
 * at once, with @gpr as L1's registers. Errors, in this order, with nothing changed: NOT_SUPPORTED,
 * NO_SHMEM.
 *
 * With @gpr NULL the caller loads the registers itself, each once, from nacl_host_gprs().
 */
enum nacl_error nacl_host_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS]);

/* The SRET context of the area, which is set: word i, through nacl_le(), is for xi, 1 to 31. */
static inline const volatile nacl_word *nacl_host_gprs(const struct nacl_host *h)
{
	return &h->shmem[NACL_SRET_OFFSET / NACL_WORD_SIZE];
}

/*
 * nacl_host_sync_sret() in parts, for a caller that decides between them whether it goes on; all of
 * them need the area and SYNC_SRET. First: the CSRs that wait and at most @at_most of the fences
 * are taken in. False: more fences are left, and L2 must not run yet.
 */
bool nacl_host_take_in(struct nacl_host *h, unsigned int at_most);

/* Last: all that nacl_host_sync_sret() does when that is through. */
void nacl_host_finish_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS]);

/* Whether a CSR in NACL_HOST_USED_GROUPS is dirty, those of one word of the bitmap apart. */
static inline bool nacl_host_dirty_but(const struct nacl_host *h, unsigned int word)
{
#pragma GCC unroll 32
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		if (w != word && (NACL_HOST_USED_GROUPS >> (w * NACL_XLEN / 64) & 1) &&
		    h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + w])
			return true;
	}
	return false;
}

/* Whether an entry is pending: the sign of all Config words together. */
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
 * In place of nacl_host_take_in(), by loads alone: whether a write of @csr, a constant that exists,
 * is all that waits. Then nacl_host_take_value() takes that in, and nacl_host_after_trap() stores
 * it back if it is one of those. For an L1 that has no CSR outside of NACL_HOST_USED_GROUPS.
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

/* Whether @csr, a constant, is dirty, and no other one of its word of the dirty bitmap. */
static inline bool nacl_host_is_dirty_alone(const struct nacl_host *h, unsigned int csr)
{
	const unsigned int index = NACL_CSR_INDEX(csr);

	return nacl_le(h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN]) ==
	       (nacl_word)1 << (index % NACL_XLEN);
}

static inline nacl_word nacl_host_take_value(const struct nacl_host *h, unsigned int csr)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);
	volatile nacl_word *shmem = h->shmem;

	/* In this order: see host.c. */
	__atomic_fetch_and(&shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN],
			   nacl_le(~bit), __ATOMIC_ACQUIRE);
	return nacl_le(shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE + index]);
}

/* Whether hstatus is to be swapped ... */
static inline bool nacl_host_autoswap(const struct nacl_host *h)
{
	const volatile nacl_word *slot = &h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE];

	return nacl_le(slot[NACL_AUTOSWAP_FLAGS]) & h->autoswap;
}

/* ... and if so what L1 has put in the slot, to be written. */
static inline nacl_word nacl_host_autoswap_hstatus(const struct nacl_host *h)
{
	return nacl_le(h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + NACL_AUTOSWAP_HSTATUS]);
}

/* The CSR space of the area, which is set, for nacl_host_put(). */
static inline volatile nacl_word *nacl_host_csrs(const struct nacl_host *h)
{
	return &h->shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE];
}

/*
 * nacl_host_csr_written() for a caller that knows what changes: @csr, which exists, is @value now,
 * and that is later than what may be waiting in the area, which is set ...
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

/* ... and so @csr is @value now, unless a write of L1's waits there. */
static inline void nacl_host_put_current(const struct nacl_host *h, unsigned int csr,
					 nacl_word value)
{
	const unsigned int index = NACL_CSR_INDEX(csr);
	const nacl_word bit = (nacl_word)1 << (index % NACL_XLEN);

	if (!(nacl_le(h->shmem[NACL_DIRTY_OFFSET / NACL_WORD_SIZE + index / NACL_XLEN]) & bit))
		h->shmem[NACL_CSR_OFFSET / NACL_WORD_SIZE + index] = nacl_le(value);
}

/* Then: what it was before goes there. */
static inline void nacl_host_autoswapped(const struct nacl_host *h, nacl_word hstatus)
{
	h->shmem[NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + NACL_AUTOSWAP_HSTATUS] = nacl_le(hstatus);
}

/* ---- events of the virtual hart; each does nothing when no area is set ---- */

/*
 * L1 executed an SRET that trapped and that enters L2 (hstatus.SPV is set): take in dirty CSRs and
 * pending fences, before the SRET is emulated. GPRs and hstatus are not taken from the area. Call
 * it also for any other way into L2 but sync_sret.
 */
void nacl_host_before_sret(struct nacl_host *h);

/*
 * L2 has trapped into L1, and the CSRs say so (hstatus.SPV set, VS CSRs readable by csr_read()):
 * swap hstatus if AUTOSWAP_CSR is offered and flagged (SBI NACL, "Autoswap CSR"), then store all
 * that L2 or the trap can have changed.
 */
void nacl_host_after_trap(struct nacl_host *h);

/*
 * L1 wrote @csr by a CSR instruction that trapped, and the write has been emulated. It is later
 * than what may be waiting in the area: a dirty bit of @csr is cleared and the value replaced. CSRs
 * that change with it (hvip with hip and vsip ...) are stored too. Any @csr is allowed.
 */
void nacl_host_csr_written(struct nacl_host *h, unsigned int csr);

/*
 * @csr has changed, or may have, for another reason than a write of L1 (an interrupt became
 * pending): store its current value, unless L1 has a write of its own waiting there. Any @csr is
 * allowed.
 */
void nacl_host_refresh(struct nacl_host *h, unsigned int csr);

/* nacl_host_refresh() for every CSR that exists. */
void nacl_host_refresh_all(struct nacl_host *h);

#endif
