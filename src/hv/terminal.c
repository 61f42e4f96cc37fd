/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/console.h"
#include "hv/intc.h"
#include "hv/ipi.h"
#include "hv/stats.h"
#include "hv/terminal.h"
#include "lib/assert.h"
#include "lib/spinlock.h"
#include "riscv/csr.h"
#include "riscv/sbi_call.h"
#include "riscv/static_key.h"

#define ESCAPE 0x1d /* Ctrl-] */

/* How often a hart looks for input: soon after some, and in the long run. */
#define SOON_HZ	      1000
#define LINE_HZ	      50 /* an incomplete line of the guest with the input is shown */
#define OTHER_LINE_HZ 4	 /* and one of another guest */
#define ALL_HZ	      64 /* all harts together */
#define LEAST_HZ      8	 /* each hart */

/*
 * How many seconds a guest of several may leave its UART full. Frames for the others wait behind,
 * so with frames there is less time.
 */
#define FULL_SECONDS	   10
#define FULL_FRAME_SECONDS 1

/* The most reads of UART_FIFO bytes in one look. */
#define READS 4

/* All domains with a virtual UART. Constant when harts run. */
static struct domain *domains[DOMAINS_MAX];
static unsigned int domain_count;

/* The key of each domain, in order; none of them is one of the menu's others. */
static const char keys[DOMAINS_MAX + 1] = "123456789abcdefg";

/* What the next byte that is typed is. */
enum key { KEY_OF_GUEST, KEY_OF_MENU, KEY_OF_RESET };

static struct {
	struct spinlock lock;
	unsigned int selected; /* index in domains of the domain with the input */
	enum key next;
	uint64_t looked; /* time of the last look for input */
	/* Of each guest: when it has last taken enough or had room, and what uart.taken was. */
	uint64_t moved[DOMAINS_MAX];
	unsigned int taken[DOMAINS_MAX];
	/* With frames: UART_FRAME has come; 1 + the index of the domain that is meant, 0: none. */
	bool is_frame;
	unsigned int frame;
} input;

static uint64_t ticks(const struct vcpu *v, unsigned int hz)
{
	return v->domain->host->machine.timebase / hz + 1;
}

static bool is_over(uint64_t since, uint64_t now, uint64_t delay)
{
	return now - since >= delay;
}

static struct source *source_of(struct domain *d)
{
	return &d->source[DOMAIN_SOURCE_UART];
}

static void wire_changed(struct vcpu *v, struct domain *d)
{
	intc_wire_changed(v, d, source_of(d));
}

void terminal_add(struct domain *d, uint32_t behind)
{
	const struct host *h = d->host;

	assert(domain_count < DOMAINS_MAX);
	uart_init(&d->uart, d->line.name);
	d->uart.raw = !domain_count;
	if (h->options.frames)
		d->uart.key = keys[domain_count];
	source_init(source_of(d), &h->machine, h->uart.source, behind, &d->uart.wire);
	if (d->aplics)
		source_set_ie(source_of(d), false);
	if (!d->source_count)
		d->source_count = 1;
	d->has_uart = true;
	domains[domain_count++] = d;
}

void terminal_reset(struct domain *d)
{
	if (!d->has_uart)
		return;
	uart_reset(&d->uart);
	source_reset(source_of(d));
}

/* ---- the menu ---- */

static const char *name_of(const struct domain *d)
{
	return *d->line.name ? d->line.name : "the guest";
}

static uint32_t state_of(const struct domain *d)
{
	return __atomic_load_n(&d->state, __ATOMIC_RELAXED);
}

static void say_input(const struct domain *d, const char *more)
{
	hv_print("halite: input goes to %s%s\n", name_of(d), more);
}

static void say_selected(const char *more)
{
	say_input(domains[input.selected], more);
}

static void give_input(unsigned int index)
{
	__atomic_store_n(&domains[input.selected]->uart.raw, false, __ATOMIC_RELAXED);
	input.selected = index;
	__atomic_store_n(&domains[index]->uart.raw, true, __ATOMIC_RELAXED);
}

static bool is_online(const struct vcpu *v)
{
	return __atomic_load_n(&v->online, __ATOMIC_RELAXED);
}

static unsigned int count_online(const struct domain *d)
{
	unsigned int i, count = 0;

	for (i = 0; i < d->vcpu_count; i++)
		count += is_online(d->vcpus[i]);
	return count;
}

static void show_menu(void)
{
	unsigned int i;

	say_selected(domain_count == 1 ? "; Ctrl-] sends Ctrl-], another key goes back"
				       : "; Ctrl-] sends Ctrl-], s shows its counts, "
					 "r resets a domain, another key goes back");
	for (i = 0; i < domain_count && domain_count > 1; i++)
		hv_print("halite:   %c: input to %s, which %s, %u of %u harts\n", keys[i],
			 name_of(domains[i]),
			 state_of(domains[i]) >= DOMAIN_ENDS ? "has ended" : "runs",
			 count_online(domains[i]), domains[i]->vcpu_count);
}

static void show_statistics(struct domain *d)
{
	hv_print("halite: counts of %s%s\n", name_of(d),
		 d->host->options.stats ? "" : ": none, without the word stats for Halite");
	stats_print(d);
	stats_print_pool(d);
}

/* A hart of @d resets @d. It may be that all have stopped, and none does. */
static void ask_for_reset(struct domain *d)
{
	struct index_set one;
	unsigned int i = 0;

	while (i < d->vcpu_count && !is_online(d->vcpus[i]))
		i++;
	if (i == d->vcpu_count || state_of(d) != DOMAIN_RUNS) {
		hv_print("halite: %s has no hart that runs\n", name_of(d));
		return;
	}
	index_set_clear(&one, d->vcpu_count);
	index_set_add(&one, i);
	ipi_post(d, &one, VCPU_REQ_RESET);
}

