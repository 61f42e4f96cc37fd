/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of SBI 0.1 (SBI 2.0 "Legacy Extensions"), as the bare machine answers them. Ends by the
 * last of them. With the word "input" on the command line, expects the byte x from the console.
 */
#include <libfdt.h>
#include <string.h>

#include "csr.h"
#include "guest.h"

enum {
	SET_TIMER,
	CONSOLE_PUTCHAR,
	CONSOLE_GETCHAR,
	CLEAR_IPI,
	SEND_IPI,
	REMOTE_FENCE_I,
	REMOTE_SFENCE_VMA,
	REMOTE_SFENCE_VMA_ASID,
	SHUTDOWN,
	COUNT
};

struct legacy_call {
	uint64_t args[4];
	uint64_t call;
	int64_t result;	 /* a0 */
	uint64_t others; /* 0: a1 to a7 are unchanged */
	int64_t cause;	 /* of the exception at the ECALL; -1: none */
	uint64_t tval;
	int64_t pc; /* sepc of the exception, as a distance from the ECALL */
};

void legacy_call(struct legacy_call *call);

#define NO_TRAP	    (-1)
#define LONG_WAIT   10000000
#define INPUT_TICKS 100000000 /* 10 seconds on QEMU's virt machine */

/* Pages of masks in the second GiB of virtual addresses. */
#define WINDOW	UINT64_C(0x40000000)
#define NOWHERE UINT64_C(0x40000) /* QEMU's virt machine has nothing there */

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t leaves[512] __attribute__((aligned(4096)));
static uint64_t data[2][512] __attribute__((aligned(4096)));

enum page { READABLE, ANOTHER, UNMAPPED, EXECUTABLE, OF_USER, NO_RAM, NOT_ACCESSED, CHANGING };

static uint64_t at(enum page page)
{
	return WINDOW + page * PAGE;
}

static struct legacy_call call;

/* Makes a call and returns a0. */
static int64_t legacy(uint64_t number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	memset(&call, 0, sizeof(call));
	call.args[0] = a0;
	call.args[1] = a1;
	call.args[2] = a2;
	call.args[3] = a3;
	call.call = number;
	legacy_call(&call);
	return call.result;
}

static void paging_on(void)
{
	csr_write(CSR_SATP, UINT64_C(8) << 60 | (uintptr_t)root >> 12);
	__asm__ volatile("sfence.vma" : : : "memory");
}

static void make_tables(void)
{
	/* Devices and RAM, in pages of 1 GiB; a reader of a page has no U. */
	root[0] = PTE_RWX;
	root[1] = PPN(middle) | PTE_V;
	root[2] = PPN(0x80000000) | PTE_RWX;
	middle[0] = PPN(leaves) | PTE_V;
	leaves[READABLE] = PPN(data[0]) | PTE_V | PTE_R | PTE_A;
	leaves[ANOTHER] = PPN(data[1]) | PTE_V | PTE_R | PTE_A;
	leaves[EXECUTABLE] = PPN(data[0]) | PTE_V | PTE_X | PTE_A;
	leaves[OF_USER] = PPN(data[0]) | PTE_V | PTE_R | PTE_A | PTE_U;
	leaves[NO_RAM] = PPN(NOWHERE) | PTE_V | PTE_R | PTE_A;
	leaves[NOT_ACCESSED] = PPN(data[0]) | PTE_V | PTE_R;
	leaves[CHANGING] = PPN(data[0]) | PTE_V | PTE_R | PTE_A;
}

static bool is_pending(unsigned int irq)
{
	return csr_read(CSR_SIP) >> irq & 1;
}

static bool becomes_pending(unsigned int irq)
{
	unsigned int i;

	for (i = 0; i < LONG_WAIT && !is_pending(irq); i++)
		;
	return is_pending(irq);
}

static void check_probe(void)
{
	unsigned int i, found = 0;

	for (i = 0; i < COUNT; i++)
		found += guest_sbi(EXT_BASE, 3, i, 0, 0, 0, 0).value != 0;
	guest_check("the base extension knows all legacy calls", found, COUNT);
	guest_check("but not what is behind them",
		    (int64_t)guest_sbi(EXT_BASE, 3, 9, 0, 0, 0, 0).value, 0);
}

static void check_timer(void)
{
	guest_check("set_timer", legacy(SET_TIMER, csr_read(CSR_TIME) + 1000, 1, 2, 3), 0);
	guest_check("it keeps a1 to a7", (int64_t)call.others, 0);
	guest_check("the timer fires", becomes_pending(IRQ_STI), 1);
	guest_check("set_timer to never", legacy(SET_TIMER, -1, 0, 0, 0), 0);
	guest_check("the interrupt is cleared", is_pending(IRQ_STI), 0);
}

