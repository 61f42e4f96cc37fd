/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines with APLIC and IMSIC: what Halite reads of them, and what it tells its guest. */
#include "hv_test.h"

#include "hv/guest_fdt.h"
#include "hv/machine.h"
#include "hv/modules.h"
#include "lib/page.h"

static struct machine m;
static _Alignas(8) uint8_t guest[TREE_SIZE + 2 * PAGE_SIZE];

#define IMSIC_M "/soc/imsics@24000000"
#define IMSIC	"/soc/imsics@28000000"
#define APLIC_M "/soc/aplic@c000000"
#define APLIC	"/soc/aplic@d000000"

static void add_aplic(const char *path, uint32_t base)
{
	add_device(path + strlen("/soc/"), "riscv,aplic", base, 0x8000);
	set_cells(path, "riscv,num-sources", 96);
}

/* Two harts with 8 pages each for interrupt files. The files of M mode exist, too, as in QEMU. */
static void make_aia_tree(void)
{
	make_tree();
	fdt_del_node(tree, node_at("/soc/plic@c000000"));
	add_device(IMSIC + strlen("/soc/"), "riscv,imsics", 0x28000000, 0x10000);
	set_cells(IMSIC, "interrupts-extended", 0x11, 9, 0x10, 9);
	set_cells(IMSIC, "riscv,num-ids", 255);
	set_cells(IMSIC, "riscv,guest-index-bits", 3);
	set_cells(IMSIC, "phandle", 0x21);
	add_device(IMSIC_M + strlen("/soc/"), "riscv,imsics", 0x24000000, 0x2000);
	set_cells(IMSIC_M, "interrupts-extended", 0x10, 11, 0x11, 11);
	set_cells(IMSIC_M, "riscv,num-ids", 255);
	set_cells(IMSIC_M, "phandle", 0x20);
	add_aplic(APLIC, 0xd000000);
	set_cells(APLIC, "msi-parent", 0x21);
	add_aplic(APLIC_M, 0xc000000);
	set_cells(APLIC_M, "msi-parent", 0x20);
}

static bool is_device(uint64_t addr)
{
	return range_list_overlap(&m.devices, (struct range){ addr, 1 });
}

static void finds_what_serves_s_mode(void **state)
{
	(void)state;
	make_aia_tree();
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.plic_count, 0);
	assert_true(m.imsic.present && m.aplics[0].msi);
	assert_int_equal(m.imsic.guest_index_bits, 3);
	assert_int_equal(m.imsic.identities, 255);
	assert_int_equal(m.aplics[0].base, 0xd000000);
	assert_int_equal(m.aplics[0].sources, 96);
	/* In the order of interrupts-extended, not of the harts. */
	assert_int_equal(m.harts[0].imsic_file, 0x28008000);
	assert_int_equal(m.harts[0].imsic_index, 1);
	assert_int_equal(m.harts[1].imsic_file, 0x28000000);
	assert_false(is_device(0x28000000) || is_device(0x24000000) || is_device(0xd000000));
	assert_false(is_device(0xc000000));
}

static void an_aplic_can_have_wires(void **state)
{
	(void)state;
	make_aia_tree();
	fdt_del_node(tree, node_at(IMSIC));
	fdt_del_node(tree, node_at(IMSIC_M));
	fdt_delprop(tree, node_at(APLIC), "msi-parent");
	fdt_delprop(tree, node_at(APLIC_M), "msi-parent");
	set_cells(APLIC, "interrupts-extended", 0x10, 9, 0x11, 9);
	set_cells(APLIC_M, "interrupts-extended", 0x10, 11, 0x11, 11);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_false(m.imsic.present || m.aplics[0].msi);
	assert_int_equal(m.aplics[0].base, 0xd000000);
	assert_int_equal(m.harts[1].aplic_index, 1);
	assert_int_equal(m.harts[1].imsic_file, 0);
}

static void nodes_that_do_not_fit_are_named(void **state)
{
	(void)state;
	make_aia_tree();
	set_cells(IMSIC, "interrupts-extended", 0x10, 9);
	assert_fatal(machine_parse(&m, tree, 0, 0),
		     "imsics@28000000: interrupts-extended: nothing for hart 1");
	set_cells(IMSIC, "interrupts-extended", 0x10, 9, 0x11, 9);
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x8000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "imsics@28000000: reg: nothing for hart 1");
	set_cells(IMSIC, "reg", 0, 0x28000800, 0, 0x10000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "whole pages");
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x8000, 0, 0x29000000, 0, 0x8800);
	assert_fatal(machine_parse(&m, tree, 0, 0), "whole pages");
	fdt_delprop(tree, node_at(IMSIC), "reg");
	assert_fatal(machine_parse(&m, tree, 0, 0), "whole pages");
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x10000);
	set_cells(IMSIC, "riscv,guest-index-bits", 7);
	assert_fatal(machine_parse(&m, tree, 0, 0), "riscv,guest-index-bits: 7");
	set_cells(IMSIC, "riscv,guest-index-bits", 3);
	set_cells(IMSIC, "riscv,num-ids", 64);
	assert_fatal(machine_parse(&m, tree, 0, 0), "riscv,num-ids");
	fdt_delprop(tree, node_at(IMSIC), "riscv,num-ids");
	assert_fatal(machine_parse(&m, tree, 0, 0), "riscv,num-ids");
	set_cells(IMSIC, "riscv,num-ids", 2047);
	set_cells(APLIC, "riscv,num-sources", 1024);
	assert_fatal(machine_parse(&m, tree, 0, 0), "aplic@d000000: riscv,num-sources");
	set_cells(APLIC, "riscv,num-sources", 1023);
	set_cells(APLIC, "reg", 0, 0xd000000, 0, 0x3000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "aplic@d000000: reg");
	set_cells(APLIC, "reg", 0, 0xd000000, 0, 0x4000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	add_device("plic@e000000", "riscv,plic0", 0xe000000, 0x600000);
	set_cells("/soc/plic@e000000", "riscv,ndev", 95);
	assert_fatal(machine_parse(&m, tree, 0, 0), "handles one of them");
}

