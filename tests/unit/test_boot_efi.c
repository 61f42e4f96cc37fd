/* SPDX-License-Identifier: BSD-2-Clause */
/* Halite as an EFI application, with an EFI of the test's own. UEFI 2.10 has what it shall do. */
#include <stdlib.h>

#include "hv_test.h"

#include "boot/config.h"
#include "boot/efi.h"
#include "boot/efi_facts.h"
#include "hv/devtree.h"
#include "hv/home.h"
#include "hv/pack.h"

#define PAGES_MAX    32
#define MAP_SIZE     (sizeof(struct efi_memory) + 8) /* descriptors may grow */
#define MEMORIES_MAX 2000
#define FILES_MAX    8

/* A file of the fake partition. */
struct fake_file {
	struct efi_file file;
	const char *path; /* ASCII */
	const void *data;
	uint64_t size, attributes;
	uint64_t there; /* the bytes that can be read */
	efi_status open_status, info_status, read_status;
	uint64_t at;
	bool is_open;
};

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
	bool has_files;
	unsigned int files;
	struct fake_file file[FILES_MAX];
	unsigned int opened; /* volumes and files */
	efi_status volume;
	const void *path; /* a device path; NULL: OWN_PATH */
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

/* ---- files ---- */

static efi_status fake_close(struct efi_file *this)
{
	struct fake_file *f = (struct fake_file *)this;

	if (f >= fake.file && f < fake.file + FILES_MAX) {
		assert_true(f->is_open);
		f->is_open = false;
	}
	assert_true(fake.opened-- > 0);
	return 0;
}

/* UEFI 2.10, EFI_FILE_INFO_ID, as bytes. */
#define FILE_INFO "\x92\x6e\x57\x09\x3f\x6d\xd2\x11\x8e\x39\x00\xa0\xc9\x69\x72\x3b"

static efi_status fake_info(struct efi_file *this, const struct efi_guid *kind, uint64_t *size,
			    void *info)
{
	const struct fake_file *f = (const struct fake_file *)this;
	/* Size, FileSize, PhysicalSize, three times of 16 bytes, Attribute, FileName. */
	uint64_t words[10] = { 82, f->size, 4096, 0, 0, 0, 0, 0, 0, f->attributes };

	assert_memory_equal(kind, FILE_INFO, 16);
	if (f->info_status)
		return f->info_status;
	assert_true(*size >= 82 + 2 * 255);
	memcpy(info, words, sizeof(words));
	*size = 82;
	return 0;
}

/* Reads at most 1000 bytes at once. */
static efi_status fake_read(struct efi_file *this, uint64_t *size, void *buffer)
{
	struct fake_file *f = (struct fake_file *)this;
	uint64_t left = f->there - f->at;

	if (f->read_status)
		return f->read_status;
	if (*size > left)
		*size = left;
	if (*size > 1000)
		*size = 1000;
	memcpy(buffer, (const uint8_t *)f->data + f->at, *size);
	f->at += *size;
	return 0;
}

static efi_status fake_open(struct efi_file *this, struct efi_file **file, const uint16_t *path,
			    uint64_t mode, uint64_t attributes)
{
	struct fake_file *f;
	size_t i;

	(void)this;
	assert_int_equal(mode, 1);
	assert_int_equal(attributes, 0);
	for (f = fake.file; f < fake.file + fake.files; f++) {
		for (i = 0; f->path[i] && path[i] == (uint8_t)f->path[i]; i++)
			;
		if (!f->path[i] && !path[i])
			break;
	}
	/* It is no pointer that may be closed. */
	*file = (struct efi_file *)(uintptr_t)1;
	if (f == fake.file + fake.files)
		return EFI_NOT_FOUND;
	if (f->open_status)
		return f->open_status;
	f->file =
		(struct efi_file){ .close = fake_close, .read = fake_read, .get_info = fake_info };
	f->at = 0;
	f->is_open = true;
	fake.opened++;
	*file = &f->file;
	return 0;
}

static efi_status open_volume(struct efi_file_system *this, struct efi_file **root)
{
	static struct efi_file the_root = { .open = fake_open, .close = fake_close };

	(void)this;
	if (fake.volume)
		return fake.volume;
	fake.opened++;
	*root = &the_root;
	return 0;
}

static struct efi_file_system file_system = { 0x10000, open_volume };
static int the_partition;

static struct fake_file *add_data(const char *path, const void *data, uint64_t size)
{
	struct fake_file *f = &fake.file[fake.files++];

