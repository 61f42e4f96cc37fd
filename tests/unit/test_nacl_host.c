/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/nacl/host.c against a fake L1: a piece of RAM, and CSRs with just the dependences between
 * them that make a wrong order of writes give a wrong value. Offsets and bit positions are written
 * out here as the specification has them, so that abi.h is tested too. Built for both XLENs, and
 * for a host with the other byte order.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nacl/host.h"
#include "nacl_csrs.h"

#define WS		 (NACL_XLEN / 8)
#define AREA_SIZE	 (4096 + 1024 * WS)
#define RAM_BASE	 0x80000000u
#define RAM_SIZE	 0x8000u
#define ENTRIES		 (3840 / NACL_XLEN)
#define ONES		 ((nacl_word)-1)
#define PENDING		 ((nacl_word)1 << (NACL_XLEN - 1))
#define SPV		 0x80u
#define EVERYTHING	 NACL_HFENCE_EVERYTHING
#define STCE		 ((nacl_word)1 << (NACL_XLEN - 1))
#define CSR_HENVCFG_STCE (NACL_XLEN == 32 ? 0x61a : 0x60a)

enum {
	VSSTATUS = 0x200,
	VSIE = 0x204,
	VSSCRATCH = 0x240,
	VSEPC = 0x241,
	VSCAUSE = 0x242,
	VSIP = 0x244,
	VSTIMECMP = 0x24d,
	VSATP = 0x280,
	HSTATUS = 0x600,
	HIDELEG = 0x603,
	HIE = 0x604,
	HCOUNTEREN = 0x606,
	HVIEN = 0x608,
	HENVCFG = 0x60a,
	HTVAL = 0x643,
	HIP = 0x644,
	HVIP = 0x645,
	HTINST = 0x64a,
	HGATP = 0x680,
	HGEIP = 0xe12,
};

/* Every H CSR of an L1 with Sstc, AIA and state enable. Those of the second list: RV32 only. */
static const unsigned int csrs[] = {
	0x200, 0x204, 0x205, 0x240, 0x241, 0x242, 0x243, 0x244, 0x24d, 0x250, 0x251, 0x25c,
	0x280, 0x600, 0x602, 0x603, 0x604, 0x605, 0x606, 0x607, 0x608, 0x609, 0x60a, 0x60c,
	0x60d, 0x60e, 0x60f, 0x643, 0x644, 0x645, 0x646, 0x647, 0x64a, 0x680, 0xe12, 0xeb0,
};
static const unsigned int csrs_high[] = {
	0x214, 0x254, 0x25d, 0x613, 0x615, 0x618, 0x61a,
	0x61c, 0x61d, 0x61e, 0x61f, 0x655, 0x656, 0x657,
};

/* Pairs of CSRs: L0 must write the first before the second. */
static const unsigned int pairs[][2] = {
	{ 0x60c, VSTIMECMP }, { 0x60f, 0x250 },	    { HENVCFG, VSTIMECMP }, { HENVCFG, HVIP },
	{ HSTATUS, 0x251 },   { HIDELEG, HVIP },    { HIDELEG, HIE },	    { HIDELEG, VSIE },
	{ HIDELEG, VSIP },    { HVIEN, HVIP },	    { 0x609, HVIP },	    { HVIP, HIP },
	{ HVIP, VSIP },	      { HIP, VSIP },	    { HIE, VSIE },	    { 0x605, VSTIMECMP },
	{ 0x250, 0x251 },     { HGATP, VSATP },
#if NACL_XLEN == 32
	{ 0x61a, VSTIMECMP }, { 0x61c, VSTIMECMP }, { 0x613, 0x655 },	    { 0x618, 0x655 },
	{ 0x655, 0x254 },     { 0x615, VSTIMECMP },
#endif
};

struct event {
	enum { WRITE = 1, FENCE } kind;
	unsigned int csr;
	nacl_word value;
	struct nacl_hfence fence;
	unsigned int pending; /* entries with Pending set at the time of the fence */
};

struct l1 {
	struct nacl_host host;
	nacl_word csr[4096];
	bool exists[4096];
	unsigned char *ram;
	uint64_t ram_base;
	unsigned char *area;
	struct event log[2048];
	unsigned int events;
	unsigned int maps;
	bool slow_fences; /* each HFENCE takes long */
	void (*on_write)(struct l1 *l1, unsigned int csr);
};

/* ---- the area, as L1 sees it ---- */

static nacl_word bytes(unsigned char *p, nacl_word value, bool write)
{
	nacl_word old = 0;

	for (unsigned int i = 0; i < WS; i++) {
#ifdef NACL_SIMULATE_BIG_ENDIAN /* the library is to swap what it holds: so does the memory */
		unsigned int shift = 8 * (WS - 1 - i);
#else
		unsigned int shift = 8 * i;
#endif
		old |= (nacl_word)p[i] << shift;
		if (write)
			p[i] = value >> shift;
	}
	return old;
}

static nacl_word get(struct l1 *l1, unsigned int offset)
{
	return bytes(l1->area + offset, 0, false);
}

static void put(struct l1 *l1, unsigned int offset, nacl_word value)
{
	bytes(l1->area + offset, value, true);
}

static unsigned int csr_offset(unsigned int csr)
{
	return 0x1000 + (((csr & 0xc00) >> 2) | (csr & 0xff)) * WS;
}

static nacl_word csr_bit(unsigned int csr, unsigned int *offset)
{
	unsigned int index = ((csr & 0xc00) >> 2) | (csr & 0xff);

	*offset = 0xf80 + index / NACL_XLEN * WS;
	return (nacl_word)1 << (index % NACL_XLEN);
}

static bool is_dirty(struct l1 *l1, unsigned int csr)
{
	unsigned int offset;
	nacl_word bit = csr_bit(csr, &offset);

	return get(l1, offset) & bit;
}

static void set_dirty(struct l1 *l1, unsigned int csr)
{
	unsigned int offset;
	nacl_word bit = csr_bit(csr, &offset);

	put(l1, offset, get(l1, offset) | bit);
}

static void area_write(struct l1 *l1, unsigned int csr, nacl_word value)
{
	put(l1, csr_offset(csr), value);
	set_dirty(l1, csr);
}

static nacl_word area_read(struct l1 *l1, unsigned int csr)
{
	return get(l1, csr_offset(csr));
}

static unsigned int entry_offset(unsigned int e, unsigned int word)
{
	return 0x800 + (4 * e + word) * WS;
}

static nacl_word config(unsigned int type, unsigned int order, unsigned int vmid, unsigned int asid)
{
	return PENDING | (nacl_word)type << (NACL_XLEN - 8) | (nacl_word)order << (NACL_XLEN - 16) |
	       (nacl_word)vmid << (NACL_XLEN == 32 ? 9 : 16) | asid;
}

static void put_entry(struct l1 *l1, unsigned int e, nacl_word conf, nacl_word number,
		      nacl_word count)
{
	put(l1, entry_offset(e, 1), number);
	put(l1, entry_offset(e, 3), count);
	put(l1, entry_offset(e, 0), conf);
}

