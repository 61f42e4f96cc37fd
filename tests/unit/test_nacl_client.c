/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * src/nacl/client.c alone: against an L0 made of answers, which also lies; and its fence queue
 * against a reader on another hart, in every interleaving (below, "the model"). Offsets and bit
 * positions are written out as the specification has them. Built for both XLENs, and for a host
 * with the other byte order.
 *
 * With REVERSE_PUBLICATION the fence queue publishes in the wrong order, and the model must fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nacl/abi.h"

static nacl_word nacl_mem_load(const volatile nacl_word *word);
static void nacl_mem_store(volatile nacl_word *word, nacl_word value);
static void nacl_mem_set_bits(volatile nacl_word *word, nacl_word bits);
static void nacl_mem_clear_bits(volatile nacl_word *word, nacl_word bits);
static void nacl_mem_acquire(void);
static void nacl_mem_release(void);
#define NACL_CLIENT_MEMORY
#include "nacl/client.c"

#define WS	  (NACL_XLEN / 8)
#define AREA_SIZE (4096 + 1024 * WS)
#define ENTRIES	  (3840 / NACL_XLEN)
#define ONES	  ((nacl_word)-1)
#define PHYS	  0x80004000u
#define ALL	  15u

enum { VSSTATUS = 0x200, VSATP = 0x280, HSTATUS = 0x600, HIDELEG = 0x603, HVIP = 0x645 };
enum { HENVCFG = 0x60a, HENVCFGH = 0x61a, HGATP = 0x680, HGEIP = 0xe12 };

struct event {
	enum { CALL = 1, FENCE, CSR } kind;
	nacl_word fid, a0, a1, a2; /* CSR: a0 is the number, a1 the value */
	struct nacl_client_hfence fence;
};

/* The answers of L0, and the calls that L0 saw. */
static struct below {
	nacl_word version, extension, errors[5];
	nacl_word features, feature_value;
	nacl_word when_dirty; /* what the word of hgatp held when a dirty bit was last set */
	bool hook_syncs;      /* the hook of fences syncs all CSRs first */
	bool honest;	      /* it does what a successful call asks for */
	unsigned char *area;
	struct event log[512];
	unsigned int events;
} below;

static struct nacl_client client;
static struct nacl_client_hart hart;

/* ---- the model's hold on memory: see below ---- */

static struct model *model;
static nacl_word model_op(struct model *m, unsigned int kind, unsigned int word, nacl_word value);
static unsigned int model_word(const volatile nacl_word *word);
static nacl_word word_of(unsigned int csr);
enum { OP_LOAD, OP_STORE, OP_ACQUIRE, OP_RELEASE, OP_CALL, OP_DONE };

static nacl_word nacl_mem_load(const volatile nacl_word *word)
{
	return model ? model_op(model, OP_LOAD, model_word(word), 0) : nacl_le(*word);
}

static void nacl_mem_store(volatile nacl_word *word, nacl_word value)
{
	if (model)
		model_op(model, OP_STORE, model_word(word), value);
	else
		*word = nacl_le(value);
}

static void nacl_mem_set_bits(volatile nacl_word *word, nacl_word bits)
{
	below.when_dirty = word_of(HGATP);
	*word |= nacl_le(bits);
}

static void nacl_mem_clear_bits(volatile nacl_word *word, nacl_word bits)
{
	*word &= nacl_le(~bits);
}

static void nacl_mem_acquire(void)
{
	if (model)
		model_op(model, OP_ACQUIRE, 0, 0);
}

static void nacl_mem_release(void)
{
	if (model)
		model_op(model, OP_RELEASE, 0, 0);
}

/* ---- the area, as L0 sees it ---- */

static nacl_word get(unsigned int offset)
{
	nacl_word value = 0;

	for (unsigned int i = 0; i < WS; i++) {
#ifdef NACL_SIMULATE_BIG_ENDIAN /* the library is to swap what it holds: so does the memory */
		value |= (nacl_word)below.area[offset + i] << (8 * (WS - 1 - i));
#else
		value |= (nacl_word)below.area[offset + i] << (8 * i);
#endif
	}
	return value;
}

static void put(unsigned int offset, nacl_word value)
{
	nacl_word word = nacl_le(value);

	memcpy(below.area + offset, &word, WS);
}

static unsigned int index_of(unsigned int csr)
{
	return (csr & 0xc00) >> 2 | (csr & 0xff);
}

static nacl_word word_of(unsigned int csr)
{
	return get(0x1000 + index_of(csr) * WS);
}

static bool dirty(unsigned int csr)
{
	return get(0xf80 + index_of(csr) / NACL_XLEN * WS) >> (index_of(csr) % NACL_XLEN) & 1;
}

static unsigned int entry_offset(unsigned int e, unsigned int word)
{
	return 0x800 + (4 * e + word) * WS;
}

static unsigned int count_pending(void)
{
	unsigned int n = 0;

	for (unsigned int e = 0; e < ENTRIES; e++)
		n += get(entry_offset(e, 0)) >> (NACL_XLEN - 1);
	return n;
}

static void clear_pending(unsigned int e)
{
	put(entry_offset(e, 0), get(entry_offset(e, 0)) & ~((nacl_word)1 << (NACL_XLEN - 1)));
}

/* ---- the hooks ---- */

static struct event *add(unsigned int kind)
{
	assert_true(below.events < 512);
	below.log[below.events].kind = kind;
	return &below.log[below.events++];
}

static void take_in(nacl_word fid)
{
	for (unsigned int w = 0; fid == 2 && w < 128 / WS; w++)
		put(0xf80 + w * WS, 0);
	for (unsigned int e = 0; fid == 3 && e < ENTRIES; e++)
		clear_pending(e);
}

struct nacl_ret nacl_hook_call(nacl_word eid, nacl_word fid, nacl_word a0, nacl_word a1,
			       nacl_word a2)
{
	struct event *event;

	if (model) {
		model_op(model, OP_CALL, 0, 0);
		return (struct nacl_ret){ 0, 0 };
	}
	if (eid == 0x10) {
		assert_true(fid == 0 || (fid == 3 && a0 == 0x4E41434C));
		return (struct nacl_ret){ 0, fid ? below.extension : below.version };
	}
	assert_int_equal(eid, 0x4E41434C);
	assert_true(fid < 5);
	if (!fid)
		return (struct nacl_ret){ 0, below.features >> a0 & 1 ? below.feature_value : 0 };
	event = add(CALL);
	event->fid = fid;
	event->a0 = a0;
	event->a1 = a1;
	event->a2 = a2;
	if (below.honest && !below.errors[fid])
		take_in(fid);
	return (struct nacl_ret){ below.errors[fid], 0 };
}

