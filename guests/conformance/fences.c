/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fences of all kinds. After the right fence, a changed entry must be used. Before it, or after a
 * fence for something else, the old or the new entry may be used: then the line says only that it
 * was one of them.
 */
#include "conformance.h"
#include "tables.h"

#define OLD  DATA_WORD(0, 1)
#define NEW  DATA_WORD(3, 1)
#define VMID 5
#define ASID 9

static const char *const fence_names[] = {
	"hfence.gvma gpa", "hfence.gvma", "hfence.gvma gpa, vmid", "hfence.gvma vmid",
	"hfence.vvma gva", "hfence.vvma", "hfence.vvma gva, asid", "hfence.vvma asid",
};

/* How a fence is done. */
enum form { QUEUED, INSTRUCTION, REMOTE, INVAL, FORMS };
static const char *const form_names[FORMS] = { "", " as an instruction", " by SBI", " as hinval" };

static bool has_svinval(void)
{
	try_insn(HS, INSN_FENCE(F7_HINVAL_GVMA, 0, 0), 0, 0, 0);
	return ended().to == DONE;
}

static void use(const struct scene *s, uint64_t vmid, uint64_t asid)
{
	h_write(CSR_HGATP, s->g.mode != BARE ? atp(&s->g, vmid) : 0);
	h_write(CSR_VSATP, s->vs.mode != BARE ? atp(&s->vs, asid) : 0);
	h_write(CSR_VSTVEC, s->vs.mode != BARE ? VEC_VA : (uintptr_t)vs_vector);
}

/* The code needs no change for another address. */
static uint64_t load(const struct scene *s, uint64_t offset)
{
	scene_try(s, INSN_LD, scene_data(s) + offset, 0);
	return me->x[A0];
}

static void fence_insn(enum fence type, uint64_t addr, bool inval)
{
	bool by_addr = !(type & 1), by_id = type & 2;
	uint32_t f7 = type < VVMA ? (inval ? F7_HINVAL_GVMA : F7_HFENCE_GVMA)
				  : (inval ? F7_HINVAL_VVMA : F7_HFENCE_VVMA);

	if (inval)
		try_insn(HS, 0x18000073, 0, 0, 0); /* sfence.w.inval */
	try_insn(HS, INSN_FENCE(f7, by_addr ? A0 : 0, by_id ? A1 : 0),
		 type < VVMA ? addr >> 2 : addr, type < VVMA ? VMID : ASID, 0);
	if (inval)
		try_insn(HS, 0x18100073, 0, 0, 0); /* sfence.inval.ir */
}

/* In SBI, size all-ones means all addresses of one kind. */
static void fence_remote(enum fence type, uint64_t addr)
{
	static const uint8_t fids[] = { 4, 4, 3, 3, 6, 6, 5, 5 };
	uint64_t size = type & 1 ? ~UINT64_C(0) : PAGE;

	h_settle();
	guest_sbi(EXT_RFENCE, fids[type], 1, me->id, type & 1 ? 0 : addr, size,
		  type < VVMA ? VMID : ASID);
}

static void do_fence(enum form form, enum fence type, uint64_t addr)
{
	switch (form) {
	case QUEUED:
		h_fence(type, addr, VMID, ASID);
		break;
	case REMOTE:
		fence_remote(type, addr);
		break;
	default:
		fence_insn(type, addr, form == INVAL);
		break;
	}
}

/* Makes the leaf to which @type applies point to the other page, or removes it. */
static void change(struct scene *s, enum fence type, unsigned int level, bool remove)
{
	bool g = type < VVMA;
	struct stage *stage = g ? &s->g : &s->vs;
	uint64_t addr = g ? DATA_GPA : DATA_VA;
	uint64_t *pte = pte_of(stage, addr, level);

	if (remove)
		*pte = 0;
	else
		map(stage, addr, g ? (uintptr_t)data_pages[3] : DATA_GPA + 3 * PAGE, level,
		    g ? PTE_PAGE : PTE_RWX);
}

