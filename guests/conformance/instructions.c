/* SPDX-License-Identifier: BSD-2-Clause */
/* Privileged instructions in each mode, with each setting that makes them trap. */
#include "conformance.h"

#define VTX (HSTATUS_VTVM | HSTATUS_VTW | HSTATUS_VTSR)

/* Who may execute an instruction, without the bits of hstatus that make it trap in VS mode. */
enum who {
	HS_ONLY,   /* virtual instruction in VS and VU, illegal in U */
	HS_AND_VS, /* virtual instruction in VU, illegal in U */
	HS_AND_HU, /* also U mode with hstatus.HU */
	NOBODY,	   /* illegal in all modes */
	NOT_HS,	   /* VS may; illegal in U, virtual instruction in VU; not tried in HS mode */
	EVERYBODY,
	UNSPECIFIED,
};

struct instruction {
	const char *name;
	uint32_t insn;
	enum who who;
	uint64_t vs_trap; /* bits of hstatus that make it trap in VS mode */
};

static const struct instruction instructions[] = {
	{ "sret", INSN_SRET, NOT_HS, HSTATUS_VTSR },
	{ "sfence.vma x0, x0", INSN_FENCE(F7_SFENCE_VMA, 0, 0), HS_AND_VS, HSTATUS_VTVM },
	{ "sfence.vma a0, x0", INSN_FENCE(F7_SFENCE_VMA, A0, 0), HS_AND_VS, HSTATUS_VTVM },
	{ "sfence.vma x0, a1", INSN_FENCE(F7_SFENCE_VMA, 0, A1), HS_AND_VS, HSTATUS_VTVM },
	{ "sfence.vma a0, a1", INSN_FENCE(F7_SFENCE_VMA, A0, A1), HS_AND_VS, HSTATUS_VTVM },
	{ "sinval.vma a0, a1", INSN_FENCE(F7_SINVAL_VMA, A0, A1), HS_AND_VS, HSTATUS_VTVM },
	{ "sfence.w.inval", 0x18000073, HS_AND_VS, 0 },
	{ "sfence.inval.ir", 0x18100073, HS_AND_VS, 0 },
	{ "hfence.vvma x0, x0", INSN_FENCE(F7_HFENCE_VVMA, 0, 0), HS_ONLY, 0 },
	{ "hfence.vvma a0, a1", INSN_FENCE(F7_HFENCE_VVMA, A0, A1), HS_ONLY, 0 },
	{ "hfence.gvma x0, x0", INSN_FENCE(F7_HFENCE_GVMA, 0, 0), HS_ONLY, 0 },
	{ "hfence.gvma a0, a1", INSN_FENCE(F7_HFENCE_GVMA, A0, A1), HS_ONLY, 0 },
	{ "hinval.vvma a0, a1", INSN_FENCE(F7_HINVAL_VVMA, A0, A1), HS_ONLY, 0 },
	{ "hinval.gvma a0, a1", INSN_FENCE(F7_HINVAL_GVMA, A0, A1), HS_ONLY, 0 },
	{ "csrr satp", INSN_CSRR(0x180), HS_AND_VS, HSTATUS_VTVM },
	{ "csrw satp", INSN_CSRW(0x180), HS_AND_VS, HSTATUS_VTVM },
	{ "hlv.b", INSN_HLV(0x30, 0), HS_AND_HU, 0 },
	{ "hlv.bu", INSN_HLV(0x30, 1), HS_AND_HU, 0 },
	{ "hlv.h", INSN_HLV(0x32, 0), HS_AND_HU, 0 },
	{ "hlv.hu", INSN_HLV(0x32, 1), HS_AND_HU, 0 },
	{ "hlvx.hu", INSN_HLV(0x32, 3), HS_AND_HU, 0 },
	{ "hlv.w", INSN_HLV(0x34, 0), HS_AND_HU, 0 },
	{ "hlv.wu", INSN_HLV(0x34, 1), HS_AND_HU, 0 },
	{ "hlvx.wu", INSN_HLV(0x34, 3), HS_AND_HU, 0 },
	{ "hlv.d", INSN_HLV(0x36, 0), HS_AND_HU, 0 },
	{ "hsv.b", INSN_HSV(0x31), HS_AND_HU, 0 },
	{ "hsv.h", INSN_HSV(0x33), HS_AND_HU, 0 },
	{ "hsv.w", INSN_HSV(0x35), HS_AND_HU, 0 },
	{ "hsv.d", INSN_HSV(0x37), HS_AND_HU, 0 },
	{ "hlvx.bu (reserved)", INSN_HLV(0x30, 3), NOBODY, 0 },
	{ "hlvx.d (reserved)", INSN_HLV(0x36, 3), NOBODY, 0 },
	{ "hlv.du (reserved)", INSN_HLV(0x36, 1), NOBODY, 0 },
	{ "hlv, rs2 2 (reserved)", INSN_HLV(0x34, 2), NOBODY, 0 },
	{ "hsv.d, rd a0 (reserved)", INSN_HSV(0x37) | A0 << 7, NOBODY, 0 },
	{ "hfence.gvma, rd a0 (reserved)", INSN_FENCE(F7_HFENCE_GVMA, 0, 0) | A0 << 7, NOBODY, 0 },
	{ "hfence.vvma, rd a0 (reserved)", INSN_FENCE(F7_HFENCE_VVMA, 0, 0) | A0 << 7, NOBODY, 0 },
	{ "sfence.vma, rd a0 (reserved)", INSN_FENCE(F7_SFENCE_VMA, 0, 0) | A0 << 7, NOBODY, 0 },
	{ "mret", INSN_MRET, NOBODY, 0 },
	{ "mnret", 0x70200073, NOBODY, 0 },
	{ "uret", 0x00200073, NOBODY, 0 },
	{ "dret", 0x7b200073, NOBODY, 0 },
	{ "system 0x80000073", 0x80000073, NOBODY, 0 },
	{ "csrr 0x5c0", INSN_CSRR(0x5c0), NOBODY, 0 },
	{ "all-ones", 0xffffffff, NOBODY, 0 },
	{ "zero", 0x00000000, NOBODY, 0 },
	{ "ebreak", INSN_EBREAK, UNSPECIFIED, 0 },
	{ "wrs.sto", 0x01d00073, UNSPECIFIED, 0 },
	{ "fence", 0x0ff0000f, EVERYBODY, 0 },
	{ "fence.i", 0x0000100f, EVERYBODY, 0 },
	{ "pause", 0x0100000f, EVERYBODY, 0 },
	{ "fadd.d without FS", 0x02000053, NOBODY, 0 },
	{ "vsetvli without VS", 0x0d007057, NOBODY, 0 },
};

