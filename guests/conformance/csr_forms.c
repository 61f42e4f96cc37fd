/* SPDX-License-Identifier: BSD-2-Clause */
/* All CSR instructions on the H and VS CSRs: the values that they return and write. */
#include "conformance.h"

struct form_csr {
	const char *name;
	uint16_t number;
	uint64_t first, second; /* values that it holds in the bits of @mask */
	uint64_t mask;
};

static const struct form_csr csrs[] = {
	{ "vsstatus", CSR_VSSTATUS, SSTATUS_SPP | SSTATUS_SUM, SSTATUS_SUM | SSTATUS_MXR | 2,
	  SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR | 0x22 },
	{ "vsie", CSR_VSIE, 0x220, 0x202, 0x222 },
	{ "vstvec", CSR_VSTVEC, 0x80200100, 0x80200011, ~UINT64_C(0) },
	{ "vsscratch", CSR_VSSCRATCH, 0x1234567812345670, 0x1f, ~UINT64_C(0) },
	{ "vsepc", CSR_VSEPC, 0x80201230, 0x1e, ~UINT64_C(0) },
	{ "vscause", CSR_VSCAUSE, 13, BIT64(63) | 5, ~UINT64_C(0) },
	{ "vstval", CSR_VSTVAL, 0x5555, 0x1f, ~UINT64_C(0) },
	{ "vsip", CSR_VSIP, 2, 0x222, 0x222 },
	{ "vsatp", CSR_VSATP, UINT64_C(8) << 60 | 0x80400, 0x1f, ~UINT64_C(0) },
	{ "hstatus", CSR_HSTATUS, HSTATUS_HU | HSTATUS_VTW, HSTATUS_VTVM | HSTATUS_HU,
	  HSTATUS_HU | HSTATUS_VTVM | HSTATUS_VTW | HSTATUS_VTSR },
	{ "hedeleg", CSR_HEDELEG, 0xb100, 9, 0xffffff },
	{ "hideleg", CSR_HIDELEG, 0x444, 4, 0x444 },
	{ "hie", CSR_HIE, 0x440, 4, 0x444 },
	{ "htimedelta", CSR_HTIMEDELTA, 0x123456789abcdef0, 0x1f, ~UINT64_C(0) },
	{ "hcounteren", CSR_HCOUNTEREN, 5, 7, 7 },
	{ "hvip", CSR_HVIP, 0x440, 4, 0x444 },
	{ "hip", CSR_HIP, 4, 4, 0x444 },
	{ "htval", CSR_HTVAL, 0x5550, 0x1f, ~UINT64_C(0) },
	{ "hgatp", CSR_HGATP, UINT64_C(8) << 60 | 0x80400, UINT64_C(1) << 44, ~UINT64_C(3) },
};

static const char *const forms[8] = { "", "csrrw",  "csrrs",  "csrrc",
				      "", "csrrwi", "csrrsi", "csrrci" };

static void check_form(const struct form_csr *c, unsigned int f3)
{
	uint64_t old, operand = f3 & 4 ? c->second & 31 : c->second, now;

	h_write(c->number, c->first);
	h_settle();
	old = h_read(c->number);
	/* run() itself writes hstatus. */
	try_insn(HS, INSN_CSR(c->number, f3, f3 & 4 ? (uint32_t)operand : A0), c->second, 0,
		 c->number == CSR_HSTATUS ? c->first : 0);
	now = h_read(c->number);
	check(ended().to == DONE && (me->x[A0] & c->mask) == (old & c->mask),
	      "form %s of %s: gives 0x%lx, then 0x%lx", forms[f3], c->name,
	      (unsigned long)(me->x[A0] & c->mask), (unsigned long)(now & c->mask));
	h_write(c->number, 0);
}

/* rd = x0, and the same register as source and destination. */
static void check_registers(const struct form_csr *c)
{
	uint64_t now;

	h_write(c->number, c->first);
	h_settle();
	try_insn(HS, INSN_CSRW(c->number), c->second, 0, 0);
	now = h_read(c->number);
	record("form csrw of %s: a0 %s, then 0x%lx", c->name,
	       me->x[A0] == c->second ? "kept" : "changed", (unsigned long)(now & c->mask));
	h_write(c->number, c->first);
	h_settle();
	/* csrrs a1, csr, zero */
	try_insn(HS, (INSN_CSRR(c->number) & ~(31u << 7)) | A1 << 7, 1, 2,
		 c->number == CSR_HSTATUS ? c->first : 0);
	record("form csrr a1 of %s: a0 %lu, a1 0x%lx", c->name, (unsigned long)me->x[A0],
	       (unsigned long)(me->x[A1] & c->mask));
	h_write(c->number, 0);
}

void check_csr_forms(void)
{
	unsigned int i, f3;

	area_begin("form: each CSR instruction on the H and VS CSRs");
	h_write(CSR_HIDELEG, 0x444);
	for (i = 0; i < ARRAY_SIZE(csrs); i++) {
		for (f3 = 1; f3 < 8; f3++) {
			if (f3 != 4)
				check_form(&csrs[i], f3);
		}
		check_registers(&csrs[i]);
		if (csrs[i].number == CSR_HIDELEG)
			h_write(CSR_HIDELEG, 0x444);
	}
}
