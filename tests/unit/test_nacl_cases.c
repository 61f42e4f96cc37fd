/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/nacl/client.c and src/nacl/host.c against each other, case by case: every CSR, every kind of
 * fence with its limits, a full queue, the ways in, and the life of a hart. What comes of random
 * programs is in test_nacl_both.c. Built for both XLENs, and for a host with the other byte order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nacl/host.h"

#include "nacl/client.c"
#include "nacl_csrs.h"

#define SPV	  0x80u
#define PHYS(n)	  (0x80000000u + 0x10000u * (n))
#define HARTS	  2
#define WRITABLE  768 /* CSRs 0x2xx, 0x6xx and 0xaxx */
#define MAX_DONE  256
#define VMID_BITS (NACL_XLEN == 32 ? 7 : 14)
#define ASID_BITS (NACL_XLEN == 32 ? 9 : 16)

enum { VSATP = 0x280, HSTATUS = 0x600, HVIP = 0x645, HGATP = 0x680, HGEIP = 0xe12 };

static struct hart {
	struct nacl_host l0;
	struct nacl_client_hart l1;
	unsigned char *memory;
	uint64_t phys;
	nacl_word csr[4096];
	unsigned int writes[2 * WRITABLE], write_count; /* numbers of CSRs, as they were written */
	struct nacl_client_hfence done[MAX_DONE];
	unsigned int done_count, executed; /* fences, by L0 and by the hook; by the hook */
	nacl_word gpr[32];
	nacl_word l2_hstatus;  /* that L2 was entered with */
	jmp_buf exit;	       /* where L1 goes on when L2 has trapped */
	unsigned int calls[5]; /* by function */
	nacl_word errors[5];   /* L0 answers with these and does nothing; by function */
	unsigned int idle; /* so many calls of sync_csr and sync_hfence are answered with 0 only */
} harts[HARTS], *here;

static struct nacl_client client;

/* ---- the machine ---- */

/* Bit 2 of each CSR is always 0, so that what was stored back can be told from what was written. */
static nacl_word warl(nacl_word value)
{
	return value & ~(nacl_word)4;
}

static unsigned int op_info(void *ctx, unsigned int csr)
{
	(void)ctx;
	return info_of(csr, (csr & 0x300) == 0x200);
}

static nacl_word op_read(void *ctx, unsigned int csr)
{
	return ((struct hart *)ctx)->csr[csr];
}

static void op_write(void *ctx, unsigned int csr, nacl_word value)
{
	struct hart *h = ctx;

	assert_true(csr < 0xc00 && (csr & 0x300) == 0x200);
	assert_true(h->write_count < 2 * WRITABLE);
	h->writes[h->write_count++] = csr;
	h->csr[csr] = warl(value);
}

static void note_done(struct hart *h, struct nacl_client_hfence fence)
{
	assert_true(h->done_count < MAX_DONE);
	h->done[h->done_count++] = fence;
}

static void op_hfence(void *ctx, const struct nacl_hfence *fence)
{
	note_done(ctx, (struct nacl_client_hfence){ fence->type, 0, fence->vmid, fence->asid,
						    fence->addr, fence->size });
}

static void *op_map(void *ctx, uint64_t gpa, size_t size)
{
	assert_int_equal(size, NACL_SHMEM_SIZE);
	return gpa == ((struct hart *)ctx)->phys ? ((struct hart *)ctx)->memory : NULL;
}

static const struct nacl_host_ops ops = {
	.csr_info = op_info,
	.csr_read = op_read,
	.csr_write = op_write,
	.hfence = op_hfence,
	.map_shmem = op_map,
};

void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	op_write(here, csr, value);
	nacl_host_csr_written(&here->l0, csr);
}

void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	here->executed++;
	note_done(here, *fence);
}

