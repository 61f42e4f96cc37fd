/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers for Halite's own page tables and the domain's G-stage, in the format of hext/pte.h, and
 * the widths of the G-stage modes.
 *
 * Specification: RISC-V privileged architecture, "Sv39: Page-Based 39-bit Virtual-Memory System"
 * and "Guest Physical Address Translation".
 */
#ifndef RISCV_PTE_H
#define RISCV_PTE_H

#include "hext/pte.h"

#define PTE_RWX (PTE_R | PTE_W | PTE_X)

#define PTE_INDEX_BITS 9
#define PTES_PER_PAGE  (1u << PTE_INDEX_BITS)

/* The root of a G-stage is four pages, aligned to its size, with 11 index bits. */
#define GSTAGE_ROOT_PAGES 4
#define GSTAGE_ROOT_SIZE  (GSTAGE_ROOT_PAGES * PAGE_SIZE)
#define GSTAGE_ROOT_BITS  (PTE_INDEX_BITS + 2)

/* The bytes that an entry of @level covers; level 0 is the lowest. */
static inline uint64_t pte_span(unsigned int level)
{
	return PAGE_SIZE << (PTE_INDEX_BITS * level);
}

static inline uint64_t pte_addr(uint64_t pte)
{
	return (pte & PTE_PPN) << (PAGE_SHIFT - PTE_PPN_SHIFT);
}

static inline uint64_t pte_make(uint64_t addr, uint64_t flags)
{
	return addr >> PAGE_SHIFT << PTE_PPN_SHIFT | flags;
}

#endif