static unsigned int count_pending(struct l1 *l1)
{
	unsigned int n = 0;

	for (unsigned int e = 0; e < ENTRIES; e++)
		n += (get(l1, entry_offset(e, 0)) & PENDING) != 0;
	return n;
}

/* ---- the CSRs ---- */

static unsigned int op_info(void *ctx, unsigned int csr)
{
	struct l1 *l1 = ctx;

	assert_true(csr < 0x1000 && (csr & 0x300) == 0x200);
	return info_of(csr, l1->exists[csr]);
}

static nacl_word op_read(void *ctx, unsigned int csr)
{
	struct l1 *l1 = ctx;

	assert_true(csr < 0x1000 && l1->exists[csr]);
	switch (csr) {
	case HIP:
		return l1->csr[HVIP] & 0x444;
	case VSIP:
		return (l1->csr[HVIP] & l1->csr[HIDELEG] & 0x444) >> 1;
	case VSIE:
		return (l1->csr[HIE] & l1->csr[HIDELEG] & 0x444) >> 1;
	}
	return l1->csr[csr];
}

static void op_write(void *ctx, unsigned int csr, nacl_word value)
{
	struct l1 *l1 = ctx;
	nacl_word deleg = l1->csr[HIDELEG] & 0x444;

	assert_true(csr < 0xc00 && l1->exists[csr]);
	assert_true(l1->events < 2048);
	l1->log[l1->events++] = (struct event){ .kind = WRITE, .csr = csr, .value = value };
	switch (csr) {
	case HIP:
		l1->csr[HVIP] = (l1->csr[HVIP] & ~(nacl_word)4) | (value & 4);
		break;
	case VSIP:
		l1->csr[HVIP] = (l1->csr[HVIP] & ~(deleg & 4)) | (value << 1 & deleg & 4);
		break;
	case VSIE:
		l1->csr[HIE] = (l1->csr[HIE] & ~deleg) | (value << 1 & deleg);
		break;
	case HVIP:
		l1->csr[HVIP] = value & (0x444 | (l1->csr[HVIEN] & ~(nacl_word)0x1fff));
		break;
	case VSTIMECMP:
		if (l1->csr[CSR_HENVCFG_STCE] & STCE)
			l1->csr[VSTIMECMP] = value;
		break;
	case HGATP:
		l1->csr[HGATP] = value & ~(nacl_word)3;
		break;
	default:
		l1->csr[csr] = value;
	}
	if (l1->on_write)
		l1->on_write(l1, csr);
}

static void op_hfence(void *ctx, const struct nacl_hfence *fence)
{
	struct l1 *l1 = ctx;

	assert_true(l1->events < 2048);
	l1->log[l1->events++] =
		(struct event){ .kind = FENCE, .fence = *fence, .pending = count_pending(l1) };
	if (l1->slow_fences)
		nacl_host_enough_fences(&l1->host);
}

static void *op_map(void *ctx, uint64_t gpa, size_t size)
{
	struct l1 *l1 = ctx;

	l1->maps++;
	assert_int_equal(size, AREA_SIZE);
	assert_true(gpa <= UINT64_MAX - (size - 1));
	if (gpa < l1->ram_base || gpa - l1->ram_base > RAM_SIZE - size)
		return NULL;
	return l1->ram + (gpa - l1->ram_base);
}

static const struct nacl_host_ops ops = {
	.csr_info = op_info,
	.csr_read = op_read,
	.csr_write = op_write,
	.hfence = op_hfence,
	.map_shmem = op_map,
};

/* The quick ones: the same in other words. */
static void op_put_trap_csrs(void *ctx, volatile nacl_word *area)
{
	static const unsigned int others[] = { HSTATUS, 0x643, 0x64a, HVIP, 0x655,
					       0x644,	0x604, 0xe12, 0xeb0 };
	struct l1 *l1 = ctx;

	for (unsigned int csr = 0x200; csr < 0x300; csr++) {
		if (l1->exists[csr])
			nacl_host_put(area, csr, op_read(l1, csr));
	}
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (l1->exists[others[i]])
			nacl_host_put(area, others[i], op_read(l1, others[i]));
	}
}

static nacl_word op_swap_hstatus(void *ctx, nacl_word value)
{
	nacl_word old = op_read(ctx, HSTATUS);

	op_write(ctx, HSTATUS, value);
	return old;
}

/* Those here depend on no other, and HGATP does not take every value. */
static bool op_write_csrs(void *ctx, nacl_word dirty[NACL_DIRTY_WORDS],
			  nacl_word altered[NACL_DIRTY_WORDS], const volatile nacl_word *area)
{
	static const unsigned int independent[] = { VSSCRATCH, VSCAUSE, HCOUNTEREN, HGATP };
	nacl_word rest = 0;

	memset(altered, 0, NACL_DIRTY_SIZE);
	for (unsigned int i = 0; i < sizeof(independent) / sizeof(independent[0]); i++) {
		unsigned int index = NACL_CSR_INDEX(independent[i]);
		nacl_word bit = (nacl_word)1 << index % NACL_XLEN;
		nacl_word value = nacl_le(area[index]);

		if (!(dirty[index / NACL_XLEN] & bit))
			continue;
		dirty[index / NACL_XLEN] &= ~bit;
		op_write(ctx, independent[i], value);
		if (op_read(ctx, independent[i]) != value)
			altered[index / NACL_XLEN] |= bit;
	}
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++)
		rest |= dirty[w] | altered[w];
	return !rest;
}

static const struct nacl_host_ops quick_ops = {
	.csr_info = op_info,
	.csr_read = op_read,
	.csr_write = op_write,
	.hfence = op_hfence,
	.map_shmem = op_map,
	.put_trap_csrs = op_put_trap_csrs,
	.swap_hstatus = op_swap_hstatus,
	.write_csrs = op_write_csrs,
};

static const struct nacl_host_ops *ops_in_use = &ops;

static struct l1 *new_l1(unsigned int features)
{
	struct l1 *l1 = calloc(1, sizeof(*l1));

	l1->ram = calloc(1, RAM_SIZE);
	l1->ram_base = RAM_BASE;
	l1->area = l1->ram;
	for (unsigned int i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++)
		l1->exists[csrs[i]] = true;
	for (unsigned int i = 0; i < sizeof(csrs_high) / sizeof(csrs_high[0]); i++)
		l1->exists[csrs_high[i]] = NACL_XLEN == 32;
	for (unsigned int csr = 0; csr < 4096; csr++)
		l1->csr[csr] = (nacl_word)0xabcd0000 + csr;
	l1->csr[HVIP] = 0;
	l1->csr[HSTATUS] = 0x40;
	nacl_host_init(&l1->host, features, ops_in_use, l1);
	return l1;
}

/* With an area at the end of RAM, where the sanitizer sees an access past it. */
static struct l1 *new_l1_with_area(unsigned int features)
{
	struct l1 *l1 = new_l1(features);

	l1->area = l1->ram + RAM_SIZE - AREA_SIZE;
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE + RAM_SIZE - AREA_SIZE, 0, 0), 0);
	assert_int_equal(l1->events, 0);
	return l1;
}

static void free_l1(struct l1 *l1)
{
	free(l1->ram);
	free(l1);
}

