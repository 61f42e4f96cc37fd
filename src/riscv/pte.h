/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-table entries of RV64, the same in all stages, and the widths of the G-stage modes.
 *
 * Specification: RISC-V privileged architecture, "Sv39: Page-Based 39-bit Virtual-Memory System"
 * and "Guest Physical Address Translation".
 */
#ifndef RISCV_PTE_H
#define RISCV_PTE_H

#include <stdint.h>

#define PTE_V	UINT64_C(0x01)
#define PTE_R	UINT64_C(0x02)
#define PTE_W	UINT64_C(0x04)
#define PTE_X	UINT64_C(0x08)
#define PTE_U	UINT64_C(0x10)
#define PTE_A	UINT64_C(0x40)
#define PTE_D	UINT64_C(0x80)
#define PTE_RWX (PTE_R | PTE_W | PTE_X)

#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK  UINT64_C(0x003ffffffffffc00)

#define PAGE_SHIFT     12
#define PAGE_SIZE      (UINT64_C(1) << PAGE_SHIFT)
#define PTE_INDEX_BITS 9
#define PTES_PER_PAGE  (1u << PTE_INDEX_BITS)

/* The root of a G-stage is four pages, aligned to its size: 11 index bits. */
#define GSTAGE_ROOT_PAGES 4
#define GSTAGE_ROOT_SIZE  (GSTAGE_ROOT_PAGES * PAGE_SIZE)
#define GSTAGE_ROOT_BITS  (PTE_INDEX_BITS + 2)

/* Bytes that an entry of @level (0: lowest) spans. */
static inline uint64_t pte_span(unsigned int level)
{
	return PAGE_SIZE << (PTE_INDEX_BITS * level);
}

static inline uint64_t pte_addr(uint64_t pte)
{
	return (pte & PTE_PPN_MASK) << (PAGE_SHIFT - PTE_PPN_SHIFT);
}

static inline uint64_t pte_make(uint64_t addr, uint64_t flags)
{
	return addr >> PAGE_SHIFT << PTE_PPN_SHIFT | flags;
}

#endif
