/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/options.h"
#include "hv/withheld.h"
#include "nacl/abi.h"

/* The share of RAM for the tables of shadows: 1 / this. */
#define TABLES_MIN     2u
#define TABLES_DEFAULT 512u
#define TABLES_MAX     65536u

/* The events in the ring of a hart. */
#define TRACE_MIN     64u
#define TRACE_DEFAULT 4096u
#define TRACE_MAX     1048576u

static const char *const feature_names[NACL_FEAT_COUNT] = {
	[NACL_FEAT_SYNC_CSR] = "sync_csr",
	[NACL_FEAT_SYNC_HFENCE] = "sync_hfence",
	[NACL_FEAT_SYNC_SRET] = "sync_sret",
	[NACL_FEAT_AUTOSWAP_CSR] = "autoswap_csr",
};

static bool wrong(char *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Write the message to @error, of OPTIONS_ERROR_SIZE bytes. Return false. */
static bool wrong(char *error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error, OPTIONS_ERROR_SIZE, fmt, args);
	va_end(args);
	return false;
}

static bool is_text(const char *text, size_t len, const char *expected)
{
	return strlen(expected) == len && !strncmp(text, expected, len);
}

/* The number of the feature with the name @text, of @len bytes, or NACL_FEAT_COUNT. */
static unsigned int find_feature(const char *text, size_t len)
{
	unsigned int i = 0;

	while (i < NACL_FEAT_COUNT && !is_text(text, len, feature_names[i]))
		i++;
	return i;
}

/* The number @text, of @len bytes. More than @max: it is larger, or no number. */
static unsigned int parse_number(const char *text, size_t len, unsigned int max)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; i < len && value <= max && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (text[i] - '0');
	return i < len || !len ? max + 1 : value;
}

/* Find the value of tables= in @bootargs. */
static bool find_tables(unsigned int *value, const char *bootargs, char *error)
{
	size_t len;

	*value = TABLES_DEFAULT;
	for (; *bootargs; bootargs += len) {
		bootargs += strspn(bootargs, " ");
		len = strcspn(bootargs, " ");
		if (len < 7 || strncmp(bootargs, "tables=", 7))
			continue;
		*value = parse_number(bootargs + 7, len - 7, TABLES_MAX);
		if (*value < TABLES_MIN || *value > TABLES_MAX)
			return wrong(error, "tables=: \"%.*s\" is no number from %u to %u",
				     (int)len - 7, bootargs + 7, TABLES_MIN, TABLES_MAX);
	}
	return true;
}

/* Find the events in a ring by @bootargs. */
static bool find_trace(unsigned int *value, const char *bootargs, char *error)
{
	size_t len;

	*value = 0;
	for (; *bootargs; bootargs += len) {
		bootargs += strspn(bootargs, " ");
		len = strcspn(bootargs, " ");
		if (is_text(bootargs, len, "trace"))
			*value = TRACE_DEFAULT;
		if (len < 6 || strncmp(bootargs, "trace=", 6))
			continue;
		*value = parse_number(bootargs + 6, len - 6, TRACE_MAX);
		if (*value < TRACE_MIN || *value > TRACE_MAX || (*value & (*value - 1)))
			return wrong(error, "trace=: \"%.*s\" is no power of two from %u to %u",
				     (int)len - 6, bootargs + 6, TRACE_MIN, TRACE_MAX);
	}
	return true;
}

unsigned int options_tables(const char *bootargs)
{
	char error[OPTIONS_ERROR_SIZE];
	unsigned int value;

	if (!find_tables(&value, bootargs, error))
		hv_fatal("bootargs: %s", error);
	return value;
}

unsigned int options_trace(const char *bootargs)
{
	char error[OPTIONS_ERROR_SIZE];
	unsigned int value;

	if (!find_trace(&value, bootargs, error))
		hv_fatal("bootargs: %s", error);
	return value;
}

