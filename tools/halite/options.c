/* SPDX-License-Identifier: BSD-2-Clause */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/protocol.h"
#include "guest_file.h"
#include "hv/pack_format.h"
#include "message.h"

static const char *const nacl_features[] = { "sync_csr", "sync_hfence", "sync_sret",
					     "autoswap_csr" };

/* The names of src/hv/withheld.c. */
static const char *const givable[] = { "fw_cfg", "flash", "iommu" };

int options_number(const char *name, const char *value, unsigned int min, unsigned int max,
		   unsigned int *number)
{
	char *end;
	unsigned long parsed;

	errno = 0;
	parsed = strtoul(value, &end, 10);
	if (errno || !isdigit((unsigned char)value[0]) || *end || parsed < min || parsed > max) {
		message("%s '%s': expected a number from %u to %u", name, value, min, max);
		return -1;
	}
	*number = (unsigned int)parsed;
	return 0;
}

/* A number of MiB, or one with the suffix K, M, G or T, as in QEMU's -m. */
int options_memory(const char *name, const char *value, uint64_t *memory)
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
	message("%s '%s': expected a size such as 512M or 2G", name, value);
	return -1;
}

/* plic, aplic, aia, or aia:N with N guest interrupt files. */
static int parse_machine(const char *value, struct run_options *options)
{
	static const char *const names[] = {
		[MACHINE_PLIC] = "plic", [MACHINE_APLIC] = "aplic", [MACHINE_AIA] = "aia"
	};
	const char *files = value + strlen("aia:");

	for (int machine = MACHINE_PLIC; machine <= MACHINE_AIA; machine++) {
		if (!strcmp(value, names[machine])) {
			options->machine = (enum machine)machine;
			options->guest_files = GUEST_FILES_MAX;
			return 0;
		}
	}
	if (!strncmp(value, "aia:", strlen("aia:")) && files[0] >= '0' &&
	    files[0] <= '0' + GUEST_FILES_MAX && !files[1]) {
		options->machine = MACHINE_AIA;
		options->guest_files = (unsigned int)(files[0] - '0');
		return 0;
	}
	message("--machine '%s': expected plic, aplic, aia, or aia:N with N guest interrupt files "
		"from 0 to %d",
		value, GUEST_FILES_MAX);
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

/*
 * Checks a list of names with separators. Returns 0, or -1 after a message that begins with what
 * and quotes value.
 */
static int check_features(const char *what, const char *value, const char *names, size_t size,
			  char separator)
{
	const char *end = names + size;
	size_t length;

	for (; names <= end; names += length + 1) {
		for (length = 0; names + length < end && names[length] != separator; length++)
			;
		if (is_nacl_feature(names, length))
			continue;
		message("%s '%s': '%.*s' is no feature; expected all, none, or a list of "
			"sync_csr%csync_hfence%csync_sret%cautoswap_csr",
			what, value, (int)length, names, separator, separator, separator);
		return -1;
	}
	return 0;
}

const char *options_nacl(const char *what, const char *value, const char *text, size_t size)
{
	bool is_word =
		(size == 3 && !strncmp(text, "all", 3)) || (size == 4 && !strncmp(text, "none", 4));
	char *copy;

	if (!is_word && check_features(what, value, text, size, '+') < 0)
		return NULL;
	copy = strndup(text, size);
	if (!copy) {
		message("out of memory");
		return NULL;
	}
	for (char *plus = copy; (plus = strchr(plus, '+'));)
		*plus = ',';
	return copy;
}

/* Whether value has a part for each level, and is not a list of features. */
static bool is_by_level(const char *value)
{
	for (const char *part = value; part; part = strchr(part, ',')) {
		part += *part == ',';
		size_t length = strcspn(part, ",");
		if ((length == 3 && !strncmp(part, "all", 3)) ||
		    (length == 4 && !strncmp(part, "none", 4)) || memchr(part, '+', length))
			return true;
	}
	return false;
}

/* Decodes --nacl for all levels. Returns 0, or -1 after a message. */
static int parse_nacl(const char *value, struct run_options *options)
{
	unsigned int level = 0;
	const char *part = value;

	if (!is_by_level(value)) {
		if (check_features("--nacl", value, value, strlen(value), ',') < 0)
			return -1;
		for (level = 0; level < options->depth; level++)
			options->nacl[level] = value;
		return 0;
	}
	for (;; part++) {
		size_t length = strcspn(part, ",");

		if (level < options->depth) {
			options->nacl[level] = options_nacl("--nacl", value, part, length);
			if (!options->nacl[level])
				return -1;
		}
		level++;
		part += length;
		if (!*part)
			break;
	}
	if (level != 1 && level != options->depth) {
		if (options->is_pack)
			message("--nacl '%s': %u levels; expected one: a pack has one Halite",
				value, level);
		else
			message("--nacl '%s': %u levels; expected one, or as many as --depth says: "
				"%u",
				value, level, options->depth);
		return -1;
	}
	for (; level < options->depth; level++)
		options->nacl[level] = options->nacl[0];
	return 0;
}

int run_options_finish_nacl(struct run_options *options)
{
	return parse_nacl(options->nacl[0], options);
}

static bool is_givable(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(givable) / sizeof(givable[0]); i++) {
		if (strlen(givable[i]) == length && !strncmp(givable[i], name, length))
			return true;
	}
	return false;
}

/* Checks a list of devices with commas. Returns 0, or -1 after a message. */
static int parse_give(const char *value, struct run_options *options)
{
	const char *name = value;

	for (;;) {
		size_t length = strcspn(name, ",");

		if (!is_givable(name, length)) {
			message("--give '%s': '%.*s' is no device that can be given; expected a "
				"list of fw_cfg,flash,iommu",
				value, (int)length, name);
			return -1;
		}
		if (!name[length])
			break;
		name += length + 1;
	}
	options->give = value;
	return 0;
}

