/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_test.h"

#include "hv/home.h"
#include "hv/machine.h"
#include "hv/modules.h"
#include "hv/withheld.h"

static struct machine m;
static struct modules mods;
#define HOME UINT64_C(0x800000)

static const struct range self = { 0x80200000, 0x40000 };

static void parses_a_virt_like_machine(void **state)
{
	(void)state;
	make_tree();
	assert_fine(machine_check_fdt(tree, TREE_SIZE));
	assert_fine(machine_parse(&m, tree, 1, 0));
	assert_int_equal(m.hart_count, 2);
	assert_int_equal(m.harts[m.boot_hart].hartid, 1);
	assert_int_equal(m.harts[0].plic_context, 1);
	assert_int_equal(m.harts[1].plic_context, 3);
	assert_int_equal(m.timebase, 10000000);
	assert_int_equal(m.plics[0].base, 0xc000000);
	assert_int_equal(m.plics[0].ndev, 95);
	assert_int_equal(m.ram.count, 1);
	assert_int_equal(m.no_map.r[0].size, 0x80000);
	assert_true(m.isa.h && m.isa.sstc && m.isa.svinval && !m.isa.v && !m.isa.svadu);
	assert_string_equal(machine_bootargs(tree), "");
	set_text("/chosen", "bootargs", "nacl=none");
	assert_string_equal(machine_bootargs(tree), "nacl=none");
	assert_int_equal(fdt_setprop(tree, node_at("/chosen"), "bootargs", "x", 1), 0);
	assert_fatal(machine_bootargs(tree), "no string");
}

static bool is_device(uint64_t addr)
{
	return range_list_overlap(&m.devices, (struct range){ addr, 1 });
}

static void devices_are_what_a_guest_may_reach(void **state)
{
	(void)state;
	make_tree();
	add_device("spi@11000000", "x,off", 0x11000000, 0x1000);
	set_text("/soc/spi@11000000", "status", "disabled");
	add_device("odd@200f000", "x,overlaps-clint", 0x200f000, 0x2000);
	add_device("ram@80000000", "x,overlaps-ram", 0x80000000, 0x1000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(is_device(0x10000fff)); /* the page of the UART */
	assert_false(is_device(0x10001000));
	assert_true(is_device(0x30000000) && is_device(0x7fffffff) && is_device(0x400000000));
	assert_false(is_device(0x2000000) || is_device(0xc000000) || is_device(0x80000000));
	assert_false(is_device(0x200f000));
	assert_true(is_device(0x2010000));
	assert_false(is_device(0x11000000));
}

/* Names of the devicetree bindings; the word that gives the device, if there is one. */
static const struct {
	const char *compatible, *word;
} withheld[] = {
	{ "sifive,clint0", NULL },
	{ "sifive,clint2", NULL },
	{ "riscv,clint0", NULL },
	{ "thead,c900-clint", NULL },
	{ "riscv,aclint-mswi", NULL },
	{ "riscv,aclint-mtimer", NULL },
	{ "riscv,aclint-sswi", NULL },
	{ "thead,c900-aclint-mswi", NULL },
	{ "thead,c900-aclint-mtimer", NULL },
	{ "thead,c900-aclint-sswi", NULL },
	{ "nuclei,ux900-aclint-mswi", NULL },
	{ "nuclei,ux900-aclint-mtimer", NULL },
	{ "nuclei,ux900-aclint-sswi", NULL },
	{ "mips,p8700-aclint-sswi", NULL },
	{ "andestech,plicsw", NULL },
	{ "andestech,plmt0", NULL },
	{ "sifive,debug-013", NULL },
	{ "riscv,debug-013", NULL },
	{ "riscv,aplic", NULL },
	{ "riscv,imsics", NULL },
	{ "qemu,fw-cfg-mmio", "fw_cfg" },
	{ "cfi-flash", "flash" },
	{ "jedec-flash", "flash" },
};

static void expect_withheld(const char *what, uint64_t addr, bool expected)
{
	if (is_device(addr) == expected)
		fail_msg("%s is %s", what, expected ? "given" : "withheld");
}

static void each_device_is_withheld_but_by_its_word(void **state)
{
	const uint32_t words = withheld_word("fw_cfg", 6) | withheld_word("flash", 5);
	volatile size_t i;

	(void)state;
	for (i = 0; i < sizeof(withheld) / sizeof(withheld[0]); i++) {
		const char *word = withheld[i].word;
		uint32_t bit = word ? withheld_word(word, strlen(word)) : 0;

		make_tree();
		add_device("x@11000000", withheld[i].compatible, 0x11000000, 0x2000);
		assert_fine(machine_parse(&m, tree, 0, 0));
		expect_withheld(withheld[i].compatible, 0x11000000, true);
		expect_withheld(withheld[i].compatible, 0x11001fff, true);
		/* The other words do not give it. */
		assert_true(!word || bit);
		assert_fine(machine_parse(&m, tree, 0, words & ~bit));
		expect_withheld(withheld[i].compatible, 0x11000000, true);
		if (!word)
			continue;
		assert_fine(machine_parse(&m, tree, 0, bit));
		expect_withheld(withheld[i].compatible, 0x11000000, false);
		expect_withheld("the CLINT", 0x2000000, true);
		expect_withheld("the PLIC", 0xc000000, true);
	}
}

static void a_plic_is_reached_through_halite_alone(void **state)
{
	/* The names by which Linux knows a PLIC. */
	static const char *const names[] = {
		"sifive,plic-1.0.0",	"riscv,plic0",		"thead,c900-plic",
		"andestech,nceplic100", "ultrarisc,cp100-plic",
	};
	volatile size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make_tree();
		set_text("/soc/plic@c000000", "compatible", names[i]);
		assert_fine(machine_parse(&m, tree, 0, 0));
		assert_int_equal(m.plics[0].base, 0xc000000);
		assert_int_equal(m.harts[1].plic_context, 3);
		assert_false(is_device(0xc000000) || is_device(0xc5fffff));
	}
	/* One that is switched off is not Halite's to use, and not the guest's. */
	add_device("plic@e000000", "riscv,plic0", 0xe000000, 0x600000);
	set_cells("/soc/plic@e000000", "riscv,ndev", 95);
	set_text("/soc/plic@e000000", "status", "disabled");
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.plics[0].base, 0xc000000);
	assert_false(is_device(0xe000000));
}

