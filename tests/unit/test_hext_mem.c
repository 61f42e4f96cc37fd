/* SPDX-License-Identifier: BSD-2-Clause */
/* HLV, HLVX, HSV, and htinst that is filled from memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_l1.h"
#include "hext/masking.h"
#include "hext/mem.h"
#include "hext/pte.h"

#define GVA	UINT64_C(0x3a5f7000)
#define HLV_BU	0x6015c573 /* rd a0, rs1 a1, as all of these */
#define HLV_H	0x6405c573
#define HLV_W	0x6805c573
#define HLV_WU	0x6815c573
#define HLVX_WU 0x6835c573
#define HLV_D	0x6c05c573
#define HSV_B	0x62c5c073 /* rs2 a2 */
#define HSV_H	0x66c5c073
#define HSV_D	0x6ec5c073
#define RS1	0x000f8000u

static struct hext_config cfg;
static struct hext_hart h;
static struct hext_trap trap;
static uint64_t value;
/* Two pages of L2 that follow each other in virtual memory, not in L1's. */
static uint64_t first, second;

static int setup(void **state)
{
	uint64_t i;

	(void)state;
	fake_reset();
	cfg = (struct hext_config){ 0 };
	hext_init(&h, &cfg, &fake_ops, NULL);
	h.hgatp = fake_atp(8, 1);
	for (i = 0; i < FAKE_RAM_SIZE; i += 0x1000)
		fake_map(h.hgatp, FAKE_RAM + i, FAKE_RAM + i, 0, FAKE_LEAF);
	h.vs.atp = fake_atp(8, 0);
	second = fake_alloc(1);
	first = fake_alloc(1);
	fake_map(h.vs.atp, GVA, first, 0, FAKE_LEAF);
	fake_map(h.vs.atp, GVA + 0x1000, second, 0, FAKE_LEAF);
	for (i = 0; i < 0x1000; i++) {
		*((uint8_t *)fake_pte(first) + i) = 0x80 | i;
		*((uint8_t *)fake_pte(second) + i) = 0xc0 | i;
	}
	return 0;
}

static bool hlv(uint32_t code, gva_t addr)
{
	struct hext_insn insn;

	hext_decode(code, &insn);
	return hext_hlv(&h, &insn, addr, &value, &trap);
}

static bool hsv(uint32_t code, gva_t addr, uint64_t v)
{
	struct hext_insn insn;

	hext_decode(code, &insn);
	return hext_hsv(&h, &insn, addr, v, &trap);
}

static uint8_t byte_at(uint64_t addr)
{
	return *((uint8_t *)fake_pte(addr & ~UINT64_C(7)) + addr % 8);
}

static void expect_trap(uint64_t cause, uint64_t tval, uint64_t htval, uint64_t htinst)
{
	assert_int_equal(trap.cause, cause);
	assert_int_equal(trap.tval, tval);
	assert_int_equal(trap.htval, htval);
	assert_int_equal(trap.htinst, htinst);
	assert_true(trap.gva);
}

static void loads_extend(void **state)
{
	(void)state;
	assert_true(hlv(HLV_BU, GVA + 3));
	assert_int_equal(value, 0x83);
	assert_true(hlv(HLV_H, GVA + 2));
	assert_int_equal(value, 0xffffffffffff8382);
	assert_true(hlv(HLV_W, GVA));
	assert_int_equal(value, 0xffffffff83828180);
	assert_true(hlv(HLV_WU, GVA));
	assert_int_equal(value, 0x83828180);
	assert_true(hlv(HLV_D, GVA + 0x1000));
	assert_int_equal(value, 0xc7c6c5c4c3c2c1c0);
}

static void aligned_accesses_are_one_access(void **state)
{
	(void)state;
	h.vs.atp = 0;
	h.hgatp = 0;
	assert_true(hlv(HLV_D, first));
	assert_int_equal(fake.reads, 1);
	assert_true(hsv(HSV_D, first, 1));
	assert_int_equal(fake.writes, 1);
}