/* Returns the expected cause; 0 if it works. */
static uint64_t expected(const struct instruction *i, enum mode mode, uint64_t hstatus)
{
	switch (i->who) {
	case HS_ONLY:
		return mode == HS ? 0 : mode == U ? CAUSE_ILLEGAL : CAUSE_VIRTUAL;
	case HS_AND_VS:
	case NOT_HS:
		if (mode == VS)
			return hstatus & i->vs_trap ? CAUSE_VIRTUAL : 0;
		return mode == HS ? 0 : mode == U ? CAUSE_ILLEGAL : CAUSE_VIRTUAL;
	case HS_AND_HU:
		if (IS_VIRTUAL(mode))
			return CAUSE_VIRTUAL;
		return mode == HS || (hstatus & HSTATUS_HU) ? 0 : CAUSE_ILLEGAL;
	case NOBODY:
		return CAUSE_ILLEGAL;
	default:
		return 0;
	}
}

static void check_one(const struct instruction *i, enum mode mode, uint64_t hstatus, bool there)
{
	static uint64_t word[2];
	uint64_t cause = there ? expected(i, mode, hstatus) : CAUSE_ILLEGAL;
	const char *text = hstatus ? "" : " no bits";

	/* SRET in VS mode continues at the next instruction. */
	h_write(CSR_VSEPC, (uintptr_t)code_page() + 4);
	h_write(CSR_VSSTATUS, SSTATUS_SPP);
	try_insn(mode, i->insn, i->insn == INSN_CSRW(0x180) ? 0 : (uintptr_t)word, 0, hstatus);
	me->x[A0] = 0;
	if (i->who == UNSPECIFIED)
		record_end("insn %s in %s,%s%s%s%s%s", i->name, mode_names[mode], text,
			   hstatus & HSTATUS_VTSR ? " VTSR" : "",
			   hstatus & HSTATUS_VTW ? " VTW" : "",
			   hstatus & HSTATUS_VTVM ? " VTVM" : "",
			   hstatus & HSTATUS_HU ? " HU" : "");
	else
		check_end(cause ? TO_HS : DONE, cause, "insn %s in %s,%s%s%s%s%s", i->name,
			  mode_names[mode], text, hstatus & HSTATUS_VTSR ? " VTSR" : "",
			  hstatus & HSTATUS_VTW ? " VTW" : "",
			  hstatus & HSTATUS_VTVM ? " VTVM" : "", hstatus & HSTATUS_HU ? " HU" : "");
}

