/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulates for L1 the instructions that only a hypervisor may execute: CSR instructions on H and VS
 * CSRs, HFENCE and HINVAL, HLV, HLVX and HSV, and the SRET that enters L2.
 */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/insn.h"
#include "hext/mem.h"
#include "hv/fence.h"
#include "hv/nested.h"
#include "lib/page.h"
#include "riscv/csr.h"

/*
 * The operand of CSR instruction @code: it writes the bits of @mask, and they become those of
 * @value.
 */
static inline void csr_operand(const struct vcpu *v, uint32_t code, uint64_t *value, uint64_t *mask)
{
	unsigned int op = HEXT_INSN_FUNCT3(code) & ~HEXT_CSR_IMMEDIATE;
	uint64_t operand = HEXT_INSN_FUNCT3(code) & HEXT_CSR_IMMEDIATE ? HEXT_INSN_RS1(code)
								       : v->x[HEXT_INSN_RS1(code)];

	*mask = op == HEXT_CSRRW ? ~UINT64_C(0) : operand;
	*value = op == HEXT_CSRRW ? operand : op == HEXT_CSRRS ? ~UINT64_C(0) : 0;
}

/*
 * Emulate CSR instruction @code on a CSR of the H extension, or on a supervisor CSR that differs
 * between VS mode and HS mode. False: it is illegal.
 */
static bool emulate_csr(struct vcpu *v, uint32_t code)
{
	const unsigned int csr = HEXT_INSN_CSR(code);
	unsigned int op = HEXT_INSN_FUNCT3(code) & ~HEXT_CSR_IMMEDIATE;
	/* Zicsr: CSRRS and CSRRC write unless rs1 is x0, or the immediate 0. */
	bool writes = op == HEXT_CSRRW || HEXT_INSN_RS1(code);
	uint64_t value, mask, old;

	csr_operand(v, code, &value, &mask);
	if (HEXT_IS_H_CSR(csr)) {
		if ((writes && HEXT_CSR_IS_READ_ONLY(csr)) ||
		    !hext_csr_rmw(&v->h, csr, &old, value, mask))
			return false;
		if (mask) {
			vcpu_csr_written(v);
			nacl_host_csr_written(&v->nacl, csr);
		}
	} else if (csr == CSR_SCOUNTOVF && v->h.cfg->sscofpmf && !writes) {
		/* VS mode cannot read it if firmware delegates counters to HS mode (Smcdeleg). */
		old = csr_read(CSR_SCOUNTOVF);
	} else {
		vcpu_save(v);
		if (!hext_s_csr_rmw(&v->h, csr, &old, value, mask))
			return false;
	}
	if (HEXT_INSN_RD(code))
		v->x[HEXT_INSN_RD(code)] = old;
	return true;
}

/*
 * HFENCE.GVMA has rs1 = guest physical address >> 2 and rs2 = VMID. HFENCE.VVMA has rs1 = guest
 * virtual address and rs2 = ASID. x0 stands for all. A fence of one address is done as a fence of
 * its 4 KiB page; if a larger page covers the address, fence_l2() fences that page. HINVAL is
 * emulated as HFENCE, since an invalidation may happen early.
 */
static void emulate_gvma(struct vcpu *v, const struct hext_insn *insn)
{
	struct nacl_hfence fence = { .type = NACL_HFENCE_GVMA_ALL };
	uint64_t vmid_mask = BIT64(v->h.cfg->vmid_bits) - 1;

	if (insn->rs1) {
		fence.type = NACL_HFENCE_GVMA;
		fence.addr = v->x[insn->rs1] << 2 & ~(PAGE_SIZE - 1);
		fence.size = PAGE_SIZE;
	}
	if (insn->rs2) {
		fence.type = insn->rs1 ? NACL_HFENCE_GVMA_VMID : NACL_HFENCE_GVMA_VMID_ALL;
		fence.vmid = v->x[insn->rs2] & vmid_mask;
	}
	fence_l2(v, &fence);
}

