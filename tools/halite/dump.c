/* SPDX-License-Identifier: BSD-2-Clause */
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define PREFIX	 "halite: own trap: "
#define BUILD_ID ", build id "

static void add_offset(struct dump *dump, uint64_t offset)
{
	for (size_t i = 0; i < dump->count; i++) {
		if (dump->offsets[i] == offset)
			return;
	}
	if (dump->count < DUMP_OFFSETS_MAX)
		dump->offsets[dump->count++] = offset;
}

static void read_line(struct dump *dump)
{
	const char *at = strstr(dump->line, PREFIX);
	const char *id;

	if (!at)
		return;
	id = strstr(at, BUILD_ID);
	if (id) {
		dump->count = 0;
		id += strlen(BUILD_ID);
		snprintf(dump->build_id, sizeof(dump->build_id), "%.*s",
			 (int)strspn(id, "0123456789abcdef"), id);
	}
	for (at = strstr(at, "+0x"); at; at = strstr(at + 1, "+0x"))
		add_offset(dump, strtoull(at + 1, NULL, 16));
}

void dump_feed(struct dump *dump, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r') {
			dump->line[dump->length] = '\0';
			read_line(dump);
			dump->length = 0;
		} else if (dump->length < sizeof(dump->line) - 1) {
			dump->line[dump->length++] = bytes[i];
		}
	}
}

void dump_print(const struct dump *dump, const char *elf)
{
	char build_id[2 * BUILD_ID_SIZE + 1] = "none";
	struct symbols symbols;
	const char *name;
	uint64_t into;

	if (!dump->build_id[0])
		return;
	if (symbols_read(elf, &symbols) < 0) {
		message("no names for the trap: '%s' is no RISC-V ELF with symbols", elf);
		return;
	}
	symbols_build_id(elf, build_id);
	if (strcmp(build_id, dump->build_id)) {
		message("no names for the trap: '%s' has build id %s, not %s", elf, build_id,
			dump->build_id);
		return;
	}
	for (size_t i = 0; i < dump->count; i++) {
		name = symbols_find(&symbols, dump->offsets[i], &into);
		message("+0x%llx is %s+0x%llx", (unsigned long long)dump->offsets[i],
			name ? name : "?", (unsigned long long)into);
	}
}
