/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/guest_fdt.h"
#include "hv/iommu.h"
#include "hv/iommu_tree.h"
#include "lib/assert.h"
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

/* The names that the guest has of the value @old. Write them to @text, and return their length. */
static int filter_isa(const struct machine *m, char *text, const struct devtree_property *old,
		      char end)
{
	const char *from = (const char *)old->value;
	int used;

	/*
	 * The filter runs on an ISA string without its final zero. The zero is added again, after
	 * the underscore at the end is removed: a hidden last name leaves one.
	 */
	if (end == '_') {
		used = filter_names(m, text, from, old->len - 1, end);
		if (used && text[used - 1] == '_')
			used--;
		text[used++] = '\0';
		return used;
	}
	return filter_names(m, text, from, old->len, end);
}

/*
 * Replace the value of @node's property @name by the @len bytes of @value, which is not longer.
 * Words that become free are NOPs of the tree, so nothing behind them moves.
 */
static void shorten(void *fdt, int node, const char *name, const void *value, int len)
{
	struct fdt_property *p;
	int old, at;

	p = fdt_get_property_w(fdt, node, name, &old);
	need(p ? 0 : old, name);
	assert(len <= old);
	for (at = len / FDT_TAGSIZE * FDT_TAGSIZE; at < old; at += FDT_TAGSIZE)
		fdt32_st(p->data + at, at < len ? 0 : FDT_NOP);
	memcpy(p->data, value, len);
	p->len = cpu_to_fdt32(len);
}

/* An ISA property of a cpu, and what the guest has of its value. */
struct isa {
	struct devtree_property p;
	char end; /* of each name in the value */
	char text[ISA_MAX];
	int used;
};

/*
 * Filter property @new of the node @cpu. Most cpus have the value of the cpu before, which is in
 * *@isa with its outcome.
 */
static void change_isa(const struct machine *m, void *fdt, int cpu, struct isa *isa,
		       const struct devtree_property *new)
{
	if (!new->value || new->len < 1)
		return;
	if (new->len > ISA_MAX - 1)
		hv_fatal("%s: %s: longer than %d bytes", devtree_path(fdt, cpu), new->name,
			 ISA_MAX);
	if (!devtree_property_equals(&isa->p, new)) {
		isa->p = *new;
		isa->used = filter_isa(m, isa->text, new, isa->end);
	}
	if (isa->used != new->len)
		shorten(fdt, cpu, new->name, isa->text, isa->used);
}

/* @fdt, in which no node has moved, gets the ISA strings that the guest has of @machine_fdt's. */
static void change_cpus(void *fdt, const void *machine_fdt, const struct machine *m)
{
	static struct isa list, string;
	int cpu;

	list.end = '\0';
	string.end = '_';
	list.p.value = string.p.value = NULL;
	devtree_each_subnode (cpu, machine_fdt, m->nodes.cpus) {
		struct devtree_property p[] = {
			{ .name = "device_type" },
			{ .name = ISA_LIST_NAME },
			{ .name = ISA_STRING_NAME },
		};

		devtree_find(machine_fdt, cpu, p, 3);
		if (!devtree_property_is(&p[0], "cpu"))
			continue;
		change_isa(m, fdt, cpu, &list, &p[1]);
		change_isa(m, fdt, cpu, &string, &p[2]);
	}
}

/* ---- memory ---- */

int guest_fdt_put(fdt32_t *to, uint64_t value, int cells)
{
	if (cells == 2)
		fdt32_st(to, value >> 32);
	fdt32_st(to + cells - 1, value);
	return cells;
}

static bool overlaps(const struct range_list *l, const struct range_list *other)
{
	unsigned int i;

	for (i = 0; i < other->count; i++) {
		if (range_list_overlap(l, other->r[i]))
			return true;
	}
	return false;
}