/* All words are current, but for CSRs that are dirty. */
static void check_space(struct l1 *l1)
{
	for (unsigned int csr = 0; csr < 4096; csr++) {
		if (l1->exists[csr] && !is_dirty(l1, csr) && area_read(l1, csr) != op_read(l1, csr))
			fail_msg("CSR %#x is not current", csr);
	}
}

static int position(const struct l1 *l1, unsigned int csr)
{
	for (unsigned int i = 0; i < l1->events; i++) {
		if (l1->log[i].kind == WRITE && l1->log[i].csr == csr)
			return i;
	}
	return -1;
}

/* ---- the tests ---- */

static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(NACL_EID, 0x4E41434C);
	assert_int_equal(NACL_SHMEM_SIZE, NACL_XLEN == 32 ? 0x2000 : 0x3000);
	assert_int_equal(NACL_HFENCE_COUNT, NACL_XLEN == 32 ? 120 : 60);
	assert_int_equal(NACL_CSR_INDEX(0x6bf), 0x1bf);
	assert_int_equal(NACL_CSR_INDEX(0xa80), 0x280);
	assert_int_equal(NACL_CSR_INDEX(0xeff), 0x3ff);
	for (unsigned int index = 0; index < 1024; index++) {
		assert_true(NACL_CSR_IS_HEXT(NACL_CSR_NUMBER(index)));
		assert_int_equal(NACL_CSR_INDEX(NACL_CSR_NUMBER(index)), index);
	}
	assert_false(NACL_CSR_IS_HEXT(0x1200));
	assert_false(NACL_CSR_IS_HEXT(0x300));
	assert_false(NACL_CSR_IS_HEXT(0x100));
}

static void test_probe_answers_for_each_subset(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 32; features++) {
		struct l1 *l1 = new_l1(features);

		for (nacl_word id = 0; id < 40; id++) {
			nacl_word value = 7;

			assert_int_equal(nacl_host_probe_feature(&l1->host, id, &value), 0);
			assert_int_equal(value, id < 4 ? features >> id & 1 : 0);
		}
		nacl_word value = 7;

		nacl_host_probe_feature(&l1->host, ONES, &value);
		assert_int_equal(value, 0);
		free_l1(l1);
	}
}

/* It has the CSRs and features of the first hart, but its own area and values. */
static void test_a_further_hart_is_like_the_first(void **state)
{
	struct l1 *first = new_l1_with_area(15);
	struct l1 *next = new_l1(0);
	nacl_word value;

	(void)state;
	next->csr[HSTATUS] = 0x1c0;
	nacl_host_init_as(&next->host, &first->host, next);
	assert_false(nacl_host_has_shmem(&next->host));
	assert_true(nacl_host_has_shmem(&first->host));
	for (nacl_word id = 0; id < 4; id++) {
		assert_int_equal(nacl_host_probe_feature(&next->host, id, &value), 0);
		assert_int_equal(value, 1);
	}
	assert_int_equal(nacl_host_set_shmem(&next->host, RAM_BASE, 0, 0), 0);
	check_space(next);
	check_space(first);
	free_l1(first);
	free_l1(next);
}

static void test_set_shmem_checks_flags_then_alignment_then_address(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	nacl_word lo = (nacl_word)0x40000000;
	volatile nacl_word *before = l1->host.shmem;
	const struct {
		nacl_word lo, hi, flags;
		int error;
		unsigned int maps;
	} calls[] = {
		{ lo + 8, 1, 1, -3, 0 },
		{ RAM_BASE, 0, 1, -3, 0 },
		{ RAM_BASE, 0, PENDING, -3, 0 },
		{ ONES, ONES, 1, -3, 0 },
		{ lo + 8, 0, 0, -3, 0 },
		{ lo + 0x800, 1, 0, -3, 0 },
		{ ONES, 0, 0, -3, 0 },
		{ lo, 0, 0, -5, 1 },
		{ RAM_BASE, 1, 0, -5, NACL_XLEN == 32 },
		{ RAM_BASE, ONES, 0, -5, NACL_XLEN == 32 },
		{ RAM_BASE - 0x1000, 0, 0, -5, 1 },
		{ RAM_BASE + RAM_SIZE - AREA_SIZE + 0x1000, 0, 0, -5, 1 },
		{ (nacl_word)-4096, NACL_XLEN == 32 ? ONES : 0, 0, -5, 0 }, /* wraps */
		{ -(nacl_word)AREA_SIZE + 4096, NACL_XLEN == 32 ? ONES : 0, 0, -5, 0 },
		{ -(nacl_word)AREA_SIZE, NACL_XLEN == 32 ? ONES : 0, 0, -5, 1 },
	};

	(void)state;
	put_entry(l1, 0, config(1, 0, 0, 0), 0, 0);
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		l1->maps = 0;
		assert_int_equal(nacl_host_set_shmem(&l1->host, calls[i].lo, calls[i].hi,
						     calls[i].flags),
				 calls[i].error);
		assert_int_equal(l1->maps, calls[i].maps);
		assert_ptr_equal(l1->host.shmem, before);
	}
	assert_int_equal(l1->events, 0);
	l1->csr[HTVAL] = 4711;
	nacl_host_refresh(&l1->host, HTVAL);
	assert_int_equal(area_read(l1, HTVAL), 4711);
	free_l1(l1);
}

static void test_set_shmem_takes_the_highest_area_there_is(void **state)
{
	struct l1 *l1 = new_l1(15);

	(void)state;
	l1->ram_base = -(uint64_t)RAM_SIZE;
	l1->area = l1->ram + RAM_SIZE - AREA_SIZE;
	assert_int_equal(nacl_host_set_shmem(&l1->host, -(nacl_word)AREA_SIZE,
					     NACL_XLEN == 32 ? ONES : 0, 0),
			 0);
	check_space(l1);
	free_l1(l1);
}

static void test_set_shmem_fills_the_csr_space_and_leaves_the_rest(void **state)
{
	struct l1 *l1 = new_l1(0);
	unsigned int offset;

	(void)state;
	memset(l1->ram, 0xff, RAM_SIZE);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	for (unsigned int csr = 0; csr < 4096; csr++) {
		if ((csr & 0x300) != 0x200)
			continue;
		assert_int_equal(is_dirty(l1, csr), !l1->exists[csr]);
		assert_true(area_read(l1, csr) == (l1->exists[csr] ? op_read(l1, csr) : ONES));
	}
	for (offset = 0; offset < 0xf80; offset += WS)
		assert_true(get(l1, offset) == ONES);
	for (offset = AREA_SIZE; offset < RAM_SIZE; offset += WS)
		assert_true(get(l1, offset) == ONES);
	assert_int_equal(l1->events, 0);
	free_l1(l1);
}

