/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of SBI 2.0 and 3.0, on two harts. */
#include "sbi.h"

#define STOPPED 1

static uint8_t stack[8192] __attribute__((aligned(16)));
static void (*volatile other_job)(void);
static volatile bool other_done;
static uint64_t other;

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
	other_job();
	other_done = true;
	guest_sbi(EXT_HSM, 1, 0, 0, 0, 0, 0);
}

void start_other_hart(void (*job)(void))
{
	other_job = job;
	other_done = false;
	guest_sbi(EXT_HSM, 0, other, (uintptr_t)guest_second_start,
		  (uintptr_t)stack + sizeof(stack), 0, 0);
}

void wait_for_other_hart(void)
{
	while (!other_done || guest_sbi(EXT_HSM, 2, other, 0, 0, 0, 0).value != STOPPED)
		;
}

void on_other_hart(void (*job)(void))
{
	start_other_hart(job);
	wait_for_other_hart();
}

void guest_main(uint64_t hartid, const void *fdt)
{
	(void)fdt;
	other = !hartid;
	guest_print("KTAP version 1\n");
	check_pmu(hartid);
	check_fwft();
	check_susp(hartid);
	guest_finish();
}
