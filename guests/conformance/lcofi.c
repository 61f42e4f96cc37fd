/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local counter overflow interrupt (Sscofpmf): bit 13 of sie and sip, which HS mode has besides
 * those of VS level, and which software can set like an overflow.
 */
#include "aia.h"
#include "tables.h"

#define LCOFI	  13
#define BIT	  BIT64(LCOFI)
#define OVERFLOWS (CAUSE_INTERRUPT | LCOFI)

static void set(uint64_t sie_bits, uint64_t sip_bits)
{
	csr_clear(sie, BIT | BIT64(IRQ_SSI));
	csr_clear(sip, BIT | BIT64(IRQ_SSI));
	csr_set(sie, sie_bits);
	csr_set(sip, sip_bits);
}

static void check_bits(void)
{
	set(BIT, 0);
	check(csr_read(sie) & BIT, "lcofi sie.LCOFIE set = %u", !!(csr_read(sie) & BIT));
	check(!(csr_read(sip) & BIT), "lcofi sip.LCOFIP clear = %u", !!(csr_read(sip) & BIT));
	set(0, BIT);
	check(!(csr_read(sie) & BIT), "lcofi sie.LCOFIE clear = %u", !!(csr_read(sie) & BIT));
	check(csr_read(sip) & BIT, "lcofi sip.LCOFIP set = %u", !!(csr_read(sip) & BIT));
	set(0, 0);
}

/* sstatus.SIE is clear in HS mode, where run() starts. Each lower mode is interrupted. */
static void check_taken(enum mode mode)
{
	struct scene s;

	scene_make(&s, BARE, BARE, mode);
	scene_use(&s);
	set(BIT, BIT);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	check_short(mode == HS ? DONE : TO_HS, OVERFLOWS, "lcofi pending and enabled in %s",
		    mode_names[mode]);
	check((csr_read(sip) & csr_read(sie) & BIT), "lcofi pending and enabled in %s, then = %u",
	      mode_names[mode], !!(csr_read(sip) & csr_read(sie) & BIT));
	set(0, BIT);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	check_short(DONE, 0, "lcofi pending in %s", mode_names[mode]);
	check(csr_read(sip) & BIT, "lcofi pending in %s, then = %u", mode_names[mode],
	      !!(csr_read(sip) & BIT));
	set(BIT, 0);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	check_short(DONE, 0, "lcofi enabled in %s", mode_names[mode]);
	check(csr_read(sie) & BIT, "lcofi enabled in %s, then = %u", mode_names[mode],
	      !!(csr_read(sie) & BIT));
	set(0, 0);
}

/* priv H "Interrupts": LCOFI has the lowest default priority of all interrupts of HS mode. */
static void check_order(enum mode mode)
{
	set(BIT | BIT64(IRQ_SSI), BIT | BIT64(IRQ_SSI));
	try_insn(mode, INSN_NOP, 0, 0, 0);
	check_short(TO_HS, CAUSE_INTERRUPT | IRQ_SSI, "lcofi and SSI in %s", mode_names[mode]);
	set(BIT, BIT);
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_HVIP, BIT64(IRQ_VSSI));
	h_write(CSR_HIE, BIT64(IRQ_VSSI));
	h_settle();
	try_insn(mode, INSN_NOP, 0, 0, 0);
	check_short(TO_HS, CAUSE_INTERRUPT | IRQ_VSSI, "lcofi and VSSI in %s", mode_names[mode]);
	h_write(CSR_HVIP, 0);
	h_write(CSR_HIE, 0);
	h_settle();
	set(0, 0);
}

static uint64_t read_by(enum mode mode, unsigned int csr)
{
	uint64_t value = 0;

	if (!csr_read_in(mode, csr, &value))
		return ~UINT64_C(0);
	return value & BIT;
}

