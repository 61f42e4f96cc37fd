/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L1 half of SBI Nested Acceleration, for a hypervisor that is itself a guest. L1 shares memory
 * with the hypervisor below it (L0). This library implements the protocol: the order of stores, and
 * what L1 does when L0 refuses. The user provides the instructions and the firmware calls through
 * three hooks. The user also chooses, at each access to a CSR, between the area and the CSR
 * instruction. The library allocates nothing: there is one struct nacl_client for all harts, and
 * one struct nacl_client_hart and one area per hart.
 *
 * Invariant: for each CSR write and each fence that the user gives to this library, L0 consumes it
 * or the library passes it to the hooks, before the guest is entered, whatever L0 answers to the
 * calls. No fence is dropped, narrowed or torn. (L1 cannot check what L0 does in a sync_sret that
 * L0 accepts.)
 *
 * A hart uses only its own area, and only one function at a time: an interrupt handler that uses
 * the area must not interrupt code that uses it. L0 may read the area and clear bits in it at any
 * time, from any hart.
 *
 * Specification: "SBI NACL" is the chapter "Nested Acceleration Extension" of RISC-V SBI 2.0.
 */
#ifndef NACL_CLIENT_H
#define NACL_CLIENT_H

#include "nacl/abi.h"

/* The results of a firmware call, a0 and a1. @error is 0 for success. */
struct nacl_ret {
	nacl_word error;
	nacl_word value;
};

/*
 * One fence. @addr and @size are in bytes. They count only for the range types (GVMA, GVMA_VMID,
 * VVMA, VVMA_ASID), and need no alignment. @size 0 means one page. @order: each page that
 * translates an address of the range has 1 << (@order + 12) bytes or more; 0 if the user does not
 * know more.
 */
struct nacl_client_hfence {
	enum nacl_hfence_type type;
	unsigned int order;
	uint32_t vmid;
	uint32_t asid;
	uint64_t addr;
	uint64_t size;
};

/* The NACL implementation of L0, the same for all harts. */
struct nacl_client {
	bool available;
	unsigned int features; /* bit n: NACL_FEAT_n */
};

/*
 * One hart. It must be all zero before the first nacl_client_enable(). Any function that takes the
 * hart and calls L0 can set @shmem to NULL and remove @features: read them again after the call.
 */
struct nacl_client_hart {
	volatile nacl_word *shmem; /* the area; NULL: there is none, use instructions */
	unsigned int features;	   /* features that L0 has not refused here; 0 without an area */
	unsigned int next;	   /* private: the HFENCE entry to try first */
	bool queued;		   /* private: entries were filled since the last flush */
};

/*
 * The hooks. If NACL_CLIENT_HOOKS is the name of a header ('"my/hooks.h"'), that header defines
 * them as static inline functions; it may use everything above. Otherwise the user defines them as
 * functions.
 */
#ifdef NACL_CLIENT_HOOKS
#include NACL_CLIENT_HOOKS
#else
/* Executes ECALL with a7 = @eid, a6 = @fid and a0 to a2. Returns a0 and a1 unchanged. */
struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2);
/*
 * Executes HFENCE instructions on this hart. @fence has one of the eight types. The size of a range
 * is not 0, and its last address, @addr + @size - 1, may be any address. HFENCE.VVMA acts on the
 * VMID in hgatp, so the hook puts fence->vmid into hgatp for that time.
 */
void nacl_hook_hfence(const struct nacl_client_hfence *fence);
/*
 * Executes the CSR instruction that writes @csr, a CSR of the H extension whose number is not
 * read-only. The library calls this only for CSRs that were written to the area. The hook ignores a
 * CSR that it does not know.
 */
void nacl_hook_csr_write(unsigned int csr, nacl_word value);
#endif

/*
 * Accesses to the area. With NACL_CLIENT_MEMORY, tests that watch each access define these
 * functions themselves.
 */
#ifndef NACL_CLIENT_MEMORY
static inline nacl_word nacl_mem_load(const volatile nacl_word *word)
{
	return nacl_le(__atomic_load_n(word, __ATOMIC_RELAXED));
}