	assert_true(fake.files <= FILES_MAX);
	*f = (struct fake_file){ .path = path, .data = data, .size = size, .there = size };
	return f;
}

static struct fake_file *add_file(const char *path, const char *text)
{
	return add_data(path, text, strlen(text));
}

/* The file that Halite is in: a node of a device path as UEFI 2.10, 10.3.5.4, and the end. */
#define OWN_PATH                                                                              \
	"\x04\x04\x2e\x00\\\0E\0F\0I\0\\\0B\0O\0O\0T\0\\\0h\0a\0l\0i\0t\0e\0.\0b\0i\0n\0\0\0" \
	"\x7f\xff\x04\x00"

static bool is_guid(const struct efi_guid *guid, const char *bytes)
{
	return !memcmp(guid, bytes, 16);
}

/* UEFI 2.10, EFI_LOADED_IMAGE_PROTOCOL_GUID and EFI_LOAD_FILE2_PROTOCOL_GUID, as bytes. */
#define LOADED_IMAGE "\xa1\x31\x1b\x5b\x62\x95\xd2\x11\x8e\x3f\x00\xa0\xc9\x69\x72\x3b"
#define FILE_SYSTEM  "\x22\x5b\x4e\x96\x59\x64\xd2\x11\x8e\x39\x00\xa0\xc9\x69\x72\x3b"
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
	else if (handle == &the_partition && is_guid(protocol, FILE_SYSTEM) && fake.has_files)
		*interface = &file_system;
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
	loaded.device = &the_partition;
	loaded.path = fake.path ? fake.path : OWN_PATH;
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
	assert_int_equal(fake.opened, 0);
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
	assert_int_equal(fake.opened, 0);
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
	assert_true(home_choose(&m, &mods, self, 1, 0x800000, 512, &home));
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

/* ---- halite.cfg ---- */

#define CONFIG "\\EFI\\BOOT\\halite.cfg"

/* A Linux Image: "RSC\x05" at 56, boot-image-header.rst. */
static uint8_t image[10000] = { [56] = 'R', 'S', 'C', 5, [9999] = 7 };

/* A partition with halite.cfg of this text and an Image beside it, and no other kernel. */
static void config_is(const char *text)
{
	void *none = NULL;

	teardown(&none);
	setup(&none);
	set_packed(false);
	fake.has_files = true;
	add_file(CONFIG, text);
	add_data("\\EFI\\BOOT\\Image", image, sizeof(image));
}

/* Halite goes on; return the pack that it then finds. */
static struct pack starts_with_pack(void)
{
	const struct range self = { (uintptr_t)riscv_image_start, sizeof(riscv_image_start) };
	static struct machine m;
	struct pack p;

	starts();
	make_memory();
	m = (struct machine){ 0 };
	assert_true(range_list_add(&m.ram, (struct range){ 0, UINT64_C(1) << 63 }));
	assert_fine(pack_find(&p, left_fdt, &m, self));
	assert_int_equal(p.header.size, 4096);
	assert_int_equal(p.kernel.size, sizeof(image));
	assert_memory_equal((void *)(uintptr_t)p.kernel.start, image, sizeof(image));
	return p;
}

static const char *words_of(const struct pack *p)
{
	return pack_words(p, left_fdt);
}

static void takes_a_config(void **state)
{
	static const uint16_t options[] = { 'x', '=', '1', 0 };
	struct pack p;

	(void)state;
	config_is("# The demo.\n"
		  "kernel = Image\n"
		  "\n"
		  "\tramdisk=/initrd.img  \r\n"
		  "append =\tconsole=ttyS0 \xc3\xa9\n"
		  "options = nacl=none stats tables=64 trace=64");
	add_file("\\initrd.img", "ramdisk");
	fake.options = options;
	fake.options_size = sizeof(options);
	p = starts_with_pack();
	assert_string_equal(console, "");
	assert_int_equal(p.ramdisk.size, 7);
	assert_memory_equal((void *)(uintptr_t)p.ramdisk.start, "ramdisk", 7);
	assert_int_equal(p.fdt.size, 0);
	assert_string_equal(words_of(&p), "nacl=none stats tables=64 trace=64");
	assert_string_equal(pack_bootargs(&p, left_fdt), "console=ttyS0 \xc3\xa9 x=1");
	/* A kernel is enough. The byte order mark is that of UTF-8. */
	config_is("\xef\xbb\xbfkernel = sub/dir\\Image");
	add_data("\\EFI\\BOOT\\sub\\dir\\Image", image, sizeof(image));
	p = starts_with_pack();
	assert_int_equal(p.ramdisk.size, 0);
	assert_string_equal(words_of(&p), "");
	assert_string_equal(pack_bootargs(&p, left_fdt), "");
}

