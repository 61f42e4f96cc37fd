/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables in a device that refuses some accesses, and the traps that L1 gets. */
#include "cage.h"

#define ALARM_LOW	2 /* the RTC's registers, in words */
#define ALARM_HIGH	3
#define CLEAR_ALARM	5
#define CLEAR_INTERRUPT 7
#define LEAF_INDEX	(ALARM_LOW * 4 / 8)
#define INSN_EBREAK	0x00100073
#define HFENCE_GVMA	4
#define FENCE_ROUNDS	4

/*
 * Allowed outcomes with page tables in a device. The bare machine's walker may use the device's
 * answer as a PTE; for HLVX, QEMU gives the cause of a fetch.
 */
static uint64_t allowed(const struct deed *d)
{
	uint64_t causes = BIT64(d->access) | BIT64(d->guest);

	if (native)
		causes |= BIT64(CAUSE_BREAKPOINT);
	if (native && d == &deeds[HLVX])
		causes |= deed_faults(&deeds[FETCH]);
	return causes;
}

static void put_words(uint64_t pte)
{
	volatile uint32_t *words = (volatile uint32_t *)rtc;

	words[ALARM_HIGH] = pte >> 32;
	words[ALARM_LOW] = pte;
}

/* One entry of the table is a leaf. Reads of its neighbours are refused. */
static void try_leaf(enum mode mode)
{
	const uint64_t addr = TEST_ADDR + LEAF_INDEX * PAGE;
	struct tables *t;
	unsigned int i;

	for (i = 0; i < DEEDS; i++) {
		const struct deed *d = &deeds[i];

		if (d->mode == HS && mode == VU)
			continue;
		t = tables_reset();
		t->data[0] = INSN_EBREAK;
		fence_code();
		t->second[0] = PPN(rtc) | PTE_V;
		put_words(PPN((uintptr_t)t->data) | PTE_RWX | PTE_U);
		fence_all();
		deed_do(d, mode, addr);
		if (native && i == FETCH && me->cause == CAUSE_BREAKPOINT && me->pc == addr)
			continue;
		judge(d, mode, i == FETCH ? addr : (uintptr_t)d->code, addr, allowed(d),
		      "a leaf in the RTC");
	}
}

void check_leaf_in_device(void)
{
	volatile uint32_t *words = (volatile uint32_t *)rtc;

	if (!rtc) {
		guest_check("# SKIP there is no RTC", 0, 0);
		return;
	}
	try_leaf(VS);
	try_leaf(VU);
	check_wrong("L2's page is mapped by a leaf in the RTC");
	if (area_begin()) {
		try_leaf(VS);
		try_leaf(VU);
		area_end();
		check_wrong("L2's page is mapped by a leaf in the RTC, sync_sret");
	}
	words[CLEAR_ALARM] = 1;
	words[CLEAR_INTERRUPT] = 1;
	check_sane("a leaf in the RTC");
}

/*
 * Finds an entry of a table in the UART that cannot be read: the hypervisor's load of it traps, as
 * this guest's load does.
 */
static unsigned int refusing_index(void)
{
	unsigned int index;

	for (index = 0; index < 511; index++) {
		call((uintptr_t)code_ld, uart + index * 8, 0);
		if (me->cause == CAUSE_LOAD_ACCESS)
			break;
	}
	return index;
}

static void check_trap(enum mode mode, uint64_t addr, const char *name)
{
	const struct deed *d = &deeds[LOAD];
	struct tables *t = tables_reset();

	t->second[0] = PPN(uart) | PTE_V;
	fence_all();
	deed_do(d, mode, addr);
	guest_print("# %s: cause %ld\n", name, (long)me->cause);
	guest_check("a fault of a load", me->cause < 64 && (allowed(d) >> me->cause & 1), true);
	guest_check("sepc is L2's pc", me->pc, (uintptr_t)d->code);
	guest_check("stval is the address", me->tval, addr);
	guest_check("sstatus.SPP", !!(me->status & SSTATUS_SPP), mode == VS);
	guest_check("hstatus.SPVP", !!(me->hstatus & HSTATUS_SPVP), mode == VS);
	guest_check("hstatus.SPV", !!(me->hstatus & HSTATUS_SPV), 1);
	guest_check("hstatus.GVA", !!(me->hstatus & HSTATUS_GVA), 1);
	guest_check("registers that L2 has lost", registers_lost(), 0);
}

/*
 * L1 answers a fault of L2 with a table in the UART, or the table was there before. An interrupt is
 * pending when L1 enters L2 again: it must be taken before L2's first instruction.
 */
