/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs code in a mode, and describes how it ended. */
#include <stdio.h>
#include <string.h>

#include "aia.h"
#include "tables.h"

#define TIME_LIMIT 200000000 /* ticks */

struct hart harts[MAX_HARTS];
static uint8_t stacks[MAX_HARTS][HART_STACK] __attribute__((aligned(16)));
static uint32_t code[MAX_HARTS][PAGE / 4] __attribute__((aligned(4096)));

bool has_sstc;

const char *const mode_names[MODES] = { "HS", "U", "VS", "VU" };

uint32_t *code_page(void)
{
	return code[me->id];
}

void hart_timer(bool pending)
{
	me->timer_set = csr_read(time);
	guest_sbi(EXT_TIME, 0, pending ? 0 : me->timer_set + TIME_LIMIT, 0, 0, 0, 0);
}

/* Enables the watchdog's interrupt in lower modes, which ends a guest that loops for ever. */
static void watchdog(void)
{
	hart_timer(false);
	csr_set(sie, BIT64(IRQ_STI));
}

void calm(void)
{
	static const uint16_t zero[] = {
		CSR_VSSTATUS, CSR_VSCAUSE, CSR_VSTVAL, CSR_VSEPC,      CSR_VSATP,      CSR_HEDELEG,
		CSR_HIDELEG,  CSR_HIE,	   CSR_HVIP,   CSR_HTIMEDELTA, CSR_HCOUNTEREN, CSR_HENVCFG,
		CSR_HGATP,    CSR_HTVAL,   CSR_HTINST, CSR_HSTATUS,    CSR_VSSCRATCH,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(zero); i++)
		h_write(zero[i], 0);
	if (has_sstc)
		h_write(CSR_VSTIMECMP, ~UINT64_C(0));
	h_write(CSR_VSTVEC, (uintptr_t)vs_vector);
	/* Permit everything that hstateen0 can forbid, as without hstateen0. */
	if (aia.stateen)
		h_write(CSR_HSTATEEN0, ~UINT64_C(0));
	aia_calm();
	h_fence_all();
	csr_clear(sstatus,
		  SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR);
	csr_write(sie, 0);
	csr_write(sip, 0);
	csr_write(scounteren, 0);
	csr_write(senvcfg, 0);
	watchdog();
}

void hart_stack(uint64_t id)
{
	harts[id].x[2] = (uintptr_t)stacks[id] + HART_STACK;
}

void hart_init(uint64_t id)
{
	struct hart *h = &harts[id];

	if (id >= MAX_HARTS)
		bail("hart %lu", (unsigned long)id);
	h->id = id;
	hart_stack(id);
	me = h;
	csr_write(sscratch, h);
	csr_write(stvec, conf_trap);
	access_init();
	try_insn(HS, INSN_CSRR(CSR_VSTIMECMP), 0, 0, 0);
	has_sstc = ended().to == DONE;
}

static void settle_for(enum mode mode, uint64_t hstatus)
{
	if (IS_VIRTUAL(mode))
		return;
	h_write(CSR_HSTATUS, hstatus);
	h_settle();
}

void run(enum mode mode, uint64_t pc, uint64_t hstatus)
{
	const uint64_t spp = SSTATUS_SPP;

	me->mode = mode;
	/* The watchdog is for one piece of code, however long an area takes. */
	if (csr_read(time) - me->timer_set > TIME_LIMIT / 2)
		hart_timer(false);
	settle_for(mode, hstatus);
	if (IS_USER(mode))
		csr_clear(sstatus, spp);
	else
		csr_set(sstatus, spp);
	csr_write(sepc, pc);
	if (IS_VIRTUAL(mode)) {
		h_enter(hstatus | HSTATUS_SPV);
		h_after_trap();
	} else {
		conf_enter(me);
		me->hstatus = h_read(CSR_HSTATUS);
	}
	if (me->cause == (CAUSE_INTERRUPT | IRQ_STI) && csr_read(time) > 0 &&
	    !(csr_read(sip) & BIT64(IRQ_STI)))
		bail("an interrupt of the timer that is not pending");
}

void put_code(uint32_t insn)
{
	volatile uint32_t *page = code_page();

	page[0] = insn;
	page[1] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
}

void try_at(enum mode mode, uint64_t pc, uint32_t insn, uint64_t a0, uint64_t a1, uint64_t hstatus)
{
	put_code(insn);
	memset(me->x, 0, sizeof(me->x));
	me->x[A0] = a0;
	me->x[A1] = a1;
	run(mode, pc, hstatus);
}

void try_insn(enum mode mode, uint32_t insn, uint64_t a0, uint64_t a1, uint64_t hstatus)
{
	try_at(mode, (uintptr_t)code_page(), insn, a0, a1, hstatus);
}

/* ---- words ---- */

