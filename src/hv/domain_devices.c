/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a domain: those that its property halite,devices names, by their paths, aliases or
 * unique names in the machine's device tree. Their registers and their interrupt sources go with
 * them.
 *
 * Specification: Devicetree Specification 0.4, chapter "Interrupts and Interrupt Mapping".
 */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_config.h"
#include "hv/iommu_tree.h"
#include "hv/withheld.h"
#include "lib/page.h"
#include "lib/pages.h"

#define PROPERTY    "halite,devices"
#define SOURCES_MAX 1023
#define CELLS_MAX   16

/*
 * Devices that do no DMA, by the first name in compatible, which is the most specific one. Any
 * other device may do DMA: one that is only compatible with a name here may have DMA of its own.
 */
static const char *const no_dma[] = {
	"ns16550a",	"ns16550",	"snps,dw-apb-uart", "sifive,uart0", "google,goldfish-rtc",
	"sifive,test0", "sifive,test1", "cfi-flash",	    "jedec-flash",  "halite,shared-memory",
	NULL,
};

/* Devices that end or reset the machine. */
static const char *const power[] = { "sifive,test0", "sifive,test1", NULL };

static _Noreturn void no_memory_left(void)
{
	hv_fatal("no memory left for the devices of domains");
}

/* ---- paths ---- */

/* The end of the subtree of @node: the offset of the first node behind it. */
static int end_of(const void *fdt, int node)
{
	int depth = 0;

	do
		node = fdt_next_node(fdt, node, &depth);
	while (node >= 0 && depth > 0);
	return node >= 0 ? node : (int)fdt_size_dt_struct(fdt);
}

static bool is_in(struct domain_subtree t, int node)
{
	return node >= t.first && node < t.end;
}

/* Whether @d is a device in the subtree @t that a domain could have. */
static bool is_given(const struct machine_device *d, struct domain_subtree t)
{
	return d->enabled && is_in(t, d->node);
}

static bool has_device(const struct machine *m, struct domain_subtree t)
{
	unsigned int i;

	for (i = 0; i < m->device_count; i++) {
		if (is_given(&m->device[i], t))
			return true;
	}
	return false;
}

/* Refuse the node of @path if it is not a device that a domain may have. */
static void check_node(const struct domain_config *c, const void *fdt, const struct machine *m,
		       const char *path, struct domain_subtree t)
{
	struct devtree_property compatible = { .name = "compatible" };
	enum withheld_kind kind;

	devtree_find(fdt, t.first, &compatible, 1);
	kind = withheld_find(&compatible, m->given);
	if (kind != WITHHELD_NOT)
		hv_fatal("%s: " PROPERTY ": %s is withheld from domains (%s)",
			 devtree_path(fdt, c->node), path, withheld_why(kind));
	if (!has_device(m, t))
		hv_fatal("%s: " PROPERTY ": %s has no registers that a domain could have",
			 devtree_path(fdt, c->node), path);
}

/* Refuse the subtree @t if a domain of @all, or @c itself, has a part of it already. */
static void check_free(const struct domain_config *c, unsigned int before, const void *fdt,
		       const char *path, struct domain_subtree t)
{
	const struct domain_config *other;
	unsigned int i;

	for (other = c - before; other <= c; other++) {
		for (i = 0; i < other->given_count; i++) {
			if (is_in(t, other->given[i].first) || is_in(other->given[i], t.first))
				hv_fatal("%s: " PROPERTY ": %s is in a domain already",
					 devtree_path(fdt, c->node), path);
		}
	}
}

static void add_subtree(struct domain_config *c, struct domain_subtree t)
{
	unsigned int i;

	c->given = array_grow(c->given, c->given_count, &c->given_room, sizeof(*c->given));
	if (!c->given)
		no_memory_left();
	for (i = c->given_count++; i && c->given[i - 1].first > t.first; i--)
		c->given[i] = c->given[i - 1];
	c->given[i] = t;
}

int domain_devices_find(const void *fdt, const char *path)
{
	int found = fdt_path_offset(fdt, path);
	int node;

	if (found >= 0)
		return found;
	for (node = fdt_next_node(fdt, 0, NULL); node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		if (strcmp(fdt_get_name(fdt, node, NULL), path))
			continue;
		if (found >= 0)
			return -FDT_ERR_NOTFOUND;
		found = node;
	}
	return found;
}

/* ---- what a device may do ---- */

/* Whether a page of @r has registers of a device that is given with @t. */
static bool shares_page(const struct machine *m, struct domain_subtree t, struct range r)
{
	const struct range pages = range_align_out(r, PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < m->device_count; i++) {
		if (is_given(&m->device[i], t) &&
		    range_overlaps(pages, range_align_out(m->device[i].r, PAGE_SIZE)))
			return true;
	}
	return false;
}

