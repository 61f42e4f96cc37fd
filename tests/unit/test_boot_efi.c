/* SPDX-License-Identifier: BSD-2-Clause */
/* Halite as an EFI application, with an EFI of the test's own. UEFI 2.10 has what it shall do. */
#include <stdlib.h>

#include "hv_test.h"

#include "boot/efi.h"
#include "boot/efi_facts.h"
#include "hv/devtree.h"
#include "hv/home.h"
#include "hv/pack.h"

#define PAGES_MAX    32
#define MAP_SIZE     (sizeof(struct efi_memory) + 8) /* descriptors may grow */
#define MEMORIES_MAX 2000

/* What the EFI of the test does: status of a call, 0 is success. */
static struct {
	efi_status get_map, exit, allocate, ramdisk_size, ramdisk;
	unsigned int exits_refused, allocations_before_error;
	bool has_ramdisk, has_tree, has_boot_protocol;
	uint64_t hartid;
	const uint16_t *options;
	uint32_t options_size;
	const char *ramdisk_text;
	uint64_t ramdisk_length;
	unsigned int memories;
	struct efi_memory memory[MEMORIES_MAX];
	/* The number of the allocation that the tree's old ramdisk is in; 0: none. */
	unsigned int old_ramdisk;
} fake;

static struct pages {
	uint64_t start, pages;
} allocated[PAGES_MAX];
static unsigned int allocations, exits;
static uint64_t key;
static bool ended;
static char console[2048];
static uint64_t left_hartid;
static void *left_fdt;
static jmp_buf left_jump;

void console_init(void)
{
}

void riscv_efi_leave(uint64_t hartid, void *fdt)
{
	left_hartid = hartid;
	left_fdt = fdt;
	longjmp(left_jump, 1);
}

/* The allocation that starts at @start; with 0, one that is not in use. */
static struct pages *find_pages(uint64_t start)
{
	unsigned int i;

	for (i = 0; i < PAGES_MAX; i++) {
		if (allocated[i].start == start)
			return &allocated[i];
	}
	fail_msg("no such allocation");
	return NULL;
}

/* Change the ramdisk that EFI's tree has. */
static void set_old_ramdisk(uint64_t start, uint64_t end)
{
	int chosen = node_at("/chosen");

	assert_int_equal(fdt_setprop_inplace_u64(tree, chosen, "linux,initrd-start", start), 0);
	assert_int_equal(fdt_setprop_inplace_u64(tree, chosen, "linux,initrd-end", end), 0);
}

static efi_status allocate_pages(int kind, int type, uint64_t pages, uint64_t *address)
{
	struct pages *p = find_pages(0);
	void *memory;

	assert_int_equal(kind, 0);
	assert_int_equal(type, 2);
	assert_false(ended);
	key++;
	if (allocations++ == fake.allocations_before_error && fake.allocate)
		return fake.allocate;
	memory = aligned_alloc(4096, pages * 4096);
	memset(memory, 0xaa, pages * 4096);
	p->start = *address = (uintptr_t)memory;
	p->pages = pages;
	if (allocations == fake.old_ramdisk)
		set_old_ramdisk(p->start, p->start + 16);
	return 0;
}

static efi_status free_pages(uint64_t address, uint64_t pages)
{
	struct pages *p = find_pages(address);

	assert_false(ended);
	assert_int_equal(p->pages, pages);
	free((void *)(uintptr_t)address);
	p->start = p->pages = 0;
	return 0;
}

static efi_status get_memory_map(uint64_t *size, void *map, uint64_t *key_now,
				 uint64_t *descriptor_size, uint32_t *version)
{
	uint64_t room = *size;
	unsigned int i;

	assert_false(ended);
	*size = fake.memories * MAP_SIZE;
	*descriptor_size = MAP_SIZE;
	*version = 1;
	*key_now = key;
	if (room < *size)
		return EFI_BUFFER_TOO_SMALL;
	if (fake.get_map)
		return fake.get_map;
	for (i = 0; i < fake.memories; i++)
		memcpy((uint8_t *)map + i * MAP_SIZE, &fake.memory[i], sizeof(fake.memory[i]));
	return 0;
}

static int the_image;

static efi_status exit_boot_services(efi_handle image, uint64_t key_given)
{
	assert_ptr_equal(image, &the_image);
	exits++;
	if (fake.exit)
		return fake.exit;
	/* The map changes meanwhile. */
	if (fake.exits_refused) {
		fake.exits_refused--;
		key++;
		fake.memory[0].pages--;
	}
	if (key_given != key)
		return EFI_INVALID_PARAMETER;
	ended = true;
	return 0;
}

