/* SPDX-License-Identifier: BSD-2-Clause */
/* Check lines, as KTAP. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"

static unsigned int checks, failures;

static void put(const char *line)
{
	volatile uint8_t *uart = (volatile uint8_t *)machine_uart;

	if (!uart) {
		guest_write(line, strlen(line));
		return;
	}
	for (; *line; line++) {
		while (!(uart[5] & 0x20))
			;
		uart[0] = *line;
	}
}

static void put_line(bool ok, const char *text)
{
	char line[600];

	checks++;
	failures += !ok;
	snprintf(line, sizeof(line), "%s %u %s\n", ok ? "ok" : "not ok", checks, text);
	put(line);
}

void check(bool ok, const char *fmt, ...)
{
	char text[500];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	put_line(ok, text);
}

static void put_end(const char *what, const char *seen, enum end to, uint64_t cause)
{
	static const char *const names[] = { "done", "HS", "VS" };
	struct end_of end = ended();
	bool ok = end.to == to && (to == DONE || end.cause == cause);

	if (ok)
		check(true, "%s: %s", what, seen);
	else if (to == DONE)
		check(false, "%s: %s (expected done)", what, seen);
	else
		check(false, "%s: %s (expected %s %s%lu)", what, seen, names[to],
		      cause & CAUSE_INTERRUPT ? "irq" : "",
		      (unsigned long)(cause & ~CAUSE_INTERRUPT));
}

#define FORMAT(text, fmt)                                  \
	do {                                               \
		va_list args_;                             \
		va_start(args_, fmt);                      \
		vsnprintf(text, sizeof(text), fmt, args_); \
		va_end(args_);                             \
	} while (0)

void check_end(enum end to, uint64_t cause, const char *fmt, ...)
{
	char text[200];

	FORMAT(text, fmt);
	put_end(text, outcome(), to, cause);
}

void check_short(enum end to, uint64_t cause, const char *fmt, ...)
{
	char text[200];

	FORMAT(text, fmt);
	put_end(text, short_outcome(), to, cause);
}

void record_end(const char *fmt, ...)
{
	char text[200];

	FORMAT(text, fmt);
	record("%s: %s", text, outcome());
}

void area_begin(const char *name)
{
	guest_print("# area %s\n", name);
	calm();
}

static _Noreturn void power_off(bool failed)
{
	guest_sbi(EXT_SRST, 0, 0, failed, 0, 0, 0);
	for (;;)
		;
}

_Noreturn void bail(const char *fmt, ...)
{
	char text[200];

	FORMAT(text, fmt);
	guest_print("Bail out! after %u: %s\n", checks, text);
	power_off(true);
}

_Noreturn void report_end(void)
{
	guest_print("1..%u\n# %u not ok\n", checks, failures);
	power_off(false);
}
