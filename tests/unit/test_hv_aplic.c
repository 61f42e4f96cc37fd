/* SPDX-License-Identifier: BSD-2-Clause */
/* The APLIC as a guest sees it, on a machine whose registers are an array. */
#include "hv_test.h"

#include "hv/aplic.h"
#include "hv/intc.h"
#include "riscv/attempt.h"

#define BASE   0xd000000
#define FILES  0x28000000
#define TARGET 0x3004
#define GENMSI 0x3000
#define IDC    0x4000

static uint32_t registers[0x8000 / 4];
static struct host host;
static struct machine_hart machine_harts[3];
/* The test accesses the second APLIC. */
static struct machine_aplic aplics[2];
static struct machine_aplic *const aplic = &aplics[1];
static uint32_t genmsi[2];
static struct source_set sources[2];
static struct domain_aplic views[2];
static struct machine *const m = &host.machine;
static struct domain d = { .host = &host };
/* The last of the machine's three harts is not the guest's. */
static struct vcpu v = { .domain = &d, .hart = &machine_harts[0] };
static struct vcpu other = { .domain = &d, .index = 1, .hart = &machine_harts[1] };
static struct world_config config;

/* The last MSI, how often a wire's state has been asked for, how often the machine was accessed. */
static uint64_t msi_addr, msi_value;
static unsigned int changes, accesses;
/* The machine refuses all; or the interrupt files alone do. */
static bool refuses, files_refuse;

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	accesses++;
	if (refuses)
		return false;
	assert_int_equal(size, 4);
	assert_true(addr >= BASE && addr < BASE + sizeof(registers));
	*value = registers[(addr - BASE) / 4];
	return true;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	accesses++;
	if (refuses || (addr >= FILES && files_refuse))
		return false;
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

/* Two of four harts, with files of 8 pages each. L1's supervisor file is the first guest file. */
static int setup(void **state)
{
	static const struct machine_hart harts[] = {
		{ .imsic_index = 1, .imsic_file = FILES + 0x8000, .aplic = 1, .aplic_index = -1 },
		{ .imsic_index = 3, .imsic_file = FILES + 0x18000, .aplic = 1, .aplic_index = -1 },
		{ .imsic_index = 2, .imsic_file = FILES + 0x10000, .aplic = 1, .aplic_index = 7 },
	};

	(void)state;
	memset(registers, 0, sizeof(registers));
	config = (struct world_config){ .hext = { .aia = true, .geilen = 5 }, .l1_file = 1 };
	v.h.cfg = &config.hext;
	memcpy(machine_harts, harts, sizeof(harts));
	*m = (struct machine){
		.hart_count = 3,
		.harts = machine_harts,
		.aplics = aplics,
		.aplic_count = 2,
		.imsic = { .present = true, .guest_index_bits = 3 },
	};
	aplics[0] = (struct machine_aplic){ .base = 0, .size = 0x4000, .sources = 1 };
	aplics[1] = (struct machine_aplic){
		.base = BASE, .size = sizeof(registers), .sources = 96, .msi = true
	};
	d.genmsi = genmsi;
	memset(sources, 0xff, sizeof(sources));
	memset(views, 0, sizeof(views));
	d.sources = sources;
	d.aplics = NULL;
	d.vcpus[0] = &v;
	d.vcpus[1] = &other;
	d.vcpu_count = 2;
	genmsi[0] = 5;
	genmsi[1] = 0;
	msi_addr = 0;
	changes = 0;
	accesses = 0;
	refuses = false;
	files_refuse = false;
	warnings = 0;
	return 0;
}

static uint32_t get(uint64_t offset)
{
	uint64_t value = ~UINT64_C(0);

	assert_true(aplic_load(&v, 1, offset, 4, &value));
	assert_int_equal(value >> 32, 0);
	return value;
}

static void put(uint64_t offset, uint64_t value)
{
	assert_true(aplic_store(&v, 1, offset, 4, value));
}

