/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_test.h"

#include "hext/ext.h"
#include "hv/guest_fdt.h"
#include "hv/withheld.h"

static const struct range self = { 0x80200000, 0x40000 };
static struct range home = { 0x8f800000, 0x800000 };
static const struct range_list home_list = { .r = &home, .count = 1 };
static _Alignas(8) uint8_t guest[3 * TREE_SIZE];
static struct machine m;
static struct modules mods;

static void make_with(struct range taken, uint32_t given)
{
	const struct range_list absent = { .r = &taken, .count = 1 };

	machine_parse(&m, tree, 0, given);
	modules_find(&mods, tree, &m, self);
	assert_true(guest_fdt_size(tree, &m, &mods) <= sizeof(guest));
	guest_fdt_make(guest, guest_fdt_size(tree, &m, &mods), tree, &m, &mods, &absent, 0);
	assert_int_equal(fdt_check_full(guest, fdt_totalsize(guest)), 0);
}

static void make(struct range taken)
{
	make_with(taken, 0);
}

static void make_kernel_tree(void)
{
	make_tree();
	add_module("module@84000000", "multiboot,kernel", 0x84000000, 0x1000);
}

static const void *property(const char *path, const char *name, int *len)
{
	return fdt_getprop(guest, fdt_path_offset(guest, path), name, len);
}

static void expect_cells(const char *path, const char *name, const uint32_t *cells, int count)
{
	int len, i;
	const fdt32_t *p = property(path, name, &len);

	assert_non_null(p);
	assert_int_equal(len, 4 * count);
	for (i = 0; i < count; i++)
		assert_int_equal(fdt32_ld(p + i), cells[i]);
}

static void memory_is_without_home(void **state)
{
	static const uint32_t top[] = { 0, 0x80000000, 0, 0xf800000 };
	static const uint32_t middle[] = {
		0, 0x80000000, 0, 0x1000000, 0, 0x81800000, 0, 0xe800000
	};

	(void)state;
	make_kernel_tree();
	assert_fine(make(home));
	expect_cells("/memory@80000000", "reg", top, 4);
	assert_fine(make((struct range){ 0x81000000, 0x800000 }));
	expect_cells("/memory@80000000", "reg", middle, 8);
}

static void a_memory_node_that_home_fills_is_gone(void **state)
{
	(void)state;
	make_kernel_tree();
	add_node("/", "memory@a0000000");
	set_text("/memory@a0000000", "device_type", "memory");
	set_cells("/memory@a0000000", "reg", 0, 0xa0000000, 0, 0x800000);
	assert_fine(make((struct range){ 0xa0000000, 0x800000 }));
	assert_true(fdt_path_offset(guest, "/memory@a0000000") < 0);
	assert_true(fdt_path_offset(guest, "/memory@80000000") >= 0);
}

static void chosen_is_the_guests(void **state)
{
	static const uint32_t start[] = { 0, 0x86000000 };
	static const uint32_t end[] = { 0, 0x86002000 };
	int len;

	(void)state;
	make_kernel_tree();
	set_text("/chosen", "bootargs", "nacl=none");
	set_text("/chosen", "rng-seed", "seed");
	set_cells("/chosen", "linux,initrd-start", 1);
	assert_fine(make(home));
	assert_null(property("/chosen", "bootargs", &len));
	assert_null(property("/chosen", "linux,initrd-start", &len));
	assert_true(fdt_first_subnode(guest, fdt_path_offset(guest, "/chosen")) < 0);

	set_text("/chosen/module@84000000", "bootargs", "console=ttyS0");
	add_module("module@86000000", "multiboot,ramdisk", 0x86000000, 0x2000);
	assert_fine(make(home));
	assert_string_equal(property("/chosen", "bootargs", &len), "console=ttyS0");
	assert_string_equal(property("/chosen", "rng-seed", &len), "seed");
	expect_cells("/chosen", "linux,initrd-start", start, 2);
	expect_cells("/chosen", "linux,initrd-end", end, 2);
}

