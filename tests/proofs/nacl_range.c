/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: decode_range() of src/nacl/host.c gives the range of an HFENCE entry exactly, or, if the
 *   range reaches 2^64, the type for all addresses
 * Bounds: any Order, Page_Number and Page_Count, each of its whole width; RV64
 * Not shown: which entries are pending
 * Sources: nacl/host.c
 * Options: --unwind 2
 */
#include "proof.h"

#include "nacl/host.c"

void proof(void)
{
	/* SBI NACL, "Nested HFENCE entry format": the page size is 1 << (Order + 12) bytes. */
	const unsigned int order = any_to(127);
	const uint64_t number = any_u64(), count = any_u64(), pages = count ? count : 1;
	const enum nacl_hfence_type type = 2 * any_to(3);
	struct nacl_hfence fence = { .type = type };
	const unsigned int shift = order + 12 < 63 ? order + 12 : 63;
	bool fits;

	decode_range(&fence, order, number, count);
	/* Below 2^63 pages, the end in pages is no number of more than 64 bits. */
	fits = order + 12 < 64 && number < UINT64_C(1) << 63 && pages < UINT64_C(1) << 63 &&
	       number + pages < UINT64_C(1) << (64 - shift);
	if (fits) {
		proof_assert(fence.type == type, "the type of the entry");
		proof_assert(fence.addr >> shift == number && fence.size >> shift == pages,
			     "the pages of the entry");
		proof_assert(!((fence.addr | fence.size) & ((UINT64_C(1) << shift) - 1)),
			     "whole pages");
		proof_reached("a range");
	} else {
		proof_assert(fence.type == type + 1 && !fence.addr && !fence.size, "all addresses");
		proof_reached("all");
	}
}
