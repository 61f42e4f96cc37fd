/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSRs that show the same bits: hvip, hip, vsip, and sip in VS mode; hie, vsie, and sie in VS
 * mode.
 */
#include "conformance.h"

/* Turns three bits into the VS interrupts at hip's positions. */
static uint64_t vs_bits(unsigned int n)
{
	return (uint64_t)(n & 1) << 2 | (uint64_t)(n >> 1 & 1) << 6 | (uint64_t)(n >> 2 & 1) << 10;
}

static uint64_t low(uint64_t value)
{
	return value & 0xfff;
}

/* Returns the value that code in VS mode reads. */
static uint64_t read_in_vs(uint32_t csr)
{
	try_insn(VS, INSN_CSRR(csr), 0, 0, 0);
	return me->x[A0];
}

/* Bits of hvip, in all CSRs that show them. */
static void check_pending(unsigned int delegated, unsigned int pending)
{
	uint64_t hideleg = vs_bits(delegated), hvip = vs_bits(pending), hip, vsip, sip;

	h_write(CSR_HIDELEG, hideleg);
	h_write(CSR_HVIP, hvip);
	hip = low(h_read(CSR_HIP));
	vsip = low(h_read(CSR_VSIP));
	sip = low(csr_read(sip));
	check(hip == hvip && vsip == (hvip & hideleg) >> 1 && !(sip & VS_IRQS),
	      "alias hideleg 0x%lx hvip 0x%lx = hip 0x%lx vsip 0x%lx sip 0x%lx",
	      (unsigned long)hideleg, (unsigned long)hvip, (unsigned long)hip, (unsigned long)vsip,
	      (unsigned long)sip);
	sip = read_in_vs(0x144);
	check(low(sip) == (hvip & hideleg) >> 1, "alias hideleg 0x%lx hvip 0x%lx sip in VS = 0x%lx",
	      (unsigned long)hideleg, (unsigned long)hvip, (unsigned long)low(sip));
	h_write(CSR_HVIP, 0);
}

static void check_enabled(unsigned int delegated, unsigned int enabled)
{
	uint64_t hideleg = vs_bits(delegated), hie = vs_bits(enabled), vsie, seen;

	h_write(CSR_HIDELEG, hideleg);
	h_write(CSR_HIE, hie);
	seen = low(h_read(CSR_HIE));
	vsie = low(h_read(CSR_VSIE));
	check(seen == hie && vsie == (hie & hideleg) >> 1,
	      "alias hideleg 0x%lx hie 0x%lx = hie 0x%lx vsie 0x%lx", (unsigned long)hideleg,
	      (unsigned long)hie, (unsigned long)seen, (unsigned long)vsie);
	vsie = low(read_in_vs(0x104));
	check(vsie == (hie & hideleg) >> 1, "alias hideleg 0x%lx hie 0x%lx sie in VS = 0x%lx",
	      (unsigned long)hideleg, (unsigned long)hie, (unsigned long)vsie);
	h_write(CSR_HIE, 0);
}

/* Writes of all ones and zeros to @csr change the other CSR only in delegated bits. */
static void check_write(const char *name, unsigned int csr, unsigned int other, uint64_t writable,
			const char *other_name, unsigned int delegated)
{
	uint64_t hideleg = vs_bits(delegated), writes = writable & hideleg;
	uint64_t before, after;

	h_write(CSR_HIDELEG, hideleg);
	for (before = 0; before <= VS_IRQS; before += VS_IRQS) {
		h_write(other, before);
		h_settle();
		h_write(csr, before ? 0 : ~UINT64_C(0));
		after = low(h_read(other));
		check(after == (before ^ writes), "alias hideleg 0x%lx %s 0x%lx, %s %s = 0x%lx",
		      (unsigned long)hideleg, other_name, (unsigned long)before, name,
		      before ? "cleared" : "set", (unsigned long)after);
		h_write(other, before);
		h_settle();
		/* The same by an instruction of VS mode. */
		try_insn(VS, INSN_CSRW(csr & ~0x100u & 0x1ff) | 0x100u << 20, before ? 0 : -1, 0,
			 0);
		after = low(h_read(other));
		check(after == (before ^ writes),
		      "alias hideleg 0x%lx %s 0x%lx, %s in VS %s = 0x%lx", (unsigned long)hideleg,
		      other_name, (unsigned long)before, name + 1, before ? "cleared" : "set",
		      (unsigned long)after);
	}
	h_write(other, 0);
}

/* hip: only VSSIP can be written. It is not delegated, so VS mode does not take it. */
static void check_hip_write(void)
{
	uint64_t hvip;

	h_write(CSR_HIDELEG, 0);
	h_write(CSR_HVIP, 0);
	h_settle();
	h_write(CSR_HIP, VS_IRQS);
	hvip = low(h_read(CSR_HVIP));
	check(hvip == 4, "alias hip set = hvip 0x%lx", (unsigned long)hvip);
	h_write(CSR_HVIP, VS_IRQS);
	h_settle();
	h_write(CSR_HIP, 0);
	hvip = low(h_read(CSR_HVIP));
	check(hvip == (VS_IRQS & ~UINT64_C(4)), "alias hip cleared = hvip 0x%lx",
	      (unsigned long)hvip);
	h_write(CSR_HVIP, 0);
}

/* HS mode's sie and sip neither show the VS bits nor hold them. */
static void check_hs_bits(void)
{
	uint64_t seen;

	h_write(CSR_HIE, 0);
	h_settle();
	csr_write(sie, VS_IRQS | 0x20);
	seen = low(csr_read(sie));
	check(!(seen & VS_IRQS), "alias sie written 0x464 = sie 0x%lx", (unsigned long)seen);
	seen = low(h_read(CSR_HIE));
	check(!seen, "alias sie written 0x464 = hie 0x%lx", (unsigned long)seen);
	h_write(CSR_HIE, VS_IRQS);
	h_settle();
	seen = low(csr_read(sie));
	check(!(seen & VS_IRQS), "alias hie written 0x444 = sie 0x%lx", (unsigned long)seen);
	csr_write(sip, VS_IRQS);
	seen = low(h_read(CSR_HVIP));
	check(!seen, "alias sip written 0x444 = hvip 0x%lx", (unsigned long)seen);
	h_write(CSR_HIE, 0);
}

/*
 * hideleg changes the bits that vsie shows, not hie. A bit that is shown again has kept its
 * value.
 */
static void check_mask_changes(void)
{
	unsigned int n;
	uint64_t vsie;

	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_VSIE, 0x222);
	h_settle();
	for (n = 0; n < 8; n++) {
		h_write(CSR_HIDELEG, vs_bits(n));
		vsie = low(h_read(CSR_VSIE));
		check(vsie == vs_bits(n) >> 1, "alias vsie 0x222, then hideleg 0x%lx = vsie 0x%lx",
		      (unsigned long)vs_bits(n), (unsigned long)vsie);
	}
	h_write(CSR_HIE, 0);
}

void check_aliases(void)
{
	unsigned int delegated, n;

	area_begin("aliases: hvip, hip, vsip and hie, vsie show the same bits, as hideleg says");
	for (delegated = 0; delegated < 8; delegated++) {
		for (n = 0; n < 8; n++) {
			check_pending(delegated, n);
			check_enabled(delegated, n);
		}
		check_write("vsip", CSR_VSIP, CSR_HVIP, 4, "hvip", delegated);
		check_write("vsie", CSR_VSIE, CSR_HIE, VS_IRQS, "hie", delegated);
	}
	check_hip_write();
	check_mask_changes();
	check_hs_bits();
}