static struct efi_loaded_image loaded;

static efi_status load_file(struct efi_load_file2 *this, const void *path, uint8_t boot_policy,
			    uint64_t *size, void *buffer)
{
	uint64_t room = *size;

	(void)this;
	(void)path;
	assert_false(boot_policy);
	*size = fake.ramdisk_length;
	if (!buffer || room < *size)
		return fake.ramdisk_size ? fake.ramdisk_size : EFI_BUFFER_TOO_SMALL;
	memcpy(buffer, fake.ramdisk_text, *size);
	return fake.ramdisk;
}

static struct efi_load_file2 ramdisk_file = { load_file };
static int ramdisk_device;

static bool is_guid(const struct efi_guid *guid, const char *bytes)
{
	return !memcmp(guid, bytes, 16);
}

/* UEFI 2.10, EFI_LOADED_IMAGE_PROTOCOL_GUID and EFI_LOAD_FILE2_PROTOCOL_GUID, as bytes. */
#define LOADED_IMAGE "\xa1\x31\x1b\x5b\x62\x95\xd2\x11\x8e\x3f\x00\xa0\xc9\x69\x72\x3b"
#define LOAD_FILE2   "\xc1\xc0\x06\x40\xb3\xfc\x3e\x40\x99\x6d\x4a\x6c\x87\x24\xe0\x6d"
/* EFI_DTB_TABLE_GUID, and RISCV_EFI_BOOT_PROTOCOL_GUID of the RISC-V EFI boot protocol. */
#define DTB_TABLE  "\xd5\x21\xb6\xb1\x9c\xf1\xa5\x41\x83\x0b\xd9\x15\x2c\x69\xaa\xe0"
#define RISCV_BOOT "\xec\x5f\xd1\xcc\x73\x6f\xec\x4e\x83\x95\x3e\x69\xe4\xb9\x40\xbf"
/* LINUX_EFI_INITRD_MEDIA_GUID in a device path: vendor media (4, 3), then the end. */
#define INITRD_PATH                                                                        \
	"\x04\x03\x14\x00\x27\xe4\x68\x55\xfc\x68\x3d\x4f\xac\x74\xca\x55\x52\x31\xcc\x68" \
	"\x7f\xff\x04\x00"

static efi_status handle_protocol(efi_handle handle, const struct efi_guid *protocol,
				  void **interface)
{
	if (handle == &the_image && is_guid(protocol, LOADED_IMAGE))
		*interface = &loaded;
	else if (handle == &ramdisk_device && is_guid(protocol, LOAD_FILE2))
		*interface = &ramdisk_file;
	else
		return EFI_UNSUPPORTED;
	return 0;
}

static efi_status locate_device_path(const struct efi_guid *protocol, const void **path,
				     efi_handle *device)
{
	assert_true(is_guid(protocol, LOAD_FILE2));
	assert_memory_equal(*path, INITRD_PATH, 24);
	*device = &ramdisk_device;
	return fake.has_ramdisk ? 0 : EFI_NOT_FOUND;
}

static efi_status get_boot_hartid(struct efi_riscv_boot *this, uint64_t *hartid)
{
	(void)this;
	*hartid = fake.hartid;
	return 0;
}

static struct efi_riscv_boot riscv_boot = { 0x10000, get_boot_hartid };

static efi_status locate_protocol(const struct efi_guid *protocol, void *registration,
				  void **interface)
{
	assert_true(is_guid(protocol, RISCV_BOOT));
	assert_null(registration);
	*interface = &riscv_boot;
	return fake.has_boot_protocol ? 0 : EFI_NOT_FOUND;
}

static efi_status output_string(struct efi_text_output *this, const uint16_t *text)
{
	size_t used = strlen(console);

	(void)this;
	assert_false(ended);
	/* After the first call of ExitBootServices(), there may be no console. */
	assert_int_equal(exits, 0);
	for (; *text; text++) {
		assert_true(used + 1 < sizeof(console));
		console[used++] = (char)*text;
	}
	console[used] = '\0';
	return 0;
}

static struct efi_boot_services services = {
	.allocate_pages = allocate_pages,
	.free_pages = free_pages,
	.get_memory_map = get_memory_map,
	.handle_protocol = handle_protocol,
	.locate_device_path = locate_device_path,
	.exit_boot_services = exit_boot_services,
	.locate_protocol = locate_protocol,
};
static struct efi_text_output output = { .output_string = output_string };
static struct efi_configuration configuration[2];
static struct efi_system_table system_table = {
	.out = &output,
	.boot = &services,
	.configuration_count = 2,
	.configuration = configuration,
};