static void check_instruction(const struct instruction *i)
{
	bool there = true;
	unsigned int mode, n;

	/* Svinval is optional: without it these instructions are illegal. */
	if (i->who != NOT_HS && i->who != UNSPECIFIED) {
		try_insn(HS, i->insn, i->who == HS_AND_HU ? (uintptr_t)code_page() : 0, 0, 0);
		there = ended().to == DONE;
		if (i->who == HS_AND_HU)
			there = true;
	}
	for (mode = i->who == NOT_HS ? U : HS; mode < MODES; mode++) {
		for (n = 0; n < 16; n++) {
			uint64_t bits = (n & 1 ? HSTATUS_VTSR : 0) | (n & 2 ? HSTATUS_VTW : 0) |
					(n & 4 ? HSTATUS_VTVM : 0) | (n & 8 ? HSTATUS_HU : 0);

			/*
			 * HU affects U mode, the other bits VS mode. Other modes get none or
			 * all.
			 */
			if (n == 0 || n == 15 || (mode == VS && n < 8 && (i->vs_trap || n == 7)) ||
			    (mode == U && n == 8))
				check_one(i, mode, bits, there);
		}
	}
}

/* WFI ends if an interrupt is pending and enabled in sie or vsie, even if SIE is clear. */
static void check_wfi(void)
{
	unsigned int n;

	csr_write(sip, 2);
	csr_set(sie, 2);
	try_insn(HS, INSN_WFI, 0, 0, 0);
	check_end(DONE, 0, "insn wfi in HS with SSIP pending");
	csr_clear(sie, 2);
	csr_write(sip, 0);
	h_write(CSR_HIDELEG, 0x444);
	h_write(CSR_HIE, 4);
	h_write(CSR_HVIP, 4);
	for (n = 0; n < 8; n++) {
		uint64_t bits = (n & 1 ? HSTATUS_VTSR : 0) | (n & 2 ? HSTATUS_VTW : 0) |
				(n & 4 ? HSTATUS_VTVM : 0);

		h_write(CSR_VSSTATUS, 0);
		try_insn(VS, INSN_WFI, 0, 0, bits);
		/* With VTW it may end in time, or trap. */
		if (bits & HSTATUS_VTW)
			record_end("insn wfi in VS with VSSIP pending, hstatus 0x%lx",
				   (unsigned long)bits);
		else
			check_end(DONE, 0, "insn wfi in VS with VSSIP pending, hstatus 0x%lx",
				  (unsigned long)bits);
		h_write(CSR_HIE, 0);
		try_insn(VU, INSN_WFI, 0, 0, bits);
		check_end(TO_HS, CAUSE_VIRTUAL, "insn wfi in VU, hstatus 0x%lx",
			  (unsigned long)bits);
		/* Nothing is enabled: with VTW only the trap can end it. */
		if (bits & HSTATUS_VTW) {
			try_insn(VS, INSN_WFI, 0, 0, bits);
			check_end(TO_HS, CAUSE_VIRTUAL,
				  "insn wfi in VS, nothing enabled, hstatus 0x%lx",
				  (unsigned long)bits);
		}
		h_write(CSR_HIE, 4);
	}
	calm();
	try_insn(U, INSN_WFI, 0, 0, 0);
	record_end("insn wfi in U");
}