/* Remove @absent from reg of the memory node @node. Remove the node if no memory is left in it. */
static void change_memory(void *fdt, int node, const struct range_list *absent)
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
	if (!overlaps(&l, absent) || !devtree_is_enabled(fdt, node))
		return;
	fits &= range_list_subtract_all(&l, absent);
	if (!fits)
		hv_fatal("%s: reg: no memory left for the ranges", devtree_path(fdt, node));
	range_list_normalize(&l);
	if (!l.count) {
		need(fdt_nop_node(fdt, node), "memory");
		return;
	}
	need(fdt_setprop_placeholder(fdt, node, "reg",
				     l.count * (address_cells + size_cells) * sizeof(fdt32_t),
				     &reg),
	     "reg of memory");
	for (i = 0; i < l.count; i++) {
		used += guest_fdt_put((fdt32_t *)reg + used, l.r[i].start, address_cells);
		used += guest_fdt_put((fdt32_t *)reg + used, l.r[i].size, size_cells);
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
 * The guest's file of each hart is @l1_file pages behind the supervisor-level file of the hart.
 * Each range has whole blocks, one for each hart, as the binding riscv,imsics wants it: the last
 * @l1_file pages are not the guest's, nor mapped.
 */
static void change_imsic(void *fdt, const struct machine *m, unsigned int l1_file)
{
	const struct machine_imsic *imsic = &m->imsic;
	const uint64_t block = PAGE_SIZE << imsic->guest_index_bits;
	const uint64_t distance = l1_file * PAGE_SIZE;
	int cells = imsic->address_cells + imsic->size_cells;
	unsigned int i;
	int used = 0;
	void *reg;

	need(fdt_setprop_placeholder(fdt, imsic->node, "reg",
				     imsic->reg.count * cells * sizeof(fdt32_t), &reg),
	     "reg of the IMSIC");
	for (i = 0; i < imsic->reg.count; i++) {
		struct range r = imsic->reg.r[i];

		used += guest_fdt_put((fdt32_t *)reg + used, r.start + distance,
				      imsic->address_cells);
		used += guest_fdt_put((fdt32_t *)reg + used, (r.size + block - 1) & ~(block - 1),
				      imsic->size_cells);
	}
	change_unit_address(fdt, imsic->node, imsic->reg.r[0].start,
			    imsic->reg.r[0].start + distance);
}

/* ---- chosen ---- */

static void remove_property(void *fdt, int node, const char *name)
{
	int error = fdt_nop_property(fdt, node, name);

	if (error != -FDT_ERR_NOTFOUND)
		need(error, name);
}

static void change_chosen(void *fdt, int chosen, const struct modules *mods)
{
	unsigned int i;

	for (i = 0; i < mods->taken_count; i++)
		need(fdt_nop_node(fdt, mods->taken[i]), "module");
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

/* ---- changes that move nodes ---- */

static int later(int a, int b)
{
	return a > b ? a : b;
}

/* The last of the @count nodes, which are in ascending order, or -1 if there are none. */
static int last_of(const int *nodes, unsigned int count)
{
	return count ? nodes[count - 1] : -1;
}

/*
 * Make the changes that may move the nodes behind them. They begin at the last node of the tree, so
 * the nodes before it are where they are in the machine's tree. @l1_file is 0 if the guest has the
 * supervisor-level interrupt files.
 */
static void change_from_the_end(void *fdt, const struct machine *m, const struct modules *mods,
				const struct range_list *absent, unsigned int l1_file)
{
	unsigned int cpus = m->nodes.unused_cpu_count;
	unsigned int memories = m->nodes.memory_count;
	int chosen = m->nodes.chosen;
	int imsic = l1_file ? m->imsic.node : -1;

	while (chosen >= 0 || imsic >= 0 || cpus || memories) {
		int cpu = last_of(m->nodes.unused_cpus, cpus);
		int memory = last_of(m->nodes.memory, memories);
		int last = later(later(chosen, imsic), later(cpu, memory));

		if (last == chosen) {
			change_chosen(fdt, chosen, mods);
			chosen = -1;
		} else if (last == imsic) {
			change_imsic(fdt, m, l1_file);
			imsic = -1;
		} else if (last == cpu) {
			need(fdt_setprop_string(fdt, cpu, "status", "disabled"), "status of a cpu");
			cpus--;
		} else {
			change_memory(fdt, memory, absent);
			memories--;
		}
	}
}

/* ---- devices ---- */

/* Whether the guest sees an IOMMU in place of the one with the node @node. */
static bool is_seen(const struct machine *m, int node)
{
	unsigned int i;

	for (i = 0; i < m->iommu_count && i < IOMMUS_MAX; i++) {
		if (m->iommus[i].node == node)
			return m->seen_iommus >> i & 1;
	}
	return false;
}

/*
 * Remove the withheld devices. m->hidden has the nodes in ascending order. The loop starts at the
 * last node, so that a node below a withheld node is still there when it is removed. A phandle
 * elsewhere in the tree that names a removed node then names nothing. QEMU's trees have no such
 * phandle.
 */
static void remove_hidden(void *fdt, const struct machine *m)
{
	unsigned int i;

	for (i = m->hidden_count; i-- > 0;) {
		if (!is_seen(m, m->hidden[i].node))
			need(fdt_nop_node(fdt, m->hidden[i].node), "a device");
	}
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

void guest_fdt_forget_seeds(void *fdt)
{
	int chosen = devtree_subnode(fdt, 0, "chosen");

	remove_property(fdt, chosen, "rng-seed");
	remove_property(fdt, chosen, "kaslr-seed");
}

size_t guest_fdt_size(const void *machine_fdt, const struct machine *m, const struct modules *mods)
{
	size_t size = fdt_totalsize(machine_fdt) + strlen(mods->bootargs) + ROOM +
		      m->nodes.unused_cpu_count * STATUS_SIZE;

	return (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/*
 * First come the changes that move nothing: in them, each node is where it is in the machine's
 * tree. So no node is searched for, and the time grows with the size of the tree and not with its
 * square.
 */
void guest_fdt_make(void *fdt, size_t size, const void *machine_fdt, const struct machine *m,
		    const struct modules *mods, const struct range_list *absent,
		    unsigned int l1_file)
{
	need(m->nodes.chosen, "/chosen");
	need(fdt_open_into(machine_fdt, fdt, size), "copy");
	/* Before nodes are removed: it goes by the nodes of the machine's tree. */
	iommu_tree_hide(fdt, machine_fdt, m);
	remove_hidden(fdt, m);
	change_cpus(fdt, machine_fdt, m);
	change_from_the_end(fdt, m, mods, absent, l1_file);
}
