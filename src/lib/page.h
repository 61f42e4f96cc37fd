/* SPDX-License-Identifier: BSD-2-Clause */
/* The page of all translation schemes (priv "Sv39: Page-Based 39-bit Virtual-Memory System"). */
#ifndef LIB_PAGE_H
#define LIB_PAGE_H

#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)

#endif
