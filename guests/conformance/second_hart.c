/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second hart: its H CSRs, remote fences while it is in VS mode, IPIs, stop and start. It does
 * the work that the first hart puts into its mailbox. Only the first hart prints.
 */
#include "second_hart.h"
#include "tables.h"

#define STOPPED	   1
#define TIME_LIMIT 100000000   /* ticks */
#define A_WHILE	   50000000    /* ticks: five seconds on QEMU */
#define SPIN	   0x0000006fu /* j . */

struct request {
	void (*work)(void);
	uint64_t hart; /* the hart that does it */
	uint64_t done; /* number of requests that are done */
};

static struct request mailbox;
static uint64_t started_sstatus, started_satp, started_a0;
static uint64_t in_guest; /* the second hart will enter VS mode next */
static struct scene other_scene;
static uint64_t seen; /* by the second hart */
static uint64_t first_hart, running_hart = MAX_HARTS;

static void wait_for(const uint64_t *word, uint64_t value, const char *what)
{
	uint64_t limit = csr_read(time) + TIME_LIMIT;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
		if (csr_read(time) > limit)
			bail("second hart: %s", what);
	}
}

/* Waits for the IPI of begin(), and clears it before the work starts, as work may be about IPIs. */
static void (*wait_for_work(void))(void)
{
	uint64_t sie = csr_read(sie);
	void (*work)(void);

	csr_write(sie, BIT64(IRQ_SSI));
	do {
		while (!(csr_read(sip) & BIT64(IRQ_SSI)))
			__asm__ volatile("wfi" : : : "memory");
		csr_clear(sip, BIT64(IRQ_SSI));
		work = __atomic_exchange_n(&mailbox.work, NULL, __ATOMIC_ACQ_REL);
	} while (!work);
	csr_write(sie, sie);
	return work;
}

void guest_second_main(uint64_t hartid)
{
	uint64_t sstatus = csr_read(sstatus), satp = csr_read(satp);

	hart_init(hartid);
	calm();
	started_sstatus = sstatus;
	started_satp = satp;
	started_a0 = hartid;
	for (;;) {
		wait_for_work()();
		__atomic_fetch_add(&mailbox.done, 1, __ATOMIC_RELEASE);
	}
}

static void begin(void (*work)(void))
{
	__atomic_store_n(&in_guest, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&mailbox.work, work, __ATOMIC_RELEASE);
	guest_sbi(EXT_IPI, 0, 1, mailbox.hart, 0, 0, 0);
}

static void finish(uint64_t before, const char *what)
{
	wait_for(&mailbox.done, before + 1, what);
}

static void call(void (*work)(void), const char *what)
{
	uint64_t before = mailbox.done;

	begin(work);
	finish(before, what);
}

static void pause_a_while(void);

uint64_t second_hart(void)
{
	return running_hart;
}

uint64_t second_hart_first(void)
{
	return first_hart;
}

uint64_t second_hart_begin(void (*work)(void))
{
	uint64_t before = mailbox.done;

	begin(work);
	return before;
}

void second_hart_finish(uint64_t before, const char *what)
{
	finish(before, what);
}

void second_hart_urge(uint64_t before)
{
	uint64_t limit = csr_read(time) + A_WHILE;

	while (__atomic_load_n(&mailbox.done, __ATOMIC_ACQUIRE) == before) {
		if (csr_read(time) > limit) {
			guest_sbi(EXT_IPI, 0, 1, running_hart, 0, 0, 0);
			return;
		}
	}
}

void second_hart_call(void (*work)(void), const char *what)
{
	call(work, what);
}

void second_hart_in_guest(void)
{
	__atomic_store_n(&in_guest, 1, __ATOMIC_RELEASE);
}

void second_hart_wait_in_guest(void)
{
	wait_for(&in_guest, 1, "does not get to its loop");
	pause_a_while();
}

/* ---- work of the second hart ---- */

static void set_csrs(void)
{
	h_write(CSR_HEDELEG, 0x100);
	h_write(CSR_HVIP, 0x4);
	h_write(CSR_VSSCRATCH, 0x222);
	h_settle();
}

static void get_csrs(void)
{
	seen = h_read(CSR_VSSCRATCH) | h_read(CSR_HVIP) << 16 | h_read(CSR_HEDELEG) << 32;
	calm();
}