static void isa_is_without_what_is_not_virtualized(void **state)
{
	static const char list[] = "i\0h\0smaia\0ssaiax\0sscofpmf\0sstc\0zkr";
	static const char left[] = "i\0h\0ssaiax\0sstc";
	int len;
	const void *p;

	(void)state;
	make_kernel_tree();
	set_text("/cpus/cpu@0", "riscv,isa", "rv64imafdch_smaia1p0_zicsr_sstc_ssaia_zkr1p0");
	assert_int_equal(fdt_setprop(tree, node_at("/cpus/cpu@0"), "riscv,isa-extensions", list,
				     sizeof(list)),
			 0);
	assert_fine(make(home));
	assert_string_equal(property("/cpus/cpu@0", "riscv,isa", &len), "rv64imafdch_zicsr_sstc");
	p = property("/cpus/cpu@0", "riscv,isa-extensions", &len);
	assert_int_equal(len, sizeof(left));
	assert_memory_equal(p, left, sizeof(left));
	assert_string_equal(property("/cpus/cpu@1", "riscv,isa", &len), TEST_ISA);
}

/* Each name of ext_table.h stays or goes, with an IMSIC and without, with LCOFI and without. */
static void isa_has_the_extensions_that_the_table_tells_of(void **state)
{
	static const struct {
		const char *name;
		enum hext_told told;
	} extensions[] = {
#define HEXT_EXT(name, told, ...) { #name, HEXT_TOLD_##told },
#include "hext/ext_table.h"
	};
	char isa[1024] = "rv64imafdcvh_zicsr", left[1024] = "rv64imafdcvh_zicsr";
	unsigned int i, n;
	int len;

	(void)state;
	make_kernel_tree();
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		if (extensions[i].name[1])
			strcat(strcat(isa, "_"), extensions[i].name);
	}
	set_text("/cpus/cpu@0", "riscv,isa", isa);
	for (n = 0; n < 4; n++) {
		bool imsic = n & 1, lcofi = n & 2;

		left[strlen("rv64imafdcvh_zicsr")] = '\0';
		for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
			if (extensions[i].name[1] && hext_is_told(extensions[i].told, imsic, lcofi))
				strcat(strcat(left, "_"), extensions[i].name);
		}
		machine_parse(&m, tree, 0, 0);
		m.imsic.present = imsic;
		m.lcofi = lcofi;
		modules_find(&mods, tree, &m, self);
		assert_fine(guest_fdt_make(guest, guest_fdt_size(tree, &m, &mods), tree, &m, &mods,
					   &home_list, 0));
		assert_string_equal(property("/cpus/cpu@0", "riscv,isa", &len), left);
	}
}

static void harts_without_h_are_disabled(void **state)
{
	volatile unsigned int i;
	char path[32];
	int len;

	(void)state;
	make_kernel_tree();
	/* The tree has no spare bytes for the new properties. */
	for (i = 2; i < 300; i++)
		add_cpu(i, "rv64imafdc_sstc");
	assert_int_equal(fdt_pack(tree), 0);
	assert_fine(make(home));
	for (i = 0; i < 300; i++) {
		const char *status;

		snprintf(path, sizeof(path), "/cpus/cpu@%x", i);
		status = property(path, "status", &len);
		if (i < 2)
			assert_null(status);
		else
			assert_string_equal(status, "disabled");
	}
}

/* Each cpu has its own strings without the hidden names, whatever the cpu before it has. */
static void each_cpu_has_its_own_isa(void **state)
{
	static const char *const strings[] = {
		"rv64ih_zkr_sstc",	 "rv64ih_zkr_sstc", "rv64ih_sstc",
		"rv64ih_zicsr_sscofpmf", "rv64ih_zkr_sstc",
	};
	static const char *const expected[] = {
		"rv64ih_sstc", "rv64ih_sstc", "rv64ih_sstc", "rv64ih_zicsr", "rv64ih_sstc",
	};
	char path[32];
	unsigned int i;
	int len;

	(void)state;
	make_kernel_tree();
	for (i = 5; i-- > 0;)
		add_cpu(2 + i, strings[i]);
	assert_fine(make(home));
	for (i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "/cpus/cpu@%x", 2 + i);
		assert_string_equal(property(path, "riscv,isa", &len), expected[i]);
		assert_string_equal(property(path, "mmu-type", &len), "riscv,sv57");
	}
}

