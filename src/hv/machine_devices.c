/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the machine: every node whose reg gives, through all buses above the node, an
 * address of the machine. The walk is depth first. The buses above a node are on the stack.
 */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"
#include "hv/withheld.h"
#include "lib/page.h"
#include "lib/pages.h"

#define DEPTH_MAX	  8
#define PCI_ADDRESS_CELLS 3

struct bus {
	const struct bus *parent; /* NULL: the root, which has the machine's addresses */
	int node;
	bool enabled; /* this bus and all buses above are enabled */
	int address_cells, size_cells;
	const uint8_t *ranges; /* empty: same addresses as on the parent */
	int ranges_len;
};

static bool has_identity_ranges(const void *fdt, int bus)
{
	int len;

	return fdt_getprop(fdt, bus, "ranges", &len) && !len;
}

/*
 * The addresses on @parent of one entry of ranges. The entry has @child_cells cells, then the
 * address on @parent, then @size_cells cells of the size.
 */
static struct range window(const struct bus *parent, const uint8_t *entry, int child_cells,
			   int size_cells)
{
	return (struct range){
		devtree_number(entry + 4 * child_cells, parent->address_cells),
		devtree_number(entry + 4 * (child_cells + parent->address_cells), size_cells),
	};
}

/* Translate @r from addresses of @bus to addresses of the machine. False: not reachable. */
static bool translate(const struct bus *bus, struct range *r)
{
	for (; bus->parent; bus = bus->parent) {
		int entry = 4 * (bus->address_cells + bus->parent->address_cells + bus->size_cells);
		bool found = !bus->ranges_len;
		int at;

		for (at = 0; at + entry <= bus->ranges_len && !found; at += entry) {
			struct range to = window(bus->parent, bus->ranges + at, bus->address_cells,
						 bus->size_cells);
			uint64_t from = devtree_number(bus->ranges + at, bus->address_cells);

			if (!range_is_valid(to.start, to.size) || !range_is_valid(from, to.size) ||
			    !range_contains((struct range){ from, to.size }, *r))
				continue;
			r->start = r->start - from + to.start;
			found = true;
		}
		if (!found)
			return false;
	}
	return true;
}

static _Noreturn void no_memory_left(void)
{
	hv_fatal("no memory left for the ranges of devices");
}

static void add(struct range_list *l, struct range r)
{
	if (!range_list_add(l, r))
		no_memory_left();
}

static void add_plic(struct machine *m, const void *fdt, int node, struct range r)
{
	uint64_t ndev;

	if (!r.size || !devtree_get_number(fdt, node, "riscv,ndev", &ndev) || ndev > 1023)
		hv_fatal("%s: no size in reg or no riscv,ndev of at most 1023",
			 devtree_path(fdt, node));
	m->plics = array_grow(m->plics, m->plic_count, &m->plics_room, sizeof(*m->plics));
	if (!m->plics)
		no_memory_left();
	m->plics[m->plic_count++] = (struct machine_plic){ r.start, r.size, ndev, node };
}

static void add_iommu(struct machine *m, const void *fdt, int node, struct range r)
{
	m->iommus = array_grow(m->iommus, m->iommu_count, &m->iommus_room, sizeof(*m->iommus));
	if (!m->iommus)
		no_memory_left();
	m->iommus[m->iommu_count++] = (struct machine_iommu){
		.base = r.start,
		.node = node,
		.phandle = fdt_get_phandle(fdt, node),
	};
}

bool machine_plain_reg(const void *fdt, int node, struct range *r)
{
	int parent = node < 0 ? -1 : fdt_parent_offset(fdt, node);

	if (parent < 0 || !devtree_is_enabled(fdt, node))
		return false;
	if (parent && (fdt_parent_offset(fdt, parent) != 0 || !has_identity_ranges(fdt, parent)))
		return false;
	return devtree_reg(fdt, node, fdt_address_cells(fdt, parent), fdt_size_cells(fdt, parent),
			   0, r);
}

/* The address of @node, or 0: see machine_plain_reg(). */
static uint64_t plain_address(const void *fdt, int node)
{
	struct range r;

	return machine_plain_reg(fdt, node, &r) ? r.start : 0;
}

uint64_t machine_find_finisher(const void *fdt)
{
	return plain_address(fdt, fdt_node_offset_by_compatible(fdt, -1, "sifive,test0"));
}

uint64_t machine_find_uart(const void *fdt)
{
	return plain_address(fdt, fdt_node_offset_by_compatible(fdt, -1, "ns16550a"));
}

