/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions that are given one by one: which are refused, where their BARs are, and what a
 * domain sees of the configuration space. Numbers of registers and of bits are those of the PCI
 * Local Bus Specification 3.0 and of PCI Express 3.0.
 */
#include "hv_test.h"

#include "hv/domain_config.h"
#include "hv/iommu_tree.h"
#include "hv/pci_function.h"
#include "riscv/attempt.h"

#define PCI	"/soc/pci@30000000"
#define A	"/chosen/domain-a"
#define B	"/chosen/domain-b"
#define ECAM	UINT64_C(0x30000000)
#define EDU	0x11e81234
#define OWN_PIN 0x01000100

/* ---- the model ---- */

#define WORD(device, function, at) words[((device) << 15 | (function) << 12 | (at)) / 4]
#define AT(device, function, at)   (ECAM + ((device) << 15 | (function) << 12 | (at)))

static uint32_t words[256 * 1024];
static uint32_t sizes[256][6]; /* of the BARs of each function: what all ones become */
static unsigned int stores;
static bool in_reset; /* no BAR takes a store */

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	assert_int_equal(size, 4);
	assert_int_equal(addr % 4, 0);
	assert_true(addr - ECAM < sizeof(words));
	*value = words[(addr - ECAM) / 4];
	return true;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	const uint64_t at = addr - ECAM;
	const unsigned int bar = ((at & 0xfff) - 0x10) / 4;

	assert_int_equal(addr % size, 0);
	assert_true(at < sizeof(words));
	stores++;
	if (bar < 6) {
		/* The address is writable, the kind is not. */
		const uint32_t mask = sizes[at >> 12][bar];
		const bool upper = bar && (sizes[at >> 12][bar - 1] & 7) == 4;
		const uint32_t kind = upper ? 0 : mask & 1 ? 3 : 15;

		assert_int_equal(size, 4);
		if (in_reset)
			return true;
		/* A BAR changes only while the function answers nowhere, or gets what it had. */
		if (words[at / 4 - bar - 3] & 3)
			assert_int_equal(words[at / 4], ((uint32_t)value & mask) | (mask & kind));
		words[at / 4] = ((uint32_t)value & mask & ~kind) | (mask & kind);
		return true;
	}
	memcpy((uint8_t *)words + at, &value, size);
	return true;
}

static struct machine m;
static struct domain_config c[2];

static void make_function(unsigned int device, unsigned int function, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < 1024; i++)
		WORD(device, function, 4 * i) = 0;
	WORD(device, function, 0) = id;
	WORD(device, function, 4) = 0x00100007;
	WORD(device, function, 0x30) = 0x40100001;
	WORD(device, function, 0x3c) = OWN_PIN;
	memset(sizes[device << 3 | function], 0, sizeof(sizes[0]));
}

static void set_sizes(unsigned int device, unsigned int function, uint32_t b0, uint32_t b1,
		      uint32_t b2, uint32_t b3)
{
	const uint32_t all[6] = { b0, b1, b2, b3 };

	memcpy(sizes[device << 3 | function], all, sizeof(all));
}

/*
 * Functions 1.0: 16 bytes, I/O, 64 KiB with an upper half; 2.0: 1 MiB; 2.1: nothing; a bridge to
 * another bus at 3.0, one of the host at 5.0. The domains A and B.
 */
static int setup(void **state)
{
	(void)state;
	memset(words, 0xff, sizeof(words));
	make_function(1, 0, EDU);
	set_sizes(1, 0, 0xfffffff0, 0xffffffe1, 0xffff000c, 0xffffffff);
	make_function(2, 0, EDU);
	set_sizes(2, 0, 0xfff00000, 0, 0, 0);
	make_function(2, 1, EDU);
	make_function(3, 0, 0xc1b36);
	WORD(3, 0, 0xc) = 0x10000;
	make_function(5, 0, 0x81b36);
	WORD(5, 0, 8) = 0x06000001;
	make_tree();
	add_device("iommu@3010000", "riscv,iommu", 0x3010000, 0x1000);
	set_cells("/soc/iommu@3010000", "phandle", 0x8000);
	set_cells("/soc/iommu@3010000", "#iommu-cells", 1);
	set_cells(PCI, "iommu-map", 0, 0x8000, 0x500, 0x10, 0x10, 0x8000, 0x20010, 0xffe0);
	set_cells(PCI, "interrupt-map", 0);
	set_cells(PCI, "interrupt-map-mask", 0);
	add_node("/chosen", "domain-b");
	add_node("/chosen", "domain-a");
	machine_parse_memory(&m, tree);
	machine_parse(&m, tree, 0, 0);
	m.iommus[0].used = true;
	m.imsic.present = true;
	memset(c, 0, sizeof(c));
	return 0;
}