/* L2 runs and traps into L1, which goes on at @h->exit. */
static void run_l2(struct hart *h)
{
	h->l2_hstatus = h->csr[HSTATUS];
	h->csr[HSTATUS] = h->l2_hstatus | SPV | 0x40;
	nacl_host_after_trap(&h->l0);
	longjmp(h->exit, 1);
}

struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2)
{
	struct nacl_ret ret = { 0, 0 };

	if (eid == 0x10)
		return (struct nacl_ret){ 0, fid ? 1 : 0x2000000 };
	assert_true(eid == NACL_EID && fid < 5);
	here->calls[fid]++;
	ret.error = here->errors[fid];
	if (ret.error)
		return ret;
	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		ret.error = nacl_host_probe_feature(&here->l0, a0, &ret.value);
		return ret;
	case NACL_FID_SET_SHMEM:
		ret.error = nacl_host_set_shmem(&here->l0, a0, a1, a2);
		return ret;
	case NACL_FID_SYNC_SRET:
		ret.error = nacl_host_sync_sret(&here->l0, here->gpr);
		if (!ret.error)
			run_l2(here);
		return ret;
	}
	if (here->idle) {
		here->idle--;
		return ret;
	}
	ret.error = fid == NACL_FID_SYNC_CSR ? nacl_host_sync_csr(&here->l0, a0)
					     : nacl_host_sync_hfence(&here->l0, a0);
	return ret;
}

static void forget_log(void)
{
	here->write_count = 0;
	here->done_count = 0;
	here->executed = 0;
	memset(here->calls, 0, sizeof(here->calls));
}

static void start(unsigned int features)
{
	for (unsigned int n = 0; n < HARTS; n++) {
		here = &harts[n];
		free(here->memory);
		memset(here, 0, sizeof(*here));
		here->memory = aligned_alloc(8, NACL_SHMEM_SIZE);
		here->phys = PHYS(n);
		for (unsigned int csr = 0; csr < 4096; csr++)
			here->csr[csr] = warl(csr * 0x1001);
		if (n)
			nacl_host_init_as(&here->l0, &harts[0].l0, here);
		else
			nacl_host_init(&here->l0, features, &ops, here);
	}
	here = &harts[0];
	assert_true(nacl_client_init(&client));
}

static enum nacl_error enable(void)
{
	return nacl_client_enable(&client, &here->l1, here->memory, here->phys);
}

static void start_enabled(unsigned int features)
{
	start(features);
	assert_int_equal(enable(), 0);
	forget_log();
}

static void hfence(struct nacl_client_hfence fence)
{
	nacl_client_hfence(&here->l1, &fence);
}

/* ---- CSRs ---- */

static nacl_word read_index(unsigned int index)
{
	return nacl_csr_read_index(here->l1.shmem, index);
}

/* A value for each CSR, with bit 2 set. */
static nacl_word value_of(unsigned int csr)
{
	return (nacl_word)csr * 0x10007 | 4;
}

static void check_space(void)
{
	for (unsigned int index = 0; index < NACL_CSR_COUNT; index++)
		assert_int_equal(read_index(index), here->csr[NACL_CSR_NUMBER(index)]);
}

static void test_set_shmem_gives_every_csr(void **state)
{
	(void)state;
	start_enabled(NACL_FEAT_ALL);
	check_space();
	assert_int_equal(here->write_count, 0);
}

static void test_each_csr_by_itself(void **state)
{
	(void)state;
	start_enabled(NACL_FEAT_ALL);
	for (unsigned int index = 0; index < NACL_CSR_COUNT; index++) {
		unsigned int csr = NACL_CSR_NUMBER(index), other = (index + 1) % WRITABLE;

		forget_log();
		nacl_csr_write_index(here->l1.shmem, other, 0x777);
		nacl_csr_write_index(here->l1.shmem, index, value_of(csr));
		assert_int_equal(nacl_client_sync_csr(&here->l1, csr), 0);
		if (index < WRITABLE) {
			assert_int_equal(here->write_count, 1);
			assert_int_equal(here->writes[0], csr);
			assert_int_equal(here->csr[csr], warl(value_of(csr)));
		} else { /* read-only: the write is undone */
			assert_int_equal(here->write_count, 0);
		}
		assert_int_equal(read_index(index), here->csr[csr]);
		assert_true(is_dirty(here->l1.shmem, other));
		assert_int_equal(nacl_csr_sync_all(&here->l1), 0);
		assert_int_equal(here->csr[NACL_CSR_NUMBER(other)], warl(0x777));
		assert_false(any_dirty(here->l1.shmem));
		check_space();
	}
}