static void emulate_vvma(struct vcpu *v, const struct hext_insn *insn)
{
	struct nacl_hfence fence = { .type = NACL_HFENCE_VVMA_ALL, .vmid = hgatp_vmid(v->h.hgatp) };

	if (insn->rs1) {
		fence.type = NACL_HFENCE_VVMA;
		fence.addr = v->x[insn->rs1] & ~(PAGE_SIZE - 1);
		fence.size = PAGE_SIZE;
	}
	if (insn->rs2) {
		fence.type = insn->rs1 ? NACL_HFENCE_VVMA_ASID : NACL_HFENCE_VVMA_ASID_ALL;
		fence.asid = v->x[insn->rs2] & 0xffff;
	}
	fence_l2(v, &fence);
}

/* True: done. False: the access trapped, and v->h.pc is L1's trap handler. */
static bool emulate_hypervisor_access(struct vcpu *v, const struct hext_insn *insn)
{
	uint64_t value = v->x[insn->rs2];
	struct hext_trap trap;
	bool ok;

	/* The access depends on L1's sstatus.MXR and SUM, so the image must have L1's set. */
	vcpu_save_for_access(v);
	if (insn->kind == HEXT_INSN_HSV)
		ok = hext_hsv(&v->h, insn, v->x[insn->rs1], value, &trap);
	else
		ok = hext_hlv(&v->h, insn, v->x[insn->rs1], &value, &trap);
	if (!ok) {
		vcpu_trap_to_l1(v, &trap);
		return false;
	}
	if (insn->kind != HEXT_INSN_HSV && insn->rd)
		v->x[insn->rd] = value;
	return true;
}

static void emulate_wfi(struct vcpu *v)
{
	uint64_t deadline;

	if (hext_wfi_waits(&v->h, &deadline) && !world_local_waits())
		world_wait(&v->timer, deadline);
}

static void illegal_instruction(struct vcpu *v, uint32_t code)
{
	const struct hext_trap trap = { .cause = CAUSE_ILLEGAL, .tval = code };

	vcpu_trap_to_l1(v, &trap);
}

/* Whether L1 has @insn and may execute it in its current mode. HS mode may execute all of these. */
static bool is_permitted(const struct vcpu *v, const struct hext_insn *insn)
{
	switch (insn->kind) {
	case HEXT_INSN_HINVAL_GVMA:
	case HEXT_INSN_HINVAL_VVMA:
		return !v->h.user && v->h.cfg->svinval;
	case HEXT_INSN_HLV:
	case HEXT_INSN_HLVX:
	case HEXT_INSN_HSV:
		return !v->h.user || (v->h.hstatus & HSTATUS_HU);
	case HEXT_INSN_WRS_NTO:
		return true;
	default:
		return !v->h.user;
	}
}

void nested_emulate(struct vcpu *v, uint32_t code)
{
	struct hext_insn insn;

	/* CSR instructions come first, as they are the most frequent. */
	if (!v->h.user && hext_insn_is_csr(code)) {
		if (emulate_csr(v, code))
			v->h.pc += 4;
		else
			illegal_instruction(v, code);
		return;
	}
	hext_decode(code, &insn);
	if (!is_permitted(v, &insn)) {
		illegal_instruction(v, code);
		return;
	}
	switch (insn.kind) {
	case HEXT_INSN_HFENCE_GVMA:
	case HEXT_INSN_HINVAL_GVMA:
		emulate_gvma(v, &insn);
		break;
	case HEXT_INSN_HFENCE_VVMA:
	case HEXT_INSN_HINVAL_VVMA:
		emulate_vvma(v, &insn);
		break;
	case HEXT_INSN_HLV:
	case HEXT_INSN_HLVX:
	case HEXT_INSN_HSV:
		if (!emulate_hypervisor_access(v, &insn))
			return;
		break;
	case HEXT_INSN_WRS_NTO:
		/* WRS.NTO traps where WFI does. It may end at any time, so it is a nop. */
		break;
	case HEXT_INSN_WFI:
		emulate_wfi(v);
		break;
	case HEXT_INSN_SRET:
		/*
		 * The SRET may enter L2, so pending fences are done first. If some are left, L1
		 * executes the SRET again.
		 */
		if (!nacl_host_take_fences(&v->nacl, FENCES_AT_ONCE))
			return;
		nacl_host_before_sret(&v->nacl);
		nested_sret(v);
		return;
	default:
		illegal_instruction(v, code);
		return;
	}
	v->h.pc += 4;
}
