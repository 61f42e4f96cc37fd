/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command reads of a machine whose guest may have written anything to its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "events.h"

#define RAM_SIZE   UINT64_C(0x800000)
#define HEADER_AT  0x1000
#define HART_AT	   0x2000
#define RING_AT	   0x8000
#define RING_SIZE  64
#define HALITE	   (LIVE_RAM_START + RAM_SIZE - STATS_HOME_ALIGN)
#define LOOK_ALIKE (HALITE - STATS_HOME_ALIGN)

static uint8_t ram[RAM_SIZE];
static struct live machine = { .ram_size = RAM_SIZE };
static struct counts counts;

static void *at(uint64_t address)
{
	assert_true(address >= LIVE_RAM_START && address < LIVE_RAM_START + RAM_SIZE);
	return ram + (address - LIVE_RAM_START);
}

bool live_read(struct live *live, uint64_t address, void *to, size_t size)
{
	(void)live;
	if (address < LIVE_RAM_START || address - LIVE_RAM_START > RAM_SIZE - size)
		return false;
	memcpy(to, at(address), size);
	return true;
}

static struct stats_header *header_of(uint64_t home)
{
	return at(home + HEADER_AT);
}
static struct stats_hart *hart_of(uint64_t home)
{
	return at(home + HART_AT);
}

/* A Halite of one hart at @home, which has recorded @recorded events. */
static void make_halite(uint64_t home, uint32_t level, uint64_t recorded)
{
	struct stats_beacon *beacon = at(home + STATS_BEACON_AT);
	struct stats_event *ring = at(home + RING_AT);

	memcpy(beacon->magic, STATS_MAGIC, STATS_MAGIC_SIZE);
	beacon->header = HEADER_AT;
	*header_of(home) = (struct stats_header){
		.version = STATS_VERSION,
		.size = sizeof(struct stats_header),
		.self = home + HEADER_AT,
		.home = home,
		.home_size = STATS_HOME_ALIGN,
		.timebase = 10000000,
		.level = level,
		.flags = STATS_FLAG_COUNTS | STATS_FLAG_TRACES,
		.harts = 1,
		.stride = sizeof(struct stats_hart),
		.first = home + HART_AT,
		.hart_size = sizeof(struct stats_hart),
		.exits = STATS_EXITS,
		.works = STATS_WORKS,
		.reclaimed = home,
		.drains = home,
	};
	memcpy(header_of(home)->magic, STATS_MAGIC, STATS_MAGIC_SIZE);
	*hart_of(home) = (struct stats_hart){
		.ring = home + RING_AT,
		.ring_size = RING_SIZE,
		.recorded = recorded,
	};
	for (unsigned int i = 0; i < RING_SIZE; i++)
		ring[i] = (struct stats_event){ .time = i, .type = STATS_EVENT_ENTER, .code = 1 };
}

static int set_up(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	make_halite(HALITE, 0, 10);
	return 0;
}

static void find(unsigned int levels)
{
	assert_int_equal(counts_find(&machine, &counts), 0);
	assert_int_equal(counts.levels, levels);
	for (unsigned int i = 0; i < levels; i++) {
		free(counts.level[i].harts);
		free(counts.level[i].pools);
	}
}

static void finds_all_levels(void **state)
{
	(void)state;
	make_halite(LOOK_ALIKE, 1, 0);
	find(2);
}

/* A guest that almost looks like a Halite hides nothing. */
static void leaves_look_alikes_out(void **state)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} faults[] = {
		{ offsetof(struct stats_header, version), STATS_VERSION + 1 },
		{ offsetof(struct stats_header, size), 0 },
		{ offsetof(struct stats_header, level), 0 },
		{ offsetof(struct stats_header, level), 2 },
		{ offsetof(struct stats_header, harts), 0 },
		{ offsetof(struct stats_header, home_size) + 3, 1 },
		{ offsetof(struct stats_header, first) + 7, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		make_halite(LOOK_ALIKE, 1, 0);
		((uint8_t *)header_of(LOOK_ALIKE))[faults[i].offset] = faults[i].value;
		find(1);
	}
}

