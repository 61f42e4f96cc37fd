/* SPDX-License-Identifier: BSD-2-Clause */
/* How the nodes of domains divide a machine, and which of them are refused. */
#include "hv_test.h"

#include "hv/domain_config.h"
#include "hv/shared.h"
#include "lib/page.h"
#include "nacl/abi.h"

#define A    "/chosen/domain-a"
#define B    "/chosen/domain-b"
#define UART "/soc/serial@10000000"
#define RTC  "/soc/rtc@101000"
#define DISK "/soc/virtio_mmio@10001000"
#define PCI  "/soc/pci@30000000"
#define TEST "/soc/test@100000"
#define MIB  UINT64_C(0x100000)

static const struct range self = { 0x80200000, 0x40000 };
static struct host host;
static struct modules mods;
static struct domain_config c[DOMAINS_MAX];

static void add_module_of(const char *domain, uint32_t start)
{
	char name[32], path[64];

	snprintf(name, sizeof(name), "module@%x", start);
	snprintf(path, sizeof(path), "%s/%s", domain, name);
	add_node(domain, name);
	set_text(path, "compatible", "multiboot,kernel");
	set_cells(path, "reg", 0, start, 0, 0x1000);
}

static void add_domain(const char *path, uint32_t module)
{
	add_node("/chosen", strrchr(path, '/') + 1);
	set_text(path, "compatible", "halite,domain");
	set_cells(path, "#address-cells", 2);
	set_cells(path, "#size-cells", 2);
	set_cells(path, "memory", 0, 0x8000);
	add_module_of(path, module);
}

/* Four harts, an RTC, a disk and a finisher beside what make_tree() has, and domains A and B. */
static int setup(void **state)
{
	(void)state;
	make_tree();
	add_cpu(5, TEST_ISA);
	add_cpu(3, TEST_ISA);
	set_cells("/soc", "interrupt-parent", 0x30);
	set_cells("/soc/plic@c000000", "phandle", 0x30);
	set_cells("/soc/plic@c000000", "#interrupt-cells", 1);
	set_cells(UART, "interrupts", 10);
	add_device("rtc@101000", "google,goldfish-rtc", 0x101000, 0x1000);
	set_cells(RTC, "interrupts-extended", 0x30, 11);
	add_device("virtio_mmio@10001000", "virtio,mmio", 0x10001000, 0x1000);
	set_cells(DISK, "interrupts", 1);
	add_device("test@100000", "sifive,test0", 0x100000, 0x1000);
	set_cells(PCI, "#interrupt-cells", 1);
	set_cells(PCI, "interrupt-map", 0, 0, 0, 1, 0x30, 32, 0, 0, 0, 2, 0x30, 33);
	add_domain(B, 0x8c000000);
	add_domain(A, 0x88000000);
	set_cells(A, "cpus", 2);
	set_cells(B, "cpus", 1);
	return 0;
}

/* Give @domain the one device @path. */
static void give(const char *domain, const char *path)
{
	set_text(domain, "halite,devices", path);
}

static void trust(const char *domain)
{
	set_text(domain, "halite,dma", "trusted");
}

static void parse(void)
{
	static _Alignas(4096) uint8_t memory[64 * PAGE_SIZE];

	host.pool = (struct page_pool){ (uintptr_t)memory, (uintptr_t)memory + sizeof(memory) };
	make_memory();
	memset(c, 0, sizeof(c));
	host.ram = (struct range_list){ 0 };
	machine_parse(&host.machine, tree, 0, 0);
	modules_find(&mods, tree, &host.machine, self);
	assert_true(range_list_add(&host.ram, (struct range){ 0x80080000, 0xf780000 }));
	domain_config_parse(c, tree, &host, &mods);
}

static void expect_range(const struct range_list *l, uint64_t start, uint64_t size)
{
	assert_int_equal(l->count, 1);
	assert_int_equal(l->r[0].start, start);
	assert_int_equal(l->r[0].size, size);
}

