/* SPDX-License-Identifier: BSD-2-Clause */
/* PTEs of Svnapot and Svpbmt in either stage, and in both. */
#include "conformance.h"
#include "tables.h"

#define PTE_N	      BIT64(63)
#define PTE_PBMT(n)   ((uint64_t)(n) << 61)
#define HENVCFG_PBMTE BIT64(62)

/* The stages that a check is about. */
#define IN_VS 1
#define IN_G  2

#define WINDOW_VA    UINT64_C(0x50000000)
#define WINDOW_GPA   UINT64_C(0x60000000)
#define WINDOW_PAGES 16
#define NAPOT_64K    8 /* PPN[3:0] of a leaf of 64 KiB (priv "Svnapot") */

static uint64_t window[WINDOW_PAGES][512] __attribute__((aligned(65536)));

static const char *const stage_names[] = { "", "VS", "G", "VS and G" };

static const struct {
	const char *name;
	uint32_t insn;
	uint64_t page, guest_page; /* causes */
} kinds[] = {
	{ "load", INSN_LD, CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE },
	{ "store", INSN_SD, CAUSE_STORE_PAGE, CAUSE_STORE_GUEST_PAGE },
	{ "fetch", INSN_JR, CAUSE_FETCH_PAGE, CAUSE_FETCH_GUEST_PAGE },
};

/* ---- Svnapot ---- */

/* Maps the window: in the stages @napot by 16 leaves with N and @low in PPN[3:0]. */
static void make_window(struct scene *s, unsigned int napot, unsigned int low)
{
	uint64_t offset;
	unsigned int i;

	scene_make(s, M39, M39, VS);
	for (i = 0; i < WINDOW_PAGES; i++) {
		window[i][1] = 0x1000 + i;
		window[i][2] = (uint64_t)INSN_EBREAK << 32 | INSN_EBREAK;
		offset = i * PAGE;
		map(&s->vs, WINDOW_VA + offset, WINDOW_GPA + (napot & IN_VS ? low * PAGE : offset),
		    0, PTE_RWX | (napot & IN_VS ? PTE_N : 0));
		map(&s->g, WINDOW_GPA + offset,
		    (uintptr_t)window + (napot & IN_G ? low * PAGE : offset), 0,
		    PTE_PAGE | (napot & IN_G ? PTE_N : 0));
	}
}

static void check_napot(unsigned int napot)
{
	static const unsigned int pages[] = { 0, 5, 8, 15 };
	unsigned int i, page;
	struct scene s;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		page = pages[i];
		make_window(&s, napot, NAPOT_64K);
		scene_use(&s);
		scene_try(&s, INSN_LD, WINDOW_VA + page * PAGE + 8, 0);
		check(ended().to == DONE && me->x[A0] == window[page][1],
		      "napot %s, load of page %u: %s", stage_names[napot], page, short_outcome());
		scene_try(&s, INSN_SD, WINDOW_VA + page * PAGE + 24, 0x77 + page);
		check(ended().to == DONE && window[page][3] == 0x77 + page,
		      "napot %s, store to page %u: %s", stage_names[napot], page, short_outcome());
		scene_try(&s, INSN_JR, WINDOW_VA + page * PAGE + 16, 0);
		check(me->cause == CAUSE_BREAKPOINT && me->epc == WINDOW_VA + page * PAGE + 16,
		      "napot %s, fetch from page %u", stage_names[napot], page);
		try_insn(HS, INSN_HLV_D, WINDOW_VA + page * PAGE + 8, 0, HSTATUS_SPVP);
		check(ended().to == DONE && me->x[A0] == window[page][1],
		      "napot %s, hlv.d of page %u: %s", stage_names[napot], page, short_outcome());
	}
}

/* All other encodings are reserved, and cause a page fault (priv "Svnapot"). */
static void check_napot_reserved(unsigned int stage)
{
	static const unsigned int low[] = { 0, 1, 2, 4, 9, 12, 15 };
	unsigned int i, kind;
	struct scene s;

	for (i = 0; i < ARRAY_SIZE(low); i++) {
		for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			make_window(&s, stage, low[i]);
			scene_use(&s);
			scene_try(&s, kinds[kind].insn, WINDOW_VA + 8, 0);
			check_short(TO_HS,
				    stage == IN_G ? kinds[kind].guest_page : kinds[kind].page,
				    "napot %s with %u in PPN[3:0], %s", stage_names[stage], low[i],
				    kinds[kind].name);
		}
	}
	scene_make(&s, M39, M39, VS);
	*pte_of(stage == IN_G ? &s.g : &s.vs, stage == IN_G ? DATA_GPA : DATA_VA, 1) |= PTE_N;
	scene_use(&s);
	scene_try(&s, INSN_LD, DATA_VA + 8, 0);
	check_short(TO_HS, stage == IN_G ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "napot %s pointer", stage_names[stage]);
}

