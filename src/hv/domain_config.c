/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_config.h"
#include "hv/domain_words.h"
#include "hv/shared.h"
#include "lib/page.h"
#include "lib/pages.h"

/* Ranges of RAM begin and end at multiples of this, but for the end of a domain's last one. */
#define RAM_ALIGN UINT64_C(0x200000)
#define RAM_MIN	  RAM_ALIGN

static _Noreturn void no_memory_left(void)
{
	hv_fatal("no memory left for the domains");
}

void domain_config_all(struct domain_config *c, struct host *h)
{
	const struct machine *m = &h->machine;
	uint64_t bytes = machine_controllers(m) * sizeof(*c->sources);

	*c = (struct domain_config){
		.node = -1,
		.hart_count = m->hart_count,
		.nacl_offered = h->options.nacl_offered,
		.nacl_features = h->options.nacl_features,
		.power = true,
		.tables = TABLES_USUAL,
	};
	index_set_fill(&c->harts, m->hart_count);
	c->sources = pages_alloc(&h->pool, (bytes + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);
	if (!c->sources || !range_list_copy(&c->ram, &h->ram) ||
	    !range_list_copy(&c->devices, &m->devices))
		no_memory_left();
	memset(c->sources, 0xff, bytes);
}

/* ---- names and words ---- */

static void parse_name(struct domain_config *all, unsigned int i, const void *fdt)
{
	struct domain_config *c = &all[i];
	const char *text = domain_words_name(fdt, c->node);

	/* Lines of Halite begin with its name. */
	if (!strcmp(text, "halite"))
		hv_fatal("%s: halite,name: \"halite\" is not for a domain",
			 devtree_path(fdt, c->node));
	strcpy(c->name, text);
	while (i-- > 0) {
		if (!strcmp(all[i].name, c->name))
			hv_fatal("%s: halite,name: \"%s\" is the name of another domain",
				 devtree_path(fdt, c->node), c->name);
	}
}

static void parse_nacl(struct domain_config *c, const void *fdt, const struct options *o)
{
	const char *text = domain_words_string(fdt, c->node, "halite,nacl");
	struct options own = *o;
	size_t len = 0;
	const char *bad = text ? options_nacl(&own, text, strlen(text), &len) : NULL;

	if (bad)
		hv_fatal("%s: halite,nacl: \"%.*s\" is not known; " OPTIONS_NACL_EXPECTED,
			 devtree_path(fdt, c->node), (int)len, bad);
	c->nacl_offered = own.nacl_offered;
	c->nacl_features = own.nacl_features;
}

/* ---- harts ---- */

/* The index of the hart with id @hartid, or hart_count. */
static unsigned int find_hart(const struct machine *m, uint64_t hartid)
{
	unsigned int i = 0;

	while (i < m->hart_count && m->harts[i].hartid != hartid)
		i++;
	return i;
}

static void parse_tables(struct domain_config *c, const void *fdt)
{
	uint64_t percent = TABLES_USUAL;

	if (fdt_getprop(fdt, c->node, "halite,tables", NULL) &&
	    (!devtree_get_number(fdt, c->node, "halite,tables", &percent) || !percent ||
	     percent > TABLES_MAX))
		hv_fatal("%s: halite,tables: no number from 1 to %d", devtree_path(fdt, c->node),
			 TABLES_MAX);
	c->tables = percent;
}

static void take_hart(struct domain_config *c, unsigned int hart)
{
	index_set_add(&c->harts, hart);
	c->hart_count++;
}

/* Take the harts that halite,harts names. @taken has those of all domains before. */
static void take_named(struct domain_config *c, const void *fdt, const struct machine *m,
		       struct index_set *taken)
{
	int cells = fdt_address_cells(fdt, m->nodes.cpus);
	int len, at;
	const uint8_t *ids = fdt_getprop(fdt, c->node, "halite,harts", &len);

	if (ids && (cells < 1 || cells > 2 || !len || len % (4 * cells)))
		hv_fatal("%s: halite,harts: no list of hart ids of %d cells each",
			 devtree_path(fdt, c->node), cells);
	for (at = 0; ids && at < len; at += 4 * cells) {
		uint64_t hartid = devtree_number(ids + at, cells);
		unsigned int hart = find_hart(m, hartid);

		if (hart == m->hart_count)
			hv_fatal("%s: halite,harts: there is no hart %llu that Halite can use",
				 devtree_path(fdt, c->node), (unsigned long long)hartid);
		if (index_set_has(taken, hart))
			hv_fatal("%s: halite,harts: hart %llu is named twice",
				 devtree_path(fdt, c->node), (unsigned long long)hartid);
		index_set_add(taken, hart);
		take_hart(c, hart);
	}
}

/* Take as many harts as cpus says, of those that no domain has, in order of hart id. */
static void take_counted(struct domain_config *c, const void *fdt, const struct machine *m,
			 struct index_set *taken)
{
	bool given = fdt_getprop(fdt, c->node, "cpus", NULL);
	uint64_t count = 0;
	unsigned int hart;

	if (given && (!devtree_get_number(fdt, c->node, "cpus", &count) || !count))
		hv_fatal("%s: cpus: no number of harts", devtree_path(fdt, c->node));
	if (c->hart_count) {
		if (given && count != c->hart_count)
			hv_fatal("%s: cpus: %llu, but halite,harts names %u harts",
				 devtree_path(fdt, c->node), (unsigned long long)count,
				 c->hart_count);
		return;
	}
	if (!given)
		hv_fatal("%s: neither cpus nor halite,harts", devtree_path(fdt, c->node));
	for (hart = 0; hart < m->hart_count && c->hart_count < count; hart++) {
		if (index_set_has(taken, hart))
			continue;
		index_set_add(taken, hart);
		take_hart(c, hart);
	}
	if (c->hart_count < count)
		hv_fatal("%s: cpus: %llu harts, but only %u are left", devtree_path(fdt, c->node),
			 (unsigned long long)count, c->hart_count);
}

/* ---- RAM ---- */

/* The RAM that domains may get: what neither firmware, Halite nor a module has. */
static void find_free(struct range_list *free, const struct host *h, const struct modules *mods)
{
	bool fits = range_list_copy(free, &h->ram) &&
		    range_list_subtract_all(free, &h->machine.reserved);
	unsigned int i;

	for (i = 0; i < mods->further_count; i++)
		fits &= range_list_subtract(free, mods->further[i]);
	if (!fits)
		no_memory_left();
	range_list_normalize(free);
}

/* The first range of @free that is not empty, at most @size bytes of it. */
static struct range first_of(const struct range_list *free, uint64_t size)
{
	struct range r = { 0 };
	unsigned int i;

	for (i = 0; i < free->count && !r.size; i++)
		r = free->r[i];
	r.size = r.size < size ? r.size : size;
	return r;
}

/*
 * Take RAM for @c from @free: the lowest place with all of it, or the lowest ranges if there is no
 * such place.
 */
static void take_ram(struct domain_config *c, const void *fdt, struct range_list *free)
{
	const uint64_t size = domain_words_size(fdt, c->node, "memory", RAM_MIN);
	const uint64_t all = range_list_total(free);
	uint64_t left = size;
	struct range r = { 0 };

	if (size > all)
		hv_fatal("%s: memory: %llu KiB, but only %llu KiB are left",
			 devtree_path(fdt, c->node), (unsigned long long)size / 1024,
			 (unsigned long long)all / 1024);
	for (; left; left -= r.size) {
		if (left == size && range_list_lowest(free, 0, size, RAM_ALIGN, &r.start))
			r.size = size;
		else
			r = first_of(free, left);
		if (!range_list_add(&c->ram, r) ||
		    !range_list_subtract(free, range_align_out(r, RAM_ALIGN)))
			no_memory_left();
		range_list_normalize(free);
	}
	range_list_normalize(&c->ram);
}

/* ---- all ---- */

static void find_nodes(struct domain_config *c, const void *fdt, const struct modules *mods)
{
	unsigned int i;

	for (i = 0; i < mods->taken_count; i++) {
		if (devtree_is_enabled(fdt, mods->taken[i]))
			(c++)->node = mods->taken[i];
	}
}

void domain_config_parse(struct domain_config *c, const void *fdt, struct host *h,
			 const struct modules *mods)
{
	const struct machine *m = &h->machine;
	const unsigned int count = mods->domains;
	uint64_t bytes = count * machine_controllers(m) * sizeof(*c->sources);
	struct source_set *sources =
		pages_alloc(&h->pool, (bytes + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);
	struct range_list free = { 0 };
	struct index_set taken;
	unsigned int i;

	if (!sources)
		no_memory_left();
	index_set_clear(&taken, INDEX_SET_MAX);
	find_nodes(c, fdt, mods);
	find_free(&free, h, mods);
	for (i = 0; i < count; i++) {
		c[i].sources = sources + i * machine_controllers(m);
		domain_words_check(fdt, c[i].node,
				   "harts\0name\0nacl\0devices\0functions\0dma\0power\0"
				   "tables\0");
		parse_name(c, i, fdt);
		parse_nacl(&c[i], fdt, &h->options);
		c[i].power = fdt_getprop(fdt, c[i].node, "halite,power", NULL);
		parse_tables(&c[i], fdt);
		take_named(&c[i], fdt, m, &taken);
	}
	shared_parse(h, fdt, c, count, &free);
	for (i = 0; i < free.count; i++)
		free.r[i] = range_align_in(free.r[i], RAM_ALIGN);
	for (i = 0; i < count; i++) {
		take_counted(&c[i], fdt, m, &taken);
		take_ram(&c[i], fdt, &free);
		domain_config_devices(&c[i], fdt, m, i, count > 1);
	}
	for (i = 0; i < count; i++)
		domain_config_functions(c, count, i, fdt, m);
}