static void stores(void **state)
{
	(void)state;
	assert_true(hsv(HSV_B, GVA + 1, 0x1234));
	assert_int_equal(byte_at(first + 1), 0x34);
	assert_int_equal(byte_at(first + 2), 0x82);
	assert_true(hsv(HSV_D, GVA + 8, 0x0102030405060708));
	assert_int_equal(*fake_pte(first + 8), 0x0102030405060708);
}

static void misaligned_within_a_page(void **state)
{
	(void)state;
	assert_true(hlv(HLV_D, GVA + 1));
	assert_int_equal(value, 0x8887868584838281);
	assert_true(hsv(HSV_H, GVA + 7, 0x1122));
	assert_int_equal(byte_at(first + 7), 0x22);
	assert_int_equal(byte_at(first + 8), 0x11);
}

static void misaligned_across_pages(void **state)
{
	(void)state;
	assert_true(hlv(HLV_D, GVA + 0xffd));
	assert_int_equal(value, 0xc4c3c2c1c0fffefd);
	assert_true(hsv(HSV_D, GVA + 0xffe, 0x0807060504030201));
	assert_int_equal(byte_at(first + 0xffe), 1);
	assert_int_equal(byte_at(first + 0xfff), 2);
	assert_int_equal(byte_at(second), 3);
	assert_int_equal(byte_at(second + 5), 8);
	assert_int_equal(byte_at(second + 6), 0xc6);
}

/* The fault of the second page has its address, and the difference in htinst. */
static void faults_across_pages(void **state)
{
	(void)state;
	*fake_slot(h.vs.atp, GVA + 0x1000, 0) = 0;
	assert_false(hlv(HLV_D, GVA + 0xffd));
	expect_trap(13, GVA + 0x1000, 0, (HLV_D & ~RS1) | 3 << 15);
	assert_false(hsv(HSV_D, GVA + 0xffd, 0));
	expect_trap(15, GVA + 0x1000, 0, (HSV_D & ~RS1) | 3 << 15);
	assert_int_equal(byte_at(first + 0xffd), 0xfd);

	fake_map(h.vs.atp, GVA + 0x1000, second, 0, FAKE_LEAF);
	*fake_slot(h.hgatp, second, 0) = 0;
	assert_false(hlv(HLV_D, GVA + 0xffd));
	expect_trap(21, GVA + 0x1000, second >> 2, (HLV_D & ~RS1) | 3 << 15);
	/* Memory is missing behind the second page: nothing may be stored to the first. */
	fake_map(h.hgatp, second, FAKE_HOLE, 0, FAKE_LEAF);
	assert_false(hsv(HSV_D, GVA + 0xffd, 0));
	expect_trap(7, GVA + 0x1000, 0, (HSV_D & ~RS1) | 3 << 15);
	assert_int_equal(fake.writes, 0);
	assert_false(hlv(HLV_D, GVA + 0xffd));
	expect_trap(5, GVA + 0x1000, 0, (HLV_D & ~RS1) | 3 << 15);

	fake_map(h.hgatp, first, FAKE_HOLE, 0, FAKE_LEAF);
	assert_false(hlv(HLV_D, GVA + 0xffd));
	expect_trap(5, GVA + 0xffd, 0, HLV_D & ~RS1);
	assert_false(hsv(HSV_B, GVA, 0));
	expect_trap(7, GVA, 0, HSV_B & ~RS1);
}

static void a_fault_of_a_table_has_the_pseudoinstruction(void **state)
{
	uint64_t table = ((*fake_slot(h.vs.atp, GVA, 1) & PTE_PPN) >> 10) << 12;
	uint64_t pte_gpa = table + 8 * (GVA >> 12 & 0x1ff);

	(void)state;
	*fake_slot(h.hgatp, table, 0) = 0;
	assert_false(hsv(HSV_B, GVA, 0));
	expect_trap(23, GVA, pte_gpa >> 2, HEXT_HTINST_PTE_READ);
}

