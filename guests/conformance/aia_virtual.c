/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts 13 to 63 for VS level by hideleg, hvien and hvip; and accesses that hvictl.VTI
 * forbids.
 */
#include "aia.h"

static const uint8_t some[] = { 13, 14, 16, 23, 24, 31, 32, 35, 43, 47, 48, 63 };

static uint64_t read_in(enum mode mode, uint32_t csr)
{
	try_insn(mode, INSN_CSRR(csr), 0, 0, 0);
	return ended().to == DONE ? me->x[A0] : ~UINT64_C(0);
}

struct alias {
	unsigned int irq;
	bool hideleg, hvien; /* the bits that the CSRs hold */
};

static struct alias arrange(unsigned int irq, bool hideleg, bool hvien)
{
	struct alias a = { .irq = irq };

	h_write(CSR_HIDELEG, VS_IRQS | (hideleg ? BIT64(irq) : 0));
	h_write(CSR_HVIEN, hvien ? BIT64(irq) : 0);
	h_settle();
	a.hideleg = h_read(CSR_HIDELEG) >> irq & 1;
	a.hvien = h_read(CSR_HVIEN) >> irq & 1;
	return a;
}

/* The pending bit is hvip's or sip's, by the table of aia 6.3.2. */
static void check_pending_bit(const struct alias *a, bool pending)
{
	uint64_t bit = BIT64(a->irq), expected, seen;
	uint64_t sip;

	h_write(CSR_HVIP, pending ? bit : 0);
	h_settle();
	sip = csr_read(sip) & bit;
	expected = a->hideleg ? sip : a->hvien ? h_read(CSR_HVIP) & bit : 0;
	seen = h_read(CSR_VSIP) & bit;
	check(seen == expected, "aia irq %u, hideleg %u hvien %u hvip %u = vsip %u", a->irq,
	      a->hideleg, a->hvien, pending, !!seen);
	seen = read_in(VS, CSR_SIP) & bit;
	check(seen == expected, "aia irq %u, hideleg %u hvien %u hvip %u, sip in VS = %u", a->irq,
	      a->hideleg, a->hvien, pending, !!seen);
	check(!(h_read(CSR_HIP) & bit), "aia irq %u, hideleg %u hvien %u hvip %u = hip %u", a->irq,
	      a->hideleg, a->hvien, pending, !!(h_read(CSR_HIP) & bit));
}

/* The enable bit is writable if hideleg or hvien is set. Without hideleg it is not sie's bit. */
static void check_enable_bit(const struct alias *a)
{
	uint64_t bit = BIT64(a->irq), expected = a->hideleg || a->hvien ? bit : 0, seen;

	h_write(CSR_HVIP, 0);
	h_write(CSR_VSIE, 0);
	h_settle();
	h_write(CSR_VSIE, bit);
	seen = h_read(CSR_VSIE) & bit;
	check(seen == expected, "aia irq %u, hideleg %u hvien %u = vsie %u", a->irq, a->hideleg,
	      a->hvien, !!seen);
	seen = csr_read(sie) & bit;
	check(seen == (a->hideleg ? bit : 0), "aia irq %u, hideleg %u hvien %u, vsie set = sie %u",
	      a->irq, a->hideleg, a->hvien, !!seen);
	seen = read_in(VS, CSR_SIE) & bit;
	check(seen == expected, "aia irq %u, hideleg %u hvien %u, sie in VS = %u", a->irq,
	      a->hideleg, a->hvien, !!seen);
	h_write(CSR_VSIE, 0);
	h_settle();
	try_insn(VS, INSN_CSR(CSR_SIE, 2, A0) & ~(31u << 7), bit, 0, 0);
	seen = h_read(CSR_VSIE) & bit;
	check(seen == expected, "aia irq %u, hideleg %u hvien %u, VS sets sie = vsie %u", a->irq,
	      a->hideleg, a->hvien, !!seen);
	h_write(CSR_VSIE, 0);
	h_settle();
}

static void check_taken(const struct alias *a, enum mode mode, bool enabled, bool sie)
{
	uint64_t bit = BIT64(a->irq);
	bool taken = a->hvien && !a->hideleg && enabled && (sie || mode == VU);

	h_write(CSR_VSIE, enabled ? bit : 0);
	h_write(CSR_VSSTATUS, sie ? SSTATUS_SIE : 0);
	h_write(CSR_HVIP, bit);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	h_write(CSR_HVIP, 0);
	h_write(CSR_VSIE, 0);
	h_settle();
	check_end(taken ? TO_VS : DONE, CAUSE_INTERRUPT | a->irq,
		  "aia irq %u in %s, hideleg %u hvien %u vsie %u SIE %u", a->irq, mode_names[mode],
		  a->hideleg, a->hvien, enabled, sie);
}

