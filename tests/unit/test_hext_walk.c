/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk of L1's G-stage, and of VS-stage and G-stage together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_l1.h"
#include "hext/insn.h"
#include "hext/walk.h"

#define GPA  UINT64_C(0x123456789)
#define GVA  UINT64_C(0x3a5f7654)
#define DATA UINT64_C(0x90abcde000)

static struct hext_config cfg;
static struct hext_hart h;
static uint64_t hgatp, vsatp;
static struct hext_page page;
static struct hext_trap trap;

static int setup(void **state)
{
	(void)state;
	fake_reset();
	cfg = (struct hext_config){ .vmid_bits = 14, .asid_bits = 16 };
	hext_init(&h, &cfg, &fake_ops, NULL);
	hgatp = fake_atp(8, 1);
	return 0;
}

static enum hext_walk_status gwalk(gpa_t gpa, enum hext_access access)
{
	const struct hext_gaccess a = { .access = access };

	return hext_walk_gstage(&h, hgatp, gpa, &a, &page);
}

static void bare_is_identity(void **state)
{
	(void)state;
	hgatp = 0;
	assert_int_equal(gwalk(GPA, HEXT_WRITE), HEXT_WALK_OK);
	assert_int_equal(page.pa.addr, GPA);
	assert_true(page.r && page.w && page.x);
	assert_int_equal(fake.reads, 0);
}

/* Every mode, every level: the address comes from the leaf above the level's shift. */
static void all_modes_and_levels(void **state)
{
	uint64_t mode, mask, gpa;
	unsigned int level;

	(void)state;
	for (mode = 8; mode <= 10; mode++) {
		for (level = 0; level < hext_levels(mode); level++) {
			fake_reset();
			hgatp = fake_atp(mode, 1);
			mask = (UINT64_C(1) << pte_span_shift(level)) - 1;
			/* The highest address of the mode, in the last quarter of the root. */
			gpa = (UINT64_C(1) << (pte_span_shift(hext_levels(mode)) + 2)) - 5;
			fake_map(hgatp, gpa, UINT64_C(3) << 50 & ~mask, level, FAKE_LEAF);
			fake_map(hgatp, 0, 0, level, FAKE_LEAF);
			assert_int_equal(gwalk(gpa, HEXT_WRITE), HEXT_WALK_OK);
			assert_int_equal(page.pa.addr, (UINT64_C(3) << 50 & ~mask) | (gpa & mask));
			assert_int_equal(page.level, level);
			/* Each PTE is read once. */
			assert_int_equal(fake.reads, hext_levels(mode) - level);
			/* The next one is not address 0 again. */
			assert_int_equal(gwalk(gpa + 5, HEXT_READ), HEXT_WALK_GUEST_PAGE_FAULT);
		}
	}
}

/* With every combination of the low 8 bits: what a leaf must have. */
static void permission_bits(void **state)
{
	uint64_t *pte = fake_map(hgatp, GPA, DATA, 0, 0);
	uint64_t flags;

	(void)state;
	for (flags = 0; flags < 0x100; flags++) {
		/* G is ignored, and W without R is reserved. */
		bool leaf = (flags & PTE_V) && (flags & PTE_U) && (flags & PTE_A) &&
			    !((flags & PTE_W) && !(flags & PTE_R));
		bool r = leaf && (flags & PTE_R);
		bool w = leaf && (flags & PTE_W) && (flags & PTE_D);
		bool x = leaf && (flags & PTE_X);
		const struct hext_gaccess mxr = { .access = HEXT_READ, .mxr = true };
		const struct hext_gaccess hlvx = { .access = HEXT_READ, .hlvx = true };

		*pte = fake_make_pte(DATA, flags);
		assert_int_equal(gwalk(GPA, HEXT_READ) == HEXT_WALK_OK, r);
		assert_int_equal(gwalk(GPA, HEXT_WRITE) == HEXT_WALK_OK, w);
		assert_int_equal(gwalk(GPA, HEXT_EXEC) == HEXT_WALK_OK, x);
		assert_int_equal(hext_walk_gstage(&h, hgatp, GPA, &mxr, &page) == HEXT_WALK_OK,
				 r || x);
		assert_int_equal(hext_walk_gstage(&h, hgatp, GPA, &hlvx, &page) == HEXT_WALK_OK, x);
		if (r) {
			assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_OK);
			assert_true(page.r && page.w == w && page.x == x);
		}
		assert_int_equal(*pte, fake_make_pte(DATA, flags));
	}
}