static void spvp_is_the_privilege(void **state)
{
	(void)state;
	assert_true(hlv(HLV_BU, GVA));
	h.hstatus |= HSTATUS_SPVP;
	assert_false(hlv(HLV_BU, GVA));
	expect_trap(13, GVA, 0, HLV_BU & ~RS1);
	/* vsstatus.SUM, not sstatus.SUM */
	h.s.status |= SSTATUS_SUM;
	assert_false(hlv(HLV_BU, GVA));
	h.vs.status |= SSTATUS_SUM;
	assert_true(hlv(HLV_BU, GVA));
	fake_map(h.vs.atp, GVA, first, 0, FAKE_LEAF & ~PTE_U);
	assert_true(hlv(HLV_BU, GVA));
	h.hstatus &= ~HSTATUS_SPVP;
	assert_false(hlv(HLV_BU, GVA));
}

static void hlvx_needs_x_in_both_stages(void **state)
{
	uint64_t x_only = FAKE_LEAF & ~(PTE_R | PTE_W);

	(void)state;
	fake_map(h.vs.atp, GVA, first, 0, x_only);
	fake_map(h.hgatp, first, first, 0, x_only);
	assert_true(hlv(HLVX_WU, GVA));
	assert_int_equal(value, 0x83828180);
	assert_false(hlv(HLV_WU, GVA));
	fake_map(h.hgatp, first, first, 0, FAKE_LEAF & ~PTE_X);
	assert_false(hlv(HLVX_WU, GVA));
	/* It raises a load's exception, not a fetch's. */
	expect_trap(21, GVA, first >> 2, HLVX_WU & ~RS1);
	fake_map(h.vs.atp, GVA, first, 0, FAKE_LEAF & ~PTE_X);
	h.s.status |= SSTATUS_MXR;
	assert_false(hlv(HLVX_WU, GVA));
	expect_trap(13, GVA, 0, HLVX_WU & ~RS1);
}

static void put_code(uint64_t addr, uint32_t code)
{
	memcpy((uint8_t *)fake_pte(addr & ~UINT64_C(7)) + addr % 8, &code, 2);
	code >>= 16;
	addr += 2;
	if (!(addr & 0xfff))
		addr = second;
	memcpy((uint8_t *)fake_pte(addr & ~UINT64_C(7)) + addr % 8, &code, 2);
}

static void fetch(void **state)
{
	uint32_t code;

	(void)state;
	h.user = true;
	put_code(first + 0xffe, 0x7ff4af83);
	assert_true(hext_fetch(&h, GVA + 0xffe, &code));
	assert_int_equal(code, 0x7ff4af83);
	put_code(first + 4, 0xffff5de8);
	assert_true(hext_fetch(&h, GVA + 4, &code));
	assert_int_equal(code, 0x5de8);
	h.user = false;
	assert_false(hext_fetch(&h, GVA + 4, &code));
	h.user = true;
	assert_false(hext_fetch(&h, GVA + 5, &code));
	*fake_slot(h.vs.atp, GVA + 0x1000, 0) = 0;
	assert_false(hext_fetch(&h, GVA + 0xffe, &code));
}

static void fill(uint64_t cause, uint64_t tval, uint64_t htinst, uint64_t expected)
{
	uint64_t x[32] = { [9] = 0x1000 };

	trap = (struct hext_trap){ .cause = cause, .tval = tval, .htinst = htinst };
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, expected);
}

static void htinst_is_filled_from_memory(void **state)
{
	(void)state;
	h.user = true;
	h.pc = GVA;
	put_code(first, 0x7ff4af83); /* lw t6,2047(s1): misaligned */
	fill(21, 0x17ff, 0, 0x00002f83);
	fill(21, 0x1800, 0, 0x0000af83);
	/* Another address: not this instruction. */
	fill(21, 0x1803, 0, 0);
	fill(21, 0x17fe, 0, 0);
	/* A store's fault is not a load's, whatever is there by now. */
	fill(23, 0x17ff, 0, 0);
	/* Fetches have none; what hardware gave stays. */
	fill(20, 0x17ff, 0, 0);
	fill(21, 0x17ff, HEXT_HTINST_PTE_READ, HEXT_HTINST_PTE_READ);
	h.pc = FAKE_HOLE;
	fill(21, 0x17ff, 0, 0);
}

