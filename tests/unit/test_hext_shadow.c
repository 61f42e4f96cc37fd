/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool of shadow G-stages: filling, fences, eviction; and its invariant under random use. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_l1.h"
#include "hext/insn.h"
#include "hext/shadow.h"
#include "hext/shadow_plain.h"
#include "hext/shadow_keys.h"
#include "hext/shadow_tables.h"
#include "hext/walk.h"
#include "race.h"

#define KIB4 UINT64_C(0x1000)
#define MIB2 UINT64_C(0x200000)
#define GIB1 UINT64_C(0x40000000)
/* Memory of the domain that has no contents here: 4 GiB from 256 GiB, up to 1 GiB pages */
#define BIG	 (256 * GIB1)
#define BIG_SIZE (4 * GIB1)
#define BIG_HPA	 (1024 * GIB1)
/* 4 MiB in 4 KiB pages; and 2 MiB that L0 gives read-only */
#define SMALL	      (300 * GIB1)
#define SMALL_HPA     (2048 * GIB1 + KIB4)
#define READ_ONLY     (301 * GIB1)
#define READ_ONLY_HPA (3072 * GIB1)

#define MODES (BIT64(ATP_MODE_39) | BIT64(ATP_MODE_48) | BIT64(ATP_MODE_57))

#define POOL_HPA   UINT64_C(0x700000d000) /* not a root's alignment */
#define HARTS	   2
#define POOL_PAGES (4 * 6 + 4 + HARTS * HEXT_SHADOW_MIN_TABLES)

static _Alignas(4096) uint8_t pool_memory[POOL_PAGES * 4096];
static struct hext_shadow_pool pool;
static struct hext_config cfg;
static struct hext_hart hart[HARTS];
static struct hext_shadow_result result;
static struct hext_shadow_missed missed;
static unsigned int quiesced; /* number of quiesce() that reached a hart */
static unsigned int quiesces; /* number of all */
static uint64_t quiesced_vmids, quiesced_harts;
static void (*in_quiesce)(void);

static void quiesce(void *ctx, uint16_t vmid, const struct index_set *harts)
{
	unsigned int i;

	(void)ctx;
	assert_int_equal(pool.lock.held, 0);
	quiesces++;
	for (i = 0; i < pool.count; i++)
		assert_int_equal(pool.shadow[i].lock.held, 0);
	quiesced += index_set_next(harts, 0, pool.harts) < pool.harts;
	index_set_each(harts, i, pool.harts) quiesced_harts |= BIT64(i & 63);
	if (vmid < 64)
		quiesced_vmids |= BIT64(vmid);
	if (in_quiesce)
		in_quiesce();
}

/*
 * The shadows from number @from on that hext_shadow_of_vmid() finds: bit n is number *@from + n.
 * *@from becomes the number to go on with.
 */
static uint64_t found_by_vmid(bool all_vmids, uint32_t vmid, uint32_t *from)
{
	uint64_t hgatp[HEXT_SHADOW_AT_ONCE], found = 0;
	uint32_t n, first = *from;
	unsigned int i, count = hext_shadow_of_vmid(&pool, all_vmids, vmid, from, hgatp);

	for (i = 0; i < count; i++) {
		for (n = first; hext_shadow_hgatp(&pool.shadow[n]) != hgatp[i]; n++)
			assert_true(n < hext_shadow_keys(&pool));
		assert_true(n - first < 64);
		assert_false(found >> (n - first) & 1);
		found |= BIT64(n - first);
	}
	assert_int_equal(pool.lock.held, 0);
	return found;
}

static uint64_t of_vmid(uint32_t vmid, uint32_t from)
{
	return found_by_vmid(false, vmid, &from);
}

static struct hext_shadow_config pool_config(void)
{
	return (struct hext_shadow_config){
		.hext = &cfg,
		.memory = pool_memory,
		.base = hpa(POOL_HPA),
		.pages = POOL_PAGES,
		.harts = HARTS,
		.shadows = 4,
		.vmid_first = 1,
		.vmid_count = 127,
		.vmid_shared = 0,
		.quiesce = quiesce,
	};
}

static int setup(void **state)
{
	struct hext_shadow_config config = pool_config();
	unsigned int i;

	(void)state;
	fake_reset();
	fake_add_region((struct fake_region){ BIG, BIG_SIZE, BIG_HPA, 2, true, true, true });
	fake_add_region((struct fake_region){ SMALL, 2 * MIB2, SMALL_HPA, 0, true, true, true });
	fake_add_region(
		(struct fake_region){ READ_ONLY, MIB2, READ_ONLY_HPA, 1, true, false, true });
	cfg = (struct hext_config){
		.hgatp_modes = MODES,
		.vmid_bits = 14,
		.ram = fake.ram,
		.ram_start = FAKE_RAM,
		.ram_size = FAKE_RAM_SIZE,
		.ram_hpa = hpa(FAKE_RAM + BIT64(40)),
	};
	for (i = 0; i < HARTS; i++)
		hext_init(&hart[i], &cfg, &fake_ops, NULL);
	quiesced = 0;
	quiesced_vmids = quiesced_harts = 0;
	in_quiesce = NULL;
	at_race_point = NULL;
	missed = (struct hext_shadow_missed){ 0 };
	memset(pool_memory, 0xee, sizeof(pool_memory));
	return hext_shadow_init(&pool, &config) ? 0 : -1;
}

/* ---- what hardware sees ---- */

struct hw_page {
	bool valid;
	uint64_t hpa, pte;
	unsigned int level;
};

static uint64_t *pool_table(uint64_t addr)
{
	assert_true(addr >= POOL_HPA && addr - POOL_HPA < sizeof(pool_memory));
	return (uint64_t *)(pool_memory + (addr - POOL_HPA));
}

static struct hw_page hw_walk(uint64_t hgatp, uint64_t gpa)
{
	unsigned int level = (hgatp >> 60) - 6;
	uint64_t table = (hgatp & ATP_PPN) << 12;
	uint64_t mask = 0x7ff;

	assert_int_equal(table & 0x3fff, 0);
	if (gpa >> (12 + 9 * (level + 1) + 2))
		return (struct hw_page){ .valid = false };
	for (;; level--) {
		uint64_t pte = pool_table(table)[(gpa >> (12 + 9 * level)) & mask];
		uint64_t addr = ((pte & PTE_PPN) >> 10) << 12;
		uint64_t offset = (KIB4 << (9 * level)) - 1;

		if (!(pte & PTE_V)) {
			assert_true(!pte || is_detached(pte));
			return (struct hw_page){ .valid = false };
		}
		if (pte & (PTE_R | PTE_W | PTE_X)) {
			assert_int_equal(addr & offset, 0);
			assert_int_equal(pte & (PTE_U | PTE_A), PTE_U | PTE_A);
			assert_true(!(pte & PTE_W) == !(pte & PTE_D));
			return (struct hw_page){ true, addr | (gpa & offset), pte, level };
		}
		assert_int_equal(pte & ~PTE_PPN, PTE_V);
		assert_true(level > 0);
		table = addr;
		mask = 0x1ff;
	}
}

static uint64_t rwx(uint64_t pte)
{
	return pte & (PTE_R | PTE_W | PTE_X);
}

static struct hext_shadow *get(unsigned int n)
{
	return hext_shadow_get(&pool, &hart[n], n);
}

static enum hext_shadow_outcome fault_of(unsigned int n, uint64_t cause, gpa_t gpa, uint64_t htinst,
					 bool manages)
{
	const struct hext_trap hw = {
		.cause = cause,
		.tval = UINT64_C(0xabc000) | (gpa & 0xfff),
		.htval = gpa >> 2,
		.htinst = htinst,
		.gva = true,
	};

	return hext_shadow_fault(&pool, get(n), &hart[n], &hw, manages, &result, &missed);
}

static enum hext_shadow_outcome fault_with(unsigned int n, uint64_t cause, gpa_t gpa,
					   uint64_t htinst)
{
	return fault_of(n, cause, gpa, htinst, false);
}

static enum hext_shadow_outcome fault(unsigned int n, uint64_t cause, gpa_t gpa)
{
	return fault_with(n, cause, gpa, 0);
}

static struct hw_page seen(unsigned int n, gpa_t gpa)
{
	return hw_walk(hext_shadow_hgatp(get(n)), gpa);
}

static struct hext_shadow_fenced fence(uint16_t vmid, gpa_t gpa, uint64_t size)
{
	const struct hext_gvma_fence f = {
		.vmid = vmid,
		.all_addresses = !size,
		.gpa = gpa,
		.size = size,
	};

	return hext_shadow_fence_gvma(&pool, &f);
}

/* The table that @s has got last. */
static uint64_t *newest_table(const struct hext_shadow *s)
{
	return table_at(&pool, pool.info[s->tables].previous);
}

static uint64_t map_sparsely(unsigned int pages);
static struct hext_shadow_use pool_use(void);

/* ---- filling ---- */

static void expect_page(gpa_t gpa, uint64_t hpa, unsigned int level, uint64_t flags)
{
	struct hw_page p;

	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, gpa), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	p = seen(0, gpa);
	assert_true(p.valid);
	assert_int_equal(p.hpa, hpa);
	assert_int_equal(p.level, level);
	assert_int_equal(rwx(p.pte), flags);
}

static void largest_page_that_both_stages_allow(void **state)
{
	const uint64_t all = PTE_R | PTE_W | PTE_X;
	uint64_t mode;

	for (mode = 8; mode <= 10; mode++) {
		setup(state);
		hart[0].hgatp = fake_atp(mode, 3);
		fake_map(hart[0].hgatp, 0, BIG, 2, FAKE_LEAF);
		expect_page(0x12345678, BIG_HPA + 0x12345678, 2, all);
		fake_map(hart[0].hgatp, GIB1, BIG + MIB2, 1, FAKE_LEAF);
		expect_page(GIB1 + 0x12345, BIG_HPA + MIB2 + 0x12345, 1, all);
		fake_map(hart[0].hgatp, 2 * GIB1, BIG + KIB4, 0, FAKE_LEAF);
		expect_page(2 * GIB1 + 5, BIG_HPA + KIB4 + 5, 0, all);
		/* L1: 2 MiB, L0: 4 KiB */
		fake_map(hart[0].hgatp, 3 * GIB1, SMALL, 1, FAKE_LEAF);
		expect_page(3 * GIB1 + 0x6789, SMALL_HPA + 0x6789, 0, all);
		/* L1: 1 GiB, L0: 2 MiB, read-only, and not all of it */
		fake_map(hart[0].hgatp, 4 * GIB1, READ_ONLY, 2, FAKE_LEAF);
		expect_page(4 * GIB1, READ_ONLY_HPA, 1, PTE_R | PTE_X);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 4 * GIB1 + MIB2),
				 HEXT_SHADOW_EMULATE);
		assert_int_equal(result.pa.addr, READ_ONLY + MIB2);
	}
}

static void permissions_are_the_intersection(void **state)
{
	uint64_t flags;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	for (flags = 1; flags < 8; flags++) {
		uint64_t l1 = flags << 1;

		if (!(l1 & PTE_R))
			continue;
		fake_map(hart[0].hgatp, flags * KIB4, READ_ONLY, 0, (FAKE_LEAF & ~0xe) | l1);
		expect_page(flags * KIB4, READ_ONLY_HPA, 0, l1 & ~PTE_W);
		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, flags * KIB4),
				 l1 & PTE_W ? HEXT_SHADOW_EMULATE : HEXT_SHADOW_TRAP);
	}
}

static void refused_by_l1(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF & ~(PTE_W | PTE_X));
	assert_int_equal(fault_with(0, CAUSE_STORE_GUEST_PAGE, KIB4 + 7, 0x00c00023),
			 HEXT_SHADOW_TRAP);
	assert_int_equal(result.trap.cause, CAUSE_STORE_GUEST_PAGE);
	assert_int_equal(result.trap.tval, 0xabc007);
	assert_int_equal(result.trap.htval, (KIB4 + 7) >> 2);
	assert_int_equal(result.trap.htinst, 0x00c00023);
	assert_true(result.trap.gva);
	assert_int_equal(fault(0, CAUSE_FETCH_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	assert_false(seen(0, KIB4).valid);
	/* The access to a table of L2 counts, not the one that it is for. */
	assert_int_equal(fault_with(0, CAUSE_STORE_GUEST_PAGE, KIB4 + 8, HEXT_HTINST_PTE_READ),
			 HEXT_SHADOW_RESUME);
	assert_int_equal(fault_with(0, CAUSE_FETCH_GUEST_PAGE, KIB4 + 8, HEXT_HTINST_PTE_WRITE),
			 HEXT_SHADOW_TRAP);
	assert_int_equal(result.trap.cause, CAUSE_FETCH_GUEST_PAGE);
	assert_int_equal(result.trap.htinst, HEXT_HTINST_PTE_WRITE);
	/* L1's table is nowhere: an access fault, which has no pseudoinstruction. */
	*fake_slot(hart[0].hgatp, GIB1, 1) = fake_make_pte(FAKE_HOLE, PTE_V);
	assert_int_equal(fault_with(0, CAUSE_STORE_GUEST_PAGE, GIB1, HEXT_HTINST_PTE_READ),
			 HEXT_SHADOW_TRAP);
	assert_int_equal(result.trap.cause, CAUSE_STORE_ACCESS);
	assert_int_equal(result.trap.htval, 0);
	assert_int_equal(result.trap.htinst, 0);
}

/*
 * CMO "Page-Fault, Guest-Page-Fault, and Access-Fault Exceptions": cbo.inval, cbo.clean and
 * cbo.flush are allowed where a load or a store is. They need A and not D. Otherwise they take a
 * store guest-page fault. cbo.zero is a store.
 */
static void cache_blocks_are_managed_where_loads_are_allowed(void **state)
{
	static const struct {
		uint64_t leaf;
		bool mxr, manages, zeroes;
	} cases[] = {
		{ PTE_R | PTE_A | PTE_D, false, true, false },
		{ PTE_R | PTE_X | PTE_A, false, true, false },
		{ PTE_R | PTE_W | PTE_A, false, true, false },
		{ PTE_R | PTE_W | PTE_A | PTE_D, false, true, true },
		{ PTE_R | PTE_W | PTE_D, false, false, false },
		{ PTE_X | PTE_A | PTE_D, false, false, false },
		{ PTE_X | PTE_A | PTE_D, true, true, false },
	};
	unsigned int i, zero;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		zero = i & 1;
		hart[0].s.status = cases[i / 2].mxr ? SSTATUS_MXR : 0;
		fake_map(hart[0].hgatp, i * KIB4, SMALL, 0, PTE_V | PTE_U | cases[i / 2].leaf);
		if (fault_of(0, CAUSE_STORE_GUEST_PAGE, i * KIB4, 0, !zero) == HEXT_SHADOW_RESUME) {
			assert_true(zero ? cases[i / 2].zeroes : cases[i / 2].manages);
			continue;
		}
		assert_false(zero ? cases[i / 2].zeroes : cases[i / 2].manages);
		assert_int_equal(result.trap.cause, CAUSE_STORE_GUEST_PAGE);
	}
}

static void managing_a_cache_block_sets_a_alone(void **state)
{
	uint64_t *leaf;

	(void)state;
	cfg.gstage_adue = true;
	hart[0].hgatp = fake_atp(8, 3);
	leaf = fake_map(hart[0].hgatp, KIB4, SMALL, 0, PTE_V | PTE_U | PTE_R | PTE_W);
	assert_int_equal(fault_of(0, CAUSE_STORE_GUEST_PAGE, KIB4, 0, true), HEXT_SHADOW_RESUME);
	assert_int_equal(*leaf & (PTE_A | PTE_D), PTE_A);
	assert_int_equal(fault_of(0, CAUSE_STORE_GUEST_PAGE, KIB4, 0, false), HEXT_SHADOW_RESUME);
	assert_int_equal(*leaf & (PTE_A | PTE_D), PTE_A | PTE_D);
}

static void mapped_by_l1_to_no_memory(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(9, 3);
	fake_map(hart[0].hgatp, KIB4, FAKE_HOLE, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4 + 13), HEXT_SHADOW_EMULATE);
	/* htval lacks the lowest two bits: they are tval's. */
	assert_int_equal(result.pa.addr, FAKE_HOLE + 13);
	assert_false(seen(0, KIB4).valid);
}

static void bare_is_shadowed_too(void **state)
{
	(void)state;
	hart[0].hgatp = 0;
	expect_page(BIG + 5, BIG_HPA + 5, 2, PTE_R | PTE_W | PTE_X);
	assert_int_equal(hext_shadow_hgatp(get(0)) >> 60, 8);
	assert_false(get(0)->fragmented);
	/* Beyond the 59 bits of the widest mode: whatever L1 has there cannot be mapped. */
	fake_add_region(
		(struct fake_region){ BIT64(59) + MIB2, MIB2, BIG_HPA, 0, true, true, true });
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, BIT64(59) + MIB2), HEXT_SHADOW_EMULATE);
	assert_int_equal(hext_shadow_hgatp(get(0)) >> 60, 8);
	assert_false(seen(0, MIB2).valid);
}

static void no_write_before_l1s_dirty_bit(void **state)
{
	uint64_t *pte;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	pte = fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF & ~PTE_D);
	expect_page(KIB4, SMALL_HPA, 0, PTE_R | PTE_X);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	cfg.gstage_adue = true;
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	/* The old entry may be in the TLB. */
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_GPA);
	assert_int_equal(result.gpa, KIB4);
	assert_true(*pte & PTE_D);
	assert_true(seen(0, KIB4).pte & PTE_W);
}

static void ahead(unsigned int n, uint64_t cause, gpa_t gpa)
{
	const struct hext_shadow_missed from_root = {
		.hgatp = hart[n].hgatp,
		.gpa = gpa,
		.access = { .access = cause == CAUSE_STORE_GUEST_PAGE  ? HEXT_WRITE
				      : cause == CAUSE_LOAD_GUEST_PAGE ? HEXT_READ
								       : HEXT_EXEC },
		.at = HEXT_WALK_ROOT,
	};

	result.flush = hext_shadow_fill_ahead(&pool, get(n), &hart[n], &from_root);
}

/* After a fault: from where its walk ended. */
static void ahead_again(unsigned int n)
{
	result.flush = hext_shadow_fill_ahead(&pool, get(n), &hart[n], &missed);
}