static void check_fence(enum atp_mode vs, enum form form, enum fence type, bool remove)
{
	struct scene s;
	uint64_t seen, addr;
	const char *stages = vs == BARE ? "bare by sv39x4" : "sv39 by sv39x4";

	scene_make(&s, vs, M39, VS);
	use(&s, VMID, ASID);
	h_fence_all();
	seen = load(&s, 8);
	check(seen == OLD, "fence %s%s, %s, %s, first load: %s", fence_names[type],
	      form_names[form], stages, remove ? "removed" : "changed", short_outcome());
	change(&s, type, 0, remove);
	seen = load(&s, 8);
	check(seen == OLD || (remove ? ended().to == TO_HS : seen == NEW),
	      "fence %s%s, %s, %s, before it = old or new", fence_names[type], form_names[form],
	      stages, remove ? "removed" : "changed");
	addr = type < VVMA ? DATA_GPA : DATA_VA;
	do_fence(form, type, addr);
	seen = load(&s, 8);
	if (remove)
		check_short(TO_HS, type < VVMA ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
			    "fence %s%s, %s, removed, behind it", fence_names[type],
			    form_names[form], stages);
	else
		check(ended().to == DONE && seen == NEW, "fence %s%s, %s, changed, behind it: %s",
		      fence_names[type], form_names[form], stages, short_outcome());
	/* After a fence, an invalid entry must not be cached either. */
	if (!remove)
		return;
	map(type < VVMA ? &s.g : &s.vs, addr,
	    type < VVMA ? (uintptr_t)data_pages[3] : DATA_GPA + 3 * PAGE, 0,
	    type < VVMA ? PTE_PAGE : PTE_RWX);
	do_fence(form, type, addr);
	seen = load(&s, 8);
	check(ended().to == DONE && seen == NEW, "fence %s%s, %s, put back, behind it: %s",
	      fence_names[type], form_names[form], stages, short_outcome());
}

static void check_all_fences(void)
{
	bool inval = has_svinval();
	unsigned int form, type, remove;

	record("fence Svinval = %s", inval ? "there" : "not there");
	for (form = 0; form < FORMS; form++) {
		if (form == INVAL && !inval)
			continue;
		for (type = 0; type <= VVMA_ASID_ALL; type++) {
			for (remove = 0; remove < 2; remove++) {
				check_fence(M39, form, type, remove);
				if (type < VVMA)
					check_fence(BARE, form, type, remove);
			}
		}
	}
}

/* A fence for another address, VMID or ASID: the old and the new value are both right. */
static void check_other(enum fence type, uint64_t addr, uint64_t vmid, uint64_t asid,
			const char *what)
{
	struct scene s;
	uint64_t seen;

	scene_make(&s, M39, M39, VS);
	use(&s, VMID, ASID);
	h_fence_all();
	load(&s, 8);
	change(&s, type, 0, false);
	h_fence(type, addr, vmid, asid);
	seen = load(&s, 8);
	check(ended().to == DONE && (seen == OLD || seen == NEW),
	      "fence %s for another %s = old or new", fence_names[type], what);
	h_fence(type, type < VVMA ? DATA_GPA : DATA_VA, VMID, ASID);
	seen = load(&s, 8);
	check(ended().to == DONE && seen == NEW, "fence %s for another %s, then the right one: %s",
	      fence_names[type], what, short_outcome());
}

/* A page of 2 MiB, fenced by any address in it. */
static void check_large(bool g, uint64_t offset)
{
	const uint64_t base = UINT64_C(0x50000000);
	struct scene s;
	uint64_t low = (uintptr_t)data_pages & (page_size(1) - 1), seen;
	uint64_t image = (uintptr_t)data_pages & ~(page_size(1) - 1);

	scene_make(&s, M39, M39, VS);
	map(&s.g, base, image, 1, PTE_PAGE);
	map(&s.g, base + page_size(1), image, 1, PTE_PAGE);
	map(&s.vs, base, base, 1, PTE_RWX);
	use(&s, VMID, ASID);
	h_fence_all();
	scene_try(&s, INSN_LD, base + low + 8, 0);
	check(me->x[A0] == OLD, "fence 2M %s at 0x%lx, first load: %s", g ? "G" : "VS",
	      (unsigned long)offset, short_outcome());
	if (g)
		*pte_of(&s.g, base, 1) = 0;
	else
		*pte_of(&s.vs, base, 1) = 0;
	h_fence(g ? GVMA : VVMA, base + offset, VMID, ASID);
	scene_try(&s, INSN_LD, base + low + 8, 0);
	seen = me->x[A0];
	(void)seen;
	check_short(TO_HS, g ? CAUSE_LOAD_GUEST_PAGE : CAUSE_LOAD_PAGE,
		    "fence 2M %s at 0x%lx, removed, behind it", g ? "G" : "VS",
		    (unsigned long)offset);
}

