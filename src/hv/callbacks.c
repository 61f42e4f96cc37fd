/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hext/csr.h"
#include "hv/callbacks.h"
#include "hv/device.h"
#include "hv/fence.h"
#include "hv/intc.h"
#include "hv/memory.h"
#include "hv/vcpu.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"
#include "riscv/switch.h"

/* ---- src/hext: guest physical addresses of L1's RAM are host physical addresses ---- */

static bool read_memory(void *ctx, pa_t addr, void *buf, unsigned int size)
{
	struct vcpu *v = ctx;
	uint64_t value;

	if (memory_read(v->domain, addr.addr, buf, size))
		return true;
	if (!device_load(v, addr.addr, size, &value))
		return false;
	memcpy(buf, &value, size);
	return true;
}

static bool write_memory(void *ctx, pa_t addr, const void *buf, unsigned int size)
{
	struct vcpu *v = ctx;
	uint64_t value = 0;

	if (memory_write(v->domain, addr.addr, buf, size))
		return true;
	memcpy(&value, buf, size);
	return device_store(v, addr.addr, size, value);
}

static bool read_pte(void *ctx, pa_t addr, uint64_t *pte)
{
	const struct vcpu *v = ctx;

	return memory_read(v->domain, addr.addr, pte, sizeof(*pte));
}

static bool cas64(void *ctx, pa_t addr, uint64_t old, uint64_t desired)
{
	const struct vcpu *v = ctx;

	return memory_cas64(v->domain, addr.addr, old, desired);
}

static bool host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	struct vcpu *v = ctx;

	return identity_lookup(&v->domain->gstage, addr.addr, page);
}

static uint64_t read_time(void *ctx)
{
	(void)ctx;
	return csr_read(CSR_TIME);
}

static uint64_t read_files(void *ctx)
{
	const struct vcpu *v = ctx;

	return world_files(v->h.cfg);
}

static void file_rmw(void *ctx, unsigned int file, unsigned int reg, uint64_t *old, uint64_t value,
		     uint64_t mask)
{
	struct vcpu *v = ctx;

	imsic_rmw(file + world_config(v->h.cfg)->l1_file, reg, old, value, mask);
	/* The hart's supervisor-level file stands for L1's, and its interrupt comes to Halite. */
	if (!file && !world_config(v->h.cfg)->l1_file)
		intc_update(v);
}

const struct hext_ops callbacks_of_hext = {
	.read = read_memory,
	.write = write_memory,
	.read_pte = read_pte,
	.cas64 = cas64,
	.host_page = host_page,
	.time = read_time,
	.files = read_files,
	.file_rmw = file_rmw,
};

/* ---- src/nacl ---- */

_Static_assert(HEXT_ORDER_LAST < NACL_HOST_ORDERS, "more orders than src/nacl has");

static unsigned int csr_info(void *ctx, unsigned int csr)
{
	const struct hext_csr_facts facts = hext_csr_facts(csr);
	const struct vcpu *v = ctx;

	if (!hext_csr_exists(&v->h, csr))
		return 0;
	return NACL_CSR_EXISTS | NACL_CSR_ORDER(facts.order) |
	       (facts.trap == HEXT_TRAP_KEPT ? 0 : NACL_CSR_ON_TRAP);
}

static uint64_t csr_value(void *ctx, unsigned int csr)
{
	struct vcpu *v = ctx;
	uint64_t value = 0;

	hext_csr_rmw(&v->h, csr, &value, 0, 0);
	return value;
}

static void csr_change(void *ctx, unsigned int csr, uint64_t value)
{
	struct vcpu *v = ctx;
	uint64_t old;

	stats_add(&v->stats, STATS_WORK_SYNCED_CSR, 1);
	hext_csr_rmw(&v->h, csr, &old, value, ~UINT64_C(0));
	vcpu_csr_written(v);
}

/* Add the number of CSRs in @dirty to the count of those consumed, or with @sign -1 take it off. */
static void count_dirty(struct stats_hart *s, const nacl_word dirty[NACL_DIRTY_WORDS], int sign)
{
	unsigned int i;

	for (i = 0; i < NACL_DIRTY_WORDS; i++)
		s->works[STATS_WORK_SYNCED_CSR] += (int64_t)sign * count_bits(dirty[i]);
}

static bool write_csrs(void *ctx, nacl_word dirty[NACL_DIRTY_WORDS],
		       nacl_word altered[NACL_DIRTY_WORDS], const volatile nacl_word *csrs)
{
	struct vcpu *v = ctx;
	bool done;

	if (static_key(KEY_STATS))
		count_dirty(&v->stats, dirty, 1);
	done = hext_csr_write_dirty(&v->h, dirty, altered, csrs);
	/* csr_change() is called for those that are left, and counts them. */
	if (static_key(KEY_STATS) && !done)
		count_dirty(&v->stats, dirty, -1);
	vcpu_csr_written(v);
	return done;
}

static void put_trap_csrs(void *ctx, volatile nacl_word *csrs)
{
	hext_csr_put_trapped(&((struct vcpu *)ctx)->h, csrs);
}

static nacl_word swap_hstatus(void *ctx, nacl_word value)
{
	/* The hardware's hstatus is not written here: the world switch that follows loads it. */
	return hext_swap_hstatus(&((struct vcpu *)ctx)->h, value);
}

static void hfence(void *ctx, const struct nacl_hfence *fence)
{
	struct vcpu *v = ctx;

	if (fence_l2(v, fence))
		nacl_host_enough_fences(&v->nacl);
}

static void *map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	const struct vcpu *v = ctx;

	return memory_map(v->domain, gpa, size);
}

const struct nacl_host_ops callbacks_of_nacl = {
	.csr_info = csr_info,
	.csr_read = csr_value,
	.csr_write = csr_change,
	.hfence = hfence,
	.map_shmem = map_shmem,
	.put_trap_csrs = put_trap_csrs,
	.swap_hstatus = swap_hstatus,
	.write_csrs = write_csrs,
};
