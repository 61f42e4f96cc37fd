/* SPDX-License-Identifier: BSD-2-Clause */
/* SRET in HS and VS mode: the mode that it enters, and the CSRs afterwards. */
#include "conformance.h"

#define STATUS_BITS (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP)

static bool has(uint64_t value, uint64_t bit)
{
	return value & bit;
}

/* a0: sepc, a1: bits of sstatus to set, a2: hstatus. Then SRET to the EBREAK. */
static void write_hs_code(void)
{
	static const uint32_t code[] = {
		0x14151073, /* csrw sepc, a0 */
		0x1006b073, /* csrc sstatus, a3 */
		0x1005a073, /* csrs sstatus, a1 */
		0x60061073, /* csrw hstatus, a2 */
		INSN_SRET,  INSN_NOP, INSN_NOP, INSN_NOP, INSN_EBREAK,
	};
	volatile uint32_t *page = code_page();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(code); i++)
		page[i] = code[i];
	__asm__ volatile("fence.i" : : : "memory");
}

static void check_from_hs(unsigned int n)
{
	uint64_t status =
		(n & 1 ? SSTATUS_SPP : 0) | (n & 2 ? SSTATUS_SPIE : 0) | (n & 16 ? SSTATUS_SIE : 0);
	uint64_t hstatus = (n & 4 ? HSTATUS_SPV : 0) | (n & 8 ? HSTATUS_SPVP : 0) |
			   (n & 32 ? HSTATUS_VTSR | HSTATUS_GVA : 0);
	enum mode to = (n & 4 ? VS : HS) + !(n & 1);
	uint64_t after;
	bool ok;

	write_hs_code();
	me->x[A0] = (uintptr_t)code_page() + 32;
	me->x[A1] = status;
	me->x[12] = hstatus;
	me->x[13] = STATUS_BITS;
	h_write(CSR_VSSTATUS, 0);
	run(HS, (uintptr_t)code_page(), 0);
	after = h_read(CSR_HSTATUS);
	/* EBREAK sets SPP and SPV to the mode before it, and SPIE to SIE as SRET has set it. */
	ok = me->cause == CAUSE_BREAKPOINT && has(me->status, SSTATUS_SPP) == !IS_USER(to) &&
	     has(after, HSTATUS_SPV) == IS_VIRTUAL(to) &&
	     has(me->status, SSTATUS_SPIE) == has(status, SSTATUS_SPIE);
	/* SPVP is set by a trap from V = 1, and otherwise stays. */
	ok &= has(after, HSTATUS_SPVP) ==
	      (IS_VIRTUAL(to) ? !IS_USER(to) : has(hstatus, HSTATUS_SPVP));
	check(ok,
	      "sret in HS, sstatus 0x%lx hstatus 0x%lx: cause %lu at %s sstatus 0x%lx "
	      "hstatus 0x%lx vsstatus 0x%lx",
	      (unsigned long)status, (unsigned long)hstatus, (unsigned long)me->cause,
	      place(me->epc), (unsigned long)me->status, (unsigned long)(after & ~HSTATUS_GVA),
	      (unsigned long)h_read(CSR_VSSTATUS));
}

/* SRET in VS mode: vsstatus gives the new mode, and sstatus does not change. */
static void check_from_vs(unsigned int n)
{
	uint64_t status =
		(n & 1 ? SSTATUS_SPP : 0) | (n & 2 ? SSTATUS_SPIE : 0) | (n & 4 ? SSTATUS_SIE : 0);
	uint64_t before, after;

	h_write(CSR_VSSTATUS, status);
	h_write(CSR_VSEPC, (uintptr_t)code_page() + 4);
	try_insn(VS, INSN_SRET, 0, 0, 0);
	before = me->status;
	after = h_read_settled(CSR_VSSTATUS);
	check(ended().to == DONE && has(before, SSTATUS_SPP) == has(n, 1) &&
		      (after & STATUS_BITS) == (SSTATUS_SPIE | (n & 2 ? SSTATUS_SIE : 0)),
	      "sret in VS, vsstatus 0x%lx: %s, sstatus 0x%lx hstatus 0x%lx vsstatus 0x%lx",
	      (unsigned long)status, ended().to == DONE ? "done" : outcome(), (unsigned long)before,
	      (unsigned long)me->hstatus, (unsigned long)after);
}

/* A trap to VS mode, and the SRET of its handler. */
static void check_vs_round_trip(unsigned int n)
{
	enum mode mode = n & 1 ? VU : VS;
	uint64_t status = n & 2 ? SSTATUS_SIE : 0;
	volatile uint32_t *page = code_page();

	h_write(CSR_HEDELEG, BIT64(CAUSE_BREAKPOINT));
	h_write(CSR_VSSTATUS, status);
	/* The handler skips the EBREAK. */
	page[16] = 0x14102573; /* csrr a0, sepc */
	page[17] = 0x00450513; /* addi a0, a0, 4 */
	page[18] = 0x14151073; /* csrw sepc, a0 */
	page[19] = INSN_SRET;
	h_write(CSR_VSTVEC, (uintptr_t)&page[16]);
	put_code(INSN_EBREAK);
	page[1] = INSN_CSRR(CSR_HSTATUS);
	__asm__ volatile("fence.i" : : : "memory");
	run(mode, (uintptr_t)page, 0);
	check_end(TO_HS, CAUSE_VIRTUAL, "sret in the handler of %s, vsstatus 0x%lx",
		  mode_names[mode], (unsigned long)status);
	record("sret in the handler of %s, vsstatus 0x%lx, then = vsstatus 0x%lx", mode_names[mode],
	       (unsigned long)status, (unsigned long)h_read_settled(CSR_VSSTATUS));
	calm();
}

/* Vectored vstvec: interrupts go to base + 4 * cause, exceptions to the base. */
static void check_vectors(void)
{
	unsigned int vectored, irq;

	h_write(CSR_HIDELEG, 0x444);
	h_write(CSR_HIE, 0x444);
	for (vectored = 0; vectored < 2; vectored++) {
		h_write(CSR_VSTVEC, (uintptr_t)vs_vector | vectored);
		for (irq = 2; irq <= 10; irq += 4) {
			h_write(CSR_VSSTATUS, SSTATUS_SIE);
			h_write(CSR_HVIP, BIT64(irq));
			try_insn(VS, INSN_NOP, 0, 0, 0);
			check_end(TO_VS, CAUSE_INTERRUPT | (irq - 1),
				  "vstvec mode %u, interrupt %u", vectored, irq);
			check(me->epc == (uintptr_t)vs_vector + (vectored ? 4 * (irq - 1) : 0),
			      "vstvec mode %u, interrupt %u, where = %s", vectored, irq,
			      place(me->epc));
		}
		h_write(CSR_HVIP, 0);
		h_write(CSR_HEDELEG, BIT64(CAUSE_BREAKPOINT));
		h_write(CSR_VSSTATUS, 0);
		try_insn(VS, INSN_EBREAK, 0, 0, 0);
		check_end(TO_VS, CAUSE_BREAKPOINT, "vstvec mode %u, exception", vectored);
	}
	calm();
}

void check_sret(void)
{
	unsigned int n;

	area_begin("sret: where it goes and what it leaves, in HS and in VS mode");
	for (n = 0; n < 64; n++)
		check_from_hs(n);
	for (n = 0; n < 8; n++)
		check_from_vs(n);
	for (n = 0; n < 4; n++)
		check_vs_round_trip(n);
	check_vectors();
}
