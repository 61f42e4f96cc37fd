/* SPDX-License-Identifier: BSD-2-Clause */
/* The doorbells of memory that three of four domains share: who is rung, and when a wire is up. */
#include "hv_test.h"

#include "hv/domain.h"
#include "hv/doorbell.h"
#include "hv/intc.h"
#include "hv/shared.h"

#define BELL UINT64_C(0x90010000)
#define RING (BELL + DOORBELL_RING)
#define RUNG (BELL + DOORBELL_RUNG)

static struct host host;
static struct domain d[4];
static struct vcpu v[4];
static struct shared shared[2];
static unsigned int looked[4]; /* calls of intc_wire_changed() for each domain */

void intc_wire_changed(struct vcpu *by, struct domain *domain, struct source *s)
{
	assert_non_null(by);
	assert_ptr_equal(s, &domain->source[1]);
	looked[domain - d]++;
}

/* Side 0 is domain 2, side 1 is domain 0, side 2 is domain 1. Domain 3 has no side. */
static int setup(void **state)
{
	static const unsigned int sides[] = { 2, 0, 1 };
	unsigned int i;

	(void)state;
	memset(&host, 0, sizeof(host));
	memset(d, 0, sizeof(d));
	memset(shared, 0, sizeof(shared));
	memset(looked, 0, sizeof(looked));
	host.domain_count = 4;
	host.shared = shared;
	host.shared_count = 2;
	for (i = 0; i < 4; i++) {
		host.domains[i] = &d[i];
		d[i].host = &host;
		v[i].domain = &d[i];
	}
	shared[0].memory = (struct range){ BELL + 0x2000, 0x1000 };
	shared[0].count = 0;
	shared[1].memory = (struct range){ BELL - 0x10000, 0x10000 };
	shared[1].count = 3;
	for (i = 0; i < 3; i++) {
		struct shared_side *side = &shared[1].side[i];

		side->domain = sides[i];
		side->source = &d[sides[i]].source[1];
		side->source->wire = &side->wire;
		side->source->machine = &host.machine;
		side->source->at.plic = true;
	}
	return 0;
}

static void store(unsigned int domain, uint64_t addr, uint32_t value)
{
	assert_true(doorbell_store(&v[domain], addr, 4, value));
}

static uint32_t load(unsigned int domain, uint64_t addr)
{
	uint64_t value = ~UINT64_C(0);

	assert_true(doorbell_load(&v[domain], addr, 4, &value));
	return value;
}

static void a_page_of_its_domains(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(doorbell_at(&d[i], BELL), i < 3);
		assert_int_equal(doorbell_at(&d[i], BELL + 0xfff), i < 3);
		assert_false(doorbell_at(&d[i], BELL - 1));
		assert_false(doorbell_at(&d[i], BELL + 0x1000));
		assert_false(doorbell_at(&d[i], BELL + 0x3000));
	}
}

static void words_only(void **state)
{
	uint64_t value;

	(void)state;
	assert_false(doorbell_load(&v[0], RUNG, 8, &value));
	assert_false(doorbell_load(&v[0], RUNG, 1, &value));
	assert_false(doorbell_load(&v[0], RUNG + 2, 4, &value));
	assert_false(doorbell_store(&v[0], RING, 8, 7));
	assert_false(doorbell_store(&v[0], RING, 2, 7));
	assert_int_equal(looked[0] + looked[1] + looked[2], 0);
	/* Other registers do nothing. */
	store(0, RUNG, 7);
	store(0, BELL + 0xffc, 7);
	assert_int_equal(load(0, RING), 0);
	assert_int_equal(load(0, BELL + 0xffc), 0);
	assert_int_equal(looked[0] + looked[1] + looked[2], 0);
}

static void rings_reach_the_named_sides(void **state)
{
	(void)state;
	/* Domain 0 is side 1. Its own bit and those of no side do nothing. */
	store(0, RING, 0xfffffffa);
	assert_int_equal(looked[0], 0);
	assert_false(shared[1].side[0].wire || shared[1].side[1].wire || shared[1].side[2].wire);
	store(0, RING, 4);
	assert_int_equal(looked[1], 1);
	assert_true(shared[1].side[2].wire);
	assert_false(shared[1].side[0].wire);
	/* A ring while one waits is the same one, for whoever rings again. */
	store(0, RING, 4);
	assert_int_equal(looked[1], 1);
	store(2, RING, 7);
	assert_int_equal(looked[1], 2);
	assert_int_equal(looked[0], 1);
	assert_int_equal(looked[2], 0);
	assert_int_equal(load(1, RUNG), 3);
	assert_false(shared[1].side[2].wire);
	assert_true(shared[1].side[1].wire);
	assert_int_equal(load(1, RUNG), 0);
	assert_int_equal(load(0, RUNG), 1);
	assert_int_equal(load(2, RUNG), 0);
}

static void a_reset_forgets_rings_of_its_domain(void **state)
{
	(void)state;
	store(0, RING, 5);
	doorbell_reset(&d[1]);
	assert_false(shared[1].side[2].wire);
	assert_true(shared[1].side[0].wire);
	assert_int_equal(load(1, RUNG), 0);
	assert_int_equal(load(2, RUNG), 2);
	/* The next ring is a new one. */
	looked[1] = 0;
	store(0, RING, 4);
	assert_int_equal(looked[1], 1);
	assert_int_equal(load(1, RUNG), 2);
	doorbell_reset(&d[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_page_of_its_domains, setup),
		cmocka_unit_test_setup(words_only, setup),
		cmocka_unit_test_setup(rings_reach_the_named_sides, setup),
		cmocka_unit_test_setup(a_reset_forgets_rings_of_its_domain, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
