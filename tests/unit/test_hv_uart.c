/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual NS16550A, against the data sheet of the PC16550D. */
#include "hv_test.h"

#include "hv/console.h"
#include "hv/uart.h"

#define DLAB 0x80
#define LOOP 0x10
#define IDLE 0x60 /* LSR: THRE and TEMT */

static struct uart u, other;
static char shown[4096];
static unsigned int shown_length, writes;

/* The console's turns: each number is waited for, in order, and passed on. */
const void *console_unfinished;
static uint32_t drawn, turn;
static bool waited;

uint32_t console_draw(void)
{
	return drawn++;
}

void console_wait(uint32_t number)
{
	assert_int_equal(number, turn);
	assert_false(waited);
	/* A hart that waits keeps no other hart from the UART. */
	assert_false(spin_is_held(&u.lock) || spin_is_held(&other.lock));
	waited = true;
}

void console_pass(void)
{
	assert_true(waited);
	waited = false;
	turn++;
}

size_t console_write(const char *line, size_t size)
{
	assert_true(waited);
	assert_true(shown_length + size < sizeof(shown));
	memcpy(shown + shown_length, line, size);
	shown_length += size;
	shown[shown_length] = '\0';
	writes++;
	return size;
}

static int setup(void **state)
{
	(void)state;
	/* Finish the line of the test before. */
	uart_init(&u, "");
	uart_write(&u, "\n", 1);
	uart_init(&u, "");
	uart_init(&other, "B");
	shown_length = 0;
	shown[0] = '\0';
	writes = 0;
	return 0;
}

static void put(const char *text)
{
	for (; *text; text++)
		uart_store(&u, UART_THR, *text);
}

static void type(unsigned int count)
{
	static uint8_t next;
	unsigned int i;

	for (i = 0; i < count; i++)
		uart_receive(&u, ++next | 0x80);
}

#define assert_load(reg, value) assert_int_equal(uart_load(&u, reg), value)

static void registers_after_reset(void **state)
{
	(void)state;
	assert_load(UART_RBR, 0);
	assert_load(UART_IER, 0);
	assert_load(UART_IIR, 0x01);
	assert_load(UART_LCR, 0);
	assert_load(UART_MCR, 0);
	assert_load(UART_LSR, IDLE);
	assert_load(UART_MSR, 0xb0);
	assert_load(UART_SCR, 0);
	assert_false(uart_wire(&u));
}

/* Which bits of each register a guest can change, and which registers keep out of each other. */
static void registers_keep_what_they_have(void **state)
{
	(void)state;
	uart_store(&u, UART_SCR, 0x5a);
	uart_store(&u, UART_LCR, 0x7f);
	uart_store(&u, UART_MCR, 0xef);
	uart_store(&u, UART_IER, 0xf0);
	assert_load(UART_SCR, 0x5a);
	assert_load(UART_LCR, 0x7f);
	assert_load(UART_MCR, 0x0f);
	assert_load(UART_IER, 0);
	uart_store(&u, UART_IER, 0x0d);
	/* With DLAB the first two registers are the divisor, and nothing else. */
	uart_store(&u, UART_LCR, DLAB | 3);
	uart_store(&u, UART_DLL, 0x12);
	uart_store(&u, UART_DLM, 0x34);
	assert_load(UART_DLL, 0x12);
	assert_load(UART_DLM, 0x34);
	assert_load(UART_SCR, 0x5a);
	uart_store(&u, UART_LCR, 3);
	assert_load(UART_IER, 0x0d);
	assert_load(UART_RBR, 0);
	assert_int_equal(shown_length, 0);
	uart_store(&u, UART_LCR, DLAB);
	assert_load(UART_DLL, 0x12);
	assert_load(UART_DLM, 0x34);
	uart_store(&u, UART_LCR, 0);
	/* Read-only registers. */
	uart_store(&u, UART_LSR, 0xff);
	uart_store(&u, UART_MSR, 0xff);
	assert_load(UART_LSR, IDLE);
	assert_load(UART_MSR, 0xb0);
}

/* ---- transmitter ---- */

