/* SPDX-License-Identifier: BSD-2-Clause */
/* Page walks that fail: reserved bits, addresses that are too wide, missing tables. */
#include "conformance.h"
#include "tables.h"

#define FAR_GPA UINT64_C(0x60000000) /* an address that no scene maps */

enum kind { LOAD, STORE, FETCH, KINDS };
static const char *const names[KINDS] = { "load", "store", "fetch" };
static const uint32_t insns[KINDS] = { INSN_LD, INSN_SD, INSN_JR };
static const uint64_t page_fault[KINDS] = { CAUSE_LOAD_PAGE, CAUSE_STORE_PAGE, CAUSE_FETCH_PAGE };
static const uint64_t guest_fault[KINDS] = { CAUSE_LOAD_GUEST_PAGE, CAUSE_STORE_GUEST_PAGE,
					     CAUSE_FETCH_GUEST_PAGE };

/*
 * Bits 54 to 63 are reserved, or belong to Svpbmt and Svnapot, which henvcfg does not enable
 * here.
 */
static void check_reserved(bool g, unsigned int level, unsigned int bit)
{
	struct scene s;

	scene_make(&s, M39, M39, VS);
	*pte_of(g ? &s.g : &s.vs, g ? DATA_GPA : DATA_VA, level) |= BIT64(bit);
	scene_use(&s);
	scene_try(&s, INSN_LD, DATA_VA + 8, 0);
	/* Without these extensions, a set bit must cause a page fault (priv "Sv39"). */
	check_short(TO_HS, g ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE, "walk %s %s with bit %u",
		    g ? "G" : "VS", level ? "pointer" : "leaf", bit);
}

static void check_all_reserved(void)
{
	static const uint64_t pointer_bits[] = { PTE_U, PTE_A, PTE_D };
	unsigned int g, bit, i;
	struct scene s;

	for (g = 0; g < 2; g++) {
		for (bit = 54; bit < 64; bit++) {
			check_reserved(g, 0, bit);
			check_reserved(g, 1, bit);
		}
		/* These bits are reserved in a pointer. */
		for (i = 0; i < ARRAY_SIZE(pointer_bits); i++) {
			scene_make(&s, M39, M39, VS);
			*pte_of(g ? &s.g : &s.vs, g ? DATA_GPA : DATA_VA, 1) |= pointer_bits[i];
			scene_use(&s);
			scene_try(&s, INSN_LD, DATA_VA + 8, 0);
			check_short(TO_HS, g ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
				    "walk %s pointer with %c", g ? "G" : "VS", "UAD"[i]);
		}
		/* Software uses RSW, and G may be set: both are ignored. */
		scene_make(&s, M39, M39, VS);
		*pte_of(g ? &s.g : &s.vs, g ? DATA_GPA : DATA_VA, 0) |= PTE_G | 0x300;
		scene_use(&s);
		scene_try(&s, INSN_LD, DATA_VA + 8, 0);
		check_short(DONE, 0, "walk %s leaf with G and RSW", g ? "G" : "VS");
	}
}

/* Virtual addresses whose upper bits do not all equal the highest translated bit. */
static void check_canonical(enum atp_mode mode)
{
	unsigned int top = 12 + 9 * LEVELS(mode) - 1;
	const uint64_t addrs[] = {
		BIT64(top),
		BIT64(top + 1),
		~UINT64_C(0) << (top + 1),
		BIT64(63),
		DATA_VA | BIT64(top + 1),
		DATA_VA | BIT64(62),
		UINT64_C(0) - BIT64(top) - 8,
	};
	unsigned int i, kind;
	struct scene s;

	scene_make(&s, mode, M39, VS);
	scene_use(&s);
	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		for (kind = 0; kind < KINDS; kind++) {
			scene_try(&s, insns[kind], addrs[i], 0);
			check_short(TO_HS, page_fault[kind], "walk %s, %s at 0x%lx",
				    mode_text(mode, false), names[kind], (unsigned long)addrs[i]);
		}
	}
}

static void check_gpa(enum atp_mode mode, enum kind kind, uint64_t gpa)
{
	struct scene s;

	scene_make(&s, M39, mode, VS);
	map(&s.vs, DATA_VA, gpa, 0, PTE_RWX);
	scene_use(&s);
	scene_try(&s, insns[kind], DATA_VA + 8, 0);
	check_short(TO_HS, guest_fault[kind], "walk sv39 by %s, %s at gpa 0x%lx",
		    mode_text(mode, true), names[kind], (unsigned long)gpa);
}

/* Guest physical addresses wider than the G-stage, and addresses within it that are not mapped. */
static void check_width(enum atp_mode mode)
{
	unsigned int width = 12 + 9 * LEVELS(mode) + 2;
	const uint64_t addrs[] = {
		BIT64(width), BIT64(width) | DATA_GPA, BIT64(width - 1),	BIT64(width) - 8,
		BIT64(55),    BIT64(55) | DATA_GPA,    (BIT64(56) - 8) & ~PAGE,
	};
	unsigned int i, kind;
	struct scene s;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		for (kind = 0; kind < KINDS; kind++) {
			/* A PTE of the VS-stage has 56 bits of address. */
			if (addrs[i] < BIT64(56))
				check_gpa(mode, kind, addrs[i]);
			scene_make(&s, BARE, mode, VS);
			scene_use(&s);
			scene_try(&s, insns[kind], addrs[i], 0);
			check_short(TO_HS, guest_fault[kind], "walk bare by %s, %s at gpa 0x%lx",
				    mode_text(mode, true), names[kind], (unsigned long)addrs[i]);
		}
	}
	scene_make(&s, BARE, mode, VS);
	scene_use(&s);
	scene_try(&s, INSN_LD, BIT64(63) | DATA_GPA, 0);
	check_short(TO_HS, CAUSE_LOAD_GUEST_PAGE, "walk bare by %s, load at bit 63",
		    mode_text(mode, true));
}