static void parse(void)
{
	memset(c, 0, sizeof(c));
	c[0].node = node_at(A);
	c[1].node = node_at(B);
	domain_config_functions(c, 2, 0, tree, &m);
	domain_config_functions(c, 2, 1, tree, &m);
}

static void give_two(void)
{
	set_text(A, "halite,functions", "00:01.0");
	set_text(B, "halite,functions", "/soc/pci@30000000/00:02.0");
	assert_fine(parse());
}

/* ---- what is placed where ---- */

static void places_bars(void **state)
{
	const struct pci_function *f;

	(void)state;
	give_two();
	assert_int_equal(c[0].functions.count, 1);
	assert_int_equal(c[1].functions.count, 1);
	f = &c[0].functions.f[0];
	assert_int_equal(f->config, AT(1, 0, 0));
	assert_int_equal(f->host.start, ECAM);
	assert_int_equal(f->host.size, 0x10000000);
	/* The lowest places, whole pages each. Nothing for I/O. */
	assert_int_equal(f->bar[0], 0x40000000);
	assert_int_equal(f->bar[1], 0);
	assert_int_equal(f->bar[2], 0x4001000c);
	assert_int_equal(f->bar[3], 0);
	assert_int_equal(c[0].devices.count, 2);
	assert_int_equal(c[0].devices.r[0].start, 0x40000000);
	assert_int_equal(c[0].devices.r[0].size, 0x1000);
	assert_int_equal(c[0].devices.r[1].start, 0x40010000);
	assert_int_equal(c[0].devices.r[1].size, 0x10000);
	assert_int_equal(c[1].functions.f[0].bar[0], 0x40100000);
	assert_int_equal(c[1].devices.count, 1);
	assert_int_equal(c[1].devices.r[0].size, 0x100000);
	/* No function of the bus does DMA or answers, whoever has it. Bridges pass nothing on. */
	assert_int_equal(WORD(1, 0, 4) & 7, 0);
	assert_int_equal(WORD(2, 1, 4) & 7, 0);
	assert_int_equal(WORD(3, 0, 4) & 7, 0);
	/* The ROM that firmware has left on is off. */
	assert_int_equal(WORD(1, 0, 0x30), 0);
}

/* No two BARs are at one place, those of one domain neither. */
static void places_apart(void **state)
{
	(void)state;
	set_text(A, "halite,functions", "00:02.0");
	set_text(B, "halite,functions", "00:01.0");
	assert_fine(parse());
	assert_int_equal(c[0].functions.f[0].bar[0], 0x40000000);
	assert_int_equal(c[1].functions.f[0].bar[0], 0x40100000);
	assert_int_equal(c[1].functions.f[0].bar[2], 0x4011000c);
}

/* A large BAR goes where addresses have 64 bits. Its upper half is the next one. */
static void places_large_bars(void **state)
{
	(void)state;
	set_sizes(1, 0, 0x0000000c, 0xffffffff, 0xfffff000, 0);
	set_text(A, "halite,functions", "00:01.0");
	assert_fine(parse());
	assert_int_equal(c[0].functions.f[0].bar[0], 0xc);
	assert_int_equal(c[0].functions.f[0].bar[1], 4);
	assert_int_equal(c[0].functions.f[0].bar[2], 0x40000000);
	/* What lies in a window of another kind is not for it. */
	set_cells(PCI, "ranges", 0x43000000, 4, 0, 4, 0, 4, 0);
	set_sizes(1, 0, 0xffff0004, 0xffffffff, 0, 0);
	assert_fatal(parse(), "do not fit into the windows");
	set_sizes(1, 0, 0xffff0000, 0, 0, 0);
	assert_fatal(parse(), "do not fit into the windows");
	set_sizes(1, 0, 0xffff000c, 0xffffffff, 0, 0);
	assert_fine(parse());
}