static bool name_in(char *text, size_t size, const char *name, uint64_t addr, uint64_t start,
		    uint64_t length)
{
	if (addr - start >= length)
		return false;
	snprintf(text, size, "%s+0x%lx", name, (unsigned long)(addr - start));
	return true;
}

const char *place(uint64_t addr)
{
	static char texts[4][40];
	static unsigned int next;
	char *text = texts[next++ % 4];
	const size_t size = sizeof(texts[0]);

	if (!name_in(text, size, "code", addr, (uintptr_t)code_page(), PAGE) &&
	    !name_in(text, size, "code", addr, CODE_VA, PAGE) &&
	    !name_in(text, size, "vec", addr, (uintptr_t)vs_vector, PAGE) &&
	    !name_in(text, size, "vec", addr, VEC_VA, PAGE) &&
	    !name_in(text, size, "data", addr, (uintptr_t)data_pages, sizeof(data_pages)) &&
	    !name_in(text, size, "tables", addr, tables_start(), tables_size()))
		snprintf(text, size, "0x%lx", (unsigned long)addr);
	return text;
}

/* Whether it is the EBREAK behind the instruction. */
static bool is_mark(uint64_t cause, uint64_t epc)
{
	return cause == CAUSE_BREAKPOINT && !strcmp(place(epc), "code+0x4");
}

struct end_of ended(void)
{
	const char *at = place(me->epc);

	if (IS_VIRTUAL(me->mode) && me->cause == CAUSE_ECALL_VS && !strncmp(at, "vec+", 4)) {
		uint64_t cause = h_read_settled(CSR_VSCAUSE);

		if (is_mark(cause, h_read_settled(CSR_VSEPC)))
			return (struct end_of){ DONE, cause };
		return (struct end_of){ TO_VS, cause };
	}
	if (is_mark(me->cause, me->epc))
		return (struct end_of){ DONE, me->cause };
	return (struct end_of){ TO_HS, me->cause };
}

static const char *cause_text(uint64_t cause)
{
	static char text[24];

	snprintf(text, sizeof(text), "%s%lu", cause & CAUSE_INTERRUPT ? "irq" : "",
		 (unsigned long)(cause & ~CAUSE_INTERRUPT));
	return text;
}

/* hstatus.GVA after a trap from HS or U is printed in lines of check_delegation() only. */
static uint64_t shown_hstatus(void)
{
	return IS_VIRTUAL(me->mode) ? me->hstatus : me->hstatus & ~HSTATUS_GVA;
}

/* stval after a refused instruction is the instruction, or 0. */
static const char *tval_text(uint64_t cause, uint64_t tval)
{
	if (cause != CAUSE_ILLEGAL && cause != CAUSE_VIRTUAL)
		return place(tval);
	return !tval ? "0" : tval == code_page()[0] ? "insn" : "other";
}

const char *outcome(void)
{
	static char text[300];
	struct end_of end = ended();
	int used;

	if (end.to == DONE) {
		snprintf(text, sizeof(text), "done, a0 %s", place(me->x[A0]));
		return text;
	}
	if (end.to == TO_VS) {
		snprintf(text, sizeof(text),
			 "VS %s at %s tval %s vsstatus 0x%lx, vector %s hstatus 0x%lx",
			 cause_text(end.cause), place(h_read_settled(CSR_VSEPC)),
			 tval_text(end.cause, h_read_settled(CSR_VSTVAL)),
			 (unsigned long)h_read_settled(CSR_VSSTATUS), place(me->epc),
			 (unsigned long)shown_hstatus());
		return text;
	}
	used = snprintf(text, sizeof(text), "HS %s at %s tval %s sstatus 0x%lx hstatus 0x%lx",
			cause_text(end.cause), place(me->epc), tval_text(end.cause, me->tval),
			(unsigned long)me->status, (unsigned long)shown_hstatus());
	if (IS_VIRTUAL(me->mode))
		snprintf(text + used, sizeof(text) - used, " htval 0x%lx htinst 0x%lx",
			 (unsigned long)me->htval, (unsigned long)me->htinst);
	return text;
}

const char *short_outcome(void)
{
	static char text[200];
	struct end_of end = ended();
	uint64_t tval = end.to == TO_VS ? h_read_settled(CSR_VSTVAL) : me->tval;
	int used;

	if (end.to == DONE) {
		snprintf(text, sizeof(text), "done, a0 %s", place(me->x[A0]));
		return text;
	}
	used = snprintf(text, sizeof(text), "%s %s tval %s", end.to == TO_VS ? "VS" : "HS",
			cause_text(end.cause), tval_text(end.cause, tval));
	if (end.to == TO_HS && IS_VIRTUAL(me->mode))
		snprintf(text + used, sizeof(text) - used, " htval %s htinst 0x%lx GVA %u",
			 me->htval ? place(me->htval << 2) : "0", (unsigned long)me->htinst,
			 !!(me->hstatus & HSTATUS_GVA));
	return text;
}
