/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exact attempts: what is not the guest's cannot be reached. Attempts on what is the guest's must
 * succeed, which shows that the attempts are valid.
 */
#include "hostile.h"

#define GPA	 UINT64_C(0x100000000)	    /* the tables map the target here, plus lower bits */
#define LONG	 200000			    /* ticks, so that no timer fires during a probe */
#define WITNESS	 UINT64_C(0x5749544e455353) /* value in the guest's memory */
#define ECALL_VS 10

#define CAUSE_FETCH 1
#define CAUSE_LOAD  5
#define CAUSE_STORE 7

static volatile uint64_t witness[HOSTILE_HARTS][512] __attribute__((aligned(4096)));

struct attempt {
	const char *name;
	uint32_t insn;	    /* instruction in L1, or 0 */
	void (*code)(void); /* code in L2 */
	uint64_t cause;	    /* if refused */
	bool loads;	    /* its result is the value */
};

static const struct attempt attempts[] = {
	{ "hlv.d", INSN_HLV(0x36, 0), 0, CAUSE_LOAD, true },
	{ "hlv.wu", INSN_HLV(0x34, 1), 0, CAUSE_LOAD, false },
	{ "hlv.b", INSN_HLV(0x30, 0), 0, CAUSE_LOAD, false },
	{ "hlvx.hu", INSN_HLV(0x32, 3), 0, CAUSE_LOAD, false },
	{ "hlvx.wu", INSN_HLV(0x34, 3), 0, CAUSE_LOAD, false },
	{ "hsv.d", INSN_HSV(0x37), 0, CAUSE_STORE, false },
	{ "hsv.h", INSN_HSV(0x33), 0, CAUSE_STORE, false },
	{ "L2's load", 0, l2_load, CAUSE_LOAD, true },
	{ "L2's store", 0, l2_store, CAUSE_STORE, false },
	{ "L2's amo", 0, l2_amo, CAUSE_STORE, true },
	{ "L2's lr", 0, l2_lr, CAUSE_LOAD, true },
	{ "L2's fetch", 0, l2_jump, CAUSE_FETCH, false },
};

/*
 * Does the attempt at @addr. Returns the cause of the trap that ended it, with its result in
 * h->a0.
 */
static uint64_t go(struct hart *h, const struct attempt *attempt, uint64_t addr)
{
	uint64_t x[32] = { [10] = addr, [11] = WITNESS };

	arm_timer(h, LONG);
	if (attempt->insn) {
		csr_write(0x600, HSTATUS_SPVP);
		return try_insn(h, attempt->insn, addr, WITNESS);
	}
	csr_write(0x600, HSTATUS_SPVP | HSTATUS_SPV);
	__asm__ volatile("csrs sstatus, %0" : : "r"(SSTATUS_SPP));
	hostile_run(h, RUN_SRET, (uintptr_t)attempt->code, x);
	return h->cause;
}

static void judge(struct hart *h, const struct attempt *attempt, const char *where, uint64_t target,
		  uint64_t addr, bool refused)
{
	uint64_t cause = go(h, attempt, addr);
	/* The target is not code: an illegal instruction shows that the fetch has succeeded. */
	bool worked = cause == CAUSE_BREAKPOINT || (attempt->code == l2_jump && cause == 2);

	h->probes++;
	if (IS_INTERRUPT(cause))
		h->unclear++;
	else if (refused ? cause != attempt->cause : !worked)
		hostile_fail("%s of 0x%lx (%s): cause %ld at 0x%lx, tval 0x%lx", attempt->name,
			     (unsigned long)target, where, (long)cause, (unsigned long)h->pc,
			     (unsigned long)h->tval);
	else if (!refused && attempt->loads && h->a0 != WITNESS)
		hostile_fail("%s of 0x%lx (%s): 0x%lx", attempt->name, (unsigned long)target, where,
			     (unsigned long)h->a0);
}

static void gvma(struct hart *h)
{
	try_insn(h, INSN_FENCE(0x31) & ~(0x3ffu << 15), 0, 0);
	try_insn(h, INSN_FENCE(0x11) & ~(0x3ffu << 15), 0, 0);
}

static uint64_t guest_witness(struct hart *h)
{
	unsigned int i = below(h, 512);

	witness[h->id][i] = WITNESS;
	return (uintptr_t)&witness[h->id][i];
}

/* A page of each size that L1's G-stage maps with all permissions. */
static void probe_mapped(struct hart *h, const struct attempt *attempt)
{
	bool refused = !chance(h, 4);
	uint64_t target = (refused ? others_address(h) : guest_witness(h)) & ~UINT64_C(7);
	unsigned int mode = gstage_mode(h);
	unsigned int level = below(h, 3);
	uint64_t gpa = GPA + (target & ((UINT64_C(0x1000) << 9 * level) - 1));

	csr_write(0x680, exact_tables(h, mode));
	exact_map(h, mode, GPA, target, level, PTE_LEAF);
	gvma(h);
	judge(h, attempt,
	      level == 0   ? "4 KiB"
	      : level == 1 ? "2 MiB"
			   : "1 GiB",
	      target, gpa, refused);
}

