/* SPDX-License-Identifier: BSD-2-Clause */
/* HLV, HLVX and HSV: widths, both stages, permissions, faults, and U mode with hstatus.HU. */
#include <string.h>

#include "conformance.h"
#include "tables.h"

#define PATTERN UINT64_C(0x8182838485868788)

struct access {
	const char *name;
	uint32_t insn;
	uint8_t width;
	bool is_signed, exec, store;
};

static const struct access accesses[] = {
	{ "hlv.b", INSN_HLV(0x30, 0), 1, true, false, false },
	{ "hlv.bu", INSN_HLV(0x30, 1), 1, false, false, false },
	{ "hlv.h", INSN_HLV(0x32, 0), 2, true, false, false },
	{ "hlv.hu", INSN_HLV(0x32, 1), 2, false, false, false },
	{ "hlvx.hu", INSN_HLV(0x32, 3), 2, false, true, false },
	{ "hlv.w", INSN_HLV(0x34, 0), 4, true, false, false },
	{ "hlv.wu", INSN_HLV(0x34, 1), 4, false, false, false },
	{ "hlvx.wu", INSN_HLV(0x34, 3), 4, false, true, false },
	{ "hlv.d", INSN_HLV(0x36, 0), 8, true, false, false },
	{ "hsv.b", INSN_HSV(0x31), 1, false, false, true },
	{ "hsv.h", INSN_HSV(0x33), 2, false, false, true },
	{ "hsv.w", INSN_HSV(0x35), 4, false, false, true },
	{ "hsv.d", INSN_HSV(0x37), 8, false, false, true },
};

static const struct access *const some[] = { &accesses[8], &accesses[7], &accesses[12] };

/*
 * Does an access. Also reads the CSRs of a trap from VS mode, as the fault is one of VS mode's
 * access.
 */
static void go(const struct access *a, uint64_t addr, uint64_t value, uint64_t hstatus)
{
	try_insn(HS, a->insn, addr, value, hstatus);
	me->htval = h_read(CSR_HTVAL);
	me->htinst = h_read(CSR_HTINST);
	me->mode = VS;
}

static uint64_t loaded(const struct access *a, uint64_t word)
{
	unsigned int unused = 64 - 8 * a->width;

	return a->is_signed ? (uint64_t)((int64_t)(word << unused) >> unused)
			    : word << unused >> unused;
}

static uint64_t stored(const struct access *a, uint64_t word, uint64_t value)
{
	uint64_t mask = a->width == 8 ? ~UINT64_C(0) : BIT64(8 * a->width) - 1;

	return (word & ~mask) | (value & mask);
}

static const char *stages_text(const struct scene *s)
{
	static const char *const names[] = { "bare/bare", "sv39/bare", "bare/sv39x4",
					     "sv39/sv39x4" };

	return names[(s->vs.mode != BARE) + 2 * (s->g.mode != BARE)];
}

static void check_widths(const struct scene *s)
{
	uint64_t spvp = IS_USER(s->mode) ? 0 : HSTATUS_SPVP;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct access *a = &accesses[i];
		uint64_t seen, expected;

		data_pages[1][5] = PATTERN;
		go(a, scene_data(s) + PAGE + 40, UINT64_C(0x1020304050607080), spvp);
		seen = a->store ? data_pages[1][5] : me->x[A0];
		expected = a->store ? stored(a, PATTERN, UINT64_C(0x1020304050607080))
				    : loaded(a, PATTERN);
		check(ended().to == DONE && seen == expected, "hlv %s for %s, %s: %s 0x%lx",
		      a->name, mode_names[s->mode], stages_text(s),
		      ended().to == DONE ? "done" : short_outcome(), (unsigned long)seen);
	}
}

/* Misaligned accesses, also across two pages that are not neighbours in physical memory. */
static void check_misaligned(struct scene *s)
{
	static const uint16_t offsets[] = { 1, 2, 4, 7, 4089, 4092, 4095 };
	uint64_t spvp = IS_USER(s->mode) ? 0 : HSTATUS_SPVP;
	unsigned int i, k;

	if (s->g.mode != BARE)
		map(&s->g, DATA_GPA + PAGE, (uintptr_t)data_pages[4], 0, PTE_PAGE);
	scene_use(s);
	for (i = 0; i < ARRAY_SIZE(some); i++) {
		for (k = 0; k < ARRAY_SIZE(offsets); k++) {
			uint8_t *page = (uint8_t *)data_pages[0];

			memset(page, 0, PAGE);
			memset(data_pages[1], 0x11, 16);
			memset(data_pages[4], 0x44, 16);
			page[offsets[k]] = 0x99;
			go(some[i], scene_data(s) + offsets[k], PATTERN, spvp);
			record("hlv %s at offset %u for %s, %s: %s, memory 0x%lx 0x%lx 0x%lx",
			       some[i]->name, offsets[k], mode_names[s->mode], stages_text(s),
			       short_outcome(), (unsigned long)page[offsets[k]],
			       (unsigned long)data_pages[1][0], (unsigned long)data_pages[4][0]);
		}
	}
}

