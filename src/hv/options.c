/* SPDX-License-Identifier: BSD-2-Clause */
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

/* The divisor of tables=, @text of @len bytes. */
static unsigned int parse_tables(const char *text, size_t len)
{
	unsigned int value = parse_number(text, len, TABLES_MAX);

	if (value < TABLES_MIN || value > TABLES_MAX)
		hv_fatal("bootargs: tables=: \"%.*s\" is no number from %u to %u", (int)len, text,
			 TABLES_MIN, TABLES_MAX);
	return value;
}

unsigned int options_tables(const char *bootargs)
{
	unsigned int value = TABLES_DEFAULT;
	size_t len;

	for (; *bootargs; bootargs += len) {
		bootargs += strspn(bootargs, " ");
		len = strcspn(bootargs, " ");
		if (len >= 7 && !strncmp(bootargs, "tables=", 7))
			value = parse_tables(bootargs + 7, len - 7);
	}
	return value;
}

unsigned int options_trace(const char *bootargs)
{
	unsigned int value = 0;
	size_t len;

	for (; *bootargs; bootargs += len) {
		bootargs += strspn(bootargs, " ");
		len = strcspn(bootargs, " ");
		if (is_text(bootargs, len, "trace"))
			value = TRACE_DEFAULT;
		if (len < 6 || strncmp(bootargs, "trace=", 6))
			continue;
		value = parse_number(bootargs + 6, len - 6, TRACE_MAX);
		if (value < TRACE_MIN || value > TRACE_MAX || (value & (value - 1)))
			hv_fatal("bootargs: trace=: \"%.*s\" is no power of two from %u to %u",
				 (int)len - 6, bootargs + 6, TRACE_MIN, TRACE_MAX);
	}
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

static void parse_nacl(struct options *o, const char *value, size_t len)
{
	const char *bad = options_nacl(o, value, len, &len);

	if (bad)
		hv_fatal("bootargs: nacl=: \"%.*s\" is not known; " OPTIONS_NACL_EXPECTED, (int)len,
			 bad);
}

static void parse_give(struct options *o, const char *value, size_t len)
{
	const char *end = value + len;

	do {
		size_t name = strcspn(value, ", ");
		uint32_t kind = withheld_word(value, name);

		if (!kind)
			hv_fatal("bootargs: give=: \"%.*s\" is no device that can be given; "
				 "a list of " WITHHELD_WORDS " is expected",
				 (int)name, value);
		o->given |= kind;
		value += name + 1;
	} while (value <= end);
}

void options_parse(struct options *o, const char *bootargs)
{
	*o = (struct options){
		.nacl_offered = true,
		.nacl_features = NACL_FEAT_ALL,
		.trace = options_trace(bootargs),
	};
	for (;;) {
		size_t len;

		bootargs += strspn(bootargs, " ");
		len = strcspn(bootargs, " ");
		if (!len)
			return;
		if (!strncmp(bootargs, "nacl=", 5))
			parse_nacl(o, bootargs + 5, len - 5);
		else if (!strncmp(bootargs, "give=", 5))
			parse_give(o, bootargs + 5, len - 5);
		else if (len >= 7 && !strncmp(bootargs, "tables=", 7))
			; /* options_tables() */
		else if (is_text(bootargs, len, "trace") || !strncmp(bootargs, "trace=", 6))
			; /* options_trace() */
		else if (is_text(bootargs, len, "stats"))
			o->stats = true;
		else if (is_text(bootargs, len, "slow"))
			o->slow = true;
		else
			hv_warn("bootargs: unknown word \"%.*s\"", (int)len, bootargs);
		bootargs += len;
	}
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