/* Returns 0, or -1 after a message. */
static int parse_expect(const char *value, struct run_options *options)
{
	char why[128];
	int error;

	if (options->expect)
		regfree(&options->expect_regex);
	error = regcomp(&options->expect_regex, value, REG_EXTENDED | REG_NOSUB);
	if (error || !*value) {
		regerror(error, &options->expect_regex, why, sizeof(why));
		message("--expect '%s': %s; expected an extended regular expression", value,
			error ? why : "each line matches this");
		return -1;
	}
	options->expect = value;
	return 0;
}

/* A port from 1 to 65535 at text, or from 0 with least 0. Returns what follows it, or NULL. */
static const char *skip_port(const char *text, long least)
{
	char *end;
	long port = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : -1;

	return port >= least && port <= 65535 ? end : NULL;
}

/*
 * Whether the length characters at text are [tcp|udp]:[ADDRESS]:PORT-[ADDRESS]:PORT, as QEMU's
 * hostfwd has them. Port 0 of the host lets the host choose one.
 */
static bool is_forward(const char *text, size_t length)
{
	const char *end = text + length, *at = text;

	if (!strncmp(at, "tcp", 3) || !strncmp(at, "udp", 3))
		at += 3;
	if (*at++ != ':')
		return false;
	at += strspn(at, "0123456789.");
	if (*at++ != ':' || !(at = skip_port(at, 0)) || *at++ != '-')
		return false;
	at += strspn(at, "0123456789.");
	return *at++ == ':' && (at = skip_port(at, 1)) && at == end;
}

/* user, and further items hostfwd=..., as QEMU's -netdev has them. */
static int parse_net(const char *value, struct run_options *options)
{
	const char *item = value;

	for (;;) {
		size_t length = strcspn(item, ",");

		if (item == value ? length != 4 || strncmp(item, "user", 4)
				  : strncmp(item, "hostfwd=", 8) != 0 ||
					    !is_forward(item + 8, length - 8)) {
			message("--net '%s': expected user, or user,hostfwd=tcp::PORT-:PORT with "
				"ports up to 65535",
				value);
			return -1;
		}
		if (!item[length])
			break;
		item += length + 1;
	}
	options->net = value;
	return 0;
}

/* Returns 0, or -1 after a message. */
static int add_disk(const char *value, struct run_options *options)
{
	if (options->disk_count == DISKS_MAX) {
		message("--disk '%s': more than %d disks", value, DISKS_MAX);
		return -1;
	}
	for (unsigned int i = 0; i < options->disk_count; i++) {
		if (guest_file_is_same(value, options->disks[i])) {
			message("--disk '%s': it is given twice; a machine has it once", value);
			return -1;
		}
	}
	options->disks[options->disk_count++] = value;
	return 0;
}

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
		return add_disk(value, options);
	else if (!strcmp(name, "--net"))
		return parse_net(value, options);
	else if (!strcmp(name, "--domain"))
		return domain_parse(value, &options->domains);
	else if (!strcmp(name, "--gdb"))
		return options_number(name, value, 1, 65535, &options->gdb);
	else if (!strcmp(name, "--cpus"))
		return options_number(name, value, 1, CPUS_MAX, &options->cpus);
	else if (!strcmp(name, "--memory"))
		return options_memory(name, value, &options->memory);
	else if (!strcmp(name, "--machine"))
		return parse_machine(value, options);
	else if (!strcmp(name, "--give"))
		return parse_give(value, options);
	else if (!strcmp(name, "--depth"))
		return options_number(name, value, 1, DEPTH_MAX, &options->depth);
	else if (!strcmp(name, "--timeout"))
		return options_number(name, value, 1, TIMEOUT_MAX, &options->timeout);
	else if (!strcmp(name, "--expect"))
		return parse_expect(value, options);
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
	static const char *const names[] = { "--kernel",  "--initrd", "--append",  "--qemu",
					     "--cpus",	  "--memory", "--nacl",	   "--depth",
					     "--machine", "--give",   "--timeout", "--expect",
					     "--console", "--json",   "--gdb",	   "--disk",
					     "--net",	  "--share",  "--exec",	   "--guest",
					     "--domain" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

/* Checks --trace=N, and makes it the word for Halite. Returns 0, or -1 after a message. */
static int parse_trace(const char *value, struct run_options *options)
{
	char *end, *word;
	unsigned long number = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || number < TRACE_MIN || number > TRACE_MAX ||
	    (number & (number - 1))) {
		message("--trace '%s': expected a power of two from %d to %d", value, TRACE_MIN,
			TRACE_MAX);
		return -1;
	}
	if (asprintf(&word, "trace=%lu", number) < 0)
		abort();
	options->trace = word;
	return 0;
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
			return parse_trace(value, options);
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
	if (strcmp(name, "--disk") && strcmp(name, "--domain") &&
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
						"--exec",   "--native", "--depth" };

	for (size_t i = 0; i < sizeof(excluded) / sizeof(excluded[0]); i++) {
		if (options_given(options, excluded[i])) {
			message("--domain with %s: expected the domains' own files in --domain, "
				"and one Halite",
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
	if (options->domains.count && check_domains(options) < 0)
		return -1;
	if (options->exec && options->expect) {
		message("--exec with --expect: the exit status can say one thing only");
		return -1;
	}
	if (options->exec && (!*options->exec || strlen(options->exec) > AGENT_COMMAND_MAX)) {
		message("--exec: expected a command of 1 to %d characters", AGENT_COMMAND_MAX);
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
