/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the words of a verb by a list of its options. */
#ifndef HALITE_TOOL_ARGUMENTS_H
#define HALITE_TOOL_ARGUMENTS_H

#include <stdbool.h>

struct argument {
	const char *name; /* with its hyphens; NULL ends a list */
	bool takes_value;
};

/*
 * Takes the option at index `option` of a list. value is NULL if the option takes none. Returns 0,
 * or -1 after a message.
 */
typedef int arguments_take(void *context, unsigned int option, const char *value);

/*
 * Reads argv, of which argv[0] is the verb, and gives each option to take(). An option is written
 * with its whole name, as `--name value` or `--name=value`, and once; --domain may be there more
 * often. Behind `--`, no word is an option. *machine becomes the word that is no option, which
 * names a machine; NULL: the verb has no such word. Returns 0, or -1 after a message.
 */
int arguments_read(char **argv, const struct argument *known, arguments_take *take, void *context,
		   const char **machine);

#endif
