/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "boot/efi.h"
#include "boot/efi_facts.h"

/* ---- LoadOptions ---- */

/* Write @c as UTF-8 to @out. Return the number of bytes. */
static size_t put_utf8(uint8_t out[4], uint32_t c)
{
	size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t i;

	for (i = count - 1; i; i--, c >>= 6)
		out[i] = 0x80 | (c & 0x3f);
	out[0] = first[count] | c;
	return count;
}

/* Read the character at @in of @count words to *@c. Return its words; 0: it is none. */
static uint32_t get_utf16(const uint16_t *in, uint32_t count, uint32_t *c)
{
	*c = in[0];
	if (*c < 0xd800 || *c > 0xdfff)
		return *c < 0x20 || *c == 0x7f ? 0 : 1;
	if (*c > 0xdbff || count < 2 || in[1] < 0xdc00 || in[1] > 0xdfff)
		return 0;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (in[1] - 0xdc00);
	return 2;
}

bool efi_options_text(char *text, size_t room, const uint16_t *options, uint32_t size)
{
	uint32_t count = size / 2, i = 0;
	size_t used = 0;

	text[0] = '\0';
	if (size % 2)
		return false;
	while (i < count && options[i]) {
		uint8_t bytes[4];
		uint32_t c, words = get_utf16(options + i, count - i, &c);
		size_t length;

		if (!words)
			break;
		length = put_utf8(bytes, c);
		if (used + length >= room)
			break;
		memcpy(text + used, bytes, length);
		used += length;
		i += words;
	}
	if (i < count && options[i])
		used = 0;
	text[used] = '\0';
	return i == count || !options[i];
}

/* ---- device paths ---- */

#define BACKSLASH 0x5c

/* The most nodes of a device path that are looked at: a damaged one may have no end. */
#define NODES_MAX 64

/*
 * Append the text of a node, @size bytes at @text, to @out, which has *@used words. Nodes are
 * parts of one path, with one backslash between them. False: @room words are too few.
 */
static bool append_part(uint16_t *out, size_t room, size_t *used, const uint8_t *text, size_t size)
{
	uint16_t c;
	size_t i;

	for (i = 0; i + sizeof(c) <= size; i += sizeof(c)) {
		memcpy(&c, text + i, sizeof(c));
		if (!c)
			break;
		if (!i && c != BACKSLASH && (!*used || out[*used - 1] != BACKSLASH)) {
			if (*used + 1 >= room)
				return false;
			out[(*used)++] = BACKSLASH;
		}
		if (c == BACKSLASH && *used && out[*used - 1] == BACKSLASH)
			continue;
		if (*used + 1 >= room)
			return false;
		out[(*used)++] = c;
	}
	return true;
}

bool efi_path_folder(uint16_t *folder, size_t room, const void *path)
{
	const uint8_t *at = path;
	struct efi_path_node node;
	size_t used = 0;
	unsigned int i;

	for (i = 0; at && i < NODES_MAX; i++) {
		size_t size;

		memcpy(&node, at, sizeof(node));
		size = node.size[0] | node.size[1] << 8;
		if (node.type == EFI_PATH_END || size < sizeof(node))
			break;
		if (node.type == EFI_PATH_MEDIA && node.subtype == EFI_PATH_FILE &&
		    !append_part(folder, room, &used, at + sizeof(node), size - sizeof(node)))
			return false;
		at += size;
	}
	while (used && folder[used - 1] != BACKSLASH)
		used--;
	folder[used] = 0;
	return used;
}

/* ---- the memory map ---- */

/* Whether @memory is free when boot services have ended, and is RAM like any other. */
static bool is_free(const struct efi_memory *memory)
{
	if (!(memory->attributes & EFI_MEMORY_WB) || memory->attributes & EFI_MEMORY_SP)
		return false;
	switch (memory->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL:
	/* Halite does not read ACPI's tables. */
	case EFI_ACPI_RECLAIM:
		return true;
	default:
		return false;
	}
}

/*
 * Find the descriptor of the address @at in @map, and write it to @memory. False: there is none, or
 * it passes 2^64.
 */
static bool find_memory(struct efi_memory *memory, const void *map, uint64_t size,
			uint64_t descriptor_size, uint64_t at)
{
	uint64_t i;

	for (i = 0; i + sizeof(*memory) <= size; i += descriptor_size) {
		memcpy(memory, (const uint8_t *)map + i, sizeof(*memory));
		if (at >= memory->start && (at - memory->start) / EFI_PAGE_SIZE < memory->pages)
			return memory->pages <= UINT64_MAX / EFI_PAGE_SIZE &&
			       range_is_valid(memory->start, memory->pages * EFI_PAGE_SIZE);
	}
	return false;
}

bool efi_map_holds(const void *map, uint64_t size, uint64_t descriptor_size, struct range r)
{
	struct efi_memory memory;
	uint64_t at = r.start;

	if (!r.size || !range_is_valid(r.start, r.size))
		return false;
	while (at < range_end(r)) {
		if (!find_memory(&memory, map, size, descriptor_size, at) || !is_free(&memory) ||
		    memory.type == EFI_CONVENTIONAL)
			return false;
		at = memory.start + memory.pages * EFI_PAGE_SIZE;
	}
	return true;
}

bool efi_map_ram(struct range_list *ram, const void *map, uint64_t size, uint64_t descriptor_size)
{
	struct efi_memory memory;
	uint64_t at;

	for (at = 0; at + sizeof(memory) <= size; at += descriptor_size) {
		memcpy(&memory, (const uint8_t *)map + at, sizeof(memory));
		if (!is_free(&memory))
			continue;
		if (memory.pages > UINT64_MAX / EFI_PAGE_SIZE ||
		    !range_is_valid(memory.start, memory.pages * EFI_PAGE_SIZE) ||
		    !range_list_add(ram,
				    (struct range){ memory.start, memory.pages * EFI_PAGE_SIZE }))
			return false;
	}
	range_list_normalize(ram);
	return true;
}
