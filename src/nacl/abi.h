/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI Nested Acceleration (NACL): the numbers, the layout of the shared memory, and the type of its
 * words. Both sides use this file: host.[ch] (L0) and client.[ch] (L1).
 *
 * Invariant: this file has only what the specification says, no state and no policy. The layout
 * depends on NACL_XLEN alone. Words are little-endian on every host.
 *
 * Specification: RISC-V SBI 2.0 and later, chapter "Nested Acceleration Extension" (cited as
 * "SBI NACL").
 */
#ifndef NACL_ABI_H
#define NACL_ABI_H

/* XLEN of the harts that share the memory. The default for a host that is not RISC-V is 64. */
#ifndef NACL_XLEN
#ifdef __riscv_xlen
#define NACL_XLEN __riscv_xlen
#else
#define NACL_XLEN 64
#endif
#endif

#if NACL_XLEN != 32 && NACL_XLEN != 64
#error "NACL_XLEN must be 32 or 64"
#endif

#define NACL_WORD_SIZE (NACL_XLEN / 8)

#define NACL_EID 0x4E41434C /* "NACL" */

#define NACL_FID_PROBE_FEATURE 0
#define NACL_FID_SET_SHMEM     1
#define NACL_FID_SYNC_CSR      2
#define NACL_FID_SYNC_HFENCE   3
#define NACL_FID_SYNC_SRET     4

/* Feature ids; bit n of a feature mask stands for feature n. */
#define NACL_FEAT_SYNC_CSR     0
#define NACL_FEAT_SYNC_HFENCE  1
#define NACL_FEAT_SYNC_SRET    2
#define NACL_FEAT_AUTOSWAP_CSR 3
#define NACL_FEAT_COUNT	       4
#define NACL_FEAT_ALL	       ((1 << NACL_FEAT_COUNT) - 1)

/* The shared memory: offsets and sizes in bytes. */
#define NACL_SHMEM_ALIGN  0x1000
#define NACL_SCRATCH_SIZE 0x1000
#define NACL_CSR_COUNT	  1024
#define NACL_SHMEM_SIZE	  (NACL_SCRATCH_SIZE + NACL_CSR_COUNT * NACL_WORD_SIZE)

#define NACL_SRET_OFFSET     0x000 /* word i: value for GPR xi */
#define NACL_SRET_SIZE	     0x200
#define NACL_SRET_GPRS	     32
#define NACL_AUTOSWAP_OFFSET 0x200 /* word 0: flags; word 1: hstatus */
#define NACL_AUTOSWAP_SIZE   0x080
#define NACL_HFENCE_OFFSET   0x800
#define NACL_HFENCE_SIZE     0x780
#define NACL_DIRTY_OFFSET    0xF80 /* bit i of byte b: CSR index 8 * b + i */
#define NACL_DIRTY_SIZE	     0x080
#define NACL_CSR_OFFSET	     0x1000 /* word i: the CSR with index i */

#define NACL_DIRTY_WORDS (NACL_DIRTY_SIZE / NACL_WORD_SIZE)

/* Autoswap context: words and bits of the flags. */
#define NACL_AUTOSWAP_FLAGS	   0
#define NACL_AUTOSWAP_HSTATUS	   1
#define NACL_AUTOSWAP_FLAG_HSTATUS 0x1

/* Words of an HFENCE entry. */
#define NACL_HFENCE_CONFIG	0
#define NACL_HFENCE_PAGE_NUMBER 1
#define NACL_HFENCE_RESERVED	2
#define NACL_HFENCE_PAGE_COUNT	3
#define NACL_HFENCE_WORDS	4
#define NACL_HFENCE_COUNT	(NACL_HFENCE_SIZE / (NACL_HFENCE_WORDS * NACL_WORD_SIZE))

/* Fields of the Config word: position and width in bits. All other bits are reserved. */
#define NACL_HFENCE_PENDING_BIT (NACL_XLEN - 1)
#define NACL_HFENCE_TYPE_SHIFT	(NACL_XLEN - 8)
#define NACL_HFENCE_TYPE_BITS	4
#define NACL_HFENCE_ORDER_SHIFT (NACL_XLEN - 16)
#define NACL_HFENCE_ORDER_BITS	7
#define NACL_HFENCE_ORDER_BASE	12 /* page size is 1 << (Order + 12) bytes */
#if NACL_XLEN == 32
#define NACL_HFENCE_VMID_SHIFT 9
#define NACL_HFENCE_VMID_BITS  7
#define NACL_HFENCE_ASID_BITS  9
#else
#define NACL_HFENCE_VMID_SHIFT 16
#define NACL_HFENCE_VMID_BITS  14
#define NACL_HFENCE_ASID_BITS  16
#endif
#define NACL_HFENCE_ASID_SHIFT 0

/*
 * The CSR space has a word for each CSR number with bits [9:8] = 0b10. @csr must be such a number.
 * The index is 0 to 1023.
 */
#define NACL_CSR_IS_HEXT(csr)  (((csr)&0x300) == 0x200 && (csr) < 0x1000)
#define NACL_CSR_INDEX(csr)    ((((csr)&0xc00) >> 2) | ((csr)&0xff))
#define NACL_CSR_NUMBER(index) ((((index)&0x300) << 2) | 0x200 | ((index)&0xff))

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A register, an argument of a call, or a word of the shared memory. */
#if NACL_XLEN == 32
typedef uint32_t nacl_word;
#else
typedef uint64_t nacl_word;
#endif

#define NACL_ALL_ONES ((nacl_word)-1)

/* Results of the calls, with the values of SBI errors ("SBI Binary Encoding"). */
enum nacl_error {
	NACL_SUCCESS = 0,
	NACL_ERR_FAILED = -1,
	NACL_ERR_NOT_SUPPORTED = -2,
	NACL_ERR_INVALID_PARAM = -3,
	NACL_ERR_INVALID_ADDRESS = -5,
	NACL_ERR_NO_SHMEM = -9,
};

/*
 * Types of an HFENCE entry. The entry of a VVMA type has a VMID; that of an ASID type also an
 * ASID.
 */
enum nacl_hfence_type {
	NACL_HFENCE_GVMA = 0, /* a range of guest physical addresses, every VMID */
	NACL_HFENCE_GVMA_ALL = 1,
	NACL_HFENCE_GVMA_VMID = 2, /* a range of guest physical addresses */
	NACL_HFENCE_GVMA_VMID_ALL = 3,
	NACL_HFENCE_VVMA = 4, /* a range of guest virtual addresses, every ASID */
	NACL_HFENCE_VVMA_ALL = 5,
	NACL_HFENCE_VVMA_ASID = 6, /* a range of guest virtual addresses */
	NACL_HFENCE_VVMA_ASID_ALL = 7,
	/* Not in the specification and never in the memory: both stages, all VMIDs, all ASIDs. */
	NACL_HFENCE_EVERYTHING = 16,
};

/* Converts a word of the shared memory to a number, and a number to a word. */
static inline nacl_word nacl_le(nacl_word w)
{
#if defined(NACL_SIMULATE_BIG_ENDIAN) || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#if NACL_XLEN == 32
	return __builtin_bswap32(w);
#else
	return __builtin_bswap64(w);
#endif
#else
	return w;
#endif
}

#endif /* __ASSEMBLER__ */
#endif
