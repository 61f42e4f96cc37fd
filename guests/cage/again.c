/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that changes after it has trapped, and accesses of which the interrupt controller gets only
 * a part. A hart need not see a store to its code before a FENCE.I, so the guest may do this. The
 * instruction that Halite then finds in memory has not trapped, so Halite must not emulate it.
 */
#include "cage.h"

#define INSN_SW	      UINT64_C(0x00b52023) /* sw a1, (a0) */
#define INSN_LW_OTHER UINT64_C(0x00452583) /* lw a1, 4(a0) */
#define INSN_EBREAK   UINT64_C(0x00100073)
#define INSN_VLE32    UINT64_C(0x02056407)
#define VECTOR_CODE   (INSN_EBREAK << 32 | INSN_VLE32)
#define SOURCE_1      4 /* priority in a PLIC, sourcecfg in an APLIC */
#define SOURCE_2      8
#define VALUE	      5 /* both registers keep this value */
#define PLIC_CONTEXT1 0x201000
#define APLIC_IE      0x100
#define VS_CODE                  \
	(TEST_ADDR + BIT64(21) + \
	 3 * PAGE) /* its PTEs are not the first of a table, which may answer */
#define VS_PC (VS_CODE + ((uintptr_t)code_vector & (PAGE - 1)))
/* Pages at this distance share their place with the code in a TLB of up to 4,096 entries. */
#define STRIDED	   (7 * GIB)
#define STRIDE	   BIT64(24)
#define STRIDES	   16 /* number of strides to the last word, which is in the controller */
#define UNMAPPED   (5 * GIB)
#define CONTROLLER (6 * GIB)

static bool has_vector(void)
{
	return csr_read(CSR_SSTATUS) & SSTATUS_VS;
}

static volatile uint32_t *device(uint64_t offset)
{
	return (volatile uint32_t *)(controller + offset);
}

/* L2 replaces its vector load by a store, or its PTE by @a2, and the load traps. */
static void replace(enum mode mode, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t pc)
{
	fill_registers(a0, a1);
	me->x[12] = a2;
	me->x[13] = a3;
	run(mode, pc);
	*(volatile uint64_t *)code_vector = VECTOR_CODE;
	fence_code();
}

static void expect(const char *what, enum mode mode, uint64_t pc, uint64_t allowed)
{
	if (me->cause > 63 || !(allowed >> me->cause & 1) ||
	    me->pc != pc + (me->cause == CAUSE_BREAKPOINT ? 4 : 0) ||
	    !(me->hstatus & HSTATUS_SPV) || !(me->status & SSTATUS_SPP) != (mode == VU))
		wrong("%s: cause %ld, sepc 0x%lx, stval 0x%lx, sstatus 0x%lx, hstatus 0x%lx", what,
		      (long)me->cause, (unsigned long)me->pc, (unsigned long)me->tval,
		      (unsigned long)me->status, (unsigned long)me->hstatus);
}

/*
 * Allowed outcomes: a fault of the load, which Halite cannot emulate; the load, as on the bare
 * machine; or the store, if the hart executes it.
 */
#define LOAD_OR_STORE                                                                              \
	(BIT64(CAUSE_LOAD_ACCESS) | BIT64(CAUSE_LOAD_GUEST_PAGE) | BIT64(CAUSE_STORE_GUEST_PAGE) | \
	 BIT64(CAUSE_BREAKPOINT))

static void try_device(enum mode mode)
{
	const uint64_t store = INSN_EBREAK << 32 | INSN_SW;
	struct tables *t = tables_reset();

	t->last[1] = PPN(controller) | PTE_V | PTE_R | PTE_U | PTE_AD;
	fence_all();
	*device(SOURCE_1) = 0;
	replace(mode, mode == HS ? controller + SOURCE_1 : TEST_ADDR + PAGE + SOURCE_1, VALUE,
		store, (uintptr_t)code_vector, (uintptr_t)code_replace);
	if (*device(SOURCE_1)) {
		wrong("the store was done: %u", (unsigned int)*device(SOURCE_1));
		*device(SOURCE_1) = 0;
	}
	expect("replaced at the controller", mode, (uintptr_t)code_vector, LOAD_OR_STORE);
}