/* /chosen, the memory and the cpus may be in any order; a change of one may move the others. */
static void changed_nodes_are_in_any_order(void **state)
{
	static const uint32_t middle[] = {
		0, 0x80000000, 0, 0x1000000, 0, 0x81800000, 0, 0xe800000
	};
	static const uint32_t start[] = { 0, 0x86000000 };
	/* The nodes that are made anew, the first one before the second one in the tree. */
	static const char *const orders[][2] = { { "chosen", "memory" },
						 { "memory", "chosen" },
						 { NULL, NULL } };
	unsigned int order, n;
	int len;

	(void)state;
	for (order = 0; order < 3; order++) {
		make_tree();
		/* libfdt adds a node before those that were there. */
		for (n = 0; orders[order][0] && n < 2; n++) {
			if (!strcmp(orders[order][1 - n], "chosen")) {
				fdt_del_node(tree, node_at("/chosen"));
				add_node("/", "chosen");
				continue;
			}
			fdt_del_node(tree, node_at("/memory@80000000"));
			add_node("/", "memory@80000000");
			set_text("/memory@80000000", "device_type", "memory");
			set_cells("/memory@80000000", "reg", 0, 0x80000000, 0, 0x10000000);
		}
		add_module("module@86000000", "multiboot,ramdisk", 0x86000000, 0x2000);
		add_module("module@84000000", "multiboot,kernel", 0x84000000, 0x1000);
		set_text("/chosen/module@84000000", "bootargs", "a line for the guest");
		set_text("/chosen", "linux,initrd-end", "?");
		add_cpu(3, "rv64i_zkr");
		add_cpu(2, "rv64i_zkr");
		assert_int_equal(fdt_pack(tree), 0);
		assert_fine(make((struct range){ 0x81000000, 0x800000 }));
		expect_cells("/memory@80000000", "reg", middle, 8);
		expect_cells("/chosen", "linux,initrd-start", start, 2);
		assert_string_equal(property("/chosen", "bootargs", &len), "a line for the guest");
		assert_true(fdt_first_subnode(guest, fdt_path_offset(guest, "/chosen")) < 0);
		assert_string_equal(property("/cpus/cpu@2", "status", &len), "disabled");
		assert_string_equal(property("/cpus/cpu@3", "status", &len), "disabled");
		assert_string_equal(property("/cpus/cpu@3", "riscv,isa", &len), "rv64i");
		assert_null(property("/cpus/cpu@1", "status", &len));
	}
}

static void numa_nodes_are_handed_on(void **state)
{
	static const uint32_t low[] = { 0, 0x80000000, 0, 0x8000000 };
	static const uint32_t high[] = { 0, 0x88000000, 0, 0x7800000 };
	static const uint32_t one[] = { 1 };

	(void)state;
	make_kernel_tree();
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0, 0x8000000);
	add_node("/", "memory@88000000");
	set_text("/memory@88000000", "device_type", "memory");
	set_cells("/memory@88000000", "reg", 0, 0x88000000, 0, 0x8000000);
	set_cells("/memory@88000000", "numa-node-id", 1);
	set_cells("/cpus/cpu@1", "numa-node-id", 1);
	add_node("/", "distance-map");
	set_text("/distance-map", "compatible", "numa-distance-map-v1");
	assert_fine(make(home));
	expect_cells("/memory@80000000", "reg", low, 4);
	expect_cells("/memory@88000000", "reg", high, 4);
	expect_cells("/memory@88000000", "numa-node-id", one, 1);
	expect_cells("/cpus/cpu@1", "numa-node-id", one, 1);
	assert_true(fdt_path_offset(guest, "/distance-map") >= 0);
}

static bool has(const char *path)
{
	return fdt_path_offset(guest, path) >= 0;
}