/* Two sockets, each with a hart and a PLIC. */
static void each_hart_has_a_context_of_its_plic(void **state)
{
	(void)state;
	make_tree();
	set_cells("/soc/plic@c000000", "interrupts-extended", 0x10, 11, 0x10, 9);
	add_device("plic@e000000", "riscv,plic0", 0xe000000, 0x600000);
	set_cells("/soc/plic@e000000", "riscv,ndev", 53);
	set_cells("/soc/plic@e000000", "interrupts-extended", 0x11, 9, 0x11, 11);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.plic_count, 2);
	assert_int_equal(m.plics[m.harts[0].plic].base, 0xc000000);
	assert_int_equal(m.harts[0].plic_context, 1);
	assert_int_equal(m.plics[m.harts[1].plic].base, 0xe000000);
	assert_int_equal(m.plics[m.harts[1].plic].ndev, 53);
	assert_int_equal(m.harts[1].plic_context, 0);
	assert_false(is_device(0xc000000) || is_device(0xe000000));
}

/* A name that only begins or ends like one, or comes second, and a device that is switched off. */
static void withheld_goes_by_whole_names(void **state)
{
	static const char second[] = "acme,flash\0cfi-flash";

	(void)state;
	make_tree();
	add_device("x@11000000", "cfi-flash2", 0x11000000, 0x1000);
	add_device("x@11001000", "acme,cfi-flash", 0x11001000, 0x1000);
	add_device("x@11002000", "?", 0x11002000, 0x1000);
	assert_int_equal(fdt_setprop(tree, node_at("/soc/x@11002000"), "compatible", second,
				     sizeof(second)),
			 0);
	/* Two ranges, as QEMU's two chips have. */
	add_device("x@11004000", "cfi-flash", 0, 0);
	set_cells("/soc/x@11004000", "reg", 0, 0x11004000, 0, 0x1000, 0, 0x11006000, 0, 0x1000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(is_device(0x11000000) && is_device(0x11001000));
	assert_false(is_device(0x11002000) || is_device(0x11004000) || is_device(0x11006000));
}

static void a_page_shared_with_a_withheld_device_is_withheld(void **state)
{
	(void)state;
	make_tree();
	add_device("x@11000800", "x,given", 0x11000800, 0x1000);
	warnings = 0;
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(is_device(0x11000000) && is_device(0x11001000));
	assert_int_equal(warnings, 0);
	add_device("fw-cfg@11000000", "qemu,fw-cfg-mmio", 0x11000000, 0x18);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_false(is_device(0x11000000) || is_device(0x11000800));
	assert_true(is_device(0x11001000));
	assert_int_equal(warnings, 1);
	assert_fine(machine_parse(&m, tree, 0, withheld_word("fw_cfg", 6)));
	assert_true(is_device(0x11000000) && is_device(0x11000800));
	assert_int_equal(warnings, 1);
}

/* Under a bus that is switched off, too: what it says of its address holds all the same. */
static void what_is_switched_off_is_withheld_too(void **state)
{
	(void)state;
	make_tree();
	add_device("window@11000000", "x,given", 0x11000000, 0x4000);
	add_device("fw-cfg@11001000", "qemu,fw-cfg-mmio", 0x11001000, 0x18);
	set_text("/soc/fw-cfg@11001000", "status", "disabled");
	add_node("/", "bus");
	set_cells("/bus", "#address-cells", 1);
	set_cells("/bus", "#size-cells", 1);
	set_text("/bus", "status", "disabled");
	set_cells("/bus", "ranges", 0x1000, 0, 0x11003000, 0x1000);
	add_node("/bus", "flash@1000");
	set_text("/bus/flash@1000", "compatible", "cfi-flash");
	set_cells("/bus/flash@1000", "reg", 0x1000, 0x1000);
	add_node("/bus", "x@1000");
	set_cells("/bus/x@1000", "reg", 0x1000, 0x1000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(is_device(0x11000000) && is_device(0x11002000));
	assert_false(is_device(0x11001000) || is_device(0x11003000));
	/* Given, but still switched off. */
	fdt_del_node(tree, node_at("/soc/window@11000000"));
	assert_fine(machine_parse(&m, tree, 0, withheld_word("flash", 5)));
	assert_false(is_device(0x11001000) || is_device(0x11003000));
}

static void bus_windows_translate(void **state)
{
	(void)state;
	make_tree();
	add_node("/", "bus");
	set_cells("/bus", "#address-cells", 1);
	set_cells("/bus", "#size-cells", 1);
	set_cells("/bus", "ranges", 0x1000, 0, 0x18001000, 0x2000);
	add_node("/bus", "in@1000");
	set_cells("/bus/in@1000", "reg", 0x2000, 0x1000);
	add_node("/bus", "out@4000");
	set_cells("/bus/out@4000", "reg", 0x2800, 0x1000);
	add_node("/", "i2c");
	set_cells("/i2c", "#address-cells", 1);
	set_cells("/i2c", "#size-cells", 0);
	add_node("/i2c", "sensor@19000000");
	set_cells("/i2c/sensor@19000000", "reg", 0x19000000);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(is_device(0x18002000));
	assert_false(is_device(0x18001000) || is_device(0x18003000) || is_device(0x2000));
	assert_false(is_device(0x19000000));
}

static void isa_of(const char *text, struct machine_isa *isa)
{
	make_tree();
	set_text("/cpus/cpu@0", "riscv,isa", text);
	assert_fine(machine_parse_isa(tree, node_at("/cpus/cpu@0"), isa));
}

static void isa_strings(void **state)
{
	struct machine_isa isa;
	char text[80];

	(void)state;
	isa_of("rv64imafdch", &isa);
	assert_string_equal(machine_isa_text(&isa, text, sizeof(text)), "h");
	/* An h inside another name is none; nor is a name that only begins like one. */
	isa_of("rv64imac_zihpm_zvfh_sstcx_xh", &isa);
	assert_string_equal(machine_isa_text(&isa, text, sizeof(text)), "");
	isa_of("rv64imafdcvsstc_svpbmt", &isa);
	assert_string_equal(machine_isa_text(&isa, text, sizeof(text)), "v sstc svpbmt");
	isa_of("rv64i2p1m2p0a2p1h1p0_sstc1p0_svnapot1p0", &isa);
	assert_string_equal(machine_isa_text(&isa, text, sizeof(text)), "h sstc svnapot");
}

/* The text has the names that L1 can be told of, so Zkr is not in it. */
static void each_extension_of_the_table_is_found(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
	} extensions[] = {
#define HEXT_EXT(name, ...) { #name, offsetof(struct machine_isa, name) },
#include "hext/ext_table.h"
	};
	struct machine_isa isa, expected;
	unsigned int i;
	char text[80];

	(void)state;
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		snprintf(text, sizeof(text), "rv64imac%s%s", extensions[i].name[1] ? "_" : "",
			 extensions[i].name);
		isa_of(text, &isa);
		memset(&expected, 0, sizeof(expected));
		((bool *)&expected)[extensions[i].offset] = true;
		assert_memory_equal(&isa, &expected, sizeof(isa));
	}
	isa_of("rv64imach_sstc_zkr", &isa);
	assert_true(isa.zkr);
	assert_string_equal(machine_isa_text(&isa, text, sizeof(text)), "h sstc");
}

