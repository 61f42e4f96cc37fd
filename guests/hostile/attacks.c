/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks by instructions and SBI calls of L1. */
#include "hostile.h"

/* A random CSR. Machine and user CSRs are among them; CSRs that this guest needs are only read. */
static uint32_t random_csr(struct hart *h, bool *read_only)
{
	static const uint16_t kinds[] = { 0x200, 0x600, 0xa00, 0xe00 };
	/* Those of Halite's table, and some that RV64 does not have. */
	static const uint16_t real[] = {
#define HEXT_ROW(name, number, ...) number,
#include "hext/csr_table.h"
		0x6a8,
		0x614,
		0x615,
		0x61a,
	};

	*read_only = false;
	switch (below(h, 8)) {
	case 0:
		return kinds[below(h, 4)] | below(h, 256);
	case 1:
		/* This guest needs 0x0xx and 0x1xx, so any CSR is read only. */
		*read_only = true;
		return below(h, 4096);
	default:
		return real[below(h, sizeof(real) / sizeof(real[0]))];
	}
}

/* Registers of interrupt files, of L1's file and of guests' files; some do not exist. */
static void files(struct hart *h)
{
	static const uint16_t windows[][2] = {
		{ 0x150, 0x151 }, { 0x250, 0x251 }, { 0x150, 0x15c }, { 0x250, 0x25c }
	};
	const uint16_t *window = windows[below(h, 4)];
	uint32_t funct3 = 1 + below(h, 3);

	/* hstatus.VGEIN; some of the files do not exist. */
	try_insn(h, CSRRW(0x600), below(h, chance(h, 2) ? 64 : 8) << 12, 0);
	try_insn(h, CSRRW(window[0]), chance(h, 8) ? any_value(h) : 0x30 + below(h, 0xe0), 0);
	try_insn(h, (CSRRW(window[1]) & ~(7u << 12)) | funct3 << 12, any_value(h), 0);
	try_insn(h, CSRRW(0x607), any_value(h), 0);
}

void attack_csrs(struct hart *h)
{
	unsigned int i;

	if (chance(h, 4))
		files(h);
	for (i = 0; i < 8; i++) {
		bool read_only;
		uint32_t csr = random_csr(h, &read_only);
		uint32_t funct3 = read_only ? 2 : 1 + below(h, 7);
		uint32_t rs1 = read_only ? 0 : chance(h, 4) ? below(h, 2) * 11 : 10;

		if (funct3 == 4)
			funct3 = 1;
		try_insn(h,
			 0x73 | csr << 20 | rs1 << 15 | funct3 << 12 | (chance(h, 4) ? 0 : 10) << 7,
			 any_value(h), any_value(h));
	}
}

/* Instructions with funct3 0 and 4 of SYSTEM: fences, HLV, HSV, SRET, WFI, reserved ones. */
void attack_instructions(struct hart *h)
{
	static const uint8_t fences[] = { 0x11, 0x13, 0x31, 0x33, 0x09, 0x0b, 0x0c };
	static const uint32_t whole[] = {
		0x10200073, 0x10500073, 0x30200073, 0x00d00073, 0x01d00073, 0x7b200073,
		0x70200073, 0x00000073, 0x18000073, 0x18100073, 0x00000000, 0xffffffff,
	};
	uint32_t regs, i;

	for (i = 0; i < 6; i++) {
		regs = (chance(h, 3) ? 0 : 10) << 15 | (chance(h, 3) ? 0 : 11) << 20;
		switch (below(h, 4)) {
		case 0:
			try_insn(h, whole[below(h, sizeof(whole) / sizeof(whole[0]))], 0, 0);
			break;
		case 1:
			try_insn(h,
				 0x73 | below(h, 128) << 25 | regs | (chance(h, 4) ? 4 << 12 : 0),
				 store_address(h), any_value(h));
			break;
		default:
			try_insn(h, 0x73 | (uint32_t)fences[below(h, sizeof(fences))] << 25 | regs,
				 any_value(h), any_value(h));
			break;
		}
	}
}

static void plic(struct hart *h)
{
	static const uint32_t bases[] = { 0, 0x1000, 0x2000, 0x200000, 0x1f0000, 0x5ff000 };
	uint64_t addr = PLIC + bases[below(h, 6)] + below(h, chance(h, 2) ? 0x20 : 0x10000) * 4;
	uint32_t funct3 = chance(h, 8) ? below(h, 7) : 2;

	if (chance(h, 2))
		try_insn(h, INSN_LOAD(funct3), addr, 0);
	else
		try_insn(h, INSN_STORE(funct3 & 3), addr, any_value(h));
}