/* The first gates the second, or the second is a view of it (SBI NACL, "Synchronize CSR"). */
static const unsigned int gates[][2] = {
	{ 0x60c, 0x24d }, { 0x60f, 0x250 }, { 0x60a, 0x24d }, { 0x60a, 0x645 }, { 0x600, 0x251 },
	{ 0x603, 0x645 }, { 0x603, 0x604 }, { 0x603, 0x204 }, { 0x603, 0x244 }, { 0x608, 0x645 },
	{ 0x609, 0x645 }, { 0x645, 0x644 }, { 0x645, 0x244 }, { 0x644, 0x244 }, { 0x604, 0x204 },
	{ 0x605, 0x24d }, { 0x250, 0x251 }, { 0x680, 0x280 }, { 0x61a, 0x24d }, { 0x61c, 0x24d },
	{ 0x613, 0x655 }, { 0x618, 0x655 }, { 0x655, 0x254 }, { 0x615, 0x24d },
};

static unsigned int when_written(unsigned int csr)
{
	for (unsigned int i = 0; i < here->write_count; i++) {
		if (here->writes[i] == csr)
			return i;
	}
	fail_msg("CSR %#x was not written", csr);
	return 0;
}

static void by_sync_csr(void)
{
	assert_int_equal(nacl_csr_sync_all(&here->l1), 0);
}

static void by_flush(void)
{
	nacl_client_flush(&here->l1);
}

static void by_sync_sret(void)
{
	if (!setjmp(here->exit))
		nacl_client_sync_sret(&here->l1);
}

static void by_trapped_sret(void)
{
	nacl_host_before_sret(&here->l0);
}

static void by_refused_sync_csr(void)
{
	here->errors[NACL_FID_SYNC_CSR] = (nacl_word)NACL_ERR_NOT_SUPPORTED;
	assert_int_equal(nacl_csr_sync(&here->l1, HGATP), NACL_ERR_NOT_SUPPORTED);
}

static void by_idle_sync_csr(void)
{
	here->idle = 1;
	nacl_client_flush(&here->l1);
}

static void by_refused_sync_sret(void)
{
	here->errors[NACL_FID_SYNC_SRET] = (nacl_word)NACL_ERR_FAILED;
	assert_int_equal(nacl_client_sync_sret(&here->l1), NACL_ERR_FAILED);
}

static void by_a_lost_area(void)
{
	nacl_host_reset(&here->l0);
	nacl_client_flush(&here->l1);
}

static void by_disable(void)
{
	assert_int_equal(nacl_client_disable(&here->l1), 0);
}

