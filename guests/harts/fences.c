/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of SBI RFENCE; SBI NACL after a HART_STOP that is refused; the time that fences take. */
#include "csr.h"
#include "guest.h"
#include "harts.h"
#include "nacl/abi.h"

#define ECALL_VS	10
#define IMPL_HALITE	0x48414c49
#define INVALID_ADDRESS (-5)
#define LAST_PAGE	(-UINT64_C(4096))

enum { SFENCE_VMA = 1, HFENCE_GVMA = 4, HFENCE_VVMA = 6 };

static nacl_word area[NACL_SHMEM_SIZE / NACL_WORD_SIZE] __attribute__((aligned(NACL_SHMEM_ALIGN)));

static int64_t fence(uint64_t function, uint64_t start, uint64_t size)
{
	return guest_sbi(EXT_RFENCE, function, BIT64(harts_first), 0, start, size, 0).error;
}

/*
 * A range may end at the end of the address space, but must not wrap around (SBI 2.0 "RFENCE
 * Extension": start_addr or size is not valid).
 */
void check_ranges(void)
{
	bool halite = guest_sbi(EXT_BASE, 1, 0, 0, 0, 0, 0).value == IMPL_HALITE;

	guest_check("sfence.vma of the last page", fence(SFENCE_VMA, LAST_PAGE, 4096), 0);
	guest_check("hfence.gvma of the last page", fence(HFENCE_GVMA, LAST_PAGE, 4096), 0);
	guest_check("hfence.vvma of the last page", fence(HFENCE_VVMA, LAST_PAGE, 4096), 0);
	if (!halite)
		return;
	guest_check("sfence.vma around the end", fence(SFENCE_VMA, LAST_PAGE, 4097),
		    INVALID_ADDRESS);
	guest_check("hfence.gvma around the end", fence(HFENCE_GVMA, LAST_PAGE, 4097),
		    INVALID_ADDRESS);
	guest_check("hfence.vvma around the end", fence(HFENCE_VVMA, LAST_PAGE, 4097),
		    INVALID_ADDRESS);
}

static int64_t nacl(uint64_t function, uint64_t a0, uint64_t a1)
{
	return guest_sbi(NACL_EID, function, a0, a1, 0, 0, 0).error;
}

/* After a refused HART_STOP, the hart still has its shared memory. */
void check_refused_stop(void)
{
	guest_check("set_shmem", nacl(NACL_FID_SET_SHMEM, (uintptr_t)area, 0), 0);
	guest_check("sync_sret into L2", (int64_t)harts_sync_sret(guest_l2_ecall), ECALL_VS);
	guest_check("HART_STOP is refused", guest_sbi(EXT_HSM, HART_STOP, 0, 0, 0, 0, 0).error, -1);
	guest_check("sync_csr behind it", nacl(NACL_FID_SYNC_CSR, NACL_ALL_ONES, 0), 0);
	guest_check("sync_sret behind it", (int64_t)harts_sync_sret(guest_l2_ecall), ECALL_VS);
}

/* ---- fences ---- */

#define SHADOWS	     16
#define ROOT_ENTRIES 2048
#define VMID	     UINT64_C(5)
#define PAGES	     64
/* 10 ticks are 1,000 instructions under -icount shift=0. */
#define INSTRUCTIONS_PER_TICK 100
/*
 * Limit of the number of instructions with interrupts off. Halite promises 10,000 for any work; a
 * fence under these few shadows takes far fewer, and only one of them is done at once.
 */
#define LATE_MAX 5000
/* The timer fires at this time after the call or earlier, in steps of TIMER_STEP. */
#define TIMER_TICKS 8000
#define TIMER_STEP  37

static uint64_t roots[SHADOWS][ROOT_ENTRIES] __attribute__((aligned(16384)));

/*
 * Makes as many guests with the same VMID as Halite has shadows. Each maps this guest's memory at
 * the same addresses.
 */