/* The bus has other addresses than the machine. */
static void translates(void **state)
{
	(void)state;
	set_cells(PCI, "ranges", 0x2000000, 0, 0x10000000, 0, 0x40000000, 0, 0x10000000);
	set_text(A, "halite,functions", "00:02.0");
	assert_fine(parse());
	assert_int_equal(c[0].functions.f[0].bar[0], 0x10000000);
	assert_int_equal(c[0].devices.r[0].start, 0x40000000);
	/* Out of the pages that domains may have. */
	set_cells(PCI, "ranges", 0x2000000, 0, 0x10000000, 0, 0x90000000, 0, 0x10000000);
	assert_fatal(parse(), "do not fit into the windows");
}

/* ---- what is refused ---- */

static void refuses(void **state)
{
	static const struct {
		const char *name, *message;
	} bad[] = {
		{ "00:04.0", "00:04.0: there is no such function" },
		{ "00:03.0", "no IOMMU guards its DMA" },
		{ "00:05.0", "00:05.0: it is a bridge" },
		{ "01:00.0", "expected 00:DD.F" },
		{ "00:20.0", "expected 00:DD.F" },
		{ "00:1g.0", "expected 00:DD.F" },
		{ "00:01.8", "expected 00:DD.F" },
		{ "00:01.00", "expected 00:DD.F" },
		{ "", "expected 00:DD.F" },
		{ "serial@10000000/00:01.0", "there is no such PCI host" },
		{ "nothing/00:01.0", "there is no such PCI host" },
		{ "/00:01.0", "there is no such PCI host" },
	};
	volatile unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_text(A, "halite,functions", bad[i].name);
		assert_fatal(parse(), A ": halite,functions: ");
		assert_non_null(strstr(fatal_text, bad[i].message));
	}
	assert_int_equal(fdt_setprop(tree, node_at(A), "halite,functions", "x", 1), 0);
	assert_fatal(parse(), A ": halite,functions: no list");
}

static void refuses_what_is_anothers(void **state)
{
	static const char twice[] = "00:01.0\0"
				    "00:01.0";

	(void)state;
	assert_int_equal(fdt_setprop(tree, node_at(A), "halite,functions", twice, sizeof(twice)),
			 0);
	assert_fatal(parse(), "00:01.0: a domain has it already");
	set_text(A, "halite,functions", "00:02.0");
	set_text(B, "halite,functions", "00:02.0");
	assert_fatal(parse(), B ": halite,functions: 00:02.0: a domain has it already");
	set_text(B, "halite,functions", "00:02.1");
	assert_fatal(parse(), "a function of the same device is another domain's");
	/* The host as a whole is another's, or its own. */
	set_text(B, "halite,functions", "00:01.0");
	memset(c, 0, sizeof(c));
	c[0].node = node_at(A);
	c[1].node = node_at(B);
	domain_config_devices(&c[0], tree, &m, 0, true);
	assert_fine(domain_config_functions(c, 2, 1, tree, &m));
	set_text(A, "halite,devices", PCI);
	set_text(A, "halite,dma", "trusted");
	memset(c, 0, sizeof(c));
	c[0].node = node_at(A);
	c[1].node = node_at(B);
	assert_fine(domain_config_devices(&c[0], tree, &m, 0, true));
	assert_fatal(domain_config_functions(c, 2, 1, tree, &m), "its host is a domain's");
}

