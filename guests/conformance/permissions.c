/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses that a leaf permits in either stage, in VS and VU mode; SUM, MXR; A and D. */
#include "conformance.h"
#include "tables.h"

enum kind { LOAD, STORE, FETCH, AMO, LR, KINDS };

static const struct {
	const char *name;
	uint32_t insn;
	uint64_t page, guest_page; /* causes */
} kinds[KINDS] = {
	{ "load", INSN_LD, CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE },
	{ "store", INSN_SD, CAUSE_STORE_PAGE, CAUSE_STORE_GUEST_PAGE },
	{ "fetch", INSN_JR, CAUSE_FETCH_PAGE, CAUSE_FETCH_GUEST_PAGE },
	{ "amo", INSN_AMO(0, 3), CAUSE_STORE_PAGE, CAUSE_STORE_GUEST_PAGE },
	{ "lr", INSN_LR_D, CAUSE_LOAD_PAGE, CAUSE_LOAD_GUEST_PAGE },
};

static const char *flags_text(uint64_t pte)
{
	static char text[12];
	unsigned int i;

	for (i = 0; i < 8; i++)
		text[i] = pte >> i & 1 ? "VRWXUGAD"[i] : '-';
	text[8] = '\0';
	return text;
}

static bool gives(enum kind kind, uint64_t pte, bool mxr)
{
	if (!(pte & PTE_V) || !(pte & (PTE_R | PTE_X)) || (pte & (PTE_R | PTE_W)) == PTE_W)
		return false;
	switch (kind) {
	case FETCH:
		return pte & PTE_X;
	case STORE:
	case AMO:
		return pte & PTE_W;
	default:
		return (pte & PTE_R) || (mxr && (pte & PTE_X));
	}
}

static void set_status(bool sum, bool vs_mxr, bool hs_mxr)
{
	h_write(CSR_VSSTATUS, (sum ? SSTATUS_SUM : 0) | (vs_mxr ? SSTATUS_MXR : 0));
	csr_clear(sstatus, SSTATUS_MXR | SSTATUS_SUM);
	if (hs_mxr)
		csr_set(sstatus, SSTATUS_MXR);
}

/* The data page has an EBREAK, which shows that a fetch has succeeded. */
static void prepare(struct scene *s, enum mode mode)
{
	scene_make(s, M39, M39, mode);
	data_pages[0][1] = (uint64_t)INSN_EBREAK << 32 | INSN_EBREAK;
}

static void access_it(struct scene *s, enum kind kind)
{
	scene_use(s);
	scene_try(s, kinds[kind].insn, DATA_VA + 8, 1);
	/* This fetch has succeeded. */
	if (kind == FETCH && me->cause == CAUSE_BREAKPOINT && me->epc == DATA_VA + 8) {
		me->epc = CODE_VA + 4;
		me->x[A0] = 0;
	}
}

static void check_vs_leaf(enum kind kind, enum mode mode, uint64_t pte, unsigned int setting)
{
	bool sum = setting & 1, mxr = setting & 2, hs_mxr = setting & 4, ok;
	struct scene s;

	ok = gives(kind, pte, mxr || hs_mxr) && (pte & PTE_A);
	ok &= IS_USER(mode) ? !!(pte & PTE_U) : !(pte & PTE_U) || (sum && kind != FETCH);
	prepare(&s, mode);
	map(&s.vs, DATA_VA, DATA_GPA, 0, pte);
	set_status(sum, mxr, hs_mxr);
	access_it(&s, kind);
	check_short(ok ? DONE : TO_HS, kinds[kind].page, "leaf VS %s, %s in %s, SUM %u MXR %u/%u",
		    flags_text(pte), kinds[kind].name, mode_names[mode], sum, mxr, hs_mxr);
}

static void check_g_leaf(enum kind kind, enum mode mode, uint64_t pte, unsigned int setting)
{
	bool mxr = setting & 2, hs_mxr = setting & 4;
	struct scene s;

	prepare(&s, mode);
	map(&s.g, DATA_GPA, (uintptr_t)data_pages, 0, pte);
	set_status(false, mxr, hs_mxr);
	access_it(&s, kind);
	check_short(gives(kind, pte, hs_mxr) && (pte & PTE_U) ? DONE : TO_HS,
		    kinds[kind].guest_page, "leaf G %s, %s in %s, MXR %u/%u", flags_text(pte),
		    kinds[kind].name, mode_names[mode], mxr, hs_mxr);
}