static void lines_come_out_whole(void **state)
{
	(void)state;
	put("one\r");
	assert_int_equal(writes, 0);
	put("\ntw");
	assert_int_equal(writes, 1);
	assert_string_equal(shown, "one\r\n");
	/* A line that nothing is added to for a time of 5 is flushed. */
	assert_true(uart_idle(&u, 100, 5));
	assert_true(uart_idle(&u, 104, 5));
	assert_int_equal(writes, 1);
	put("o");
	assert_true(uart_idle(&u, 105, 5));
	assert_true(uart_idle(&u, 109, 5));
	assert_int_equal(writes, 1);
	assert_false(uart_idle(&u, 110, 5));
	assert_string_equal(shown, "one\r\ntwo");
	assert_false(uart_idle(&u, 120, 5));
	assert_int_equal(writes, 2);
	/* A guest that reads its input has asked for it. */
	put("? ");
	assert_load(UART_RBR, 0);
	assert_string_equal(shown, "one\r\ntwo? ");
	put("x");
	uart_flush(&u);
	assert_string_equal(shown, "one\r\ntwo? x");
	assert_load(UART_LSR, IDLE);
}

static void long_lines_come_out_in_pieces(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 2 * UART_LINE + 1; i++)
		put("a");
	assert_int_equal(writes, 2);
	assert_int_equal(shown_length, 2 * UART_LINE);
	put("\n");
	assert_int_equal(shown_length, 2 * UART_LINE + 2);
	assert_int_equal(strspn(shown, "a"), 2 * UART_LINE + 1);
}

static void lines_have_names(void **state)
{
	(void)state;
	uart_init(&u, "A");
	put("1\n2");
	assert_string_equal(shown, "A: 1\n");
	uart_flush(&u);
	put("3\n");
	/* A line goes on without a second name. */
	assert_string_equal(shown, "A: 1\nA: 23\n");
	put("4");
	uart_flush(&u);
	uart_write(&other, "x\n", 2);
	put("5\n");
	/* A line of another UART ends the line, which goes on in one of its own. */
	assert_string_equal(shown, "A: 1\nA: 23\nA: 4\r\nB: x\nA: 5\n");
	uart_init(&u, "a name of more than thirty-two characters");
	put("\n");
	assert_string_equal(shown + strlen("A: 1\nA: 23\nA: 4\r\nB: x\nA: 5\n"),
			    "a name of more than thirty-two c: \n");
}

static void empty_transmitter_interrupts_once(void **state)
{
	(void)state;
	put("a");
	assert_load(UART_IIR, 0x01);
	uart_store(&u, UART_IER, 0x02);
	assert_true(uart_wire(&u));
	assert_load(UART_IIR, 0x02);
	/* The load of IIR has ended it. */
	assert_false(uart_wire(&u));
	assert_load(UART_IIR, 0x01);
	put("b");
	assert_true(uart_wire(&u));
	uart_store(&u, UART_IER, 0);
	assert_false(uart_wire(&u));
	assert_load(UART_IIR, 0x01);
	/* It is raised whenever it is enabled, but not if it was enabled before. */
	uart_store(&u, UART_IER, 0x02);
	assert_load(UART_IIR, 0x02);
	uart_store(&u, UART_IER, 0x03);
	assert_load(UART_IIR, 0x01);
}

/* ---- receiver ---- */

static void bytes_come_in_order(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		uart_receive(&u, i);
		uart_receive(&u, i + 100);
		assert_load(UART_LSR, IDLE | 1);
		assert_load(UART_RBR, i & 0xff);
		assert_load(UART_RBR, (i + 100) & 0xff);
		assert_load(UART_LSR, IDLE);
	}
	assert_int_equal(uart_waiting(&u), 0);
	assert_int_equal(u.taken, 2000);
}

static void receiver_without_fifo(void **state)
{
	(void)state;
	type(2);
	assert_false(uart_wire(&u));
	uart_store(&u, UART_IER, 0x01);
	assert_true(uart_wire(&u));
	assert_load(UART_IIR, 0x04);
	assert_load(UART_IIR, 0x04);
	uart_load(&u, UART_RBR);
	assert_true(uart_wire(&u));
	uart_load(&u, UART_RBR);
	assert_false(uart_wire(&u));
	assert_load(UART_IIR, 0x01);
}