/* A range of a device that the guest does not get. */
struct withheld_range {
	struct range r;
	int node;
	enum withheld_kind kind;
};

/* The state of the walk. */
struct walk {
	struct machine *m;
	struct withheld_range *withheld;
	unsigned int withheld_count, withheld_room;
};

static void withhold(struct walk *w, int node, struct range r, enum withheld_kind kind)
{
	w->withheld =
		array_grow(w->withheld, w->withheld_count, &w->withheld_room, sizeof(*w->withheld));
	if (!w->withheld)
		no_memory_left();
	w->withheld[w->withheld_count++] = (struct withheld_range){ r, node, kind };
}

/* Add the range @r of @node, which is not withheld. Nobody gets a device that is not @enabled. */
static void add_device(struct machine *m, int node, struct range r, bool enabled)
{
	if (enabled)
		add(&m->devices, r);
	m->device = array_grow(m->device, m->device_count, &m->device_room, sizeof(*m->device));
	if (!m->device)
		no_memory_left();
	m->device[m->device_count++] = (struct machine_device){ node, r, enabled };
}

/* Append "/" and the name of @node to the path of @bus in @path. */
static void append_path(char *path, const void *fdt, const struct bus *bus, int node)
{
	size_t used;

	if (bus->parent)
		append_path(path, fdt, bus->parent, bus->node);
	used = strlen(path);
	if (!strcmp(path, "?"))
		return;
	if (used + snprintf(path + used, DEVTREE_PATH - used, "/%s",
			    fdt_get_name(fdt, node, NULL)) >=
	    DEVTREE_PATH)
		strcpy(path, "?");
}

/* fdt_get_path() takes a pass over the tree, so the path comes from the buses above @node. */
static void hide(struct machine *m, const void *fdt, int node, const struct bus *bus,
		 enum withheld_kind kind)
{
	struct machine_hidden *hidden;

	m->hidden = array_grow(m->hidden, m->hidden_count, &m->hidden_room, sizeof(*m->hidden));
	if (!m->hidden)
		no_memory_left();
	hidden = &m->hidden[m->hidden_count++];
	*hidden = (struct machine_hidden){ .node = node, .kind = kind };
	append_path(hidden->path, fdt, bus, node);
}

static void add_aia_node(struct machine_nodes *n, int node, const struct bus *bus, bool imsic)
{
	n->aia = array_grow(n->aia, n->aia_count, &n->aia_room, sizeof(*n->aia));
	if (!n->aia)
		no_memory_left();
	n->aia[n->aia_count++] =
		(struct machine_aia_node){ node, imsic, bus->address_cells, bus->size_cells };
}

/*
 * Add the ranges of the device @node to the guest's devices, or to the withheld ranges. A device
 * that is not @enabled may exist, so its ranges are withheld, or noted, too.
 */
static void take_device(struct walk *w, const void *fdt, int node, const struct bus *bus,
			const struct devtree_property *reg, enum withheld_kind kind, bool enabled)
{
	struct range r;
	unsigned int i;

	for (i = 0;
	     devtree_property_reg(fdt, node, reg, bus->address_cells, bus->size_cells, i, &r);
	     i++) {
		if (!translate(bus, &r) || !range_is_valid(r.start, r.size))
			continue;
		if (kind == WITHHELD_PLIC && enabled && !i)
			add_plic(w->m, fdt, node, r);
		if (kind == WITHHELD_IOMMU && enabled && !i && r.start % PAGE_SIZE == 0)
			add_iommu(w->m, fdt, node, r);
		if (kind != WITHHELD_NOT)
			withhold(w, node, r, kind);
		else
			add_device(w->m, node, r, enabled);
	}
}

/*
 * Add the windows of a PCI host bridge to the guest's devices. A PCI address in ranges has three
 * cells. The first cell has flags.
 */
static void take_pci_windows(struct walk *w, const void *fdt, int node, const struct bus *bus)
{
	int size_cells = fdt_size_cells(fdt, node);
	int entry = 4 * (PCI_ADDRESS_CELLS + bus->address_cells + size_cells);
	int len, at;
	const uint8_t *ranges = fdt_getprop(fdt, node, "ranges", &len);

	for (at = 0; ranges && size_cells > 0 && at + entry <= len; at += entry) {
		struct range r = window(bus, ranges + at, PCI_ADDRESS_CELLS, size_cells);

		if (range_is_valid(r.start, r.size) && translate(bus, &r))
			add_device(w->m, node, r, true);
	}
}

static void walk_bus(struct walk *w, const void *fdt, int parent, const struct bus *bus,
		     unsigned int depth);