static uint32_t target(unsigned int hart, unsigned int guest, unsigned int identity)
{
	return hart << 18 | guest << 12 | identity;
}

static void guest_index_0_is_the_supervisor_file(void **state)
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

static void in_a_stack_the_supervisor_file_is_further_on(void **state)
{
	(void)state;
	/* The files of each hart in its device tree begin one page further on. */
	machine_harts[0].imsic_file += 0x1000;
	machine_harts[1].imsic_file += 0x1000;
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

static void an_msi_by_software_goes_to_the_supervisor_file(void **state)
{
	(void)state;
	put(GENMSI, target(3, 5, 77) | 1 << 11);
	assert_int_equal(msi_addr, FILES + 0x18000 + 0x1000);
	assert_int_equal(msi_value, 77);
	assert_int_equal(get(GENMSI), target(3, 0, 77));
	assert_int_equal(registers[GENMSI / 4], 0);
	/* Without guest files: the hart's supervisor-level file. */
	config.l1_file = 0;
	config.hext.geilen = 0;
	put(GENMSI, target(1, 0, 78));
	assert_int_equal(msi_addr, FILES + 0x8000);
	put(TARGET, target(1, 0, 5));
	assert_int_equal(registers[TARGET / 4], target(1, 0, 5));
	put(TARGET, target(1, 1, 6));
	assert_int_equal(registers[TARGET / 4], target(1, 0, 5));
}

static void the_other_registers_are_passed_on(void **state)
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
	assert_false(aplic_load(&v, 1, 0, 1, &value) || aplic_load(&v, 1, 0, 2, &value) ||
		     aplic_load(&v, 1, 0, 8, &value) || aplic_load(&v, 1, 2, 4, &value));
	assert_false(aplic_store(&v, 1, 0, 1, 0) || aplic_store(&v, 1, 4, 8, 0) ||
		     aplic_store(&v, 1, TARGET + 1, 4, 0));
}

static void wires_are_looked_at_after_what_may_change_them(void **state)
{
	(void)state;
	aplic->msi = false;
	m->harts[0].aplic_index = 1;
	m->harts[1].aplic_index = 2;
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

/* The registers of AIA's tables: the control region, the delivery structures. */
static bool is_named(uint64_t offset, bool msi)
{
	const uint64_t words = aplic->sources / 32 + 1;

	if (offset % 4)
		return false;
	if (offset == 0) /* domaincfg */
		return true;
	if (offset >= 4 && offset <= 4 * aplic->sources) /* sourcecfg */
		return true;
	if (offset == GENMSI)
		return msi;
	if (offset >= TARGET && offset < TARGET + 4 * aplic->sources)
		return true;
	/* setipnum, clripnum, setienum, clrienum, setipnum_le, setipnum_be */
	if (offset == 0x1cdc || offset == 0x1ddc || offset == 0x1edc || offset == 0x1fdc ||
	    offset == 0x2000 || offset == 0x2004)
		return true;
	/* setip, in_clrip, setie, clrie */
	if (offset >= 0x1c00 && offset < 0x2000)
		return offset % 0x100 < 4 * words;
	/* Of harts 1 and 3 the delivery structure: idelivery, iforce, ithreshold, topi, claimi */
	if (msi || (offset / 32 != (IDC + 32) / 32 && offset / 32 != (IDC + 96) / 32))
		return false;
	return offset % 32 <= 8 || offset % 32 == 0x18 || offset % 32 == 0x1c;
}

static void walk(bool msi)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8 };
	uint64_t offset, value;
	unsigned int i;

	for (offset = 0; offset < sizeof(registers); offset++) {
		for (i = 0; i < 4; i++) {
			bool whole = sizes[i] == 4 && offset % 4 == 0;
			/* Halite has genmsi itself, and what it stores goes to a file. */
			bool by_halite = whole && offset == GENMSI;
			bool named = whole && is_named(offset, msi);

			if (offset / 4 < sizeof(registers) / 4)
				registers[offset / 4] = 0x5a;
			accesses = 0;
			value = 1;
			if (aplic_load(&v, 1, offset, sizes[i], &value) != whole)
				fail_msg("load of %u at 0x%lx", sizes[i], (unsigned long)offset);
			if (accesses != (named && !by_halite))
				fail_msg("load at 0x%lx: %u accesses", (unsigned long)offset,
					 accesses);
			if (whole && value != (named && !by_halite ? 0x5a : 0))
				fail_msg("load at 0x%lx: 0x%lx", (unsigned long)offset,
					 (unsigned long)value);
			accesses = 0;
			/* Hart index 1, so that targets and genmsi have an effect. */
			if (aplic_store(&v, 1, offset, sizes[i], 1 << 18 | 0x80) != whole)
				fail_msg("store of %u at 0x%lx", sizes[i], (unsigned long)offset);
			if (accesses != named)
				fail_msg("store at 0x%lx: %u accesses", (unsigned long)offset,
					 accesses);
			if (by_halite)
				put(GENMSI, 0);
			/* A machine that refuses is asked as often, and the guest hears. */
			refuses = true;
			accesses = 0;
			changes = 0;
			if (aplic_load(&v, 1, offset, sizes[i], &value) !=
			    (whole && (!named || by_halite)))
				fail_msg("refused load at 0x%lx", (unsigned long)offset);
			if (aplic_store(&v, 1, offset, sizes[i], 1 << 18 | 0x80) !=
			    (whole && !named))
				fail_msg("refused store at 0x%lx", (unsigned long)offset);
			assert_int_equal(accesses, named + (named && !by_halite));
			assert_int_equal(changes, 0);
			refuses = false;
		}
	}
}