static void parts_are_what_the_nodes_say(void **state)
{
	(void)state;
	set_text(B, "halite,name", "second");
	set_cells(B, "halite,harts", 1);
	set_text(B, "halite,nacl", "sync_csr");
	give(A, UART);
	give(B, RTC);
	assert_fine(parse());
	assert_int_equal(mods.domains, 2);
	assert_string_equal(c[0].name, "domain-a");
	assert_string_equal(c[1].name, "second");
	/* The harts are 0, 1, 3, 5. B's is named, and A has the first of the others. */
	assert_int_equal(c[0].harts.word[0], 1 << 0 | 1 << 2);
	assert_int_equal(c[1].harts.word[0], 1 << 1);
	expect_range(&c[0].ram, 0x80200000, 32 * MIB);
	expect_range(&c[1].ram, 0x82200000, 32 * MIB);
	expect_range(&c[0].devices, 0x10000000, PAGE_SIZE);
	expect_range(&c[1].devices, 0x101000, PAGE_SIZE);
	assert_int_equal(c[0].sources[0].word[0], 1 << 10);
	assert_int_equal(c[1].sources[0].word[0], 1 << 11);
	assert_false(c[0].power || c[1].power || c[0].does_dma);
	assert_int_equal(c[1].nacl_features, 1 << NACL_FEAT_SYNC_CSR);
}

static void ram_lies_beside_modules(void **state)
{
	(void)state;
	/* 126, 62 and 54 MiB are beside the modules, in whole units of 2 MiB. */
	set_cells(A, "memory", 0, 0x3c801);
	assert_fatal(parse(), A ": memory: two cells");
	set_cells(A, "memory", 0, 0x3c804);
	assert_fatal(parse(), A ": memory: 247812 KiB, but only 247808 KiB");
	set_cells(A, "memory", 0, 0x1f800);
	set_cells(B, "memory", 0, 0xd800);
	assert_fine(parse());
	expect_range(&c[0].ram, 0x80200000, 126 * MIB);
	expect_range(&c[1].ram, 0x88200000, 54 * MIB);
}

static void ram_may_have_two_ranges(void **state)
{
	(void)state;
	set_cells(A, "memory", 0, 0x1fc00);
	set_cells(B, "memory", 0, 0x800);
	assert_fine(parse());
	assert_int_equal(c[0].ram.count, 2);
	assert_int_equal(c[0].ram.r[0].start, 0x80200000);
	assert_int_equal(c[0].ram.r[0].size, 126 * MIB);
	assert_int_equal(c[0].ram.r[1].start, 0x88200000);
	assert_int_equal(c[0].ram.r[1].size, MIB);
	/* What is left of the 2 MiB belongs to nobody. */
	expect_range(&c[1].ram, 0x88400000, 2 * MIB);
}

static void devices_that_do_dma_need_trust(void **state)
{
	(void)state;
	give(A, DISK);
	assert_fatal(parse(), A ": halite,devices: " DISK " may do DMA");
	trust(A);
	assert_fine(parse());
	assert_true(c[0].does_dma);
	assert_int_equal(c[0].sources[0].word[0], 1 << 1);
	give(A, PCI);
	assert_fine(parse());
	assert_int_equal(c[0].sources[0].word[1], 1 << (32 - 32) | 1 << (33 - 32));
	/* The registers, and the windows of which one goes to 16 GiB. */
	assert_int_equal(c[0].devices.count, 2);
	/* The only domain is trusted, as the only guest is. */
	assert_int_equal(fdt_setprop_string(tree, node_at(B), "status", "disabled"), 0);
	assert_int_equal(fdt_delprop(tree, node_at(A), "halite,dma"), 0);
	assert_fine(parse());
	assert_int_equal(mods.domains, 1);
}

/* What is compatible with a device without DMA may have DMA. */
static void the_first_name_says_whether_a_device_does_dma(void **state)
{
	static const char names[] = "vendor,uart\0ns16550a";

	(void)state;
	give(A, UART);
	assert_fine(parse());
	assert_int_equal(fdt_setprop(tree, node_at(UART), "compatible", names, sizeof(names)), 0);
	assert_fatal(parse(), A ": halite,devices: " UART " may do DMA");
}

