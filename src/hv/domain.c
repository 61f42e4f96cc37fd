/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/pte.h"
#include "hv/console.h"
#include "hv/domain.h"
#include "riscv/imsic.h"
#include "riscv/sbi_call.h"
#include "riscv/world.h"

_Static_assert(MACHINE_MAX_HARTS <= INDEX_SET_MAX, "a set has room for all vCPUs");

/*
 * L1's interrupt file on a hart is the hart's first guest file, and L1's guests have the other
 * guest files. Without guest files, L1's interrupt file is the hart's supervisor-level file: Halite
 * injects its interrupts into L1.
 */
static void share_interrupt_files(struct world_config *w, const struct machine_imsic *imsic)
{
	unsigned int most = (1u << imsic->guest_index_bits) - 1;
	unsigned int files = imsic_guest_files();

	files = files < most ? files : most;
	w->l1_file = files ? 1 : 0;
	w->hext.supervisor_file = files != 0;
	w->hext.geilen = files - w->l1_file;
	if (files)
		hv_print("halite: guest interrupt file 1 is the guest's supervisor file, "
			 "it has %u for its guests\n",
			 w->hext.geilen);
	else
		hv_print("halite: no guest interrupt file: "
			 "external interrupts pass through Halite\n");
}

/*
 * L1's LCOFI is injected by bit 13 of hvien and hvip. Without these, L1 has no Sscofpmf: it would
 * wait for an interrupt that does not come.
 */
static void deliver_lcofi(struct hext_config *c, struct machine *m)
{
	m->lcofi = c->sscofpmf && (c->hvien & BIT64(IRQ_LCOFI));
	c->sscofpmf = m->lcofi;
	if (m->isa.sscofpmf && !m->lcofi)
		hv_print("halite: the guest has no Sscofpmf: without an IMSIC, nothing can inject "
			 "its interrupt\n");
}