static void only_named_registers_are_accessed(void **state)
{
	(void)state;
	/* No delivery structure is the guest's, whatever its harts' indexes. */
	m->harts[0].aplic_index = 1;
	/* As many sources as QEMU's, one less than a word's, and all there can be. */
	walk(true);
	aplic->sources = 31;
	walk(true);
	aplic->sources = 1023;
	walk(true);
}

static void only_named_registers_of_wires_are_accessed(void **state)
{
	(void)state;
	aplic->msi = false;
	m->harts[0].aplic_index = 1;
	m->harts[1].aplic_index = 3;
	walk(false);
	aplic->sources = 1023;
	walk(false);
}

static void a_file_that_refuses_an_msi_is_a_fault(void **state)
{
	(void)state;
	put(GENMSI, target(1, 0, 7));
	files_refuse = true;
	assert_false(aplic_store(&v, 1, GENMSI, 4, target(3, 0, 77)));
	assert_int_equal(get(GENMSI), target(1, 0, 7));
	/* No file is named, so none is asked. */
	accesses = 0;
	put(GENMSI, target(2, 0, 77));
	assert_int_equal(accesses, 0);
}

/* domaincfg.BE and DM, sourcecfg.D: they would change what a checked target means. */
static void the_meaning_of_targets_stays(void **state)
{
	(void)state;
	put(0, 0xffffffff);
	assert_int_equal(registers[0], 0x104);
	put(0, 0);
	assert_int_equal(registers[0], 4);
	put(8, 0x400);
	assert_int_equal(registers[2], 0);
	put(8, 0x406);
	assert_int_equal(registers[2], 0);
	put(8, 6);
	assert_int_equal(registers[2], 6);
	aplic->msi = false;
	put(0, 0xffffffff);
	assert_int_equal(registers[0], 0x100);
	put(0, 0);
	assert_int_equal(registers[0], 0);
	put(8, 0x401);
	assert_int_equal(registers[2], 0);
}

