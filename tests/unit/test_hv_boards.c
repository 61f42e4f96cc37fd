/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boards by their device trees: those with the H extension in Debian's kernel packages, which
 * scripts/fetch-boards.sh keeps in build/downloads/boards, and made-up trees for boards whose trees
 * are not there. The facts about Debian's trees were read in the trees by hand. The guest's tree
 * passes the checks of dtc that the machine's tree passes.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "hv_test.h"

#include "hv/guest_fdt.h"
#include "hv/home.h"
#include "hv/withheld.h"

#define BOARDS	      "build/downloads/boards"
#define MIB	      UINT64_C(0x100000)
#define GIB	      (1024 * MIB)
#define SHARE	      512
#define KERNEL_OFFSET UINT64_C(0x4000000)

static _Alignas(8) uint8_t guest[4 * TREE_SIZE];
/* The machine's tree before the boot loader adds modules, of whose nodes dtc complains. */
static _Alignas(8) uint8_t original[TREE_SIZE];
static struct machine m;
static struct modules mods;
static struct range home;

/* ---- trees ---- */

/* Read the tree at @path into tree, with room for more. False: there is no tree. */
static bool read_tree(const char *path)
{
	static _Alignas(8) uint8_t file[TREE_SIZE / 2];
	size_t size;
	FILE *f;

	make_memory();
	f = fopen(path, "r");
	if (!f)
		return false;
	size = fread(file, 1, sizeof(file), f);
	fclose(f);
	return size < sizeof(file) && fdt_check_full(file, size) == 0 &&
	       fdt_open_into(file, tree, sizeof(tree)) == 0;
}

/* The same for one of Debian's trees. */
static bool read_board(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", BOARDS, name);
	return read_tree(path);
}

static void set_reg64(const char *path, uint64_t start, uint64_t size)
{
	set_cells(path, "reg", start >> 32, start, size >> 32, size);
}

static void add_memory(const char *name, uint64_t start, uint64_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/%s", name);
	add_node("/", name);
	set_text(path, "device_type", "memory");
	set_reg64(path, start, size);
}

/* What OpenSBI adds: its own memory, at the start of RAM. */
static void add_firmware(uint64_t start)
{
	char name[48], path[80];

	snprintf(name, sizeof(name), "mmode_resv0@%lx", (unsigned long)start);
	snprintf(path, sizeof(path), "/reserved-memory/%s", name);
	if (fdt_path_offset(tree, "/reserved-memory") < 0) {
		add_node("/", "reserved-memory");
		set_cells("/reserved-memory", "#address-cells", 2);
		set_cells("/reserved-memory", "#size-cells", 2);
		assert_int_equal(fdt_setprop(tree, node_at("/reserved-memory"), "ranges", NULL, 0),
				 0);
	}
	add_node("/reserved-memory", name);
	set_reg64(path, start, 0x80000);
	assert_int_equal(fdt_setprop(tree, node_at(path), "no-map", NULL, 0), 0);
}

/* Add firmware and the guest's kernel, and make the guest's tree. */
static void run_board(uint64_t ram, uint64_t boot_hartid, unsigned int l1_file)
{
	const struct range self = { ram + 2 * MIB, 0x40000 };
	const struct range_list absent = { .r = &home, .count = 1 };
	char path[64];

	if (fdt_path_offset(tree, "/reserved-memory/firmware@80000000") < 0)
		add_firmware(ram);
	if (fdt_path_offset(tree, "/chosen") < 0)
		add_node("/", "chosen");
	memcpy(original, tree, sizeof(original));
	snprintf(path, sizeof(path), "/chosen/module@%lx", (unsigned long)(ram + KERNEL_OFFSET));
	add_node("/chosen", strrchr(path, '/') + 1);
	set_text(path, "compatible", "multiboot,kernel");
	set_reg64(path, ram + KERNEL_OFFSET, MIB);
	assert_fine(machine_check_fdt(tree, HOME_FDT_MAX));
	assert_fine(machine_parse_memory(&m, tree));
	assert_fine(machine_parse(&m, tree, boot_hartid, 0));
	assert_fine(modules_find(&mods, tree, &m, self));
	assert_true(home_choose(&m, &mods, self, machine_count_cpus(&m, tree), 0, SHARE, &home));
	assert_true(guest_fdt_size(tree, &m, &mods) <= sizeof(guest));
	assert_fine(guest_fdt_make(guest, guest_fdt_size(tree, &m, &mods), tree, &m, &mods, &absent,
				   l1_file));
	assert_int_equal(fdt_check_full(guest, fdt_totalsize(guest)), 0);
}