static void test_all_csrs_at_once_in_order(void **state)
{
	static void (*const ways[])(void) = {
		by_sync_csr,	     by_flush,	       by_sync_sret,	     by_trapped_sret,
		by_refused_sync_csr, by_idle_sync_csr, by_refused_sync_sret, by_a_lost_area,
		by_disable
	};

	(void)state;
	for (unsigned int way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		start_enabled(NACL_FEAT_ALL);
		for (unsigned int index = WRITABLE; index--;)
			nacl_csr_write_index(here->l1.shmem, index,
					     value_of(NACL_CSR_NUMBER(index)) | SPV);
		ways[way]();
		assert_int_equal(here->write_count, WRITABLE);
		for (unsigned int index = 0; index < WRITABLE; index++) {
			unsigned int csr = NACL_CSR_NUMBER(index);

			when_written(csr);
			if (csr != HSTATUS) /* L2's trap changes it */
				assert_int_equal(here->csr[csr], warl(value_of(csr) | SPV));
		}
		for (unsigned int i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
			assert_true(when_written(gates[i][0]) < when_written(gates[i][1]));
		if (here->l1.shmem && ways[way] != by_trapped_sret) {
			assert_false(any_dirty(here->l1.shmem));
			check_space();
		}
	}
}

/* ---- fences ---- */

/* A range in whole pages, as the fence says. False: not in an entry. */
static bool expected_range(const struct nacl_client_hfence *fence, unsigned int type,
			   uint64_t *start, uint64_t *size)
{
	unsigned __int128 page, first, end, top;

	if (fence->order >= 52)
		return false;
	page = (unsigned __int128)1 << (fence->order + 12);
	top = (unsigned __int128)1 << (NACL_XLEN == 32 && type >= 4 ? 32 : 64);
	first = fence->addr / page * page;
	end = (unsigned __int128)fence->addr + (fence->size ? fence->size : 1);
	end = (end + page - 1) / page * page;
	if (end >= top || first / page > NACL_ALL_ONES || (end - first) / page > NACL_ALL_ONES)
		return false;
	*start = (uint64_t)first;
	*size = (uint64_t)(end - first);
	return true;
}

/* The hart must execute @fence, or the next wider fence that an entry can hold. */
static void check_done(const struct nacl_client_hfence *fence)
{
	const struct nacl_client_hfence *done = &here->done[0];
	bool vmid_fits = fence->vmid < 1u << VMID_BITS, asid_fits = fence->asid < 1u << ASID_BITS;
	unsigned int type = fence->type;
	uint64_t addr = 0, size = 0;

	assert_int_equal(here->done_count, 1);
	if (type >= 4 && !vmid_fits) {
		assert_int_equal(here->executed, 1);
		assert_int_equal(done->type, type);
		assert_int_equal(done->vmid, fence->vmid);
		assert_int_equal(done->asid, fence->asid);
		assert_true(type & 1 || (done->addr == fence->addr &&
					 done->size == (fence->size ? fence->size : 1)));
		return;
	}
	assert_int_equal(here->executed, 0);
	if (type >= 6 && !asid_fits)
		type -= 2;
	if (type < 4 && type >= 2 && !vmid_fits)
		type -= 2;
	if (!(type & 1) && !expected_range(fence, type, &addr, &size))
		type |= 1;
	assert_int_equal(done->type, type);
	assert_int_equal(done->vmid, type >= 2 ? fence->vmid : 0);
	assert_int_equal(done->asid, type >= 6 ? fence->asid : 0);
	assert_true(done->addr == addr && done->size == size);
}

static void test_every_fence_and_its_limits(void **state)
{
	static const unsigned int orders[] = { 0, 9, 18, 27, 51, 52, 127, -1u };
	static const uint32_t vmids[] = { 0, 1, (1u << VMID_BITS) - 1, 1u << VMID_BITS, -1u };
	static const uint32_t asids[] = { 0, (1u << ASID_BITS) - 1, 1u << ASID_BITS, -1u };
	static const uint64_t addrs[] = { 0,
					  1,
					  0xfff,
					  0x80201000u,
					  0xffffe000u,
					  0xfffff000u,
					  0x3fffff000u,
					  (uint64_t)1 << 44,
					  (uint64_t)1 << 63,
					  -(uint64_t)0x2000,
					  -(uint64_t)0x1000,
					  UINT64_MAX };
	static const uint64_t sizes[] = {
		0, 1, 0x1000, 0x1001, 0x200000, (uint64_t)1 << 32, UINT64_MAX, (uint64_t)1 << 45
	};
	enum { ORDERS = 8, VMIDS = 5, ASIDS = 4, ADDRS = 12, SIZES = 8 };

	(void)state;
	start_enabled(NACL_FEAT_ALL);
	for (unsigned int n = 0; n < 8 * ORDERS * VMIDS * ASIDS * ADDRS * SIZES; n++) {
		struct nacl_client_hfence fence = {
			.type = n % 8,
			.order = orders[n / 8 % ORDERS],
			.vmid = vmids[n / (8 * ORDERS) % VMIDS],
			.asid = asids[n / (8 * ORDERS * VMIDS) % ASIDS],
			.addr = addrs[n / (8 * ORDERS * VMIDS * ASIDS) % ADDRS],
			.size = sizes[n / (8 * ORDERS * VMIDS * ASIDS * ADDRS)],
		};

		here->done_count = 0;
		here->executed = 0;
		nacl_client_hfence(&here->l1, &fence);
		nacl_client_flush(&here->l1);
		check_done(&fence);
	}
}

static void fill_queue(void)
{
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++)
		hfence(nacl_hfence_vvma_asid(e % 100, e, 0x1000 * e, 0x1000, 0));
	assert_int_equal(here->done_count, 0);
	assert_int_equal(here->calls[NACL_FID_SYNC_HFENCE], 0);
}

