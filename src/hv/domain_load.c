/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_load.h"
#include "hv/guest_fdt.h"
#include "hv/home.h"
#include "hv/shared_boot.h"
#include "hv/viommu.h"
#include "hv/withheld.h"
#include "lib/page.h"
#include "lib/pages.h"

static void keep(struct range_list *l, struct range r)
{
	if (!range_list_add(l, r))
		hv_fatal("no memory left for the ranges of memory in use");
}

/*
 * Find the highest free place for @size bytes in the RAM of @d. @used is not free. If possible, its
 * address is a multiple of 2 MiB.
 */
static uint64_t place(const struct domain *d, const struct range_list *used, uint64_t size,
		      const char *what)
{
	struct range_list room = { 0 };
	bool fits = range_list_copy(&room, &d->ram) && range_list_subtract_all(&room, used);
	uint64_t at;

	if (!fits || (!range_list_highest(&room, size, HOME_ALIGN, &at) &&
		      !range_list_highest(&room, size, PAGE_SIZE, &at)))
		hv_fatal("too little RAM: no room for the %s's %s",
			 *d->line.name ? d->line.name : "guest", what);
	return at;
}

static bool is_free(const struct domain *d, const struct range_list *used, struct range r)
{
	return range_is_valid(r.start, r.size) && range_list_contains(&d->ram, r) &&
	       !range_list_overlap(used, r);
}

static void print_places(const struct domain *d)
{
	const char *name = d->line.name;

	hv_print("halite: %s%s%skernel at 0x%lx, entry 0x%lx, device tree at 0x%lx\n",
		 *name ? "domain " : "", name, *name ? ": " : "",
		 (unsigned long)d->load.image.memory.start, (unsigned long)d->start_pc,
		 (unsigned long)d->start_arg);
}

/* ---- the only domain ---- */

void domain_load_in_place(struct domain *d, const void *fdt, const struct modules *mods,
			  uint64_t old_fdt)
{
	const struct host *h = d->host;
	struct machine own = h->machine;
	const struct machine *m = &own;
	uint64_t size = guest_fdt_size(fdt, m, mods);
	struct range_list used = { 0 }, home = { 0 };
	unsigned int i;

	for (i = 0; i < m->reserved.count; i++)
		keep(&used, m->reserved.r[i]);
	keep(&used, h->home);
	keep(&used, mods->ramdisk);
	for (i = 0; i < mods->further_count; i++)
		keep(&used, mods->further[i]);
	image_load(&d->load.image, mods->kernel, &m->ram, &used);
	keep(&used, d->load.image.memory);
	d->start_pc = d->load.image.entry;
	d->start_arg = old_fdt;
	if (!is_free(d, &used, (struct range){ old_fdt, size }))
		d->start_arg = place(d, &used, size, "device tree");
	keep(&home, h->home);
	own.seen_iommus = viommu_seen(d);
	guest_fdt_make((void *)(uintptr_t)d->start_arg, size, fdt, m, mods, &home,
		       d->world.l1_file);
	if (h->options.stats)
		guest_fdt_end_by_sbi((void *)(uintptr_t)d->start_arg);
	print_places(d);
}

/* ---- one of several domains ---- */

static void clear(const struct host *h, struct range r)
{
	unsigned int i, k;

	for (i = 0; i < h->domain_count; i++) {
		const struct range_list *ram = &h->domains[i]->ram;

		for (k = 0; k < ram->count; k++) {
			uint64_t start = r.start > ram->r[k].start ? r.start : ram->r[k].start;
			uint64_t end = range_end(r) < range_end(ram->r[k]) ? range_end(r)
									   : range_end(ram->r[k]);

			if (start < end)
				memset((void *)(uintptr_t)start, 0, end - start);
		}
	}
}

void domain_load_clear(const struct host *h, struct range old_fdt)
{
	clear(h, home_first_image());
	clear(h, old_fdt);
}

static void hide(struct machine *m, int node)
{
	struct machine_hidden *hidden;
	unsigned int i;

	m->hidden = array_grow(m->hidden, m->hidden_count, &m->hidden_room, sizeof(*m->hidden));
	if (!m->hidden)
		hv_fatal("no memory left for the nodes of the device tree");
	hidden = m->hidden;
	for (i = m->hidden_count++; i && hidden[i - 1].node > node; i--)
		hidden[i] = hidden[i - 1];
	hidden[i] = (struct machine_hidden){ .node = node };
}

