/* SPDX-License-Identifier: BSD-2-Clause */
/* The PLIC as a guest sees it, on a machine that remembers what it was asked. */
#include "hv_test.h"

#include "hv/intc.h"
#include "hv/plic.h"
#include "riscv/attempt.h"

#define BASE  UINT64_C(0xc000000)
#define OTHER UINT64_C(0xe000000)
#define NDEV  95

static struct host host;
static struct source_set sources[2];
static struct machine_hart machine_harts[4];
/* The test accesses the second PLIC. */
static struct machine_plic plics[2];
static struct machine_plic *const plic = &plics[1];
static struct machine *const m = &host.machine;
static struct domain d = { .host = &host };
/* Indices of the machine's harts are not the domain's. */
static struct vcpu first = { .domain = &d, .index = 0, .hart = &machine_harts[2] };
static struct vcpu second = { .domain = &d, .index = 1, .hart = &machine_harts[1] };
/* A hart of the first PLIC, whose context is not the guest's at the second PLIC. */
static struct vcpu elsewhere = { .domain = &d, .index = 2, .hart = &machine_harts[3] };

static unsigned int accesses, changes;
static uint64_t last_addr, last_value;
static struct vcpu *last_owner;
static bool refuses;
/* The sum of the sources that were completed in context 3 while one was enabled there. */
static uint64_t completed;
static bool enabled;

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	assert_int_equal(size, 4);
	accesses++;
	last_addr = addr;
	if (!refuses)
		*value = 0x5a;
	return !refuses;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	assert_int_equal(size, 4);
	accesses++;
	last_addr = addr;
	last_value = value;
	if (addr == BASE + 0x203004 && enabled)
		completed += value;
	enabled |= addr == BASE + 0x2180 && value;
	return !refuses;
}

void intc_changed(struct vcpu *by, struct vcpu *owner)
{
	assert_ptr_equal(by, &first);
	last_owner = owner;
	changes++;
}

void intc_source_changed(struct vcpu *by, struct domain *domain)
{
	(void)by;
	(void)domain;
	fail_msg("there is no virtual source");
}

/* The guest has contexts 1 and 3. 0 and 2 are of machine level, 4 is of a hart that L1 lacks. */
static int setup(void **state)
{
	(void)state;
	machine_harts[0] = (struct machine_hart){ .plic = 1, .plic_context = 4 };
	machine_harts[1] = (struct machine_hart){ .plic = 1, .plic_context = 3 };
	machine_harts[2] = (struct machine_hart){ .plic = 1, .plic_context = 1 };
	machine_harts[3] = (struct machine_hart){ .plic = 0, .plic_context = 2 };
	plics[0] = (struct machine_plic){ .base = OTHER, .size = 0x600000, .ndev = 40 };
	plics[1] = (struct machine_plic){ .base = BASE, .size = 0x600000, .ndev = NDEV };
	*m = (struct machine){
		.hart_count = 4,
		.harts = machine_harts,
		.plics = plics,
		.plic_count = 2,
	};
	memset(sources, 0xff, sizeof(sources));
	d.sources = sources;
	d.vcpus[0] = &first;
	d.vcpus[1] = &second;
	d.vcpus[2] = &elsewhere;
	d.vcpu_count = 3;
	accesses = 0;
	changes = 0;
	refuses = false;
	return 0;
}

/* PLIC 1.0, "Memory Map": registers of sources that there are and of the guest's contexts. */
enum { RESERVED, READ_ONLY, REGISTER, CLAIM };

static unsigned int kind_of(uint64_t offset)
{
	const uint64_t bits = 4 * (plic->ndev / 32 + 1);

	if (offset % 4)
		return RESERVED;
	if (offset >= 4 && offset <= 4 * plic->ndev)
		return REGISTER;
	if (offset >= 0x1000 && offset < 0x1000 + bits)
		return READ_ONLY;
	if (offset >= 0x2080 && offset < 0x2080 + bits)
		return REGISTER;
	if (offset >= 0x2180 && offset < 0x2180 + bits)
		return REGISTER;
	if (offset == 0x201000 || offset == 0x203000)
		return REGISTER;
	return offset == 0x201004 || offset == 0x203004 ? CLAIM : RESERVED;
}

