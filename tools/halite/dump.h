/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names for the addresses that Halite prints when it takes a trap itself (src/hv/own_trap.c). The
 * caller passes the console in pieces to dump_feed(). Then dump_print() prints, for each offset in
 * the image, the function in the ELF. The ELF's build id must be the one on the console.
 */
#ifndef HALITE_TOOL_DUMP_H
#define HALITE_TOOL_DUMP_H

#include <stddef.h>

#include "symbols.h"

#define DUMP_OFFSETS_MAX 64

struct dump {
	char line[256]; /* the line that has begun */
	size_t length;
	char build_id[2 * BUILD_ID_SIZE + 1]; /* of the last dump, in hexadecimal; empty: no dump */
	uint64_t offsets[DUMP_OFFSETS_MAX];   /* of the last dump, in order */
	size_t count;
};

/* Reads @size more bytes of a console. *dump must be all zero before the first call. */
void dump_feed(struct dump *dump, const char *bytes, size_t size);

/*
 * Prints "+0xOFFSET is FUNCTION+0xOFFSET" for each offset on standard error, or why it cannot. Does
 * nothing if the console had no dump. @elf is the path of Halite's ELF.
 */
void dump_print(const struct dump *dump, const char *elf);

#endif