static void try_interrupt(bool first_without, uint64_t addr)
{
	const struct deed *d = &deeds[LOAD];
	struct tables *t = tables_reset();

	t->second[0] = first_without ? 0 : PPN(uart) | PTE_V;
	fence_all();
	deed_do(d, VS, addr);
	judge(d, VS, (uintptr_t)d->code, addr, allowed(d), "before the interrupt");
	t->second[0] = PPN(uart) | PTE_V;
	csr_set(CSR_SIE, BIT64(IRQ_SSI));
	csr_set(CSR_SIP, BIT64(IRQ_SSI));
	deed_do(d, VS, addr);
	csr_clear(CSR_SIP, BIT64(IRQ_SSI));
	csr_clear(CSR_SIE, BIT64(IRQ_SSI));
	if (me->cause != INTERRUPT(IRQ_SSI) || me->pc != (uintptr_t)d->code ||
	    !(me->hstatus & HSTATUS_SPV) || !(me->hstatus & HSTATUS_SPVP) ||
	    !(me->status & SSTATUS_SPP) || registers_lost())
		wrong("an interrupt at the SRET: cause 0x%lx, sepc 0x%lx, hstatus 0x%lx",
		      (unsigned long)me->cause, (unsigned long)me->pc, (unsigned long)me->hstatus);
	deed_do(d, VS, addr);
	judge(d, VS, (uintptr_t)d->code, addr, allowed(d), "behind the interrupt");
}

static void try_interrupts(uint64_t addr)
{
	try_interrupt(false, addr);
	try_interrupt(true, addr);
}

/*
 * L1 maps the UART for L2, and accesses it by HLV and HSV. The UART refuses: each access must give
 * its access fault.
 */
static void try_refusal(unsigned int index)
{
	const uint64_t addr = TEST_ADDR + PAGE + index * 8;
	struct tables *t = tables_reset();
	unsigned int i;

	t->last[1] = PPN(uart) | PTE_RWX | PTE_U;
	fence_all();
	for (i = 0; i < DEEDS; i++) {
		const struct deed *d = &deeds[i];
		/*
		 * HLVX needs X, and Halite maps devices without X. On the bare machine, QEMU gives
		 * the cause of a fetch.
		 */
		uint64_t causes = d == &deeds[HLVX] && native ? deed_access(&deeds[FETCH]) : 0;

		deed_do(d, VS, addr);
		judge(d, VS, i == FETCH ? addr : (uintptr_t)d->code, addr, causes | deed_access(d),
		      "the UART refuses");
	}
	check_wrong("L2, HLV and HSV reach what refuses%s", me->area ? ", sync_sret" : "");
}

void check_told_right(void)
{
	uint64_t addr;

	if (!uart) {
		guest_check("# SKIP there is no UART", 0, 0);
		return;
	}
	addr = TEST_ADDR + refusing_index() * PAGE;
	guest_print("# entry %u of a table in the UART refuses\n", refusing_index());
	check_trap(VU, addr, "a table in the UART, VU-mode");
	check_trap(VS, addr, "a table in the UART, VS-mode");
	try_refusal(refusing_index());
	try_interrupts(addr);
	check_wrong("an interrupt at the SRET behind such a fault");
	if (area_begin()) {
		check_trap(VU, addr, "a table in the UART, VU-mode, sync_sret");
		check_trap(VS, addr, "a table in the UART, VS-mode, sync_sret");
		try_refusal(refusing_index());
		try_interrupts(addr);
		area_end();
		check_wrong("an interrupt at the sync_sret behind such a fault");
	}
	check_sane("a table in the UART");
}

void disturb(volatile bool *stop)
{
	const uint64_t boot_hart = 0;
	const uint64_t addr = TEST_ADDR + refusing_index() * PAGE;
	struct tables *t;

	while (!*stop) {
		/* The boot hart must make progress, too, if QEMU has few cores. */
		pause();
		t = tables_reset();
		if (me->rounds++ % 2)
			area_begin();
		if (uart) {
			t->second[0] = PPN(uart) | PTE_V;
			fence_all();
			deed_do(&deeds[LOAD], VU, addr);
			judge(&deeds[LOAD], VU, (uintptr_t)code_ld, addr, allowed(&deeds[LOAD]),
			      "a table in the UART");
			deed_do(&deeds[HLV], VS, addr);
			judge(&deeds[HLV], VS, (uintptr_t)code_hlv, addr, allowed(&deeds[HLV]),
			      "a table in the UART");
		}
		t->second[0] = PPN((uintptr_t)t->last) | PTE_V;
		t->last[0] = PPN((uintptr_t)t->data) | PTE_RWX | PTE_U;
		fence_all();
		/* Not each time, as this call interrupts the boot hart. */
		if (me->rounds % FENCE_ROUNDS == 0)
			guest_sbi(EXT_RFENCE, HFENCE_GVMA, 1, boot_hart, 0, -1, 0);
		deed_do(&deeds[LOAD], VS, TEST_ADDR);
		if (me->cause != CAUSE_BREAKPOINT || me->x[10] != WITNESS)
			wrong("a sane load: cause %ld", (long)me->cause);
		area_end();
	}
}