static void check_console(bool input)
{
	static const char text[] = "# written by putchar\n";
	uint64_t end = csr_read(CSR_TIME) + INPUT_TICKS;
	int64_t wrong = 0, got;
	unsigned int i;

	for (i = 0; i < sizeof(text) - 1; i++)
		wrong |= legacy(CONSOLE_PUTCHAR, (unsigned char)text[i] | 0x5500, 1, 2, 3) |
			 (int64_t)call.others;
	guest_check("console_putchar, and a1 to a7 behind it", wrong, 0);
	got = legacy(CONSOLE_GETCHAR, 7, 1, 2, 3);
	while (input && got == -1 && csr_read(CSR_TIME) < end)
		got = legacy(CONSOLE_GETCHAR, 7, 1, 2, 3);
	guest_check("console_getchar", got, input ? 'x' : -1);
	guest_check("it keeps a1 to a7", (int64_t)call.others, 0);
}

static void check_own_ipi(const char *what, uint64_t mask, bool sent)
{
	guest_check(what, legacy(SEND_IPI, mask, 1, 2, 3), 0);
	guest_check("it keeps a1 to a7", (int64_t)call.others, 0);
	guest_check("the interrupt is pending", becomes_pending(IRQ_SSI) ? 1 : 0, sent);
	guest_check("clear_ipi", legacy(CLEAR_IPI, 7, 1, 2, 3), 0);
	guest_check("the interrupt is cleared", is_pending(IRQ_SSI), 0);
}

/* The call faults at the ECALL, as a load of @tval does, and changes no register. */
static void check_fault(const char *what, uint64_t number, uint64_t mask, int64_t cause,
			uint64_t tval)
{
	int64_t result = legacy(number, mask, 0, 0, 0);

	guest_check(what, call.cause, cause);
	if (cause == NO_TRAP)
		return;
	guest_check("sepc is the ECALL's", call.pc, 0);
	guest_check("stval", (int64_t)call.tval, (int64_t)tval);
	guest_check("hstatus.GVA", !!(csr_read(CSR_HSTATUS) & HSTATUS_GVA), 0);
	guest_check("a0 is as it was", result, (int64_t)mask);
	guest_check("a1 to a7, too", (int64_t)call.others, 0);
}

static void check_masks(uint64_t hartid)
{
	const unsigned int last = PAGE / 8 - 1;
	uint64_t cause;

	/* A mask that begins in the last four bytes of a page: its bits are in both halves. */
	data[0][0] = BIT64(hartid);
	data[0][last] = BIT64(hartid + 32);
	data[1][0] = 0;
	check_own_ipi("send_ipi by a mask", (uintptr_t)data[0], true);
	check_own_ipi("send_ipi to all", 0, true);
	check_own_ipi("send_ipi to no hart", (uintptr_t)data[1], false);
	data[0][0] |= BIT64(40);
	check_own_ipi("send_ipi to a hart that is not there, too", (uintptr_t)data[0], true);
	check_own_ipi("send_ipi by a mask that is not aligned", (uintptr_t)&data[0][last] + 4,
		      true);
	check_fault("send_ipi by a mask where nothing is", SEND_IPI, NOWHERE, CAUSE_LOAD_ACCESS,
		    NOWHERE);
	paging_on();
	check_own_ipi("send_ipi by a virtual address", at(READABLE), true);
	check_own_ipi("send_ipi by a mask in two pages", at(READABLE) + PAGE - 4, true);
	check_fault("by a mask that is not mapped", SEND_IPI, at(UNMAPPED), CAUSE_LOAD_PAGE,
		    at(UNMAPPED));
	check_fault("by a mask that ends where nothing is mapped", SEND_IPI, at(UNMAPPED) - 4,
		    CAUSE_LOAD_PAGE, at(UNMAPPED));
	check_fault("by a mask that cannot be read", SEND_IPI, at(EXECUTABLE), CAUSE_LOAD_PAGE,
		    at(EXECUTABLE));
	csr_set(CSR_SSTATUS, SSTATUS_MXR);
	check_own_ipi("send_ipi by that mask with MXR", at(EXECUTABLE), true);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	check_fault("by a mask of U mode", SEND_IPI, at(OF_USER), CAUSE_LOAD_PAGE, at(OF_USER));
	csr_set(CSR_SSTATUS, SSTATUS_SUM);
	check_own_ipi("send_ipi by that mask with SUM", at(OF_USER), true);
	csr_clear(CSR_SSTATUS, SSTATUS_SUM);
	check_fault("by a mask that is mapped to nowhere", SEND_IPI, at(NO_RAM), CAUSE_LOAD_ACCESS,
		    at(NO_RAM));
	check_fault("by an address that is not canonical", SEND_IPI, BIT64(50), CAUSE_LOAD_PAGE,
		    BIT64(50));
	check_fault("remote_fence_i, not mapped", REMOTE_FENCE_I, at(UNMAPPED), CAUSE_LOAD_PAGE,
		    at(UNMAPPED));
	check_fault("remote_sfence_vma, not mapped", REMOTE_SFENCE_VMA, at(UNMAPPED),
		    CAUSE_LOAD_PAGE, at(UNMAPPED));
	check_fault("remote_sfence_vma_asid, not mapped", REMOTE_SFENCE_VMA_ASID, at(UNMAPPED),
		    CAUSE_LOAD_PAGE, at(UNMAPPED));
	/* A load sets A, or faults, by what the hart does. */
	cause = guest_try_load(at(NOT_ACCESSED));
	leaves[NOT_ACCESSED] &= ~PTE_A;
	__asm__ volatile("sfence.vma" : : : "memory");
	check_fault("by a mask in a page with A clear", SEND_IPI, at(NOT_ACCESSED), (int64_t)cause,
		    at(NOT_ACCESSED));
	guest_check("its A", !!(leaves[NOT_ACCESSED] & PTE_A), cause == (uint64_t)NO_TRAP);
	legacy(CLEAR_IPI, 0, 0, 0, 0);
}

