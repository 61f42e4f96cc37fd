/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every offset of a page of each kind of controller register, with every width, by every way
 * there is.
 */
#include "cage.h"

#define WAYS	    3
#define ODD_OFFSETS 64
#define CODE	    8 /* bytes of each of code_widths */

static const char *const ways[WAYS] = { "L1", "HLV, HSV", "L2" };

/* What an access can end in that this guest has mapped itself. */
static uint64_t allowed(bool store)
{
	return BIT64(CAUSE_BREAKPOINT) |
	       (store ? BIT64(CAUSE_STORE_ACCESS) | BIT64(CAUSE_STORE_MISALIGNED)
		      : BIT64(CAUSE_LOAD_ACCESS) | BIT64(CAUSE_LOAD_MISALIGNED));
}

/* Zeros are stored: they enable nothing, complete nothing and set nothing pending. */
static void try_access(unsigned int way, uint64_t addr, unsigned int kind)
{
	uint64_t code = (uintptr_t)(way == 1 ? code_hypervisor_widths : code_widths) + CODE * kind;
	bool store = kind >= 4;

	if (way == 2) {
		fill_registers(addr, 0);
		run(VS, code);
	} else {
		call(code, addr, 0);
	}
	if (me->cause > 63 || !(allowed(store) >> me->cause & 1) ||
	    me->pc != code + (me->cause == CAUSE_BREAKPOINT ? 4 : 0) ||
	    (way == 2 && (!(me->hstatus & HSTATUS_SPV) || registers_lost())))
		wrong("%s of %u bytes at 0x%lx by %s: cause %ld, sepc 0x%lx",
		      store ? "store" : "load", 1u << (kind & 3), (unsigned long)addr, ways[way],
		      (long)me->cause, (unsigned long)me->pc);
}

static void try_page(const struct place *place, unsigned int way)
{
	struct tables *t = tables_reset();
	uint64_t addr = way ? TEST_ADDR + PAGE : place->addr;
	unsigned int offset, kind;

	t->last[1] = PPN(place->addr) | PTE_V | PTE_R | PTE_W | PTE_U | PTE_AD;
	/* What goes beyond the page is not mapped. */
	fence_all();
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	for (offset = 0; offset < PAGE; offset++) {
		for (kind = 0; kind < 8; kind++) {
			/* An L2 takes long: of its odd offsets the first ones. */
			if ((way && offset + (1 << (kind & 3)) > PAGE) ||
			    (way == 2 && offset % 4 && offset > ODD_OFFSETS))
				continue;
			try_access(way, addr + offset, kind);
		}
	}
	check_wrong("every offset of %s, by %s", place->name, ways[way]);
}

void check_registers(void)
{
	unsigned int i, way;

	for (i = 0; i < register_count; i++) {
		for (way = 0; way < WAYS; way++) {
			arm_watchdog(60);
			try_page(&registers[i], way);
		}
	}
	check_sane("every offset");
}
