/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mode may read which counter, and time with htimedelta. */
#include "conformance.h"

#define CSR_CYCLE 0xc00

/* One read, with or without the counter's bit in hcounteren and scounteren. */
static void check_read(unsigned int n, enum mode mode, bool h, bool s, bool present)
{
	bool may = mode == HS || (mode == U && s) || (mode == VS && h) || (mode == VU && h && s);
	uint64_t cause = !present || mode == U ? CAUSE_ILLEGAL : CAUSE_VIRTUAL;

	h_write(CSR_HCOUNTEREN, h ? BIT64(n) : ~BIT64(n));
	csr_write(scounteren, s ? BIT64(n) : ~BIT64(n));
	try_insn(mode, INSN_CSRR(CSR_CYCLE + n), 0, 0, 0);
	me->x[A0] = 0;
	check_end(present && may ? DONE : TO_HS, cause,
		  "counter %u from %s, hcounteren %u scounteren %u", n, mode_names[mode], h, s);
}

static void check_counter(unsigned int n)
{
	unsigned int mode, enabled;
	bool present;

	try_insn(HS, INSN_CSRR(CSR_CYCLE + n), 0, 0, 0);
	present = ended().to == DONE;
	record("counter %u in HS = %s", n, present ? "there" : "not there");
	for (mode = U; mode < MODES; mode++) {
		for (enabled = 0; enabled < 4; enabled++)
			check_read(n, mode, enabled & 1, enabled & 2, present);
	}
	/* Writes to counters are illegal. */
	try_insn(VS, INSN_CSRW(CSR_CYCLE + n), 0, 0, 0);
	check_end(TO_HS, CAUSE_ILLEGAL, "counter %u written in VS", n);
}

/* L2's time lies between this mode's time before and after, each plus htimedelta. */
static void check_delta(enum mode mode, uint64_t delta)
{
	uint64_t before, after, seen;

	h_write(CSR_HTIMEDELTA, delta);
	h_settle();
	before = csr_read(time);
	try_insn(mode, INSN_CSRR(CSR_TIME), 0, 0, 0);
	after = csr_read(time);
	seen = me->x[A0] - delta;
	check(ended().to == DONE && seen - before <= after - before,
	      "time in %s with htimedelta 0x%lx = %s", mode_names[mode], (unsigned long)delta,
	      seen - before <= after - before ? "within what was read before and after"
					      : "somewhere else");
}

void check_counters(void)
{
	static const uint64_t deltas[] = {
		0,
		1,
		0x100000,
		-1,
		-0x100000,
		BIT64(32),
		BIT64(32) - 1,
		BIT64(63),
		BIT64(63) - 1,
		UINT64_C(0x123456789abcdef0),
	};
	unsigned int n;

	area_begin("counters: hcounteren and scounteren, htimedelta");
	for (n = 0; n < 32; n++)
		check_counter(n);
	h_write(CSR_HCOUNTEREN, ~UINT64_C(0));
	csr_write(scounteren, ~UINT64_C(0));
	for (n = 0; n < ARRAY_SIZE(deltas); n++) {
		check_delta(VS, deltas[n]);
		check_delta(VU, deltas[n]);
		/* HS and U mode read the machine's time. */
		try_insn(U, INSN_CSRR(CSR_TIME), 0, 0, 0);
		check(ended().to == DONE && csr_read(time) - me->x[A0] < BIT64(40),
		      "time in U with htimedelta 0x%lx = %s", (unsigned long)deltas[n],
		      csr_read(time) - me->x[A0] < BIT64(40) ? "the machine's" : "somewhere else");
	}
}
