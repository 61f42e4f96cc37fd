/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "hv_test.h"

#include "hv/stage2.h"
#include "riscv/pte.h"

#define POOL_PAGES 64
#define SV39	   (1u << 8)
#define SV48	   (1u << 9)
#define SV57	   (1u << 10)
#define GIB	   (UINT64_C(1) << 30)
#define MIB	   (UINT64_C(1) << 20)

static struct page_pool pool;
static struct stage2 s;
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
	assert_fine(stage2_map(&s, (struct range){ start, size }, flags));
}

static void expect(uint64_t addr, unsigned int level)
{
	assert_true(stage2_lookup(&s, addr, &page));
	assert_int_equal(page.hpa.addr, addr);
	assert_int_equal(page.level, level);
}

static void takes_the_smallest_mode_that_covers(void **state)
{
	(void)state;
	assert_fine(stage2_init(&s, &pool, SV39 | SV48, UINT64_C(1) << 41));
	assert_int_equal(s.mode, 8);
	assert_int_equal(stage2_hgatp(&s), UINT64_C(8) << 60 | (uintptr_t)s.root >> 12);
	assert_fine(stage2_init(&s, &pool, SV39 | SV48, (UINT64_C(1) << 41) + 1));
	assert_int_equal(s.mode, 9);
	assert_fine(stage2_init(&s, &pool, SV57, GIB));
	assert_int_equal(s.mode, 10);
	assert_fatal(stage2_init(&s, &pool, SV39, UINT64_C(1) << 42), "no G-stage mode");
	assert_fatal(stage2_init(&s, &pool, 1, GIB), "no G-stage mode");
}

static void uses_the_largest_pages_that_fit(void **state)
{
	(void)state;
	assert_fine(stage2_init(&s, &pool, SV39, 4 * GIB));
	/* 4 KiB below a GiB boundary to 2 MiB and 4 KiB beyond the next. */
	map(2 * GIB - PAGE_SIZE, PAGE_SIZE + GIB + 2 * MIB + PAGE_SIZE, PTE_R | PTE_W | PTE_X);
	expect(2 * GIB - 1, 0);
	expect(2 * GIB, 2);
	expect(3 * GIB - 1, 2);
	expect(3 * GIB + MIB, 1);
	expect(3 * GIB + 2 * MIB + 0xfff, 0);
	assert_false(stage2_lookup(&s, 2 * GIB - PAGE_SIZE - 1, &page));
	assert_false(stage2_lookup(&s, 3 * GIB + 2 * MIB + PAGE_SIZE, &page));
	/* The root, and for each of the two GiB a level 1 and a level 0 table. */
	assert_int_equal(stage2_table_pages(&s), 4 + 4);
	assert_int_equal(pages_left(&pool), POOL_PAGES - 8);
}

static void keeps_permissions(void **state)
{
	(void)state;
	assert_fine(stage2_init(&s, &pool, SV39, 4 * GIB));
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
	assert_fine(stage2_init(&s, &pool, SV39, GIB));
	map(0, GIB, PTE_R);
	expect(0, 2);
	assert_false(stage2_lookup(&s, UINT64_C(1) << 41, &page));
	assert_false(stage2_lookup(&s, UINT64_MAX, &page));
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
		assert_fine(stage2_init(&s, &pool, SV39 << i, end));
		map(end - PAGE_SIZE, PAGE_SIZE, PTE_R);
		expect(end - 1, 0);
	}
}

static void an_empty_pool_is_fatal(void **state)
{
	(void)state;
	pool.end = pool.next + 5 * PAGE_SIZE;
	assert_fine(stage2_init(&s, &pool, SV39, GIB));
	assert_fatal(stage2_map(&s, (struct range){ 0, PAGE_SIZE }, PTE_R), "no memory left");
	assert_fatal(stage2_init(&s, &pool, SV39, GIB), "no memory left");
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
		TEST(an_empty_pool_is_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
