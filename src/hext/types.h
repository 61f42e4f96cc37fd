/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces of the virtual H extension, outermost guest first:
 *
 *   gva_t  a virtual address of L2, or of L1 where L1's own code is meant
 *   gpa_t  a guest physical address of L2: input of L1's G-stage (hgatp)
 *   pa_t   what L1 takes for physical memory: output of L1's G-stage, input of the domain's
 *   hpa_t  a physical address of the machine
 *
 * pa_t and hpa_t are structures, so that the compiler refuses to mix them.
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