/* hgatp is Bare: L2's physical addresses are L1's. */
static void probe_bare(struct hart *h, const struct attempt *attempt)
{
	bool refused = !chance(h, 4);
	uint64_t target = (refused ? others_address(h) : guest_witness(h)) & ~UINT64_C(7);

	csr_write(0x680, 0);
	gvma(h);
	judge(h, attempt, "bare", target, target, refused);
}

/* An access from the guest's last page into the next one. HSV and stores must store nothing. */
static void probe_crossing(struct hart *h)
{
	const struct attempt *attempt = &attempts[chance(h, 2) ? 0 : 7];
	volatile uint32_t *last = (volatile uint32_t *)(hostile_home - 4);

	csr_write(0x680, exact_tables(h, 8));
	exact_map(h, 8, GPA, hostile_home - 0x1000, 0, PTE_LEAF);
	exact_map(h, 8, GPA + 0x1000, hostile_home, 0, PTE_LEAF);
	gvma(h);
	judge(h, attempt, "crossing", hostile_home, GPA + 0x1000 - 1 - below(h, 7), true);
	*last = 0;
	judge(h, &attempts[5], "crossing", hostile_home, GPA + 0x1000 - 4, true);
	/* Other harts store there, too, but not this value. */
	if (*last == (uint32_t)WITNESS)
		hostile_fail("hsv.d across the guest's end has stored a part");
}

/*
 * Halite must not read page tables that are not the guest's: L1's G-stage, or L2's stage under
 * it.
 */
static void probe_tables(struct hart *h, const struct attempt *attempt)
{
	uint64_t target = others_address(h) & ~UINT64_C(0x3fff);
	uint64_t gpa = GPA + below(h, 1 << 20) * 8;

	/* Such tables do not map L2's code, so its fetch faults. */
	const struct attempt fetch = { attempt->name, 0, attempt->code, CAUSE_FETCH, false };

	if (chance(h, 2)) {
		csr_write(0x680, UINT64_C(8) << 60 | target >> 12);
	} else {
		csr_write(0x680, exact_tables(h, 8));
		exact_map(h, 8, GPA, target, 0, PTE_LEAF);
		csr_write(0x280, UINT64_C(8) << 60 | GPA >> 12);
	}
	gvma(h);
	judge(h, attempt->insn ? attempt : &fetch, "tables", target, gpa, true);
	csr_write(0x280, 0);
}

/* The guest's loads, stores and jumps without an L2. */
static void probe_direct(struct hart *h)
{
	static const struct attempt direct[] = {
		{ "load", INSN_LOAD(3), 0, CAUSE_LOAD, true },
		{ "store", INSN_STORE(3), 0, CAUSE_STORE, false },
		{ "jump", 0x00050067, 0, CAUSE_FETCH, false },
	};
	unsigned int i = below(h, 3);
	bool refused = i == 2 || !chance(h, 4);
	uint64_t target = (refused ? others_address(h) : guest_witness(h)) & ~UINT64_C(7);

	judge(h, &direct[i], "direct", target, target, refused);
}

/*
 * L1 must get L2's timer interrupt if L1 does not delegate it, however the timer was set. L1's own
 * timer interrupt may come first, but not always.
 */
static void probe_timer(struct hart *h)
{
	static const struct attempt timer = { "L2's timer", 0, l2_timer, 0, false };
	static uint32_t tries, hits;

	if (!has_sstc())
		return;
	csr_write(0x680, exact_tables(h, 8));
	csr_write(0x60a, UINT64_C(1) << 63);
	csr_write(0x604, 1 << 6);
	csr_write(0x24d, -1);
	gvma(h);
	if (go(h, &timer, 0) == (UINT64_C(1) << 63 | 6))
		__atomic_fetch_add(&hits, 1, __ATOMIC_SEQ_CST);
	csr_write(0x604, 0);
	if (__atomic_add_fetch(&tries, 1, __ATOMIC_SEQ_CST) > 32 && !hits)
		hostile_fail("L2's timer does not come to L1: trap 0x%lx", (unsigned long)h->cause);
}

void probe(struct hart *h)
{
	unsigned int i;

	arm_timer(h, LONG);
	calm(h);
	for (i = 0; i < 4; i++) {
		const struct attempt *attempt =
			&attempts[below(h, sizeof(attempts) / sizeof(attempts[0]))];

		switch (below(h, 12)) {
		case 0:
			probe_bare(h, attempt);
			break;
		case 1:
			probe_crossing(h);
			break;
		case 2:
			probe_tables(h, attempt);
			break;
		case 3:
			probe_direct(h);
			break;
		case 4:
			probe_timer(h);
			break;
		default:
			probe_mapped(h, attempt);
			break;
		}
	}
}
