/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hv/console.h"
#include "hv/uart.h"

#define NAME_MAX 32

#define IER_RDA	 0x01 /* received data available, and the FIFO's timeout */
#define IER_THRE 0x02
#define IER_RLS	 0x04 /* receiver line status */
#define IER_MS	 0x08 /* modem status */
#define IER_ALL	 0x0f

#define IIR_NONE    0x01
#define IIR_MS	    0x00
#define IIR_THRE    0x02
#define IIR_RDA	    0x04
#define IIR_RLS	    0x06
#define IIR_TIMEOUT 0x0c
#define IIR_FIFO    0xc0

#define FCR_ENABLE	  0x01
#define FCR_CLEAR_RX	  0x02
#define FCR_TRIGGER_SHIFT 6
#define FCR_KEPT	  0xc1 /* the bits that do not clear themselves, without DMA mode */

#define LCR_DLAB 0x80

#define MCR_DTR	 0x01
#define MCR_RTS	 0x02
#define MCR_OUT1 0x04
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10
#define MCR_ALL	 0x1f

#define LSR_DR	 0x01
#define LSR_OE	 0x02
#define LSR_THRE 0x20
#define LSR_TEMT 0x40

/* Each status has its change 4 bits below. The change of RI is its end. */
#define MSR_CTS		  0x10
#define MSR_DSR		  0x20
#define MSR_RI		  0x40
#define MSR_DCD		  0x80
#define MSR_CHANGES_SHIFT 4

/* ---- received bytes ---- */

static void push(struct uart_bytes *b, uint8_t byte)
{
	b->byte[(b->first + b->count) % UART_INPUT] = byte;
	__atomic_store_n(&b->count, b->count + 1, __ATOMIC_RELAXED);
}

/* Remove the @count oldest bytes, which there are. */
static void drop(struct uart_bytes *b, unsigned int count)
{
	b->first = (b->first + count) % UART_INPUT;
	__atomic_store_n(&b->count, b->count - count, __ATOMIC_RELAXED);
}

/* In loopback mode the receiver is connected to the transmitter. */
static struct uart_bytes *received(struct uart *u)
{
	return u->mcr & MCR_LOOP ? &u->looped : &u->in;
}

static unsigned int depth(const struct uart *u)
{
	return u->fcr & FCR_ENABLE ? UART_FIFO : 1;
}

/* The number of bytes in the guest's FIFO, or in its receive buffer. */
static unsigned int fill(struct uart *u)
{
	unsigned int count = received(u)->count;

	return count < depth(u) ? count : depth(u);
}

static void note_taken(struct uart *u, unsigned int count)
{
	if (!(u->mcr & MCR_LOOP))
		__atomic_store_n(&u->taken, u->taken + count, __ATOMIC_RELAXED);
}

static uint8_t take(struct uart *u)
{
	struct uart_bytes *b = received(u);
	uint8_t byte;

	if (!b->count)
		return 0;
	byte = b->byte[b->first];
	drop(b, 1);
	note_taken(u, 1);
	return byte;
}

/* The register's FIFO is cleared. What was typed and is not yet in the FIFO stays. */
static void clear_fifo(struct uart *u)
{
	unsigned int count = fill(u);

	drop(received(u), count);
	note_taken(u, count);
}

/* ---- interrupts ---- */

