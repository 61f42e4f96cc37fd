/* SPDX-License-Identifier: BSD-2-Clause */
/* HS mode itself: vectored stvec, and its paging while it has guests. */
#include "conformance.h"
#include "tables.h"

static void check_entry(uint64_t number, const char *what)
{
	/* The vector's entry has stored its number, plus 1, in stval. */
	check(me->tval == number + 1, "stvec vectored, %s: entry %lu, cause 0x%lx", what,
	      (unsigned long)(me->tval - 1), (unsigned long)me->cause);
}

/* Access faults are not tried: firmware passes them on differently. */
void check_vectored(void)
{
	static const uint8_t irqs[] = { 2, 6, 10 };
	static const char *const names[] = { "VSSI", "VSTI", "VSEI" };
	unsigned int i, mode;

	area_begin("stvec: vectored, for traps from VS and VU mode");
	csr_write(stvec, (uint64_t)hs_vectors | 1);
	for (mode = VS; mode <= VU; mode++) {
		for (i = 0; i < ARRAY_SIZE(irqs); i++) {
			h_write(CSR_HVIP, BIT64(irqs[i]));
			h_write(CSR_HIE, BIT64(irqs[i]));
			try_insn(mode, INSN_NOP, 0, 0, 0);
			h_write(CSR_HVIP, 0);
			h_write(CSR_HIE, 0);
			check_entry(irqs[i], names[i]);
		}
		csr_write(sip, BIT64(IRQ_SSI));
		csr_set(sie, BIT64(IRQ_SSI));
		try_insn(mode, INSN_NOP, 0, 0, 0);
		csr_write(sip, 0);
		csr_clear(sie, BIT64(IRQ_SSI));
		check_entry(IRQ_SSI, "SSI");
		try_insn(mode, INSN_ECALL, 0, 0, 0);
		check_entry(0, "ECALL");
		try_insn(mode, INSN_CSRR(CSR_HSTATUS), 0, 0, 0);
		check_entry(0, "virtual instruction");
	}
	csr_write(stvec, conf_trap);
}

/* Maps the UART, to which this program prints. It does not use the PLIC with these tables. */
static void map_uart(struct stage *s)
{
	const uint64_t page = machine_uart & ~(PAGE - 1);

	map(s, page, page, 0, PTE_RWX);
}

/* Makes tables for satp with this program and a data page. */
static void hs_tables(struct stage *s, enum atp_mode mode)
{
	extern uint8_t _start[], _end[];
	uint64_t addr;

	tables_reset();
	*s = new_stage(mode, false);
	for (addr = (uintptr_t)_start & ~(page_size(1) - 1); addr < (uintptr_t)_end;
	     addr += page_size(1))
		map(s, addr, addr, 1, PTE_RWX);
	map_uart(s);
}

static void use_satp(const struct stage *s)
{
	csr_write(satp, atp(s, 0));
	__asm__ volatile("sfence.vma" : : : "memory");
}

/* Accesses of HS and U mode through satp, while vsatp and hgatp have other tables. */
static void check_hs_leaf(uint64_t pte, const char *name, unsigned int sum, unsigned int mxr)
{
	static const uint32_t insns[] = { INSN_LD, INSN_SD };
	static const char *const kinds[] = { "load", "store" };
	static const uint64_t causes[] = { CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE };
	struct stage s;
	unsigned int i;

	hs_tables(&s, M39);
	map(&s, DATA_VA, (uintptr_t)data_pages, 0, pte);
	for (i = 0; i < 2; i++) {
		bool ok = i ? pte & PTE_W : (pte & PTE_R) || (mxr && (pte & PTE_X));

		ok = ok && (!(pte & PTE_U) || sum);
		use_satp(&s);
		csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
		csr_set(sstatus, (sum ? SSTATUS_SUM : 0) | (mxr ? SSTATUS_MXR : 0));
		try_insn(HS, insns[i], DATA_VA + 8, DATA_WORD(0, 1), 0);
		csr_clear(sstatus, SSTATUS_SUM | SSTATUS_MXR);
		use_satp(NULL);
		check_short(ok ? DONE : TO_HS, causes[i], "paging %s of a page %s, SUM %u MXR %u",
			    kinds[i], name, sum, mxr);
	}
}

