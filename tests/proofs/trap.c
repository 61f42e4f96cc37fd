/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: hext_take_trap(), hext_take_vs_trap() and hext_sret() change mode, pc, status, hstatus and
 *   the CSRs of the trap as the specification says, and no CSR of the other level
 * Bounds: any state of the hart, any trap that the caller may pass, and any stvec that L1 or L2 can
 *   write
 * Not shown: which traps are delegated; the same steps where src/hv has them in registers
 * Sources: hext/trap.c hext/trap.h
 * Options: --unwind 2
 */
#include "proof.h"

#include "hext/trap.c"

static struct hext_hart h, was;
static struct hext_trap t;

/* priv "Supervisor Trap Vector Base Address Register": MODE 1 is for interrupts. */
static uint64_t handler(uint64_t tvec)
{
	const uint64_t base = tvec & ~UINT64_C(3);

	return (tvec & 1) && t.cause >> 63 ? base + 4 * (t.cause << 1 >> 1) : base;
}

/* The CSRs of @now, which were @before, have taken the trap. SIE is bit 1, SPIE 5, SPP 8. */
static void check_bank(const struct hext_bank *now, const struct hext_bank *before)
{
	const uint64_t changed = now->status ^ before->status;

	proof_assert(!(changed & ~UINT64_C(0x122)), "other bits of sstatus stay");
	proof_assert(!(now->status >> 1 & 1), "SIE is 0");
	proof_assert((now->status >> 5 & 1) == (before->status >> 1 & 1), "SPIE is the old SIE");
	proof_assert((now->status >> 8 & 1) == !was.user, "SPP is the mode");
	proof_assert(now->epc == was.pc && now->cause == t.cause && now->tval == t.tval,
		     "sepc, scause, stval");
	proof_assert(h.pc == handler(before->tvec) && !h.user, "the handler, in S mode");
}

static bool is_same(const struct hext_bank *a, const struct hext_bank *b)
{
	return a->status == b->status && a->epc == b->epc && a->cause == b->cause &&
	       a->tval == b->tval && a->tvec == b->tvec;
}

/* priv H "Trap Entry". hstatus has GVA in bit 6, SPV in 7, SPVP in 8. */
static void check_trap(void)
{
	hext_take_trap(&h, &t);
	check_bank(&h.s, &was.s);
	proof_assert(!h.virt, "V is 0");
	proof_assert(!((h.hstatus ^ was.hstatus) & ~UINT64_C(0x1c0)), "other bits of hstatus stay");
	proof_assert((h.hstatus >> 6 & 1) == t.gva, "GVA");
	proof_assert((h.hstatus >> 7 & 1) == was.virt, "SPV is the old V");
	proof_assert((h.hstatus >> 8 & 1) == (was.virt ? !was.user : was.hstatus >> 8 & 1),
		     "SPVP is the mode, if V was 1");
	proof_assert(h.htval == t.htval && h.htinst == t.htinst, "htval, htinst");
	proof_assert(is_same(&h.vs, &was.vs), "no VS CSR changes");
	proof_reached("a trap into HS mode");
}

static void check_vs_trap(void)
{
	proof_assume(h.virt && !(t.cause >> 63));
	hext_take_vs_trap(&h, &t);
	check_bank(&h.vs, &was.vs);
	proof_assert(h.virt, "V stays 1");
	proof_assert(h.hstatus == was.hstatus && h.htval == was.htval && h.htinst == was.htinst &&
			     is_same(&h.s, &was.s),
		     "no CSR of HS mode changes");
	proof_reached("a trap into VS mode");
}

/* priv H "Trap Return", for an SRET with V=0. */
static void check_sret(void)
{
	hext_sret(&h);
	proof_assert(h.virt == (was.hstatus >> 7 & 1), "V is SPV");
	proof_assert(h.user == !(was.s.status >> 8 & 1), "the mode is SPP");
	proof_assert(h.pc == was.s.epc, "pc is sepc");
	proof_assert(h.hstatus == (was.hstatus & ~UINT64_C(0x80)), "SPV is 0");
	proof_assert(!((h.s.status ^ was.s.status) & ~UINT64_C(0x122)),
		     "other bits of sstatus stay");
	proof_assert((h.s.status >> 1 & 1) == (was.s.status >> 5 & 1), "SIE is the old SPIE");
	proof_assert((h.s.status >> 5 & 1) && !(h.s.status >> 8 & 1), "SPIE is 1, SPP 0");
	proof_assert(is_same(&h.vs, &was.vs), "no VS CSR changes");
	proof_reached("an SRET");
}

void proof(void)
{
	proof_any(h);
	proof_any(t);
	h.virt = any_bool();
	h.user = any_bool();
	t.gva = any_bool();
	proof_assume((h.s.tvec & 3) < 2 && (h.vs.tvec & 3) < 2);
	was = h;
	switch (any_to(2)) {
	case 0:
		check_trap();
		break;
	case 1:
		check_vs_trap();
		break;
	default:
		check_sret();
	}
}