static const char *text_at(const void *nodes, int node, const char *name, int number)
{
	return fdt_stringlist_get(nodes, node, name, number, NULL);
}

/* Check the file of a domain in the pack. */
static void has_module(const struct pack *p, int domain, const char *kind, const void *bytes,
		       size_t size, const char *bootargs)
{
	const uint8_t *module = (void *)(uintptr_t)p->domains.start;
	const void *nodes = module + PACK_DOMAINS_ROOM;
	int node = fdt_first_subnode(nodes, domain);
	const fdt64_t *reg;

	while (strcmp(text_at(nodes, node, "compatible", 0), kind))
		node = fdt_next_subnode(nodes, node);
	assert_string_equal(text_at(nodes, node, "compatible", 1), "multiboot,module");
	reg = fdt_getprop(nodes, node, "reg", NULL);
	assert_int_equal(fdt64_ld(reg + 1), size);
	assert_memory_equal(module + fdt64_ld(reg), bytes, size);
	if (bootargs)
		assert_string_equal(text_at(nodes, node, "bootargs", 0), bootargs);
	else
		assert_null(fdt_getprop(nodes, node, "bootargs", NULL));
}

static struct pack starts_with_domains(void)
{
	const struct range self = { (uintptr_t)riscv_image_start, sizeof(riscv_image_start) };
	static struct machine m;
	struct pack p;

	starts();
	make_memory();
	m = (struct machine){ 0 };
	assert_true(range_list_add(&m.ram, (struct range){ 0, UINT64_C(1) << 63 }));
	assert_fine(pack_find(&p, left_fdt, &m, self));
	assert_int_equal(p.kernel.size, 0);
	assert_true(p.domains.size > PACK_DOMAINS_ROOM);
	return p;
}

/* The nodes are those that docs/domains.md describes. */
static void takes_domains(void **state)
{
	struct pack p;
	const void *nodes;
	int a, b, s, length;

	(void)state;
	config_is("domain = name=A,memory=1G,kernel=Image,initrd=/a.img,append=x=1,,2 y,"
		  "harts=3:1,devices=serial0:/soc/rtc@101000,pci=00:01.0+00:02.0,"
		  "nacl=sync_csr+sync_sret,tables=1000,dma=trusted,power\n"
		  "options = stats\n"
		  "shared-memory = name=ring,size=64k,domains=A:B-b_1\n"
		  "domain = name=B-b_1,memory=6,kernel=Image,cpus=2\n"
		  "domain = memory=2048K,name=C,kernel=Image,append=\n");
	add_file("\\a.img", "ramdisk");
	p = starts_with_domains();
	assert_string_equal(console, "");
	assert_string_equal(words_of(&p), "stats");
	nodes = (uint8_t *)(uintptr_t)p.domains.start + PACK_DOMAINS_ROOM;
	assert_int_equal(fdt_check_full(nodes, p.domains.size - PACK_DOMAINS_ROOM), 0);
	a = fdt_first_subnode(nodes, 0);
	assert_string_equal(fdt_get_name(nodes, a, NULL), "domain-A");
	assert_string_equal(text_at(nodes, a, "compatible", 0), "halite,domain");
	assert_string_equal(text_at(nodes, a, "halite,name", 0), "A");
	assert_int_equal(fdt64_ld(fdt_getprop(nodes, a, "memory", NULL)), 1 << 20);
	assert_null(fdt_getprop(nodes, a, "cpus", NULL));
	assert_memory_equal(fdt_getprop(nodes, a, "halite,harts", &length), "\0\0\0\3\0\0\0\1", 8);
	assert_int_equal(length, 8);
	assert_int_equal(fdt_stringlist_count(nodes, a, "halite,devices"), 2);
	assert_string_equal(text_at(nodes, a, "halite,devices", 1), "/soc/rtc@101000");
	assert_string_equal(text_at(nodes, a, "halite,functions", 0), "00:01.0");
	assert_string_equal(text_at(nodes, a, "halite,functions", 1), "00:02.0");
	assert_string_equal(text_at(nodes, a, "halite,nacl", 0), "sync_csr,sync_sret");
	assert_string_equal(text_at(nodes, a, "halite,dma", 0), "trusted");
	assert_int_equal(fdt32_ld(fdt_getprop(nodes, a, "halite,tables", NULL)), 1000);
	assert_non_null(fdt_getprop(nodes, a, "halite,power", &length));
	assert_int_equal(length, 0);
	has_module(&p, a, "multiboot,kernel", image, sizeof(image), "x=1,2 y");
	has_module(&p, a, "multiboot,ramdisk", "ramdisk", 7, NULL);
	s = fdt_next_subnode(nodes, a);
	assert_string_equal(text_at(nodes, s, "compatible", 0), "halite,shared-memory");
	assert_string_equal(text_at(nodes, s, "halite,name", 0), "ring");
	assert_int_equal(fdt64_ld(fdt_getprop(nodes, s, "memory", NULL)), 64);
	assert_string_equal(text_at(nodes, s, "halite,domains", 1), "B-b_1");
	b = fdt_next_subnode(nodes, s);
	assert_int_equal(fdt32_ld(fdt_getprop(nodes, b, "cpus", NULL)), 2);
	assert_int_equal(fdt64_ld(fdt_getprop(nodes, b, "memory", NULL)), 6 << 10);
	assert_null(fdt_getprop(nodes, b, "halite,power", NULL));
	has_module(&p, b, "multiboot,kernel", image, sizeof(image), "console=ttyS0 panic=-1");
	b = fdt_next_subnode(nodes, b);
	assert_int_equal(fdt32_ld(fdt_getprop(nodes, b, "cpus", NULL)), 1);
	has_module(&p, b, "multiboot,kernel", image, sizeof(image), "");
	assert_true(fdt_next_subnode(nodes, b) < 0);
}