/* Entries into L2 and HLV with satp on: satp must not affect them. */
static void check_with_guest(enum atp_mode mode)
{
	struct scene s;
	struct stage hs;
	uint64_t seen;

	scene_make(&s, M39, M39, VS);
	hs = new_stage(mode, false);
	map(&hs, 0x80200000, 0x80200000, 1, PTE_RWX);
	map(&hs, 0x80400000, 0x80400000, 1, PTE_RWX);
	map_uart(&hs);
	map(&hs, DATA_VA, (uintptr_t)data_pages[4], 0, PTE_RWX);
	scene_use(&s);
	use_satp(&hs);
	scene_try(&s, INSN_LD, DATA_VA + 8, 0);
	check(me->x[A0] == DATA_WORD(0, 1), "paging %s, load in VS: %s", mode_text(mode, false),
	      short_outcome());
	try_insn(HS, INSN_HLV_D, DATA_VA + 8, 0, HSTATUS_SPVP);
	check(me->x[A0] == DATA_WORD(0, 1), "paging %s, hlv.d: %s", mode_text(mode, false),
	      short_outcome());
	try_insn(HS, INSN_LD, DATA_VA + 8, 0, 0);
	check(me->x[A0] == DATA_WORD(4, 1), "paging %s, load in HS: %s", mode_text(mode, false),
	      short_outcome());
	scene_try(&s, INSN_LD, DATA_VA + 0x100000, 0);
	check_short(TO_HS, CAUSE_LOAD_PAGE, "paging %s, load in VS of no page",
		    mode_text(mode, false));
	seen = csr_read(satp);
	check(seen == atp(&hs, 0), "paging %s, satp after VS = %s", mode_text(mode, false),
	      seen == atp(&hs, 0) ? "as before" : "changed");
	/* HS mode's fence makes a changed entry of satp's tables visible. */
	map(&hs, DATA_VA, (uintptr_t)data_pages[5], 0, PTE_RWX);
	try_insn(HS, INSN_FENCE(F7_SFENCE_VMA, A0, 0), DATA_VA, 0, 0);
	try_insn(HS, INSN_LD, DATA_VA + 8, 0, 0);
	check(me->x[A0] == DATA_WORD(5, 1), "paging %s, load in HS behind sfence.vma: %s",
	      mode_text(mode, false), short_outcome());
	use_satp(NULL);
}

void check_hs_paging(void)
{
	static const struct {
		const char *name;
		uint64_t pte;
	} leaves[] = {
		{ "R", PTE_V | PTE_R | PTE_A | PTE_D },
		{ "RW", PTE_V | PTE_R | PTE_W | PTE_A | PTE_D },
		{ "X", PTE_V | PTE_X | PTE_A | PTE_D },
		{ "RWX", PTE_RWX },
		{ "RWU", PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D },
		{ "XU", PTE_V | PTE_X | PTE_U | PTE_A | PTE_D },
	};
	unsigned int i, n;

	area_begin("paging: HS mode with paging");
	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		for (n = 0; n < 4; n++)
			check_hs_leaf(leaves[i].pte, leaves[i].name, n & 1, n >> 1);
	}
	for (i = M39; i <= M57; i++) {
		if (has_mode(false, i))
			check_with_guest(i);
	}
}

/* ---- interrupts in HS mode after a trap from VS mode, or with SPV set by software ---- */

static volatile unsigned int interrupts_seen;
static volatile uint64_t hstatus_seen;
/*
 * How the handler reads hstatus: by a read; by a write that changes nothing and returns the old
 * value; or in NACL's area after an SBI call, if there is an area.
 */
static volatile enum { LOOK_BY_READ, LOOK_BY_WRITE, LOOK_BEHIND_CALL } handler_looks;