/* Those of fill_queue(), each once, and one that came after. */
static void check_queue_done(unsigned int executed)
{
	assert_int_equal(here->executed, executed);
	assert_int_equal(here->done_count, NACL_HFENCE_COUNT + 1);
	for (unsigned int e = 0; e < NACL_HFENCE_COUNT; e++) {
		const struct nacl_client_hfence *done = &here->done[e];

		assert_int_equal(done->type, NACL_HFENCE_VVMA_ASID);
		assert_true(done->vmid == e % 100 && done->asid == e);
		assert_true(done->addr == 0x1000 * e && done->size == 0x1000);
	}
	assert_int_equal(here->done[NACL_HFENCE_COUNT].type, NACL_HFENCE_GVMA_ALL);
}

static void test_a_full_queue(void **state)
{
	static const struct {
		unsigned int idle; /* calls in which L0 does nothing */
		int error;
		unsigned int calls;
		bool by_hook, area_left;
	} cases[] = { { 0, 0, 1, false, true },
		      { 1, 0, 2, false, true },
		      { 2, 0, 3, false, true },
		      { 3, 0, 3, true, true },
		      { -1u, 0, 3, true, true }, /* Pending never clears */
		      { 0, NACL_ERR_FAILED, 1, true, true },
		      { 0, NACL_ERR_NOT_SUPPORTED, 1, true, true },
		      { 0, NACL_ERR_NO_SHMEM, 1, true, false } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_enabled(NACL_FEAT_ALL);
		fill_queue();
		here->idle = cases[i].idle;
		here->errors[NACL_FID_SYNC_HFENCE] = (nacl_word)cases[i].error;
		hfence(nacl_hfence_gvma_all());
		assert_int_equal(here->calls[NACL_FID_SYNC_HFENCE], cases[i].calls);
		assert_int_equal(here->l1.shmem != NULL, cases[i].area_left);
		assert_int_equal(nacl_client_has(&here->l1, NACL_FEAT_SYNC_HFENCE),
				 !cases[i].by_hook);
		nacl_client_flush(&here->l1);
		check_queue_done(cases[i].by_hook ? NACL_HFENCE_COUNT + 1 : 0);
		/* nothing is left for an L0 that comes to itself */
		here->idle = 0;
		nacl_host_before_sret(&here->l0);
		assert_int_equal(here->done_count, NACL_HFENCE_COUNT + 1);
	}
}

/* ---- the ways in ---- */

static void check_entered(const nacl_word *gpr)
{
	assert_int_equal(here->l2_hstatus, SPV | 0x100);
	assert_memory_equal(here->gpr + 1, gpr + 1, 31 * sizeof(gpr[0]));
	assert_int_equal(here->gpr[0], 0);
	assert_int_equal(here->csr[VSATP], 0x88);
	assert_int_equal(here->done_count, 1);
}

