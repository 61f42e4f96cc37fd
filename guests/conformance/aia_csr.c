/* SPDX-License-Identifier: BSD-2-Clause */
/* The CSRs of AIA: the values that they hold, who can access them, and effects of hstateen0. */
#include <stdio.h>

#include "aia.h"

#define LOW13 UINT64_C(0x1fff)

/* ---- values ---- */

/* Whether the bits are consecutive from bit 0 up, and at least @least. */
static bool is_low_mask(uint64_t bits, unsigned int least)
{
	return !(bits & (bits + 1)) && bits >= BIT64(least) - 1;
}

/* aia 5.4.1, 6.3.1: each byte is zero and read-only, or as wide as the others, at least 6 bits. */
static bool lawful_priorities(uint64_t all_ones, uint64_t zero_bytes)
{
	unsigned int i, width = 0;

	for (i = 0; i < 8; i++) {
		unsigned int byte = all_ones >> 8 * i & 0xff;

		if (!byte)
			continue;
		if (zero_bytes >> i & 1 || !is_low_mask(byte, 6) || (width && byte != width))
			return false;
		width = byte;
	}
	return true;
}

static bool lawful_hvien(uint64_t all_ones)
{
	return !(all_ones & LOW13);
}

static bool lawful_hvictl(uint64_t all_ones)
{
	uint64_t others = HVICTL_VTI | HVICTL_DPR | HVICTL_IPRIOM | 0xff;

	return (all_ones & ~HVICTL_IID(0xfff)) == others && is_low_mask(all_ones >> 16 & 0xfff, 6);
}

/* Interrupts 0, 4 and 8 have no priority. */
static bool lawful_hviprio1(uint64_t all_ones)
{
	return lawful_priorities(all_ones, BIT64(0) | BIT64(2) | BIT64(4));
}

static bool lawful_hviprio2(uint64_t all_ones)
{
	return lawful_priorities(all_ones, 0);
}

static bool lawful_vsiselect(uint64_t all_ones)
{
	return (all_ones & 0x1ff) == 0x1ff;
}

static bool lawful_siselect(uint64_t all_ones)
{
	return aia.imsic ? (all_ones & 0xff) == 0xff : (all_ones & 0x3f) == 0x3f;
}

static const struct {
	const char *name;
	uint16_t number;
	bool (*lawful)(uint64_t all_ones);
} csrs[] = {
	{ "hvien", CSR_HVIEN, lawful_hvien },
	{ "hvictl", CSR_HVICTL, lawful_hvictl },
	{ "hviprio1", CSR_HVIPRIO1, lawful_hviprio1 },
	{ "hviprio2", CSR_HVIPRIO2, lawful_hviprio2 },
	{ "vsiselect", CSR_VSISELECT, lawful_vsiselect },
	{ "siselect", CSR_SISELECT, lawful_siselect },
};

static uint64_t write_and_read(unsigned int csr, uint64_t value)
{
	aia_csr_write(csr, 0);
	h_settle();
	aia_csr_write(csr, value);
	return aia_csr_read(csr);
}

/* Each single bit that is written can be read back if it can be read back after all ones. */
static void check_values(unsigned int n)
{
	const char *name = csrs[n].name;
	unsigned int csr = csrs[n].number, bit;
	uint64_t all = write_and_read(csr, ~UINT64_C(0)), seen;

	check(csrs[n].lawful(all), "aia %s all-ones = 0x%lx", name, (unsigned long)all);
	seen = write_and_read(csr, 0);
	check(!seen, "aia %s zeros = 0x%lx", name, (unsigned long)seen);
	seen = write_and_read(csr, UINT64_C(0x5555555555555555));
	check(seen == (all & UINT64_C(0x5555555555555555)), "aia %s 0x5555 = 0x%lx", name,
	      (unsigned long)seen);
	for (bit = 0; bit < 64; bit++) {
		seen = write_and_read(csr, BIT64(bit));
		check(seen == (all & BIT64(bit)), "aia %s bit %u = 0x%lx", name, bit,
		      (unsigned long)seen);
	}
	aia_csr_write(csr, 0);
	h_settle();
}

