/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RACE_POINT() in a build with HALITE_JITTER: one call of four, chosen at random, takes up to 300
 * microseconds longer.
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
	/* Several harts share the state without a lock. A race only makes x more random. */
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