/* An aligned volatile store is one store. GCC 12 makes an AMO of an atomic one on RISC-V. */
static inline void nacl_mem_store(volatile nacl_word *word, nacl_word value)
{
	*word = nacl_le(value);
}

/* Earlier stores are visible before this one. L0 may clear other bits at the same time. */
static inline void nacl_mem_set_bits(volatile nacl_word *word, nacl_word bits)
{
	(void)__atomic_fetch_or(word, nacl_le(bits), __ATOMIC_RELEASE);
}

static inline void nacl_mem_clear_bits(volatile nacl_word *word, nacl_word bits)
{
	(void)__atomic_fetch_and(word, nacl_le(~bits), __ATOMIC_ACQ_REL);
}

/* Completes earlier loads before later loads and stores. */
static inline void nacl_mem_acquire(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Completes earlier loads and stores before later stores. */
static inline void nacl_mem_release(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
#endif

/* ---- life cycle ---- */

/*
 * Looks for SBI 1.0 or later with the extension, and asks for its features. Call it on the boot
 * hart. Returns false if the extension does not exist; that is not an error, and the functions
 * below may be called nevertheless.
 */
bool nacl_client_init(struct nacl_client *client);

/*
 * Gives L0 the area of the calling hart. @memory is NACL_SHMEM_SIZE bytes at physical address
 * @phys, page-aligned. The caller must keep it until nacl_client_disable() has succeeded. The
 * function zeroes the memory. Without the extension it returns success, and there is no area. It
 * removes features that L0 no longer has from @hart->features. On error there is no area:
 * INVALID_PARAM (alignment), or the error of set_shmem (SBI NACL, FID 1).
 */
enum nacl_error nacl_client_enable(const struct nacl_client *client, struct nacl_client_hart *hart,
				   void *memory, uint64_t phys);

/*
 * Takes the area of the calling hart back, before the hart stops or suspends. It first synchronizes
 * the dirty CSRs and the pending fences in the area. Afterwards there is no area, even on error. On
 * error L0 may still write to the memory, so the memory must not be used for anything else.
 */
enum nacl_error nacl_client_disable(struct nacl_client_hart *hart);

/* Ends the use of NACL, after all harts are disabled. */
void nacl_client_exit(struct nacl_client *client);

/* Whether feature @id (NACL_FEAT_...) can be used on this hart. */
static inline bool nacl_client_has(const struct nacl_client_hart *hart, unsigned int id)
{
	return hart->features & 1u << id;
}

/* ---- CSRs in an area (SBI NACL, "Synchronize CSR") ---- */

/*
 * Whether the number of a CSR says read-only: bits [11:10] are both set. With the checks below, a
 * write of hgeip or vstopi does not compile.
 */
#define NACL_CSR_IS_READ_ONLY(csr) (((csr)&0xc00) == 0xc00)

/* 0 if @ok is true; a compile error if it is false or not an integer constant. */
#define NACL_REQUIRE(ok) (0 * sizeof(struct { int wrong_csr_number : (ok) ? 1 : -1; }))

/* Index of a CSR in the CSR space and in the dirty bitmap. @csr must be valid and constant. */
#define NACL_CSR_CONST_INDEX(csr) \
	((unsigned int)(NACL_CSR_INDEX(csr) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csr))))
#define NACL_CSR_WRITE_INDEX(csr)             \
	((unsigned int)(NACL_CSR_INDEX(csr) + \
			NACL_REQUIRE(NACL_CSR_IS_HEXT(csr) && !NACL_CSR_IS_READ_ONLY(csr))))

/* Offset of a CSR's word from the start of the area in bytes, for assembly as well. */
#define NACL_CSR_WORD_OFFSET(csr) (NACL_CSR_OFFSET + NACL_CSR_INDEX(csr) * NACL_WORD_SIZE)

/* Positions in an area, in words. */
#define NACL_WORD_OF_SRET(i)	 (NACL_SRET_OFFSET / NACL_WORD_SIZE + (i))
#define NACL_WORD_OF_AUTOSWAP(i) (NACL_AUTOSWAP_OFFSET / NACL_WORD_SIZE + (i))
#define NACL_WORD_OF_HFENCE(e, i) \
	(NACL_HFENCE_OFFSET / NACL_WORD_SIZE + (e)*NACL_HFENCE_WORDS + (i))
