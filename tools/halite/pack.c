/* SPDX-License-Identifier: BSD-2-Clause */
#include "pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "message.h"
#include "shared.h"

static const char pack_help[] =
	"Usage: halite pack --kernel F [OPTIONS] -o FILE\n"
	"       halite pack --domain D [--domain D ...] [OPTIONS] -o FILE\n"
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
	"  --domain D      in place of kernel, ramdisk and command line: a part of the machine\n"
	"                  with a guest of its own, once for each domain (see 'halite run\n"
	"                  --help')\n"
	"  --shared-memory S\n"
	"                  memory that domains share (see 'halite run --help')\n"
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

enum {
	KERNEL,
	INITRD,
	APPEND,
	DOMAIN,
	SHARED,
	NACL,
	GIVE,
	DTB,
	OUTPUT,
	LIST,
	BUNDLE,
	STATS,
	HELP,
	H,
};

static const struct argument known[] = {
	[KERNEL] = { "--kernel", true },
	[INITRD] = { "--initrd", true },
	[APPEND] = { "--append", true },
	[DOMAIN] = { "--domain", true },
	[SHARED] = { "--shared-memory", true },
	[NACL] = { "--nacl", true },
	[GIVE] = { "--give", true },
	[DTB] = { "--dtb", true },
	[OUTPUT] = { "-o", true },
	[LIST] = { "--list", true },
	[BUNDLE] = { "--bundle", false },
	[STATS] = { "--stats", false },
	[HELP] = { "--help", false },
	[H] = { "-h", false },
	{ NULL, false },
};

static int take(void *context, unsigned int option, const char *value)
{
	struct pack_options *options = context;

	if (value && !strcmp(value, "-") && (option == DTB || option == OUTPUT || option == LIST)) {
		message("pack: %s '-': expected a file; ./- is a file of this name",
			known[option].name);
		return -1;
	}
	/* --help is no option that --list excludes. */
	options->count += option < HELP;
	switch (option) {
	case DTB:
		options->dtb = value;
		return 0;
	case OUTPUT:
		options->output = value;
		return 0;
	case LIST:
		options->list = value;
		return 0;
	case BUNDLE:
		options->bundle = true;
		return 0;
	case STATS:
		options->guest.stats = true;
		return 0;
	case HELP:
	case H:
		options->guest.help = true;
		return 0;
	default:
		return run_options_set(known[option].name, value, &options->guest);
	}
}

/* Checks what makes a pack. Returns 0, or -1 after a message. */
static int check_contents(const struct pack_options *options)
{
	const struct run_options *guest = &options->guest;
	bool has_domains = guest->domains.count;

	if (has_domains && (guest->kernel || guest->initrd || *guest->append)) {
		message("pack: --domain with %s: expected the domains' own files in --domain",
			guest->kernel	? "--kernel"
			: guest->initrd ? "--initrd"
					: "--append");
		return -1;
	}
	if (shared_check(&guest->domains) < 0)
		return -1;
	if ((!guest->kernel && !has_domains) || !options->output) {
		message("pack: %s is missing, see 'halite pack --help'",
			guest->kernel || has_domains ? "-o" : "--kernel");
		return -1;
	}
	return 0;
}

/* Decodes argv. Returns 0, or -1 after a message. */
static int parse(char **argv, struct pack_options *options)
{
	if (arguments_read(argv, known, take, options, NULL) < 0)
		return -1;
	if (options->list && options->count > 1) {
		message("pack: --list with other options: expected the file alone");
		return -1;
	}
	if (options->guest.help || options->list)
		return 0;
	if (check_contents(options) < 0)
		return -1;
	return run_options_finish_nacl(&options->guest);
}

int pack_main(char **argv)
{
	/* Too large for the stack, with its domains. */
	static struct pack_options options = {
		.guest = { .append = "", .nacl = { "all" }, .depth = 1, .is_pack = true },
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
