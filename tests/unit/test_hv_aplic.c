/* SPDX-License-Identifier: BSD-2-Clause */
/* The APLIC as a guest sees it, on a machine whose registers are an array. */
#include "hv_test.h"

#include "hv/aplic.h"
#include "hv/intc.h"

#define BASE   0xd000000
#define FILES  0x28000000
#define TARGET 0x3004
#define GENMSI 0x3000
#define IDC    0x4000

static uint32_t registers[0x8000 / 4];
static struct machine m;
static struct domain d = { .machine = &m };
static struct vcpu v = { .domain = &d };
static struct hext_config config;

/* The last MSI, and how often a wire's state has been asked for. */
static uint64_t msi_addr, msi_value;
static unsigned int changes;

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	assert_int_equal(size, 4);
	assert_true(addr >= BASE && addr < BASE + sizeof(registers));
	*value = registers[(addr - BASE) / 4];
	return true;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	assert_int_equal(size, 4);
	if (addr >= FILES) {
		msi_addr = addr;
		msi_value = value;
	} else {
		assert_true(addr >= BASE && addr < BASE + sizeof(registers));
		registers[(addr - BASE) / 4] = value;
	}
	return true;
}

void intc_changed(struct vcpu *by, struct vcpu *owner)
{
	assert_ptr_equal(by, &v);
	assert_null(owner);
	changes++;
}

/* Two harts of four, with the files of 8 pages each; the guest's own file is the first guest file. */
static int setup(void **state)
{
	(void)state;
	memset(registers, 0, sizeof(registers));
	config = (struct hext_config){ .aia = true, .geilen = 5, .own_file = 1 };
	v.h.cfg = &config;
	m = (struct machine){
		.hart_count = 2,
		.harts = { { .imsic_index = 1, .imsic_file = FILES + 0x8000, .aplic_index = -1 },
			   { .imsic_index = 3, .imsic_file = FILES + 0x18000, .aplic_index = -1 } },
		.aplic = { .base = BASE, .size = sizeof(registers), .sources = 96, .msi = true },
		.imsic = { .present = true, .guest_index_bits = 3, .reg = { FILES, 0x20000 } },
	};
	d.genmsi = 0;
	msi_addr = 0;
	changes = 0;
	warnings = 0;
	return 0;
}

static uint32_t get(uint64_t offset)
{
	uint64_t value = ~UINT64_C(0);

	assert_true(aplic_load(&v, offset, 4, &value));
	assert_int_equal(value >> 32, 0);
	return value;
}

static void put(uint64_t offset, uint64_t value)
{
	assert_true(aplic_store(&v, offset, 4, value));
}

static uint32_t target(unsigned int hart, unsigned int guest, unsigned int identity)
{
	return hart << 18 | guest << 12 | identity;
}

static void guest_index_0_is_the_guests_own_file(void **state)
{
	(void)state;
	put(TARGET, target(3, 0, 9));
	assert_int_equal(registers[TARGET / 4], target(3, 1, 9));
	assert_int_equal(get(TARGET), target(3, 0, 9));
	/* By its address it is 1, and the file of a guest's guest 2. */
	put(TARGET + 4, target(1, 1, 10));
	assert_int_equal(registers[TARGET / 4 + 1], target(1, 1, 10));
	put(TARGET + 8, target(1, 6, 10));
	assert_int_equal(registers[TARGET / 4 + 2], target(1, 6, 10));
	assert_int_equal(get(TARGET + 8), target(1, 6, 10));
	assert_int_equal(warnings, 0);
}

static void in_a_stack_the_own_file_is_further_on(void **state)
{
	(void)state;
	m.imsic.reg = (struct range){ FILES + 0x1000, 0x1f000 };
	put(TARGET, target(1, 0, 9));
	assert_int_equal(registers[TARGET / 4], target(1, 2, 9));
	/* The file of the Halite above. */
	put(TARGET, target(1, 1, 9));
	assert_int_equal(registers[TARGET / 4], target(1, 2, 9));
}

