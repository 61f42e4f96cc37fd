/* SPDX-License-Identifier: BSD-2-Clause */
/* sireg and vsireg for each kind of register that siselect and vsiselect can select. */
#include "aia.h"

static const uint16_t numbers[] = {
	0x00, 0x01, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36,  0x37,  0x38, 0x39,
	0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x6f, 0x70, 0x71,  0x72,  0x73, 0x74,
	0x7e, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x86, 0x87, 0x88, 0x8a,  0xbe,  0xbf, 0xc0,
	0xc1, 0xc2, 0xc3, 0xc6, 0xc7, 0xc8, 0xca, 0xfe, 0xff, 0x100, 0x1ff,
};

static bool is_iprio(unsigned int n)
{
	return n >= IPRIO0 && n < IPRIO0 + 16;
}

static bool is_external(unsigned int n)
{
	return n >= EIDELIVERY && n <= 0xff;
}

/* aia 3.8: with XLEN 64, odd registers of the arrays do not exist; lower reserved ones are zero. */
static bool exists(unsigned int n)
{
	return n < EIP0 || !(n & 1);
}

/* A read, and a write of the same value. */
static void try_both(enum mode mode, unsigned int csr, uint64_t cause, unsigned int which,
		     const char *name, unsigned int vgein)
{
	unsigned int write;

	for (write = 0; write < 2; write++) {
		uint32_t insn = write ? INSN_CSR(csr, 2, A1) & ~(31u << 7) : INSN_CSRR(csr);

		csr_write(0x150, which);
		h_write(CSR_VSISELECT, which);
		try_insn(mode, insn, 0, 0, VGEIN(vgein));
		/* These registers belong to other extensions. */
		if (!is_iprio(which) && !is_external(which))
			record("aia %s %s %s 0x%x, VGEIN %u: %s", mode_names[mode],
			       write ? "writes" : "reads", name, which, vgein, short_outcome());
		else
			check_short(cause ? TO_HS : DONE, cause, "aia %s %s %s 0x%x, VGEIN %u",
				    mode_names[mode], write ? "writes" : "reads", name, which,
				    vgein);
	}
}

static void check_register(unsigned int which)
{
	const unsigned int vgeins[] = { 0, 1, VGEIN_WRONG };
	bool there = is_iprio(which) ? !(which & 1) : aia.imsic && exists(which);
	unsigned int i;

	try_both(HS, CSR_SIREG, there ? 0 : CAUSE_ILLEGAL, which, "sireg", 0);
	try_both(U, CSR_SIREG, CAUSE_ILLEGAL, which, "sireg", 0);
	for (i = 0; i < ARRAY_SIZE(vgeins); i++) {
		if (vgeins[i] == 1 && !aia.files)
			continue;
		there = vgeins[i] == 1 && is_external(which) && exists(which);
		try_both(VS, CSR_SIREG, there ? 0 : CAUSE_VIRTUAL, which, "sireg", vgeins[i]);
		try_both(HS, CSR_VSIREG, there ? 0 : CAUSE_ILLEGAL, which, "vsireg", vgeins[i]);
	}
}

/* For all registers: VS mode has no vsireg, VU mode has neither sireg nor vsireg. */
static void check_never(unsigned int which)
{
	unsigned int csr;

	for (csr = CSR_SIREG; csr <= CSR_VSIREG; csr += CSR_VSIREG - CSR_SIREG) {
		unsigned int mode;

		for (mode = csr == CSR_SIREG ? VU : VS; mode <= VU; mode++) {
			h_write(CSR_VSISELECT, which);
			try_insn(mode, INSN_CSRR(csr), 0, 0, VGEIN(aia.files ? 1 : 0));
			check_end(TO_HS, CAUSE_VIRTUAL, "aia %s reads %s at all, selected 0x%x",
				  mode_names[mode], csr == CSR_SIREG ? "sireg" : "vsireg", which);
		}
	}
}

/* VS mode's siselect is vsiselect, and does not depend on HS mode's siselect. */
static void check_substitute(void)
{
	csr_write(0x150, 0x72);
	h_write(CSR_VSISELECT, 0x70);
	try_insn(VS, INSN_CSRR(CSR_SISELECT), 0, 0, 0);
	check_end(DONE, 0, "aia VS reads siselect, vsiselect 0x70");
	try_insn(VS, INSN_CSRW(CSR_SISELECT), 0x1c5, 0, 0);
	check(h_read(CSR_VSISELECT) == 0x1c5, "aia VS writes siselect 0x1c5 = vsiselect 0x%lx",
	      (unsigned long)h_read(CSR_VSISELECT));
	check(csr_read(0x150) == 0x72, "aia VS writes siselect 0x1c5 = siselect 0x%lx",
	      (unsigned long)csr_read(0x150));
}

/* aia 2.3: with Sscsrind there are five more windows, which have no registers in AIA's ranges. */
static void check_more_windows(void)
{
	static const uint8_t more[] = { 2, 3, 5, 6, 7 };
	static const uint16_t which[] = { 0x30, 0x70, 0x80 };
	unsigned int i, k;

	if (!aia.csrind) {
		record("aia sireg2 # SKIP no Sscsrind");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		for (k = 0; k < ARRAY_SIZE(which); k++) {
			uint64_t vgein = VGEIN(aia.files ? 1 : 0);

			csr_write(0x150, which[k]);
			h_write(CSR_VSISELECT, which[k]);
			try_insn(HS, INSN_CSRR(0x150 + more[i]), 0, 0, vgein);
			check_end(TO_HS, CAUSE_ILLEGAL, "aia HS reads CSR 0x%x, selected 0x%x",
				  0x150 + more[i], which[k]);
			try_insn(HS, INSN_CSRR(0x250 + more[i]), 0, 0, vgein);
			check_end(TO_HS, CAUSE_ILLEGAL, "aia HS reads CSR 0x%x, selected 0x%x",
				  0x250 + more[i], which[k]);
			try_insn(VS, INSN_CSRR(0x150 + more[i]), 0, 0, vgein);
			check_end(TO_HS, CAUSE_VIRTUAL, "aia VS reads CSR 0x%x, selected 0x%x",
				  0x150 + more[i], which[k]);
		}
	}
}

void check_aia_window(void)
{
	unsigned int i;

	area_begin("aia window: what sireg and vsireg give for what is selected");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		check_register(numbers[i]);
	check_never(0);
	check_never(0x30);
	check_never(0x70);
	check_never(0x81);
	check_substitute();
	check_more_windows();
}