/* The index of the domain with the key @byte, or domain_count. */
static unsigned int index_of(char byte)
{
	unsigned int i = 0;

	while (i < domain_count && keys[i] != byte)
		i++;
	return i;
}

static void choose(char byte)
{
	unsigned int index = index_of(byte);

	if (byte == ESCAPE)
		uart_receive(&domains[input.selected]->uart, byte);
	else if (byte == 's')
		show_statistics(domains[input.selected]);
	else if (index < domain_count)
		give_input(index);
	say_selected("");
}

static void take_typed(char byte)
{
	const enum key key = input.next;

	input.next = KEY_OF_GUEST;
	if (key == KEY_OF_RESET) {
		if (index_of(byte) < domain_count)
			ask_for_reset(domains[index_of(byte)]);
		say_selected("");
	} else if (key == KEY_OF_MENU && byte == 'r' && domain_count > 1) {
		input.next = KEY_OF_RESET;
		hv_print("halite: the key of the domain to reset, or another one to go back\n");
	} else if (key == KEY_OF_MENU) {
		choose(byte);
	} else if (byte == ESCAPE) {
		input.next = KEY_OF_MENU;
		show_menu();
	} else {
		uart_receive(&domains[input.selected]->uart, byte);
	}
}

/* A byte of the console. With frames it may be one for the terminal, or for any domain. */
static void take_byte(char byte)
{
	const bool named = input.is_frame;

	input.is_frame = !named && domains[0]->uart.key && byte == UART_FRAME;
	if (input.is_frame)
		return;
	/* Any key but that of a domain is the terminal's. */
	if (named && byte != UART_FRAME)
		input.frame = (index_of(byte) + 1) % (domain_count + 1);
	else if (input.frame)
		uart_receive(&domains[input.frame - 1]->uart, byte);
	else
		take_typed(byte);
}

void terminal_end(struct domain *d)
{
	const struct domain *now = NULL;
	unsigned int i, next;

	if (!d->has_uart)
		return;
	terminal_reset(d);
	spin_lock(&input.lock);
	for (i = 1; i < domain_count && domains[input.selected] == d; i++) {
		next = (input.selected + i) % domain_count;
		if (state_of(domains[next]) >= DOMAIN_ENDS)
			continue;
		give_input(next);
		now = domains[next];
	}
	spin_unlock(&input.lock);
	/* The line waits for those of other harts. Meanwhile these may look for input. */
	if (now)
		say_input(now, "");
}

/* ---- input ---- */

/*
 * The number of bytes to read now. What the guest has no room for waits in the machine's UART, as
 * without Halite. But if there is another guest to switch to, and this one takes nothing for a
 * while, what is typed is read and lost, so that Ctrl-] is found. A machine that is slow may hold a
 * guest up for seconds.
 */
static unsigned int wanted(const struct vcpu *v, uint64_t now)
{
	const unsigned int to = input.frame ? input.frame - 1 : input.selected;
	const struct uart *u = &domains[to]->uart;
	/* With frames, one that takes a byte now and then is not waited for. */
	const unsigned int enough = u->key ? UART_INPUT / 2 : 1;
	unsigned int taken = __atomic_load_n(&u->taken, __ATOMIC_RELAXED);
	unsigned int room = uart_room(u);

	if (room >= enough || (!u->key && input.taken[to] != taken))
		input.moved[to] = now;
	input.taken[to] = taken;
	if (room)
		return room < UART_FIFO ? room : UART_FIFO;
	if (domain_count == 1 ||
	    !is_over(input.moved[to], now,
		     (u->key ? FULL_FRAME_SECONDS : FULL_SECONDS) * ticks(v, 1)))
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
			take_byte(buf[i]);
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
		wire_changed(v, domains[i]);
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
	uint64_t delay = ticks(v, ALL_HZ) * v->domain->host->machine.hart_count;

	return delay < ticks(v, LEAST_HZ) ? delay : ticks(v, LEAST_HZ);
}

static void look_in(struct vcpu *v, uint64_t now, uint64_t delay)
{
	v->terminal_delay = delay;
	v->terminal_at = now + delay;
}

/*
 * Whether a line of @v's domain is still not on the console. The line of a guest that does not have
 * the input is seldom a prompt that somebody waits for, and rather one that goes on after a pause.
 */
static bool flush_idle(struct vcpu *v, uint64_t now)
{
	struct uart *u = &v->domain->uart;

	return uart_idle(u, now, ticks(v, u->raw ? LINE_HZ : OTHER_LINE_HZ));
}

void terminal_start(struct vcpu *v)
{
	look_in(v, csr_read(CSR_TIME), longest_delay(v));
	set_timer(v);
}

void terminal_tick(struct vcpu *v)
{
	uint64_t now = csr_read(CSR_TIME);
	uint64_t delay = 2 * v->terminal_delay;

	if (now >= v->terminal_at) {
		bool has_line = flush_idle(v, now);

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
	wire_changed(v, v->domain);
	return value;
}

void terminal_store(struct vcpu *v, unsigned int reg, uint8_t value)
{
	struct uart *u = &v->domain->uart;
	bool had = uart_has_line(u);

	uart_store(u, reg, value);
	if (!had && uart_has_line(u))
		line_began(v);
	wire_changed(v, v->domain);
}

size_t terminal_write(struct vcpu *v, const char *buf, size_t size)
{
	if (!v->domain->has_uart)
		return console_write_line(&v->domain->line, buf, size);
	size = uart_write(&v->domain->uart, buf, size);
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
	wire_changed(v, v->domain);
	return got;
}

void terminal_flush(struct domain *d)
{
	if (d->has_uart)
		uart_flush(&d->uart);
}