/* ---- dtc ---- */

static void write_tree(const char *path, const void *fdt)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(fdt, 1, fdt_totalsize(fdt), f), fdt_totalsize(fdt));
	fclose(f);
}

/*
 * dtc says nothing of the guest's tree that it does not say of the machine's. Addresses in names of
 * nodes do not count: the IMSIC has another one.
 */
static void expect_dtc(void)
{
	static const char check[] =
		"cd %s && for t in machine guest; do dtc -I dtb -O dtb -o /dev/null $t.dtb 2>&1 |"
		" sed 's/^[^:]*: //; s/@[0-9a-f]*//g' | sort >$t.txt; done;"
		" comm -13 machine.txt guest.txt >new.txt; cat new.txt; [ ! -s new.txt ]";
	char dir[] = "/tmp/halite-boards-XXXXXX", path[64], command[512];
	int status;

	if (system("command -v dtc >/dev/null"))
		return;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/machine.dtb", dir);
	write_tree(path, original);
	snprintf(path, sizeof(path), "%s/guest.dtb", dir);
	write_tree(path, guest);
	snprintf(command, sizeof(command), check, dir);
	status = system(command);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	if (status)
		fail_msg("dtc complains of the guest's tree");
}

/* ---- what is in a tree ---- */

static const void *property(const char *path, const char *name, int *len)
{
	const void *p = fdt_getprop(guest, fdt_path_offset(guest, path), name, len);

	if (!p)
		fail_msg("%s: no %s", path, name);
	return p;
}

/* The property of the guest's node is that of the machine's. */
static void expect_same(const char *path, const char *name)
{
	int len, other;
	const void *p = property(path, name, &len);
	const void *q = fdt_getprop(tree, node_at(path), name, &other);

	assert_int_equal(len, other);
	assert_memory_equal(p, q, len);
}

static bool has(const char *path)
{
	return fdt_path_offset(guest, path) >= 0;
}

static void expect_reg(const char *path, uint64_t start, uint64_t size)
{
	int len;
	const fdt64_t *reg = property(path, "reg", &len);

	assert_int_equal(len, 16);
	assert_int_equal(fdt64_ld(reg), start);
	assert_int_equal(fdt64_ld(reg + 1), size);
}

static bool is_device(uint64_t addr)
{
	return range_list_overlap(&m.devices, (struct range){ addr, 1 });
}

/* Whether a cpu of the tree has the H extension. */
static bool has_h(void)
{
	struct machine_isa isa;
	int cpus = fdt_path_offset(tree, "/cpus");
	int cpu;

	if (cpus < 0)
		return false;
	fdt_for_each_subnode (cpu, tree, cpus) {
		const char *type = fdt_getprop(tree, cpu, "device_type", NULL);

		if (!type || strcmp(type, "cpu"))
			continue;
		if (setjmp(fatal_jump))
			continue;
		machine_parse_isa(tree, cpu, &isa);
		if (isa.h)
			return true;
	}
	return false;
}

/* ---- Debian's trees ---- */

#define P550 "eic7700-hifive-premier-p550.dtb"

static const char *const k3[] = {
	"k3-pico-itx.dtb",
	"k3-com260-ifx.dtb",
	"k3-deepcomputing-fml13v05.dtb",
};

static bool is_known(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(k3) / sizeof(k3[0]); i++) {
		if (!strcmp(name, k3[i]))
			return true;
	}
	return !strcmp(name, P550);
}

/* Each tree with H has a test below. The others are refused by a message, or have no RAM. */
static void each_tree_is_taken_or_refused(void **state)
{
	DIR *dir = opendir(BOARDS);
	struct dirent *entry;
	volatile unsigned int trees = 0, known = 0;

	(void)state;
	if (!dir)
		skip();
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".dtb") || !read_board(entry->d_name))
			continue;
		trees++;
		known += is_known(entry->d_name);
		if (has_h() != is_known(entry->d_name))
			fail_msg("%s: a tree with H that no test is about, or without H",
				 entry->d_name);
		if (!is_known(entry->d_name)) {
			assert_fine(machine_check_fdt(tree, HOME_FDT_MAX));
			assert_fatal(machine_parse(&m, tree, 0, 0), "");
		}
	}
	closedir(dir);
	assert_true(trees >= 50);
	assert_int_equal(known, 4);
}

