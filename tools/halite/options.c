/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <ctype.h>
#include <string.h>

#include "agent/protocol.h"
#include "hv/pack_format.h"
#include "message.h"
#include "option_values.h"
#include "shared.h"

/* A value that is a text. Returns where it belongs, or NULL. */
static const char **text_of(const char *name, struct run_options *options)
{
	const struct {
		const char *name;
		const char **text;
	} texts[] = {
		{ "--kernel", &options->kernel }, { "--initrd", &options->initrd },
		{ "--append", &options->append }, { "--qemu", &options->qemu },
		{ "--json", &options->json },	  { "--share", &options->share },
		{ "--exec", &options->exec },	  { "--guest", &options->guest },
		{ "--rootfs", &options->rootfs }, { "--console-dir", &options->console_dir },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!strcmp(name, texts[i].name))
			return texts[i].text;
	}
	return NULL;
}

/* Whether value, of option name, is a text that the option can have; a message if not. */
static bool is_text(const char *name, const char *value)
{
	if (!strcmp(name, "--append") && strlen(value) >= PACK_BOOTARGS_SIZE) {
		message("%s: %zu characters; at most %d are expected", name, strlen(value),
			PACK_BOOTARGS_SIZE - 1);
		return false;
	}
	if (!strcmp(value, "-") && strcmp(name, "--append") != 0 && strcmp(name, "--exec") != 0) {
		message("%s '-': expected a file; ./- is a file of this name%s", name,
			strcmp(name, "--json") ? "" : ", /dev/stdout the standard output");
		return false;
	}
	return true;
}

int run_options_set(const char *name, const char *value, struct run_options *options)
{
	const char **text = text_of(name, options);

	if (text && !is_text(name, value))
		return -1;
	if (text)
		*text = value;
	else if (!strcmp(name, "--console"))
		options->console = strcmp(value, "stdio") && strcmp(value, "-") ? value : NULL;
	else if (!strcmp(name, "--disk"))
		return option_disk(value, options);
	else if (!strcmp(name, "--net"))
		return option_net(value, options);
	else if (!strcmp(name, "--domain"))
		return domain_parse(value, &options->domains);
	else if (!strcmp(name, "--shared-memory"))
		return shared_parse(value, &options->domains);
	else if (!strcmp(name, "--gdb"))
		return options_number(name, value, 1, 65535, &options->gdb);
	else if (!strcmp(name, "--cpus"))
		return options_number(name, value, 1, CPUS_MAX, &options->cpus);
	else if (!strcmp(name, "--memory"))
		return options_memory(name, value, &options->memory);
	else if (!strcmp(name, "--machine"))
		return option_machine(value, options);
	else if (!strcmp(name, "--give"))
		return option_give(value, options);
	else if (!strcmp(name, "--depth"))
		return options_number(name, value, 1, DEPTH_MAX, &options->depth);
	else if (!strcmp(name, "--timeout"))
		return options_number(name, value, 1, TIMEOUT_MAX, &options->timeout);
	else if (!strcmp(name, "--expect"))
		return option_expect(value, options);
	else
		options->nacl[0] = value;
	return 0;
}

int options_once(struct given *given, const char *name)
{
	for (size_t i = 0; i < given->count; i++) {
		if (!strcmp(given->names[i], name)) {
			message("%s: it is given twice; expected once", name);
			return -1;
		}
	}
	if (given->count < sizeof(given->names) / sizeof(given->names[0]))
		given->names[given->count++] = name;
	return 0;
}

