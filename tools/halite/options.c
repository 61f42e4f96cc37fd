/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const char *const nacl_features[] = { "sync_csr", "sync_hfence", "sync_sret",
					     "autoswap_csr" };

static int parse_cpus(const char *value, unsigned int *cpus)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || !isdigit((unsigned char)value[0]) || *end || number < 1 || number > CPUS_MAX) {
		message("--cpus '%s': expected a number from 1 to %d", value, CPUS_MAX);
		return -1;
	}
	*cpus = (unsigned int)number;
	return 0;
}

/* A number of MiB, or one with K, M, G or T behind it, as QEMU's -m takes it. */
static int parse_memory(const char *value, uint64_t *memory)
{
	static const char suffixes[] = "KMGT";
	const char *suffix = "M";
	unsigned int shift;
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno || !isdigit((unsigned char)value[0]))
		goto bad;
	if (*end) {
		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1])
			goto bad;
		suffix = &suffixes[suffix - suffixes];
	} else {
		suffix = &suffixes[1];
	}
	shift = 10 * ((unsigned int)(suffix - suffixes) + 1);
	if (number == 0 || number > (1ull << 52) >> shift)
		goto bad;
	*memory = (uint64_t)number << shift;
	return 0;
bad:
	message("--memory '%s': expected a size such as 512M or 2G", value);
	return -1;
}

static bool is_nacl_feature(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(nacl_features) / sizeof(nacl_features[0]); i++) {
		if (strlen(nacl_features[i]) == length && !strncmp(nacl_features[i], name, length))
			return true;
	}
	return false;
}

static int parse_nacl(const char *value, const char **nacl)
{
	const char *name = value;
	size_t length;

	*nacl = value;
	if (!strcmp(value, "all") || !strcmp(value, "none"))
		return 0;
	do {
		length = strcspn(name, ",");
		if (!is_nacl_feature(name, length)) {
			message("--nacl '%s': '%.*s' is no feature; expected all, none, or a list of "
				"sync_csr,sync_hfence,sync_sret,autoswap_csr",
				value, (int)length, name);
			return -1;
		}
		name += length;
	} while (*name++ == ',');
	return 0;
}

/* Takes option name with its value. Returns 0, -1 after a message. */
static int set_value(const char *name, const char *value, struct run_options *options)
{
	if (!strcmp(name, "--kernel"))
		options->kernel = value;
	else if (!strcmp(name, "--initrd"))
		options->initrd = value;
	else if (!strcmp(name, "--append"))
		options->append = value;
	else if (!strcmp(name, "--qemu"))
		options->qemu = value;
	else if (!strcmp(name, "--cpus"))
		return parse_cpus(value, &options->cpus);
	else if (!strcmp(name, "--memory"))
		return parse_memory(value, &options->memory);
	else
		return parse_nacl(value, &options->nacl);
	return 0;
}

static bool takes_value(const char *name)
{
	static const char *const names[] = { "--kernel", "--initrd", "--append", "--qemu",
					     "--cpus",	 "--memory", "--nacl" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* Takes an option without a value. Returns whether there is one of that name. */
static bool set_flag(const char *name, struct run_options *options)
{
	if (!strcmp(name, "--native"))
		options->native = true;
	else if (!strcmp(name, "--icount"))
		options->icount = true;
	else if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		options->help = true;
	else
		return false;
	return true;
}

/*
 * Takes the option at *word, written as `--name value` or `--name=value`, and moves *word to its last word. Returns 0, or
 * -1 after a message.
 */
static int take_option(char ***word, struct run_options *options)
{
	char *name = **word;
	char *equals = strchr(name, '=');
	char *value = NULL;

	if (set_flag(name, options))
		return 0;
	if (equals) {
		*equals = '\0';
		value = equals + 1;
	}
	if (!takes_value(name)) {
		message("run: unknown word '%s'; expected an option, see 'halite run --help'",
			name);
		return -1;
	}
	if (!value) {
		value = (*word)[1];
		if (!value) {
			message("%s: its value is missing", name);
			return -1;
		}
		(*word)++;
	}
	return set_value(name, value, options);
}

int run_options_parse(char **argv, struct run_options *options)
{
	static char *no_arguments[] = { NULL };
	char **word;

	*options = (struct run_options){
		.append = "",
		.nacl = "all",
		.qemu = "qemu-system-riscv64",
		.cpus = CPUS_DEFAULT,
		.qemu_arguments = no_arguments,
	};
	if (parse_memory(MEMORY_DEFAULT, &options->memory) < 0)
		return -1;
	for (word = argv + 1; *word; word++) {
		if (!strcmp(*word, "--")) {
			options->qemu_arguments = word + 1;
			break;
		}
		if (take_option(&word, options) < 0)
			return -1;
	}
	if (!options->kernel && !options->help) {
		message("run: --kernel is missing; expected a RISC-V Linux Image or ELF, see 'halite run --help'");
		return -1;
	}
	return 0;
}