static void wires_of_other_harts_are_no_targets(void **state)
{
	(void)state;
	aplic->msi = false;
	m->harts[0].aplic_index = 1;
	m->harts[1].aplic_index = 3;
	put(TARGET, target(3, 0, 9));
	assert_int_equal(registers[TARGET / 4], target(3, 0, 9));
	put(TARGET, target(2, 0, 9));
	put(TARGET, target(0, 0, 9));
	put(TARGET, 0xffffffff);
	assert_int_equal(registers[TARGET / 4], target(3, 0, 9));
}

/* ---- one of several domains ---- */

#define SETIE	 0x1e00
#define CLRIE	 0x1f00
#define SETIENUM 0x1edc
#define CLRIENUM 0x1fdc

/* The domain has sources 3 and 40, which are active, and IE clear as at its start. */
static void share(void)
{
	memset(sources, 0, sizeof(sources));
	sources[1].word[0] = 1u << 3;
	sources[1].word[1] = 1u << (40 - 32);
	d.aplics = views;
	registers[0] = 0x80000104;
	registers[3] = registers[40] = 6;
}

static void other_domains_sources_do_not_exist(void **state)
{
	static const uint64_t numbers[] = { 0x1cdc, 0x1ddc, SETIENUM, CLRIENUM, 0x2000 };
	unsigned int i;

	(void)state;
	share();
	put(0, 0x100);
	accesses = 0;
	put(4 * 4, 6);
	put(TARGET - 4 + 4 * 4, 1 << 18 | 9);
	assert_int_equal(get(4 * 4) | get(TARGET - 4 + 4 * 4), 0);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		put(numbers[i], 4);
	put(0x2004, 0x04000000);
	assert_int_equal(accesses, 0);
	put(0x2004, 0x03000000);
	assert_int_equal(registers[0x2004 / 4], 0x03000000);
	put(0x1cdc, 40);
	assert_int_equal(registers[0x1cdc / 4], 40);
	/* Arrays of bits: setip, in_clrip, setie, clrie */
	for (i = 0; i < 4; i++) {
		registers[(0x1c00 + 0x100 * i) / 4] = 0xffffffff;
		assert_int_equal(get(0x1c00 + 0x100 * i), 1 << 3);
		put(0x1c00 + 0x100 * i, 0xffffffff);
		assert_int_equal(registers[(0x1c00 + 0x100 * i) / 4], 1 << 3);
	}
}

static void ie_of_one_domain_is_its_own(void **state)
{
	(void)state;
	share();
	/* Without IE, its sources are not enabled in the machine. */
	assert_int_equal(get(0), 0x80000004);
	put(SETIE + 4, 1u << 8);
	put(SETIENUM, 3);
	assert_int_equal(registers[SETIE / 4] | registers[SETIENUM / 4] | registers[SETIE / 4 + 1],
			 0);
	assert_int_equal(get(SETIE), 1 << 3);
	assert_int_equal(get(SETIE + 4), 1 << 8);
	/* An inactive source cannot be enabled, and a source that becomes inactive is not. */
	put(CLRIENUM, 3);
	registers[3] = 0;
	put(SETIENUM, 3);
	put(SETIE, 1 << 3);
	assert_int_equal(get(SETIE), 0);
	put(4 * 40, 0);
	assert_int_equal(registers[40], 0);
	assert_int_equal(get(SETIE + 4), 0);
	registers[3] = registers[40] = 4;
	put(SETIENUM, 40);
	put(SETIENUM, 3);
	put(CLRIE, 1 << 3);
	assert_int_equal(get(SETIE), 0);
	/* With IE, the machine has them, and domaincfg stays. */
	put(0, 0x100);
	assert_int_equal(registers[0], 0x80000104);
	assert_int_equal(get(0), 0x80000104);
	assert_int_equal(registers[SETIE / 4], 0);
	assert_int_equal(registers[SETIE / 4 + 1], 1 << 8);
	/* IE goes: the machine's bits of others stay. */
	registers[SETIE / 4 + 1] = 3 << 8;
	put(0, 0);
	assert_int_equal(registers[0], 0x80000104);
	assert_int_equal(registers[CLRIE / 4 + 1], 1 << 8);
	assert_int_equal(registers[CLRIE / 4], 1 << 3);
	assert_int_equal(get(SETIE + 4), 1 << 8);
	assert_int_equal(get(0), 0x80000004);
	/* IE is cleared once more: the domain's bits stay, which the machine does not have now. */
	registers[SETIE / 4 + 1] = 2 << 8;
	put(0, 0);
	assert_int_equal(get(SETIE + 4), 1 << 8);
}