static bool does_no_dma(const void *fdt, int node)
{
	const char *first = fdt_stringlist_get(fdt, node, "compatible", 0, NULL);
	unsigned int i = 0;

	while (first && no_dma[i] && strcmp(first, no_dma[i]))
		i++;
	return first && no_dma[i];
}

unsigned int domain_devices_unguarded(const struct machine *m, const void *fdt)
{
	unsigned int count = 0, i;
	int last = -1;

	for (i = 0; i < m->device_count; i++) {
		int node = m->device[i].node;

		if (node != last && !does_no_dma(fdt, node) && !iommu_tree_guards(m, fdt, node))
			count++;
		last = node;
	}
	return count;
}

/*
 * Refuse a device that @c may not have: one in @t, or one in a page with it, also if that is not
 * enabled. The domain gets whole pages, and so all that is there.
 */
static void check_rights(struct domain_config *c, const void *fdt, const struct machine *m,
			 const char *path, struct domain_subtree t, bool several)
{
	bool trusted = devtree_has_string(fdt, c->node, "halite,dma", "trusted");
	unsigned int i;

	for (i = 0; i < m->device_count; i++) {
		int node = m->device[i].node;
		bool named = is_given(&m->device[i], t);
		const char *with = named ? "" : " is in one page with ";
		const char *neighbour = named ? "" : fdt_get_name(fdt, node, NULL);
		const char *which = named ? "" : ", which";

		if (!named && !shares_page(m, t, m->device[i].r))
			continue;
		if (!c->power && devtree_is_compatible(fdt, node, power))
			hv_fatal("%s: " PROPERTY ": %s%s%s%s ends the machine; halite,power is "
				 "missing",
				 devtree_path(fdt, c->node), path, with, neighbour, which);
		if (!several || does_no_dma(fdt, node) || iommu_tree_guards(m, fdt, node))
			continue;
		if (!trusted)
			hv_fatal("%s: " PROPERTY ": %s%s%s%s may do DMA, which no IOMMU guards; "
				 "halite,dma = \"trusted\" is missing",
				 devtree_path(fdt, c->node), path, with, neighbour, which);
		c->does_dma = true;
	}
}

/* ---- registers ---- */

/* Whether a domain before @c has a device in a page of @r. */
static bool is_shared(const struct domain_config *c, unsigned int before, struct range r)
{
	const struct domain_config *other;

	for (other = c - before; other < c; other++) {
		if (range_list_overlap(&other->devices, r))
			return true;
	}
	return false;
}

/* Add the pages of the devices in @t that are among the machine's devices. */
static void take_ranges(struct domain_config *c, unsigned int before, const void *fdt,
			const struct machine *m, const char *path, struct domain_subtree t)
{
	bool fits = true;
	unsigned int i, k;

	for (i = 0; i < m->device_count; i++) {
		struct range r = range_align_out(m->device[i].r, PAGE_SIZE);

		if (!is_given(&m->device[i], t))
			continue;
		if (is_shared(c, before, r))
			hv_fatal("%s: " PROPERTY ": %s is in one page with a device of another "
				 "domain",
				 devtree_path(fdt, c->node), path);
		for (k = 0; k < m->devices.count; k++) {
			struct range whole = m->devices.r[k];
			uint64_t start = r.start > whole.start ? r.start : whole.start;
			uint64_t end =
				range_end(r) < range_end(whole) ? range_end(r) : range_end(whole);

			if (start < end)
				fits &= range_list_add(&c->devices,
						       (struct range){ start, end - start });
		}
	}
	if (!fits)
		no_memory_left();
}

/* ---- interrupt sources ---- */

/* What the sources of a node are taken for. */
struct taking {
	struct domain_config *c;
	unsigned int before;
	const void *fdt;
	const struct machine *m;
};

/* The index of the PLIC or the APLIC with the node @node, or machine_controllers(). */
static unsigned int controller_of(const struct machine *m, int node)
{
	unsigned int count = machine_controllers(m), i;

	for (i = 0; i < count; i++) {
		if ((m->plic_count ? m->plics[i].node : m->aplics[i].node) == node)
			break;
	}
	return i;
}

/* Interrupt @specifier of the controller with the node @parent is one of the domain's devices. */
static void take_source(const struct taking *t, int node, int parent, const fdt32_t *specifier)
{
	unsigned int controller = controller_of(t->m, parent);
	uint32_t source = fdt32_ld(specifier);
	const struct domain_config *other;

	if (controller == machine_controllers(t->m) || !source || source > SOURCES_MAX)
		return;
	for (other = t->c - t->before; other < t->c; other++) {
		if (source_set_has(&other->sources[controller], source))
			hv_fatal("%s: " PROPERTY
				 ": interrupt %u of %s is that of a device of another domain",
				 devtree_path(t->fdt, t->c->node), source,
				 fdt_get_name(t->fdt, node, NULL));
	}
	t->c->sources[controller].word[source / 32] |= UINT32_C(1) << source % 32;
}