/* SFENCE.VMA in VS mode. */
static void check_sfence(unsigned int form)
{
	static const char *const forms[] = { "x0, x0", "a0, x0", "x0, a1", "a0, a1" };
	struct scene s;

	scene_make(&s, M39, M39, VS);
	use(&s, VMID, ASID);
	h_fence_all();
	load(&s, 8);
	change(&s, VVMA, 0, false);
	scene_try(&s, INSN_FENCE(F7_SFENCE_VMA, form & 1 ? A0 : 0, form & 2 ? A1 : 0), DATA_VA,
		  ASID);
	load(&s, 8);
	check(ended().to == DONE && me->x[A0] == NEW,
	      "fence sfence.vma %s in VS, changed, behind it: %s", forms[form], short_outcome());
	change(&s, VVMA, 0, true);
	scene_try(&s, INSN_FENCE(F7_SFENCE_VMA, form & 1 ? A0 : 0, form & 2 ? A1 : 0), DATA_VA,
		  ASID);
	load(&s, 8);
	check_short(TO_HS, CAUSE_LOAD_PAGE, "fence sfence.vma %s in VS, removed, behind it",
		    forms[form]);
}

/* Guests with different VMIDs never see each other's memory, without any fence. */
static void check_vmids(void)
{
	struct scene s;
	struct stage g[3];
	unsigned int i, round;

	scene_make(&s, M39, M39, VS);
	for (i = 0; i < 3; i++) {
		g[i] = new_stage(M39, true);
		map_image(&g[i]);
		map(&g[i], DATA_GPA, (uintptr_t)data_pages[i], 0, PTE_PAGE);
	}
	use(&s, VMID, ASID);
	h_fence_all();
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 3; i++) {
			h_write(CSR_HGATP, atp(&g[i], 1 + i));
			load(&s, 8);
			check(me->x[A0] == DATA_WORD(i, 1), "fence VMID %u, round %u: %s", 1 + i,
			      round, short_outcome());
		}
	}
	/* Give a VMID to another guest, after a fence for this VMID only. */
	for (i = 0; i < 3; i++) {
		h_write(CSR_HGATP, atp(&g[(i + 1) % 3], 1 + i));
		h_fence(GVMA_VMID_ALL, 0, 1 + i, 0);
		load(&s, 8);
		check(me->x[A0] == DATA_WORD((i + 1) % 3, 1), "fence VMID %u given to another: %s",
		      1 + i, short_outcome());
	}
}

/* The same for processes with different ASIDs: by HS mode's vsatp, and by VS mode's satp. */
static void check_asids(void)
{
	struct scene s;
	struct stage vs[2];
	unsigned int i, round;

	scene_make(&s, M39, M39, VS);
	for (i = 0; i < 2; i++) {
		vs[i] = new_stage(M39, false);
		map_code(&vs[i], 0);
		map(&vs[i], DATA_VA, DATA_GPA + i * PAGE, 0, PTE_RWX);
	}
	use(&s, VMID, ASID);
	h_fence_all();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 2; i++) {
			h_write(CSR_VSATP, atp(&vs[i], 1 + i));
			load(&s, 8);
			check(me->x[A0] == DATA_WORD(i, 1), "fence ASID %u by vsatp, round %u: %s",
			      1 + i, round, short_outcome());
			scene_try(&s, INSN_CSRW(0x180), atp(&vs[!i], 1 + !i), 0);
			load(&s, 8);
			check(me->x[A0] == DATA_WORD(!i, 1),
			      "fence ASID %u by satp in VS, round %u: %s", 1 + !i, round,
			      short_outcome());
		}
	}
}

void check_fences(void)
{
	static const uint64_t offsets[] = { 0, 0x1000, 0x1ff000, 0x100008 };
	unsigned int i;

	area_begin("fence: HFENCE, HINVAL, SFENCE.VMA in VS mode, VMIDs and ASIDs");
	check_all_fences();
	check_other(GVMA, DATA_GPA + 8 * PAGE, VMID, ASID, "address");
	check_other(GVMA_VMID, DATA_GPA, VMID + 1, ASID, "VMID");
	check_other(GVMA_VMID_ALL, 0, VMID + 1, ASID, "VMID");
	check_other(VVMA, DATA_VA + 8 * PAGE, VMID, ASID, "address");
	check_other(VVMA_ASID, DATA_VA, VMID, ASID + 1, "ASID");
	check_other(VVMA_ASID_ALL, 0, VMID, ASID + 1, "ASID");
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		check_large(true, offsets[i]);
		check_large(false, offsets[i]);
	}
	for (i = 0; i < 4; i++)
		check_sfence(i);
	check_vmids();
	check_asids();
}