static void walk_node(struct walk *w, const void *fdt, int node, const struct bus *bus,
		      unsigned int depth)
{
	enum { STATUS, REG, COMPATIBLE, DEVICE_TYPE, RANGES, COUNT };
	struct devtree_property p[COUNT] = {
		[STATUS] = { .name = "status" },	 [REG] = { .name = "reg" },
		[COMPATIBLE] = { .name = "compatible" }, [DEVICE_TYPE] = { .name = "device_type" },
		[RANGES] = { .name = "ranges" },
	};
	static const char *const imsics[] = { "riscv,imsics", NULL };
	struct bus below = { .parent = bus, .node = node };
	enum withheld_kind kind;

	devtree_find(fdt, node, p, COUNT);
	below.enabled = bus->enabled && devtree_property_enables(&p[STATUS]);
	kind = withheld_find(&p[COMPATIBLE], w->m->given);
	if (withheld_is_hidden(kind))
		hide(w->m, fdt, node, bus, kind);
	/* domain.c and aplic.c decide which parts of AIA the guest has. */
	if (kind == WITHHELD_AIA && below.enabled)
		add_aia_node(&w->m->nodes, node, bus,
			     devtree_property_lists(&p[COMPATIBLE], imsics));
	if (p[REG].value && !devtree_property_is(&p[DEVICE_TYPE], "memory"))
		take_device(w, fdt, node, bus, &p[REG], kind, below.enabled);
	if (devtree_property_is(&p[DEVICE_TYPE], "pci")) {
		if (below.enabled)
			take_pci_windows(w, fdt, node, bus);
		return;
	}
	/* Without ranges, a node below has no address of the machine (an I2C bus, the cpus). */
	if (!p[RANGES].value)
		return;
	below.ranges = p[RANGES].value;
	below.ranges_len = p[RANGES].len;
	below.address_cells = fdt_address_cells(fdt, node);
	below.size_cells = fdt_size_cells(fdt, node);
	if (below.address_cells >= 1 && below.address_cells <= 2 && below.size_cells >= 1 &&
	    below.size_cells <= 2)
		walk_bus(w, fdt, node, &below, depth + 1);
}

/* Whether the node @name under the root has no devices, although it may have ranges. */
static bool is_no_bus(const char *name)
{
	return !strcmp(name, "reserved-memory") || !strcmp(name, "chosen");
}

static void walk_bus(struct walk *w, const void *fdt, int parent, const struct bus *bus,
		     unsigned int depth)
{
	int node;

	if (depth > DEPTH_MAX)
		hv_fatal("%s: more than %d buses deep", devtree_path(fdt, parent), DEPTH_MAX);
	devtree_each_subnode (node, fdt, parent) {
		if (!bus->parent && is_no_bus(fdt_get_name(fdt, node, NULL)))
			continue;
		walk_node(w, fdt, node, bus, depth);
	}
}

static void subtract(struct machine *m, struct range r)
{
	if (!range_list_subtract(&m->devices, range_align_out(r, PAGE_SIZE)))
		no_memory_left();
}

/*
 * Remove the pages of @w from the guest's devices. If a page has registers of a withheld device and
 * of a device of the guest, the page is withheld: the guest lacks a part of its device, but the
 * withheld device stays out of reach.
 */
static void subtract_withheld(struct machine *m, const void *fdt, const struct withheld_range *w)
{
	if (range_list_overlap(&m->devices, range_align_out(w->r, PAGE_SIZE)))
		hv_warn("%s: in one page with another device; the guest gets neither there (%s)",
			devtree_path(fdt, w->node), withheld_why(w->kind));
	subtract(m, w->r);
}

void machine_parse_devices(struct machine *m, const void *fdt)
{
	struct walk w = { .m = m };
	struct bus root = {
		.enabled = true,
		.address_cells = fdt_address_cells(fdt, 0),
		.size_cells = fdt_size_cells(fdt, 0),
	};
	unsigned int i;

	walk_bus(&w, fdt, 0, &root, 0);
	for (i = 0; i < m->devices.count; i++)
		m->devices.r[i] = range_align_out(m->devices.r[i], PAGE_SIZE);
	for (i = 0; i < m->ram.count; i++)
		subtract(m, m->ram.r[i]);
	for (i = 0; i < w.withheld_count; i++)
		subtract_withheld(m, fdt, &w.withheld[i]);
	range_list_normalize(&m->devices);
}

void machine_withhold(struct machine *m, struct range r)
{
	subtract(m, r);
	range_list_normalize(&m->devices);
}