static void filling_ahead_spares_the_fault(void **state)
{
	uint64_t *pte;

	(void)state;
	hart[0].hgatp = hart[1].hgatp = fake_atp(8, 3);
	ahead(0, CAUSE_STORE_GUEST_PAGE, KIB4);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	assert_false(seen(0, KIB4).valid);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF & ~PTE_W);
	ahead(0, CAUSE_STORE_GUEST_PAGE, KIB4);
	assert_false(seen(0, KIB4).valid);
	ahead(0, CAUSE_LOAD_GUEST_PAGE, KIB4);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	assert_int_equal(seen(0, KIB4).hpa, SMALL_HPA);
	assert_int_equal(rwx(seen(0, KIB4).pte), PTE_R | PTE_X);
	/* Another hart comes to the same: nothing to be done. */
	ahead(1, CAUSE_LOAD_GUEST_PAGE, KIB4);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	/* L1 gives more. */
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	ahead(0, CAUSE_STORE_GUEST_PAGE, KIB4);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_GPA);
	assert_true(seen(0, KIB4).pte & PTE_W);
	/* Mapped to no memory of the domain. */
	fake_map(hart[0].hgatp, 2 * KIB4, FAKE_HOLE, 0, FAKE_LEAF);
	ahead(0, CAUSE_LOAD_GUEST_PAGE, 2 * KIB4);
	assert_false(seen(0, 2 * KIB4).valid);
	/* A and D are for an access to set, which this is not. */
	cfg.gstage_adue = true;
	pte = fake_map(hart[0].hgatp, 3 * KIB4, SMALL, 0, FAKE_LEAF & ~PTE_D);
	ahead(0, CAUSE_STORE_GUEST_PAGE, 3 * KIB4);
	assert_false(seen(0, 3 * KIB4).valid);
	assert_false(*pte & PTE_D);
}

static void filling_ahead_goes_on_where_the_fault_ended(void **state)
{
	uint64_t *top;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 2 * KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	/* A pointer above may be in a cache until a fence: the old table counts. */
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	top = fake_slot(hart[0].hgatp, KIB4, 2);
	*top = 0;
	ahead_again(0);
	assert_int_equal(seen(0, KIB4).hpa, SMALL_HPA);
	/* After the fence the new ones do. */
	fence(3, 0, 0);
	assert_false(seen(0, KIB4).valid);
	ahead_again(0);
	assert_false(seen(0, KIB4).valid);
	fake_map(hart[0].hgatp, KIB4, SMALL + KIB4, 0, FAKE_LEAF);
	ahead_again(0);
	assert_int_equal(seen(0, KIB4).hpa, SMALL_HPA + KIB4);
}

static void filling_ahead_goes_on_through_new_tables(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(10, 3);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	ahead_again(0);
	assert_int_equal(seen(0, KIB4).hpa, SMALL_HPA);
	/* Not what another fence names: but it could be. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, GIB1), HEXT_SHADOW_TRAP);
	fake_map(hart[0].hgatp, GIB1, BIG, 1, FAKE_LEAF);
	fence(3, 5 * GIB1, KIB4);
	ahead_again(0);
	assert_int_equal(seen(0, GIB1).hpa, BIG_HPA);
}

static bool missed_again(unsigned int n, uint64_t cause, gpa_t gpa)
{
	return hext_shadow_missed_again(get(n), &hart[n], cause, gpa, &missed);
}

static void the_next_fault_begins_where_the_last_one_ended(void **state)
{
	const struct hext_shadow_missed *m = &missed;
	uint64_t *top, *pte;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	pte = fake_map(hart[0].hgatp, 2 * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	missed.hgatp = ~UINT64_C(0);
	hart[0].s.status |= SSTATUS_MXR;
	assert_true(missed_again(0, CAUSE_LOAD_GUEST_PAGE, 5 * KIB4 + 8));
	assert_int_equal(m->hgatp, hart[0].hgatp);
	assert_int_equal(m->gpa, 5 * KIB4 + 8);
	assert_int_equal(m->at.level, 0);
	assert_int_equal(m->access.access, HEXT_READ);
	assert_true(m->access.mxr);
	assert_true(missed_again(0, CAUSE_STORE_GUEST_PAGE, MIB2 - 8));
	assert_int_equal(m->access.access, HEXT_WRITE);
	assert_false(m->access.mxr);
	/* There is something. */
	assert_false(missed_again(0, CAUSE_STORE_GUEST_PAGE, 2 * KIB4));
	assert_int_equal(m->gpa, MIB2 - 8);
	/* A pointer above may be in a cache until a fence; the other table may be anything. */
	top = fake_slot(hart[0].hgatp, KIB4, 2);
	assert_false(missed_again(0, CAUSE_STORE_GUEST_PAGE, MIB2));
	*top = 0;
	assert_true(missed_again(0, CAUSE_STORE_GUEST_PAGE, 3 * KIB4));
	fence(3, GIB1, KIB4);
	*pte = 0;
	assert_false(missed_again(0, CAUSE_STORE_GUEST_PAGE, 3 * KIB4));
	/* A larger page that is missing, in the root. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	assert_true(missed_again(0, CAUSE_LOAD_GUEST_PAGE, 500 * GIB1));
	assert_int_equal(m->at.level, 2);
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, 512 * GIB1));
	/* Not another guest's, though it may have had as many fences. */
	hart[0].hgatp = fake_atp(8, 4);
	get(0)->generation = missed.generation;
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, 501 * GIB1));
}

static void no_fault_begins_where_there_was_no_table(void **state)
{
	uint64_t hgatp = fake_atp(8, 3);

	(void)state;
	/* The table is in no memory. */
	hart[0].hgatp = hgatp;
	*fake_slot(hgatp, KIB4, 2) = fake_make_pte(FAKE_HOLE, PTE_V);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, KIB4));
	/* Bare has none, and no address of more bits than the mode's. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, BIT64(45)), HEXT_SHADOW_TRAP);
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, BIT64(45)));
	hart[0].hgatp = 0;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, FAKE_HOLE), HEXT_SHADOW_EMULATE);
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, FAKE_HOLE));
	cfg.ram_start = 0;
	memset(fake.ram, 0, 4096);
	assert_false(missed_again(0, CAUSE_LOAD_GUEST_PAGE, FAKE_HOLE));
}

/* hext_shadow_fill_plainly() installs the same entries as the general fill. */
static void filling_plainly_is_filling(void **state)
{
	static const uint64_t others[] = { 0, PTE_RSW, PTE_G };
	uint64_t *pte, top;
	unsigned int i;

	(void)state;
	cfg.svpbmt = true;
	hart[0].hgatp = fake_atp(9, 3);
	fake_map(hart[0].hgatp, KIB4, FAKE_RAM, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	for (i = 0; i < 3; i++) {
		gpa_t gpa = (32 + i) * KIB4;

		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, gpa), HEXT_SHADOW_TRAP);
		fake_map(hart[0].hgatp, gpa, FAKE_RAM + (5 + i) * KIB4, 0, FAKE_LEAF | others[i]);
		ahead_again(0);
		assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
		assert_int_equal(seen(0, gpa).pte,
				 fake_make_pte(cfg.ram_hpa.addr + (5 + i) * KIB4, FAKE_LEAF));
	}
	/* A fence finds them. */
	fence(3, 33 * KIB4, KIB4);
	assert_true(seen(0, 32 * KIB4).valid);
	assert_false(seen(0, 33 * KIB4).valid);
	/* Another hart has been elsewhere. */
	hart[1].hgatp = hart[0].hgatp;
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 50 * KIB4), HEXT_SHADOW_TRAP);
	fake_map(hart[0].hgatp, 50 * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, MIB2 + KIB4, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, MIB2 + 2 * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	ahead(1, CAUSE_STORE_GUEST_PAGE, MIB2 + KIB4);
	ahead(1, CAUSE_STORE_GUEST_PAGE, MIB2 + 2 * KIB4);
	ahead_again(0);
	assert_true(seen(0, 50 * KIB4).valid);
	assert_false(seen(0, MIB2 + 50 * KIB4).valid);
	/* A fence: the tables above may be others. */
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 51 * KIB4), HEXT_SHADOW_TRAP);
	fake_map(hart[0].hgatp, 51 * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	pte = fake_slot(hart[0].hgatp, 51 * KIB4, 1);
	top = *pte;
	*pte = 0;
	fence(3, GIB1, KIB4);
	ahead_again(0);
	assert_false(seen(0, 51 * KIB4).valid);
	*pte = top;
	/* Less than everything, and outside. */
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 40 * KIB4), HEXT_SHADOW_TRAP);
	pte = fake_map(hart[0].hgatp, 40 * KIB4, FAKE_RAM, 0, FAKE_LEAF & ~PTE_W);
	ahead_again(0);
	assert_false(seen(0, 40 * KIB4).valid);
	*pte = fake_make_pte(FAKE_RAM, FAKE_LEAF & ~PTE_U);
	ahead_again(0);
	assert_false(seen(0, 40 * KIB4).valid);
	*pte = fake_make_pte(FAKE_RAM, FAKE_LEAF | BIT64(54));
	ahead_again(0);
	assert_false(seen(0, 40 * KIB4).valid);
	*pte = fake_make_pte(FAKE_RAM + FAKE_RAM_SIZE, FAKE_LEAF);
	ahead_again(0);
	assert_false(seen(0, 40 * KIB4).valid);
	*pte = fake_make_pte(FAKE_RAM, FAKE_LEAF) | BIT64(PTE_PBMT_SHIFT);
	ahead_again(0);
	assert_int_equal(seen(0, 40 * KIB4).pte & PTE_PBMT, BIT64(PTE_PBMT_SHIFT));
	/* One that is there has to be fenced. */
	*pte = fake_make_pte(FAKE_RAM, FAKE_LEAF);
	ahead_again(0);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_GPA);
	assert_int_equal(seen(0, 40 * KIB4).pte, fake_make_pte(cfg.ram_hpa.addr, FAKE_LEAF));
}

/* A shadow without a key sees no fences. */
static void what_a_walk_found_is_not_kept_beyond_the_key(void **state)
{
	uint64_t hgatp = fake_atp(8, 3);
	struct hext_shadow *s;
	unsigned int i;

	(void)state;
	hart[0].hgatp = hgatp;
	fake_map(hgatp, 2 * KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	s = get(0);
	fake_map(hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	for (i = 0; i < 7; i++) {
		hart[0].hgatp = fake_atp(8, 10 + i);
		get(0);
	}
	fence(3, 0, 0);
	*fake_slot(hgatp, KIB4, 2) = 0;
	/* The key comes to where it was, which was used least recently. */
	assert_int_not_equal(s->hgatp, hgatp);
	hart[0].hgatp = hgatp;
	assert_ptr_equal(get(0), s);
	ahead_again(0);
	assert_false(seen(0, KIB4).valid);
}

/*
 * A table that a larger leaf has replaced is not in the shadow any more, though it was the last one
 * that was found.
 */
static void a_table_that_was_replaced_is_not_filled(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	*fake_slot(hart[0].hgatp, KIB4, 1) = fake_make_pte(BIG, FAKE_LEAF & ~(PTE_W | PTE_D));
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 3 * KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, 3 * KIB4).level, 1);
	fake_map(hart[0].hgatp, 2 * KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 2 * KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, 2 * KIB4).level, 0);
	assert_int_equal(seen(0, 2 * KIB4).hpa, SMALL_HPA);
}

static void an_entry_that_is_there_is_flushed(void **state)
{
	(void)state;
	hart[0].hgatp = hart[1].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	assert_int_equal(fault(1, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
}

static void a_fault_brings_the_pages_beside_it(void **state)
{
	const uint64_t read_only = FAKE_LEAF & ~(PTE_W | PTE_D);
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < 40; i++)
		fake_map(hart[0].hgatp, i * KIB4, BIG + i * KIB4, 0, read_only);
	fake_map(hart[0].hgatp, 17 * KIB4, BIG, 0, read_only & ~PTE_A);
	fake_map(hart[0].hgatp, 18 * KIB4, BIG, 0, PTE_V | PTE_U | PTE_A | PTE_X);
	fake_map(hart[0].hgatp, 19 * KIB4, FAKE_HOLE, 0, read_only);
	fake_map(hart[0].hgatp, 20 * KIB4, BIG, 0, read_only & ~PTE_U);
	*fake_slot(hart[0].hgatp, 21 * KIB4, 0) = 0;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 25 * KIB4), HEXT_SHADOW_RESUME);
	/* Of 16 aligned pages, those that L1 maps for the access and whose A is set already. */
	for (i = 0; i < 40; i++) {
		struct hw_page p = seen(0, i * KIB4);

		assert_int_equal(p.valid, i == 16 || (i >= 22 && i < 32));
		if (p.valid) {
			assert_int_equal(p.hpa, BIG_HPA + i * KIB4);
			assert_int_equal(rwx(p.pte), PTE_R | PTE_X);
		}
	}
	assert_false(*fake_slot(hart[0].hgatp, 17 * KIB4, 0) & PTE_A);
	/* Their fences take them. */
	fence(3, 23 * KIB4, KIB4);
	assert_false(seen(0, 23 * KIB4).valid);
	assert_true(seen(0, 22 * KIB4).valid);
	fence(3, 0, 0);
	for (i = 0; i < 40; i++)
		assert_false(seen(0, i * KIB4).valid);
}

/*
 * Each bit of the entry beside counts, and where the page is. The last two bits of RSW and G are
 * nothing to a G-stage.
 */
static void each_page_beside_is_as_its_entry_says(void **state)
{
	const uint64_t w = PTE_R | PTE_X, rwx_all = PTE_R | PTE_W | PTE_X;
	const uint64_t hpa_of_ram = FAKE_RAM + BIT64(40);
	const struct {
		uint64_t addr, flags, hpa, rwx;
	} page[16] = {
		{ FAKE_RAM, FAKE_LEAF, hpa_of_ram, rwx_all },
		{ FAKE_RAM + KIB4, FAKE_LEAF | PTE_G | PTE_RSW, hpa_of_ram + KIB4, rwx_all },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_W, hpa_of_ram, w },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_D, hpa_of_ram, w },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_X, hpa_of_ram, PTE_R | PTE_W },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_A, 0, 0 },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_U, 0, 0 },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_V, 0, 0 },
		{ FAKE_RAM, FAKE_LEAF & ~PTE_R, 0, 0 },	   /* reserved */
		{ FAKE_RAM, FAKE_LEAF | BIT64(54), 0, 0 }, /* reserved */
		{ FAKE_RAM, FAKE_LEAF | PTE_N, 0, 0 },
		{ FAKE_RAM, FAKE_LEAF | BIT64(61), hpa_of_ram, rwx_all },
		{ BIG, FAKE_LEAF, BIG_HPA, rwx_all },
		{ FAKE_HOLE, FAKE_LEAF, 0, 0 },
		{ FAKE_RAM + FAKE_RAM_SIZE, FAKE_LEAF, 0, 0 },
		{ FAKE_RAM + FAKE_RAM_SIZE - KIB4, FAKE_LEAF, hpa_of_ram + FAKE_RAM_SIZE - KIB4,
		  rwx_all },
	};
	unsigned int i;

	(void)state;
	cfg.svpbmt = true;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 0, FAKE_RAM, 0, FAKE_LEAF);
	for (i = 1; i < 16; i++)
		*fake_slot(hart[0].hgatp, i * KIB4, 0) = fake_make_pte(page[i].addr, page[i].flags);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	for (i = 0; i < 16; i++) {
		struct hw_page p = seen(0, i * KIB4);

		assert_int_equal(p.valid, page[i].rwx != 0);
		if (!p.valid)
			continue;
		assert_int_equal(p.hpa, page[i].hpa);
		assert_int_equal(rwx(p.pte), page[i].rwx);
		assert_int_equal(p.pte & PTE_PBMT, page[i].flags & PTE_PBMT);
	}
	/* The fence of all pages sees the first and the last. */
	fence(3, 15 * KIB4, KIB4);
	assert_false(seen(0, 15 * KIB4).valid);
	fence(3, 0, KIB4);
	assert_false(seen(0, 0).valid);
	assert_true(seen(0, KIB4).valid);
}

/* No page of another size, or a part of one, brings any, as fences name these by L1's leaf. */
static void large_pages_come_alone(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 0, SMALL, 1, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 5 * KIB4), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 5 * KIB4).valid);
	assert_false(seen(0, 4 * KIB4).valid);
	hart[0].hgatp = 0;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, SMALL + 5 * KIB4), HEXT_SHADOW_RESUME);
	assert_true(seen(0, SMALL + 5 * KIB4).valid);
	assert_false(seen(0, SMALL + 4 * KIB4).valid);
}

static void mxr_and_execute_only(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF & ~(PTE_R | PTE_W));
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_TRAP);
	hart[0].s.status |= SSTATUS_MXR;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(rwx(seen(0, KIB4).pte), PTE_X);
}

static void pbmt_passes_through(void **state)
{
	(void)state;
	cfg.svpbmt = true;
	hart[0].hgatp = fake_atp(8, 3);
	*fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF) |= BIT64(62);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, KIB4).pte & PTE_PBMT, BIT64(62));
}

static void a_leaf_replaces_a_table_and_back(void **state)
{
	uint64_t *table;
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, BIG + 5 * KIB4, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	fake_map(hart[0].hgatp, 0, BIG, 1, FAKE_LEAF);
	table = newest_table(get(0));
	assert_true(table[1] & PTE_R);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	/* Where other harts still walk the table, they find nothing that fences would miss. */
	for (i = 0; i < 512; i++)
		assert_int_equal(table[i], 0);
	/* Hardware may keep the pointer to the table. */
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
	assert_int_equal(seen(0, KIB4).hpa, BIG_HPA + KIB4);
	fake_map(hart[0].hgatp, KIB4, BIG + 5 * KIB4, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
	assert_int_equal(seen(0, KIB4).hpa, BIG_HPA + 5 * KIB4);
	assert_false(seen(0, 0).valid);
}

static bool host_page_that_says_1_gib(void *ctx, pa_t addr, struct hext_host_page *page)
{
	bool found = fake_host_page(ctx, addr, page);

	page->level = 2;
	return found;
}

/* Pages are no larger than the alignment of the two spaces to each other. */
static void offsets_agree_in_both_spaces(void **state)
{
	struct hext_ops ops = fake_ops;

	(void)state;
	ops.host_page = host_page_that_says_1_gib;
	hart[0].ops = &ops;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, MIB2, SMALL, 1, FAKE_LEAF);
	expect_page(MIB2 + 0x6789, SMALL_HPA + 0x6789, 0, PTE_R | PTE_W | PTE_X);
}

/* ---- fences ---- */

static void a_range_fence_takes_its_range_only(void **state)
{
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	hart[1].hgatp = fake_atp(8, 4);
	for (i = 0; i < 8; i++) {
		fake_map(hart[0].hgatp, i * KIB4, SMALL + i * KIB4, 0, FAKE_LEAF);
		fake_map(hart[1].hgatp, i * KIB4, SMALL + i * KIB4, 0, FAKE_LEAF);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, i * KIB4), HEXT_SHADOW_RESUME);
		assert_int_equal(fault(1, CAUSE_LOAD_GUEST_PAGE, i * KIB4), HEXT_SHADOW_RESUME);
	}
	assert_int_equal(fence(3, 2 * KIB4, 3 * KIB4).whole, 0);
	for (i = 0; i < 8; i++) {
		assert_int_equal(seen(0, i * KIB4).valid, i < 2 || i > 4);
		assert_true(seen(1, i * KIB4).valid);
	}
	/* Bits beyond VMIDLEN are ignored. */
	cfg.vmid_bits = 3;
	assert_int_equal(fence(8 | 4, 0, 0).shadows, BIT64(get(1) - pool.shadow));
	assert_false(seen(1, 0).valid);
	assert_true(seen(0, 0).valid);
}