static void targets_that_are_not_the_guests_are_left_out(void **state)
{
	static const uint32_t bad[] = {
		0 << 18, 2 << 18, 4 << 18, 1 << 18 | 7 << 12, 1 << 18 | 63 << 12, 0xfffc0000
	};
	unsigned int i;

	(void)state;
	registers[0x3ffc / 4] = 5;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(0x3ffc, bad[i]);
		assert_int_equal(registers[0x3ffc / 4], 5);
		put(GENMSI, bad[i] & ~0x3f000u);
		assert_int_equal(msi_addr != 0, (bad[i] & ~0x3f000u) == 1u << 18);
		msi_addr = 0;
	}
	assert_true(warnings <= 1);
}

static void an_msi_by_software_goes_to_the_own_file(void **state)
{
	(void)state;
	put(GENMSI, target(3, 5, 77) | 1 << 11);
	assert_int_equal(msi_addr, FILES + 0x18000 + 0x1000);
	assert_int_equal(msi_value, 77);
	assert_int_equal(get(GENMSI), target(3, 0, 77));
	assert_int_equal(registers[GENMSI / 4], 0);
	/* Without guest files: the hart's supervisor-level file. */
	config.own_file = 0;
	config.geilen = 0;
	put(GENMSI, target(1, 0, 78));
	assert_int_equal(msi_addr, FILES + 0x8000);
	put(TARGET, target(1, 0, 5));
	assert_int_equal(registers[TARGET / 4], target(1, 0, 5));
	put(TARGET, target(1, 1, 6));
	assert_int_equal(registers[TARGET / 4], target(1, 0, 5));
}

static void all_else_is_passed_on(void **state)
{
	(void)state;
	put(0, 0x104);
	put(4, 6);
	put(0x1e00, 3);
	assert_int_equal(registers[0], 0x104);
	assert_int_equal(registers[1], 6);
	assert_int_equal(get(0x1e00), 3);
	assert_int_equal(changes, 0);
}

static void only_aligned_words_are_accesses(void **state)
{
	uint64_t value;

	(void)state;
	assert_false(aplic_load(&v, 0, 1, &value) || aplic_load(&v, 0, 2, &value) ||
		     aplic_load(&v, 0, 8, &value) || aplic_load(&v, 2, 4, &value));
	assert_false(aplic_store(&v, 0, 1, 0) || aplic_store(&v, 4, 8, 0) ||
		     aplic_store(&v, TARGET + 1, 4, 0));
}

static void wires_are_looked_at_after_what_may_change_them(void **state)
{
	(void)state;
	m.aplic.msi = false;
	m.harts[0].aplic_index = 1;
	m.harts[1].aplic_index = 2;
	registers[(IDC + 32 + 0x1c) / 4] = 10 << 16;
	assert_int_equal(get(IDC + 32 + 0x1c), 10 << 16);
	assert_int_equal(changes, 1);
	assert_int_equal(get(0x1e00), 0);
	assert_int_equal(changes, 1);
	put(TARGET, target(1, 0, 3));
	assert_int_equal(registers[TARGET / 4], target(1, 0, 3));
	assert_int_equal(changes, 2);
	/* The delivery structure of a hart that the guest does not have. */
	registers[IDC / 4] = 1;
	assert_int_equal(get(IDC), 0);
	put(IDC, 0);
	assert_int_equal(registers[IDC / 4], 1);
	assert_int_equal(changes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(guest_index_0_is_the_guests_own_file, setup),
		cmocka_unit_test_setup(in_a_stack_the_own_file_is_further_on, setup),
		cmocka_unit_test_setup(targets_that_are_not_the_guests_are_left_out, setup),
		cmocka_unit_test_setup(an_msi_by_software_goes_to_the_own_file, setup),
		cmocka_unit_test_setup(all_else_is_passed_on, setup),
		cmocka_unit_test_setup(only_aligned_words_are_accesses, setup),
		cmocka_unit_test_setup(wires_are_looked_at_after_what_may_change_them, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
