/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding of instructions that trapped, and their transformed form for htinst (priv H "Transformed
 * Instruction or Pseudoinstruction for mtinst or htinst").
 *
 * Invariant: decoding is total. Every 32-bit value gives a filled struct hext_insn; an instruction
 * that is not known here has kind HEXT_INSN_OTHER.
 */
#ifndef HEXT_INSN_H
#define HEXT_INSN_H

#include <stdbool.h>
#include <stdint.h>

/* htinst of a guest-page fault on a VS-level page table: a 64-bit read, or a write of A and D. */
#define HEXT_HTINST_PTE_READ  0x3000
#define HEXT_HTINST_PTE_WRITE 0x3020

#define HEXT_CODE_SRET 0x10200073

/* Fields of an instruction of 32 bits; @code may be wider, with its upper bits 0. */
#define HEXT_INSN_RD(code)     ((code) >> 7 & 31)
#define HEXT_INSN_FUNCT3(code) ((code) >> 12 & 7)
#define HEXT_INSN_RS1(code)    ((code) >> 15 & 31)
#define HEXT_INSN_RS2(code)    ((code) >> 20 & 31)
#define HEXT_INSN_CSR(code)    ((code) >> 20)

#define HEXT_CBO_ZERO 4

enum hext_insn_kind {
	HEXT_INSN_OTHER,
	HEXT_INSN_LOAD, /* to an integer register or, with fp set, a floating-point register */
	HEXT_INSN_STORE,
	HEXT_INSN_LR,
	HEXT_INSN_SC,
	HEXT_INSN_AMO,
	HEXT_INSN_CBO, /* imm 0 cbo.inval, 1 cbo.clean, 2 cbo.flush, HEXT_CBO_ZERO cbo.zero */
	HEXT_INSN_HLV,
	HEXT_INSN_HLVX,
	HEXT_INSN_HSV,
	HEXT_INSN_CSR, /* uses funct3 and csr; rs1 is the immediate of csrr*i */
	HEXT_INSN_SRET,
	HEXT_INSN_WFI,
	HEXT_INSN_WRS_NTO,
	HEXT_INSN_SFENCE_VMA,
	HEXT_INSN_SINVAL_VMA,
	HEXT_INSN_HFENCE_VVMA,
	HEXT_INSN_HFENCE_GVMA,
	HEXT_INSN_HINVAL_VVMA,
	HEXT_INSN_HINVAL_GVMA,
};

/* funct3 of HEXT_INSN_CSR. With HEXT_CSR_IMMEDIATE set, rs1 is an immediate. */
enum hext_csr_op {
	HEXT_CSRRW = 1,
	HEXT_CSRRS = 2,
	HEXT_CSRRC = 3,
	HEXT_CSR_IMMEDIATE = 4,
};

struct hext_insn {
	enum hext_insn_kind kind;
	uint32_t code;	/* the instruction; a compressed one is expanded to 32 bits */
	uint8_t length; /* length in bytes: 2 or 4 */
	uint8_t rd, rs1, rs2;
	uint8_t funct3;
	uint16_t csr;
	int32_t imm;	  /* offset of a load or store */
	uint8_t width;	  /* bytes of a memory access: 1, 2, 4, 8, 16 */
	bool sign_extend; /* a load into an integer register extends the sign */
	bool fp;	  /* rd or rs2 is a floating-point register */
};

/* Decode @code. The upper half of @code is ignored if the instruction is compressed. */
void hext_decode(uint32_t code, struct hext_insn *insn);

/*
 * The transformed form of @insn; 0 if it has none. @offset, 0 to 15, is the faulting address minus
 * the address that the instruction states. It is 0 unless the access is misaligned.
 */
uint64_t hext_transform(const struct hext_insn *insn, unsigned int offset);

/* Whether @htinst holds a transformed standard instruction. */
bool hext_insn_is_transformed(uint64_t htinst);

/* Whether @htinst is a pseudoinstruction: VS-stage address translation made the access. */
static inline bool hext_insn_is_pseudo(uint64_t htinst)
{
	return htinst == HEXT_HTINST_PTE_READ || htinst == HEXT_HTINST_PTE_WRITE;
}

/*
 * Whether @insn makes the kind of memory access that @cause is for. @cause is an exception of a
 * load, or of a store or AMO (priv, table of exception codes). LR is a load; SC and cache-block
 * instructions are stores. False for any other @cause.
 */
bool hext_insn_makes(const struct hext_insn *insn, uint64_t cause);

/* The lowest bytes of @value, which @insn has loaded: what goes to its integer register. */
static inline uint64_t hext_insn_extend(const struct hext_insn *insn, uint64_t value)
{
	unsigned int shift = 64 - 8 * insn->width;

	value <<= shift;
	return insn->sign_extend ? (uint64_t)((int64_t)value >> shift) : value >> shift;
}

/* The address that @insn, a memory access, states. @x: the integer registers. */
static inline uint64_t hext_insn_address(const struct hext_insn *insn, const uint64_t x[32])
{
	return x[insn->rs1] + (uint64_t)(int64_t)(insn->kind == HEXT_INSN_CBO ? 0 : insn->imm);
}

/*
 * Decode @htinst, for which hext_insn_is_transformed() holds. The result is that of hext_decode()
 * for the instruction, but imm is 0 and rs1 is the address offset.
 */
void hext_decode_transformed(uint64_t htinst, struct hext_insn *insn);

/* Whether @code is SYSTEM with a funct3 that names an operation on a CSR (Zicsr). */
static inline bool hext_insn_is_csr(uint32_t code)
{
	return (code & 0x7f) == 0x73 && (HEXT_INSN_FUNCT3(code) & 3);
}

/*
 * The integer registers that @code can read or write, bit n for xn. All of them for 0, which stands
 * for an instruction that is not known.
 */
static inline uint32_t hext_insn_registers(uint32_t code)
{
	uint32_t registers = UINT32_C(1) << HEXT_INSN_RD(code) | UINT32_C(1) << HEXT_INSN_RS1(code);

	if (!code)
		return ~UINT32_C(0);
	return hext_insn_is_csr(code) ? registers : registers | UINT32_C(1) << HEXT_INSN_RS2(code);
}

#endif