static void errors_in_domains_are_named(void **state)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{ "memory=2M,kernel=Image", "line 1: domain: name is missing" },
		{ "name=A,kernel=Image", "line 1: domain: memory is missing" },
		{ "name=A,memory=2M", "line 1: domain: kernel is missing" },
		{ "name=A,,memory=2M", "line 1: domain: name: 'A,memory=2M': a letter" },
		{ "name=A,", "line 1: domain: the word '' is not known" },
		{ "name=A,disk=x", "line 1: domain: the word 'disk' is not known" },
		{ "name=A,size=4K", "line 1: domain: the word 'size' is not known" },
		{ "name=A,name=B", "line 1: domain: name is given twice" },
		{ "name", "line 1: domain: name: its value is missing" },
		{ "tables=0", "line 1: domain: tables: '0': a number from 1 to 1000" },
		{ "tables=1001", "line 1: domain: tables: '1001': a number from 1 to 1000" },
		{ "power=yes", "line 1: domain: power: it takes no value" },
		{ "name=1", "line 1: domain: name: '1': a letter, then" },
		{ "name=", "line 1: domain: name: '': a letter, then" },
		{ "name=a b", "line 1: domain: name: 'a b': a letter, then" },
		{ "name=halite", "line 1: domain: name: 'halite': a letter, then" },
		{ "name=abcdefghijklmnopqrstuvwxy", "line 1: domain: name: 'abc" },
		{ "cpus=0", "line 1: domain: cpus: '0': a number from 1 to 512" },
		{ "cpus=513", "line 1: domain: cpus: '513': a number from 1 to 512" },
		{ "cpus=2x", "line 1: domain: cpus: '2x': a number" },
		{ "harts=1:", "line 1: domain: harts: '1:': hart ids up to 511" },
		{ "harts=512", "line 1: domain: harts: '512': hart ids" },
		{ "harts=1+2", "line 1: domain: harts: '1+2': hart ids" },
		{ "name=A,memory=2M,kernel=Image,cpus=1,harts=1",
		  "line 1: domain: cpus and harts: one is expected" },
		{ "memory=3M", "line 1: domain: memory: '3M': a size such as 512M" },
		{ "memory=0", "line 1: domain: memory: '0': a size" },
		{ "memory=2MB", "line 1: domain: memory: '2MB': a size" },
		{ "memory=2X", "line 1: domain: memory: '2X': a size" },
		{ "memory=18446744073709551618M", "line 1: domain: memory: '184" },
		{ "memory=4194305G", "line 1: domain: memory: '4194305G': a size" },
		{ "devices=a::b", "line 1: domain: devices: 'a::b': an item of the list" },
		{ "devices=", "line 1: domain: devices: '': an item of the list" },
		{ "pci=00:01.0+", "line 1: domain: pci: '00:01.0+': an item" },
		{ "nacl=foo", "line 1: domain: nacl: 'foo': all, none, or a list" },
		{ "nacl=sync_csr,,sync_sret", "line 1: domain: nacl: 'sync_csr,sync_sret': f" },
		{ "dma=yes", "line 1: domain: dma: 'yes': trusted is expected" },
		{ "name=A,memory=2M,kernel=\xc3\xa9", "line 1: domain: kernel: '" },
		{ "name=A,memory=2M,kernel=none",
		  "line 1: domain: A: kernel: 'none': there is no such file" },
		{ "name=A,memory=2M,kernel=Image,initrd=none",
		  "line 1: domain: A: initrd: 'none': there is no such file" },
		{ "name=A,memory=2M,kernel=halite.cfg",
		  "line 1: domain: A: kernel: 'halite.cfg': neither a RISC-V Linux Image" },
		{ "name=A,memory=2M,kernel=Image\ndomain = name=A,memory=2M,kernel=Image",
		  "line 2: domain: name: 'A': it is in line 1, too" },
		{ "name=A,memory=2M,kernel=Image\nkernel = Image",
		  "line 2: kernel: with domains, each has its own" },
		{ "name=A,memory=2M,kernel=Image\nshared-memory = name=r,size=6K,domains=A:B",
		  "line 2: shared-memory: size: '6K': a size such as 64K, in units of 4K" },
		{ "name=A,memory=2M,kernel=Image\nshared-memory = name=r,size=8K",
		  "line 2: shared-memory: domains is missing" },
		{ "name=A,memory=2M,kernel=Image\nshared-memory = name=r,kernel=Image",
		  "line 2: shared-memory: the word 'kernel' is not known" },
	};
	char text[4096];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "domain = %s", wrong[i].text);
		config_is(text);
		returns(strstr(wrong[i].message, "no such file") ? EFI_NOT_FOUND : EFI_LOAD_ERROR,
			wrong[i].message);
		assert_non_null(strstr(console, "halite.cfg: line "));
	}
	config_is("shared-memory = name=r,size=8K,domains=A:B");
	returns(EFI_LOAD_ERROR, "halite.cfg: domain: there is no such line");
	text[0] = '\0';
	for (i = 0; i < 17; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "domain = name=D%u,memory=2M,kernel=Image\n", i);
	config_is(text);
	returns(EFI_LOAD_ERROR, "halite.cfg: line 17: domain: too many such lines");
}

