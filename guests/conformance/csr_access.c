/* SPDX-License-Identifier: BSD-2-Clause */
/* Which CSR can be read and written in which mode, and the exception if it cannot. */
#include "conformance.h"

/* Kinds of CSRs. */
enum { READ_WRITE, READ_ONLY, ABSENT };

struct csr_name {
	const char *name;
	uint16_t number;
	uint8_t kind;
};

/* CSRs of floating point, AIA, debugging and hcounteren are checked elsewhere. */
static const struct csr_name csrs[] = {
	{ "sstatus", 0x100, READ_WRITE },
	{ "sie", 0x104, READ_WRITE },
	{ "stvec", 0x105, READ_WRITE },
	{ "scounteren", 0x106, READ_WRITE },
	{ "senvcfg", 0x10a, READ_WRITE },
	{ "sscratch", 0x140, READ_WRITE },
	{ "sepc", 0x141, READ_WRITE },
	{ "scause", 0x142, READ_WRITE },
	{ "stval", 0x143, READ_WRITE },
	{ "sip", 0x144, READ_WRITE },
	{ "satp", 0x180, READ_WRITE },
	{ "vsstatus", 0x200, READ_WRITE },
	{ "vsie", 0x204, READ_WRITE },
	{ "vstvec", 0x205, READ_WRITE },
	{ "vsscratch", 0x240, READ_WRITE },
	{ "vsepc", 0x241, READ_WRITE },
	{ "vscause", 0x242, READ_WRITE },
	{ "vstval", 0x243, READ_WRITE },
	{ "vsip", 0x244, READ_WRITE },
	{ "vsatp", 0x280, READ_WRITE },
	{ "hstatus", 0x600, READ_WRITE },
	{ "hedeleg", 0x602, READ_WRITE },
	{ "hideleg", 0x603, READ_WRITE },
	{ "hie", 0x604, READ_WRITE },
	{ "htimedelta", 0x605, READ_WRITE },
	{ "hcounteren", 0x606, READ_WRITE },
	{ "hgeie", 0x607, READ_WRITE },
	{ "henvcfg", 0x60a, READ_WRITE },
	{ "htval", 0x643, READ_WRITE },
	{ "hip", 0x644, READ_WRITE },
	{ "hvip", 0x645, READ_WRITE },
	{ "htinst", 0x64a, READ_WRITE },
	{ "hgatp", 0x680, READ_WRITE },
	{ "hgeip", 0xe12, READ_ONLY },
	{ "mvendorid", 0xf11, READ_ONLY },
	{ "mhartid", 0xf14, READ_ONLY },
	{ "mstatus", 0x300, READ_WRITE },
	{ "misa", 0x301, READ_WRITE },
	{ "medeleg", 0x302, READ_WRITE },
	{ "mideleg", 0x303, READ_WRITE },
	{ "mie", 0x304, READ_WRITE },
	{ "mtvec", 0x305, READ_WRITE },
	{ "mcounteren", 0x306, READ_WRITE },
	{ "menvcfg", 0x30a, READ_WRITE },
	{ "mscratch", 0x340, READ_WRITE },
	{ "mepc", 0x341, READ_WRITE },
	{ "mcause", 0x342, READ_WRITE },
	{ "mtval", 0x343, READ_WRITE },
	{ "mip", 0x344, READ_WRITE },
	{ "mtinst", 0x34a, READ_WRITE },
	{ "mtval2", 0x34b, READ_WRITE },
	{ "pmpcfg0", 0x3a0, READ_WRITE },
	{ "pmpaddr0", 0x3b0, READ_WRITE },
	{ "mcycle", 0xb00, READ_WRITE },
	{ "mcountinhibit", 0x320, READ_WRITE },
	/* Numbers without a CSR, and CSRs for 32 bits only. */
	{ "0x0ff", 0x0ff, ABSENT },
	{ "sedeleg", 0x102, ABSENT },
	{ "sideleg", 0x103, ABSENT },
	{ "0x1ff", 0x1ff, ABSENT },
	{ "0x201", 0x201, ABSENT },
	{ "0x206", 0x206, ABSENT },
	{ "0x20a", 0x20a, ABSENT },
	{ "0x2ff", 0x2ff, ABSENT },
	{ "0x601", 0x601, ABSENT },
	{ "hedelegh", 0x612, ABSENT },
	{ "htimedeltah", 0x615, ABSENT },
	{ "henvcfgh", 0x61a, ABSENT },
	{ "0x642", 0x642, ABSENT },
	{ "0x6ff", 0x6ff, ABSENT },
	{ "0xaff", 0xaff, ABSENT },
	{ "0xe00", 0xe00, ABSENT },
	{ "0xe13", 0xe13, ABSENT },
	{ "0xeff", 0xeff, ABSENT },
	{ "cycleh", 0xc80, ABSENT },
	{ "timeh", 0xc81, ABSENT },
	{ "0x800", 0x800, ABSENT },
	{ "0xcff", 0xcff, ABSENT },
};