/* ---- pointer masking ---- */

#define TAG7   (UINT64_C(0x55) << 57)
#define TAG16  (UINT64_C(0x5a5a) << 48)
#define PMM(n) ((uint64_t)(n) << 32)

/* Whether an HLV or HSV at GVA with the upper bits @tag goes to GVA. */
static bool masks(uint32_t code, uint64_t tag)
{
	bool done = code == HSV_D ? hsv(code, GVA ^ tag, 1) : hlv(code, GVA ^ tag);

	/* The address is not canonical with a tag, so the access faults if it is not masked. */
	if (!done)
		assert_int_equal(trap.cause, code == HSV_D ? 15 : 13);
	return done;
}

/*
 * priv H "hstatus" and "henvcfg": whose PMM is in force. As VS mode it is that of henvcfg. As VU
 * mode it is that of senvcfg in HS mode, and HUPMM in U mode.
 */
static void hlv_and_hsv_are_masked_by_the_mode_they_act_for(void **state)
{
	static const uint32_t codes[] = { HLV_D, HSV_D };
	unsigned int i, user, spvp, of;

	(void)state;
	for (i = 0; i < 2 * 2 * 2 * 3; i++) {
		uint64_t pmms[3] = { 0 };

		user = i & 1;
		spvp = i >> 1 & 1;
		of = i >> 3;
		pmms[of] = 3;
		h.user = user;
		h.henvcfg = PMM(pmms[0]);
		h.senvcfg = PMM(pmms[1]);
		h.hstatus = (spvp ? HSTATUS_SPVP : 0) | pmms[2] << 48;
		*fake_slot(h.vs.atp, GVA, 0) =
			(*fake_slot(h.vs.atp, GVA, 0) & ~PTE_U) | (spvp ? 0 : PTE_U);
		assert_true(masks(codes[i >> 2 & 1], 0));
		assert_int_equal(masks(codes[i >> 2 & 1], TAG16), of == (spvp ? 0 : user ? 2 : 1));
	}
}

/* priv "Pointer Masking": PMLEN is 7 or 16; bits below them are of the address. */
static void pmm_says_how_many_bits_are_masked(void **state)
{
	(void)state;
	h.hstatus = HSTATUS_SPVP;
	h.vs.status = SSTATUS_SUM;
	h.henvcfg = PMM(2);
	assert_true(masks(HLV_D, TAG7));
	assert_true(masks(HLV_D, ~UINT64_C(0) << 57));
	assert_false(masks(HLV_D, UINT64_C(1) << 56));
	assert_false(masks(HLV_D, TAG16));
	h.henvcfg = PMM(3);
	assert_true(masks(HLV_D, TAG7));
	assert_true(masks(HLV_D, UINT64_C(1) << 56));
	assert_false(masks(HLV_D, UINT64_C(1) << 47));
}

/* priv H "Hypervisor Virtual-Machine Load and Store Instructions"; "MXR" in both chapters. */
static void hlvx_and_accesses_under_mxr_are_not_masked(void **state)
{
	(void)state;
	h.hstatus = HSTATUS_SPVP;
	h.vs.status = SSTATUS_SUM;
	h.henvcfg = PMM(3);
	*fake_slot(h.vs.atp, GVA, 0) |= PTE_X;
	assert_true(hlv(HLVX_WU, GVA));
	assert_false(masks(HLVX_WU, TAG16));
	h.vs.status = SSTATUS_SUM | SSTATUS_MXR;
	assert_false(masks(HLV_D, TAG16));
	assert_false(masks(HSV_D, TAG16));
	h.vs.status = SSTATUS_SUM;
	h.s.status = SSTATUS_MXR;
	assert_false(masks(HLV_D, TAG16));
	assert_true(masks(HLV_D, 0));
	h.s.status = 0;
	assert_true(masks(HLV_D, TAG16));
}

