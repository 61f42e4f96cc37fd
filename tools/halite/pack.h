/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `pack`: makes and lists packs (src/hv/pack_format.h). */
#ifndef HALITE_TOOL_PACK_H
#define HALITE_TOOL_PACK_H

#include <stdbool.h>

#include "options.h"

struct pack_options {
	/* kernel, initrd, append, domains, nacl[0], give, stats and help are used. */
	struct run_options guest;
	const char *dtb;    /* NULL: none */
	const char *output; /* NULL with list */
	const char *list;   /* file to list, or NULL */
	bool bundle;
	unsigned int count; /* options that are given, without --help */
};

/* argv[0] is the verb. Returns the exit status. */
int pack_main(char **argv);

/* Makes options->output. Returns 0, or -1 after an error message. */
int pack_write(struct pack_options *options);

/* Prints what is in the pack in file path, and checks it. Returns 0, or -1 after a message. */
int pack_list(const char *path);

/* Returns whether the file at path has a pack. */
bool pack_is_packed(const char *path);

#endif
