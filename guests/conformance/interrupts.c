/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: which mode takes which, priorities, the VS timer, an external interrupt. */
#include "aia.h"

/* Highest first (priv H, "Interrupts"). */
static const uint8_t vs_order[] = { 10, 2, 6 };

static uint64_t vs_bits(unsigned int n)
{
	return (uint64_t)(n & 1) << 2 | (uint64_t)(n >> 1 & 1) << 6 | (uint64_t)(n >> 2 & 1) << 10;
}

/* Returns the first interrupt of @set in this order; 0 if there is none. */
static unsigned int first(uint64_t set)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vs_order); i++) {
		if (set & BIT64(vs_order[i]))
			return vs_order[i];
	}
	return 0;
}

/* hvip with hideleg, hie and vsstatus.SIE, in VS and VU mode. */
static void check_pending(enum mode mode, uint64_t hvip, uint64_t hie, uint64_t hideleg, bool sie)
{
	unsigned int hs = first(hvip & hie & ~hideleg), theirs = first(hvip & hie & hideleg);

	h_write(CSR_HIDELEG, hideleg);
	h_write(CSR_HVIP, hvip);
	h_write(CSR_HIE, hie);
	h_write(CSR_VSSTATUS, sie ? SSTATUS_SIE : 0);
	try_insn(mode, INSN_NOP, 0, 0, 0);
	h_write(CSR_HVIP, 0);
	h_write(CSR_HIE, 0);
	/* HS mode's interrupts are always taken; VS mode's in VU mode, and in VS mode with SIE. */
	if (hs)
		check_end(TO_HS, CAUSE_INTERRUPT | hs,
			  "irq in %s, hvip 0x%lx hie 0x%lx hideleg 0x%lx SIE %u", mode_names[mode],
			  (unsigned long)hvip, (unsigned long)hie, (unsigned long)hideleg, sie);
	else if (theirs && (mode == VU || sie))
		check_end(TO_VS, CAUSE_INTERRUPT | (theirs - 1),
			  "irq in %s, hvip 0x%lx hie 0x%lx hideleg 0x%lx SIE %u", mode_names[mode],
			  (unsigned long)hvip, (unsigned long)hie, (unsigned long)hideleg, sie);
	else
		check_end(DONE, 0, "irq in %s, hvip 0x%lx hie 0x%lx hideleg 0x%lx SIE %u",
			  mode_names[mode], (unsigned long)hvip, (unsigned long)hie,
			  (unsigned long)hideleg, sie);
}

static void check_matrix(void)
{
	static const uint64_t delegations[] = { 0, 0x4, 0x40, 0x400, 0x404, VS_IRQS };
	unsigned int mode, pending, enabled, d, sie;

	for (mode = VS; mode <= VU; mode++) {
		for (pending = 0; pending < 8; pending++) {
			for (d = 0; d < ARRAY_SIZE(delegations); d++) {
				for (sie = 0; sie < 2; sie++)
					check_pending(mode, vs_bits(pending), VS_IRQS,
						      delegations[d], sie);
			}
		}
		for (pending = 1; pending < 8; pending++) {
			for (enabled = 0; enabled < 7; enabled++)
				check_pending(mode, vs_bits(pending), vs_bits(enabled), VS_IRQS,
					      true);
		}
	}
}

/*
 * VS interrupts that HS mode keeps, in HS and U mode. Delegated ones are taken in VS and VU mode
 * only.
 */
static void check_hs_modes(void)
{
	unsigned int i, mode;

	for (i = 0; i < ARRAY_SIZE(vs_order); i++) {
		for (mode = HS; mode <= U; mode++) {
			h_write(CSR_HIDELEG, VS_IRQS);
			h_write(CSR_HIE, VS_IRQS);
			h_write(CSR_HVIP, BIT64(vs_order[i]));
			csr_set(sstatus, SSTATUS_SPIE);
			try_insn(mode, INSN_NOP, 0, 0, 0);
			check_end(DONE, 0, "irq %u delegated, in %s", vs_order[i],
				  mode_names[mode]);
			h_write(CSR_HIDELEG, 0);
			csr_set(sstatus, SSTATUS_SPIE);
			try_insn(mode, INSN_NOP, 0, 0, 0);
			h_write(CSR_HVIP, 0);
			h_write(CSR_HIE, 0);
			h_settle();
			check_end(TO_HS, CAUSE_INTERRUPT | vs_order[i], "irq %u kept, in %s",
				  vs_order[i], mode_names[mode]);
		}
	}
	csr_clear(sstatus, SSTATUS_SPIE | SSTATUS_SIE);
}

