/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_test.h"

#include "lib/range.h"

static struct range_list l;

static void set(const struct range *r, unsigned int count)
{
	make_memory();
	l = (struct range_list){ 0 };
	while (count--)
		assert_true(range_list_add(&l, *r++));
}

#define set_ranges(...)                                    \
	do {                                               \
		const struct range r_[] = { __VA_ARGS__ }; \
		set(r_, sizeof(r_) / sizeof(r_[0]));       \
	} while (0)

static void expect(unsigned int i, uint64_t start, uint64_t size)
{
	assert_true(i < l.count);
	assert_int_equal(l.r[i].start, start);
	assert_int_equal(l.r[i].size, size);
}

static void subtracting_cuts_splits_and_removes(void **state)
{
	(void)state;
	set_ranges({ 100, 100 }, { 300, 100 }, { 500, 100 });
	assert_true(range_list_subtract(&l, (struct range){ 150, 400 }));
	range_list_normalize(&l);
	assert_int_equal(l.count, 2);
	expect(0, 100, 50);
	expect(1, 550, 50);
	assert_true(range_list_subtract(&l, (struct range){ 110, 10 }));
	range_list_normalize(&l);
	assert_int_equal(l.count, 3);
	expect(0, 100, 10);
	expect(1, 120, 30);
	assert_true(range_list_subtract(&l, (struct range){ 115, 0 }));
	assert_true(range_list_subtract(&l, (struct range){ 0, UINT64_MAX }));
	assert_int_equal(l.count, 0);
}

static void a_list_grows_until_no_memory_is_left(void **state)
{
	static const struct range_list none;
	struct range_list copy = { 0 };
	unsigned int i, count;

	(void)state;
	make_memory();
	l = none;
	for (i = 0; i < 5000; i++)
		assert_true(range_list_add(&l, (struct range){ 100 * i, 50 }));
	assert_true(range_list_copy(&copy, &l));
	assert_true(range_list_subtract(&copy, (struct range){ 0, 100 * 4000 }));
	assert_int_equal(copy.count, 1000);
	assert_int_equal(l.count, 5000);
	for (i = 0; i < 5000; i++)
		expect(i, 100 * i, 50);
	while (range_list_add(&l, (struct range){ 1, 1 }))
		assert_true(l.count <= LIST_BYTES / sizeof(struct range));
	count = l.count;
	assert_true(range_list_add(&l, (struct range){ 1, 0 }));
	assert_int_equal(l.count, count);
	expect(4999, 499900, 50);
	/* A range that cannot be split is gone. */
	assert_false(range_list_subtract(&l, (struct range){ 499910, 10 }));
	assert_null(range_list_overlap(&l, (struct range){ 499910, 10 }));
	array_use(NULL);
	l = none;
	assert_false(range_list_add(&l, (struct range){ 1, 1 }));
}

static void normalizing_orders_and_joins(void **state)
{
	(void)state;
	set_ranges({ 500, 10 }, { 100, 100 }, { 200, 50 }, { 120, 10 }, { 240, 100 });
	range_list_normalize(&l);
	assert_int_equal(l.count, 2);
	expect(0, 100, 240);
	expect(1, 500, 10);
}

static void ends_of_the_address_space(void **state)
{
	const struct range top = { UINT64_MAX - 0x1fff, 0x1fff };
	uint64_t start;

	(void)state;
	assert_true(range_is_valid(top.start, top.size));
	assert_false(range_is_valid(top.start, top.size + 1));
	assert_true(range_contains(top, top));
	assert_false(range_contains(top, (struct range){ 0, 1 }));
	assert_int_equal(range_end(range_align_out(top, 0x1000)), UINT64_MAX - 0xfff);
	assert_int_equal(range_align_in(top, 0x1000).start, UINT64_MAX - 0x1fff);
	assert_int_equal(range_align_in(top, 0x1000).size, 0x1000);
	/* The multiple behind the start is 2^64. */
	assert_int_equal(range_align_in((struct range){ UINT64_MAX - 0xff, 0x80 }, 0x1000).size, 0);
	set_ranges(top);
	assert_false(range_list_lowest(&l, UINT64_MAX, 1, 0x1000, &start));
	assert_true(range_list_highest(&l, 0x1000, 0x1000, &start));
	assert_int_equal(start, UINT64_MAX - 0x1fff);
}

static void places_are_aligned_and_fit(void **state)
{
	uint64_t start;

	(void)state;
	set_ranges({ 0x5100, 0x2000 }, { 0x1100, 0x3000 });
	assert_true(range_list_lowest(&l, 0, 0x1000, 0x1000, &start));
	assert_int_equal(start, 0x2000);
	assert_true(range_list_lowest(&l, 0x2001, 0x1000, 0x1000, &start));
	assert_int_equal(start, 0x3000);
	assert_true(range_list_highest(&l, 0x1000, 0x1000, &start));
	assert_int_equal(start, 0x6000);
	assert_true(range_list_highest(&l, 0x2000, 0x1000, &start));
	assert_int_equal(start, 0x2000);
	assert_false(range_list_highest(&l, 0x3000, 0x1000, &start));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subtracting_cuts_splits_and_removes),
		cmocka_unit_test(a_list_grows_until_no_memory_is_left),
		cmocka_unit_test(normalizing_orders_and_joins),
		cmocka_unit_test(ends_of_the_address_space),
		cmocka_unit_test(places_are_aligned_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
