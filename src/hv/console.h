/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own messages, through the firmware's console: SBI DBCN if firmware has it, otherwise the
 * legacy putchar call. The functions work from the first instruction of C on. They need no state of
 * other modules.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stdbool.h>
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

/*
 * Harts write to the console one after the other, in the order of the numbers that they have drawn.
 * So a line waits for one line of each other hart at most. Whoever draws a number waits for its
 * turn and ends it. console_draw() does not wait, so a lock of the caller can give lines an order.
 */
uint32_t console_draw(void);
void console_wait(uint32_t number);
void console_pass(void);

/*
 * Who has written the last line on the console, which is not complete; NULL: it is complete. For
 * the hart whose turn it is.
 */
extern const void *console_unfinished;

/* Write a line of @size bytes as a whole, at the beginning of a line. */
void console_write_whole(const char *line, size_t size);

/*
 * Halite ends because of an error. The hart whose turn it is may be the one that fails, so nobody
 * waits for it longer than a second.
 */
void console_fail(void);

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
 * Whether @byte, behind @before, is a control character, but for tabs. A terminal moves its cursor
 * or clears lines for some of them, so a domain could replace lines of others. Those from 0x80 to
 * 0x9f have two bytes in UTF-8, the first of which is 0xc2.
 */
static inline bool console_is_control(uint8_t before, uint8_t byte)
{
	return (byte < 0x20 && byte != '\t') || byte == 0x7f ||
	       (before == 0xc2 && byte >= 0x80 && byte < 0xa0);
}

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
