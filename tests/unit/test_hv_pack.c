/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "hv_test.h"

#include "hv/home.h"
#include "hv/modules.h"
#include "hv/pack.h"
#include "hv/pack_domains.h"
#include "lib/crc32.h"

#define KIB	 UINT64_C(1024)
#define MIB	 (1024 * KIB)
#define RAM_SIZE (32 * MIB)

/* The places of the packed file, from the start of RAM. */
#define IMAGE	   (2 * MIB)
#define HEADER	   (IMAGE + 64 * KIB)
#define RAMDISK	   (16 * MIB)
#define KERNEL_AT  8192 /* from the header */
#define RAMDISK_AT 12288

static uint8_t *ram_memory;
static struct machine m;
static struct range self;
static struct pack pack;
static struct pack_header *header;

static uint64_t at(uint64_t offset)
{
	return (uintptr_t)ram_memory + offset;
}

/* Write a pack with a kernel of 5,000 bytes, which the ramdisk of 100 bytes follows. */
static struct pack_header *make_pack(uint64_t offset)
{
	struct pack_header *h = (struct pack_header *)(ram_memory + offset);

	memset(h, 0, sizeof(*h));
	memcpy(h->magic, "HALITEPK", 8);
	h->version = 2;
	h->size = RAMDISK_AT + 100;
	h->modules[PACK_KERNEL] = (struct pack_module){ .offset = KERNEL_AT, .size = 4000 };
	h->modules[PACK_RAMDISK] = (struct pack_module){ .offset = RAMDISK_AT, .size = 100 };
	strcpy(h->words, "nacl=none");
	strcpy(h->bootargs, "one two");
	return h;
}

/* Make the CRCs right. */
static void sign(struct pack_header *h)
{
	unsigned int i;

	for (i = 0; i < PACK_KINDS; i++) {
		if (h->modules[i].size && h->modules[i].offset < MIB)
			h->modules[i].crc =
				crc32(0, (uint8_t *)h + h->modules[i].offset, h->modules[i].size);
	}
	h->crc = 0;
	h->crc = crc32(0, h, sizeof(*h));
}

static void set_image_size(uint64_t size)
{
	memcpy(ram_memory + IMAGE + 16, &size, sizeof(size));
}

static void set_u64(const char *path, const char *name, uint64_t value)
{
	assert_int_equal(fdt_setprop_u64(tree, node_at(path), name, value), 0);
}

static void give_ramdisk(uint64_t start, uint64_t size)
{
	set_u64("/chosen", "linux,initrd-start", start);
	set_u64("/chosen", "linux,initrd-end", start + size);
}

static int setup(void **state)
{
	(void)state;
	ram_memory = aligned_alloc(2 * MIB, RAM_SIZE);
	memset(ram_memory, 0xaa, RAM_SIZE);
	make_tree();
	memset(&m, 0, sizeof(m));
	range_list_add(&m.ram, (struct range){ at(0), RAM_SIZE });
	self = (struct range){ at(IMAGE), HEADER - IMAGE };
	header = make_pack(HEADER);
	sign(header);
	set_image_size(HEADER - IMAGE + header->size);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(ram_memory);
	return 0;
}

static void find(void)
{
	pack_find(&pack, tree, &m, self);
}

/* The value for "123456789" is the check value of CRC-32 in all catalogues of CRCs. */
static void crc_is_that_of_ieee_802_3(void **state)
{
	static const uint8_t text[] = "x123456789";
	_Alignas(8) uint8_t bytes[64];
	uint32_t crc = 0;
	size_t i, from;

	(void)state;
	assert_int_equal(crc32(0, text + 1, 9), 0xcbf43926);
	assert_int_equal(crc32(crc32(0, text + 1, 4), text + 5, 5), 0xcbf43926);
	assert_int_equal(crc32(0, text, 0), 0);
	for (from = 0; from < 9; from++) {
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(i * 37 + from);
		for (i = from, crc = 0; i < sizeof(bytes); i++)
			crc = crc32(crc, bytes + i, 1);
		assert_int_equal(crc32(0, bytes + from, sizeof(bytes) - from), crc);
	}
}