static void set_packed(bool packed)
{
	memset(riscv_image_start + 16, packed ? 0xff : 0, 8);
}

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(configuration, 0, sizeof(configuration));
	fake.has_tree = fake.has_boot_protocol = true;
	fake.hartid = 1;
	fake.memories = 3;
	fake.memory[0] = (struct efi_memory){ EFI_CONVENTIONAL, 0x80200000, 0, 0x1000, 0xf };
	fake.memory[1] = (struct efi_memory){ 0, 0x80000000, 0, 0x200, 0xf };
	fake.memory[2] = (struct efi_memory){ EFI_LOADER_DATA, 0x81200000, 0, 0x800, 0xf };
	memset(allocated, 0, sizeof(allocated));
	memset(&loaded, 0, sizeof(loaded));
	allocations = exits = 0;
	ended = false;
	console[0] = '\0';
	left_fdt = NULL;
	make_tree();
	assert_int_equal(fdt_pack(tree), 0);
	memcpy(&configuration[1].guid, DTB_TABLE, 16);
	configuration[1].table = tree;
	set_packed(true);
	return 0;
}

static int teardown(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < PAGES_MAX; i++)
		free((void *)(uintptr_t)allocated[i].start);
	memset(allocated, 0, sizeof(allocated));
	return 0;
}

/* Start Halite. Return true if it has gone on; otherwise *@status is what it returned. */
static bool start(efi_status *status)
{
	system_table.configuration_count = fake.has_tree ? 2 : 1;
	loaded.options = fake.options;
	loaded.options_size = fake.options_size;
	if (setjmp(left_jump))
		return true;
	*status = efi_main(&the_image, &system_table);
	return false;
}

static void starts(void)
{
	efi_status status = 0;

	if (!start(&status))
		fail_msg("status 0x%lx: %s", (unsigned long)status, console);
	assert_true(ended);
	assert_int_equal(left_hartid, fake.hartid);
	assert_int_equal(fdt_check_full(left_fdt, fdt_totalsize(left_fdt)), 0);
}

/* Halite returns @expected and one line with @part, and has freed all. */
static void returns(efi_status expected, const char *part)
{
	efi_status status = 0;
	unsigned int i;

	assert_false(start(&status));
	assert_int_equal(status, expected);
	assert_non_null(strstr(console, part));
	assert_int_equal(strncmp(console, "halite: ", 8), 0);
	assert_ptr_equal(strchr(console, '\n'), console + strlen(console) - 1);
	assert_int_equal(console[strlen(console) - 2], '\r');
	for (i = 0; i < PAGES_MAX; i++)
		assert_int_equal(allocated[i].pages, 0);
}

static int left_node(const char *path)
{
	return fdt_path_offset(left_fdt, path);
}

static void assert_ram(unsigned int index, uint64_t start, uint64_t size)
{
	int node = fdt_node_offset_by_prop_value(left_fdt, -1, "device_type", "memory", 7);
	struct range r;

	assert_true(node >= 0);
	assert_true(devtree_reg(left_fdt, node, 2, 2, index, &r));
	assert_int_equal(r.start, start);
	assert_int_equal(r.size, size);
	assert_false(devtree_reg(left_fdt, node, 2, 2, index + 1, &r));
}

/* UEFI 2.10, table 7.10: what these types are for after ExitBootServices(). */
static void knows_which_memory_is_free(void **state)
{
	static const bool is_free[16] = {
		[1] = true, [2] = true, [3] = true, [4] = true, [7] = true, [9] = true
	};
	unsigned int type;

	(void)state;
	for (type = 0; type < 18; type++) {
		struct efi_memory memory = { type, 0x80000000, 0, 16, 0x8 };
		struct range_list ram = { 0 };

		assert_true(efi_map_ram(&ram, &memory, sizeof(memory), sizeof(memory)));
		assert_int_equal(ram.count, type < 16 && is_free[type]);
		/* Not cached, then for a purpose of its own. The list cannot grow together. */
		memory.start = 0x90000000;
		memory.attributes = 0x7;
		assert_true(efi_map_ram(&ram, &memory, sizeof(memory), sizeof(memory)));
		memory.attributes = 0x40008;
		assert_true(efi_map_ram(&ram, &memory, sizeof(memory), sizeof(memory)));
		assert_int_equal(ram.count, type < 16 && is_free[type]);
	}
}