static void expect_pte(uint64_t *pte, uint64_t value, enum hext_walk_status status)
{
	*pte = value;
	assert_int_equal(gwalk(GPA, HEXT_READ), status);
}

static void reserved_bits_and_encodings(void **state)
{
	uint64_t *pte = fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF);
	uint64_t good = *pte, table;
	unsigned int bit;

	(void)state;
	for (bit = 54; bit <= 63; bit++)
		expect_pte(pte, good | BIT64(bit), HEXT_WALK_GUEST_PAGE_FAULT);
	cfg.svpbmt = true;
	expect_pte(pte, good | UINT64_C(1) << 61, HEXT_WALK_OK);
	assert_int_equal(page.pbmt, 1);
	expect_pte(pte, good | UINT64_C(2) << 61, HEXT_WALK_OK);
	assert_int_equal(page.pbmt, 2);
	expect_pte(pte, good | UINT64_C(3) << 61, HEXT_WALK_GUEST_PAGE_FAULT);
	/* A pointer at level 0 leads nowhere, whatever is there. */
	table = fake_alloc(1);
	for (bit = 0; bit < 512; bit++)
		*fake_pte(table + 8 * bit) = good;
	expect_pte(pte, fake_make_pte(table, PTE_V), HEXT_WALK_GUEST_PAGE_FAULT);
}

static void reserved_bits_of_pointers(void **state)
{
	static const uint64_t bits[] = {
		PTE_U, PTE_A, PTE_D, PTE_N, BIT64(61), BIT64(62), BIT64(54), BIT64(60),
	};
	uint64_t *pointer;
	size_t i;

	(void)state;
	cfg.svpbmt = true;
	cfg.svnapot = true;
	fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF);
	pointer = fake_slot(hgatp, GPA, 1);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		*pointer |= bits[i];
		assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_GUEST_PAGE_FAULT);
		*pointer &= ~bits[i];
	}
	/* RSW is software's, and G is not used. */
	*pointer |= PTE_RSW | PTE_G;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_OK);
}

static void napot(void **state)
{
	uint64_t *pte = fake_map(hgatp, GPA, DATA & ~UINT64_C(0xffff), 0, FAKE_LEAF);
	uint64_t good = *pte | PTE_N | UINT64_C(8) << PTE_PPN_SHIFT;

	(void)state;
	expect_pte(pte, good, HEXT_WALK_GUEST_PAGE_FAULT);
	cfg.svnapot = true;
	expect_pte(pte, good, HEXT_WALK_OK);
	/* The lowest four bits of the PPN are those of the address. */
	assert_int_equal(page.pa.addr, (DATA & ~UINT64_C(0xffff)) | (GPA & 0xffff));
	assert_true(page.napot);
	expect_pte(pte, good | UINT64_C(1) << PTE_PPN_SHIFT, HEXT_WALK_GUEST_PAGE_FAULT);
	expect_pte(pte, good ^ UINT64_C(24) << PTE_PPN_SHIFT, HEXT_WALK_GUEST_PAGE_FAULT);
	/* Level 1 has no NAPOT. */
	*fake_slot(hgatp, GPA, 1) =
		fake_make_pte(0, FAKE_LEAF) | PTE_N | UINT64_C(8) << PTE_PPN_SHIFT;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_GUEST_PAGE_FAULT);
}

static void misaligned_superpages(void **state)
{
	unsigned int level, bit;

	(void)state;
	for (level = 1; level <= 2; level++) {
		for (bit = 0; bit < 9 * level; bit++) {
			fake_map(hgatp, GPA, UINT64_C(4096) << bit, level, FAKE_LEAF);
			assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_GUEST_PAGE_FAULT);
		}
		fake_map(hgatp, GPA, UINT64_C(4096) << bit, level, FAKE_LEAF);
		assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_OK);
		*fake_slot(hgatp, GPA, level) = 0;
	}
}

static void pte_outside_memory_is_an_access_fault(void **state)
{
	(void)state;
	*fake_slot(hgatp, GPA, 1) = fake_make_pte(FAKE_HOLE, PTE_V);
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_ACCESS_FAULT);
	hgatp = UINT64_C(8) << 60 | FAKE_HOLE >> 12;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_ACCESS_FAULT);
}

