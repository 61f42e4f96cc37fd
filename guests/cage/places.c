/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of all devices of the machine: those of the device tree, and devices of QEMU's virt machine
 * that are not in the tree.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "cage.h"

#define EID_HALITE    0x0a414c49
#define PROBE	      3
#define PLIC_PENDING  0x1000
#define PLIC_ENABLE   0x2000
#define PLIC_CONTEXT  0x200000
#define PLIC_CONTEXT1 0x201000
#define APLIC_MIDDLE  0x1000
#define APLIC_SETNUM  0x2000
#define APLIC_TARGET  0x3000
#define APLIC_IDC     0x4000

struct place places[MAX_PLACES];
unsigned int place_count;
struct place registers[16];
unsigned int register_count;
bool native;
uint64_t uart, rtc, controller, memory_end;
uint64_t firmware = UINT64_C(0x80000000);

bool has_word(const void *fdt, const char *word)
{
	const char *line = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);

	return line && strstr(line, word);
}

static void add_place(const char *name, uint64_t addr)
{
	struct place *p = &places[place_count];
	unsigned int i;

	addr &= ~(PAGE - 1);
	for (i = 0; i < place_count; i++) {
		if (places[i].addr == addr)
			return;
	}
	if (place_count == MAX_PLACES)
		return;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->addr = addr;
	place_count++;
}

static void add_register(const char *name, uint64_t addr)
{
	struct place *p = &registers[register_count];

	add_place(name, addr);
	if (register_count == sizeof(registers) / sizeof(registers[0]))
		return;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->addr = addr;
	register_count++;
}

static uint64_t number(const fdt32_t *cells, int count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 32 | fdt32_ld(cells++);
	return value;
}

static int cells(const void *fdt, int node, const char *name, int otherwise)
{
	const fdt32_t *property = fdt_getprop(fdt, node, name, NULL);

	return property ? (int)fdt32_ld(property) : otherwise;
}

static bool is(const void *fdt, int node, const char *compatible)
{
	return !fdt_node_check_compatible(fdt, node, compatible);
}

/* Adds the register pages of an interrupt controller of S-mode. */
static void add_controller(const void *fdt, int node, uint64_t addr, uint64_t size)
{
	unsigned int i;

	if (addr == guest_plic(fdt)) {
		controller = addr;
		add_register("plic priority", addr);
		add_register("plic pending", addr + PLIC_PENDING);
		add_register("plic enable", addr + PLIC_ENABLE);
		add_register("plic context 0", addr + PLIC_CONTEXT);
		add_register("plic context 1", addr + PLIC_CONTEXT1);
	} else if (is(fdt, node, "riscv,aplic")) {
		controller = addr;
		add_register("aplic source", addr);
		add_register("aplic pending", addr + APLIC_MIDDLE);
		add_register("aplic number", addr + APLIC_SETNUM);
		add_register("aplic target", addr + APLIC_TARGET);
		if (size > APLIC_IDC)
			add_register("aplic idc", addr + APLIC_IDC);
	} else if (is(fdt, node, "riscv,imsics")) {
		/*
		 * Add this hart's file, and the pages behind it: files of its guests, or the next
		 * hart's file.
		 */
		for (i = 0; i < 3 && i * PAGE < size; i++)
			add_register(i ? "imsic next file" : "imsic file", addr + i * PAGE);
	}
}

static void add_node(const void *fdt, int node, int parent)
{
	int address_cells = cells(fdt, parent, "#address-cells", 2);
	int size_cells = cells(fdt, parent, "#size-cells", 1);
	int length, i, step = 4 * (address_cells + size_cells);
	const char *status = fdt_getprop(fdt, node, "status", NULL);
	const char *name = fdt_get_name(fdt, node, NULL);
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);

	if (!reg || address_cells != 2 || size_cells < 1)
		return;
	for (i = 0; i + step <= length; i += step, reg += step / 4) {
		uint64_t addr = number(reg, address_cells);
		uint64_t size = number(reg + address_cells, size_cells);

		if (!size)
			continue;
		if (is(fdt, node, "google,goldfish-rtc"))
			rtc = addr;
		/* Controllers of M-mode are disabled. */
		if (!status || !strcmp(status, "okay"))
			add_controller(fdt, node, addr, size);
		add_place(name, addr);
		add_place(name, addr + size / 2);
		add_place(name, addr + size - 1);
	}
}

static void add_nodes(const void *fdt, int parent)
{
	int node;

	fdt_for_each_subnode (node, fdt, parent) {
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		const char *name = fdt_get_name(fdt, node, NULL);

		if (type && !strcmp(type, "memory")) {
			const fdt32_t *reg = fdt_getprop(fdt, node, "reg", NULL);

			if (reg && number(reg, 2) + number(reg + 2, 2) > memory_end)
				memory_end = number(reg, 2) + number(reg + 2, 2);
		} else if (strncmp(name, "reserved-memory", 15) && strcmp(name, "cpus") &&
			   strcmp(name, "chosen")) {
			add_node(fdt, node, parent);
			add_nodes(fdt, node);
		}
	}
}

void places_init(const void *fdt)
{
	/* Devices that may exist without a node in the device tree. */
	static const struct place others[] = {
		/* Of M-mode, and an address without a device. */
		{ "clint", 0x2000000 },
		{ "mtime", 0x200b000 },
		{ "aclint", 0x2f00000 },
		{ "imsic m", 0x24000000 },
		{ "nothing", 0x40000 },
		/* Of all modes. */
		{ "test", 0x100000 },
		{ "fw_cfg", 0x10100000 },
		{ "flash", 0x20000000 },
		{ "flash", 0x22000000 },
		{ "pci", 0x30000000 },
		{ "window", 0x40000000 },
	};
	unsigned int i;

	native = !guest_sbi(EXT_BASE, PROBE, EID_HALITE, 0, 0, 0, 0).value;
	uart = guest_uart(fdt);
	add_nodes(fdt, 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add_place(others[i].name, others[i].addr);
}
