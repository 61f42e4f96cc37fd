/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command makes of the console's lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "live.h"
#include "text.h"

static struct text text;

/* counts.c reads a machine, which this test has not. */
bool live_read(struct live *live, uint64_t address, void *to, size_t size)
{
	(void)live, (void)address, (void)to, (void)size;
	return false;
}

static int set_up(void **state)
{
	(void)state;
	text = (struct text){ 0 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(text.exits);
	json_decref(text.domains);
	return 0;
}

static void console(const char *lines)
{
	text_feed(&text, lines, strlen(lines));
}

static json_int_t count_of(const json_t *all, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(all, key), "l1-csr"));
}

/* The counts of the guest's end, by level. */
static void counts_of_the_end(void **state)
{
	(void)state;
	console("halite: level 1: exits l1-csr 5: CSR instructions\n"
		"halite: level 0: exits l1-csr 7: CSR instructions\n"
		"halite: level 0: exits of-nothing 8: no kind\n"
		"halite: level 0: time in-halite 9: ticks\n");
	assert_int_equal(count_of(text.exits, "0"), 7);
	assert_int_equal(count_of(text.exits, "1"), 5);
	assert_null(json_object_get(json_object_get(text.exits, "0"), "of-nothing"));
	assert_null(text.domains);
}

/* What Ctrl-] s shows is not of the end. */
static void shown_counts(void **state)
{
	(void)state;
	console("halite: counts of the guest\n"
		"halite: level 0: exits l1-csr 7: CSR instructions\n");
	assert_null(text.exits);
	console("halite: level 0: time in-halite 9: ticks\n"
		"halite: level 0: exits l1-csr 8: CSR instructions\n");
	assert_int_equal(count_of(text.exits, "0"), 8);
}

static void shown_counts_of_a_domain(void **state)
{
	(void)state;
	console("halite: counts of A\n"
		"halite: level 0: domain A: exits l1-csr 7: CSR instructions\n"
		"halite: level 0: domain B: exits l1-csr 4: CSR instructions\n");
	assert_null(json_object_get(text.domains, "A"));
	assert_int_equal(count_of(text.domains, "B"), 4);
	console("halite: level 0: domain A: time in-halite 9: ticks\n"
		"halite: level 0: domain A: exits l1-csr 8: CSR instructions\n");
	assert_int_equal(count_of(text.domains, "A"), 8);
	assert_int_equal(count_of(text.exits, "0"), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_of_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shown_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shown_counts_of_a_domain, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