/*
 * HS mode's software and timer interrupt come before VS interrupts that it keeps, in VS and VU
 * mode.
 */
static void check_supervisor(void)
{
	unsigned int mode, n;

	for (mode = VS; mode <= VU; mode++) {
		for (n = 1; n < 16; n++) {
			bool ssi = n & 1, sti = n & 2, kept = n & 4, delegated = n & 8;
			uint64_t cause = CAUSE_INTERRUPT | (ssi ? IRQ_SSI : sti ? IRQ_STI : 2);
			uint64_t seen;

			if (kept && delegated)
				continue;
			h_write(CSR_HIDELEG, kept ? 0 : VS_IRQS);
			h_write(CSR_HIE, kept || delegated ? VS_IRQS : 0);
			h_write(CSR_HVIP, kept || delegated ? 4 : 0);
			h_write(CSR_VSSTATUS, SSTATUS_SIE);
			csr_write(sip, ssi ? BIT64(IRQ_SSI) : 0);
			csr_write(sie, BIT64(IRQ_SSI) | BIT64(IRQ_STI));
			hart_timer(sti);
			while (sti && !(csr_read(sip) & BIT64(IRQ_STI)))
				;
			try_insn(mode, INSN_NOP, 0, 0, 0);
			hart_timer(false);
			csr_write(sip, 0);
			seen = h_read(CSR_HVIP) & VS_IRQS;
			h_write(CSR_HVIP, 0);
			h_write(CSR_HIE, 0);
			if (ssi || sti || kept)
				check_end(TO_HS, cause, "irq in %s, SSI %u STI %u VSSI %s",
					  mode_names[mode], ssi, sti,
					  kept	      ? "kept"
					  : delegated ? "delegated"
						      : "not pending");
			else
				check_end(TO_VS, CAUSE_INTERRUPT | 1,
					  "irq in %s, SSI %u STI %u VSSI %s", mode_names[mode], ssi,
					  sti, "delegated");
			check(seen == (kept || delegated ? 4 : 0),
			      "irq in %s, SSI %u STI %u VSSI %s, then hvip = 0x%lx",
			      mode_names[mode], ssi, sti,
			      kept	  ? "kept"
			      : delegated ? "delegated"
					  : "not pending",
			      (unsigned long)seen);
		}
	}
	csr_write(sie, BIT64(IRQ_STI));
}

/* VS mode enables, sets and clears a pending interrupt. */
static void check_vs_writes(void)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint64_t a0, vsstatus, hie, hvip;
		bool taken;
	} steps[] = {
		{ "sets sstatus.SIE", 0x10052073, SSTATUS_SIE, 0, 4, 4, true },
		{ "sets sie.SSIE", 0x10452073, 2, SSTATUS_SIE, 0, 4, true },
		{ "sets sip.SSIP", 0x14452073, 2, SSTATUS_SIE, 4, 0, true },
		{ "sets sip.STIP", 0x14452073, 0x20, SSTATUS_SIE, 0x40, 0, false },
		{ "sets sip.SEIP", 0x14452073, 0x200, SSTATUS_SIE, 0x400, 0, false },
		{ "clears sip.SSIP", 0x14453073, 2, 0, 4, 4, false },
		{ "clears sip.STIP", 0x14453073, 0x20, 0, 0x40, 0x40, false },
		{ "clears sip.SEIP", 0x14453073, 0x200, 0, 0x400, 0x400, false },
		{ "writes sie bits of hie", 0x10451073, VS_IRQS, 0, 0, 0, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		h_write(CSR_HIDELEG, VS_IRQS);
		h_write(CSR_HVIP, steps[i].hvip);
		h_write(CSR_HIE, steps[i].hie);
		h_write(CSR_VSSTATUS, steps[i].vsstatus);
		try_insn(VS, steps[i].insn, steps[i].a0, 0, 0);
		check_end(steps[i].taken ? TO_VS : DONE, CAUSE_INTERRUPT | 1, "irq, VS %s",
			  steps[i].name);
		record("irq, VS %s, then = hvip 0x%lx hie 0x%lx", steps[i].name,
		       (unsigned long)(h_read(CSR_HVIP) & VS_IRQS),
		       (unsigned long)(h_read(CSR_HIE) & VS_IRQS));
		h_write(CSR_HVIP, 0);
		h_write(CSR_HIE, 0);
	}
}

