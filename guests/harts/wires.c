/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An external interrupt that another hart claims. The UART's wire leads by the PLIC or the APLIC to
 * one hart. The boot hart claims the interrupt in that hart's place at about the time when it
 * arrives there. Afterwards, that hart must not see the interrupt.
 */
#include <libfdt.h>
#include <stddef.h>

#include "csr.h"
#include "guest.h"
#include "harts.h"

#define ROUNDS	     600
#define ROUNDS_TICKS (5 * (uint64_t)TICKS_PER_SECOND)
#define QUIET_TICKS  (TICKS_PER_SECOND / 50)
#define LOOKS	     20000
#define RAISED_TICKS (60 * TICKS_PER_US)
#define STALL_TICKS  (2 * TICKS_PER_US)
#define STALLS_TICKS (1000 * TICKS_PER_US)

#define UART_IER      1
#define UART_IER_THRE 2

static volatile uint8_t *uart;
static volatile uint32_t *controller;
static unsigned int source; /* the UART's, at the controller */
static bool is_plic;
static int contexts[HARTS_MAX]; /* of the PLIC, for S mode of each hart */

enum command { NOTHING, LOOK, END };
static volatile enum command command[HARTS_MAX];
static volatile bool raised[HARTS_MAX];
static volatile uint64_t spins[HARTS_MAX];

static void put(uint64_t offset, uint32_t value)
{
	controller[offset / 4] = value;
}

/*
 * ---- routing: in the PLIC, only the context of the chosen hart enables the interrupt; in the
 * APLIC, the hart is the target ----
 */

/* The PLIC's word of enable bits of @hart that has the source. */
static uint64_t plic_enable(uint64_t hart)
{
	return 0x2000 + 0x80 * (uint64_t)contexts[hart] + source / 32 * 4;
}

static uint64_t plic_threshold(uint64_t hart)
{
	return 0x200000 + 0x1000 * (uint64_t)contexts[hart];
}

static void connect(uint64_t hart)
{
	if (is_plic)
		put(plic_enable(hart), 1u << source % 32);
	else
		put(0x3000 + 4 * source, (uint32_t)hart << 18 | 1);
}

static void disconnect(uint64_t hart)
{
	if (is_plic)
		put(plic_enable(hart), 0);
}

static void set_up(void)
{
	uint64_t hart;

	for (hart = 0; hart < harts_count; hart++) {
		if (is_plic) {
			put(plic_threshold(hart), 0);
		} else {
			put(0x4000 + 32 * hart, 1);
			put(0x4008 + 32 * hart, 0);
		}
	}
	if (is_plic) {
		put(4 * source, 1);
	} else {
		put(4 * source, 6 /* level, high */);
		put(0x1edc, source);
		put(0, 0x100);
	}
}

/*
 * Claims the interrupt in place of @hart. The PLIC drops a pending interrupt whose wire is low. The
 * APLIC sets it pending again while the wire is high.
 */
static bool claim(uint64_t hart)
{
	uint64_t offset = is_plic ? plic_threshold(hart) + 4 : 0x401c + 32 * hart;
	uint32_t claimed;

	if (!is_plic)
		uart[UART_IER] = 0;
	claimed = controller[offset / 4];
	uart[UART_IER] = 0;
	if (is_plic)
		put(offset, claimed);
	return claimed;
}

/* ---- the harts ---- */

static bool is_raised(void)
{
	return csr_read(CSR_SIP) & BIT64(IRQ_SEI);
}

static void watch(uint64_t hart)
{
	unsigned int looks;
	uint64_t start;

	while (command[hart] != END) {
		spins[hart]++;
		if (command[hart] != LOOK)
			continue;
		start = harts_now();
		looks = 0;
		while (is_raised() && (harts_now() - start < QUIET_TICKS || looks < LOOKS))
			looks++;
		raised[hart] = is_raised();
		__atomic_store_n(&command[hart], NOTHING, __ATOMIC_RELEASE);
	}
}

static bool ask(uint64_t hart)
{
	__atomic_store_n(&command[hart], LOOK, __ATOMIC_RELEASE);
	while (__atomic_load_n(&command[hart], __ATOMIC_ACQUIRE) == LOOK)
		;
	return raised[hart];
}

/*
 * Waits until @hart stops for a moment: then the interrupt has arrived, and Halite handles it. The
 * wait is limited, because in QEMU without Halite the hart does not stop.
 */
static void wait_for_stall(uint64_t hart)
{
	uint64_t start = harts_now(), last = start, seen = spins[hart];

	while (harts_now() - last < STALL_TICKS && harts_now() - start < STALLS_TICKS) {
		if (spins[hart] == seen)
			continue;
		seen = spins[hart];
		last = harts_now();
	}
}

static bool do_round(uint64_t hart, unsigned int *claims)
{
	bool stays;

	connect(hart);
	uart[UART_IER] = UART_IER_THRE;
	wait_for_stall(hart);
	harts_delay(RAISED_TICKS);
	*claims += claim(hart);
	stays = ask(hart);
	disconnect(hart);
	return stays;
}

void check_wires(const void *fdt)
{
	uint64_t start = harts_now(), hart;
	unsigned int round = 0, claims = 0, stays = 0;
	int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics");

	controller = (volatile uint32_t *)guest_interrupt_controller(fdt);
	uart = (volatile uint8_t *)guest_uart(fdt);
	source = guest_uart_wire(fdt);
	if (node >= 0 || !controller)
		return;
	is_plic = guest_plic(fdt);
	guest_check("the UART has a wire to the controller", uart && source, 1);
	if (!uart || !source)
		return;
	for (hart = 0; hart < harts_count; hart++) {
		contexts[hart] = guest_plic_context(fdt, hart);
		if (hart != harts_first)
			harts_start(hart, watch);
	}
	/* Set up now: firmware resets a hart's part of the controller when the hart starts. */

	set_up();
	while (round < ROUNDS && harts_now() - start < ROUNDS_TICKS) {
		for (hart = 0; hart < harts_count; hart++) {
			if (hart == harts_first)
				continue;
			stays += do_round(hart, &claims);
			round++;
		}
	}
	for (hart = 0; hart < harts_count; hart++)
		command[hart] = END;
	guest_print("# %u interrupts, %u claimed\n", round, claims);
	guest_check("all of them were claimed", claims, round);
	guest_check("interrupts that another hart ended stay raised", stays, 0);
}
