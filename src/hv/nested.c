/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/mem.h"
#include "hext/shadow.h"
#include "hv/console.h"
#include "hv/fence.h"
#include "hv/ipi.h"
#include "hv/mmio.h"
#include "hv/nested.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/fence.h"
#include "riscv/world.h"

/* ---- what src/hext needs: memory of the domain, which is mapped where it is ---- */

static void *domain_ram(struct vcpu *v, pa_t addr, unsigned int size)
{
	return domain_owns_ram(v->domain, addr.addr, size) ? (void *)addr.addr : NULL;
}

/*
 * One access of exactly that size. Devices, which are mapped without X, may answer with a fault: that is
 * the guest's, not Halite's.
 */
static bool read_memory(void *ctx, pa_t addr, void *buf, unsigned int size)
{
	struct vcpu *v = ctx;
	struct hext_host_page page;
	uint64_t value;

	if (!stage2_lookup(&v->domain->stage2, addr.addr, &page))
		return false;
	if (page.x && size == sizeof(value))
		value = *(const volatile uint64_t *)page.hpa.addr;
	else if (!riscv_try_load(page.hpa.addr, size, &value))
		return false;
	memcpy(buf, &value, size);
	return true;
}

static bool write_memory(void *ctx, pa_t addr, const void *buf, unsigned int size)
{
	struct vcpu *v = ctx;
	struct hext_host_page page;
	uint64_t value = 0;

	if (!stage2_lookup(&v->domain->stage2, addr.addr, &page))
		return false;
	memcpy(&value, buf, size);
	return riscv_try_store(page.hpa.addr, size, value);
}

static bool cas64(void *ctx, pa_t addr, uint64_t old, uint64_t desired)
{
	uint64_t *p = domain_ram(ctx, addr, sizeof(*p));

	return p && __atomic_compare_exchange_n(p, &old, desired, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST);
}

static bool host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	struct vcpu *v = ctx;

	return stage2_lookup(&v->domain->stage2, addr.addr, page);
}

static uint64_t read_time(void *ctx)
{
	(void)ctx;
	return csr_read(CSR_TIME);
}

const struct hext_ops nested_hext_ops = {
	.read = read_memory,
	.write = write_memory,
	.cas64 = cas64,
	.host_page = host_page,
	.time = read_time,
};

/* ---- what src/nacl needs ---- */

static bool nacl_csr_exists(void *ctx, unsigned int csr)
{
	const struct vcpu *v = ctx;

	return hext_csr_exists(&v->h, csr);
}

static uint64_t nacl_csr_read(void *ctx, unsigned int csr)
{
	struct vcpu *v = ctx;
	uint64_t value = 0;

	hext_csr_rmw(&v->h, csr, &value, 0, 0);
	return value;
}

static void nacl_csr_write(void *ctx, unsigned int csr, uint64_t value)
{
	struct vcpu *v = ctx;
	uint64_t old;

	hext_csr_rmw(&v->h, csr, &old, value, ~UINT64_C(0));
}

static void nacl_hfence(void *ctx, const struct nacl_hfence *fence)
{
	fence_l2(ctx, fence);
}

static void *nacl_map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	return domain_ram(ctx, pa(gpa), size);
}

const struct nacl_host_ops nested_nacl_ops = {
	.csr_exists = nacl_csr_exists,
	.csr_read = nacl_csr_read,
	.csr_write = nacl_csr_write,
	.hfence = nacl_hfence,
	.map_shmem = nacl_map_shmem,
};

/* ---- the shadow G-stages ---- */

/* Shadows that L1 can use without one being taken from another. */
#define SHADOWS_WANTED 16

static void forget_vmid(struct vcpu *v, void *arg)
{
	const uint16_t *vmid = arg;
	struct world_gstage saved;

	world_leave_gstage(&saved);
	/* Only the VMID counts: nothing is translated meanwhile. */
	world_visit_gstage(v->domain->world.hgatp | (uint64_t)*vmid << HGATP_VMID_SHIFT);
	hfence_vvma_all();
	world_return_gstage(&saved);
	hfence_gvma_all();
}

static void quiesce(void *ctx, uint16_t vmid)
{
	ipi_call(ctx, ~UINT64_C(0), forget_vmid, &vmid);
}

void nested_init_domain(struct domain *d)
{
	uint16_t vmids = d->hext.vmid_bits >= 7 ? 127 : (1 << d->hext.vmid_bits) - 1;
	uint64_t pages = d->pool_size / HEXT_SHADOW_PAGE;
	const struct hext_shadow_config config = {
		.hext = &d->hext,
		.memory = d->pool,
		.base = hpa((uintptr_t)d->pool),
		.pages = pages,
		.harts = d->machine->hart_count,
		.shadows = SHADOWS_WANTED,
		.vmid_first = 1,
		.vmid_count = vmids,
		/* Too few of them: shadows share VMID 0 with the domain, and switches flush. */
		.vmid_shared = 0,
		.quiesce = quiesce,
	};

	if (!hext_shadow_init(&d->shadows, &config))
		hv_fatal("home: %lu pages for shadow page tables are too few for %u harts",
			 (unsigned long)pages, d->machine->hart_count);
	d->world.vmid_tagged = d->shadows.vmid_tagged;
}

void nested_bind_shadow(struct vcpu *v)
{
	if (!v->shadow || v->shadow->hgatp != v->h.hgatp)
		v->shadow = hext_shadow_get(&v->domain->shadows, &v->h, v->index);
}

void nested_load(struct vcpu *v)
{
	uint64_t hgatp = v->h.virt ? hext_shadow_hgatp(&v->domain->shadows, v->shadow) : 0;

	world_load(&v->h, &v->domain->world, &v->timer, hgatp);
}

static void flush_for_retry(const struct hext_shadow_result *result)
{
	switch (result->flush) {
	case HEXT_SHADOW_FLUSH_NONE:
		break;
	case HEXT_SHADOW_FLUSH_GPA:
		hfence_gvma_gpa(result->gpa);
		break;
	case HEXT_SHADOW_FLUSH_VMID:
		hfence_gvma_all();
		break;
	}
}

void nested_guest_page_fault(struct vcpu *v, uint64_t cause)
{
	struct hext_shadow_result result;
	struct hext_trap trap = {
		.cause = cause,
		.tval = csr_read(CSR_STVAL),
		.htval = csr_read(HEXT_CSR_HTVAL),
		.htinst = csr_read(HEXT_CSR_HTINST),
		.gva = csr_read(HEXT_CSR_HSTATUS) & HSTATUS_GVA,
	};

	switch (hext_shadow_fault(&v->domain->shadows, v->shadow, &v->h, &trap, &result)) {
	case HEXT_SHADOW_RESUME:
		flush_for_retry(&result);
		break;
	case HEXT_SHADOW_TRAP:
		if (!result.trap.htinst && cause != CAUSE_FETCH_GUEST_PAGE) {
			vcpu_save(v);
			hext_fill_htinst(&v->h, v->x, &result.trap);
		}
		vcpu_raise(v, &result.trap);
		break;
	case HEXT_SHADOW_EMULATE:
		mmio_access(v, cause, result.pa, trap.tval, trap.htinst);
		break;
	}
}
