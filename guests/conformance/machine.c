/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's extensions and the words of the command line, from the device tree. */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "conformance.h"

#define ISA_MAX	 4096
#define ARGS_MAX 256

uint64_t machine_uart;

static char isa[ISA_MAX];
static char args[ARGS_MAX];

static void copy_string(const void *fdt, int node, const char *name, char *to, size_t size)
{
	const char *from = node < 0 ? NULL : fdt_getprop(fdt, node, name, NULL);

	if (from && (size_t)snprintf(to, size, "%s", from) >= size)
		bail("%s is too long", name);
}

void machine_find(const void *fdt)
{
	if (fdt_check_header(fdt))
		bail("no device tree");
	machine_uart = guest_uart(fdt);
	copy_string(fdt, fdt_node_offset_by_prop_value(fdt, -1, "device_type", "cpu", 4),
		    "riscv,isa", isa, sizeof(isa));
	copy_string(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", args, sizeof(args));
}

/* Whether @text has the word @word, between characters @between or the ends of @text. */
static bool has_word(const char *text, const char *word, char between)
{
	const size_t length = strlen(word);
	const char *at;

	for (at = strstr(text, word); at; at = strstr(at + 1, word)) {
		if ((at == text || at[-1] == between) && (!at[length] || at[length] == between))
			return true;
	}
	return false;
}

/* The ISA string is rv64, letters, and then longer names, each after an underscore. */
bool has_extension(const char *name)
{
	const char *at;

	if (name[1])
		return has_word(isa, name, '_');
	for (at = isa + 4; *at && *at != '_'; at++) {
		if (*at == *name)
			return true;
	}
	return false;
}

bool has_one_of(const char *names)
{
	char name[32];
	size_t length;

	for (;; names += length + 1) {
		length = strcspn(names, "/");
		snprintf(name, sizeof(name), "%.*s", (int)length, names);
		if (has_extension(name))
			return true;
		if (!names[length])
			return false;
	}
}

bool area_wanted(const char *name)
{
	char word[32];

	snprintf(word, sizeof(word), "area=%s", name);
	return !strstr(args, "area=") || has_word(args, word, ' ');
}