#define NACL_WORD_OF_DIRTY(index) (NACL_DIRTY_OFFSET / NACL_WORD_SIZE + (index) / NACL_XLEN)
#define NACL_WORD_OF_CSR(index)	  (NACL_CSR_OFFSET / NACL_WORD_SIZE + (index))
#define NACL_BIT_OF_DIRTY(index)  ((nacl_word)1 << ((index) % NACL_XLEN))

static inline nacl_word nacl_csr_read_index(const volatile nacl_word *shmem, unsigned int index)
{
	return nacl_mem_load(&shmem[NACL_WORD_OF_CSR(index)]);
}

/* L0 clears the dirty bit before it loads the value, so it misses no value: the bit is set last. */
static inline void nacl_csr_write_index(volatile nacl_word *shmem, unsigned int index,
					nacl_word value)
{
	nacl_mem_store(&shmem[NACL_WORD_OF_CSR(index)], value);
	nacl_mem_set_bits(&shmem[NACL_WORD_OF_DIRTY(index)], NACL_BIT_OF_DIRTY(index));
}

static inline nacl_word nacl_csr_swap_index(volatile nacl_word *shmem, unsigned int index,
					    nacl_word value)
{
	nacl_word old = nacl_csr_read_index(shmem, index);

	nacl_csr_write_index(shmem, index, value);
	return old;
}

/* Sets the value to (old & ~@clear) | @set. Returns the old value. */
static inline nacl_word nacl_csr_update_index(volatile nacl_word *shmem, unsigned int index,
					      nacl_word clear, nacl_word set)
{
	nacl_word old = nacl_csr_read_index(shmem, index);

	nacl_csr_write_index(shmem, index, (old & ~clear) | set);
	return old;
}

/*
 * CSRs of the area @shmem. @csr is a constant, 0x000 to 0xfff with bits [9:8] = 0b10. Reads need an
 * area; the other accesses also need SYNC_CSR.
 *
 * A read returns the value that L0 has stored last or that L1 has written last. Until the next
 * synchronization, the CSR's WARL rules have not been applied to a written value, and CSRs that
 * depend on the written one (hip on hvip) have their old values. The specification does not protect
 * a write against a new value that L0 stores at the same time: write hvip, not hip or vsip, which
 * change by themselves.
 */
#define nacl_csr_read(shmem, csr) nacl_csr_read_index(shmem, NACL_CSR_CONST_INDEX(csr))
#define nacl_csr_write(shmem, csr, value) \
	nacl_csr_write_index(shmem, NACL_CSR_WRITE_INDEX(csr), value)
/* These return the old value. */
#define nacl_csr_swap(shmem, csr, value) \
	nacl_csr_swap_index(shmem, NACL_CSR_WRITE_INDEX(csr), value)
#define nacl_csr_set(shmem, csr, bits) \
	nacl_csr_update_index(shmem, NACL_CSR_WRITE_INDEX(csr), 0, bits)
#define nacl_csr_clear(shmem, csr, bits) \
	nacl_csr_update_index(shmem, NACL_CSR_WRITE_INDEX(csr), bits, 0)

/*
 * For a user that writes many CSRs: nacl_csr_put() stores @value alone, and nacl_csr_mark() then
 * sets several dirty bits at once: @bits in word @word of the dirty bitmap. Until then L0 does not
 * know of the value. NACL_MARK_BIT() is the bit of @csr if it is in word @word, else 0.
 */
#define nacl_csr_put(shmem, csr, value) \
	nacl_mem_store(&(shmem)[NACL_WORD_OF_CSR(NACL_CSR_WRITE_INDEX(csr))], value)
#define NACL_MARK_BIT(csr, word)                                \
	(NACL_CSR_WRITE_INDEX(csr) / NACL_XLEN == (word)        \
		 ? NACL_BIT_OF_DIRTY(NACL_CSR_WRITE_INDEX(csr)) \
		 : 0)