static void finds_none(void **state)
{
	(void)state;
	header_of(HALITE)->version++;
	assert_int_equal(counts_find(&machine, &counts), -1);
}

/* The events of @recorded that the ring still has. */
static void reads(uint64_t recorded, size_t count, uint64_t first)
{
	struct events events;

	make_halite(HALITE, 0, recorded);
	find(1);
	assert_int_equal(events_read(&machine, &counts.level[0], &events), 0);
	assert_int_equal(events.count, count);
	assert_int_equal(events.lost, first);
	free(events.list);
}

/* One place may be in the hart's hands. */
static void reads_what_the_ring_holds(void **state)
{
	(void)state;
	reads(0, 0, 0);
	reads(10, 10, 0);
	reads(RING_SIZE - 1, RING_SIZE - 1, 0);
	reads(RING_SIZE, RING_SIZE - 1, 1);
	reads(1000, RING_SIZE - 1, 1000 - RING_SIZE + 1);
	reads(UINT64_MAX - 1, RING_SIZE - 1, UINT64_MAX - RING_SIZE);
}

static void refuses(uint64_t ring, uint64_t size, uint64_t recorded)
{
	struct events events;

	make_halite(HALITE, 0, recorded);
	hart_of(HALITE)->ring = ring;
	hart_of(HALITE)->ring_size = size;
	find(1);
	assert_int_equal(events_read(&machine, &counts.level[0], &events), -1);
	free(events.list);
}

static void refuses_damaged_rings(void **state)
{
	const uint64_t ring = HALITE + RING_AT;

	(void)state;
	refuses(ring, RING_SIZE, UINT64_MAX);
	refuses(ring, 0, 10);
	refuses(ring, RING_SIZE - 1, 10);
	refuses(ring, UINT64_C(1) << 59, 10);
	refuses(HALITE - 32, RING_SIZE, 10);
	refuses(HALITE + STATS_HOME_ALIGN - 32, RING_SIZE, 10);
	refuses(0, RING_SIZE, 10);
}

/* The guests of L1 on several harts, by VMID. Those that had no place come last. */
static void sums_guests(void **state)
{
	static struct stats_hart harts[2] = {
		{ .vms = { { 8, 100 }, { STATS_VM_OTHERS, 7 } } },
		{ .vms = { { 3, 20 }, { 8, 1 } } },
	};
	const struct counts_level level = { .header.harts = 2, .harts = harts };
	static struct counts_vms vms;

	(void)state;
	counts_vms(&level, -1, -1, &vms);
	assert_int_equal(vms.count, 3);
	assert_int_equal(vms.list[0].vm, 3);
	assert_int_equal(vms.list[0].exits, 20);
	assert_int_equal(vms.list[1].vm, 8);
	assert_int_equal(vms.list[1].exits, 101);
	assert_int_equal(vms.list[2].vm, STATS_VM_OTHERS);
	assert_int_equal(counts_of_vm(&vms, STATS_VM_OTHERS), 7);
	assert_int_equal(counts_of_vm(&vms, 9), 0);
	counts_vms(&level, -1, 1, &vms);
	assert_int_equal(vms.count, 2);
	assert_int_equal(counts_of_vm(&vms, 8), 1);
	strcpy(harts[0].domain, "A");
	strcpy(harts[1].domain, "B");
	counts_vms(&level, 0, -1, &vms);
	assert_int_equal(vms.count, 2);
	assert_int_equal(counts_of_vm(&vms, 8), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_all_levels, set_up),
		cmocka_unit_test_setup(leaves_look_alikes_out, set_up),
		cmocka_unit_test_setup(finds_none, set_up),
		cmocka_unit_test_setup(reads_what_the_ring_holds, set_up),
		cmocka_unit_test_setup(refuses_damaged_rings, set_up),
		cmocka_unit_test_setup(sums_guests, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
