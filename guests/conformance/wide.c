/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest physical addresses of 2^41 and above, which Sv39x4 does not have, beside addresses below,
 * with one value of hgatp. A hypervisor that translates for this program may begin with fewer
 * levels than hgatp asks for, and must not let it be seen.
 */
#include "conformance.h"
#include "tables.h"

/* In page 0 of the data: below 2^41, which each mode has. */
#define LOW DATA_GPA
/* The data again, at an address that is LOW + PAGE without the bits above the 41. */
#define WIDE(mode) (BIT64((mode) == M57 ? 50 : 41) | (LOW + PAGE))
/* The highest bit of an address in Sv39x4. */
#define TOP (BIT64(40) | (LOW + PAGE))
/* Addresses of L2 for these pages, if it has paging. */
#define WIDE_VA (DATA_VA + 32 * PAGE)

struct wide {
	struct scene s;
	uint64_t gpa; /* of the wide page */
	/* L2's addresses of the pages at LOW, TOP and WIDE, and of the next, without a PTE */
	uint64_t low, top, high, none;
};

/* The wide page is data page 3, and that at TOP is data page 4. */
static struct wide make(enum atp_mode vs, enum atp_mode g, enum mode mode)
{
	struct wide w = {
		.gpa = WIDE(g),
		.low = LOW,
		.top = TOP,
		.high = WIDE(g),
		.none = WIDE(g) + PAGE,
	};
	uint64_t user = IS_USER(mode) ? PTE_U : 0;

	scene_make(&w.s, vs, g, mode);
	map(&w.s.g, w.gpa, (uintptr_t)data_pages[3], 0, PTE_PAGE);
	map(&w.s.g, TOP, (uintptr_t)data_pages[4], 0, PTE_PAGE);
	if (vs != BARE) {
		map(&w.s.vs, WIDE_VA, w.high, 0, PTE_RWX | user);
		map(&w.s.vs, WIDE_VA + PAGE, w.none, 0, PTE_RWX | user);
		map(&w.s.vs, WIDE_VA + 2 * PAGE, w.top, 0, PTE_RWX | user);
		w.low = DATA_VA;
		w.high = WIDE_VA;
		w.none = WIDE_VA + PAGE;
		w.top = WIDE_VA + 2 * PAGE;
	}
	return w;
}

static void check_load(const struct wide *w, uint64_t addr, unsigned int page, const char *what)
{
	scene_try(&w->s, INSN_LD, addr + 8, 0);
	check(ended().to == DONE && me->x[A0] == DATA_WORD(page, 1), "wide %s by %s in %s, %s: %s",
	      mode_text(w->s.vs.mode, false), mode_text(w->s.g.mode, true), mode_names[w->s.mode],
	      what, short_outcome());
}

static void check_fault(const struct wide *w, uint32_t insn, uint64_t addr, uint64_t cause,
			const char *what)
{
	scene_try(&w->s, insn, addr + 8, 0);
	check_short(TO_HS, cause, "wide %s by %s in %s, %s", mode_text(w->s.vs.mode, false),
		    mode_text(w->s.g.mode, true), mode_names[w->s.mode], what);
}

/* Below, above and below again; and what is not there. */
static void check_both(enum atp_mode vs, enum atp_mode g, enum mode mode, bool high_first)
{
	struct wide w = make(vs, g, mode);

	scene_use(&w.s);
	if (high_first)
		check_load(&w, w.high, 3, "the first load is above");
	check_load(&w, w.low, 0, "load below");
	check_load(&w, w.top, 4, "load with bit 40");
	check_fault(&w, INSN_LD, w.none, CAUSE_LOAD_GUEST_PAGE, "load above, not mapped");
	check_load(&w, w.high, 3, "load above");
	check_load(&w, w.low, 0, "load below afterwards");
	check_fault(&w, INSN_SD, w.none, CAUSE_STORE_GUEST_PAGE, "store above, not mapped");
	check_fault(&w, INSN_JR, w.none, CAUSE_FETCH_GUEST_PAGE, "fetch above, not mapped");
	scene_try(&w.s, INSN_SD, w.high + 16, 0x99);
	check(ended().to == DONE && data_pages[3][2] == 0x99, "wide %s by %s in %s, store: %s",
	      mode_text(vs, false), mode_text(g, true), mode_names[mode], short_outcome());
	try_insn(HS, INSN_HLV_D, w.high + 8, 0, IS_USER(mode) ? 0 : HSTATUS_SPVP);
	check(ended().to == DONE && me->x[A0] == DATA_WORD(3, 1), "wide %s by %s in %s, hlv.d: %s",
	      mode_text(vs, false), mode_text(g, true), mode_names[mode], short_outcome());
}

