/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The L1 half of SBI Nested Acceleration: what a hypervisor that is itself a guest does with the
 * memory that it shares with the hypervisor below it (L0). It owns the protocol: who stores what in
 * which order, and what to do when L0 refuses. Instructions and firmware calls belong to the user
 * and are reached through three hooks; so does the choice, at each place, between the area and the
 * CSR instruction. It allocates nothing. One struct nacl_client for all, one struct
 * nacl_client_hart and one area per hart.
 *
 * Invariant: a CSR write and a fence that were handed to this library are either taken in by L0 or
 * given to the hooks before the guest is entered, whatever L0 answers to the calls. No fence is
 * dropped, narrowed or torn. (What L0 does in a sync_sret that it accepts, nobody can check.)
 *
 * A hart uses only its own area, and not twice at a time: an interrupt handler that uses the area
 * must not interrupt code that does. L0 may read, and clear bits, at any moment and from elsewhere.
 *
 * Specification: "SBI NACL" is the chapter "Nested Acceleration Extension" of RISC-V SBI 2.0.
 */
#ifndef NACL_CLIENT_H
#define NACL_CLIENT_H

#include "nacl/abi.h"

/* What a firmware call left in a0 and a1; @error is 0 for success. */
struct nacl_ret {
	nacl_word error;
	nacl_word value;
};

/*
 * One fence. @addr and @size are in bytes and count for the range types (GVMA, GVMA_VMID, VVMA,
 * VVMA_ASID) only; they need no alignment, and @size 0 means one page. @order: the translations in
 * the range are of pages of 1 << (order + 12) bytes, or larger; 0 if this is not known.
 */
struct nacl_client_hfence {
	enum nacl_hfence_type type;
	unsigned int order;
	uint32_t vmid;
	uint32_t asid;
	uint64_t addr;
	uint64_t size;
};

/* What is below, the same for all harts. */
struct nacl_client {
	bool available;
	unsigned int features; /* bit n: NACL_FEAT_n */
};

/*
 * One hart. All zero before the first nacl_client_enable(). @shmem can become NULL and @features
 * fewer in any function that takes the hart and calls L0: look again after it.
 */
struct nacl_client_hart {
	volatile nacl_word *shmem; /* the area in force, or NULL: use instructions */
	unsigned int features;	   /* what L0 has not refused here; 0 without an area */
	unsigned int next;	   /* private: the HFENCE entry to look at first */
	bool queued;		   /* private: entries were filled since the last flush */
};

/*
 * The hooks. With NACL_CLIENT_HOOKS set to the name of a header ('"my/hooks.h"'), that header
 * defines them as static inline functions; it may use all that stands above. Otherwise they are
 * functions of the user's.
 */
#ifdef NACL_CLIENT_HOOKS
#include NACL_CLIENT_HOOKS
#else
/* ECALL with a7 = @eid, a6 = @fid, a0 to a2; the answer as it is. */
struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2);
/*
 * Execute HFENCE instructions on this hart. @fence is of the eight types, @size of a range is not 0
 * and @addr + @size - 1 may be anything. HFENCE.VVMA acts on the VMID in hgatp: the hook puts
 * fence->vmid there for that time.
 */
void nacl_hook_hfence(const struct nacl_client_hfence *fence);
/*
 * Execute the CSR instruction that writes @csr, an H-extension CSR that is not read-only by its
 * number. Called only for CSRs that were written to the area; nothing for one that is not known.
 */
void nacl_hook_csr_write(unsigned int csr, nacl_word value);
#endif

/*
 * How the area is accessed. NACL_CLIENT_MEMORY is for tests that watch each access: they define
 * these functions themselves.
 */
#ifndef NACL_CLIENT_MEMORY
static inline nacl_word nacl_mem_load(const volatile nacl_word *word)
{
	return nacl_le(__atomic_load_n(word, __ATOMIC_RELAXED));
}

static inline void nacl_mem_store(volatile nacl_word *word, nacl_word value)
{
	__atomic_store_n(word, nacl_le(value), __ATOMIC_RELAXED);
}

/* All stores before it are seen before this one; L0 may clear other bits at the same time. */
static inline void nacl_mem_set_bits(volatile nacl_word *word, nacl_word bits)
{
	(void)__atomic_fetch_or(word, nacl_le(bits), __ATOMIC_RELEASE);
}

