/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "hext/ext.h"
#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"

static const struct {
	const char *name;
	size_t len;
	size_t offset; /* of a bool in struct machine_isa */
	enum hext_told told;
} extensions[] = {
#define HEXT_EXT(name, told, ...) \
	{ #name, sizeof(#name) - 1, offsetof(struct machine_isa, name), HEXT_TOLD_##told },
#include "hext/ext_table.h"
};

#define EXTENSION_COUNT (sizeof(extensions) / sizeof(extensions[0]))

static bool *field(struct machine_isa *isa, size_t i)
{
	return (bool *)((char *)isa + extensions[i].offset);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of @name without the version at its end ("2p0" of "h2p0", "1p0" of "svinval1p0"). */
static size_t without_version(const char *name, size_t len)
{
	size_t end = len;

	while (end > 1 && is_digit(name[end - 1]))
		end--;
	if (end == len || end < 3 || name[end - 1] != 'p' || !is_digit(name[end - 2]))
		return len;
	end--;
	while (end > 1 && is_digit(name[end - 1]))
		end--;
	return end;
}

/* The index of the extension @name, with or without a version. EXTENSION_COUNT: another one. */
static size_t find(const char *name, size_t len)
{
	size_t i;

	len = without_version(name, len);
	for (i = 0; i < EXTENSION_COUNT; i++) {
		if (extensions[i].len == len && !memcmp(extensions[i].name, name, len))
			break;
	}
	return i;
}

static void note(struct machine_isa *isa, const char *name, size_t len)
{
	size_t i = find(name, len);

	if (i < EXTENSION_COUNT)
		*field(isa, i) = true;
}

bool machine_isa_hides(const struct machine *m, const char *name, size_t len)
{
	size_t i = find(name, len);

	return i < EXTENSION_COUNT && !hext_is_told(extensions[i].told, m->imsic.present, m->lcofi);
}

/*
 * Parse an ISA string ("rv64imafdch_zicsr_sstc"). Extensions of a single letter come first. They
 * end at the first underscore, or at the first letter that begins a longer name. Names separated by
 * underscores follow (unpriv "ISA Extension Naming Conventions").
 */
static void parse_string(struct machine_isa *isa, const char *text)
{
	if (!strncmp(text, "rv64", 4) || !strncmp(text, "rv32", 4))
		text += 4;
	while (*text && *text != '_' && !strchr("szx", *text)) {
		size_t len = 1;

		while (is_digit(text[len]) || (text[len] == 'p' && is_digit(text[len + 1])))
			len++;
		note(isa, text, len);
		text += len;
	}
	while (*text) {
		size_t len = strcspn(text, "_");

		note(isa, text, len);
		text += len;
		text += *text == '_';
	}
}

void machine_parse_isa(const void *fdt, int node, struct machine_isa *isa)
{
	int len;
	const char *p = fdt_getprop(fdt, node, ISA_LIST_NAME, &len);
	const char *end;

	memset(isa, 0, sizeof(*isa));
	if (!p) {
		p = fdt_getprop(fdt, node, ISA_STRING_NAME, &len);
		if (!p || len < 1 || p[len - 1])
			hv_fatal("%s: neither riscv,isa-extensions nor a string riscv,isa",
				 devtree_path(fdt, node));
		parse_string(isa, p);
		return;
	}
	if (len < 1 || p[len - 1])
		hv_fatal("%s: riscv,isa-extensions: no list of strings", devtree_path(fdt, node));
	for (end = p + len; p < end; p += strlen(p) + 1)
		note(isa, p, strlen(p));
}

void machine_isa_intersect(struct machine_isa *isa, const struct machine_isa *other)
{
	struct machine_isa copy = *other;
	size_t i;

	for (i = 0; i < EXTENSION_COUNT; i++)
		*field(isa, i) = *field(isa, i) && *field(&copy, i);
}

const char *machine_isa_text(const struct machine_isa *isa, char *buf, size_t size)
{
	struct machine_isa copy = *isa;
	size_t used = 0;
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < EXTENSION_COUNT && used < size; i++) {
		if (*field(&copy, i) && extensions[i].told != HEXT_TOLD_NO)
			used += snprintf(buf + used, size - used, "%s%s", used ? " " : "",
					 extensions[i].name);
	}
	return buf;
}
