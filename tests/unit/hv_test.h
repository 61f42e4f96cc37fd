/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of src/hv: hv_fatal() and hv_warn() that the test sees, and a device tree like that of
 * QEMU's virt machine to start from. Include once, in the test's only source.
 */
#ifndef HV_TEST_H
#define HV_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "hv/console.h"
#include "lib/pages.h"
#include "riscv/head.h"

#define TREE_SIZE  (1 << 18)
#define LIST_BYTES (1 << 20)

static jmp_buf fatal_jump;
static char fatal_text[512];
static unsigned int warnings;

void hv_fatal(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(fatal_text, sizeof(fatal_text), fmt, args);
	va_end(args);
	longjmp(fatal_jump, 1);
}

void hv_warn(const char *fmt, ...)
{
	(void)fmt;
	warnings++;
}

/* Places and code of head.S and halite.lds. */
char riscv_image_start[64], riscv_data_end[1], riscv_image_end[1];

void riscv_home_entry(void)
{
}

void riscv_jump(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t entry)
{
	hv_fatal("jump to 0x%lx with 0x%lx, 0x%lx, 0x%lx", (unsigned long)entry, (unsigned long)a0,
		 (unsigned long)a1, (unsigned long)a2);
}

/* @call ends in hv_fatal() with a message that has @part in it. */
#define assert_fatal(call, part)                                               \
	do {                                                                   \
		fatal_text[0] = '\0';                                          \
		if (!setjmp(fatal_jump)) {                                     \
			call;                                                  \
			fail_msg("not fatal: %s", #call);                      \
		}                                                              \
		if (!strstr(fatal_text, part))                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, fatal_text); \
	} while (0)

/* @call is not fatal. */
#define assert_fine(call)                                  \
	do {                                               \
		if (!setjmp(fatal_jump))                   \
			call;                              \
		else                                       \
			fail_msg("fatal: %s", fatal_text); \
	} while (0)

static _Alignas(8) uint8_t tree[TREE_SIZE];

static int node_at(const char *path)
{
	int node = fdt_path_offset(tree, path);

	assert_true(node >= 0);
	return node;
}

static int add_node(const char *parent, const char *name)
{
	int node = fdt_add_subnode(tree, node_at(parent), name);

	assert_true(node >= 0);
	return node;
}

#define set_text(path, name, text) \
	assert_int_equal(fdt_setprop_string(tree, node_at(path), name, text), 0)

#define set_cells(path, name, ...)                                                      \
	do {                                                                            \
		const uint32_t cells_[] = { __VA_ARGS__ };                              \
		set_cell_array(path, name, cells_, sizeof(cells_) / sizeof(cells_[0])); \
	} while (0)

static inline void set_cell_array(const char *path, const char *name, const uint32_t *cells,
				  size_t count)
{
	size_t i;

	assert_int_equal(fdt_setprop(tree, node_at(path), name, NULL, 0), 0);
	for (i = 0; i < count; i++)
		assert_int_equal(fdt_appendprop_u32(tree, node_at(path), name, cells[i]), 0);
}

static inline void add_cpu(unsigned int hartid, const char *isa)
{
	char name[16], path[32], intc[64];

	snprintf(name, sizeof(name), "cpu@%x", hartid);
	snprintf(path, sizeof(path), "/cpus/%s", name);
	snprintf(intc, sizeof(intc), "%s/interrupt-controller", path);
	add_node("/cpus", name);
	set_text(path, "device_type", "cpu");
	set_text(path, "riscv,isa", isa);
	set_text(path, "mmu-type", "riscv,sv57");
	set_cells(path, "reg", hartid);
	add_node(path, "interrupt-controller");
	set_text(intc, "compatible", "riscv,cpu-intc");
	set_cells(intc, "phandle", 0x10 + hartid);
}

static inline void add_device(const char *name, const char *compatible, uint32_t base,
			      uint32_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/soc/%s", name);
	add_node("/soc", name);
	set_text(path, "compatible", compatible);
	set_cells(path, "reg", 0, base, 0, size);
}

#define TEST_ISA "rv64imafdch_zicsr_sstc_svinval"

/* Give the arrays of src/hv new memory. Arrays of the time before are lost. */
static inline void make_memory(void)
{
	static _Alignas(4096) uint8_t memory[LIST_BYTES];
	static struct page_pool pool;

	pool = (struct page_pool){ (uintptr_t)memory, (uintptr_t)memory + sizeof(memory) };
	array_use(&pool);
}

/* Two harts, 256 MiB at 0x80000000 of which firmware has 512 KiB, PLIC, CLINT, UART, PCI. */
static inline void make_tree(void)
{
	make_memory();
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	set_cells("/", "#address-cells", 2);
	set_cells("/", "#size-cells", 2);
	add_node("/", "chosen");
	add_node("/", "memory@80000000");
	set_text("/memory@80000000", "device_type", "memory");
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0, 0x10000000);
	add_node("/", "reserved-memory");
	set_cells("/reserved-memory", "#address-cells", 2);
	set_cells("/reserved-memory", "#size-cells", 2);
	set_cells("/reserved-memory", "ranges", 0);
	add_node("/reserved-memory", "firmware@80000000");
	set_cells("/reserved-memory/firmware@80000000", "reg", 0, 0x80000000, 0, 0x80000);
	assert_int_equal(fdt_setprop(tree, node_at("/reserved-memory/firmware@80000000"), "no-map",
				     NULL, 0),
			 0);
	add_node("/", "cpus");
	set_cells("/cpus", "#address-cells", 1);
	set_cells("/cpus", "#size-cells", 0);
	set_cells("/cpus", "timebase-frequency", 10000000);
	/* A new node goes before its siblings. */
	add_cpu(1, TEST_ISA);
	add_cpu(0, TEST_ISA);
	add_node("/", "soc");
	set_cells("/soc", "#address-cells", 2);
	set_cells("/soc", "#size-cells", 2);
	assert_int_equal(fdt_setprop(tree, node_at("/soc"), "ranges", NULL, 0), 0);
	add_device("plic@c000000", "riscv,plic0", 0xc000000, 0x600000);
	set_cells("/soc/plic@c000000", "riscv,ndev", 95);
	set_cells("/soc/plic@c000000", "interrupts-extended", 0x10, 11, 0x10, 9, 0x11, 11, 0x11, 9);
	assert_int_equal(fdt_setprop(tree, node_at("/soc/plic@c000000"), "interrupt-controller",
				     NULL, 0),
			 0);
	add_device("clint@2000000", "riscv,clint0", 0x2000000, 0x10000);
	add_device("serial@10000000", "ns16550a", 0x10000000, 0x100);
	add_device("pci@30000000", "pci-host-ecam-generic", 0x30000000, 0x10000000);
	set_text("/soc/pci@30000000", "device_type", "pci");
	set_cells("/soc/pci@30000000", "#address-cells", 3);
	set_cells("/soc/pci@30000000", "#size-cells", 2);
	set_cells("/soc/pci@30000000", "ranges", 0x2000000, 0, 0x40000000, 0, 0x40000000, 0,
		  0x40000000, 0x3000000, 4, 0, 4, 0, 4, 0);
}

static inline void add_module(const char *name, const char *kind, uint32_t start, uint32_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/chosen/%s", name);
	add_node("/chosen", name);
	set_text(path, "compatible", kind);
	set_cells(path, "reg", 0, start, 0, size);
}

#endif