static void the_finisher_needs_power(void **state)
{
	(void)state;
	give(B, TEST);
	assert_fatal(parse(), B ": halite,devices: " TEST " ends the machine");
	assert_int_equal(fdt_setprop(tree, node_at(B), "halite,power", NULL, 0), 0);
	assert_fine(parse());
	assert_true(c[1].power);
}

static void tables_are_a_weight(void **state)
{
	(void)state;
	assert_fine(parse());
	assert_int_equal(c[1].tables, 100);
	assert_int_equal(fdt_setprop_u32(tree, node_at(B), "halite,tables", 1000), 0);
	assert_fine(parse());
	assert_int_equal(c[0].tables, 100);
	assert_int_equal(c[1].tables, 1000);
	assert_int_equal(fdt_setprop_u32(tree, node_at(B), "halite,tables", 1001), 0);
	assert_fatal(parse(), B ": halite,tables: no number from 1 to 1000");
	assert_int_equal(fdt_setprop_u32(tree, node_at(B), "halite,tables", 0), 0);
	assert_fatal(parse(), B ": halite,tables: no number from 1 to 1000");
	assert_int_equal(fdt_setprop(tree, node_at(B), "halite,tables", "ab", 3), 0);
	assert_fatal(parse(), B ": halite,tables: no number from 1 to 1000");
}

/* A domain gets whole pages, and so what nobody has named in a page. */
static void what_is_in_one_page_with_a_device_counts(void **state)
{
	(void)state;
	give(A, RTC);
	/* The first byte of the page, and one byte in front of it. */
	set_cells(DISK, "reg", 0, 0x100fff, 0, 1);
	assert_fine(parse());
	assert_false(c[0].does_dma);
	set_cells(DISK, "reg", 0, 0x100fff, 0, 2);
	assert_fatal(parse(), A ": halite,devices: " RTC
				" is in one page with virtio_mmio@10001000, which may do DMA");
	trust(A);
	assert_fine(parse());
	assert_true(c[0].does_dma);
	/* The last byte of the page. */
	give(A, UART);
	set_cells(TEST, "reg", 0, 0x10000ffc, 0, 4);
	assert_fatal(parse(), A ": halite,devices: " UART
				" is in one page with test@100000, which ends the machine");
	set_cells(TEST, "reg", 0, 0x10001000, 0, 4);
	assert_fine(parse());
}

/* A device that the tree disables may be there, and answer. */
static void what_is_disabled_in_one_page_with_a_device_counts(void **state)
{
	(void)state;
	give(A, RTC);
	set_text(DISK, "status", "disabled");
	set_cells(DISK, "reg", 0, 0x101ffc, 0, 4);
	assert_fatal(parse(), A ": halite,devices: " RTC
				" is in one page with virtio_mmio@10001000, which may do DMA");
	set_cells(DISK, "reg", 0, 0x102000, 0, 4);
	assert_fine(parse());
	/* Nobody gets it. */
	assert_null(range_list_overlap(&host.machine.devices, (struct range){ 0x102000, 4 }));
	give(B, DISK);
	trust(B);
	assert_fatal(parse(), B ": halite,devices: " DISK " has no registers");
}

static void a_device_is_in_one_domain(void **state)
{
	(void)state;
	give(A, UART);
	give(B, UART);
	assert_fatal(parse(), B ": halite,devices: " UART " is in a domain already");
	give(B, "/soc");
	trust(B);
	assert_int_equal(fdt_setprop(tree, node_at(B), "halite,power", NULL, 0), 0);
	assert_fatal(parse(), B ": halite,devices: /soc is in a domain already");
	assert_int_equal(fdt_setprop(tree, node_at(A), "halite,devices", UART "\0" UART,
				     2 * sizeof(UART)),
			 0);
	assert_fatal(parse(), A ": halite,devices: " UART " is in a domain already");
	/* The same source of two devices */
	give(A, UART);
	give(B, RTC);
	set_cells(RTC, "interrupts-extended", 0x30, 10);
	assert_fatal(parse(), B ": halite,devices: interrupt 10 of rtc@101000");
	/* Two devices in one page */
	set_cells(RTC, "interrupts-extended", 0x30, 11);
	set_cells(RTC, "reg", 0, 0x10000800, 0, 0x100);
	assert_fatal(parse(), B ": halite,devices: " RTC " is in one page");
}