static inline void nacl_mem_clear_bits(volatile nacl_word *word, nacl_word bits)
{
	(void)__atomic_fetch_and(word, nacl_le(~bits), __ATOMIC_ACQ_REL);
}

/* Loads before it are done before loads and stores after it. */
static inline void nacl_mem_acquire(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

/* Loads and stores before it are done before stores after it. */
static inline void nacl_mem_release(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}
#endif

/* ---- life cycle ---- */

/*
 * Look for SBI 1.0 or later with the extension, and ask for its features. On the boot hart. False:
 * it is not there, which is no error; the functions below may still be called.
 */
bool nacl_client_init(struct nacl_client *client);

/*
 * Give L0 the area of the calling hart: @memory is NACL_SHMEM_SIZE bytes at physical address @phys,
 * page-aligned, the caller's to keep until nacl_client_disable() has succeeded. It is zeroed here.
 * Without the extension: success, and no area. A feature that L0 no longer has is left out of
 * @hart->features. Error, all undone: INVALID_PARAM (alignment), or what set_shmem returned (SBI
 * NACL, FID 1).
 */
enum nacl_error nacl_client_enable(const struct nacl_client *client, struct nacl_client_hart *hart,
				   void *memory, uint64_t phys);

/*
 * Take the area of the calling hart back, before it stops or is suspended: what waits there is
 * synchronized first. Afterwards there is no area, also on error; but on error L0 may still write
 * to the memory, which must not be used for anything else.
 */
enum nacl_error nacl_client_disable(struct nacl_client_hart *hart);

/* The end, once all harts are disabled. */
void nacl_client_exit(struct nacl_client *client);

/* Whether feature @id (NACL_FEAT_...) can be used on this hart. */
static inline bool nacl_client_has(const struct nacl_client_hart *hart, unsigned int id)
{
	return hart->features & 1u << id;
}

/* ---- CSRs in an area (SBI NACL, "Synchronize CSR") ---- */

/*
 * Read-only by its number: address bits [11:10] are both set. (Part of what the checks below say,
 * so that a write of hgeip or vstopi does not compile.)
 */
#define NACL_CSR_IS_READ_ONLY(csr) (((csr)&0xc00) == 0xc00)

/* 0 if @ok is true; a compile error if it is false, or not an integer constant. */
#define NACL_REQUIRE(ok) (0 * sizeof(struct { int wrong_csr_number : (ok) ? 1 : -1; }))

/* Index of a CSR in the CSR space and the dirty bitmap; @csr must be right and a constant. */
#define NACL_CSR_CONST_INDEX(csr) \
	((unsigned int)(NACL_CSR_INDEX(csr) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csr))))
#define NACL_CSR_WRITE_INDEX(csr)             \
	((unsigned int)(NACL_CSR_INDEX(csr) + \
			NACL_REQUIRE(NACL_CSR_IS_HEXT(csr) && !NACL_CSR_IS_READ_ONLY(csr))))

/* Offset of a CSR's word from the start of the area, in bytes, for assembly too. */
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

/* L0 clears the dirty bit, then loads the value: one that it can miss has its bit set after. */
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

/* New value: (old & ~@clear) | @set. Returns the old one. */
static inline nacl_word nacl_csr_update_index(volatile nacl_word *shmem, unsigned int index,
					      nacl_word clear, nacl_word set)
{
	nacl_word old = nacl_csr_read_index(shmem, index);

	nacl_csr_write_index(shmem, index, (old & ~clear) | set);
	return old;
}

/*
 * CSRs of the area @shmem. @csr: a constant, 0x000 to 0xfff with bits [9:8] = 0b10. Reading needs
 * an area, the others also SYNC_CSR.
 *
 * What is read is the CSR as L0 last stored it, or what was last written: until the next
 * synchronization a written word has not seen the CSR's WARL rules, and CSRs that depend on it (hip
 * on hvip) have their old value. The specification does not protect a write against L0 storing a
 * new value at the same moment: write hvip, not hip or vsip, which change by themselves.
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

/* 64-bit registers whose high half is CSR @csrh on RV32 and which have no @csrh on RV64. */
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
 * SBI NACL, FID 2: have CSR @csr (nacl_csr_sync_all: all that are dirty) taken in and its current
 * value stored. On error what was dirty has been written by the hook and the word may be stale:
 * read the CSR by its instruction.
 */