/* The APLIC's registers and the pages of interrupt files, on machines that have them. */
static void aia(struct hart *h)
{
	static const uint32_t bases[] = {
		0, 0x1bc0, 0x1c00, 0x1e00, 0x2000, 0x3000, 0x3000, 0x4000
	};
	uint64_t addr = APLIC + bases[below(h, 8)] + below(h, chance(h, 2) ? 0x40 : 0x1000) * 4;
	uint32_t funct3 = chance(h, 8) ? below(h, 7) : 2;

	if (chance(h, 3))
		addr = IMSIC + below(h, 64) * PAGE + (chance(h, 2) ? 0 : below(h, PAGE));
	if (chance(h, 2))
		try_insn(h, INSN_LOAD(funct3), addr, 0);
	else
		try_insn(h, INSN_STORE(funct3 & 3), addr,
			 chance(h, 2) ? below(h, 256) : any_value(h));
}

void attack_memory(struct hart *h)
{
	unsigned int i;
	uint32_t kind;

	for (i = 0; i < 6; i++) {
		switch (below(h, 8)) {
		case 0:
			try_insn(h, INSN_LOAD(below(h, 7)), load_address(h), 0);
			break;
		case 1:
			try_insn(h, INSN_STORE(below(h, 4)), store_address(h), any_value(h));
			break;
		case 2:
			plic(h);
			break;
		case 3:
			aia(h);
			break;
		case 4:
		case 5:
			kind = chance(h, 4) ? 3 : below(h, 2);
			try_insn(h, INSN_HLV(F7_HLV_B + 2 * below(h, 4), kind), load_address(h), 0);
			break;
		case 6:
			try_insn(h, INSN_HSV(F7_HSV_B + 2 * below(h, 4)), store_address(h),
				 any_value(h));
			break;
		default:
			/* amoadd.w, amoadd.d, lr.w, lr.d: rd = a0, rs1 = a0, rs2 = a1 */
			try_insn(h,
				 0x2f | (2 + below(h, 2)) << 12 | 10 << 15 | 10 << 7 |
					 (chance(h, 2) ? 2u << 27 : 11u << 20),
				 store_address(h), any_value(h));
			break;
		}
	}
}

static void sbi_rfence(struct hart *h)
{
	static const uint64_t bases[] = { 0, 0, -1, 1, 7, 4000, -2 };
	uint64_t args[6] = {
		below(h, 16), bases[below(h, 7)], any_value(h), any_value(h), any_value(h),
	};

	if (chance(h, 2))
		args[2] = below(h, 1 << 20) << 12;
	if (chance(h, 2))
		args[3] = below(h, 128) << 12;
	try_sbi(h, EXT_RFENCE, below(h, 9), args);
}

static void expect_refusal(struct hart *h, const char *what, int64_t error)
{
	if (h->cause != CAUSE_BREAKPOINT || error >= 0)
		hostile_fail("%s: error %ld, cause %ld", what, (long)error, (long)h->cause);
}

/* Buffers that are not wholly the guest's, which Halite must refuse, and others. */
static void sbi_dbcn(struct hart *h)
{
	uint64_t size = chance(h, 2) ? 16 : 1 + below(h, 0x10000);
	uint64_t addr;

	switch (below(h, 8)) {
	case 0:
		try_sbi3(h, EXT_DBCN, below(h, 6), 0, any_value(h), any_value(h));
		break;
	case 1:
		try_sbi3(h, EXT_DBCN, 1, 16, ARENA + below(h, ARENA_SIZE), 0);
		break;
	case 2:
		expect_refusal(h, "dbcn: the end of the guest's memory",
			       try_sbi3(h, EXT_DBCN, below(h, 2), size,
					hostile_home - below(h, size), 0));
		break;
	case 3:
		expect_refusal(h, "dbcn: all addresses",
			       try_sbi3(h, EXT_DBCN, below(h, 2), -size, ARENA + size, 0));
		break;
	default:
		addr = others_address(h);
		expect_refusal(h, "dbcn: not the guest's",
			       try_sbi3(h, EXT_DBCN, below(h, 2), size, addr, 0));
		break;
	}
}