/* CBO instructions under henvcfg and senvcfg. */
static void check_cbo(void)
{
	static const char *const names[] = { "cbo.inval", "cbo.clean", "cbo.flush", "",
					     "cbo.zero" };
	static uint8_t block[256] __attribute__((aligned(64)));
	static const uint64_t settings[] = { 0, 0xf0, 0xd0, 0x10, 0x40, 0x80 };
	unsigned int op, mode, h, s;

	for (op = 0; op < 5; op++) {
		if (op == 3)
			continue;
		for (mode = U; mode < MODES; mode++) {
			for (h = 0; h < ARRAY_SIZE(settings); h++) {
				for (s = 0; s < 2; s++) {
					uint64_t sbits = s ? 0xf0 : 0;
					bool may_h, may_s;
					uint64_t need = op == 4 ? 0x80 : op == 0 ? 0x10 : 0x40;

					may_h = mode == U || (settings[h] & need);
					may_s = mode == VS || (sbits & need);
					h_write(CSR_HENVCFG, settings[h]);
					csr_write(senvcfg, sbits);
					try_insn(mode, INSN_CBO(op), (uintptr_t)block + 64, 0, 0);
					me->x[A0] = 0;
					check_end(may_h && may_s ? DONE : TO_HS,
						  mode == U ? CAUSE_ILLEGAL : CAUSE_VIRTUAL,
						  "insn %s in %s, henvcfg 0x%lx senvcfg 0x%lx",
						  names[op], mode_names[mode],
						  (unsigned long)settings[h], (unsigned long)sbits);
				}
			}
		}
	}
	calm();
}

/* Floating point needs FS in sstatus and vsstatus, and makes both dirty. */
static void check_fp(void)
{
	const uint32_t fmv = 0xf2050053; /* fmv.d.x f0, a0 */
	unsigned int fs, vs, mode;

	for (fs = 0; fs < 4; fs++) {
		for (vs = 0; vs < 4; vs++) {
			for (mode = VS; mode <= VU; mode++) {
				csr_clear(sstatus, SSTATUS_FS);
				csr_set(sstatus, (uint64_t)fs << 13);
				h_write(CSR_VSSTATUS, (uint64_t)vs << 13);
				try_insn(mode, fmv, 0, 0, 0);
				check_end(fs && vs ? DONE : TO_HS, CAUSE_ILLEGAL,
					  "insn fmv.d.x in %s, sstatus.FS %u vsstatus.FS %u",
					  mode_names[mode], fs, vs);
				check(!(fs && vs) ||
					      ((me->status >> 13 & 3) == 3 &&
					       (h_read_settled(CSR_VSSTATUS) >> 13 & 3) == 3),
				      "insn fmv.d.x in %s, sstatus.FS %u vsstatus.FS %u, then = "
				      "%lu and %lu",
				      mode_names[mode], fs, vs,
				      (unsigned long)(me->status >> 13 & 3),
				      (unsigned long)(h_read_settled(CSR_VSSTATUS) >> 13 & 3));
			}
		}
	}
	calm();
}

void check_instructions(void)
{
	unsigned int i;

	area_begin("insn: privileged instructions in each mode, under VTSR, VTW, VTVM, HU, envcfg, "
		   "FS");
	for (i = 0; i < ARRAY_SIZE(instructions); i++)
		check_instruction(&instructions[i]);
	check_wfi();
	check_cbo();
	check_fp();
}
