/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/iommu.h"
#include "hv/iommu_boot.h"
#include "hv/iommu_domain.h"
#include "hv/iommu_tree.h"
#include "hv/pci.h"
#include "hv/viommu.h"

void iommu_boot_start(struct host *h, const void *fdt)
{
	struct machine *m = &h->machine;
	uint64_t end = range_list_end(&m->ram, range_list_end(&m->devices, 0));
	unsigned int i, unguarded;

	for (i = 0; i < m->iommu_count; i++) {
		struct machine_iommu *iommu = &m->iommus[i];
		const char *why = "there are too many";
		uint16_t modes = 0;

		if (i < IOMMUS_MAX)
			why = iommu_start(i, iommu->base, end, &h->pool, &modes);
		iommu->used = !why;
		if (why)
			hv_warn("IOMMU at 0x%lx is not used: %s", (unsigned long)iommu->base, why);
		else
			hv_print("halite: IOMMU at 0x%lx keeps devices within their domain\n",
				 (unsigned long)iommu->base);
		if (!why)
			h->lacking_modes |= ~modes;
	}
	for (i = 0; i < m->device_count; i++) {
		int node = m->device[i].node, function;

		if (i && node == m->device[i - 1].node)
			continue;
		function = iommu_tree_bypassing(m, fdt, node);
		if (function >= 0)
			hv_warn("%s: PCI device 00:%02x.%u passes the IOMMU by (virtio without "
				"iommu_platform=on, or a bridge): no device there is guarded",
				devtree_path(fdt, node), (unsigned int)function >> 3,
				(unsigned int)function & 7);
	}
	unguarded = domain_devices_unguarded(m, fdt);
	if (unguarded)
		hv_print("halite: %u devices may do DMA that no IOMMU guards: they reach all of "
			 "RAM\n",
			 unguarded);
}

/* Give @d the device ids @ids, which are of a device @node. */
static void give_ids(struct domain *d, const void *fdt, int node, const struct iommu_ids *ids)
{
	const char *why = iommu_give(ids->iommu, ids->first, ids->count, iommu_domain_owner(d),
				     d->line.name, identity_atp(&d->gstage));

	if (why)
		hv_fatal("domain %s: %s: %s", d->line.name, devtree_path(fdt, node), why);
}

/* Give @d the device ids of @node. */
static void give_node(struct domain *d, const void *fdt, int node)
{
	const struct machine *m = &d->host->machine;
	struct iommu_ids ids;
	unsigned int i;

	for (i = 0; iommu_tree_ids(m, fdt, node, i, &ids); i++) {
		if (ids.iommu != m->iommu_count && m->iommus[ids.iommu].used)
			give_ids(d, fdt, node, &ids);
	}
}

/* Give @d the device ids of its PCI functions, which domain_config_functions() has looked at. */
static void give_functions(struct domain *d, const void *fdt)
{
	struct iommu_ids ids;
	unsigned int i;

	for (i = 0; i < d->functions.count; i++) {
		const struct pci_function *f = &d->functions.f[i];

		if (iommu_tree_requester(&d->host->machine, fdt, f->node, f->number, &ids))
			give_ids(d, fdt, f->node, &ids);
	}
}

/* PCI hosts whose devices do no DMA while the domain is reset. */
static void keep_pci(struct domain *d, const void *fdt, int node)
{
	uint64_t ecam = 0;

	if (devtree_has_string(fdt, node, "device_type", "pci"))
		ecam = pci_ecam(&d->host->machine, fdt, node);
	if (ecam && !range_list_add(&d->ecams, (struct range){ ecam, 1 }))
		hv_fatal("no memory left for the PCI hosts");
}

/* The ids of a range that get contexts of their own: those of the first bus of a PCI host. */
#define PARTED_MAX 256

/*
 * Let @d see an IOMMU in place of each that a device of the tree between @node and @end is behind,
 * if the domain has the device.
 */
static void show_node(struct domain *d, const void *fdt, int node)
{
	const struct machine *m = &d->host->machine;
	const unsigned int owner = iommu_domain_owner(d);
	struct iommu_ids ids;
	unsigned int i;

	for (i = 0; iommu_tree_ids(m, fdt, node, i, &ids); i++) {
		if (ids.iommu == m->iommu_count || !m->iommus[ids.iommu].used)
			continue;
		iommu_part(ids.iommu, ids.first, ids.count < PARTED_MAX ? ids.count : PARTED_MAX,
			   owner);
		if (!d->viommus[ids.iommu] && !viommu_add(d, ids.iommu, owner))
			hv_fatal("no memory left for the guest's IOMMU");
	}
}

static void show(struct domain *d, const struct domain_config *c, const void *fdt)
{
	unsigned int i;
	int node;

	/* An IOMMU of the guest has MSIs to its interrupt files and no wires. */
	if (!d->world.l1_file || !d->host->options.virtual_iommu)
		return;
	for (node = fdt_next_node(fdt, -1, NULL); node >= 0 && c->node < 0;
	     node = fdt_next_node(fdt, node, NULL))
		show_node(d, fdt, node);
	for (i = 0; i < d->functions.count; i++)
		show_node(d, fdt, d->functions.f[i].node);
	for (i = 0; i < c->given_count; i++) {
		for (node = c->given[i].first; node >= 0 && node < c->given[i].end;
		     node = fdt_next_node(fdt, node, NULL))
			show_node(d, fdt, node);
	}
	viommu_reset(d);
}

void iommu_boot_give(struct domain *d, const struct domain_config *c, const void *fdt)
{
	const char *why;
	unsigned int i;
	int node;

	if (c->node < 0) {
		why = iommu_give_all(iommu_domain_owner(d), "", identity_atp(&d->gstage));
		if (why)
			hv_fatal("%s", why);
		show(d, c, fdt);
		return;
	}
	give_functions(d, fdt);
	for (i = 0; i < c->given_count; i++) {
		for (node = c->given[i].first; node >= 0 && node < c->given[i].end;
		     node = fdt_next_node(fdt, node, NULL)) {
			give_node(d, fdt, node);
			keep_pci(d, fdt, node);
		}
	}
	show(d, c, fdt);
}