void nacl_hook_hfence(const struct nacl_client_hfence *fence)
{
	assert_null(model); /* with an honest reader none needs to be executed */
	if (below.hook_syncs)
		nacl_client_sync_csr(&hart, ONES);
	add(FENCE)->fence = *fence;
}

void nacl_hook_csr_write(unsigned int csr, nacl_word value)
{
	struct event *event = add(CSR);

	assert_true(csr < 0xc00 && (csr & 0x300) == 0x200);
	event->a0 = csr;
	event->a1 = value;
}

/* ---- helpers of the tests ---- */

static unsigned int count(unsigned int kind, nacl_word fid)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < below.events; i++)
		n += below.log[i].kind == kind && (kind != CALL || below.log[i].fid == fid);
	return n;
}

static const struct event *event_at(unsigned int kind, unsigned int n)
{
	for (unsigned int i = 0; i < below.events; i++) {
		if (below.log[i].kind == kind && !n--)
			return &below.log[i];
	}
	fail_msg("no such event");
	return NULL;
}

static void new_below(unsigned int features)
{
	model = NULL;
	free(below.area);
	memset(&below, 0, sizeof(below));
	below.version = 0x2000000;
	below.extension = 1;
	below.features = features;
	below.feature_value = 1;
	below.honest = true;
	below.area = aligned_alloc(WS, AREA_SIZE);
	memset(below.area, 0xa5, AREA_SIZE);
	memset(&hart, 0, sizeof(hart));
	nacl_client_init(&client);
}

static void enabled(unsigned int features)
{
	new_below(features);
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, PHYS), 0);
	below.events = 0;
}

static void hfence(struct nacl_client_hfence fence)
{
	nacl_client_hfence(&hart, &fence);
}

static void fill_queue(void)
{
	for (unsigned int e = 0; e < ENTRIES; e++)
		hfence(nacl_hfence_gvma_vmid(3, 0x1000 * (e + 1), 0x1000, 0));
	assert_int_equal(count_pending(), ENTRIES);
	assert_int_equal(below.events, 0);
}

/* ---- life cycle ---- */

static void test_init_finds_what_is_there(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		new_below(features);
		assert_true(nacl_client_init(&client));
		assert_true(client.available);
		assert_int_equal(client.features, features);
	}
	below.version = 0x1000000;
	assert_true(nacl_client_init(&client));
	below.feature_value = 42; /* neither 0 nor 1 */
	assert_true(nacl_client_init(&client));
	assert_int_equal(client.features, 0);
	nacl_client_exit(&client);
	assert_false(client.available);
}

static void test_init_without_the_extension_is_no_error(void **state)
{
	struct nacl_client_hfence fence = nacl_hfence_gvma(0x5000, 0, 0);

	(void)state;
	new_below(ALL);
	below.version = 3;
	assert_false(nacl_client_init(&client));
	below.version = 0x80000003u; /* bit 31 is not of the version */
	assert_false(nacl_client_init(&client));
	below.version = 0x2000000;
	below.extension = 0;
	assert_false(nacl_client_init(&client));
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, PHYS), 0);
	assert_true(!hart.shmem);
	nacl_client_hfence(&hart, &fence);
	nacl_client_flush(&hart);
	nacl_client_settle(&hart);
	assert_int_equal(nacl_client_disable(&hart), 0);
	assert_int_equal(below.events, 1);
	assert_int_equal(event_at(FENCE, 0)->fence.addr, 0x5000);
	assert_int_equal(event_at(FENCE, 0)->fence.size, 1);
}

static void test_enable_zeroes_the_area_and_names_it(void **state)
{
	uint64_t phys = NACL_XLEN == 32 ? 0x3fffff000u : 0x123456789000u;

	(void)state;
	new_below(ALL);
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, phys + 8), -3);
	assert_int_equal(nacl_client_enable(&client, &hart, below.area + 1, phys), -3);
	assert_int_equal(below.events, 0);
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, phys), 0);
	assert_int_equal(below.events, 1);
	assert_int_equal(below.log[0].fid, 1);
	assert_int_equal(below.log[0].a0, (nacl_word)phys);
	assert_int_equal(below.log[0].a1, NACL_XLEN == 32 ? phys >> 32 : 0);
	assert_int_equal(below.log[0].a2, 0);
	for (unsigned int i = 0; i < AREA_SIZE; i++)
		assert_int_equal(below.area[i], 0);
	assert_ptr_equal(hart.shmem, below.area);
	assert_int_equal(hart.features, ALL);
}

static void test_a_refused_area_is_undone(void **state)
{
	static const nacl_word errors[][2] = {
		{ -1, -1 },  { -3, -3 }, { -5, -5 },
		{ -77, -1 }, { 5, -1 },	 { (nacl_word)1 << (NACL_XLEN - 1), -1 }
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		new_below(ALL);
		below.errors[1] = errors[i][0];
		assert_int_equal((nacl_word)nacl_client_enable(&client, &hart, below.area, PHYS),
				 errors[i][1]);
		assert_true(!hart.shmem);
		assert_int_equal(hart.features, 0);
		/* should L0 have set it all the same */
		assert_int_equal(below.events, 2);
		assert_true(below.log[1].a0 == ONES && below.log[1].a1 == ONES);
		hfence(nacl_hfence_gvma_all());
		assert_int_equal(count(FENCE, 0), 1);
	}
}

static void test_enable_leaves_out_a_feature_that_went(void **state)
{
	(void)state;
	new_below(ALL);
	below.features = 1;
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, PHYS), 0);
	assert_int_equal(hart.features, 1);
	assert_int_equal(nacl_client_disable(&hart), 0);
	new_below(1);
	below.features = ALL; /* and does not take one that came: it is not in the keys */
	assert_int_equal(nacl_client_enable(&client, &hart, below.area, PHYS), 0);
	assert_int_equal(hart.features, 1);
}

static void test_disable_loses_nothing(void **state)
{
	(void)state;
	for (unsigned int honest = 0; honest < 2; honest++) {
		enabled(ALL);
		below.honest = honest;
		nacl_csr_write(hart.shmem, HVIP, 4);
		hfence(nacl_hfence_vvma_all(7));
		below.errors[1] = (nacl_word)-1;
		assert_int_equal(nacl_client_disable(&hart), -1);
		assert_true(!hart.shmem);
		assert_int_equal(hart.features, 0);
		assert_int_equal(count(CALL, 2), 1);
		assert_int_equal(count(CALL, 3), 1);
		assert_int_equal(count(CSR, 0), !honest);
		assert_int_equal(count(FENCE, 0), !honest);
		assert_int_equal(below.log[below.events - 1].fid, 1);
		assert_true(below.log[below.events - 1].a0 == ONES);
		assert_true(below.log[below.events - 1].a1 == ONES);
		assert_int_equal(nacl_client_disable(&hart), 0);
	}
}