static void hardware_sets_a_and_d(void **state)
{
	uint64_t flags = FAKE_LEAF & ~(PTE_A | PTE_D);
	uint64_t *pte = fake_map(hgatp, GPA, DATA, 0, flags);

	(void)state;
	cfg.gstage_adue = true;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_OK);
	assert_int_equal(*pte, fake_make_pte(DATA, flags | PTE_A));
	assert_false(page.w); /* D is not set: a store has to come back */
	assert_int_equal(gwalk(GPA, HEXT_WRITE), HEXT_WALK_OK);
	assert_int_equal(*pte, fake_make_pte(DATA, flags | PTE_A | PTE_D));
	assert_true(page.w);
	/* Not before the permissions have been checked. */
	flags &= ~PTE_W;
	*pte = fake_make_pte(DATA, flags);
	assert_int_equal(gwalk(GPA, HEXT_WRITE), HEXT_WALK_GUEST_PAGE_FAULT);
	assert_int_equal(*pte, fake_make_pte(DATA, flags));
}

static uint64_t *raced_pte;
static uint64_t raced_value;

static void race(uint64_t addr)
{
	(void)addr;
	*raced_pte = raced_value;
	fake.before_cas = NULL;
}

static void a_lost_race_walks_again(void **state)
{
	uint64_t flags = FAKE_LEAF & ~(PTE_A | PTE_D);

	(void)state;
	cfg.gstage_adue = true;
	raced_pte = fake_map(hgatp, GPA, DATA, 0, flags);
	raced_value = fake_make_pte(DATA + 0x1000, flags);
	fake.before_cas = race;
	assert_int_equal(gwalk(GPA, HEXT_WRITE), HEXT_WALK_OK);
	assert_int_equal(page.pa.addr, DATA + 0x1000 + (GPA & 0xfff));
	assert_int_equal(*raced_pte, raced_value | PTE_A | PTE_D);

	*raced_pte = fake_make_pte(DATA, flags);
	raced_value = 0;
	fake.before_cas = race;
	assert_int_equal(gwalk(GPA, HEXT_WRITE), HEXT_WALK_GUEST_PAGE_FAULT);
	assert_int_equal(*raced_pte, 0);
}

static void keep_changing(uint64_t addr)
{
	(void)addr;
	*raced_pte ^= PTE_RSW;
}

static void endless_races_end(void **state)
{
	(void)state;
	cfg.gstage_adue = true;
	raced_pte = fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF & ~PTE_A);
	fake.before_cas = keep_changing;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_GUEST_PAGE_FAULT);
}

static void a_pte_that_cannot_be_written_is_an_access_fault(void **state)
{
	(void)state;
	cfg.gstage_adue = true;
	fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF & ~PTE_A);
	fake.read_only = true;
	assert_int_equal(gwalk(GPA, HEXT_READ), HEXT_WALK_ACCESS_FAULT);
}

/* ---- two stages: L2's tables lie at the same addresses in L1, by an identity G-stage ---- */

static void two_stages(uint64_t vmode, uint64_t gmode)
{
	uint64_t a;

	hgatp = fake_atp(gmode, 1);
	for (a = 0; a < FAKE_RAM_SIZE; a += 0x1000)
		fake_map(hgatp, FAKE_RAM + a, FAKE_RAM + a, 0, FAKE_LEAF);
	fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF);
	vsatp = vmode ? fake_atp(vmode, 0) : 0;
	h.hgatp = hgatp;
	h.vs.atp = vsatp;
}

static enum hext_walk_status walk2(gva_t gva, enum hext_access access, bool user)
{
	const struct hext_vaccess a = hext_l2_access(&h, access, user);

	return hext_walk_two_stage(&h, gva, &a, &page, &trap);
}

static void expect_trap(uint64_t cause, uint64_t tval, uint64_t htval, uint64_t htinst)
{
	assert_int_equal(trap.cause, cause);
	assert_int_equal(trap.tval, tval);
	assert_int_equal(trap.htval, htval);
	assert_int_equal(trap.htinst, htinst);
	assert_true(trap.gva);
}

