/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: hext_masked_address() and hext_masking_of_hlv() ignore the upper bits that the
 *   specification of pointer masking names, for L1, L2, HLV and HSV, and leave any other address as
 *   it is
 * Bounds: any CSRs, registers, mode, offset and instruction with a base register
 * Not shown: that the callers use them for each access
 * Sources: hext/masking.c hext/masking.h
 * Options: --unwind 2
 */
#include "proof.h"

#include "hext/masking.c"

/* priv "Pointer Masking Extensions": PMM 2 is PMLEN 7, 3 is 16, 0 is none; 1 is reserved. */
static uint64_t ignore(uint64_t addr, unsigned int pmm, bool is_virtual)
{
	const unsigned int pmlen = pmm == 2 ? 7 : pmm == 3 ? 16 : 0;
	const unsigned int top = 63 - pmlen;
	const uint64_t kept = addr & (UINT64_MAX >> pmlen);

	/* A virtual address is sign-extended from the highest bit that is left, others have 0. */
	return is_virtual && (addr >> top & 1) ? kept | ~(UINT64_MAX >> pmlen) : kept;
}

void proof(void)
{
	struct hext_config c;
	struct hext_hart h;
	struct hext_insn insn;
	uint64_t x[32];
	const unsigned int offset = any_to(15);
	const uint64_t any = any_u64();
	const bool as_user = any_bool();
	const uint64_t mxr = UINT64_C(1) << 19;
	unsigned int pmm;
	uint64_t addr;
	bool paged;

	proof_any(c);
	proof_any(h);
	h.cfg = &c;
	proof_any(insn);
	proof_any(x);
	proof_assume(insn.rs1 < 32);
	addr = x[insn.rs1] + offset +
	       (insn.kind == HEXT_INSN_CBO ? 0 : (uint64_t)(int64_t)insn.imm);
	/* The mode of the access: U and VU by senvcfg, VS by henvcfg, HS by what M mode gives. */
	if (h.virt)
		pmm = h.user ? h.senvcfg >> 32 & 3 : h.henvcfg >> 32 & 3;
	else
		pmm = h.user ? h.senvcfg >> 32 & 3 : c.s_pmm;
	/* MXR turns masking off. For V = 1 both vsstatus and sstatus have one. */
	if (((h.virt ? h.vs.status : 0) | h.s.status) & mxr)
		pmm = 0;
	paged = (h.virt ? h.vs.atp : h.s.atp) >> 60;
	proof_assert(hext_masked_address(&h, &insn, x, offset) == ignore(addr, pmm, paged),
		     "the address of a load or store");
	if (pmm == 3 && paged)
		proof_reached("sign extension");

	/* priv H "hstatus": HUPMM is for U mode; HS mode uses senvcfg and henvcfg. */
	if (as_user)
		pmm = h.user ? h.hstatus >> 48 & 3 : h.senvcfg >> 32 & 3;
	else
		pmm = h.henvcfg >> 32 & 3;
	if ((h.vs.status | h.s.status) & mxr)
		pmm = 0;
	proof_assert(hext_mask_address(hext_masking_of_hlv(&h, as_user), any) ==
			     ignore(any, pmm, h.vs.atp >> 60),
		     "the address of HLV, HLVX, HSV");
	proof_reached("end");
}
