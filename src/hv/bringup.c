/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/below.h"
#include "hv/bringup.h"
#include "hv/console.h"
#include "hv/intc.h"
#include "hv/iommu_domain.h"
#include "hv/ipi.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "hv/terminal.h"
#include "hv/vcpu_resume.h"
#include "lib/assert.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/imsic.h"
#include "riscv/own_map.h"
#include "riscv/sbi_call.h"
#include "riscv/static_key.h"
#include "riscv/world.h"

/*
 * Each hart has a block of memory of its own: its vCPU at the start, its stack behind it. The
 * blocks of all vCPUs are one piece of memory, in order of index.
 */
static uint8_t *blocks;
static uint64_t blocks_size;

/* Set Halite's CSRs on the calling hart, which has just started. */
static void init_hart(struct vcpu *v)
{
	const struct identity_map *map = &v->domain->host->map;

	if (!own_map_enable(identity_atp(map)))
		hv_warn("hart %lu does not take satp mode %u: text stays writable", v->hart->hartid,
			map->mode);
	world_init(v->h.cfg, v->quick.domain_atp);
	if (world_config(v->h.cfg)->l1_file)
		imsic_silence();
	iommu_hart_start(v);
	nested_hart_start(v);
	v->timer.timecmp = ~UINT64_C(0);
	csr_write(CSR_SIE, BIT64(IRQ_SSI) | BIT64(IRQ_SEI) | (v->h.cfg->sstc ? BIT64(IRQ_STI) : 0) |
				   (v->h.cfg->sscofpmf ? BIT64(IRQ_LCOFI) : 0));
}

void bringup_hart_started(struct vcpu *v)
{
	assert(v->domain->vcpus[v->index] == v && !v->online);
	/* This comes first, because writes of CSRs and fences may use NACL of the level below. */
	below_hart_start(&v->nacl_below, v->hart);
	RACE_POINT();
	/*
	 * From here on, ipi_call() includes this hart. ipi_call() left the hart out before, so
	 * init_hart() flushes the TLB.
	 */
	ipi_online(v);
	RACE_POINT();
	if (v->asleep) {
		v->asleep = false;
		vcpu_resume_at(v, v->start_pc, v->start_arg);
	} else {
		nested_reset(v);
		vcpu_reset(v, v->start_pc, v->start_arg);
		sbi_fwft_hart_start(v);
		sbi_pmu_hart_start(v);
	}
	init_hart(v);
	if (static_key(KEY_CONSOLE))
		terminal_start(v);
	/* A virtual source does not interrupt a hart that starts. */
	if (v->domain->source_count)
		intc_update(v);
	vcpu_resume(v);
	riscv_enter_guest(v);
}

/*
 * A hart counts as much as this many MiB of RAM when the pool is shared out: as 64 tables, since a
 * table maps 2 MiB. So a domain with many harts and little RAM has tables for the L2 of each hart.
 * It is a weight and no guarantee: what each instruction of L2 needs is in nested_least_pages().
 */
#define WEIGHT_OF_HART 128

static struct vcpu *vcpu_of_block(unsigned int index)
{
	return (struct vcpu *)(void *)(blocks + index * BRINGUP_BLOCK_SIZE);
}

static void make_blocks(const struct machine *m, struct page_pool *pool)
{
	unsigned int i;

	blocks_size = m->hart_count * BRINGUP_BLOCK_SIZE;
	blocks = pages_alloc(pool, blocks_size / PAGE_SIZE, PAGE_SIZE);
	if (!blocks || !below_make_areas(pool, m->hart_count))
		hv_fatal("home: too little memory for %u harts", m->hart_count);
	for (i = 0; i < m->hart_count; i++)
		vcpu_of_block(i)->stats.hartid = m->harts[i].hartid;
}

static void add_vcpus(struct domain *d)
{
	const struct machine *m = &d->host->machine;
	unsigned int i;

	index_set_each(&d->harts, i, m->hart_count)
	{
		struct vcpu *v = vcpu_of_block(i);

		v->domain = d;
		v->index = d->vcpu_count;
		v->hart = &m->harts[i];
		/* The ABI requires a stack pointer that is a multiple of 16. */
		v->stack_top = (uintptr_t)v + BRINGUP_BLOCK_SIZE - 16;
		*(struct vcpu **)v->stack_top = v;
		stats_note_domain(v);
		d->vcpus[d->vcpu_count++] = v;
	}
}

const struct vcpu *bringup_vcpu_of_stack(uint64_t sp)
{
	uint64_t offset = sp - (uintptr_t)blocks;

	return offset < blocks_size ? vcpu_of_block(offset / BRINGUP_BLOCK_SIZE) : NULL;
}

/*
 * Whether the NACL below has the features that the quick path needs to work on the area. The quick
 * path does no fences there.
 */