/* Copies of the next bit with translation, 0 without it; tval has the masked address. */
static void masked_addresses_are_sign_extended_or_physical(void **state)
{
	(void)state;
	h.hstatus = HSTATUS_SPVP;
	h.vs.status = SSTATUS_SUM;
	h.henvcfg = PMM(3);
	fake_map(h.vs.atp, UINT64_C(0x7fc0000000), first, 0, FAKE_LEAF);
	assert_true(hlv(HLV_D, UINT64_C(0x1234ffffc0000000)));
	assert_int_equal(value, 0x8786858483828180);
	assert_false(hlv(HLV_D, UINT64_C(0x1234ffffc0001000)));
	expect_trap(13, UINT64_C(0xffffffffc0001000), 0, HLV_D & ~RS1);
	h.vs.atp = 0;
	assert_true(hlv(HLV_D, first ^ TAG16));
	assert_false(hlv(HLV_D, UINT64_C(0x1234800000000000)));
	expect_trap(21, UINT64_C(0x0000800000000000), UINT64_C(0x800000000000) >> 2, HLV_D & ~RS1);
	/* Without memory there: an access fault. */
	h.hgatp = 0;
	assert_false(hsv(HSV_D, UINT64_C(0x1234800000000000), 1));
	expect_trap(7, UINT64_C(0x0000800000000000), 0, HSV_D & ~RS1);
}

/* Masking is applied to each byte (priv "Memory Accesses Subject to Pointer Masking"). */
static void a_misaligned_access_is_masked_byte_by_byte(void **state)
{
	(void)state;
	h.hstatus = HSTATUS_SPVP;
	h.vs.status = SSTATUS_SUM;
	h.henvcfg = PMM(3);
	assert_true(hlv(HLV_D, (GVA + 0xffd) ^ TAG16));
	assert_int_equal(value, 0xc4c3c2c1c0fffefd);
	assert_true(hsv(HSV_D, (GVA + 0xffe) ^ TAG16, 0x0807060504030201));
	assert_int_equal(byte_at(second + 5), 8);
	*fake_slot(h.vs.atp, GVA + 0x1000, 0) = 0;
	assert_false(hlv(HLV_D, (GVA + 0xffd) ^ TAG16));
	expect_trap(13, GVA + 0x1000, 0, (HLV_D & ~RS1) | 3 << 15);
}

/* The bytes behind the last one that sign-extends to itself are those with all upper bits. */
static void a_misaligned_access_wraps_where_the_sign_changes(void **state)
{
	const uint64_t end = UINT64_C(0x0000800000000000);

	(void)state;
	h.hstatus = HSTATUS_SPVP;
	h.vs.status = SSTATUS_SUM;
	h.vs.atp = fake_atp(9, 0);
	fake_map(h.vs.atp, end - 0x1000, first, 0, FAKE_LEAF);
	fake_map(h.vs.atp, end, second, 0, FAKE_LEAF);
	assert_false(hlv(HLV_D, end - 3));
	expect_trap(13, end, 0, (HLV_D & ~RS1) | 3 << 15);
	h.henvcfg = PMM(3);
	assert_true(hlv(HLV_D, end - 3));
	assert_int_equal(value, 0xc4c3c2c1c0fffefd);
	assert_true(hsv(HSV_D, end - 2, 0x0807060504030201));
	assert_int_equal(byte_at(second + 5), 8);
}

#define LD_A0_8_A1 0x0085b503

