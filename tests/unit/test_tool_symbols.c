/* SPDX-License-Identifier: BSD-2-Clause */
/* The command's reader of ELF symbols, and what it makes of a dump on a console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "dump.h"

#define BASE UINT64_C(0x80200000)

/* One ELF as a linker writes it: null, text, note, symbols and their names. */
static struct {
	Elf64_Ehdr header;
	Elf64_Nhdr note;
	char note_name[4];
	uint8_t build_id[BUILD_ID_SIZE];
	Elf64_Sym symbols[8];
	char names[64];
	Elf64_Shdr sections[5];
} elf;

static char path[64];

static uint32_t add_name(const char *name)
{
	static uint32_t used;
	uint32_t at;

	if (!name) {
		memset(elf.names, 0, sizeof(elf.names));
		used = 1;
		return 0;
	}
	at = used;
	strcpy(elf.names + at, name);
	used += strlen(name) + 1;
	return at;
}

static Elf64_Sym symbol(const char *name, unsigned int type, uint64_t offset, uint64_t size)
{
	return (Elf64_Sym){
		.st_name = add_name(name),
		.st_info = ELF64_ST_INFO(STB_LOCAL, type),
		.st_shndx = 1,
		.st_value = BASE + offset,
		.st_size = size,
	};
}

static void make_sections(void)
{
	elf.sections[1] = (Elf64_Shdr){
		.sh_type = SHT_PROGBITS,
		.sh_flags = SHF_ALLOC | SHF_EXECINSTR,
		.sh_addr = BASE,
		.sh_size = 0x1000,
	};
	elf.sections[2] = (Elf64_Shdr){
		.sh_type = SHT_NOTE,
		.sh_flags = SHF_ALLOC,
		.sh_addr = BASE + 0x1000,
		.sh_offset = offsetof(typeof(elf), note),
		.sh_size = sizeof(elf.note) + 4 + BUILD_ID_SIZE,
	};
	elf.sections[3] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(typeof(elf), symbols),
		.sh_size = sizeof(elf.symbols),
		.sh_link = 4,
	};
	elf.sections[4] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(typeof(elf), names),
		.sh_size = sizeof(elf.names),
	};
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.e_ident, ELFMAG, SELFMAG);
	elf.header.e_ident[EI_CLASS] = ELFCLASS64;
	elf.header.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.header.e_machine = EM_RISCV;
	elf.header.e_shoff = offsetof(typeof(elf), sections);
	elf.header.e_shentsize = sizeof(Elf64_Shdr);
	elf.header.e_shnum = 5;
	elf.note = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = BUILD_ID_SIZE, .n_type = 3 };
	memcpy(elf.note_name, "GNU", 4);
	for (i = 0; i < BUILD_ID_SIZE; i++)
		elf.build_id[i] = 0xa0 + i;
	add_name(NULL);
	elf.symbols[1] = symbol("second", STT_FUNC, 0x40, 0x20);
	elf.symbols[2] = symbol("first", STT_FUNC, 0, 0x40);
	elf.symbols[3] = symbol("label", STT_NOTYPE, 0x80, 0);
	elf.symbols[4] = symbol(".Lmine", STT_NOTYPE, 0x84, 0);
	elf.symbols[5] = symbol("table", STT_OBJECT, 0x88, 8);
	elf.symbols[6] = symbol("entry", STT_NOTYPE, 0x40, 0);
	make_sections();
	return 0;
}

/* Writes the first @size bytes of it. */
static void write_elf(size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(&elf, 1, size, f), size);
	fclose(f);
}

static void expect(const struct symbols *s, uint64_t offset, const char *name, uint64_t into)
{
	uint64_t found_into;
	const char *found = symbols_find(s, offset, &found_into);

	assert_non_null(found);
	assert_string_equal(found, name);
	assert_int_equal(found_into, into);
}

