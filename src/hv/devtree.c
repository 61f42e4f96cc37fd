/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"

#define CELL 4

const char *devtree_path(const void *fdt, int node)
{
	static char path[DEVTREE_PATH];

	return fdt_get_path(fdt, node, path, sizeof(path)) ? "?" : path;
}

uint64_t devtree_number(const void *p, int cells)
{
	const fdt32_t *cell = p;
	uint64_t value = 0;

	while (cells-- > 0)
		value = value << 32 | fdt32_ld(cell++);
	return value;
}

const char *devtree_bootargs(const void *fdt, int node)
{
	int len;
	const char *text = fdt_getprop(fdt, node, "bootargs", &len);

	if (!text)
		return "";
	if (len < 1 || text[len - 1])
		hv_fatal("%s: bootargs: no string", devtree_path(fdt, node));
	return text;
}

/* ---- walks of a checked tree ---- */

/* The word of the structure block at @offset. */
static const fdt32_t *word_at(const void *fdt, int offset)
{
	return (const fdt32_t *)fdt + (fdt_off_dt_struct(fdt) + offset) / CELL;
}

/* The offset of @word, which word_at() has returned. */
static int offset_of(const void *fdt, const fdt32_t *word)
{
	return (word - word_at(fdt, 0)) * CELL;
}

/* The tag at *@word. Move *@word behind the tag and what belongs to it. */
static inline uint32_t take_tag(const fdt32_t **word)
{
	const fdt32_t *at = *word;
	const uint32_t tag = fdt32_to_cpu(*at++);

	if (tag == FDT_BEGIN_NODE)
		at += strlen((const char *)at) / CELL + 1;
	else if (tag == FDT_PROP)
		at += 2 + (fdt32_to_cpu(*at) + CELL - 1) / CELL;
	*word = at;
	return tag;
}

int devtree_first_subnode(const void *fdt, int parent)
{
	const fdt32_t *word = word_at(fdt, parent), *at;
	uint32_t tag;

	take_tag(&word);
	do {
		at = word;
		tag = take_tag(&word);
	} while (tag == FDT_PROP || tag == FDT_NOP);
	return tag == FDT_BEGIN_NODE ? offset_of(fdt, at) : -1;
}

int devtree_next_subnode(const void *fdt, int node)
{
	const fdt32_t *word = word_at(fdt, node), *at;
	int depth = 0;
	uint32_t tag;

	do {
		tag = take_tag(&word);
		if (tag == FDT_BEGIN_NODE)
			depth++;
		else if (tag == FDT_END_NODE)
			depth--;
	} while (depth);
	do {
		at = word;
		tag = take_tag(&word);
	} while (tag == FDT_NOP);
	return tag == FDT_BEGIN_NODE ? offset_of(fdt, at) : -1;
}

int devtree_subnode(const void *fdt, int parent, const char *name)
{
	int node;

	devtree_each_subnode (node, fdt, parent) {
		if (!strcmp((const char *)(word_at(fdt, node) + 1), name))
			break;
	}
	return node;
}

/* Note the property at @word if it is one of @wanted. */
static void note_property(const char *strings, const fdt32_t *word, struct devtree_property *wanted,
			  unsigned int count)
{
	const char *name = strings + fdt32_to_cpu(word[2]);
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (*wanted[i].name == *name && !wanted[i].value && !strcmp(wanted[i].name, name)) {
			wanted[i].value = word + 3;
			wanted[i].len = fdt32_to_cpu(word[1]);
		}
	}
}

void devtree_find(const void *fdt, int node, struct devtree_property *wanted, unsigned int count)
{
	const char *strings = (const char *)fdt + fdt_off_dt_strings(fdt);
	const fdt32_t *word = word_at(fdt, node), *at;
	uint32_t tag;

	take_tag(&word);
	do {
		at = word;
		tag = take_tag(&word);
		if (tag == FDT_PROP)
			note_property(strings, at, wanted, count);
	} while (tag == FDT_PROP || tag == FDT_NOP);
}

/* ---- properties ---- */

static struct devtree_property find_one(const void *fdt, int node, const char *name)
{
	struct devtree_property p = { .name = name };

	devtree_find(fdt, node, &p, 1);
	return p;
}

bool devtree_property_number(const struct devtree_property *p, uint64_t *value)
{
	if (!p->value || (p->len != CELL && p->len != 2 * CELL))
		return false;
	*value = devtree_number(p->value, p->len / CELL);
	return true;
}

bool devtree_get_number(const void *fdt, int node, const char *name, uint64_t *value)
{
	struct devtree_property p = find_one(fdt, node, name);

	return devtree_property_number(&p, value);
}

bool devtree_property_equals(const struct devtree_property *p, const struct devtree_property *q)
{
	if (!p->value || !q->value)
		return !p->value && !q->value;
	return p->len == q->len && !memcmp(p->value, q->value, p->len);
}

bool devtree_property_enables(const struct devtree_property *status)
{
	return !status->value || devtree_property_is(status, "okay") ||
	       devtree_property_is(status, "ok");
}

bool devtree_is_enabled(const void *fdt, int node)
{
	struct devtree_property status = find_one(fdt, node, "status");

	return devtree_property_enables(&status);
}

bool devtree_property_lists(const struct devtree_property *p, const char *const *names)
{
	for (; p->value && *names; names++) {
		if (fdt_stringlist_contains(p->value, p->len, *names))
			return true;
	}
	return false;
}

bool devtree_is_compatible(const void *fdt, int node, const char *const *names)
{
	struct devtree_property compatible = find_one(fdt, node, "compatible");

	return devtree_property_lists(&compatible, names);
}

bool devtree_property_is(const struct devtree_property *p, const char *value)
{
	return p->value && p->len == (int)strlen(value) + 1 && !memcmp(p->value, value, p->len);
}

bool devtree_has_string(const void *fdt, int node, const char *name, const char *value)
{
	struct devtree_property p = find_one(fdt, node, name);

	return devtree_property_is(&p, value);
}

bool devtree_property_reg(const void *fdt, int node, const struct devtree_property *reg,
			  int address_cells, int size_cells, unsigned int index, struct range *r)
{
	int entry = (address_cells + size_cells) * CELL;
	const uint8_t *at = reg->value;

	if (!at)
		return false;
	if (address_cells < 1 || address_cells > 2 || size_cells < 0 || size_cells > 2 ||
	    reg->len % entry)
		hv_fatal("%s: reg: %d bytes are no list of %d address and %d size cells",
			 devtree_path(fdt, node), reg->len, address_cells, size_cells);
	if (index >= (unsigned int)(reg->len / entry))
		return false;
	at += index * entry;
	r->start = devtree_number(at, address_cells);
	r->size = devtree_number(at + address_cells * CELL, size_cells);
	if (!range_is_valid(r->start, r->size))
		hv_fatal("%s: reg: 0x%llx + 0x%llx is beyond 64 bits", devtree_path(fdt, node),
			 (unsigned long long)r->start, (unsigned long long)r->size);
	return true;
}

bool devtree_reg(const void *fdt, int node, int address_cells, int size_cells, unsigned int index,
		 struct range *r)
{
	struct devtree_property reg = find_one(fdt, node, "reg");

	return devtree_property_reg(fdt, node, &reg, address_cells, size_cells, index, r);
}