/* L2 replaces the load by a load of another register. If that is done, it returns that register. */
static void try_other_load(enum mode mode)
{
	struct tables *t = tables_reset();
	const uint64_t before = 3;

	t->last[1] = PPN(controller) | PTE_V | PTE_R | PTE_U | PTE_AD;
	fence_all();
	*device(SOURCE_1) = 0;
	*device(SOURCE_2) = VALUE;
	replace(mode, TEST_ADDR + PAGE + SOURCE_1, before, INSN_EBREAK << 32 | INSN_LW_OTHER,
		(uintptr_t)code_vector, (uintptr_t)code_replace);
	if (me->x[11] != before && me->x[11] != VALUE)
		wrong("a load of another register gave %lu", (unsigned long)me->x[11]);
	*device(SOURCE_2) = 0;
	expect("replaced by another load", mode, (uintptr_t)code_vector, LOAD_OR_STORE);
}

/*
 * htinst of a vector load is 0 (priv H: only listed instructions can be transformed). Halite must
 * not report the store that replaced it.
 */
static void expect_no_htinst(const char *what, enum mode mode, uint64_t pc)
{
	expect(what, mode, pc, BIT64(CAUSE_LOAD_GUEST_PAGE));
	if (me->tval != UNMAPPED || me->htval != UNMAPPED >> 2)
		wrong("%s: stval 0x%lx, htval 0x%lx", what, (unsigned long)me->tval,
		      (unsigned long)me->htval);
	if (me->htinst)
		wrong("%s: htinst 0x%lx", what, (unsigned long)me->htinst);
}

static void try_unmapped(enum mode mode)
{
	tables_reset();
	replace(mode, UNMAPPED, VALUE, INSN_EBREAK << 32 | INSN_SW, (uintptr_t)code_vector,
		(uintptr_t)code_replace);
	expect_no_htinst("replaced at an address that is not mapped", mode, (uintptr_t)code_vector);
}

/*
 * L2's page table leads to its code through a device when it traps: L2 changes a PTE on @level
 * without a fence.
 */
static void try_vs_table(unsigned int level, uint64_t a0, const char *what)
{
	const uint64_t fetch = deed_faults(&deeds[FETCH]);
	struct tables *t = tables_reset();
	uint64_t *pte = level == 2 ? &t->vs_root[TEST_INDEX] : &t->vs_second[1];

	t->vs_second[1] = PPN((uintptr_t)t->vs_last) | PTE_V;
	t->vs_last[3] = PPN((uintptr_t)code_replace) | PTE_RWX;
	t->vs_root[UNMAPPED / GIB] = PPN(UNMAPPED) | PTE_RWX;
	t->vs_root[CONTROLLER / GIB] = PPN(TEST_ADDR) | PTE_RWX;
	t->last[1] = PPN(controller) | PTE_V | PTE_R | PTE_W | PTE_U | PTE_AD;
	tables_use((uintptr_t)t->root, (uintptr_t)t->vs_root);
	replace(VS, a0, VALUE, PPN(uart) | PTE_V, (uintptr_t)pte,
		VS_PC - (code_vector - (uint8_t *)code_replace));
	/*
	 * A hart may drop the old PTE of the code at any time. If L2 executes its load once more
	 * after that, the fetch faults.
	 */
	if (a0 == UNMAPPED && !(fetch >> (me->cause & 63) & 1))
		expect_no_htinst(what, VS, VS_PC);
	else
		expect(what, VS, VS_PC, fetch | LOAD_OR_STORE);
}

/*
 * The code cannot be fetched when its load traps: its PTE has become @pte, and the TLB has lost the
 * old PTE.
 */
