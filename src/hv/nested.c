/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hext/mem.h"
#include "hext/pte.h"
#include "hext/shadow.h"
#include "hv/callbacks.h"
#include "hv/console.h"
#include "hv/ipi.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "hv/swap.h"
#include "lib/assert.h"
#include "lib/page.h"
#include "riscv/csr.h"
#include "riscv/fence.h"
#include "riscv/ncsr.h"
#include "riscv/world.h"

/*
 * A number of shadows of which the roots take one in @share of the @pages of the pool. The first 16
 * may take more.
 */
static unsigned int shadows_wanted(uint64_t pages, unsigned int share)
{
	uint64_t count = pages / (share * GSTAGE_ROOT_PAGES);

	return count < 16 ? 16 : count < HEXT_SHADOW_MAX ? count : HEXT_SHADOW_MAX;
}

/*
 * The most shadows: their roots take one in 4 of the pages. Up to half of the pages are for roots
 * where those are at most the 8 MiB that the home has beside its share of RAM (home_size()). So the
 * tables for L2 memory as large as RAM remain.
 */
static unsigned int shadows_max(uint64_t pages)
{
	const unsigned int of_home = (8 << 20) / GSTAGE_ROOT_SIZE;
	unsigned int quarter = shadows_wanted(pages, 4), half = shadows_wanted(pages, 2);

	if (half > of_home)
		half = of_home;
	return quarter > half ? quarter : half;
}

static void forget_vmid(struct vcpu *v, void *arg)
{
	const uint16_t *vmid = arg;

	(void)v;
	hfence_vmid(*vmid);
}

static void quiesce(void *ctx, uint16_t vmid, const struct index_set *harts)
{
	ipi_call(ctx, harts, forget_vmid, &vmid);
}

/* All vCPUs have the same CSRs. To find out which takes long, so one vCPU does. */
static void init_nacl(struct domain *d)
{
	struct vcpu *first = d->vcpus[0];
	unsigned int i;

	hext_init(&first->h, &d->hext, &callbacks_of_hext, first);
	nacl_host_init(&first->nacl, d->nacl_features, &callbacks_of_nacl, first);
	for (i = 1; i < d->vcpu_count; i++)
		nacl_host_init_as(&d->vcpus[i]->nacl, &first->nacl, d->vcpus[i]);
}

uint64_t nested_least_pages(const struct domain *d)
{
	return hext_shadow_pool_size(2 * d->vcpu_count + 16, HEXT_SHADOW_LEAST_TABLES) / PAGE_SIZE;
}

void nested_init_domain(struct domain *d, struct page_pool *pool)
{
	uint64_t pages = pages_left(pool);
	const struct hext_shadow_config config = {
		.hext = &d->hext,
		.memory = (void *)(uintptr_t)pool->next,
		.base = hpa(pool->next),
		.pages = pages,
		.harts = d->vcpu_count,
		/* Memory for a new guest of L1 remains when tables have filled the pool. */
		.shadows = shadows_wanted(pages, 16),
		.shadows_max = shadows_max(pages),
		.vmid_first = d->vmids.first + 1,
		.vmid_count = d->vmids.count - 1,
		/*
		 * If there are too few VMIDs, all shadows share the domain's VMID, and each switch
		 * flushes it.
		 */
		.vmid_shared = d->vmids.first,
		.quiesce = quiesce,
	};

	init_nacl(d);
	pool->next = pool->end;
	if (!hext_shadow_init(&d->shadows, &config))
		hv_fatal("home: %lu pages for shadow page tables are too few for %u harts",
			 (unsigned long)pages, d->vcpu_count);
}

void nested_reset(struct vcpu *v)
{
	hext_init(&v->h, &v->domain->hext, &callbacks_of_hext, v);
	nacl_host_reset(&v->nacl);
	v->shadow = NULL;
	v->shadow_before = NULL;
	v->quick.shadow_key = ~UINT64_C(0);
	v->quick.domain_atp = domain_hgatp(v->domain);
	v->quick.missed.hgatp = 0;
}

void nested_hart_start(struct vcpu *v)
{
	struct hext_gvma_fence everything = { .all_vmids = true, .all_addresses = true };
	struct hext_shadow_pool *pool = &v->domain->shadows;
	uint32_t i;

	/*
	 * While this hart was stopped, ipi_call() has left it out. So the fences that L1 asked for
	 * on this hart alone have removed nothing from the shadows. ipi_call() includes this hart
	 * now, so a shadow that gets its first key from now on is fenced here before its first use.
	 */
	do {
		everything.from = hext_shadow_fence_gvma(pool, &everything).next;
		ipi_answer(v);
	} while (everything.from < hext_shadow_keys(pool));
	hfence_vmid(v->domain->vmids.first);
	for (i = 0; i < hext_shadow_keys(pool); i++) {
		hfence_vmid(pool->shadow[i].vmid);
		ipi_answer(v);
	}
}

static void run_under(struct vcpu *v, struct hext_shadow *s)
{
	v->shadow = s;
	v->quick.shadow_key = v->h.hgatp;
	v->quick.shadow_atp = hext_shadow_hgatp(s);
}

void nested_bind_shadow(struct vcpu *v)
{
	struct hext_shadow_pool *pool = &v->domain->shadows;
	struct hext_shadow *before = v->shadow, *shadow;
	uint64_t key = v->quick.shadow_key;

	if (v->shadow_before && v->key_before == v->h.hgatp)
		shadow = v->shadow_before;
	else
		shadow = hext_shadow_get_beside(pool, &v->h, v->index, before);
	v->shadow_before = pool->keeps_two ? before : NULL;
	v->key_before = key;
	run_under(v, shadow);
}