/* ---- the other hart ---- */

static uint8_t second_stack[4096] __attribute__((aligned(16)));
static volatile uint64_t seen, rounds, interrupted;

/* Reads the page whose entry changes, all the time, with paging and without an exit. */
void guest_second_main(uint64_t hartid)
{
	(void)hartid;
	csr_write(CSR_SIE, 0);
	paging_on();
	for (;;) {
		seen = *(volatile uint64_t *)(at(CHANGING) + 8);
		interrupted = is_pending(IRQ_SSI);
		rounds = rounds + 1;
	}
}

/* Whether the other hart reads @value after it has read again. */
static bool other_reads(uint64_t value)
{
	uint64_t from = rounds;

	while (rounds < from + 3)
		;
	return seen == value;
}

static void change_page(unsigned int page)
{
	*(volatile uint64_t *)&leaves[CHANGING] = PPN(data[page]) | PTE_V | PTE_R | PTE_A;
	__asm__ volatile("fence rw, rw" : : : "memory");
}

static void check_other_hart(uint64_t hartid)
{
	uint64_t other = hartid ? 0 : 1;

	if (guest_sbi(EXT_HSM, 2, other, 0, 0, 0, 0).error)
		return;
	data[0][1] = 100;
	data[1][1] = 101;
	data[0][0] = BIT64(other);
	guest_check("the other hart starts",
		    guest_sbi(EXT_HSM, 0, other, (uintptr_t)guest_second_start,
			      (uintptr_t)second_stack + sizeof(second_stack), 0, 0)
			    .error,
		    0);
	guest_check("it reads the first page", other_reads(100), 1);
	change_page(1);
	guest_check("remote_sfence_vma of a page",
		    legacy(REMOTE_SFENCE_VMA, at(READABLE), at(CHANGING), PAGE, 0), 0);
	guest_check("it keeps a1 to a7", (int64_t)call.others, 0);
	guest_check("it reads the second page", other_reads(101), 1);
	change_page(0);
	guest_check("remote_sfence_vma_asid of all",
		    legacy(REMOTE_SFENCE_VMA_ASID, at(READABLE), 0, 0, 0), 0);
	guest_check("it reads the first page", other_reads(100), 1);
	change_page(1);
	guest_check("remote_sfence_vma of all harts", legacy(REMOTE_SFENCE_VMA, 0, 0, -1, 0), 0);
	guest_check("it reads the second page", other_reads(101), 1);
	guest_check("remote_fence_i", legacy(REMOTE_FENCE_I, at(READABLE), 0, 0, 0), 0);
	guest_check("it has no interrupt", (int64_t)interrupted, 0);
	guest_check("send_ipi to it", legacy(SEND_IPI, at(READABLE), 0, 0, 0), 0);
	while (!interrupted)
		;
	guest_check("this hart has no interrupt", is_pending(IRQ_SSI), 0);
}

static bool has_word(const void *fdt, const char *word)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const char *words = fdt_getprop(fdt, chosen, "bootargs", NULL);

	return words && strstr(words, word);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	guest_print("KTAP version 1\n");
	make_tables();
	check_probe();
	check_timer();
	check_console(has_word(fdt, "input"));
	check_masks(hartid);
	check_other_hart(hartid);
	/* A second plan makes the test fail. */
	if (guest_plan())
		legacy(SHUTDOWN, 7, 1, 2, 3);
	guest_finish();
}
