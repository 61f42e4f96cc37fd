/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hext/bits.h"
#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"
#include "lib/assert.h"
#include "lib/page.h"
#include "lib/pages.h"

#define VERSION 17

/*
 * False for what fdt_check_full() allows and the walks of devtree.h do not expect: something before
 * the root, no root, or a property behind a subnode.
 */
static bool is_in_order(const void *fdt)
{
	uint32_t before = FDT_BEGIN_NODE, tag;
	int next = 0;

	if (fdt_next_node(fdt, -1, NULL))
		return false;
	do {
		tag = fdt_next_tag(fdt, next, &next);
		if (tag == FDT_PROP && before == FDT_END_NODE)
			return false;
		if (tag != FDT_NOP)
			before = tag;
	} while (tag != FDT_END);
	return true;
}

void machine_check_fdt(const void *fdt, uint64_t limit)
{
	int error;

	if (!fdt || (uintptr_t)fdt % 8)
		hv_fatal("no device tree: firmware gave 0x%lx as its address", (unsigned long)fdt);
	if (fdt_magic(fdt) != FDT_MAGIC)
		hv_fatal("no device tree at 0x%lx: it begins with 0x%08x instead of 0x%08x",
			 (unsigned long)fdt, (unsigned int)fdt_magic(fdt), FDT_MAGIC);
	if (fdt_totalsize(fdt) > limit)
		hv_fatal("device tree of %lu bytes; Halite takes at most %lu",
			 (unsigned long)fdt_totalsize(fdt), (unsigned long)limit);
	/* Halite builds libfdt without support for other versions. */
	if (fdt_version(fdt) < VERSION || fdt_last_comp_version(fdt) > VERSION)
		hv_fatal("device tree at 0x%lx is of version %u; Halite takes version %u",
			 (unsigned long)fdt, (unsigned int)fdt_version(fdt), VERSION);
	error = fdt_off_dt_struct(fdt) % FDT_TAGSIZE ? -FDT_ERR_ALIGNMENT
						     : fdt_check_full(fdt, fdt_totalsize(fdt));
	if (!error && !is_in_order(fdt))
		error = -FDT_ERR_BADSTRUCTURE;
	if (error)
		hv_fatal("device tree at 0x%lx is damaged or cut short: %s", (unsigned long)fdt,
			 fdt_strerror(error));
}

static void add(struct range_list *l, struct range r, const char *what)
{
	if (!range_list_add(l, r))
		hv_fatal("no memory left for the ranges of %s", what);
}

static void add_node(int **nodes, unsigned int *count, unsigned int *room, int node)
{
	*nodes = array_grow(*nodes, *count, room, sizeof(**nodes));
	if (!*nodes)
		hv_fatal("no memory left for the nodes of the device tree");
	(*nodes)[(*count)++] = node;
}

/* Find the nodes under the root, in one pass over the tree. */
static void find_nodes(struct machine_nodes *n, const void *fdt)
{
	const struct {
		const char *name;
		int *node;
	} wanted[] = {
		{ "chosen", &n->chosen },
		{ "cpus", &n->cpus },
		{ "reserved-memory", &n->reserved_memory },
	};
	unsigned int i;
	int node;

	n->chosen = n->cpus = n->reserved_memory = -FDT_ERR_NOTFOUND;
	devtree_each_subnode (node, fdt, 0) {
		const char *name = fdt_get_name(fdt, node, NULL);

		for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
			if (*wanted[i].node < 0 && !strcmp(name, wanted[i].name))
				*wanted[i].node = node;
		}
		if (devtree_has_string(fdt, node, "device_type", "memory"))
			add_node(&n->memory, &n->memory_count, &n->memory_room, node);
	}
}

static void parse_ram(struct machine *m, const void *fdt)
{
	int address_cells = fdt_address_cells(fdt, 0);
	int size_cells = fdt_size_cells(fdt, 0);
	unsigned int n, i;
	struct range r;

	for (n = 0; n < m->nodes.memory_count; n++) {
		int node = m->nodes.memory[n];

		if (!devtree_is_enabled(fdt, node))
			continue;
		for (i = 0; devtree_reg(fdt, node, address_cells, size_cells, i, &r); i++)
			add(&m->ram, r, "RAM");
	}
	range_list_normalize(&m->ram);
	if (!m->ram.count)
		hv_fatal("no node with device_type \"memory\" in the device tree");
}

