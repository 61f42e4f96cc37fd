/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of a RISC-V ELF, by address. Only what an ELF's section headers say is read, and
 * each offset in the file is checked: a damaged file is refused or has fewer names.
 */
#ifndef HALITE_TOOL_SYMBOLS_H
#define HALITE_TOOL_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#define BUILD_ID_SIZE 20

struct symbols {
	const uint8_t *file; /* mapped until the process ends */
	size_t size;
	const uint8_t *build_id; /* BUILD_ID_SIZE bytes, or NULL: the ELF has none */
	const void *table;	 /* Elf64_Sym, at any alignment */
	size_t count;
	const char *names;
	size_t names_size;
	uint64_t base; /* of the image: the lowest address that a section has */
};

/* Read the ELF at @path. Returns 0, or -1 when it is no RISC-V ELF with a symbol table. */
int symbols_read(const char *path, struct symbols *symbols);

/*
 * The function that @offset in the image lies in, or NULL, and how far into it. The string lives as
 * long as the process.
 */
const char *symbols_find(const struct symbols *symbols, uint64_t offset, uint64_t *into);

#endif