/* A device has a path, maybe an alias, and a name that may be there once. */
static void a_device_may_be_given_by_alias_or_name(void **state)
{
	(void)state;
	add_node("/", "aliases");
	set_text("/aliases", "com1", UART);
	give(A, "com1");
	give(B, "rtc@101000");
	assert_fine(parse());
	assert_int_equal(c[0].given[0].first, node_at(UART));
	assert_int_equal(c[1].given[0].first, node_at(RTC));
	/* The alias counts, and not the node of that name. */
	set_text("/aliases", "rtc", UART);
	add_node("/", "rtc");
	give(A, "rtc");
	assert_fine(parse());
	assert_int_equal(c[0].given[0].first, node_at(UART));
	add_node("/", "rtc@101000");
	assert_fatal(parse(), B ": halite,devices: there is no node \"rtc@101000\"");
}

static void bad_devices_are_refused(void **state)
{
	static const struct {
		const char *path, *message;
	} bad[] = {
		{ "/soc/nothing", "there is no node" },
		{ "serial", "there is no node" },
		{ "/serial@10000000", "there is no node" },
		{ "soc/serial@10000000", "there is no node" },
		{ "/soc/clint@2000000", "is withheld from domains (belongs to firmware)" },
		{ "/soc/plic@c000000", "is withheld from domains (reached through Halite)" },
		{ "/cpus/cpu@0", "has no registers" },
		{ "/memory@80000000", "has no registers" },
		{ "/chosen", "has no registers" },
	};
	volatile unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		give(A, bad[i].path);
		assert_fatal(parse(), A ": halite,devices: ");
		assert_non_null(strstr(fatal_text, bad[i].message));
	}
	assert_int_equal(fdt_setprop(tree, node_at(A), "halite,devices", UART, strlen(UART)), 0);
	assert_fatal(parse(), A ": halite,devices: no list of paths");
}

/* A property of another Halite's, or a name that is spelled wrong, would be silently ignored. */
static void unknown_properties_are_refused(void **state)
{
	(void)state;
	set_text(B, "vpl011", "");
	set_text(B, "halit,x", "");
	assert_fine(parse());
	set_text(B, "halite,device", UART);
	assert_fatal(parse(), B ": halite,device: this property is not known");
	assert_int_equal(fdt_delprop(tree, node_at(B), "halite,device"), 0);
	set_text(B, "halite,", UART);
	assert_fatal(parse(), B ": halite,: this property is not known");
}

static void bad_harts_are_refused(void **state)
{
	(void)state;
	set_cells(B, "cpus", 3);
	assert_fatal(parse(), B ": cpus: 3 harts, but only 2 are left");
	set_cells(B, "cpus", 0);
	assert_fatal(parse(), B ": cpus: no number");
	assert_int_equal(fdt_delprop(tree, node_at(B), "cpus"), 0);
	assert_fatal(parse(), B ": neither cpus nor halite,harts");
	set_cells(B, "halite,harts", 2);
	assert_fatal(parse(), B ": halite,harts: there is no hart 2");
	set_cells(B, "halite,harts", 3, 3);
	assert_fatal(parse(), B ": halite,harts: hart 3 is named twice");
	set_cells(B, "halite,harts", 3);
	set_cells(A, "halite,harts", 5, 3);
	assert_fatal(parse(), B ": halite,harts: hart 3 is named twice");
	set_cells(A, "halite,harts", 5);
	assert_fatal(parse(), A ": cpus: 2, but halite,harts names 1");
	assert_int_equal(fdt_setprop(tree, node_at(A), "halite,harts", "abc", 3), 0);
	assert_fatal(parse(), A ": halite,harts: no list");
}