static void refuses_a_map_that_makes_no_sense(void **state)
{
	struct efi_memory memory = { EFI_CONVENTIONAL, 0x80000000, 0, UINT64_C(1) << 52, 0x8 };
	struct range_list ram = { 0 };

	(void)state;
	assert_false(efi_map_ram(&ram, &memory, sizeof(memory), sizeof(memory)));
	memory.pages = (UINT64_C(1) << 52) - 1;
	assert_false(efi_map_ram(&ram, &memory, sizeof(memory), sizeof(memory)));
	/* Half a descriptor is none. */
	assert_true(efi_map_ram(&ram, &memory, sizeof(memory) - 1, sizeof(memory)));
	assert_int_equal(ram.count, 0);
}

#define assert_text(expected, ...)                                                         \
	do {                                                                               \
		const uint16_t words_[] = { __VA_ARGS__ };                                 \
		assert_true(efi_options_text(text, sizeof(text), words_, sizeof(words_))); \
		assert_string_equal(text, expected);                                       \
	} while (0)

#define assert_no_text(...)                                                                 \
	do {                                                                                \
		const uint16_t words_[] = { __VA_ARGS__ };                                  \
		assert_false(efi_options_text(text, sizeof(text), words_, sizeof(words_))); \
		assert_string_equal(text, "");                                              \
	} while (0)

/* The encodings are those of the Unicode Standard, table 3-5 and 3-6. */
static void reads_text_in_utf_16(void **state)
{
	static const uint16_t odd[] = { 'a', 'b' };
	char text[8];

	(void)state;
	assert_true(efi_options_text(text, sizeof(text), NULL, 0));
	assert_string_equal(text, "");
	assert_text("a b", 'a', ' ', 'b');
	assert_text("a", 'a', 0, 'b', 1);
	assert_text("\x7e\xc2\x80", 0x7e, 0x80);
	assert_text("M\xd0\xb0\xe4\xba\x8c", 'M', 0x430, 0x4e8c);
	assert_text("\xdf\xbf\xe0\xa0\x80", 0x7ff, 0x800);
	assert_text("\xf0\x90\x8c\x82", 0xd800, 0xdf02);
	assert_text("\xf4\x8f\xbf\xbf", 0xdbff, 0xdfff);
	assert_text("1234567", '1', '2', '3', '4', '5', '6', '7');
	assert_no_text('1', '2', '3', '4', '5', '6', '7', '8');
	assert_no_text('1', '2', '3', '4', '5', '6', 0x80);
	assert_no_text('a', 0xd800);
	assert_no_text(0xd800, 'a');
	assert_no_text(0xd800, 0xe000);
	assert_no_text(0xdc00, 0xdc00);
	assert_no_text('a', 0x1f);
	assert_no_text('a', 0x7f);
	assert_false(efi_options_text(text, sizeof(text), odd, 3));
	assert_string_equal(text, "");
}

static void starts_with_what_efi_tells(void **state)
{
	static const uint16_t options[] = { 'x', '=', '1', 0 };
	uint64_t value;
	int chosen;

	(void)state;
	fake.options = options;
	fake.options_size = sizeof(options);
	fake.has_ramdisk = true;
	fake.ramdisk_text = "ramdisk";
	fake.ramdisk_length = 7;
	starts();
	assert_string_equal(console, "");
	/* Two descriptors that touch are one range; firmware's memory is left out. */
	assert_ram(0, 0x80200000, 0x1800000);
	chosen = left_node("/chosen");
	assert_string_equal(devtree_bootargs(left_fdt, chosen), "x=1");
	assert_true(devtree_get_number(left_fdt, chosen, "linux,initrd-start", &value));
	assert_memory_equal((void *)(uintptr_t)value, "ramdisk", 7);
	assert_true(devtree_get_number(left_fdt, chosen, "linux,initrd-end", &value));
	assert_int_equal(pack_loader_ramdisk(left_fdt).size, 7);
	assert_true(left_node("/cpus/cpu@1") >= 0);
	/* EFI's own tree is as it was. */
	assert_true(left_fdt != (void *)tree);
	assert_true(fdt_path_offset(tree, "/memory@80000000") >= 0);
	assert_null(fdt_getprop(tree, node_at("/chosen"), "bootargs", NULL));
}