/* ---- CSRs ---- */

static void test_csr_accessors(void **state)
{
	(void)state;
	enabled(ALL);
	put(0x1000 + index_of(HSTATUS) * WS, 0x1234);
	put(0x1000 + index_of(HGEIP) * WS, 0x77);
	assert_int_equal(nacl_csr_read(hart.shmem, HSTATUS), 0x1234);
	assert_int_equal(nacl_csr_read(hart.shmem, HGEIP), 0x77);
	assert_false(dirty(HSTATUS));
	assert_int_equal(nacl_csr_set(hart.shmem, HSTATUS, 0x81), 0x1234);
	assert_int_equal(word_of(HSTATUS), 0x12b5);
	assert_true(dirty(HSTATUS));
	assert_int_equal(nacl_csr_clear(hart.shmem, HSTATUS, 0x35), 0x12b5);
	assert_int_equal(word_of(HSTATUS), 0x1280);
	assert_int_equal(nacl_csr_swap(hart.shmem, HSTATUS, 9), 0x1280);
	assert_int_equal(nacl_csr_read(hart.shmem, HSTATUS), 9);
	assert_int_equal(nacl_csr_update_index(hart.shmem, index_of(HSTATUS), 0xc, 6), 9);
	assert_int_equal(word_of(HSTATUS), 7); /* what is in both is set */
	nacl_csr_write(hart.shmem, 0xaff, ONES - 5);
	assert_int_equal(word_of(0xaff), ONES - 5);
	nacl_csr_write(hart.shmem, VSSTATUS, 3);
	for (unsigned int csr = 0; csr < 4096; csr++) {
		if ((csr & 0x300) == 0x200)
			assert_int_equal(dirty(csr),
					 csr == HSTATUS || csr == VSSTATUS || csr == 0xaff);
	}
	/* Values first, then the dirty bits of one word of the bitmap. */
	nacl_csr_put(hart.shmem, HIDELEG, 0x444);
	nacl_csr_put(hart.shmem, HGATP, 0x555);
	assert_int_equal(word_of(HIDELEG), 0x444);
	assert_false(dirty(HIDELEG));
	nacl_csr_mark(hart.shmem, index_of(HGATP) / NACL_XLEN,
		      NACL_MARK_BIT(HGATP, 0x180 / NACL_XLEN));
	assert_true(dirty(HGATP));
	assert_false(dirty(HIDELEG));
	assert_int_equal(NACL_MARK_BIT(HIDELEG, 0x180 / NACL_XLEN), 0);
	assert_int_equal(NACL_CSR_WORD_OFFSET(HGATP), 0x1000 + 0x180 * WS);
	nacl_scratch_write(hart.shmem, 0x280, 0x55);
	assert_int_equal(get(0x280), 0x55);
	assert_int_equal(nacl_scratch_read(hart.shmem, 0x280), 0x55);
	assert_int_equal(below.events, 0);
}

static void test_the_value_is_there_before_the_dirty_bit(void **state)
{
	(void)state;
	enabled(ALL);
	nacl_csr_write(hart.shmem, HGATP, 0x71);
	assert_int_equal(below.when_dirty, 0x71);
	nacl_csr_swap(hart.shmem, HGATP, 0x72);
	assert_int_equal(below.when_dirty, 0x72);
	nacl_csr_set(hart.shmem, HGATP, 1);
	assert_int_equal(below.when_dirty, 0x73);
	nacl_csr_clear(hart.shmem, HGATP, 0x70);
	assert_int_equal(below.when_dirty, 3);
	nacl_csr_put(hart.shmem, HGATP, 0x74);
	assert_int_equal(below.when_dirty, 3);
	nacl_csr_mark(hart.shmem, index_of(HGATP) / NACL_XLEN,
		      NACL_MARK_BIT(HGATP, 0x180 / NACL_XLEN));
	assert_int_equal(below.when_dirty, 0x74);
}

static void test_64_bit_registers(void **state)
{
	const uint64_t value = 0x8000000140000002u;

	(void)state;
	enabled(ALL);
	nacl_csr_write64(hart.shmem, HENVCFG, HENVCFGH, value);
	assert_int_equal(nacl_csr_read64(hart.shmem, HENVCFG, HENVCFGH), value);
	assert_int_equal(word_of(HENVCFG), (nacl_word)value);
	assert_int_equal(word_of(HENVCFGH), NACL_XLEN == 32 ? value >> 32 : 0);
	assert_true(dirty(HENVCFG));
	assert_int_equal(dirty(HENVCFGH), NACL_XLEN == 32);
}

static void test_sync_csr(void **state)
{
	(void)state;
	enabled(ALL);
	nacl_csr_write(hart.shmem, HGATP, 5);
	assert_int_equal(nacl_csr_sync(&hart, HGATP), 0);
	assert_int_equal(below.log[0].fid, 2);
	assert_int_equal(below.log[0].a0, HGATP);
	assert_int_equal(below.events, 1);
	assert_int_equal(nacl_csr_sync_all(&hart), 0);
	assert_int_equal(below.log[1].a0, ONES);
}

static void test_a_csr_that_l0_does_not_take_is_written_by_its_instruction(void **state)
{
	static const struct {
		int error;
		bool feature_left, area_left;
	} cases[] = { { 0, true, true },
		      { NACL_ERR_INVALID_PARAM, true, true },
		      { NACL_ERR_NOT_SUPPORTED, false, true },
		      { -123, false, true },
		      { NACL_ERR_NO_SHMEM, false, false } };

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enabled(ALL);
		below.honest = false;
		below.errors[2] = (nacl_word)cases[i].error;
		nacl_csr_write(hart.shmem, HGATP, 5);
		assert_int_equal(nacl_csr_sync(&hart, HGATP),
				 cases[i].error == -123 ? -1 : cases[i].error);
		assert_false(dirty(HGATP));
		assert_int_equal(count(CSR, 0), 1);
		assert_int_equal(event_at(CSR, 0)->a0, HGATP);
		assert_int_equal(event_at(CSR, 0)->a1, 5);
		assert_int_equal(nacl_client_has(&hart, 0), cases[i].feature_left);
		assert_int_equal(hart.shmem != NULL, cases[i].area_left);
	}
}

static void test_when_sync_csr_goes_nothing_stays_dirty(void **state)
{
	(void)state;
	enabled(ALL);
	below.honest = false;
	below.errors[2] = (nacl_word)NACL_ERR_NOT_SUPPORTED;
	nacl_csr_write(hart.shmem, VSATP, 1);
	nacl_csr_write(hart.shmem, HGATP, 5);
	assert_int_equal(nacl_csr_sync(&hart, HGATP), NACL_ERR_NOT_SUPPORTED);
	/* vsatp will be written by its instruction: the older value must not come after that */
	assert_int_equal(count(CSR, 0), 2);
	nacl_client_flush(&hart);
	assert_int_equal(count(CSR, 0), 2);
	assert_false(dirty(VSATP));
	assert_false(dirty(HGATP));
}

