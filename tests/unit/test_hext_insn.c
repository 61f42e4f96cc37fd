/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding of instructions, and their transformed form for htinst. Encodings are the GNU
 * assembler's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hext/insn.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct access {
	const char *text;
	uint32_t code;
	enum hext_insn_kind kind;
	unsigned int width;
	bool sign_extend, fp;
	unsigned int reg; /* rd of a load, rs2 of a store */
	unsigned int rs1;
	int imm;
	unsigned int length;
	uint64_t htinst; /* for an offset of 0 */
};

#define LOAD  HEXT_INSN_LOAD
#define STORE HEXT_INSN_STORE

static const struct access accesses[] = {
	{ "lb a0,-1(a1)", 0xfff58503, LOAD, 1, true, false, 10, 11, -1, 4, 0x00000503 },
	{ "lbu a0,1(a1)", 0x0015c503, LOAD, 1, false, false, 10, 11, 1, 4, 0x00004503 },
	{ "lh a0,2(a1)", 0x00259503, LOAD, 2, true, false, 10, 11, 2, 4, 0x00001503 },
	{ "lhu a0,-2048(a1)", 0x8005d503, LOAD, 2, false, false, 10, 11, -2048, 4, 0x00005503 },
	{ "lw t6,2047(s1)", 0x7ff4af83, LOAD, 4, true, false, 31, 9, 2047, 4, 0x00002f83 },
	{ "lwu a0,4(a1)", 0x0045e503, LOAD, 4, false, false, 10, 11, 4, 4, 0x00006503 },
	{ "ld a0,8(a1)", 0x0085b503, LOAD, 8, true, false, 10, 11, 8, 4, 0x00003503 },
	{ "sb a2,-1(a1)", 0xfec58fa3, STORE, 1, false, false, 12, 11, -1, 4, 0x00c00023 },
	{ "sh a2,2(a1)", 0x00c59123, STORE, 2, false, false, 12, 11, 2, 4, 0x00c01023 },
	{ "sw a2,-2048(a1)", 0x80c5a023, STORE, 4, false, false, 12, 11, -2048, 4, 0x00c02023 },
	{ "sd t6,2047(s1)", 0x7ff4bfa3, STORE, 8, false, false, 31, 9, 2047, 4, 0x01f03023 },
	{ "flw fa0,4(a1)", 0x0045a507, LOAD, 4, false, true, 10, 11, 4, 4, 0x00002507 },
	{ "fld fa0,8(a1)", 0x0085b507, LOAD, 8, false, true, 10, 11, 8, 4, 0x00003507 },
	{ "fsw fa2,-4(a1)", 0xfec5ae27, STORE, 4, false, true, 12, 11, -4, 4, 0x00c02027 },
	{ "fsd fa2,-8(a1)", 0xfec5bc27, STORE, 8, false, true, 12, 11, -8, 4, 0x00c03027 },
	{ "c.lw a0,124(a1)", 0x5de8, LOAD, 4, true, false, 10, 11, 124, 2, 0x00002501 },
	{ "c.sw a2,64(a1)", 0xc1b0, STORE, 4, false, false, 12, 11, 64, 2, 0x00c02021 },
	{ "c.ld a0,248(a1)", 0x7de8, LOAD, 8, true, false, 10, 11, 248, 2, 0x00003501 },
	{ "c.sd a2,64(a1)", 0xe1b0, STORE, 8, false, false, 12, 11, 64, 2, 0x00c03021 },
	{ "c.fld fa0,248(a1)", 0x3de8, LOAD, 8, false, true, 10, 11, 248, 2, 0x00003505 },
	{ "c.fsd fa2,8(a1)", 0xa590, STORE, 8, false, true, 12, 11, 8, 2, 0x00c03025 },
	{ "c.lwsp a0,252(sp)", 0x557e, LOAD, 4, true, false, 10, 2, 252, 2, 0x00002501 },
	{ "c.swsp a2,252(sp)", 0xdfb2, STORE, 4, false, false, 12, 2, 252, 2, 0x00c02021 },
	{ "c.ldsp t6,504(sp)", 0x7ffe, LOAD, 8, true, false, 31, 2, 504, 2, 0x00003f81 },
	{ "c.sdsp t6,504(sp)", 0xfffe, STORE, 8, false, false, 31, 2, 504, 2, 0x01f03021 },
	{ "c.fldsp fa0,504(sp)", 0x357e, LOAD, 8, false, true, 10, 2, 504, 2, 0x00003505 },
	{ "c.fsdsp fa2,8(sp)", 0xa432, STORE, 8, false, true, 12, 2, 8, 2, 0x00c03025 },
	/* Zcb, which the assembler lacks: encodings from the specification of Zcb */
	{ "c.lbu a0,3(a1)", 0x81e8, LOAD, 1, false, false, 10, 11, 3, 2, 0x00004501 },
	{ "c.lhu a0,2(a1)", 0x85a8, LOAD, 2, false, false, 10, 11, 2, 2, 0x00005501 },
	{ "c.lh a0,2(a1)", 0x85e8, LOAD, 2, true, false, 10, 11, 2, 2, 0x00001501 },
	{ "c.sb a2,1(a1)", 0x89d0, STORE, 1, false, false, 12, 11, 1, 2, 0x00c00021 },
	{ "c.sh a2,2(a1)", 0x8db0, STORE, 2, false, false, 12, 11, 2, 2, 0x00c01021 },
};

