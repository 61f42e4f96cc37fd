/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The judge of traps of a guest, by the specification alone. It compares the trap that the hart
 * took with the place at which the hart goes on, and with the values that L1 finds in its CSRs. A
 * guest must not see anything that Halite did in between, not even traps of Halite's own.
 *
 * Specification: priv H "Trap Entry", "Trap Return", table of htinst values.
 */
#include "hext/bits.h"
#include "hext/insn.h"
#include "machine.h"

/* The guests' hart before the trap, as the hardware had it. */
static struct before {
	bool active; /* else the hart starts */
	uint64_t pc; /* of the guest; for a hart that starts, where it begins */
	bool virt, user;
	uint64_t epc, status; /* vsepc, vsstatus: L1's sepc and sstatus, if L1 ran */
	uint64_t sie;	      /* L1's, as it was when L1 ran last */
	uint64_t hedeleg;
} befores[MACHINE_HARTS];

static struct before *before(void)
{
	return &befores[hart->index];
}

static uint64_t csr(unsigned int number)
{
	return hart->csr[number];
}

void judge_start(uint64_t pc)
{
	*before() = (struct before){ .pc = pc };
}

void judge_trap(void)
{
	struct before *b = before();
	bool virt = hart->vcpu->h.virt;

	*b = (struct before){
		.active = true,
		.pc = hart->pc,
		.virt = virt,
		.user = hart->user,
		.epc = csr(HEXT_CSR_VSEPC),
		.status = csr(HEXT_CSR_VSSTATUS),
		.sie = virt ? b->sie : csr(HEXT_CSR_HIE) & IRQ_VS_ALL,
		.hedeleg = csr(HEXT_CSR_HEDELEG),
	};
}

static _Noreturn void fail(const char *what, uint64_t is, uint64_t right)
{
	const struct before *b = before();

	machine_fail(
		"cause 0x%lx, tval 0x%lx, htinst 0x%lx of L%d at 0x%lx: %s 0x%lx, right: 0x%lx",
		hart->trap.cause, hart->trap.tval, hart->trap.htinst, b->virt ? 2 : 1, b->pc, what,
		is, right);
}

static void check_equal(const char *what, uint64_t is, uint64_t right)
{
	if (is != right)
		fail(what, is, right);
}

/* ---- the CSRs of a trap ---- */

static bool is_code_of(uint64_t htinst, uint32_t code)
{
	struct hext_insn insn;

	hext_decode(code, &insn);
	return htinst == hext_transform(&insn, 0);
}

/*
 * 0 is always right, but for an access to a VS-level table that a guest-page fault tells of; else
 * the instruction.
 */
static bool may_be_htinst(uint64_t htinst, uint64_t cause)
{
	const struct machine_trap *t = &hart->trap;

	if (hext_insn_is_pseudo(t->htinst))
		return htinst == (hext_is_guest_page_fault(cause) ? t->htinst : 0);
	if (!htinst || htinst == t->htinst)
		return true;
	return !t->htinst && t->access.kind != ACCESS_NONE && is_code_of(htinst, t->code);
}

/*
 * The exception that L1 or L2 sees is that of the trap: the same one, or the access fault of the
 * same access.
 */
static bool is_cause_of_trap(uint64_t cause)
{
	uint64_t trap = hart->trap.cause;

	return cause == trap ||
	       (hext_is_guest_page_fault(trap) && cause == hext_access_fault(trap));
}

/* Halite gives L2 the access fault itself, where L1 has delegated it. */
static bool is_delegated(uint64_t cause)
{
	return is_cause_of_trap(cause) && !hext_is_guest_page_fault(cause) &&
	       (before()->hedeleg >> cause & 1);
}

/* Behind the instruction, which is of 2 or 4 bytes. */
static bool is_behind(uint64_t pc)
{
	return pc == before()->pc + 2 || pc == before()->pc + 4;
}

static bool is_hypervisor_access(void)
{
	struct hext_insn insn;

	if (hart->trap.cause != CAUSE_VIRTUAL)
		return false;
	hext_decode(hart->trap.code, &insn);
	return insn.kind == HEXT_INSN_HLV || insn.kind == HEXT_INSN_HLVX ||
	       insn.kind == HEXT_INSN_HSV;
}

