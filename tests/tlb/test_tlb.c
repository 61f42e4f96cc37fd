/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs of the model (machine.h), each in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "machine.h"

/* Of each test; TLB_SEEDS and TLB_STEPS of the environment. TLB_TEST: those whose names match. */
static uint64_t seeds = 3, steps = 20000;

/* With --first, the first failure ends all: for mutants.sh. */
static bool first;

static void run(const struct machine_config *c)
{
	struct machine_config one = *c;
	int status;
	pid_t pid;

	/*
	 * Faults that appear while the pool takes pages from shadows in use are rare, and these
	 * runs are short.
	 */
	for (one.seed = 0; one.seed < (c->tables ? 4 * seeds : seeds); one.seed++) {
		one.steps = steps;
		fflush(NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			machine_run(&one);
			exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status && first)
			exit(1);
		if (status)
			fail_msg("seed %lu: status 0x%x", (unsigned long)one.seed, status);
	}
}

#define TEST(name, ...)                                          \
	static void name(void **state)                           \
	{                                                        \
		const struct machine_config c = { __VA_ARGS__ }; \
		(void)state;                                     \
		run(&c);                                         \
	}

TEST(one_hart, .harts = 1, .vmid_bits = 14)
TEST(three_harts, .harts = 3, .vmid_bits = 14)
TEST(three_harts_few_tables, .harts = 3, .vmid_bits = 14, .tables = 36)
TEST(three_harts_with_nacl, .harts = 3, .vmid_bits = 14, .nacl = 15)
TEST(three_harts_few_vmids, .harts = 3, .vmid_bits = 3)
TEST(one_hart_2_vmid_bits, .harts = 1, .vmid_bits = 2, .nacl = 15)
TEST(two_harts_2_vmid_bits, .harts = 2, .vmid_bits = 2)
TEST(three_harts_7_vmid_bits, .harts = 3, .vmid_bits = 7)
TEST(three_harts_with_interrupts, .harts = 3, .vmid_bits = 14, .nacl = 15, .interrupts = true)
TEST(two_harts_no_vmids, .harts = 2, .vmid_bits = 0, .nacl = 15)
TEST(two_harts_too_few_vmids, .harts = 2, .vmid_bits = 1)
TEST(two_harts_on_nacl, .harts = 2, .vmid_bits = 14, .nacl_below = 15)
TEST(two_harts_on_nacl_no_vmids, .harts = 2, .vmid_bits = 0, .nacl_below = 15)
TEST(two_harts_on_nacl_with_sync_csr_alone, .harts = 2, .vmid_bits = 0, .nacl_below = 1)
TEST(two_harts_on_nacl_without_sync_sret, .harts = 2, .vmid_bits = 3, .nacl_below = 3, .nacl = 15)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_hart),
		cmocka_unit_test(three_harts),
		cmocka_unit_test(three_harts_few_tables),
		cmocka_unit_test(three_harts_with_nacl),
		cmocka_unit_test(three_harts_few_vmids),
		cmocka_unit_test(one_hart_2_vmid_bits),
		cmocka_unit_test(two_harts_2_vmid_bits),
		cmocka_unit_test(three_harts_7_vmid_bits),
		cmocka_unit_test(three_harts_with_interrupts),
		cmocka_unit_test(two_harts_no_vmids),
		cmocka_unit_test(two_harts_too_few_vmids),
		cmocka_unit_test(two_harts_on_nacl),
		cmocka_unit_test(two_harts_on_nacl_no_vmids),
		cmocka_unit_test(two_harts_on_nacl_with_sync_csr_alone),
		cmocka_unit_test(two_harts_on_nacl_without_sync_sret),
	};

	first = argc > 1 && !strcmp(argv[1], "--first");
	if (getenv("TLB_SEEDS"))
		seeds = strtoul(getenv("TLB_SEEDS"), NULL, 0);
	if (getenv("TLB_STEPS"))
		steps = strtoul(getenv("TLB_STEPS"), NULL, 0);
	if (getenv("TLB_TEST"))
		cmocka_set_test_filter(getenv("TLB_TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