static void fill_config(struct world_config *w, struct machine *m)
{
	struct hext_config *c = &w->hext;

	c->aia = m->imsic.present;
#define HEXT_EXT(name, told, ...) \
	c->name = m->isa.name && hext_is_told(HEXT_TOLD_##told, c->aia, c->aia);
#include "hext/ext_table.h"
	c->gstage_adue = c->svadu && !c->svade;
	/*
	 * With both, hardware sets A and D when L1 asks for it (sbi_fwft.c). Halite's own tables
	 * have both bits set, so it does not matter to Halite that firmware allows it from now on.
	 */
	if (c->svadu && c->svade)
		firmware_set_feature(SBI_FWFT_PTE_AD_HW_UPDATING, 1);
	/* With Smstateen, siselect traps: hext_known_stateen0() clears hstateen0.CSRIND. */
	w->open_iselect = !c->aia && !c->smstateen &&
			  (m->isa.smaia || m->isa.ssaia || m->isa.smcsrind || m->isa.sscsrind);
	/*
	 * With Smstateen, it clears hstateen0.CTR, too. A hart with Smctr has the CSRs of Ssctr,
	 * also if it has no Ssctr.
	 */
	w->open_ctr = (m->isa.smctr || m->isa.ssctr) && !c->ssctr && !c->smstateen;
	c->identities = m->imsic.identities;
	if (m->imsic.present)
		share_interrupt_files(w, &m->imsic);
	world_probe(w);
	deliver_lcofi(c, m);
}

/* The domain has the devices of @c and, on each of its harts, the guest's interrupt files. */
static void find_devices(struct domain *d, const struct domain_config *c)
{
	const struct machine *m = &d->host->machine;
	bool fits = range_list_copy(&d->devices, &c->devices);
	unsigned int i;

	index_set_each(&c->harts, i, m->imsic.present ? m->hart_count : 0) fits &= range_list_add(
		&d->devices, (struct range){ m->harts[i].imsic_file + d->world.l1_file * PAGE_SIZE,
					     (d->hext.geilen + 1) * PAGE_SIZE });
	if (!fits)
		hv_fatal("no memory left for the ranges of devices");
	range_list_normalize(&d->devices);
}

/* hext_ram_pte() reads in one range of RAM. Choose the largest. */
static void choose_fast_ram(struct domain *d)
{
	struct range largest = d->ram.r[0];
	unsigned int i;

	for (i = 1; i < d->ram.count; i++) {
		if (d->ram.r[i].size > largest.size)
			largest = d->ram.r[i];
	}
	d->hext.ram = (const uint8_t *)(uintptr_t)largest.start;
	d->hext.ram_start = largest.start;
	d->hext.ram_hpa = hpa(largest.start);
	d->hext.ram_size = largest.size;
	/* The domain's G-stage maps everything at its own address. */
	d->hext.one_distance = true;
}

static void make_genmsi(struct domain *d, struct host *h)
{
	uint64_t bytes = h->machine.aplic_count * sizeof(*d->genmsi);

	d->genmsi = pages_alloc(&h->pool, (bytes + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);
	if (!d->genmsi)
		hv_fatal("no memory left for the APLICs");
}

/* A domain with a node has its own view of the APLICs. */
static void make_aplics(struct domain *d, struct host *h)
{
	uint64_t bytes = h->machine.aplic_count * sizeof(*d->aplics);

	d->aplics = pages_alloc(&h->pool, (bytes + PAGE_SIZE - 1) / PAGE_SIZE, PAGE_SIZE);
	if (!d->aplics)
		hv_fatal("no memory left for the APLICs");
}

/* The VMIDs are shared out evenly, but no domain needs more than its shadows can use. */
static void take_vmids(struct domain *d, struct host *h, unsigned int later)
{
	unsigned int share = h->vmids.count / (later + 1);

	d->vmids = vmid_take(&h->vmids, share < 1 + HEXT_SHADOW_MAX ? share : 1 + HEXT_SHADOW_MAX);
	if (!d->vmids.count)
		hv_fatal("no VMID left for the guest");
}

void domain_build(struct domain *d, struct host *h, const struct domain_config *c,
		  unsigned int later)
{
	d->host = h;
	d->line.name = c->name;
	d->power = c->power;
	d->tables = c->tables;
	d->nacl_offered = c->nacl_offered;
	d->nacl_features = c->nacl_features;
	d->sources = c->sources;
	d->functions = c->functions;
	d->harts = c->harts;
	if (!range_list_copy(&d->ram, &c->ram))
		hv_fatal("no memory left for the ranges of RAM");
	take_vmids(d, h, later);
	/* All domains have the same harts. */
	if (h->domain_count)
		d->world = h->domains[0]->world;
	else
		fill_config(&d->world, &h->machine);
	choose_fast_ram(d);
	find_devices(d, c);
	make_genmsi(d, h);
	if (c->node >= 0)
		make_aplics(d, h);
	/* IOMMUs use the same table. */
	identity_init_gstage(
		&d->gstage, &h->pool, d->hext.hgatp_modes & ~h->lacking_modes,
		range_list_end(&d->ram,
			       range_list_end(&d->devices, range_list_end(&c->shared, 0))));
	identity_map_all(&d->gstage, &d->ram, PTE_RWX);
	/* With X, because a window of a device may show memory. */
	identity_map_all(&d->gstage, &d->devices, PTE_RWX);
	/* Without X: Halite fetches no instruction there. */
	identity_map_all(&d->gstage, &c->shared, PTE_R | PTE_W);
	h->domains[h->domain_count++] = d;
	hv_print("halite: G-stage Sv%ux4 in %u pages, %lu pages left\n",
		 pte_span_shift(d->gstage.levels), identity_table_pages(&d->gstage),
		 (unsigned long)pages_left(&h->pool));
}

bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size)
{
	return range_is_valid(addr, size) &&
	       range_list_contains(&d->ram, (struct range){ addr, size });
}
