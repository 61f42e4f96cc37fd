/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * assert() checks a condition that only a bug in Halite can break. It never checks a condition that
 * a guest, a device tree or the firmware can break: those get an exception, an SBI error or a
 * message.
 *
 * In a program with a C library, assert() is the library's, which aborts. A freestanding program
 * (-ffreestanding) defines assert_failed(); assert() needs nothing else.
 */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

#if __STDC_HOSTED__
#include <assert.h>
#else

/* Ends the program with a message that has file, line and expression. */
_Noreturn void assert_failed(const char *file, int line, const char *expression);

#define assert(expression)                                                                   \
	(__builtin_expect(!(expression), 0) ? assert_failed(__FILE__, __LINE__, #expression) \
					    : (void)0)

#endif

#endif
