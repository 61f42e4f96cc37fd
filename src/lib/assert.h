/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * assert(): a condition that only a bug of the code around it can break. Never one that a guest, a
 * device tree or firmware can break: these get an exception, an SBI error or a message.
 *
 * In a program with a C library it is the assert() of that library, which aborts. In a freestanding
 * program (-ffreestanding) the program supplies assert_failed(), and src/lib, src/hext and
 * src/riscv need nothing else for it.
 */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

#if __STDC_HOSTED__
#include <assert.h>
#else

/* Ends the program, with a message that has all three. */
_Noreturn void assert_failed(const char *file, int line, const char *expression);

#define assert(expression)                                                                   \
	(__builtin_expect(!(expression), 0) ? assert_failed(__FILE__, __LINE__, #expression) \
					    : (void)0)

#endif

#endif
