/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest in one of several domains. If it shares memory with another one, bell.h is about that.
 * Otherwise it works with its UART, by interrupts. Each line that is typed is a command:
 *   TEXT     it answers with TEXT in capitals
 *   flood    it writes lines until something is typed
 *   lines    it writes 200 lines, and says how long the longest has taken in ticks
 *   count    it says how many interrupts the UART has raised
 *   reset    it resets itself
 *   quit     it powers off
 */
#include <libfdt.h>
#include <string.h>

#include "bell.h"
#include "csr.h"
#include "guest.h"
#include "irq.h"

#define RBR 0
#define THR 0
#define IER 1
#define FCR 2
#define LSR 5
#define DR  1

static volatile uint8_t *uart;
static unsigned int uart_source;
static unsigned int interrupts;

static void show(const char *text)
{
	for (; *text; text++)
		uart[THR] = *text;
}

static void show_number(const char *text, uint64_t number)
{
	char digits[24], *at = digits + sizeof(digits);

	*--at = '\0';
	do
		*--at = '0' + number % 10;
	while ((number /= 10));
	show(text);
	show(at);
	show("\n");
}

/* What has been typed; -1: nothing. */
static int typed(void)
{
	return uart[LSR] & DR ? uart[RBR] : -1;
}

/* Read a line, of at most @size - 1 bytes, by interrupts. */
static void read_line(char *line, unsigned int size)
{
	unsigned int used = 0, source;
	int byte = 0;

	while (byte != '\r') {
		source = irq_wait(~UINT64_C(0));
		interrupts += source == uart_source;
		while ((byte = typed()) >= 0 && byte != '\r') {
			if (used < size - 1)
				line[used++] = byte;
		}
		irq_complete(source);
	}
	line[used] = '\0';
}

static void answer(const char *line)
{
	show("heard ");
	for (; *line; line++)
		uart[THR] = *line >= 'a' && *line <= 'z' ? *line - 'a' + 'A' : *line;
	show("\n");
}

static void flood(void)
{
	uint64_t lines = 0;

	irq_close(uart_source);
	while (typed() < 0) {
		show("a line of a flood that has no end\n");
		lines++;
	}
	irq_open(uart_source, true);
	show_number("lines of the flood ", lines);
}

static void time_lines(void)
{
	uint64_t start, time, longest = 0;
	unsigned int i;

	for (i = 0; i < 200; i++) {
		start = csr_read(CSR_TIME);
		show("one of the lines\n");
		time = csr_read(CSR_TIME) - start;
		longest = time > longest ? time : longest;
	}
	show_number("longest ", longest);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "ns16550a");
	const fdt32_t *number = fdt_getprop(fdt, node, "interrupts", NULL);
	char line[64];

	bell_play(fdt, hartid);
	uart = (volatile uint8_t *)guest_uart(fdt);
	if (!uart || !number || !irq_init(fdt, hartid)) {
		guest_print("no UART\n");
		guest_finish();
	}
	uart_source = fdt32_ld(number);
	uart[FCR] = 1;
	uart[IER] = 1;
	irq_open(uart_source, true);
	/* The escape sequence comes out only if this domain has the input. */
	show("ready\033[m\n");
	for (;;) {
		read_line(line, sizeof(line));
		if (!strcmp(line, "quit"))
			guest_sbi(EXT_SRST, 0, 0, 0, 0, 0, 0);
		else if (!strcmp(line, "reset"))
			guest_sbi(EXT_SRST, 0, 1, 0, 0, 0, 0);
		else if (!strcmp(line, "flood"))
			flood();
		else if (!strcmp(line, "lines"))
			time_lines();
		else if (!strcmp(line, "count"))
			show_number("interrupts ", interrupts);
		else
			answer(line);
	}
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}