static void loads_and_stores_decode(void **state)
{
	struct hext_insn insn;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct access *a = &accesses[i];

		/* The bytes behind a compressed instruction in memory must not matter. */
		hext_decode(a->length == 2 ? a->code | 0xabcd0000 : a->code, &insn);
		if (insn.kind != a->kind || insn.width != a->width ||
		    insn.sign_extend != a->sign_extend || insn.fp != a->fp ||
		    (a->kind == LOAD ? insn.rd : insn.rs2) != a->reg || insn.rs1 != a->rs1 ||
		    insn.imm != a->imm || insn.length != a->length)
			fail_msg("%s", a->text);
	}
}

static void transformed_loads_and_stores(void **state)
{
	struct hext_insn insn, back;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct access *a = &accesses[i];

		hext_decode(a->code, &insn);
		if (hext_transform(&insn, 0) != a->htinst)
			fail_msg("%s: %#llx", a->text,
				 (unsigned long long)hext_transform(&insn, 0));
		/* The offset of a misaligned access takes the place of rs1. */
		assert_int_equal(hext_transform(&insn, 7), a->htinst | 7 << 15);
		assert_true(hext_insn_is_transformed(a->htinst | 7 << 15));

		hext_decode_transformed(a->htinst | 7 << 15, &back);
		assert_int_equal(back.kind, insn.kind);
		assert_int_equal(back.width, insn.width);
		assert_int_equal(back.length, insn.length);
		assert_int_equal(back.sign_extend, insn.sign_extend);
		assert_int_equal(back.fp, insn.fp);
		if (a->kind == LOAD)
			assert_int_equal(back.rd, insn.rd);
		else
			assert_int_equal(back.rs2, insn.rs2);
		assert_int_equal(back.rs1, 7);
		assert_int_equal(back.imm, 0);
	}
}

struct other {
	const char *text;
	uint32_t code;
	enum hext_insn_kind kind;
	unsigned int width; /* 0: no memory access, no transformed form */
	bool sign_extend;
};

