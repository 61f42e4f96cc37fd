/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hv/console.h"
#include "lib/assert.h"
#include "lib/race.h"
#include "lib/spinlock.h"
#include "riscv/csr.h"
#include "riscv/insn.h"
#include "riscv/own_trap.h"
#include "riscv/sbi_call.h"

#define LINE_SIZE 256

/* NS16550A: transmit register, line status register, and its bit "transmit register empty". */
#define UART_THR      0
#define UART_LSR      5
#define UART_LSR_THRE 0x20

/* A store to the finisher: FINISHER_FAIL, and the exit status in the upper half. */
#define FINISHER_FAIL UINT32_C(0x3333)
#define EXIT_STATUS   UINT32_C(1)
/* The time to wait for the finisher, in ticks: a second on machines with a finisher. */
#define FINISHER_TICKS 10000000

/* The time to wait for the line of another hart when Halite fails, in ticks. */
#define LINE_TICKS 10000000

/* The most bytes of stack that hv_fatal() and its callees use. */
#define FATAL_STACK 4096

static bool has_dbcn;
static uint64_t (*find_finisher)(const void *fdt);
static const void *tree;
static volatile uint8_t *uart;

/*
 * Firmware older than SBI 0.2 has no base extension, so the probe fails, and console_write() uses
 * the legacy calls.
 */
void console_init(void)
{
	has_dbcn = firmware_has_extension(SBI_EXT_DBCN);
}

void console_use_finisher(uint64_t (*find)(const void *fdt), const void *fdt)
{
	find_finisher = find;
	tree = fdt;
}

void console_use_uart(uint64_t address)
{
	uart = (volatile uint8_t *)(uintptr_t)address;
}

static size_t write_uart(const char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		while (!(uart[UART_LSR] & UART_LSR_THRE))
			;
		uart[UART_THR] = buf[i];
	}
	return size;
}

static size_t write_legacy(const char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		firmware_call(SBI_EXT_LEGACY_PUTCHAR, 0, (uint8_t)buf[i], 0, 0, 0, 0, 0);
	return size;
}

size_t console_write(const char *buf, size_t size)
{
	size_t done = 0;

	if (uart)
		return write_uart(buf, size);
	if (!has_dbcn)
		return write_legacy(buf, size);
	while (done < size) {
		struct sbi_result r = firmware_call(SBI_EXT_DBCN, SBI_DBCN_WRITE, size - done,
						    (uintptr_t)buf + done, 0, 0, 0, 0);

		if (r.error || !r.value)
			break;
		done += r.value;
	}
	return done;
}

size_t console_read(char *buf, size_t size)
{
	struct sbi_result r;
	size_t i;

	if (has_dbcn) {
		r = firmware_call(SBI_EXT_DBCN, SBI_DBCN_READ, size, (uintptr_t)buf, 0, 0, 0, 0);
		return r.error ? 0 : r.value;
	}
	for (i = 0; i < size; i++) {
		r = firmware_call(SBI_EXT_LEGACY_GETCHAR, 0, 0, 0, 0, 0, 0, 0);
		if (r.error < 0)
			break;
		buf[i] = (char)r.error;
	}
	return i;
}

/* Numbers are drawn from @next, and it is the turn of @now. */
static struct {
	uint32_t next, now;
	bool fails; /* the turn may not come */
	bool lost;  /* it has not */
} turn;

const void *console_unfinished;

uint32_t console_draw(void)
{
	return __atomic_fetch_add(&turn.next, 1, __ATOMIC_RELAXED);
}

void console_fail(void)
{
	__atomic_store_n(&turn.fails, true, __ATOMIC_RELAXED);
}

static bool is_over(uint64_t start)
{
	if (!__atomic_load_n(&turn.fails, __ATOMIC_RELAXED))
		return false;
	if (csr_read(CSR_TIME) - start >= LINE_TICKS)
		__atomic_store_n(&turn.lost, true, __ATOMIC_RELAXED);
	return __atomic_load_n(&turn.lost, __ATOMIC_RELAXED);
}

void console_wait(uint32_t number)
{
	const uint64_t start = csr_read(CSR_TIME);

	while (__atomic_load_n(&turn.now, __ATOMIC_ACQUIRE) != number && !is_over(start))
		;
	RACE_POINT();
}

