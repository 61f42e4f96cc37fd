/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI functions of a domain: those of the first bus of a host that its property
 * halite,functions names. No domain has the host as a whole.
 *
 * Specification: PCI Bus Binding to Open Firmware 2.1; Devicetree schemas pci-host-bridge.yaml and
 * chosen.yaml.
 */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_config.h"
#include "hv/iommu_tree.h"
#include "hv/pci.h"
#include "hv/pci_config.h"
#include "lib/page.h"
#include "lib/pages.h"

#define PROPERTY "halite,functions"

#define CAP_ENHANCED_ALLOCATION 0x14 /* registers without BARs, which could be moved */

/* The first cell of an address in ranges: the space of a window. */
#define SPACE	   MASK64(25, 24)
#define SPACE_32   (UINT32_C(2) << 24)
#define SPACE_64   (UINT32_C(3) << 24)
#define SPACE_PREF BIT64(30) /* reads have no effect there */
#define BAR_PREF   BIT64(3)

static _Noreturn void refuse(const struct domain_config *c, const void *fdt, const char *name,
			     const char *why)
{
	hv_fatal("%s: " PROPERTY ": %s: %s", devtree_path(fdt, c->node), name, why);
}

/* ---- names ---- */

/* The number of a hexadecimal digit, or 16. */
static unsigned int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (unsigned int)(at - digits) : 16;
}

/* Read "00:DD.F". */
static bool parse_number(const char *text, unsigned int *number)
{
	unsigned int device;

	if (strncmp(text, "00:", 3) || strlen(text) != 7 || text[5] != '.')
		return false;
	device = digit(text[3]) << 4 | digit(text[4]);
	*number = device << 3 | digit(text[6]);
	return digit(text[3]) < 2 && digit(text[4]) < 16 && digit(text[6]) < 8;
}

/* The host of the function @name: what is before the last slash, or the only host with ECAM. */
static int find_host(const void *fdt, const char *name, const char *slash)
{
	static const char only[] = "pci-host-ecam-generic";
	char path[DEVTREE_PATH];
	int node;

	if (slash) {
		if (slash - name >= DEVTREE_PATH)
			return -1;
		memcpy(path, name, slash - name);
		path[slash - name] = '\0';
		return domain_devices_find(fdt, path);
	}
	node = fdt_node_offset_by_compatible(fdt, -1, only);
	return fdt_node_offset_by_compatible(fdt, node, only) < 0 ? node : -1;
}

/* ---- what a domain may have ---- */

/* Whether a domain has the node @node as one of its devices. */
static bool is_given(const struct domain_config *c, int node)
{
	unsigned int i;

	for (i = 0; i < c->given_count; i++) {
		if (node >= c->given[i].first && node < c->given[i].end)
			return true;
	}
	return false;
}

/* Why no function of the host of @f can be @c's, or NULL. */
static const char *check_host(const struct domain_config *all, unsigned int count,
			      const struct pci_function *f, const struct machine *m)
{
	unsigned int i;

	if (!m->imsic.present)
		return "interrupts of functions are MSIs, and the machine has no IMSIC";
	for (i = 0; i < count; i++) {
		if (is_given(&all[i], f->node))
			return "its host is a domain's";
	}
	return NULL;
}

/*
 * Why another domain's functions forbid @f to @c, or NULL. Functions of one device may reach each
 * other without passing an IOMMU.
 */
static const char *check_others(const struct domain_config *all, const struct domain_config *c,
				const struct pci_function *f)
{
	const struct domain_config *other;
	unsigned int i;

	for (other = all; other <= c; other++) {
		for (i = 0; i < other->functions.count; i++) {
			const struct pci_function *g = &other->functions.f[i];

			if (g->config == f->config)
				return "a domain has it already";
			if (other != c && g->node == f->node && g->number >> 3 == f->number >> 3)
				return "a function of the same device is another domain's";
		}
	}
	return NULL;
}

/* Why no domain can have @f, or NULL. */
static const char *check_function(const struct machine *m, const void *fdt,
				  const struct pci_function *f)
{
	struct iommu_ids ids;

	if ((pci_word(f->config) & 0xffff) == PCI_VENDOR_NONE)
		return "there is no such function";
	if (pci_word(f->config + PCI_CLASS) >> PCI_CLASS_BASE_SHIFT == PCI_CLASS_BRIDGE)
		return "it is a bridge";
	if (!iommu_tree_requester(m, fdt, f->node, f->number, &ids) || pci_may_bypass(f->config))
		return "no IOMMU guards its DMA (a bridge, virtio without iommu_platform=on, or a "
		       "machine without IOMMU)";
	if (pci_capability(f->config, CAP_ENHANCED_ALLOCATION, PCI_ANY_TYPE))
		return "it has registers that no BAR places";
	return NULL;
}

/* ---- windows ---- */

/*
 * The window @index of the host @node, in addresses of the machine. *@space is its kind, *@offset
 * is what is added to get an address of the bus. False: there is none.
 */
static bool window_of(const void *fdt, int node, unsigned int index, uint32_t *space,
		      struct range *r, uint64_t *offset)
{
	int above = fdt_address_cells(fdt, fdt_parent_offset(fdt, node));
	int sizes = fdt_size_cells(fdt, node), len;
	const uint8_t *at = fdt_getprop(fdt, node, "ranges", &len);
	int entry = 4 * (3 + above + sizes);

