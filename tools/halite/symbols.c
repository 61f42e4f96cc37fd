/* SPDX-License-Identifier: BSD-2-Clause */
#include "symbols.h"

#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The whole file in memory. False: it cannot be read, or is empty. */
static bool map_file(const char *path, struct symbols *s)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *file;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		close(fd);
		return false;
	}
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	s->file = file;
	s->size = (size_t)st.st_size;
	return file != MAP_FAILED;
}

/* @size bytes at @offset of the file, or NULL: it does not have them. */
static const void *bytes_at(const struct symbols *s, uint64_t offset, uint64_t size)
{
	return offset <= s->size && size <= s->size - offset ? s->file + offset : NULL;
}

static bool read_header(const struct symbols *s, Elf64_Ehdr *header)
{
	const void *at = bytes_at(s, 0, sizeof(*header));

	if (!at)
		return false;
	memcpy(header, at, sizeof(*header));
	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
	       le16toh(header->e_machine) == EM_RISCV &&
	       le16toh(header->e_shentsize) == sizeof(Elf64_Shdr);
}

static bool read_section(const struct symbols *s, const Elf64_Ehdr *header, unsigned int index,
			 Elf64_Shdr *section)
{
	uint64_t offset = le64toh(header->e_shoff);
	const void *at;

	if (index >= le16toh(header->e_shnum) || offset > s->size)
		return false;
	at = bytes_at(s, offset + index * sizeof(*section), sizeof(*section));
	if (at)
		memcpy(section, at, sizeof(*section));
	return at;
}

static const void *content(const struct symbols *s, const Elf64_Shdr *section)
{
	return bytes_at(s, le64toh(section->sh_offset), le64toh(section->sh_size));
}

static void take_build_id(struct symbols *s, const Elf64_Shdr *section)
{
	const uint8_t *note = content(s, section);
	Elf64_Nhdr header;

	if (!note || le64toh(section->sh_size) != sizeof(header) + 4 + BUILD_ID_SIZE)
		return;
	memcpy(&header, note, sizeof(header));
	if (le32toh(header.n_type) == NT_GNU_BUILD_ID && le32toh(header.n_namesz) == 4 &&
	    le32toh(header.n_descsz) == BUILD_ID_SIZE && !memcmp(note + sizeof(header), "GNU", 4))
		s->build_id = note + sizeof(header) + 4;
}

static void take_table(struct symbols *s, const Elf64_Ehdr *header, const Elf64_Shdr *section)
{
	Elf64_Shdr strings;

	if (!read_section(s, header, le32toh(section->sh_link), &strings))
		return;
	s->table = content(s, section);
	s->count = le64toh(section->sh_size) / sizeof(Elf64_Sym);
	s->names = content(s, &strings);
	s->names_size = le64toh(strings.sh_size);
}

int symbols_read(const char *path, struct symbols *s)
{
	Elf64_Shdr section;
	Elf64_Ehdr header;

	*s = (struct symbols){ .base = UINT64_MAX };
	if (!map_file(path, s) || !read_header(s, &header))
		return -1;
	for (unsigned int i = 0; read_section(s, &header, i, &section); i++) {
		uint64_t address = le64toh(section.sh_addr);

		if ((le64toh(section.sh_flags) & SHF_ALLOC) && address < s->base)
			s->base = address;
		if (le32toh(section.sh_type) == SHT_NOTE)
			take_build_id(s, &section);
		else if (le32toh(section.sh_type) == SHT_SYMTAB)
			take_table(s, &header, &section);
	}
	return s->table && s->names && s->base != UINT64_MAX ? 0 : -1;
}

int symbols_build_id(const char *path, char text[2 * BUILD_ID_SIZE + 1])
{
	struct symbols s;

	if (symbols_read(path, &s) < 0 || !s.build_id)
		return -1;
	for (size_t i = 0; i < BUILD_ID_SIZE; i++)
		sprintf(text + 2 * i, "%02x", s.build_id[i]);
	return 0;
}

/* Labels in assembly have no type and no size. The compiler's labels begin with a dot or with $. */
static bool is_function(const struct symbols *s, const Elf64_Sym *symbol)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);
	uint32_t name = le32toh(symbol->st_name);

	return (type == STT_FUNC || type == STT_NOTYPE) && le16toh(symbol->st_shndx) != SHN_UNDEF &&
	       le16toh(symbol->st_shndx) < SHN_LORESERVE && name < s->names_size &&
	       s->names[name] && s->names[name] != '.' && s->names[name] != '$' &&
	       memchr(s->names + name, '\0', s->names_size - name);
}

const char *symbols_find(const struct symbols *s, uint64_t offset, uint64_t *into)
{
	const char *found = NULL;
	uint64_t best = 0;
	bool best_is_typed = false;

	for (size_t i = 0; i < s->count; i++) {
		Elf64_Sym symbol;
		uint64_t start, size;
		bool is_typed;

		memcpy(&symbol, (const uint8_t *)s->table + i * sizeof(symbol), sizeof(symbol));
		start = le64toh(symbol.st_value) - s->base;
		size = le64toh(symbol.st_size);
		is_typed = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
		if (!is_function(s, &symbol) || start > offset || (size && offset - start >= size))
			continue;
		/*
		 * Finds the nearest symbol below. At the same address, a function is preferred to a
		 * label.
		 */
		if (!found || start > best || (start == best && is_typed && !best_is_typed)) {
			found = s->names + le32toh(symbol.st_name);
			best = start;
			best_is_typed = is_typed;
		}
	}
	*into = offset - best;
	return found;
}