static inline void nacl_csr_mark(volatile nacl_word *shmem, unsigned int word, nacl_word bits)
{
	if (bits)
		nacl_mem_set_bits(&shmem[NACL_WORD_OF_DIRTY(word * NACL_XLEN)], bits);
}

/* 64-bit registers. On RV32 their high half is CSR @csrh; on RV64 there is no @csrh. */
#if NACL_XLEN == 32
#define nacl_csr_read64(shmem, csr, csrh) \
	((uint64_t)nacl_csr_read(shmem, csrh) << 32 | nacl_csr_read(shmem, csr))
#define nacl_csr_write64(shmem, csr, csrh, value)                            \
	do {                                                                 \
		uint64_t nacl_value_ = (value);                              \
		nacl_csr_write(shmem, csr, (nacl_word)nacl_value_);          \
		nacl_csr_write(shmem, csrh, (nacl_word)(nacl_value_ >> 32)); \
	} while (0)
#else
#define nacl_csr_read64(shmem, csr, csrh) \
	(nacl_csr_read(shmem, csr) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csrh)))
#define nacl_csr_write64(shmem, csr, csrh, value) \
	nacl_csr_write(shmem, csr, (value) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csrh)))
#endif

/*
 * SBI NACL, FID 2: L0 consumes the value of CSR @csr and stores its current value;
 * nacl_csr_sync_all does this for all dirty CSRs. On error, the hook has written the CSRs that were
 * dirty, and the words may be out of date: read the CSR by its instruction.
 */
#define nacl_csr_sync(hart, csr) \
	nacl_client_sync_csr(hart, (csr) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csr)))
#define nacl_csr_sync_all(hart) nacl_client_sync_csr(hart, NACL_ALL_ONES)
enum nacl_error nacl_client_sync_csr(struct nacl_client_hart *hart, nacl_word csr);

/* The word at byte @offset of the scratch space. @offset is 0 to 0xfff and aligned to a word. */
static inline nacl_word nacl_scratch_read(const volatile nacl_word *shmem, unsigned int offset)
{
	return nacl_mem_load(&shmem[offset / NACL_WORD_SIZE]);
}

static inline void nacl_scratch_write(volatile nacl_word *shmem, unsigned int offset,
				      nacl_word value)
{
	nacl_mem_store(&shmem[offset / NACL_WORD_SIZE], value);
}

/* ---- fences (SBI NACL, "Synchronize HFENCE") ---- */

static inline struct nacl_client_hfence nacl_hfence_gvma(uint64_t addr, uint64_t size,
							 unsigned int order)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_GVMA, order, 0, 0, addr, size };
}

static inline struct nacl_client_hfence nacl_hfence_gvma_all(void)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_GVMA_ALL, 0, 0, 0, 0, 0 };
}

static inline struct nacl_client_hfence nacl_hfence_gvma_vmid(uint32_t vmid, uint64_t addr,
							      uint64_t size, unsigned int order)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_GVMA_VMID, order, vmid, 0, addr, size };
}

static inline struct nacl_client_hfence nacl_hfence_gvma_vmid_all(uint32_t vmid)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_GVMA_VMID_ALL, 0, vmid, 0, 0, 0 };
}

static inline struct nacl_client_hfence nacl_hfence_vvma(uint32_t vmid, uint64_t addr,
							 uint64_t size, unsigned int order)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_VVMA, order, vmid, 0, addr, size };
}

static inline struct nacl_client_hfence nacl_hfence_vvma_all(uint32_t vmid)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_VVMA_ALL, 0, vmid, 0, 0, 0 };
}

static inline struct nacl_client_hfence nacl_hfence_vvma_asid(uint32_t vmid, uint32_t asid,
							      uint64_t addr, uint64_t size,
							      unsigned int order)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_VVMA_ASID, order, vmid, asid, addr, size };
}

static inline struct nacl_client_hfence nacl_hfence_vvma_asid_all(uint32_t vmid, uint32_t asid)
{
	return (struct nacl_client_hfence){ NACL_HFENCE_VVMA_ASID_ALL, 0, vmid, asid, 0, 0 };
}