/* An access across two pages, of which one stage lacks the second. */
static void check_crossing_fault(enum mode mode)
{
	uint64_t spvp = IS_USER(mode) ? 0 : HSTATUS_SPVP;
	unsigned int i, stage;
	struct scene s;

	for (stage = 0; stage < 2; stage++) {
		for (i = 0; i < ARRAY_SIZE(some); i++) {
			uint64_t before;

			scene_make(&s, M39, M39, mode);
			if (stage)
				*pte_of(&s.g, DATA_GPA + PAGE, 0) = 0;
			else
				*pte_of(&s.vs, DATA_VA + PAGE, 0) = 0;
			scene_use(&s);
			before = data_pages[0][511];
			go(some[i], DATA_VA + PAGE - 2, PATTERN, spvp);
			/* A store may have stored its first part. */
			check_short(TO_HS,
				    stage ? (some[i]->store ? CAUSE_STORE_GUEST_PAGE
							    : CAUSE_LOAD_GUEST_PAGE)
					  : (some[i]->store ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE),
				    "hlv %s for %s into a page that the %s stage lacks",
				    some[i]->name, mode_names[mode], stage ? "G" : "VS");
			record("hlv %s for %s into a page that the %s stage lacks, memory = %s",
			       some[i]->name, mode_names[mode], stage ? "G" : "VS",
			       data_pages[0][511] == before ? "as before" : "changed");
		}
	}
}

/* Whether R, W and X of a leaf permit the access, with MXR. */
static bool gives(const struct access *a, uint64_t pte, bool mxr)
{
	if (!(pte & (PTE_R | PTE_X)) || (pte & (PTE_R | PTE_W)) == PTE_W)
		return false;
	if (a->store)
		return pte & PTE_W;
	if (a->exec)
		return pte & PTE_X;
	return (pte & PTE_R) || (mxr && (pte & PTE_X));
}

struct setting {
	bool sum, vs_mxr, hs_mxr;
	bool hs_sum; /* must have no effect */
};

static void set(const struct setting *t)
{
	h_write(CSR_VSSTATUS, (t->sum ? SSTATUS_SUM : 0) | (t->vs_mxr ? SSTATUS_MXR : 0));
	csr_clear(sstatus, SSTATUS_MXR | SSTATUS_SUM);
	csr_set(sstatus, (t->hs_mxr ? SSTATUS_MXR : 0) | (t->hs_sum ? SSTATUS_SUM : 0));
}

static const char *flags_text(uint64_t pte)
{
	static char text[8];
	unsigned int i;

	for (i = 0; i < 5; i++)
		text[i] = pte >> i & 1 ? "VRWXU"[i] : '-';
	text[5] = '\0';
	return text;
}

/* All leaves of the VS-stage or of the G-stage, for one setting. */
static void check_leaves(const struct access *a, enum mode mode, bool g, const struct setting *t)
{
	uint64_t spvp = IS_USER(mode) ? 0 : HSTATUS_SPVP;
	struct scene s;
	unsigned int n;

	scene_make(&s, M39, M39, mode);
	for (n = 0; n < 16; n++) {
		uint64_t pte = PTE_V | PTE_A | PTE_D | n << 1;
		uint64_t cause = a->store ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE;
		bool ok = gives(a, pte, t->hs_mxr || (t->vs_mxr && !g));

		if (g) {
			map(&s.g, DATA_GPA, (uintptr_t)data_pages, 0, pte);
			cause = a->store ? CAUSE_STORE_GUEST_PAGE : CAUSE_LOAD_GUEST_PAGE;
			ok &= !!(pte & PTE_U);
		} else {
			map(&s.vs, DATA_VA, DATA_GPA, 0, pte);
			ok &= IS_USER(mode) ? !!(pte & PTE_U) : !(pte & PTE_U) || t->sum;
		}
		scene_use(&s);
		set(t);
		go(a, DATA_VA + 8, DATA_WORD(0, 1), spvp);
		check_short(ok ? DONE : TO_HS, cause,
			    "hlv %s for %s, %s leaf %s, SUM %u/%u MXR %u/%u", a->name,
			    mode_names[mode], g ? "G" : "VS", flags_text(pte), t->sum, t->hs_sum,
			    t->vs_mxr, t->hs_mxr);
	}
	set(&(struct setting){ .sum = false });
}