static void try_evicted(uint64_t pte)
{
	const uint64_t pc = VS_CODE + ((uintptr_t)code_strided & (PAGE - 1));
	const uint64_t offset = (VS_CODE & (BIT64(21) - 1)) + SOURCE_1;
	const uint64_t addr = STRIDED + BIT64(21) + offset;
	const uint64_t begin = VS_CODE + ((uintptr_t)code_evict & (PAGE - 1));
	struct tables *t = tables_reset();
	unsigned int i;

	t->vs_root[STRIDED / GIB] = PPN((uintptr_t)t->vs_strided) | PTE_V;
	for (i = 0; i < STRIDES; i++)
		t->vs_strided[1 + i * STRIDE / BIT64(21)] =
			PPN((uintptr_t)code_evict & ~(BIT64(21) - 1)) | PTE_RWX;
	t->vs_strided[1 + STRIDES * STRIDE / BIT64(21)] = PPN(TEST_ADDR) | PTE_RWX;
	t->last[offset / PAGE] = PPN(controller) | PTE_V | PTE_R | PTE_U | PTE_AD;
	t->vs_second[1] = PPN((uintptr_t)t->vs_last) | PTE_V;
	t->vs_last[VS_CODE / PAGE % 512] = PPN((uintptr_t)code_evict) | PTE_RWX;
	tables_use((uintptr_t)t->root, (uintptr_t)t->vs_root);
	/* First with the valid PTE, so that the hypervisor has cached everything else. */
	replace(VS, addr, STRIDE, t->vs_second[1], (uintptr_t)&t->vs_second[1], begin);
	expect("a strided load", VS, pc, LOAD_OR_STORE);
	replace(VS, addr, STRIDE, pte, (uintptr_t)&t->vs_second[1], begin);
	expect("a strided load, the code is gone", VS, pc,
	       LOAD_OR_STORE | deed_faults(&deeds[FETCH]));
	if (registers_lost() > 2)
		wrong("a strided load: L2 has lost registers");
}

/*
 * The same with a store whose last page is RAM that L2 has not touched yet. The hypervisor maps the
 * page and continues L2, which then finds that its code is gone.
 */
static void try_evicted_store(enum mode mode, uint64_t pte)
{
	const uint64_t leaf = mode == VU ? PTE_RWX | PTE_U : PTE_RWX;
	const uint64_t pc = VS_CODE + ((uintptr_t)code_strided_store & (PAGE - 1));
	const uint64_t offset = VS_CODE & (BIT64(21) - 1);
	const uint64_t addr = STRIDED + BIT64(21) + offset;
	const uint64_t begin = VS_CODE + ((uintptr_t)code_evict_store & (PAGE - 1));
	struct tables *t = tables_reset();
	unsigned int i;

	t->vs_root[UNMAPPED / GIB] = PPN(UNMAPPED) | leaf;
	t->vs_root[RAM_INDEX] = PPN(RAM_INDEX * GIB) | leaf;
	t->vs_root[STRIDED / GIB] = PPN((uintptr_t)t->vs_strided) | PTE_V;
	for (i = 0; i <= STRIDES; i++)
		t->vs_strided[1 + i * STRIDE / BIT64(21)] =
			PPN((uintptr_t)t->vs_strided_last[i == STRIDES]) | PTE_V;
	t->vs_strided_last[0][offset / PAGE] = PPN((uintptr_t)t->data) | leaf;
	t->vs_strided_last[1][offset / PAGE] = PPN(TEST_ADDR) | leaf;
	t->vs_second[1] = PPN((uintptr_t)t->vs_last) | PTE_V;
	t->vs_last[VS_CODE / PAGE % 512] = PPN((uintptr_t)code_evict_store) | leaf;
	tables_use((uintptr_t)t->root, (uintptr_t)t->vs_root);
	/*
	 * First without the last page, so that the hypervisor has mapped all others; then cause
	 * another fault, so that this one is not the latest.
	 */
	replace(mode, addr, STRIDE, t->vs_second[1], (uintptr_t)&t->vs_second[1], begin);
	expect("a strided store", mode, pc, BIT64(CAUSE_STORE_GUEST_PAGE));
	deed_do(&deeds[LOAD], mode, UNMAPPED);
	t->last[0] = PPN((uintptr_t)t->data) | PTE_RWX | PTE_U;
	replace(mode, addr, STRIDE, pte, (uintptr_t)&t->vs_second[1], begin);
	expect("a strided store, the code is gone", mode, pc,
	       deed_faults(&deeds[FETCH]) | BIT64(CAUSE_BREAKPOINT));
	/* The fault is L2's, and not one in HS-mode. */
	if (me->cause != CAUSE_BREAKPOINT && (me->tval != pc || !(me->hstatus & HSTATUS_GVA)))
		wrong("a strided store, the code is gone: stval 0x%lx, hstatus 0x%lx",
		      (unsigned long)me->tval, (unsigned long)me->hstatus);
	if (registers_lost() > 2)
		wrong("a strided store: L2 has lost registers");
}