static void refuses_machines(void **state)
{
	(void)state;
	set_text(A, "halite,functions", "00:01.0");
	assert_fine(parse());
	m.imsic.present = false;
	assert_fatal(parse(), "the machine has no IMSIC");
	m.imsic.present = true;
	m.iommus[0].used = false;
	assert_fatal(parse(), "no IOMMU guards its DMA");
	m.iommus[0].used = true;
	/* Registers by Enhanced Allocation. */
	WORD(1, 0, 0x34) = 0x40;
	WORD(1, 0, 0x40) = 0x14;
	assert_fatal(parse(), "it has registers that no BAR places");
	WORD(1, 0, 0x34) = 0;
	/* More than one host, and no name. */
	add_device("pci@20000000", "pci-host-ecam-generic", 0x20000000, 0x100000);
	make_memory();
	machine_parse_memory(&m, tree);
	machine_parse(&m, tree, 0, 0);
	m.iommus[0].used = true;
	m.imsic.present = true;
	assert_fatal(parse(), "or more than one");
	set_text(A, "halite,functions", "pci@30000000/00:01.0");
	assert_fine(parse());
}

static void finds_device_ids(void **state)
{
	struct iommu_ids ids;

	(void)state;
	assert_true(iommu_tree_requester(&m, tree, node_at(PCI), 8, &ids));
	assert_int_equal(ids.iommu, 0);
	assert_int_equal(ids.first, 0x508);
	assert_int_equal(ids.count, 1);
	assert_true(iommu_tree_requester(&m, tree, node_at(PCI), 0x10, &ids));
	assert_int_equal(ids.first, 0x20010);
	assert_false(iommu_tree_requester(&m, tree, node_at(PCI), 0xfff0, &ids));
	m.iommus[0].used = false;
	assert_false(iommu_tree_requester(&m, tree, node_at(PCI), 8, &ids));
	m.iommus[0].used = true;
	set_cells(PCI, "iommu-map-mask", 0xff00);
	assert_false(iommu_tree_requester(&m, tree, node_at(PCI), 8, &ids));
}

/* ---- what a domain sees ---- */

static uint64_t load(uint64_t addr, unsigned int size)
{
	uint64_t value;

	assert_true(pci_functions_load(&c[0].functions, addr, size, &value));
	return value;
}

static void store(uint64_t addr, unsigned int size, uint64_t value)
{
	assert_true(pci_functions_store(&c[0].functions, addr, size, value));
}

static void sees_its_own(void **state)
{
	uint64_t value;

	(void)state;
	give_two();
	assert_true(pci_functions_have(&c[0].functions, ECAM));
	assert_true(pci_functions_have(&c[0].functions, ECAM + 0xfffffff));
	assert_false(pci_functions_have(&c[0].functions, ECAM - 1));
	assert_false(pci_functions_have(&c[0].functions, ECAM + 0x10000000));
	assert_int_equal(load(AT(1, 0, 0), 4), EDU);
	assert_int_equal(load(AT(1, 0, 2), 2), EDU >> 16);
	assert_int_equal(load(AT(1, 0, 1), 1), EDU >> 8 & 0xff);
	/* Others, none, another bus. */
	assert_int_equal(load(AT(2, 0, 0), 4), 0xffffffff);
	assert_int_equal(load(AT(2, 0, 0), 2), 0xffff);
	assert_int_equal(load(AT(1, 1, 0), 4), 0xffffffff);
	assert_int_equal(load(ECAM + 0x108000, 4), 0xffffffff);
	assert_false(pci_functions_load(&c[0].functions, AT(1, 0, 0), 8, &value));
	assert_false(pci_functions_load(&c[0].functions, AT(1, 0, 1), 4, &value));
	assert_false(pci_functions_store(&c[0].functions, AT(1, 0, 0), 8, 0));
	assert_false(pci_functions_store(&c[0].functions, AT(1, 0, 1), 2, 0));
	/* No pin, no ROM, no extended capabilities. */
	WORD(1, 0, 0x30) = 0xfffff001;
	WORD(1, 0, 0x100) = 0x00010010;
	assert_int_equal(load(AT(1, 0, 0x3c), 4), OWN_PIN & ~0xff00);
	assert_int_equal(load(AT(1, 0, 0x30), 4), 0);
	assert_int_equal(load(AT(1, 0, 0x100), 4), 0);
	assert_int_equal(load(AT(1, 0, 0xffc), 4), 0);
}

