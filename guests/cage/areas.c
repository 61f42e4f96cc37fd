/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that the guest passes in SBI calls: SBI NACL's shared memory, the console's buffer, the
 * counters' snapshot, the address at which a hart starts or resumes. Only in Halite, because the
 * expected errors are Halite's: firmware has other rules.
 */
#include <string.h>

#include "cage.h"
#include "nacl/abi.h"

#define ERR_NOT_SUPPORTED   (-2)
#define ERR_INVALID_PARAM   (-3)
#define ERR_INVALID_ADDRESS (-5)
#define DBCN_WRITE	    0
#define DBCN_READ	    1
#define PMU_SNAPSHOT	    7
#define HSM_START	    0
#define HSM_SUSPEND	    3
#define NON_RETENTIVE	    UINT64_C(0x80000000)

static uint64_t other_hart; /* a hart that is stopped, or this one if there is no other */

static void expect_error(const char *what, uint64_t addr, uint64_t size, struct guest_result r,
			 int64_t error)
{
	if (r.error != error)
		wrong("%s of 0x%lx bytes at 0x%lx: error %ld instead of %ld", what,
		      (unsigned long)size, (unsigned long)addr, (long)r.error, (long)error);
}

static void refuse_console(uint64_t addr, uint64_t size)
{
	expect_error("console_write", addr, size,
		     guest_sbi(EXT_DBCN, DBCN_WRITE, size, addr, 0, 0, 0), ERR_INVALID_PARAM);
	expect_error("console_read", addr, size,
		     guest_sbi(EXT_DBCN, DBCN_READ, size, addr, 0, 0, 0), ERR_INVALID_PARAM);
}

static void refuse_shared(uint64_t addr)
{
	struct guest_result r;

	if (guest_sbi(EXT_BASE, 3, NACL_EID, 0, 0, 0, 0).value)
		expect_error("NACL's set_shmem", addr, NACL_SHMEM_SIZE,
			     guest_sbi(NACL_EID, NACL_FID_SET_SHMEM, addr, 0, 0, 0, 0),
			     ERR_INVALID_ADDRESS);
	if (guest_sbi(EXT_BASE, 3, EXT_PMU, 0, 0, 0, 0).value) {
		r = guest_sbi(EXT_PMU, PMU_SNAPSHOT, addr, 0, 0, 0, 0);
		if (r.error != ERR_NOT_SUPPORTED)
			expect_error("snapshot_set_shmem", addr, PAGE, r, ERR_INVALID_ADDRESS);
	}
}

static void refuse_entry(uint64_t addr)
{
	if (other_hart != me->id)
		expect_error("hart_start", addr, 2,
			     guest_sbi(EXT_HSM, HSM_START, other_hart, addr, 0, 0, 0),
			     ERR_INVALID_ADDRESS);
	expect_error("hart_suspend", addr, 2,
		     guest_sbi(EXT_HSM, HSM_SUSPEND, NON_RETENTIVE, addr, 0, 0, 0),
		     ERR_INVALID_ADDRESS);
}

/* A page without any RAM of this guest. */
static void refuse_page(uint64_t addr)
{
	refuse_console(addr, 1);
	refuse_console(addr + 4, PAGE);
	refuse_shared(addr);
	refuse_entry(addr);
	refuse_entry(addr + 8);
}

/* Ranges across two regions, or around the end of the address space. */
static void refuse_crossings(void)
{
	const uint64_t last = memory_end - PAGE;
	uint64_t ram = (uintptr_t)tables();

	refuse_console(memory_end - 8, 9);
	refuse_console(memory_end - 8, 16);
	refuse_console(firmware - 8, 16);
	refuse_console(last, 2 * PAGE);
	/* Far beyond the end of RAM, and beyond 2^64 up to the start of the range. */
	refuse_console(ram, BIT64(63));
	refuse_console(ram, -ram);
	refuse_console(ram, 1 - ram);
	refuse_console(ram, -1);
	refuse_console(-8, 16);
	refuse_console(-1, 1);
	refuse_console(-PAGE, PAGE);
	/* The shared memory is longer than a page. */
	if (guest_sbi(EXT_BASE, 3, NACL_EID, 0, 0, 0, 0).value)
		expect_error("NACL's set_shmem", last, NACL_SHMEM_SIZE,
			     guest_sbi(NACL_EID, NACL_FID_SET_SHMEM, last, 0, 0, 0, 0),
			     ERR_INVALID_ADDRESS);
	refuse_shared(firmware - PAGE);
	refuse_shared(-PAGE);
	refuse_shared(-2 * PAGE);
	refuse_shared(BIT64(56));
	refuse_shared(BIT64(63));
	refuse_entry(-2);
	refuse_entry(BIT64(63) | (uintptr_t)code_ld);
}

/*
 * L1's page tables are RAM like any other. The shared memory may lie there; then the guest harms
 * only itself.
 */
static void over_tables(void)
{
	struct tables *t = tables_reset();
	uint64_t pages[] = { (uintptr_t)t->root, (uintptr_t)t->second, (uintptr_t)t->last };
	const struct deed *d = &deeds[LOAD];
	unsigned int i;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		t = tables_reset();
		t->last[1] = PPN((uintptr_t)t->data) | PTE_RWX | PTE_U;
		fence_all();
		guest_sbi(EXT_DBCN, DBCN_READ, PAGE, pages[i], 0, 0, 0);
		if (guest_sbi(NACL_EID, NACL_FID_SET_SHMEM, pages[i], 0, 0, 0, 0).error) {
			wrong("NACL's set_shmem over page tables is refused");
			continue;
		}
		me->area = (volatile uint64_t *)pages[i];
		fence_all();
		deed_do(d, VS, TEST_ADDR + PAGE);
		if (me->cause > 63 ||
		    !((deed_faults(d) | deed_faults(&deeds[FETCH]) | BIT64(CAUSE_BREAKPOINT)) >>
			      me->cause &
		      1))
			wrong("an area over page tables: cause 0x%lx", (unsigned long)me->cause);
		area_end();
	}
	tables_reset();
	check_wrong("SBI NACL's area over page tables");
}

static void find_other_hart(void)
{
	unsigned int i;

	other_hart = me->id;
	for (i = 0; i < MAX_HARTS; i++) {
		struct guest_result r = guest_sbi(EXT_HSM, 2, i, 0, 0, 0, 0);

		if (i != me->id && !r.error && r.value == 1)
			other_hart = i;
	}
}

void check_areas(bool all)
{
	unsigned int i;

	if (native) {
		guest_check("areas in devices # SKIP there is no Halite", 0, 0);
		return;
	}
	find_other_hart();
	arm_watchdog(60);
	for (i = 0; i < place_count; i += all ? 1 : 3)
		refuse_page(places[i].addr);
	check_wrong("areas, buffers and entry points in devices");
	for (i = 0; i < (all ? 64 : 4); i++) {
		refuse_page(memory_end + i * BIT64(17));
		refuse_page(firmware + i * PAGE);
	}
	check_wrong("areas, buffers and entry points in memory of others");
	refuse_crossings();
	check_wrong("areas, buffers and entry points across ranges");
	if (guest_sbi(NACL_EID, NACL_FID_PROBE_FEATURE, NACL_FEAT_SYNC_SRET, 0, 0, 0, 0).value)
		over_tables();
	check_sane("areas");
}
