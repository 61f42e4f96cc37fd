/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that ends as its command line says, for the tests of `halite run`. The words:
 *   off            power-off
 *   fail           power-off by QEMU's test device, with a failure as the reason
 *   reboot         reboot, at each boot
 *   reboot-once    reboot at the first boot, power-off at the second one
 *   panic          what Linux prints when it panics, then reboot
 *   panic-stay     the same, then nothing any more
 *   other-panic    the same of a guest of the guest, then the guest's own orderly reboot
 *   prompt         a line that is not complete, then nothing any more
 *   echo           the bytes that are typed, as numbers, up to a q
 *   flood          lines without end
 */
#include <libfdt.h>
#include <string.h>

#include "guest.h"

#define SRST_SHUTDOWN	 0
#define SRST_COLD_REBOOT 1

/* QEMU's hw/misc/sifive_test.c: FAIL, and the exit status of QEMU */
#define TEST_FAIL 0x3333
#define STATUS	  7

/* A word of RAM where no file is, which a reset of QEMU's machine keeps. */
#define NOTE_ADDRESS 0x8f000000
#define NOTE_MAGIC   0x656e6473

#define UART_RECEIVED 0
#define UART_STATUS   5
#define UART_READY    1

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}

static void stay(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

static void reset(uint64_t type, uint64_t reason)
{
	guest_sbi(EXT_SRST, 0, type, reason, 0, 0, 0);
	stay();
}

/* OpenSBI 1.5 reports no reason of SBI SRST to QEMU. */
static void fail(const void *fdt)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "sifive,test0");
	const fdt64_t *reg = fdt_getprop(fdt, node, "reg", NULL);

	*(volatile uint32_t *)fdt64_ld(reg) = STATUS << 16 | TEST_FAIL;
	stay();
}

/* The texts of kernel/panic.c and kernel/reboot.c, which the command looks for. */
static void panic(void)
{
	guest_print("[    1.000000] Kernel panic - not syncing: on purpose\n");
}

static void panic_stay(void)
{
	panic();
	guest_print("[    1.000000] ---[ end Kernel panic - not syncing: on purpose ]---\n");
	stay();
}

static void reboot_once(void)
{
	volatile uint32_t *note = (volatile uint32_t *)NOTE_ADDRESS;

	if (*note == NOTE_MAGIC)
		reset(SRST_SHUTDOWN, 0);
	*note = NOTE_MAGIC;
	reset(SRST_COLD_REBOOT, 0);
}

static void echo(const void *fdt)
{
	volatile uint8_t *uart = (volatile uint8_t *)guest_uart(fdt);
	uint8_t byte;

	guest_print("ends: type\n");
	do {
		while (!(uart[UART_STATUS] & UART_READY))
			;
		byte = uart[UART_RECEIVED];
		guest_print("ends: typed %u\n", byte);
	} while (byte != 'q');
	reset(SRST_SHUTDOWN, 0);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *how = fdt_getprop(fdt, chosen, "bootargs", NULL);

	(void)hartid;
	if (!how)
		how = "off";
	guest_print("ends: boot, %s\n", how);
	if (!strcmp(how, "fail"))
		fail(fdt);
	if (!strcmp(how, "reboot-once"))
		reboot_once();
	if (!strcmp(how, "panic") || !strcmp(how, "other-panic"))
		panic();
	if (!strcmp(how, "panic-stay"))
		panic_stay();
	if (!strcmp(how, "other-panic"))
		guest_print("[    9.000000] reboot: Restarting system\n");
	if (!strcmp(how, "reboot") || strstr(how, "panic"))
		reset(SRST_COLD_REBOOT, 0);
	if (!strcmp(how, "echo"))
		echo(fdt);
	if (!strcmp(how, "prompt"))
		guest_print("ends: what now? ");
	for (uint64_t i = 0; !strcmp(how, "flood"); i++)
		guest_print("ends: line %lu of many\n", (unsigned long)i);
	if (!strcmp(how, "prompt"))
		stay();
	reset(SRST_SHUTDOWN, 0);
}
