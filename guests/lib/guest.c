/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"

#define PROBE_EXTENSION 3
#define CONSOLE_WRITE	0
#define LEGACY_PUTCHAR	1
#define EXT_HALITE	0x0a414c49
#define EXITS		1
#define EXITS_MAX	32

#define FDT_TOTALSIZE 4 /* offset of a big-endian word */

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

/*
 * Writes a text by one SBI call. Halite writes through the firmware, which finishes the text of one
 * call before the next, so a line of one call stays whole whatever other harts print. Firmware
 * without DBCN (SBI 1.0) has no such call; its legacy call takes one byte.
 */
void guest_write(const char *text, uint64_t size)
{
	static int has_dbcn = -1;
	struct guest_result r;
	uint64_t done = 0;

	if (has_dbcn < 0)
		has_dbcn = guest_sbi(EXT_BASE, PROBE_EXTENSION, EXT_DBCN, 0, 0, 0, 0).value != 0;
	while (has_dbcn && done < size) {
		r = guest_sbi(EXT_DBCN, CONSOLE_WRITE, size - done, (uintptr_t)text + done, 0, 0,
			      0);
		if (r.error)
			break;
		done += r.value;
	}
	while (done < size)
		guest_sbi(LEGACY_PUTCHAR, 0, (uint8_t)text[done++], 0, 0, 0, 0);
}

void guest_print(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	guest_write(line, strlen(line));
}

const char *guest_word(const void *fdt, const char *word)
{
	const size_t length = strlen(word);
	const char *text = fdt;
	const uint8_t *size = (const uint8_t *)fdt + FDT_TOTALSIZE;
	uint32_t total = (uint32_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
	size_t i;

	for (i = 0; i + length < total; i++) {
		if (!memcmp(text + i, word, length))
			return text + i + length;
	}
	return NULL;
}

void guest_check(const char *what, int64_t seen, int64_t expected)
{
	checks++;
	if (seen == expected) {
		guest_print("ok %u %s: %ld\n", checks, what, (long)seen);
		return;
	}
	failures++;
	guest_print("not ok %u %s: %ld, expected %ld\n", checks, what, (long)seen, (long)expected);
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

bool guest_plan(void)
{
	guest_print("1..%u\n", checks);
	return !failures;
}

_Noreturn void guest_finish(void)
{
	guest_plan();
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