static void finds_what_is_behind_the_image(void **state)
{
	(void)state;
	assert_fine(find());
	assert_int_equal(pack.header.start, at(HEADER));
	assert_int_equal(pack.whole.size, RAMDISK_AT + 100);
	assert_int_equal(pack.kernel.start, at(HEADER + KERNEL_AT));
	assert_int_equal(pack.kernel.size, 4000);
	assert_int_equal(pack.ramdisk.start, at(HEADER + RAMDISK_AT));
	assert_int_equal(pack.ramdisk.size, 100);
	assert_int_equal(pack.fdt.size, 0);
	assert_string_equal(pack_words(&pack, tree), "nacl=none");
}

/* RAM may still hold a packed file that was started before. */
static void ignores_a_pack_that_image_size_does_not_cover(void **state)
{
	(void)state;
	set_image_size(self.size);
	set_text("/chosen", "bootargs", "nacl=all");
	assert_fine(find());
	assert_int_equal(pack.header.size, 0);
	assert_int_equal(pack.kernel.size, 0);
	assert_string_equal(pack_words(&pack, tree), "nacl=all");
}

static void refuses_a_damaged_header(void **state)
{
	(void)state;
	header->magic[0] = 'h';
	assert_fatal(find(), "packed file: no header at 0x");
	header->magic[0] = 'H';
	header->words[0] = 'N';
	assert_fatal(find(), "wrong CRC of the header");
	header->version = 1;
	sign(header);
	assert_fatal(find(), "format 1, this Halite takes 2");
	header->version = 2;
	memset(header->words, 'x', sizeof(header->words));
	sign(header);
	assert_fatal(find(), "a command line has no end");
	memset(header->words, 0, sizeof(header->words));
	memset(header->bootargs, 'x', sizeof(header->bootargs));
	sign(header);
	assert_fatal(find(), "a command line has no end");
}

static void refuses_a_file_that_is_cut_short(void **state)
{
	(void)state;
	set_image_size(HEADER - IMAGE + header->size - 1);
	assert_fatal(find(), "it has 0x3064 bytes, of which 0x3063 are loaded");
	set_image_size(HEADER - IMAGE + sizeof(*header) - 1);
	assert_fatal(find(), "cut short or altered");
	header->size = sizeof(*header) - 1;
	sign(header);
	set_image_size(HEADER - IMAGE + MIB);
	assert_fatal(find(), "it has 0xfff bytes");
}

static void refuses_wrong_modules(void **state)
{
	struct pack_module *kernel = &header->modules[PACK_KERNEL];
	struct pack_module good = *kernel;

	(void)state;
	ram_memory[HEADER + KERNEL_AT + 3999] ^= 1;
	assert_fatal(find(), "packed file: the kernel at 0x");
	ram_memory[HEADER + KERNEL_AT + 3999] ^= 1;
	ram_memory[HEADER + RAMDISK_AT] ^= 0x80;
	assert_fatal(find(), "the ramdisk at 0x");
	ram_memory[HEADER + RAMDISK_AT] ^= 0x80;
	assert_fine(find());
	kernel->offset = 4095;
	sign(header);
	assert_fatal(find(), "the kernel is not in the file");
	kernel->offset = header->size - 3999;
	sign(header);
	assert_fatal(find(), "the kernel is not in the file");
	kernel->offset = UINT64_MAX - 100;
	sign(header);
	assert_fatal(find(), "the kernel is not in the file");
	*kernel = (struct pack_module){ .offset = KERNEL_AT, .size = RAMDISK_AT - KERNEL_AT + 1 };
	sign(header);
	assert_fatal(find(), "the kernel and the ramdisk overlap");
	kernel->size = 0;
	sign(header);
	assert_fatal(find(), "it has no kernel");
	*kernel = good;
	sign(header);
	assert_fine(find());
}

/* No byte behind the image is read before it is known to be RAM. */
static void refuses_places_that_are_not_free(void **state)
{
	(void)state;
	m.ram.r[0].size = HEADER + header->size - 1;
	assert_fatal(find(), "is not in RAM: load it at another address");
	m.ram.r[0].size = RAM_SIZE;
	set_image_size(UINT64_MAX / 2);
	assert_fatal(find(), "is not in RAM");
	set_image_size(UINT64_MAX);
	assert_fatal(find(), "is not in RAM");
	set_image_size(HEADER - IMAGE + header->size);
	range_list_add(&m.reserved, (struct range){ at(HEADER) + header->size - 1, 4096 });
	assert_fatal(find(), "overlaps reserved memory at 0x");
}

