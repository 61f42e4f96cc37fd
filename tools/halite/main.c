/* SPDX-License-Identifier: BSD-2-Clause */
/* The host command `halite`. Each verb is a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "names.h"
#include "pack.h"
#include "run.h"

struct verb {
	const char *name;
	const char *summary;
	int (*main)(char **argv);
};

static const struct verb verbs[] = {
	{ "run", "boot a guest in Halite on QEMU", run_main },
	{ "pack", "make one file of Halite and a guest, for boot loaders", pack_main },
	{ "names", "name the addresses that Halite prints when it fails", names_main },
};

static const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

static void print_help(void)
{
	puts("Usage: halite VERB [OPTIONS]\n"
	     "\n"
	     "Halite is a hypervisor for RISC-V whose guests can be hypervisors.\n");
	for (size_t i = 0; i < verb_count; i++)
		printf("  %-8s  %s\n", verbs[i].name, verbs[i].summary);
	puts("\n'halite VERB --help' explains a verb; 'halite --version' tells the version.");
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		message("no verb; expected one of those in 'halite --help'");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("halite " HALITE_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < verb_count; i++) {
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].main(argv + 1);
	}
	message("unknown verb '%s'; expected one of those in 'halite --help'", argv[1]);
	return EXIT_USAGE;
}