/* N in a leaf of 2 MiB. */
static void check_napot_large(unsigned int stage)
{
	const uint64_t at = stage == IN_G ? WINDOW_GPA : WINDOW_VA;
	const uint64_t large = page_size(1) - 1;
	struct scene s;

	scene_make(&s, M39, M39, VS);
	map(&s.vs, WINDOW_VA, WINDOW_GPA, stage == IN_VS, PTE_RWX);
	map(&s.g, WINDOW_GPA, (uintptr_t)window & ~(stage == IN_G ? large : 0), stage == IN_G,
	    PTE_PAGE);
	*pte_of(stage == IN_G ? &s.g : &s.vs, at, 1) |= PTE_N;
	scene_use(&s);
	scene_try(&s, INSN_LD, WINDOW_VA + 8, 0);
	check_short(TO_HS, stage == IN_G ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "napot %s leaf of 2 MiB", stage_names[stage]);
}

/* ---- Svpbmt ---- */

/* henvcfg.PBMTE is about the VS-stage; menvcfg.PBMTE, which firmware sets, about the G-stage. */
static void check_pbmt(unsigned int stage, unsigned int pbmt, bool pbmte, unsigned int kind)
{
	bool ok = !pbmt || (pbmt < 3 && (pbmte || stage == IN_G));
	struct scene s;

	scene_make(&s, M39, M39, VS);
	data_pages[0][1] = (uint64_t)INSN_EBREAK << 32 | INSN_EBREAK;
	*pte_of(stage == IN_G ? &s.g : &s.vs, stage == IN_G ? DATA_GPA : DATA_VA, 0) |=
		PTE_PBMT(pbmt);
	h_write(CSR_HENVCFG, pbmte ? HENVCFG_PBMTE : 0);
	scene_use(&s);
	scene_try(&s, kinds[kind].insn, DATA_VA + 8, 1);
	if (kinds[kind].insn == INSN_JR && me->cause == CAUSE_BREAKPOINT &&
	    me->epc == DATA_VA + 8) {
		me->epc = CODE_VA + 4;
		me->x[A0] = 0;
	}
	check_short(ok ? DONE : TO_HS, stage == IN_G ? kinds[kind].guest_page : kinds[kind].page,
		    "pbmt %u in %s, PBMTE %u, %s", pbmt, stage_names[stage], pbmte,
		    kinds[kind].name);
}

static void check_pbmt_both(unsigned int vs, unsigned int g)
{
	struct scene s;

	scene_make(&s, M39, M39, VS);
	*pte_of(&s.vs, DATA_VA, 0) |= PTE_PBMT(vs);
	*pte_of(&s.g, DATA_GPA, 0) |= PTE_PBMT(g);
	h_write(CSR_HENVCFG, HENVCFG_PBMTE);
	scene_use(&s);
	scene_try(&s, INSN_SD, DATA_VA + 16, 0x99);
	check(ended().to == DONE && data_pages[0][2] == 0x99, "pbmt %u by %u, store: %s", vs, g,
	      short_outcome());
	try_insn(HS, INSN_HLV_D, DATA_VA + 16, 0, HSTATUS_SPVP);
	check(ended().to == DONE && me->x[A0] == 0x99, "pbmt %u by %u, hlv.d: %s", vs, g,
	      short_outcome());
}

/* PBMT is reserved in pointers; leaves of each size have it. */
static void check_pbmt_levels(unsigned int stage)
{
	struct stage *changed;
	struct scene s;

	scene_make(&s, M39, M39, VS);
	changed = stage == IN_G ? &s.g : &s.vs;
	*pte_of(changed, stage == IN_G ? DATA_GPA : DATA_VA, 1) |= PTE_PBMT(1);
	h_write(CSR_HENVCFG, HENVCFG_PBMTE);
	scene_use(&s);
	scene_try(&s, INSN_LD, DATA_VA + 8, 0);
	check_short(TO_HS, stage == IN_G ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "pbmt 1 in a pointer of %s", stage_names[stage]);
	scene_make(&s, M39, M39, VS);
	map(&s.vs, WINDOW_VA, WINDOW_GPA, stage == IN_VS,
	    PTE_RWX | (stage == IN_VS ? PTE_PBMT(2) : 0));
	map(&s.g, WINDOW_GPA,
	    stage == IN_G ? (uintptr_t)window & ~(page_size(1) - 1) : (uintptr_t)window,
	    stage == IN_G, PTE_PAGE | (stage == IN_G ? PTE_PBMT(2) : 0));
	scene_use(&s);
	scene_try(&s, INSN_LD, WINDOW_VA + 8, 0);
	check_short(DONE, 0, "pbmt 2 in a leaf of 2 MiB of %s", stage_names[stage]);
}

void check_pte_bits(void)
{
	unsigned int stage, pbmt, kind, g;

	area_begin("pte: Svnapot and Svpbmt in either stage and in both, reserved encodings");
	for (stage = IN_VS; has_extension("svnapot") && stage <= (IN_VS | IN_G); stage++) {
		check_napot(stage);
		if (stage == (IN_VS | IN_G))
			break;
		check_napot_reserved(stage);
		check_napot_large(stage);
	}
	for (stage = IN_VS; has_extension("svpbmt") && stage <= IN_G; stage++) {
		for (pbmt = 0; pbmt < 4; pbmt++) {
			for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
				check_pbmt(stage, pbmt, false, kind);
				check_pbmt(stage, pbmt, true, kind);
			}
		}
		check_pbmt_levels(stage);
	}
	for (pbmt = 0; has_extension("svpbmt") && pbmt < 3; pbmt++) {
		for (g = 0; g < 3; g++)
			check_pbmt_both(pbmt, g);
	}
	h_write(CSR_HENVCFG, 0);
}