static void without_guest_index_bits_there_are_no_guest_files(void **state)
{
	(void)state;
	make_aia_tree();
	fdt_delprop(tree, node_at(IMSIC), "riscv,guest-index-bits");
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x2000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.imsic.guest_index_bits, 0);
	assert_int_equal(m.harts[0].imsic_file, 0x28001000);
}

/*
 * Three sockets with two harts each, as QEMU's tree has them. Linux counts the files of the harts
 * over the ranges of reg, in the order of interrupts-extended.
 */
static void harts_are_in_groups(void **state)
{
	unsigned int i;

	(void)state;
	make_aia_tree();
	for (i = 2; i < 6; i++)
		add_cpu(i, TEST_ISA);
	set_cells(IMSIC, "interrupts-extended", 0x10, 9, 0x11, 9, 0x12, 9, 0x13, 9, 0x14, 9, 0x15,
		  9);
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x10000, 0, 0x29000000, 0, 0x10000, 0, 0x2a000000,
		  0, 0x10000);
	set_cells(IMSIC, "riscv,hart-index-bits", 1);
	set_cells(IMSIC, "riscv,group-index-bits", 2);
	set_cells(IMSIC, "riscv,group-index-shift", 24);
	add_aplic("/soc/aplic@e000000", 0xe000000);
	set_cells("/soc/aplic@e000000", "msi-parent", 0x21);
	assert_fine(machine_parse(&m, tree, 0, 0));
	for (i = 0; i < 6; i++) {
		assert_int_equal(m.harts[i].imsic_file,
				 0x28000000 + i / 2 * 0x1000000 + i % 2 * 0x8000);
		/* AIA: the hart index in an MSI is the group and the hart in the group. */
		assert_int_equal(m.harts[i].imsic_index, i);
	}
	set_cells(IMSIC, "riscv,hart-index-bits", 4);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.harts[5].imsic_index, 2 << 4 | 1);
	assert_int_equal(m.aplic_count, 2);
	assert_int_equal(m.aplics[0].base + m.aplics[1].base, 0xd000000 + 0xe000000);
	set_cells(IMSIC, "reg", 0, 0x28000000, 0, 0x10000, 0, 0x29000000, 0, 0x10000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "reg: nothing for hart 4");
}

static void each_hart_has_wires_from_its_aplic(void **state)
{
	(void)state;
	make_aia_tree();
	fdt_del_node(tree, node_at(IMSIC));
	add_aplic("/soc/aplic@e000000", 0xe000000);
	fdt_delprop(tree, node_at(APLIC), "msi-parent");
	set_cells(APLIC, "interrupts-extended", 0x10, 9);
	set_cells("/soc/aplic@e000000", "interrupts-extended", 0x30, 9, 0x11, 9);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.aplics[m.harts[0].aplic].base, 0xd000000);
	assert_int_equal(m.harts[0].aplic_index, 0);
	assert_int_equal(m.aplics[m.harts[1].aplic].base, 0xe000000);
	assert_int_equal(m.harts[1].aplic_index, 1);
}

static void make_guest(unsigned int l1_file)
{
	static struct range home = { 0x8f800000, 0x800000 };
	static const struct range_list absent = { .r = &home, .count = 1 };
	static struct modules mods = { .bootargs = "" };

	machine_parse(&m, tree, 0, 0);
	guest_fdt_make(guest, guest_fdt_size(tree, &m, &mods), tree, &m, &mods, &absent, l1_file);
}

static void expect_reg(const char *path, uint32_t start, uint32_t size)
{
	const uint32_t wanted[] = { 0, cpu_to_fdt32(start), 0, cpu_to_fdt32(size) };
	int len;
	const void *reg = fdt_getprop(guest, fdt_path_offset(guest, path), "reg", &len);

	assert_int_equal(len, sizeof(wanted));
	assert_memory_equal(reg, wanted, sizeof(wanted));
}

static void the_guest_is_told_where_its_files_are(void **state)
{
	(void)state;
	make_aia_tree();
	set_text("/cpus/cpu@0", "riscv,isa", "rv64imafdch_smaia_ssaia_zicsr");
	assert_fine(make_guest(1));
	expect_reg("/soc/imsics@28001000", 0x28001000, 0x10000);
	assert_string_equal(fdt_getprop(guest, fdt_path_offset(guest, "/cpus/cpu@0"), "riscv,isa",
					NULL),
			    "rv64imafdch_smaia_ssaia_zicsr");
	assert_fine(make_guest(0));
	expect_reg(IMSIC, 0x28000000, 0x10000);
	/* The tree of a Halite's guest that is a Halite. A name without that address stays. */
	set_cells(IMSIC, "reg", 0, 0x28001000, 0, 0x10000);
	assert_fine(make_guest(1));
	expect_reg(IMSIC, 0x28002000, 0x10000);
	assert_int_equal(m.harts[0].imsic_file, 0x28009000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_serves_s_mode),
		cmocka_unit_test(an_aplic_can_have_wires),
		cmocka_unit_test(nodes_that_do_not_fit_are_named),
		cmocka_unit_test(harts_are_in_groups),
		cmocka_unit_test(each_hart_has_wires_from_its_aplic),
		cmocka_unit_test(without_guest_index_bits_there_are_no_guest_files),
		cmocka_unit_test(the_guest_is_told_where_its_files_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