static bool has_quick_area(uint32_t keys)
{
	uint32_t needed = QUICK_AREA_FEATURES << KEY_NACL_SYNC_CSR;

	return (keys & needed) == needed && !(keys & BIT64(KEY_FLUSH));
}

/* The static keys, which are the same for all domains. */
static uint32_t keys(const struct host *h)
{
	const struct domain *d = h->domains[0];
	const struct options *o = &h->options;
	uint32_t keys = below_keys();
	unsigned int i;

	for (i = 0; i < h->domain_count; i++) {
		if (!h->domains[i]->shadows.vmid_tagged)
			keys |= BIT64(KEY_FLUSH);
	}
	if (o->slow)
		keys |= BIT64(KEY_SLOW);
	else if (keys & BIT64(KEY_NACL))
		keys |= BIT64(has_quick_area(keys) ? KEY_AREA : KEY_SLOW);
	if (d->hext.aia)
		keys |= BIT64(KEY_AIA);
	if (d->hext.ssnpm)
		keys |= BIT64(KEY_SSNPM);
	if (d->hext.sscofpmf)
		keys |= BIT64(KEY_LCOFI);
	if (world_has_open_csrs(&d->world))
		keys |= BIT64(KEY_OPEN);
	if (!d->hext.sstc)
		keys |= BIT64(KEY_NO_SSTC);
	if (o->stats || o->trace)
		keys |= BIT64(KEY_STATS);
	if (d->has_uart)
		keys |= BIT64(KEY_CONSOLE);
	return keys;
}

/*
 * What a domain gets of the pool: a part for each hart, and one that grows with its RAM, times what
 * its configuration says.
 */
static uint64_t weight(const struct domain *d)
{
	return (d->vcpu_count * WEIGHT_OF_HART + (range_list_total(&d->ram) >> 20)) * d->tables;
}

/*
 * The part of @pool for domain @i of @h. The domains before it have theirs. Each gets the least
 * number of pages, and what is left is shared out by weight.
 */
static struct page_pool share_of(const struct host *h, unsigned int i, struct page_pool *pool)
{
	struct page_pool part = *pool;
	uint64_t own = weight(h->domains[i]), own_least = nested_least_pages(h->domains[i]);
	uint64_t all = own, least = own_least, left = pages_left(pool);

	while (++i < h->domain_count) {
		all += weight(h->domains[i]);
		least += nested_least_pages(h->domains[i]);
	}
	if (left > least)
		own_least += (left - least) * own / all;
	else
		own_least = left * own / all;
	part.end = part.next + own_least * PAGE_SIZE;
	pool->next = part.end;
	return part;
}

/* Start the domain @d on its first hart, which is not the calling one. */
static void start_elsewhere(struct domain *d)
{
	struct vcpu *v = d->vcpus[0];
	struct sbi_result result =
		firmware_call(SBI_EXT_HSM, SBI_HSM_HART_START, v->hart->hartid,
			      (uintptr_t)riscv_hart_start, (uintptr_t)v, 0, 0, 0);

	if (result.error)
		hv_fatal("domain %s: firmware does not start hart %lu (error %ld)", d->line.name,
			 (unsigned long)v->hart->hartid, (long)result.error);
}

void bringup_start(struct host *h, struct page_pool *pool)
{
	const uint64_t boot_hartid = h->machine.harts[h->machine.boot_hart].hartid;
	struct vcpu *own = NULL;
	unsigned int i;

	make_blocks(&h->machine, pool);
	for (i = 0; i < h->domain_count; i++) {
		add_vcpus(h->domains[i]);
		stats_make_rings(h->domains[i], pool, h->options.trace);
	}
	for (i = 0; i < h->domain_count; i++) {
		struct page_pool part = share_of(h, i, pool);

		nested_init_domain(h->domains[i], &part);
	}
	stats_publish(h, (const struct vcpu *)(const void *)blocks, BRINGUP_BLOCK_SIZE);
	static_keys_patch(keys(h));
	for (i = 0; i < h->domain_count; i++)
		sbi_pmu_find(h->domains[i]);
	for (i = 0; i < h->domain_count; i++) {
		struct domain *d = h->domains[i];
		struct vcpu *v = vcpu_find(d, boot_hartid);

		own = v ? v : own;
		v = v ? v : d->vcpus[0];
		v->start_pc = d->start_pc;
		v->start_arg = d->start_arg;
	}
	for (i = 0; i < h->domain_count; i++) {
		if (!own || h->domains[i] != own->domain)
			start_elsewhere(h->domains[i]);
	}
	if (own)
		riscv_hart_start(boot_hartid, own);
	firmware_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0, 0);
	hv_fatal("no domain has the boot hart, and firmware does not stop it");
}
