/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page table entries of Sv39, Sv48, Sv57 and their x4 variants (priv "Sv39", "Svpbmt", "Svnapot").
 */
#ifndef HEXT_PTE_H
#define HEXT_PTE_H

#include "hext/bits.h"
#include "lib/page.h"

#define PTE_V	       BIT64(0)
#define PTE_R	       BIT64(1)
#define PTE_W	       BIT64(2)
#define PTE_X	       BIT64(3)
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

#endif