static uint64_t look_at_hstatus(void)
{
	register uint64_t value __asm__("a5") = HSTATUS_VTVM;

	switch (handler_looks) {
	case LOOK_BY_READ:
		return csr_read(0x600);
	case LOOK_BY_WRITE:
		__asm__ volatile("csrrc %0, 0x600, %0" : "+r"(value));
		return value;
	case LOOK_BEHIND_CALL:
		guest_sbi(EXT_BASE, 0, 0, 0, 0, 0, 0);
	}
	return h_read_settled(CSR_HSTATUS);
}

static __attribute__((interrupt("supervisor"), aligned(4))) void take_hs_interrupt(void)
{
	csr_clear(sip, BIT64(IRQ_SSI));
	hstatus_seen = look_at_hstatus();
	interrupts_seen++;
}

/*
 * priv H "Trap Entry": the trap clears SPV and GVA, so the handler's SRET returns here. SPVP
 * stays.
 */
static void check_hs_interrupt(enum mode mode, bool set, bool pending_before)
{
	uint64_t stvec = csr_read(stvec), spvp;

	try_insn(mode, INSN_ECALL, 0, 0, 0);
	if (set)
		csr_set(0x600, HSTATUS_SPV | HSTATUS_SPVP);
	spvp = csr_read(0x600) & HSTATUS_SPVP;
	interrupts_seen = 0;
	handler_looks = mode == VU	 ? LOOK_BEHIND_CALL
			: pending_before ? LOOK_BY_WRITE
					 : LOOK_BY_READ;
	csr_write(stvec, take_hs_interrupt);
	csr_set(sie, BIT64(IRQ_SSI));
	if (pending_before)
		csr_set(sip, BIT64(IRQ_SSI));
	csr_set(sstatus, SSTATUS_SIE);
	if (!pending_before)
		csr_set(sip, BIT64(IRQ_SSI));
	csr_clear(sstatus, SSTATUS_SIE);
	csr_clear(sie, BIT64(IRQ_SSI));
	csr_write(stvec, stvec);
	check(interrupts_seen == 1 && !(hstatus_seen & (HSTATUS_SPV | HSTATUS_GVA)) &&
		      (hstatus_seen & HSTATUS_SPVP) == spvp,
	      "HS interrupt behind a call from %s%s, pending %s SIE = %u, SPV %lu GVA %lu SPVP %s",
	      mode_names[mode], set ? ", SPV set" : "", pending_before ? "before" : "after",
	      interrupts_seen, (unsigned long)(hstatus_seen >> 7 & 1),
	      (unsigned long)(hstatus_seen >> 6 & 1),
	      (hstatus_seen & HSTATUS_SPVP) == spvp ? "as it was" : "changed");
	csr_clear(0x600, HSTATUS_SPV | HSTATUS_SPVP);
}

/*
 * Software has set SPV, an interrupt has cleared it, and its handler does not look at hstatus: it
 * returns at once, by SYNC_SRET if there is an area, to HS mode.
 */
static void check_return_by_call(void)
{
	uint64_t stvec = csr_read(stvec);
	bool in_hs = true;

	if (h_enters_by_call()) {
		conf_shared = me->area;
		csr_write(scause, 0);
		csr_set(0x600, HSTATUS_SPV | HSTATUS_SPVP);
		csr_write(stvec, conf_return_by_call);
		csr_set(sie, BIT64(IRQ_SSI));
		csr_set(sstatus, SSTATUS_SIE);
		csr_set(sip, BIT64(IRQ_SSI));
		/* In VS mode this read is the trap after which HS mode continues. */
		in_hs = !(csr_read(0x600) & HSTATUS_SPV) && conf_shared;
		csr_clear(sstatus, SSTATUS_SIE);
		csr_clear(sie, BIT64(IRQ_SSI));
		csr_write(stvec, stvec);
		csr_clear(0x600, HSTATUS_SPV | HSTATUS_SPVP);
	}
	check(in_hs, "own interrupt with SPV set, its handler returns to %s", in_hs ? "HS" : "VS");
}

void check_hs_interrupts(void)
{
	unsigned int mode, n;

	area_begin("HS interrupts: HS mode's, with hstatus.SPV set");
	for (mode = VS; mode <= VU; mode++) {
		for (n = 0; n < 4; n++)
			check_hs_interrupt(mode, n & 1, n & 2);
	}
	check_return_by_call();
}