static void writes_its_own(void **state)
{
	static uint32_t before[256 * 1024];

	(void)state;
	give_two();
	stores = 0;
	memcpy(before, words, sizeof(words));
	store(AT(2, 0, 4), 4, 7);
	store(AT(2, 0, 0x10), 4, 0x40000000);
	store(ECAM, 4, 0);
	store(ECAM + 0x108000, 1, 0);
	store(AT(1, 0, 0), 4, 0);
	store(AT(1, 0, 0x28), 4, 0);
	store(AT(1, 0, 0x30), 4, 0xfffff801);
	store(AT(1, 0, 0x32), 2, 0xffff);
	store(AT(1, 0, 0x34), 1, 0);
	store(AT(1, 0, 0x100), 4, 0);
	store(AT(1, 0, 0xffc), 4, 0);
	assert_int_equal(stores, 0);
	assert_memory_equal(before, words, sizeof(words));
	store(AT(1, 0, 0xc), 1, 0x10);
	assert_int_equal(WORD(1, 0, 0xc), 0x10);
	store(AT(1, 0, 0x3c), 1, 0x2a);
	assert_int_equal(WORD(1, 0, 0x3c), (OWN_PIN & ~0xff) | 0x2a);
	store(AT(1, 0, 0x40), 4, 0x12345678);
	store(AT(1, 0, 0xfe), 2, 0xabcd);
	assert_int_equal(WORD(1, 0, 0x40), 0x12345678);
	assert_int_equal(WORD(1, 0, 0xfc), 0xabcd0000);
}

/* No I/O, in whatever size, and the status is as it is written. */
static void enables(void **state)
{
	(void)state;
	give_two();
	store(AT(1, 0, 4), 2, 0x407);
	assert_int_equal(WORD(1, 0, 4) & 0xffff, 0x406);
	store(AT(1, 0, 4), 4, 0xf9000007);
	assert_int_equal(WORD(1, 0, 4), 0xf9000006);
	store(AT(1, 0, 4), 1, 1);
	assert_int_equal(WORD(1, 0, 4), 0xf9000000);
	store(AT(1, 0, 5), 1, 5);
	store(AT(1, 0, 6), 2, 0x1001);
	assert_int_equal(WORD(1, 0, 4), 0x10010500);
}

/* BARs tell their size, and stay where they are, also over a reset that clears them. */
static void keeps_bars(void **state)
{
	(void)state;
	give_two();
	store(AT(1, 0, 4), 2, 6);
	assert_int_equal(WORD(1, 0, 0x10), 0x40000000);
	store(AT(1, 0, 0x10), 4, 0xffffffff);
	store(AT(1, 0, 0x14), 4, 0xffffffff);
	store(AT(1, 0, 0x18), 4, 0xffffffff);
	assert_int_equal(load(AT(1, 0, 0x10), 4), 0xfffffff0);
	assert_int_equal(load(AT(1, 0, 0x14), 4), 0);
	assert_int_equal(load(AT(1, 0, 0x18), 4), 0xffff000c);
	assert_int_equal(load(AT(1, 0, 0x1c), 4), 0);
	store(AT(1, 0, 0x1c), 4, 0xffffffff);
	assert_int_equal(load(AT(1, 0, 0x1c), 4), 0xffffffff);
	store(AT(1, 0, 0x10), 4, 0x40100000);
	/* A register of the guest has more bits than it stores. */
	store(AT(1, 0, 0x1a), 2, UINT64_MAX);
	assert_int_equal(load(AT(1, 0, 0x10), 4), 0x40000000);
	assert_int_equal(load(AT(1, 0, 0x18), 4), 0x4001000c);
	assert_int_equal(load(AT(1, 0, 0x1a), 2), 0x4001);
	assert_int_equal(WORD(1, 0, 0x10), 0x40000000);
	/* A reset that the domain asks for. */
	WORD(1, 0, 4) = 0;
	WORD(1, 0, 0x10) = 0;
	WORD(1, 0, 0x18) = 0xc;
	store(AT(1, 0, 4), 1, 2);
	assert_int_equal(WORD(1, 0, 0x10), 0x40000000);
	assert_int_equal(WORD(1, 0, 0x18), 0x4001000c);
	assert_int_equal(WORD(1, 0, 0x14), 1);
	assert_int_equal(WORD(1, 0, 4), 2);
	/* It answers nowhere until they are in place. */
	WORD(1, 0, 4) = 0;
	WORD(1, 0, 0x18) = 0xc;
	in_reset = true;
	store(AT(1, 0, 4), 2, 0x407);
	in_reset = false;
	assert_int_equal(WORD(1, 0, 4), 0x404);
	store(AT(1, 0, 4), 2, 0x407);
	assert_int_equal(WORD(1, 0, 4), 0x406);
}