static void a_fence_hits_the_superpage_around_it(void **state)
{
	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 0, BIG, 2, FAKE_LEAF);
	fake_map(hart[0].hgatp, GIB1, BIG, 1, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, GIB1), HEXT_SHADOW_RESUME);
	fence(3, GIB1 - 1, 1);
	assert_false(seen(0, 0).valid);
	assert_true(seen(0, GIB1).valid);
	fence(3, UINT64_MAX - 5, 100);
	assert_true(seen(0, GIB1).valid);
	fence(3, GIB1, UINT64_MAX);
	assert_false(seen(0, GIB1).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, 0).level, 2);
	fence(3, 0, 0);
	assert_false(seen(0, 0).valid);
}

/* One address of a leaf of L1 stands for the leaf, in however many parts the shadow has it. */
static void a_fence_hits_all_parts_of_l1s_leaf(void **state)
{
	struct hext_shadow_fenced fenced;
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, MIB2, SMALL, 1, FAKE_LEAF);
	fake_map(hart[0].hgatp, 4 * MIB2, SMALL, 0, FAKE_LEAF);
	fault(0, CAUSE_LOAD_GUEST_PAGE, 4 * MIB2);
	for (i = 0; i < 5; i++)
		fault(0, CAUSE_LOAD_GUEST_PAGE, MIB2 + i * KIB4);
	fenced = fence(3, MIB2 + 17 * KIB4, KIB4);
	for (i = 0; i < 5; i++)
		assert_false(seen(0, MIB2 + i * KIB4).valid);
	assert_true(seen(0, 4 * MIB2).valid);
	/* In this hart's TLB, too, there may be parts beside the range. */
	assert_int_equal(fenced.whole, BIT64(get(0) - pool.shadow));
}

static void a_fence_hits_all_of_a_napot_leaf(void **state)
{
	unsigned int i;

	(void)state;
	cfg.svnapot = true;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < 16; i++) {
		*fake_map(hart[0].hgatp, i * KIB4, BIG, 0, FAKE_LEAF) |=
			PTE_N | UINT64_C(8) << PTE_PPN_SHIFT;
		expect_page(i * KIB4, BIG_HPA + i * KIB4, 0, PTE_R | PTE_W | PTE_X);
	}
	fence(3, 7 * KIB4, KIB4);
	for (i = 0; i < 16; i++)
		assert_false(seen(0, i * KIB4).valid);
}

static uint64_t *raced_pte;
static uint64_t raced_value;

static void cas_race(uint64_t addr)
{
	(void)addr;
	fake.before_cas = NULL;
	*raced_pte = raced_value;
	fence(3, 0, 0);
}

/* Fences of the VS stage reach the shadows of L1's VMID, of which VMIDLEN bits count. */
static void shadows_are_found_by_vmid(void **state)
{
	uint64_t of_0, of_1;
	uint32_t from;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	hart[1].hgatp = fake_atp(8, 4);
	of_0 = BIT64(get(0) - pool.shadow);
	of_1 = BIT64(get(1) - pool.shadow);
	assert_int_not_equal(of_0, of_1);
	assert_int_equal(of_vmid(3, 0), of_0);
	assert_int_equal(of_vmid(4, 0), of_1);
	assert_int_equal(of_vmid(4 | 1u << cfg.vmid_bits, 0), of_1);
	assert_int_equal(of_vmid(5, 0), 0);
	from = 0;
	assert_int_equal(found_by_vmid(true, 5, &from), of_0 | of_1);
	assert_true(from >= hext_shadow_keys(&pool));
}

/* The table changes and is fenced after the walk has read it: nothing old may be installed. */
static bool racing_host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	if (raced_pte) {
		*raced_pte = raced_value;
		raced_pte = NULL;
		fence(3, KIB4, KIB4);
	}
	return fake_host_page(ctx, addr, page);
}

static void a_fence_during_the_walk_outdates_it(void **state)
{
	struct hext_ops racing = fake_ops;

	(void)state;
	racing.host_page = racing_host_page;
	hart[0].ops = &racing;
	hart[0].hgatp = fake_atp(8, 3);
	raced_pte = fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	raced_value = fake_make_pte(SMALL + KIB4, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, KIB4).hpa, SMALL_HPA + KIB4);

	/* Ahead of the fault there is no second attempt. */
	raced_pte = fake_map(hart[0].hgatp, 3 * KIB4, SMALL, 0, FAKE_LEAF);
	raced_value = fake_make_pte(SMALL + KIB4, FAKE_LEAF);
	ahead(0, CAUSE_LOAD_GUEST_PAGE, 3 * KIB4);
	assert_false(seen(0, 3 * KIB4).valid);
	ahead(0, CAUSE_LOAD_GUEST_PAGE, 3 * KIB4);
	assert_int_equal(seen(0, 3 * KIB4).hpa, SMALL_HPA + KIB4);

	cfg.gstage_adue = true;
	raced_pte = fake_map(hart[0].hgatp, 2 * KIB4, SMALL, 0, FAKE_LEAF & ~PTE_A);
	raced_value = 0;
	fake.before_cas = cas_race;
	hart[0].ops = &fake_ops;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 2 * KIB4), HEXT_SHADOW_TRAP);
}

static bool always_fencing(void *ctx, pa_t addr, struct hext_host_page *page)
{
	fence(3, 0, 0);
	return fake_host_page(ctx, addr, page);
}

static void endless_fences_end(void **state)
{
	struct hext_ops racing = fake_ops;

	(void)state;
	racing.host_page = always_fencing;
	hart[0].ops = &racing;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	assert_false(seen(0, KIB4).valid);
}

/* ---- tables that a fence of everything has detached ---- */

/* Further apart than pages that one fault brings. */
#define APART (16 * KIB4)

static void map_and_touch(gpa_t gpa, uint64_t pa)
{
	fake_map(hart[0].hgatp, gpa, pa, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, gpa), HEXT_SHADOW_RESUME);
	assert_true(seen(0, gpa).pte & PTE_W);
}

/* An entry comes back if L1 still gives all of it, with the permissions that L1 still gives. */
static void l1_gives_entries_back_after_a_fence(void **state)
{
	static const struct {
		uint64_t clear, set,
			left; /* changes of L1's entry; R, W, X of the shadow's after */
	} cases[] = {
		{ 0, 0, PTE_R | PTE_W | PTE_X },
		{ 0, UINT64_C(1) << PTE_PPN_SHIFT, 0 },
		{ PTE_V, 0, 0 },
		{ PTE_A, 0, 0 },
		{ PTE_U, 0, 0 },
		{ PTE_D, 0, PTE_R | PTE_X },
		{ PTE_W, 0, PTE_R | PTE_X },
		{ PTE_X, 0, PTE_R | PTE_W },
		{ PTE_R, 0, 0 }, /* reserved */
		{ 0, BIT64(PTE_PBMT_SHIFT), 0 },
		{ 0, PTE_N, 0 },
		{ 0, BIT64(54), 0 }, /* reserved */
		{ PTE_R | PTE_W | PTE_X, 0, 0 },
		{ 0, PTE_RSW | PTE_G, PTE_R | PTE_W | PTE_X },
	};
	const unsigned int count = sizeof(cases) / sizeof(*cases);
	uint64_t *pte, before;
	uint32_t tables;
	unsigned int i;

	(void)state;
	cfg.svpbmt = true;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(9, 3);
	for (i = 0; i < count; i++)
		map_and_touch(i * APART, FAKE_RAM + 2 * i * KIB4);
	map_and_touch(20 * APART, FAKE_RAM);
	map_and_touch(GIB1, FAKE_RAM);
	before = seen(0, 0).pte;
	tables = get(0)->table_count;
	for (i = 0; i < count; i++) {
		pte = fake_slot(hart[0].hgatp, i * APART, 0);
		*pte = (*pte & ~cases[i].clear) | cases[i].set;
	}
	assert_int_equal(fence(3, 0, 0).whole, BIT64(get(0) - pool.shadow));
	for (i = 0; i < count; i++)
		assert_false(seen(0, i * APART).valid);
	assert_false(seen(0, GIB1).valid);
	assert_int_equal(get(0)->table_count, tables);
	/* One fault brings all that L1 still gives. It needs no fence: nothing was valid. */
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 20 * APART), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_NONE);
	assert_true(seen(0, 20 * APART).valid);
	for (i = 0; i < count; i++) {
		assert_int_equal(rwx(seen(0, i * APART).pte), cases[i].left);
		assert_int_equal(seen(0, i * APART).valid, cases[i].left != 0);
	}
	assert_int_equal(seen(0, 0).pte, before);
	/* Another table waits for its own fault. */
	assert_false(seen(0, GIB1).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, GIB1), HEXT_SHADOW_RESUME);
	assert_true(seen(0, GIB1).pte & PTE_W);
	assert_int_equal(get(0)->table_count, tables);
	/* A hart that faults again holds something old. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, GIB1), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
}

/* L1's entries count at the place where they are now, not where they were. */
static void a_detached_table_is_compared_with_l1s_new_one(void **state)
{
	uint64_t *top, old;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(0, FAKE_RAM);
	map_and_touch(APART, FAKE_RAM + KIB4);
	map_and_touch(2 * APART, FAKE_RAM + KIB4);
	top = fake_slot(hart[0].hgatp, 0, 1);
	old = *top;
	*top = 0;
	fake_map(hart[0].hgatp, 0, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, 2 * APART, FAKE_RAM + 2 * KIB4, 0, FAKE_LEAF);
	assert_int_not_equal(*top, old);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 0).valid);
	assert_false(seen(0, APART).valid);
	assert_false(seen(0, 2 * APART).valid);
}

/* L1 takes away every fifth entry of a full table. */
static void each_entry_of_a_table_is_compared(void **state)
{
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < PTES_PER_PAGE; i++)
		fake_map(hart[0].hgatp, i * KIB4, FAKE_RAM + i % 8 * KIB4, 0, FAKE_LEAF);
	for (i = 0; i < PTES_PER_PAGE; i++) {
		if (!seen(0, i * KIB4).valid)
			fault(0, CAUSE_LOAD_GUEST_PAGE, i * KIB4);
		assert_true(seen(0, i * KIB4).valid);
	}
	for (i = 0; i < PTES_PER_PAGE; i += 5)
		*fake_slot(hart[0].hgatp, i * KIB4, 0) = 0;
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4), HEXT_SHADOW_RESUME);
	for (i = 0; i < PTES_PER_PAGE; i++)
		assert_int_equal(seen(0, i * KIB4).valid, i % 5 != 0);
}

/* A fault that attaches a table brings no pages around its own, but the next fault does. */
static void pages_around_come_if_no_table_is_attached(void **state)
{
	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(0, FAKE_RAM);
	fake_map(hart[0].hgatp, APART, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, APART + KIB4, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, 2 * APART, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, 2 * APART + KIB4, FAKE_RAM, 0, FAKE_LEAF);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, APART), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 0).valid);
	assert_false(seen(0, APART + KIB4).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 2 * APART), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 2 * APART + KIB4).valid);
}

static void a_range_is_fenced_in_detached_tables(void **state)
{
	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(0, FAKE_RAM);
	map_and_touch(APART, FAKE_RAM + KIB4);
	fence(3, 0, 0);
	fence(3, APART, KIB4);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 0).valid);
	assert_false(seen(0, APART).valid);
}

static void large_pages_come_back_with_their_table(void **state)
{
	uint64_t *l1;

	(void)state;
	cfg.one_distance = true;
	fake.region[0].level = 1;
	hart[0].hgatp = fake_atp(8, 3);
	l1 = fake_map(hart[0].hgatp, MIB2, FAKE_RAM, 1, FAKE_LEAF);
	fake_map(hart[0].hgatp, 3 * MIB2, FAKE_RAM, 1, FAKE_LEAF);
	/* L1's table of small pages has at index 1 what its table of large pages has there. */
	fake_map(hart[0].hgatp, 4 * MIB2, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, 4 * MIB2 + KIB4, FAKE_RAM, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, MIB2), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, MIB2).level, 1);
	fence(3, 0, 0);
	assert_false(seen(0, MIB2).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 3 * MIB2), HEXT_SHADOW_RESUME);
	assert_true(seen(0, MIB2).valid);
	assert_int_equal(seen(0, MIB2).hpa, cfg.ram_hpa.addr);
	/* The walk for a small page has not read L1's entries for large ones. */
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 4 * MIB2), HEXT_SHADOW_RESUME);
	assert_false(seen(0, MIB2).valid);
	/* A misaligned superpage is none. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, MIB2), HEXT_SHADOW_RESUME);
	*l1 = fake_make_pte(FAKE_RAM + KIB4, FAKE_LEAF);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 3 * MIB2), HEXT_SHADOW_RESUME);
	assert_false(seen(0, MIB2).valid);
}

/* The host may have the page of another address of L1 where L1's new page would be. */
static void nothing_comes_back_without_one_distance(void **state)
{
	(void)state;
	cfg.one_distance = false;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(0, FAKE_RAM);
	map_and_touch(APART, FAKE_RAM + KIB4);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_true(seen(0, 0).valid);
	assert_false(seen(0, APART).valid);
}

/* A pointer of L1 that looks like one of the shadow is none. */
static void a_table_below_stays_detached(void **state)
{
	(void)state;
	cfg.one_distance = true;
	cfg.ram_hpa = hpa(FAKE_RAM);
	fake.region[0].level = 1;
	fake.region[0].hpa = FAKE_RAM;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 3 * MIB2, FAKE_RAM, 1, FAKE_LEAF);
	map_and_touch(MIB2, FAKE_RAM);
	/* The table of small pages was taken last. */
	*fake_slot(hart[0].hgatp, MIB2, 1) =
		fake_make_pte(pool.tables_hpa.addr + get(0)->tables * KIB4, PTE_V);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 3 * MIB2), HEXT_SHADOW_RESUME);
	assert_false(seen(0, MIB2).valid);
}

/* A part of a larger leaf of L1 does not come back: what follows it in L1's leaf may not either. */
static void parts_do_not_come_back(void **state)
{
	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	cfg.svnapot = true;
	*fake_map(hart[0].hgatp, APART, FAKE_RAM, 0, FAKE_LEAF) |= PTE_N | UINT64_C(8)
										   << PTE_PPN_SHIFT;
	map_and_touch(0, FAKE_RAM);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, APART), HEXT_SHADOW_RESUME);
	fake_map(hart[0].hgatp, APART, FAKE_RAM, 0, FAKE_LEAF);
	fence(3, 0, 0);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_false(seen(0, APART).valid);
	/* Bare has no table to compare with. */
	hart[0].hgatp = 0;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, SMALL), HEXT_SHADOW_RESUME);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, SMALL + APART), HEXT_SHADOW_RESUME);
	fence(0, 0, 0);
	assert_false(seen(0, SMALL).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, SMALL), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, SMALL).hpa, SMALL_HPA);
	assert_false(seen(0, SMALL + APART).valid);
}

