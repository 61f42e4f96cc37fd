/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * htinst of guest-page faults: 0, or the instruction without its address (priv H, "Transformed
 * Instruction or Pseudoinstruction for mtinst or htinst").
 */
#include "conformance.h"
#include "tables.h"

#define FAR UINT64_C(0x70000000) /* an address that no scene maps */

struct access {
	const char *name;
	uint32_t insn;
	bool store, compressed;
	uint32_t expanded; /* of a compressed instruction, with rs1 and offset 0 */
};

#define FP_LOAD(f3)  (0x07u | A0 << 7 | (f3) << 12 | A0 << 15)
#define FP_STORE(f3) (0x27u | (f3) << 12 | A0 << 15 | A1 << 20)
#define AMO(f5, f3)  (INSN_AMO(f5, f3))

static const struct access accesses[] = {
	{ "lb", INSN_LOAD(0), false, false, 0 },
	{ "lh", INSN_LOAD(1), false, false, 0 },
	{ "lw", INSN_LOAD(2), false, false, 0 },
	{ "ld", INSN_LOAD(3), false, false, 0 },
	{ "lbu", INSN_LOAD(4), false, false, 0 },
	{ "lhu", INSN_LOAD(5), false, false, 0 },
	{ "lwu", INSN_LOAD(6), false, false, 0 },
	{ "ld a5", (INSN_LOAD(3) & ~(31u << 7)) | 15 << 7, false, false, 0 },
	{ "ld x0", INSN_LOAD(3) & ~(31u << 7), false, false, 0 },
	{ "ld 2047(a0)", INSN_LOAD(3) | 0x7ffu << 20, false, false, 0 },
	{ "ld -2048(a0)", INSN_LOAD(3) | 0x800u << 20, false, false, 0 },
	{ "sb", INSN_STORE(0), true, false, 0 },
	{ "sh", INSN_STORE(1), true, false, 0 },
	{ "sw", INSN_STORE(2), true, false, 0 },
	{ "sd", INSN_STORE(3), true, false, 0 },
	{ "sd 31(a0)", INSN_STORE(3) | 31u << 7, true, false, 0 },
	{ "sd -1(a0)", INSN_STORE(3) | 31u << 7 | 0x7fu << 25, true, false, 0 },
	{ "sd x0", INSN_STORE(3) & ~(31u << 20), true, false, 0 },
	{ "flw", FP_LOAD(2), false, false, 0 },
	{ "fld", FP_LOAD(3), false, false, 0 },
	{ "fsw", FP_STORE(2), true, false, 0 },
	{ "fsd", FP_STORE(3), true, false, 0 },
	{ "lr.w", INSN_LR_D & ~0x1000u, false, false, 0 },
	{ "lr.d", INSN_LR_D, false, false, 0 },
	{ "lr.d.aqrl", INSN_LR_D | 3u << 25, false, false, 0 },
	{ "amoswap.w", AMO(1, 2), true, false, 0 },
	{ "amoadd.d", AMO(0, 3), true, false, 0 },
	{ "amoxor.d.aq", AMO(4, 3) | 1u << 26, true, false, 0 },
	{ "amoand.w.rl", AMO(12, 2) | 1u << 25, true, false, 0 },
	{ "amomaxu.d", AMO(28, 3), true, false, 0 },
	{ "c.lw", 0x410c, false, true, 0x00002583 },
	{ "c.ld", 0x610c, false, true, 0x00003583 },
	{ "c.ld 8", 0x650c, false, true, 0x00003583 },
	{ "c.fld", 0x210c, false, true, 0x00003587 },
	{ "c.sw", 0xc10c, true, true, 0x00b02023 },
	{ "c.sd", 0xe10c, true, true, 0x00b03023 },
	{ "c.sd 16", 0xe90c, true, true, 0x00b03023 },
	{ "c.fsd", 0xa10c, true, true, 0x00b03027 },
	{ "c.lwsp", 0x4582, false, true, 0x00002583 },
	{ "c.ldsp", 0x6582, false, true, 0x00003583 },
	{ "c.swsp", 0xc02e, true, true, 0x00b02023 },
	{ "c.sdsp", 0xe02e, true, true, 0x00b03023 },
	{ "cbo.zero", INSN_CBO(4), true, false, 0 },
	{ "cbo.clean", INSN_CBO(1), true, false, 0 },
};

static uint64_t transformed(const struct access *a)
{
	uint32_t op = a->insn & 0x7f;

	if (a->compressed)
		return a->expanded & ~2u;
	switch (op) {
	case 0x03:
	case 0x07:
		return a->insn & 0x00007fff;
	case 0x23:
	case 0x27:
		return a->insn & 0x01f0707f;
	case 0x2f:
		return a->insn & ~(31u << 15);
	default:
		return 0;
	}
}

static void check_one(const struct access *a, enum mode mode, bool g)
{
	const uint32_t pair = a->compressed ? a->insn | 0x0001u << 16 : a->insn; /* then c.nop */
	struct scene s;
	uint64_t cause;

	scene_make(&s, M39, M39, mode);
	/* The page and its neighbours are not mapped. */
	if (g)
		map(&s.vs, FAR, FAR, 0, PTE_RWX | (mode == VU ? PTE_U : 0));
	scene_use(&s);
	h_write(CSR_VSSTATUS, SSTATUS_FS);
	csr_set(sstatus, SSTATUS_FS);
	h_write(CSR_HENVCFG, 0xf0);
	csr_write(senvcfg, 0xf0);
	put_code(pair);
	me->x[2] = FAR + 0x800;
	me->x[A0] = FAR + 0x800;
	me->x[A1] = 0;
	run(mode, CODE_VA, 0);
	cause = g ? (a->store ? CAUSE_STORE_GUEST_PAGE : CAUSE_LOAD_GUEST_PAGE)
		  : (a->store ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE);
	check_short(TO_HS, cause, "htinst %s in %s, %s", a->name, mode_names[mode],
		    g ? "guest page" : "page");
	check(!me->htinst || (me->htinst & ~(31u << 15)) == (transformed(a) & ~(31u << 15)),
	      "htinst %s in %s, %s, fits = %s", a->name, mode_names[mode],
	      g ? "guest page" : "page", me->htinst ? "transformed" : "0");
}

void check_transformed(void)
{
	unsigned int i, mode;

	area_begin("htinst: the transformed instruction of page faults and guest-page faults");
	for (i = 0; i < ARRAY_SIZE(accesses); i++) {
		for (mode = VS; mode <= VU; mode++) {
			check_one(&accesses[i], mode, true);
			check_one(&accesses[i], mode, false);
		}
	}
	calm();
}