static void check_all_leaves(void)
{
	static const struct setting settings[] = {
		{ .sum = false },   { .sum = true },	{ .vs_mxr = true },
		{ .hs_mxr = true }, { .hs_sum = true }, { true, true, true, true },
	};
	unsigned int i, t, mode;

	for (i = 0; i < ARRAY_SIZE(some); i++) {
		for (mode = VS; mode <= VU; mode++) {
			for (t = 0; t < ARRAY_SIZE(settings); t++) {
				check_leaves(some[i], mode, false, &settings[t]);
				if (!settings[t].sum)
					check_leaves(some[i], mode, true, &settings[t]);
			}
		}
	}
}

/* A or D is clear, with and without henvcfg.ADUE. */
static void check_ad(void)
{
	static const uint64_t clear[] = { PTE_A, PTE_D, PTE_A | PTE_D };
	unsigned int i, k, n;
	struct scene s;

	for (i = 0; i < ARRAY_SIZE(some); i++) {
		for (k = 0; k < ARRAY_SIZE(clear); k++) {
			for (n = 0; n < 4; n++) {
				bool g = n & 1, adue = n & 2;
				uint64_t *pte;

				scene_make(&s, M39, M39, VS);
				pte = g ? pte_of(&s.g, DATA_GPA, 0) : pte_of(&s.vs, DATA_VA, 0);
				*pte &= ~clear[k];
				h_write(CSR_HENVCFG, adue ? HENVCFG_ADUE : 0);
				scene_use(&s);
				go(some[i], DATA_VA + 8, DATA_WORD(0, 1), HSTATUS_SPVP);
				record("hlv %s, %s leaf without%s%s, ADUE %u: %s, then A %u D %u",
				       some[i]->name, g ? "G" : "VS", clear[k] & PTE_A ? " A" : "",
				       clear[k] & PTE_D ? " D" : "", adue, short_outcome(),
				       !!(*pte & PTE_A), !!(*pte & PTE_D));
			}
		}
	}
	h_write(CSR_HENVCFG, 0);
}

/* U mode's accesses with HU, while HS mode's SUM, MXR and satp are set, too. */
static void check_user(void)
{
	struct scene s;
	unsigned int i, mode;

	for (mode = VS; mode <= VU; mode++) {
		scene_make(&s, M39, M39, mode);
		scene_use(&s);
		for (i = 0; i < ARRAY_SIZE(accesses); i++) {
			uint64_t spvp = mode == VS ? HSTATUS_SPVP : 0;

			data_pages[0][1] = PATTERN;
			try_insn(U, accesses[i].insn, DATA_VA + 8, 0, HSTATUS_HU | spvp);
			check_end(DONE, 0, "hlv %s in U under HU for %s", accesses[i].name,
				  mode_names[mode]);
			try_insn(U, accesses[i].insn, DATA_VA + 0x100000, 0, HSTATUS_HU | spvp);
			me->htval = h_read(CSR_HTVAL);
			me->htinst = h_read(CSR_HTINST);
			me->mode = VS;
			check_short(TO_HS, accesses[i].store ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE,
				    "hlv %s in U under HU for %s of no page", accesses[i].name,
				    mode_names[mode]);
		}
	}
}

void check_hypervisor_access(void)
{
	static const enum atp_mode stage_modes[4][2] = {
		{ BARE, BARE }, { M39, BARE }, { BARE, M39 }, { M39, M39 }
	};
	struct scene s;
	unsigned int i, mode;

	area_begin("hlv: HLV, HLVX, HSV: widths, stages, permissions, faults");
	for (i = 0; i < 4; i++) {
		for (mode = VS; mode <= VU; mode++) {
			scene_make(&s, stage_modes[i][0], stage_modes[i][1], mode);
			scene_use(&s);
			check_widths(&s);
			check_misaligned(&s);
		}
	}
	check_crossing_fault(VS);
	check_crossing_fault(VU);
	check_all_leaves();
	check_ad();
	check_user();
}