static void an_offset_has_the_function_around_it(void **state)
{
	struct symbols s;
	uint64_t into;

	(void)state;
	write_elf(sizeof(elf));
	assert_int_equal(symbols_read(path, &s), 0);
	assert_memory_equal(s.build_id, elf.build_id, BUILD_ID_SIZE);
	expect(&s, 0, "first", 0);
	expect(&s, 0x3e, "first", 0x3e);
	/* Two at one address: the function, not the label. */
	expect(&s, 0x40, "second", 0);
	expect(&s, 0x5f, "second", 0x1f);
	/* Neither the compiler's labels nor data. */
	expect(&s, 0x90, "label", 0x10);
	elf.symbols[2] = elf.symbols[0];
	write_elf(sizeof(elf));
	assert_int_equal(symbols_read(path, &s), 0);
	assert_null(symbols_find(&s, 0x20, &into));
}

static void other_files_are_refused(void **state)
{
	struct symbols s;

	(void)state;
	assert_int_equal(symbols_read("/nowhere", &s), -1);
	assert_int_equal(symbols_read("/tmp", &s), -1);
	write_elf(0);
	assert_int_equal(symbols_read(path, &s), -1);
	elf.header.e_machine = EM_X86_64;
	write_elf(sizeof(elf));
	assert_int_equal(symbols_read(path, &s), -1);
	setup(NULL);
	elf.sections[3].sh_type = SHT_PROGBITS;
	write_elf(sizeof(elf));
	assert_int_equal(symbols_read(path, &s), -1);
}

static void read_all(void)
{
	struct symbols s;
	uint64_t offset, into;

	if (symbols_read(path, &s) < 0)
		return;
	for (offset = 0; offset < 0x100; offset += 4)
		symbols_find(&s, offset, &into);
}

/* AddressSanitizer sees what is read beyond the mapping, or that is none. */
static void a_damaged_file_is_survived(void **state)
{
	uint8_t *bytes = (uint8_t *)&elf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(elf); i += 3) {
		write_elf(i);
		read_all();
	}
	for (i = 0; i < sizeof(elf); i++) {
		bytes[i] ^= 0xff;
		write_elf(sizeof(elf));
		read_all();
		bytes[i] ^= 0xff;
	}
}

static void the_last_dump_of_a_console_counts(void **state)
{
	static const char console[] =
		"noise +0x1\r\nhalite: own trap: hart 0, image at 0x1, build id 11\r\n"
		"halite: own trap: sepc +0x2, ra +0x4\r\n"
		"halite: own trap: hart 1, image at 0x1, build id abcd\r\n"
		"halite: own trap: sepc +0x10, ra 0x20\r\n"
		"halite: own trap: stack 0x1000: +0x30\r\nhalite: own trap: stack 0x1008: +0x10\r\n"
		"+0x99\r\n";
	struct dump dump = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(console) - 1; i++)
		dump_feed(&dump, console + i, 1);
	assert_string_equal(dump.build_id, "abcd");
	assert_int_equal(dump.count, 2);
	assert_int_equal(dump.offsets[0], 0x10);
	assert_int_equal(dump.offsets[1], 0x30);
}

static void long_lines_and_many_offsets_are_cut(void **state)
{
	struct dump dump = { 0 };
	char line[64];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		dump_feed(&dump, "halite: own trap: +0x1 ", 23);
	dump_feed(&dump, "\n", 1);
	assert_int_equal(dump.count, 1);
	for (i = 0; i < 1000; i++) {
		int size = snprintf(line, sizeof(line), "halite: own trap: +0x%x\n", i);

		dump_feed(&dump, line, (size_t)size);
	}
	assert_int_equal(dump.count, DUMP_OFFSETS_MAX);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(an_offset_has_the_function_around_it), T(other_files_are_refused),
		T(a_damaged_file_is_survived),		 T(the_last_dump_of_a_console_counts),
		T(long_lines_and_many_offsets_are_cut),
	};
	int failed;

	snprintf(path, sizeof(path), "/tmp/test_tool_symbols.%d", (int)getpid());
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