static void bad_memory_is_refused(void **state)
{
	(void)state;
	set_cells(A, "memory", 0x8000);
	assert_fatal(parse(), A ": memory: two cells");
	set_cells(A, "memory", 0, 0);
	assert_fatal(parse(), A ": memory: two cells");
	set_cells(A, "memory", 0, 0x8001);
	assert_fatal(parse(), A ": memory: two cells");
	set_cells(A, "memory", 0xffffffff, 0xfffffffc);
	assert_fatal(parse(), A ": memory: two cells");
	set_cells(A, "memory", 0x3fffff, 0xfffffffc);
	assert_fatal(parse(), A ": memory: 18014398509481980 KiB, but only");
}

static void bad_words_are_refused(void **state)
{
	(void)state;
	set_text(B, "halite,name", "domain-a");
	assert_fatal(parse(), B ": halite,name: \"domain-a\" is the name of another");
	set_text(B, "halite,name", "halite");
	assert_fatal(parse(), B ": halite,name: \"halite\" is not for a domain");
	set_text(B, "halite,name", "two words");
	assert_fatal(parse(), B ": halite,name: no name");
	set_text(B, "halite,name", "a-name-that-has-32-characters---");
	assert_fatal(parse(), B ": halite,name: no name");
	set_text(B, "halite,name", "a-name-that-has-31-characters--");
	assert_fine(parse());
	set_text(B, "halite,nacl", "sync_csr,sync");
	assert_fatal(parse(), B ": halite,nacl: \"sync\" is not known");
	assert_int_equal(fdt_setprop(tree, node_at(B), "halite,nacl", "a\0b", 4), 0);
	assert_fatal(parse(), B ": halite,nacl: no string");
}

static void bad_modules_are_refused(void **state)
{
	(void)state;
	add_module("module@8e000000", "multiboot,kernel", 0x8e000000, 0x1000);
	assert_fatal(parse(), "/chosen/module@8e000000: a module that is in no domain");
	assert_int_equal(fdt_del_node(tree, node_at("/chosen/module@8e000000")), 0);
	set_cells(B "/module@8c000000", "reg", 0, 0x88000800, 0, 0x1000);
	assert_fatal(parse(), "overlap");
	set_cells(B "/module@8c000000", "reg", 0, 0x98000800, 0, 0x1000);
	assert_fatal(parse(), B "/module@8c000000: reg: the module at 0x98000800");
	assert_int_equal(fdt_del_node(tree, node_at(B "/module@8c000000")), 0);
	assert_fine(parse());
	assert_fatal(modules_of_domain(&mods, tree, &host.machine, c[1].node, self),
		     B ": no kernel");
	assert_fine(modules_of_domain(&mods, tree, &host.machine, c[0].node, self));
	assert_int_equal(mods.kernel.start, 0x88000000);
	assert_int_equal(mods.ramdisk.size, 0);
}

#define X     "/chosen/shared-x"
#define Y     "/chosen/shared-y"
#define BOTH  "domain-a\0domain-b"
#define NAMES "halite,domains"
#define END   UINT64_C(0x8f800000) /* of the free RAM */

/* Memory of @kib KiB for the domains of @names, a list of @size bytes. */
static void add_shared(const char *path, uint32_t kib, const char *names, int size)
{
	add_node("/chosen", strrchr(path, '/') + 1);
	set_text(path, "compatible", "halite,shared-memory");
	set_cells(path, "memory", 0, kib);
	assert_int_equal(fdt_setprop(tree, node_at(path), NAMES, names, size), 0);
}

static void set_names(const char *names, int size)
{
	assert_int_equal(fdt_setprop(tree, node_at(X), NAMES, names, size), 0);
}