/* Sstc: vstimecmp against time + htimedelta, under henvcfg.STCE and hcounteren.TM. */
static void check_timer(bool stce, uint64_t delta, uint64_t timecmp, bool due)
{
	uint64_t hip;

	h_write(CSR_HENVCFG, stce ? HENVCFG_STCE : 0);
	h_write(CSR_HTIMEDELTA, delta);
	h_write(CSR_VSTIMECMP, timecmp);
	hip = h_read(CSR_HIP) & 0x40;
	check(hip == (stce && due ? 0x40 : 0),
	      "timer STCE %u htimedelta 0x%lx vstimecmp 0x%lx = hip 0x%lx", stce,
	      (unsigned long)delta, (unsigned long)timecmp, (unsigned long)hip);
	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HIE, 0x40);
	h_write(CSR_VSSTATUS, SSTATUS_SIE);
	try_insn(VS, INSN_NOP, 0, 0, 0);
	check_end(stce && due ? TO_VS : DONE, CAUSE_INTERRUPT | IRQ_STI,
		  "timer STCE %u htimedelta 0x%lx vstimecmp 0x%lx, delegated", stce,
		  (unsigned long)delta, (unsigned long)timecmp);
	h_write(CSR_HIDELEG, 0);
	try_insn(VS, INSN_NOP, 0, 0, 0);
	check_end(stce && due ? TO_HS : DONE, CAUSE_INTERRUPT | 6,
		  "timer STCE %u htimedelta 0x%lx vstimecmp 0x%lx, kept", stce,
		  (unsigned long)delta, (unsigned long)timecmp);
	h_write(CSR_HIE, 0);
	h_write(CSR_VSTIMECMP, ~UINT64_C(0));
}

static void check_timer_access(void)
{
	unsigned int n, mode;

	for (mode = HS; mode < MODES; mode++) {
		for (n = 0; n < 4; n++) {
			bool stce = n & 1, tm = n & 2,
			     may = mode == HS || (mode == VS && stce && tm);

			h_write(CSR_HENVCFG, stce ? HENVCFG_STCE : 0);
			h_write(CSR_HCOUNTEREN, tm ? 2 : 0);
			try_insn(mode, INSN_CSR(0x14d, 2, 0), 0, 0, 0);
			me->x[A0] = 0;
			check_end(may ? DONE : TO_HS,
				  IS_VIRTUAL(mode) ? CAUSE_VIRTUAL : CAUSE_ILLEGAL,
				  "timer stimecmp read in %s, STCE %u TM %u", mode_names[mode],
				  stce, tm);
			if (mode != HS) {
				try_insn(mode, INSN_CSRW(0x14d), ~UINT64_C(0), 0, 0);
				check_end(may ? DONE : TO_HS,
					  IS_VIRTUAL(mode) ? CAUSE_VIRTUAL : CAUSE_ILLEGAL,
					  "timer stimecmp written in %s, STCE %u TM %u",
					  mode_names[mode], stce, tm);
			}
		}
	}
	/* VS mode arms and disarms its timer. */
	h_write(CSR_HENVCFG, HENVCFG_STCE);
	h_write(CSR_HCOUNTEREN, 2);
	h_write(CSR_HIDELEG, VS_IRQS);
	h_write(CSR_HIE, 0x40);
	h_write(CSR_VSSTATUS, SSTATUS_SIE);
	try_insn(VS, INSN_CSRW(0x14d), 0, 0, 0);
	check_end(TO_VS, CAUSE_INTERRUPT | IRQ_STI, "timer stimecmp 0 written in VS");
	h_write(CSR_VSSTATUS, 0);
	try_insn(VS, INSN_CSRW(0x14d), 0x1234, 0, 0);
	check(h_read(CSR_VSTIMECMP) == 0x1234,
	      "timer stimecmp 0x1234 written in VS = vstimecmp 0x%lx",
	      (unsigned long)h_read(CSR_VSTIMECMP));
	try_insn(VS, INSN_CSRW(0x14d), ~UINT64_C(0), 0, 0);
	check(!(h_read(CSR_HIP) & 0x40), "timer stimecmp all-ones written in VS = hip 0x%lx",
	      (unsigned long)(h_read(CSR_HIP) & 0x40));
	calm();
}