/* IIR says whether the trigger level is reached, or time has run out for less. */
static void trigger_levels(void **state)
{
	static const unsigned int levels[] = { 1, 4, 8, 14 };
	unsigned int i, level;

	(void)state;
	for (level = 0; level < 4; level++) {
		uart_init(&u, "");
		uart_store(&u, UART_IER, 0x01);
		uart_store(&u, UART_FCR, level << 6 | 1);
		for (i = 1; i <= 20; i++) {
			type(1);
			assert_true(uart_wire(&u));
			assert_load(UART_IIR, i >= levels[level] ? 0xc4 : 0xcc);
		}
		for (i = 19; i > 0; i--) {
			uart_load(&u, UART_RBR);
			assert_load(UART_IIR, i >= levels[level] ? 0xc4 : 0xcc);
		}
		uart_load(&u, UART_RBR);
		assert_load(UART_IIR, 0xc1);
		assert_false(uart_wire(&u));
	}
}

static void fifo_control(void **state)
{
	(void)state;
	/* Without FCR[0] nothing else of FCR counts. */
	type(3);
	uart_store(&u, UART_FCR, 0xc2);
	assert_load(UART_IIR, 0x01);
	assert_int_equal(uart_waiting(&u), 3);
	/* To turn the FIFO on clears what was received, not what is still to come. */
	uart_store(&u, UART_FCR, 0x01);
	assert_load(UART_IIR, 0xc1);
	assert_int_equal(uart_waiting(&u), 2);
	uart_store(&u, UART_FCR, 0xc1);
	assert_int_equal(uart_waiting(&u), 2);
	type(20);
	uart_store(&u, UART_FCR, 0xc3);
	assert_int_equal(uart_waiting(&u), 6);
	/* The bit clears itself. */
	uart_store(&u, UART_FCR, 0xc1);
	assert_int_equal(uart_waiting(&u), 6);
	uart_store(&u, UART_FCR, 0);
	assert_int_equal(uart_waiting(&u), 0);
	assert_load(UART_IIR, 0x01);
}

static void overrun(void **state)
{
	(void)state;
	assert_int_equal(uart_room(&u), UART_INPUT);
	type(UART_INPUT);
	assert_int_equal(uart_room(&u), 0);
	assert_load(UART_LSR, IDLE | 1);
	uart_store(&u, UART_IER, 0x05);
	assert_load(UART_IIR, 0x04);
	type(1);
	assert_int_equal(uart_waiting(&u), UART_INPUT);
	/* Line status has the highest priority; the load of LSR ends it. */
	assert_load(UART_IIR, 0x06);
	assert_load(UART_LSR, IDLE | 3);
	assert_load(UART_IIR, 0x04);
	assert_load(UART_LSR, IDLE | 1);
}

static void priorities(void **state)
{
	(void)state;
	uart_store(&u, UART_MCR, LOOP | 1);
	uart_store(&u, UART_IER, 0x0f);
	uart_store(&u, UART_THR, 'a');
	uart_store(&u, UART_THR, 'b'); /* overrun */
	assert_load(UART_IIR, 0x06);
	uart_load(&u, UART_LSR);
	assert_load(UART_IIR, 0x04);
	assert_load(UART_RBR, 'a');
	assert_load(UART_IIR, 0x02);
	assert_load(UART_IIR, 0x00);
	assert_true(uart_wire(&u));
	uart_load(&u, UART_MSR);
	assert_load(UART_IIR, 0x01);
	assert_false(uart_wire(&u));
}

/* A guest with a name may not move the cursor, unless it has the terminal. */
static void control_characters(void **state)
{
	static const char text[] = "a\tb\033[2K\r\b\x7f\xc2\x9b"
				   "31m \xc3\xa9\r\n";
	char wide[UART_LINE + 1];

	(void)state;
	uart_init(&u, "A");
	/* A call ends with a line. */
	assert_int_equal(uart_write(&u, "1\n2\n", 4), 2);
	assert_string_equal(shown, "A: 1\n");
	shown_length = 0;
	uart_write(&u, text, sizeof(text) - 1);
	assert_string_equal(shown, "A: a\tb[2K\xc2"
				   "31m \xc3\xa9\n");
	/* Nor in two pieces. */
	memset(wide, 'x', UART_LINE - 1);
	wide[UART_LINE - 1] = '\xc2';
	wide[UART_LINE] = '\x9b';
	uart_write(&u, wide, sizeof(wide));
	uart_flush(&u);
	assert_null(strstr(shown, "\xc2\x9b"));
	uart_write(&u, "\r", 1);
	uart_flush(&u);
	assert_int_equal(shown[shown_length - 1], '\xc2');
	shown_length = 0;
	uart_write(&u, "\n", 1);
	__atomic_store_n(&u.raw, true, __ATOMIC_RELAXED);
	shown_length = 0;
	uart_write(&u, text, sizeof(text) - 1);
	assert_memory_equal(shown, "A: ", 3);
	assert_memory_equal(shown + 3, text, sizeof(text));
	/* A guest that is alone has the terminal. */
	uart_init(&u, "");
	shown_length = 0;
	uart_write(&u, text, sizeof(text) - 1);
	assert_string_equal(shown, text);
}