/* What L1 removes is gone after a fence that names it, below and above. */
static void check_removal(enum atp_mode vs, enum atp_mode g)
{
	struct wide w = make(vs, g, VS);

	scene_use(&w.s);
	check_load(&w, w.low, 0, "load below");
	check_load(&w, w.high, 3, "load above");
	check_load(&w, w.low, 0, "load below afterwards");
	*pte_of(&w.s.g, LOW, 0) = 0;
	h_fence(GVMA, LOW, 0, 0);
	check_fault(&w, INSN_LD, w.low, CAUSE_LOAD_GUEST_PAGE, "below, removed");
	check_load(&w, w.high, 3, "load above, which stays");
	*pte_of(&w.s.g, w.gpa, 0) = 0;
	h_fence(GVMA_VMID, w.gpa, 0, 0);
	check_fault(&w, INSN_LD, w.high, CAUSE_LOAD_GUEST_PAGE, "above, removed");
	map(&w.s.g, LOW, (uintptr_t)data_pages[5], 0, PTE_PAGE);
	check_load(&w, w.low, 5, "load below, mapped again");
	map(&w.s.g, w.gpa, (uintptr_t)data_pages[6], 0, PTE_PAGE);
	check_load(&w, w.high, 6, "load above, mapped again");
}

/* The VS-stage's table for the data is at a wide address: implicit accesses. */
static void check_implicit(enum atp_mode vs, enum atp_mode g)
{
	struct wide w = make(vs, g, VS);
	uint64_t table = w.gpa + 2 * PAGE;
	/* The code has another table, also in Sv39. */
	uint64_t *pointer = pte_of(&w.s.vs, DATA_VA, 1);
	uint64_t where = *pointer >> 10 << 12;

	*pointer = PPN(table) | PTE_V;
	scene_use(&w.s);
	check_fault(&w, INSN_LD, w.low, CAUSE_LOAD_GUEST_PAGE, "table above, not mapped, load");
	check_fault(&w, INSN_SD, w.low, CAUSE_STORE_GUEST_PAGE, "table above, not mapped, store");
	check_fault(&w, INSN_JR, w.low, CAUSE_FETCH_GUEST_PAGE, "table above, not mapped, fetch");
	map(&w.s.g, table, where, 0, PTE_PAGE);
	check_load(&w, w.low, 0, "table above, load below");
	check_load(&w, w.high, 3, "table above, load above");
	check_fault(&w, INSN_LD, w.none, CAUSE_LOAD_GUEST_PAGE, "table above, load not mapped");
}

/* Two values of hgatp in turn, of which one has wide addresses in use. */
static void check_two_guests(enum atp_mode g)
{
	struct wide w = make(BARE, g, VS);
	unsigned int turn;
	uint64_t hgatp;

	scene_use(&w.s);
	hgatp = h_read(CSR_HGATP);
	for (turn = 0; turn < 4; turn++) {
		h_write(CSR_HGATP, hgatp | (uint64_t)(turn & 1) << 44);
		check_load(&w, w.low, 0, turn & 1 ? "second guest, below" : "first guest, below");
		if (!(turn & 1))
			check_load(&w, w.high, 3, "first guest, above");
	}
	h_write(CSR_HGATP, hgatp);
	h_settle();
}

void check_wide(void)
{
	enum atp_mode g, vs;
	unsigned int i;

	area_begin("wide: guest physical addresses that Sv39x4 does not have");
	for (g = M48; g <= M57; g++) {
		if (!has_mode(true, g))
			continue;
		for (vs = BARE; vs <= M57; vs = vs == BARE ? M39 : vs + 1) {
			if (vs != BARE && !has_mode(false, vs))
				continue;
			for (i = 0; i < 4; i++)
				check_both(vs, g, i & 1 ? VU : VS, i & 2);
			check_removal(vs, g);
			if (vs != BARE)
				check_implicit(vs, g);
		}
		check_two_guests(g);
	}
}