static void a_leaf_replaces_a_detached_table(void **state)
{
	uint64_t *table;
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(KIB4, FAKE_RAM);
	table = newest_table(get(0));
	assert_true(table[1] & PTE_R);
	fence(3, 0, 0);
	fake_map(hart[0].hgatp, 0, BIG, 1, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
	assert_int_equal(seen(0, KIB4).level, 1);
	/* Another hart may have a pointer to the table, and no fence would find what is in it. */
	for (i = 0; i < 512; i++)
		assert_int_equal(table[i], 0);
}

static uint64_t *new_top, new_table;

static bool host_page_with_a_new_table(void *ctx, pa_t addr, struct hext_host_page *page)
{
	if (new_table) {
		*new_top = new_table;
		new_table = 0;
		fence(3, 0, 0);
	}
	return fake_host_page(ctx, addr, page);
}

/* What was walked before a fence is not what detached tables are compared with. */
static void a_fence_during_the_walk_leaves_tables_detached(void **state)
{
	struct hext_ops racing = fake_ops;

	(void)state;
	racing.host_page = host_page_with_a_new_table;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	map_and_touch(0, SMALL);
	map_and_touch(APART, FAKE_RAM);
	map_and_touch(MIB2, FAKE_RAM);
	new_top = fake_slot(hart[0].hgatp, 0, 1);
	new_table = *fake_slot(hart[0].hgatp, MIB2, 1);
	fence(3, 0, 0);
	hart[0].ops = &racing;
	ahead(0, CAUSE_LOAD_GUEST_PAGE, 0);
	assert_int_equal(new_table, 0);
	assert_false(seen(0, APART).valid);
	hart[0].ops = &fake_ops;
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	assert_int_equal(seen(0, 0).hpa, cfg.ram_hpa.addr);
	assert_false(seen(0, APART).valid);
}

static bool attach_beside(gpa_t gpa)
{
	return hext_shadow_attach_beside(&pool, get(0), &hart[0], gpa, &missed);
}

/* After the first table of a GiB, the others come back without a walk from the root. */
static void detached_tables_beside_the_last_come_back(void **state)
{
	const struct hext_shadow_missed none = { 0 };
	struct hext_shadow_missed before;
	uint64_t *pointer, *other;
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = hart[1].hgatp = fake_atp(9, 3);
	for (i = 0; i < 9; i++)
		map_and_touch(i * MIB2 + i * KIB4, FAKE_RAM + i * KIB4);
	map_and_touch(GIB1, FAKE_RAM);
	map_and_touch(GIB1 + 7 * MIB2 + 7 * KIB4, FAKE_RAM + 7 * KIB4);
	fence(3, 0, 0);
	/* The walk before is from before the fence. */
	assert_false(attach_beside(0));
	fault(0, CAUSE_STORE_GUEST_PAGE, 0);
	for (i = 1; i < 4; i++) {
		assert_true(attach_beside(i * MIB2 + i * KIB4 + 5));
		assert_int_equal(seen(0, i * MIB2 + i * KIB4).hpa, cfg.ram_hpa.addr + i * KIB4);
		assert_true(seen(0, i * MIB2 + i * KIB4).pte & PTE_W);
		assert_int_equal(missed.hgatp, 0);
	}
	/* It is there already, in another GiB, or L1 does not give all of it any more. */
	assert_false(attach_beside(3 * MIB2 + 3 * KIB4));
	assert_false(attach_beside(GIB1));
	fake_map(hart[0].hgatp, 4 * MIB2 + 4 * KIB4, FAKE_RAM + 4 * KIB4, 0, FAKE_LEAF & ~PTE_W);
	assert_false(attach_beside(4 * MIB2 + 4 * KIB4));
	fake_map(hart[0].hgatp, 4 * MIB2 + 4 * KIB4, 0, 0, 0);
	assert_false(attach_beside(4 * MIB2 + 4 * KIB4));
	pointer = fake_slot(hart[0].hgatp, 5 * MIB2, 1);
	other = fake_slot(hart[0].hgatp, 6 * MIB2, 1);
	*pointer |= PTE_U;
	assert_false(attach_beside(5 * MIB2 + 5 * KIB4));
	/* Another table of L1: what the shadow has is not what L1 gives. */
	*pointer = *other;
	fake_map(hart[0].hgatp, 6 * MIB2 + 5 * KIB4, FAKE_RAM + 8 * KIB4, 0, FAKE_LEAF);
	assert_false(attach_beside(5 * MIB2 + 5 * KIB4));
	assert_false(seen(0, 5 * MIB2 + 5 * KIB4).valid);
	fault(0, CAUSE_STORE_GUEST_PAGE, 5 * MIB2 + 5 * KIB4);
	assert_int_equal(seen(0, 5 * MIB2 + 5 * KIB4).hpa, cfg.ram_hpa.addr + 8 * KIB4);
	/* Another hart filled in another GiB meanwhile. */
	fault(0, CAUSE_STORE_GUEST_PAGE, 6 * MIB2 + 6 * KIB4);
	before = missed;
	fault(1, CAUSE_STORE_GUEST_PAGE, GIB1);
	missed = before;
	assert_true(attach_beside(7 * MIB2 + 7 * KIB4));
	assert_int_equal(seen(0, 7 * MIB2 + 7 * KIB4).hpa, cfg.ram_hpa.addr + 7 * KIB4);
	missed = before;
	/* Behind L1's table of a GiB is another one, which is not for the next GiB. */
	fake_slot(hart[0].hgatp, 0, 1)[512 + 7] = *fake_slot(hart[0].hgatp, GIB1 + 7 * MIB2, 1);
	assert_false(attach_beside(GIB1 + 7 * MIB2 + 7 * KIB4));
	/* Another hart fenced and filled. The walk before is from before that. */
	fault(0, CAUSE_STORE_GUEST_PAGE, 7 * MIB2 + 7 * KIB4);
	before = missed;
	fence(3, 0, 0);
	fault(1, CAUSE_STORE_GUEST_PAGE, 7 * MIB2 + 7 * KIB4);
	missed = before;
	assert_false(attach_beside(8 * MIB2 + 8 * KIB4));
	fault(0, CAUSE_STORE_GUEST_PAGE, 7 * MIB2 + 7 * KIB4);
	assert_true(attach_beside(8 * MIB2 + 8 * KIB4));
	/* There is no walk before. */
	missed = none;
	assert_false(attach_beside(6 * MIB2 + 6 * KIB4));
}

/* In the GiB of the last fault, a table that is missing is made without a walk from the root. */
static void missing_tables_beside_the_last_are_made(void **state)
{
	struct hext_shadow_missed before;
	uint32_t left;
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(9, 3);
	map_and_touch(0, FAKE_RAM);
	for (i = 1; i < 6; i++)
		fake_map(hart[0].hgatp, i * MIB2, FAKE_RAM + i * KIB4, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, MIB2 + KIB4, FAKE_RAM + 9 * KIB4, 0, FAKE_LEAF & ~PTE_X);
	assert_true(attach_beside(MIB2));
	assert_int_equal(seen(0, MIB2).hpa, cfg.ram_hpa.addr + KIB4);
	assert_int_equal(rwx(seen(0, MIB2).pte), PTE_RWX);
	assert_int_equal(missed.hgatp, 0);
	/* The page beside it came, too. What is there already needs a fence. */
	assert_int_equal(seen(0, MIB2 + KIB4).hpa, cfg.ram_hpa.addr + 9 * KIB4);
	assert_int_equal(rwx(seen(0, MIB2 + KIB4).pte), PTE_R | PTE_W);
	assert_false(attach_beside(MIB2));
	/* The table is there. */
	fake_map(hart[0].hgatp, MIB2 + 30 * KIB4, FAKE_RAM + 10 * KIB4, 0, FAKE_LEAF);
	assert_true(attach_beside(MIB2 + 30 * KIB4));
	assert_int_equal(seen(0, MIB2 + 30 * KIB4).hpa, cfg.ram_hpa.addr + 10 * KIB4);
	/* No memory of the piece of RAM. */
	fake_map(hart[0].hgatp, 2 * MIB2, BIG, 0, FAKE_LEAF);
	assert_false(attach_beside(2 * MIB2));
	assert_false(seen(0, 2 * MIB2).valid);
	/* No table is free. None is reclaimed. */
	left = pool.free_count;
	pool.free_count = 0;
	assert_false(attach_beside(3 * MIB2));
	assert_int_equal(pool.candidate_count, 0);
	pool.free_count = left;
	/* The walk before is from before a fence. */
	before = missed;
	fence(3, 5 * MIB2, KIB4);
	missed = before;
	assert_false(attach_beside(3 * MIB2));
	assert_false(seen(0, 3 * MIB2).valid);
	fault(0, CAUSE_STORE_GUEST_PAGE, 3 * MIB2);
	assert_true(attach_beside(4 * MIB2));
	assert_int_equal(pool_use().tables_lost, 0);
}

/* The shadow has fewer levels than L1's table, and no place for the address. */
static void no_table_is_made_beyond_the_addresses_of_a_shadow(void **state)
{
	const uint64_t far_away = BIT64(45);

	(void)state;
	hart[0].hgatp = fake_atp(9, 3);
	map_and_touch(0, FAKE_RAM);
	fake_map(hart[0].hgatp, far_away, FAKE_RAM, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, far_away + MIB2, FAKE_RAM, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, far_away), HEXT_SHADOW_WIDEN);
	assert_false(attach_beside(far_away + MIB2));
}

/* A long range is fenced by detaching all tables: the time under the lock does not grow with it. */
static void a_long_range_detaches_all_tables(void **state)
{
	const unsigned int full = 4;
	struct hext_shadow_fenced fenced;
	uint64_t *table;
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < full * 512; i++)
		fake_map(hart[0].hgatp, i * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	for (i = 0; i < full * 512; i += 16)
		fault(0, CAUSE_STORE_GUEST_PAGE, i * KIB4);
	map_and_touch(GIB1, FAKE_RAM);
	/* Within the limit, with the tables above: the range alone. */
	fenced = fence(3, MIB2, MIB2);
	assert_int_equal(fenced.whole, 0);
	assert_true(fenced.next >= hext_shadow_keys(&pool));
	assert_false(seen(0, MIB2).valid || seen(0, 2 * MIB2 - KIB4).valid);
	assert_true(seen(0, MIB2 - KIB4).valid && seen(0, 2 * MIB2).valid && seen(0, GIB1).valid);
	/* Three full tables. What was not looked at is hidden, and not taken away. */
	table = pool_table((pool_table((*get(0)->root & PTE_PPN) << 2)[3] & PTE_PPN) << 2);
	fake_map(hart[0].hgatp, 3 * MIB2, FAKE_RAM, 0, 0);
	fenced = fence(3, 0, full * MIB2);
	assert_int_equal(fenced.whole, BIT64(get(0) - pool.shadow));
	for (i = 0; i < full * 512; i++)
		assert_false(seen(0, i * KIB4).valid);
	assert_false(seen(0, GIB1).valid);
	assert_true(table[511] & PTE_W);
	/* They come back if L1 still gives them. */
	fault(0, CAUSE_STORE_GUEST_PAGE, 3 * MIB2 + KIB4);
	assert_true(seen(0, full * MIB2 - KIB4).valid);
	assert_false(seen(0, 3 * MIB2).valid);
	fault(0, CAUSE_STORE_GUEST_PAGE, GIB1);
	assert_true(seen(0, GIB1).valid);
}

/* One call does not fence many shadows with wide roots. The next call goes on. */
static void a_fence_of_many_shadows_is_cut_up(void **state)
{
	struct hext_gvma_fence f = { .all_vmids = true, .all_addresses = true };
	struct hext_shadow_fenced fenced;
	uint64_t fenced_shadows = 0;
	unsigned int vm, calls;

	(void)state;
	for (vm = 0; vm < 3; vm++) {
		hart[0].hgatp = fake_atp(8, vm + 1);
		map_and_touch(0, FAKE_RAM);
		map_and_touch(1000 * GIB1, FAKE_RAM);
	}
	for (f.all_addresses = true;; f.all_addresses = false) {
		f.gpa = 0;
		f.size = UINT64_MAX;
		f.from = 0;
		fenced_shadows = 0;
		for (calls = 0; f.from < hext_shadow_keys(&pool); calls++) {
			fenced = hext_shadow_fence_gvma(&pool, &f);
			assert_true(fenced.next > f.from);
			fenced_shadows |= fenced.shadows << f.from;
			f.from = fenced.next;
		}
		assert_int_equal(fenced_shadows, 7);
		/* 1,001 entries of each root. A range begins with a look at the root. */
		assert_int_equal(calls, f.all_addresses ? 2 : 3);
		for (vm = 0; vm < 3; vm++)
			assert_true(is_detached(pool.shadow[vm].root[0]));
		if (!f.all_addresses)
			break;
	}
}

/* The number of tables of @s that a leaf has replaced and that are not free yet. */
static unsigned int replaced_tables(const struct hext_shadow *s)
{
	uint32_t index = s->tables, n = 0;

	do {
		n += pool.info[index].replaced;
		index = pool.info[index].next;
	} while (index != s->tables);
	return n;
}

/*
 * Tables below a leaf of 1 GiB keep their entries, which other harts may still reach. So fences of
 * ranges cover all addresses until the tables are free.
 */
static void tables_below_a_large_leaf_keep_their_entries(void **state)
{
	const uint64_t *table;
	struct hext_shadow *s;
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, BIG + 5 * KIB4, 0, FAKE_LEAF);
	fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4);
	fake_map(hart[0].hgatp, GIB1, BIG + 5 * KIB4, 0, FAKE_LEAF);
	s = get(0);
	table = newest_table(s);
	fake_map(hart[0].hgatp, 0, BIG, 2, FAKE_LEAF);
	fault(0, CAUSE_LOAD_GUEST_PAGE, 0);
	assert_int_equal(result.flush, HEXT_SHADOW_FLUSH_VMID);
	assert_int_equal(seen(0, KIB4).level, 2);
	assert_true(table[1] & PTE_R);
	assert_int_equal(s->replaced, 1);
	assert_int_equal(s->table_count, 2);
	assert_int_equal(fence(3, 8 * GIB1, KIB4).whole, BIT64(s - pool.shadow));
	/* Both tables are free as soon as the pool needs them. */
	fake_map(hart[0].hgatp, 8 * GIB1, BIG + KIB4, 0, FAKE_LEAF);
	for (i = 1; i < 3000; i++)
		*fake_slot(hart[0].hgatp, 8 * GIB1 + i * MIB2, 1) =
			*fake_slot(hart[0].hgatp, 8 * GIB1, 1);
	for (i = 0; i < 3000 && s->replaced; i++) {
		fault(0, CAUSE_LOAD_GUEST_PAGE, 8 * GIB1 + i * MIB2);
		assert_int_equal(s->replaced, replaced_tables(s));
	}
	assert_in_range(i, pool.table_total - 4, 2999);
	assert_int_equal(fence(3, KIB4, KIB4).whole, 0);
	assert_int_equal(pool_use().tables_lost, 0);
}

/* So do they if the shadow gets another key. */
static void a_new_key_has_no_replaced_tables(void **state)
{
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, KIB4, BIG + 5 * KIB4, 0, FAKE_LEAF);
	fault(0, CAUSE_LOAD_GUEST_PAGE, KIB4);
	fake_map(hart[0].hgatp, 0, BIG, 2, FAKE_LEAF);
	fault(0, CAUSE_LOAD_GUEST_PAGE, 0);
	assert_int_equal(get(0)->replaced, 1);
	for (i = 0; i < pool.count; i++) {
		hart[0].hgatp = fake_atp(8, 10 + i);
		get(0);
	}
	for (i = 0; i < pool.count; i++)
		assert_int_equal(pool.shadow[i].replaced, 0);
	assert_int_equal(pool_use().tables_used, 0);
}

/* ---- the pool ---- */

static void harts_share_a_shadow(void **state)
{
	(void)state;
	hart[0].hgatp = hart[1].hgatp = fake_atp(8, 3);
	assert_ptr_equal(get(0), get(1));
	hart[1].hgatp ^= UINT64_C(1) << HGATP_VMID_SHIFT;
	assert_ptr_not_equal(get(0), get(1));
	assert_int_not_equal(hext_shadow_hgatp(get(0)), hext_shadow_hgatp(get(1)));
}

/* Keys with a root each. */
static uint64_t some_key(unsigned int i)
{
	return UINT64_C(8) << 60 | UINT64_C(3) << 44 | (0x1000 + i * 4);
}

/*
 * quiesce() interrupts the harts that are bound to the shadow. A hart that was bound to it before
 * fences when it is bound again, and so does a hart that comes for the first time.
 */
static void a_hart_that_is_not_bound_fences_when_it_is(void **state)
{
	struct hext_shadow *s, *other;

	(void)state;
	hart[0].hgatp = hart[1].hgatp = some_key(1);
	s = get(0);
	assert_int_equal(quiesced_harts, 1);
	assert_ptr_equal(get(1), s);
	assert_int_equal(quiesced_harts, 3);
	hart[1].hgatp = some_key(2);
	other = get(1);
	assert_int_equal(quiesced_vmids, BIT64(s->vmid) | BIT64(other->vmid));
	/* Nothing has changed for hart 1. */
	hart[1].hgatp = some_key(1);
	quiesced_harts = 0;
	get(1);
	assert_int_equal(quiesced_harts, 0);
	hart[1].hgatp = some_key(2);
	get(1);
	spin_lock(&pool.lock);
	shadow_quiesce(&pool, s, NULL);
	spin_unlock(&pool.lock);
	assert_int_equal(quiesced_harts, 1);
	quiesced_harts = quiesced_vmids = 0;
	hart[1].hgatp = some_key(1);
	get(1);
	assert_int_equal(quiesced_harts, 2);
	assert_int_equal(quiesced_vmids, BIT64(s->vmid));
}

static void the_least_recently_used_is_evicted(void **state)
{
	struct hext_shadow *s[8];
	unsigned int i;

	(void)state;
	assert_int_equal(pool.count, 4);
	hart[1].hgatp = some_key(100);
	s[7] = get(1);
	for (i = 0; i < 3; i++) {
		hart[0].hgatp = some_key(i);
		s[i] = get(0);
	}
	hart[0].hgatp = some_key(0);
	assert_ptr_equal(get(0), s[0]);
	assert_int_equal(quiesced, 4); /* once for each new root */
	quiesced = 0;
	quiesced_vmids = 0;
	/* 1 is the oldest but for hart 1's, which is in use. */
	hart[0].hgatp = UINT64_C(9) << 60 | UINT64_C(5) << 44;
	assert_ptr_equal(hext_shadow_get_wider(&pool, &hart[0], 0, BIT64(41)), s[1]);
	assert_int_equal(quiesced, 1);
	assert_int_equal(quiesced_vmids, BIT64(s[1]->vmid));
	assert_int_equal(hext_shadow_hgatp(s[1]) >> 60, 9);
	assert_ptr_equal(get(1), s[7]);
	/* The order is now 2, 0 (both rest), 1. */
	hart[0].hgatp = some_key(0);
	assert_ptr_equal(get(0), s[0]);
	hart[0].hgatp = some_key(50);
	assert_ptr_equal(get(0), s[2]);
	hart[0].hgatp = some_key(51);
	assert_ptr_equal(get(0), s[1]);
	assert_int_equal(quiesced, 3);
}

/* A hart that keeps one shadow beside each new one. */
static void a_hart_keeps_two_shadows_if_there_are_enough(void **state)
{
	struct hext_shadow_config config = pool_config();
	struct hext_shadow *kept, *s;
	unsigned int i;

	(void)state;
	config.harts = 1;
	assert_true(hext_shadow_init(&pool, &config));
	assert_true(pool.keeps_two);
	hart[0].hgatp = some_key(0);
	kept = hext_shadow_get_beside(&pool, &hart[0], 0, NULL);
	/* More keys than shadows: each takes the shadow of another one, but not the kept one. */
	for (i = 1; i < 10; i++) {
		hart[0].hgatp = some_key(i);
		s = hext_shadow_get_beside(&pool, &hart[0], 0, kept);
		assert_ptr_not_equal(s, kept);
		assert_int_equal(s->hgatp, some_key(i));
		assert_int_equal(s->harts, 1);
		assert_int_equal(kept->hgatp, some_key(0));
		assert_int_equal(kept->harts, 1);
	}
	/* The kept one again: it is counted once. */
	hart[0].hgatp = some_key(0);
	assert_ptr_equal(hext_shadow_get_beside(&pool, &hart[0], 0, s), kept);
	assert_int_equal(kept->harts, 1);
	assert_ptr_equal(hext_shadow_get_beside(&pool, &hart[0], 0, kept), kept);
	assert_int_equal(kept->harts, 1);
	assert_int_equal(s->harts, 0);
	/* Without a kept one the hart leaves both. */
	hart[0].hgatp = some_key(1);
	hext_shadow_get_beside(&pool, &hart[0], 0, kept);
	hart[0].hgatp = some_key(2);
	get(0);
	assert_int_equal(kept->harts, 0);
}

static void a_hart_keeps_one_shadow_if_there_are_few(void **state)
{
	struct hext_shadow *a;

	(void)state;
	assert_false(pool.keeps_two);
	hart[0].hgatp = some_key(0);
	a = get(0);
	hart[0].hgatp = some_key(1);
	hext_shadow_get_beside(&pool, &hart[0], 0, a);
	assert_int_equal(a->harts, 0);
}

/* 16 shadows, of which 2 have a root from the start. */
static void start_with_few_roots(void)
{
	struct hext_shadow_config config = pool_config();

	config.harts = 1;
	config.shadows = 2;
	config.shadows_max = 16;
	assert_true(hext_shadow_init(&pool, &config));
	assert_int_equal(pool.count, 16);
	assert_true(pool.table_total > HEXT_SHADOW_MIN_TABLES + 16 * 4);
}

static void roots_take_memory_of_tables(void **state)
{
	struct hext_shadow *s, *before[16];
	unsigned int i, total;

	(void)state;
	start_with_few_roots();
	total = pool.table_total;
	for (i = 0; i < 16; i++) {
		hart[0].hgatp = some_key(i);
		before[i] = s = get(0);
		assert_int_equal(hext_shadow_hgatp(s) % 4, 0);
		assert_ptr_equal(pool_table((hext_shadow_hgatp(s) & ATP_PPN) << 12), s->root);
		assert_int_equal(s->root[2047], 0);
	}
	/* 4 pages each, and what the first one needs for its alignment. */
	assert_in_range(total - pool.table_total, 14 * 4, 14 * 4 + 3);
	assert_int_equal(pool.free_count, pool.table_total);
	for (i = 0; i < 16; i++) {
		hart[0].hgatp = some_key(i);
		assert_ptr_equal(get(0), before[i]);
	}
	hart[0].hgatp = some_key(16);
	assert_ptr_equal(get(0), before[0]);
}