static void parse_reserved(struct machine *m, const void *fdt)
{
	int parent = m->nodes.reserved_memory;
	int address_cells, size_cells;
	struct range r;
	int node, i;

	for (i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		if (fdt_get_mem_rsv(fdt, i, &r.start, &r.size) || !range_is_valid(r.start, r.size))
			hv_fatal("memory reservation %d of the device tree makes no sense", i);
		add(&m->reserved, r, "reserved memory");
	}
	if (parent < 0)
		return;
	address_cells = fdt_address_cells(fdt, parent);
	size_cells = fdt_size_cells(fdt, parent);
	devtree_each_subnode (node, fdt, parent) {
		bool no_map = fdt_getprop(fdt, node, "no-map", NULL);

		if (!devtree_is_enabled(fdt, node))
			continue;
		for (i = 0; devtree_reg(fdt, node, address_cells, size_cells, i, &r); i++) {
			add(&m->reserved, r, "reserved memory");
			if (no_map)
				add(&m->no_map, range_align_out(r, PAGE_SIZE), "reserved memory");
		}
	}
}

void machine_parse_memory(struct machine *m, const void *fdt)
{
	memset(m, 0, sizeof(*m));
	find_nodes(&m->nodes, fdt);
	m->bootargs = m->nodes.chosen < 0 ? "" : devtree_bootargs(fdt, m->nodes.chosen);
	parse_ram(m, fdt);
	parse_reserved(m, fdt);
}

/* The context of a hart is the index of its wire. */
static void parse_contexts(struct machine *m, const void *fdt)
{
	struct machine_hart *hart;
	unsigned int i;

	for (i = 0; i < m->plic_count; i++) {
		struct machine_wires w = machine_wires(fdt, m->plics[i].node);

		while ((hart = machine_next_wire(m, &w))) {
			if (hart->plic_context < 0) {
				hart->plic = i;
				hart->plic_context = w.index;
			}
		}
	}
}

static uint32_t interrupt_phandle(const void *fdt, int cpu)
{
	static const char *const names[] = { "riscv,cpu-intc", NULL };
	int node;

	devtree_each_subnode (node, fdt, cpu) {
		struct devtree_property p[] = { { .name = "compatible" }, { .name = "phandle" } };
		uint64_t phandle;

		devtree_find(fdt, node, p, 2);
		if (devtree_property_lists(&p[0], names))
			return devtree_property_number(&p[1], &phandle) ? phandle : 0;
	}
	return 0;
}

unsigned int machine_count_cpus(const struct machine *m, const void *fdt)
{
	unsigned int count = 0;
	int node;

	devtree_each_subnode (node, fdt, m->nodes.cpus)
		count += devtree_has_string(fdt, node, "device_type", "cpu");
	return count < MACHINE_MAX_HARTS ? count : MACHINE_MAX_HARTS;
}

/* The properties of a cpu node. */
enum { DEVICE_TYPE, STATUS, MMU_TYPE, REG, ISA_LIST, ISA_STRING, CPU_PROPERTIES };

static void find_cpu(struct devtree_property *p, const void *fdt, int node)
{
	static const char *const names[CPU_PROPERTIES] = {
		[DEVICE_TYPE] = "device_type", [STATUS] = "status",
		[MMU_TYPE] = "mmu-type",       [REG] = "reg",
		[ISA_LIST] = ISA_LIST_NAME,    [ISA_STRING] = ISA_STRING_NAME,
	};
	unsigned int i;

	for (i = 0; i < CPU_PROPERTIES; i++)
		p[i] = (struct devtree_property){ .name = names[i] };
	devtree_find(fdt, node, p, CPU_PROPERTIES);
}

/* Whether a cpu node is a hart that can run an operating system: enabled, with an MMU. */
static bool is_usable_hart(const struct devtree_property *p)
{
	return devtree_property_is(&p[DEVICE_TYPE], "cpu") &&
	       devtree_property_enables(&p[STATUS]) &&
	       !devtree_property_is(&p[MMU_TYPE], "riscv,none");
}

/*
 * Fill in *@hart from the cpu node @node with the properties @p. *@hart is the hart before, which
 * has the properties @before. Most harts have the ISA string of the hart before.
 */
static void parse_hart(struct machine_hart *hart, const void *fdt, int node,
		       const struct devtree_property *p, const struct devtree_property *before)
{
	hart->node = node;
	if (!devtree_property_number(&p[REG], &hart->hartid))
		hv_fatal("%s: reg: no hart id of one or two cells", devtree_path(fdt, node));
	hart->intc_phandle = interrupt_phandle(fdt, node);
	hart->plic_context = hart->aplic_index = -1;
	if (!before || !devtree_property_equals(&p[ISA_LIST], &before[ISA_LIST]) ||
	    !devtree_property_equals(&p[ISA_STRING], &before[ISA_STRING]))
		machine_parse_isa(fdt, node, &hart->isa);
}

/*
 * Whether a vCPU can run on @hart. Linux may run on harts without the H extension, and such harts
 * are among those with it on some machines.
 */
static bool can_virtualize(struct machine *m, const struct machine_hart *hart, uint64_t boot_hartid)
{
	if (hart->isa.h)
		return true;
	if (hart->hartid == boot_hartid)
		hv_fatal("hart %llu has no H extension: "
			 "it is not in its ISA string in the device tree",
			 (unsigned long long)hart->hartid);
	m->harts_without_h++;
	return false;
}