/* As with a packed ramdisk. halite.cfg's need not be there then. */
static void the_ramdisk_of_the_boot_loader_counts(void **state)
{
	struct pack p;

	(void)state;
	config_is("kernel = Image\nramdisk = nowhere\n");
	fake.has_ramdisk = true;
	fake.ramdisk_text = "loader's";
	fake.ramdisk_length = 8;
	p = starts_with_pack();
	assert_int_equal(p.ramdisk.size, 8);
	assert_memory_equal((void *)(uintptr_t)p.ramdisk.start, "loader's", 8);
}

static void takes_the_device_tree_of_the_config(void **state)
{
	static _Alignas(8) uint8_t own[TREE_SIZE];
	struct pack p;

	(void)state;
	config_is("kernel = Image\ndtb = own.dtb");
	make_tree();
	set_text("/", "model", "of halite.cfg");
	set_text("/chosen", "bootargs", "old");
	assert_int_equal(fdt_pack(tree), 0);
	memcpy(own, tree, fdt_totalsize(tree));
	add_data("\\EFI\\BOOT\\own.dtb", own, fdt_totalsize(own));
	make_tree();
	set_text("/chosen", "bootargs", "of EFI");
	assert_int_equal(fdt_pack(tree), 0);
	p = starts_with_pack();
	assert_string_equal(fdt_getprop(left_fdt, 0, "model", NULL), "of halite.cfg");
	assert_string_equal(pack_bootargs(&p, left_fdt), "of EFI");
	assert_ram(0, 0x80200000, 0x1800000);
	/* A machine with ACPI only. */
	config_is("kernel = Image\ndtb = own.dtb");
	add_data("\\EFI\\BOOT\\own.dtb", own, fdt_totalsize(own));
	fake.has_tree = false;
	p = starts_with_pack();
	assert_string_equal(pack_bootargs(&p, left_fdt), "old");
}

/* What the boot loader starts or passes has a kernel; halite.cfg may be another system's. */
static void a_pack_counts_before_the_config(void **state)
{
	static char bundle[4096] = "HALITEPK";

	(void)state;
	config_is("wrong");
	set_packed(true);
	starts();
	config_is("wrong");
	fake.has_ramdisk = true;
	fake.ramdisk_text = bundle;
	fake.ramdisk_length = sizeof(bundle);
	starts();
	assert_int_equal(pack_loader_ramdisk(left_fdt).size, 4096);
}