/* Roots take no memory that tables have had, nor so much that too few tables remain. */
static void tables_keep_their_memory(void **state)
{
	unsigned int i;

	(void)state;
	start_with_few_roots();
	hart[0].hgatp = map_sparsely(300);
	for (i = 0; pool.unused < pool.table_total; i++)
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	for (i = 0; i < 10; i++) {
		hart[0].hgatp = some_key(i);
		get(0);
	}
	assert_int_equal(pool.key_count, 2);
	start_with_few_roots();
	pool.table_least = pool.table_total - 20;
	for (i = 0; i < 10; i++) {
		hart[0].hgatp = some_key(i);
		get(0);
	}
	assert_true(pool.table_total >= pool.table_least);
	assert_in_range(pool.key_count, 4, 6);
}

static void a_root_with_another_vmid_goes_first(void **state)
{
	const uint64_t vmid = UINT64_C(1) << 44;
	struct hext_shadow *s[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		hart[0].hgatp = some_key(i);
		s[i] = get(0);
	}
	/* Hart 1 runs under the root of 1, and keeps its shadow. */
	hart[1].hgatp = some_key(1);
	assert_ptr_equal(get(1), s[1]);
	/* The roots 2 and 1 get other VMIDs. 2 rests, and its shadow becomes the oldest one. */
	hart[0].hgatp = some_key(2) ^ vmid;
	assert_ptr_equal(get(0), &pool.shadow[3]);
	hart[0].hgatp = some_key(1) ^ vmid;
	assert_ptr_equal(get(0), s[2]);
	hart[0].hgatp = some_key(60);
	assert_ptr_equal(get(0), s[0]);
	assert_ptr_equal(get(1), s[1]);
	/* All are found by their keys. */
	hart[0].hgatp = some_key(2) ^ vmid;
	assert_ptr_equal(get(0), &pool.shadow[3]);
	hart[0].hgatp = some_key(1) ^ vmid;
	assert_ptr_equal(get(0), s[2]);
}

/* Among so many roots are some with the hash of the first. */
static void only_the_same_root_goes_first(void **state)
{
	struct hext_shadow *s;
	unsigned int i;

	(void)state;
	for (i = 1; i < 5000; i++) {
		hart[0].hgatp = some_key(0);
		s = get(0);
		hart[0].hgatp = some_key(i);
		get(0);
		assert_int_equal(s->hgatp, some_key(0));
		assert_false(s->stale);
	}
}

/* Keys of one bucket, found and removed in any order. */
static void keys_with_one_hash_are_apart(void **state)
{
	struct hext_shadow *s[4];
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		hart[0].hgatp = some_key(0) | (uint64_t)i << 45;
		s[i] = get(0);
		assert_int_equal(s[i]->hgatp, hart[0].hgatp);
	}
	for (i = 0; i < 4; i++) {
		hart[0].hgatp = some_key(0) | (uint64_t)i << 45;
		assert_ptr_equal(get(0), s[i]);
	}
	/* Two of them lose their keys. */
	hart[0].hgatp = some_key(7);
	get(0);
	hart[0].hgatp = some_key(8);
	get(0);
	for (i = 0; i < 40; i++) {
		hart[0].hgatp = some_key(0) | (uint64_t)(i * 7 % 5) << 45;
		assert_int_equal(get(0)->hgatp, hart[0].hgatp);
	}
}

static void an_evicted_shadow_is_empty(void **state)
{
	uint64_t table = fake_atp(8, 0);
	unsigned int i;

	(void)state;
	fake_map(table, 0, BIG, 2, FAKE_LEAF);
	fake_map(table, GIB1, SMALL, 0, FAKE_LEAF);
	for (i = 0; i < 20; i++) {
		hart[0].hgatp = table | (uint64_t)i << 44;
		assert_false(seen(0, 0).valid);
		assert_false(seen(0, GIB1).valid);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, GIB1), HEXT_SHADOW_RESUME);
	}
}

static struct hext_shadow_use pool_use(void)
{
	struct hext_shadow_use use;

	hext_shadow_use(&pool, &use);
	return use;
}

/* L1 maps one page of 4 KiB under each 2 MiB, so that each needs a table of its own. */
static uint64_t map_sparsely(unsigned int pages)
{
	uint64_t table = fake_atp(8, 3);
	unsigned int i;

	fake_map(table, 0, BIG + KIB4, 0, FAKE_LEAF);
	for (i = 1; i < pages; i++)
		*fake_slot(table, i * MIB2, 1) = *fake_slot(table, 0, 1);
	return table;
}

static unsigned int candidates(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < pool.candidate_count; i++)
		n += pool.info[pool.candidate[i]].candidate;
	return n;
}

/*
 * While other harts may still walk them, the candidates are detached and not free, and range fences
 * look at them. A second hart that needs tables goes on without them.
 */
static unsigned int batches, unused_page;

static void look_while_quiescing(void)
{
	/* Those of the fault that is under way. */
	struct hext_shadow_result result_before = result;
	struct hext_shadow_missed missed_before = missed;
	unsigned int i, in_use = 0;

	if (!pool.choosing)
		return;
	batches++;
	assert_true(pool.candidate_count > 0);
	assert_true(pool.candidate_count <= HEXT_SHADOW_BATCH);
	for (i = 0; i < pool.candidate_count; i++) {
		const struct hext_table_info *info = &pool.info[pool.candidate[i]];

		assert_true(info->candidate && !info->children);
		assert_true(is_detached(load_pte(&table_at(&pool, info->parent)[info->slot])));
	}
	for (i = 0; i < pool.count; i++)
		in_use += pool.shadow[i].table_count;
	assert_int_equal(in_use + pool.free_count, pool.table_total);
	assert_int_equal(pool_use().tables_lost, 0);
	/* More tables than are free: the other hart gets none, and does not choose any either. */
	for (i = batches % 4 ? 0 : pool.free_count + 1; i; i--)
		assert_int_equal(fault(1, CAUSE_STORE_GUEST_PAGE, ++unused_page * MIB2),
				 HEXT_SHADOW_RESUME);
	assert_false(batches % 4 == 0 && seen(1, unused_page * MIB2).valid);
	assert_true(pool.choosing);
	/* Hardware may still have what came by the tables that are taken: a range is not enough. */
	assert_int_equal(fence(3, 60 * GIB1, KIB4).whole, BIT64(get(0) - pool.shadow));
	result = result_before;
	missed = missed_before;
}

static void pages_run_out(void **state)
{
	uint64_t gpa;
	unsigned int i;

	(void)state;
	hart[0].hgatp = hart[1].hgatp = map_sparsely(3000);
	batches = 0;
	unused_page = 1000;
	for (i = 0; i < 600; i++) {
		gpa = i * MIB2;
		in_quiesce = i < 500 ? look_while_quiescing : NULL;
		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, gpa), HEXT_SHADOW_RESUME);
		assert_true(seen(0, gpa).valid);
		assert_int_equal(pool.free_count + get(0)->table_count, pool.table_total);
	}
	assert_true(batches > 5);
	/* Nothing is taken away to fill ahead. */
	while (pool.free_count)
		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, i++ * MIB2), HEXT_SHADOW_RESUME);
	quiesced = 0;
	ahead(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	assert_false(seen(0, i * MIB2).valid);
	assert_int_equal(quiesced, 0);
}

/* The cost of a batch is one quiesce() of the shadow's VMID. */
static void tables_are_reclaimed_in_batches(void **state)
{
	unsigned int i, more = pool.table_total;

	(void)state;
	hart[0].hgatp = map_sparsely(4 * pool.table_total);
	for (i = 0; pool.free_count; i++)
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	quiesced = 0;
	quiesced_vmids = 0;
	for (more += i; i < more; i++) {
		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2), HEXT_SHADOW_RESUME);
		assert_true(seen(0, i * MIB2).valid);
	}
	assert_true(quiesced <= pool.table_total / 8);
	assert_int_equal(quiesced_vmids, BIT64(get(0)->vmid));
	assert_int_equal(pool_use().drains, 0);
	assert_true(pool_use().reclaimed >= pool.table_total - HEXT_SHADOW_BATCH);
}

/* The share of pages that fault when L2 goes through 1.25 times the pool again and again. */
static void a_cycle_longer_than_the_pool_keeps_most_tables(void **state)
{
	unsigned int i, round, faults = 0, rounds = 20;
	unsigned int pages = pool.table_total * 5 / 4;

	(void)state;
	hart[0].hgatp = map_sparsely(pages);
	for (round = 0; round < 2 * rounds; round++) {
		for (i = 0; i < pages; i++) {
			if (seen(0, i * MIB2).valid)
				continue;
			fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
			faults += round >= rounds;
		}
	}
	/* A fifth does not fit. To take the oldest tables first would make all of them fault. */
	assert_in_range(faults, rounds * pages / 5, rounds * pages * 45 / 100);
}

/* What L2 uses again before the next batch stays, whatever else it touches. */
static void a_table_that_is_used_stays(void **state)
{
	unsigned int i, hot, filled = 0;
	uint64_t reclaimed;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = map_sparsely(20 * pool.table_total);
	fake_map(hart[0].hgatp, 7 * GIB1, FAKE_RAM + 64 * KIB4, 0, FAKE_LEAF);
	fault(0, CAUSE_STORE_GUEST_PAGE, 7 * GIB1);
	hot = pool.info[get(0)->tables].previous;
	for (i = 0; i < 3000; i++) {
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
		if (seen(0, 7 * GIB1).valid)
			continue;
		reclaimed = pool.reclaimed;
		fault(0, CAUSE_STORE_GUEST_PAGE, 7 * GIB1);
		filled++;
		/* It has come back without a new table. */
		assert_true(seen(0, 7 * GIB1).valid);
		assert_int_equal(pool.reclaimed, reclaimed);
		assert_false(pool.info[hot].candidate);
	}
	/* It was a candidate now and then. */
	assert_true(filled > 3 && filled < 60);
}

static uint64_t reclaimed_before;

static void no_more_are_reclaimed(void)
{
	in_quiesce = NULL;
	assert_int_equal(pool.reclaimed, reclaimed_before);
}

/* A candidate that was attached, and that a fence has detached again, may be in a hart's cache. */
static void a_candidate_that_was_used_is_not_freed(void **state)
{
	unsigned int i, n;

	(void)state;
	hart[0].hgatp = map_sparsely(2 * pool.table_total);
	for (i = 0; !pool.candidate_count; i++)
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	assert_true(candidates() > 4);
	for (n = 0; n < pool.candidate_count; n++) {
		const struct hext_table_info *info = &pool.info[pool.candidate[n]];

		/* Sv39x4: the parent's pointer is in the root. */
		assert_int_equal(pool.info[info->parent].parent, PARENT_IS_ROOT);
		fault(0, CAUSE_STORE_GUEST_PAGE,
		      pool.info[info->parent].slot * GIB1 + info->slot * MIB2);
	}
	assert_int_equal(candidates(), 0);
	fence(3, 0, 0);
	reclaimed_before = pool.reclaimed;
	in_quiesce = no_more_are_reclaimed;
	while (in_quiesce)
		fault(0, CAUSE_STORE_GUEST_PAGE, i++ * MIB2);
}

/* Make hart @n touch @pages pages under a key of its own, @first of them being the first. */
static void touch_as(unsigned int n, uint64_t key, unsigned int first, unsigned int pages)
{
	unsigned int i;

	hart[n].hgatp = key;
	for (i = first; i < first + pages; i++)
		assert_int_equal(fault(n, CAUSE_STORE_GUEST_PAGE, i * MIB2), HEXT_SHADOW_RESUME);
}

/* Another root with the same contents. */
static uint64_t copy_of_root(uint64_t table, unsigned int vmid)
{
	uint64_t copy = fake_atp(8, vmid);
	unsigned int i;

	for (i = 0; i < 64; i++)
		*fake_slot(copy, i * GIB1, 2) = *fake_slot(table, i * GIB1, 2);
	return copy;
}

static void a_large_guest_leaves_a_small_one_alone(void **state)
{
	uint64_t big = map_sparsely(6 * pool.table_total), small = copy_of_root(big, 4);
	struct hext_shadow *s;
	unsigned int i, round;

	(void)state;
	touch_as(0, small, 0, 20);
	s = get(0);
	for (round = 0; round < 3; round++) {
		touch_as(round % 2, big, round * pool.table_total, pool.table_total);
		assert_true(s->table_count >= 21);
		hart[0].hgatp = small;
		for (i = 0; i < 20; i++)
			assert_true(seen(0, i * MIB2).valid);
	}
	/* What the small one needs comes from the large one, until it is no smaller. */
	touch_as(0, small, 0, pool.table_total);
	assert_in_range(s->table_count, pool.table_total * 2 / 5, pool.table_total * 3 / 5);
}

/* The two of a VM whose VMID has changed, and of one that has not run for long, go first. */
static void tables_of_unused_shadows_go_first(void **state)
{
	uint64_t table = map_sparsely(3000);
	struct hext_shadow *old, *idle;
	unsigned int i;

	(void)state;
	touch_as(0, table, 0, 20);
	old = get(0);
	touch_as(0, copy_of_root(table, 4), 0, 20);
	idle = get(0);
	hart[0].hgatp = table ^ UINT64_C(1) << 48;
	assert_ptr_not_equal(get(0), old);
	assert_true(old->stale);
	for (i = 0; pool.free_count; i++)
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	quiesced_vmids = 0;
	fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
	assert_int_equal(quiesced_vmids, BIT64(old->vmid));
	assert_int_equal(old->table_count, 0);
	assert_int_equal(idle->table_count, 21);
	/* The pool takes nothing from the other one before it has been reclaimed eight times. */
	i = 0;
	while (idle->table_count) {
		assert_true(pool.reclaimed <= 9 * (uint64_t)pool.table_total);
		fault(0, CAUSE_STORE_GUEST_PAGE, i++ % 3000 * MIB2);
	}
	assert_true(pool.reclaimed > 8 * (uint64_t)pool.table_total);
	/* One that is used again is not stale any more. */
	hart[0].hgatp = table;
	assert_ptr_equal(get(0), old);
	assert_false(old->stale);
}

/* How often L2 faults until it has @pages at once under @s, which hart 0 is bound to. */
static unsigned int faults_until_all_are_there(struct hext_shadow *s, unsigned int pages)
{
	uint64_t hgatp = hext_shadow_hgatp(s);
	unsigned int i, faults;

	for (faults = 0; faults < 100000; faults++) {
		struct hext_trap hw = { .cause = CAUSE_STORE_GUEST_PAGE, .gva = true };

		for (i = 0; i < pages && hw_walk(hgatp, i * MIB2).valid; i++)
			;
		if (i == pages)
			break;
		hw.htval = i * MIB2 >> 2;
		hext_shadow_fault(&pool, s, &hart[0], &hw, false, &result, &missed);
	}
	return faults;
}

/*
 * An instruction of L2 that needs HEXT_SHADOW_MIN_TABLES completes, also if the hart keeps a shadow
 * that has had all tables.
 */
static void a_kept_shadow_does_not_hold_up_the_other(void **state)
{
	struct hext_shadow_config config = pool_config();
	uint64_t table = map_sparsely(3000);
	struct hext_shadow *kept, *s;
	unsigned int twice;

	(void)state;
	config.harts = 1;
	for (twice = 1; twice <= 2; twice++) {
		config.pages = hext_shadow_pool_size(4, 64 + twice * 64) / 4096;
		assert_true(hext_shadow_init(&pool, &config));
		hart[0].hgatp = table;
		kept = hext_shadow_get_beside(&pool, &hart[0], 0, NULL);
		faults_until_all_are_there(kept, pool.table_total - 1);
		assert_int_equal(pool.free_count, 0);
		hart[0].hgatp = table ^ UINT64_C(1) << 48;
		s = hext_shadow_get_beside(&pool, &hart[0], 0, kept);
		assert_true(faults_until_all_are_there(s, HEXT_SHADOW_MIN_TABLES - 1) < 10000);
	}
	assert_true(pool.keeps_two);
	assert_int_equal(kept->harts, 1);
	/* The kept one does not lose more than the other one needs to have as many. */
	for (twice = 0; twice < 3000; twice++) {
		const struct hext_trap hw = {
			.cause = CAUSE_STORE_GUEST_PAGE,
			.htval = twice * MIB2 >> 2,
			.gva = true,
		};

		hext_shadow_fault(&pool, s, &hart[0], &hw, false, &result, &missed);
	}
	assert_in_range(kept->table_count, pool.table_total * 9 / 20, pool.table_total);
}

/* A batch takes no more than what makes two guests equal, but for the tables of few accesses. */
static void a_guest_that_asks_ends_with_no_more_tables(void **state)
{
	uint64_t table = map_sparsely(2 * pool.table_total), copy = copy_of_root(table, 4);
	const struct hext_shadow *gives, *asks;
	enum { FEW = 8 };
	unsigned int i;

	(void)state;
	touch_as(0, table, 0, pool.table_total);
	gives = get(0);
	touch_as(1, copy, 0, 1);
	asks = get(1);
	assert_ptr_not_equal(gives, asks);
	for (i = 1; i < 2 * pool.table_total; i++) {
		touch_as(1, copy, i, 1);
		assert_true(gives->table_count + FEW >= asks->table_count);
	}

	/* The one that asks has had its part. */
	assert_true(asks->table_count + FEW >= gives->table_count);
}

/*
 * An instruction of L2 completes after few faults and few batches, which disturb no hart, also if
 * all tables are in resting shadows that have fewer tables than it needs. Most of them keep some.
 */
static void small_resting_shadows_give_tables(void **state)
{
	enum { VMS = 20, EACH = 7 };
	struct hext_shadow_config config = pool_config();
	uint64_t table = map_sparsely(3000);
	unsigned int vm, with_tables = 0;
	struct hext_shadow *s;

	(void)state;
	config.harts = 1;
	config.shadows = VMS + 1;
	assert_true(hext_shadow_init(&pool, &config));
	for (vm = 0; pool.free_count >= EACH; vm++)
		touch_as(0, copy_of_root(table, 10 + vm), 0, EACH - 1);
	assert_in_range(vm, VMS - 4, VMS);
	hart[0].hgatp = copy_of_root(table, 5);
	s = hext_shadow_get(&pool, &hart[0], 0);
	quiesces = quiesced = 0;
	assert_true(faults_until_all_are_there(s, HEXT_SHADOW_MIN_TABLES - 1) < 200);
	assert_true(quiesces < 70);
	assert_int_equal(quiesced, 0);
	assert_int_equal(pool_use().drains, 0);
	for (vm = 0; vm < VMS; vm++)
		with_tables += pool.shadow[vm].table_count && &pool.shadow[vm] != s;
	assert_true(with_tables > VMS / 4);
	/* Now it has what an instruction needs, and takes no more from the others. */
	assert_true(s->table_count >= HEXT_SHADOW_MIN_TABLES);
	with_tables = pool.table_total - pool.free_count - s->table_count;
	touch_as(0, hart[0].hgatp, HEXT_SHADOW_MIN_TABLES, 300);
	assert_in_range(pool.table_total - pool.free_count - s->table_count,
			with_tables - HEXT_SHADOW_BATCH, with_tables);
}

