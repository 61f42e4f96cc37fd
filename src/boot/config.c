/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boot/config.h"
#include "hv/options.h"
#include "hv/pack_format.h"

#define KEY_SHOWN 32   /* the most characters of an unknown key in a message */
#define DOMAINS	  16   /* lines of them */
#define PART_MAX  4095 /* characters of a domain's line */

const char *const config_names[CONFIG_KEYS] = {
	[CONFIG_KERNEL] = "kernel",	   [CONFIG_RAMDISK] = "ramdisk", [CONFIG_DTB] = "dtb",
	[CONFIG_APPEND] = "append",	   [CONFIG_OPTIONS] = "options", [CONFIG_DOMAIN] = "domain",
	[CONFIG_SHARED] = "shared-memory",
};

static const size_t longest[CONFIG_KEYS] = {
	[CONFIG_KERNEL] = CONFIG_PATH_MAX,
	[CONFIG_RAMDISK] = CONFIG_PATH_MAX,
	[CONFIG_DTB] = CONFIG_PATH_MAX,
	[CONFIG_APPEND] = PACK_BOOTARGS_SIZE - 1,
	[CONFIG_OPTIONS] = PACK_WORDS_SIZE - 1,
	[CONFIG_DOMAIN] = PART_MAX,
	[CONFIG_SHARED] = PART_MAX,
};

/* Text of a line. */
struct piece {
	char *start;
	char *end;
};

bool config_wrong(char error[CONFIG_ERROR_SIZE], unsigned int line, const char *fmt, ...)
{
	int used = snprintf(error, CONFIG_ERROR_SIZE, "line %u: ", line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(error + used, CONFIG_ERROR_SIZE - used, fmt, args);
	va_end(args);
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct piece trim(struct piece p)
{
	while (p.start < p.end && is_space(*p.start))
		p.start++;
	while (p.start < p.end && is_space(p.end[-1]))
		p.end--;
	return p;
}

static bool check_characters(struct piece p, unsigned int line, char *error)
{
	const char *at;

	for (at = p.start; at < p.end; at++) {
		uint8_t c = *at;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return config_wrong(error, line,
					    "the byte 0x%02x is no text: expected ASCII or UTF-8",
					    c);
	}
	return true;
}

static bool check_path(const char *path, unsigned int line, const char *name, char *error)
{
	for (; *path; path++) {
		uint8_t c = *path;

		if (c < 0x20 || c > 0x7e)
			return config_wrong(error, line,
					    "%s: expected a path of printable ASCII characters",
					    name);
	}
	return true;
}

static enum config_key find_key(struct piece p)
{
	size_t length = p.end - p.start;
	unsigned int key = 0;

	while (key < CONFIG_KEYS &&
	       (strlen(config_names[key]) != length || memcmp(config_names[key], p.start, length)))
		key++;
	return key;
}

/* Check the value of @key, which is in c. */
static bool check_value(const struct config *c, enum config_key key, char *error)
{
	const struct config_value *v = &c->values[key];
	const char *name = config_names[key];
	size_t length = strlen(v->text);
	char reason[OPTIONS_ERROR_SIZE];

	if (!length)
		return config_wrong(error, v->line, "%s: it has no value", name);
	if (length > longest[key])
		return config_wrong(error, v->line, "%s: %lu characters; at most %lu are expected",
				    name, (unsigned long)length, (unsigned long)longest[key]);
	if (key < CONFIG_APPEND)
		return check_path(v->text, v->line, name, error);
	if (key == CONFIG_OPTIONS && !options_check(v->text, reason))
		return config_wrong(error, v->line, "%s: %s", name, reason);
	return true;
}

/* Note the value of @key, which may be there several times. */
static bool add_part(struct config *c, enum config_key key, char *error)
{
	unsigned int most = key == CONFIG_DOMAIN ? DOMAINS : CONFIG_PARTS - DOMAINS, i;

	for (i = 0; i < c->part_count; i++)
		most -= c->keys[i] == key;
	if (!most)
		return config_wrong(error, c->values[key].line, "%s: too many such lines",
				    config_names[key]);
	c->keys[c->part_count] = key;
	c->parts[c->part_count++] = c->values[key];
	return true;
}

/* Each domain has a kernel of its own. */
static bool check_kernels(const struct config *c, char *error)
{
	static const enum config_key others[] = { CONFIG_KERNEL, CONFIG_RAMDISK, CONFIG_APPEND };
	unsigned int i;

	for (i = 0; i < 3 && c->part_count; i++) {
		if (c->values[others[i]].line)
			return config_wrong(error, c->values[others[i]].line,
					    "%s: with domains, each has its own",
					    config_names[others[i]]);
	}
	if (c->values[c->part_count ? CONFIG_DOMAIN : CONFIG_KERNEL].line)
		return true;
	snprintf(error, CONFIG_ERROR_SIZE, "%s: there is no such line",
		 config_names[c->part_count ? CONFIG_DOMAIN : CONFIG_KERNEL]);
	return false;
}

/* Parse a line of text, without its end. */
static bool parse_line(struct config *c, struct piece p, unsigned int line, char *error)
{
	char *equals;
	enum config_key key;
	struct piece name, value;
	int shown;

	if (!check_characters(p, line, error))
		return false;
	p = trim(p);
	if (p.start == p.end || *p.start == '#')
		return true;
	equals = memchr(p.start, '=', p.end - p.start);
	if (!equals)
		return config_wrong(error, line, "expected 'key = value'");
	name = trim((struct piece){ p.start, equals });
	value = trim((struct piece){ equals + 1, p.end });
	key = find_key(name);
	shown = name.end - name.start < KEY_SHOWN ? name.end - name.start : KEY_SHOWN;
	if (key == CONFIG_KEYS)
		return config_wrong(
			error, line,
			"the key '%.*s' is not known; kernel, ramdisk, dtb, append, options, "
			"domain or shared-memory is expected",
			shown, name.start);
	if (key < CONFIG_DOMAIN && c->values[key].line)
		return config_wrong(error, line, "%s: it is in line %u, too", config_names[key],
				    c->values[key].line);
	*value.end = '\0';
	c->values[key] = (struct config_value){ value.start, line };
	return check_value(c, key, error) && (key < CONFIG_DOMAIN || add_part(c, key, error));
}

/* The text without a byte order mark of UTF-8. */
static struct piece without_mark(char *text, size_t size)
{
	bool marked = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3);

	return (struct piece){ marked ? text + 3 : text, text + size };
}

bool config_parse(struct config *c, char *text, size_t size, char error[CONFIG_ERROR_SIZE])
{
	struct piece rest = without_mark(text, size);
	unsigned int line, key;

	c->part_count = 0;
	for (key = 0; key < CONFIG_KEYS; key++)
		c->values[key] = (struct config_value){ "", 0 };
	for (line = 1; rest.start < rest.end; line++) {
		char *end = memchr(rest.start, '\n', rest.end - rest.start);
		struct piece p = { rest.start, end ? end : rest.end };

		rest.start = end ? end + 1 : rest.end;
		if (end && end > p.start && end[-1] == '\r')
			p.end--;
		if (!parse_line(c, p, line, error))
			return false;
	}
	return check_kernels(c, error);
}