/* The number in @name of @node, at most CELLS_MAX, or @otherwise. */
static unsigned int cells_of(const void *fdt, int node, const char *name, unsigned int otherwise)
{
	uint64_t cells;

	if (node < 0 || !devtree_get_number(fdt, node, name, &cells) || cells > CELLS_MAX)
		return otherwise;
	return cells;
}

/* The node of the interrupt parent of @node, which it or the next node above it with one names. */
static int interrupt_parent(const void *fdt, int node)
{
	uint64_t phandle;

	for (; node >= 0; node = fdt_parent_offset(fdt, node)) {
		if (devtree_get_number(fdt, node, "interrupt-parent", &phandle))
			return fdt_node_offset_by_phandle(fdt, phandle);
	}
	return node;
}

/* Take the sources in the list @at of @count cells: @extended: each has the parent's phandle. */
static void take_list(const struct taking *t, int node, const fdt32_t *at, unsigned int count,
		      bool extended)
{
	int parent = extended ? -1 : interrupt_parent(t->fdt, node);

	while (count) {
		unsigned int cells;

		if (extended) {
			parent = fdt_node_offset_by_phandle(t->fdt, fdt32_ld(at++));
			count--;
		}
		cells = cells_of(t->fdt, parent, "#interrupt-cells", 0);
		if (!cells || cells > count)
			return;
		take_source(t, node, parent, at);
		at += cells;
		count -= cells;
	}
}

/*
 * Take the sources in interrupt-map of the bridge @node. An entry has an address and an interrupt
 * below the bridge, the phandle of the interrupt parent, and an address and an interrupt there.
 */
static void take_map(const struct taking *t, int node, const fdt32_t *at, unsigned int count)
{
	unsigned int below = cells_of(t->fdt, node, "#address-cells", 2) +
			     cells_of(t->fdt, node, "#interrupt-cells", 1);

	while (count > below) {
		int parent = fdt_node_offset_by_phandle(t->fdt, fdt32_ld(at + below));
		unsigned int address = cells_of(t->fdt, parent, "#address-cells", 0);
		unsigned int cells = cells_of(t->fdt, parent, "#interrupt-cells", 0);
		unsigned int entry = below + 1 + address + cells;

		if (!cells || entry > count)
			return;
		take_source(t, node, parent, at + below + 1 + address);
		at += entry;
		count -= entry;
	}
}

static void take_sources(const struct taking *t, struct domain_subtree subtree)
{
	int node;

	for (node = subtree.first; node >= 0 && node < subtree.end;
	     node = fdt_next_node(t->fdt, node, NULL)) {
		struct devtree_property p[] = {
			{ .name = "interrupts-extended" },
			{ .name = "interrupts" },
			{ .name = "interrupt-map" },
		};

		devtree_find(t->fdt, node, p, 3);
		/* interrupts-extended counts if a node has both. */
		if (p[0].value)
			take_list(t, node, p[0].value, p[0].len / 4, true);
		else if (p[1].value)
			take_list(t, node, p[1].value, p[1].len / 4, false);
		if (p[2].value)
			take_map(t, node, p[2].value, p[2].len / 4);
	}
}

/* ---- all ---- */

static void take_device(struct domain_config *c, const void *fdt, const struct machine *m,
			unsigned int before, const char *path, bool several)
{
	const struct taking taking = { c, before, fdt, m };
	struct domain_subtree t = { .first = domain_devices_find(fdt, path) };

	if (t.first < 0)
		hv_fatal("%s: " PROPERTY ": there is no node \"%s\"", devtree_path(fdt, c->node),
			 path);
	t.end = end_of(fdt, t.first);
	check_node(c, fdt, m, path, t);
	check_free(c, before, fdt, path, t);
	check_rights(c, fdt, m, path, t, several);
	take_ranges(c, before, fdt, m, path, t);
	take_sources(&taking, t);
	add_subtree(c, t);
}

void domain_config_devices(struct domain_config *c, const void *fdt, const struct machine *m,
			   unsigned int before, bool several)
{
	int len;
	const char *path = fdt_getprop(fdt, c->node, PROPERTY, &len);
	const char *end;

	if (!path)
		return;
	end = path + len;
	if (len < 1 || end[-1])
		hv_fatal("%s: " PROPERTY ": no list of paths", devtree_path(fdt, c->node));
	for (; path < end; path += strlen(path) + 1)
		take_device(c, fdt, m, before, path, several);
	range_list_normalize(&c->devices);
}
