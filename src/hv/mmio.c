/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/insn.h"
#include "hv/device.h"
#include "hv/mmio.h"

/*
 * Decode the load or store that trapped: from htinst if the hardware has filled htinst in, else
 * from code that is fetched again. The guest may have changed its code meanwhile, so the
 * instruction is compared with the trap. False: the instruction is not known.
 */
static bool decode_access(struct vcpu *v, const struct hext_trap *hw, struct hext_insn *insn)
{
	uint32_t code;

	if (hext_insn_is_transformed(hw->htinst)) {
		hext_decode_transformed(hw->htinst, insn);
		/* rs1 is the offset of the fault into a misaligned access. It must be 0. */
		return hext_insn_makes(insn, hw->cause) && !insn->rs1;
	}
	/*
	 * htinst is a pseudoinstruction: the access was one of a page-table walk, not of the
	 * instruction.
	 */
	if (hw->htinst || !vcpu_fetch(v, &code))
		return false;
	hext_decode(code, insn);
	return hext_insn_makes(insn, hw->cause) && vcpu_access_address(v, insn) == hw->tval;
}

static bool emulate(struct vcpu *v, uint64_t addr, const struct hext_insn *insn)
{
	uint64_t value;

	if (insn->fp)
		return false;
	if (insn->kind == HEXT_INSN_STORE)
		return device_store(v, addr, insn->width, v->x[insn->rs2]);
	if (insn->kind != HEXT_INSN_LOAD || !device_load(v, addr, insn->width, &value))
		return false;
	if (insn->rd)
		v->x[insn->rd] = hext_insn_extend(insn, value);
	return true;
}

void mmio_access(struct vcpu *v, const struct hext_trap *hw, pa_t addr)
{
	struct hext_trap trap = {
		.cause = hext_access_fault(hw->cause),
		.tval = hw->tval,
		/*
		 * htinst of an access fault has no pseudoinstruction (priv H, table of htinst
		 * values).
		 */
		.htinst = hext_insn_is_pseudo(hw->htinst) ? 0 : hw->htinst,
		.gva = v->h.virt,
	};
	struct hext_insn insn;

	if (hw->cause != CAUSE_FETCH_GUEST_PAGE && device_is_emulated(v->domain, addr.addr) &&
	    decode_access(v, hw, &insn) && emulate(v, addr.addr, &insn)) {
		v->h.pc += insn.length;
		return;
	}
	vcpu_raise(v, &trap);
}
