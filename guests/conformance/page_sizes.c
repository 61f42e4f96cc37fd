/* SPDX-License-Identifier: BSD-2-Clause */
/* Every pair of translation modes, with every pair of page sizes. */
#include "conformance.h"
#include "tables.h"

static const char *const sizes[] = { "4K", "2M", "1G", "512G", "256T" };

/* An address with another index at each level; the addresses of code do not have these indices. */
static uint64_t pattern(unsigned int levels, bool guest)
{
	static const uint16_t index[] = { 0x123, 0x0b5, 0x055, 0x033, 0x01f };
	uint64_t addr = 0;
	unsigned int i;

	for (i = 0; i < levels; i++)
		addr |= (uint64_t)index[i] << (12 + 9 * i);
	/* A G-stage has two more bits at the root. */
	if (guest)
		addr |= UINT64_C(3) << (12 + 9 * levels);
	return addr;
}

struct path {
	uint64_t va, gpa, pa;
};

/* Maps the data page with a page of level @vs_level, and one of @g_level. */
static struct path make_path(struct scene *s, unsigned int vs_level, unsigned int g_level)
{
	struct path p = { .pa = (uintptr_t)data_pages[2] };
	uint64_t g_low = page_size(g_level) - 1, vs_low = page_size(vs_level) - 1;

	/* A PTE of the VS-stage has 56 bits of address. */
	p.gpa = (pattern(LEVELS(s->g.mode), true) & (BIT64(56) - 1) & ~g_low) | (p.pa & g_low);
	p.va = (pattern(LEVELS(s->vs.mode), false) & ~vs_low) | (p.gpa & vs_low);
	map(&s->g, p.gpa, p.pa, g_level, PTE_PAGE);
	map(&s->vs, p.va, p.gpa, vs_level, PTE_RWX | (IS_USER(s->mode) ? PTE_U : 0));
	return p;
}

static void check_pair(enum atp_mode vs, enum atp_mode g, unsigned int vs_level,
		       unsigned int g_level)
{
	struct scene s;
	struct path p;
	unsigned int mode;

	for (mode = VS; mode <= VU; mode++) {
		scene_make(&s, vs, g, mode);
		p = make_path(&s, vs_level, g_level);
		scene_use(&s);
		scene_try(&s, INSN_LD, p.va + 8, 0);
		check(ended().to == DONE && me->x[A0] == DATA_WORD(2, 1),
		      "size %s %s by %s %s, load in %s: %s", mode_text(vs, false), sizes[vs_level],
		      mode_text(g, true), sizes[g_level], mode_names[mode], short_outcome());
	}
	scene_try(&s, INSN_SD, p.va + 16, 0x77);
	check(ended().to == DONE && data_pages[2][2] == 0x77, "size %s %s by %s %s, store: %s",
	      mode_text(vs, false), sizes[vs_level], mode_text(g, true), sizes[g_level],
	      short_outcome());
	try_insn(HS, INSN_HLV_D, p.va + 8, 0, 0);
	check(ended().to == DONE && me->x[A0] == DATA_WORD(2, 1), "size %s %s by %s %s, hlv.d: %s",
	      mode_text(vs, false), sizes[vs_level], mode_text(g, true), sizes[g_level],
	      short_outcome());
}

/* Only the G-stage, or only the VS-stage. */
static void check_single(enum atp_mode mode, bool guest, unsigned int level)
{
	struct scene s;
	uint64_t low = page_size(level) - 1, addr;

	scene_make(&s, guest ? BARE : mode, guest ? mode : BARE, VS);
	addr = (pattern(LEVELS(mode), guest) & ~low) | ((uintptr_t)data_pages[2] & low);
	map(guest ? &s.g : &s.vs, addr, (uintptr_t)data_pages[2], level,
	    guest ? PTE_PAGE : PTE_RWX);
	scene_use(&s);
	scene_try(&s, INSN_LD, addr + 8, 0);
	check(ended().to == DONE && me->x[A0] == DATA_WORD(2, 1), "size %s %s alone: %s",
	      mode_text(mode, guest), sizes[level], short_outcome());
}

/* A leaf whose PPN is not aligned to its size. */
static void check_superpage(enum atp_mode mode, bool guest, unsigned int level, unsigned int bit)
{
	struct scene s;
	uint64_t *pte;
	struct path p;

	scene_make(&s, guest ? M39 : mode, guest ? mode : M39, VS);
	p = make_path(&s, guest ? 0 : level, guest ? level : 0);
	pte = pte_of(guest ? &s.g : &s.vs, guest ? p.gpa : p.va, level);
	*pte ^= BIT64(10 + bit);
	scene_use(&s);
	scene_try(&s, INSN_LD, p.va + 8, 0);
	check_short(TO_HS, guest ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "size %s %s misaligned by bit %u of PPN", mode_text(mode, guest), sizes[level],
		    bit);
}

static void check_superpages(enum atp_mode mode, bool guest)
{
	unsigned int level;

	for (level = 1; level < LEVELS(mode); level++) {
		check_superpage(mode, guest, level, 0);
		check_superpage(mode, guest, level, 9 * level - 1);
	}
}

static void check_mode_pair(enum atp_mode vs, enum atp_mode g)
{
	unsigned int vs_level, g_level;

	for (vs_level = 0; vs_level < LEVELS(vs); vs_level++) {
		for (g_level = 0; g_level < LEVELS(g); g_level++)
			check_pair(vs, g, vs_level, g_level);
	}
}

void check_page_sizes(void)
{
	bool has[2][3];
	unsigned int i, k, level;

	area_begin("size: each mode of both stages, each size of page, superpages that are "
		   "misaligned");
	for (i = 0; i < 3; i++) {
		for (k = 0; k < 2; k++) {
			has[k][i] = has_mode(k, M39 + i);
			record("mode %s = %s", mode_text(M39 + i, k),
			       has[k][i] ? "there" : "not there");
		}
	}
	for (i = 0; i < 3; i++) {
		for (k = 0; k < 3; k++) {
			if (has[0][i] && has[1][k])
				check_mode_pair(M39 + i, M39 + k);
		}
		for (k = 0; k < 2; k++) {
			for (level = 0; has[k][i] && level < 3 + i; level++)
				check_single(M39 + i, k, level);
			if (has[k][i])
				check_superpages(M39 + i, k);
		}
	}
}