static void isa_list_goes_before_the_string(void **state)
{
	static const char list[] = "i\0h\0svadu";
	struct machine_isa isa;

	(void)state;
	make_tree();
	assert_int_equal(fdt_setprop(tree, node_at("/cpus/cpu@0"), "riscv,isa-extensions", list,
				     sizeof(list)),
			 0);
	assert_fine(machine_parse_isa(tree, node_at("/cpus/cpu@0"), &isa));
	assert_true(isa.h && isa.svadu && !isa.sstc);
	/* The machine lacks an extension that one hart lacks. */
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_true(m.isa.h && !m.isa.svadu && !m.isa.sstc);
}

/* Each hart has the extensions of its own node, whatever the node before it says. */
static void each_hart_has_its_own_extensions(void **state)
{
	static const char list[] = "i\0h\0svadu";
	static const char other[] = "i\0h\0sstc";

	(void)state;
	make_tree();
	/* In the order of the tree: two strings, a list, the same list, another list, a string. */
	add_cpu(5, "rv64ih_svnapot");
	add_cpu(4, "rv64ih_svnapot");
	add_cpu(3, "rv64ih_svnapot");
	add_cpu(2, "rv64ih_svnapot");
	assert_int_equal(fdt_setprop(tree, node_at("/cpus/cpu@3"), "riscv,isa-extensions", list,
				     sizeof(list)),
			 0);
	assert_int_equal(fdt_setprop(tree, node_at("/cpus/cpu@4"), "riscv,isa-extensions", list,
				     sizeof(list)),
			 0);
	assert_int_equal(fdt_setprop(tree, node_at("/cpus/cpu@5"), "riscv,isa-extensions", other,
				     sizeof(other)),
			 0);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.hart_count, 6);
	assert_true(m.harts[2].isa.svnapot && !m.harts[2].isa.svadu);
	assert_true(m.harts[3].isa.svadu && !m.harts[3].isa.svnapot);
	assert_true(m.harts[4].isa.svadu && !m.harts[4].isa.svnapot);
	assert_true(m.harts[5].isa.sstc && !m.harts[5].isa.svadu);
	assert_true(m.harts[0].isa.sstc && m.harts[0].isa.svinval && !m.harts[0].isa.svnapot);
}