static void test_an_area_that_l0_forgot_gives_all_back(void **state)
{
	(void)state;
	enabled(ALL);
	below.honest = false;
	below.errors[2] = (nacl_word)-9;
	nacl_csr_write(hart.shmem, HGATP, 5);
	nacl_csr_write(hart.shmem, HVIP, 4);
	hfence(nacl_hfence_gvma_all());
	assert_int_equal(nacl_csr_sync(&hart, HGATP), NACL_ERR_NO_SHMEM);
	assert_int_equal(count(CSR, 0), 2);
	assert_int_equal(count(FENCE, 0), 1);
	assert_true(!hart.shmem);
	assert_int_equal(nacl_csr_sync(&hart, HGATP), NACL_ERR_NO_SHMEM);
}

static void test_gating_csrs_are_given_back_first(void **state)
{
	/* as in the test of the other half */
	static const unsigned int pairs[][2] = {
		{ 0x60c, 0x24d }, { 0x60f, 0x250 }, { 0x60a, 0x24d }, { 0x60a, 0x645 },
		{ 0x600, 0x251 }, { 0x603, 0x645 }, { 0x603, 0x604 }, { 0x603, 0x204 },
		{ 0x603, 0x244 }, { 0x608, 0x645 }, { 0x609, 0x645 }, { 0x645, 0x644 },
		{ 0x645, 0x244 }, { 0x644, 0x244 }, { 0x604, 0x204 }, { 0x605, 0x24d },
		{ 0x250, 0x251 }, { 0x680, 0x280 }, { 0x61a, 0x24d }, { 0x61c, 0x24d },
		{ 0x613, 0x655 }, { 0x618, 0x655 }, { 0x655, 0x254 }, { 0x615, 0x24d },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		enabled(ALL);
		below.honest = false;
		nacl_csr_write_index(hart.shmem, index_of(pairs[i][1]), 2);
		nacl_csr_write_index(hart.shmem, index_of(pairs[i][0]), 1);
		nacl_csr_write_index(hart.shmem, index_of(HGEIP), 1); /* not to be written */
		nacl_client_flush(&hart);
		assert_int_equal(count(CSR, 0), 2);
		assert_int_equal(event_at(CSR, 0)->a0, pairs[i][0]);
		assert_int_equal(event_at(CSR, 1)->a0, pairs[i][1]);
	}
}

/* ---- fences ---- */

static void check_entry(struct nacl_client_hfence fence, unsigned int type, unsigned int order,
			unsigned int vmid, unsigned int asid, nacl_word number, nacl_word pages)
{
	enabled(ALL);
	put(entry_offset(0, 2), 0xbad);
	hfence(fence);
	assert_int_equal(below.events, 0);
	assert_int_equal(get(entry_offset(0, 0)),
			 (nacl_word)1 << (NACL_XLEN - 1) | (nacl_word)type << (NACL_XLEN - 8) |
				 (nacl_word)order << (NACL_XLEN - 16) |
				 (nacl_word)vmid << (NACL_XLEN == 32 ? 9 : 16) | asid);
	assert_int_equal(get(entry_offset(0, 1)), number);
	assert_int_equal(get(entry_offset(0, 2)), 0);
	assert_int_equal(get(entry_offset(0, 3)), pages);
}

static void test_each_type_as_an_entry(void **state)
{
	(void)state;
	check_entry(nacl_hfence_gvma(0x80000000u, 0x3000, 0), 0, 0, 0, 0, 0x80000, 3);
	check_entry(nacl_hfence_gvma_all(), 1, 0, 0, 0, 0, 0);
	check_entry(nacl_hfence_gvma_vmid(0x7f, 0x80000000u, 0x400000, 9), 2, 9, 0x7f, 0, 0x400, 2);
	check_entry(nacl_hfence_gvma_vmid_all(5), 3, 0, 5, 0, 0, 0);
	check_entry(nacl_hfence_vvma(6, 0x1000, 0x1000, 0), 4, 0, 6, 0, 1, 1);
	check_entry(nacl_hfence_vvma_all(0x55), 5, 0, 0x55, 0, 0, 0);
	check_entry(nacl_hfence_vvma_asid(1, 0x1ff, 0x7000, 0x2000, 0), 6, 0, 1, 0x1ff, 7, 2);
	check_entry(nacl_hfence_vvma_asid_all(2, 3), 7, 0, 2, 3, 0, 0);
}

static void test_ranges_are_widened_never_narrowed(void **state)
{
	const uint64_t top = NACL_XLEN == 32 ? UINT32_MAX : UINT64_MAX;

	(void)state;
	check_entry(nacl_hfence_gvma(0x1fff, 2, 0), 0, 0, 0, 0, 1, 2);
	check_entry(nacl_hfence_gvma(0x1800, 0x800, 0), 0, 0, 0, 0, 1, 1);
	check_entry(nacl_hfence_gvma(0x1234, 0, 0), 0, 0, 0, 0, 1, 1);
	check_entry(nacl_hfence_gvma(0x3ff000, 0x2000, 9), 0, 9, 0, 0, 1, 2);
	check_entry(nacl_hfence_gvma(0x200000, 0x200000, 9), 0, 9, 0, 0, 1, 1);
	check_entry(nacl_hfence_gvma(0, (uint64_t)1 << 40, 18), 0, 18, 0, 0, 0, 1024);
	/* to the end of the addresses, and round it */
	check_entry(nacl_hfence_vvma(1, top - 0xfff, 0x1000, 0), 5, 0, 1, 0, 0, 0);
	check_entry(nacl_hfence_vvma(1, top - 0x1fff, 0x1000, 0), 4, 0, 1, 0,
		    (nacl_word)((top >> 12) - 1), 1);
	check_entry(nacl_hfence_vvma(1, top - 0x1fff, 0x1000, 9), 5, 0, 1, 0, 0, 0);
	check_entry(nacl_hfence_vvma(1, top - 0xfff, 0x3000, 0), 5, 0, 1, 0, 0, 0);
	check_entry(nacl_hfence_gvma(UINT64_MAX, UINT64_MAX, 0), 1, 0, 0, 0, 0, 0);
	/* orders that are no page sizes */
	check_entry(nacl_hfence_gvma_vmid(1, 0, 0x1000, 51), 2, 51, 1, 0, 0, 1);
	check_entry(nacl_hfence_gvma_vmid(1, 0, 0x1000, 52), 3, 0, 1, 0, 0, 0);
	check_entry(nacl_hfence_gvma_vmid(1, 0, 0x1000, 127), 3, 0, 1, 0, 0, 0);
	check_entry(nacl_hfence_gvma_vmid(1, 0, 0x1000, -1u), 3, 0, 1, 0, 0, 0);
#if NACL_XLEN == 32
	check_entry(nacl_hfence_gvma(0x3fffff000u, 0x1000, 0), 0, 0, 0, 0, 0x3fffff, 1);
	check_entry(nacl_hfence_gvma((uint64_t)1 << 44, 0x1000, 0), 1, 0, 0, 0, 0, 0);
	check_entry(nacl_hfence_gvma(0, (uint64_t)1 << 45, 0), 1, 0, 0, 0, 0, 0);
	check_entry(nacl_hfence_vvma(1, 0x100000000u, 0x1000, 0), 5, 0, 1, 0, 0, 0);
#endif
	/* ids that do not fit */
	check_entry(nacl_hfence_gvma_vmid(0x4000, 0x1000, 1, 0), 0, 0, 0, 0, 1, 1);
	check_entry(nacl_hfence_gvma_vmid_all(0x80000000u), 1, 0, 0, 0, 0, 0);
	check_entry(nacl_hfence_vvma_asid(1, 0x10000, 0x1000, 1, 0), 4, 0, 1, 0, 1, 1);
	check_entry(nacl_hfence_vvma_asid_all(1, 0x10000), 5, 0, 1, 0, 0, 0);
	enabled(ALL);
	hfence(nacl_hfence_vvma_asid(0x4000, 2, 0x1000, 1, 0));
	assert_int_equal(count_pending(), 0);
	assert_int_equal(event_at(FENCE, 0)->fence.vmid, 0x4000);
	assert_int_equal(event_at(FENCE, 0)->fence.type, 6);
	assert_int_equal(event_at(FENCE, 0)->fence.asid, 2);
}