static void test_leaving_an_area_does_its_fences_and_forgets_it(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	unsigned char *copy = malloc(AREA_SIZE);
	nacl_word gpr[32];

	(void)state;
	area_write(l1, HGATP, 8);
	put_entry(l1, 3, config(3, 0, 5, 0), 0, 0);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	assert_int_equal(l1->events, 1);
	assert_int_equal(l1->log[0].fence.vmid, 5);
	assert_int_equal(count_pending(l1), 0);

	l1->area = l1->ram;
	check_space(l1);
	put_entry(l1, ENTRIES - 1, config(3, 0, 6, 0), 0, 0);
	area_write(l1, HGATP, 8);
	assert_true(nacl_host_has_shmem(&l1->host));
	assert_int_equal(nacl_host_set_shmem(&l1->host, ONES, ONES, 0), 0);
	assert_false(nacl_host_has_shmem(&l1->host));
	assert_int_equal(l1->events, 2);
	assert_int_equal(l1->log[1].fence.vmid, 6);
	assert_int_equal(l1->maps, 2);

	memcpy(copy, l1->area, AREA_SIZE);
	l1->csr[HTVAL] = 1;
	assert_int_equal(nacl_host_sync_csr(&l1->host, ONES), -9);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ONES), -9);
	assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), -9);
	nacl_host_before_sret(&l1->host);
	nacl_host_after_trap(&l1->host);
	nacl_host_refresh(&l1->host, HTVAL);
	nacl_host_refresh_all(&l1->host);
	nacl_host_csr_written(&l1->host, HTVAL);
	assert_int_equal(l1->events, 2);
	assert_memory_equal(copy, l1->area, AREA_SIZE);
	free(copy);
	free_l1(l1);
}

static void test_reset_forgets_the_area_untouched(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	nacl_word gpr[32];

	(void)state;
	area_write(l1, HGATP, 8);
	put_entry(l1, 3, config(3, 0, 5, 0), 0, 0);
	nacl_host_reset(&l1->host);
	assert_false(nacl_host_has_shmem(&l1->host));
	assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), -9);
	assert_int_equal(l1->events, 0);
	assert_true(is_dirty(l1, HGATP));
	assert_int_equal(count_pending(l1), 1);
	free_l1(l1);
}

static void test_sync_csr_errors_come_in_order(void **state)
{
	static const unsigned int bad[] = {
		0x100,	0x300, 0x000, 0xfff, 0x1200,
		0x1600, 0x2ff, 0xa00, 0x6ff, NACL_XLEN == 32 ? 0x2fe : 0x61a
	};
	struct l1 *l1 = new_l1(15 & ~1);

	(void)state;
	assert_int_equal(nacl_host_sync_csr(&l1->host, 0x100), -2);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	assert_int_equal(nacl_host_sync_csr(&l1->host, ONES), -2);
	free_l1(l1);

	l1 = new_l1(1);
	assert_int_equal(nacl_host_sync_csr(&l1->host, 0x100), -9);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(nacl_host_sync_csr(&l1->host, bad[i]), -3);
	assert_int_equal(nacl_host_sync_csr(&l1->host, ONES - 1), -3);
	assert_int_equal(nacl_host_sync_csr(&l1->host, PENDING | HGATP), -3);
	assert_int_equal(l1->events, 0);
	assert_int_equal(nacl_host_sync_csr(&l1->host, HGATP), 0);
	free_l1(l1);
}

static void test_sync_of_one_csr(void **state)
{
	struct l1 *l1 = new_l1_with_area(1);

	(void)state;
	/* not dirty: stored back, not written */
	put(l1, csr_offset(HGATP), 1);
	assert_int_equal(nacl_host_sync_csr(&l1->host, HGATP), 0);
	assert_int_equal(l1->events, 0);
	assert_int_equal(area_read(l1, HGATP), 0xabcd0000 + HGATP);

	/* dirty: written by its rules, nothing else is */
	area_write(l1, HGATP, 0x1237);
	area_write(l1, HTVAL, 5);
	assert_int_equal(nacl_host_sync_csr(&l1->host, HGATP), 0);
	assert_int_equal(l1->events, 1);
	assert_int_equal(l1->log[0].value, 0x1237);
	assert_int_equal(area_read(l1, HGATP), 0x1234);
	assert_false(is_dirty(l1, HGATP));
	assert_true(is_dirty(l1, HTVAL));
	assert_int_equal(area_read(l1, HTVAL), 5);
	check_space(l1);

	/* what depends on it becomes current too */
	l1->csr[HIDELEG] = 0x444;
	area_write(l1, HVIP, 0x44);
	assert_int_equal(nacl_host_sync_csr(&l1->host, HVIP), 0);
	assert_int_equal(area_read(l1, VSIP), 0x22);
	assert_int_equal(area_read(l1, HIP), 0x44);

	/* read-only: the write has no effect */
	area_write(l1, HGEIP, 99);
	assert_int_equal(nacl_host_sync_csr(&l1->host, HGEIP), 0);
	assert_int_equal(area_read(l1, HGEIP), 0xabcd0000 + HGEIP);
	assert_false(is_dirty(l1, HGEIP));
	free_l1(l1);
}

static void test_sync_of_all_csrs_writes_the_dirty_ones(void **state)
{
	struct l1 *l1 = new_l1_with_area(1);

	(void)state;
	area_write(l1, HCOUNTEREN, 7);
	area_write(l1, VSATP, 8);
	area_write(l1, 0x6ff, 9); /* not there: ignored, left alone */
	area_write(l1, 0xa00, 9);
	area_write(l1, HGEIP, 9);
	put(l1, csr_offset(VSSTATUS), 1);
	put(l1, csr_offset(HENVCFG), 1);
	assert_int_equal(nacl_host_sync_csr(&l1->host, ONES), 0);
	assert_int_equal(l1->events, 2);
	assert_int_equal(l1->csr[HCOUNTEREN], 7);
	assert_int_equal(l1->csr[VSATP], 8);
	assert_false(is_dirty(l1, HCOUNTEREN) || is_dirty(l1, VSATP) || is_dirty(l1, HGEIP));
	assert_true(is_dirty(l1, 0x6ff) && is_dirty(l1, 0xa00));
	assert_int_equal(area_read(l1, 0x6ff), 9);
	check_space(l1);
	free_l1(l1);
}

static void test_every_dirty_csr_is_written_once_gates_first(void **state)
{
	struct l1 *l1 = new_l1_with_area(1);
	unsigned int n = 0;

	(void)state;
	l1->csr[HIDELEG] = 0;
	l1->csr[HVIEN] = 0;
	l1->csr[CSR_HENVCFG_STCE] = 0;
	memset(l1->area + 0xf80, 0xff, 0x80);
	for (unsigned int csr = 0; csr < 0xc00; csr++) {
		if (l1->exists[csr])
			put(l1, csr_offset(csr), (nacl_word)0x5550000 + csr);
		n += l1->exists[csr];
	}
	put(l1, csr_offset(CSR_HENVCFG_STCE), STCE);
	put(l1, csr_offset(HVIP), 0x2044);
	put(l1, csr_offset(HIP), 0x40);
	put(l1, csr_offset(VSIP), 0x2);
	put(l1, csr_offset(HIDELEG), 0x444);
	put(l1, csr_offset(HVIEN), 0x2000);
	put(l1, csr_offset(HIE), 0x1004);
	put(l1, csr_offset(VSIE), 0x220);
	assert_int_equal(nacl_host_sync_csr(&l1->host, ONES), 0);
	assert_int_equal(l1->events, n);
	for (unsigned int csr = 0; csr < 0xc00; csr++)
		assert_int_equal(position(l1, csr) >= 0, l1->exists[csr]);
	for (unsigned int i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (position(l1, pairs[i][0]) >= position(l1, pairs[i][1]))
			fail_msg("%#x is written after %#x", pairs[i][0], pairs[i][1]);
	}
	assert_int_equal(l1->csr[HVIP], 0x2044); /* SSIP: cleared by hip, set by vsip */
	assert_int_equal(l1->csr[HIE], 0x1440);
	assert_int_equal(l1->csr[VSTIMECMP], 0x5550000 + VSTIMECMP);
	check_space(l1);
	free_l1(l1);
}

