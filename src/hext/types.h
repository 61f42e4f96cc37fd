/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces of the virtual H extension, from the innermost guest to the machine:
 *
 *   gva_t  a virtual address of L2, or of L1 where code of L1 runs
 *   gpa_t  a guest physical address of L2: the input of L1's G-stage (hgatp)
 *   pa_t   an address in L1's physical memory: the output of L1's G-stage, and the input of the
 *          domain's G-stage
 *   hpa_t  a host physical address
 *
 * pa_t and hpa_t are structures, so that the compiler refuses code that mixes them.
 */
#ifndef HEXT_TYPES_H
#define HEXT_TYPES_H

#include <stdint.h>

typedef uint64_t gva_t;
typedef uint64_t gpa_t;
typedef struct {
	uint64_t addr;
} pa_t;
typedef struct {
	uint64_t addr;
} hpa_t;

static inline pa_t pa(uint64_t addr)
{
	return (pa_t){ addr };
}

static inline hpa_t hpa(uint64_t addr)
{
	return (hpa_t){ addr };
}

#endif