/* SpacemiT K3: 8 X100 harts, AIA, 16 GiB from 4 GiB on. */
static void spacemit_k3(void **state)
{
	const uint64_t ram = 4 * GIB, imsic = 0xe0400000;
	char text[160], path[80];
	volatile unsigned int b, i;

	(void)state;
	for (b = 0; b < sizeof(k3) / sizeof(k3[0]); b++) {
		if (!read_board(k3[b]))
			skip();
		run_board(ram, 0, 1);
		assert_int_equal(m.hart_count, 8);
		assert_int_equal(m.harts_without_h + m.harts_left_out, 0);
		assert_string_equal(machine_isa_text(&m.isa, text, sizeof(text)),
				    "h v sstc svinval svpbmt svnapot svade zicbom zicboz "
				    "smstateen ssnpm smaia ssaia sscofpmf");
		assert_int_equal(m.timebase, 24000000);
		assert_int_equal(m.plic_count, 0);
		assert_true(m.imsic.present);
		assert_int_equal(m.imsic.identities, 511);
		assert_int_equal(m.imsic.guest_index_bits, 6);
		assert_int_equal(m.imsic.hart_index_bits, 4);
		assert_int_equal(m.aplic_count, 1);
		assert_int_equal(m.aplics[0].base, 0xe0804000);
		assert_true(m.aplics[0].msi);
		for (i = 0; i < 8; i++) {
			assert_int_equal(m.harts[i].hartid, i);
			assert_int_equal(m.harts[i].imsic_file, imsic + i * 0x40000);
		}
		assert_int_equal(m.ram.count, 1);
		assert_int_equal(m.ram.r[0].start, ram);
		assert_int_equal(m.ram.r[0].size, 16 * GIB);
		/* 8 MiB and 1/512 of RAM, at its end. */
		assert_int_equal(home.start, 20 * GIB - 40 * MIB);
		assert_int_equal(home.size, 40 * MIB);
		expect_reg("/memory@100000000", ram, 16 * GIB - 40 * MIB);
		/* The console, in a page with further UARTs; the controllers of M mode; a CLINT. */
		assert_true(is_device(0xd4017000));
		assert_false(is_device(0xe081c000) || is_device(0xf1000000));
		assert_false(is_device(0xf1800000) || is_device(imsic) || is_device(0xe0804000));
		assert_false(has("/soc/timer@e081c000"));
		/* The guest's first file is a page behind; size, stride and bits are the same. */
		assert_false(has("/soc/interrupt-controller@e0400000"));
		snprintf(path, sizeof(path), "/soc/interrupt-controller@e0401000");
		expect_reg(path, imsic + 0x1000, 0x200000);
		assert_int_equal(fdt_get_phandle(guest, fdt_path_offset(guest, path)),
				 fdt_get_phandle(tree,
						 node_at("/soc/interrupt-controller@e0400000")));
		expect_same("/cpus/cpu-map/cluster1/core3", "cpu");
		expect_same("/cpus/cpu@7", "next-level-cache");
		expect_same("/cpus/cache-controller-0", "cache-size");
		expect_same("/aliases", "serial0");
		expect_dtc();
	}
}

/* HiFive Premier P550: 4 harts, PLIC, no Sstc. U-Boot adds the memory. */
static void hifive_premier_p550(void **state)
{
	const uint64_t ram = 2 * GIB;
	char text[160];
	volatile unsigned int i;

	(void)state;
	if (!read_board(P550))
		skip();
	assert_fatal(machine_parse_memory(&m, tree), "no node with device_type \"memory\"");
	add_memory("memory@80000000", ram, 16 * GIB);
	run_board(ram, 2, 0);
	assert_int_equal(m.hart_count, 4);
	assert_int_equal(m.harts[m.boot_hart].hartid, 2);
	assert_string_equal(machine_isa_text(&m.isa, text, sizeof(text)), "h sscofpmf");
	assert_int_equal(m.timebase, 1000000);
	assert_false(m.imsic.present);
	assert_int_equal(m.plic_count, 1);
	assert_int_equal(m.plics[0].base, 0xc000000);
	assert_int_equal(m.plics[0].size, 0x4000000);
	assert_int_equal(m.plics[0].ndev, 520);
	for (i = 0; i < 4; i++)
		assert_int_equal(m.harts[i].plic_context, 2 * i + 1);
	assert_int_equal(home.start, 18 * GIB - 40 * MIB);
	expect_reg("/memory@80000000", ram, 16 * GIB - 40 * MIB);
	/* Two UARTs are on; the L3 cache and GPIO are the guest's; CLINT and PLIC are not. */
	assert_true(is_device(0x50900000) && is_device(0x50920000));
	assert_false(is_device(0x50910000) || is_device(0x50930000));
	assert_true(is_device(0x2010000) && is_device(0x2013fff) && is_device(0x51600000));
	assert_false(is_device(0x2000000) || is_device(0xc000000) || is_device(0xfffffff));
	assert_false(has("/soc/timer@2000000"));
	assert_true(has("/soc/interrupt-controller@c000000"));
	expect_same("/cpus/cpu@3", "next-level-cache");
	expect_same("/cpus/l2-cache3", "next-level-cache");
	expect_same("/soc/cache-controller@2010000", "cache-size");
	expect_dtc();
}