/* Another hart of L1 writes a CSR again while its first write is being emulated. */
static void write_again(struct l1 *l1, unsigned int csr)
{
	l1->on_write = NULL;
	area_write(l1, csr, 0xbeef0);
}

static void test_a_write_during_the_sync_is_not_lost(void **state)
{
	static const unsigned int written[] = { HGATP, VSATP, HCOUNTEREN, HSTATUS };

	(void)state;
	for (unsigned int i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		for (unsigned int all = 0; all < 2; all++) {
			struct l1 *l1 = new_l1_with_area(1);

			area_write(l1, written[i], 0x100);
			l1->on_write = write_again;
			assert_int_equal(nacl_host_sync_csr(&l1->host, all ? ONES : written[i]), 0);
			assert_int_equal(l1->events, 1);
			assert_int_equal(l1->csr[written[i]], 0x100);
			assert_true(is_dirty(l1, written[i]));
			assert_int_equal(nacl_host_sync_csr(&l1->host, ONES), 0);
			assert_int_equal(l1->csr[written[i]], 0xbeef0);
			free_l1(l1);
		}
	}
}

#define RACE_ROUNDS 5000
#define RACE_CSRS   7

static const unsigned int race_csrs[RACE_CSRS] = {
	/* in one word of the bitmap */
	0x240, 0x241, 0x242, 0x243, 0x250, 0x251, 0x25c,
};

struct race {
	struct l1 *l1;
	unsigned int written; /* rounds that the writer has finished */
	unsigned int checked;
};

/* As another hart would: no lock, but the dirty bit is set atomically and after the value. */
static void race_write(struct l1 *l1, unsigned int csr, nacl_word value)
{
	unsigned int offset;
	nacl_word bit = csr_bit(csr, &offset);
	nacl_word *dirty = (nacl_word *)(void *)(l1->area + offset);
	nacl_word *word = (nacl_word *)(void *)(l1->area + csr_offset(csr));

	__atomic_store_n(word, nacl_le(value), __ATOMIC_RELAXED);
	__atomic_fetch_or(dirty, nacl_le(bit), __ATOMIC_RELEASE);
}

/* Wait, but let others run on a machine that is busy. */
static void race_pause(unsigned int *spins)
{
	if (++*spins % 256 == 0)
		sched_yield();
}

static void *race_writer(void *arg)
{
	struct race *r = arg;

	for (unsigned int i = 1; i <= RACE_ROUNDS; i++) {
		for (unsigned int n = 0; n < RACE_CSRS; n++) {
			race_write(r->l1, race_csrs[n], i - 1);
			race_write(r->l1, race_csrs[n], i);
		}
		__atomic_store_n(&r->written, i, __ATOMIC_RELEASE);
		for (unsigned int spins = 0; __atomic_load_n(&r->checked, __ATOMIC_ACQUIRE) != i;)
			race_pause(&spins);
	}
	return NULL;
}

/*
 * One hart writes CSRs whose dirty bits share a word, while another takes them in: the last value
 * of each arrives. With sync_sret into L2, where VS CSRs are not stored back: against a store
 * between L1's value and its dirty bit the specification has no protection.
 */
static void test_the_last_of_racing_writes_arrives(void **state)
{
	struct race r = { .l1 = new_l1_with_area(4) };
	nacl_word gpr[32];
	unsigned int lost = 0;
	pthread_t thread;

	(void)state;
	r.l1->csr[HSTATUS] = SPV;
	assert_int_equal(pthread_create(&thread, NULL, race_writer, &r), 0);
	for (unsigned int i = 1; i <= RACE_ROUNDS; i++) {
		unsigned int spins = 0;
		bool written;

		do {
			race_pause(&spins);
			written = __atomic_load_n(&r.written, __ATOMIC_ACQUIRE) == i;
			r.l1->events = 0;
			nacl_host_sync_sret(&r.l1->host, gpr);
		} while (!written);
		for (unsigned int n = 0; n < RACE_CSRS; n++)
			lost += r.l1->csr[race_csrs[n]] != i;
		__atomic_store_n(&r.checked, i, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
	assert_int_equal(lost, 0);
	free_l1(r.l1);
}

static void test_a_csr_whose_value_is_known_is_put_as_if_written(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);

	(void)state;
	area_write(l1, VSTIMECMP, 5);
	area_write(l1, VSIP, 2);
	nacl_host_put_written(&l1->host, VSTIMECMP, 7);
	assert_false(is_dirty(l1, VSTIMECMP));
	assert_int_equal(area_read(l1, VSTIMECMP), 7);
	nacl_host_put_written(&l1->host, HTVAL, 8);
	assert_int_equal(area_read(l1, HTVAL), 8);
	nacl_host_put_current(&l1->host, HIP, 4);
	assert_int_equal(area_read(l1, HIP), 4);
	/* VSIP is dirty, so L0 does not store over L1's value. */
	nacl_host_put_current(&l1->host, VSIP, 0);
	assert_true(is_dirty(l1, VSIP));
	assert_int_equal(area_read(l1, VSIP), 2);
	free_l1(l1);
}

static void test_sync_hfence_errors_come_in_order(void **state)
{
	struct l1 *l1 = new_l1(15 & ~2);

	(void)state;
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ENTRIES), -2);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	put_entry(l1, 0, config(1, 0, 0, 0), 0, 0);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, 0), -2);
	free_l1(l1);

	l1 = new_l1(2);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ENTRIES), -9);
	assert_int_equal(nacl_host_set_shmem(&l1->host, RAM_BASE, 0, 0), 0);
	for (unsigned int e = 0; e < ENTRIES; e++)
		put_entry(l1, e, config(1, 0, 0, 0), 0, 0);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ENTRIES), -3);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ONES - 1), -3);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, PENDING), -3);
	assert_int_equal(l1->events, 0);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ENTRIES - 1), 0);
	assert_int_equal(l1->events, 1);
	assert_int_equal(count_pending(l1), ENTRIES - 1);
	free_l1(l1);
}

static void test_pending_is_cleared_after_the_fence_was_done(void **state)
{
	struct l1 *l1 = new_l1_with_area(2);
	nacl_word conf = config(6, 0, 3, 4);

	(void)state;
	for (unsigned int e = 0; e < ENTRIES; e += 2)
		put_entry(l1, e, conf, e, 1);
	for (unsigned int e = 1; e < ENTRIES; e += 2)
		put_entry(l1, e, conf & ~PENDING, e, 1);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, 1), 0);
	assert_int_equal(l1->events, 0);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, 2), 0);
	assert_int_equal(l1->events, 1);
	assert_int_equal(l1->log[0].fence.addr, 2 << 12);
	assert_int_equal(l1->log[0].pending, ENTRIES / 2);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ONES), 0);
	assert_int_equal(l1->events, ENTRIES / 2);
	for (unsigned int i = 0; i < l1->events; i++)
		assert_int_equal(l1->log[i].pending, ENTRIES / 2 - i);
	for (unsigned int e = 0; e < ENTRIES; e++)
		assert_true(get(l1, entry_offset(e, 0)) == (conf & ~PENDING));
	free_l1(l1);
}