static void a_hart_too_many_is_left_out_but_not_the_boot_hart(void **state)
{
	enum { HARTS = MACHINE_MAX_HARTS };
	char path[32];
	unsigned int i;

	(void)state;
	make_tree();
	for (i = HARTS + 4; i > 1; i--)
		add_cpu(i, TEST_ISA);
	snprintf(path, sizeof(path), "/cpus/cpu@%x", HARTS + 4);
	set_text(path, "status", "disabled");
	assert_fine(machine_parse(&m, tree, HARTS + 3, 0));
	assert_int_equal(m.hart_count, HARTS);
	assert_int_equal(m.harts_left_out, 4);
	assert_int_equal(m.harts[m.boot_hart].hartid, HARTS + 3);
	assert_int_equal(machine_count_cpus(&m, tree), HARTS);
	assert_fatal(machine_parse(&m, tree, HARTS + 4, 0), "has the hart id");
}

/* A hart id has as many cells as /cpus says. */
static void add_large_cpu(uint64_t hartid)
{
	char name[32], path[48], intc[80];
	int node;

	snprintf(name, sizeof(name), "cpu@%lx", (unsigned long)hartid);
	snprintf(path, sizeof(path), "/cpus/%s", name);
	snprintf(intc, sizeof(intc), "%s/interrupt-controller", path);
	node = add_node("/cpus", name);
	assert_int_equal(fdt_setprop_u64(tree, node, "reg", hartid), 0);
	set_text(path, "device_type", "cpu");
	set_text(path, "riscv,isa", TEST_ISA);
	add_node(path, "interrupt-controller");
	set_text(intc, "compatible", "riscv,cpu-intc");
	set_cells(intc, "phandle", 0x100 + hartid % 64);
}

static void hart_ids_are_sparse_and_have_64_bits(void **state)
{
	static const uint64_t ids[] = { 0, 1, 7, UINT64_C(0x100000003), UINT64_MAX - 1 };
	unsigned int i;

	(void)state;
	make_tree();
	set_cells("/cpus", "#address-cells", 2);
	set_cells("/cpus/cpu@0", "reg", 0, 0);
	set_cells("/cpus/cpu@1", "reg", 0, 1);
	add_large_cpu(ids[3]);
	add_large_cpu(ids[4]);
	add_large_cpu(ids[2]);
	set_cells("/soc/plic@c000000", "interrupts-extended", 0x10, 9, 0x11, 9, 0x107, 9, 0x103, 9,
		  0x13e, 9);
	assert_fine(machine_parse(&m, tree, ids[4], 0));
	assert_int_equal(m.hart_count, 5);
	for (i = 0; i < 5; i++) {
		assert_int_equal(m.harts[i].hartid, ids[i]);
		assert_int_equal(m.harts[i].index, i);
		assert_int_equal(m.harts[i].plic_context, i);
	}
	assert_int_equal(m.boot_hart, 4);
	set_cells("/cpus/cpu@1", "reg", 0, 7);
	assert_fatal(machine_parse(&m, tree, 0, 0), "two cpus have the hart id 7");
}

static void harts_without_h_are_left_out(void **state)
{
	(void)state;
	make_tree();
	add_cpu(2, "rv64imafdc_zicsr");
	add_cpu(3, TEST_ISA);
	add_cpu(4, "rv64imafdc_zicsr_sstc");
	assert_fine(machine_parse(&m, tree, 1, 0));
	assert_int_equal(m.hart_count, 3);
	assert_int_equal(m.harts_without_h, 2);
	assert_int_equal(m.harts_left_out, 0);
	assert_int_equal(m.harts[m.boot_hart].hartid, 1);
	/* Only harts that the guest has limit what all harts have. */
	assert_true(m.isa.h && m.isa.sstc && m.isa.svinval);
	assert_fatal(machine_parse(&m, tree, 2, 0), "hart 2 has no H extension");
}

/* @prefix of @count devices of one page with a page between them, with @compatible. */
static void add_many(const char *prefix, const char *compatible, uint32_t base, unsigned int count)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s@%x", prefix, base + i * 0x2000);
		add_device(name, compatible, base + i * 0x2000, 0x1000);
	}
}

static void devices_may_be_many(void **state)
{
	volatile unsigned int i;

	(void)state;
	make_tree();
	add_many("dev", "x,dev", 0x5000000, 300);
	add_many("flash", "cfi-flash", 0x20000000, 300);
	assert_fine(machine_parse(&m, tree, 0, 0));
	for (i = 0; i < 300; i++) {
		assert_true(is_device(0x5000000 + i * 0x2000));
		assert_false(is_device(0x5001000 + i * 0x2000));
		assert_false(is_device(0x20000000 + i * 0x2000));
	}
	assert_int_equal(m.hidden_count, 301); /* and the CLINT */
	array_use(NULL);
	assert_fatal(machine_parse(&m, tree, 0, 0), "no memory left");
}

