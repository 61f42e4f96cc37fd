/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hart masks of SBI, and requests to sets of harts, in domains of many harts. Nothing answers a
 * request here, so ipi_call() is called for the calling hart alone.
 */
#include "hv_test.h"

#include "hv/ipi.h"
#include "riscv/sbi_call.h"

#define ALL (~UINT64_C(0))

static struct domain d;
static struct machine_hart harts[MACHINE_MAX_HARTS];
static struct vcpu vcpus[MACHINE_MAX_HARTS];
static struct index_set set;

/* The IPIs that the firmware was asked for. */
static struct {
	uint64_t mask, base;
} sent[MACHINE_MAX_HARTS];
static unsigned int calls;

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)(a2 | a3 | a4 | a5);
	assert_true(ext == SBI_EXT_IPI && fid == SBI_IPI_SEND);
	sent[calls].mask = a0;
	sent[calls++].base = a1;
	return (struct sbi_result){ 0 };
}

/* A domain with harts of the ids @first, @first + @step, and so on. */
static void make_domain(unsigned int count, uint64_t first, uint64_t step)
{
	unsigned int i;

	calls = 0;
	d.vcpu_count = count;
	for (i = 0; i < count; i++) {
		harts[i].hartid = first + i * step;
		vcpus[i] = (struct vcpu){ .domain = &d, .index = i, .hart = &harts[i] };
		d.vcpus[i] = &vcpus[i];
	}
}

static bool find(uint64_t mask, uint64_t base)
{
	return vcpu_find_all(&d, mask, base, &set);
}

static unsigned int members(void)
{
	unsigned int i, count = 0;

	index_set_each(&set, i, d.vcpu_count) count++;
	return count;
}

static void a_hart_is_found_by_its_id(void **state)
{
	unsigned int i;

	(void)state;
	make_domain(MACHINE_MAX_HARTS, 5, UINT64_C(0x300000001));
	for (i = 0; i < MACHINE_MAX_HARTS; i++) {
		assert_ptr_equal(vcpu_find(&d, harts[i].hartid), &vcpus[i]);
		assert_null(vcpu_find(&d, harts[i].hartid + 1));
		assert_null(vcpu_find(&d, harts[i].hartid - 1));
	}
	assert_null(vcpu_find(&d, ALL));
}

/* SBI 2.0 "Binary Encoding", hart list parameter: bit n of hart_mask is hart hart_mask_base + n. */
static void a_mask_names_harts_from_its_base_on(void **state)
{
	(void)state;
	make_domain(MACHINE_MAX_HARTS, 0, 1);
	assert_true(find(5, MACHINE_MAX_HARTS - 3));
	assert_int_equal(members(), 2);
	assert_true(index_set_has(&set, MACHINE_MAX_HARTS - 3));
	assert_true(index_set_has(&set, MACHINE_MAX_HARTS - 1));
	/* One hart more than there are. */
	assert_false(find(9, MACHINE_MAX_HARTS - 3));
	assert_false(find(1, MACHINE_MAX_HARTS));
	assert_true(find(0, 12345));
	assert_int_equal(members(), 0);
	/* All harts, whatever the mask is. */
	assert_true(find(0, ALL));
	assert_int_equal(members(), MACHINE_MAX_HARTS);
	assert_true(find(1, ALL));
	assert_int_equal(members(), MACHINE_MAX_HARTS);
}

static void a_mask_may_skip_ids_that_no_hart_has(void **state)
{
	(void)state;
	make_domain(20, 10, 7);
	assert_true(find(BIT64(0) | BIT64(7) | BIT64(63), 10 + 7));
	assert_int_equal(members(), 3);
	assert_true(index_set_has(&set, 1) && index_set_has(&set, 2) && index_set_has(&set, 10));
	assert_true(find(BIT64(3), 14));
	assert_true(members() == 1 && index_set_has(&set, 1));
	assert_false(find(BIT64(0) | BIT64(1), 17));
	assert_false(find(BIT64(6), 17));
}

static void a_mask_does_not_wrap_around(void **state)
{
	(void)state;
	make_domain(2, 0, ALL - 1); /* 0 and 2^64 - 2 */
	assert_true(find(1, ALL - 1));
	assert_true(members() == 1 && index_set_has(&set, 1));
	assert_false(find(BIT64(2), ALL - 1));
	assert_true(find(BIT64(62), ALL - 63));
	assert_false(find(BIT64(63), ALL - 62));
}

static void ids_that_are_near_share_a_call_of_the_firmware(void **state)
{
	unsigned int i;

	(void)state;
	make_domain(20, 1000, 9);
	assert_true(find(0, ALL));
	ipi_post(&d, &set, VCPU_REQ_SSI);
	/* 1000, 1009, up to 1063; the next call begins at 1072. */
	assert_int_equal(calls, 3);
	assert_int_equal(sent[0].base, 1000);
	assert_int_equal(sent[0].mask, UINT64_C(0x8040201008040201));
	assert_int_equal(sent[1].base, 1072);
	assert_int_equal(sent[1].mask, UINT64_C(0x8040201008040201));
	assert_int_equal(sent[2].base, 1144);
	assert_int_equal(sent[2].mask, 0x8040201);
	for (i = 0; i < 20; i++)
		assert_int_equal(vcpus[i].requests, VCPU_REQ_SSI);
}