static void make_guests(void)
{
	unsigned int i;

	for (i = 0; i < SHADOWS; i++) {
		/* The gigabyte at 0x80000000: V, R, W, X, U, A, D. */
		roots[i][2] = UINT64_C(0x80000000) >> 12 << 10 | 0xdf;
		csr_write(CSR_HGATP, UINT64_C(8) << 60 | VMID << 44 | (uintptr_t)roots[i] >> 12);
		__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
		if (guest_run_l2(guest_l2_ecall) != ECALL_VS)
			guest_check("a guest runs", i, -1);
	}
}

static uint64_t due, late;

static __attribute__((interrupt("supervisor"), aligned(4))) void take_timer(void)
{
	late = harts_now() - due;
	csr_write(CSR_STIMECMP, -1);
}

static void queue_fences(enum nacl_hfence_type type)
{
	unsigned int i;

	for (i = 0; i < NACL_HFENCE_COUNT; i++) {
		nacl_word *e = &area[NACL_HFENCE_OFFSET / NACL_WORD_SIZE + i * NACL_HFENCE_WORDS];

		e[NACL_HFENCE_PAGE_NUMBER] = 0x100000 + i * PAGES;
		e[NACL_HFENCE_PAGE_COUNT] = PAGES;
		e[NACL_HFENCE_CONFIG] = BIT64(NACL_HFENCE_PENDING_BIT) |
					(nacl_word)type << NACL_HFENCE_TYPE_SHIFT |
					VMID << NACL_HFENCE_VMID_SHIFT;
	}
}

static bool are_done(void)
{
	nacl_word pending = 0;
	unsigned int i;

	for (i = 0; i < NACL_HFENCE_COUNT; i++)
		pending |= area[NACL_HFENCE_OFFSET / NACL_WORD_SIZE + i * NACL_HFENCE_WORDS];
	return !(pending >> NACL_HFENCE_PENDING_BIT);
}

/*
 * Does one sync_hfence with all entries of @type pending, many times. A timer fires at another
 * moment of it each time. Checks the longest delay of the timer's interrupt.
 */
static void check_latency(const char *what, enum nacl_hfence_type type)
{
	uint64_t after, worst = 0, errors = 0;

	csr_write(CSR_STIMECMP, -1);
	csr_write(CSR_STVEC, (uintptr_t)take_timer);
	csr_write(CSR_SIE, BIT64(IRQ_STI));
	for (after = 1; after < TIMER_TICKS; after += TIMER_STEP) {
		queue_fences(type);
		late = 0;
		due = harts_now() + after;
		csr_write(CSR_STIMECMP, due);
		csr_set(CSR_SSTATUS, SSTATUS_SIE);
		errors += nacl(NACL_FID_SYNC_HFENCE, NACL_ALL_ONES, 0) != 0;
		errors += !are_done();
		while (csr_read(CSR_STIMECMP) != ~UINT64_C(0))
			;
		csr_clear(CSR_SSTATUS, SSTATUS_SIE);
		if (late > worst)
			worst = late;
	}
	csr_write(CSR_SIE, 0);
	guest_print("# %s: a timer comes %lu instructions late\n", what,
		    (unsigned long)worst * INSTRUCTIONS_PER_TICK);
	guest_check("fences that are not done", (int64_t)errors, 0);
	guest_check(what, worst * INSTRUCTIONS_PER_TICK <= LATE_MAX, 1);
}

void check_fences(void)
{
	make_guests();
	guest_check("set_shmem", nacl(NACL_FID_SET_SHMEM, (uintptr_t)area, 0), 0);
	check_latency("60 HFENCE.GVMA of 64 pages under 16 guests", NACL_HFENCE_GVMA_VMID);
	check_latency("60 HFENCE.VVMA of 64 pages under 16 guests", NACL_HFENCE_VVMA);
	check_latency("60 HFENCE.VVMA of 64 pages and an ASID under 16 guests",
		      NACL_HFENCE_VVMA_ASID);
}