/* aia 6.3.2: a bit of hvip is writable if the bit of hvien is, whatever hvien's value is. */
static void check_hvip(void)
{
	uint64_t hvien = write_and_read(CSR_HVIEN, ~UINT64_C(0)) & ~LOW13;
	uint64_t all, seen;
	unsigned int bit;

	all = write_and_read(CSR_HVIP, ~LOW13) & ~LOW13;
	check(all == hvien, "aia hvip above bit 12 all-ones, hvien all-ones = 0x%lx",
	      (unsigned long)all);
	for (bit = 13; bit < 64; bit++) {
		seen = write_and_read(CSR_HVIP, BIT64(bit)) & ~LOW13;
		check(seen == (all & BIT64(bit)), "aia hvip bit %u = 0x%lx", bit,
		      (unsigned long)seen);
	}
	h_write(CSR_HVIP, 0);
	h_settle();
	h_write(CSR_HVIEN, 0);
	h_settle();
	all = write_and_read(CSR_HVIP, ~LOW13) & ~LOW13;
	check(all == hvien, "aia hvip above bit 12 all-ones, hvien 0 = 0x%lx", (unsigned long)all);
	h_write(CSR_HVIP, 0);
	h_settle();
}

/*
 * Interrupts that sie or hie can enable may have a priority; the external interrupt has none (aia
 * 5.4.1).
 */
static void check_iprio(void)
{
	uint64_t old = csr_read(sie), enable;
	unsigned int which, i;

	csr_write(sie, ~UINT64_C(0));
	h_write(CSR_HIE, ~UINT64_C(0));
	enable = csr_read(sie) | h_read(CSR_HIE);
	h_write(CSR_HIE, 0);
	h_settle();
	csr_write(sie, old);
	for (which = IPRIO0; which < IPRIO0 + 16; which += 2) {
		uint64_t forbidden = ~enable >> (which - IPRIO0) * 4 & 0xff, seen;

		if (which == IPRIO0 + 2)
			forbidden |= BIT64(1);
		csr_write(0x150, which);
		csr_write(0x151, ~UINT64_C(0));
		seen = csr_read(0x151);
		check(lawful_priorities(seen, forbidden), "aia iprio 0x%x all-ones = 0x%lx", which,
		      (unsigned long)seen);
		for (i = 0; i < 8; i++) {
			uint64_t byte = UINT64_C(0xa5) << 8 * i;

			csr_write(0x151, byte);
			check(csr_read(0x151) == (seen & byte),
			      "aia iprio 0x%x byte %u 0xa5 = 0x%lx", which, i,
			      (unsigned long)csr_read(0x151));
		}
		csr_write(0x151, 0);
		check(!csr_read(0x151), "aia iprio 0x%x zeros = 0x%lx", which,
		      (unsigned long)csr_read(0x151));
	}
	csr_write(0x150, 0);
}

/* hgeie has bits 1 to GEILEN. hstatus.VGEIN holds 0 to GEILEN. */
static void check_geilen(void)
{
	uint64_t all = write_and_read(CSR_HGEIE, ~UINT64_C(0));
	unsigned int i;

	check(!(all & 1) && !(all & (all + 2)), "aia hgeie all-ones = contiguous from bit 1: %s",
	      !(all & 1) && !(all & (all + 2)) ? "yes" : "no");
	check(!write_and_read(CSR_HGEIE, 0), "aia hgeie zeros = 0x%lx",
	      (unsigned long)h_read(CSR_HGEIE));
	check(!write_and_read(CSR_HGEIE, ~all), "aia hgeie beyond GEILEN = 0x%lx",
	      (unsigned long)h_read(CSR_HGEIE));
	for (i = 1; i <= aia.files; i++) {
		uint64_t seen = write_and_read(CSR_HGEIE, BIT64(i));

		check(seen == BIT64(i), "aia hgeie bit %u = 0x%lx", i, (unsigned long)seen);
		seen = write_and_read(CSR_HSTATUS, VGEIN(i)) >> 12 & 0x3f;
		check(seen == i, "aia hstatus.VGEIN %u = %lu", i, (unsigned long)seen);
	}
	aia_csr_write(CSR_HGEIE, 0);
	aia_csr_write(CSR_HSTATUS, 0);
	h_settle();
	check(!h_read(CSR_HGEIP), "aia hgeip, nothing pending = 0x%lx",
	      (unsigned long)h_read(CSR_HGEIP));
	check(!h_read(CSR_VSTOPI), "aia vstopi, nothing pending = 0x%lx",
	      (unsigned long)h_read(CSR_VSTOPI));
	check(!csr_read(0xdb0), "aia stopi, nothing pending = 0x%lx",
	      (unsigned long)csr_read(0xdb0));
}

/* ---- access ---- */

enum { READ_WRITE, READ_ONLY, ABSENT };

