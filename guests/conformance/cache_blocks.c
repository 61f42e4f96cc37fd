/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cache-block instructions through both stages, as the first access to a page. CMO "Page-Fault,
 * Guest-Page-Fault, and Access-Fault Exceptions": management instructions are permitted whenever a
 * load or a store is. They check the A bit and not the D bit: they neither set D nor fault for it.
 * cbo.zero is a store.
 */
#include "conformance.h"
#include "tables.h"

#define BLOCK 64
#define ZERO  4

static const char *const names[] = { "cbo.inval", "cbo.clean", "cbo.flush", "", "cbo.zero" };

enum table { OF_VS, OF_G };

struct entry {
	const char *name;
	uint64_t flags; /* of the leaf, except U */
	bool load, store;
};

/* Cases by permissions; A and D are set. */
static const struct entry entries[] = {
	{ "nothing", 0, false, false },
	{ "R", PTE_V | PTE_R | PTE_A | PTE_D, true, false },
	{ "R, D 0", PTE_V | PTE_R | PTE_A, true, false },
	{ "RW", PTE_V | PTE_R | PTE_W | PTE_A | PTE_D, true, true },
	{ "RX", PTE_V | PTE_R | PTE_X | PTE_A | PTE_D, true, false },
	{ "RWX", PTE_RWX, true, true },
};

static uint64_t *leaf(struct scene *s, enum table t)
{
	return pte_of(t == OF_G ? &s->g : &s->vs, t == OF_G ? DATA_GPA : DATA_VA, 0);
}

static void make(struct scene *s, enum mode mode, enum table t, uint64_t flags)
{
	scene_make(s, M39, M39, mode);
	*leaf(s, t) = PPN(t == OF_G ? (uintptr_t)data_pages[0] : DATA_GPA) | flags |
		      (flags && (t == OF_G || mode == VU) ? PTE_U : 0);
}

/* The first access to the page: Halite knows of no earlier access or fault there. */
static void try_cbo(struct scene *s, unsigned int op, bool adue)
{
	h_write(CSR_HENVCFG,
		HENVCFG_CBIE | HENVCFG_CBCFE | HENVCFG_CBZE | (adue ? HENVCFG_ADUE : 0));
	csr_write(senvcfg, HENVCFG_CBIE | HENVCFG_CBCFE | HENVCFG_CBZE);
	scene_use(s);
	scene_try(s, INSN_NOP, 0, 0);
	scene_use(s);
	scene_try(s, INSN_CBO(op), DATA_VA + BLOCK, 0);
	me->x[A0] = 0;
}

static uint64_t fault(enum table t)
{
	return t == OF_G ? CAUSE_STORE_GUEST_PAGE : CAUSE_STORE_PAGE;
}

static const char *stage(enum table t)
{
	return t == OF_G ? "G-stage" : "VS";
}

/* @delegated: VS mode gets the page faults, as a guest of KVM does. */
static void check_permission(const struct entry *e, unsigned int op, enum mode mode, enum table t,
			     bool delegated)
{
	bool may = op == ZERO ? e->store : e->load || e->store;
	struct scene s;

	make(&s, mode, t, e->flags);
	h_write(CSR_HEDELEG, delegated ? BIT64(CAUSE_LOAD_PAGE) | BIT64(CAUSE_STORE_PAGE) : 0);
	try_cbo(&s, op, false);
	check_short(may			      ? DONE
		    : delegated && t == OF_VS ? TO_VS
					      : TO_HS,
		    fault(t), "cbo %s in %s, %s leaf %s%s", names[op], mode_names[mode], stage(t),
		    e->name, delegated ? ", page faults delegated" : "");
	h_write(CSR_HEDELEG, 0);
}

