/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointer masking (priv "Pointer Masking Extensions"): the hart ignores the upper bits of the
 * address of a load, store or AMO. Halite does the same for HLV and HSV, which it emulates, and for
 * an instruction whose address it compares with stval, which holds the masked address.
 */
#ifndef HEXT_MASKING_H
#define HEXT_MASKING_H

#include "hext/hext.h"
#include "hext/insn.h"

/* How the address of an access is masked. */
struct hext_masking {
	uint8_t ignored; /* PMLEN: the number of upper bits that are ignored: 0, 7 or 16 */
	bool sign;	 /* they become copies of the next bit rather than 0 */
};

/* The masking by @pmm, a value of a field PMM, if @atp is in force for the first stage. */
static inline struct hext_masking hext_masking_by(unsigned int pmm, uint64_t atp)
{
	return (struct hext_masking){
		.ignored = pmm == 2   ? 7
			   : pmm == 3 ? 16
				      : 0,
		.sign = atp >> ATP_MODE_SHIFT != ATP_MODE_BARE,
	};
}

static inline uint64_t hext_mask_address(struct hext_masking m, uint64_t addr)
{
	addr <<= m.ignored;
	return m.sign ? (uint64_t)((int64_t)addr >> m.ignored) : addr >> m.ignored;
}

/*
 * The masking of an HLV or HSV of L1, in its current mode. The access is one of VU mode if @as_user
 * is set, else one of VS mode. The VS set of CSRs and L1's sstatus are in the image.
 */
struct hext_masking hext_masking_of_hlv(const struct hext_hart *h, bool as_user);

/*
 * The address of a load or store of L1 itself to @addr, in U mode if @as_user is set, else in S
 * mode. The supervisor set of CSRs is in the image.
 */
uint64_t hext_mask_of_l1(const struct hext_hart *h, bool as_user, uint64_t addr);

/*
 * The address of the byte at @offset of the access of @insn, by the guest that runs: L1 or L2, in
 * its current mode. @x: its integer registers. Both sets of CSRs are in the image.
 */
uint64_t hext_masked_address(const struct hext_hart *h, const struct hext_insn *insn,
			     const uint64_t x[32], unsigned int offset);

#endif