static void add_old_ramdisk(uint64_t start, uint64_t end)
{
	make_tree();
	set_text("/chosen", "bootargs", "from tree");
	assert_int_equal(fdt_setprop_u64(tree, node_at("/chosen"), "linux,initrd-start", start), 0);
	assert_int_equal(fdt_setprop_u64(tree, node_at("/chosen"), "linux,initrd-end", end), 0);
	assert_int_equal(fdt_pack(tree), 0);
}

static void keeps_what_is_in_the_tree(void **state)
{
	(void)state;
	add_old_ramdisk(0x81200010, 0x81a00000);
	/* A boot loader offers a ramdisk without a byte. */
	fake.has_ramdisk = true;
	starts();
	assert_string_equal(devtree_bootargs(left_fdt, left_node("/chosen")), "from tree");
	assert_int_equal(pack_loader_ramdisk(left_fdt).start, 0x81200010);
	assert_int_equal(pack_loader_ramdisk(left_fdt).size, 0x7ffff0);
	assert_string_equal(console, "");
}

/* The tree may be that of another boot, or of firmware that EFI has been loaded over. */
static void drops_a_ramdisk_that_may_be_old(void **state)
{
	static const uint64_t ranges[][2] = {
		{ 0x80200000, 0x80200001 },		      /* free memory */
		{ 0x80000000, 0x80000001 },		      /* the firmware's */
		{ 0x811ffff0, 0x81200010 },		      /* half free */
		{ 0x81200000, 0x81a00001 },		      /* goes on behind all memory */
		{ 0x40000000, 0x40000001 },		      /* no memory */
		{ UINT64_C(0xfffffffffffffff0), UINT64_MAX }, /* no address */
	};
	efi_status status = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		teardown(state);
		setup(state);
		add_old_ramdisk(ranges[i][0], ranges[i][1]);
		starts();
		assert_int_equal(pack_loader_ramdisk(left_fdt).size, 0);
		assert_non_null(strstr(console, "no boot loader's memory from 0x"));
	}
	/* What follows looks like a boot loader's, and is Halite's own: the map, then the list. */
	for (i = 1; i <= 2; i++) {
		teardown(state);
		setup(state);
		add_old_ramdisk(0x1000, 0x2000);
		fake.memory[3] = (struct efi_memory){ EFI_LOADER_DATA, 0x100000000, 0,
						      UINT64_C(1) << 36, 0xf };
		fake.memories = 4;
		fake.old_ramdisk = i;
		starts();
		assert_int_equal(pack_loader_ramdisk(left_fdt).size, 0);
	}
	/* A look at the ramdisk, whether it is a bundle, would end the test. */
	teardown(state);
	setup(state);
	set_packed(false);
	add_old_ramdisk(0x80200000, 0x80300000);
	assert_false(start(&status));
	assert_int_equal(status, EFI_NOT_FOUND);
}

/* Each second page is firmware's. */
static void starts_with_any_number_of_pieces_of_memory(void **state)
{
	static struct machine m;
	static struct modules mods;
	const struct range self = { 0x80200000, 0x100000 };
	struct page_pool pool;
	struct range home;
	unsigned int i;

	(void)state;
	for (i = 3; i < MEMORIES_MAX; i++)
		fake.memory[i] =
			(struct efi_memory){ EFI_CONVENTIONAL, 0x90000000 - i * UINT64_C(0x2000), 0,
					     1, 0xf };
	fake.memories = MEMORIES_MAX;
	starts();
	pool = home_first_memory();
	array_use(&pool);
	machine_parse_memory(&m, left_fdt);
	assert_int_equal(m.ram.count, MEMORIES_MAX - 2);
	assert_true(home_choose(&m, &mods, self, 0x1000000, 512, &home));
	assert_int_equal(home.start, 0x80a00000);
}

static void goes_on_without_options_that_are_no_text(void **state)
{
	static const uint16_t options[] = { 1, 2, 3 };

	(void)state;
	fake.options = options;
	fake.options_size = sizeof(options);
	starts();
	assert_string_equal(devtree_bootargs(left_fdt, left_node("/chosen")), "");
	assert_non_null(strstr(console, "LoadOptions of 6 bytes are no text"));
}

static void reads_the_map_again_if_it_has_changed(void **state)
{
	(void)state;
	fake.exits_refused = 3;
	starts();
	assert_int_equal(exits, 4);
	/* It is the last map that counts. */
	assert_ram(1, 0x81200000, 0x800000);
}