const char *options_nacl(struct options *o, const char *value, size_t len, size_t *bad)
{
	const char *end = value + len;

	o->nacl_offered = !is_text(value, len, "none");
	o->nacl_features = 0;
	if (!o->nacl_offered)
		return NULL;
	if (is_text(value, len, "all")) {
		o->nacl_features = NACL_FEAT_ALL;
		return NULL;
	}
	while (value < end) {
		size_t name = strcspn(value, ", ");
		unsigned int feature = find_feature(value, name);

		if (feature == NACL_FEAT_COUNT) {
			*bad = name;
			return value;
		}
		o->nacl_features |= 1u << feature;
		value += name;
		value += value < end;
	}
	return NULL;
}

static bool parse_nacl(struct options *o, const char *value, size_t len, char *error)
{
	const char *bad = options_nacl(o, value, len, &len);

	return !bad ||
	       wrong(error, "nacl=: \"%.*s\" is not known; " OPTIONS_NACL_EXPECTED, (int)len, bad);
}

static bool parse_give(struct options *o, const char *value, size_t len, char *error)
{
	const char *end = value + len;

	do {
		size_t name = strcspn(value, ", ");
		uint32_t kind = withheld_word(value, name);

		if (!kind)
			return wrong(error,
				     "give=: \"%.*s\" is no device that can be given; "
				     "a list of " WITHHELD_WORDS " is expected",
				     (int)name, value);
		o->given |= kind;
		value += name + 1;
	} while (value <= end);
	return true;
}

/*
 * Parse the word @word of @len bytes. False: its value is wrong, and *@error says why, or with an
 * empty *@error it is not known.
 */
static bool parse_word(struct options *o, const char *word, size_t len, char *error)
{
	*error = '\0';
	if (!strncmp(word, "nacl=", 5))
		return parse_nacl(o, word + 5, len - 5, error);
	if (!strncmp(word, "give=", 5))
		return parse_give(o, word + 5, len - 5, error);
	if (is_text(word, len, "stats"))
		o->stats = true;
	else if (is_text(word, len, "slow"))
		o->slow = true;
	else if (is_text(word, len, "console=virtual"))
		o->virtual_console = true;
	else if (is_text(word, len, "console=frames"))
		o->virtual_console = o->frames = true;
	else if (is_text(word, len, "iommu=virtual"))
		o->virtual_iommu = true;
	else /* find_tables() and find_trace() have the others. */
		return is_text(word, len, "trace") || !strncmp(word, "trace=", 6) ||
		       !strncmp(word, "tables=", 7);
	return true;
}

/* Parse @bootargs. An unknown word is an error if @all_known, otherwise a warning. */
static bool parse(struct options *o, const char *bootargs, bool all_known, char *error)
{
	size_t len;

	*o = (struct options){
		.nacl_offered = true,
		.nacl_features = NACL_FEAT_ALL,
	};
	if (!find_trace(&o->trace, bootargs, error))
		return false;
	for (bootargs += strspn(bootargs, " "); *bootargs; bootargs += strspn(bootargs, " ")) {
		len = strcspn(bootargs, " ");
		if (!parse_word(o, bootargs, len, error)) {
			if (*error)
				return false;
			if (all_known)
				return wrong(error, "unknown word \"%.*s\"", (int)len, bootargs);
			hv_warn("bootargs: unknown word \"%.*s\"", (int)len, bootargs);
		}
		bootargs += len;
	}
	return true;
}

void options_parse(struct options *o, const char *bootargs)
{
	char error[OPTIONS_ERROR_SIZE];

	if (!parse(o, bootargs, false, error))
		hv_fatal("bootargs: %s", error);
}

bool options_check(const char *bootargs, char error[OPTIONS_ERROR_SIZE])
{
	struct options o;
	unsigned int tables;

	return parse(&o, bootargs, true, error) && find_tables(&tables, bootargs, error);
}

const char *options_nacl_text(const struct options *o, char *buf, size_t size)
{
	size_t used = 0;
	unsigned int i;

	if (!o->nacl_offered)
		return "none";
	if (o->nacl_features == NACL_FEAT_ALL)
		return "all";
	if (!o->nacl_features)
		return "no feature";
	for (i = 0; i < NACL_FEAT_COUNT && used < size; i++) {
		if (o->nacl_features >> i & 1)
			used += snprintf(buf + used, size - used, "%s%s", used ? "," : "",
					 feature_names[i]);
	}
	return buf;
}
