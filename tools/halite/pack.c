/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const char pack_help[] =
	"Usage: halite pack --kernel F [OPTIONS] -o FILE\n"
	"       halite pack --list FILE\n"
	"\n"
	"Makes one file of Halite and a guest. Every boot loader that starts a RISC-V Linux\n"
	"Image starts the file: U-Boot's booti and extlinux.conf, QEMU's -kernel.\n"
	"\n"
	"  --kernel F      a RISC-V Linux Image, also packed by gzip, zstd or as EFI zboot; or a\n"
	"                  static 64-bit RISC-V ELF\n"
	"  --initrd F      the guest's initial ramdisk. A ramdisk that the boot loader passes\n"
	"                  replaces it\n"
	"  --append S      the guest's command line. The boot loader's is added behind it\n"
	"  --dtb F         the device tree of the machine, in place of the boot loader's. RAM and\n"
	"                  reserved memory are still those that the boot loader tells\n"
	"  --nacl LIST, --give LIST, --stats\n"
	"                  for Halite, see 'halite run --help'\n"
	"  --bundle        make a ramdisk of kernel and ramdisk, without Halite: give halite.bin\n"
	"                  to the boot loader as the kernel, and FILE as the ramdisk\n"
	"  -o FILE         the file to make\n"
	"  --list FILE     print what is in FILE, and check it. FILE may be compressed by gzip or\n"
	"                  zstd\n"
	"\n"
	"Halite is halite.bin beside this program or in ../lib/halite, or the file that the\n"
	"environment variable HALITE_BIN names.\n"
	"Exit status: 0; 1 if --list finds an error; 2 if an argument or a file is wrong.\n";

static const char *const values[] = { "--kernel", "--initrd", "--append", "--nacl", "--give" };

/* Decodes option name with its value. Returns 0, or -1 after a message. */
static int set(const char *name, const char *value, struct pack_options *options)
{
	if (!value) {
		message("%s: its value is missing", name);
		return -1;
	}
	if (!strcmp(name, "--dtb"))
		options->dtb = value;
	else if (!strcmp(name, "-o"))
		options->output = value;
	else if (!strcmp(name, "--list"))
		options->list = value;
	else
		return run_options_set(name, value, &options->guest);
	return 0;
}

static bool takes_value(const char *name)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!strcmp(name, values[i]))
			return true;
	}
	return !strcmp(name, "--dtb") || !strcmp(name, "-o") || !strcmp(name, "--list");
}

static bool set_flag(const char *name, struct pack_options *options)
{
	if (!strcmp(name, "--bundle"))
		options->bundle = true;
	else if (!strcmp(name, "--stats"))
		options->guest.stats = true;
	else if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		options->guest.help = true;
	else
		return false;
	return true;
}

/* Decodes argv. Returns 0, or -1 after a message. */
static int parse(char **argv, struct pack_options *options)
{
	for (char **word = argv + 1; *word; word++) {
		char *equals = strchr(*word, '=');

		if (set_flag(*word, options)) {
			if (options_once(&options->guest.given, *word) < 0)
				return -1;
			continue;
		}
		if (equals)
			*equals = '\0';
		if (!takes_value(*word)) {
			message("pack: unknown word '%s'; expected an option, see "
				"'halite pack --help'",
				*word);
			return -1;
		}
		if (options_once(&options->guest.given, *word) < 0 ||
		    set(*word, equals ? equals + 1 : word[1], options) < 0)
			return -1;
		word += !equals;
	}
	if (options->guest.help || options->list)
		return 0;
	if (!options->guest.kernel || !options->output) {
		message("pack: %s is missing, see 'halite pack --help'",
			options->guest.kernel ? "-o" : "--kernel");
		return -1;
	}
	return run_options_finish_nacl(&options->guest);
}

int pack_main(char **argv)
{
	struct pack_options options = {
		.guest = { .append = "", .nacl = { "all" }, .depth = 1 },
	};

	if (parse(argv, &options) < 0)
		return EXIT_USAGE;
	if (options.guest.help) {
		fputs(pack_help, stdout);
		return EXIT_SUCCESS;
	}
	if (options.list)
		return pack_list(options.list) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return pack_write(&options) < 0 ? EXIT_USAGE : EXIT_SUCCESS;
}