/* VS mode has bit 13 by hvien, and HS mode's bit is another one. */
static void check_levels(bool hvien, bool l1_bit)
{
	uint64_t l2_bit = hvien && !l1_bit ? BIT : 0, seen;

	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HVIEN, hvien ? BIT : 0);
	h_write(CSR_HVIP, 0);
	h_settle();
	set(l1_bit ? BIT : 0, 0);
	csr_write_in(VS, CSR_SIE, l1_bit ? 0 : BIT);
	seen = read_by(VS, CSR_SIE);
	check(seen == l2_bit, "lcofi sie of VS, hvien %u, sie of HS %u = 0x%lx", hvien, l1_bit,
	      (unsigned long)seen);
	seen = csr_read(sie) & BIT;
	check(seen == (l1_bit ? BIT : 0), "lcofi sie of HS %u, hvien %u, then = 0x%lx", l1_bit,
	      hvien, (unsigned long)seen);
	set(0, l1_bit ? BIT : 0);
	csr_write_in(VS, CSR_SIP, l1_bit ? 0 : BIT);
	seen = read_by(VS, CSR_SIP);
	check(seen == l2_bit, "lcofi sip of VS, hvien %u, sip of HS %u = 0x%lx", hvien, l1_bit,
	      (unsigned long)seen);
	seen = csr_read(sip) & BIT;
	check(seen == (l1_bit ? BIT : 0), "lcofi sip of HS %u, hvien %u, then = 0x%lx", l1_bit,
	      hvien, (unsigned long)seen);
	seen = h_read(CSR_VSIP) & BIT;
	check(seen == l2_bit, "lcofi vsip, hvien %u, sip of HS %u = 0x%lx", hvien, l1_bit,
	      (unsigned long)seen);
	h_write(CSR_VSIE, 0);
	h_write(CSR_HVIP, 0);
	h_write(CSR_HVIEN, 0);
	h_settle();
	set(0, 0);
}

/* VS mode takes an LCOFI that HS mode injects, whether HS mode enables its own or not. */
static void check_injected(bool l1_bit)
{
	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HVIEN, BIT);
	h_write(CSR_HVIP, BIT);
	h_write(CSR_VSIE, BIT);
	h_write(CSR_VSSTATUS, SSTATUS_SIE);
	h_settle();
	set(l1_bit ? BIT : 0, 0);
	try_insn(VS, INSN_NOP, 0, 0, 0);
	check_short(TO_VS, OVERFLOWS, "lcofi injected, sie of HS %u", l1_bit);
	h_write(CSR_VSSTATUS, 0);
	h_write(CSR_VSIE, 0);
	h_write(CSR_HVIP, 0);
	h_write(CSR_HVIEN, 0);
	h_settle();
	set(0, 0);
}

/* A pending interrupt ends WFI; one that VS level may get makes WFI of HS mode trap in Halite. */
static void check_wait(bool traps)
{
	h_write(CSR_HENVCFG, traps ? HENVCFG_STCE : 0);
	h_write(CSR_HIE, traps ? BIT64(IRQ_VSTI) : 0);
	h_write(CSR_VSTIMECMP, ~UINT64_C(1));
	h_settle();
	set(BIT, BIT);
	try_insn(HS, INSN_WFI, 0, 0, 0);
	check_short(DONE, 0, "lcofi ends WFI, timer of VS level %u", traps);
	h_write(CSR_HIE, 0);
	h_write(CSR_HENVCFG, 0);
	h_write(CSR_VSTIMECMP, ~UINT64_C(0));
	h_settle();
	set(0, 0);
}

void check_lcofi(void)
{
	enum mode mode;
	unsigned int i;

	area_begin("lcofi: the interrupt of counters that overflow");
	if (!has_extension("sscofpmf") || !has_extension("ssaia")) {
		record("lcofi # SKIP the ISA string has no sscofpmf and ssaia");
		return;
	}
	calm();
	check_bits();
	for (mode = HS; mode < MODES; mode++) {
		check_taken(mode);
		if (mode != HS)
			check_order(mode);
	}
	for (i = 0; i < 4; i++)
		check_levels(i & 1, i >> 1);
	check_injected(false);
	check_injected(true);
	check_wait(false);
	check_wait(true);
	tables_reset();
	calm();
}