static void reserved_memory_may_be_in_many_pieces(void **state)
{
	char path[64];
	volatile unsigned int i;
	struct range home;

	(void)state;
	make_tree();
	for (i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "piece@%x", 0x88000000 + i * 0x2000);
		add_node("/reserved-memory", path);
		snprintf(path, sizeof(path), "/reserved-memory/piece@%x", 0x88000000 + i * 0x2000);
		set_cells(path, "reg", 0, 0x88000000 + i * 0x2000, 0, 0x1000);
	}
	assert_fine(machine_parse_memory(&m, tree));
	assert_int_equal(m.reserved.count, 201);
	memset(&mods, 0, sizeof(mods));
	assert_true(home_choose(&m, &mods, self, 2, 0, 512, &home));
	assert_int_equal(home.start, 0x90000000 - HOME);
}

/* What the image's own pages hold. */
static void memory_may_be_in_many_pieces(void **state)
{
	static const struct modules none;
	volatile unsigned int i;
	struct page_pool pool = home_first_memory();
	struct range home;
	int node;

	(void)state;
	make_tree();
	array_use(&pool);
	for (i = 1; i < 750; i++) {
		assert_int_equal(fdt_add_mem_rsv(tree, 0x88000000 + i * 0x2000, 0x1000), 0);
		node = node_at("/memory@80000000");
		assert_int_equal(fdt_appendprop_u64(tree, node, "reg", 0xa0000000 + i * 0x2000), 0);
		assert_int_equal(fdt_appendprop_u64(tree, node, "reg", 0x1000), 0);
	}
	assert_fine(machine_parse_memory(&m, tree));
	assert_int_equal(m.ram.count, 750);
	assert_int_equal(m.reserved.count, 750);
	assert_true(home_choose(&m, &none, self, 2, 0, 512, &home));
	assert_int_equal(home.start, 0x90000000 - HOME);
}

static void bad_trees_are_named(void **state)
{
	uint32_t size;
	volatile unsigned int at;

	(void)state;
	make_tree();
	assert_int_equal(fdt_pack(tree), 0);
	size = fdt_totalsize(tree);
	assert_fatal(machine_check_fdt(NULL, TREE_SIZE), "no device tree");
	assert_fatal(machine_check_fdt(tree, size - 1), "at most");
	for (at = sizeof(struct fdt_header); at < size; at += 4) {
		fdt_set_totalsize(tree, at);
		assert_fatal(machine_check_fdt(tree, TREE_SIZE), "cut short");
	}
	fdt_set_totalsize(tree, size);
	fdt_set_version(tree, 16);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "version 16");
	fdt_set_version(tree, 17);
	memset(tree + fdt_off_dt_struct(tree) + fdt_size_dt_struct(tree) / 2, 0, 64);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
	tree[0] = 0;
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "begins with");
}

static void missing_things_are_named(void **state)
{
	(void)state;
	make_tree();
	fdt_del_node(tree, node_at("/soc/plic@c000000"));
	assert_fatal(machine_parse(&m, tree, 0, 0), "no interrupt controller for S mode");
	/* One that has no wire to the hart. */
	add_device("imsics@24000000", "riscv,imsics", 0x24000000, 0x1000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "no interrupt controller for S mode");
	fdt_delprop(tree, node_at("/cpus"), "timebase-frequency");
	assert_fatal(machine_parse(&m, tree, 0, 0), "timebase-frequency");
	make_tree();
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0);
	assert_fatal(machine_parse(&m, tree, 0, 0), "/memory@80000000: reg");
	set_cells("/memory@80000000", "reg", 0xffffffff, 0xfffff000, 0, 0x2000);
	assert_fatal(machine_parse(&m, tree, 0, 0), "beyond 64 bits");
	fdt_del_node(tree, node_at("/memory@80000000"));
	assert_fatal(machine_parse(&m, tree, 0, 0), "no node with device_type \"memory\"");
}

/* The tree may have NOPs anywhere between properties and nodes. */
static void nops_are_passed_over(void **state)
{
	(void)state;
	make_tree();
	add_device("x@11000000", "x,gone", 0x11000000, 0x1000);
	add_device("y@12000000", "x,stays", 0x12000000, 0x1000);
	add_device("z@13000000", "x,gone", 0x13000000, 0x1000);
	add_cpu(2, TEST_ISA);
	set_text("/cpus", "first", "gone");
	set_text("/soc", "first", "gone");
	assert_int_equal(fdt_nop_property(tree, node_at("/cpus"), "first"), 0);
	assert_int_equal(fdt_nop_property(tree, node_at("/soc"), "first"), 0);
	assert_int_equal(fdt_nop_property(tree, node_at("/cpus/cpu@1"), "mmu-type"), 0);
	assert_int_equal(fdt_nop_node(tree, node_at("/cpus/cpu@2")), 0);
	assert_int_equal(fdt_nop_node(tree, node_at("/soc/x@11000000")), 0);
	assert_int_equal(fdt_nop_node(tree, node_at("/soc/z@13000000")), 0);
	assert_fine(machine_check_fdt(tree, TREE_SIZE));
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.hart_count, 2);
	assert_int_equal(m.harts[1].intc_phandle, 0x11);
	assert_int_equal(machine_count_cpus(&m, tree), 2);
	assert_true(is_device(0x12000000));
	assert_false(is_device(0x11000000) || is_device(0x13000000));
}