static bool takes_value(const char *name)
{
	static const char *const names[] = {
		"--kernel",  "--initrd", "--append",  "--qemu",	  "--cpus",	     "--memory",
		"--nacl",    "--depth",	 "--machine", "--give",	  "--timeout",	     "--expect",
		"--console", "--json",	 "--gdb",     "--disk",	  "--net",	     "--share",
		"--exec",    "--guest",	 "--domain",  "--rootfs", "--shared-memory", "--console-dir"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* Sets an option that takes no value. Returns whether name is one. */
static bool set_flag(const char *name, struct run_options *options)
{
	if (!strcmp(name, "--native"))
		options->native = true;
	else if (!strcmp(name, "--icount"))
		options->icount = true;
	else if (!strcmp(name, "--stats"))
		options->stats = true;
	else if (!strcmp(name, "--gdb"))
		options->gdb = GDB_PORT;
	else if (!strcmp(name, "--trace"))
		options->trace = "trace";
	else if (!strcmp(name, "--no-reboot"))
		options->no_reboot = true;
	else if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		options->help = true;
	else
		return false;
	return true;
}

/*
 * Decodes the option at *word, written as `--name value` or `--name=value`, and moves *word to its
 * last word. Returns 0, or -1 after a message.
 */
static int take_option(char ***word, struct run_options *options)
{
	char *name = **word;
	char *equals = strchr(name, '=');
	char *value = NULL;

	if (set_flag(name, options)) {
		if (options_once(&options->given, name) < 0)
			return -1;
		value = (*word)[1];
		/* The port is optional. */
		if (strcmp(name, "--gdb") || !value || !isdigit((unsigned char)*value))
			return 0;
		(*word)++;
		return run_options_set(name, value, options);
	}
	if (equals) {
		*equals = '\0';
		value = equals + 1;
		if (!strcmp(name, "--trace"))
			return option_trace(value, options);
		if (!takes_value(name) && set_flag(name, options)) {
			message("run: '%s=%s': %s takes no value", name, value, name);
			return -1;
		}
	}
	if (!takes_value(name)) {
		message("run: unknown word '%s'; expected an option, see 'halite run --help'",
			name);
		return -1;
	}
	if (strcmp(name, "--disk") && strcmp(name, "--domain") && strcmp(name, "--shared-memory") &&
	    options_once(&options->given, name) < 0)
		return -1;
	if (!value) {
		value = (*word)[1];
		if (!value) {
			message("%s: its value is missing", name);
			return -1;
		}
		(*word)++;
	}
	return run_options_set(name, value, options);
}

bool options_given(const struct run_options *options, const char *name)
{
	for (size_t i = 0; i < options->given.count; i++) {
		if (!strcmp(options->given.names[i], name))
			return true;
	}
	return false;
}

/*
 * What is for the machine's only guest is not for domains. Without words for it, the machine is as
 * large as the domains need. Returns 0, or -1 after a message.
 */
static int check_domains(struct run_options *options)
{
	unsigned int harts = domains_harts(&options->domains);
	static const char *const excluded[] = { "--kernel", "--initrd", "--append", "--guest",
						"--exec",   "--native", "--depth",  "--rootfs" };

	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
		if (options_given(options, excluded[i])) {
			message("%s does not go with --domain: each domain has its own kernel=, "
				"initrd= and append=, and there is one Halite",
				excluded[i]);
			return -1;
		}
	}
	if (!options_given(options, "--memory"))
		options->memory = 0;
	if (!options_given(options, "--cpus"))
		options->cpus = harts;
	if (options->cpus < harts || harts > CPUS_MAX) {
		message("--cpus: the domains need %u harts; expected --cpus with at least that, "
			"at most %u",
			harts, CPUS_MAX);
		return -1;
	}
	return 0;
}

int run_options_parse(char **argv, struct run_options *options)
{
	static char *no_arguments[] = { NULL };
	char **word;

	*options = (struct run_options){
		.nacl = { "all" },
		.depth = 1,
		.qemu = "qemu-system-riscv64",
		.cpus = CPUS_DEFAULT,
		.guest_files = GUEST_FILES_MAX,
		.qemu_arguments = no_arguments,
	};
	if (options_memory("--memory", MEMORY_DEFAULT, &options->memory) < 0)
		return -1;
	for (word = argv + 1; *word; word++) {
		if (!strcmp(*word, "--")) {
			options->qemu_arguments = word + 1;
			break;
		}
		if (take_option(&word, options) < 0)
			return -1;
	}
	if (options->help)
		return 0;
	if (shared_check(&options->domains) < 0 ||
	    (options->domains.count && check_domains(options) < 0))
		return -1;
	if (options->console_dir && !options->domains.count) {
		message("--console-dir without --domain: expected domains, and --console for the "
			"console of one guest");
		return -1;
	}
	if (options->exec && options->expect) {
		message("--exec with --expect: the exit status can say one thing only");
		return -1;
	}
	if (options->exec && (!*options->exec || strlen(options->exec) > AGENT_COMMAND_MAX)) {
		message("--exec: expected a command of 1 to %d characters", AGENT_COMMAND_MAX);
		return -1;
	}
	if (options->rootfs && options->guest) {
		message("--rootfs with --guest: expected the guest's kernel in the folder, and "
			"--exec to start it");
		return -1;
	}
	if (options->native && options->stats) {
		message("--native with --stats: there is no Halite that could count");
		return -1;
	}
	if (options->native && options->trace) {
		message("--native with --trace: there is no Halite that could record");
		return -1;
	}
	if (options->native && options->give) {
		message("--native with --give: there is no Halite that withholds a device");
		return -1;
	}
	if (options->native && options->depth > 1) {
		message("--native with --depth %u: there is no Halite on the bare machine",
			options->depth);
		return -1;
	}
	return run_options_finish_nacl(options);
}
