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

/* Read at most @size bytes of input into @buf, without waiting. Return their number. */
size_t console_read(char *buf, size_t size);

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
