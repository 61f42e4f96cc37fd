/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "hv_test.h"

#include "hv/image.h"

#define MIB	 (UINT64_C(1) << 20)
#define RAM_SIZE (32 * MIB)

/* The RAM of a machine, at the address of the test's memory. Kernels are put behind 16 MiB. */
static uint8_t *ram_memory;
static struct range_list ram, keep;
static struct range kernel;
static struct image img;

static int setup(void **state)
{
	(void)state;
	ram_memory = aligned_alloc(2 * MIB, RAM_SIZE);
	memset(ram_memory, 0xaa, RAM_SIZE);
	make_memory();
	ram = keep = (struct range_list){ 0 };
	range_list_add(&ram, (struct range){ (uintptr_t)ram_memory, RAM_SIZE });
	kernel = (struct range){ (uintptr_t)ram_memory + 16 * MIB + 0x1000, 0x1000 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(ram_memory);
	return 0;
}

static uint64_t at(uint64_t offset)
{
	return (uintptr_t)ram_memory + offset;
}

static void put(uint64_t offset, const void *bytes, size_t size)
{
	memcpy((uint8_t *)kernel.start + offset, bytes, size);
}

static void put_linux(uint64_t text_offset, uint64_t image_size)
{
	uint64_t head[8] = { 0x1122334455667788, text_offset, image_size, 0, 2, 0,
			     0x5643534952,	 0x05435352 };

	put(0, head, sizeof(head));
}

static void load(void)
{
	image_load(&img, kernel, &ram, &keep);
}

static void linux_goes_where_firmware_puts_it(void **state)
{
	(void)state;
	put_linux(2 * MIB, 0x3000);
	range_list_add(&keep, (struct range){ at(0), 0x80000 });
	assert_fine(load());
	assert_int_equal(img.entry, at(2 * MIB));
	assert_int_equal(img.memory.size, 0x3000);
	assert_memory_equal(ram_memory + 2 * MIB, "\x88\x77\x66", 3);
}

static void linux_stays_where_it_can_run(void **state)
{
	(void)state;
	kernel.start = at(16 * MIB);
	put_linux(2 * MIB, 0x3000);
	range_list_add(&keep, (struct range){ at(16 * MIB + 0x3000), 0x1000 });
	assert_fine(load());
	assert_int_equal(img.entry, at(16 * MIB));
	assert_int_equal(img.memory.start, at(16 * MIB));
	assert_int_equal(img.memory.size, 0x3000);
	assert_int_equal(ram_memory[2 * MIB], 0xaa);
}

static void linux_goes_from_where_its_bss_has_no_room(void **state)
{
	(void)state;
	kernel.start = at(16 * MIB);
	put_linux(2 * MIB, 0x3001);
	range_list_add(&keep, (struct range){ at(16 * MIB + 0x3000), 0x1000 });
	assert_fine(load());
	assert_int_equal(img.entry, at(2 * MIB));
	/* Nor beyond RAM. */
	keep.count = 0;
	kernel.start = at(30 * MIB);
	put_linux(2 * MIB, 2 * MIB + 1);
	assert_fine(load());
	assert_int_equal(img.entry, at(2 * MIB));
}

static void linux_keeps_off_what_is_in_use(void **state)
{
	(void)state;
	put_linux(2 * MIB, 3 * MIB);
	/* A ramdisk in the bss of the first place: the next one that is free. */
	range_list_add(&keep, (struct range){ at(4 * MIB + 0x1000), 0x1000 });
	assert_fine(load());
	assert_int_equal(img.entry, at(6 * MIB));
}

static void linux_may_overlap_its_module(void **state)
{
	unsigned int i;

	(void)state;
	kernel = (struct range){ at(2 * MIB + 0x800), 0x2000 };
	for (i = 0; i < kernel.size; i++)
		((uint8_t *)kernel.start)[i] = i / 7;
	put_linux(2 * MIB, 0x1000);
	assert_fine(load());
	assert_int_equal(img.entry, at(2 * MIB));
	/* The file is larger than image_size says. */
	assert_int_equal(img.memory.size, 0x2000);
	for (i = 64; i < kernel.size; i++)
		assert_int_equal(((uint8_t *)img.entry)[i], (uint8_t)(i / 7));
}

static void linux_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	put_linux(2 * MIB, RAM_SIZE);
	assert_fatal(load(), "too little RAM");
	put_linux(2 * MIB, UINT64_MAX);
	assert_fatal(load(), "too little RAM");
	put_linux(UINT64_MAX, 0x1000);
	assert_fatal(load(), "text_offset");
}