static void takes_the_ramdisk_of_the_loader(void **state)
{
	(void)state;
	give_ramdisk(at(RAMDISK), 8192);
	assert_fine(find());
	assert_int_equal(pack.kernel.start, at(HEADER + KERNEL_AT));
	assert_int_equal(pack.ramdisk.start, at(RAMDISK));
	assert_int_equal(pack.ramdisk.size, 8192);
	give_ramdisk(at(HEADER + 4096), 4096);
	assert_fatal(find(), "overlaps the packed file");
	give_ramdisk(at(IMAGE), 4096);
	assert_fatal(find(), "overlaps Halite at 0x");
	give_ramdisk(at(RAM_SIZE), 4096);
	assert_fatal(find(), "ramdisk at linux,initrd-start: 0x");
	give_ramdisk(at(RAMDISK), 0);
	assert_fine(find());
	assert_int_equal(pack.ramdisk.size, 100);
}

static void ignores_a_ramdisk_without_a_pack(void **state)
{
	(void)state;
	set_image_size(self.size);
	give_ramdisk(at(RAMDISK), 8192);
	assert_fine(find());
	assert_int_equal(pack.ramdisk.size, 0);
	give_ramdisk(at(RAM_SIZE), 8192);
	assert_fine(find());
	assert_int_equal(pack.ramdisk.size, 0);
}

static void finds_a_bundle(void **state)
{
	struct pack_header *h = make_pack(RAMDISK);

	(void)state;
	sign(h);
	set_image_size(self.size);
	give_ramdisk(at(RAMDISK), h->size);
	assert_fine(find());
	assert_int_equal(pack.header.start, at(RAMDISK));
	assert_int_equal(pack.kernel.start, at(RAMDISK + KERNEL_AT));
	assert_int_equal(pack.ramdisk.start, at(RAMDISK + RAMDISK_AT));
	give_ramdisk(at(RAMDISK), h->size - 1);
	assert_fatal(find(), "bundle (the ramdisk at linux,initrd-start): it has 0x3064 bytes");
	give_ramdisk(at(RAMDISK), h->size);
	range_list_add(&m.reserved, (struct range){ at(RAMDISK + KERNEL_AT), 1 });
	assert_fatal(find(), "overlaps reserved memory");
	m.reserved.count = 0;
	set_image_size(HEADER - IMAGE + header->size);
	assert_fatal(find(), "start halite.bin with the bundle");
}

/* U-Boot reserves the ramdisk in the tree. The reservation of other memory stays. */
static void releases_the_ramdisk(void **state)
{
	uint64_t start, size;

	(void)state;
	assert_int_equal(fdt_add_mem_rsv(tree, at(RAMDISK), 8192), 0);
	assert_int_equal(fdt_add_mem_rsv(tree, at(0), 8192), 0);
	assert_int_equal(fdt_add_mem_rsv(tree, at(RAMDISK), 8192), 0);
	assert_int_equal(fdt_add_mem_rsv(tree, at(RAMDISK), 4096), 0);
	pack_release_ramdisk(tree);
	assert_int_equal(fdt_num_mem_rsv(tree), 4);
	give_ramdisk(at(RAMDISK), 8192);
	pack_release_ramdisk(tree);
	assert_int_equal(fdt_num_mem_rsv(tree), 2);
	assert_int_equal(fdt_get_mem_rsv(tree, 0, &start, &size), 0);
	assert_int_equal(start, at(0));
	assert_int_equal(fdt_get_mem_rsv(tree, 1, &start, &size), 0);
	assert_int_equal(size, 4096);
}