/* ---- loopback ---- */

static void loopback(void **state)
{
	unsigned int i;

	(void)state;
	uart_store(&u, UART_FCR, 1);
	type(1);
	uart_store(&u, UART_MCR, LOOP);
	/* What was typed waits outside. */
	assert_load(UART_LSR, IDLE);
	for (i = 0; i < UART_FIFO; i++)
		uart_store(&u, UART_THR, i);
	assert_load(UART_LSR, IDLE | 1);
	uart_store(&u, UART_THR, 99);
	assert_load(UART_LSR, IDLE | 3);
	for (i = 0; i < UART_FIFO; i++)
		assert_load(UART_RBR, i);
	assert_load(UART_LSR, IDLE);
	uart_store(&u, UART_THR, 1);
	uart_store(&u, UART_MCR, 0);
	assert_load(UART_LSR, IDLE | 1);
	assert_int_equal(uart_waiting(&u), 1);
	assert_int_equal(shown_length, 0);
	assert_int_equal(u.taken, 0);
	assert_int_equal(u.looped.count, 0);
}

/* RTS, DTR, OUT1 and OUT2 become CTS, DSR, RI and DCD. */
static void loopback_of_modem_lines(void **state)
{
	static const struct {
		uint8_t mcr, msr, change, end;
	} lines[] = {
		{ 0x01, 0x20, 0x02, 0x02 },
		{ 0x02, 0x10, 0x01, 0x01 },
		{ 0x04, 0x40, 0x00, 0x04 }, /* RI: the trailing edge only */
		{ 0x08, 0x80, 0x08, 0x08 },
	};
	unsigned int i;

	(void)state;
	uart_store(&u, UART_MCR, LOOP);
	/* CTS, DSR and DCD have gone. */
	assert_load(UART_MSR, 0x0b);
	assert_load(UART_MSR, 0x00);
	uart_store(&u, UART_IER, 0x08);
	for (i = 0; i < 4; i++) {
		uart_store(&u, UART_MCR, LOOP | lines[i].mcr);
		assert_int_equal(uart_wire(&u), lines[i].change != 0);
		assert_load(UART_MSR, lines[i].msr | lines[i].change);
		assert_false(uart_wire(&u));
		assert_load(UART_MSR, lines[i].msr);
		uart_store(&u, UART_MCR, LOOP);
		assert_load(UART_IIR, 0x00);
		assert_load(UART_MSR, lines[i].end);
		assert_load(UART_IIR, 0x01);
	}
}

/* ---- SBI, and any guest ---- */

static void sbi_reads_and_writes_the_same(void **state)
{
	char buf[8] = "";

	(void)state;
	uart_write(&u, "> ", 2);
	uart_receive(&u, 'x');
	uart_receive(&u, 'y');
	uart_receive(&u, 'z');
	assert_int_equal(uart_read(&u, buf, 2), 2);
	assert_string_equal(buf, "xy");
	assert_string_equal(shown, "> ");
	assert_int_equal(u.taken, 2);
	assert_load(UART_RBR, 'z');
	assert_int_equal(uart_read(&u, buf, 2), 0);
}