/*
 * Queues or executes @fence. A queued fence takes effect at the next nacl_client_flush() or
 * sync_sret, or earlier. One entry holds nearly every range; a fence whose range does not fit
 * becomes the _ALL type. The hook executes the fence at once if it cannot be queued: without area
 * or SYNC_HFENCE, if all entries stay pending although L0 was asked to process them, or if the VMID
 * does not fit.
 */
void nacl_client_hfence(struct nacl_client_hart *hart, const struct nacl_client_hfence *fence);

/*
 * Makes all CSR writes and then all fences in the area take effect. The user calls this before an
 * SRET that enters the guest, because SRET, unlike sync_sret, consumes nothing from the area. It
 * does not fail: the hooks do the CSR writes and fences that L0 does not consume.
 */
void nacl_client_flush(struct nacl_client_hart *hart);

/*
 * The user calls this before sync_sret. Without SYNC_CSR or SYNC_HFENCE, sync_sret does not consume
 * the CSRs or the fences (SBI NACL, "Synchronize SRET"): then these take effect here.
 */
void nacl_client_settle(struct nacl_client_hart *hart);

/* ---- entering the guest (SBI NACL, "Synchronize SRET", "Autoswap CSR") ---- */

/*
 * How L1 enters the guest, and where the guest's hstatus goes. The user does these steps in
 * order.
 */
enum nacl_entry {
	NACL_ENTRY_SRET,     /* hstatus by its accessor, nacl_client_flush(), GPRs, SRET */
	NACL_ENTRY_CSR,	     /* nacl_sret_gprs(), hstatus by its accessor, settle, sync_sret */
	NACL_ENTRY_AUTOSWAP, /* nacl_sret_gprs(), nacl_sret_autoswap(), settle, sync_sret */
};

/* The fastest kind of entry that @features (of a hart, or of all harts) allow. */
static inline enum nacl_entry nacl_client_entry(unsigned int features)
{
	if (!(features & 1u << NACL_FEAT_SYNC_SRET))
		return NACL_ENTRY_SRET;
	return features & 1u << NACL_FEAT_AUTOSWAP_CSR ? NACL_ENTRY_AUTOSWAP : NACL_ENTRY_CSR;
}

/* Stores the guest's x1 to x31, which are @gpr[1] to @gpr[31]. */
static inline void nacl_sret_gprs(volatile nacl_word *shmem, const nacl_word gpr[NACL_SRET_GPRS])
{
	for (unsigned int i = 1; i < NACL_SRET_GPRS; i++)
		nacl_mem_store(&shmem[NACL_WORD_OF_SRET(i)], gpr[i]);
}

/*
 * Stores the guest's hstatus in the autoswap slot. L0 swaps it with L1's at the entry and the
 * exit.
 */
static inline void nacl_sret_autoswap(volatile nacl_word *shmem, nacl_word hstatus)
{
	nacl_mem_store(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_HSTATUS)], hstatus);
	nacl_mem_release();
	nacl_mem_store(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_FLAGS)],
		       NACL_AUTOSWAP_FLAG_HSTATUS);
}

/* After the exit of a guest that was entered with autoswap: the guest's hstatus. */
static inline nacl_word nacl_sret_autoswapped(const volatile nacl_word *shmem)
{
	return nacl_mem_load(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_HSTATUS)]);
}

/*
 * Settles, and then calls SBI NACL, FID 4, by nacl_hook_call(). When the guest exits, the hook
 * returns elsewhere. This function returns only on error, with the error of
 * nacl_client_sret_refused().
 */
enum nacl_error nacl_client_sync_sret(struct nacl_client_hart *hart);

/*
 * The user's assembly often does the call itself. If the call returns, with any a0, call this.
 * Afterwards the hart does not use sync_sret, no CSR is swapped, and the area has been flushed.
 * Enter the guest by SRET, with hstatus and GPRs as for NACL_ENTRY_SRET. Returns the error.
 */
enum nacl_error nacl_client_sret_refused(struct nacl_client_hart *hart, nacl_word error);

#endif
