/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: what src/hext/walk.c takes for a leaf of L1 has no reserved bit or encoding and is
 *   aligned; leaf_allows() is right for each access; the page has W only with D; its address is
 *   that of the leaf and of the offset; the entry that is read is inside its table, at its index
 * Bounds: any PTE, address, access and mode; one step of a walk from any valid position
 * Not shown: the sequence of the steps; the setting of A and D
 * Sources: hext/walk.c hext/pte.h
 * Options: --unwind 2
 */
#include "walk_spec.h"

#include "hext/walk.c"

void proof(void)
{
	struct hext_config c;
	struct hext_hart h;
	struct stage s;
	struct check check;
	struct hext_page page;
	struct leaf leaf;
	struct hext_walk_at at;
	struct spec_walk spec;
	const uint64_t pte = any_u64(), addr = any_u64(), atp = any_u64();
	const unsigned int level = any_to(4);
	const bool gstage = any_bool();

	proof_any(c);
	proof_any(h);
	proof_any(s);
	proof_any(check);
	h.cfg = &c;
	s.h = &h;
	proof_assume(check.access <= HEXT_EXEC);

	proof_assume(atp >> 60 >= 8 && atp >> 60 <= 10);
	at = root_entry(atp, gstage, addr);
	spec = spec_begin(atp, gstage, addr);
	proof_assert(at.level == spec.level && at.pte == spec.next, "the entry of the root");

	proof_assert(pte_is_valid_pointer(pte) == spec_is_pointer(pte), "a pointer");
	proof_assert(!pte_is_valid_pointer(pte) || !is_valid_leaf(&s, pte, level), "not both");
	if (pte_is_valid_pointer(pte) && level) {
		spec.level = level;
		at.level = level;
		spec_take(&spec, pte);
		step_down(&at, pte, addr);
		proof_assert(at.level == spec.level && at.pte == spec.next, "the entry below");
		proof_assert((at.pte ^ SPEC_PPN(pte >> 10) << 12) < 4096, "it is in the table");
		proof_reached("a pointer");
	}

	proof_assert(is_valid_leaf(&s, pte, level) == spec_is_leaf(pte, level, s.pbmte, c.svnapot),
		     "a valid leaf");
	if (!is_valid_leaf(&s, pte, level))
		return;
	proof_assert(leaf_allows(&check, pte) == spec_allows(pte, (enum spec_access)check.access,
							     check.user, check.sum, check.mxr,
							     check.hlvx),
		     "the access is allowed by the rules");
	leaf.pte = pte;
	leaf.level = level;
	fill_page(&page, &leaf, addr);
	proof_assert(page.w == ((pte >> 2 & 1) && (pte >> 7 & 1)), "W only with D");
	proof_assert(page.r == (pte >> 1 & 1) && page.x == (pte >> 3 & 1), "R and X");
	proof_assert(page.pbmt == (pte >> 61 & 3) && page.level == level, "memory type and level");
	proof_assert(page.pa.addr == spec_output(pte, level, addr), "the address");
	proof_reached("a leaf");
}