/* ---- locks ---- */

/*
 * Faults on memory that has tables wait for no hart that has the lock of the pool, nor for one that
 * fills another shadow. If one did, the alarm would end the test.
 */
static void faults_on_memory_with_tables_need_one_lock(void **state)
{
	struct hext_trap hw = { .cause = CAUSE_STORE_GUEST_PAGE, .gva = true };
	struct hext_shadow *s, *other;
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[1].hgatp = fake_atp(8, 4);
	other = get(1);
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < 5; i++)
		fake_map(hart[0].hgatp, i * 32 * KIB4, FAKE_RAM + i * KIB4, 0, FAKE_LEAF);
	map_and_touch(MIB2, FAKE_RAM);
	map_and_touch(0, FAKE_RAM);
	s = get(0);
	fence(3, 0, 0);
	alarm(20);
	spin_lock(&pool.lock);
	spin_lock(&other->lock);
	/* The table is detached, then it is not. */
	for (i = 1; i < 4; i++) {
		hw.htval = i * 32 * KIB4 >> 2;
		assert_int_equal(hext_shadow_fault(&pool, s, &hart[0], &hw, false, &result,
						   &missed),
				 HEXT_SHADOW_RESUME);
		assert_true(hw_walk(hext_shadow_hgatp(s), i * 32 * KIB4).valid);
	}
	assert_true(hext_shadow_attach_beside(&pool, s, &hart[0], MIB2, &missed));
	missed.gpa = 4 * 32 * KIB4;
	missed.at = HEXT_WALK_ROOT;
	missed.shadow = NULL;
	hext_shadow_fill_ahead(&pool, s, &hart[0], &missed);
	assert_true(hw_walk(hext_shadow_hgatp(s), 4 * 32 * KIB4).valid);
	assert_int_equal(s->lock.held, 0);
	spin_unlock(&other->lock);
	spin_unlock(&pool.lock);
	alarm(0);
}

/* ---- turns ---- */

/* The pages of one instruction of L2, with Sv57x4 and Sv57. Each needs 4 tables. */
#define PAGES_OF_INSTRUCTION 24u

/* An L2 on each hart, in turn, whose instruction needs MIN_TABLES tables at once. */
static struct {
	struct hext_shadow *shadow[HARTS];
	struct hext_shadow_missed missed[HARTS];
	gpa_t first[HARTS]; /* the pages of the instruction are 2^48 apart from there */
	unsigned int done[HARTS], faults[HARTS];
} far;

static gpa_t far_page(unsigned int n, unsigned int i)
{
	return far.first[n] + (uint64_t)i * BIT64(48);
}

/* The first of the pages that hart @n does not have, or PAGES_OF_INSTRUCTION. */
static unsigned int first_missing(unsigned int n)
{
	uint64_t hgatp = hext_shadow_hgatp(far.shadow[n]);
	unsigned int i = 0;

	while (i < PAGES_OF_INSTRUCTION && hw_walk(hgatp, far_page(n, i)).valid)
		i++;
	return i;
}

/* L2 on hart @n tries its instruction. */
static void try_instruction(unsigned int n)
{
	struct hext_trap hw = { .cause = CAUSE_LOAD_GUEST_PAGE, .gva = true };
	unsigned int i = first_missing(n);

	if (i == PAGES_OF_INSTRUCTION) {
		far.done[n]++;
		return;
	}
	hw.htval = far_page(n, i) >> 2;
	assert_int_equal(hext_shadow_fault(&pool, far.shadow[n], &hart[n], &hw, false, &result,
					   &far.missed[n]),
			 HEXT_SHADOW_RESUME);
	far.faults[n]++;
	assert_true(pool_use().tables_lost == 0);
}

/* Both harts under one shadow or under one each, with as few tables as a pool may have. */
static void start_far(bool same_vm)
{
	struct hext_shadow_config config = pool_config();
	uint64_t table = fake_atp(10, 3);
	unsigned int n, i;

	config.pages = hext_shadow_pool_size(2 * HARTS, HEXT_SHADOW_LEAST_TABLES) / 4096;
	config.shadows = 2 * HARTS;
	assert_true(hext_shadow_init(&pool, &config));
	assert_in_range(pool.table_total, HEXT_SHADOW_LEAST_TABLES, HEXT_SHADOW_LEAST_TABLES + 4);
	memset(&far, 0, sizeof(far));
	fake_map(table, 0, BIG + KIB4, 0, FAKE_LEAF);
	for (i = 1; i < HARTS * PAGES_OF_INSTRUCTION + 4; i++)
		*fake_slot(table, i * BIT64(48), 4) = *fake_slot(table, 0, 4);
	for (n = 0; n < HARTS; n++) {
		hart[n].hgatp = table ^ (same_vm ? 0 : (uint64_t)n << HGATP_VMID_SHIFT);
		far.first[n] = n * PAGES_OF_INSTRUCTION * BIT64(48);
		far.shadow[n] = hext_shadow_get_wider(&pool, &hart[n], n, BIT64(58));
	}
}

/* Instructions of both harts complete, though their tables together are more than there are. */
static void each_hart_has_its_turn(void **state)
{
	unsigned int same_vm, round;

	(void)state;
	for (same_vm = 0; same_vm < 2; same_vm++) {
		start_far(same_vm);
		for (round = 0; round < 50000 && (far.done[0] < 5 || far.done[1] < 5); round++) {
			try_instruction(round % HARTS);
		}
		assert_true(far.done[0] >= 5 && far.done[1] >= 5);
		assert_true(pool.turns >= 2);
	}
}

/* Let hart 0 take the turn. */
static void let_hart_0_take_the_turn(void)
{
	unsigned int round;

	for (round = 0; round < 50000 && pool.turn != &hart[0]; round++)
		try_instruction(round % HARTS);
	assert_ptr_equal(pool.turn, &hart[0]);
}

/* While a hart has the turn, its instruction completes after few faults, whatever others do. */
static void the_turn_is_long_enough(void **state)
{
	unsigned int same_vm, i, before;

	(void)state;
	for (same_vm = 0; same_vm < 2; same_vm++) {
		start_far(same_vm);
		let_hart_0_take_the_turn();
		before = far.faults[0];
		far.done[0] = far.done[1] = 0;
		while (!far.done[0]) {
			assert_ptr_equal(pool.turn, &hart[0]);
			try_instruction(0);
			for (i = 0; i < 2; i++)
				try_instruction(1);
		}
		assert_in_range(far.faults[0] - before, 1, same_vm ? 80 : 30);
		/* The other hart has not got what it misses. */
		assert_int_not_equal(first_missing(1), PAGES_OF_INSTRUCTION);
		/* The turn ends when the other hart has been refused for long. */
		for (i = 0; i < 600 && pool.turn == &hart[0]; i++)
			try_instruction(1);
		assert_ptr_not_equal(pool.turn, &hart[0]);
		assert_true(i > 200);
	}
}

/* The hart that has the turn does not keep it for ever. */
static void a_turn_ends_after_some_fills(void **state)
{
	unsigned int i, least = ~0u;

	(void)state;
	start_far(false);
	let_hart_0_take_the_turn();
	for (i = 0; pool.turn == &hart[0] && i < 2000; i++) {
		/* The next instructions need other pages. */
		far.first[0] = i % 20 * BIT64(48) + i * MIB2;
		*fake_slot(hart[0].hgatp, i * MIB2, 1) = *fake_slot(hart[0].hgatp, 0, 1);
		try_instruction(0);
		if (least > far.shadow[1]->table_count)
			least = far.shadow[1]->table_count;
	}
	/* Meanwhile the other one has given more than half of what it had. */
	assert_in_range(least, 0, 32);
	assert_ptr_not_equal(pool.turn, &hart[0]);
	assert_in_range(i, 200, 1000);
}

/* Fills for which all tables are there count, too. */
static void a_turn_ends_without_new_tables(void **state)
{
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	for (i = 0; i < 12; i++)
		fake_map(hart[0].hgatp, i * 16 * KIB4, FAKE_RAM, 0, FAKE_LEAF);
	fault(0, CAUSE_STORE_GUEST_PAGE, 0);
	pool.turn = &hart[0];
	pool.turn_fills = 10;
	for (i = 1; i < 12; i++) {
		assert_ptr_equal(pool.turn, i <= 10 ? &hart[0] : NULL);
		fault(0, CAUSE_STORE_GUEST_PAGE, i * 16 * KIB4);
		assert_true(seen(0, i * 16 * KIB4).valid);
	}
	assert_null(pool.turn);
}

/* L2s that touch more than the pool holds need no turn, with one table after the other. */
static void who_gets_on_takes_no_turn(void **state)
{
	unsigned int i, pages = pool.table_total + 40;

	(void)state;
	hart[0].hgatp = map_sparsely(pages);
	hart[1].hgatp = hart[0].hgatp ^ UINT64_C(1) << HGATP_VMID_SHIFT;
	for (i = 0; i < 40 * pages; i++)
		fault(i & 1, CAUSE_STORE_GUEST_PAGE, (i >> 1) % pages * MIB2);
	assert_true(pool.reclaimed > 10 * pages);
	assert_int_equal(pool.turns, 0);
}

/*
 * A candidate is attached by the hart that has the turn alone, in each of the ways to attach a
 * table.
 */
static void a_candidate_waits_for_the_end_of_a_turn(void **state)
{
	unsigned int i;

	(void)state;
	cfg.one_distance = true;
	hart[0].hgatp = hart[1].hgatp = fake_atp(9, 3);
	for (i = 0; i < 5; i++)
		map_and_touch(i * MIB2 + i * KIB4, FAKE_RAM + i * KIB4);
	fence(3, 0, 0);
	pool.turn = &hart[1];
	pool.turn_fills = 10;
	/* No candidates: they are attached in spite of the turn. */
	fault(0, CAUSE_STORE_GUEST_PAGE, 0);
	assert_true(seen(0, 0).valid);
	assert_true(attach_beside(MIB2 + KIB4));
	for (i = 0; i < pool.unused; i++)
		pool.info[i].candidate = pool.info[i].slot == 2 || pool.info[i].slot == 3;
	assert_false(attach_beside(2 * MIB2 + 2 * KIB4));
	for (i = 2; i < 4; i++) {
		ahead(0, CAUSE_STORE_GUEST_PAGE, i * MIB2 + i * KIB4);
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2 + i * KIB4);
		assert_false(seen(0, i * MIB2 + i * KIB4).valid);
	}
	pool.turn = &hart[0];
	fault(0, CAUSE_STORE_GUEST_PAGE, 2 * MIB2 + 2 * KIB4);
	assert_true(seen(0, 2 * MIB2 + 2 * KIB4).valid);
	assert_true(attach_beside(3 * MIB2 + 3 * KIB4));
	assert_int_equal(pool_use().tables_lost, 0);
}

static void end_the_turn(void)
{
	pool.turn = NULL;
}

/* The turn may end at any moment. No other table takes the place of a candidate then. */
static void a_candidate_keeps_its_place_when_a_turn_ends(void **state)
{
	unsigned int i, tables;

	(void)state;
	hart[0].hgatp = hart[1].hgatp = fake_atp(9, 3);
	for (i = 0; i < 3; i++)
		map_and_touch(i * MIB2, FAKE_RAM + i * KIB4);
	fence(3, 0, 0);
	for (i = 0; i < pool.unused; i++)
		pool.info[i].candidate = pool.info[i].slot == 2;
	tables = get(0)->table_count;
	pool.turn = &hart[1];
	pool.turn_fills = 10;
	at_race_point = end_the_turn;
	fault(0, CAUSE_STORE_GUEST_PAGE, 2 * MIB2);
	assert_null(pool.turn);
	assert_true(seen(0, 2 * MIB2).valid);
	assert_int_equal(get(0)->table_count, tables);
	assert_int_equal(pool_use().tables_lost, 0);
}

/* Pages 1 GiB apart need a table that has nothing but a pointer. */
static void tables_above_are_reclaimed(void **state)
{
	unsigned int i;

	(void)state;
	hart[0].hgatp = fake_atp(8, 3);
	fake_map(hart[0].hgatp, 0, BIG + KIB4, 0, FAKE_LEAF);
	for (i = 1; i < 2000; i++)
		*fake_slot(hart[0].hgatp, i * GIB1, 2) = *fake_slot(hart[0].hgatp, 0, 2);
	for (i = 0; i < 2000; i++) {
		assert_int_equal(fault(0, CAUSE_STORE_GUEST_PAGE, i * GIB1), HEXT_SHADOW_RESUME);
		assert_true(seen(0, i * GIB1).valid);
	}
	assert_int_equal(pool_use().tables_lost, 0);
}

/* A table that a leaf has replaced is not lost. */
static void replaced_tables_are_reclaimed(void **state)
{
	uint64_t table = map_sparsely(pool.table_total * 2);
	unsigned int i, round;

	(void)state;
	hart[0].hgatp = table;
	for (round = 0; round < 3 * pool.table_total; round++) {
		i = round % pool.table_total;
		*fake_slot(table, i * MIB2, 1) =
			*fake_slot(table, MIB2 * (2 * pool.table_total - 1), 1);
		fault(0, CAUSE_STORE_GUEST_PAGE, i * MIB2);
		assert_true(seen(0, i * MIB2).valid);
		/* Now a leaf of 2 MiB. */
		fake_map(table, i * MIB2, BIG, 1, FAKE_LEAF);
		fault(0, CAUSE_FETCH_GUEST_PAGE, i * MIB2 + 5 * KIB4);
		assert_int_equal(seen(0, i * MIB2).level, 1);
	}
	assert_int_equal(pool_use().tables_lost, 0);
	assert_int_equal(pool.free_count + get(0)->table_count, pool.table_total);
}

/* Hart 1 is bound to one shadow and drains another: hart 0 still gets one, again and again. */
static unsigned int gets_while_draining;

static void get_while_draining(void)
{
	unsigned int i, draining = 0;

	in_quiesce = NULL;
	for (i = 0; i < pool.count; i++)
		draining += pool.shadow[i].draining;
	assert_int_equal(draining, 1);
	for (i = 0; i < pool.count; i++)
		assert_true(pool.shadow[i].used);
	for (i = 0; i < 3 * pool.count; i++) {
		struct hext_shadow *s;

		hart[0].hgatp = fake_atp(8, 0) | (uint64_t)(100 + i) << 44;
		s = get(0);
		assert_non_null(s);
		assert_false(s->draining);
		assert_int_equal(s->harts, BIT64(0));
		assert_int_equal(s->hgatp, hart[0].hgatp);
		gets_while_draining++;
	}
}

static void a_key_can_be_had_at_any_time(void **state)
{
	uint64_t table = fake_atp(8, 3);
	unsigned int i;

	(void)state;
	fake_map(table, 0, BIG + KIB4, 0, FAKE_LEAF);
	for (i = 0; i < pool.table_total; i++)
		*fake_slot(table, i * MIB2, 1) = *fake_slot(table, 0, 1);
	/* All keys are in use, and each shadow has pages. */
	for (i = 0; i < pool.count; i++) {
		hart[1].hgatp = table | (uint64_t)(16 * i) << 44;
		assert_int_equal(fault(1, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	}
	in_quiesce = get_while_draining;
	gets_while_draining = 0;
	for (i = 1; i < pool.table_total; i++)
		assert_int_equal(fault(1, CAUSE_LOAD_GUEST_PAGE, i * MIB2), HEXT_SHADOW_RESUME);
	assert_int_equal(gets_while_draining, 3 * pool.count);
}

/*
 * Were harts to keep more than two each, Halite would stop with a message and not go on with what
 * it does not have.
 */
static void no_key_to_be_had_is_a_bug(void **state)
{
	unsigned int i;
	int status;
	pid_t child;

	(void)state;
	for (i = 0; i < pool.count; i++) {
		hart[0].hgatp = fake_atp(8, 0) | (uint64_t)i << 44;
		get(0);
	}
	for (i = 0; i < pool.count; i++)
		pool.shadow[i].harts = BIT64(1);
	hart[0].hgatp = fake_atp(8, 0) | UINT64_C(99) << 44;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		get(0);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void use_of_the_pool_is_told(void **state)
{
	uint64_t table = fake_atp(8, 0);
	struct hext_shadow_use use = pool_use();
	unsigned int i;

	(void)state;
	assert_int_equal(use.shadows, pool.count);
	assert_int_equal(use.shadows_used, 0);
	assert_int_equal(use.tables, pool.table_total);
	assert_int_equal(use.tables_used, 0);
	fake_map(table, 0, BIG + KIB4, 0, FAKE_LEAF);
	/* Sv39x4: two tables for each. */
	for (i = 0; i < pool.count + 2; i++) {
		hart[0].hgatp = table | (uint64_t)i << 44;
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, 0), HEXT_SHADOW_RESUME);
	}
	use = pool_use();
	assert_int_equal(use.shadows_used, pool.count);
	assert_int_equal(use.tables_used, 2 * pool.count);
	assert_int_equal(use.tables_lost, 0);
	assert_int_equal(use.drains, 2);
	/* A page that is in no list any more. */
	pool.unused++;
	assert_int_equal(pool_use().tables_lost, 1);
	/* One that was in use before. */
	fence(0, 0, 0);
	hart[0].hgatp = table | UINT64_C(77) << 44;
	get(0);
	assert_int_not_equal(pool.free, NO_TABLE);
	pool.free = pool.info[pool.free].next;
	assert_int_equal(pool_use().tables_lost, 2);
}

static void few_vmids_are_shared(void **state)
{
	struct hext_shadow_config config = pool_config();

	(void)state;
	assert_true(pool.vmid_tagged);
	config.vmid_count = 2 * HARTS - 1;
	assert_true(hext_shadow_init(&pool, &config));
	assert_false(pool.vmid_tagged);
	assert_int_equal(hext_shadow_hgatp(get(0)) & HGATP_VMID, 0);
}

static void too_little_memory_is_refused(void **state)
{
	struct hext_shadow_config config = pool_config();
	size_t least = hext_shadow_pool_size(2 * HARTS, HEXT_SHADOW_LEAST_TABLES) / 4096;

	(void)state;
	config.pages = least;
	assert_true(hext_shadow_init(&pool, &config));
	for (config.pages = 0; config.pages < least - 3; config.pages += 7)
		assert_false(hext_shadow_init(&pool, &config));
}

/* ---- modes ---- */

#define HIGH41 (BIT64(41) + GIB1)
#define HIGH50 (BIT64(50) + GIB1)

static struct hext_shadow *widen(unsigned int n, gpa_t gpa)
{
	return hext_shadow_get_wider(&pool, &hart[n], n, gpa);
}

static uint64_t mode_of(unsigned int n)
{
	return hext_shadow_hgatp(get(n)) >> ATP_MODE_SHIFT;
}

/* priv H "Guest Physical Address Translation": 41, 50 and 59 bits of address. */
static void the_mode_is_as_wide_as_the_addresses_in_use(void **state)
{
	struct hext_shadow *narrow;

	(void)state;
	hart[0].hgatp = fake_atp(10, 3);
	fake_map(hart[0].hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	fake_map(hart[0].hgatp, BIT64(40) - KIB4, SMALL, 0, FAKE_LEAF);
	expect_page(KIB4, SMALL_HPA, 0, PTE_RWX);
	expect_page(BIT64(40) - KIB4, SMALL_HPA, 0, PTE_RWX);
	narrow = get(0);
	assert_int_equal(mode_of(0), ATP_MODE_39);
	/* L1 does not map the address. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, HIGH41 + 5), HEXT_SHADOW_TRAP);
	assert_int_equal(result.trap.cause, CAUSE_LOAD_GUEST_PAGE);
	assert_int_equal(result.trap.htval, (HIGH41 + 5) >> 2);
	/* Nor does the fill before L2 runs again widen the shadow, or map another address. */
	fake_map(hart[0].hgatp, HIGH41, SMALL + MIB2, 0, FAKE_LEAF);
	ahead_again(0);
	assert_int_equal(mode_of(0), ATP_MODE_39);
	assert_false(seen(0, GIB1).valid);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, HIGH41 + 5), HEXT_SHADOW_WIDEN);
	assert_int_equal(result.gpa, HIGH41 + 5);
	assert_false(seen(0, GIB1).valid);
	assert_ptr_not_equal(widen(0, result.gpa), narrow);
	assert_int_equal(mode_of(0), ATP_MODE_48);
	expect_page(HIGH41 + 5, SMALL_HPA + MIB2 + 5, 0, PTE_RWX);
	expect_page(KIB4, SMALL_HPA, 0, PTE_RWX);
	assert_false(seen(0, GIB1).valid);
	/* An implicit access, to the highest address of Sv57x4 that a PTE of the VS-stage has. */
	fake_map(hart[0].hgatp, BIT64(56) - KIB4, SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault_with(0, CAUSE_STORE_GUEST_PAGE, BIT64(56) - 8, HEXT_HTINST_PTE_READ),
			 HEXT_SHADOW_WIDEN);
	widen(0, result.gpa);
	assert_int_equal(mode_of(0), ATP_MODE_57);
	expect_page(BIT64(56) - 8, SMALL_HPA + KIB4 - 8, 0, PTE_RWX);
	expect_page(HIGH41 + 5, SMALL_HPA + MIB2 + 5, 0, PTE_RWX);
	/* The mode that L1 has is the widest. */
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, BIT64(59) + KIB4), HEXT_SHADOW_TRAP);
}

