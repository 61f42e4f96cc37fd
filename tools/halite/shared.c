/* SPDX-License-Identifier: BSD-2-Clause */
#include "shared.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"

#define PAGE	  4096u
#define ITEMS_MAX 3 /* name, size, domains */

static const char *what_of(const struct shared_memory *shared, const char *key)
{
	char *text;

	if (asprintf(&text, "--shared-memory %s: %s", shared->name, key) < 0)
		abort();
	return text;
}

static int set_name(const char *value, struct shared_memory *shared, const struct domains *domains)
{
	if (domain_check_name("--shared-memory", value) < 0)
		return -1;
	for (unsigned int i = 0; i < domains->shared_count; i++) {
		if (!strcmp(domains->shared[i].name, value)) {
			message("--shared-memory: name '%s': it is given twice; expected a name of "
				"its own",
				value);
			return -1;
		}
	}
	shared->name = value;
	return 0;
}

static int set_size(const char *value, struct shared_memory *shared)
{
	const char *what = what_of(shared, "size");

	if (options_memory(what, value, &shared->size) < 0)
		return -1;
	if (shared->size % PAGE) {
		message("%s '%s': expected a multiple of 4K", what, value);
		return -1;
	}
	return 0;
}

static int add_domain(const char *name, struct shared_memory *shared)
{
	for (unsigned int i = 0; i < shared->count; i++) {
		if (!strcmp(shared->domains[i], name)) {
			message("%s '%s': it is named twice", what_of(shared, "domains"), name);
			return -1;
		}
	}
	if (shared->count == DOMAINS_MAX) {
		message("%s '%s': expected at most %d domains", what_of(shared, "domains"), name,
			DOMAINS_MAX);
		return -1;
	}
	shared->domains[shared->count++] = name;
	return 0;
}

static int set_domains(char *value, struct shared_memory *shared)
{
	char *list = value;

	while (list) {
		if (add_domain(domain_next_part(&list, ':'), shared) < 0)
			return -1;
	}
	if (shared->count < 2) {
		message("%s '%s': expected two or more domains with colons between them",
			what_of(shared, "domains"), value);
		return -1;
	}
	return 0;
}

/* The value of key among the items, or NULL. */
static char *value_of(const struct domain_item *items, int count, const char *key)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(items[i].key, key))
			return items[i].value;
	}
	return NULL;
}

int shared_parse(const char *text, struct domains *domains)
{
	struct shared_memory *shared = &domains->shared[domains->shared_count];
	struct domain_item items[ITEMS_MAX];
	char *name, *size, *list;
	int count;

	if (domains->shared_count == SHARED_MEMORY_MAX) {
		message("--shared-memory '%s': expected it at most %d times", text,
			SHARED_MEMORY_MAX);
		return -1;
	}
	count = domain_split("--shared-memory", text, items, ITEMS_MAX);
	if (count < 0)
		return -1;
	name = value_of(items, count, "name");
	size = value_of(items, count, "size");
	list = value_of(items, count, "domains");
	/* Three items with three keys: each is there once, and there is no other. */
	if (!name || !size || !list) {
		message("--shared-memory '%s': expected name=NAME,size=SIZE,domains=NAME:NAME",
			text);
		return -1;
	}
	if (set_name(name, shared, domains) < 0 || set_size(size, shared) < 0 ||
	    set_domains(list, shared) < 0)
		return -1;
	domains->shared_count++;
	return 0;
}

static bool is_domain(const struct domains *domains, const char *name)
{
	for (unsigned int i = 0; i < domains->count; i++) {
		if (!strcmp(domains->list[i].name, name))
			return true;
	}
	return false;
}

int shared_check(const struct domains *domains)
{
	for (unsigned int i = 0; i < domains->shared_count; i++) {
		const struct shared_memory *shared = &domains->shared[i];

		for (unsigned int k = 0; k < shared->count; k++) {
			if (is_domain(domains, shared->domains[k]))
				continue;
			message("%s '%s': there is no --domain of this name",
				what_of(shared, "domains"), shared->domains[k]);
			return -1;
		}
	}
	return 0;
}

uint64_t shared_size(const struct domains *domains)
{
	uint64_t size = 0;

	/* Large memory begins at a multiple of 2 MiB, and so does the RAM of a domain beside it. */
	for (unsigned int i = 0; i < domains->shared_count; i++)
		size += domains->shared[i].size + PAGE + 2 * DOMAIN_ALIGN;
	return size;
}

int shared_add_node(void *tree, int parent, const struct shared_memory *shared)
{
	char name[sizeof("shared-") + DOMAIN_NAME_MAX];
	int error, node;

	snprintf(name, sizeof(name), "shared-%s", shared->name);
	node = fdt_add_subnode(tree, parent, name);
	if (node < 0)
		return node;
	error = fdt_setprop_string(tree, node, "compatible", "halite,shared-memory");
	if (!error)
		error = fdt_setprop_string(tree, node, "halite,name", shared->name);
	if (!error)
		error = fdt_setprop_u64(tree, node, "memory", shared->size / 1024);
	for (unsigned int i = 0; i < shared->count && !error; i++)
		error = fdt_appendprop_string(tree, node, "halite,domains", shared->domains[i]);
	return error;
}