static void all_modes_of_two_stages(void **state)
{
	uint64_t v, g, gva;

	(void)state;
	for (v = 8; v <= 10; v++) {
		for (g = 8; g <= 10; g++) {
			fake_reset();
			two_stages(v, g);
			fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF);
			assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_OK);
			assert_int_equal(page.pa.addr, DATA | (GVA & 0xfff));
			/* The upper half is reached with all bits above set, and only so. */
			fake_map(vsatp, -GVA & (BIT64(pte_span_shift(hext_levels(v))) - 1),
				 GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF);
			assert_int_equal(walk2(-GVA, HEXT_READ, true), HEXT_WALK_OK);
			assert_int_equal(walk2(-GVA & ~BIT64(63), HEXT_READ, true),
					 HEXT_WALK_PAGE_FAULT);
			expect_trap(13, -GVA & ~BIT64(63), 0, 0);
			/* The mode's top bit has to be extended, too. */
			gva = BIT64(pte_span_shift(hext_levels(v)) - 1);
			fake_map(vsatp, gva, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF);
			assert_int_equal(walk2(gva, HEXT_READ, true), HEXT_WALK_PAGE_FAULT);
			assert_int_equal(walk2(-gva, HEXT_READ, true), HEXT_WALK_OK);
		}
	}
}

static void vs_bare(void **state)
{
	(void)state;
	two_stages(0, 9);
	assert_int_equal(walk2(GPA, HEXT_READ, false), HEXT_WALK_OK);
	assert_int_equal(page.pa.addr, DATA | (GPA & 0xfff));
	/* Not an address of the G-stage. */
	assert_int_equal(walk2(BIT64(50) + 7, HEXT_WRITE, false), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(23, BIT64(50) + 7, BIT64(48) + 1, 0);
}

static void page_faults_by_access(void **state)
{
	(void)state;
	two_stages(8, 8);
	assert_int_equal(walk2(GVA, HEXT_READ, false), HEXT_WALK_PAGE_FAULT);
	expect_trap(13, GVA, 0, 0);
	assert_int_equal(walk2(GVA, HEXT_WRITE, false), HEXT_WALK_PAGE_FAULT);
	expect_trap(15, GVA, 0, 0);
	assert_int_equal(walk2(GVA, HEXT_EXEC, false), HEXT_WALK_PAGE_FAULT);
	expect_trap(12, GVA, 0, 0);
}

static void guest_page_faults_of_the_access(void **state)
{
	uint64_t gpa = UINT64_C(0x1ff000000) | (GVA & 0xfff);

	(void)state;
	two_stages(8, 8);
	fake_map(vsatp, GVA, gpa & ~UINT64_C(0xfff), 0, FAKE_LEAF);
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(21, GVA, gpa >> 2, 0);
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(23, GVA, gpa >> 2, 0);
	assert_int_equal(walk2(GVA, HEXT_EXEC, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(20, GVA, gpa >> 2, 0);
}

/*
 * A VS-level table that the G-stage does not map: htval and the pseudoinstruction are of the PTE.
 */
static void guest_page_faults_of_a_table(void **state)
{
	uint64_t table, pte_gpa;

	(void)state;
	two_stages(8, 8);
	fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF);
	table = ((*fake_slot(vsatp, GVA, 1) & PTE_PPN) >> 10) << 12;
	pte_gpa = table + 8 * (GVA >> 12 & 0x1ff);
	*fake_slot(hgatp, table, 0) = 0;
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(23, GVA, pte_gpa >> 2, HEXT_HTINST_PTE_READ);
	assert_int_equal(walk2(GVA, HEXT_EXEC, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(20, GVA, pte_gpa >> 2, HEXT_HTINST_PTE_READ);
	/* An implicit read needs R: not W, and MXR does not count as it is not an explicit load. */
	fake_map(hgatp, table, table, 0, FAKE_LEAF & ~PTE_W);
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_OK);
	fake_map(hgatp, table, table, 0, FAKE_LEAF & ~(PTE_R | PTE_W));
	h.s.status |= SSTATUS_MXR;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_GUEST_PAGE_FAULT);
	/* Mapped to nothing. */
	fake_map(hgatp, table, FAKE_HOLE, 0, FAKE_LEAF);
	assert_int_equal(walk2(GVA, HEXT_EXEC, true), HEXT_WALK_ACCESS_FAULT);
	expect_trap(1, GVA, 0, 0);
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_ACCESS_FAULT);
	expect_trap(5, GVA, 0, 0);
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_ACCESS_FAULT);
	expect_trap(7, GVA, 0, 0);
}