static void hidden_nodes_have_their_path(void **state)
{
	const char *name = "clint@2001000,with-a-name-that-does-not-fit-with-the-path-"
			   "of-its-bus-in-the-bytes-of-a-path";

	(void)state;
	make_tree();
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.hidden_count, 1);
	assert_string_equal(m.hidden[0].path, "/soc/clint@2000000");
	add_node("/", "clint@4000000");
	set_text("/clint@4000000", "compatible", "riscv,clint0");
	assert_int_equal(
		fdt_setprop_string(tree, add_node("/soc", name), "compatible", "riscv,clint0"), 0);
	assert_fine(machine_parse(&m, tree, 0, 0));
	assert_int_equal(m.hidden_count, 3);
	/* A new node goes before its siblings. */
	assert_string_equal(m.hidden[0].path, "/clint@4000000");
	assert_string_equal(m.hidden[1].path, "?");
	assert_string_equal(m.hidden[2].path, "/soc/clint@2000000");
}

static void finds_the_finisher(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(machine_find_finisher(tree), 0);
	add_device("test@100000", "sifive,test0", 0x100000, 0x1000);
	assert_int_equal(machine_find_finisher(tree), 0x100000);
	set_cells("/soc", "ranges", 0, 0, 0, 0x70000000, 0, 0x40000000);
	assert_int_equal(machine_find_finisher(tree), 0);
}

static void find_modules(void)
{
	machine_parse(&m, tree, 0, 0);
	modules_find(&mods, tree, &m, self);
}

static void finds_modules_as_qemu_writes_them(void **state)
{
	(void)state;
	make_tree();
	assert_fatal(find_modules(), "no kernel");
	add_module("module@0x84000000", "multiboot,kernel", 0x84000000, 0x1000);
	assert_fine(find_modules());
	assert_int_equal(mods.kernel.start, 0x84000000);
	assert_int_equal(mods.ramdisk.size, 0);
	assert_string_equal(mods.bootargs, "");
	set_text("/chosen/module@0x84000000", "bootargs", "a b");
	add_module("module@0x84001000", "multiboot,ramdisk", 0x84001000, 0x1000);
	assert_fine(find_modules());
	assert_int_equal(mods.ramdisk.start, 0x84001000);
	assert_string_equal(mods.bootargs, "a b");
	/* With cells that /chosen states. */
	set_cells("/chosen", "#address-cells", 1);
	set_cells("/chosen", "#size-cells", 1);
	set_cells("/chosen/module@0x84000000", "reg", 0x85000000, 0x2000);
	set_cells("/chosen/module@0x84001000", "reg", 0x86000000, 0x3000);
	assert_fine(find_modules());
	assert_int_equal(mods.kernel.start, 0x85000000);
	assert_int_equal(mods.ramdisk.size, 0x3000);
}

static void refuses_modules_in_the_wrong_place(void **state)
{
	static const struct {
		uint32_t start, size;
		const char *part;
	} wrong[] = {
		{ 0x7ffff000, 0x2000, "not in RAM" },
		{ 0x8ffff000, 0x2000, "not in RAM" },
		{ 0x8007f000, 0x2000, "overlaps reserved memory" },
		{ 0x8023f000, 0x2000, "overlaps Halite" },
		{ 0x85000800, 0x1000, "overlap" },
		{ 0x86000000, 0, "no address and size" },
	};
	volatile size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		make_tree();
		add_module("module@0", "multiboot,kernel", wrong[i].start, wrong[i].size);
		add_module("module@1", "multiboot,ramdisk", 0x85000000, 0x1000);
		assert_fatal(find_modules(), wrong[i].part);
	}
	add_module("module@2", "multiboot,ramdisk", 0x87000000, 0x1000);
	set_cells("/chosen/module@0", "reg", 0, 0x84000000, 0, 0x1000);
	assert_fatal(find_modules(), "a second ramdisk");
}

static void modules_from_the_second_kernel_on_are_handed_on(void **state)
{
	(void)state;
	make_tree();
	add_module("module@3", "multiboot,ramdisk", 0x88000000, 0x3000);
	add_module("module@2", "multiboot,kernel", 0x87000000, 0x2000);
	add_module("module@1", "multiboot,ramdisk", 0x86000000, 0x1000);
	add_module("module@0", "multiboot,kernel", 0x85000000, 0x1000);
	find_modules();
	assert_int_equal(mods.kernel.start, 0x85000000);
	assert_int_equal(mods.ramdisk.start, 0x86000000);
	assert_int_equal(mods.further_count, 2);
	assert_int_equal(mods.further[0].start, 0x87000000);
	assert_int_equal(mods.further[1].start, 0x88000000);
	assert_int_equal(mods.taken_count, 2);
	assert_int_equal(mods.taken[0], fdt_path_offset(tree, "/chosen/module@0"));
	assert_int_equal(mods.taken[1], fdt_path_offset(tree, "/chosen/module@1"));
}

