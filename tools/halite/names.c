/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "message.h"
#include "run.h"

static const char names_help[] =
	"Usage: halite names [ELF] <CONSOLE\n"
	"\n"
	"Reads the text of a console. If Halite fails by a bug, it prints offsets in its image.\n"
	"This command adds the name of the function to each offset, from Halite's ELF. The ELF\n"
	"must have the build id that the console has. The default is halite.elf beside the\n"
	"halite.bin that 'halite run' uses.\n";

int names_main(char **argv)
{
	static struct dump dump;
	char buffer[4096], elf[PATH_MAX];
	ssize_t got;

	if (argv[1] && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(names_help, stdout);
		return EXIT_SUCCESS;
	}
	if (argv[1] && argv[2]) {
		message("names: one ELF at most is expected");
		return EXIT_USAGE;
	}
	if (argv[1])
		snprintf(elf, sizeof(elf), "%s", argv[1]);
	else if (run_find_elf(elf, sizeof(elf)) < 0)
		return EXIT_USAGE;
	while ((got = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		dump_feed(&dump, buffer, (size_t)got);
	if (!dump.build_id[0]) {
		message("names: standard input tells of no trap of Halite's own");
		return EXIT_FAILURE;
	}
	dump_print(&dump, elf);
	return EXIT_SUCCESS;
}
