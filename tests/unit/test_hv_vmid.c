/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_test.h"

#include "hv/vmid.h"

#define VMIDS (1u << 14) /* VMIDLEN is at most 14 (priv H, hgatp) */

static void ranges_share_no_vmid_and_leave_none_out(void **state)
{
	static const unsigned int wanted[] = { 65, 1, 4000, 65, 0, 9999, 9999 };
	static bool given[VMIDS];
	struct vmid_range left = { 0, VMIDS };
	unsigned int i, vmid, count = 0;

	(void)state;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct vmid_range r = vmid_take(&left, wanted[i]);

		assert_true(r.count <= wanted[i]);
		for (vmid = r.first; vmid < (unsigned int)r.first + r.count; vmid++) {
			assert_true(vmid < VMIDS);
			assert_false(given[vmid]);
			given[vmid] = true;
			count++;
		}
	}
	assert_int_equal(count, VMIDS);
}

static void what_is_wanted_is_given_while_it_is_there(void **state)
{
	struct vmid_range left = { 0, 8 };

	(void)state;
	assert_int_equal(vmid_take(&left, 5).count, 5);
	assert_int_equal(vmid_take(&left, 5).count, 3);
	assert_int_equal(vmid_take(&left, 5).count, 0);
}

/* VMIDLEN 0: VMID 0 is the only one. */
static void one_vmid_is_given_once(void **state)
{
	struct vmid_range left = { 0, 1 };
	struct vmid_range r = vmid_take(&left, 65);

	(void)state;
	assert_int_equal(r.first, 0);
	assert_int_equal(r.count, 1);
	assert_int_equal(vmid_take(&left, 65).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_share_no_vmid_and_leave_none_out),
		cmocka_unit_test(what_is_wanted_is_given_while_it_is_there),
		cmocka_unit_test(one_vmid_is_given_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