static void test_a_full_queue_is_synchronized(void **state)
{
	(void)state;
	enabled(ALL);
	for (unsigned int round = 0; round < 3; round++) {
		below.events = 0;
		fill_queue();
		hfence(nacl_hfence_gvma_vmid(4, 0x7777000, 0x1000, 0));
		assert_int_equal(below.events, 1);
		assert_int_equal(below.log[0].fid, 3);
		assert_int_equal(below.log[0].a0, ONES);
		assert_int_equal(count_pending(), 1);
		nacl_client_flush(&hart);
		assert_int_equal(count_pending(), 0);
		assert_int_equal(count(FENCE, 0), 0);
	}
}

static void test_the_entry_that_is_free_is_found(void **state)
{
	(void)state;
	for (unsigned int e = 0; e < ENTRIES; e++) {
		enabled(ALL);
		fill_queue();
		clear_pending(e);
		hfence(nacl_hfence_gvma_vmid_all(9));
		assert_int_equal(below.events, 0);
		assert_int_equal(get(entry_offset(e, 0)) << 1,
				 ((nacl_word)3 << (NACL_XLEN - 8) |
				  (nacl_word)9 << (NACL_XLEN == 32 ? 9 : 16))
					 << 1);
		assert_int_equal(count_pending(), ENTRIES);
	}
}

/* The hook that executes the first of the fences finds that L0 has no area any more. */
static void test_the_hook_of_fences_may_lose_the_area(void **state)
{
	(void)state;
	enabled(ALL);
	below.honest = false;
	below.hook_syncs = true;
	below.errors[2] = (nacl_word)NACL_ERR_NO_SHMEM;
	below.errors[3] = (nacl_word)NACL_ERR_NO_SHMEM;
	fill_queue();
	hfence(nacl_hfence_vvma_asid(4, 5, 0x7777000, 0x2000, 0));
	assert_null(hart.shmem);
	assert_int_equal(count_pending(), 0);
	/* The first one is executed once more by the loss of the area. */
	assert_int_equal(count(FENCE, 0), ENTRIES + 2);
	assert_int_equal(event_at(FENCE, ENTRIES + 1)->fence.addr, 0x7777000);
}

static void test_no_fence_is_lost_when_l0_does_none(void **state)
{
	static const int errors[] = { 0, NACL_ERR_NOT_SUPPORTED, NACL_ERR_NO_SHMEM, -77, 1 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		enabled(ALL);
		below.honest = false;
		below.errors[3] = (nacl_word)errors[i];
		fill_queue();
		nacl_csr_write(hart.shmem, HGATP, 0x8000);
		hfence(nacl_hfence_vvma_asid(4, 5, 0x7777000, 0x2000, 0));
		assert_int_equal(count(CALL, 3), errors[i] ? 1 : 3);
		assert_int_equal(count(FENCE, 0), ENTRIES + 1);
		for (unsigned int e = 0; e < ENTRIES; e++) {
			const struct nacl_client_hfence *fence = &event_at(FENCE, e)->fence;

			assert_true(fence->type == 2 && fence->vmid == 3);
			assert_int_equal(fence->addr, 0x1000 * (e + 1));
			assert_int_equal(fence->size, 0x1000);
		}
		assert_int_equal(event_at(FENCE, ENTRIES)->fence.addr, 0x7777000);
		assert_int_equal(count_pending(), 0);
		/* before the first fence: its hook may use hgatp */
		assert_int_equal(below.log[errors[i] ? 1 : 3].kind, CSR);
		assert_int_equal(hart.shmem != NULL, errors[i] != NACL_ERR_NO_SHMEM);
		/* from now on there is no queue */
		assert_false(nacl_client_has(&hart, 1));
		hfence(nacl_hfence_gvma_all());
		assert_int_equal(count(FENCE, 0), ENTRIES + 2);
		assert_int_equal(count_pending(), 0);
	}
}

static void test_flush_does_what_l0_does_not(void **state)
{
	static const int errors[] = { 0, NACL_ERR_NOT_SUPPORTED, NACL_ERR_NO_SHMEM };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		enabled(ALL);
		below.honest = false;
		below.errors[3] = (nacl_word)errors[i];
		hfence(nacl_hfence_gvma(0x3ff000, 0x2000, 9));
		hfence(nacl_hfence_vvma_asid_all(2, 3));
		nacl_client_flush(&hart);
		assert_int_equal(count(CALL, 3), 1);
		assert_int_equal(count(FENCE, 0), 2);
		assert_int_equal(event_at(FENCE, 0)->fence.order, 9);
		assert_int_equal(event_at(FENCE, 0)->fence.addr, 0x200000);
		assert_int_equal(event_at(FENCE, 0)->fence.size, 0x400000);
		assert_int_equal(event_at(FENCE, 1)->fence.type, 7);
		assert_int_equal(event_at(FENCE, 1)->fence.vmid, 2);
		assert_int_equal(event_at(FENCE, 1)->fence.asid, 3);
		nacl_client_flush(&hart);
		assert_int_equal(count(FENCE, 0), 2);
	}
	enabled(ALL);
	nacl_client_flush(&hart); /* nothing waits: nothing is called */
	assert_int_equal(below.events, 0);
}

