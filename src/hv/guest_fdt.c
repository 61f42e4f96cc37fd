/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/guest_fdt.h"
#include "lib/page.h"

/* Room for new properties of /chosen, more entries in reg of memory, and names. */
#define ROOM	      PAGE_SIZE
#define ISA_MAX	      4096
#define NODE_NAME_MAX 64
/* The bytes of a property status with the value "disabled" in a device tree, name not counted. */
#define STATUS_SIZE 24

static void need(int error, const char *what)
{
	if (error < 0)
		hv_fatal("guest's device tree: %s: %s", what, fdt_strerror(error));
}

/* ---- cpus ---- */

/*
 * Copy the names in @from to @to, without the hidden names. @end, or the end of the text, ends each
 * name. Return the length of @to.
 */
static int filter_names(const struct machine *m, char *to, const char *from, int len, char end)
{
	int used = 0;
	int at = 0;

	while (at < len) {
		const char *stop = memchr(from + at, end, len - at);
		int name = stop ? (int)(stop - (from + at)) : len - at;
		int whole = stop ? name + 1 : name;

		if (!machine_isa_hides(m, from + at, name)) {
			memcpy(to + used, from + at, whole);
			used += whole;
		}
		at += whole;
	}
	return used;
}

static void filter_isa(const struct machine *m, void *fdt, int cpu, const char *property, char end)
{
	static char text[ISA_MAX];
	int len, used;
	const char *old = fdt_getprop(fdt, cpu, property, &len);

	if (!old || len < 1)
		return;
	if (len > ISA_MAX - 1)
		hv_fatal("%s: %s: longer than %d bytes", devtree_path(fdt, cpu), property, ISA_MAX);
	/*
	 * The filter runs on an ISA string without its final zero. The zero is added again, after
	 * the underscore at the end is removed: a hidden last name leaves one.
	 */
	if (end == '_') {
		used = filter_names(m, text, old, len - 1, end);
		if (used && text[used - 1] == '_')
			used--;
		text[used++] = '\0';
	} else {
		used = filter_names(m, text, old, len, end);
	}
	if (used != len)
		need(fdt_setprop(fdt, cpu, property, text, used), property);
}

static bool is_guest_hart(const struct machine *m, uint64_t hartid)
{
	unsigned int i;

	for (i = 0; i < m->hart_count; i++) {
		if (m->harts[i].hartid == hartid)
			return true;
	}
	return false;
}

static unsigned int left_out(const struct machine *m)
{
	return m->harts_left_out + m->harts_without_h;
}

static void change_cpus(void *fdt, const struct machine *m)
{
	int cpus = fdt_path_offset(fdt, "/cpus");
	uint64_t hartid;
	int cpu;

	need(cpus, "/cpus");
	fdt_for_each_subnode (cpu, fdt, cpus) {
		if (!devtree_has_string(fdt, cpu, "device_type", "cpu"))
			continue;
		filter_isa(m, fdt, cpu, "riscv,isa", '_');
		filter_isa(m, fdt, cpu, "riscv,isa-extensions", '\0');
		if (left_out(m) && devtree_get_number(fdt, cpu, "reg", &hartid) &&
		    !is_guest_hart(m, hartid))
			need(fdt_setprop_string(fdt, cpu, "status", "disabled"), "status of a cpu");
	}
}

/* ---- memory ---- */

static int put_number(fdt32_t *to, uint64_t value, int cells)
{
	if (cells == 2)
		fdt32_st(to, value >> 32);
	fdt32_st(to + cells - 1, value);
	return cells;
}

/* Remove @home from reg of the memory node @node. False: no memory is left in @node. */
static bool change_memory_node(void *fdt, int node, struct range home)
{
	struct range_list l = { 0 };
	int address_cells = fdt_address_cells(fdt, 0);
	int size_cells = fdt_size_cells(fdt, 0);
	bool fits = true;
	unsigned int i;
	struct range r;
	void *reg;
	int used = 0;

	for (i = 0; devtree_reg(fdt, node, address_cells, size_cells, i, &r); i++)
		fits &= range_list_add(&l, r);
	if (!range_list_overlap(&l, home))
		return true;
	fits &= range_list_subtract(&l, home);
	if (!fits)
		hv_fatal("%s: reg: no memory left for the ranges", devtree_path(fdt, node));
	range_list_normalize(&l);
	if (!l.count)
		return false;
	need(fdt_setprop_placeholder(fdt, node, "reg",
				     l.count * (address_cells + size_cells) * sizeof(fdt32_t),
				     &reg),
	     "reg of memory");
	for (i = 0; i < l.count; i++) {
		used += put_number((fdt32_t *)reg + used, l.r[i].start, address_cells);
		used += put_number((fdt32_t *)reg + used, l.r[i].size, size_cells);
	}
	return true;
}

static void change_memory(void *fdt, struct range home)
{
	int node, next;

	for (node = fdt_first_subnode(fdt, 0); node >= 0; node = next) {
		if (devtree_has_string(fdt, node, "device_type", "memory") &&
		    devtree_is_enabled(fdt, node) && !change_memory_node(fdt, node, home)) {
			need(fdt_del_node(fdt, node), "memory");
			next = fdt_first_subnode(fdt, 0);
		} else {
			next = fdt_next_subnode(fdt, node);
		}
	}
}

/* ---- interrupt files ---- */