static void add_hart(struct machine *m, const struct machine_hart *hart)
{
	unsigned int i;

	m->harts = array_grow(m->harts, m->hart_count, &m->harts_room, sizeof(*m->harts));
	if (!m->harts)
		hv_fatal("no memory left for the harts");
	for (i = m->hart_count++; i && m->harts[i - 1].hartid > hart->hartid; i--)
		m->harts[i] = m->harts[i - 1];
	if (i && m->harts[i - 1].hartid == hart->hartid)
		hv_fatal("/cpus: two cpus have the hart id %llu", (unsigned long long)hart->hartid);
	m->harts[i] = *hart;
}

/* Choose what the harts have in common, after harts is complete. */
static void compare_harts(struct machine *m, uint64_t boot_hartid)
{
	unsigned int i;

	m->isa = m->harts[0].isa;
	for (i = 0; i < m->hart_count; i++) {
		m->harts[i].index = i;
		if (m->harts[i].hartid == boot_hartid)
			m->boot_hart = i;
		machine_isa_intersect(&m->isa, &m->harts[i].isa);
	}
}

/*
 * Whether there is no room for @hart. The last element of harts is for the boot hart, if the boot
 * hart is not in harts yet.
 */
static bool is_too_many(struct machine *m, const struct machine_hart *hart, uint64_t boot_hartid,
			bool boot_seen)
{
	if (m->hart_count < MACHINE_MAX_HARTS - 1 ||
	    (m->hart_count < MACHINE_MAX_HARTS && (boot_seen || hart->hartid == boot_hartid)))
		return false;
	m->harts_left_out++;
	return true;
}

/* Add @node to unused_cpus, which is in the order of the tree. */
static void add_unused(struct machine_nodes *n, int node)
{
	unsigned int i = n->unused_cpu_count;

	add_node(&n->unused_cpus, &n->unused_cpu_count, &n->unused_cpus_room, node);
	for (; i && n->unused_cpus[i - 1] > node; i--)
		n->unused_cpus[i] = n->unused_cpus[i - 1];
	n->unused_cpus[i] = node;
}

void machine_limit_harts(struct machine *m, unsigned int most)
{
	uint64_t boot_hartid = m->harts[m->boot_hart].hartid;

	assert(most);
	if (m->hart_count <= most)
		return;
	while (m->hart_count > most) {
		struct machine_hart last = m->harts[--m->hart_count];

		if (last.hartid == boot_hartid) {
			struct machine_hart *before = &m->harts[m->hart_count - 1];

			add_unused(&m->nodes, before->node);
			*before = last;
		} else {
			add_unused(&m->nodes, last.node);
		}
		m->harts_left_out++;
	}
	compare_harts(m, boot_hartid);
}

static void parse_harts(struct machine *m, const void *fdt, uint64_t boot_hartid)
{
	struct devtree_property p[2][CPU_PROPERTIES], *before = NULL, *now = p[0];
	struct machine_hart hart = { 0 };
	struct machine_nodes *n = &m->nodes;
	bool boot_seen = false;
	int node;

	devtree_each_subnode (node, fdt, n->cpus) {
		find_cpu(now, fdt, node);
		if (!is_usable_hart(now))
			continue;
		parse_hart(&hart, fdt, node, now, before);
		before = now;
		now = now == p[0] ? p[1] : p[0];
		if (!can_virtualize(m, &hart, boot_hartid) ||
		    is_too_many(m, &hart, boot_hartid, boot_seen)) {
			add_unused(n, node);
			continue;
		}
		boot_seen |= hart.hartid == boot_hartid;
		add_hart(m, &hart);
	}
	if (!boot_seen)
		hv_fatal("/cpus: no usable cpu has the hart id %llu of the hart that runs",
			 (unsigned long long)boot_hartid);
	compare_harts(m, boot_hartid);
}

const char *machine_bootargs(const void *fdt)
{
	int chosen = devtree_subnode(fdt, 0, "chosen");

	return chosen < 0 ? "" : devtree_bootargs(fdt, chosen);
}

void machine_parse(struct machine *m, const void *fdt, uint64_t boot_hartid, uint32_t given)
{
	machine_parse_memory(m, fdt);
	m->given = given;
	if (m->nodes.cpus < 0)
		hv_fatal("no node /cpus in the device tree");
	if (!devtree_get_number(fdt, m->nodes.cpus, "timebase-frequency", &m->timebase) ||
	    !m->timebase)
		hv_fatal("/cpus: timebase-frequency: missing, or not a number");
	machine_parse_devices(m, fdt);
	parse_harts(m, fdt, boot_hartid);
	parse_contexts(m, fdt);
	machine_parse_aia(m, fdt);
}