static void only_harts_of_the_set_get_the_request(void **state)
{
	unsigned int i;

	(void)state;
	make_domain(MACHINE_MAX_HARTS, 0, UINT64_C(1) << 32);
	index_set_clear(&set, MACHINE_MAX_HARTS);
	index_set_add(&set, 3);
	index_set_add(&set, MACHINE_MAX_HARTS - 1);
	ipi_post(&d, &set, VCPU_REQ_INTC);
	for (i = 0; i < MACHINE_MAX_HARTS; i++)
		assert_int_equal(vcpus[i].requests,
				 i == 3 || i == MACHINE_MAX_HARTS - 1 ? VCPU_REQ_INTC : 0);
	assert_int_equal(calls, 2);
	assert_int_equal(sent[1].base, (MACHINE_MAX_HARTS - 1) * (UINT64_C(1) << 32));
	assert_int_equal(sent[1].mask, 1);
}

static unsigned int runs;

static void count_run(struct vcpu *v, void *arg)
{
	assert_ptr_equal(arg, &runs);
	assert_ptr_equal(v, &vcpus[7]);
	runs++;
}

/* Harts that are not online are left out, and nobody waits for them. */
static void a_call_leaves_stopped_harts_out(void **state)
{
	(void)state;
	make_domain(MACHINE_MAX_HARTS, 0, 1);
	index_set_fill(&set, MACHINE_MAX_HARTS);
	runs = 0;
	ipi_call(&vcpus[7], &set, count_run, &runs);
	assert_int_equal(runs, 1);
	assert_int_equal(calls, 0);
	index_set_clear(&set, MACHINE_MAX_HARTS);
	index_set_add(&set, 8);
	ipi_call(&vcpus[7], &set, count_run, &runs);
	assert_int_equal(runs, 1);
}

static unsigned int answers[MACHINE_MAX_HARTS];

static void count_answer(struct vcpu *v, void *arg)
{
	assert_ptr_equal(v, &vcpus[7]);
	++*(unsigned int *)arg;
}

/* A hart that was called by several others runs the function of each, with its argument, once. */
static void a_hart_answers_all_that_have_called(void **state)
{
	static const unsigned int callers[] = { 0, 8, MACHINE_MAX_HARTS - 1 };
	unsigned int i, n;

	(void)state;
	make_domain(MACHINE_MAX_HARTS, 0, 1);
	for (i = 0; i < 3; i++) {
		struct vcpu *caller = &vcpus[callers[i]];

		caller->call.fn = count_answer;
		caller->call.arg = &answers[callers[i]];
		caller->call.left = 1;
		index_set_add(&vcpus[7].callers, callers[i]);
	}
	ipi_answer(&vcpus[7]);
	assert_int_equal(answers[0], 0); /* nothing was requested */
	for (n = 0; n < 2; n++) {
		vcpus[7].requests = VCPU_REQ_CALL | VCPU_REQ_SSI;
		ipi_answer(&vcpus[7]);
		assert_int_equal(vcpus[7].requests, VCPU_REQ_SSI);
		for (i = 0; i < 3; i++) {
			assert_int_equal(answers[callers[i]], 1);
			assert_int_equal(vcpus[callers[i]].call.left, 0);
		}
	}
}

static unsigned int depth;

static void answer_more(struct vcpu *v, void *arg)
{
	(void)arg;
	assert_int_equal(depth++, 0);
	v->requests |= VCPU_REQ_CALL;
	index_set_add(&v->callers, 8);
	vcpus[8].call.fn = answer_more;
	vcpus[8].call.left = 1;
	ipi_answer(v);
	depth--;
}

/* The stack has no room for a function for each hart. */
static void an_answer_is_not_interrupted_by_another(void **state)
{
	(void)state;
	make_domain(MACHINE_MAX_HARTS, 0, 1);
	vcpus[0].call.fn = answer_more;
	vcpus[0].call.left = 1;
	index_set_add(&vcpus[7].callers, 0);
	vcpus[7].requests = VCPU_REQ_CALL;
	ipi_answer(&vcpus[7]);
	assert_int_equal(vcpus[0].call.left, 0);
	/* The next one is still there. */
	assert_int_equal(vcpus[7].requests, VCPU_REQ_CALL);
	assert_int_equal(vcpus[8].call.left, 1);
	vcpus[8].call.fn = count_answer;
	vcpus[8].call.arg = &answers[8];
	answers[8] = 0;
	ipi_answer(&vcpus[7]);
	assert_int_equal(answers[8], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hart_is_found_by_its_id),
		cmocka_unit_test(a_mask_names_harts_from_its_base_on),
		cmocka_unit_test(a_mask_may_skip_ids_that_no_hart_has),
		cmocka_unit_test(a_mask_does_not_wrap_around),
		cmocka_unit_test(ids_that_are_near_share_a_call_of_the_firmware),
		cmocka_unit_test(only_harts_of_the_set_get_the_request),
		cmocka_unit_test(a_call_leaves_stopped_harts_out),
		cmocka_unit_test(a_hart_answers_all_that_have_called),
		cmocka_unit_test(an_answer_is_not_interrupted_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
