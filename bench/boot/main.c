/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks for the counting plugin (marker.h) how far the boot is: "boot-first" on the boot hart when
 * the guest begins, and "boot-next" on each further hart when it begins. One hart at a time runs.
 */
#include "../marker.h"
#include "guest.h"

#define HART_START	0
#define HART_STOP	1
#define HART_GET_STATUS 2
#define STATUS_STARTED	0
#define STATUS_STOPPED	1

static const char first[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX))) = "boot-first";
static const char next[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX))) = "boot-next";

static uint8_t stack[4096] __attribute__((aligned(16)));

static bool has_status(uint64_t hart, uint64_t status)
{
	struct guest_result r = guest_sbi(EXT_HSM, HART_GET_STATUS, hart, 0, 0, 0, 0);

	return !r.error && r.value == status;
}

static void start(uint64_t hart)
{
	guest_check("start of a hart",
		    guest_sbi(EXT_HSM, HART_START, hart, (uintptr_t)guest_second_start,
			      (uintptr_t)stack + sizeof(stack), 0, 0)
			    .error,
		    0);
	while (!has_status(hart, STATUS_STOPPED))
		;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	uint64_t hart;

	(void)fdt;
	bench_marker_named(first, 1, true);
	guest_check("the boot hart is started", has_status(hartid, STATUS_STARTED), 1);
	for (hart = 0; has_status(hart, STATUS_STARTED) || has_status(hart, STATUS_STOPPED);
	     hart++) {
		if (hart != hartid)
			start(hart);
	}
	guest_finish();
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
	bench_marker_named(next, 1, true);
	guest_sbi(EXT_HSM, HART_STOP, 0, 0, 0, 0, 0);
}