void console_pass(void)
{
	__atomic_fetch_add(&turn.now, 1, __ATOMIC_RELEASE);
}

void console_write_whole(const char *line, size_t size)
{
	console_wait(console_draw());
	if (console_unfinished)
		console_write("\n", 1);
	console_unfinished = NULL;
	console_write(line, size);
	console_pass();
}

/* The most bytes that a domain writes in one call, which bounds the time of the call. */
#define PART_SIZE 256

/* Write the line in @l, with the name in front. */
static void flush_line(struct console_line *l)
{
	char line[LINE_SIZE];
	int used = snprintf(line, sizeof(line), "%s: %.*s\n", l->name, (int)l->used, l->text);

	console_write_whole(line, used);
	l->used = 0;
}

size_t console_write_line(struct console_line *l, const char *buf, size_t size)
{
	size_t done = 0;
	char byte;

	if (!*l->name)
		return console_write(buf, size);
	size = size < PART_SIZE ? size : PART_SIZE;
	spin_lock(&l->lock);
	while (done < size) {
		/* The guest may change the bytes at any time. */
		byte = *(const volatile char *)&buf[done++];
		if (!console_is_control(l->used ? l->text[l->used - 1] : 0, byte))
			l->text[l->used++] = byte;
		if (byte == '\n' || l->used == sizeof(l->text)) {
			flush_line(l);
			break;
		}
	}
	spin_unlock(&l->lock);
	return done;
}

void console_end_line(struct console_line *l)
{
	spin_lock(&l->lock);
	if (*l->name && l->used)
		flush_line(l);
	spin_unlock(&l->lock);
}

static void print(const char *prefix, const char *fmt, va_list args, const char *end)
{
	/* The last byte is for @end. */
	char line[LINE_SIZE + 1];
	int used = snprintf(line, LINE_SIZE, "%s", prefix);
	int more = vsnprintf(line + used, LINE_SIZE - used, fmt, args);

	used = more < LINE_SIZE - used ? used + more : LINE_SIZE - 1;
	if (*end)
		line[used++] = *end;
	console_write_whole(line, used);
}

void hv_print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print("", fmt, args, "");
	va_end(args);
}

void hv_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print("halite: warning: ", fmt, args, "\n");
	va_end(args);
}

/*
 * End the simulator through its finisher. The simulator may run on for a while after the store. A
 * shutdown call of the firmware in that time would replace the exit status, so this function waits.
 */
static void finish(volatile uint32_t *finisher)
{
	uint64_t start = csr_read(CSR_TIME);

	*finisher = EXIT_STATUS << 16 | FINISHER_FAIL;
	while (csr_read(CSR_TIME) - start < FINISHER_TICKS)
		;
}

/*
 * Whether the calling hart is the first hart in hv_fatal(). The first hart ends the machine, with
 * its message and its exit status, and later harts wait. The first hart may call hv_fatal() again,
 * after a trap within hv_fatal(). There may be no vCPU yet, so the stack identifies the hart: each
 * hart has a stack, and in a second call @sp is less than FATAL_STACK bytes below the @sp of the
 * first call.
 */
static bool is_first(uintptr_t sp)
{
	static uintptr_t first;
	uintptr_t seen = 0;

	return __atomic_compare_exchange_n(&first, &seen, sp, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST) ||
	       seen - sp < FATAL_STACK;
}

void assert_failed(const char *file, int line, const char *expression)
{
	hv_fatal("internal error: %s:%d: %s", file, line, expression);
}

void hv_fatal(const char *fmt, ...)
{
	uint64_t (*find)(const void *fdt);
	uint64_t finisher;
	va_list args;

	RACE_POINT();
	while (!is_first(riscv_stack_pointer((uintptr_t)__builtin_frame_address(0))))
		insn_wfi();
	console_fail();
	va_start(args, fmt);
	print("halite: fatal: ", fmt, args, "\n");
	va_end(args);
	/*
	 * find() calls hv_fatal() if the finisher's node is malformed, so find() is called once
	 * only.
	 */
	find = find_finisher;
	find_finisher = NULL;
	finisher = find ? find(tree) : 0;
	if (finisher)
		finish((volatile uint32_t *)(uintptr_t)finisher);
	firmware_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN, SBI_SRST_REASON_FAILURE,
		      0, 0, 0, 0);
	firmware_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0, 0);
	for (;;)
		insn_wfi();
}
