/* SPDX-License-Identifier: BSD-2-Clause */
#include "arguments.h"

#include <stddef.h>
#include <string.h>

#include "message.h"
#include "options.h"

/* The index in known of the option whose name is length characters of word; -1: there is none. */
static int find(const struct argument *known, const char *word, size_t length)
{
	for (int i = 0; known[i].name; i++) {
		if (strlen(known[i].name) == length && !strncmp(known[i].name, word, length))
			return i;
	}
	return -1;
}

/* Takes the word that is no option. Returns 0, or -1 after a message. */
static int take_machine(const char *verb, const char *word, const char **machine)
{
	if (!machine) {
		message("%s: unknown word '%s'; expected an option, see 'halite %s --help'", verb,
			word, verb);
		return -1;
	}
	if (*machine) {
		message("%s: one machine at most is expected, not also '%s'", verb, word);
		return -1;
	}
	*machine = word;
	return 0;
}

int arguments_read(char **argv, const struct argument *known, arguments_take *take, void *context,
		   const char **machine)
{
	struct given given = { .count = 0 };
	bool options = true;

	for (char **word = argv + 1; *word; word++) {
		size_t length = strcspn(*word, "=");
		const char *value = (*word)[length] ? *word + length + 1 : NULL;
		int option;

		if (options && !strcmp(*word, "--")) {
			options = false;
			continue;
		}
		if (!options || **word != '-') {
			if (take_machine(argv[0], *word, machine) < 0)
				return -1;
			continue;
		}
		option = find(known, *word, length);
		if (option < 0) {
			message("%s: unknown option '%.*s'; see 'halite %s --help'", argv[0],
				(int)length, *word, argv[0]);
			return -1;
		}
		if (value && !known[option].takes_value) {
			message("%s: '%s': %s takes no value", argv[0], *word, known[option].name);
			return -1;
		}
		if (strcmp(known[option].name, "--domain") &&
		    strcmp(known[option].name, "--shared-memory") &&
		    options_once(&given, known[option].name) < 0)
			return -1;
		if (known[option].takes_value && !value && !(value = *++word)) {
			message("%s: %s: its value is missing", argv[0], known[option].name);
			return -1;
		}
		if (take(context, (unsigned int)option, value) < 0)
			return -1;
	}
	return 0;
}