static void make_scene(void)
{
	scene_make(&other_scene, M39, M39, VS);
	scene_use(&other_scene);
}

/* Loops in VS mode while the word at a0 is a1: "ld a2, (a0); beq a2, a1, -4; ebreak". */
static void watch_word(void)
{
	volatile uint32_t *page = code_page();

	page[0] = 0x00053603;
	page[1] = 0xfeb60ee3;
	page[2] = INSN_EBREAK;
	__asm__ volatile("fence.i" : : : "memory");
	me->x[A0] = DATA_VA + 8;
	me->x[A1] = DATA_WORD(0, 1);
	__atomic_store_n(&in_guest, 1, __ATOMIC_RELEASE);
	run(VS, CODE_VA, 0);
	seen = me->cause == CAUSE_BREAKPOINT ? me->x[12] : me->cause;
}

static void spin_in_vs(void)
{
	use_stages(NULL, NULL);
	csr_set(sie, 2);
	put_code(SPIN);
	__atomic_store_n(&in_guest, 1, __ATOMIC_RELEASE);
	run(VS, (uintptr_t)code_page(), 0);
	seen = me->cause;
	csr_clear(sip, 2);
	csr_clear(sie, 2);
}

static void stop_it(void)
{
	__atomic_fetch_add(&mailbox.done, 1, __ATOMIC_RELEASE);
	access_end();
	guest_sbi(EXT_HSM, 1, 0, 0, 0, 0, 0);
}

/* ---- checks ---- */

static uint64_t other_hart(void)
{
	uint64_t id;

	for (id = 0; id < MAX_HARTS; id++) {
		if (id != me->id && !guest_sbi(EXT_HSM, 2, id, 0, 0, 0, 0).error)
			return id;
	}
	return MAX_HARTS;
}

static bool is_stopped(uint64_t id)
{
	return guest_sbi(EXT_HSM, 2, id, 0, 0, 0, 0).value == STOPPED;
}

static void start(uint64_t id, const char *when)
{
	struct hart *h = &harts[id];
	uint64_t limit = csr_read(time) + TIME_LIMIT;

	while (!is_stopped(id) && csr_read(time) < limit)
		;
	check(is_stopped(id), "hart stopped, %s", when);
	started_a0 = ~UINT64_C(0);
	hart_stack(id);
	check(!guest_sbi(EXT_HSM, 0, id, (uintptr_t)conf_second_start, (uintptr_t)h, 0, 0).error,
	      "hart started, %s", when);
	wait_for(&started_a0, id, "does not start");
	check(!(started_sstatus & SSTATUS_SIE) && !started_satp,
	      "hart started, %s, with = sstatus.SIE %lu satp 0x%lx", when,
	      (unsigned long)(started_sstatus >> 1 & 1), (unsigned long)started_satp);
}

/* Each hart has separate H CSRs. */
static void check_separate_csrs(void)
{
	h_write(CSR_VSSCRATCH, 0x111);
	h_write(CSR_HVIP, 0x40);
	h_write(CSR_HEDELEG, 0x1000);
	h_settle();
	call(set_csrs, "sets its CSRs");
	check(h_read(CSR_VSSCRATCH) == 0x111, "hart separate vsscratch = 0x%lx",
	      (unsigned long)h_read(CSR_VSSCRATCH));
	check((h_read(CSR_HVIP) & 0x444) == 0x40, "hart separate hvip = 0x%lx",
	      (unsigned long)(h_read(CSR_HVIP) & 0x444));
	check(h_read(CSR_HEDELEG) == 0x1000, "hart separate hedeleg = 0x%lx",
	      (unsigned long)h_read(CSR_HEDELEG));
	h_write(CSR_HVIP, 0);
	h_write(CSR_HEDELEG, 0);
	h_settle();
	call(get_csrs, "reads its CSRs");
	check(seen == (UINT64_C(0x100) << 32 | 4 << 16 | 0x222),
	      "hart the other's hedeleg, hvip, vsscratch = 0x%lx 0x%lx 0x%lx",
	      (unsigned long)(seen >> 32), (unsigned long)(seen >> 16 & 0xffff),
	      (unsigned long)(seen & 0xffff));
}