static void silenced_sources_are_as_at_the_start(void **state)
{
	(void)state;
	share();
	registers[4] = 6;
	put(SETIENUM, 3);
	put(0, 0x100);
	aplic_silence(&d);
	assert_int_equal(registers[3] | registers[40], 0);
	assert_int_equal(registers[4], 6);
	assert_int_equal(get(0), 0x80000004);
	assert_int_equal(get(SETIE), 0);
	m->aplics = &aplics[1];
	m->aplic_count = 1;
	aplic_share(m);
	assert_int_equal(registers[4], 0);
	assert_int_equal(registers[0], 0x104);
	aplics[1].msi = false;
	aplic_share(m);
	assert_int_equal(registers[0], 0x100);
}

/* As guest_index_0_is_the_supervisor_file, for a source that becomes active. */
static void a_source_has_a_target_of_its_domain(void **state)
{
	static const uint32_t others[] = { 2 << 18 | 1 << 12 | 9, 1 << 18 | 9, 3 << 18 | 7 << 12 };
	unsigned int i;

	(void)state;
	share();
	for (i = 0; i < 3; i++) {
		registers[3] = 0;
		registers[TARGET / 4 + 2] = others[i];
		put(4 * 3, 6);
		assert_int_equal(registers[TARGET / 4 + 2], target(1, 1, 0));
	}
	registers[TARGET / 4 + 2] = target(3, 6, 9);
	put(4 * 3, 4);
	assert_int_equal(registers[TARGET / 4 + 2], target(3, 6, 9));
	/* Only if it is active: an inactive source has no target. */
	registers[TARGET / 4 + 2] = 0;
	put(4 * 3, 0);
	assert_int_equal(registers[TARGET / 4 + 2], 0);
	/* A domain that has all of the machine needs no such care. */
	d.aplics = NULL;
	put(4 * 3, 6);
	assert_int_equal(registers[TARGET / 4 + 2], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(guest_index_0_is_the_supervisor_file, setup),
		cmocka_unit_test_setup(a_source_has_a_target_of_its_domain, setup),
		cmocka_unit_test_setup(in_a_stack_the_supervisor_file_is_further_on, setup),
		cmocka_unit_test_setup(targets_that_are_not_the_guests_are_left_out, setup),
		cmocka_unit_test_setup(an_msi_by_software_goes_to_the_supervisor_file, setup),
		cmocka_unit_test_setup(the_other_registers_are_passed_on, setup),
		cmocka_unit_test_setup(only_aligned_words_are_accesses, setup),
		cmocka_unit_test_setup(only_named_registers_are_accessed, setup),
		cmocka_unit_test_setup(only_named_registers_of_wires_are_accessed, setup),
		cmocka_unit_test_setup(a_file_that_refuses_an_msi_is_a_fault, setup),
		cmocka_unit_test_setup(the_meaning_of_targets_stays, setup),
		cmocka_unit_test_setup(wires_of_other_harts_are_no_targets, setup),
		cmocka_unit_test_setup(wires_are_looked_at_after_what_may_change_them, setup),
		cmocka_unit_test_setup(other_domains_sources_do_not_exist, setup),
		cmocka_unit_test_setup(ie_of_one_domain_is_its_own, setup),
		cmocka_unit_test_setup(silenced_sources_are_as_at_the_start, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