static void test_some_fences_at_a_time(void **state)
{
	/* With any features offered. */
	struct l1 *l1 = new_l1_with_area(0);
	nacl_word conf = config(6, 0, 3, 4);

	(void)state;
	assert_true(nacl_host_take_fences(&l1->host, 0));
	for (unsigned int e = 1; e < 10; e += 2)
		put_entry(l1, e, conf, e, 1);
	assert_false(nacl_host_take_fences(&l1->host, 0));
	assert_int_equal(l1->events, 0);
	assert_false(nacl_host_take_fences(&l1->host, 2));
	assert_int_equal(l1->events, 2);
	assert_int_equal(count_pending(l1), 3);
	assert_int_equal(l1->log[0].fence.addr, 1 << 12);
	assert_int_equal(l1->log[1].fence.addr, 3 << 12);
	assert_true(nacl_host_take_fences(&l1->host, 3));
	assert_int_equal(l1->events, 5);
	assert_int_equal(l1->log[4].fence.addr, 9 << 12);
	assert_int_equal(count_pending(l1), 0);
	free_l1(l1);

	/* A fence that takes long is the last, but not for the calls that do all of them. */
	l1 = new_l1_with_area(15);
	for (unsigned int e = 1; e < 10; e += 2)
		put_entry(l1, e, conf, e, 1);
	l1->slow_fences = true;
	assert_false(nacl_host_take_fences(&l1->host, 3));
	assert_int_equal(l1->events, 1);
	assert_false(nacl_host_take_in(&l1->host, 3));
	assert_int_equal(l1->events, 2);
	l1->slow_fences = false;
	assert_false(nacl_host_take_fences(&l1->host, 2));
	assert_int_equal(l1->events, 4);
	assert_true(nacl_host_take_fences(&l1->host, 1));
	assert_int_equal(l1->events, 5);
	l1->slow_fences = true;
	put_entry(l1, 2, conf, 2, 1);
	put_entry(l1, 3, conf, 3, 1);
	assert_true(nacl_host_take_in(&l1->host, ENTRIES));
	assert_int_equal(l1->events, 7);
	put_entry(l1, 2, conf, 2, 1);
	put_entry(l1, 3, conf, 3, 1);
	assert_int_equal(nacl_host_sync_hfence(&l1->host, ONES), 0);
	assert_int_equal(l1->events, 9);
	assert_int_equal(count_pending(l1), 0);
	free_l1(l1);

	l1 = new_l1(15);
	assert_true(nacl_host_take_fences(&l1->host, 0));
	free_l1(l1);
}

static void test_hfence_decode(void **state)
{
	const unsigned int max_vmid = NACL_XLEN == 32 ? 0x7f : 0x3fff;
	const unsigned int max_asid = NACL_XLEN == 32 ? 0x1ff : 0xffff;
	const uint64_t max_word = ONES;
	const struct {
		nacl_word config, number, reserved, count;
		struct nacl_hfence want;
	} cases[] = {
		{ config(0, 0, 0, 0), 5, 0, 3, { 0, 0, 0, 0x5000, 0x3000 } },
		{ config(1, 0, 0, 0), 0, 0, 0, { 1, 0, 0, 0, 0 } },
		{ config(2, 9, 7, 0), 5, 0, 1, { 2, 7, 0, 5ull << 21, 1ull << 21 } },
		{ config(3, 0, max_vmid, 0), 0, 0, 0, { 3, max_vmid, 0, 0, 0 } },
		{ config(4, 0, 0x55, 0), 5, 0, 3, { 4, 0x55, 0, 0x5000, 0x3000 } },
		{ config(5, 0, 0x55, 0), 0, 0, 0, { 5, 0x55, 0, 0, 0 } },
		{ config(6, 1, max_vmid, max_asid),
		  5,
		  0,
		  3,
		  { 6, max_vmid, max_asid, 5 << 13, 3 << 13 } },
		{ config(7, 0, 1, max_asid), 0, 0, 0, { 7, 1, max_asid, 0, 0 } },
		/* fields that the type ignores */
		{ config(0, 0, 9, 8), 5, 0, 3, { 0, 0, 0, 0x5000, 0x3000 } },
		{ config(1, 99, 9, 8), 5, 0, 3, { 1, 0, 0, 0, 0 } },
		{ config(2, 0, 9, 8), 5, 0, 3, { 2, 9, 0, 0x5000, 0x3000 } },
		{ config(3, 99, 9, 8), 5, 0, 3, { 3, 9, 0, 0, 0 } },
		{ config(4, 0, 9, 8), 5, 0, 3, { 4, 9, 0, 0x5000, 0x3000 } },
		{ config(5, 99, 9, 8), 5, 0, 3, { 5, 9, 0, 0, 0 } },
		{ config(7, 99, 9, 8), 5, 0, 3, { 7, 9, 8, 0, 0 } },
		/* no pages: one */
		{ config(6, 0, 9, 8), 5, 0, 0, { 6, 9, 8, 0x5000, 0x1000 } },
		/* ranges at and past the end */
		{ config(2, 0, 9, 0), 0xfffff, 0, 1, { 2, 9, 0, 0xfffff000, 0x1000 } },
		{ config(0, 51, 0, 0), 0, 0, 1, { 0, 0, 0, 0, 1ull << 63 } },
		{ config(0, 51, 0, 0), 1, 0, 1, { 1, 0, 0, 0, 0 } },
		{ config(0, 51, 0, 0), 0, 0, 2, { 1, 0, 0, 0, 0 } },
		{ config(2, 52, 9, 0), 0, 0, 1, { 3, 9, 0, 0, 0 } },
		{ config(4, 127, 9, 0), 0, 0, 1, { 5, 9, 0, 0, 0 } },
		{ config(6, 64 - 12, 9, 8), 0, 0, 1, { 7, 9, 8, 0, 0 } },
		{ config(6, 64, 9, 8), 1, 0, 1, { 7, 9, 8, 0, 0 } },
		{ config(6, 40, 9, 8), 0x1000, 0, 1, { 7, 9, 8, 0, 0 } },
		{ config(6, 40, 9, 8), 0xfff, 0, 1, { 7, 9, 8, 0, 0 } },
		{ config(6, 40, 9, 8), 0xffe, 0, 1, { 6, 9, 8, 0xffeull << 52, 1ull << 52 } },
		{ config(6, 40, 9, 8), 0, 0, 0x1000, { 7, 9, 8, 0, 0 } },
		{ config(6, 0, 9, 8),
		  ONES,
		  0,
		  1,
		  { NACL_XLEN == 32 ? 6 : 7, 9, 8, NACL_XLEN == 32 ? max_word << 12 : 0,
		    NACL_XLEN == 32 ? 0x1000 : 0 } },
		{ config(6, 0, 9, 8),
		  1,
		  0,
		  ONES,
		  { NACL_XLEN == 32 ? 6 : 7, 9, 8, NACL_XLEN == 32 ? 0x1000 : 0,
		    NACL_XLEN == 32 ? max_word << 12 : 0 } },
		/* reserved: types, bits, word */
		{ config(8, 0, 9, 8), 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(15, 0, 9, 8), 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(0, 0, 0, 0) | PENDING >> 1, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(2, 0, 9, 0) | PENDING >> 2, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(6, 0, 9, 8) | PENDING >> 3, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(7, 0, 9, 8) | PENDING >> 8, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(2, 0, 9, 8), 5, 1, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(1, 0, 0, 0), 0, PENDING, 0, { EVERYTHING, 0, 0, 0, 0 } },
#if NACL_XLEN == 64
		{ config(2, 0, 9, 8) | 1ull << 30, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(2, 0, 9, 8) | 1ull << 47, 5, 0, 3, { EVERYTHING, 0, 0, 0, 0 } },
		{ config(4, 0, 1, 0), ONES >> 12, 0, 1, { 5, 1, 0, 0, 0 } }, /* up to 2^64 */
		{ config(4, 0, 1, 0), (ONES >> 12) - 1, 0, 1, { 4, 1, 0, -0x2000ull, 0x1000 } },
#endif
	};
	struct l1 *l1 = new_l1_with_area(2);

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int e = i % ENTRIES;
		const struct nacl_hfence *got = &l1->log[0].fence, *want = &cases[i].want;

		l1->events = 0;
		put(l1, entry_offset(e, 2), cases[i].reserved);
		put_entry(l1, e, cases[i].config, cases[i].number, cases[i].count);
		assert_int_equal(nacl_host_sync_hfence(&l1->host, e), 0);
		assert_int_equal(l1->events, 1);
		if (got->type != want->type || got->vmid != want->vmid || got->asid != want->asid ||
		    got->addr != want->addr || got->size != want->size)
			fail_msg("case %u: type %d vmid %#x asid %#x addr %#llx size %#llx", i,
				 got->type, got->vmid, got->asid, (unsigned long long)got->addr,
				 (unsigned long long)got->size);
		put(l1, entry_offset(e, 2), 0);
	}
	free_l1(l1);
}

