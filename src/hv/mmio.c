/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hv/mmio.h"
#include "hv/intc.h"

/* The load or store that trapped; from htinst where the hardware filled it in. */
static bool decode_access(const struct vcpu *v, uint64_t htinst, struct hext_insn *insn)
{
	uint32_t code;

	if (hext_insn_is_transformed(htinst)) {
		hext_decode_transformed(htinst, insn);
		return true;
	}
	/* A pseudoinstruction: the access was the page-table walk's, not an instruction's. */
	if (htinst || !vcpu_fetch(v, &code))
		return false;
	hext_decode(code, insn);
	return true;
}

static uint64_t extend(uint64_t value, const struct hext_insn *insn)
{
	unsigned int shift = 64 - 8 * insn->width;

	value <<= shift;
	return insn->sign_extend ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

static bool emulate(struct vcpu *v, uint64_t offset, const struct hext_insn *insn)
{
	uint64_t value;

	if (insn->fp)
		return false;
	if (insn->kind == HEXT_INSN_STORE)
		return intc_store(v, offset, insn->width, v->x[insn->rs2]);
	if (insn->kind != HEXT_INSN_LOAD || !intc_load(v, offset, insn->width, &value))
		return false;
	if (insn->rd)
		v->x[insn->rd] = extend(value, insn);
	return true;
}

void mmio_access(struct vcpu *v, uint64_t cause, pa_t addr, uint64_t tval, uint64_t htinst)
{
	struct hext_trap trap = {
		.cause = hext_access_fault(cause),
		.tval = tval,
		/* An access fault has no pseudoinstruction (priv H, table of htinst values). */
		.htinst = hext_insn_is_pseudo(htinst) ? 0 : htinst,
		.gva = v->h.virt,
	};
	struct hext_insn insn;
	uint64_t offset;

	if (cause != CAUSE_FETCH_GUEST_PAGE && intc_contains(v->domain, addr.addr, &offset) &&
	    decode_access(v, htinst, &insn) && emulate(v, offset, &insn)) {
		v->h.pc += insn.length;
		return;
	}
	vcpu_raise(v, &trap);
}