/* The same with a load of L1 under L1's page tables. */
static void try_evicted_of_l1(uint64_t pte)
{
	const uint64_t pc = VS_CODE + ((uintptr_t)code_strided & (PAGE - 1));
	const uint64_t offset = (VS_CODE & (BIT64(21) - 1)) + SOURCE_1;
	struct tables *t = tables_reset();
	uint64_t *const last = &t->vs_second[1];
	unsigned int i, round;

	t->vs_root[STRIDED / GIB] = PPN((uintptr_t)t->vs_strided) | PTE_V;
	for (i = 0; i < STRIDES; i++)
		t->vs_strided[1 + i * STRIDE / BIT64(21)] =
			PPN((uintptr_t)code_evict & ~(BIT64(21) - 1)) | PTE_RWX;
	t->vs_strided[1 + STRIDES * STRIDE / BIT64(21)] = PPN((uintptr_t)t->last) | PTE_V;
	t->last[offset / PAGE] = PPN(controller) | PTE_V | PTE_R | PTE_AD;
	*last = PPN((uintptr_t)t->vs_last) | PTE_V;
	t->vs_last[VS_CODE / PAGE % 512] = PPN((uintptr_t)code_evict) | PTE_RWX;
	csr_write(CSR_SATP, SV39 << 60 | (uintptr_t)t->vs_root >> 12);
	fence_stage1();
	for (round = 0; round < 2; round++) {
		me->x[12] = round ? pte : *last;
		me->x[13] = (uintptr_t)last;
		call(VS_CODE + ((uintptr_t)code_evict & (PAGE - 1)), STRIDED + BIT64(21) + offset,
		     STRIDE);
		if ((me->cause != CAUSE_BREAKPOINT && me->cause != CAUSE_LOAD_ACCESS &&
		     me->cause != CAUSE_FETCH_PAGE && me->cause != CAUSE_FETCH_ACCESS) ||
		    me->pc != pc + (me->cause == CAUSE_BREAKPOINT ? 4 : 0) ||
		    !(me->status & SSTATUS_SPP) || (csr_read(CSR_HSTATUS) & HSTATUS_SPV))
			wrong("a strided load of L1's, %u: cause %ld, sepc 0x%lx, sstatus 0x%lx",
			      round, (long)me->cause, (unsigned long)me->pc,
			      (unsigned long)me->status);
	}
	csr_write(CSR_SATP, 0);
	fence_stage1();
}

static void try_all(void)
{
	const uint64_t source_1 = CONTROLLER + PAGE + SOURCE_1;

	try_device(VS);
	try_device(VU);
	check_wrong("L2 replaces its vector load of the controller by a store%s",
		    me->area ? ", sync_sret" : "");
	try_other_load(VS);
	try_other_load(VU);
	check_wrong("L2 replaces its vector load of the controller by another load%s",
		    me->area ? ", sync_sret" : "");
	try_unmapped(VS);
	try_unmapped(VU);
	check_wrong("L2 replaces its vector load of nothing by a store%s",
		    me->area ? ", sync_sret" : "");
	try_evicted(0);
	if (uart)
		try_evicted(PPN(uart) | PTE_V);
	try_evicted_store(VS, 0);
	try_evicted_store(VU, 0);
	if (uart) {
		try_evicted_store(VS, PPN(uart) | PTE_V);
		try_evicted_store(VU, PPN(uart) | PTE_V);
	}
	check_wrong("L2's code cannot be fetched any more%s", me->area ? ", sync_sret" : "");
	if (!uart)
		return;
	try_vs_table(1, UNMAPPED, "code by a leaf's table in the UART, not mapped");
	try_vs_table(2, UNMAPPED, "code by a table in the UART, not mapped");
	try_vs_table(1, source_1, "code by a leaf's table in the UART, controller");
	try_vs_table(2, source_1, "code by a table in the UART, controller");
	check_wrong("L2's own tables lead to its code by way of the UART%s",
		    me->area ? ", sync_sret" : "");
}

