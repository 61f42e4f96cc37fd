/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "guest.h"

#define EXT_LEGACY_PUTCHAR 0x01
#define EXT_SRST	   0x53525354
#define EXT_HALITE	   0x0a414c49
#define EXITS		   1
#define EXITS_MAX	   32

static unsigned int checks, failures;

struct guest_result guest_sbi(uint64_t extension, uint64_t function, uint64_t arg0, uint64_t arg1,
			      uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
	register uint64_t a0 __asm__("a0") = arg0;
	register uint64_t a1 __asm__("a1") = arg1;
	register uint64_t a2 __asm__("a2") = arg2;
	register uint64_t a3 __asm__("a3") = arg3;
	register uint64_t a4 __asm__("a4") = arg4;
	register uint64_t a6 __asm__("a6") = function;
	register uint64_t a7 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	return (struct guest_result){ .error = (int64_t)a0, .value = a1 };
}

/* The virt machine's UART, which needs no firmware: the same output with and without Halite. */
static void put(char c)
{
	volatile uint8_t *uart = (volatile uint8_t *)0x10000000;

	while (!(uart[5] & 0x20))
		;
	uart[0] = c;
}

void guest_print(const char *fmt, ...)
{
	char line[256];
	va_list args;
	char *p;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (p = line; *p; p++)
		put(*p);
}

void guest_check(const char *what, int64_t seen, int64_t expected)
{
	bool ok = seen == expected;

	checks++;
	if (!ok)
		failures++;
	guest_print("%s %u %s: %ld", ok ? "ok" : "not ok", checks, what, (long)seen);
	if (ok)
		guest_print("\n");
	else
		guest_print(", expected %ld\n", (long)expected);
}

int64_t guest_exits(void)
{
	int64_t sum = 0;
	unsigned int i;

	for (i = 0; i < EXITS_MAX; i++) {
		struct guest_result result = guest_sbi(EXT_HALITE, EXITS, i, 0, 0, 0, 0);

		if (result.error)
			break;
		sum += (int64_t)result.value;
	}
	return i ? sum : -1;
}

_Noreturn void guest_finish(void)
{
	guest_print("1..%u\n", checks);
	guest_sbi(EXT_SRST, 0, 0, failures ? 1 : 0, 0, 0, 0);
	for (;;)
		;
}

void guest_unexpected(uint64_t cause, uint64_t pc, uint64_t tval)
{
	guest_print("Bail out! unexpected trap: cause %ld, pc 0x%lx, tval 0x%lx\n", (long)cause,
		    (unsigned long)pc, (unsigned long)tval);
	guest_sbi(EXT_SRST, 0, 0, 1, 0, 0, 0);
}
