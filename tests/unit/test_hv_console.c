/* SPDX-License-Identifier: BSD-2-Clause */
/* Which UART of the machine a virtual one replaces, and which source is its interrupt. */
#include "hv_test.h"

#include "hv/machine.h"

#define UART   "/soc/serial@10000000"
#define UART_2 "/soc/serial@10002000"

static struct machine m;
static struct machine_uart uart;

static void find(void)
{
	const char *why;

	memset(&m, 0, sizeof(m));
	machine_parse(&m, tree, 0, 0);
	why = machine_find_console(&m, tree, &uart);
	if (why)
		hv_fatal("%s", why);
	assert_int_equal(uart.node, node_at(uart.base == 0x10000000 ? UART : UART_2));
}

/* The tree of hv_test.h, with phandles and the interrupt of the UART as QEMU has them. */
static void make(void)
{
	make_tree();
	set_cells("/soc/plic@c000000", "phandle", 3);
	set_cells("/soc/plic@c000000", "#interrupt-cells", 1);
	set_cells(UART, "interrupts", 10);
	set_cells(UART, "interrupt-parent", 3);
}

static void finds_the_uart_and_its_source(void **state)
{
	(void)state;
	make();
	assert_fine(find());
	assert_int_equal(uart.base, 0x10000000);
	assert_int_equal(uart.size, 0x100);
	assert_int_equal(uart.shift, 0);
	assert_true(uart.source.plic);
	assert_int_equal(uart.source.controller, 0);
	assert_int_equal(uart.source.number, 10);
	/* The page is the guest's until it is withheld. */
	assert_true(range_list_overlap(&m.devices, (struct range){ 0x10000000, 1 }));
	machine_withhold(&m, (struct range){ uart.base, uart.size });
	assert_false(range_list_overlap(&m.devices, (struct range){ 0x10000000, 0x1000 }));
	/* The interrupt parent may be named above. */
	assert_int_equal(fdt_delprop(tree, node_at(UART), "interrupt-parent"), 0);
	set_cells("/", "interrupt-parent", 3);
	set_cells(UART, "reg-shift", 2);
	assert_fine(find());
	assert_int_equal(uart.source.number, 10);
	assert_int_equal(uart.shift, 2);
	set_cells(UART, "interrupts-extended", 3, 11);
	assert_fine(find());
	assert_int_equal(uart.source.number, 11);
}

static void finds_the_source_of_an_aplic(void **state)
{
	(void)state;
	make();
	assert_int_equal(fdt_del_node(tree, node_at("/soc/plic@c000000")), 0);
	add_device("aplic@d000000", "riscv,aplic", 0xd000000, 0x8000);
	set_cells("/soc/aplic@d000000", "phandle", 4);
	set_cells("/soc/aplic@d000000", "riscv,num-sources", 96);
	set_cells("/soc/aplic@d000000", "interrupts-extended", 0x10, 9, 0x11, 9);
	set_cells(UART, "interrupts", 96, 4);
	set_cells(UART, "interrupt-parent", 4);
	assert_fine(find());
	assert_false(uart.source.plic);
	assert_int_equal(uart.source.controller, 0);
	assert_int_equal(uart.source.number, 96);
	set_cells(UART, "interrupts", 97, 4);
	assert_fatal(find(), UART ": interrupt 97: its controller has sources 1 to 96");
}

/* stdout-path chooses among several, if it names a UART that can be had. */
static void stdout_path_chooses(void **state)
{
	(void)state;
	make();
	add_device("serial@10002000", "ns16550a", 0x10002000, 0x100);
	set_cells(UART_2, "interrupts-extended", 3, 12);
	assert_fine(find());
	assert_int_equal(uart.base, 0x10002000);
	set_text("/chosen", "stdout-path", UART ":115200n8");
	assert_fine(find());
	assert_int_equal(uart.base, 0x10000000);
	set_text("/chosen", "stdout-path", "/soc/plic@c000000");
	assert_fine(find());
	assert_int_equal(uart.base, 0x10002000);
	set_text(UART_2, "status", "disabled");
	assert_fine(find());
	assert_int_equal(uart.base, 0x10000000);
	assert_int_equal(fdt_setprop(tree, node_at("/chosen"), "stdout-path", "x", 1), 0);
	assert_fine(find());
	assert_int_equal(uart.base, 0x10000000);
}

static void what_does_not_fit_is_named(void **state)
{
	(void)state;
	make();
	set_cells(UART, "interrupts", 0);
	assert_fatal(find(), UART ": interrupt 0: its controller has sources 1 to 95");
	set_cells(UART, "interrupts", 96);
	assert_fatal(find(), UART ": interrupt 96");
	set_cells(UART, "interrupts", 10);
	set_cells(UART, "interrupt-parent", 0x10);
	assert_fatal(find(), UART ": no interrupt at a PLIC or APLIC");
	set_cells(UART, "interrupt-parent", 99);
	assert_fatal(find(), UART ": no interrupt at");
	set_cells(UART, "interrupt-parent", 3);
	assert_int_equal(fdt_delprop(tree, node_at(UART), "interrupts"), 0);
	assert_fatal(find(), UART ": no interrupt at");
	set_cells(UART, "interrupts", 10);
	set_cells(UART, "reg-shift", 5);
	assert_fatal(find(), UART ": its registers are not");
	set_cells(UART, "reg-shift", 0);
	set_cells(UART, "reg-offset", 4);
	assert_fatal(find(), UART ": its registers are not");
	assert_int_equal(fdt_delprop(tree, node_at(UART), "reg-offset"), 0);
	assert_int_equal(fdt_setprop(tree, node_at(UART), "big-endian", NULL, 0), 0);
	assert_fatal(find(), UART ": its registers are not");
	assert_int_equal(fdt_delprop(tree, node_at(UART), "big-endian"), 0);
	set_cells(UART, "reg", 0, 0x10000000, 0, 7);
	assert_fatal(find(), UART ": reg: no plain address");
	set_cells(UART, "reg", 0, 0x10000000, 0, 8);
	assert_fine(find());
	set_text(UART, "compatible", "arm,pl011");
	assert_fatal(find(), "no NS16550A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_uart_and_its_source),
		cmocka_unit_test(finds_the_source_of_an_aplic),
		cmocka_unit_test(stdout_path_chooses),
		cmocka_unit_test(what_does_not_fit_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
