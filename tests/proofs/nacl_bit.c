/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: lowest_bit() of src/nacl/host.c finds the lowest bit that is set
 * Bounds: any word of 64 bits that is not 0
 * Not shown: words of 32 bits, which unit tests walk
 * Sources: nacl/host.c
 * Options: --unwind 2
 */
#include "proof.h"

#include "nacl/host.c"

void proof(void)
{
	const nacl_word bits = any_u64();
	unsigned int n;

	proof_assume(bits);
	n = lowest_bit(bits);
	proof_assert(n < 64, "a place in the word");
	proof_assert(bits >> n & 1, "it is set");
	proof_assert(!(bits & ((UINT64_C(1) << n) - 1)), "no bit below it is set");
	proof_reached("end");
}