struct elf {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, rest[3];
	struct {
		uint32_t type, flags;
		uint64_t offset, vaddr, paddr, filesz, memsz, align;
	} ph[2];
};

static struct elf good_elf(void)
{
	return (struct elf){
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = 2, .machine = 243, .entry = 0xffff0010, .phoff = 64, .phentsize = 56,
		.phnum = 2,
		.ph = {
			{ 1, 5, 0x200, 0xffff0000, at(0x1000), 0x100, 0x300, 1 },
			{ 1, 6, 0x300, 0xffff8000, at(0x9000), 0, 0x1000, 1 },
		},
	};
}

static void elf_goes_where_it_says(void **state)
{
	struct elf e = good_elf();

	(void)state;
	put(0, &e, sizeof(e));
	put(0x200, "code", 4);
	assert_fine(load());
	assert_int_equal(img.entry, at(0x1010));
	assert_int_equal(img.memory.start, at(0x1000));
	assert_int_equal(img.memory.size, 0x9000);
	assert_memory_equal(ram_memory + 0x1000, "code", 4);
	assert_int_equal(ram_memory[0xfff], 0xaa);
	assert_int_equal(ram_memory[0x1100], 0);
	assert_int_equal(ram_memory[0x12ff], 0);
	assert_int_equal(ram_memory[0x1300], 0xaa);
	assert_int_equal(ram_memory[0x9fff], 0);
}

#define refuse_elf(change, part)                            \
	do {                                                \
		struct elf e = good_elf();                  \
                                                            \
		change;                                     \
		put(0, &e, sizeof(e));                      \
		assert_fatal(load(), part);                 \
		assert_int_equal(ram_memory[0x1200], 0xaa); \
	} while (0)

static void bad_elf_is_refused_before_anything_is_written(void **state)
{
	(void)state;
	range_list_add(&keep, (struct range){ at(8 * MIB), MIB });
	refuse_elf(e.ident[4] = 1, "64-bit");
	refuse_elf(e.machine = 62, "machine 62");
	refuse_elf(e.type = 1, "e_type 1");
	refuse_elf(e.phentsize = 32, "program headers");
	refuse_elf(e.phoff = UINT64_MAX - 8, "program headers");
	refuse_elf(e.phnum = 0xffff, "program headers");
	refuse_elf(e.phnum = 0, "no PT_LOAD");
	refuse_elf(e.entry = 0x1000, "no PT_LOAD");
	refuse_elf(e.ph[1].filesz = 0x2000, "not in the file");
	refuse_elf(e.ph[1].offset = UINT64_MAX, "not in the file");
	refuse_elf((e.ph[1].filesz = 0x1000, e.ph[1].offset = 0x800), "not in the file");
	refuse_elf(e.ph[1].paddr = at(RAM_SIZE) - 0x800, "not in RAM");
	refuse_elf(e.ph[1].paddr = (UINT64_C(1) << 56) - 0x10, "not in RAM");
	refuse_elf(e.ph[1].paddr = UINT64_C(1) << 56,
		   "this is vmlinux, give arch/riscv/boot/Image");
	refuse_elf(e.ph[1].paddr = UINT64_MAX - 0x10, "this is vmlinux");
	refuse_elf(e.ph[1].memsz = UINT64_MAX, "not in RAM");
	refuse_elf(e.ph[1].paddr = at(8 * MIB) - 1, "in use");
	refuse_elf(e.ph[1].paddr = kernel.start - 0x800, "in use");
}

static void what_else_it_is_is_named(void **state)
{
	uint8_t arm[64] = { 0 };

	(void)state;
	put(0, "\x1f\x8b", 2);
	assert_fatal(load(), "gzip");
	memcpy(arm, "MZ", 2);
	memcpy(arm + 56, "ARM\x64", 4);
	put(0, arm, sizeof(arm));
	assert_fatal(load(), "arm64");
	put(0, "hello wo", 8);
	put(56, "\0\0\0\0", 4);
	assert_fatal(load(), "68 65 6c 6c 6f 20 77 6f");
	kernel.size = 1;
	assert_fatal(load(), "1 bytes that begin with 68");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(linux_goes_where_firmware_puts_it),
		TEST(linux_stays_where_it_can_run),
		TEST(linux_goes_from_where_its_bss_has_no_room),
		TEST(linux_keeps_off_what_is_in_use),
		TEST(linux_may_overlap_its_module),
		TEST(linux_that_does_not_fit_is_refused),
		TEST(elf_goes_where_it_says),
		TEST(bad_elf_is_refused_before_anything_is_written),
		TEST(what_else_it_is_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
