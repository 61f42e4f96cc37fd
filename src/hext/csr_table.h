/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The H and VS CSRs of RV64, each once. Included with two macros defined:
 *
 *   HEXT_CSR(NAME, number, field, writable, legal, reset, present)
 *	a CSR that struct hext_hart stores: its field, the bits that can be written, the function
 *	that makes a new value legal given the old one, the reset value (read-only bits keep it),
 *	and whether the hart has it.
 *   HEXT_CSR_VIEW(NAME, number, get, set, present)
 *	a CSR that shows other CSRs: how it is read, and what writing a value to it does.
 *   HEXT_CSR_FILE(NAME, number, rmw, present)
 *	a CSR of the guest interrupt file that hstatus.VGEIN selects: a function like hext_csr_rmw() that can
 *	refuse, which may have effects by reading and writing in one step.
 *
 * In the expressions h is the hart and c its configuration.
 */

/* clang-format off */

/* VS CSRs: priv H, "Virtual Supervisor CSRs" */
HEXT_CSR(VSSTATUS, 0x200, vs.status, c->vsstatus, legal_status, SSTATUS_UXL_64, true)
HEXT_CSR_VIEW(VSIE, 0x204, get_vsie, set_vsie, true)
HEXT_CSR(VSTVEC, 0x205, vs.tvec, ~UINT64_C(0), legal_tvec, 0, true)
HEXT_CSR(VSSCRATCH, 0x240, vs.scratch, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR(VSEPC, 0x241, vs.epc, ~UINT64_C(1), legal_any, 0, true)
HEXT_CSR(VSCAUSE, 0x242, vs.cause, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR(VSTVAL, 0x243, vs.tval, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR_VIEW(VSIP, 0x244, get_vsip, set_vsip, true)
HEXT_CSR(VSTIMECMP, 0x24d, vs.timecmp, ~UINT64_C(0), legal_any, 0, c->sstc)
HEXT_CSR(VSISELECT, 0x250, vs.iselect, c->iselect, legal_any, 0, c->aia)
HEXT_CSR_FILE(VSIREG, 0x251, hext_vsireg_rmw, c->aia)
HEXT_CSR_FILE(VSTOPEI, 0x25c, hext_vstopei_rmw, c->aia)
HEXT_CSR(VSATP, 0x280, vs.atp, ~UINT64_C(0), legal_vsatp, 0, true)

/* Hypervisor CSRs: priv H, "Hypervisor CSRs" */
HEXT_CSR(HSTATUS, 0x600, hstatus, HSTATUS_WRITABLE, legal_hstatus, HSTATUS_VSXL_64, true)
HEXT_CSR(HEDELEG, 0x602, hedeleg, c->hedeleg, legal_any, 0, true)
HEXT_CSR(HIDELEG, 0x603, hideleg, c->hideleg, legal_any, 0, true)
HEXT_CSR(HIE, 0x604, hie, IRQ_VS_ALL | BIT64(IRQ_SGEI), legal_any, 0, true)
HEXT_CSR(HTIMEDELTA, 0x605, htimedelta, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR(HCOUNTEREN, 0x606, hcounteren, c->hcounteren, legal_any, 0, true)
HEXT_CSR(HGEIE, 0x607, hgeie, hext_files(c), legal_any, 0, true)
HEXT_CSR(HVIEN, 0x608, hvien, c->hvien, legal_any, 0, c->aia)
HEXT_CSR(HVICTL, 0x609, hvictl, c->hvictl, legal_any, 0, c->aia)
HEXT_CSR(HENVCFG, 0x60a, henvcfg, c->henvcfg, legal_envcfg, 0, true)
HEXT_CSR(HSTATEEN0, 0x60c, hstateen[0], c->hstateen[0], legal_any, 0, c->hstateen_count > 0)
HEXT_CSR(HSTATEEN1, 0x60d, hstateen[1], c->hstateen[1], legal_any, 0, c->hstateen_count > 1)
HEXT_CSR(HSTATEEN2, 0x60e, hstateen[2], c->hstateen[2], legal_any, 0, c->hstateen_count > 2)
HEXT_CSR(HSTATEEN3, 0x60f, hstateen[3], c->hstateen[3], legal_any, 0, c->hstateen_count > 3)
HEXT_CSR(HTVAL, 0x643, htval, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR_VIEW(HIP, 0x644, hext_hip, set_hip, true)
HEXT_CSR(HVIP, 0x645, hvip, hext_hvip_bits(c), legal_any, 0, true)
HEXT_CSR(HVIPRIO1, 0x646, hviprio1, c->hviprio1, legal_any, 0, c->aia)
HEXT_CSR(HVIPRIO2, 0x647, hviprio2, c->hviprio2, legal_any, 0, c->aia)
HEXT_CSR(HTINST, 0x64a, htinst, ~UINT64_C(0), legal_any, 0, true)
HEXT_CSR(HGATP, 0x680, hgatp, ~UINT64_C(0), legal_hgatp, 0, true)
HEXT_CSR_VIEW(HGEIP, 0xe12, hext_hgeip, set_nothing, true)

/* AIA "Interrupts for Virtual Machines (VS Level)" */
HEXT_CSR_VIEW(VSTOPI, 0xeb0, hext_vstopi, set_nothing, c->aia)
