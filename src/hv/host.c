/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/pte.h"
#include "hv/console.h"
#include "hv/host.h"
#include "riscv/attempt.h"
#include "riscv/head.h"
#include "riscv/world.h"

/*
 * Whether firmware refuses accesses to @r, whole pages of reserved memory. Some firmware (OpenSBI
 * before 1.2) does not mark its memory with no-map. Firmware protects its memory with a few large
 * PMP regions, so loads at both ends of @r are enough.
 */
static bool is_refused(struct range r)
{
	uint64_t value;

	return r.size && !(riscv_try_load(r.start, sizeof(value), &value) &&
			   riscv_try_load(range_end(r) - sizeof(value), sizeof(value), &value));
}

static void find_ram(struct host *h)
{
	const struct machine *m = &h->machine;
	bool fits = true;
	unsigned int i;

	for (i = 0; i < m->ram.count; i++) {
		struct range pages = range_align_in(m->ram.r[i], PAGE_SIZE);

		if (pages.size)
			fits &= range_list_add(&h->ram, pages);
	}
	fits &= range_list_subtract_all(&h->ram, &m->no_map);
	for (i = 0; i < m->reserved.count; i++) {
		struct range pages = range_align_out(m->reserved.r[i], PAGE_SIZE);

		if (is_refused(pages))
			fits &= range_list_subtract(&h->ram, pages);
	}
	fits &= range_list_subtract(&h->ram, h->home);
	range_list_normalize(&h->ram);
	if (!fits)
		hv_fatal("no memory left for the ranges of RAM");
	if (!h->ram.count)
		hv_fatal("too little RAM: none is left for the guest");
}

static struct range between(const void *start, const void *end)
{
	return (struct range){ (uintptr_t)start, (uintptr_t)end - (uintptr_t)start };
}

/*
 * Make Halite's own page table. It maps Halite's home, of which text and constants are not
 * writable, the RAM of domains, and the devices, interrupt controllers and IOMMUs
 * included.
 */
static void make_map(struct host *h)
{
	const struct machine *m = &h->machine;
	const void *home_end = (const void *)(uintptr_t)range_end(h->home);
	struct range_list devices = { 0 };
	bool fits = range_list_copy(&devices, &m->devices);
	unsigned int i;

	for (i = 0; i < m->plic_count; i++)
		fits &= range_list_add(&devices,
				       (struct range){ m->plics[i].base, m->plics[i].size });
	for (i = 0; i < m->aplic_count; i++)
		fits &= range_list_add(&devices,
				       (struct range){ m->aplics[i].base, m->aplics[i].size });
	for (i = 0; i < m->imsic.reg.count; i++)
		fits &= range_list_add(&devices, m->imsic.reg.r[i]);
	for (i = 0; i < m->iommu_count; i++)
		fits &= range_list_add(&devices, (struct range){ m->iommus[i].base, PAGE_SIZE });
	if (!fits)
		hv_fatal("no memory left for the ranges of devices");
	range_list_normalize(&devices);
	identity_init_own(&h->map, &h->pool, range_list_end(&m->ram, range_list_end(&devices, 0)));
	identity_map_all(&h->map, &h->ram, PTE_R | PTE_W);
	identity_map_all(&h->map, &devices, PTE_R | PTE_W);
	identity_map(&h->map, between(riscv_image_start, riscv_text_end), PTE_R | PTE_X);
	identity_map(&h->map, between(riscv_text_end, riscv_rodata_end), PTE_R);
	identity_map(&h->map, between(riscv_rodata_end, home_end), PTE_R | PTE_W);
}

void host_build(struct host *h)
{
	h->vmids = (struct vmid_range){ 0, 1u << world_vmid_bits() };
	find_ram(h);
	make_map(h);
	hv_print("halite: own map Sv%u in %u pages\n", pte_span_shift(h->map.levels),
		 identity_table_pages(&h->map));
}