static uint64_t l1_hstatus(void)
{
	return hart->vcpu->h.hstatus;
}

/* Where L1 looks for what a trap of L2 has left. */
static void check_area(void)
{
	const struct hext_hart *h = &hart->vcpu->h;
	uint64_t value;

	if (guest_area_csr(HEXT_CSR_HSTATUS, &value))
		check_equal("hstatus of the area", value, h->hstatus);
	if (guest_area_csr(HEXT_CSR_HTVAL, &value))
		check_equal("htval of the area", value, h->htval);
	if (guest_area_csr(HEXT_CSR_HTINST, &value))
		check_equal("htinst of the area", value, h->htinst);
}

static void check_status(uint64_t status, bool user)
{
	check_equal("SPP", !!(status & SSTATUS_SPP), !user);
	check_equal("SIE", !!(status & SSTATUS_SIE), 0);
}

/* L1's interrupt @cause, at @pc. */
static void check_interrupt(uint64_t cause, uint64_t pc, bool user)
{
	check_equal("an interrupt that L1 has not enabled", before()->sie >> ((cause & 63) + 1) & 1,
		    1);
	check_equal("sepc", csr(HEXT_CSR_VSEPC), pc);
	check_equal("stval", csr(HEXT_CSR_VSTVAL), 0);
	check_equal("htval", hart->vcpu->h.htval, 0);
	check_equal("htinst", hart->vcpu->h.htinst, 0);
	check_equal("GVA", !!(l1_hstatus() & HSTATUS_GVA), 0);
	check_status(csr(HEXT_CSR_VSSTATUS), user);
}

/* The trap has been L2's, or Halite has done the instruction, before L1's interrupt came. */
static void find_interrupted(uint64_t *pc, bool *user)
{
	const struct hext_bank *vs = &hart->vcpu->h.vs;
	const struct before *b = before();
	uint64_t epc = csr(HEXT_CSR_VSEPC);

	*pc = b->pc;
	*user = b->user;
	if (epc == L2_HANDLER && vs->epc == b->pc && is_delegated(vs->cause)) {
		*pc = L2_HANDLER;
		*user = false;
	} else if (hart->trap.access.kind != ACCESS_NONE && is_behind(epc)) {
		*pc = epc;
	}
}

/* L2's trap is L1's. */
static void check_trap_of_l2(void)
{
	const struct machine_trap *t = &hart->trap;
	const struct before *b = before();
	uint64_t cause = csr(HEXT_CSR_VSCAUSE), pc;
	bool user;

	check_equal("SPV", !!(l1_hstatus() & HSTATUS_SPV), 1);
	if (cause & CAUSE_INTERRUPT) {
		find_interrupted(&pc, &user);
		check_equal("SPVP", !!(l1_hstatus() & HSTATUS_SPVP), !user);
		check_interrupt(cause, pc, user);
		return;
	}
	check_equal("SPVP", !!(l1_hstatus() & HSTATUS_SPVP), !b->user);
	if (!is_cause_of_trap(cause) || is_delegated(cause))
		fail("scause", cause, t->cause);
	check_equal("sepc", csr(HEXT_CSR_VSEPC), b->pc);
	check_equal("stval", csr(HEXT_CSR_VSTVAL), t->tval);
	check_equal("GVA", !!(l1_hstatus() & HSTATUS_GVA), t->gva);
	check_equal("htval", hart->vcpu->h.htval, hext_is_guest_page_fault(cause) ? t->htval : 0);
	if (!may_be_htinst(hart->vcpu->h.htinst, cause))
		fail("htinst", hart->vcpu->h.htinst, t->htinst);
	check_status(csr(HEXT_CSR_VSSTATUS), b->user);
}