/* The G-stage does not map the VS-stage's table of @level, or does not permit reads of it. */
static void check_implicit(enum atp_mode vs, enum atp_mode g, unsigned int level, enum kind kind,
			   uint64_t g_flags)
{
	struct scene s;
	uint64_t table;
	const char *what;

	scene_make(&s, vs, g, VS);
	/* Change the walk for the data only, not for the code. */
	if (level == LEVELS(vs) - 1) {
		table = (uintptr_t)s.vs.root;
		s.vs.root = (uint64_t *)FAR_GPA;
	} else {
		/* The data gets a separate branch from the root on. */
		uint64_t *pte =
			pte_of(&s.vs, DATA_VA + BIT64(12 + 9 * (LEVELS(vs) - 1)), level + 1);

		table = (uintptr_t)new_table(1);
		*pte = PPN(FAR_GPA) | PTE_V;
	}
	if (g_flags)
		map(&s.g, FAR_GPA, table, 0, g_flags);
	scene_use(&s);
	scene_try(&s, insns[kind],
		  level == LEVELS(vs) - 1 ? DATA_VA : DATA_VA + BIT64(12 + 9 * (LEVELS(vs) - 1)),
		  0);
	what = !g_flags ? "not there" : g_flags & PTE_R ? "without U" : "only X";
	check_short(TO_HS, level == LEVELS(vs) - 1 ? CAUSE_FETCH_GUEST_PAGE : guest_fault[kind],
		    "walk %s by %s, table of level %u %s, %s", mode_text(vs, false),
		    mode_text(g, true), level, what, names[kind]);
}

static void check_all_implicit(enum atp_mode vs, enum atp_mode g)
{
	static const uint64_t flags[] = { 0, PTE_PAGE & ~PTE_U, PTE_PAGE & ~(PTE_R | PTE_W) };
	unsigned int level, kind, i;

	for (level = 0; level < LEVELS(vs); level++) {
		for (kind = 0; kind < KINDS; kind++) {
			for (i = 0; i < ARRAY_SIZE(flags); i++)
				check_implicit(vs, g, level, kind, flags[i]);
		}
	}
}

/* The same by HLV and HSV. */
static void check_implicit_hlv(void)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint64_t cause;
	} accesses[] = {
		{ "hlv.d", INSN_HLV_D, CAUSE_LOAD_GUEST_PAGE },
		{ "hsv.d", INSN_HSV_D, CAUSE_STORE_GUEST_PAGE },
	};
	unsigned int i, level;
	struct scene s;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		for (level = 0; level < 3; level++) {
			scene_make(&s, M39, M39, VS);
			if (level == 2)
				s.vs.root = (uint64_t *)FAR_GPA;
			else
				*pte_of(&s.vs, DATA_VA, level + 1) = PPN(FAR_GPA) | PTE_V;
			scene_use(&s);
			try_insn(HS, accesses[i].insn, DATA_VA, 0, HSTATUS_SPVP);
			me->htval = h_read(CSR_HTVAL);
			me->htinst = h_read(CSR_HTINST);
			me->mode = VS;
			check_short(TO_HS, accesses[i].cause,
				    "walk sv39 by sv39x4, table of level %u not there, %s", level,
				    accesses[i].name);
		}
	}
}

/* An access across the end of a page: which part faults, and the values of stval and htval. */
static void check_crossing(bool g, enum kind kind, unsigned int missing)
{
	struct scene s;

	scene_make(&s, M39, M39, VS);
	if (kind == FETCH) {
		/* The first half of a long instruction is at the end of page 0. */
		data_pages[0][511] = UINT64_C(0x0013) << 48;
		data_pages[1][0] = 0;
	}
	*pte_of(g ? &s.g : &s.vs, (g ? DATA_GPA : DATA_VA) + missing * PAGE, 0) = 0;
	scene_use(&s);
	scene_try(&s, insns[kind], DATA_VA + PAGE - (kind == FETCH ? 2 : 4), 0);
	check_short(TO_HS, g ? guest_fault[kind] : page_fault[kind],
		    "walk %s lacks page %u, %s across pages", g ? "G" : "VS", missing, names[kind]);
}

void check_walk_faults(void)
{
	unsigned int i, k, kind;

	area_begin(
		"walk: reserved bits, wide addresses, tables that are not there, page crossings");
	check_all_reserved();
	for (i = M39; i <= M57; i++) {
		if (has_mode(false, i))
			check_canonical(i);
		if (has_mode(true, i))
			check_width(i);
		for (k = M39; k <= M57; k++) {
			if (has_mode(false, i) && has_mode(true, k))
				check_all_implicit(i, k);
		}
	}
	check_implicit_hlv();
	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < 4; i++)
			check_crossing(i & 1, kind, i >> 1);
	}
}