/* ---- entering the guest ---- */

static void test_the_way_in_for_each_subset(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++)
		assert_int_equal(nacl_client_entry(features), !(features & 4) ? NACL_ENTRY_SRET
							      : !(features & 8)
								      ? NACL_ENTRY_CSR
								      : NACL_ENTRY_AUTOSWAP);
}

static void test_settle_gives_l0_what_sync_sret_would_not(void **state)
{
	(void)state;
	for (unsigned int features = 0; features < 16; features++) {
		enabled(features);
		nacl_csr_write(hart.shmem, HVIP, 4); /* with no right to, as after a refusal */
		hfence(nacl_hfence_gvma_all());
		nacl_client_settle(&hart);
		assert_int_equal(count(CALL, 2) + count(CALL, 3), 0);
		assert_int_equal(count(CSR, 0), !(features & 1));
		assert_int_equal(count(FENCE, 0), !(features & 2));
		assert_int_equal(dirty(HVIP), features & 1);
		assert_int_equal(count_pending(), features >> 1 & 1);
	}
}

static void test_sync_sret_settles_first(void **state)
{
	(void)state;
	enabled(ALL & ~1u);
	nacl_csr_write(hart.shmem, HVIP, 4);
	nacl_client_sync_sret(&hart);
	assert_int_equal(below.events, 2);
	assert_int_equal(below.log[0].kind, CSR);
	assert_int_equal(below.log[1].fid, 4);
}

static void test_sret_context_and_autoswap(void **state)
{
	nacl_word gpr[32];

	(void)state;
	enabled(ALL);
	for (unsigned int i = 0; i < 32; i++)
		gpr[i] = ONES - i;
	nacl_sret_gprs(hart.shmem, gpr);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(get(i * WS), i && i < 32 ? ONES - i : 0);
	nacl_sret_autoswap(hart.shmem, 0x180);
	assert_int_equal(get(0x200), 1);
	assert_int_equal(get(0x200 + WS), 0x180);
	put(0x200 + WS, 0x1c0);
	assert_int_equal(nacl_sret_autoswapped(hart.shmem), 0x1c0);
}

static void test_a_refused_sync_sret_leaves_the_plain_way(void **state)
{
	static const int errors[] = { 0, NACL_ERR_NOT_SUPPORTED, NACL_ERR_NO_SHMEM, -99 };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		enabled(ALL);
		below.honest = i & 1;
		below.errors[4] = (nacl_word)errors[i];
		nacl_csr_write(hart.shmem, VSATP, 4);
		hfence(nacl_hfence_gvma_all());
		nacl_sret_autoswap(hart.shmem, 0x180);
		assert_int_equal(nacl_client_sync_sret(&hart),
				 errors[i] == -2 || errors[i] == -9 ? errors[i] : -1);
		assert_int_equal(get(0x200), 0);
		assert_int_equal(nacl_client_entry(hart.features), NACL_ENTRY_SRET);
		assert_int_equal(count_pending(), 0);
		assert_false(dirty(VSATP));
		assert_int_equal(count(FENCE, 0), !(i & 1));
		assert_int_equal(count(CSR, 0), !(i & 1));
		assert_int_equal(hart.shmem != NULL, errors[i] != NACL_ERR_NO_SHMEM);
	}
}

/* ---- the model ---- */

/*
 * The fence queue against a reader on another hart: every interleaving, under a memory model that
 * allows all that RVWMO allows (unprivileged specification, "RVWMO Memory Consistency Model").
 *
 * The writer is nacl_client_hfence() itself: run from its start with the results of its loads so
 * far, until it asks for one more access; so it is a function from what it has loaded to what it
 * does next. Its accesses are performed later than they are issued, in any order but for
 *  - two to the same word, of which the later is a store;
 *  - loads before the acquire fence (fence r,rw), and what is behind it;
 *  - loads and stores before the release fence (fence rw,w), and stores behind it.
 * A load that is issued is given both results, and the writer goes on with each; it is performed
 * when memory, or the last store to the word that still waits, has that result. Dependencies order
 * nothing here, nor do two loads of one word: that is weaker than RVWMO, as C is. A performed store
 * is seen by all (RVWMO is multi-copy atomic). The writer waits at an acquire fence for its loads,
 * since nothing behind it could be performed before.
 *
 * The reader does what src/nacl/host.c does: load Config; if Pending, a fence, load the other words
 * in any order, do, clear Pending by an atomic AND that orders all around it. It takes the entries
 * in any order, again and again, which includes loads of Config that overtake each other. A call
 * is over when the reader has looked at each entry after it began. Only MODEL_ENTRIES entries are
 * free at all, so that they are used again and again.
 *
 * Checked: what the reader does is one of the fences handed to the client, each is done once, and
 * none is left undone when both have come to rest. All states that can be reached are visited; of
 * each a hash of 64 bits is kept, so that with a million states one is overlooked with a chance of
 * 1 in 10^7.
 */
#define MODEL_ENTRIES 3
#define MODEL_FENCES  6
#define MODEL_WORDS   (4 * MODEL_ENTRIES)
#define MODEL_LOADS   64
#define MODEL_WAITING 24
#define READ_ALL      0x0f /* steps of the reader: words that it has; */
#define READ_DONE     0x10 /* the fence is done, Pending not yet cleared */

/* A call of the client: bit e when the reader has looked at entry e since, and */
#define CALL_RUNS 0x80
#define CALL_OVER (CALL_RUNS | ((1 << MODEL_ENTRIES) - 1))

enum broken {
	RIGHT,
	REVERSED,    /* Config is published before the other words */
	NO_RELEASE,  /* no fence before Config */
	NO_ACQUIRE,  /* no fence between the look at Pending and the filling of the entry */
	NO_LOOK,     /* entries are taken without a look at Pending */
	EARLY_CLEAR, /* the reader gives the entry back before it has read it */
	EARLY_LOAD,  /* the reader has no fence after Config */
};

/* An access of the client that waits to be performed, or a release fence. */
struct access {
	nacl_word value; /* of a load: PENDING or 0, the result that was assumed */
	unsigned char kind, word;
};

