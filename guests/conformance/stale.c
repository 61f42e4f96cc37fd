/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * htinst must not be that of an earlier trap. priv H, "Transformed Instruction or Pseudoinstruction
 * for mtinst or htinst": each trap into HS mode writes htinst: an illegal instruction 0, a
 * misaligned access 0 or the transformed instruction.
 */
#include "conformance.h"
#include "tables.h"

#define INSN_AMOSWAP_D INSN_AMO(1, 3)
#define NOWHERE	       UINT64_C(0x70000000) /* an address that no scene maps */

static const struct {
	const char *name;
	uint32_t insn;
	uint64_t offset; /* of a0 in the data */
	uint64_t cause;
	uint32_t transformed;
} traps[] = {
	{ "illegal instruction", 0, 0, CAUSE_ILLEGAL, 0 },
	{ "csrr of a CSR that there is not", INSN_CSRR(0x5c0), 0, CAUSE_ILLEGAL, 0 },
	{ "virtual instruction", INSN_CSRR(CSR_HGATP), 0, CAUSE_VIRTUAL, 0 },
	/* If the machine permits a misaligned access, there is no trap to check. */
	{ "misaligned amoswap.d", INSN_AMOSWAP_D, 12, CAUSE_STORE_MISALIGNED,
	  INSN_AMOSWAP_D & ~(31u << 15) },
	{ "misaligned lr.d", INSN_LR_D, 12, CAUSE_LOAD_MISALIGNED, INSN_LR_D & ~(31u << 15) },
};

/* The event before: only L2's first accesses, or a trap of L2 that sets htinst. */
enum earlier { FIRST, TABLE, LOAD, STORE, EARLIERS };
static const char *const earlier_names[] = { "first", "after a fault on a table",
					     "after a load's fault", "after a store's fault" };

static void go_before(struct scene *s, enum earlier e)
{
	switch (e) {
	case TABLE:
		/* This sets htinst to a pseudoinstruction. */
		*pte_of(&s->vs, DATA_VA, 1) = PPN(NOWHERE) | PTE_V;
		scene_use(s);
		scene_try(s, INSN_LD, DATA_VA, 0);
		break;
	case LOAD:
	case STORE:
		*pte_of(&s->g, DATA_GPA + PAGE, 0) = 0;
		scene_use(s);
		scene_try(s, e == LOAD ? INSN_LD : INSN_SD, DATA_VA + PAGE, 0);
		break;
	default:
		break;
	}
}

static void check_one(unsigned int n, enum mode mode, enum earlier e)
{
	struct scene s;

	scene_make(&s, M39, M39, mode);
	go_before(&s, e);
	scene_make(&s, M39, M39, mode);
	scene_use(&s);
	scene_try(&s, traps[n].insn, DATA_VA + traps[n].offset, 0);
	if (traps[n].transformed && ended().to == DONE)
		me->htinst = 0;
	else if (me->cause != traps[n].cause)
		bail("%s: cause %lu", traps[n].name, (unsigned long)me->cause);
	check(!me->htinst || me->htinst == traps[n].transformed, "stale %s in %s, %s: htinst %s",
	      traps[n].name, mode_names[mode], earlier_names[e],
	      !me->htinst			   ? "0"
	      : me->htinst == traps[n].transformed ? "of this instruction"
						   : "of another trap");
}

void check_stale_htinst(void)
{
	unsigned int n, mode, e;

	area_begin("stale: htinst of a trap after one of another kind");
	for (n = 0; n < ARRAY_SIZE(traps); n++) {
		for (mode = VS; mode <= VU; mode++) {
			for (e = FIRST; e < EARLIERS; e++)
				check_one(n, mode, e);
		}
	}
	tables_reset();
	calm();
}
