/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/iommu_tree.h"
#include "hv/pci.h"

#define MAP_CELLS  4 /* of an entry of iommu-map */
#define REQUESTERS 0x10000

/* The index of the IOMMU with the phandle @phandle, or iommu_count. */
static unsigned int find_iommu(const struct machine *m, uint32_t phandle)
{
	unsigned int i = 0;

	while (i < m->iommu_count && m->iommus[i].phandle != phandle)
		i++;
	return i;
}

/* Entry @index of iommu-map, of at most @len bytes. */
static bool map_entry(const struct machine *m, const uint8_t *map, int len, unsigned int index,
		      struct iommu_ids *ids)
{
	const uint8_t *entry;

	if (!map || (uint64_t)len / (4 * MAP_CELLS) <= index)
		return false;
	entry = map + (uint64_t)index * 4 * MAP_CELLS;
	ids->requester = devtree_number(entry, 1);
	ids->iommu = find_iommu(m, devtree_number(entry + 4, 1));
	ids->first = devtree_number(entry + 8, 1);
	ids->count = devtree_number(entry + 12, 1);
	return true;
}

/*
 * Entry @index of iommus: a phandle and as many cells as #iommu-cells of the IOMMU says, which is 1
 * for a RISC-V IOMMU. What is behind an entry of another IOMMU cannot be known without its node.
 */
static bool list_entry(const struct machine *m, const uint8_t *list, int len, unsigned int index,
		       struct iommu_ids *ids)
{
	if (!list || (uint64_t)len / 8 <= index)
		return false;
	*ids = (struct iommu_ids){
		.iommu = find_iommu(m, devtree_number(list + 8 * index, 1)),
		.first = devtree_number(list + 8 * index + 4, 1),
		.count = 1,
	};
	return true;
}

bool iommu_tree_ids(const struct machine *m, const void *fdt, int node, unsigned int index,
		    struct iommu_ids *ids)
{
	struct devtree_property p[] = { { .name = "iommu-map" }, { .name = "iommus" } };
	unsigned int in_map;

	devtree_find(fdt, node, p, 2);
	in_map = p[0].value ? p[0].len / (4 * MAP_CELLS) : 0;
	return index < in_map ? map_entry(m, p[0].value, p[0].len, index, ids)
			      : list_entry(m, p[1].value, p[1].len, index - in_map, ids);
}

/*
 * Whether iommu-map leads all requester ids of a PCI host to IOMMUs in use. The entries are in
 * ascending order. The last id, function 7 of device 31 of bus 255, may be missing: QEMU's trees
 * leave it out, and lead the device to the IOMMU nevertheless, where the id is nobody's.
 */
static bool maps_all(const struct machine *m, const void *fdt, int node)
{
	struct iommu_ids ids;
	uint64_t next = 0;
	unsigned int i;

	for (i = 0; iommu_tree_ids(m, fdt, node, i, &ids); i++) {
		if (ids.iommu == m->iommu_count || !m->iommus[ids.iommu].used ||
		    ids.requester > next)
			return false;
		if (ids.requester + (uint64_t)ids.count > next)
			next = ids.requester + (uint64_t)ids.count;
	}
	return next >= REQUESTERS - 1;
}

static bool lists_used(const struct machine *m, const void *fdt, int node)
{
	struct iommu_ids ids;
	unsigned int i;

	for (i = 0; iommu_tree_ids(m, fdt, node, i, &ids); i++) {
		if (ids.iommu == m->iommu_count || !m->iommus[ids.iommu].used)
			return false;
	}
	return i > 0;
}

static bool is_mapped(const struct machine *m, const void *fdt, int node)
{
	return !fdt_getprop(fdt, node, "iommu-map-mask", NULL) && maps_all(m, fdt, node);
}

bool iommu_tree_requester(const struct machine *m, const void *fdt, int node, uint32_t requester,
			  struct iommu_ids *ids)
{
	unsigned int i;

	if (fdt_getprop(fdt, node, "iommu-map-mask", NULL))
		return false;
	for (i = 0; iommu_tree_ids(m, fdt, node, i, ids); i++) {
		if (requester - ids->requester >= ids->count)
			continue;
		ids->first += requester - ids->requester;
		ids->count = 1;
		return ids->iommu < m->iommu_count && m->iommus[ids->iommu].used;
	}
	return false;
}

int iommu_tree_bypassing(const struct machine *m, const void *fdt, int node)
{
	if (!m->iommu_count || !devtree_has_string(fdt, node, "device_type", "pci") ||
	    !is_mapped(m, fdt, node))
		return -1;
	return pci_bypassing(m, fdt, node);
}

bool iommu_tree_guards(const struct machine *m, const void *fdt, int node)
{
	if (!m->iommu_count)
		return false;
	if (devtree_has_string(fdt, node, "device_type", "pci"))
		return is_mapped(m, fdt, node) && pci_bypassing(m, fdt, node) < 0;
	return lists_used(m, fdt, node);
}

static void remove_property(void *fdt, int node, const char *name)
{
	int error = fdt_nop_property(fdt, node, name);

	if (error && error != -FDT_ERR_NOTFOUND)
		hv_fatal("guest's device tree: %s: %s", name, fdt_strerror(error));
}

/* Whether an entry of @node names one of the machine's IOMMUs. */
static bool names_iommu(const struct machine *m, const void *fdt, int node)
{
	struct iommu_ids ids;
	unsigned int i;

	for (i = 0; iommu_tree_ids(m, fdt, node, i, &ids); i++) {
		if (ids.iommu < m->iommu_count && !(m->seen_iommus >> ids.iommu & 1))
			return true;
	}
	return false;
}

void iommu_tree_hide(void *fdt, const void *machine_fdt, const struct machine *m)
{
	int node;

	if (!m->iommu_count)
		return;
	for (node = fdt_next_node(machine_fdt, -1, NULL); node >= 0;
	     node = fdt_next_node(machine_fdt, node, NULL)) {
		if (!names_iommu(m, machine_fdt, node))
			continue;
		remove_property(fdt, node, "iommu-map");
		remove_property(fdt, node, "iommu-map-mask");
		remove_property(fdt, node, "iommus");
	}
}
