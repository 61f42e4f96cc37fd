/* SPDX-License-Identifier: BSD-2-Clause */
/* No register of any mode is lost, through every kind of exit. */
#include <string.h>

#include "conformance.h"
#include "tables.h"

#define SBI_BASE	       0x10
#define SBI_BASE_GET_MVENDORID 4
#define SBI_TIME	       0x54494d45
#define A6		       16
#define A7		       17

/* Differs from run to run, so that a value that is left from an earlier run is seen. */
static uint64_t pattern(unsigned int run_number, unsigned int reg)
{
	return (32 * run_number + reg) * UINT64_C(0x0123456789abcdef) + 1;
}

/* Returns the registers that have changed (bit n: xn), except those in @may. */
static uint32_t run_with_pattern(enum mode mode, uint32_t insn, const uint64_t *args, uint32_t set,
				 uint32_t may)
{
	static unsigned int runs;
	uint32_t changed = 0;
	uint64_t x[32];
	unsigned int i;

	runs++;
	put_code(insn);
	for (i = 1; i < 32; i++)
		x[i] = set >> i & 1 ? args[i] : pattern(runs, i);
	memcpy(me->x + 1, x + 1, 31 * sizeof(x[0]));
	run(mode, (uintptr_t)code_page(), HSTATUS_HU);
	for (i = 1; i < 32; i++) {
		if (me->x[i] != x[i] && !(may >> i & 1))
			changed |= 1u << i;
	}
	return changed;
}

void check_all_registers(void)
{
	static const struct {
		const char *name;
		uint32_t insn;
		uint32_t may; /* results of the instruction */
	} insns[] = {
		{ "nop", INSN_NOP, 0 },
		{ "ebreak", INSN_EBREAK, 0 },
		{ "csrr hgatp", INSN_CSRR(CSR_HGATP), BIT64(A0) },
		{ "csrr vsscratch", INSN_CSRR(CSR_VSSCRATCH), BIT64(A0) },
		{ "csrw hvip", INSN_CSRW(CSR_HVIP), 0 },
		{ "csrr with another register", (INSN_CSRR(CSR_HTVAL) & ~(31u << 7)) | 27u << 7,
		  BIT64(27) },
		{ "hlv.d", INSN_HLV_D, BIT64(A0) },
		{ "hsv.d", INSN_HSV_D, 0 },
		{ "ld", INSN_LD, BIT64(A0) },
		{ "sd", INSN_SD, 0 },
		{ "hfence.gvma", INSN_FENCE(F7_HFENCE_GVMA, 0, 0), 0 },
		{ "hfence.vvma", INSN_FENCE(F7_HFENCE_VVMA, A0, A1), 0 },
	};
	static const uint8_t guests[] = { VS, VU };
	uint64_t args[32] = { 0 };
	unsigned int i, mode;
	uint32_t changed;

	area_begin("regs: registers through exits");
	tables_reset();
	args[A0] = (uintptr_t)data_pages;
	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		for (mode = HS; mode < MODES; mode++) {
			changed = run_with_pattern(mode, insns[i].insn, args, BIT64(A0),
						   insns[i].may);
			check(!changed, "regs %s in %s = 0x%x changed", insns[i].name,
			      mode_names[mode], changed);
			h_write(CSR_HVIP, 0);
		}
	}
	/* SBI calls of HS mode: a simple one, and one that sets the timer far ahead. */
	args[A0] = ~UINT64_C(0);
	args[A7] = SBI_BASE;
	args[A6] = SBI_BASE_GET_MVENDORID;
	changed = run_with_pattern(HS, INSN_ECALL, args, BIT64(A0) | BIT64(A6) | BIT64(A7),
				   BIT64(A0) | BIT64(A1));
	check(!changed, "regs SBI call of the base extension = 0x%x changed", changed);
	args[A7] = SBI_TIME;
	args[A6] = 0;
	changed = run_with_pattern(HS, INSN_ECALL, args, BIT64(A0) | BIT64(A6) | BIT64(A7),
				   BIT64(A0) | BIT64(A1));
	check(!changed, "regs SBI call of the timer extension = 0x%x changed", changed);
	/* An interrupt that HS mode takes from L2. */
	for (i = 0; i < ARRAY_SIZE(guests); i++) {
		h_write(CSR_HVIP, BIT64(2));
		h_write(CSR_HIE, BIT64(2));
		changed = run_with_pattern(guests[i], INSN_NOP, args, 0, 0);
		check(!changed, "regs interrupt in %s = 0x%x changed", mode_names[guests[i]],
		      changed);
		h_write(CSR_HVIP, 0);
		h_write(CSR_HIE, 0);
	}
	tables_reset();
	calm();
}