static void home_grows_with_the_cpus(void **state)
{
	unsigned int i;

	(void)state;
	make_tree();
	assert_fine(machine_parse_memory(&m, tree));
	assert_int_equal(machine_count_cpus(&m, tree), 2);
	assert_int_equal(home_size(1, 0), HOME);
	assert_int_equal(home_size(8, 0), HOME);
	assert_int_equal(home_size(80, 0), HOME);
	assert_int_equal(home_size(81, 0), HOME + 0x200000);
	/* 3 MiB, and 64 KiB for each hart */
	assert_int_equal(home_size(512, 0), 36 << 20);
	assert_int_equal(home_harts(0, 0), 1);
	assert_int_equal(home_harts(HOME, 0), 80);
	for (i = 80; i <= MACHINE_MAX_HARTS; i++)
		assert_true(home_harts(home_size(i, 0), 0) >= i &&
			    home_harts(home_size(i, 0), 0) < i + 32);
	/* Rings of 1 MiB: 2 and 16 of them are beside the home without any. */
	assert_int_equal(home_size(2, 0x100000), HOME + 0x200000);
	assert_int_equal(home_size(16, 0x100000), HOME + 16 * 0x100000);
	for (i = 1; i <= MACHINE_MAX_HARTS; i++)
		assert_true(home_harts(home_size(i, 0x100000), 0x100000) >= i);
	assert_int_equal(home_harts(UINT64_MAX, 0), MACHINE_MAX_HARTS);
}

/* The boot hart stays, whatever its place. */
static void harts_without_memory_are_left_out(void **state)
{
	unsigned int boot, i;

	(void)state;
	for (boot = 0; boot < 6; boot++) {
		make_tree();
		for (i = 6; i-- > 2;)
			add_cpu(i, i == 4 && boot != 4 ? "rv64ih" : TEST_ISA);
		assert_fine(machine_parse(&m, tree, boot, 0));
		machine_limit_harts(&m, 6);
		assert_int_equal(m.hart_count, 6);
		assert_int_equal(m.harts_left_out, 0);
		assert_int_equal(m.isa.sstc, boot == 4);
		machine_limit_harts(&m, 2);
		assert_int_equal(m.hart_count, 2);
		assert_int_equal(m.harts_left_out, 4);
		assert_int_equal(m.harts[0].hartid, 0);
		assert_int_equal(m.harts[1].hartid, boot ? boot : 1);
		assert_int_equal(m.harts[m.boot_hart].hartid, boot);
		assert_int_equal(m.harts[1].index, 1);
		assert_true(m.isa.sstc);
		assert_int_equal(m.nodes.unused_cpu_count, 4);
		for (i = 1; i < 4; i++)
			assert_true(m.nodes.unused_cpus[i - 1] < m.nodes.unused_cpus[i]);
		machine_limit_harts(&m, 1);
		assert_int_equal(m.harts[0].hartid, boot);
	}
}

static void home_is_the_highest_free_place(void **state)
{
	struct range home;

	(void)state;
	make_tree();
	add_module("module@0", "multiboot,kernel", 0x84000000, 0x1000);
	assert_fine(find_modules());
	/* 256 MiB of RAM: a share of 512 is less than the unit. */
	assert_true(home_choose(&m, &mods, self, 2, 0, 512, &home));
	assert_int_equal(home.size, HOME);
	assert_int_equal(home.start, 0x90000000 - HOME);
	set_cells("/chosen/module@0", "reg", 0, 0x8ffff000, 0, 0x1000);
	add_module("module@1", "multiboot,ramdisk", 0x8f700000, 0x1000);
	add_node("/reserved-memory", "x");
	set_cells("/reserved-memory/x", "reg", 0, 0x8f000000, 0, 0x1000);
	assert_fine(find_modules());
	assert_true(home_choose(&m, &mods, self, 2, 0, 512, &home));
	assert_int_equal(home.start, 0x8e800000);
	/* 10 MiB less firmware, Halite at 2 MiB and the kernel above it: none left. */
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0, 0xa00000);
	set_cells("/chosen/module@0", "reg", 0, 0x80900000, 0, 0x1000);
	set_cells("/chosen/module@1", "reg", 0, 0x80901000, 0, 0x1000);
	assert_fine(find_modules());
	assert_false(home_choose(&m, &mods, self, 2, 0, 512, &home));
}