static void sbi_pmu(struct hart *h)
{
	const uint64_t args[6] = { chance(h, 2) ? below(h, 40) : any_value(h),
				   chance(h, 2) ? 0xffffff : any_value(h),
				   any_value(h),
				   chance(h, 2) ? below(h, 0x20) | below(h, 3) << 16 : any_value(h),
				   any_value(h),
				   any_value(h) };

	const uint64_t info[6] = { chance(h, 2) ? ARENA + below(h, ARENA_SIZE / 16) * 16
						: any_value(h),
				   0, below(h, 64), 0 };

	switch (below(h, 16)) {
	case 0:
	case 1:
		expect_refusal(h, "pmu: snapshot in memory that is not the guest's",
			       try_sbi3(h, EXT_PMU, 7, others_address(h) & ~UINT64_C(0xfff), 0, 0));
		break;
	case 2:
		expect_refusal(h, "pmu: events in memory that is not the guest's",
			       try_sbi3(h, EXT_PMU, 8, others_address(h) & ~UINT64_C(0xf), 0, 1));
		break;
	case 3:
		try_sbi(h, EXT_PMU, 8, info);
		break;
	case 4:
		try_sbi3(h, EXT_PMU, 7, (ARENA + below(h, ARENA_SIZE)) & ~UINT64_C(0xfff), 0, 0);
		break;
	default:
		try_sbi(h, EXT_PMU, below(h, 10), args);
		break;
	}
}

/* Features that exist or not, with values and flags that are right half of the time. */
static void sbi_fwft(struct hart *h)
{
	static const uint64_t values[] = { 0, 1, 7, 16 };
	const uint64_t args[6] = { chance(h, 2) ? below(h, 8) : any_value(h),
				   chance(h, 2) ? values[below(h, 4)] : any_value(h),
				   chance(h, 8) ? any_value(h) : 0, any_value(h) };

	try_sbi(h, EXT_FWFT, below(h, 3), args);
}

static void sbi_any(struct hart *h)
{
	/* Not 8, the SHUTDOWN of SBI 0.1. */
	static const uint64_t extensions[] = {
		EXT_BASE, EXT_TIME, EXT_IPI, EXT_FWFT, 0x53555350, 0x53544100, 0x4d505859, 0, 1,
		2,	  3,	    4,	     5,	       6,	   7,	       0x43505043,
	};
	const uint64_t args[6] = { any_value(h), any_value(h), any_value(h),
				   any_value(h), any_value(h), any_value(h) };
	uint64_t extension = extensions[below(h, sizeof(extensions) / sizeof(extensions[0]))];

	if (chance(h, 4))
		extension = rnd(h) & ~UINT64_C(0xffffffff);
	if (chance(h, 16))
		expect_refusal(h, "srst: reserved type", try_sbi3(h, EXT_SRST, 0, 3, 0, 0));
	else
		try_sbi(h, extension, chance(h, 2) ? below(h, 8) : any_value(h), args);
}

void attack_sbi(struct hart *h)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		switch (below(h, 7)) {
		case 0:
		case 1:
			sbi_rfence(h);
			break;
		case 2:
			sbi_dbcn(h);
			break;
		case 3:
			sbi_pmu(h);
			break;
		case 4:
			sbi_fwft(h);
			break;
		case 5:
			try_sbi3(h, EXT_IPI, 0, below(h, 256), chance(h, 4) ? any_value(h) : 0, 0);
			break;
		default:
			sbi_any(h);
			break;
		}
	}
}

/* Start, stop, suspend. A hart that starts must begin at hostile_start(). */
void attack_harts(struct hart *h)
{
	uint64_t start = (uintptr_t)hostile_start;
	uint64_t bad = chance(h, 4) ? start + 1 : chance(h, 2) ? others_address(h) : RAM_END;

	switch (below(h, 8)) {
	case 0:
		if (!hostile_is_boss(h) && chance(h, 2))
			try_sbi3(h, EXT_HSM, 1, any_value(h), any_value(h), 0);
		break;
	case 1:
		try_sbi3(h, EXT_HSM, 3, 0, any_value(h), any_value(h));
		break;
	case 2:
		arm_timer(h, 2000);
		try_sbi3(h, EXT_HSM, 3, 0x80000000, start, any_value(h));
		break;
	case 3:
		expect_refusal(h, "hsm: suspend to a bad address",
			       try_sbi3(h, EXT_HSM, 3, 0x80000000, bad, any_value(h)));
		break;
	case 4:
		expect_refusal(h, "hsm: start at a bad address",
			       try_sbi3(h, EXT_HSM, 0, below(h, 8), bad, any_value(h)));
		break;
	case 5:
		try_sbi3(h, EXT_HSM, 2 + (chance(h, 4) ? below(h, 8) + 2 : 0), any_value(h), 1, 0);
		break;
	default:
		try_sbi3(h, EXT_HSM, 0, chance(h, 8) ? any_value(h) : below(h, 8), start,
			 any_value(h));
		break;
	}
}