/* The address of an instruction is compared with stval, which is masked. */
static void htinst_is_filled_for_masked_addresses(void **state)
{
	uint64_t x[32] = { 0 };

	(void)state;
	h.virt = true;
	h.pc = GVA;
	*(uint32_t *)fake_pte(first) = LD_A0_8_A1;
	*fake_slot(h.vs.atp, GVA, 0) = (*fake_slot(h.vs.atp, GVA, 0) | PTE_X) & ~PTE_U;
	x[11] = (GVA + 0x1000) ^ TAG16;
	trap = (struct hext_trap){ .cause = 21, .tval = GVA + 0x1008 };
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, 0);
	h.henvcfg = PMM(3);
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, LD_A0_8_A1 & 0x7fff);
	/* The mode of L2 counts: VU mode has senvcfg.PMM. The code is VS mode's, so it is U now. */
	trap.htinst = 0;
	h.user = true;
	*fake_slot(h.vs.atp, GVA, 0) |= PTE_U;
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, 0);
	h.senvcfg = PMM(3);
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, LD_A0_8_A1 & 0x7fff);
	/* Another address within the page is not that of the instruction. */
	trap = (struct hext_trap){ .cause = 21, .tval = GVA + 0x2008 };
	hext_fill_htinst(&h, x, &trap);
	assert_int_equal(trap.htinst, 0);
}

/* L1's own accesses: senvcfg.PMM in U mode, by L1's satp and sstatus. */
static void accesses_of_l1_are_masked_in_user_mode(void **state)
{
	uint64_t x[32] = { 0 };
	struct hext_insn insn;

	(void)state;
	hext_decode(LD_A0_8_A1, &insn);
	x[11] = UINT64_C(0x5a5a123456789000);
	h.senvcfg = PMM(3);
	h.henvcfg = PMM(2);
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), x[11] + 8);
	h.user = true;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0x0000123456789008));
	x[11] |= UINT64_C(1) << 47;
	assert_int_equal(hext_masked_address(&h, &insn, x, 1), UINT64_C(0x0000923456789009));
	h.s.atp = fake_atp(8, 0);
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0xffff923456789008));
	h.vs.status = SSTATUS_MXR;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0xffff923456789008));
	h.s.status = SSTATUS_MXR;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), x[11] + 8);
}

/* SBI 3.0 "Firmware Features", POINTER_MASKING_PMLEN: S mode has a PMM of its own. */
static void accesses_of_l1_are_masked_in_supervisor_mode(void **state)
{
	struct hext_config masked = *h.cfg;
	uint64_t x[32] = { 0 };
	struct hext_insn insn;

	(void)state;
	hext_decode(LD_A0_8_A1, &insn);
	x[11] = UINT64_C(0x5a5a923456789000);
	masked.s_pmm = 3;
	h.cfg = &masked;
	h.senvcfg = PMM(2);
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0x0000923456789008));
	h.s.atp = fake_atp(8, 0);
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0xffff923456789008));
	h.s.status = SSTATUS_MXR;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), x[11] + 8);
	/* U mode and L2 have other fields. */
	h.s.status = 0;
	h.user = true;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), UINT64_C(0x005a923456789008));
	h.user = false;
	h.virt = true;
	assert_int_equal(hext_masked_address(&h, &insn, x, 0), x[11] + 8);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(loads_extend),
		T(aligned_accesses_are_one_access),
		T(stores),
		T(misaligned_within_a_page),
		T(misaligned_across_pages),
		T(faults_across_pages),
		T(a_fault_of_a_table_has_the_pseudoinstruction),
		T(spvp_is_the_privilege),
		T(hlvx_needs_x_in_both_stages),
		T(fetch),
		T(htinst_is_filled_from_memory),
		T(hlv_and_hsv_are_masked_by_the_mode_they_act_for),
		T(pmm_says_how_many_bits_are_masked),
		T(hlvx_and_accesses_under_mxr_are_not_masked),
		T(masked_addresses_are_sign_extended_or_physical),
		T(a_misaligned_access_is_masked_byte_by_byte),
		T(a_misaligned_access_wraps_where_the_sign_changes),
		T(htinst_is_filled_for_masked_addresses),
		T(accesses_of_l1_are_masked_in_user_mode),
		T(accesses_of_l1_are_masked_in_supervisor_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
