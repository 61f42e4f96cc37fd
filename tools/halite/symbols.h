/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of a RISC-V ELF by address. This module uses only the section headers, and checks
 * each offset in the file: a damaged file is refused, or has fewer names.
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
	uint64_t base; /* start of the image: the lowest address of a section */
};

/* Reads the ELF at @path. Returns 0, or -1 if it is not a RISC-V ELF with a symbol table. */
int symbols_read(const char *path, struct symbols *symbols);

/*
 * Puts the build id of the ELF at @path in @text, in hexadecimal. Returns 0, or -1 if it has none;
 * *text is then as it was.
 */
int symbols_build_id(const char *path, char text[2 * BUILD_ID_SIZE + 1]);

/*
 * Returns the name of the function at @offset in the image, or NULL, and puts the offset in the
 * function in *into. The string is never freed.
 */
const char *symbols_find(const struct symbols *symbols, uint64_t offset, uint64_t *into);

#endif
