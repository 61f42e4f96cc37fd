/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks by which a program tells the counting plugin where a measurement begins and ends. A mark is
 * a HINT instruction (LUI with rd = x0), which does nothing in any mode and never traps. The high
 * 12 bits of its immediate are BENCH_MARKER_MAGIC, the low 8 bits are the kind of mark:
 *   SELECT      a0 = address of a name (a string), a1 = rounds; for all runs that follow
 *   BEGIN, END  the begin and the end of a run
 *   RESET       a0, a1 as for SELECT; a run from the machine's reset until now
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#define BENCH_MARKER_MAGIC  0xbe4
#define BENCH_MARKER_SELECT 1
#define BENCH_MARKER_BEGIN  2
#define BENCH_MARKER_END    3
#define BENCH_MARKER_RESET  4

#define BENCH_NAME_MAX 32 /* with the terminating zero; a name must not cross a page */

#define BENCH_MARKER_IMM(what) (BENCH_MARKER_MAGIC << 8 | (what))

#ifdef __ASSEMBLER__

	.macro bench_marker what
	lui x0, BENCH_MARKER_IMM(\what)
	.endm

#else

#define BENCH_MARKER(what) \
	__asm__ volatile("lui x0, %0" : : "i"(BENCH_MARKER_IMM(BENCH_MARKER_##what)) : "memory")

static inline __attribute__((always_inline)) void
bench_marker_named(const char *name, unsigned long rounds, int since_reset)
{
	register const char *a0 __asm__("a0") = name;
	register unsigned long a1 __asm__("a1") = rounds;

	if (since_reset)
		__asm__ volatile("lui x0, %0"
				 :
				 : "i"(BENCH_MARKER_IMM(BENCH_MARKER_RESET)), "r"(a0), "r"(a1)
				 : "memory");
	else
		__asm__ volatile("lui x0, %0"
				 :
				 : "i"(BENCH_MARKER_IMM(BENCH_MARKER_SELECT)), "r"(a0), "r"(a1)
				 : "memory");
}

#endif

#endif
