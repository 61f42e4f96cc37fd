/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translation of an address, written from the specification ("Virtual Address Translation
 * Process" of the privileged architecture) and not from src/hext. The proofs of src/hext/walk.c
 * compare with it. A spec_walk follows the walk of the code: it says which PTE must be read next,
 * and gets each PTE that was read, which may be any value.
 */
#ifndef PROOF_WALK_SPEC_H
#define PROOF_WALK_SPEC_H

#include "proof.h"

#define SPEC_PPN(value) ((value) & ((UINT64_C(1) << 44) - 1))

struct spec_walk {
	uint64_t addr;	    /* to be translated */
	uint64_t next;	    /* the address of the PTE that must be read */
	unsigned int level; /* of that PTE; 0 is the lowest */
	bool read;	    /* the PTE at @next was read, and is no pointer to a table below */
	uint64_t pte;	    /* then its value */
};

/* The number of the first bit of @addr that is an offset in a table or page of @level. */
static unsigned int spec_shift(unsigned int level)
{
	return 12 + 9 * level;
}

/* Steps 1 and 2: @atp has one of the modes 8 to 10. The root of a G-stage has 11 index bits. */
static struct spec_walk spec_begin(uint64_t atp, bool gstage, uint64_t addr)
{
	const unsigned int level = (atp >> 60) - 6;
	const uint64_t index = addr >> spec_shift(level) & (gstage ? 0x7ff : 0x1ff);

	return (struct spec_walk){
		.addr = addr,
		.level = level,
		.next = (SPEC_PPN(atp) << 12) + 8 * index,
	};
}

/* Steps 3 and 4. D, A, U and bits from 54 on are reserved in a pointer. */
static bool spec_is_pointer(uint64_t pte)
{
	return (pte & 1) && !(pte & 0xde) && !(pte >> 54);
}

static void spec_take(struct spec_walk *w, uint64_t pte)
{
	w->read = !w->level || !spec_is_pointer(pte);
	w->pte = pte;
	if (w->read)
		return;
	w->level--;
	w->next = SPEC_PPN(pte >> 10) << 12 | (w->addr >> spec_shift(w->level) & 0x1ff) << 3;
}

/* Steps 3 to 5: @pte is a leaf at @level with no reserved encoding, and aligned. */
static bool spec_is_leaf(uint64_t pte, unsigned int level, bool svpbmt, bool svnapot)
{
	const uint64_t ppn = SPEC_PPN(pte >> 10), type = pte >> 61 & 3;

	if (!(pte & 1) || !(pte & 0xe) || (pte & 6) == 4 || (pte >> 54 & 0x7f))
		return false;
	if (type && (!svpbmt || type == 3))
		return false;
	if (pte >> 63)
		return svnapot && !level && (ppn & 15) == 8;
	return !(ppn & ((UINT64_C(1) << 9 * level) - 1));
}

/* Kinds of accesses. */
enum spec_access { SPEC_LOAD, SPEC_STORE, SPEC_FETCH };

/*
 * Step 6. @user: an access of U mode, as each access is for a G-stage. @sum, @mxr: these bits are
 * in effect. @hlvx: an HLVX, which needs X in place of R.
 */
static bool spec_allows(uint64_t pte, enum spec_access access, bool user, bool sum, bool mxr,
			bool hlvx)
{
	const bool r = pte >> 1 & 1, w = pte >> 2 & 1, x = pte >> 3 & 1, u = pte >> 4 & 1;

	if (user ? !u : u && (!sum || access == SPEC_FETCH))
		return false;
	if (access == SPEC_LOAD)
		return hlvx ? x : r || (mxr && x);
	return access == SPEC_STORE ? w : x;
}

/* Step 9: @pte with A, and D for a store. */
static uint64_t spec_with_ad(uint64_t pte, enum spec_access access)
{
	return pte | 0x40 | (access == SPEC_STORE ? 0x80 : 0);
}

/* Step 10, and Svnapot: the address for @addr. @pte is a leaf of @level. */
static uint64_t spec_output(uint64_t pte, unsigned int level, uint64_t addr)
{
	const unsigned int shift = pte >> 63 ? 16 : spec_shift(level);

	return (SPEC_PPN(pte >> 10) << 12 >> shift << shift) |
	       (addr & ((UINT64_C(1) << shift) - 1));
}

#endif
