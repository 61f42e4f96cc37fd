/* SPDX-License-Identifier: BSD-2-Clause */
/* The UART and the interrupt controllers of S mode, from the device tree. */
#include <libfdt.h>
#include <string.h>

#include "guest.h"

/* The names by which Linux knows a PLIC, and a UART. */
static const char *const plics[] = {
	"sifive,plic-1.0.0",	"riscv,plic0",		"thead,c900-plic",
	"andestech,nceplic100", "ultrarisc,cp100-plic",
};
static const char *const uarts[] = { "ns16550a", "ns16550" };
static const char *const aplics[] = { "riscv,aplic" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The first node that is enabled and has one of @names; negative: none. */
static int find(const void *fdt, const char *const *names, unsigned int count)
{
	unsigned int i;
	int node;

	for (i = 0; i < count; i++) {
		for (node = fdt_node_offset_by_compatible(fdt, -1, names[i]); node >= 0;
		     node = fdt_node_offset_by_compatible(fdt, node, names[i])) {
			const char *status = fdt_getprop(fdt, node, "status", NULL);

			/* The APLIC domain of M mode is disabled. */
			if (!status || !strcmp(status, "okay"))
				return node;
		}
	}
	return -1;
}

/* The address in reg, which has two cells for it; 0: @node is negative, or has no reg. */
static uint64_t address(const void *fdt, int node)
{
	const fdt32_t *reg = node < 0 ? NULL : fdt_getprop(fdt, node, "reg", NULL);

	return reg ? (uint64_t)fdt32_ld(reg) << 32 | fdt32_ld(reg + 1) : 0;
}

static uint32_t number(const void *fdt, int node, const char *name)
{
	const fdt32_t *value = fdt_getprop(fdt, node, name, NULL);

	return value ? fdt32_ld(value) : 0;
}

/* The controller of the interrupts of @node: the property may be that of a node above. */
static uint32_t interrupt_parent(const void *fdt, int node)
{
	uint32_t parent = 0;

	for (; node >= 0 && !parent; node = fdt_parent_offset(fdt, node))
		parent = number(fdt, node, "interrupt-parent");
	return parent;
}

uint64_t guest_plic(const void *fdt)
{
	return address(fdt, find(fdt, plics, COUNT(plics)));
}

uint64_t guest_interrupt_controller(const void *fdt)
{
	uint64_t plic = guest_plic(fdt);

	return plic ? plic : address(fdt, find(fdt, aplics, COUNT(aplics)));
}

uint64_t guest_uart(const void *fdt)
{
	return address(fdt, find(fdt, uarts, COUNT(uarts)));
}

unsigned int guest_uart_source(const void *fdt, uint32_t controller)
{
	int uart = find(fdt, uarts, COUNT(uarts));

	if (uart < 0 || interrupt_parent(fdt, uart) != controller)
		return 0;
	return number(fdt, uart, "interrupts");
}

unsigned int guest_uart_wire(const void *fdt)
{
	int node = find(fdt, plics, COUNT(plics));

	if (node < 0)
		node = find(fdt, aplics, COUNT(aplics));
	return node < 0 ? 0 : guest_uart_source(fdt, fdt_get_phandle(fdt, node));
}

unsigned int guest_plic_uart_source(const void *fdt)
{
	int plic = find(fdt, plics, COUNT(plics));

	return plic < 0 ? 0 : guest_uart_source(fdt, fdt_get_phandle(fdt, plic));
}

unsigned int guest_plic_sources(const void *fdt)
{
	int plic = find(fdt, plics, COUNT(plics));

	return plic < 0 ? 0 : number(fdt, plic, "riscv,ndev");
}

/* The hart id of the cpu whose interrupt controller has @phandle. */
static uint64_t hart_of(const void *fdt, uint32_t phandle)
{
	int cpu = fdt_parent_offset(fdt, fdt_node_offset_by_phandle(fdt, phandle));
	int len;
	const fdt32_t *reg = cpu < 0 ? NULL : fdt_getprop(fdt, cpu, "reg", &len);

	if (!reg)
		return ~UINT64_C(0);
	return len == 8 ? (uint64_t)fdt32_ld(reg) << 32 | fdt32_ld(reg + 1) : fdt32_ld(reg);
}

int guest_plic_context(const void *fdt, uint64_t hartid)
{
	int plic = find(fdt, plics, COUNT(plics));
	int len, i;
	const fdt32_t *wires =
		plic < 0 ? NULL : fdt_getprop(fdt, plic, "interrupts-extended", &len);

	for (i = 0; wires && i < len / 8; i++) {
		if (fdt32_ld(wires + 2 * i + 1) == IRQ_SEI &&
		    hart_of(fdt, fdt32_ld(wires + 2 * i)) == hartid)
			return i;
	}
	return -1;
}