static const struct other others[] = {
	{ "lr.w.aq a0,(a1)", 0x1405a52f, HEXT_INSN_LR, 4, true },
	{ "lr.d a0,(a1)", 0x1005b52f, HEXT_INSN_LR, 8, true },
	{ "sc.w.rl a0,a2,(a1)", 0x1ac5a52f, HEXT_INSN_SC, 4, true },
	{ "sc.d a0,a2,(a1)", 0x18c5b52f, HEXT_INSN_SC, 8, true },
	{ "amoadd.w a0,a2,(a1)", 0x00c5a52f, HEXT_INSN_AMO, 4, true },
	{ "amoswap.d.aqrl a0,a2,(a1)", 0x0ec5b52f, HEXT_INSN_AMO, 8, true },
	{ "amomaxu.d a0,a2,(a1)", 0xe0c5b52f, HEXT_INSN_AMO, 8, true },
	{ "hlv.b", 0x6005c573, HEXT_INSN_HLV, 1, true },
	{ "hlv.bu", 0x6015c573, HEXT_INSN_HLV, 1, false },
	{ "hlv.h", 0x6405c573, HEXT_INSN_HLV, 2, true },
	{ "hlv.hu", 0x6415c573, HEXT_INSN_HLV, 2, false },
	{ "hlvx.hu", 0x6435c573, HEXT_INSN_HLVX, 2, false },
	{ "hlv.w", 0x6805c573, HEXT_INSN_HLV, 4, true },
	{ "hlv.wu", 0x6815c573, HEXT_INSN_HLV, 4, false },
	{ "hlvx.wu", 0x6835c573, HEXT_INSN_HLVX, 4, false },
	{ "hlv.d", 0x6c05c573, HEXT_INSN_HLV, 8, true },
	{ "hsv.b", 0x62c5c073, HEXT_INSN_HSV, 1, false },
	{ "hsv.h", 0x66c5c073, HEXT_INSN_HSV, 2, false },
	{ "hsv.w", 0x6ac5c073, HEXT_INSN_HSV, 4, false },
	{ "hsv.d", 0x6ec5c073, HEXT_INSN_HSV, 8, false },
	{ "hfence.vvma a1,a2", 0x22c58073, HEXT_INSN_HFENCE_VVMA, 0, false },
	{ "hfence.gvma a1,a2", 0x62c58073, HEXT_INSN_HFENCE_GVMA, 0, false },
	{ "hinval.vvma a1,a2", 0x26c58073, HEXT_INSN_HINVAL_VVMA, 0, false },
	{ "hinval.gvma a1,a2", 0x66c58073, HEXT_INSN_HINVAL_GVMA, 0, false },
	{ "sfence.vma a1,a2", 0x12c58073, HEXT_INSN_SFENCE_VMA, 0, false },
	{ "sinval.vma a1,a2", 0x16c58073, HEXT_INSN_SINVAL_VMA, 0, false },
	{ "cbo.clean (a1)", 0x0015a00f, HEXT_INSN_CBO, 0, false },
	{ "cbo.flush (a1)", 0x0025a00f, HEXT_INSN_CBO, 0, false },
	{ "cbo.inval (a1)", 0x0005a00f, HEXT_INSN_CBO, 0, false },
	{ "cbo.zero (a1)", 0x0045a00f, HEXT_INSN_CBO, 0, false },
};

static void other_kinds_decode(void **state)
{
	struct hext_insn insn;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		const struct other *o = &others[i];

		hext_decode(o->code, &insn);
		if (insn.kind != o->kind || insn.width != o->width || insn.rs1 != 11 ||
		    insn.sign_extend != o->sign_extend || insn.length != 4)
			fail_msg("%s", o->text);
		/* Of an atomic or a hypervisor access all fields stay but rs1. */
		if (o->width)
			assert_int_equal(hext_transform(&insn, 3),
					 (o->code & ~0x000f8000u) | 3 << 15);
		else
			assert_int_equal(hext_transform(&insn, 3), 0);
		assert_int_equal(hext_insn_is_transformed(o->code), o->width != 0);
	}
}

static void csr_instructions_decode(void **state)
{
	struct hext_insn insn;

	(void)state;
	hext_decode(0x60059573, &insn); /* csrrw a0,hstatus,a1 */
	assert_int_equal(insn.kind, HEXT_INSN_CSR);
	assert_int_equal(insn.csr, 0x600);
	assert_int_equal(insn.funct3, HEXT_CSRRW);
	assert_int_equal(insn.rd, 10);
	assert_int_equal(insn.rs1, 11);
	hext_decode(0x6002e573, &insn); /* csrrsi a0,hstatus,5 */
	assert_int_equal(insn.kind, HEXT_INSN_CSR);
	assert_int_equal(insn.funct3, HEXT_CSRRS | HEXT_CSR_IMMEDIATE);
	assert_int_equal(insn.rs1, 5);
	hext_decode(0x6805b573, &insn); /* csrrc a0,hgatp,a1 */
	assert_int_equal(insn.csr, 0x680);
	assert_int_equal(insn.funct3, HEXT_CSRRC);
}

static void sret_and_wfi_decode(void **state)
{
	struct hext_insn insn;

	(void)state;
	hext_decode(0x10200073, &insn);
	assert_int_equal(insn.kind, HEXT_INSN_SRET);
	hext_decode(0x10500073, &insn);
	assert_int_equal(insn.kind, HEXT_INSN_WFI);
	hext_decode(0x00d00073, &insn);
	assert_int_equal(insn.kind, HEXT_INSN_WRS_NTO);
}