/*
 * An access with one half in RAM and the other in the controller, whose first register would show
 * an access.
 */
static void try_crossing(enum mode mode, bool store, unsigned int log_width, bool into)
{
	const uint64_t width = UINT64_C(1) << log_width;
	const uint64_t offset = *device(0) >> 31 ? 0 : PLIC_CONTEXT1;
	const uint64_t value = offset ? VALUE : APLIC_IE;
	const uint64_t addr = TEST_ADDR + 2 * PAGE - width / 2;
	const uint64_t pc = (uintptr_t)code_widths + 8 * (log_width + 4 * store);
	struct tables *t = tables_reset();
	uint32_t saved, before, after;
	uint64_t allowed = store ? BIT64(CAUSE_STORE_ACCESS) | BIT64(CAUSE_STORE_MISALIGNED) |
					   BIT64(CAUSE_STORE_GUEST_PAGE)
				 : BIT64(CAUSE_LOAD_ACCESS) | BIT64(CAUSE_LOAD_MISALIGNED) |
					   BIT64(CAUSE_LOAD_GUEST_PAGE);

	t->last[into ? 2 : 1] = PPN(controller + offset) | PTE_V | PTE_R | PTE_W | PTE_U | PTE_AD;
	t->last[into ? 1 : 2] = PPN((uintptr_t)t->data) | PTE_RWX | PTE_U;
	fence_all();
	saved = *device(offset);
	*device(offset) = 0;
	before = *device(offset);
	fill_registers(addr, value);
	run(mode, pc);
	after = *device(offset);
	if (before != after)
		wrong("a store of %lu bytes %s the controller's page: 0x%x became 0x%x",
		      (unsigned long)width, into ? "into" : "out of", (unsigned int)before,
		      (unsigned int)after);
	*device(offset) = saved;
	expect("crossing", mode, pc, allowed | (native ? BIT64(CAUSE_BREAKPOINT) : 0));
	if (me->cause != CAUSE_BREAKPOINT && me->tval != addr && me->tval != addr + width / 2)
		wrong("crossing: stval 0x%lx", (unsigned long)me->tval);
}

static void try_crossings(void)
{
	unsigned int log_width, into;

	for (log_width = 1; log_width < 4; log_width++) {
		for (into = 0; into < 2; into++) {
			try_crossing(VS, false, log_width, into);
			try_crossing(VU, false, log_width, into);
			try_crossing(VS, true, log_width, into);
			try_crossing(VU, true, log_width, into);
		}
	}
	check_wrong("L2's access lies half in RAM and half in the controller%s",
		    me->area ? ", sync_sret" : "");
}

void check_fetched_again(void)
{
	if (!controller) {
		guest_check("# SKIP there is no interrupt controller of S-mode", 0, 0);
		return;
	}
	try_crossings();
	if (area_begin()) {
		try_crossings();
		area_end();
	}
	if (!has_vector()) {
		guest_print("# no vector instructions: nothing was fetched again\n");
		guest_check("code that is replaced # SKIP no vector instructions", 0, 0);
		return;
	}
	try_evicted_of_l1(0);
	if (uart)
		try_evicted_of_l1(PPN(uart) | PTE_V);
	check_wrong("L1's code cannot be fetched any more");
	try_all();
	if (area_begin()) {
		try_all();
		area_end();
	}
	check_sane("code that is replaced");
}
