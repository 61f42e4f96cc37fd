/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses at every offset in a page of each kind of controller registers, with every width, by L1,
 * by HLV and HSV, and by L2.
 */
#include "cage.h"

#define ACTORS	    3
#define ODD_OFFSETS 64
#define CODE	    8 /* bytes of code of each access in code_widths */

static const char *const actors[ACTORS] = { "L1", "HLV, HSV", "L2" };

/* Allowed outcomes of an access to a page that this guest has mapped. */
static uint64_t allowed(bool store)
{
	return BIT64(CAUSE_BREAKPOINT) |
	       (store ? BIT64(CAUSE_STORE_ACCESS) | BIT64(CAUSE_STORE_MISALIGNED)
		      : BIT64(CAUSE_LOAD_ACCESS) | BIT64(CAUSE_LOAD_MISALIGNED));
}

/* Stores store 0, which enables nothing, completes nothing and sets nothing pending. */
static void try_access(unsigned int actor, uint64_t addr, unsigned int kind)
{
	uint64_t code =
		(uintptr_t)(actor == 1 ? code_hypervisor_widths : code_widths) + CODE * kind;
	bool store = kind >= 4;

	if (actor == 2) {
		fill_registers(addr, 0);
		run(VS, code);
	} else {
		call(code, addr, 0);
	}
	if (me->cause > 63 || !(allowed(store) >> me->cause & 1) ||
	    me->pc != code + (me->cause == CAUSE_BREAKPOINT ? 4 : 0) ||
	    (actor == 2 && (!(me->hstatus & HSTATUS_SPV) || registers_lost())))
		wrong("%s of %u bytes at 0x%lx by %s: cause %ld, sepc 0x%lx",
		      store ? "store" : "load", 1u << (kind & 3), (unsigned long)addr,
		      actors[actor], (long)me->cause, (unsigned long)me->pc);
}

static void try_page(const struct place *place, unsigned int actor)
{
	struct tables *t = tables_reset();
	uint64_t addr = actor ? TEST_ADDR + PAGE : place->addr;
	unsigned int offset, kind;

	t->last[1] = PPN(place->addr) | PTE_V | PTE_R | PTE_W | PTE_U | PTE_AD;
	/* The next page is not mapped. */
	fence_all();
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	for (offset = 0; offset < PAGE; offset++) {
		for (kind = 0; kind < 8; kind++) {
			/* L2 is slow, so it does not try all odd offsets. */
			if ((actor && offset + (1 << (kind & 3)) > PAGE) ||
			    (actor == 2 && offset % 4 && offset > ODD_OFFSETS))
				continue;
			try_access(actor, addr + offset, kind);
		}
	}
	check_wrong("every offset of %s, by %s", place->name, actors[actor]);
}

void check_registers(void)
{
	unsigned int i, actor;

	for (i = 0; i < register_count; i++) {
		for (actor = 0; actor < ACTORS; actor++) {
			arm_watchdog(60);
			try_page(&registers[i], actor);
		}
	}
	check_sane("every offset");
}