/* The modem's lines: a modem that is there and ready, or in loopback mode those of MCR. */
static uint8_t modem_status(const struct uart *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_DCD | MSR_DSR | MSR_CTS;
	return (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (u->mcr & MCR_OUT1 ? MSR_RI : 0) | (u->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/*
 * The receiver's interrupt, or IIR_NONE. Bytes that do not reach the trigger level interrupt after
 * the time of four characters without another one. What is typed comes slower than that, or all at
 * once, so for this UART that time is always over.
 */
static uint8_t receive_interrupt(struct uart *u)
{
	static const uint8_t triggers[] = { 1, 4, 8, 14 };
	unsigned int count = fill(u);

	if (!count)
		return IIR_NONE;
	if (!(u->fcr & FCR_ENABLE) || count >= triggers[u->fcr >> FCR_TRIGGER_SHIFT])
		return IIR_RDA;
	return IIR_TIMEOUT;
}

/* The interrupt with the highest priority of those that are enabled. */
static uint8_t interrupt(struct uart *u)
{
	if ((u->ier & IER_RLS) && u->errors)
		return IIR_RLS;
	if ((u->ier & IER_RDA) && receive_interrupt(u) != IIR_NONE)
		return receive_interrupt(u);
	if ((u->ier & IER_THRE) && u->thre)
		return IIR_THRE;
	if ((u->ier & IER_MS) && u->msr_changes)
		return IIR_MS;
	return IIR_NONE;
}

static void leave(struct uart *u)
{
	__atomic_store_n(&u->wire, interrupt(u) != IIR_NONE, __ATOMIC_RELAXED);
	spin_unlock(&u->lock);
}

/* ---- output ---- */

/* Text that goes to the console in one piece, and its number there. */
struct piece {
	char text[UART_LINE];
	unsigned int length; /* 0: there is none */
	uint32_t number;
};

/* Copy @p to @to, for a terminal that others use, too: without control characters. */
static unsigned int clean(struct uart *u, char *to, const struct piece *p)
{
	unsigned int i, used = 0;

	for (i = 0; i < p->length; i++) {
		if (p->text[i] == '\n' || !console_is_control(u->shown, p->text[i]))
			to[used++] = p->text[i];
		u->shown = p->text[i];
	}
	return used;
}

static unsigned int copy(struct uart *u, char *to, const struct piece *p)
{
	if (*u->name && !__atomic_load_n(&u->raw, __ATOMIC_RELAXED))
		return clean(u, to, p);
	memcpy(to, p->text, p->length);
	return p->length;
}

/*
 * Take the line out of @u, under its lock, which gives the lines of @u their order. The caller
 * shows @p without the lock: a hart that waits for the console holds up no other hart at @u.
 */
static void take_line(struct uart *u, struct piece *p)
{
	p->length = u->line_length;
	if (!p->length)
		return;
	memcpy(p->text, u->line, p->length);
	p->number = console_draw();
	__atomic_store_n(&u->line_length, 0, __ATOMIC_RELAXED);
}

/* What goes in front of a line of @u. Returns its length. */
static size_t begin_line(const struct uart *u, char *text)
{
	size_t used = 0, name = strnlen(u->name, NAME_MAX);

	if (console_unfinished == u)
		return 0;
	/* The line of another UART that is incomplete ends here. */
	if (console_unfinished) {
		text[used++] = '\r';
		text[used++] = '\n';
	}
	if (name) {
		memcpy(text + used, u->name, name);
		used += name;
		text[used++] = ':';
		text[used++] = ' ';
	}
	return used;
}

/* Write @p as a frame. No byte of the guest is UART_FRAME there, unless it is doubled. */
static void show_frame(const struct uart *u, const struct piece *p)
{
	char text[2 + 2 * UART_LINE + 2] = { UART_FRAME, u->key };
	size_t used = 2;
	unsigned int i;

	for (i = 0; i < p->length; i++) {
		const char byte = p->text[i];

		if (byte == UART_FRAME || byte == '\n')
			text[used++] = UART_FRAME;
		text[used++] = byte == '\n' ? UART_FRAME_LF : byte;
	}
	text[used++] = UART_FRAME;
	text[used++] = UART_FRAME_HALITE;
	console_wait(p->number);
	console_write(text, used);
	console_pass();
}

static void show(struct uart *u, const struct piece *p)
{
	char text[2 + NAME_MAX + 2 + UART_LINE];
	size_t used, more;

	if (!p->length)
		return;
	if (u->key) {
		show_frame(u, p);
		return;
	}
	console_wait(p->number);
	used = begin_line(u, text);
	more = copy(u, text + used, p);
	if (more) {
		console_unfinished = p->text[p->length - 1] == '\n' ? NULL : u;
		console_write(text, used + more);
	}
	console_pass();
}

static bool is_complete(const struct uart *u)
{
	return u->line_length &&
	       (u->line[u->line_length - 1] == '\n' || u->line_length == UART_LINE);
}

static void print(struct uart *u, char byte)
{
	u->line[u->line_length] = byte;
	__atomic_store_n(&u->line_length, u->line_length + 1, __ATOMIC_RELAXED);
	u->added++;
}

static void transmit(struct uart *u, uint8_t byte)
{
	u->thre = true;
	if (!(u->mcr & MCR_LOOP))
		print(u, byte);
	else if (u->looped.count < depth(u))
		push(&u->looped, byte);
	else
		u->errors |= LSR_OE;
}

/* ---- registers ---- */

/* IIR. Its load ends the interrupt for an empty transmitter, if IIR says that one. */
static uint8_t identify(struct uart *u)
{
	uint8_t iir = interrupt(u);

	if (iir == IIR_THRE)
		u->thre = false;
	return iir | (u->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static uint8_t line_status(struct uart *u)
{
	uint8_t lsr = LSR_THRE | LSR_TEMT | u->errors | (fill(u) ? LSR_DR : 0);

	u->errors = 0;
	return lsr;
}

static uint8_t load_msr(struct uart *u)
{
	uint8_t msr = modem_status(u) | u->msr_changes;

	u->msr_changes = 0;
	return msr;
}

static void store_ier(struct uart *u, uint8_t value)
{
	/* To enable the interrupt for an empty transmitter raises it, for the transmitter is. */
	if (value & ~u->ier & IER_THRE)
		u->thre = true;
	u->ier = value & IER_ALL;
}

/* The other bits count only together with FCR_ENABLE. A change of FCR_ENABLE clears the FIFO. */
static void store_fcr(struct uart *u, uint8_t value)
{
	if (!(value & FCR_ENABLE))
		value = 0;
	if (((value ^ u->fcr) & FCR_ENABLE) || (value & FCR_CLEAR_RX))
		clear_fifo(u);
	u->fcr = value & FCR_KEPT;
}

static void store_mcr(struct uart *u, uint8_t value)
{
	uint8_t before = modem_status(u), after;

	u->mcr = value & MCR_ALL;
	if (!(u->mcr & MCR_LOOP))
		u->looped.count = 0;
	after = modem_status(u);
	u->msr_changes |= ((before ^ after) & (MSR_CTS | MSR_DSR | MSR_DCD)) >> MSR_CHANGES_SHIFT;
	u->msr_changes |= (before & ~after & MSR_RI) >> MSR_CHANGES_SHIFT;
}

static uint8_t load(struct uart *u, unsigned int reg)
{
	const bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case UART_RBR:
		return dlab ? u->dll : take(u);
	case UART_IER:
		return dlab ? u->dlm : u->ier;
	case UART_IIR:
		return identify(u);
	case UART_LCR:
		return u->lcr;
	case UART_MCR:
		return u->mcr;
	case UART_LSR:
		return line_status(u);
	case UART_MSR:
		return load_msr(u);
	default:
		return u->scr;
	}
}

static void store(struct uart *u, unsigned int reg, uint8_t value)
{
	const bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case UART_THR:
		if (dlab)
			u->dll = value;
		else
			transmit(u, value);
		break;
	case UART_IER:
		if (dlab)
			u->dlm = value;
		else
			store_ier(u, value);
		break;
	case UART_FCR:
		store_fcr(u, value);
		break;
	case UART_LCR:
		u->lcr = value;
		break;
	case UART_MCR:
		store_mcr(u, value);
		break;
	case UART_SCR:
		u->scr = value;
		break;
	default:
		/* LSR and MSR are read-only. */
		break;
	}
}

/* ---- the UART ---- */

void uart_init(struct uart *u, const char *name)
{
	*u = (struct uart){ .name = name, .dll = 1 };
}

void uart_reset(struct uart *u)
{
	struct piece p;

	spin_lock(&u->lock);
	take_line(u, &p);
	u->ier = u->fcr = u->lcr = u->mcr = u->scr = u->dlm = 0;
	u->dll = 1;
	u->errors = u->msr_changes = 0;
	u->thre = false;
	drop(&u->in, u->in.count);
	drop(&u->looped, u->looped.count);
	leave(u);
	show(u, &p);
}

uint8_t uart_load(struct uart *u, unsigned int reg)
{
	struct piece p;
	uint8_t value;

	p.length = 0;
	spin_lock(&u->lock);
	/* A guest that waits for input has asked for it. */
	if (reg == UART_RBR && !(u->lcr & LCR_DLAB))
		take_line(u, &p);
	value = load(u, reg);
	leave(u);
	show(u, &p);
	return value;
}

void uart_store(struct uart *u, unsigned int reg, uint8_t value)
{
	struct piece p;

	p.length = 0;
	spin_lock(&u->lock);
	store(u, reg, value);
	if (is_complete(u))
		take_line(u, &p);
	leave(u);
	show(u, &p);
}

unsigned int uart_waiting(const struct uart *u)
{
	return __atomic_load_n(&u->in.count, __ATOMIC_RELAXED);
}

unsigned int uart_room(const struct uart *u)
{
	return UART_INPUT - uart_waiting(u);
}

void uart_receive(struct uart *u, uint8_t byte)
{
	spin_lock(&u->lock);
	if (u->in.count < UART_INPUT)
		push(&u->in, byte);
	else
		u->errors |= LSR_OE;
	leave(u);
}

size_t uart_write(struct uart *u, const char *buf, size_t size)
{
	struct piece p;
	size_t i = 0;

	p.length = 0;
	spin_lock(&u->lock);
	while (i < size && !is_complete(u))
		/* The guest may change the bytes at any time. */
		print(u, *(const volatile char *)&buf[i++]);
	if (is_complete(u))
		take_line(u, &p);
	leave(u);
	show(u, &p);
	return i;
}

size_t uart_read(struct uart *u, char *buf, size_t size)
{
	struct piece p;
	size_t i;

	spin_lock(&u->lock);
	take_line(u, &p);
	for (i = 0; i < size && u->in.count; i++) {
		buf[i] = u->in.byte[u->in.first];
		drop(&u->in, 1);
		u->taken++;
	}
	leave(u);
	show(u, &p);
	return i;
}

void uart_flush(struct uart *u)
{
	struct piece p;

	spin_lock(&u->lock);
	take_line(u, &p);
	leave(u);
	show(u, &p);
}

bool uart_idle(struct uart *u, uint64_t now, uint64_t delay)
{
	struct piece p;
	bool left;

	if (!uart_has_line(u))
		return false;
	p.length = 0;
	spin_lock(&u->lock);
	if (u->seen != u->added) {
		u->seen = u->added;
		u->since = now;
	} else if (now - u->since >= delay) {
		take_line(u, &p);
	}
	left = u->line_length;
	leave(u);
	show(u, &p);
	return left;
}