static void shared_memory_is_of_its_domains(void **state)
{
	(void)state;
	add_shared(X, 64, BOTH, sizeof(BOTH));
	assert_fine(parse());
	assert_int_equal(host.shared_count, 1);
	assert_string_equal(host.shared[0].name, "shared-x");
	assert_int_equal(host.shared[0].count, 2);
	assert_int_equal(host.shared[0].side[0].domain, 0);
	assert_int_equal(host.shared[0].side[1].domain, 1);
	/* At the end, with the page of the doorbell behind it. */
	expect_range(&c[0].shared, END - 0x11000, 0x10000);
	expect_range(&c[1].shared, END - 0x11000, 0x10000);
	expect_range(&c[0].ram, 0x80200000, 32 * MIB);
	expect_range(&c[1].ram, 0x82200000, 32 * MIB);
	/* No domain has RAM in the 2 MiB around it. */
	set_cells(A, "memory", 0, 0x3c800);
	assert_fatal(parse(), A ": memory: 247808 KiB, but only 245760 KiB");
	set_cells(A, "memory", 0, 0x8000);
	/* A given place, below which A finds no room. */
	set_cells(X, "halite,address", 0, 0x81000000);
	set_text(X, "halite,name", "x");
	set_names("domain-b\0domain-a", 18);
	assert_fine(parse());
	assert_string_equal(host.shared[0].name, "x");
	expect_range(&c[0].shared, 0x81000000, 0x10000);
	expect_range(&c[0].ram, 0x81200000, 32 * MIB);
	assert_int_equal(host.shared[0].side[0].domain, 1);
	/* Large memory begins at a multiple of 2 MiB, for large pages. */
	add_shared(Y, 0x1000, BOTH, sizeof(BOTH));
	assert_fine(parse());
	assert_int_equal(host.shared_count, 2);
	assert_int_equal(c[0].shared.count, 2);
	assert_int_equal(host.shared[0].memory.start, END - 6 * MIB);
	set_text(X, "status", "disabled");
	set_text(Y, "status", "disabled");
	assert_fine(parse());
	assert_int_equal(host.shared_count, 0);
	assert_int_equal(c[0].shared.count, 0);
}

static void bad_names_of_shared_memory_are_refused(void **state)
{
	(void)state;
	add_shared(X, 64, BOTH, sizeof(BOTH));
	set_names("domain-a", 9);
	assert_fatal(parse(), X ": " NAMES ": only one domain");
	set_names("domain-a\0domain-a", 18);
	assert_fatal(parse(), X ": " NAMES ": named twice: domain-a");
	set_names("domain-a\0other", 15);
	assert_fatal(parse(), X ": " NAMES ": there is no domain other");
	/* Memory is of domains, and not of other memory: there are no cycles. */
	set_names("domain-a\0shared-x", 18);
	assert_fatal(parse(), X ": " NAMES ": there is no domain shared-x");
	set_names("domain-a\0domain-b", 17);
	assert_fatal(parse(), X ": " NAMES ": no list of names");
	set_names("", 0);
	assert_fatal(parse(), X ": " NAMES ": no list of names");
	assert_int_equal(fdt_delprop(tree, node_at(X), NAMES), 0);
	assert_fatal(parse(), X ": " NAMES ": no list of names");
	set_names(BOTH, sizeof(BOTH));
	set_text(B, "status", "disabled");
	assert_fatal(parse(), X ": " NAMES ": there is no domain domain-b");
	set_text(B, "status", "okay");
	set_text(X, "halite,name", "two words");
	assert_fatal(parse(), X ": halite,name: no name");
	set_text(X, "halite,name", "x");
	add_shared(Y, 64, BOTH, sizeof(BOTH));
	set_text(Y, "halite,name", "x");
	assert_fatal(parse(), X ": halite,name: other shared memory is called x");
	set_text(Y, "halite,name", "y");
	assert_fine(parse());
	set_text(X, "halite,size", "64K");
	assert_fatal(parse(), X ": halite,size: this property is not known");
}

