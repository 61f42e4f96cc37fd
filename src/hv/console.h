/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own messages, through the firmware's console: SBI DBCN where there is one, the legacy
 * putchar call otherwise. Works from the first instruction of C on; no state that has to be right.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* Find out which console the firmware has; until then the legacy one is used. */
void console_init(void);

/*
 * hv_fatal() ends a simulator through its SiFive test finisher, so that the simulator's exit status
 * says failure: firmware's shutdown call, which is used without one, passes no status on. hv_fatal()
 * asks @find for the address, 0 if there is none; @fdt has been checked and stays there.
 */
void console_use_finisher(uint64_t (*find)(const void *fdt), const void *fdt);

/* There is no SBI: print on the NS16550A at @address (0: nowhere). Only to say so before the end. */
void console_use_uart(uint64_t address);

/* Write @size bytes at @buf; the number of bytes that were taken. */
size_t console_write(const char *buf, size_t size);

/* Read up to @size bytes that have been typed into @buf, without waiting; how many there were. */
size_t console_read(char *buf, size_t size);

/* printf without floating point; at most 255 bytes at a time. Does not add a line end. */
void hv_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Print "halite: fatal: " and the message as a line and turn the machine off, with failure as the
 * reason. For what the machine, the configuration or a bug of Halite's own makes impossible.
 */
_Noreturn void hv_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print "halite: warning: " and the message as a line. */
void hv_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