static void home_grows_with_ram(void **state)
{
	struct range home;

	(void)state;
	make_tree();
	add_module("module@0", "multiboot,kernel", 0x84000000, 0x1000);
	assert_fine(find_modules());
	warnings = 0;
	assert_true(home_choose(&m, &mods, self, 2, 0, 64, &home));
	assert_int_equal(home.size, HOME + 0x400000);
	assert_int_equal(home.start, 0x90000000 - home.size);
	/* 32 KiB for each cpu. With very many cpus, the least size has a part of the share. */
	assert_true(home_choose(&m, &mods, self, 128, 0, 64, &home));
	assert_int_equal(home.size, HOME + 0x400000 + 128 * 0x8000);
	assert_true(home_choose(&m, &mods, self, 512, 0, 64, &home));
	assert_int_equal(home.size, 36 << 20);
	/* 512 KiB for each of several domains. */
	mods.domains = 16;
	assert_true(home_choose(&m, &mods, self, 2, 0, 64, &home));
	assert_int_equal(home.size, HOME + 0x400000 + 16 * 0x80000);
	mods.domains = 0;
	/* Less than the unit does not count. */
	assert_true(home_choose(&m, &mods, self, 2, 0, 45, &home));
	assert_int_equal(home.size, HOME + 0x400000);
	assert_int_equal(warnings, 0);
	/* Half of RAM fits above the kernel. */
	assert_true(home_choose(&m, &mods, self, 2, 0, 2, &home));
	assert_int_equal(home.size, HOME + 0x8000000);
	assert_int_equal(warnings, 0);
	/* Half of RAM does not fit beside the kernel any more, and half of that does. */
	set_cells("/chosen/module@0", "reg", 0, 0x88000000, 0, 0x1000);
	assert_fine(find_modules());
	assert_true(home_choose(&m, &mods, self, 2, 0, 2, &home));
	assert_int_equal(home.size, HOME + 0x4000000);
	assert_int_equal(home.start, 0x90000000 - home.size);
	assert_int_equal(warnings, 1);
	/* 1 TiB: the share is 2 GiB. */
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0x100, 0);
	assert_fine(find_modules());
	assert_true(home_choose(&m, &mods, self, 2, 0, 512, &home));
	assert_int_equal(home.size, HOME + 0x80000000);
	assert_int_equal(home.start + home.size, UINT64_C(0x10080000000));
	assert_int_equal(warnings, 1);
}

/* Make a tree whose structure block has @words and is at byte @start. */
static void make_raw_tree(uint32_t start, const uint32_t *words, uint32_t count)
{
	const uint32_t end = start + 4 * count;
	const uint32_t header[] = { FDT_MAGIC, end + 2, start, end, 40, 17, 16, 0, 2, 4 * count };
	uint32_t i;

	memset(tree, 0, sizeof(tree));
	for (i = 0; i < 10; i++)
		fdt32_st(tree + 4 * i, header[i]);
	for (i = 0; i < count; i++)
		fdt32_st(tree + start + 4 * i, words[i]);
	tree[end] = 'x';
}

/* fdt_check_full() finds no fault in these. The walks of devtree.h would leave the tree. */
static void refuses_trees_that_are_out_of_order(void **state)
{
	static const uint32_t plain[] = { 1, 0, 2, 9 };
	static const uint32_t none[] = { 9 };
	static const uint32_t nop[] = { 4, 1, 0, 2, 9 };
	static const uint32_t property[] = { 3, 0, 0, 1, 0, 2, 9 };
	static const uint32_t behind[] = {
		1, 0, 1, 0x61000000, 2, 4, 3, 0, 0, 1, 0x62000000, 2, 2, 9,
	};

	(void)state;
	make_raw_tree(64, plain, 4);
	assert_fine(machine_check_fdt(tree, TREE_SIZE));
	make_raw_tree(65, plain, 4);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
	make_raw_tree(64, none, 1);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
	make_raw_tree(64, nop, 5);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
	make_raw_tree(64, property, 7);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
	make_raw_tree(64, behind, 14);
	assert_fatal(machine_check_fdt(tree, TREE_SIZE), "damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_a_virt_like_machine),
		cmocka_unit_test(devices_are_what_a_guest_may_reach),
		cmocka_unit_test(each_device_is_withheld_but_by_its_word),
		cmocka_unit_test(a_plic_is_reached_through_halite_alone),
		cmocka_unit_test(each_hart_has_a_context_of_its_plic),
		cmocka_unit_test(withheld_goes_by_whole_names),
		cmocka_unit_test(a_page_shared_with_a_withheld_device_is_withheld),
		cmocka_unit_test(what_is_switched_off_is_withheld_too),
		cmocka_unit_test(bus_windows_translate),
		cmocka_unit_test(isa_strings),
		cmocka_unit_test(each_extension_of_the_table_is_found),
		cmocka_unit_test(isa_list_goes_before_the_string),
		cmocka_unit_test(each_hart_has_its_own_extensions),
		cmocka_unit_test(a_hart_too_many_is_left_out_but_not_the_boot_hart),
		cmocka_unit_test(hart_ids_are_sparse_and_have_64_bits),
		cmocka_unit_test(harts_without_h_are_left_out),
		cmocka_unit_test(devices_may_be_many),
		cmocka_unit_test(reserved_memory_may_be_in_many_pieces),
		cmocka_unit_test(memory_may_be_in_many_pieces),
		cmocka_unit_test(bad_trees_are_named),
		cmocka_unit_test(missing_things_are_named),
		cmocka_unit_test(nops_are_passed_over),
		cmocka_unit_test(hidden_nodes_have_their_path),
		cmocka_unit_test(finds_the_finisher),
		cmocka_unit_test(finds_modules_as_qemu_writes_them),
		cmocka_unit_test(modules_from_the_second_kernel_on_are_handed_on),
		cmocka_unit_test(refuses_modules_in_the_wrong_place),
		cmocka_unit_test(home_grows_with_the_cpus),
		cmocka_unit_test(harts_without_memory_are_left_out),
		cmocka_unit_test(home_is_the_highest_free_place),
		cmocka_unit_test(home_grows_with_ram),
		cmocka_unit_test(refuses_trees_that_are_out_of_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