static void vs_stage_sets_a_and_d_through_the_g_stage(void **state)
{
	uint64_t flags = FAKE_LEAF & ~(PTE_A | PTE_D);
	uint64_t *pte, table, pte_gpa;

	(void)state;
	two_stages(8, 8);
	pte = fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, flags);
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_PAGE_FAULT);
	h.henvcfg |= HENVCFG_ADUE;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_OK);
	assert_int_equal(*pte & 0xff, flags | PTE_A);
	/* The table is read-only in the G-stage: a write pseudoinstruction. */
	table = ((*fake_slot(vsatp, GVA, 1) & PTE_PPN) >> 10) << 12;
	pte_gpa = table + 8 * (GVA >> 12 & 0x1ff);
	fake_map(hgatp, table, table, 0, FAKE_LEAF & ~PTE_W);
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(23, GVA, pte_gpa >> 2, HEXT_HTINST_PTE_WRITE);
	*pte &= ~PTE_A;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_GUEST_PAGE_FAULT);
	expect_trap(21, GVA, pte_gpa >> 2, HEXT_HTINST_PTE_WRITE);
}

static void u_sum_and_privilege(void **state)
{
	uint64_t *pte;

	(void)state;
	two_stages(8, 8);
	pte = fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF);
	assert_int_equal(walk2(GVA, HEXT_EXEC, true), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_READ, false), HEXT_WALK_PAGE_FAULT);
	/* The HS-level SUM is not it. */
	h.s.status |= SSTATUS_SUM;
	assert_int_equal(walk2(GVA, HEXT_READ, false), HEXT_WALK_PAGE_FAULT);
	h.vs.status |= SSTATUS_SUM;
	assert_int_equal(walk2(GVA, HEXT_READ, false), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_WRITE, false), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_EXEC, false), HEXT_WALK_PAGE_FAULT);
	*pte &= ~PTE_U;
	assert_int_equal(walk2(GVA, HEXT_EXEC, false), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_PAGE_FAULT);
}

static void mxr_of_both_levels(void **state)
{
	(void)state;
	two_stages(8, 8);
	fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF & ~(PTE_R | PTE_W));
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_PAGE_FAULT);
	h.vs.status |= SSTATUS_MXR;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_OK);
	/* vsstatus.MXR does not reach the G-stage; sstatus.MXR counts in both. */
	fake_map(hgatp, GPA, DATA, 0, FAKE_LEAF & ~(PTE_R | PTE_W));
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_GUEST_PAGE_FAULT);
	h.vs.status &= ~SSTATUS_MXR;
	h.s.status |= SSTATUS_MXR;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_OK);
	assert_int_equal(walk2(GVA, HEXT_WRITE, true), HEXT_WALK_PAGE_FAULT);
}

static void vs_pbmt_is_henvcfgs(void **state)
{
	(void)state;
	two_stages(8, 8);
	*fake_map(vsatp, GVA, GPA & ~UINT64_C(0xfff), 0, FAKE_LEAF) |= BIT64(61);
	cfg.svpbmt = true;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_PAGE_FAULT);
	h.henvcfg |= HENVCFG_PBMTE;
	assert_int_equal(walk2(GVA, HEXT_READ, true), HEXT_WALK_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(bare_is_identity),
		T(all_modes_and_levels),
		T(permission_bits),
		T(reserved_bits_and_encodings),
		T(reserved_bits_of_pointers),
		T(napot),
		T(misaligned_superpages),
		T(pte_outside_memory_is_an_access_fault),
		T(hardware_sets_a_and_d),
		T(a_lost_race_walks_again),
		T(endless_races_end),
		T(a_pte_that_cannot_be_written_is_an_access_fault),
		T(all_modes_of_two_stages),
		T(vs_bare),
		T(page_faults_by_access),
		T(guest_page_faults_of_the_access),
		T(guest_page_faults_of_a_table),
		T(vs_stage_sets_a_and_d_through_the_g_stage),
		T(u_sum_and_privilege),
		T(mxr_of_both_levels),
		T(vs_pbmt_is_henvcfgs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
