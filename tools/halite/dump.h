/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for what Halite prints of a trap of its own (src/hv/own_trap.c). A console is fed to it in
 * pieces; afterwards it prints, for each offset in the image, the function in the ELF whose build
 * id the console has told.
 */
#ifndef HALITE_TOOL_DUMP_H
#define HALITE_TOOL_DUMP_H

#include <stddef.h>

#include "symbols.h"

#define DUMP_OFFSETS_MAX 64

struct dump {
	char line[256]; /* that has begun */
	size_t length;
	char build_id[2 * BUILD_ID_SIZE + 1]; /* of the last dump, in hexadecimal; empty: no dump */
	uint64_t offsets[DUMP_OFFSETS_MAX];   /* of the last dump, in order */
	size_t count;
};

/* Reads @size more bytes of a console; *dump began as zeros. */
void dump_feed(struct dump *dump, const char *bytes, size_t size);

/*
 * Prints "+0xOFFSET is FUNCTION+0xOFFSET" for each offset on standard error, or why that cannot be.
 * Does nothing where no dump was seen. @elf is the path of Halite's ELF.
 */
void dump_print(const struct dump *dump, const char *elf);

#endif
