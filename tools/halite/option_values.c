/* SPDX-License-Identifier: BSD-2-Clause */
#include "option_values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_file.h"
#include "message.h"

static const char *const nacl_features[] = { "sync_csr", "sync_hfence", "sync_sret", "autoswap_csr",
					     NULL };

/* The names of src/hv/withheld.c. */
static const char *const givable[] = { "fw_cfg", "flash", "iommu", NULL };

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

int option_machine(const char *value, struct run_options *options)
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

static bool is_known(const char *name, size_t length, const char *const *known)
{
	for (; *known; known++) {
		if (strlen(*known) == length && !strncmp(*known, name, length))
			return true;
	}
	return false;
}

/*
 * Looks for the first name in the size bytes at names that is not known; separators are between the
 * names. Returns it, with its length, or NULL.
 */
static const char *unknown_name(const char *names, size_t size, char separator,
				const char *const *known, size_t *length)
{
	const char *end = names + size;

	for (; names <= end; names += *length + 1) {
		for (*length = 0; names + *length < end && names[*length] != separator; ++*length)
			;
		if (!is_known(names, *length, known))
			return names;
	}
	return NULL;
}

/*
 * Checks a list of features with separators. Returns 0, or -1 after a message that begins with what
 * and quotes value.
 */
static int check_features(const char *what, const char *value, const char *names, size_t size,
			  char separator)
{
	size_t length;
	const char *name = unknown_name(names, size, separator, nacl_features, &length);

	if (!name)
		return 0;
	message("%s '%s': '%.*s' is no feature; expected all, none, or a list of "
		"sync_csr%csync_hfence%csync_sret%cautoswap_csr",
		what, value, (int)length, name, separator, separator, separator);
	return -1;
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

int option_give(const char *value, struct run_options *options)
{
	size_t length;
	const char *name = unknown_name(value, strlen(value), ',', givable, &length);

	if (name) {
		message("--give '%s': '%.*s' is no device that can be given; expected a list of "
			"fw_cfg,flash,iommu",
			value, (int)length, name);
		return -1;
	}
	options->give = value;
	return 0;
}

int option_expect(const char *value, struct run_options *options)
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

int option_net(const char *value, struct run_options *options)
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

int option_disk(const char *value, struct run_options *options)
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

int option_trace(const char *value, struct run_options *options)
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
