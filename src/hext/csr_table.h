/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that Halite knows of each H and VS CSR of RV64. A file that needs a part of the table defines
 * some of the macros below and includes this file. A macro that the file does not define expands to
 * nothing.
 *
 *   HEXT_BANK(NAME, number, field, how, bits, rule, reset, gate, held, effect)
 *	a VS CSR whose meaning exists for L1, too: in the supervisor CSR of the same name without
 *	the V. @field is a member of struct hext_bank. If the file does not define HEXT_BANK, the
 *	row is a HEXT_CSR with the field vs.@field.
 *   HEXT_CSR(NAME, number, field, how, bits, rule, reset, gate, held, effect, trap, order)
 *	any other CSR with a stored value. @field is a member of struct hext_hart.
 *   HEXT_VIEW(NAME, number, get, set, gate, effect, trap, order)
 *	a CSR that shows other CSRs. @get is the expression for its value, in which L1_HIP is L1's
 *	hip. @set is the function that writes a value to it.
 *   HEXT_FILE(NAME, number, rmw, gate, effect, trap, order)
 *	a CSR of the guest interrupt file that hstatus.VGEIN selects. @rmw is a function like
 *	hext_csr_rmw(): it reads and writes in one step, may have side effects, and can refuse.
 *   HEXT_ROW(NAME, number, gate, effect, trap, order)
 *	a row of any kind, with the columns that all four kinds have.
 *
 * The columns. In their expressions h is the hart and c is its configuration.
 *
 * how, bits	the writable bits; the others keep their reset value.
 *   FIXED	@bits.
 *   PROBED	the bits of @bits that the hart has: @field of struct hext_config holds them.
 * rule		legal_@rule() in csr_legal.h makes a written value legal (WARL).
 * reset	the value after reset.
 * gate		the extension with which L1 has the CSR: its name in ext_table.h, whose column csrs
 *		says how Halite finds out whether L1 has it.
 * held		where the value is. For a HEXT_BANK, of which L1 and L2 have one value each:
 *   BY_TRAP	the hart holds the value of the level that runs. The trap that ends L2 overwrites
 *		the value of L1.
 *   SWAPPED	the hart holds the value of the level that runs.
 *   GSTAGE	as SWAPPED, and Halite changes the CSR together with hgatp.
 *   TIMER	as SWAPPED, but the hart holds L2's value only if henvcfg.STCE gives L2 the timer.
 *		For a HEXT_CSR:
 *   LIVE(x)	the hart holds L1's value while L2 runs, and x while L1 runs.
 *   SELDOM(x)	as LIVE(x), and L1's value is x most of the time.
 *   LIVE_L2	the hart holds L1's value while L2 runs, and a value from src/riscv while L1 runs.
 *   MADE	src/riscv computes the value in the hart from L1's value and from Halite's needs.
 *   IMAGE	the value is in struct hext_hart only.
 * effect	what a write by L1 changes before L2 runs: enum hext_effect.
 * trap		whether L2, or the trap that ends it, changes the CSR: enum hext_trap_change. For a
 *		HEXT_BANK it is CHANGED.
 * order	when L0 writes the CSR if other CSRs are dirty, too: enum hext_order. For a
 *		HEXT_BANK it is LAST.
 */

#ifdef HEXT_ROW
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, trap, order) \
	HEXT_ROW(name, number, gate, effect, trap, order)
#define HEXT_VIEW(name, number, get, set, gate, effect, trap, order) \
	HEXT_ROW(name, number, gate, effect, trap, order)
#define HEXT_FILE(name, number, rmw, gate, effect, trap, order) \
	HEXT_ROW(name, number, gate, effect, trap, order)
#endif
#ifndef HEXT_CSR
#define HEXT_CSR(...)
#endif
#ifndef HEXT_BANK
#define HEXT_BANK(name, number, field, ...) \
	HEXT_CSR(name, number, vs.field, __VA_ARGS__, CHANGED, LAST)
#endif
#ifndef HEXT_VIEW
#define HEXT_VIEW(...)
#endif
#ifndef HEXT_FILE
#define HEXT_FILE(...)
#endif

/* clang-format off */

/* VS CSRs: priv H, "Virtual Supervisor CSRs"; AIA, "VS-level CSRs" */
HEXT_BANK(VSSTATUS, 0x200, status, PROBED, HEXT_KNOWN_STATUS, status, SSTATUS_UXL_64, h,
	  BY_TRAP, L2_ONLY)
HEXT_BANK(VSTVEC, 0x205, tvec, FIXED, ~UINT64_C(0), tvec, 0, h, SWAPPED, L2_ONLY)
HEXT_BANK(VSSCRATCH, 0x240, scratch, FIXED, ~UINT64_C(0), any, 0, h, SWAPPED, L2_ONLY)
HEXT_BANK(VSEPC, 0x241, epc, FIXED, ~UINT64_C(1), any, 0, h, BY_TRAP, L2_ONLY)
HEXT_BANK(VSCAUSE, 0x242, cause, FIXED, ~UINT64_C(0), any, 0, h, BY_TRAP, L2_ONLY)
HEXT_BANK(VSTVAL, 0x243, tval, FIXED, ~UINT64_C(0), any, 0, h, BY_TRAP, L2_ONLY)
HEXT_BANK(VSTIMECMP, 0x24d, timecmp, FIXED, ~UINT64_C(0), any, 0, sstc, TIMER, PENDING)
HEXT_BANK(VSISELECT, 0x250, iselect, PROBED, ~UINT64_C(0), any, 0, ssaia, SWAPPED, L2_ONLY)
HEXT_FILE(VSIREG, 0x251, hext_vsireg_rmw, ssaia, PENDING, DEAR, LAST)
HEXT_FILE(VSTOPEI, 0x25c, hext_vstopei_rmw, ssaia, PENDING, DEAR, LAST)
HEXT_BANK(VSATP, 0x280, atp, FIXED, ~UINT64_C(0), vsatp, 0, h, GSTAGE, L2_ONLY)

