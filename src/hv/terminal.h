/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal behind the machine's console, which the virtual UARTs of all domains share. Lines of
 * the guests come from uart.c. What is typed goes to one domain, which Ctrl-] changes. The control
 * characters of that domain are shown, and not those of the others.
 *
 * Input comes from the firmware's console, which has no interrupt. So each hart looks there when
 * Halite's own timer interrupts it: after a millisecond if something was typed or a line of a guest
 * is incomplete, and then less and less often, down to 64 times a second on all harts together.
 * Also a guest that reads its UART makes Halite look. While L2 runs, the comparator of a machine
 * with Sstc holds L1's deadline only. The hart then looks at that deadline, or when L2 exits and
 * Halite's timer comes.
 *
 * Without KEY_CONSOLE no domain has a virtual UART, and terminal_tick() and terminal_start() are
 * not called.
 */
#ifndef HV_TERMINAL_H
#define HV_TERMINAL_H

#include <stddef.h>
#include <stdint.h>

#include "hv/vcpu.h"

/*
 * Give @d a virtual UART in place of host->uart, with the name of @d before its lines. The source
 * @behind of an APLIC is for its interrupt (source.h). The first domain has the input. No hart of
 * @d runs yet.
 */
void terminal_add(struct domain *d, uint32_t behind);

/* Load from or store to register @reg of the UART of @v's domain, below UART_REGISTERS. */
uint8_t terminal_load(struct vcpu *v, unsigned int reg);
void terminal_store(struct vcpu *v, unsigned int reg, uint8_t value);

/*
 * The console of SBI for @v's domain: its UART's, or the firmware's if the domain has no UART of
 * its own. Return the number of bytes that were written or read.
 */
size_t terminal_write(struct vcpu *v, const char *buf, size_t size);
size_t terminal_read(struct vcpu *v, char *buf, size_t size);

/* Show all that the guest of @d has written. */
void terminal_flush(struct domain *d);

/* @d is reset, and none of its harts runs: reset its virtual UART, if it has one. */
void terminal_reset(struct domain *d);

/* @d has ended. If it has the input, another domain gets it. */
void terminal_end(struct domain *d);

/* @v's hart starts. */
void terminal_start(struct vcpu *v);

/* Halite's timer has interrupted @v's hart, or the hart has slept. Sets the timer again. */
void terminal_tick(struct vcpu *v);

#endif