static const struct {
	const char *name;
	uint16_t number;
	uint8_t kind;
} names[] = {
	{ "siselect", CSR_SISELECT, READ_WRITE },
	{ "sireg", CSR_SIREG, READ_WRITE },
	{ "stopei", CSR_STOPEI, READ_WRITE },
	{ "stopi", CSR_STOPI, READ_ONLY },
	{ "vsiselect", CSR_VSISELECT, READ_WRITE },
	{ "vsireg", CSR_VSIREG, READ_WRITE },
	{ "vstopei", CSR_VSTOPEI, READ_WRITE },
	{ "vstopi", CSR_VSTOPI, READ_ONLY },
	{ "hvien", CSR_HVIEN, READ_WRITE },
	{ "hvictl", CSR_HVICTL, READ_WRITE },
	{ "hviprio1", CSR_HVIPRIO1, READ_WRITE },
	{ "hviprio2", CSR_HVIPRIO2, READ_WRITE },
	/* CSRs for 32 bits only, CSRs of machine level, and numbers without a CSR. */
	{ "sieh", 0x114, ABSENT },
	{ "siph", 0x154, ABSENT },
	{ "vsieh", 0x214, ABSENT },
	{ "vsiph", 0x254, ABSENT },
	{ "hidelegh", 0x613, ABSENT },
	{ "hvienh", 0x618, ABSENT },
	{ "hviph", 0x655, ABSENT },
	{ "hviprio1h", 0x656, ABSENT },
	{ "hviprio2h", 0x657, ABSENT },
	{ "miselect", 0x350, ABSENT },
	{ "mireg", 0x351, ABSENT },
	{ "mtopei", 0x35c, ABSENT },
	{ "mtopi", 0xfb0, ABSENT },
	{ "mvien", 0x308, ABSENT },
	{ "mvip", 0x309, ABSENT },
	{ "0x15b", 0x15b, ABSENT },
	{ "0x25b", 0x25b, ABSENT },
	{ "0x648", 0x648, ABSENT },
	{ "0xdb1", 0xdb1, ABSENT },
	{ "0xeb1", 0xeb1, ABSENT },
};

/* Returns the exception by the rules of the H extension, or 0. */
static uint64_t usual(unsigned int n, enum mode mode, bool write)
{
	unsigned int level = names[n].number >> 8 & 3;

	if (names[n].kind == ABSENT || (write && names[n].kind == READ_ONLY))
		return CAUSE_ILLEGAL;
	switch (mode) {
	case HS:
		return 0;
	case VS:
		return level == 2 ? CAUSE_VIRTUAL : 0;
	case U:
		return CAUSE_ILLEGAL;
	default:
		return CAUSE_VIRTUAL;
	}
}

/* aia 2.3: without an interrupt file, eidelivery and the top external interrupt do not exist. */
static uint64_t expected(unsigned int n, enum mode mode, bool write, bool file)
{
	uint64_t cause = usual(n, mode, write);

	switch (names[n].number) {
	case CSR_SIREG:
	case CSR_STOPEI:
		if (mode == HS && !aia.imsic)
			return CAUSE_ILLEGAL;
		return mode == VS && !file ? CAUSE_VIRTUAL : cause;
	case CSR_VSIREG:
	case CSR_VSTOPEI:
		return mode == HS && !file ? CAUSE_ILLEGAL : cause;
	default:
		return cause;
	}
}

static void check_access(unsigned int n, enum mode mode, bool write, unsigned int vgein)
{
	unsigned int csr = names[n].number;
	/* CSRRC without bits is a write that changes nothing and claims nothing. */
	uint32_t insn = write ? INSN_CSR(csr, 3, A1) & ~(31u << 7) : INSN_CSRR(csr);
	bool file = vgein && vgein <= aia.files;
	uint64_t cause = expected(n, mode, write, file);

	csr_write(0x150, EIDELIVERY);
	h_write(CSR_VSISELECT, EIDELIVERY);
	try_insn(mode, insn, 0, 0, VGEIN(vgein));
	/* hstatus is not printed: VGEIN need not hold the number of a missing file. */
	check_short(cause ? TO_HS : DONE, cause, "aia %s %s %s, VGEIN %u", mode_names[mode],
		    write ? "writes" : "reads", names[n].name, vgein);
}

static void check_all_access(void)
{
	const unsigned int vgeins[] = { 0, aia.files ? 1 : 0, VGEIN_WRONG };
	unsigned int n, mode, write, i;

	for (n = 0; n < ARRAY_SIZE(names); n++) {
		bool of_file = names[n].number == CSR_SIREG || names[n].number == CSR_STOPEI ||
			       names[n].number == CSR_VSIREG || names[n].number == CSR_VSTOPEI;

		for (i = 0; i < (of_file ? ARRAY_SIZE(vgeins) : 1); i++) {
			if (i == 1 && !aia.files)
				continue;
			for (mode = 0; mode < MODES; mode++) {
				for (write = 0; write < 2; write++)
					check_access(n, mode, write, vgeins[i]);
			}
		}
	}
	csr_write(0x150, 0);
	h_write(CSR_VSISELECT, 0);
}