/* An exception of L1. */
static void check_trap_of_l1(void)
{
	const struct machine_trap *t = &hart->trap;
	const struct before *b = before();
	uint64_t cause = csr(HEXT_CSR_VSCAUSE);

	check_equal("SPV", !!(l1_hstatus() & HSTATUS_SPV), 0);
	if (is_hypervisor_access())
		check_equal("stval", csr(HEXT_CSR_VSTVAL), t->access.addr);
	else if (t->cause == CAUSE_VIRTUAL)
		check_equal("scause", cause, CAUSE_ILLEGAL);
	else if (!is_cause_of_trap(cause) || hext_is_guest_page_fault(cause))
		fail("scause", cause, t->cause);
	else
		check_equal("stval", csr(HEXT_CSR_VSTVAL), t->tval);
	check_equal("sepc", csr(HEXT_CSR_VSEPC), b->pc);
	check_equal("GVA", !!(l1_hstatus() & HSTATUS_GVA), is_hypervisor_access());
	check_status(csr(HEXT_CSR_VSSTATUS), b->user);
}

/* ---- where the guest goes on ---- */

/* At the trapped instruction, or behind one that Halite has done. */
static bool goes_on(void)
{
	const struct before *b = before();
	uint64_t cause = hart->trap.cause;
	bool done = hart->trap.access.kind != ACCESS_NONE ||
		    (!b->virt && (cause == CAUSE_VIRTUAL || cause == CAUSE_ECALL_VS));

	if (hart->user != b->user)
		return false;
	return hart->pc == b->pc || (done && is_behind(hart->pc));
}

static void check_l2_after_l2(void)
{
	const struct before *b = before();
	uint64_t cause = csr(HEXT_CSR_VSCAUSE);

	if (goes_on())
		return;
	check_equal("pc", hart->pc, L2_HANDLER);
	check_equal("user", hart->user, false);
	if (!is_delegated(cause))
		fail("vscause", cause, hart->trap.cause);
	check_equal("vsepc", csr(HEXT_CSR_VSEPC), b->pc);
	check_equal("vstval", csr(HEXT_CSR_VSTVAL), hart->trap.tval);
	check_status(csr(HEXT_CSR_VSSTATUS), b->user);
}

static void check_l1_after_l2(void)
{
	check_equal("pc", hart->pc, L1_HANDLER);
	check_equal("user", hart->user, false);
	check_trap_of_l2();
	check_area();
}

/* L1's SRET: L2 begins where L1 says. */
static void check_l2_after_l1(void)
{
	const struct before *b = before();

	check_equal("pc", hart->pc, b->epc);
	check_equal("user", hart->user, !(b->status & SSTATUS_SPP));
}

static void check_l1_after_l1(void)
{
	const struct before *b = before();
	uint64_t cause = csr(HEXT_CSR_VSCAUSE);

	if (goes_on()) {
		check_equal("sepc", csr(HEXT_CSR_VSEPC), b->epc);
		return;
	}
	/* SYNC_SRET with SPV clear. */
	if (hart->trap.cause == CAUSE_ECALL_VS && hart->pc == b->epc) {
		check_equal("user", hart->user, !(b->status & SSTATUS_SPP));
		return;
	}
	check_equal("pc", hart->pc, L1_HANDLER);
	check_equal("user", hart->user, false);
	if (!(cause & CAUSE_INTERRUPT)) {
		check_trap_of_l1();
		return;
	}
	/* L2 was entered and has ended at once. */
	check_equal("SPV", !!(l1_hstatus() & HSTATUS_SPV), 1);
	check_equal("SPVP", !!(l1_hstatus() & HSTATUS_SPVP), !!(b->status & SSTATUS_SPP));
	check_interrupt(cause, b->epc, !(b->status & SSTATUS_SPP));
}

void judge_entry(void)
{
	const struct before *b = before();

	if (!(csr(HEXT_CSR_HSTATUS) & HSTATUS_SPV))
		machine_fail("SRET goes to HS-mode at 0x%lx", hart->pc);
	if (!b->active) {
		check_equal("pc", hart->pc, b->pc);
		check_equal("user", hart->user, false);
	} else if (b->virt) {
		if (hart->vcpu->h.virt)
			check_l2_after_l2();
		else
			check_l1_after_l2();
	} else {
		if (hart->vcpu->h.virt)
			check_l2_after_l1();
		else
			check_l1_after_l1();
	}
}