/* L1 has prepared all that an entry into L2 can take from the area. */
static void prepare_entry(struct l1 *l1, nacl_word slot)
{
	for (unsigned int i = 0; i < 64; i++)
		put(l1, i * WS, 0x1000 + i);
	put(l1, 0x200, ~(nacl_word)0); /* the flag, and all reserved ones */
	put(l1, 0x200 + WS, slot);
	area_write(l1, HGATP, 0x807);
	area_write(l1, HVIP, 0x44);
	area_write(l1, VSATP, 0x99);
	put_entry(l1, 7, config(3, 0, 5, 0), 0, 0);
}

/* Every entry consumes all of these, with any features. */
static void check_entry(struct l1 *l1)
{
	assert_int_equal(l1->csr[HGATP], 0x804);
	assert_int_equal(l1->csr[HVIP], 0x44);
	assert_int_equal(l1->csr[VSATP], 0x99);
	assert_int_equal(area_read(l1, HGATP), 0x804);
	assert_int_equal(count_pending(l1), 0);
	assert_false(is_dirty(l1, HGATP) || is_dirty(l1, HVIP) || is_dirty(l1, VSATP));
	assert_true(l1->events >= 4);
	assert_int_equal(l1->log[3].kind, FENCE); /* after the three CSRs */
	assert_int_equal(l1->log[3].fence.vmid, 5);
	assert_int_equal(l1->log[3].pending, 1);
}

static void test_sync_sret_with_each_subset(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		struct l1 *l1 = new_l1(features);
		nacl_word gpr[32];
		unsigned char *copy = malloc(AREA_SIZE);

		memset(gpr, 0xee, sizeof(gpr));
		assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), features & 4 ? -9 : -2);
		free_l1(l1);
		l1 = new_l1_with_area(features);
		prepare_entry(l1, 0x1080 | SPV);
		memcpy(copy, l1->area, AREA_SIZE);
		assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), features & 4 ? 0 : -2);
		if (features & 4) {
			check_entry(l1);
			assert_int_equal(gpr[0], 0);
			for (unsigned int i = 1; i < 32; i++)
				assert_int_equal(gpr[i], 0x1000 + i);
			assert_int_equal(l1->csr[HSTATUS], features & 8 ? 0x1080 : 0x40);
			assert_int_equal(get(l1, 0x200 + WS), features & 8 ? 0x40 : 0x1080);
			assert_int_equal(l1->events, features & 8 ? 5 : 4);
		} else {
			assert_int_equal(l1->events, 0);
			assert_memory_equal(copy, l1->area, AREA_SIZE);
			assert_int_equal((unsigned char)gpr[1], 0xee);
			assert_int_equal((unsigned char)gpr[0], 0xee);
		}
		free(copy);
		free_l1(l1);
	}
}

static void test_sync_sret_that_stays_in_l1_leaves_the_space_current(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	nacl_word gpr[32];

	(void)state;
	l1->csr[HSTATUS] = SPV;
	l1->csr[HIDELEG] = 0x444;
	nacl_host_refresh_all(&l1->host);
	prepare_entry(l1, 0x2000); /* no SPV */
	area_write(l1, VSIE, 0x202);
	assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), 0);
	assert_int_equal(l1->csr[HSTATUS], 0x2000);
	assert_int_equal(get(l1, 0x200 + WS), SPV);
	assert_int_equal(area_read(l1, VSIP), 0x22);
	check_space(l1);
	free_l1(l1);
}

static void test_autoswap_needs_its_flag(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	nacl_word gpr[32];

	(void)state;
	put(l1, 0x200, ONES - 1);
	put(l1, 0x200 + WS, SPV);
	assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), 0);
	nacl_host_after_trap(&l1->host);
	assert_int_equal(l1->events, 0);
	assert_int_equal(get(l1, 0x200 + WS), SPV);
	free_l1(l1);
}

static void test_sret_takes_a_dirty_hstatus_before_it_swaps(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);
	nacl_word gpr[32];

	(void)state;
	put(l1, 0x200, 1);
	put(l1, 0x200 + WS, 0x1000 | SPV);
	area_write(l1, HSTATUS, 0x6000);
	assert_int_equal(nacl_host_sync_sret(&l1->host, gpr), 0);
	assert_int_equal(l1->csr[HSTATUS], 0x1000 | SPV);
	assert_int_equal(get(l1, 0x200 + WS), 0x6000);
	free_l1(l1);
}

static void test_a_trapped_sret_takes_in_the_area_with_each_subset(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		for (nacl_word hstatus = 0; hstatus <= SPV; hstatus += SPV) {
			struct l1 *l1 = new_l1_with_area(features);

			l1->csr[HSTATUS] = hstatus;
			prepare_entry(l1, 0x1000);
			nacl_host_before_sret(&l1->host);
			check_entry(l1);
			assert_int_equal(l1->events, 4); /* no swap */
			assert_int_equal(l1->csr[HSTATUS], hstatus);
			assert_int_equal(get(l1, 0x200 + WS), 0x1000);
			if (!hstatus)
				check_space(l1);
			free_l1(l1);
		}
	}
}

