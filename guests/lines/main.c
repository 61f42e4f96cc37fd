/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two harts write lines at the same time. With --stats, Halite also writes lines, each time that
 * the second hart stops. The test that reads the console checks that each line is whole and none is
 * lost.
 */
#include "guest.h"

#define HSM_START    0
#define HSM_STOP     1
#define HSM_STATUS   2
#define HSM_STOPPED  1
#define ROUNDS	     20
#define SECOND_LINES 5

static uint8_t second_stack[4096] __attribute__((aligned(16)));
static unsigned int second_lines;

static void line(const char *who, unsigned int number)
{
	guest_print("lines: %s writes number %u, and of this line no letter is missing\n", who,
		    number);
}

void guest_second_main(uint64_t hartid)
{
	unsigned int i;

	(void)hartid;
	for (i = 0; i < SECOND_LINES; i++)
		line("second", ++second_lines);
	guest_sbi(EXT_HSM, HSM_STOP, 0, 0, 0, 0, 0);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	uint64_t stack = (uintptr_t)second_stack + sizeof(second_stack);
	uint64_t other = hartid ? 0 : 1;
	unsigned int first_lines = 0;
	unsigned int round;

	(void)fdt;
	guest_print("KTAP version 1\n");
	for (round = 1; round <= ROUNDS; round++) {
		if (guest_sbi(EXT_HSM, HSM_START, other, (uintptr_t)guest_second_start, stack, 0, 0)
			    .error)
			break;
		do
			line("first", ++first_lines);
		while (guest_sbi(EXT_HSM, HSM_STATUS, other, 0, 0, 0, 0).value != HSM_STOPPED);
	}
	guest_check("lines of the second hart", second_lines, ROUNDS * SECOND_LINES);
	guest_check("rounds", round - 1, ROUNDS);
	guest_print("lines: the first has written %u\n", first_lines);
	guest_finish();
}