/* ---- made-up trees ---- */

/* As the vendor's tree of an EIC7700X board: 157 ranges of devices, most of them neighbours. */
static void a_tree_with_many_devices(void **state)
{
	char name[32];
	volatile unsigned int i;

	(void)state;
	make_tree();
	for (i = 0; i < 157; i++) {
		snprintf(name, sizeof(name), "dev@%x", 0x50000000 + i * 0x1000 + i / 4 * 0x4000);
		add_device(name, "x,dev", 0x50000000 + i * 0x1000 + i / 4 * 0x4000, 0x1000);
	}
	/* One of 64 KiB in a PCI window, and one in which two nodes share a page. */
	add_device("a@60000000", "x,a", 0x60000000, 0x400);
	add_device("b@60000400", "x,b", 0x60000400, 0x400);
	run_board(2 * GIB, 0, 0);
	for (i = 0; i < 157; i++)
		assert_true(is_device(0x50000000 + i * 0x1000 + i / 4 * 0x4000));
	assert_true(is_device(0x60000000));
	expect_dtc();
}

/* As UltraRISC's DP1000: 8 harts in two clusters, a PLIC by a name of its own. */
static void a_plic_by_another_name(void **state)
{
	static const char *const names[] = {
		"ultrarisc,cp100-plic",
		"thead,c900-plic",
		"andestech,nceplic100",
	};
	volatile unsigned int i, n;

	(void)state;
	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		make_tree();
		for (i = 7; i > 1; i--)
			add_cpu(i, TEST_ISA);
		set_text("/soc/plic@c000000", "compatible", names[n]);
		set_cells("/soc/plic@c000000", "interrupts-extended", 0x10, 11, 0x10, 9, 0x11, 11,
			  0x11, 9, 0x12, 11, 0x12, 9, 0x13, 11, 0x13, 9, 0x14, 11, 0x14, 9, 0x15,
			  11, 0x15, 9, 0x16, 11, 0x16, 9, 0x17, 11, 0x17, 9);
		run_board(2 * GIB, 5, 0);
		assert_int_equal(m.hart_count, 8);
		assert_int_equal(m.plic_count, 1);
		for (i = 0; i < 8; i++)
			assert_int_equal(m.harts[i].plic_context, 2 * i + 1);
		assert_false(is_device(0xc000000));
		expect_same("/soc/plic@c000000", "compatible");
		expect_dtc();
	}
}

/* As a K3 whose tree has the 8 harts without H, too: these are off in the guest's tree. */
static void harts_without_h_beside_those_with(void **state)
{
	volatile unsigned int i;
	char path[32];
	int len;

	(void)state;
	make_tree();
	for (i = 15; i > 1; i--)
		add_cpu(i, i < 8 ? TEST_ISA : "rv64imafdcv_zicsr_sstc");
	run_board(2 * GIB, 3, 0);
	assert_int_equal(m.hart_count, 8);
	assert_int_equal(m.harts_without_h, 8);
	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/cpus/cpu@%x", i);
		if (i < 8)
			assert_null(
				fdt_getprop(guest, fdt_path_offset(guest, path), "status", NULL));
		else
			assert_string_equal(property(path, "status", &len), "disabled");
	}
	expect_dtc();
}