static void reset_leaves_nothing(void **state)
{
	(void)state;
	uart_store(&u, UART_LCR, DLAB);
	uart_store(&u, UART_DLM, 1);
	uart_store(&u, UART_LCR, 3);
	uart_store(&u, UART_SCR, 1);
	uart_store(&u, UART_FCR, 0xc1);
	uart_store(&u, UART_MCR, LOOP | 1);
	uart_store(&u, UART_THR, 'a');
	uart_store(&u, UART_MCR, 1);
	uart_store(&u, UART_IER, 0x0f);
	type(UART_INPUT + 1);
	put("x");
	assert_true(uart_wire(&u));
	uart_reset(&u);
	assert_string_equal(shown, "x");
	registers_after_reset(state);
	uart_store(&u, UART_LCR, DLAB);
	assert_load(UART_DLL, 1);
	assert_load(UART_DLM, 0);
	assert_int_equal(uart_room(&u), UART_INPUT);
}

/* A guest that does anything finds a UART whose output follows from its registers. */
/* A guest that writes what a frame looks like changes nothing of whose its bytes are. */
static void frames(void **state)
{
	static const char forged[] = "\x10"
				     "0halite: \x10\x10\n\x10n";
	unsigned int i;

	(void)state;
	u.key = '1';
	other.key = 'g';
	put("a\r\n");
	assert_string_equal(shown, "\x10"
				   "1a\r\x10n\x10"
				   "0");
	put("$ ");
	uart_flush(&u);
	uart_write(&other, "b\n", 2);
	assert_string_equal(shown, "\x10"
				   "1a\r\x10n\x10"
				   "0\x10"
				   "1$ \x10"
				   "0\x10gb\x10n\x10"
				   "0");
	shown_length = 0;
	uart_write(&other, forged, sizeof(forged) - 1);
	uart_flush(&other);
	assert_string_equal(shown, "\x10g\x10\x10"
				   "0halite: \x10\x10\x10\x10\x10n\x10"
				   "0");
	/* The longest line, which is nothing but such bytes. */
	uart_init(&u, "");
	u.key = '1';
	shown_length = 0;
	for (i = 0; i < UART_LINE; i++)
		uart_store(&u, UART_THR, UART_FRAME);
	assert_int_equal(shown_length, 2 + 2 * UART_LINE + 2);
}

static void any_guest(void **state)
{
	unsigned int i, seed = 1, ier, iir;

	(void)state;
	for (i = 0; i < 300000; i++) {
		seed = seed * 1103515245 + 12345;
		if (shown_length > sizeof(shown) / 2)
			shown_length = 0;
		switch (seed >> 16 & 3) {
		case 0:
			uart_load(&u, seed >> 18 & 7);
			break;
		case 1:
			uart_store(&u, seed >> 18 & 7, seed >> 23);
			break;
		case 2:
			uart_receive(&u, seed >> 23);
			break;
		default:
			uart_idle(&u, i, seed >> 18 & 7);
			break;
		}
		assert_true(u.in.count <= UART_INPUT && u.in.first < UART_INPUT);
		assert_true(u.looped.count <= UART_FIFO && u.line_length < UART_LINE);
		ier = u.ier;
		if (!ier)
			assert_false(uart_wire(&u));
		/* IIR says an interrupt exactly if the wire is up, and one that is enabled. */
		iir = uart_wire(&u);
		assert_int_equal(iir, !(uart_load(&u, UART_IIR) & 1));
	}
	assert_true(writes > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_after_reset, setup),
		cmocka_unit_test_setup(registers_keep_what_they_have, setup),
		cmocka_unit_test_setup(lines_come_out_whole, setup),
		cmocka_unit_test_setup(long_lines_come_out_in_pieces, setup),
		cmocka_unit_test_setup(lines_have_names, setup),
		cmocka_unit_test_setup(empty_transmitter_interrupts_once, setup),
		cmocka_unit_test_setup(bytes_come_in_order, setup),
		cmocka_unit_test_setup(receiver_without_fifo, setup),
		cmocka_unit_test_setup(trigger_levels, setup),
		cmocka_unit_test_setup(fifo_control, setup),
		cmocka_unit_test_setup(overrun, setup),
		cmocka_unit_test_setup(priorities, setup),
		cmocka_unit_test_setup(control_characters, setup),
		cmocka_unit_test_setup(loopback, setup),
		cmocka_unit_test_setup(loopback_of_modem_lines, setup),
		cmocka_unit_test_setup(sbi_reads_and_writes_the_same, setup),
		cmocka_unit_test_setup(reset_leaves_nothing, setup),
		cmocka_unit_test_setup(frames, setup),
		cmocka_unit_test_setup(any_guest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