	if (!at || above < 1 || sizes < 1 || (uint64_t)len / entry <= index)
		return false;
	at += (uint64_t)index * entry;
	*space = devtree_number(at, 1) & (SPACE | SPACE_PREF);
	*r = (struct range){ devtree_number(at + 12, above),
			     devtree_number(at + 12 + 4 * above, sizes) };
	*offset = devtree_number(at + 4, 2) - r->start;
	return range_is_valid(r->start, r->size);
}

/*
 * Whether @r, which no domain has, is found in the window @window, for a BAR of @size bytes. It has
 * whole pages, so that no other function is in them.
 */
static bool find_room(const struct domain_config *all, unsigned int count, struct range window,
		      uint64_t offset, struct range *r)
{
	struct range_list free = { 0 };
	bool fits = range_list_add(&free, window);
	unsigned int i;

	for (i = 0; i < count; i++)
		fits &= range_list_subtract_all(&free, &all[i].devices);
	/* A BAR is aligned on the bus. */
	return fits && !(offset & (r->size - 1)) &&
	       range_list_lowest(&free, 0, r->size, r->size, &r->start);
}

/* Place BAR @n of @f, which has @size bytes. False: there is no room. */
static bool place_bar(const struct domain_config *all, unsigned int count, struct domain_config *c,
		      const void *fdt, const struct machine *m, struct pci_function *f,
		      unsigned int n, uint64_t size, bool wide)
{
	struct range r = { 0, size < PAGE_SIZE ? PAGE_SIZE : size };
	struct range window;
	uint64_t offset;
	uint32_t space;
	unsigned int i;

	for (i = 0; window_of(fdt, f->node, i, &space, &window, &offset); i++) {
		if ((space & SPACE_PREF) && !(f->mask[n] & BAR_PREF))
			continue;
		space &= SPACE;
		if (space != SPACE_32 && (space != SPACE_64 || !wide))
			continue;
		if (!find_room(all, count, window, offset, &r) ||
		    !range_list_contains(&m->devices, r))
			continue;
		pci_function_place(f, n, r.start + offset);
		return range_list_add(&c->devices, r);
	}
	return false;
}

static bool place_bars(const struct domain_config *all, unsigned int count, struct domain_config *c,
		       const void *fdt, const struct machine *m, struct pci_function *f)
{
	unsigned int n;
	uint64_t size;
	bool wide;

	pci_function_measure(f);
	for (n = 0; n < PCI_BARS; n++) {
		size = pci_function_bar_size(f, n, &wide);
		if (size && !place_bar(all, count, c, fdt, m, f, n, size, wide))
			return false;
	}
	return true;
}

/* ---- all ---- */

static void take_function(struct domain_config *all, unsigned int count, struct domain_config *c,
			  const void *fdt, const struct machine *m, const char *name)
{
	struct pci_functions *l = &c->functions;
	const char *slash = strrchr(name, '/');
	struct pci_function f = { .node = find_host(fdt, name, slash) };
	const char *why;
	unsigned int i;

	f.host.start = f.node >= 0 ? pci_ecam(m, fdt, f.node) : 0;
	if (!f.host.start)
		refuse(c, fdt, name, "there is no such PCI host with ECAM, or more than one");
	if (!parse_number(slash ? slash + 1 : name, &f.number))
		refuse(c, fdt, name, "expected 00:DD.F, a function of the first bus");
	for (i = 0; i < m->device_count; i++) {
		if (m->device[i].node == f.node && m->device[i].r.start == f.host.start)
			f.host.size = m->device[i].r.size;
	}
	f.config = f.host.start + f.number * PCI_FUNCTION_SIZE;
	why = check_host(all, count, &f, m);
	if (!why)
		why = check_others(all, c, &f);
	if (!why)
		why = check_function(m, fdt, &f);
	if (why)
		refuse(c, fdt, name, why);
	/*
	 * No function answers where firmware has placed it, also one that no domain has: the BARs
	 * of domains may come there.
	 */
	pci_turn_off(f.host.start);
	if (!place_bars(all, count, c, fdt, m, &f))
		refuse(c, fdt, name, "its registers do not fit into the windows of the host");
	l->f = array_grow(l->f, l->count, &l->room, sizeof(*l->f));
	if (!l->f)
		hv_fatal("no memory left for the devices of domains");
	l->f[l->count++] = f;
}

void domain_config_functions(struct domain_config *all, unsigned int count, unsigned int index,
			     const void *fdt, const struct machine *m)
{
	struct domain_config *c = &all[index];
	int len;
	const char *name = fdt_getprop(fdt, c->node, PROPERTY, &len);
	const char *end;

	if (!name)
		return;
	end = name + len;
	if (len < 1 || end[-1])
		hv_fatal("%s: " PROPERTY ": no list of functions", devtree_path(fdt, c->node));
	for (; name < end; name += strlen(name) + 1)
		take_function(all, count, c, fdt, m, name);
	range_list_normalize(&c->devices);
}

static void need(int error)
{
	if (error < 0 && error != -FDT_ERR_NOTFOUND)
		hv_fatal("guest's device tree: PCI functions: %s", fdt_strerror(error));
}

void domain_functions_tree(void *made, const void *fdt, const struct domain_config *c)
{
	unsigned int i;

	for (i = 0; i < c->functions.count; i++) {
		int node = fdt_path_offset(made, devtree_path(fdt, c->functions.f[i].node));

		need(node);
		need(fdt_nop_property(made, node, "interrupt-map"));
		need(fdt_nop_property(made, node, "interrupt-map-mask"));
	}
	if (i)
		need(fdt_setprop_u32(made, fdt_path_offset(made, "/chosen"), "linux,pci-probe-only",
				     1));
}
