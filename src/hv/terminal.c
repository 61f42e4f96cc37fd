/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/console.h"
#include "hv/intc.h"
#include "hv/terminal.h"
#include "lib/spinlock.h"
#include "riscv/csr.h"
#include "riscv/sbi_call.h"
#include "riscv/static_key.h"

#define ESCAPE 0x1d /* Ctrl-] */

/* How often a hart looks for input: soon after some, and in the long run. */
#define SOON_HZ	 1000
#define LINE_HZ	 250 /* the first look at an incomplete line */
#define ALL_HZ	 64  /* all harts together */
#define LEAST_HZ 8   /* each hart */

/* How many seconds a guest of several may leave its UART full. */
#define FULL_SECONDS 10

/* The most reads of UART_FIFO bytes in one look. */
#define READS 4

/* All domains with a virtual UART. Constant when harts run. */
static struct domain *domains[TERMINAL_DOMAINS];
static unsigned int domain_count;

static struct {
	struct spinlock lock;
	unsigned int selected; /* index in domains of the domain with the input */
	bool escaped;	       /* the last byte was ESCAPE */
	uint64_t looked;       /* time of the last look for input */
	/* When the selected guest has last taken a byte or had room, and what uart.taken was. */
	uint64_t moved;
	unsigned int taken;
} input;

static uint64_t ticks(const struct vcpu *v, unsigned int hz)
{
	return v->domain->host->machine.timebase / hz + 1;
}

static bool is_over(uint64_t since, uint64_t now, uint64_t delay)
{
	return now - since >= delay;
}

void terminal_add(struct domain *d, const char *name)
{
	const struct host *h = d->host;

	if (domain_count == TERMINAL_DOMAINS)
		hv_fatal("more than %u virtual UARTs", TERMINAL_DOMAINS);
	uart_init(&d->uart, name);
	source_init(&d->source, &h->machine, h->uart.source, &d->uart.wire);
	d->has_uart = true;
	domains[domain_count++] = d;
}

void terminal_reset(struct domain *d)
{
	if (!d->has_uart)
		return;
	uart_reset(&d->uart);
	source_reset(&d->source);
}

/* ---- input ---- */

static const char *name_of(unsigned int index)
{
	return *domains[index]->uart.name ? domains[index]->uart.name : "the guest";
}

static void show_menu(void)
{
	unsigned int i;

	hv_print("\nhalite: input goes to %s; Ctrl-] sends Ctrl-], another key goes back\n",
		 name_of(input.selected));
	for (i = 0; i < domain_count && domain_count > 1; i++)
		hv_print("halite:   %c: input to %s\n", '1' + i, name_of(i));
}

static void choose(char byte)
{
	unsigned int index = (unsigned char)byte - '1';

	if (byte == ESCAPE)
		uart_receive(&domains[input.selected]->uart, byte);
	else if (index < domain_count)
		input.selected = index;
	hv_print("\nhalite: input goes to %s\n", name_of(input.selected));
}

static void take_typed(char byte)
{
	if (input.escaped) {
		input.escaped = false;
		choose(byte);
	} else if (byte == ESCAPE) {
		input.escaped = true;
		show_menu();
	} else {
		uart_receive(&domains[input.selected]->uart, byte);
	}
}

/*
 * The number of bytes to read now. What the guest has no room for waits in the machine's UART, as
 * without Halite. But if there is another guest to switch to, and this one takes nothing for a
 * while, what is typed is read and lost, so that Ctrl-] is found. A machine that is slow may hold a
 * guest up for seconds.
 */
static unsigned int wanted(const struct vcpu *v, uint64_t now)
{
	const struct uart *u = &domains[input.selected]->uart;
	unsigned int taken = __atomic_load_n(&u->taken, __ATOMIC_RELAXED);
	unsigned int room = uart_room(u);

	if (room || input.taken != taken)
		input.moved = now;
	input.taken = taken;
	if (room)
		return room < UART_FIFO ? room : UART_FIFO;
	if (domain_count == 1 || !is_over(input.moved, now, FULL_SECONDS * ticks(v, 1)))
		return 0;
	return UART_FIFO;
}

static bool look(struct vcpu *v, uint64_t now)
{
	char buf[UART_FIFO];
	unsigned int reads, i, want, got;
	bool any = false;

	input.looked = now;
	for (reads = 0; reads < READS; reads++) {
		want = wanted(v, now);
		got = want ? console_read(buf, want) : 0;
		for (i = 0; i < got; i++)
			take_typed(buf[i]);
		any |= got;
		if (got < want || !want)
			break;
	}
	return any;
}