static void test_sync_sret_with_and_without_autoswap(void **state)
{
	nacl_word gpr[32];

	(void)state;
	for (unsigned int i = 0; i < 32; i++)
		gpr[i] = (nacl_word)0x80000001u * (i + 1);
	for (unsigned int autoswap = 0; autoswap < 2; autoswap++) {
		start_enabled(autoswap ? NACL_FEAT_ALL : NACL_FEAT_ALL & ~8);
		here->csr[HSTATUS] = 0x1000;
		nacl_host_refresh_all(&here->l0);
		nacl_csr_write(here->l1.shmem, VSATP, 0x88);
		hfence(nacl_hfence_gvma_all());
		nacl_sret_gprs(here->l1.shmem, gpr);
		assert_int_equal(nacl_client_entry(here->l1.features),
				 autoswap ? NACL_ENTRY_AUTOSWAP : NACL_ENTRY_CSR);
		if (autoswap)
			nacl_sret_autoswap(here->l1.shmem, SPV | 0x100);
		else
			nacl_csr_write(here->l1.shmem, HSTATUS, SPV | 0x100);
		by_sync_sret();
		check_entered(gpr);
		if (autoswap) {
			assert_int_equal(nacl_sret_autoswapped(here->l1.shmem), SPV | 0x140);
			assert_int_equal(nacl_csr_read(here->l1.shmem, HSTATUS), 0x1000);
			assert_int_equal(here->csr[HSTATUS], 0x1000);
		} else {
			assert_int_equal(nacl_csr_read(here->l1.shmem, HSTATUS), SPV | 0x140);
		}
	}
}

/* After a refusal hstatus is no longer swapped, neither going in nor coming out. */
static void test_a_refused_sync_sret_with_autoswap(void **state)
{
	(void)state;
	start_enabled(NACL_FEAT_ALL);
	here->csr[HSTATUS] = 0x1000;
	nacl_host_refresh_all(&here->l0);
	here->errors[NACL_FID_SYNC_SRET] = (nacl_word)NACL_ERR_FAILED;
	nacl_sret_autoswap(here->l1.shmem, SPV | 0x100);
	assert_int_equal(nacl_client_sync_sret(&here->l1), NACL_ERR_FAILED);
	assert_int_equal(nacl_client_entry(here->l1.features), NACL_ENTRY_SRET);
	nacl_csr_write(here->l1.shmem, HSTATUS, SPV | 0x100);
	nacl_client_flush(&here->l1);
	if (!setjmp(here->exit)) {
		nacl_host_before_sret(&here->l0);
		run_l2(here);
	}
	assert_int_equal(here->l2_hstatus, SPV | 0x100);
	assert_int_equal(nacl_csr_read(here->l1.shmem, HSTATUS), SPV | 0x140);
}

/* ---- the life of a hart ---- */

static void test_an_area_refused_on_one_hart(void **state)
{
	(void)state;
	start(NACL_FEAT_ALL);
	here = &harts[1];
	here->errors[NACL_FID_SET_SHMEM] = (nacl_word)NACL_ERR_FAILED;
	assert_int_equal(enable(), NACL_ERR_FAILED);
	here = &harts[0];
	assert_int_equal(enable(), 0);
	here = &harts[1];
	assert_true(!here->l1.shmem);
	assert_int_equal(here->l1.features, 0);
	hfence(nacl_hfence_gvma_all());
	assert_int_equal(here->executed, 1);
	here = &harts[0];
	hfence(nacl_hfence_gvma_all());
	assert_int_equal(here->executed, 0);
	nacl_client_flush(&here->l1);
	assert_int_equal(here->done_count, 1);
	/* and later it is allowed */
	here = &harts[1];
	here->errors[NACL_FID_SET_SHMEM] = 0;
	assert_int_equal(enable(), 0);
	assert_int_equal(here->l1.features, NACL_FEAT_ALL);
}