static void no_config_is_no_error(void **state)
{
	(void)state;
	config_is("kernel = Image");
	fake.has_files = false;
	returns(EFI_NOT_FOUND, "no kernel: start a file that 'halite pack' has made");
	config_is("kernel = Image");
	fake.volume = EFI_ERROR(7);
	returns(EFI_NOT_FOUND, "or put halite.cfg beside this file");
	config_is("kernel = Image");
	fake.file[0].path = "\\halite.cfg";
	returns(EFI_NOT_FOUND, "no kernel");
}

static void errors_in_the_config_are_named(void **state)
{
	static char long_append[3000], long_path[400], long_words[700];
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{ "# nothing\n", "halite.cfg: kernel: there is no such line" },
		{ "kernel = Image\n\nkernel = Image\n",
		  "halite.cfg: line 3: kernel: it is in line 1, too" },
		{ "kernel = Image\ninitrd = x\n",
		  "halite.cfg: line 2: the key 'initrd' is not known; kernel, ramdisk, dtb, "
		  "append, "
		  "options, domain or shared-memory is expected" },
		{ "kernel = Image\nKernel = x\n", "line 2: the key 'Kernel' is not known" },
		{ "kernel = Image\nkern = x\n", "line 2: the key 'kern' is not known" },
		{ "= Image\n", "line 1: the key '' is not known" },
		{ "a23456789b123456789c123456789d123456789 = x",
		  "the key 'a23456789b123456789c123456789d12' is not known" },
		{ "kernel Image\n", "halite.cfg: line 1: expected 'key = value'" },
		{ "kernel =\n", "halite.cfg: line 1: kernel: it has no value" },
		{ "kernel = Image\nappend = \t\n", "halite.cfg: line 2: append: it has no value" },
		{ "kernel = Im\1age\n",
		  "line 1: the byte 0x01 is no text: expected ASCII or UTF-8" },
		{ "#\x7f\n", "line 1: the byte 0x7f is no text" },
		{ "kernel\r = Image\n", "line 1: the byte 0x0d is no text" },
		{ "kernel = Imag\xc3\xa9\n",
		  "line 1: kernel: expected a path of printable ASCII characters" },
		{ "ramdisk = a\tb", "line 1: ramdisk: expected a path of printable ASCII" },
		{ long_append, "line 1: append: 2048 characters; at most 2047 are expected" },
		{ long_path, "line 1: dtb: 256 characters; at most 255 are expected" },
		{ long_words, "line 1: options: 512 characters; at most 511 are expected" },
		{ "options = nacl=foo",
		  "halite.cfg: line 1: options: nacl=: \"foo\" is not known" },
		{ "options = give=foo", "line 1: options: give=: \"foo\" is no device" },
		{ "options = trace=65", "line 1: options: trace=: \"65\" is no power of two" },
		{ "options = tables=1", "line 1: options: tables=: \"1\" is no number from" },
		{ "options = stats foo=1", "line 1: options: unknown word \"foo=1\"" },
		{ "kernel = halite.cfg\n",
		  "line 1: kernel: 'halite.cfg': neither a RISC-V Linux Image nor a RISC-V ELF: " },
		{ "kernel = Image\ndtb = Image\n",
		  "line 2: dtb: 'Image': it is no device tree, or is damaged: give a .dtb file" },
	};
	unsigned int i;

	(void)state;
	snprintf(long_append, sizeof(long_append), "append = %02048d", 1);
	snprintf(long_path, sizeof(long_path), "dtb = %0256d", 1);
	snprintf(long_words, sizeof(long_words), "options = %0512d", 1);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config_is(wrong[i].text);
		returns(EFI_LOAD_ERROR, wrong[i].message);
	}
	/* UTF-16, as some editors write it. */
	config_is("");
	fake.file[0].data = "k\0e\0";
	fake.file[0].size = fake.file[0].there = 4;
	returns(EFI_LOAD_ERROR, "line 1: the byte 0x00 is no text");
}

static void missing_files_are_named(void **state)
{
	(void)state;
	config_is("kernel = image\n");
	returns(EFI_NOT_FOUND, "halite.cfg: line 1: kernel: 'image': there is no such file on the "
			       "partition");
	config_is("kernel = Image\nramdisk = /x\n");
	returns(EFI_NOT_FOUND, "halite.cfg: line 2: ramdisk: '/x': there is no such file");
	config_is("kernel = Image\ndtb = \\EFI\\x.dtb\n");
	returns(EFI_NOT_FOUND, "line 2: dtb: '\\EFI\\x.dtb': there is no such file");
}