static void the_rest_is_other(void **state)
{
	static const uint32_t codes[] = {
		0x00458513,			    /* addi */
		0x0330000f,			    /* fence */
		0x00000073,			    /* ecall */
		0x00100073,			    /* ebreak */
		0x30200073,			    /* mret */
		0x18000073,			    /* sfence.w.inval */
		0x00005537,			    /* lui */
		0x00007503,			    /* load with the reserved funct3 7 */
		0x0005c023,			    /* store with funct3 4 */
		0x02058507,			    /* vle8.v */
		0x0205f527,			    /* vse64.v */
		0x6c15c573,			    /* hlv.du, which is none */
		0x6c35c573,			    /* hlvx.du */
		0x6035c573,			    /* hlvx.bu */
		0x6025c573,			    /* hlv.b with rs2 2 */
		0x62c5c573,			    /* hsv.b with rd */
		0x705c4573,			    /* beyond hsv.d */
		0x1015a52f,			    /* lr.w with rs2 */
		0x1005952f,			    /* lr.h */
		0x3005a52f,			    /* AMO with an unused funct5 */
		0x00c5d52f,			    /* AMO with funct3 5 */
		0x22c580f3,			    /* hfence.vvma with rd */
		0x0035a00f,			    /* cbo 3 */
		0x0015a08f,			    /* cbo.clean with rd */
		0x0505,	    0x0001, 0x9002, 0xa001, /* c.addi, c.nop, c.ebreak, c.j */
		0x0000,	    0x407e,		    /* illegal; c.lwsp to x0, which is reserved */
		0x607e,				    /* c.ldsp to x0 */
		0x8df0,				    /* Zcb's c.sh with bit 6 set */
		0x9000,				    /* Zcb: unused */
	};
	struct hext_insn insn;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		hext_decode(codes[i], &insn);
		if (insn.kind != HEXT_INSN_OTHER)
			fail_msg("%#x is %d", codes[i], insn.kind);
		assert_int_equal(insn.length, (codes[i] & 3) == 3 ? 4 : 2);
		assert_int_equal(hext_transform(&insn, 0), 0);
	}
}

static void values_that_are_no_transformed_instruction(void **state)
{
	(void)state;
	assert_false(hext_insn_is_transformed(0));
	assert_false(hext_insn_is_transformed(HEXT_HTINST_PTE_READ));
	assert_false(hext_insn_is_transformed(HEXT_HTINST_PTE_WRITE));
	/* Bits 1:0 of 10 are excluded. */
	assert_false(hext_insn_is_transformed(0x00002502));
	/* Bits 63:32 must be zero. */
	assert_false(hext_insn_is_transformed(0x100002503));
	assert_true(hext_insn_is_pseudo(HEXT_HTINST_PTE_READ));
	assert_true(hext_insn_is_pseudo(HEXT_HTINST_PTE_WRITE));
	assert_false(hext_insn_is_pseudo(0));
}

/* Of every compressed instruction that is an access, the transformed form has bits 1:0 of 01. */
static void all_compressed_codes(void **state)
{
	struct hext_insn insn;
	uint32_t code;
	uint64_t htinst;

	(void)state;
	for (code = 0; code < 0x10000; code++) {
		if ((code & 3) == 3)
			continue;
		hext_decode(code, &insn);
		assert_int_equal(insn.length, 2);
		htinst = hext_transform(&insn, 0);
		if (insn.kind == HEXT_INSN_OTHER) {
			assert_int_equal(htinst, 0);
			continue;
		}
		assert_true(insn.kind == LOAD || insn.kind == STORE);
		assert_true(insn.imm >= 0 && insn.imm % insn.width == 0);
		assert_int_equal(htinst & 3, 1);
		assert_true(hext_insn_is_transformed(htinst));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_and_stores_decode),
		cmocka_unit_test(transformed_loads_and_stores),
		cmocka_unit_test(other_kinds_decode),
		cmocka_unit_test(csr_instructions_decode),
		cmocka_unit_test(sret_and_wfi_decode),
		cmocka_unit_test(the_rest_is_other),
		cmocka_unit_test(values_that_are_no_transformed_instruction),
		cmocka_unit_test(all_compressed_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
