/* SPDX-License-Identifier: BSD-2-Clause */
/* Each exception from each mode, delegated or not, and its effect on both sets of CSRs. */
#include <stdio.h>

#include "conformance.h"
#include "tables.h"

#define NOWHERE UINT64_C(0x40000)
#define NO_PAGE UINT64_C(0x5000) /* neither stage maps it */

enum { PLAIN, PAGED, GUEST_PAGED, BOTH_PAGED };

struct exception {
	const char *name;
	uint64_t cause;
	uint32_t insn;
	uint64_t a0;
	uint8_t stages;
	bool vs, vu; /* whether these modes can cause it */
};

static const struct exception exceptions[] = {
	{ "fetch access", CAUSE_FETCH_ACCESS, INSN_JR, NOWHERE, PLAIN, true, true },
	{ "illegal instruction", CAUSE_ILLEGAL, INSN_CSRR(0x300), 0, PLAIN, true, true },
	{ "illegal instruction 0", CAUSE_ILLEGAL, 0, 0, PLAIN, true, true },
	{ "breakpoint", CAUSE_BREAKPOINT, INSN_EBREAK, 0, PLAIN, true, true },
	{ "lr misaligned", CAUSE_LOAD_MISALIGNED, INSN_LR_D, 0x80200004, PLAIN, true, true },
	{ "amo misaligned", CAUSE_STORE_MISALIGNED, INSN_AMO(0, 3), 0x80200004, PLAIN, true, true },
	{ "load access", CAUSE_LOAD_ACCESS, INSN_LD, NOWHERE, PLAIN, true, true },
	{ "store access", CAUSE_STORE_ACCESS, INSN_SD, NOWHERE, PLAIN, true, true },
	{ "amo access", CAUSE_STORE_ACCESS, INSN_AMO(0, 3), NOWHERE, PLAIN, true, true },
	{ "ecall", CAUSE_ECALL_U, INSN_ECALL, 0, PLAIN, false, true },
	{ "ecall", CAUSE_ECALL_VS, INSN_ECALL, 0, PLAIN, true, false },
	{ "fetch page", CAUSE_FETCH_PAGE, INSN_JR, NO_PAGE, PAGED, true, true },
	{ "load page", CAUSE_LOAD_PAGE, INSN_LD, NO_PAGE, PAGED, true, true },
	{ "store page", CAUSE_STORE_PAGE, INSN_SD, NO_PAGE, PAGED, true, true },
	{ "amo page", CAUSE_STORE_PAGE, INSN_AMO(0, 3), NO_PAGE, BOTH_PAGED, true, true },
	{ "fetch guest page", CAUSE_FETCH_GUEST_PAGE, INSN_JR, NO_PAGE, GUEST_PAGED, true, true },
	{ "load guest page", CAUSE_LOAD_GUEST_PAGE, INSN_LD, NO_PAGE, GUEST_PAGED, true, true },
	{ "store guest page", CAUSE_STORE_GUEST_PAGE, INSN_SD, NO_PAGE, GUEST_PAGED, true, true },
	{ "amo guest page", CAUSE_STORE_GUEST_PAGE, INSN_AMO(4, 2), NO_PAGE, GUEST_PAGED, true,
	  true },
	{ "lr guest page", CAUSE_LOAD_GUEST_PAGE, INSN_LR_D, NO_PAGE, GUEST_PAGED, true, true },
	{ "virtual instruction", CAUSE_VIRTUAL, INSN_CSRR(CSR_HSTATUS), 0, PLAIN, true, true },
};

/* Sets vsepc, vscause, vstval and vsstatus, which a trap to HS mode must not change. */
static void preset(uint64_t vsstatus)
{
	h_write(CSR_VSEPC, 0x1110);
	h_write(CSR_VSCAUSE, 0x1f);
	h_write(CSR_VSTVAL, 0x3330);
	h_write(CSR_VSSTATUS, vsstatus);
}

static void report_twins(const char *name, enum mode mode, const char *kept)
{
	uint64_t epc = h_read_settled(CSR_VSEPC), cause = h_read_settled(CSR_VSCAUSE);
	bool ok = ended().to != TO_HS || (epc == 0x1110 && cause == 0x1f);

	check(ok, "deleg %s from %s, %s, vs twins: vscause %lu vsepc %s vstval %s vsstatus 0x%lx",
	      name, mode_names[mode], kept, (unsigned long)cause, place(epc),
	      place(h_read_settled(CSR_VSTVAL)), (unsigned long)h_read_settled(CSR_VSSTATUS));
}