/* Of L1's own mode all addresses are used, of a narrower one those without the highest bit. */
static void the_highest_bit_of_a_narrower_mode_is_not_used(void **state)
{
	uint64_t mode;

	(void)state;
	hart[0].hgatp = fake_atp(10, 3);
	fake_map(hart[0].hgatp, BIT64(40), SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, BIT64(40)), HEXT_SHADOW_WIDEN);
	widen(0, result.gpa);
	assert_int_equal(mode_of(0), ATP_MODE_48);
	fake_map(hart[0].hgatp, BIT64(49), SMALL, 0, FAKE_LEAF);
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, BIT64(49)), HEXT_SHADOW_WIDEN);
	widen(0, result.gpa);
	assert_int_equal(mode_of(0), ATP_MODE_57);
	expect_page(BIT64(49), SMALL_HPA, 0, PTE_RWX);
	for (mode = ATP_MODE_39; mode <= ATP_MODE_57; mode++) {
		const gpa_t last = BIT64(41 + 9 * (mode - ATP_MODE_39)) - KIB4;

		hart[0].hgatp = fake_atp(mode, 4);
		fake_map(hart[0].hgatp, last, SMALL, 0, FAKE_LEAF);
		if (fault(0, CAUSE_LOAD_GUEST_PAGE, last) == HEXT_SHADOW_WIDEN)
			widen(0, result.gpa);
		assert_int_equal(mode_of(0), mode);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, last), HEXT_SHADOW_RESUME);
		assert_int_equal(seen(0, last).hpa, SMALL_HPA);
	}
}

static void l1s_mode_bounds_the_addresses(void **state)
{
	uint64_t high[] = { HIGH41, HIGH50, BIT64(59) + KIB4 };
	uint64_t mode;

	(void)state;
	for (mode = ATP_MODE_39; mode <= ATP_MODE_57; mode++) {
		hart[0].hgatp = fake_atp(mode, 3);
		/* The high bits cut off would give this page. */
		fake_map(hart[0].hgatp, high[mode - ATP_MODE_39] & (BIT64(41) - 1), SMALL, 0,
			 FAKE_LEAF);
		assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, high[mode - ATP_MODE_39]),
				 HEXT_SHADOW_TRAP);
		assert_int_equal(result.trap.htval, high[mode - ATP_MODE_39] >> 2);
		assert_int_equal(mode_of(0), ATP_MODE_39);
	}
	/* With Bare all addresses are L1's. */
	hart[0].hgatp = 0;
	fake_add_region((struct fake_region){ HIGH41, MIB2, BIG_HPA, 1, true, true, true });
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, HIGH41), HEXT_SHADOW_WIDEN);
	widen(0, HIGH41);
	assert_int_equal(mode_of(0), ATP_MODE_48);
	expect_page(HIGH41, BIG_HPA, 1, PTE_RWX);
}

static void a_mode_that_the_hart_lacks_is_not_used(void **state)
{
	(void)state;
	cfg.hgatp_modes = BIT64(ATP_MODE_57);
	hart[0].hgatp = fake_atp(10, 3);
	fake_map(hart[0].hgatp, HIGH41, SMALL, 0, FAKE_LEAF);
	assert_int_equal(mode_of(0), ATP_MODE_57);
	expect_page(HIGH41, SMALL_HPA, 0, PTE_RWX);
	cfg.hgatp_modes = BIT64(ATP_MODE_39);
	hart[0].hgatp = 0;
	fake_add_region((struct fake_region){ HIGH41, MIB2, BIG_HPA, 1, true, true, true });
	assert_int_equal(fault(0, CAUSE_LOAD_GUEST_PAGE, HIGH41), HEXT_SHADOW_EMULATE);
}

/* Hart 1 goes on under the narrow shadow until it asks for a shadow again. */
static void harts_may_stay_in_an_outgrown_shadow(void **state)
{
	uint64_t hgatp = fake_atp(10, 3), before;
	struct hext_shadow *narrow, *wide;
	unsigned int i;

	(void)state;
	hart[0].hgatp = hart[1].hgatp = hgatp;
	fake_map(hgatp, KIB4, SMALL, 0, FAKE_LEAF);
	fake_map(hgatp, HIGH41, SMALL, 0, FAKE_LEAF);
	expect_page(KIB4, SMALL_HPA, 0, PTE_RWX);
	narrow = get(1);
	before = hext_shadow_hgatp(narrow);
	wide = widen(0, HIGH41);
	expect_page(KIB4, SMALL_HPA, 0, PTE_RWX);
	assert_int_equal(hext_shadow_hgatp(narrow), before);
	assert_int_equal(narrow->harts, 1);
	assert_int_not_equal(narrow->vmid, wide->vmid);
	/* Both are L1's shadow, for fences of both stages. */
	assert_int_equal(of_vmid(3, 0), BIT64(narrow - pool.shadow) | BIT64(wide - pool.shadow));
	assert_true(hw_walk(before, KIB4).valid);
	*fake_slot(hgatp, KIB4, 0) = 0;
	assert_int_equal(fence(3, KIB4, KIB4).shadows,
			 BIT64(narrow - pool.shadow) | BIT64(wide - pool.shadow));
	assert_false(hw_walk(before, KIB4).valid);
	assert_false(seen(0, KIB4).valid);
	/* Other keys do not take the narrow one away while hart 1 is bound to it. */
	for (i = 0; i < 8; i++) {
		hart[0].hgatp = fake_atp(10, 10 + i);
		assert_ptr_not_equal(get(0), narrow);
	}
	/* And once the wide one is gone, the narrow one is not found any more. */
	hart[0].hgatp = hgatp;
	assert_ptr_not_equal(get(0), narrow);
	wide = widen(0, HIGH41);
	assert_true(narrow->used);
	assert_ptr_equal(get(1), wide);
}

static void an_outgrown_shadow_is_the_first_to_go(void **state)
{
	struct hext_shadow *narrow;
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		hart[0].hgatp = fake_atp(10, i);
		get(0);
	}
	hart[0].hgatp = hart[1].hgatp = fake_atp(10, 4);
	narrow = get(1);
	widen(0, HIGH41);
	/* It is used after all others. */
	assert_ptr_not_equal(get(1), narrow);
	quiesced_vmids = 0;
	hart[0].hgatp = fake_atp(10, 9);
	assert_ptr_equal(get(0), narrow);
	assert_int_equal(quiesced_vmids, BIT64(narrow->vmid));
	assert_int_equal(mode_of(0), ATP_MODE_39);
	assert_ptr_equal(get(0), narrow);
}

/* While hart 0 waits for other harts, hart 1 asks for the same key. */
static uint64_t wanted_while_widening;

static void get_while_widening(void)
{
	in_quiesce = NULL;
	hart[1].hgatp = wanted_while_widening;
	get(1);
}

static void harts_widen_at_the_same_time(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		hart[0].hgatp = fake_atp(10, 10 + i);
		wanted_while_widening = hart[0].hgatp;
		get(0);
		in_quiesce = get_while_widening;
		widen(0, HIGH41);
		assert_null(in_quiesce);
		assert_int_equal(mode_of(0), ATP_MODE_48);
		/* Hart 1 has the narrow shadow, and the next time the one of hart 0. */
		assert_ptr_equal(get(1), get(0));
	}
}

/* One level of a walk: the entry for @addr, by @entry_at. */
static uint64_t *shadow_entry(uint64_t addr)
{
	return pool_table(addr & ~(PAGE_SIZE - 1)) + addr % PAGE_SIZE / 8;
}

/*
 * Walk the G-stage of @hgatp for @gpa. Returns the number of PTEs read; 0: there is no leaf.
 * *@offset is what to add to @gpa.
 */
static unsigned int reads_of_gstage(uint64_t hgatp, gpa_t gpa, uint64_t *(*entry)(uint64_t),
				    uint64_t *addr)
{
	unsigned int level = hext_levels(hgatp >> ATP_MODE_SHIFT) - 1, reads = 0;
	uint64_t table = (hgatp & ATP_PPN) << PAGE_SHIFT, mask = 0x7ff, pte;

	for (;; level--) {
		pte = *entry(table + 8 * (gpa >> pte_span_shift(level) & mask));
		reads++;
		if (!(pte & PTE_V))
			return 0;
		table = pte_addr(pte);
		if (rwx(pte))
			break;
		mask = 0x1ff;
	}
	*addr = table | (gpa & (pte_span(level) - 1));
	return reads;
}

/*
 * The number of PTEs that a hart without caches reads for a load of L2 at @gva. @distance is that
 * from L1's addresses to the results of the G-stage. 0: no translation for *@missing, which is an
 * implicit access if *@implicit.
 */
static unsigned int cold_reads(uint64_t hgatp, uint64_t *(*entry)(uint64_t), uint64_t distance,
			       uint64_t vsatp, gva_t gva, gpa_t *missing, bool *implicit)
{
	unsigned int level = hext_levels(vsatp >> ATP_MODE_SHIFT), reads = 0, more;
	uint64_t addr;
	gpa_t table = (vsatp & ATP_PPN) << PAGE_SHIFT;

	while (level--) {
		*missing = table + 8 * (gva >> pte_span_shift(level) & 0x1ff);
		*implicit = true;
		more = reads_of_gstage(hgatp, *missing, entry, &addr);
		if (!more)
			return 0;
		reads += more + 1;
		table = pte_addr(*fake_pte(addr - distance));
	}
	*missing = table;
	*implicit = false;
	more = reads_of_gstage(hgatp, table, entry, &addr);
	return more ? reads + more : 0;
}

/* A load of L2 that misses everything, with Sv57 on Sv57x4: 35 PTEs on the bare machine. */
static void a_load_of_l2_reads_few_ptes(void **state)
{
	uint64_t hgatp = fake_atp(10, 3), vsatp = fake_atp(10, 0), page;
	gva_t gva = UINT64_C(0x12345678000);
	gpa_t gpa = UINT64_C(0x3210000000);
	unsigned int i, reads;
	bool implicit;

	(void)state;
	fake_map(vsatp, gva, gpa, 0, PTE_V | PTE_RWX | PTE_A | PTE_D);
	/* L2's tables are where L1 has them. */
	for (page = FAKE_RAM; page < FAKE_RAM + 64 * KIB4; page += KIB4)
		fake_map(hgatp, page, page, 0, FAKE_LEAF);
	fake_map(hgatp, gpa, SMALL, 0, FAKE_LEAF);
	assert_int_equal(cold_reads(hgatp, fake_pte, 0, vsatp, gva, &gpa, &implicit), 35);
	hart[0].hgatp = hgatp;
	for (i = 0; i < 7; i++) {
		reads = cold_reads(hext_shadow_hgatp(get(0)), shadow_entry, BIT64(40), vsatp, gva,
				   &gpa, &implicit);
		if (reads)
			break;
		assert_int_equal(fault_with(0, CAUSE_LOAD_GUEST_PAGE, gpa,
					    implicit ? HEXT_HTINST_PTE_READ : 0),
				 HEXT_SHADOW_RESUME);
	}
	assert_int_equal(reads, 23);
}

/* ---- the model ---- */

/*
 * L1's tables are changed, fenced and used at random. For each sampled address the model keeps
 * what L1's table has said of it since fences last named the leaf that said it. A shadow entry
 * must be one of these, with no more permission than that and L0 give, and must map the domain's
 * memory.
 */
#define GUESTS	3
#define SAMPLES 24
#define HISTORY 96
#define STEPS	60000

struct said {
	uint64_t pa, flags;
	gpa_t first, last; /* of the leaf */
};

struct sample {
	gpa_t gpa;
	struct said said[HISTORY];
	unsigned int count;
};

static struct {
	uint64_t hgatp;
	struct sample sample[SAMPLES];
} guest[GUESTS];

static uint64_t seed;
static unsigned int changes, widened;

static uint64_t pick(uint64_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % n;
}

/* Walk L1's G-stage @hgatp for @gpa, independently of src/hext. False: it maps nothing there. */
static bool l1_says(uint64_t hgatp, gpa_t gpa, struct said *said)
{
	unsigned int level = (hgatp >> 60) - 6;
	uint64_t table = (hgatp & ATP_PPN) << 12, mask = 0x7ff;

	for (;; level--) {
		uint64_t pte = *fake_pte(table + 8 * ((gpa >> (12 + 9 * level)) & mask));
		uint64_t offset = (KIB4 << (9 * level)) - 1;

		if (!(pte & PTE_V))
			return false;
		table = ((pte & PTE_PPN) >> 10) << 12;
		mask = 0x1ff;
		if (!rwx(pte))
			continue;
		said->pa = table | (gpa & offset);
		said->flags = rwx(pte) & ~(pte & PTE_D ? 0 : PTE_W);
		said->first = gpa & ~offset;
		said->last = gpa | offset;
		return (pte & PTE_A) && (pte & PTE_U);
	}
}

static void record(unsigned int g)
{
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		struct sample *s = &guest[g].sample[i];

		assert_true(s->count < HISTORY);
		if (l1_says(guest[g].hgatp, s->gpa, &s->said[s->count]))
			s->count++;
	}
}

static void model_fence(unsigned int g, gpa_t first, gpa_t last)
{
	unsigned int i, j, kept;

	for (i = 0; i < SAMPLES; i++) {
		struct sample *s = &guest[g].sample[i];

		for (j = 0, kept = 0; j < s->count; j++) {
			if (s->said[j].first > last || s->said[j].last < first)
				s->said[kept++] = s->said[j];
		}
		s->count = kept;
	}
	record(g);
}

static void fence_completely(struct hext_gvma_fence f)
{
	do {
		f.from = hext_shadow_fence_gvma(&pool, &f).next;
	} while (f.from < hext_shadow_keys(&pool));
}

