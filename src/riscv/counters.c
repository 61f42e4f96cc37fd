/* SPDX-License-Identifier: BSD-2-Clause */
#include "riscv/counters.h"
#include "riscv/csr.h"

#define CSR_SCOUNTOVF 0xda0

/* @each(n) for the number of each counter. */
#define EIGHT(each, n)                                                                  \
	each((n)) each((n) + 1) each((n) + 2) each((n) + 3) each((n) + 4) each((n) + 5) \
		each((n) + 6) each((n) + 7)
#define COUNTERS(each) EIGHT(each, 0) EIGHT(each, 8) EIGHT(each, 16) EIGHT(each, 24)

bool counters_can_read(unsigned int n)
{
	switch (n) {
#define ANSWERS(n) \
	case n:    \
		return csr_answers(COUNTERS_FIRST_CSR + n);
		COUNTERS(ANSWERS)
	default:
		return false;
	}
}

uint64_t counters_read(unsigned int n)
{
	switch (n) {
#define READ(n) \
	case n: \
		return csr_read(COUNTERS_FIRST_CSR + n);
		COUNTERS(READ)
	default:
		return 0;
	}
}

uint64_t counters_overflown(void)
{
	return csr_read(CSR_SCOUNTOVF);
}