/*
 * L2 needs @gpa, which the mode of the bound shadow does not have. As soon as the hart is not bound
 * to the old shadow, its tables may be used for something else, so hgatp changes before that.
 */
static void widen_shadow(struct vcpu *v, gpa_t gpa)
{
	vcpu_save(v);
	world_switch_gstage(v->quick.domain_atp);
	/* The hart is not bound to two shadows after this. */
	v->shadow_before = NULL;
	run_under(v, hext_shadow_get_wider(&v->domain->shadows, &v->h, v->index, gpa));
}

void nested_load(struct vcpu *v)
{
	world_load(&v->h, &v->timer, v->h.virt ? v->quick.shadow_atp : v->quick.domain_atp);
}

static void flush_for_retry(const struct vcpu *v, enum hext_shadow_flush flush, gpa_t gpa)
{
	switch (flush) {
	case HEXT_SHADOW_FLUSH_NONE:
		break;
	case HEXT_SHADOW_FLUSH_GPA:
		hfence_gvma_range(v->shadow->vmid, gpa, PAGE_SIZE);
		break;
	case HEXT_SHADOW_FLUSH_VMID:
		hfence_gvma_vmid(v->shadow->vmid);
		break;
	}
}

void nested_fill_ahead(struct vcpu *v)
{
	struct hext_shadow_missed *missed = &v->quick.missed;

	stats_add(&v->stats, STATS_WORK_FILL_AHEAD, 1);
	if (missed->hgatp == v->h.hgatp)
		flush_for_retry(
			v, hext_shadow_fill_ahead(&v->domain->shadows, v->shadow, &v->h, missed),
			missed->gpa);
	missed->hgatp = 0;
}

void nested_sret(struct vcpu *v)
{
	assert(!v->h.virt);
	if ((v->h.hstatus & HSTATUS_SPV) && nested_can_swap_to_l2(v)) {
		if (static_key(KEY_AREA))
			swap_area_to_l2(v);
		else
			swap_to_l2(v);
		return;
	}
	vcpu_save(v);
	hext_sret(&v->h);
}

/*
 * Whether L2 trapped on cbo.inval, cbo.clean or cbo.flush. htinst does not say, so the code is
 * fetched again and compared with the trap. stval may be any address of the cache block.
 */
static bool is_cache_management(struct vcpu *v, const struct hext_trap *hw)
{
	struct hext_insn insn;
	uint32_t code;

	if (hw->cause != CAUSE_STORE_GUEST_PAGE || hw->htinst || !vcpu_fetch(v, &code))
		return false;
	hext_decode(code, &insn);
	return insn.kind == HEXT_INSN_CBO && insn.imm != HEXT_CBO_ZERO &&
	       vcpu_access_address(v, &insn) >> PAGE_SHIFT == hw->tval >> PAGE_SHIFT;
}

static uint64_t gpa_of(const struct hext_trap *trap)
{
	return trap->htval << 2 | (trap->tval & 3);
}

static void note_fault(struct vcpu *v, enum stats_work work, enum stats_fault fault,
		       const struct hext_trap *trap)
{
	stats_add(&v->stats, work, 1);
	stats_note(&v->stats, STATS_EVENT_FAULT, fault, gpa_of(trap), 0);
}

void nested_guest_page_fault(struct vcpu *v, uint64_t cause)
{
	struct hext_shadow_missed *missed = &v->quick.missed;
	struct hext_shadow_result result;
	struct hext_trap trap = {
		.cause = cause,
		.tval = csr_read(CSR_STVAL),
		.htval = ncsr_read(HEXT_CSR_HTVAL),
		.htinst = ncsr_read(HEXT_CSR_HTINST),
		.gva = world_guest_hstatus() & HSTATUS_GVA,
	};
	bool no_code = !trap.htinst && cause != CAUSE_FETCH_GUEST_PAGE;

	if (hext_shadow_attach_beside(&v->domain->shadows, v->shadow, &v->h, trap.htval << 2,
				      missed)) {
		note_fault(v, STATS_WORK_FILL, STATS_FAULT_FILLED, &trap);
		return;
	}
	switch (hext_shadow_fault(&v->domain->shadows, v->shadow, &v->h, &trap,
				  is_cache_management(v, &trap), &result, missed)) {
	case HEXT_SHADOW_RESUME:
		note_fault(v, STATS_WORK_FILL, STATS_FAULT_FILLED, &trap);
		flush_for_retry(v, result.flush, result.gpa);
		break;
	case HEXT_SHADOW_TRAP:
		stats_note(&v->stats, STATS_EVENT_FAULT, STATS_FAULT_TO_L1, gpa_of(&trap), 0);
		if (no_code && !result.trap.htinst) {
			vcpu_save_for_access(v);
			hext_fill_htinst(&v->h, v->x, &result.trap);
		}
		vcpu_raise(v, &result.trap);
		break;
	case HEXT_SHADOW_EMULATE:
		note_fault(v, STATS_WORK_DEVICE, STATS_FAULT_DEVICE, &trap);
		mmio_access(v, &trap, result.pa);
		break;
	case HEXT_SHADOW_WIDEN:
		note_fault(v, STATS_WORK_FILL, STATS_FAULT_FILLED, &trap);
		widen_shadow(v, result.gpa);
		break;
	}
}