static void bad_places_of_shared_memory_are_refused(void **state)
{
	static const uint32_t taken[] = {
		0x80000000, /* firmware */
		0x8f7f0000, /* no room for the doorbell */
		0x87ff0000, /* a module at the doorbell */
		0x88000000, /* a module */
		0x90000000, /* no RAM */
		0xfffff000,
	};
	static unsigned int i;
	static char path[32];

	(void)state;
	add_shared(X, 0, BOTH, sizeof(BOTH));
	assert_fatal(parse(),
		     X ": memory: two cells are expected, with a multiple of 4 KiB, 4 KiB");
	set_cells(X, "memory", 0, 6);
	assert_fatal(parse(), X ": memory: two cells");
	set_cells(X, "memory", 64);
	assert_fatal(parse(), X ": memory: two cells");
	/* With the doorbell, this is 2^64 bytes. */
	set_cells(X, "memory", 0x3fffff, 0xfffffffc);
	assert_fatal(parse(), X ": memory: there is no such free place");
	/* 126 MiB are the largest place. */
	set_cells(X, "memory", 0, 0x1fe00);
	assert_fatal(parse(), X ": memory: there is no such free place");
	set_cells(X, "memory", 0, 64);
	assert_fine(parse());
	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		set_cells(X, "halite,address", 0, taken[i]);
		assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	}
	set_cells(X, "halite,address", 0xffffffff, 0xfffff000);
	assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	set_cells(X, "halite,address", 0, 0x81000800);
	assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	set_cells(X, "halite,address", 0x81000000);
	assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	set_cells(X, "halite,address", 0, 0x81000000, 0);
	assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	set_cells(X, "halite,address", 0, 0x81000000);
	assert_fine(parse());
	/* Two at one place: Y is before X in the tree. */
	add_shared(Y, 64, BOTH, sizeof(BOTH));
	set_cells(Y, "halite,address", 0, 0x80ff0000);
	assert_fatal(parse(), X ": halite,address: no multiple of 4096");
	set_cells(Y, "halite,address", 0, 0x80fef000);
	assert_fine(parse());
	for (i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "/chosen/shared-%u", i);
		add_shared(path, 64, BOTH, sizeof(BOTH));
	}
	assert_fine(parse());
	assert_int_equal(host.shared_count, 8);
	add_shared("/chosen/shared-z", 64, BOTH, sizeof(BOTH));
	assert_fatal(parse(), "halite,shared-memory: too many");
}

static void one_domain_has_all(void **state)
{
	static struct domain_config all;

	(void)state;
	assert_fine(parse());
	assert_fine(domain_config_all(&all, &host));
	assert_int_equal(all.hart_count, 4);
	assert_int_equal(all.harts.word[0], 15);
	assert_int_equal(all.devices.count, host.machine.devices.count);
	assert_true(all.power);
	assert_int_equal(all.tables, 100);
	assert_int_equal(all.sources[0].word[0] & all.sources[0].word[31], 0xffffffff);
	assert_string_equal(all.name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parts_are_what_the_nodes_say, setup),
		cmocka_unit_test_setup(ram_lies_beside_modules, setup),
		cmocka_unit_test_setup(ram_may_have_two_ranges, setup),
		cmocka_unit_test_setup(devices_that_do_dma_need_trust, setup),
		cmocka_unit_test_setup(the_first_name_says_whether_a_device_does_dma, setup),
		cmocka_unit_test_setup(the_finisher_needs_power, setup),
		cmocka_unit_test_setup(tables_are_a_weight, setup),
		cmocka_unit_test_setup(what_is_in_one_page_with_a_device_counts, setup),
		cmocka_unit_test_setup(what_is_disabled_in_one_page_with_a_device_counts, setup),
		cmocka_unit_test_setup(a_device_is_in_one_domain, setup),
		cmocka_unit_test_setup(a_device_may_be_given_by_alias_or_name, setup),
		cmocka_unit_test_setup(bad_devices_are_refused, setup),
		cmocka_unit_test_setup(unknown_properties_are_refused, setup),
		cmocka_unit_test_setup(bad_harts_are_refused, setup),
		cmocka_unit_test_setup(bad_memory_is_refused, setup),
		cmocka_unit_test_setup(bad_words_are_refused, setup),
		cmocka_unit_test_setup(bad_modules_are_refused, setup),
		cmocka_unit_test_setup(shared_memory_is_of_its_domains, setup),
		cmocka_unit_test_setup(bad_names_of_shared_memory_are_refused, setup),
		cmocka_unit_test_setup(bad_places_of_shared_memory_are_refused, setup),
		cmocka_unit_test_setup(one_domain_has_all, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
