/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the registers of a PLIC are (PLIC 1.0, chapter "Memory Map"). */
#ifndef HV_PLIC_MAP_H
#define HV_PLIC_MAP_H

#include <stdint.h>

#define PLIC_PENDING_BASE   UINT64_C(0x1000)
#define PLIC_ENABLE_BASE    UINT64_C(0x2000)
#define PLIC_ENABLE_STRIDE  UINT64_C(0x80)
#define PLIC_ENABLE_END	    UINT64_C(0x1f2000) /* 15,872 contexts */
#define PLIC_CONTEXT_BASE   UINT64_C(0x200000)
#define PLIC_CONTEXT_STRIDE UINT64_C(0x1000)
#define PLIC_CONTEXT_END    UINT64_C(0x4000000)
#define PLIC_THRESHOLD	    0
#define PLIC_CLAIM	    4 /* a load claims, a store completes */

#endif