/* The folder has 400 characters, and the path of the kernel 255. There is a file of both, cut. */
static void a_path_is_not_cut(void **state)
{
	/* A node of the path "\ddd...d\", and the end. */
	static uint16_t node[404] = { 0x0404, 4 + 2 * 400, [402] = 0xff7f, 4 };
	static char folder[401], config[600], kernel[256], cut[600], text[300];
	unsigned int i;

	(void)state;
	for (i = 0; i < 400; i++) {
		folder[i] = i == 0 || i == 399 ? '\\' : 'd';
		node[2 + i] = folder[i];
	}
	memset(kernel, 'k', 255);
	snprintf(config, sizeof(config), "%shalite.cfg", folder);
	snprintf(cut, sizeof(cut), "%s%.*s", folder, 509 - 400, kernel);
	snprintf(text, sizeof(text), "kernel = %s", kernel);
	config_is(text);
	fake.path = node;
	fake.file[0].path = config;
	fake.file[1].path = cut;
	returns(EFI_NOT_FOUND, "there is no such file on the partition");
}

static void kernels_of_other_kinds_are_named(void **state)
{
	static const struct {
		char bytes[9];
		const char *message;
	} wrong[] = {
		{ "\x1f\x8b", "gzip-compressed data: unpack it first, as 'halite pack' does" },
		{ "MZ\0\0zimg", "an EFI zboot image: give the Image in it, as 'halite pack' does" },
		{ "\177ELF\1\1", "an ELF that is not 64-bit little-endian" },
	};
	static uint8_t kernel[100];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		config_is("kernel = k");
		memset(kernel, 0, sizeof(kernel));
		memcpy(kernel, wrong[i].bytes, 8);
		add_data("\\EFI\\BOOT\\k", kernel, sizeof(kernel));
		returns(EFI_LOAD_ERROR, wrong[i].message);
		assert_non_null(strstr(console, "halite.cfg: line 1: kernel: 'k': "));
	}
}

/* A vmlinux has a physical address of more than 56 bits in its program header. */
static void a_vmlinux_is_named_at_once(void **state)
{
	static struct {
		uint8_t ident[16];
		uint16_t type, machine;
		uint32_t version;
		uint64_t entry, phoff, shoff;
		uint32_t flags;
		uint16_t ehsize, phentsize, phnum, rest[3];
		uint32_t segment_type, segment_flags;
		uint64_t offset, vaddr, paddr, filesz, memsz, align;
	} kernel = { .ident = "\177ELF\2\1\1",
		     .type = 2,
		     .machine = 243,
		     .phoff = 64,
		     .phentsize = 56,
		     .phnum = 1,
		     .segment_type = 1,
		     .paddr = UINT64_C(0xffffffff80000000),
		     .memsz = 4 };

	(void)state;
	config_is("kernel = k");
	add_data("\\EFI\\BOOT\\k", &kernel, sizeof(kernel));
	returns(EFI_LOAD_ERROR, "halite.cfg: line 1: kernel: 'k': an ELF linked at virtual "
				"addresses (p_paddr 0xffffffff80000000): this is vmlinux, give "
				"arch/riscv/boot/Image");
	config_is("kernel = k");
	kernel.phoff = 65;
	add_data("\\EFI\\BOOT\\k", &kernel, sizeof(kernel));
	returns(EFI_LOAD_ERROR, "'k': an ELF whose 1 program headers of 56 bytes at 0x41 are not "
				"in the file");
}

