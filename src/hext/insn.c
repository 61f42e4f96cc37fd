/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/insn.h"
#include "lib/assert.h"

/* Major opcodes: bits 6:0 */
#define OP_LOAD	    0x03
#define OP_LOAD_FP  0x07
#define OP_MISC_MEM 0x0f
#define OP_STORE    0x23
#define OP_STORE_FP 0x27
#define OP_AMO	    0x2f
#define OP_SYSTEM   0x73

/* SYSTEM instructions without operands */
#define CODE_WFI     0x10500073
#define CODE_WRS_NTO 0x00d00073

/* funct7 of SYSTEM, funct3 0 */
#define F7_SFENCE_VMA  0x09
#define F7_SINVAL_VMA  0x0b
#define F7_HFENCE_VVMA 0x11
#define F7_HINVAL_VVMA 0x13
#define F7_HFENCE_GVMA 0x31
#define F7_HINVAL_GVMA 0x33

/* funct3 of SYSTEM for HLV, HLVX and HSV; their funct7 is F7_HLV + 2 * log2(width), + 1 for HSV */
#define F3_HLSV 4
#define F7_HLV	0x30
/* rs2 of HLV and HLVX: which kind of load */
#define HLV_SIGNED   0
#define HLV_UNSIGNED 1
#define HLV_EXEC     3

#define F3_CBO 2

/* funct5 of the opcode AMO; F5_AMOS has a bit for each AMO */
#define F5_LR 0x02
#define F5_SC 0x03
/* add, swap, xor, or, and, min, max, minu, maxu; cas of Zacas */
#define F5_AMOS                                                                              \
	(BIT64(0x00) | BIT64(0x01) | BIT64(0x04) | BIT64(0x08) | BIT64(0x0c) | BIT64(0x10) | \
	 BIT64(0x14) | BIT64(0x18) | BIT64(0x1c) | BIT64(0x05))

#define RS1_SHIFT 15
#define RS1_MASK  (0x1fu << RS1_SHIFT)

/* The fields that the transformed form keeps: without the immediate and rs1. */
#define LOAD_KEPT  0x00007fffu /* funct3, rd, opcode */
#define STORE_KEPT 0x01f0707fu /* rs2, funct3, opcode */

static uint32_t bits(uint32_t code, unsigned int hi, unsigned int lo)
{
	return (code >> lo) & ((2u << (hi - lo)) - 1);
}

static uint32_t load_code(uint32_t op, uint32_t funct3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
	return imm << 20 | rs1 << RS1_SHIFT | funct3 << 12 | rd << 7 | op;
}

static uint32_t store_code(uint32_t op, uint32_t funct3, uint32_t rs2, uint32_t rs1, uint32_t imm)
{
	return (imm >> 5) << 25 | rs2 << 20 | rs1 << RS1_SHIFT | funct3 << 12 | (imm & 0x1f) << 7 |
	       op;
}

/* Quadrant 0, funct3 4: the byte and halfword accesses of Zcb. */
static uint32_t expand_zcb(uint32_t c, uint32_t rs1, uint32_t r2)
{
	uint32_t half = bits(c, 5, 5) << 1;

	switch (bits(c, 12, 10)) {
	case 0:
		return load_code(OP_LOAD, 4, r2, rs1, half | bits(c, 6, 6));
	case 1:
		return load_code(OP_LOAD, bits(c, 6, 6) ? 1 : 5, r2, rs1, half);
	case 2:
		return store_code(OP_STORE, 0, r2, rs1, half | bits(c, 6, 6));
	case 3:
		return bits(c, 6, 6) ? 0 : store_code(OP_STORE, 1, r2, rs1, half);
	default:
		return 0;
	}
}

/* Quadrant 0: the base register is one of x8 to x15. */
static uint32_t expand_register_based(uint32_t c)
{
	uint32_t rs1 = 8 + bits(c, 9, 7);
	uint32_t r2 = 8 + bits(c, 4, 2);
	uint32_t imm4 = bits(c, 5, 5) << 6 | bits(c, 12, 10) << 3 | bits(c, 6, 6) << 2;
	uint32_t imm8 = bits(c, 6, 5) << 6 | bits(c, 12, 10) << 3;

	switch (bits(c, 15, 13)) {
	case 1:
		return load_code(OP_LOAD_FP, 3, r2, rs1, imm8);
	case 2:
		return load_code(OP_LOAD, 2, r2, rs1, imm4);
	case 3:
		return load_code(OP_LOAD, 3, r2, rs1, imm8);
	case 4:
		return expand_zcb(c, rs1, r2);
	case 5:
		return store_code(OP_STORE_FP, 3, r2, rs1, imm8);
	case 6:
		return store_code(OP_STORE, 2, r2, rs1, imm4);
	case 7:
		return store_code(OP_STORE, 3, r2, rs1, imm8);
	default:
		return 0;
	}
}