static const struct remote {
	const char *name;
	uint8_t fid;
	bool g;
	uint64_t size;
} remotes[] = {
	{ "hfence.gvma vmid, a page", 3, true, PAGE },
	{ "hfence.gvma vmid, all", 3, true, ~UINT64_C(0) },
	{ "hfence.gvma, a page", 4, true, PAGE },
	{ "hfence.gvma, 16 pages", 4, true, 16 * PAGE },
	{ "hfence.gvma, all", 4, true, ~UINT64_C(0) },
	{ "hfence.vvma asid, a page", 5, false, PAGE },
	{ "hfence.vvma asid, all", 5, false, ~UINT64_C(0) },
	{ "hfence.vvma, a page", 6, false, PAGE },
	{ "hfence.vvma, 16 pages", 6, false, 16 * PAGE },
	{ "hfence.vvma, all", 6, false, ~UINT64_C(0) },
};

/* Waits until the other hart most likely is in VS mode. */
static void pause_a_while(void)
{
	uint64_t until = csr_read(time) + 10000;

	while (csr_read(time) < until)
		;
}

/* The other hart loops in VS mode until it sees this hart's change. VMID and ASID are 0. */
static void check_remote(const struct remote *r, uint64_t other)
{
	uint64_t before, error;

	call(make_scene, "makes its tables");
	before = mailbox.done;
	begin(watch_word);
	wait_for(&in_guest, 1, "does not get to VS mode");
	pause_a_while();
	if (r->g)
		map(&other_scene.g, DATA_GPA, (uintptr_t)data_pages[3], 0, PTE_PAGE);
	else
		map(&other_scene.vs, DATA_VA, DATA_GPA + 3 * PAGE, 0, PTE_RWX);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* VVMA acts on the VMID in the caller's hgatp, which is also 0. */
	error = guest_sbi(EXT_RFENCE, r->fid, 1, other,
			  r->size == ~UINT64_C(0) ? 0
			  : r->g		  ? DATA_GPA
						  : DATA_VA,
			  r->size, 0)
			.error;
	finish(before, r->name);
	check(!error && seen == DATA_WORD(3, 1), "hart remote %s = error %ld, then it sees 0x%lx",
	      r->name, (long)error, (unsigned long)seen);
}

static void check_ipi(uint64_t other, unsigned int round)
{
	uint64_t before = mailbox.done;

	begin(spin_in_vs);
	wait_for(&in_guest, 1, "does not get to VS mode");
	pause_a_while();
	guest_sbi(EXT_IPI, 0, 1, other, 0, 0, 0);
	finish(before, "does not get the IPI");
	check(seen == (CAUSE_INTERRUPT | 1), "hart IPI %u to VS mode = cause 0x%lx", round,
	      (unsigned long)seen);
}

/* An IPI to this hart, pending before VS mode is entered. */
static void check_ipi_self(void)
{
	uint64_t limit = csr_read(time) + TIME_LIMIT;

	csr_set(sie, 2);
	guest_sbi(EXT_IPI, 0, 1, me->id, 0, 0, 0);
	while (!(csr_read(sip) & 2) && csr_read(time) < limit)
		;
	try_insn(VS, INSN_NOP, 0, 0, 0);
	csr_clear(sip, 2);
	csr_clear(sie, 2);
	check_end(TO_HS, CAUSE_INTERRUPT | 1, "hart IPI to itself");
}

void check_harts(void)
{
	uint64_t other = other_hart();
	unsigned int i;

	area_begin("hart: a second one: its own CSRs, remote fences, IPIs, stop and start");
	record("hart second = %s", other < MAX_HARTS ? "there" : "not there");
	mailbox.hart = other;
	check_ipi_self();
	if (other == MAX_HARTS)
		return;
	start(other, "first time");
	check_separate_csrs();
	for (i = 0; i < ARRAY_SIZE(remotes); i++)
		check_remote(&remotes[i], other);
	for (i = 0; i < 4; i++)
		check_ipi(other, i);
	call(stop_it, "does not stop");
	start(other, "second time");
	check_remote(&remotes[4], other);
	check_ipi(other, 4);
	first_hart = me->id;
	running_hart = other;
}
