/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a program tells the counting plugin where a measurement begins and ends: HINT instructions (LUI with rd = x0), which do
 * nothing in any mode and never trap. The high 12 bits of the immediate are BENCH_MARKER_MAGIC, the low 8 say what.
 *   select: a0 = address of a name (a string), a1 = rounds; for all begins that follow
 *   begin, end: between them is one run
 *   since reset: a0 as above; what was executed since the machine's start
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#define BENCH_MARKER_MAGIC  0xbe4
#define BENCH_MARKER_SELECT 1
#define BENCH_MARKER_BEGIN  2
#define BENCH_MARKER_END    3
#define BENCH_MARKER_RESET  4

#define BENCH_NAME_MAX 32 /* with its end; it must not cross a page */

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
