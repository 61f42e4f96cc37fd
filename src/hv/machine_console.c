/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The UART of the machine's console, for virtual UARTs in its place: its registers and its
 * interrupt.
 *
 * Specification: Devicetree Specification 0.4, chapters "Interrupts and Interrupt Mapping" and
 * "Serial devices"; binding 8250.
 */
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"

#define SHIFT_MAX 4

/* Why there can be no virtual UART. */
static char reason[160];

static bool refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool refuse(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	return false;
}

static const char *const compatible[] = { "ns16550a", "ns16550", NULL };

/* The node that stdout-path of /chosen names, or a negative number. A colon ends the path. */
static int stdout_node(const struct machine *m, const void *fdt)
{
	int len;
	const char *path =
		m->nodes.chosen < 0 ? NULL : fdt_getprop(fdt, m->nodes.chosen, "stdout-path", &len);

	if (!path || len < 1 || path[len - 1])
		return -1;
	return fdt_path_offset_namelen(fdt, path, strcspn(path, ":"));
}

static bool is_uart(const void *fdt, int node)
{
	return node >= 0 && devtree_is_compatible(fdt, node, compatible) &&
	       devtree_is_enabled(fdt, node);
}

/* The node of the UART, or a negative number. */
static int find_node(const struct machine *m, const void *fdt)
{
	int node = stdout_node(m, fdt);

	if (is_uart(fdt, node))
		return node;
	for (node = fdt_next_node(fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(fdt, node, NULL)) {
		if (is_uart(fdt, node))
			return node;
	}
	return -1;
}

/* Read the number @name of @node, which is @otherwise if there is none. */
static uint64_t number(const void *fdt, int node, const char *name, uint64_t otherwise)
{
	uint64_t value;

	return devtree_get_number(fdt, node, name, &value) ? value : otherwise;
}

/* The interrupt parent of @node, which itself or a node above it names; 0: there is none. */
static uint32_t interrupt_parent(const void *fdt, int node)
{
	uint64_t phandle;

	for (; node >= 0; node = fdt_parent_offset(fdt, node)) {
		if (devtree_get_number(fdt, node, "interrupt-parent", &phandle))
			return phandle;
	}
	return 0;
}

/* Find controller @node, of S mode, in @m. */
static bool find_controller(const struct machine *m, int node, struct machine_source *s,
			    uint32_t *sources)
{
	unsigned int i;

	for (i = 0; i < m->plic_count; i++) {
		if (m->plics[i].node != node)
			continue;
		*s = (struct machine_source){ .plic = true, .controller = i };
		*sources = m->plics[i].ndev;
		return true;
	}
	for (i = 0; i < m->aplic_count; i++) {
		if (m->aplics[i].node != node)
			continue;
		*s = (struct machine_source){ .controller = i };
		*sources = m->aplics[i].sources;
		return true;
	}
	return false;
}

static bool find_source(const struct machine *m, const void *fdt, int node,
			struct machine_source *s)
{
	const uint8_t *cells;
	uint32_t phandle, sources;
	int len;

	/* The first cell of an interrupt of a PLIC or an APLIC is the number of the source. */
	cells = fdt_getprop(fdt, node, "interrupts-extended", &len);
	if (cells && len >= 8) {
		phandle = devtree_number(cells, 1);
		cells += 4;
	} else {
		cells = fdt_getprop(fdt, node, "interrupts", &len);
		phandle = cells && len >= 4 ? interrupt_parent(fdt, node) : 0;
	}
	if (!phandle || !find_controller(m, fdt_node_offset_by_phandle(fdt, phandle), s, &sources))
		return refuse("%s: no interrupt at a PLIC or APLIC of S mode",
			      devtree_path(fdt, node));
	s->number = devtree_number(cells, 1);
	if (!s->number || s->number > sources)
		return refuse("%s: interrupt %lu: its controller has sources 1 to %lu",
			      devtree_path(fdt, node), (unsigned long)s->number,
			      (unsigned long)sources);
	return true;
}

const char *machine_find_console(const struct machine *m, const void *fdt,
				 struct machine_uart *uart)
{
	const int node = find_node(m, fdt);
	struct machine_uart found = { .node = node };
	struct range r;

	if (node < 0)
		return "no NS16550A in the device tree";
	found.shift = number(fdt, node, "reg-shift", 0);
	if (number(fdt, node, "reg-shift", 0) > SHIFT_MAX || number(fdt, node, "reg-offset", 0) ||
	    fdt_getprop(fdt, node, "big-endian", NULL)) {
		refuse("%s: its registers are not little-endian, without reg-offset and with a "
		       "reg-shift of at most %u",
		       devtree_path(fdt, node), SHIFT_MAX);
		return reason;
	}
	if (!machine_plain_reg(fdt, node, &r) || r.size < UINT64_C(8) << found.shift) {
		refuse("%s: reg: no plain address of all registers", devtree_path(fdt, node));
		return reason;
	}
	found.base = r.start;
	found.size = r.size;
	if (!find_source(m, fdt, node, &found.source))
		return reason;
	*uart = found;
	return NULL;
}