static void check_sstc(void)
{
	record("timer Sstc = %s", has_sstc ? "there" : "not there");
	if (!has_sstc)
		return;
	check_timer(true, 0, 0, true);
	check_timer(true, 0, BIT64(62), false);
	check_timer(true, BIT64(62), BIT64(61), true);
	check_timer(true, BIT64(62), BIT64(63), false);
	check_timer(true, BIT64(62), ~UINT64_C(0), false);
	check_timer(true, -BIT64(40), 0, true);
	check_timer(true, -BIT64(40), ~UINT64_C(0) - BIT64(39), false);
	check_timer(false, 0, 0, true);
	check_timer(false, 0, ~UINT64_C(0), false);
	check_timer(false, BIT64(62), BIT64(61), true);
	calm();
	/* hvip.VSTIP makes the interrupt pending, too. */
	h_write(CSR_HENVCFG, HENVCFG_STCE);
	h_write(CSR_HVIP, 0x40);
	check(h_read(CSR_HIP) & 0x40, "timer off, hvip.VSTIP set = hip 0x%lx",
	      (unsigned long)(h_read(CSR_HIP) & 0x40));
	h_write(CSR_HVIP, 0);
	check(!(h_read(CSR_HIP) & 0x40), "timer off, hvip.VSTIP clear = hip 0x%lx",
	      (unsigned long)(h_read(CSR_HIP) & 0x40));
	check_timer_access();
}

/* The UART's "transmitter empty" through the PLIC: claim, complete, level. */
static void check_external(void)
{
	volatile uint32_t *plic = (volatile uint32_t *)aia.plic;
	volatile uint8_t *uart = (volatile uint8_t *)machine_uart;
	const unsigned int irq = aia.plic_source, context = aia.plic_context[me->id];
	volatile uint32_t *enable = plic + (0x2000 + context * 0x80 + irq / 32 * 4) / 4;
	volatile uint32_t *claim = plic + (0x200004 + context * 0x1000) / 4;
	uint32_t claimed, again;
	unsigned int mode;
	uint64_t pending;

	for (mode = VS; mode <= VU; mode++) {
		plic[irq] = 1;
		enable[0] = BIT64(irq % 32);
		claim[-1] = 0;
		csr_write(sie, BIT64(IRQ_SEI) | BIT64(IRQ_STI));
		while (!(uart[5] & 0x40))
			;
		uart[1] = 2;
		while (!(csr_read(sip) & BIT64(IRQ_SEI)))
			;
		try_insn(mode, INSN_NOP, 0, 0, 0);
		claimed = *claim;
		again = *claim;
		pending = csr_read(sip) & BIT64(IRQ_SEI);
		uart[1] = 0;
		*claim = claimed;
		csr_write(sie, BIT64(IRQ_STI));
		check_end(TO_HS, CAUSE_INTERRUPT | IRQ_SEI, "external in %s", mode_names[mode]);
		check(claimed == irq && !again && !pending,
		      "external in %s, claimed %u, then %u = sip 0x%lx", mode_names[mode], claimed,
		      again, (unsigned long)pending);
		pending = csr_read(sip) & BIT64(IRQ_SEI);
		check(!pending, "external in %s, completed = sip 0x%lx", mode_names[mode],
		      (unsigned long)pending);
	}
	enable[0] = 0;
}

void check_interrupts(void)
{
	area_begin("irq: who takes which interrupt, priorities, injection, VS timer, external");
	check_matrix();
	check_supervisor();
	check_vs_writes();
	calm();
	check_sstc();
	if (aia.plic && aia.plic_source && aia.plic_context[me->id] >= 0)
		check_external();
	calm();
	check_hs_modes();
}
