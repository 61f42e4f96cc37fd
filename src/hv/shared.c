/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_config.h"
#include "hv/domain_words.h"
#include "hv/shared.h"
#include "lib/page.h"

/* Memory of this size, or more, has large pages. */
#define LARGE UINT64_C(0x200000)

#define DOMAINS "halite,domains"
#define ADDRESS "halite,address"

static const char *const compatible[] = { "halite,shared-memory", NULL };

/* All shared memory of the machine. */
static struct shared all[SHARED_MAX];

static _Noreturn void refuse(const void *fdt, int node, const char *property, const char *why,
			     const char *word)
{
	hv_fatal("%s: %s: %s%s", devtree_path(fdt, node), property, why, word);
}

static void parse_name(struct shared *s, const void *fdt)
{
	const struct shared *other;

	s->name = domain_words_name(fdt, s->node);
	for (other = all; other < s; other++) {
		if (!strcmp(other->name, s->name))
			refuse(fdt, s->node, "halite,name", "other shared memory is called ",
			       s->name);
	}
}

static void add_side(struct shared *s, const void *fdt, const char *name,
		     const struct domain_config *c, unsigned int count)
{
	unsigned int i = 0, k;

	while (i < count && strcmp(c[i].name, name))
		i++;
	if (i == count)
		refuse(fdt, s->node, DOMAINS, "there is no domain ", name);
	for (k = 0; k < s->count; k++) {
		if (s->side[k].domain == i)
			refuse(fdt, s->node, DOMAINS, "named twice: ", name);
	}
	s->side[s->count++].domain = i;
}

static void parse_sides(struct shared *s, const void *fdt, const struct domain_config *c,
			unsigned int count)
{
	const char *name = fdt_getprop(fdt, s->node, DOMAINS, &s->names_length);
	const char *end;

	/* The length is negative if there is no such property. */
	if (s->names_length < 1 || name[s->names_length - 1])
		refuse(fdt, s->node, DOMAINS, "no list of names", "");
	s->names = name;
	s->count = 0;
	end = name + s->names_length;
	for (; name < end; name += strlen(name) + 1)
		add_side(s, fdt, name, c, count);
	if (s->count < 2)
		refuse(fdt, s->node, DOMAINS, "only one domain", "");
}

/* Take the memory of @s, and a page for its doorbell, from @free. */
static void place(struct shared *s, const void *fdt, struct range_list *free)
{
	const uint64_t size = domain_words_size(fdt, s->node, "memory", PAGE_SIZE);
	struct range whole = { 0, size + PAGE_SIZE };
	int len;
	const void *address = fdt_getprop(fdt, s->node, ADDRESS, &len);

	if (address)
		whole.start = len == 8 ? devtree_number(address, 2) : 1;
	/* The size and a page may be more than there are addresses. */
	if (size > range_list_total(free) ||
	    (!address &&
	     !range_list_highest(free, whole.size, size < LARGE ? PAGE_SIZE : LARGE, &whole.start)))
		refuse(fdt, s->node, "memory", "there is no such free place", "");
	if (whole.start % PAGE_SIZE || !range_list_contains(free, whole))
		refuse(fdt, s->node, ADDRESS,
		       "no multiple of 4096 in two cells, with free RAM for the memory and a page",
		       "");
	if (!range_list_subtract(free, whole))
		hv_fatal("no memory left for the domains");
	range_list_normalize(free);
	s->memory = (struct range){ whole.start, size };
}

/* Let the domains of @s have its memory. */
static void give(const struct shared *s, struct domain_config *c)
{
	unsigned int i;

	for (i = 0; i < s->count; i++) {
		if (!range_list_add(&c[s->side[i].domain].shared, s->memory))
			hv_fatal("no memory left for the domains");
	}
}

void shared_parse(struct host *h, const void *fdt, struct domain_config *c, unsigned int count,
		  struct range_list *free)
{
	struct shared *s = all;
	int node;

	devtree_each_subnode (node, fdt, h->machine.nodes.chosen) {
		if (!devtree_is_compatible(fdt, node, compatible) || !devtree_is_enabled(fdt, node))
			continue;
		if (s == all + SHARED_MAX)
			refuse(fdt, node, *compatible, "too many", "");
		s->node = node;
		domain_words_check(fdt, node, "name\0domains\0address\0");
		parse_name(s, fdt);
		parse_sides(s, fdt, c, count);
		place(s, fdt, free);
		give(s++, c);
	}
	h->shared = all;
	h->shared_count = s - all;
}
