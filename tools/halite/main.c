/* SPDX-License-Identifier: BSD-2-Clause */
/* The host command `halite`. Each verb is a file. */
#include <limits.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "message.h"
#include "names.h"
#include "pack.h"
#include "run.h"
#include "stat.h"
#include "symbols.h"
#include "trace.h"

struct verb {
	const char *name;
	const char *summary;
	int (*main)(char **argv);
};

static const struct verb verbs[] = {
	{ "run", "boot a guest in Halite on QEMU", run_main },
	{ "pack", "make one file of Halite and a guest, for boot loaders", pack_main },
	{ "stat", "show what the Halites of a running machine count", stat_main },
	{ "trace", "show the last events of a running machine", trace_main },
	{ "explain", "say what the values of a trap mean", explain_main },
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

/* The build id tells which build of the hypervisor this program runs. */
static void print_version(void)
{
	char path[PATH_MAX], id[2 * BUILD_ID_SIZE + 1];

	puts("halite " HALITE_VERSION);
	if (run_find_elf(path, sizeof(path)) == 0 && symbols_build_id(path, id) == 0)
		printf("hypervisor: build id %s\n", id);
}

static int call(char **argv)
{
	for (size_t i = 0; i < verb_count; i++) {
		if (!strcmp(argv[0], verbs[i].name))
			return verbs[i].main(argv);
	}
	message("unknown verb '%s'; expected one of those in 'halite --help'", argv[0]);
	return EXIT_USAGE;
}

/* What was printed must have come out. Returns the status. */
static int finish(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	message("standard output: %s", errno ? strerror(errno) : "cannot be written");
	return status ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		message("no verb; expected one of those in 'halite --help'");
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "help") && argc > 2)
		return call((char *[]){ argv[2], "--help", NULL });
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		print_version();
		return EXIT_SUCCESS;
	}
	return finish(call(argv + 1));
}