/* The VS-stage permits a read, and the G-stage lacks the page: L1 gets the fault in both cases. */
static void check_missing(unsigned int op, enum mode mode, bool delegated)
{
	struct scene s;

	make(&s, mode, OF_G, 0);
	*leaf(&s, OF_VS) &= ~(op == ZERO ? 0 : PTE_W);
	h_write(CSR_HEDELEG, delegated ? BIT64(CAUSE_LOAD_PAGE) | BIT64(CAUSE_STORE_PAGE) : 0);
	try_cbo(&s, op, false);
	check_short(TO_HS, CAUSE_STORE_GUEST_PAGE,
		    "cbo %s in %s, VS leaf R, G-stage leaf nothing%s", names[op], mode_names[mode],
		    delegated ? ", page faults delegated" : "");
	h_write(CSR_HEDELEG, 0);
}

/* Whether hardware sets D in a leaf of the G-stage; firmware chooses between this and a fault. */
static bool hardware_updates_g(void)
{
	struct scene s;

	make(&s, VS, OF_G, PTE_RWX & ~PTE_D);
	scene_use(&s);
	scene_try(&s, INSN_SD, DATA_VA, 0);
	return ended().to == DONE;
}

/* A leaf RWX without @missing of A and D. @updates: hardware sets them; otherwise it faults. */
static void check_bits(unsigned int op, enum mode mode, enum table t, uint64_t missing,
		       bool updates)
{
	bool faults = !updates && (op == ZERO || (missing & PTE_A));
	uint64_t wanted = PTE_RWX & ~missing;
	struct scene s;
	uint64_t seen;

	make(&s, mode, t, wanted);
	try_cbo(&s, op, t == OF_VS && updates);
	check_short(faults ? TO_HS : DONE, fault(t), "cbo %s in %s, %s leaf without%s%s, %s",
		    names[op], mode_names[mode], stage(t), missing & PTE_A ? " A" : "",
		    missing & PTE_D ? " D" : "", updates ? "Svadu" : "Svade");
	if (!faults)
		wanted |= op == ZERO ? PTE_A | PTE_D : PTE_A;
	seen = *leaf(&s, t) & (PTE_A | PTE_D);
	check(seen == (wanted & (PTE_A | PTE_D)),
	      "cbo %s in %s, %s leaf without%s%s, %s, then = A %u D %u", names[op],
	      mode_names[mode], stage(t), missing & PTE_A ? " A" : "", missing & PTE_D ? " D" : "",
	      updates ? "Svadu" : "Svade", !!(seen & PTE_A), !!(seen & PTE_D));
}

static void check_all_bits(unsigned int op, enum mode mode, bool updates_g)
{
	static const uint64_t missing[] = { PTE_D, PTE_A | PTE_D };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(missing); i++) {
		check_bits(op, mode, OF_G, missing[i], updates_g);
		check_bits(op, mode, OF_VS, missing[i], false);
		if (has_extension("svadu"))
			check_bits(op, mode, OF_VS, missing[i], true);
	}
}

void check_cache_blocks(void)
{
	unsigned int op, mode, i;
	bool updates_g;

	area_begin("cbo: cache-block instructions as the first access to a page, by both stages' "
		   "leaves");
	if (!has_extension("zicbom") || !has_extension("zicboz")) {
		record("cbo # SKIP the ISA string has no zicbom and zicboz");
		return;
	}
	updates_g = hardware_updates_g();
	for (op = 0; op <= ZERO; op++) {
		if (op == 3)
			continue;
		for (mode = VS; mode <= VU; mode++) {
			for (i = 0; i < ARRAY_SIZE(entries); i++) {
				check_permission(&entries[i], op, mode, OF_VS, false);
				check_permission(&entries[i], op, mode, OF_VS, true);
				check_permission(&entries[i], op, mode, OF_G, false);
				check_permission(&entries[i], op, mode, OF_G, true);
			}
			check_missing(op, mode, false);
			check_missing(op, mode, true);
			check_all_bits(op, mode, updates_g);
		}
	}
	tables_reset();
	calm();
}
