/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hext/bits.h"
#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/machine.h"
#include "lib/page.h"
#include "lib/pages.h"

#define VERSION 17

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
	error = fdt_check_full(fdt, fdt_totalsize(fdt));
	if (error)
		hv_fatal("device tree at 0x%lx is damaged or cut short: %s", (unsigned long)fdt,
			 fdt_strerror(error));
}

static void add(struct range_list *l, struct range r, const char *what)
{
	if (!range_list_add(l, r))
		hv_fatal("no memory left for the ranges of %s", what);
}

static void parse_ram(struct machine *m, const void *fdt)
{
	int address_cells = fdt_address_cells(fdt, 0);
	int size_cells = fdt_size_cells(fdt, 0);
	int node;

	fdt_for_each_subnode (node, fdt, 0) {
		struct range r;
		unsigned int i;

		if (!devtree_has_string(fdt, node, "device_type", "memory") ||
		    !devtree_is_enabled(fdt, node))
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
	int parent = fdt_path_offset(fdt, "/reserved-memory");
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
	fdt_for_each_subnode (node, fdt, parent) {
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
	int node;

	fdt_for_each_subnode (node, fdt, cpu) {
		if (!fdt_node_check_compatible(fdt, node, "riscv,cpu-intc"))
			return fdt_get_phandle(fdt, node);
	}
	return 0;
}

unsigned int machine_count_cpus(const void *fdt)
{
	unsigned int count = 0;
	int node;

	fdt_for_each_subnode (node, fdt, fdt_path_offset(fdt, "/cpus"))
		count += devtree_has_string(fdt, node, "device_type", "cpu");
	return count < MACHINE_MAX_HARTS ? count : MACHINE_MAX_HARTS;
}

static void parse_hart(struct machine_hart *hart, const void *fdt, int node)
{
	hart->intc_phandle = interrupt_phandle(fdt, node);
	hart->plic_context = hart->aplic_index = -1;
	machine_parse_isa(fdt, node, &hart->isa);
}

/* Whether cpu node @node is a hart that can run an operating system: enabled, with an MMU. */
static bool is_usable_hart(const void *fdt, int node, uint64_t *hartid)
{
	if (!devtree_has_string(fdt, node, "device_type", "cpu") ||
	    !devtree_is_enabled(fdt, node) ||
	    devtree_has_string(fdt, node, "mmu-type", "riscv,none"))
		return false;
	if (!devtree_get_number(fdt, node, "reg", hartid))
		hv_fatal("%s: reg: no hart id of one or two cells", devtree_path(fdt, node));
	return true;
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

static void parse_harts(struct machine *m, const void *fdt, int cpus, uint64_t boot_hartid)
{
	struct machine_hart hart = { 0 };
	bool boot_seen = false;
	int node;

	fdt_for_each_subnode (node, fdt, cpus) {
		if (!is_usable_hart(fdt, node, &hart.hartid))
			continue;
		parse_hart(&hart, fdt, node);
		if (!can_virtualize(m, &hart, boot_hartid))
			continue;
		/* The last element is for the boot hart, if the boot hart is not in harts yet. */
		if (m->hart_count == MACHINE_MAX_HARTS ||
		    (m->hart_count == MACHINE_MAX_HARTS - 1 && !boot_seen &&
		     hart.hartid != boot_hartid)) {
			m->harts_left_out++;
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
	int chosen = fdt_path_offset(fdt, "/chosen");

	return chosen < 0 ? "" : devtree_bootargs(fdt, chosen);
}

void machine_parse(struct machine *m, const void *fdt, uint64_t boot_hartid, uint32_t given)
{
	int cpus = fdt_path_offset(fdt, "/cpus");

	machine_parse_memory(m, fdt);
	m->bootargs = machine_bootargs(fdt);
	m->given = given;
	if (cpus < 0)
		hv_fatal("no node /cpus in the device tree");
	if (!devtree_get_number(fdt, cpus, "timebase-frequency", &m->timebase) || !m->timebase)
		hv_fatal("/cpus: timebase-frequency: missing, or not a number");
	machine_parse_devices(m, fdt);
	parse_harts(m, fdt, cpus, boot_hartid);
	parse_contexts(m, fdt);
	machine_parse_aia(m, fdt);
}
