/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What RACE_POINT() is in a build with HALITE_JITTER: one time of four, a delay of up to 300
 * microseconds.
 */
#include <stdint.h>

#include "lib/race.h"
#include "riscv/csr.h"

#define DELAYS	  4
#define TICKS_MAX 3000

void race_delay(void)
{
	static uint64_t state = 88172645463325252;
	uint64_t start = csr_read(CSR_TIME);
	/* Of several harts at once one may get another's number: so much the better. */
	uint64_t x = state ^ start;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	state = x;
	if (x % DELAYS)
		return;
	x = x / DELAYS % TICKS_MAX;
	while (csr_read(CSR_TIME) - start < x)
		;
}