static void test_each_hart_has_its_area(void **state)
{
	(void)state;
	start(NACL_FEAT_ALL);
	for (unsigned int n = 0; n < HARTS; n++) {
		here = &harts[n];
		assert_int_equal(enable(), 0);
		forget_log();
		nacl_csr_write(here->l1.shmem, VSATP, 0x10 * (n + 1));
		hfence(nacl_hfence_vvma_all(n));
	}
	for (unsigned int n = HARTS; n--;) {
		here = &harts[n];
		assert_int_equal(nacl_client_disable(&here->l1), 0);
		assert_int_equal(here->csr[VSATP], 0x10 * (n + 1));
		assert_int_equal(here->done_count, 1);
		assert_int_equal(here->done[0].vmid, n);
		assert_false(nacl_host_has_shmem(&here->l0));
	}
}

/*
 * A mistake of L1, which L0 need not refuse. The hart of which L0 looks at the area first consumes
 * the writes, once, and for itself.
 */
static void test_the_same_area_on_two_harts(void **state)
{
	struct hart *first = &harts[0], *second = &harts[1];
	unsigned char *memory;

	(void)state;
	start_enabled(NACL_FEAT_ALL);
	memory = second->memory;
	second->memory = first->memory;
	second->phys = first->phys;
	here = second;
	assert_int_equal(enable(), 0);
	here = first;
	nacl_csr_write(first->l1.shmem, VSATP, 0x70);
	hfence(nacl_hfence_vvma_all(5));

	assert_int_equal(nacl_host_sync_csr(&second->l0, NACL_ALL_ONES), 0);
	assert_int_equal(nacl_host_sync_hfence(&second->l0, NACL_ALL_ONES), 0);
	assert_int_equal(second->csr[VSATP], warl(0x70));
	assert_int_equal(second->done_count, 1);
	assert_int_equal(nacl_host_sync_csr(&first->l0, NACL_ALL_ONES), 0);
	assert_int_equal(nacl_host_sync_hfence(&first->l0, NACL_ALL_ONES), 0);
	assert_int_equal(first->csr[VSATP], warl(VSATP * 0x1001));
	assert_int_equal(first->done_count, 0);
	/* L0 stores for each hart the values of that hart. */
	assert_int_equal(nacl_csr_read(first->l1.shmem, VSATP), warl(VSATP * 0x1001));

	here = second;
	assert_int_equal(nacl_client_disable(&second->l1), 0);
	assert_true(nacl_host_has_shmem(&first->l0));
	here = first;
	nacl_csr_write(first->l1.shmem, VSATP, 0x80);
	assert_int_equal(nacl_client_disable(&first->l1), 0);
	assert_int_equal(first->csr[VSATP], 0x80);
	assert_int_equal(second->csr[VSATP], warl(0x70));
	second->memory = memory;
}

static void test_a_suspend_that_loses_all_state(void **state)
{
	(void)state;
	start_enabled(NACL_FEAT_ALL);
	for (unsigned int round = 0; round < 3; round++) {
		forget_log();
		nacl_csr_write(here->l1.shmem, VSATP, 0x11 * round);
		hfence(nacl_hfence_vvma_all(round));
		assert_int_equal(nacl_client_disable(&here->l1), 0);
		assert_int_equal(here->csr[VSATP], warl(0x11 * round));
		assert_int_equal(here->done_count, 1);
		assert_int_equal(nacl_client_disable(&here->l1), 0); /* once more is harmless */
		nacl_host_reset(&here->l0);
		memset(here->memory, 0xa5, NACL_SHMEM_SIZE); /* used for something else */
		assert_int_equal(enable(), 0);
		check_space();
		assert_false(any_dirty(here->l1.shmem));
		nacl_client_flush(&here->l1);
		assert_int_equal(here->done_count, 1);
	}
}