static void ends_if_boot_services_do_not(void **state)
{
	efi_status status;

	(void)state;
	fake.exits_refused = 1000;
	assert_fatal(start(&status), "EFI does not end its boot services: "
				     "EFI status 0x8000000000000002");
	assert_in_range(exits, 2, 100);
	fake.exit = EFI_UNSUPPORTED;
	exits = 0;
	assert_fatal(start(&status), "EFI status 0x8000000000000003");
	assert_int_equal(exits, 1);
}

static void ends_if_there_is_no_ram(void **state)
{
	efi_status status;

	(void)state;
	fake.memory[0].type = fake.memory[2].type = 0;
	assert_fatal(start(&status), "EFI's memory map makes no sense");
}

static void returns_without_a_device_tree(void **state)
{
	(void)state;
	fake.has_tree = false;
	returns(EFI_UNSUPPORTED, "QEMU: -M virt,acpi=off");
	console[0] = '\0';
	fake.has_tree = true;
	tree[0] = 0;
	returns(EFI_LOAD_ERROR, "the device tree that EFI gives is damaged");
	console[0] = '\0';
	make_tree();
	memset(tree + fdt_off_dt_struct(tree), 0xff, 4);
	returns(EFI_LOAD_ERROR, "is damaged");
	console[0] = '\0';
	make_tree();
	fdt_set_totalsize(tree, 0x100001);
	returns(EFI_LOAD_ERROR, "or has more than ");
}

static void returns_without_the_boot_protocol(void **state)
{
	(void)state;
	fake.has_boot_protocol = false;
	returns(EFI_NOT_FOUND, "RISCV_EFI_BOOT_PROTOCOL");
}

static void returns_without_a_kernel(void **state)
{
	(void)state;
	set_packed(false);
	returns(EFI_NOT_FOUND, "no kernel: start a file that 'halite pack' has made");
	console[0] = '\0';
	fake.has_ramdisk = true;
	fake.ramdisk_text = "HALITEP";
	fake.ramdisk_length = 7;
	returns(EFI_NOT_FOUND, "no kernel");
}

static void takes_a_bundle(void **state)
{
	static char bundle[4096] = "HALITEPK";

	(void)state;
	set_packed(false);
	fake.has_ramdisk = true;
	fake.ramdisk_text = bundle;
	fake.ramdisk_length = sizeof(bundle);
	starts();
}

static void returns_if_the_ramdisk_is_not_there(void **state)
{
	(void)state;
	fake.has_ramdisk = true;
	fake.ramdisk_text = "ramdisk";
	fake.ramdisk_length = 7;
	fake.ramdisk = EFI_ERROR(7);
	returns(EFI_ERROR(7), "ramdisk: the boot loader cannot load it: "
			      "EFI status 0x8000000000000007");
	console[0] = '\0';
	fake.ramdisk_size = EFI_NOT_FOUND;
	returns(EFI_NOT_FOUND, "ramdisk: the boot loader does not tell its size");
}

static void returns_without_memory(void **state)
{
	static const char *const what[] = { "the ramdisk", "the memory map", "the list of memory",
					    "the device tree" };
	unsigned int i;

	(void)state;
	fake.has_ramdisk = true;
	fake.ramdisk_text = "ramdisk";
	fake.ramdisk_length = 7;
	fake.allocate = EFI_ERROR(9);
	for (i = 0; i < 4; i++) {
		console[0] = '\0';
		allocations = 0;
		fake.allocations_before_error = i;
		returns(EFI_ERROR(9), what[i]);
	}
}

static void returns_without_a_map(void **state)
{
	(void)state;
	fake.get_map = EFI_UNSUPPORTED;
	returns(EFI_UNSUPPORTED, "cannot read the memory map");
	assert_int_equal(exits, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_which_memory_is_free),
		TEST(refuses_a_map_that_makes_no_sense),
		TEST(reads_text_in_utf_16),
		TEST(starts_with_what_efi_tells),
		TEST(keeps_what_is_in_the_tree),
		TEST(drops_a_ramdisk_that_may_be_old),
		TEST(starts_with_any_number_of_pieces_of_memory),
		TEST(goes_on_without_options_that_are_no_text),
		TEST(reads_the_map_again_if_it_has_changed),
		TEST(ends_if_boot_services_do_not),
		TEST(ends_if_there_is_no_ram),
		TEST(returns_without_a_device_tree),
		TEST(returns_without_the_boot_protocol),
		TEST(returns_without_a_kernel),
		TEST(takes_a_bundle),
		TEST(returns_if_the_ramdisk_is_not_there),
		TEST(returns_without_memory),
		TEST(returns_without_a_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