static void check_flags(void)
{
	unsigned int kind, mode, n, setting;

	for (kind = 0; kind < KINDS; kind++) {
		for (mode = VS; mode <= VU; mode++) {
			for (n = 0; n < 16; n++) {
				uint64_t pte = PTE_V | PTE_A | PTE_D | n << 1;

				for (setting = 0; setting < 8; setting++) {
					bool load = kind == LOAD || kind == LR;

					/* MXR affects loads only, and SUM affects VS mode only. */
					if (((setting & 6) && !load) ||
					    ((setting & 1) && mode == VU) ||
					    (kind == LR && setting))
						continue;
					check_vs_leaf(kind, mode, pte, setting);
					if (!(setting & 1))
						check_g_leaf(kind, mode, pte, setting);
				}
			}
		}
	}
	set_status(false, false, false);
}

/* V is clear, with all combinations of the other bits. */
static void check_invalid(void)
{
	unsigned int kind;
	struct scene s;

	for (kind = 0; kind < KINDS; kind++) {
		prepare(&s, VS);
		map(&s.vs, DATA_VA, DATA_GPA, 0, PTE_RWX & ~PTE_V);
		access_it(&s, kind);
		check_short(TO_HS, kinds[kind].page, "leaf VS not valid, %s", kinds[kind].name);
		prepare(&s, VS);
		map(&s.g, DATA_GPA, (uintptr_t)data_pages, 0, PTE_PAGE & ~PTE_V);
		access_it(&s, kind);
		check_short(TO_HS, kinds[kind].guest_page, "leaf G not valid, %s",
			    kinds[kind].name);
	}
}

/*
 * A or D is clear, with and without henvcfg.ADUE: the access faults, or hardware sets the bits. For
 * the G-stage, menvcfg.ADUE, which is the firmware's, chooses.
 */
static void check_ad(enum kind kind, bool g, uint64_t clear, bool adue)
{
	struct scene s;
	uint64_t *pte, after;
	bool store = kind == STORE || kind == AMO;

	prepare(&s, VS);
	pte = g ? pte_of(&s.g, DATA_GPA, 0) : pte_of(&s.vs, DATA_VA, 0);
	*pte &= ~clear;
	h_write(CSR_HENVCFG, adue ? HENVCFG_ADUE : 0);
	access_it(&s, kind);
	after = *pte;
	if (g) {
		record("leaf G without %s%s, %s, ADUE %u: %s, then %s", clear & PTE_A ? "A" : "",
		       clear & PTE_D ? "D" : "", kinds[kind].name, adue, short_outcome(),
		       flags_text(after));
		return;
	}
	if (!adue)
		check_short((clear & PTE_A) || store ? TO_HS : DONE, kinds[kind].page,
			    "leaf VS without %s%s, %s, ADUE 0", clear & PTE_A ? "A" : "",
			    clear & PTE_D ? "D" : "", kinds[kind].name);
	else
		record("leaf VS without %s%s, %s, ADUE 1: %s", clear & PTE_A ? "A" : "",
		       clear & PTE_D ? "D" : "", kinds[kind].name, short_outcome());
	check(adue || !(after & clear), "leaf VS without %s%s, %s, ADUE %u, then = %s",
	      clear & PTE_A ? "A" : "", clear & PTE_D ? "D" : "", kinds[kind].name, adue,
	      flags_text(after));
}

static void check_all_ad(void)
{
	static const uint64_t clear[] = { PTE_A, PTE_D, PTE_A | PTE_D };
	unsigned int kind, i, adue;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < ARRAY_SIZE(clear); i++) {
			for (adue = 0; adue < 2; adue++) {
				check_ad(kind, false, clear[i], adue);
				check_ad(kind, true, clear[i], adue);
			}
		}
	}
	h_write(CSR_HENVCFG, 0);
}

/* With ADUE, hardware writes the table itself, through a G-stage that does not permit it. */
static void check_ad_read_only(void)
{
	unsigned int kind, adue;
	struct scene s;

	for (kind = 0; kind < KINDS; kind++) {
		for (adue = 0; adue < 2; adue++) {
			uint64_t table;

			prepare(&s, VS);
			*pte_of(&s.vs, DATA_VA, 0) &= ~(PTE_A | PTE_D);
			table = (uintptr_t)pte_of(&s.vs, DATA_VA, 0) & ~(PAGE - 1);
			/* Map this table at another address, read-only. */
			*pte_of(&s.vs, DATA_VA, 1) = PPN(DATA_GPA + 0x100000) | PTE_V;
			map(&s.g, DATA_GPA + 0x100000, table, 0, PTE_PAGE & ~PTE_W);
			h_write(CSR_HENVCFG, adue ? HENVCFG_ADUE : 0);
			access_it(&s, kind);
			record("leaf VS without AD in a read-only table, %s, ADUE %u: %s",
			       kinds[kind].name, adue, short_outcome());
		}
	}
	h_write(CSR_HENVCFG, 0);
}

void check_permissions(void)
{
	area_begin("leaf: R, W, X, U of both stages, with SUM and MXR; V, A, D");
	check_flags();
	check_invalid();
	check_all_ad();
	check_ad_read_only();
}