/* Quadrant 2: the base register is the stack pointer. */
static uint32_t expand_stack_based(uint32_t c)
{
	const uint32_t sp = 2;
	uint32_t rd = bits(c, 11, 7);
	uint32_t rs2 = bits(c, 6, 2);
	uint32_t load4 = bits(c, 3, 2) << 6 | bits(c, 12, 12) << 5 | bits(c, 6, 4) << 2;
	uint32_t load8 = bits(c, 4, 2) << 6 | bits(c, 12, 12) << 5 | bits(c, 6, 5) << 3;
	uint32_t store4 = bits(c, 8, 7) << 6 | bits(c, 12, 9) << 2;
	uint32_t store8 = bits(c, 9, 7) << 6 | bits(c, 12, 10) << 3;

	switch (bits(c, 15, 13)) {
	case 1:
		return load_code(OP_LOAD_FP, 3, rd, sp, load8);
	case 2:
		return rd ? load_code(OP_LOAD, 2, rd, sp, load4) : 0;
	case 3:
		return rd ? load_code(OP_LOAD, 3, rd, sp, load8) : 0;
	case 5:
		return store_code(OP_STORE_FP, 3, rs2, sp, store8);
	case 6:
		return store_code(OP_STORE, 2, rs2, sp, store4);
	case 7:
		return store_code(OP_STORE, 3, rs2, sp, store8);
	default:
		return 0;
	}
}

/* The 32-bit form of a compressed load or store; 0, which is no instruction, for any other. */
static uint32_t expand(uint32_t c)
{
	switch (c & 3) {
	case 0:
		return expand_register_based(c);
	case 2:
		return expand_stack_based(c);
	default:
		return 0;
	}
}

static int32_t load_offset(uint32_t code)
{
	return (int32_t)code >> 20;
}

static int32_t store_offset(uint32_t code)
{
	return (int32_t)(code & 0xfe000000) >> 20 | (int32_t)bits(code, 11, 7);
}

static void decode_load(struct hext_insn *insn)
{
	/* funct3 0 to 3: lb, lh, lw, ld; 4 to 6: lbu, lhu, lwu */
	if (insn->funct3 == 7)
		return;
	insn->kind = HEXT_INSN_LOAD;
	insn->width = 1 << (insn->funct3 & 3);
	insn->sign_extend = insn->funct3 < 4;
	insn->imm = load_offset(insn->code);
}

static void decode_store(struct hext_insn *insn)
{
	if (insn->funct3 > 3)
		return;
	insn->kind = HEXT_INSN_STORE;
	insn->width = 1 << insn->funct3;
	insn->imm = store_offset(insn->code);
}

/*
 * flh, flw, fld, flq and their stores. The other instructions with these opcodes belong to the
 * vector extension.
 */
static void decode_fp(struct hext_insn *insn, bool load)
{
	if (insn->funct3 < 1 || insn->funct3 > 4)
		return;
	insn->kind = load ? HEXT_INSN_LOAD : HEXT_INSN_STORE;
	insn->fp = true;
	insn->width = 1 << insn->funct3;
	insn->imm = load ? load_offset(insn->code) : store_offset(insn->code);
}

static void decode_amo(struct hext_insn *insn)
{
	uint32_t funct5 = bits(insn->code, 31, 27);

	/* Zabha adds bytes and halfwords, Zacas 16 bytes. LR and SC have words and doublewords. */
	if (insn->funct3 > 4)
		return;
	if (funct5 == F5_LR || funct5 == F5_SC) {
		if ((insn->funct3 & ~1u) != 2 || (funct5 == F5_LR && insn->rs2))
			return;
		insn->kind = funct5 == F5_LR ? HEXT_INSN_LR : HEXT_INSN_SC;
	} else if (F5_AMOS & BIT64(funct5)) {
		insn->kind = HEXT_INSN_AMO;
	} else {
		return;
	}
	insn->width = 1 << insn->funct3;
	insn->sign_extend = true;
}

static void decode_cbo(struct hext_insn *insn)
{
	uint32_t operation = bits(insn->code, 31, 20);

	if (insn->funct3 != F3_CBO || insn->rd || operation > HEXT_CBO_ZERO || operation == 3)
		return;
	insn->kind = HEXT_INSN_CBO;
	insn->imm = operation;
}

static void decode_privileged(struct hext_insn *insn)
{
	static const uint8_t fences[] = {
		[F7_SFENCE_VMA] = HEXT_INSN_SFENCE_VMA,	  [F7_SINVAL_VMA] = HEXT_INSN_SINVAL_VMA,
		[F7_HFENCE_VVMA] = HEXT_INSN_HFENCE_VVMA, [F7_HINVAL_VVMA] = HEXT_INSN_HINVAL_VVMA,
		[F7_HFENCE_GVMA] = HEXT_INSN_HFENCE_GVMA, [F7_HINVAL_GVMA] = HEXT_INSN_HINVAL_GVMA,
	};
	uint32_t funct7 = bits(insn->code, 31, 25);

	if (insn->code == HEXT_CODE_SRET)
		insn->kind = HEXT_INSN_SRET;
	else if (insn->code == CODE_WFI)
		insn->kind = HEXT_INSN_WFI;
	else if (insn->code == CODE_WRS_NTO)
		insn->kind = HEXT_INSN_WRS_NTO;
	else if (!insn->rd && funct7 < sizeof(fences))
		insn->kind = fences[funct7];
}