/* If the name of @node ends in the address @from, let it end in @to. dtc looks at that. */
static void change_unit_address(void *fdt, int node, uint64_t from, uint64_t to)
{
	char name[NODE_NAME_MAX];
	const char *at = strchr(fdt_get_name(fdt, node, NULL), '@');

	snprintf(name, sizeof(name), "@%lx", (unsigned long)from);
	if (!at || strcmp(at, name))
		return;
	snprintf(name, sizeof(name), "%.*s@%lx", (int)(at - fdt_get_name(fdt, node, NULL)),
		 fdt_get_name(fdt, node, NULL), (unsigned long)to);
	need(fdt_set_name(fdt, node, name), "name of the IMSIC");
}

/*
 * The guest's file of each hart is @l1_file pages behind the supervisor-level file of the hart. 0:
 * the guest has the supervisor-level file itself. Each range has whole blocks, one for each hart,
 * as the binding riscv,imsics wants it: the last @l1_file pages are not the guest's, nor mapped.
 */
static void change_imsic(void *fdt, const struct machine *m, unsigned int l1_file)
{
	const uint64_t block = PAGE_SIZE << m->imsic.guest_index_bits;
	const uint64_t distance = l1_file * PAGE_SIZE;
	unsigned int cells, i;
	int node, parent, used = 0;
	void *reg;

	if (!l1_file)
		return;
	node = machine_find_imsic(fdt, m);
	need(node, "the IMSIC");
	parent = fdt_parent_offset(fdt, node);
	cells = fdt_address_cells(fdt, parent) + fdt_size_cells(fdt, parent);
	need(fdt_setprop_placeholder(fdt, node, "reg", m->imsic.reg.count * cells * sizeof(fdt32_t),
				     &reg),
	     "reg of the IMSIC");
	for (i = 0; i < m->imsic.reg.count; i++) {
		struct range r = m->imsic.reg.r[i];

		used += put_number((fdt32_t *)reg + used, r.start + distance,
				   cells - fdt_size_cells(fdt, parent));
		used += put_number((fdt32_t *)reg + used, (r.size + block - 1) & ~(block - 1),
				   fdt_size_cells(fdt, parent));
	}
	change_unit_address(fdt, node, m->imsic.reg.r[0].start, m->imsic.reg.r[0].start + distance);
}

/* ---- chosen ---- */

static void remove_property(void *fdt, int node, const char *name)
{
	int error = fdt_delprop(fdt, node, name);

	if (error != -FDT_ERR_NOTFOUND)
		need(error, name);
}

static void change_chosen(void *fdt, const struct modules *mods)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	int node, next;

	need(chosen, "/chosen");
	for (node = fdt_first_subnode(fdt, chosen); node >= 0; node = next) {
		if (modules_takes(mods, fdt, node)) {
			need(fdt_del_node(fdt, node), "module");
			next = fdt_first_subnode(fdt, chosen);
		} else {
			next = fdt_next_subnode(fdt, node);
		}
	}
	remove_property(fdt, chosen, "bootargs");
	remove_property(fdt, chosen, "linux,initrd-start");
	remove_property(fdt, chosen, "linux,initrd-end");
	if (*mods->bootargs)
		need(fdt_setprop_string(fdt, chosen, "bootargs", mods->bootargs), "bootargs");
	if (!mods->ramdisk.size)
		return;
	need(fdt_setprop_u64(fdt, chosen, "linux,initrd-start", mods->ramdisk.start), "initrd");
	need(fdt_setprop_u64(fdt, chosen, "linux,initrd-end", range_end(mods->ramdisk)), "initrd");
}

/* ---- devices ---- */

/*
 * Remove the withheld devices from @fdt, a copy of the machine's tree in which nothing has changed
 * yet: m->hidden has the nodes' offsets in the machine's tree, in ascending order. The loop starts
 * at the last node, so the offsets of the nodes before it stay valid. A phandle elsewhere in the
 * tree that names a removed node then names nothing. QEMU's trees have no such phandle.
 */
static void remove_hidden(void *fdt, const struct machine *m)
{
	unsigned int i;

	for (i = m->hidden_count; i-- > 0;)
		need(fdt_del_node(fdt, m->hidden[i].node), "a device");
}

void guest_fdt_end_by_sbi(void *fdt)
{
	/* These nodes name the registers of another device that end or reset the machine. */
	static const char *const names[] = { "syscon-poweroff", "syscon-reboot", NULL };
	int node, next;

	for (node = fdt_next_node(fdt, -1, NULL); node >= 0; node = next) {
		if (devtree_is_compatible(fdt, node, names)) {
			need(fdt_del_node(fdt, node), *names);
			next = fdt_next_node(fdt, -1, NULL);
		} else {
			next = fdt_next_node(fdt, node, NULL);
		}
	}
}

size_t guest_fdt_size(const void *machine_fdt, const struct machine *m, const struct modules *mods)
{
	size_t size = fdt_totalsize(machine_fdt) + strlen(mods->bootargs) + ROOM +
		      left_out(m) * STATUS_SIZE;

	return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

void guest_fdt_make(void *fdt, size_t size, const void *machine_fdt, const struct machine *m,
		    const struct modules *mods, struct range home, unsigned int l1_file)
{
	need(fdt_open_into(machine_fdt, fdt, size), "copy");
	remove_hidden(fdt, m);
	change_chosen(fdt, mods);
	change_memory(fdt, home);
	change_cpus(fdt, m);
	change_imsic(fdt, m, l1_file);
}
