/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own messages, through the firmware's console: SBI DBCN if firmware has it, otherwise the
 * legacy putchar call. The functions work from the first instruction of C on. They need no state of
 * other modules.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/spinlock.h"

/* Find the firmware's console. Before this call, the legacy console is used. */
void console_init(void);

/*
 * Let hv_fatal() end a simulator through its SiFive test finisher, which sets the exit status of
 * the simulator to failure. Firmware's shutdown call, which hv_fatal() uses without a finisher, has
 * no exit status. hv_fatal() calls @find for the finisher's address; 0: there is none. The caller
 * has checked @fdt, and @fdt stays where it is.
 */
void console_use_finisher(uint64_t (*find)(const void *fdt), const void *fdt);

/* Write to the NS16550A at @address, for the fatal message without an SBI. 0: no change. */
void console_use_uart(uint64_t address);

/* Write the @size bytes at @buf. Return the number of bytes that the console accepted. */
size_t console_write(const char *buf, size_t size);

/* Write a line of @size bytes as a whole: no other line of Halite's comes in between. */
void console_write_whole(const char *line, size_t size);

/* Read at most @size bytes of input into @buf, without waiting. Return their number. */
size_t console_read(char *buf, size_t size);

/*
 * What a domain writes. With a name that is not "", whole lines go to the console, each with the
 * name in front.
 */
struct console_line {
	const char *name;
	struct spinlock lock;
	uint32_t used; /* characters of an unfinished line in text */
	char text[160];
};

/*
 * Write the @size bytes at @buf, which harts of one domain write to @l. Return the number of bytes
 * accepted. With a name, these are not more than 256, and they end with the first whole line.
 * Control characters are left out then, but for tabs.
 */
size_t console_write_line(struct console_line *l, const char *buf, size_t size);

/* Write what is left in @l as a line, if there is any. */
void console_end_line(struct console_line *l);

/* Print like printf, without floating point, at most 255 bytes, and no line end. */
void hv_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Print "halite: fatal: " and the message as a line, and turn the machine off with failure as the
 * reason. For errors of the machine, of the configuration, or of Halite.
 */
_Noreturn void hv_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "halite: warning: " and the message as a line. */
void hv_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