/* Hypervisor CSRs: priv H, "Hypervisor CSRs"; AIA, "Hypervisor CSRs" */
HEXT_CSR(HSTATUS, 0x600, hstatus, FIXED, hext_hstatus_bits(c), hstatus, HSTATUS_VSXL_64,
	 h, MADE, HSTATUS, CHANGED, SHAPE)
HEXT_CSR(HEDELEG, 0x602, hedeleg, PROBED, ~UINT64_C(0), any, 0,
	 h, LIVE_L2, L2_ONLY, KEPT, LAST)
HEXT_CSR(HIDELEG, 0x603, hideleg, PROBED, IRQ_VS_ALL, any, 0,
	 h, SELDOM(c->hideleg), ENABLED, KEPT, SHAPE)
HEXT_CSR(HIE, 0x604, hie, FIXED, IRQ_VS_ALL | BIT64(IRQ_SGEI), any, 0,
	 h, MADE, ENABLED, CHANGED, SOURCE)
HEXT_CSR(HTIMEDELTA, 0x605, htimedelta, FIXED, ~UINT64_C(0), any, 0,
	 h, LIVE(0), PENDING, KEPT, SHAPE)
HEXT_CSR(HCOUNTEREN, 0x606, hcounteren, PROBED, ~UINT64_C(0), any, 0,
	 h, LIVE(c->hcounteren), L2_ONLY, KEPT, LAST)
HEXT_CSR(HGEIE, 0x607, hgeie, FIXED, hext_files(c), any, 0,
	 h, MADE, ENABLED, KEPT, LAST)
HEXT_CSR(HVIEN, 0x608, hvien, PROBED, IRQ_LOCAL, any, 0,
	 ssaia, MADE, PRIORITY, KEPT, SHAPE)
HEXT_CSR(HVICTL, 0x609, hvictl, PROBED, ~UINT64_C(0), any, 0,
	 ssaia, LIVE_L2, L2_ONLY, KEPT, SHAPE)
HEXT_CSR(HENVCFG, 0x60a, henvcfg, PROBED, hext_known_envcfg(c), envcfg, 0,
	 h, LIVE(henvcfg_of_l1(c)), PENDING, KEPT, SHAPE)
HEXT_CSR(HSTATEEN0, 0x60c, hstateen0, PROBED, hext_known_stateen0(c), any, 0,
	 smstateen, LIVE(c->hstateen0), L2_ONLY, KEPT, REACH)
HEXT_CSR(HSTATEEN1, 0x60d, hstateen1, PROBED, ~UINT64_C(0), any, 0,
	 smstateen, LIVE(c->hstateen1), L2_ONLY, KEPT, REACH)
HEXT_CSR(HSTATEEN2, 0x60e, hstateen2, PROBED, ~UINT64_C(0), any, 0,
	 smstateen, LIVE(c->hstateen2), L2_ONLY, KEPT, REACH)
HEXT_CSR(HSTATEEN3, 0x60f, hstateen3, PROBED, ~UINT64_C(0), any, 0,
	 smstateen, LIVE(c->hstateen3), L2_ONLY, KEPT, REACH)
HEXT_CSR(HTVAL, 0x643, htval, FIXED, ~UINT64_C(0), any, 0,
	 h, IMAGE, L2_ONLY, CHANGED, LAST)
HEXT_CSR(HVIP, 0x645, hvip, FIXED, hext_hvip_bits(c), any, 0,
	 h, MADE, PENDING, CHANGED, SOURCE)
HEXT_CSR(HVIPRIO1, 0x646, hviprio1, PROBED, ~UINT64_C(0), any, 0,
	 ssaia, MADE, PRIORITY, KEPT, LAST)
HEXT_CSR(HVIPRIO2, 0x647, hviprio2, PROBED, ~UINT64_C(0), any, 0,
	 ssaia, MADE, PRIORITY, KEPT, LAST)
HEXT_CSR(HTINST, 0x64a, htinst, FIXED, ~UINT64_C(0), any, 0,
	 h, IMAGE, L2_ONLY, CHANGED, LAST)
HEXT_CSR(HGATP, 0x680, hgatp, FIXED, ~UINT64_C(0), hgatp, 0,
	 h, IMAGE, G_STAGE, KEPT, SOURCE)

/*
 * Views of the CSRs above. A view is behind the views whose writes change it: hip.VSSIP is
 * vsip.SSIP, so vsip is behind hip.
 */
HEXT_VIEW(HIP, 0x644, L1_HIP, set_hip, h, PENDING, CHANGED, VIEW)
HEXT_VIEW(VSIE, 0x204, get_vsie(h), set_vsie, h, ENABLED, CHANGED, LAST)
HEXT_VIEW(VSIP, 0x244, get_vsip(h, L1_HIP), set_vsip, h, PENDING, CHANGED, LAST)
HEXT_VIEW(HGEIP, 0xe12, hext_hgeip(h), set_nothing, h, READ_ONLY, CHANGED, LAST)
HEXT_VIEW(VSTOPI, 0xeb0, hext_vstopi(h), set_nothing, ssaia, READ_ONLY, DEAR, LAST)

/* clang-format on */

#undef HEXT_BANK
#undef HEXT_CSR
#undef HEXT_VIEW
#undef HEXT_FILE
#undef HEXT_ROW