static void add_cache(const char *name, uint32_t phandle, uint32_t level)
{
	char path[48];

	snprintf(path, sizeof(path), "/cpus/%s", name);
	add_node("/cpus", name);
	set_text(path, "compatible", "cache");
	set_cells(path, "cache-level", level);
	set_cells(path, "cache-size", 0x40000);
	set_cells(path, "phandle", phandle);
}

/*
 * RAM in three nodes, one of them with two banks; a region without a map in the middle of the
 * highest one, and one that only is reserved at its end; caches and a map of the cpus.
 */
static void banks_regions_caches_and_cpu_map(void **state)
{
	const uint64_t high = 8 * GIB;
	int len;
	const fdt64_t *reg;

	(void)state;
	make_tree();
	set_cells("/memory@80000000", "reg", 0, 0x80000000, 0, 0x10000000, 0, 0xa0000000, 0,
		  0x20000000);
	add_memory("memory@100000000", 4 * GIB, GIB);
	add_memory("memory@200000000", high, 64 * MIB);
	add_node("/reserved-memory", "dsp@202000000");
	set_reg64("/reserved-memory/dsp@202000000", high + 32 * MIB, 16 * MIB);
	assert_int_equal(
		fdt_setprop(tree, node_at("/reserved-memory/dsp@202000000"), "no-map", NULL, 0), 0);
	add_node("/reserved-memory", "log@203f00000");
	set_reg64("/reserved-memory/log@203f00000", high + 63 * MIB, MIB);
	add_cache("l2-cache", 0x80, 2);
	set_cells("/cpus/cpu@0", "next-level-cache", 0x80);
	set_cells("/cpus/cpu@0", "phandle", 0x81);
	add_node("/cpus", "cpu-map");
	add_node("/cpus/cpu-map", "cluster0");
	add_node("/cpus/cpu-map/cluster0", "core0");
	set_cells("/cpus/cpu-map/cluster0/core0", "cpu", 0x81);
	fdt_del_node(tree, node_at("/reserved-memory/firmware@80000000"));
	run_board(2 * GIB, 0, 0);
	assert_int_equal(m.ram.count, 4);
	/* Two regions, and firmware's. */
	assert_int_equal(m.reserved.count, 3);
	assert_int_equal(m.no_map.count, 2);
	/*
	 * 8 MiB and 1/512 of 1.8 GiB are 10 MiB: they fit between the regions, up to a multiple
	 * of 2 MiB.
	 */
	assert_int_equal(home.size, 10 * MIB);
	assert_int_equal(home.start, high + 52 * MIB);
	expect_same("/memory@80000000", "reg");
	expect_same("/memory@100000000", "reg");
	reg = property("/memory@200000000", "reg", &len);
	assert_int_equal(len, 32);
	assert_int_equal(fdt64_ld(reg), high);
	assert_int_equal(fdt64_ld(reg + 1), 52 * MIB);
	assert_int_equal(fdt64_ld(reg + 2), high + 62 * MIB);
	assert_int_equal(fdt64_ld(reg + 3), 2 * MIB);
	expect_same("/reserved-memory/dsp@202000000", "reg");
	property("/reserved-memory/dsp@202000000", "no-map", &len);
	expect_same("/reserved-memory/log@203f00000", "reg");
	expect_same("/cpus/cpu@0", "next-level-cache");
	expect_same("/cpus/l2-cache", "cache-size");
	expect_same("/cpus/cpu-map/cluster0/core0", "cpu");
	expect_dtc();
}

/* Two files a hart, of which firmware's tree leaves the last one out: whole blocks all the same. */
static void the_files_of_the_imsic_are_whole_blocks(void **state)
{
	(void)state;
	make_tree();
	fdt_del_node(tree, node_at("/soc/plic@c000000"));
	add_device("imsics@28000000", "riscv,imsics", 0x28000000, 0xf000);
	set_cells("/soc/imsics@28000000", "interrupts-extended", 0x10, 9, 0x11, 9);
	set_cells("/soc/imsics@28000000", "riscv,num-ids", 255);
	set_cells("/soc/imsics@28000000", "riscv,guest-index-bits", 3);
	run_board(2 * GIB, 0, 0);
	expect_same("/soc/imsics@28000000", "reg");
	make_memory();
	fdt_del_node(tree, node_at("/chosen/module@84000000"));
	run_board(2 * GIB, 0, 1);
	expect_reg("/soc/imsics@28001000", 0x28001000, 0x10000);
}

/* ---- a tree that somebody wants to try ---- */