struct state {
	uint64_t loaded; /* bit n: the client's load n found Pending set */
	nacl_word memory[MODEL_WORDS];
	struct access waiting[MODEL_WAITING];
	nacl_word have[4];	/* the reader: the words that it has of its entry */
	unsigned char at, step; /* its entry, and what is done of it */
	unsigned char count;	/* of @waiting */
	unsigned char ops;	/* how many operations of the client were issued */
	unsigned char loads;	/* how many of them were loads */
	unsigned char call;	/* 0, or CALL_RUNS and the entries */
	unsigned char done;	/* bit n: fence n */
};

struct model {
	enum broken broken;
	const struct state *now;
	unsigned int ops, loads; /* of this run of the client */
	struct {
		unsigned int kind, word;
		nacl_word value;
	} op;
	nacl_word held[3]; /* REVERSED */
	jmp_buf out;
	unsigned long states, ends;
	const char *wrong;
	uint64_t *seen; /* hashes of states, open addressing */
};

#define SEEN (1u << 22)

/* No two alike in any word that they use. */
static struct nacl_client_hfence model_fence(unsigned int n)
{
	if (n % 3 == 2)
		return nacl_hfence_vvma_all(n + 1);
	if (n % 3)
		return nacl_hfence_vvma_asid(n + 1, n, 0x5000 * n, 0x3000 * n, 0);
	return nacl_hfence_gvma_vmid(n + 1, 0x1000 * (n + 1), 0x2000 * (n + 1), 0);
}

static unsigned int model_word(const volatile nacl_word *word)
{
	return (unsigned int)((uintptr_t)word - (uintptr_t)hart.shmem - 0x800) / WS;
}

/* The client's next operation, unless it was issued in the state we are in: then its result. */
static nacl_word model_step(struct model *m, unsigned int kind, unsigned int word, nacl_word value)
{
	unsigned int load = m->loads;

	m->loads += kind == OP_LOAD;
	if (m->ops++ < m->now->ops)
		return kind == OP_LOAD && m->now->loaded >> load & 1 ? PENDING : 0;
	m->op.kind = kind;
	m->op.word = word;
	m->op.value = value;
	longjmp(m->out, 1);
}

static nacl_word model_op(struct model *m, unsigned int kind, unsigned int word, nacl_word value)
{
	bool config = word % 4 == 0;

	if (kind == OP_LOAD && word >= MODEL_WORDS)
		return PENDING; /* never free, never anybody's */
	if (kind == OP_LOAD && m->broken == NO_LOOK)
		return 0;
	if (kind == OP_RELEASE && m->broken == NO_RELEASE)
		return 0;
	if (kind == OP_ACQUIRE && m->broken == NO_ACQUIRE)
		return 0;
	if (m->broken == REVERSED && (kind == OP_RELEASE || (kind == OP_STORE && !config))) {
		if (kind == OP_STORE)
			m->held[word % 4 - 1] = value;
		return 0;
	}
	value = model_step(m, kind, word, value);
	if (m->broken == REVERSED && kind == OP_STORE) {
		model_step(m, OP_RELEASE, 0, 0);
		for (unsigned int i = 1; i < 4; i++)
			model_step(m, OP_STORE, word + i, m->held[i - 1]);
	}
	return value;
}

static void model_client(struct model *m, const struct state *s)
{
	m->now = s;
	m->ops = 0;
	m->loads = 0;
	hart.next = 0;
	model = m;
	if (!setjmp(m->out)) {
		for (unsigned int n = 0; n < MODEL_FENCES; n++)
			hfence(model_fence(n));
		m->op.kind = OP_DONE;
	}
	model = NULL;
}

/* True for a state that is new. */
static bool model_new(struct model *m, const struct state *s)
{
	const unsigned char *bytes = (const unsigned char *)s;
	uint64_t hash = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < sizeof(*s); i++) {
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	hash += !hash;
	for (uint64_t i = hash % SEEN;; i = (i + 1) % SEEN) {
		if (m->seen[i] == hash)
			return false;
		if (m->seen[i])
			continue;
		m->seen[i] = hash;
		if (++m->states > SEEN / 2)
			m->wrong = "too many states";
		return true;
	}
}

static void model_explore(struct model *m, const struct state *s);

/* Whether access @i may be performed before all that wait before it. */
static bool model_may_overtake(const struct state *s, unsigned int i)
{
	const struct access *access = &s->waiting[i];

	for (unsigned int j = 0; j < i; j++) {
		const struct access *before = &s->waiting[j];

		if (access->kind == OP_RELEASE)
			return false;
		if (access->kind == OP_STORE &&
		    (before->kind == OP_RELEASE || before->word == access->word))
			return false;
	}
	return true;
}

/* The value that a load of @word finds, with @i waiting accesses before it. */
static nacl_word model_load(const struct state *s, unsigned int i, unsigned int word)
{
	while (i--) {
		if (s->waiting[i].kind == OP_STORE && s->waiting[i].word == word)
			return s->waiting[i].value;
	}
	return s->memory[word];
}

/* Access @i is performed, if it can be. */
static void model_perform(struct model *m, const struct state *s, unsigned int i)
{
	const struct access *access = &s->waiting[i];
	struct state next = *s;

	if (!model_may_overtake(s, i))
		return;
	if (access->kind == OP_LOAD && (model_load(s, i, access->word) & PENDING) != access->value)
		return;
	if (access->kind == OP_STORE)
		next.memory[access->word] = access->value;
	next.count--;
	memmove(&next.waiting[i], &next.waiting[i + 1], (next.count - i) * sizeof(next.waiting[0]));
	memset(&next.waiting[next.count], 0, sizeof(next.waiting[0]));
	model_explore(m, &next);
}

static bool model_loads_wait(const struct state *s)
{
	for (unsigned int i = 0; i < s->count; i++) {
		if (s->waiting[i].kind == OP_LOAD)
			return true;
	}
	return false;
}

/* A trap. What the hart stored before it is seen below, and it goes on when the call is over. */
static void model_call(struct model *m, const struct state *s)
{
	struct state next = *s;

	if (s->call == CALL_OVER) {
		next.call = 0;
		next.ops++;
	} else if (!s->call && !s->count && !s->step) {
		next.call = CALL_RUNS;
	} else {
		return;
	}
	model_explore(m, &next);
}

/* The client issues its operation m->op. */
static void model_issue(struct model *m, const struct state *s)
{
	struct state next = *s;
	struct access *access = &next.waiting[next.count];

	if (m->op.kind == OP_CALL) {
		model_call(m, s);
		return;
	}
	if (s->count == MODEL_WAITING || s->loads == MODEL_LOADS || s->ops == 255) {
		m->wrong = "the model is too small";
		return;
	}
	next.ops++;
	if (m->op.kind == OP_ACQUIRE) {
		if (!model_loads_wait(s))
			model_explore(m, &next);
		return;
	}
	next.count++;
	access->kind = m->op.kind;
	access->word = m->op.word;
	access->value = m->op.value;
	if (m->op.kind == OP_LOAD) { /* clear, or set */
		next.loads++;
		model_explore(m, &next);
		access->value = PENDING;
		next.loaded |= (uint64_t)1 << s->loads;
	}
	model_explore(m, &next);
}