/* ---- hstateen0 ---- */

static void check_gate(uint64_t bits, enum mode mode, const char *name, uint32_t insn, bool may)
{
	try_insn(mode, insn, 0, 0, VGEIN(aia.files ? 1 : 0));
	me->x[A0] = 0;
	check_end(may ? DONE : TO_HS, CAUSE_VIRTUAL, "aia CSRIND %u AIA %u IMSIC %u, %s %s",
		  !!(bits & STATEEN_CSRIND), !!(bits & STATEEN_AIA), !!(bits & STATEEN_IMSIC),
		  mode_names[mode], name);
}

/* aia 2.5. In HS mode, hstateen0 forbids nothing. */
static void check_stateen(void)
{
	const uint64_t all = STATEEN_CSRIND | STATEEN_AIA | STATEEN_IMSIC;
	unsigned int n;

	if (!aia.stateen) {
		record("aia hstateen0 # SKIP there is none");
		return;
	}
	h_write(CSR_HSTATEEN0, 0);
	h_settle();
	h_write(CSR_HSTATEEN0, all);
	check((h_read(CSR_HSTATEEN0) & all) == (aia.imsic ? all : all & ~STATEEN_IMSIC),
	      "aia hstateen0 bits 58 to 60 = 0x%lx", (unsigned long)(h_read(CSR_HSTATEEN0) & all));
	for (n = 0; n < 8; n++) {
		uint64_t bits = (n & 1 ? STATEEN_IMSIC : 0) | (n & 2 ? STATEEN_AIA : 0) |
				(n & 4 ? STATEEN_CSRIND : 0);
		bool imsic = n & 1 && aia.files, csrind = n & 4;

		h_write(CSR_HSTATEEN0, bits | ~all);
		h_write(CSR_VSISELECT, EIDELIVERY);
		csr_write(0x150, EIDELIVERY);
		h_settle();
		check_gate(bits, VS, "siselect read", INSN_CSRR(CSR_SISELECT), csrind);
		check_gate(bits, VS, "siselect write", INSN_CSR(CSR_SISELECT, 2, A1), csrind);
		check_gate(bits, VS, "sireg read", INSN_CSRR(CSR_SIREG), csrind && imsic);
		check_gate(bits, VS, "sireg write", INSN_CSR(CSR_SIREG, 2, A1), csrind && imsic);
		check_gate(bits, VS, "vsireg read", INSN_CSRR(CSR_VSIREG), false);
		check_gate(bits, VU, "sireg read", INSN_CSRR(CSR_SIREG), false);
		check_gate(bits, VS, "stopei read", INSN_CSRR(CSR_STOPEI), imsic);
		check_gate(bits, VS, "stopei write", INSN_CSR(CSR_STOPEI, 2, A1), imsic);
		check_gate(bits, VS, "stopi read", INSN_CSRR(CSR_STOPI), n & 2);
		check_gate(bits, VS, "sip read", INSN_CSRR(CSR_SIP), true);
		check_gate(bits, VS, "sie read", INSN_CSRR(CSR_SIE), true);
		check_gate(bits, HS, "siselect read", INSN_CSRR(CSR_SISELECT), true);
		check_gate(bits, HS, "vsiselect read", INSN_CSRR(CSR_VSISELECT), true);
		check_gate(bits, HS, "vstopi read", INSN_CSRR(CSR_VSTOPI), true);
		check_gate(bits, HS, "hvictl read", INSN_CSRR(CSR_HVICTL), true);
		if (aia.files) {
			check_gate(bits, HS, "vsireg read", INSN_CSRR(CSR_VSIREG), true);
			check_gate(bits, HS, "vstopei read", INSN_CSRR(CSR_VSTOPEI), true);
		}
	}
	h_write(CSR_HSTATEEN0, ~UINT64_C(0));
	h_settle();
}

void check_aia_csr(void)
{
	unsigned int i;

	area_begin("aia csr: AIA's CSRs: what they hold, who reaches them, what hstateen0 forbids");
	for (i = 0; i < ARRAY_SIZE(csrs); i++)
		check_values(i);
	check_hvip();
	check_iprio();
	check_geilen();
	check_all_access();
	check_stateen();
}
