/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "hv_test.h"

#include "hext/pte.h"
#include "hv/identity.h"

#define POOL_PAGES 64
#define SV39	   (1u << 8)
#define SV48	   (1u << 9)
#define SV57	   (1u << 10)
#define GIB	   (UINT64_C(1) << 30)
#define MIB	   (UINT64_C(1) << 20)

static struct page_pool pool;
static struct identity_map m;
static struct hext_host_page page;
static void *memory;

static int setup(void **state)
{
	(void)state;
	memory = aligned_alloc(GSTAGE_ROOT_SIZE, POOL_PAGES * PAGE_SIZE);
	memset(memory, 0xff, POOL_PAGES * PAGE_SIZE);
	pool.next = (uintptr_t)memory;
	pool.end = pool.next + POOL_PAGES * PAGE_SIZE;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

static void map(uint64_t start, uint64_t size, uint64_t flags)
{
	assert_fine(identity_map(&m, (struct range){ start, size }, flags));
}

static void expect(uint64_t addr, unsigned int level)
{
	assert_true(identity_lookup(&m, addr, &page));
	assert_int_equal(page.hpa.addr, addr);
	assert_int_equal(page.level, level);
}

static void takes_the_smallest_mode_that_covers(void **state)
{
	(void)state;
	assert_fine(identity_init_gstage(&m, &pool, SV39 | SV48, UINT64_C(1) << 41));
	assert_int_equal(m.mode, 8);
	assert_int_equal(identity_atp(&m), UINT64_C(8) << 60 | (uintptr_t)m.root >> 12);
	assert_fine(identity_init_gstage(&m, &pool, SV39 | SV48, (UINT64_C(1) << 41) + 1));
	assert_int_equal(m.mode, 9);
	assert_fine(identity_init_gstage(&m, &pool, SV57, GIB));
	assert_int_equal(m.mode, 10);
	assert_fatal(identity_init_gstage(&m, &pool, SV39, UINT64_C(1) << 42), "no G-stage mode");
	assert_fatal(identity_init_gstage(&m, &pool, 1, GIB), "no G-stage mode");
}

static void uses_the_largest_pages_that_fit(void **state)
{
	(void)state;
	assert_fine(identity_init_gstage(&m, &pool, SV39, 4 * GIB));
	/* 4 KiB below a GiB boundary to 2 MiB and 4 KiB beyond the next. */
	map(2 * GIB - PAGE_SIZE, PAGE_SIZE + GIB + 2 * MIB + PAGE_SIZE, PTE_R | PTE_W | PTE_X);
	expect(2 * GIB - 1, 0);
	expect(2 * GIB, 2);
	expect(3 * GIB - 1, 2);
	expect(3 * GIB + MIB, 1);
	expect(3 * GIB + 2 * MIB + 0xfff, 0);
	assert_false(identity_lookup(&m, 2 * GIB - PAGE_SIZE - 1, &page));
	assert_false(identity_lookup(&m, 3 * GIB + 2 * MIB + PAGE_SIZE, &page));
	/* The root, and for each of the two GiB a level 1 and a level 0 table. */
	assert_int_equal(identity_table_pages(&m), 4 + 4);
	assert_int_equal(pages_left(&pool), POOL_PAGES - 8);
}

static void keeps_permissions(void **state)
{
	(void)state;
	assert_fine(identity_init_gstage(&m, &pool, SV39, 4 * GIB));
	map(0x10000000, PAGE_SIZE, PTE_R | PTE_W);
	map(0x10001000, PAGE_SIZE, PTE_R | PTE_X);
	expect(0x10000123, 0);
	assert_true(page.r && page.w && !page.x);
	expect(0x10001000, 0);
	assert_true(page.r && !page.w && page.x);
}

static void nothing_beyond_its_coverage(void **state)
{
	(void)state;
	assert_fine(identity_init_gstage(&m, &pool, SV39, GIB));
	map(0, GIB, PTE_R);
	expect(0, 2);
	assert_false(identity_lookup(&m, UINT64_C(1) << 41, &page));
	assert_false(identity_lookup(&m, UINT64_MAX, &page));
}

static void every_mode_maps_its_last_page(void **state)
{
	static const unsigned int bits[] = { 41, 50, 59 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint64_t end = UINT64_C(1) << bits[i];

		/* Sv57x4 reaches beyond the 56 bits of a physical address. */
		if (end > UINT64_C(1) << 56)
			end = UINT64_C(1) << 56;
		assert_fine(identity_init_gstage(&m, &pool, SV39 << i, end));
		map(end - PAGE_SIZE, PAGE_SIZE, PTE_R);
		expect(end - 1, 0);
	}
}

/* As the hardware would walk it with satp: nine bits a level, leaves without U. */
static void own_map_is_for_supervisor_mode(void **state)
{
	const uint64_t addr = 3 * GIB + 5 * PAGE_SIZE;
	uint64_t *table;
	uint64_t pte;
	int level;

	(void)state;
	assert_fine(identity_init_own(&m, &pool, UINT64_C(1) << 38));
	assert_int_equal(m.mode, 8);
	map(addr, PAGE_SIZE, PTE_R | PTE_X);
	table = (uint64_t *)(uintptr_t)((identity_atp(&m) & ((UINT64_C(1) << 44) - 1)) << 12);
	for (level = 2; level > 0; level--) {
		pte = table[addr >> (12 + 9 * level) & 511];
		assert_int_equal(pte & 0xff, PTE_V);
		table = (uint64_t *)(uintptr_t)pte_addr(pte);
	}
	pte = table[addr >> 12 & 511];
	assert_int_equal(pte_addr(pte), addr);
	assert_int_equal(pte & 0xff, PTE_V | PTE_R | PTE_X | PTE_A | PTE_D);
	expect(addr, 0);
	assert_true(page.r && !page.w && page.x);
}

/*
 * Virtual addresses in the upper half of a mode's range are sign-extended, so they are not equal to
 * physical addresses.
 */
static void own_map_covers_the_lower_half(void **state)
{
	(void)state;
	assert_fine(identity_init_own(&m, &pool, (UINT64_C(1) << 38) + 1));
	assert_int_equal(m.mode, 9);
	assert_fine(identity_init_own(&m, &pool, (UINT64_C(1) << 47) + 1));
	assert_int_equal(m.mode, 10);
	assert_fatal(identity_init_own(&m, &pool, (UINT64_C(1) << 56) + 1), "no satp mode");
	assert_fine(identity_init_own(&m, &pool, UINT64_C(1) << 38));
	assert_false(identity_lookup(&m, UINT64_C(1) << 38, &page));
}

static void an_empty_pool_is_fatal(void **state)
{
	(void)state;
	pool.end = pool.next + 5 * PAGE_SIZE;
	assert_fine(identity_init_gstage(&m, &pool, SV39, GIB));
	assert_fatal(identity_map(&m, (struct range){ 0, PAGE_SIZE }, PTE_R), "no memory left");
	assert_fatal(identity_init_gstage(&m, &pool, SV39, GIB), "no memory left");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(takes_the_smallest_mode_that_covers),
		TEST(uses_the_largest_pages_that_fit),
		TEST(keeps_permissions),
		TEST(nothing_beyond_its_coverage),
		TEST(every_mode_maps_its_last_page),
		TEST(own_map_is_for_supervisor_mode),
		TEST(own_map_covers_the_lower_half),
		TEST(an_empty_pool_is_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