/* The reader has all four words. Which of the fences is it? */
static void model_do(struct model *m, struct state *s)
{
	for (unsigned int n = 0; n < MODEL_FENCES; n++) {
		struct nacl_client_hfence fence = model_fence(n);
		struct entry entry;

		encode(&fence, &entry);
		if (s->have[0] != entry.config || s->have[1] != entry.page_number || s->have[2] ||
		    s->have[3] != entry.page_count)
			continue;
		if (s->done >> n & 1)
			m->wrong = "a fence was done twice";
		s->done |= 1u << n;
		return;
	}
	m->wrong = "a fence was done that nobody asked for";
}

static void model_next_entry(struct state *s)
{
	if (s->call)
		s->call |= 1u << s->at;
	s->at = 0;
	s->step = 0;
	memset(s->have, 0, sizeof(s->have));
}

static void model_read(struct model *m, const struct state *s, unsigned int at, unsigned int word)
{
	struct state next = *s;

	next.at = at;
	next.have[word] = s->memory[4 * at + word];
	next.step |= 1u << word;
	if (!word && !(next.have[0] & PENDING))
		model_next_entry(&next);
	else if (!word && m->broken == EARLY_CLEAR)
		next.memory[4 * at] &= ~PENDING;
	model_explore(m, &next);
}

/* Every step that the reader can do. */
static void model_reader(struct model *m, const struct state *s)
{
	struct state next = *s;

	if (!s->step) {
		for (unsigned int at = 0; at < MODEL_ENTRIES; at++) {
			for (unsigned int word = 0; word < 4; word++) {
				if (!word || m->broken == EARLY_LOAD)
					model_read(m, s, at, word);
			}
		}
	} else if (s->step == READ_ALL) {
		model_do(m, &next);
		next.step |= READ_DONE;
		model_explore(m, &next);
	} else if (s->step & READ_DONE) {
		next.memory[4 * s->at] &= ~PENDING;
		model_next_entry(&next);
		model_explore(m, &next);
	} else {
		for (unsigned int word = 0; word < 4; word++) {
			if (!(s->step >> word & 1))
				model_read(m, s, s->at, word);
		}
	}
}

static bool model_at_rest(const struct state *s)
{
	for (unsigned int e = 0; e < MODEL_ENTRIES; e++) {
		if (s->memory[4 * e] & PENDING)
			return false;
	}
	return !s->count && !s->step;
}

static void model_explore(struct model *m, const struct state *s)
{
	if (m->wrong || !model_new(m, s))
		return;
	for (unsigned int i = 0; i < s->count; i++)
		model_perform(m, s, i);
	model_reader(m, s);
	model_client(m, s);
	if (m->op.kind != OP_DONE) {
		model_issue(m, s);
	} else if (model_at_rest(s)) {
		m->ends++;
		if (s->done != (1u << MODEL_FENCES) - 1)
			m->wrong = "a fence was lost";
	}
}

static void model_run(struct model *m, enum broken broken)
{
	struct state start;

	enabled(ALL);
	memset(m, 0, sizeof(*m));
	memset(&start, 0, sizeof(start));
	m->broken = broken;
	m->seen = calloc(SEEN, sizeof(*m->seen));
	model_explore(m, &start);
	free(m->seen);
}

static void test_all_interleavings_of_the_fence_queue(void **state)
{
	static struct model m;

	(void)state;
#ifdef REVERSE_PUBLICATION
	model_run(&m, REVERSED);
#else
	model_run(&m, RIGHT);
#endif
	print_message("%lu states, %lu ends: %s\n", m.states, m.ends, m.wrong ? m.wrong : "right");
	assert_null(m.wrong);
	assert_true(m.ends > 0);
}

static void test_the_model_finds_each_broken_queue(void **state)
{
	static const char *const names[] = { [REVERSED] = "published in reverse",
					     [NO_RELEASE] = "published without a fence",
					     [NO_ACQUIRE] = "filled before the look at Pending",
					     [NO_LOOK] = "entries in use taken",
					     [EARLY_CLEAR] = "Pending cleared early",
					     [EARLY_LOAD] = "reader without a fence" };
	static struct model m;

	(void)state;
	for (enum broken broken = REVERSED; broken <= EARLY_LOAD; broken++) {
		model_run(&m, broken);
		print_message("%s: %s\n", names[broken], m.wrong ? m.wrong : "not found");
		assert_non_null(m.wrong);
		assert_null(strstr(m.wrong, "model"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_finds_what_is_there),
		cmocka_unit_test(test_init_without_the_extension_is_no_error),
		cmocka_unit_test(test_enable_zeroes_the_area_and_names_it),
		cmocka_unit_test(test_a_refused_area_is_undone),
		cmocka_unit_test(test_enable_leaves_out_a_feature_that_went),
		cmocka_unit_test(test_disable_loses_nothing),
		cmocka_unit_test(test_csr_accessors),
		cmocka_unit_test(test_the_value_is_there_before_the_dirty_bit),
		cmocka_unit_test(test_64_bit_registers),
		cmocka_unit_test(test_sync_csr),
		cmocka_unit_test(test_a_csr_that_l0_does_not_take_is_written_by_its_instruction),
		cmocka_unit_test(test_when_sync_csr_goes_nothing_stays_dirty),
		cmocka_unit_test(test_an_area_that_l0_forgot_gives_all_back),
		cmocka_unit_test(test_gating_csrs_are_given_back_first),
		cmocka_unit_test(test_each_type_as_an_entry),
		cmocka_unit_test(test_ranges_are_widened_never_narrowed),
		cmocka_unit_test(test_a_full_queue_is_synchronized),
		cmocka_unit_test(test_the_entry_that_is_free_is_found),
		cmocka_unit_test(test_no_fence_is_lost_when_l0_does_none),
		cmocka_unit_test(test_the_hook_of_fences_may_lose_the_area),
		cmocka_unit_test(test_flush_does_what_l0_does_not),
		cmocka_unit_test(test_the_way_in_for_each_subset),
		cmocka_unit_test(test_settle_gives_l0_what_sync_sret_would_not),
		cmocka_unit_test(test_sync_sret_settles_first),
		cmocka_unit_test(test_sret_context_and_autoswap),
		cmocka_unit_test(test_a_refused_sync_sret_leaves_the_plain_way),
		cmocka_unit_test(test_all_interleavings_of_the_fence_queue),
		cmocka_unit_test(test_the_model_finds_each_broken_queue),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(below.area);
	return failed;
}