/* The keys of a user are set once, by client.features: a hart may have fewer, never more. */
static void test_features_that_come_and_go(void **state)
{
	(void)state;
	for (unsigned int before = 0; before <= NACL_FEAT_ALL; before++) {
		for (unsigned int after = 0; after <= NACL_FEAT_ALL; after++) {
			start_enabled(before);
			nacl_client_disable(&here->l1);
			nacl_host_init(&here->l0, after, &ops, here);
			assert_int_equal(enable(), 0);
			assert_int_equal(here->l1.features, before & after);
		}
	}
	/* while an area is in force */
	for (unsigned int after = 0; after <= NACL_FEAT_ALL; after++) {
		start_enabled(NACL_FEAT_ALL);
		nacl_csr_write(here->l1.shmem, VSATP, 0x88);
		hfence(nacl_hfence_gvma_all());
		here->l0.features = after;
		nacl_client_flush(&here->l1);
		assert_int_equal(here->csr[VSATP], 0x88);
		assert_int_equal(here->done_count, 1);
		assert_int_equal(here->executed, !(after & 2));
		assert_int_equal(here->l1.features & 3, after & 3);
		here->l0.features = NACL_FEAT_ALL; /* not taken up again before the next enable */
		nacl_client_flush(&here->l1);
		assert_int_equal(here->l1.features & 3, after & 3);
	}
}

static void test_no_shmem_later(void **state)
{
	static void (*const ways[])(void) = { by_flush, by_a_lost_area, by_sync_sret, by_disable };

	(void)state;
	for (unsigned int way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		start_enabled(NACL_FEAT_ALL);
		nacl_csr_write(here->l1.shmem, VSATP, 0x88);
		nacl_csr_write(here->l1.shmem, HVIP, 0x40);
		hfence(nacl_hfence_vvma_asid_all(1, 2));
		nacl_host_reset(&here->l0);
		ways[way]();
		assert_true(!here->l1.shmem);
		assert_int_equal(here->l1.features, 0);
		assert_int_equal(here->csr[VSATP], 0x88);
		assert_int_equal(here->csr[HVIP], 0x40);
		assert_int_equal(here->executed, 1);
		assert_int_equal(enable(), 0); /* it may be tried again */
		check_space();
	}
}

static void test_an_l0_that_keeps_the_area(void **state)
{
	(void)state;
	start_enabled(NACL_FEAT_ALL);
	nacl_csr_write(here->l1.shmem, VSATP, 0x88);
	here->errors[NACL_FID_SET_SHMEM] = (nacl_word)NACL_ERR_FAILED;
	assert_int_equal(nacl_client_disable(&here->l1), NACL_ERR_FAILED);
	assert_true(!here->l1.shmem);
	assert_int_equal(here->csr[VSATP], 0x88);
	assert_true(nacl_host_has_shmem(&here->l0)); /* so the memory is not the caller's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_shmem_gives_every_csr),
		cmocka_unit_test(test_each_csr_by_itself),
		cmocka_unit_test(test_all_csrs_at_once_in_order),
		cmocka_unit_test(test_every_fence_and_its_limits),
		cmocka_unit_test(test_a_full_queue),
		cmocka_unit_test(test_sync_sret_with_and_without_autoswap),
		cmocka_unit_test(test_a_refused_sync_sret_with_autoswap),
		cmocka_unit_test(test_an_area_refused_on_one_hart),
		cmocka_unit_test(test_each_hart_has_its_area),
		cmocka_unit_test(test_the_same_area_on_two_harts),
		cmocka_unit_test(test_a_suspend_that_loses_all_state),
		cmocka_unit_test(test_features_that_come_and_go),
		cmocka_unit_test(test_no_shmem_later),
		cmocka_unit_test(test_an_l0_that_keeps_the_area),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	for (unsigned int n = 0; n < HARTS; n++)
		free(harts[n].memory);
	return failed;
}