static void decode_hlsv(struct hext_insn *insn)
{
	uint32_t funct7 = bits(insn->code, 31, 25);
	unsigned int log2_width = (funct7 - F7_HLV) / 2;

	if (funct7 < F7_HLV || log2_width > 3)
		return;
	if (funct7 & 1) {
		if (!insn->rd)
			insn->kind = HEXT_INSN_HSV;
	} else if (insn->rs2 == HLV_SIGNED || (insn->rs2 == HLV_UNSIGNED && log2_width < 3)) {
		insn->kind = HEXT_INSN_HLV;
		insn->sign_extend = insn->rs2 == HLV_SIGNED;
	} else if (insn->rs2 == HLV_EXEC && (log2_width == 1 || log2_width == 2)) {
		insn->kind = HEXT_INSN_HLVX;
	}
	if (insn->kind != HEXT_INSN_OTHER)
		insn->width = 1 << log2_width;
}

static void decode_system(struct hext_insn *insn)
{
	if (insn->funct3 == 0) {
		decode_privileged(insn);
	} else if (insn->funct3 == F3_HLSV) {
		decode_hlsv(insn);
	} else {
		insn->kind = HEXT_INSN_CSR;
		insn->csr = bits(insn->code, 31, 20);
	}
}

void hext_decode(uint32_t code, struct hext_insn *insn)
{
	bool compressed = (code & 3) != 3;

	if (compressed)
		code = expand(code & 0xffff);
	*insn = (struct hext_insn){
		.code = code,
		.length = compressed ? 2 : 4,
		.rd = bits(code, 11, 7),
		.rs1 = bits(code, 19, 15),
		.rs2 = bits(code, 24, 20),
		.funct3 = bits(code, 14, 12),
	};
	switch (code & 0x7f) {
	case OP_LOAD:
		decode_load(insn);
		break;
	case OP_STORE:
		decode_store(insn);
		break;
	case OP_LOAD_FP:
	case OP_STORE_FP:
		decode_fp(insn, (code & 0x7f) == OP_LOAD_FP);
		break;
	case OP_AMO:
		decode_amo(insn);
		break;
	case OP_MISC_MEM:
		decode_cbo(insn);
		break;
	case OP_SYSTEM:
		decode_system(insn);
		break;
	default:
		break;
	}
}

uint64_t hext_transform(const struct hext_insn *insn, unsigned int offset)
{
	uint32_t code;

	assert(offset < 16);
	switch (insn->kind) {
	case HEXT_INSN_LOAD:
		code = insn->code & LOAD_KEPT;
		break;
	case HEXT_INSN_STORE:
		code = insn->code & STORE_KEPT;
		break;
	case HEXT_INSN_LR:
	case HEXT_INSN_SC:
	case HEXT_INSN_AMO:
	case HEXT_INSN_HLV:
	case HEXT_INSN_HLVX:
	case HEXT_INSN_HSV:
		code = insn->code & ~RS1_MASK;
		break;
	default:
		return 0;
	}
	code |= (offset << RS1_SHIFT) & RS1_MASK;
	/* Bit 1 is 0 if the instruction was compressed (priv H "Transformed Instruction"). */
	return insn->length == 2 ? code & ~2u : code;
}

static bool is_load(enum hext_insn_kind kind)
{
	return kind == HEXT_INSN_LOAD || kind == HEXT_INSN_LR || kind == HEXT_INSN_HLV ||
	       kind == HEXT_INSN_HLVX;
}

static bool is_store(enum hext_insn_kind kind)
{
	return kind == HEXT_INSN_STORE || kind == HEXT_INSN_SC || kind == HEXT_INSN_AMO ||
	       kind == HEXT_INSN_CBO || kind == HEXT_INSN_HSV;
}

bool hext_insn_makes(const struct hext_insn *insn, uint64_t cause)
{
	switch (cause) {
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_LOAD_ACCESS:
	case CAUSE_LOAD_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
		return is_load(insn->kind);
	case CAUSE_STORE_MISALIGNED:
	case CAUSE_STORE_ACCESS:
	case CAUSE_STORE_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return is_store(insn->kind);
	default:
		return false;
	}
}

bool hext_insn_is_transformed(uint64_t htinst)
{
	struct hext_insn insn;

	/* A later standard may use bits 63:32; a value with one of them set is unknown here. */
	if (!(htinst & 1) || htinst >> 32)
		return false;
	hext_decode(htinst | 2, &insn);
	return hext_transform(&insn, 0) != 0;
}

void hext_decode_transformed(uint64_t htinst, struct hext_insn *insn)
{
	assert(hext_insn_is_transformed(htinst));
	hext_decode(htinst | 2, insn);
	insn->length = htinst & 2 ? 4 : 2;
	insn->imm = 0;
}