/* Sets up the stages for the exception. Returns the address of the code. */
static uint64_t prepare(const struct exception *e, enum mode mode)
{
	struct stage vs, g;

	tables_reset();
	if (e->stages & PAGED) {
		vs = new_stage(M39, false);
		map_code(&vs, mode == VU ? PTE_U : 0);
	}
	if (e->stages & GUEST_PAGED) {
		g = new_stage(M39, true);
		map_image(&g);
	}
	use_stages(e->stages & PAGED ? &vs : NULL, e->stages & GUEST_PAGED ? &g : NULL);
	return e->stages & PAGED ? CODE_VA : (uintptr_t)code_page();
}

static void check_exception(const struct exception *e, enum mode mode)
{
	static const char *const kept[] = { "kept", "delegated", "others delegated",
					    "all delegated" };
	uint64_t pc = prepare(e, mode);
	unsigned int how;
	char name[40];

	for (how = 0; how < 8; how++) {
		uint64_t hedeleg = how & 2 ? ~UINT64_C(0) : 0;
		uint64_t vsstatus = how & 4 ? SSTATUS_SIE : SSTATUS_SPIE | SSTATUS_SPP;
		const char *text = kept[how & 3];
		bool vs;

		hedeleg ^= (how & 1) ^ (how >> 1 & 1) ? BIT64(e->cause) : 0;
		preset(vsstatus);
		h_write(CSR_HEDELEG, hedeleg);
		vs = h_read(CSR_HEDELEG) >> e->cause & 1;
		try_at(mode, pc, e->insn, e->a0, 0, 0);
		snprintf(name, sizeof(name), "%s%s", e->name, how & 4 ? " with vsstatus.SIE" : "");
		check_end(vs ? TO_VS : TO_HS, e->cause, "deleg %s from %s, %s", name,
			  mode_names[mode], text);
		report_twins(name, mode, text);
	}
	h_write(CSR_HEDELEG, 0);
}

/* Exceptions of HS and U mode: hedeleg applies to VS and VU only. */
static void check_hs_modes(const struct exception *e)
{
	unsigned int mode, all;

	if (e->stages != PLAIN || e->cause == CAUSE_ECALL_VS || e->cause == CAUSE_VIRTUAL)
		return;
	for (mode = HS; mode <= U; mode++) {
		/* An ECALL of HS mode would go to the firmware. */
		if (mode == HS && e->cause == CAUSE_ECALL_U)
			continue;
		for (all = 0; all < 2; all++) {
			h_write(CSR_HEDELEG, all ? ~UINT64_C(0) : 0);
			try_insn(mode, e->insn, e->a0, 0, 0);
			check_end(TO_HS, e->cause, "deleg %s from %s, hedeleg %s", e->name,
				  mode_names[mode], all ? "all" : "0");
		}
	}
	h_write(CSR_HEDELEG, 0);
}

/* Traps from HS and U mode clear SPV, GVA, htval and htinst (priv H, "Trap Entry"). */
static void check_hs_state(void)
{
	unsigned int mode;

	for (mode = HS; mode <= U; mode++) {
		h_write(CSR_HTVAL, 0x1234);
		h_write(CSR_HTINST, 0x3000);
		try_insn(mode, INSN_EBREAK, 0, 0, HSTATUS_GVA | HSTATUS_SPVP);
		check(!(h_read(CSR_HSTATUS) & HSTATUS_GVA),
		      "HS trap from %s, hstatus.GVA was 1 = %lu", mode_names[mode],
		      (unsigned long)(h_read(CSR_HSTATUS) >> 6 & 1));
		check(h_read(CSR_HSTATUS) & HSTATUS_SPVP,
		      "HS trap from %s, hstatus.SPVP was 1 = %lu", mode_names[mode],
		      (unsigned long)(h_read(CSR_HSTATUS) >> 8 & 1));
		check(!(h_read(CSR_HSTATUS) & HSTATUS_SPV), "HS trap from %s, hstatus.SPV = %lu",
		      mode_names[mode], (unsigned long)(h_read(CSR_HSTATUS) >> 7 & 1));
		check(!h_read(CSR_HTVAL), "HS trap from %s, htval was 0x1234 = 0x%lx",
		      mode_names[mode], (unsigned long)h_read(CSR_HTVAL));
		check(!h_read(CSR_HTINST), "HS trap from %s, htinst was 0x3000 = 0x%lx",
		      mode_names[mode], (unsigned long)h_read(CSR_HTINST));
	}
}

void check_delegation(void)
{
	unsigned int i;

	area_begin(
		"deleg: each exception, kept or delegated by hedeleg, and what it leaves in CSRs");
	for (i = 0; i < ARRAY_SIZE(exceptions); i++) {
		if (exceptions[i].vs)
			check_exception(&exceptions[i], VS);
		if (exceptions[i].vu)
			check_exception(&exceptions[i], VU);
		use_stages(NULL, NULL);
		check_hs_modes(&exceptions[i]);
	}
	check_hs_state();
}