/* Files that cannot be read: halite.cfg itself, the kernel, the ramdisk, the device tree. */
static void files_that_cannot_be_read_are_named(void **state)
{
	static const char *const names[] = { "halite.cfg: ", "line 1: kernel: 'Image': ",
					     "line 2: ramdisk: 'r': ", "line 3: dtb: 'd': " };
	unsigned int i, kind;
	char message[128];

	(void)state;
	for (i = 0; i < 4; i++) {
		for (kind = 0; kind < 7; kind++) {
			static const char *const what[] = {
				"cannot open it: EFI status 0x8000000000000007",
				"its size is not known: EFI status 0x8000000000000007",
				"cannot read it: EFI status 0x8000000000000007",
				"it is cut short: ",
				"it is a folder; a file is expected",
				"it is empty",
				"it is too large",
			};
			struct fake_file *f = &fake.file[i];

			config_is("kernel = Image\nramdisk = r\ndtb = d\n");
			add_file("\\EFI\\BOOT\\r", "ramdisk");
			make_tree();
			assert_int_equal(fdt_pack(tree), 0);
			add_data("\\EFI\\BOOT\\d", tree, fdt_totalsize(tree));
			f->open_status = kind == 0 ? EFI_ERROR(7) : 0;
			f->info_status = kind == 1 ? EFI_ERROR(7) : 0;
			f->read_status = kind == 2 ? EFI_ERROR(7) : 0;
			f->there -= kind == 3;
			f->attributes = kind == 4 ? 0x30 : 0x20;
			/* A size whose whole pages have more than 64 bits. */
			f->size = kind == 5 ? 0 : kind == 6 ? UINT64_MAX - 1 : f->size;
			snprintf(message, sizeof(message), "%s%s", names[i], what[kind]);
			returns(kind < 3 ? EFI_ERROR(7) : EFI_LOAD_ERROR, message);
		}
	}
	config_is("kernel = Image");
	fake.file[0].size = 65537;
	returns(EFI_LOAD_ERROR, "halite.cfg: it has 65537 bytes; at most 65536 are expected");
}

static void returns_without_memory_for_the_config(void **state)
{
	static const char *const what[] = { "halite.cfg", "dtb: 'd'", "kernel and ramdisk" };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		config_is("kernel = Image\ndtb = d");
		add_data("\\EFI\\BOOT\\d", tree, fdt_totalsize(tree));
		fake.allocate = EFI_ERROR(9);
		fake.allocations_before_error = i;
		returns(EFI_ERROR(9), what[i]);
	}
}

/* A node with the path "\2345678\", without a zero. */
#define LONG                   \
	"\x04\x04\x16\x00\\\0" \
	"2\0"                  \
	"3\0"                  \
	"4\0"                  \
	"5\0"                  \
	"6\0"                  \
	"7\0"                  \
	"8\0\\\0"

#define assert_folder(expected, path)                                      \
	do {                                                               \
		assert_true(efi_path_folder(folder, 10, path));            \
		for (i = 0; expected[i]; i++)                              \
			assert_int_equal(folder[i], (uint8_t)expected[i]); \
		assert_int_equal(folder[i], 0);                            \
	} while (0)

/* UEFI 2.10, 10.3.5.4: nodes are parts of a path, with exactly one backslash between two. */
static void finds_its_folder(void **state)
{
	uint16_t folder[10];
	unsigned int i;

	(void)state;
	assert_folder("\\", "\x04\x04\x06\x00g\0\x7f\xff\x04\x00");
	assert_folder("\\a\\", "\x04\x04\x0a\x00\\\0a\0\0\0\x04\x04\x06\x00g\0\x7f\xff\x04\x00");
	assert_folder("\\a\\", "\x04\x04\x08\x00\\\0a\0\x04\x04\x08\x00\\\0g\0\x7f\xff\x04\x00");
	assert_folder("\\a\\",
		      "\x04\x04\x0a\x00\\\0a\0\\\0\x04\x04\x08\x00\\\0g\0\x7f\xff\x04\x00");
	/* Another node first: a hard drive, without its contents. A node of 3 bytes ends it. */
	assert_folder("\\", "\x04\x01\x04\x00\x04\x04\x06\x00g\0\x04\x04\x03\x00");
	assert_folder("\\2345678\\", LONG "\x7f\xff\x04\x00");
	assert_false(efi_path_folder(folder, 9, LONG "\x7f\xff\x04\x00"));
	assert_false(efi_path_folder(folder, 10, LONG LONG "\x7f\xff\x04\x00"));
	assert_false(efi_path_folder(folder, 10, "\x7f\xff\x04\x00"));
	assert_false(efi_path_folder(folder, 10, "\x04\x04\x04\x00\x7f\xff\x04\x00"));
	assert_false(efi_path_folder(folder, 10, NULL));
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
		TEST(takes_a_config),
		TEST(takes_domains),
		TEST(errors_in_domains_are_named),
		TEST(the_ramdisk_of_the_boot_loader_counts),
		TEST(takes_the_device_tree_of_the_config),
		TEST(a_pack_counts_before_the_config),
		TEST(no_config_is_no_error),
		TEST(errors_in_the_config_are_named),
		TEST(missing_files_are_named),
		TEST(a_path_is_not_cut),
		TEST(kernels_of_other_kinds_are_named),
		TEST(a_vmlinux_is_named_at_once),
		TEST(files_that_cannot_be_read_are_named),
		TEST(returns_without_memory_for_the_config),
		TEST(finds_its_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