/* VS mode sets and clears the bit. */
static void check_vs_writes(const struct alias *a)
{
	uint64_t bit = BIT64(a->irq), seen;

	if (!a->hvien || a->hideleg)
		return;
	h_write(CSR_HVIP, bit);
	h_settle();
	try_insn(VS, INSN_CSR(CSR_SIP, 3, A0) & ~(31u << 7), bit, 0, 0);
	seen = h_read(CSR_HVIP) & bit;
	check(!seen, "aia irq %u, VS clears it in sip = hvip %u", a->irq, !!seen);
	try_insn(VS, INSN_CSR(CSR_SIP, 2, A0) & ~(31u << 7), bit, 0, 0);
	seen = h_read(CSR_HVIP) & bit;
	check(seen, "aia irq %u, VS sets it in sip = hvip %u", a->irq, !!seen);
	/* The interrupt is pending, so it is taken when it is enabled. */
	h_write(CSR_VSSTATUS, SSTATUS_SIE);
	try_insn(VS, INSN_CSR(CSR_SIE, 2, A0) & ~(31u << 7), bit, 0, 0);
	check_end(TO_VS, CAUSE_INTERRUPT | a->irq, "aia irq %u, VS enables it", a->irq);
	h_write(CSR_HVIP, 0);
	h_write(CSR_VSIE, 0);
	h_write(CSR_VSSTATUS, 0);
	h_settle();
}

/* The bits that sie can hold: mideleg or mvien has them. */
static uint64_t hs_interrupts(void)
{
	uint64_t old = csr_read(sie), all;

	csr_write(sie, ~UINT64_C(0));
	all = csr_read(sie);
	csr_write(sie, old);
	return all;
}

/* A write of another CSR, by an instruction, leaves vsip as it is: also in the area of NACL. */
static void check_other_write(const struct alias *a)
{
	uint64_t bit = BIT64(a->irq);
	bool seen;

	h_write(CSR_HVIP, bit);
	h_settle();
	try_insn(HS, INSN_CSRW(CSR_VSSCRATCH), 0, 0, 0);
	seen = h_read_settled(CSR_VSIP) & bit;
	check(seen == a->hvien,
	      "aia irq %u, hvien %u hvip 1, vsip behind a write of vsscratch = %u", a->irq,
	      a->hvien, seen);
}

static void check_one(unsigned int irq)
{
	bool hs = hs_interrupts() >> irq & 1;
	unsigned int n;

	for (n = 0; n < 4; n++) {
		bool hideleg = n & 1;
		struct alias a;

		/*
			 * Otherwise the bit is zero and read-only: check_delegated() checks
			 * that.
			 */
		if (hideleg && !hs)
			continue;
		a = arrange(irq, hideleg, n & 2);
		if (a.hideleg != hideleg)
			continue;
		record("aia irq %u, hvien %s = %u", irq, n & 2 ? "wanted" : "not wanted", a.hvien);
		check_pending_bit(&a, false);
		check_pending_bit(&a, true);
		check_enable_bit(&a);
		if (a.hideleg)
			continue;
		check_other_write(&a);
		check_taken(&a, VS, true, true);
		check_taken(&a, VS, true, false);
		check_taken(&a, VS, false, true);
		check_taken(&a, VU, true, false);
		check_vs_writes(&a);
	}
	h_write(CSR_HVIEN, 0);
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_HVIP, 0);
	h_settle();
}

/*
 * Interrupts of HS level above 12 that can be delegated: vsip shows sip's bit. aia 5.3: no others
 * can be delegated.
 */