/* ---- the end and the reset of a domain ---- */

static void stops_and_resets(void **state)
{
	(void)state;
	give_two();
	WORD(1, 0, 4) = 0xf9100406;
	WORD(2, 0, 4) = 6;
	pci_functions_stop(&c[0].functions);
	assert_int_equal(WORD(1, 0, 4), 0x402);
	assert_int_equal(WORD(2, 0, 4), 6);
	/* In a reset that ends before the store. */
	WORD(1, 0, 4) = 0xffffffff;
	pci_functions_stop(&c[0].functions);
	assert_int_equal(WORD(1, 0, 4), 0);
	/* Without PCI Express, it answers nowhere, and that is all. */
	store(AT(1, 0, 0x10), 4, 0xffffffff);
	assert_false(pci_functions_reset(&c[0].functions));
	assert_int_equal(WORD(1, 0, 4), 0);
	assert_int_equal(load(AT(1, 0, 0x10), 4), 0x40000000);
	/* A capability of PCI Express behind another one, without and with FLR. */
	WORD(1, 0, 0x34) = 0x50;
	WORD(1, 0, 0x50) = 0x6005;
	WORD(1, 0, 0x60) = 0x10;
	WORD(1, 0, 0x64) = 0xefffffff;
	WORD(1, 0, 0x68) = 0x000f2810;
	assert_false(pci_functions_reset(&c[0].functions));
	assert_int_equal(WORD(1, 0, 0x68), 0x000f2810);
	WORD(1, 0, 0x64) = 0x10000000;
	WORD(1, 0, 4) = 6;
	assert_true(pci_functions_reset(&c[0].functions));
	/* The status is written with zeros, which change nothing. */
	assert_int_equal(WORD(1, 0, 0x68), 0xa810);
	assert_int_equal(WORD(1, 0, 4), 0);
	assert_int_equal(WORD(2, 0, 4), 6);
}

/* ---- the domain's device tree ---- */

static void changes_the_tree(void **state)
{
	static _Alignas(8) uint8_t made[TREE_SIZE];
	const fdt32_t *only;

	(void)state;
	give_two();
	c[1].functions.count = 0;
	memcpy(made, tree, sizeof(made));
	domain_functions_tree(made, tree, &c[1]);
	assert_memory_equal(made, tree, sizeof(made));
	assert_fine(domain_functions_tree(made, tree, &c[0]));
	assert_null(fdt_getprop(made, fdt_path_offset(made, PCI), "interrupt-map", NULL));
	assert_null(fdt_getprop(made, fdt_path_offset(made, PCI), "interrupt-map-mask", NULL));
	assert_non_null(fdt_getprop(made, fdt_path_offset(made, PCI), "ranges", NULL));
	only = fdt_getprop(made, fdt_path_offset(made, "/chosen"), "linux,pci-probe-only", NULL);
	assert_non_null(only);
	assert_int_equal(fdt32_ld(only), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(places_bars, setup),
		cmocka_unit_test_setup(places_apart, setup),
		cmocka_unit_test_setup(places_large_bars, setup),
		cmocka_unit_test_setup(translates, setup),
		cmocka_unit_test_setup(refuses, setup),
		cmocka_unit_test_setup(refuses_what_is_anothers, setup),
		cmocka_unit_test_setup(refuses_machines, setup),
		cmocka_unit_test_setup(finds_device_ids, setup),
		cmocka_unit_test_setup(sees_its_own, setup),
		cmocka_unit_test_setup(writes_its_own, setup),
		cmocka_unit_test_setup(enables, setup),
		cmocka_unit_test_setup(keeps_bars, setup),
		cmocka_unit_test_setup(stops_and_resets, setup),
		cmocka_unit_test_setup(changes_the_tree, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