/*
 * Returns the exception, or 0. priv "H", "Trap Cause Codes": a virtual-instruction exception if HS
 * mode may do it and VS or VU mode may not; illegal instruction if HS mode may not do it either.
 */
static uint64_t expected(const struct csr_name *c, enum mode mode, bool write)
{
	unsigned int level = c->number >> 8 & 3; /* 0 U, 1 S, 2 HS and VS, 3 M */
	bool hs_may = c->kind != ABSENT && level != 3 && !(write && c->number >> 10 == 3);

	if (!hs_may)
		return CAUSE_ILLEGAL;
	switch (mode) {
	case HS:
		return 0;
	case VS:
		return level == 2 ? CAUSE_VIRTUAL : 0;
	case U:
		return level ? CAUSE_ILLEGAL : 0;
	default:
		return level ? CAUSE_VIRTUAL : 0;
	}
}

/* Writes are CSRRC without bits: this is a write, but changes nothing. */
static void check_one(const struct csr_name *c, enum mode mode, bool write)
{
	uint32_t insn = write ? INSN_CSR(c->number, 3, A1) & ~(31u << 7) : INSN_CSRR(c->number);
	uint64_t cause = expected(c, mode, write);

	try_insn(mode, insn, 0, 0, 0);
	/* The value is not printed: sepc and others hold addresses. */
	me->x[A0] = 0;
	check_end(cause ? TO_HS : DONE, cause, "access %s %s %s", mode_names[mode],
		  write ? "write" : "read", c->name);
}

/*
 * CSRRS with x0 does not write. CSRRW with rd = x0 writes but does not read. Also immediate
 * forms.
 */
static void check_forms(const char *name, uint32_t csr, enum mode mode)
{
	unsigned int f3;

	for (f3 = 1; f3 < 8; f3++) {
		uint32_t insn = INSN_CSR(csr, f3, 0);

		if (f3 == 4)
			continue;
		try_insn(mode, insn, 0, 0, 0);
		me->x[A0] = 0;
		if (mode == VS)
			check_end(TO_HS,
				  (f3 & 3) == 1 && csr >> 10 == 3 ? CAUSE_ILLEGAL : CAUSE_VIRTUAL,
				  "access VS funct3 %u rs1 0 of %s", f3, name);
		else if ((f3 & 3) == 1 && csr >> 10 == 3)
			check_end(TO_HS, CAUSE_ILLEGAL, "access HS funct3 %u rs1 0 of %s", f3,
				  name);
		else
			check_end(DONE, 0, "access HS funct3 %u rs1 0 of %s", f3, name);
	}
}

void check_csr_access(void)
{
	unsigned int i, mode, write;

	area_begin(
		"access: which CSR can be read and written in which mode, and which exception if "
		"not");
	for (i = 0; i < ARRAY_SIZE(csrs); i++) {
		for (mode = 0; mode < MODES; mode++) {
			for (write = 0; write < 2; write++)
				check_one(&csrs[i], mode, write);
		}
	}
	for (mode = HS; mode <= VS; mode += VS - HS) {
		check_forms("hgeip", CSR_HGEIP, mode);
		check_forms("htval", CSR_HTVAL, mode);
		check_forms("vsscratch", CSR_VSSCRATCH, mode);
	}
}