/* The lowest hart id of a cpu with H; 0 without one. */
static uint64_t first_hart_with_h(void)
{
	uint64_t least = UINT64_MAX;
	struct machine_isa isa;
	int cpus = fdt_path_offset(tree, "/cpus"), cpu, len;

	if (cpus < 0)
		return 0;
	fdt_for_each_subnode (cpu, tree, cpus) {
		const fdt32_t *reg = fdt_getprop(tree, cpu, "reg", &len);
		const char *type = fdt_getprop(tree, cpu, "device_type", NULL);
		uint64_t id;

		if (!reg || len < 4 || !type || strcmp(type, "cpu"))
			continue;
		id = fdt32_ld(&reg[len / 4 - 1]);
		machine_parse_isa(tree, cpu, &isa);
		if (isa.h && id < least)
			least = id;
	}
	return least == UINT64_MAX ? 0 : least;
}

static void print_ranges(const char *name, const struct range_list *list)
{
	unsigned int i;

	for (i = 0; i < list->count; i++)
		printf("%-10s 0x%lx, 0x%lx bytes\n", i ? "" : name, (unsigned long)list->r[i].start,
		       (unsigned long)list->r[i].size);
}

/* Print what machine_parse() has found. */
static void print_machine(void)
{
	struct range_list homes = { &home, 1, 1 };
	unsigned int i;

	printf("%-10s %u with H, %u without; boot hart %lu\n%-10s ", "harts", m.hart_count,
	       m.harts_without_h, (unsigned long)m.harts[m.boot_hart].hartid, "extensions");
#define HEXT_EXT(name, ...) printf("%s", m.isa.name ? #name " " : "");
#include "hext/ext_table.h"
	printf("\n");
	for (i = 0; i < m.plic_count; i++)
		printf("%-10s at 0x%lx with %u sources\n", "PLIC", (unsigned long)m.plics[i].base,
		       m.plics[i].ndev);
	for (i = 0; i < m.aplic_count; i++)
		printf("%-10s at 0x%lx\n", "APLIC", (unsigned long)m.aplics[i].base);
	if (m.imsic.present)
		print_ranges("IMSIC", &m.imsic.reg);
	print_ranges("RAM", &m.ram);
	print_ranges("reserved", &m.reserved);
	print_ranges("devices", &m.devices);
	for (i = 0; i < m.hidden_count; i++)
		printf("%-10s %s\n", i ? "" : "withheld", m.hidden[i].path);
	print_ranges("home", &homes);
}

/* Try the tree at @path as Halite would at boot. Returns the exit status. */
static int try_board(const char *path)
{
	struct range self;

	if (!read_tree(path)) {
		printf("%s: no device tree, or one of more than %d KiB\n", path, TREE_SIZE / 2048);
		return 1;
	}
	if (setjmp(fatal_jump)) {
		printf("Halite refuses this: %s\n", fatal_text);
		return 1;
	}
	machine_check_fdt(tree, HOME_FDT_MAX);
	if (fdt_node_offset_by_prop_value(tree, -1, "device_type", "memory", 7) < 0) {
		printf("note: no RAM in this tree; 1 GiB at 0x80000000 is taken for it\n");
		add_memory("memory@80000000", 2 * GIB, GIB);
	}
	machine_parse_memory(&m, tree);
	machine_parse(&m, tree, first_hart_with_h(), 0);
	/* The boot loader puts Halite 2 MiB behind the start of RAM. */
	self = (struct range){ m.ram.r[0].start + 2 * MIB, MIB };
	memset(&mods, 0, sizeof(mods));
	if (!home_choose(&m, &mods, self, machine_count_cpus(&m, tree), 0, SHARE, &home))
		hv_fatal("there is no room for Halite in RAM");
	print_machine();
	return 0;
}

int main(void)
{
	const char *board = getenv("HALITE_BOARD");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tree_is_taken_or_refused),
		cmocka_unit_test(spacemit_k3),
		cmocka_unit_test(hifive_premier_p550),
		cmocka_unit_test(a_tree_with_many_devices),
		cmocka_unit_test(a_plic_by_another_name),
		cmocka_unit_test(harts_without_h_beside_those_with),
		cmocka_unit_test(banks_regions_caches_and_cpu_map),
		cmocka_unit_test(the_files_of_the_imsic_are_whole_blocks),
	};

	if (board)
		return try_board(board);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
