/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries of RV64, and the shape of the tables: Sv39, Sv48, Sv57 and their x4 variants
 * (priv "Sv39", "Svpbmt", "Svnapot", "Guest Physical Address Translation").
 */
#ifndef HEXT_PTE_H
#define HEXT_PTE_H

#include <stdbool.h>

#include "hext/bits.h"
#include "lib/page.h"

#define PTE_V	       BIT64(0)
#define PTE_R	       BIT64(1)
#define PTE_W	       BIT64(2)
#define PTE_X	       BIT64(3)
#define PTE_RWX	       (PTE_R | PTE_W | PTE_X)
#define PTE_U	       BIT64(4)
#define PTE_G	       BIT64(5)
#define PTE_A	       BIT64(6)
#define PTE_D	       BIT64(7)
#define PTE_RSW	       MASK64(9, 8)
#define PTE_RSW_SHIFT  8
#define PTE_PPN	       MASK64(53, 10)
#define PTE_PPN_SHIFT  10
#define PTE_RESERVED   MASK64(60, 54)
#define PTE_PBMT       MASK64(62, 61)
#define PTE_PBMT_SHIFT 61
#define PTE_N	       BIT64(63)

/* Svnapot has one size, 2^4 pages. These bits of the PPN encode it. */
#define PTE_NAPOT_ORDER 4
#define PTE_NAPOT_PPN	MASK64(3, 0)
#define PTE_NAPOT_64K	BIT64(3)

#define PTE_INDEX_BITS 9
#define PTES_PER_PAGE  (1u << PTE_INDEX_BITS)

/* The root of a G-stage is four pages, aligned to its size, with 11 index bits. */
#define GSTAGE_ROOT_PAGES 4
#define GSTAGE_ROOT_SIZE  (GSTAGE_ROOT_PAGES * PAGE_SIZE)
#define GSTAGE_ROOT_BITS  (PTE_INDEX_BITS + 2)
#define GSTAGE_ROOT_PTES  (1u << GSTAGE_ROOT_BITS)

/* The number of bytes that an entry of @level covers, as a shift; level 0 is the lowest. */
static inline unsigned int pte_span_shift(unsigned int level)
{
	return PAGE_SHIFT + PTE_INDEX_BITS * level;
}

static inline uint64_t pte_span(unsigned int level)
{
	return BIT64(pte_span_shift(level));
}

/* The address that @pte holds. */
static inline uint64_t pte_addr(uint64_t pte)
{
	return (pte & PTE_PPN) >> PTE_PPN_SHIFT << PAGE_SHIFT;
}

static inline uint64_t pte_make(uint64_t addr, uint64_t flags)
{
	return addr >> PAGE_SHIFT << PTE_PPN_SHIFT | flags;
}

/* Entries of tables that Halite writes. walk.c checks the entries that a guest writes. */
static inline bool pte_is_leaf(uint64_t pte)
{
	return pte & PTE_RWX;
}

static inline bool pte_is_pointer(uint64_t pte)
{
	return (pte & PTE_V) && !pte_is_leaf(pte);
}

/* Bits that are 0 in a pointer: R, W, X, and reserved bits, to which D, A, U, N and PBMT belong. */
#define PTE_NOT_OF_POINTERS (PTE_RWX | PTE_D | PTE_A | PTE_U | PTE_RESERVED | PTE_N | PTE_PBMT)

/*
 * Whether @pte of a guest is a valid pointer to the next table (steps 3 and 4 of the translation
 * process, Svpbmt, Svnapot).
 */
static inline bool pte_is_valid_pointer(uint64_t pte)
{
	return (pte & (PTE_V | PTE_NOT_OF_POINTERS)) == PTE_V;
}

#endif