static void withheld_devices_are_gone(void **state)
{
	const uint32_t fw_cfg = withheld_word("fw_cfg", 6);
	const uint32_t flash = withheld_word("flash", 5);

	(void)state;
	make_kernel_tree();
	add_device("sswi@2f00000", "riscv,aclint-sswi", 0x2f00000, 0x4000);
	add_device("fw-cfg@10100000", "qemu,fw-cfg-mmio", 0x10100000, 0x18);
	add_device("flash@20000000", "cfi-flash", 0x20000000, 0x4000000);
	/* The nodes below a withheld node are removed with it, and a disabled node is removed. */
	add_node("/soc/flash@20000000", "partition@0");
	add_device("flash@28000000", "cfi-flash", 0x28000000, 0x1000);
	set_text("/soc/flash@28000000", "status", "disabled");
	assert_fine(make(home));
	assert_false(has("/soc/clint@2000000") || has("/soc/sswi@2f00000"));
	assert_false(has("/soc/fw-cfg@10100000") || has("/soc/flash@20000000"));
	assert_false(has("/soc/flash@28000000"));
	assert_fine(make_with(home, fw_cfg));
	assert_true(has("/soc/fw-cfg@10100000"));
	assert_false(has("/soc/flash@20000000") || has("/soc/clint@2000000"));
	assert_fine(make_with(home, flash));
	assert_true(has("/soc/flash@20000000/partition@0") && has("/soc/flash@28000000"));
	assert_false(has("/soc/fw-cfg@10100000") || has("/soc/clint@2000000"));
	assert_fine(make_with(home, fw_cfg | flash));
	assert_true(has("/soc/flash@20000000") && has("/soc/fw-cfg@10100000"));
	assert_false(has("/soc/clint@2000000") || has("/soc/sswi@2f00000"));
}

/* A Halite above has this tree: it cannot give what is withheld here. */
static void a_halite_above_has_nothing_to_give(void **state)
{
	(void)state;
	make_kernel_tree();
	add_device("fw-cfg@10100000", "qemu,fw-cfg-mmio", 0x10100000, 0x18);
	assert_fine(make(home));
	assert_fine(machine_parse(&m, guest, 0, withheld_word("fw_cfg", 6)));
	assert_int_equal(m.hart_count, 2);
	assert_int_equal(m.plics[0].base, 0xc000000);
	assert_null(range_list_overlap(&m.devices, (struct range){ 0x10100000, 0x1000 }));
	assert_non_null(range_list_overlap(&m.devices, (struct range){ 0x10000000, 0x1000 }));
}

/* The devices that end the machine without Halite are removed only if exits are counted. */
static void the_end_by_sbi(void **state)
{
	(void)state;
	make_kernel_tree();
	add_node("/", "poweroff");
	set_text("/poweroff", "compatible", "syscon-poweroff");
	add_node("/", "reboot");
	set_text("/reboot", "compatible", "syscon-reboot");
	assert_fine(make(home));
	assert_true(has("/poweroff") && has("/reboot"));
	assert_fine(guest_fdt_end_by_sbi(guest));
	assert_false(has("/poweroff") || has("/reboot"));
	assert_true(has("/soc/plic@c000000"));
}

static void all_else_stays(void **state)
{
	int len;

	(void)state;
	make_kernel_tree();
	assert_fine(make(home));
	assert_non_null(property("/reserved-memory/firmware@80000000", "no-map", &len));
	assert_non_null(property("/soc/plic@c000000", "interrupts-extended", &len));
	assert_non_null(property("/soc/serial@10000000", "reg", &len));
	assert_non_null(property("/soc/pci@30000000", "ranges", &len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_without_home),
		cmocka_unit_test(a_memory_node_that_home_fills_is_gone),
		cmocka_unit_test(chosen_is_the_guests),
		cmocka_unit_test(isa_is_without_what_is_not_virtualized),
		cmocka_unit_test(isa_has_the_extensions_that_the_table_tells_of),
		cmocka_unit_test(harts_without_h_are_disabled),
		cmocka_unit_test(each_cpu_has_its_own_isa),
		cmocka_unit_test(changed_nodes_are_in_any_order),
		cmocka_unit_test(numa_nodes_are_handed_on),
		cmocka_unit_test(withheld_devices_are_gone),
		cmocka_unit_test(a_halite_above_has_nothing_to_give),
		cmocka_unit_test(the_end_by_sbi),
		cmocka_unit_test(all_else_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