/* Look for input, unless another hart does. Returns whether there was some. */
static bool look_for_input(struct vcpu *v, uint64_t now)
{
	unsigned int i;
	bool any;

	if (!spin_trylock(&input.lock))
		return false;
	any = look(v, now);
	spin_unlock(&input.lock);
	for (i = 0; i < domain_count && any; i++)
		intc_wire_changed(v, domains[i]);
	return any;
}

/* ---- time ---- */

/*
 * Set the timer for the next look. Without Sstc, the firmware's timer has the deadline of L1, too,
 * which is in v->timer.timecmp.
 */
static void set_timer(struct vcpu *v)
{
	if (static_key(KEY_NO_SSTC)) {
		firmware_set_timer(v->terminal_at < v->timer.timecmp ? v->terminal_at
								     : v->timer.timecmp);
		csr_set(CSR_SIE, BIT64(IRQ_STI));
	} else if (v->terminal_at < v->timer.timecmp) {
		world_call_at(&v->timer, v->terminal_at);
	}
}

static uint64_t longest_delay(const struct vcpu *v)
{
	uint64_t delay = ticks(v, ALL_HZ) * v->domain->vcpu_count;

	return delay < ticks(v, LEAST_HZ) ? delay : ticks(v, LEAST_HZ);
}

static void look_in(struct vcpu *v, uint64_t now, uint64_t delay)
{
	v->terminal_delay = delay;
	v->terminal_at = now + delay;
}

/* Whether a line of a domain is still not on the console. */
static bool flush_idle(void)
{
	bool left = false;
	unsigned int i;

	for (i = 0; i < domain_count; i++)
		left |= uart_idle(&domains[i]->uart);
	return left;
}

void terminal_start(struct vcpu *v)
{
	look_in(v, csr_read(CSR_TIME), longest_delay(v));
	set_timer(v);
	/* A virtual source does not interrupt a hart that starts. */
	intc_update(v);
}

void terminal_tick(struct vcpu *v)
{
	uint64_t now = csr_read(CSR_TIME);
	uint64_t delay = 2 * v->terminal_delay;

	if (now >= v->terminal_at) {
		bool has_line = flush_idle();

		if (look_for_input(v, now) || has_line)
			delay = ticks(v, SOON_HZ);
		look_in(v, now, delay < longest_delay(v) ? delay : longest_delay(v));
	}
	set_timer(v);
}

/* ---- the guest ---- */

/* Look at the guest's new line soon. */
static void line_began(struct vcpu *v)
{
	uint64_t now = csr_read(CSR_TIME);

	if (v->terminal_at - now <= ticks(v, LINE_HZ))
		return;
	look_in(v, now, ticks(v, LINE_HZ));
	set_timer(v);
}

/* A guest that looks for input finds what was typed, but Halite does not ask firmware each time. */
static void look_if_due(struct vcpu *v)
{
	uint64_t now = csr_read(CSR_TIME);

	if (is_over(__atomic_load_n(&input.looked, __ATOMIC_RELAXED), now, ticks(v, SOON_HZ)))
		look_for_input(v, now);
}

uint8_t terminal_load(struct vcpu *v, unsigned int reg)
{
	struct uart *u = &v->domain->uart;
	bool had = uart_waiting(u);
	uint8_t value;

	if (reg == UART_LSR && !had)
		look_if_due(v);
	value = uart_load(u, reg);
	/* The guest has taken all. More may wait in the machine's UART. */
	if (reg == UART_RBR && had && !uart_waiting(u))
		look_for_input(v, csr_read(CSR_TIME));
	intc_wire_changed(v, v->domain);
	return value;
}

void terminal_store(struct vcpu *v, unsigned int reg, uint8_t value)
{
	struct uart *u = &v->domain->uart;
	bool had = uart_has_line(u);

	uart_store(u, reg, value);
	if (!had && uart_has_line(u))
		line_began(v);
	intc_wire_changed(v, v->domain);
}

size_t terminal_write(struct vcpu *v, const char *buf, size_t size)
{
	if (!v->domain->has_uart)
		return console_write_line(&v->domain->line, buf, size);
	uart_write(&v->domain->uart, buf, size);
	if (uart_has_line(&v->domain->uart))
		line_began(v);
	return size;
}

size_t terminal_read(struct vcpu *v, char *buf, size_t size)
{
	size_t got;

	/* Without virtual UARTs the first domain has the console's input. */
	if (!v->domain->has_uart)
		return v->domain == v->domain->host->domains[0] ? console_read(buf, size) : 0;
	look_if_due(v);
	got = uart_read(&v->domain->uart, buf, size);
	intc_wire_changed(v, v->domain);
	return got;
}

void terminal_flush(struct domain *d)
{
	if (d->has_uart)
		uart_flush(&d->uart);
}
