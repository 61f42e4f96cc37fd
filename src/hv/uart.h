/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual NS16550A, the UART of one guest. What the guest transmits goes to Halite's console in
 * whole lines, with the guest's name before each. Without @raw, a line of a guest with a name comes
 * out without control characters, so that it cannot replace lines of others. Transmission takes no
 * time, so the transmitter is always empty. What is typed waits in the UART until the guest has
 * received it.
 *
 * The functions may be called by several harts at once. Each returns with @wire up to date: the
 * interrupt output, active high, which other harts read atomically.
 *
 * Invariant: registers, FIFO and line are never used beyond their sizes, whatever the guest writes.
 *
 * Specification: National Semiconductor PC16550D data sheet, chapter "Registers".
 */
#ifndef HV_UART_H
#define HV_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/spinlock.h"

/* Registers, by their numbers. Those of one number differ in load, store and LCR.DLAB. */
#define UART_RBR       0 /* load: receive buffer */
#define UART_THR       0 /* store: transmit holding register */
#define UART_DLL       0 /* with DLAB: divisor, low byte */
#define UART_IER       1 /* interrupt enables */
#define UART_DLM       1 /* with DLAB: divisor, high byte */
#define UART_IIR       2 /* load: interrupt identification */
#define UART_FCR       2 /* store: FIFO control */
#define UART_LCR       3 /* line control */
#define UART_MCR       4 /* modem control */
#define UART_LSR       5 /* line status */
#define UART_MSR       6 /* modem status */
#define UART_SCR       7 /* scratch */
#define UART_REGISTERS 8

#define UART_FIFO  16  /* bytes of the receive FIFO that the guest sees */
#define UART_INPUT 256 /* bytes that wait behind the guest's FIFO at most, with the FIFO */
#define UART_LINE  256 /* bytes of an output line that are kept until the line is complete */

/* Received bytes, the oldest at @first. */
struct uart_bytes {
	uint8_t byte[UART_INPUT];
	unsigned int first, count;
};

struct uart {
	struct spinlock lock;
	const char *name; /* before each line; "" for none */
	bool wire;	  /* the interrupt output */
	bool raw;	  /* control characters are shown. Harts write it atomically. */
	char key;	  /* of its frames on the console; 0: lines with names instead */
	uint8_t shown;	  /* the last byte that went to the console, for the hart with the turn */
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	uint8_t errors;		  /* LSR.OE */
	uint8_t msr_changes;	  /* the low half of MSR */
	bool thre;		  /* the interrupt for an empty transmitter waits */
	unsigned int added;	  /* counts the bytes that were added to the line */
	unsigned int seen;	  /* what @added was when uart_idle() last found it changed ... */
	uint64_t since;		  /* ... and when */
	struct uart_bytes in;	  /* typed */
	struct uart_bytes looped; /* transmitted in loopback mode; at most UART_FIFO bytes */
	unsigned int taken;	  /* number of typed bytes that the guest has taken */
	char line[UART_LINE];
	unsigned int line_length;
};

/*
 * With console=frames, the console has the output of all UARTs, each byte as it was transmitted
 * (docs/domains.md, "Frames"). UART_FRAME and a key say whose the next bytes are: the key of a
 * UART, or UART_FRAME_HALITE. UART_FRAME and UART_FRAME_LF stand for a line feed, since firmware
 * changes line feeds.
 */
#define UART_FRAME	  0x10
#define UART_FRAME_HALITE '0'
#define UART_FRAME_LF	  'n'

/* Reset @u, and give it the name @name, of which the first 32 bytes count. */
void uart_init(struct uart *u, const char *name);

/* Reset @u, which harts may use, when its guest is reset. What was typed for the guest is lost. */
void uart_reset(struct uart *u);

/* Load from or store to register @reg, below UART_REGISTERS. */
uint8_t uart_load(struct uart *u, unsigned int reg);
void uart_store(struct uart *u, unsigned int reg, uint8_t value);

/* The number of bytes that uart_receive() takes now. */
unsigned int uart_room(const struct uart *u);

/*
 * @byte was typed for the guest. If there is no room, the byte is lost, and the guest sees an
 * overrun.
 */
void uart_receive(struct uart *u, uint8_t byte);

/* The number of received bytes that the guest has not taken. */
unsigned int uart_waiting(const struct uart *u);

/*
 * Write and read at most @size bytes, as if the guest had used THR and RBR. Return how many. A line
 * ends what one call writes, so one call takes one turn of the console.
 */
size_t uart_write(struct uart *u, const char *buf, size_t size);
size_t uart_read(struct uart *u, char *buf, size_t size);

/* The guest's line is not complete, but shall be seen. */
void uart_flush(struct uart *u);

/*
 * Called from time to time; @now is the time. Flushes the line if for @delay no call has found that
 * something was added. Returns whether there is still a line that was not flushed.
 */
bool uart_idle(struct uart *u, uint64_t now, uint64_t delay);

/* Whether a line of the guest is incomplete and not flushed. */
static inline bool uart_has_line(const struct uart *u)
{
	return __atomic_load_n(&u->line_length, __ATOMIC_RELAXED);
}

static inline bool uart_wire(const struct uart *u)
{
	return __atomic_load_n(&u->wire, __ATOMIC_RELAXED);
}

#endif
