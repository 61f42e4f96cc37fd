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
 * What the library needs of the hypervisor. None may be NULL. @csr is always one for which
 * csr_exists() said yes. They may call nacl_host_refresh() and nacl_host_csr_written() of the same
 * hart.
 */
struct nacl_host_ops {
	/*
	 * Whether L1 has CSR @csr, 0x000 to 0xfff with bits [9:8] = 0b10. Asked once, by init. It
	 * has hstatus.
	 */
	bool (*csr_exists)(void *ctx, unsigned int csr);
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
};

/* The CSRs that L2 or its trap into L1 changes: at most all of 0x2xx and some more. */
#define NACL_HOST_TRAP_CSRS (256 + 16)
/* CSRs that are to be written before others. */
#define NACL_HOST_GATE_CSRS 32

/* Private to host.c but for its size. */
struct nacl_host {
	volatile nacl_word *shmem; /* the area, or NULL */
	const struct nacl_host_ops *ops;
	void *ctx;
	unsigned int features; /* bit n: NACL_FEAT_n is offered */
	uint16_t trap_count;
	uint16_t gate_count;
	nacl_word exists[NACL_DIRTY_WORDS];	 /* as the dirty bitmap: CSRs that L1 has */
	nacl_word gates[NACL_DIRTY_WORDS];	 /* likewise: those in gate_csrs */
	nacl_word on_trap[NACL_DIRTY_WORDS];	 /* likewise: those in trap_csrs */
	uint16_t gate_csrs[NACL_HOST_GATE_CSRS]; /* in the order of their writing */
	uint16_t trap_csrs[NACL_HOST_TRAP_CSRS];
};

/*
 * Start with no area. @features: bit n offers feature n, other bits are ignored. @ops stays with
 * the caller and must outlive @h; csr_exists() is called from here and never again.
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
 * SBI NACL, FID 4. Take in dirty CSRs, do pending fences, load x1 to x31 into @gpr (@gpr[0] becomes
 * 0), swap hstatus if AUTOSWAP_CSR is offered and flagged. On success the caller emulates the SRET
 * at once, with @gpr as L1's registers. Errors, in this order, with nothing changed: NOT_SUPPORTED,
 * NO_SHMEM.
 */
enum nacl_error nacl_host_sync_sret(struct nacl_host *h, nacl_word gpr[NACL_SRET_GPRS]);

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