static void check_load(uint64_t offset, unsigned int size)
{
	const bool whole = size == 4 && offset % 4 == 0;
	const unsigned int kind = whole ? kind_of(offset) : RESERVED;
	uint64_t value = 1;

	accesses = 0;
	changes = 0;
	if (plic_load(&first, 1, offset, size, &value) != (whole && (!refuses || !kind)))
		fail_msg("load of %u at 0x%lx", size, (unsigned long)offset);
	if (accesses != (kind != RESERVED) || (accesses && last_addr != BASE + offset))
		fail_msg("load of %u at 0x%lx: %u accesses", size, (unsigned long)offset, accesses);
	if (whole && !refuses && value != (kind ? 0x5a : 0))
		fail_msg("load at 0x%lx: 0x%lx", (unsigned long)offset, (unsigned long)value);
	assert_int_equal(changes, kind == CLAIM && !refuses);
}

static void check_store(uint64_t offset, unsigned int size)
{
	const bool whole = size == 4 && offset % 4 == 0;
	const bool asked = whole && kind_of(offset) >= REGISTER;

	accesses = 0;
	changes = 0;
	if (plic_store(&first, 1, offset, size, UINT64_C(0x100000007)) !=
	    (whole && (!refuses || !asked)))
		fail_msg("store of %u at 0x%lx", size, (unsigned long)offset);
	if (accesses != asked || (asked && (last_addr != BASE + offset || last_value != 7)))
		fail_msg("store of %u at 0x%lx: %u accesses", size, (unsigned long)offset,
			 accesses);
	assert_int_equal(changes, asked && !refuses);
}

/* One page of each kind: priorities, pending bits, enables, reserved, contexts, the end. */
static void walk(void)
{
	static const uint64_t pages[] = { 0,	    0x1000,   0x2000,	0x1f1000,
					  0x1f2000, 0x1ff000, 0x200000, 0x201000,
					  0x202000, 0x203000, 0x204000, 0x5ff000 };
	static const unsigned int sizes[] = { 1, 2, 4, 8 };
	uint64_t offset;
	unsigned int i, page;

	for (page = 0; page < sizeof(pages) / sizeof(pages[0]); page++) {
		for (offset = pages[page]; offset < pages[page] + 0x1000; offset++) {
			for (i = 0; i < 4; i++) {
				check_load(offset, sizes[i]);
				check_store(offset, sizes[i]);
			}
		}
	}
}

static void only_named_registers_are_accessed(void **state)
{
	static const uint32_t ndevs[] = { NDEV, 31, 32, 1, 1023 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(ndevs) / sizeof(ndevs[0]); i++) {
		plic->ndev = ndevs[i];
		refuses = false;
		walk();
		/* Each access becomes the guest's fault, and no other effect. */
		refuses = true;
		walk();
	}
}

/* The last context of the specification, and the one that would come behind it. */
static void contexts_end_where_the_specification_says(void **state)
{
	uint64_t value;

	(void)state;
	m->harts[1].plic_context = 15871;
	assert_true(plic_store(&first, 1, 0x1f1f80, 4, 1));
	assert_true(plic_load(&first, 1, 0x200000 + 15871 * UINT64_C(0x1000) + 4, 4, &value));
	assert_int_equal(accesses, 2);
	m->harts[1].plic_context = 15872;
	assert_true(plic_store(&first, 1, 0x1f2000, 4, 1));
	assert_true(plic_load(&first, 1, 0x200000 + 15872 * UINT64_C(0x1000), 4, &value));
	assert_int_equal(value, 0);
	assert_int_equal(accesses, 2);
}

/* The harts that have to look at their wires again. */
static void changes_name_the_owner(void **state)
{
	uint64_t value;

	(void)state;
	/* A claim clears the pending bit for all contexts (PLIC 1.0 "Interrupt Claim Process"). */
	last_owner = &second;
	assert_true(plic_load(&first, 1, 0x203004, 4, &value));
	assert_null(last_owner);
	assert_true(plic_store(&first, 1, 0x201004, 4, 7));
	assert_ptr_equal(last_owner, &first);
	assert_true(plic_store(&first, 1, 0x2180, 4, 7));
	assert_ptr_equal(last_owner, &second);
	assert_true(plic_store(&first, 1, 4, 4, 7));
	assert_null(last_owner);
	assert_int_equal(changes, 4);
}