static void bootargs_of_the_loader_are_behind_those_of_the_pack(void **state)
{
	static char many[2 * PACK_BOOTARGS_SIZE];

	(void)state;
	assert_fine(find());
	assert_string_equal(pack_bootargs(&pack, tree), "one two");
	set_text("/chosen", "bootargs", "three");
	assert_string_equal(pack_bootargs(&pack, tree), "one two three");
	header->bootargs[0] = '\0';
	assert_string_equal(pack_bootargs(&pack, tree), "three");
	memset(many, 'x', sizeof(many) - 2);
	set_text("/chosen", "bootargs", many);
	assert_fine(pack_bootargs(&pack, tree));
	strcpy(header->bootargs, "y");
	assert_fatal(pack_bootargs(&pack, tree), "bootargs: 4096 bytes");
}

static void modules_of_the_tree_are_for_guests_of_the_guest(void **state)
{
	struct modules mods;
	struct range home;

	(void)state;
	add_module("module@1", "multiboot,kernel", 0, 0);
	set_u64("/chosen/module@1", "reg", at(RAMDISK));
	assert_int_equal(
		fdt_appendprop_u64(tree, node_at("/chosen/module@1"), "reg", UINT64_C(4096)), 0);
	m.nodes.chosen = node_at("/chosen");
	assert_fine(find());
	assert_fine(modules_find_packed(&mods, tree, &m, self, &pack));
	assert_int_equal(mods.kernel.start, at(HEADER + KERNEL_AT));
	assert_int_equal(mods.ramdisk.start, at(HEADER + RAMDISK_AT));
	assert_string_equal(mods.bootargs, "one two");
	assert_int_equal(mods.further_count, 1);
	assert_int_equal(mods.further[0].start, at(RAMDISK));
	assert_int_equal(mods.taken_count, 0);
	set_text("/chosen/module@1", "compatible", "multiboot,ramdisk");
	assert_fine(modules_find_packed(&mods, tree, &m, self, &pack));
	assert_int_equal(mods.ramdisk.start, at(HEADER + RAMDISK_AT));
	assert_int_equal(mods.further_count, 1);
	set_u64("/chosen/module@1", "reg", at(HEADER + 4096));
	assert_int_equal(
		fdt_appendprop_u64(tree, node_at("/chosen/module@1"), "reg", UINT64_C(4096)), 0);
	assert_fatal(modules_find_packed(&mods, tree, &m, self, &pack),
		     "overlaps the packed modules");
	/* The header has Halite's command line, so the home is not there. */
	mods = (struct modules){ .pack_header = { at(16 * MIB), 4096 } };
	m.ram.r[0].size = 32 * MIB;
	assert_true(home_choose(&m, &mods, (struct range){ 0 }, 1, 0, 65536, &home));
	assert_int_equal(home.start, at(24 * MIB));
	assert_true(home_choose(&m, &mods, (struct range){ 0 }, 1, 8 * MIB, 65536, &home));
	assert_int_equal(home.start, at(0));
}