static void test_after_a_trap_the_space_is_current_with_each_subset(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		struct l1 *l1 = new_l1_with_area(features);

		/* L2 has run, and trapped into L1 */
		for (unsigned int csr = 0x200; csr < 0x300; csr++)
			l1->csr[csr] += 0x10000000;
		l1->csr[VSCAUSE] = PENDING | 5;
		l1->csr[HSTATUS] = 0x1c0 | SPV;
		l1->csr[HTVAL] = 0x1111;
		l1->csr[HTINST] = 0x2222;
		l1->csr[HIDELEG] = 0x444;
		nacl_host_refresh(&l1->host, HIDELEG);
		l1->csr[HVIP] = 0x444; /* L2 sets its SSIP */
		l1->csr[HIE] = 0x440;  /* and writes its sie */
		l1->csr[HGEIP] = 2;
		l1->csr[0xeb0] = 3;
		l1->csr[0x655] = 4;
		put(l1, 0x200, 1);
		put(l1, 0x200 + WS, 0x3000);
		nacl_host_after_trap(&l1->host);
		check_space(l1);
		assert_int_equal(area_read(l1, HSTATUS), features & 8 ? 0x3000 : 0x1c0 | SPV);
		assert_int_equal(l1->csr[HSTATUS], features & 8 ? 0x3000 : 0x1c0 | SPV);
		assert_int_equal(get(l1, 0x200 + WS), features & 8 ? 0x1c0 | SPV : 0x3000);
		assert_true(area_read(l1, VSCAUSE) == (PENDING | 5));
		assert_int_equal(l1->events, features & 8 ? 1 : 0);
		free_l1(l1);
	}
}

static void test_a_csr_instruction_of_l1_replaces_what_waits(void **state)
{
	struct l1 *l1 = new_l1_with_area(15);

	(void)state;
	l1->csr[HIDELEG] = 0x444;
	nacl_host_refresh_all(&l1->host);
	area_write(l1, HVIP, 0x400);
	area_write(l1, HCOUNTEREN, 1);
	area_write(l1, VSIE, 2);
	l1->csr[HVIP] = 0x44;
	nacl_host_csr_written(&l1->host, HVIP);
	assert_false(is_dirty(l1, HVIP));
	assert_int_equal(area_read(l1, HVIP), 0x44);
	assert_int_equal(area_read(l1, HIP), 0x44);
	assert_int_equal(area_read(l1, VSIP), 0x22);
	assert_true(is_dirty(l1, HCOUNTEREN) && is_dirty(l1, VSIE));
	assert_int_equal(area_read(l1, VSIE), 2);
	l1->csr[HENVCFG] = 1;
	nacl_host_csr_written(&l1->host, HENVCFG);
	check_space(l1);
	nacl_host_csr_written(&l1->host, 0x6ff); /* not there */
	nacl_host_csr_written(&l1->host, 0x100); /* no H CSR: has the index of 0x200 */
	nacl_host_csr_written(&l1->host, 0x1600);
	assert_int_equal(l1->events, 0);
	free_l1(l1);
}

static void test_refresh_leaves_what_waits(void **state)
{
	struct l1 *l1 = new_l1_with_area(0);

	(void)state;
	area_write(l1, VSSCRATCH, 77);
	area_write(l1, 0x300 - 1, 78);
	area_write(l1, HENVCFG, 79);
	l1->csr[VSSCRATCH] = 1;
	l1->csr[HTVAL] = 2;
	l1->csr[VSATP] = 3;
	nacl_host_refresh(&l1->host, VSSCRATCH);
	nacl_host_refresh(&l1->host, HTVAL);
	assert_int_equal(area_read(l1, HTVAL), 2);
	assert_int_equal(area_read(l1, VSATP), 0xabcd0000 + VSATP);
	nacl_host_refresh(&l1->host, 0x2ff);
	put(l1, csr_offset(VSSTATUS), 5);
	nacl_host_refresh(&l1->host, 0x100);
	nacl_host_refresh(&l1->host, 0x1200);
	assert_int_equal(area_read(l1, VSSTATUS), 5);
	nacl_host_refresh_all(&l1->host);
	check_space(l1);
	nacl_host_after_trap(&l1->host);
	assert_int_equal(area_read(l1, VSSCRATCH), 77);
	assert_int_equal(area_read(l1, 0x2ff), 78);
	assert_int_equal(area_read(l1, HENVCFG), 79);
	assert_true(is_dirty(l1, VSSCRATCH) && is_dirty(l1, 0x2ff) && is_dirty(l1, HENVCFG));
	assert_int_equal(l1->events, 0);
	free_l1(l1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_probe_answers_for_each_subset),
		cmocka_unit_test(test_a_further_hart_is_like_the_first),
		cmocka_unit_test(test_set_shmem_checks_flags_then_alignment_then_address),
		cmocka_unit_test(test_set_shmem_takes_the_highest_area_there_is),
		cmocka_unit_test(test_set_shmem_fills_the_csr_space_and_leaves_the_rest),
		cmocka_unit_test(test_leaving_an_area_does_its_fences_and_forgets_it),
		cmocka_unit_test(test_reset_forgets_the_area_untouched),
		cmocka_unit_test(test_sync_csr_errors_come_in_order),
		cmocka_unit_test(test_sync_of_one_csr),
		cmocka_unit_test(test_sync_of_all_csrs_writes_the_dirty_ones),
		cmocka_unit_test(test_every_dirty_csr_is_written_once_gates_first),
		cmocka_unit_test(test_a_write_during_the_sync_is_not_lost),
		cmocka_unit_test(test_the_last_of_racing_writes_arrives),
		cmocka_unit_test(test_a_csr_whose_value_is_known_is_put_as_if_written),
		cmocka_unit_test(test_sync_hfence_errors_come_in_order),
		cmocka_unit_test(test_pending_is_cleared_after_the_fence_was_done),
		cmocka_unit_test(test_some_fences_at_a_time),
		cmocka_unit_test(test_hfence_decode),
		cmocka_unit_test(test_sync_sret_with_each_subset),
		cmocka_unit_test(test_sync_sret_that_stays_in_l1_leaves_the_space_current),
		cmocka_unit_test(test_autoswap_needs_its_flag),
		cmocka_unit_test(test_sret_takes_a_dirty_hstatus_before_it_swaps),
		cmocka_unit_test(test_a_trapped_sret_takes_in_the_area_with_each_subset),
		cmocka_unit_test(test_after_a_trap_the_space_is_current_with_each_subset),
		cmocka_unit_test(test_a_csr_instruction_of_l1_replaces_what_waits),
		cmocka_unit_test(test_refresh_leaves_what_waits),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	/* All of them with the operations that are there for speed. */
	ops_in_use = &quick_ops;
	return failed + cmocka_run_group_tests_name("quick", tests, NULL, NULL);
}