/* The same addresses of another PLIC are registers of other sources and contexts. */
static void each_plic_has_its_sources_and_contexts(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(plic_store(&first, 0, 0x202000, 4, 1));
	assert_int_equal(last_addr, OTHER + 0x202000);
	assert_ptr_equal(last_owner, &elsewhere);
	assert_true(plic_load(&first, 0, 4 * 40, 4, &value));
	assert_int_equal(accesses, 2);
	assert_true(plic_load(&first, 0, 4 * 41, 4, &value));
	assert_true(plic_load(&first, 0, 0x201004, 4, &value));
	assert_int_equal(value, 0);
	assert_int_equal(accesses, 2);
}

/* A domain reaches its own sources: here 3 and 40 of the second PLIC. */
static void other_domains_sources_do_not_exist(void **state)
{
	uint64_t value;

	(void)state;
	memset(sources, 0, sizeof(sources));
	sources[1].word[0] = 1u << 3;
	sources[1].word[1] = 1u << (40 - 32);
	assert_true(plic_store(&first, 1, 4 * 4, 4, 7));
	assert_true(plic_load(&first, 1, 4 * 4, 4, &value));
	assert_int_equal(value, 0);
	/* Word 2 of the pending bits has no source of the domain, nor has word 2 of enable bits. */
	assert_true(plic_load(&first, 1, 0x1008, 4, &value));
	assert_int_equal(value, 0);
	assert_true(plic_store(&first, 1, 0x2088, 4, 0xffffffff));
	/* The completion of another domain's interrupt */
	assert_true(plic_store(&first, 1, 0x201004, 4, 4));
	assert_int_equal(accesses, 0);
	assert_int_equal(changes, 0);
	assert_true(plic_store(&first, 1, 4 * 3, 4, 7));
	assert_int_equal(last_value, 7);
	/* The machine's word has 0x5a: bits 1, 3, 4 and 6. */
	assert_true(plic_load(&first, 1, 0x1000, 4, &value));
	assert_int_equal(value, 1 << 3);
	assert_true(plic_load(&first, 1, 0x2080, 4, &value));
	assert_int_equal(value, 1 << 3);
	assert_true(plic_store(&first, 1, 0x2084, 4, 0xffffffff));
	assert_int_equal(last_value, 1 << (40 - 32));
	assert_true(plic_store(&first, 1, 0x201004, 4, 40));
	assert_int_equal(last_value, 40);
}

static void disabling_clears_all_words_of_a_context(void **state)
{
	(void)state;
	plic_disable(m, &machine_harts[1]);
	assert_int_equal(accesses, NDEV / 32 + 1);
	assert_int_equal(last_addr, BASE + 0x2180 + 4 * (NDEV / 32));
	assert_int_equal(last_value, 0);
	machine_harts[1].plic_context = -1;
	plic_disable(m, &machine_harts[1]);
	assert_int_equal(accesses, NDEV / 32 + 1);
}

/*
 * Sources 3 and 40 are enabled, completed, and disabled: the words twice, 2 completions, and 2
 * priorities.
 */
static void completing_leaves_no_source_in_service(void **state)
{
	(void)state;
	memset(sources, 0, sizeof(sources));
	sources[1].word[0] = 1u << 3;
	sources[1].word[1] = 1u << (40 - 32);
	completed = 0;
	plic_complete(&d, &machine_harts[1]);
	assert_int_equal(accesses, 2 * (NDEV / 32 + 1) + 4);
	assert_int_equal(completed, 3 + 40);
	assert_int_equal(last_addr, BASE + 0x2180 + 4 * (NDEV / 32));
	assert_int_equal(last_value, 0);
	machine_harts[1].plic_context = -1;
	accesses = 0;
	plic_complete(&d, &machine_harts[1]);
	assert_int_equal(accesses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_named_registers_are_accessed, setup),
		cmocka_unit_test_setup(contexts_end_where_the_specification_says, setup),
		cmocka_unit_test_setup(changes_name_the_owner, setup),
		cmocka_unit_test_setup(each_plic_has_its_sources_and_contexts, setup),
		cmocka_unit_test_setup(other_domains_sources_do_not_exist, setup),
		cmocka_unit_test_setup(completing_leaves_no_source_in_service, setup),
		cmocka_unit_test_setup(disabling_clears_all_words_of_a_context, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