/* Put a tree without RAM, in @room bytes or in as many as it needs, in the pack. */
static void pack_a_tree(uint64_t room)
{
	uint8_t *packed = ram_memory + HEADER + 16384;

	assert_int_equal(fdt_create_empty_tree(packed, 4096), 0);
	assert_int_equal(fdt_setprop_u32(packed, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(packed, 0, "#size-cells", 2), 0);
	assert_int_equal(fdt_setprop_string(packed, 0, "model", "packed"), 0);
	assert_true(fdt_add_subnode(packed, 0, "memory@0") >= 0);
	assert_int_equal(fdt_setprop_string(packed, fdt_path_offset(packed, "/memory@0"),
					    "device_type", "memory"),
			 0);
	assert_int_equal(fdt_pack(packed), 0);
	if (room < fdt_totalsize(packed))
		room = fdt_totalsize(packed);
	header->modules[PACK_FDT] = (struct pack_module){ .offset = 16384, .size = room };
	header->size = 16384 + room;
	sign(header);
	set_image_size(HEADER - IMAGE + header->size);
}

static void the_tree_of_the_pack_gets_what_the_loader_knows(void **state)
{
	static const void *chosen_tree;
	struct machine again;

	(void)state;
	pack_a_tree(8192);
	set_text("/chosen", "bootargs", "three");
	range_list_add(&m.reserved, (struct range){ at(0), 0x80000 });
	range_list_add(&m.no_map, (struct range){ at(0), 0x80000 });
	assert_fine(find());
	assert_fine(chosen_tree = pack_choose_fdt(&pack, tree, &m));
	assert_ptr_equal(chosen_tree, ram_memory + HEADER + 16384);
	assert_string_equal(fdt_getprop(chosen_tree, 0, "model", NULL), "packed");
	assert_string_equal(machine_bootargs(chosen_tree), "three");
	assert_true(fdt_path_offset(chosen_tree, "/memory@0") < 0);
	assert_fine(machine_parse_memory(&again, chosen_tree));
	assert_int_equal(again.ram.count, 1);
	assert_int_equal(again.ram.r[0].start, at(0));
	assert_int_equal(again.ram.r[0].size, RAM_SIZE);
	/* As a memory reservation, and as a node with no-map. */
	assert_int_equal(again.reserved.count, 2);
	assert_int_equal(again.reserved.r[0].size, 0x80000);
	assert_int_equal(again.no_map.count, 1);
	assert_int_equal(again.no_map.r[0].start, at(0));
	assert_int_equal(again.no_map.r[0].size, 0x80000);
}

static void without_a_tree_in_the_pack_the_loader_s_counts(void **state)
{
	(void)state;
	assert_fine(find());
	assert_ptr_equal(pack_choose_fdt(&pack, tree, &m), tree);
}

static void refuses_a_bad_tree(void **state)
{
	(void)state;
	pack_a_tree(8192);
	assert_fine(find());
	assert_int_equal(fdt_setprop_u32(ram_memory + HEADER + 16384, 0, "#size-cells", 1), 0);
	m.ram.r[0].size = UINT64_C(1) << 32;
	assert_fatal(pack_choose_fdt(&pack, tree, &m), "memory: FDT_ERR_BADNCELLS");
	pack_a_tree(0);
	assert_fine(find());
	assert_fatal(pack_choose_fdt(&pack, tree, &m),
		     "packed device tree: memory: FDT_ERR_NOSPACE");
	ram_memory[HEADER + 16384] = 0;
	sign(header);
	assert_fine(find());
	assert_fatal(pack_choose_fdt(&pack, tree, &m), "no device tree at 0x");
}

#define DOMAINS_AT 16384		      /* from the header */
#define FILE_AT	   (PACK_DOMAINS_ROOM + 8192) /* from the module */
#define MODULE_AT  (HEADER + DOMAINS_AT)

static uint8_t *packed_nodes(void)
{
	return ram_memory + MODULE_AT + PACK_DOMAINS_ROOM;
}

/* Make the pack one of domains a and b, without signing it. Harts 1 and 0 are a's. */
static void pack_domains(void)
{
	static const char *const names[] = { "domain-b", "domain-a" };
	uint8_t *nodes = packed_nodes();
	unsigned int i;
	int node, module;

	memset(header->modules, 0, sizeof(header->modules));
	header->modules[PACK_DOMAINS] =
		(struct pack_module){ .offset = DOMAINS_AT, .size = FILE_AT + 8192 };
	header->size = DOMAINS_AT + FILE_AT + 8192;
	set_image_size(HEADER - IMAGE + header->size);
	assert_int_equal(fdt_create_empty_tree(nodes, 4096), 0);
	for (i = 0; i < 2; i++) {
		node = fdt_add_subnode(nodes, 0, names[i]);
		assert_int_equal(fdt_setprop_string(nodes, node, "compatible", "halite,domain"), 0);
		assert_int_equal(fdt_setprop_u32(nodes, node, "#address-cells", 2), 0);
		assert_int_equal(fdt_setprop_u32(nodes, node, "#size-cells", 2), 0);
		assert_int_equal(fdt_setprop_u32(nodes, node, "halite,harts", 1), 0);
		assert_int_equal(fdt_appendprop_u32(nodes, node, "halite,harts", 0), 0);
		module = fdt_add_subnode(nodes, node, "module");
		assert_int_equal(
			fdt_setprop_string(nodes, module, "compatible", "multiboot,kernel"), 0);
		assert_int_equal(fdt_setprop_u64(nodes, module, "reg", FILE_AT + 4096 * (1 - i)),
				 0);
		assert_int_equal(fdt_appendprop_u64(nodes, module, "reg", 4096), 0);
	}
	assert_int_equal(fdt_pack(nodes), 0);
}

static const void *add(void)
{
	return pack_add_domains(&pack, tree);
}

static void takes_a_pack_of_domains(void **state)
{
	(void)state;
	pack_domains();
	sign(header);
	assert_fine(find());
	assert_int_equal(pack.kernel.size, 0);
	assert_int_equal(pack.domains.start, at(MODULE_AT));
	assert_int_equal(pack.domains.size, FILE_AT + 8192);
	packed_nodes()[8192] ^= 1;
	assert_fatal(find(), "packed file: the domains at 0x");
	packed_nodes()[8192] ^= 1;
	header->modules[PACK_KERNEL] = (struct pack_module){ .offset = KERNEL_AT, .size = 4000 };
	sign(header);
	assert_fatal(find(), "it has a kernel and domains");
}

/* The nodes are in the tree, in their order, with addresses in place of offsets. */
static void adds_the_nodes_of_domains(void **state)
{
	static const uint8_t ids[] = { 0, 0, 0, 1, 0, 0, 0, 0 };
	static const void *made;
	struct modules mods;
	const void *value;
	int len, a, b, chosen;

	(void)state;
	assert_fine(find());
	assert_ptr_equal(add(), tree);
	pack_domains();
	sign(header);
	assert_fine(find());
	assert_fine(made = add());
	assert_ptr_equal(made, ram_memory + MODULE_AT);
	assert_int_equal(fdt_check_full(made, PACK_DOMAINS_ROOM), 0);
	chosen = fdt_path_offset(made, "/chosen");
	a = fdt_first_subnode(made, chosen);
	b = fdt_next_subnode(made, a);
	assert_string_equal(fdt_get_name(made, a, NULL), "domain-a");
	assert_string_equal(fdt_get_name(made, b, NULL), "domain-b");
	assert_int_equal(fdt_next_subnode(made, b), -FDT_ERR_NOTFOUND);
	value = fdt_getprop(made, a, "halite,harts", &len);
	assert_int_equal(len, sizeof(ids));
	assert_memory_equal(value, ids, sizeof(ids));
	assert_true(fdt_path_offset(made, "/memory@80000000") > 0);
	m.nodes.chosen = chosen;
	assert_fine(modules_find_packed(&mods, made, &m, self, &pack));
	assert_int_equal(mods.domains, 2);
	/* All of the pack is kept for the next reset of a domain. */
	assert_int_equal(mods.further_count, 1);
	assert_int_equal(mods.further[0].start, pack.whole.start);
	assert_int_equal(mods.further[0].size, pack.whole.size);
	assert_fine(modules_of_domain(&mods, made, &m, a, self));
	assert_int_equal(mods.kernel.start, at(MODULE_AT) + FILE_AT);
	assert_int_equal(mods.kernel.size, 4096);
	assert_fine(modules_of_domain(&mods, made, &m, b, self));
	assert_int_equal(mods.kernel.start, at(MODULE_AT) + FILE_AT + 4096);
}

static void hart_ids_get_the_cells_of_the_tree(void **state)
{
	static const uint8_t ids[] = { 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const void *made;
	const void *value;
	int len;

	(void)state;
	set_cells("/cpus", "#address-cells", 2);
	assert_int_equal(fdt_del_node(tree, node_at("/chosen")), 0);
	pack_domains();
	sign(header);
	assert_fine(find());
	assert_fine(made = add());
	value = fdt_getprop(made, fdt_path_offset(made, "/chosen/domain-b"), "halite,harts", &len);
	assert_int_equal(len, sizeof(ids));
	assert_memory_equal(value, ids, sizeof(ids));
}

/* Set reg of the module of domain a, and make the CRCs right. */
static void set_file(uint64_t start, uint64_t size)
{
	uint8_t *nodes = packed_nodes();
	int node = fdt_path_offset(nodes, "/domain-a/module");

	assert_int_equal(fdt_setprop_inplace_namelen_partial(nodes, node, "reg", 3, 0,
							     (fdt64_t[]){ cpu_to_fdt64(start) }, 8),
			 0);
	assert_int_equal(fdt_setprop_inplace_namelen_partial(nodes, node, "reg", 3, 8,
							     (fdt64_t[]){ cpu_to_fdt64(size) }, 8),
			 0);
	sign(header);
	assert_fine(find());
}

static void refuses_wrong_nodes_of_domains(void **state)
{
	(void)state;
	pack_domains();
	set_file(PACK_DOMAINS_ROOM - 1, 4096);
	assert_fatal(add(), "packed domains: reg: a file is not in the pack");
	set_file(FILE_AT + 8193, 1);
	assert_fatal(add(), "a file is not in the pack");
	set_file(FILE_AT, 8193);
	assert_fatal(add(), "a file is not in the pack");
	set_file(FILE_AT, 0);
	assert_fatal(add(), "a file is not in the pack");
	set_file(FILE_AT, 8192);
	assert_fine(add());
	assert_int_equal(fdt_setprop_u32(packed_nodes(),
					 fdt_path_offset(packed_nodes(), "/domain-a/module"), "reg",
					 1),
			 0);
	sign(header);
	assert_fine(find());
	assert_fatal(add(), "a file is not in the pack");
	pack_domains();
	assert_int_equal(fdt_open_into(packed_nodes(), packed_nodes(), 8192), 0);
	assert_int_equal(fdt_appendprop_u64(packed_nodes(),
					    fdt_path_offset(packed_nodes(), "/domain-a/module"),
					    "reg", 0),
			 0);
	sign(header);
	assert_fine(find());
	assert_fatal(add(), "a file is not in the pack");
	packed_nodes()[0] ^= 1;
	sign(header);
	assert_fine(find());
	assert_fatal(add(), "no device tree at 0x");
	header->modules[PACK_DOMAINS].size = PACK_DOMAINS_ROOM;
	sign(header);
	assert_fine(find());
	assert_fatal(add(), "packed domains: no nodes");
}

static void refuses_domains_of_the_tree_beside_a_packed_kernel(void **state)
{
	struct modules mods;

	(void)state;
	add_node("/chosen", "domain-z");
	set_text("/chosen/domain-z", "compatible", "halite,domain");
	m.nodes.chosen = node_at("/chosen");
	assert_fine(find());
	assert_fatal(modules_find_packed(&mods, tree, &m, self, &pack),
		     "/chosen/domain-z: a domain, and a pack, whose kernel no domain would have");
}

static void refuses_domains_of_the_tree_beside_those_of_the_pack(void **state)
{
	(void)state;
	pack_domains();
	sign(header);
	assert_fine(find());
	add_node("/chosen", "domain-z");
	set_text("/chosen/domain-z", "compatible", "halite,domain");
	assert_fatal(add(), "/chosen/domain-z: a domain, and a pack with domains");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_that_of_ieee_802_3),
		TEST(finds_what_is_behind_the_image),
		TEST(ignores_a_pack_that_image_size_does_not_cover),
		TEST(refuses_a_damaged_header),
		TEST(refuses_a_file_that_is_cut_short),
		TEST(refuses_wrong_modules),
		TEST(refuses_places_that_are_not_free),
		TEST(takes_the_ramdisk_of_the_loader),
		TEST(ignores_a_ramdisk_without_a_pack),
		TEST(finds_a_bundle),
		TEST(releases_the_ramdisk),
		TEST(bootargs_of_the_loader_are_behind_those_of_the_pack),
		TEST(modules_of_the_tree_are_for_guests_of_the_guest),
		TEST(the_tree_of_the_pack_gets_what_the_loader_knows),
		TEST(without_a_tree_in_the_pack_the_loader_s_counts),
		TEST(refuses_a_bad_tree),
		TEST(takes_a_pack_of_domains),
		TEST(adds_the_nodes_of_domains),
		TEST(hart_ids_get_the_cells_of_the_tree),
		TEST(refuses_wrong_nodes_of_domains),
		TEST(refuses_domains_of_the_tree_beside_a_packed_kernel),
		TEST(refuses_domains_of_the_tree_beside_those_of_the_pack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