static void random_fence(void)
{
	struct hext_gvma_fence f = {
		.all_vmids = pick(8) == 0,
		.vmid = (guest[pick(GUESTS)].hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT,
		.all_addresses = pick(4) == 0,
		.gpa = guest[pick(GUESTS)].sample[pick(SAMPLES)].gpa - pick(2) * KIB4,
		.size = KIB4 << pick(20),
	};
	unsigned int g;

	if (pick(2))
		f.size = KIB4;
	fence_completely(f);
	for (g = 0; g < GUESTS; g++) {
		if (!f.all_vmids && (guest[g].hgatp & HGATP_VMID) >> 44 != f.vmid)
			continue;
		model_fence(g, f.all_addresses ? 0 : f.gpa,
			    f.all_addresses ? UINT64_MAX : f.gpa + f.size - 1);
	}
}

static void make_room(unsigned int g)
{
	const struct hext_gvma_fence f = {
		.vmid = (guest[g].hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT,
		.all_addresses = true,
	};
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		if (guest[g].sample[i].count < HISTORY - 2)
			continue;
		fence_completely(f);
		for (g = 0; g < GUESTS; g++) {
			if ((guest[g].hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT == f.vmid)
				model_fence(g, 0, UINT64_MAX);
		}
		return;
	}
}

/* L1's tables, each for one stretch of addresses for ever, so that they do not run out. */
static struct {
	unsigned int g, level;
	gpa_t stretch;
	uint64_t table;
} kept_table[FAKE_PAGES];
static unsigned int kept_tables;

static uint64_t model_table(unsigned int g, gpa_t gpa, unsigned int level)
{
	gpa_t stretch = gpa >> (12 + 9 * (level + 1));
	unsigned int i;

	for (i = 0; i < kept_tables; i++) {
		if (kept_table[i].g == g && kept_table[i].level == level &&
		    kept_table[i].stretch == stretch)
			return kept_table[i].table;
	}
	kept_table[i].g = g;
	kept_table[i].level = level;
	kept_table[i].stretch = stretch;
	kept_table[i].table = fake_alloc(1);
	kept_tables++;
	return kept_table[i].table;
}

static uint64_t *model_slot(unsigned int g, gpa_t gpa, unsigned int level)
{
	unsigned int at = (guest[g].hgatp >> 60) - 6;
	uint64_t table = (guest[g].hgatp & ATP_PPN) << 12, mask = 0x7ff;

	for (;; at--) {
		uint64_t *pte = fake_pte(table + 8 * ((gpa >> (12 + 9 * at)) & mask));

		if (at == level)
			return pte;
		table = model_table(g, gpa, at - 1);
		*pte = fake_make_pte(table, PTE_V);
		mask = 0x1ff;
	}
}

static void random_change(unsigned int g)
{
	static const uint64_t targets[] = {
		BIG,	   BIG + GIB1,	   SMALL,    SMALL + MIB2,	   READ_ONLY,
		FAKE_HOLE, BIG + BIG_SIZE, FAKE_RAM, FAKE_RAM + 64 * KIB4,
	};
	gpa_t gpa = guest[g].sample[pick(SAMPLES)].gpa;
	unsigned int level = pick(3);
	uint64_t size = KIB4 << (9 * level);
	uint64_t to = targets[pick(9)] + pick(3) * size;
	uint64_t flags = FAKE_LEAF;

	if (pick(4) == 0)
		flags &= ~BIT64(1 + pick(7));
	if ((flags & PTE_W) && !(flags & PTE_R))
		flags &= ~PTE_W;
	if (pick(8) == 0)
		flags = 0;
	make_room(g);
	*model_slot(g, gpa, level) = fake_make_pte(to & ~(size - 1), flags);
	changes++;
	record(g);
}

static void check_sample(uint64_t hw_hgatp, const struct sample *s)
{
	struct hw_page p = hw_walk(hw_hgatp, s->gpa);
	struct hext_host_page host;
	unsigned int i;
	uint64_t given;

	if (!p.valid)
		return;
	for (i = 0; i < s->count; i++) {
		if (!fake_host_page(NULL, pa(s->said[i].pa), &host))
			continue;
		given = s->said[i].flags &
			((host.r ? PTE_R : 0) | (host.w ? PTE_W : 0) | (host.x ? PTE_X : 0));
		if (p.hpa == host.hpa.addr && !(rwx(p.pte) & ~given) && p.level <= host.level)
			return;
	}
	fail_msg("gpa %#llx maps to %#llx with %#llx: L1 has not said that since the last fence",
		 (unsigned long long)s->gpa, (unsigned long long)p.hpa,
		 (unsigned long long)rwx(p.pte));
}

/* Every leaf of a shadow maps the domain's memory, whole and with L0's permissions. */
static void check_leaves(uint64_t table, unsigned int entries, unsigned int level)
{
	unsigned int i, j;

	for (i = 0; i < entries; i++) {
		uint64_t pte = pool_table(table)[i];
		uint64_t addr = ((pte & PTE_PPN) >> 10) << 12;
		uint64_t size = KIB4 << (9 * level);

		if (!(pte & PTE_V))
			continue;
		if (!rwx(pte)) {
			check_leaves(addr, 512, level - 1);
			continue;
		}
		for (j = 0; j < fake.regions; j++) {
			const struct fake_region *r = &fake.region[j];

			if (addr >= r->hpa && addr + size <= r->hpa + r->size)
				break;
		}
		assert_true(j < fake.regions);
		assert_true(fake.region[j].w || !(pte & PTE_W));
	}
}

static void check_all(bool leaves)
{
	uint32_t n, pages = pool.free_count;
	struct hext_shadow_use use;
	unsigned int g, i;

	for (n = 0; n < pool.count; n++) {
		const struct hext_shadow *s = &pool.shadow[n];
		uint64_t hgatp = hext_shadow_hgatp(s);

		pages += s->table_count;
		if (!s->used)
			continue;
		for (g = 0; g < GUESTS; g++) {
			for (i = 0; guest[g].hgatp == s->hgatp && i < SAMPLES; i++)
				check_sample(hgatp, &guest[g].sample[i]);
		}
		if (leaves)
			check_leaves((hgatp & ATP_PPN) << 12, 2048, s->levels - 1);
	}
	assert_int_equal(pages, pool.table_total);
	hext_shadow_use(&pool, &use);
	assert_int_equal(use.tables_used, pool.table_total - pool.free_count);
	assert_int_equal(use.tables_lost, 0);
}

/* Sometimes another hart of L1 changes and fences a table between the walk and the installation. */
static bool model_host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	if (pick(16) == 0) {
		random_change(pick(GUESTS));
		random_fence();
	}
	return fake_host_page(ctx, addr, page);
}

static void random_fault(unsigned int n)
{
	static const uint64_t causes[] = {
		CAUSE_FETCH_GUEST_PAGE,
		CAUSE_LOAD_GUEST_PAGE,
		CAUSE_STORE_GUEST_PAGE,
	};
	unsigned int g = pick(GUESTS);
	gpa_t gpa = guest[g].sample[pick(SAMPLES)].gpa;
	enum hext_shadow_outcome outcome;
	struct said said;

	hart[n].hgatp = guest[g].hgatp;
	if (pick(64) == 0)
		hart[n].hgatp = 0;
	else if (pick(32) == 0) /* many VMIDs on the same tables: evictions */
		hart[n].hgatp ^= (uint64_t)(16 + pick(8)) << 44;
	if (pick(4) == 0)
		ahead(n, causes[pick(3)], gpa);
	outcome = fault(n, causes[pick(3)], gpa);
	if (outcome == HEXT_SHADOW_TRAP && hart[n].hgatp == guest[g].hgatp &&
	    l1_says(guest[g].hgatp, gpa, &said))
		assert_true(said.flags != (PTE_R | PTE_W | PTE_X));
	if (outcome == HEXT_SHADOW_WIDEN) {
		widen(n, gpa);
		assert_true(!(gpa >> get(n)->gpa_bits));
		widened++;
	}
}

/* With @one_distance, the model's memory has host addresses of which hext_config says so. */
static void start_model(bool one_distance)
{
	static const gpa_t at[] = { 0, MIB2, 3 * MIB2, GIB1, GIB1 + 5 * MIB2, 7 * GIB1 };
	unsigned int g, i;

	fake_reset();
	fake_add_region((struct fake_region){ BIG, BIG_SIZE, BIG_HPA, 2, true, true, true });
	fake_add_region((struct fake_region){ SMALL, 2 * MIB2, SMALL_HPA, 0, true, true, true });
	fake_add_region(
		(struct fake_region){ READ_ONLY, MIB2, READ_ONLY_HPA, 1, true, false, true });
	fake.region[0].level = 1;
	for (i = 0; one_distance && i < fake.regions; i++)
		fake.region[i].hpa = fake.region[i].pa + BIT64(40);
	cfg.one_distance = one_distance;
	memset(guest, 0, sizeof(guest));
	kept_tables = 0;
	for (g = 0; g < GUESTS; g++) {
		/*
		 * Two guests share a VMID; the third has another mode, and addresses that differ
		 * in high bits alone.
		 */
		guest[g].hgatp = fake_atp(g == 2 ? 9 : 8, g == 0 ? 1 : 2);
		for (i = 0; i < SAMPLES; i++)
			guest[g].sample[i].gpa = at[i % 6] + (i / 6) * KIB4 +
						 (g == 2 && i >= 18 ? BIT64(41) - 3 * KIB4 : 0);
	}
}

static void random_use_keeps_the_invariant(void **state)
{
	struct hext_ops racing = fake_ops;
	unsigned int step, n, filled = 0;

	racing.host_page = model_host_page;
	for (step = 0; step < STEPS; step++) {
		if (step % 4000 == 0) {
			setup(state);
			start_model(step % 8000);
			seed = step + 1;
			for (n = 0; n < HARTS; n++)
				hart[n].ops = &racing;
			pool.looks_max = step % 8000 ? HEXT_SHADOW_LOOKS : 16;
		}
		switch (pick(8)) {
		case 0:
			random_fence();
			break;
		case 1:
		case 2:
			random_change(pick(GUESTS));
			break;
		default:
			random_fault(pick(HARTS));
			filled += pool.free_count != pool.table_total;
			break;
		}
		check_all(step % 50 == 0);
	}
	assert_true(filled > STEPS / 4 && changes > STEPS / 5 && widened > STEPS / 1000);
}

/*
 * A pool for more harts than a mask has bits. Each hart has a shadow with a VMID of L1 that another
 * hart has, too.
 */
static void more_shadows_than_a_mask_holds(void **state)
{
	enum { MANY = 100, PAGES = 3 + MANY * 2 * 5 + MANY * (HEXT_SHADOW_MIN_TABLES + 1) };
	struct hext_shadow_config config = pool_config();
	struct hext_gvma_fence f = { .all_addresses = true };
	struct hext_shadow_fenced fenced;
	const struct hext_shadow *shadow[MANY];
	void *memory = aligned_alloc(PAGE_SIZE, PAGES * (size_t)PAGE_SIZE);
	uint32_t from;
	unsigned int i;

	(void)state;
	memset(memory, 0xee, PAGES * (size_t)PAGE_SIZE);
	config.memory = memory;
	config.pages = PAGES;
	config.harts = MANY;
	config.vmid_count = 1000;
	assert_true(hext_shadow_init(&pool, &config));
	assert_true(pool.count >= 2 * MANY);
	for (i = 0; i < MANY; i++) {
		hart[0].hgatp = (uint64_t)ATP_MODE_39 << ATP_MODE_SHIFT |
				(uint64_t)(i / 2) << HGATP_VMID_SHIFT | (i + 1) * 4;
		shadow[i] = hext_shadow_get(&pool, &hart[0], i);
		/* The hart is new, and the root has just been cleared. */
		assert_int_equal(quiesced, i + 1);
		assert_ptr_equal(shadow[i], &pool.shadow[i]);
		assert_int_equal(shadow[i]->harts, 1);
		assert_int_equal(shadow[i]->root[2047], 0);
	}
	f.vmid = 35; /* shadows 70 and 71 */
	fenced = hext_shadow_fence_gvma(&pool, &f);
	assert_int_equal(fenced.shadows, 0);
	assert_int_equal(fenced.next, 70);
	f.from = 70;
	fenced = hext_shadow_fence_gvma(&pool, &f);
	assert_int_equal(fenced.shadows, 3);
	assert_true(fenced.next >= pool.key_count);
	assert_int_equal(of_vmid(35, 64), 3 << 6);
	assert_int_equal(of_vmid(35, 71), 1);
	assert_int_equal(of_vmid(35, 72), 0);
	/* 35 + 1024 has the same bucket. */
	assert_int_equal(of_vmid(35 + 1024, 64), 0);
	from = 0;
	assert_int_equal(found_by_vmid(true, 0, &from), UINT64_MAX);
	assert_int_equal(from, 64);
	assert_int_equal(found_by_vmid(true, 0, &from), BIT64(MANY - 64) - 1);
	assert_true(from >= hext_shadow_keys(&pool));
	from = 128;
	assert_int_equal(found_by_vmid(true, 0, &from), 0);
	/* A hart leaves a shadow and shares one with another hart. */
	assert_ptr_equal(hext_shadow_get(&pool, &hart[0], 3), shadow[MANY - 1]);
	assert_int_equal(shadow[3]->harts, 0);
	assert_int_equal(shadow[MANY - 1]->harts, 2);
	/* Shadows MANY to 2 * MANY - 1 have one VMID. The bucket has that of shadows 14 and 15. */
	for (i = 0; i < MANY; i++) {
		hart[0].hgatp = (uint64_t)ATP_MODE_39 << ATP_MODE_SHIFT |
				UINT64_C(0x407) << HGATP_VMID_SHIFT | (i + 1000) * 4;
		assert_ptr_equal(hext_shadow_get(&pool, &hart[0], i), &pool.shadow[MANY + i]);
	}
	f.vmid = 0x407;
	f.from = MANY;
	fenced = hext_shadow_fence_gvma(&pool, &f);
	assert_int_equal(fenced.shadows, UINT64_MAX);
	assert_int_equal(fenced.count, 64);
	assert_int_equal(fenced.looks, 64 * HEXT_SHADOW_LOOKS_OF);
	assert_int_equal(fenced.next, MANY + 64);
	f.from = fenced.next;
	fenced = hext_shadow_fence_gvma(&pool, &f);
	assert_int_equal(fenced.shadows, BIT64(MANY - 64) - 1);
	assert_true(fenced.next >= hext_shadow_keys(&pool));
	from = MANY;
	assert_int_equal(found_by_vmid(false, 0x407, &from), UINT64_MAX);
	assert_int_equal(from, MANY + 64);
	assert_int_equal(found_by_vmid(false, 0x407, &from), BIT64(MANY - 64) - 1);
	free(memory);
}

static unsigned int several;

static void check_found_by_vmid(void)
{
	unsigned int vmid, i, from;

	for (vmid = 5; vmid <= 5 + 1024; vmid += 1024) {
		for (from = 0; from < pool.count; from++) {
			uint64_t expected = 0;

			for (i = from; i < pool.count; i++) {
				const struct hext_shadow *s = &pool.shadow[i];

				if (s->used && hgatp_vmid(s->hgatp) == vmid)
					expected |= BIT64(i - from);
			}
			assert_int_equal(of_vmid(vmid, from), expected);
			several += count_bits(expected) > 1;
		}
	}
}

/*
 * Fences go on where they were cut off, so shadows are found in the order of their numbers. While
 * a shadow is drained, it has no key.
 */
static void keys_come_and_go(void **state)
{
	unsigned int step, i;

	(void)state;
	for (i = 0; i < 4; i++) {
		hart[0].hgatp = some_key(i);
		get(0);
	}
	/* A shadow without a key is in no list. */
	shadow_remove_key(&pool, &pool.shadow[2]);
	shadow_remove_key(&pool, &pool.shadow[1]);
	shadow_add_key(&pool, &pool.shadow[2]);
	assert_int_equal(of_vmid(3, 1), 6);
	shadow_add_key(&pool, &pool.shadow[1]);
	assert_int_equal(of_vmid(3, 1), 7);
	several = 0;
	in_quiesce = check_found_by_vmid;
	for (step = 0; step < 1000; step++) {
		i = pick(HARTS);
		hart[i].hgatp = (some_key(pick(6)) & ~HGATP_VMID) | (uint64_t)(5 + pick(2) * 1024)
									    << HGATP_VMID_SHIFT;
		get(i);
		check_found_by_vmid();
	}
	in_quiesce = NULL;
	assert_true(several > 500);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(largest_page_that_both_stages_allow),
		T(permissions_are_the_intersection),
		T(refused_by_l1),
		T(cache_blocks_are_managed_where_loads_are_allowed),
		T(managing_a_cache_block_sets_a_alone),
		T(mapped_by_l1_to_no_memory),
		T(bare_is_shadowed_too),
		T(no_write_before_l1s_dirty_bit),
		T(filling_ahead_spares_the_fault),
		T(filling_ahead_goes_on_where_the_fault_ended),
		T(filling_ahead_goes_on_through_new_tables),
		T(the_next_fault_begins_where_the_last_one_ended),
		T(no_fault_begins_where_there_was_no_table),
		T(filling_plainly_is_filling),
		T(what_a_walk_found_is_not_kept_beyond_the_key),
		T(a_table_that_was_replaced_is_not_filled),
		T(a_fault_brings_the_pages_beside_it),
		T(each_page_beside_is_as_its_entry_says),
		T(large_pages_come_alone),
		T(an_entry_that_is_there_is_flushed),
		T(mxr_and_execute_only),
		T(pbmt_passes_through),
		T(a_leaf_replaces_a_table_and_back),
		T(offsets_agree_in_both_spaces),
		T(a_range_fence_takes_its_range_only),
		T(a_fence_hits_the_superpage_around_it),
		T(a_fence_hits_all_parts_of_l1s_leaf),
		T(a_fence_hits_all_of_a_napot_leaf),
		T(shadows_are_found_by_vmid),
		T(a_fence_during_the_walk_outdates_it),
		T(l1_gives_entries_back_after_a_fence),
		T(a_detached_table_is_compared_with_l1s_new_one),
		T(each_entry_of_a_table_is_compared),
		T(pages_around_come_if_no_table_is_attached),
		T(a_range_is_fenced_in_detached_tables),
		T(more_shadows_than_a_mask_holds),
		T(keys_come_and_go),
		T(large_pages_come_back_with_their_table),
		T(nothing_comes_back_without_one_distance),
		T(a_table_below_stays_detached),
		T(parts_do_not_come_back),
		T(a_leaf_replaces_a_detached_table),
		T(a_fence_during_the_walk_leaves_tables_detached),
		T(detached_tables_beside_the_last_come_back),
		T(missing_tables_beside_the_last_are_made),
		T(no_table_is_made_beyond_the_addresses_of_a_shadow),
		T(a_long_range_detaches_all_tables),
		T(a_fence_of_many_shadows_is_cut_up),
		T(tables_below_a_large_leaf_keep_their_entries),
		T(a_new_key_has_no_replaced_tables),
		T(endless_fences_end),
		T(harts_share_a_shadow),
		T(a_hart_that_is_not_bound_fences_when_it_is),
		T(the_least_recently_used_is_evicted),
		T(a_hart_keeps_two_shadows_if_there_are_enough),
		T(a_hart_keeps_one_shadow_if_there_are_few),
		T(roots_take_memory_of_tables),
		T(tables_keep_their_memory),
		T(a_root_with_another_vmid_goes_first),
		T(keys_with_one_hash_are_apart),
		T(only_the_same_root_goes_first),
		T(an_evicted_shadow_is_empty),
		T(pages_run_out),
		T(tables_are_reclaimed_in_batches),
		T(a_cycle_longer_than_the_pool_keeps_most_tables),
		T(a_table_that_is_used_stays),
		T(a_candidate_that_was_used_is_not_freed),
		T(a_large_guest_leaves_a_small_one_alone),
		T(tables_of_unused_shadows_go_first),
		T(a_kept_shadow_does_not_hold_up_the_other),
		T(small_resting_shadows_give_tables),
		T(a_guest_that_asks_ends_with_no_more_tables),
		T(faults_on_memory_with_tables_need_one_lock),
		T(each_hart_has_its_turn),
		T(the_turn_is_long_enough),
		T(a_turn_ends_after_some_fills),
		T(a_turn_ends_without_new_tables),
		T(who_gets_on_takes_no_turn),
		T(a_candidate_waits_for_the_end_of_a_turn),
		T(a_candidate_keeps_its_place_when_a_turn_ends),
		T(tables_above_are_reclaimed),
		T(replaced_tables_are_reclaimed),
		T(a_key_can_be_had_at_any_time),
		T(no_key_to_be_had_is_a_bug),
		T(use_of_the_pool_is_told),
		T(few_vmids_are_shared),
		T(too_little_memory_is_refused),
		T(the_mode_is_as_wide_as_the_addresses_in_use),
		T(the_highest_bit_of_a_narrower_mode_is_not_used),
		T(l1s_mode_bounds_the_addresses),
		T(a_mode_that_the_hart_lacks_is_not_used),
		T(harts_may_stay_in_an_outgrown_shadow),
		T(an_outgrown_shadow_is_the_first_to_go),
		T(harts_widen_at_the_same_time),
		T(a_load_of_l2_reads_few_ptes),
		T(random_use_keeps_the_invariant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