static void check_delegated(void)
{
	uint64_t bits, hs = hs_interrupts();
	unsigned int irq;

	h_write(CSR_HIDELEG, ~UINT64_C(0));
	bits = h_read(CSR_HIDELEG) & ~UINT64_C(0x1fff);
	check(!(bits & ~hs), "aia hideleg above bit 12 = 0x%lx, sie has 0x%lx", (unsigned long)bits,
	      (unsigned long)(hs & ~UINT64_C(0x1fff)));
	for (irq = 13; irq < 64; irq++) {
		if (!(bits & hs & BIT64(irq)))
			continue;
		csr_set(sip, BIT64(irq));
		h_write(CSR_HIDELEG, BIT64(irq));
		h_settle();
		check(csr_read(sip) & h_read(CSR_VSIP) & BIT64(irq),
		      "aia irq %u delegated and pending in sip = vsip 0x%lx", irq,
		      (unsigned long)(h_read(CSR_VSIP) & BIT64(irq)));
		h_write(CSR_VSIE, BIT64(irq));
		h_write(CSR_VSSTATUS, SSTATUS_SIE);
		try_insn(VS, INSN_NOP, 0, 0, 0);
		h_write(CSR_VSIE, 0);
		check_end(TO_VS, CAUSE_INTERRUPT | irq, "aia irq %u delegated, in VS", irq);
		h_write(CSR_HIDELEG, 0);
		h_settle();
		csr_clear(sip, BIT64(irq));
		csr_write(sie, BIT64(IRQ_STI));
	}
	h_write(CSR_HIDELEG, 0);
	h_write(CSR_VSSTATUS, 0);
	h_settle();
}

/*
 * aia 6.3.2: with VTI, VS mode cannot access sip and sie, nor use what would clear a bit of
 * vsip.
 */
static void check_vti(bool vti, enum mode mode, const char *name, uint32_t insn, bool forbidden)
{
	bool may = !(vti && forbidden) && mode != VU;

	h_write(CSR_HVICTL, (vti ? HVICTL_VTI : 0) | HVICTL_IID(IRQ_SEI));
	h_write(CSR_HIDELEG, VS_IRQS);
	if (has_sstc) {
		h_write(CSR_HENVCFG, HENVCFG_STCE);
		h_write(CSR_HCOUNTEREN, 2);
	}
	try_insn(mode, insn, ~UINT64_C(0), ~UINT64_C(0), 0);
	me->x[A0] = 0;
	h_write(CSR_HVICTL, 0);
	h_settle();
	check_end(may ? DONE : TO_HS, CAUSE_VIRTUAL, "aia VTI %u, %s %s", vti, mode_names[mode],
		  name);
}

static void check_control(void)
{
	unsigned int vti;

	for (vti = 0; vti < 2; vti++) {
		check_vti(vti, VS, "reads sip", INSN_CSRR(CSR_SIP), true);
		check_vti(vti, VS, "writes sip", INSN_CSRW(CSR_SIP), true);
		check_vti(vti, VS, "clears no bit of sip", INSN_CSR(CSR_SIP, 7, 0), true);
		check_vti(vti, VS, "reads sie", INSN_CSRR(CSR_SIE), true);
		check_vti(vti, VS, "writes sie", INSN_CSRW(CSR_SIE), true);
		check_vti(vti, VU, "reads sip", INSN_CSRR(CSR_SIP), true);
		check_vti(vti, VS, "reads stopi", INSN_CSRR(CSR_STOPI), false);
		check_vti(vti, VS, "reads siselect", INSN_CSRR(CSR_SISELECT), false);
		check_vti(vti, VS, "reads sstatus", INSN_CSRR(0x100), false);
		check_vti(vti, HS, "reads vsip", INSN_CSRR(CSR_VSIP), false);
		check_vti(vti, HS, "reads vsie", INSN_CSRR(CSR_VSIE), false);
		check_vti(vti, HS, "reads sip", INSN_CSRR(CSR_SIP), false);
		if (has_sstc) {
			check_vti(vti, VS, "reads stimecmp", INSN_CSRR(CSR_STIMECMP), false);
			check_vti(vti, VS, "writes stimecmp", INSN_CSRW(CSR_STIMECMP), true);
			check_vti(vti, HS, "writes vstimecmp", INSN_CSRW(CSR_VSTIMECMP), false);
		}
	}
	h_write(CSR_HENVCFG, 0);
	h_write(CSR_HCOUNTEREN, 0);
	h_write(CSR_HIDELEG, 0);
	h_settle();
}

void check_aia_virtual(void)
{
	unsigned int i;

	area_begin("aia virtual: interrupts 13 to 63 for VS level, and hvictl.VTI");
	for (i = 0; i < ARRAY_SIZE(some); i++)
		check_one(some[i]);
	check_delegated();
	check_control();
}