#define nacl_csr_sync(hart, csr) \
	nacl_client_sync_csr(hart, (csr) + NACL_REQUIRE(NACL_CSR_IS_HEXT(csr)))
#define nacl_csr_sync_all(hart) nacl_client_sync_csr(hart, NACL_ALL_ONES)
enum nacl_error nacl_client_sync_csr(struct nacl_client_hart *hart, nacl_word csr);

/* Word at byte @offset of the scratch space, 0 to 0xfff, aligned to a word. */
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
 * Queue @fence, or do it. Queued, it takes effect by the next nacl_client_flush() or sync_sret. One
 * entry holds any range; a range that no entry can hold becomes the _ALL type of it. Where queueing
 * is not possible (no area, no SYNC_HFENCE, all entries pending however often L0 is asked, a VMID
 * that does not fit), the fence is executed by the hook now.
 */
void nacl_client_hfence(struct nacl_client_hart *hart, const struct nacl_client_hfence *fence);

/*
 * Everything that waits in the area takes effect: CSRs, then fences. To be called before an SRET
 * that enters the guest, which unlike sync_sret takes nothing from the area. Does not fail: what L0
 * does not take is given to the hooks.
 */
void nacl_client_flush(struct nacl_client_hart *hart);

/*
 * Before sync_sret: what L0 does not take in with it, for lack of SYNC_CSR or SYNC_HFENCE, takes
 * effect now (SBI NACL, "Synchronize SRET").
 */
void nacl_client_settle(struct nacl_client_hart *hart);

/* ---- entering the guest (SBI NACL, "Synchronize SRET", "Autoswap CSR") ---- */

/* How the guest is entered and where its hstatus goes. */
enum nacl_entry {
	NACL_ENTRY_SRET,     /* hstatus by its accessor, nacl_client_flush(), GPRs, SRET */
	NACL_ENTRY_CSR,	     /* nacl_sret_gprs(), hstatus by its accessor, settle, sync_sret */
	NACL_ENTRY_AUTOSWAP, /* nacl_sret_gprs(), nacl_sret_autoswap(), settle, sync_sret */
};

/* The best way that @features (of a hart, or of all) allow. */
static inline enum nacl_entry nacl_client_entry(unsigned int features)
{
	if (!(features & 1u << NACL_FEAT_SYNC_SRET))
		return NACL_ENTRY_SRET;
	return features & 1u << NACL_FEAT_AUTOSWAP_CSR ? NACL_ENTRY_AUTOSWAP : NACL_ENTRY_CSR;
}

/* The guest's x1 to x31, from @gpr[1] to @gpr[31]. */
static inline void nacl_sret_gprs(volatile nacl_word *shmem, const nacl_word gpr[NACL_SRET_GPRS])
{
	for (unsigned int i = 1; i < NACL_SRET_GPRS; i++)
		nacl_mem_store(&shmem[NACL_WORD_OF_SRET(i)], gpr[i]);
}

/* The guest's hstatus into the slot; L0 swaps it with L1's at the entry, and at the exit again. */
static inline void nacl_sret_autoswap(volatile nacl_word *shmem, nacl_word hstatus)
{
	nacl_mem_store(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_HSTATUS)], hstatus);
	nacl_mem_release();
	nacl_mem_store(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_FLAGS)],
		       NACL_AUTOSWAP_FLAG_HSTATUS);
}

/* After the exit from a guest entered that way: its hstatus, as its trap left it. */
static inline nacl_word nacl_sret_autoswapped(const volatile nacl_word *shmem)
{
	return nacl_mem_load(&shmem[NACL_WORD_OF_AUTOSWAP(NACL_AUTOSWAP_HSTATUS)]);
}

/*
 * Settle, then SBI NACL, FID 4, by nacl_hook_call(), for which the guest's exit is a return
 * elsewhere. It comes back only on error, as from nacl_client_sret_refused().
 */
enum nacl_error nacl_client_sync_sret(struct nacl_client_hart *hart);

/*
 * The call itself most often is the user's assembly. When it returned, whatever a0 it returned: the
 * hart no longer uses sync_sret, nothing is swapped, and what waited has been flushed. The caller
 * enters by SRET, with hstatus and GPRs as NACL_ENTRY_SRET says. Returns the error.
 */
enum nacl_error nacl_client_sret_refused(struct nacl_client_hart *hart, nacl_word error);

#endif