static void leave_out_cpu(struct machine *m, int node)
{
	struct machine_nodes *n = &m->nodes;
	unsigned int i;

	n->unused_cpus = array_grow(n->unused_cpus, n->unused_cpu_count, &n->unused_cpus_room,
				    sizeof(*n->unused_cpus));
	if (!n->unused_cpus)
		hv_fatal("no memory left for the nodes of the device tree");
	for (i = n->unused_cpu_count++; i && n->unused_cpus[i - 1] > node; i--)
		n->unused_cpus[i] = n->unused_cpus[i - 1];
	n->unused_cpus[i] = node;
}

/* Whether @node is @device or a bus above it. */
static bool is_above(const void *fdt, int node, int device)
{
	while (device >= 0 && device > node)
		device = fdt_parent_offset(fdt, device);
	return device == node;
}

/*
 * Whether @node must stay: it is a device of @c, or the host of a PCI function, or the UART @uart,
 * of which the domain has a virtual one, or a bus above.
 */
static bool stays(const struct domain_config *c, const struct machine_uart *uart, const void *fdt,
		  int node)
{
	unsigned int i;

	for (i = 0; i < c->given_count; i++) {
		if ((node >= c->given[i].first && node < c->given[i].end) ||
		    is_above(fdt, node, c->given[i].first))
			return true;
	}
	for (i = 0; i < c->functions.count; i++) {
		if (is_above(fdt, node, c->functions.f[i].node))
			return true;
	}
	return uart->base && is_above(fdt, node, uart->node);
}

/*
 * Make *@own what @c has of the machine: the device tree of the domain lacks the devices and the
 * harts that are others'. *@own has copies of the arrays that are changed.
 */
static void view(struct machine *own, const struct domain *d, const struct domain_config *c,
		 const void *fdt)
{
	const struct host *h = d->host;
	const struct machine *m = &h->machine;
	unsigned int i;
	int last = -1;

	*own = *m;
	own->seen_iommus = viommu_seen(d);
	/* A full array is copied when it grows. */
	own->hidden_room = m->hidden_count;
	own->nodes.unused_cpus_room = m->nodes.unused_cpu_count;
	for (i = 0; i < m->device_count; i++) {
		int node = m->device[i].node;

		if (node != last && !stays(c, &h->uart, fdt, node))
			hide(own, node);
		last = node;
	}
	for (i = 0; i < m->hart_count; i++) {
		if (!index_set_has(&c->harts, i))
			leave_out_cpu(own, m->harts[i].node);
	}
}

/* Make the device tree of @d in Halite's own memory. */
static void make_fdt(struct domain *d, unsigned int index, const struct domain_config *c,
		     const void *fdt, const struct modules *mods, struct page_pool *pool)
{
	struct domain_load *l = &d->load;
	struct range_list absent = { 0 };
	struct machine own;
	void *made;

	view(&own, d, c, fdt);
	if (!range_list_copy(&absent, &own.ram) || !range_list_subtract_all(&absent, &d->ram))
		hv_fatal("no memory left for the ranges of RAM");
	l->fdt_size = guest_fdt_size(fdt, &own, mods) + shared_fdt_room(d->host);
	made = pages_alloc(pool, l->fdt_size / PAGE_SIZE, PAGE_SIZE);
	if (!made)
		hv_fatal("no memory left for the device trees");
	guest_fdt_make(made, l->fdt_size, fdt, &own, mods, &absent, d->world.l1_file);
	guest_fdt_forget_seeds(made);
	domain_functions_tree(made, fdt, c);
	shared_fdt(d->host, index, made, fdt);
	if (!c->power || d->host->options.stats)
		guest_fdt_end_by_sbi(made);
	l->fdt = made;
}

void domain_load_prepare(struct host *h, unsigned int index, const struct domain_config *c,
			 const void *fdt, struct modules *mods)
{
	struct domain *d = h->domains[index];
	struct page_pool *pool = &h->pool;
	struct domain_load *l = &d->load;
	struct range_list used = { 0 };

	modules_of_domain(mods, fdt, &d->host->machine, c->node, d->host->home);
	l->kernel = mods->kernel;
	l->ramdisk = mods->ramdisk;
	image_place(&l->image, l->kernel, &d->ram, &used);
	keep(&used, l->image.memory);
	if (l->ramdisk.size) {
		l->ramdisk_at = place(d, &used, l->ramdisk.size, "ramdisk");
		mods->ramdisk.start = l->ramdisk_at;
		keep(&used, mods->ramdisk);
	}
	make_fdt(d, index, c, fdt, mods, pool);
	l->fdt_at = place(d, &used, l->fdt_size, "device tree");
	d->start_pc = l->image.entry;
	d->start_arg = l->fdt_at;
	print_places(d);
}
