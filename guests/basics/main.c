/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks facts that any guest may rely on: SBI calls refuse wrong arguments, and memory that is not
 * the guest's gives access faults. The bare machine passes, too.
 */
#include <libfdt.h>
#include <stdint.h>

#include "guest.h"

#define NOT_SUPPORTED	  (-2)
#define INVALID_PARAM	  (-3)
#define INVALID_ADDRESS	  (-5)
#define ALREADY_AVAILABLE (-6)

#define FIRMWARE    UINT64_C(0x80000000) /* OpenSBI's memory, which is not the guest's */
#define NOWHERE	    UINT64_C(0x40000)	 /* the virt machine has no device there */
#define BEHIND_UART 0x800		 /* in the UART's page, behind its registers */

#define LOAD_ACCESS	 5
#define STORE_ACCESS	 7
#define FETCH_ACCESS	 1
#define STORE_MISALIGNED 6

#define ECALL_VS	10
#define TIMER_INTERRUPT (INT64_MIN | 5)

static volatile uint64_t second_hart_alive;
static uint8_t second_stack[4096] __attribute__((aligned(16)));

static int64_t error_of(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
			uint64_t a3)
{
	return guest_sbi(ext, fid, a0, a1, a2, a3, 0).error;
}

/* Where the boot loader has put the ramdisk, for tests that compare. */
static void print_ramdisk(const void *fdt)
{
	int len;
	const fdt32_t *start =
		fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,initrd-start", &len);

	if (start)
		guest_print("# ramdisk at 0x%lx\n",
			    (unsigned long)(len == 8 ? fdt64_ld((const fdt64_t *)start)
						     : fdt32_ld(start)));
}

static void check_base(void)
{
	guest_check("base: spec version is 0.2 or later",
		    guest_sbi(EXT_BASE, 0, 0, 0, 0, 0, 0).value >= 2, 1);
	guest_check("base: unknown function", error_of(EXT_BASE, 99, 0, 0, 0, 0), NOT_SUPPORTED);
	guest_check("base: probe of an unknown extension",
		    guest_sbi(EXT_BASE, 3, 0x123456, 0, 0, 0, 0).value, 0);
	guest_check("unknown extension", error_of(0x123456, 0, 0, 0, 0, 0), NOT_SUPPORTED);
	guest_check("time: unknown function", error_of(EXT_TIME, 1, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void check_hart_masks(void)
{
	guest_check("ipi: a hart that is not there", error_of(EXT_IPI, 0, 1, 4000, 0, 0),
		    INVALID_PARAM);
	guest_check("ipi: no hart at all", error_of(EXT_IPI, 0, 0, 0, 0, 0), 0);
	guest_check("rfence: a hart that is not there", error_of(EXT_RFENCE, 0, 1, 4000, 0, 0),
		    INVALID_PARAM);
	guest_check("rfence: unknown function", error_of(EXT_RFENCE, 99, 1, 0, 0, 0),
		    NOT_SUPPORTED);
	guest_check("rfence: fence.i", error_of(EXT_RFENCE, 0, 0, -1, 0, 0), 0);
	guest_check("rfence: sfence.vma of everything", error_of(EXT_RFENCE, 1, 0, -1, 0, 0), 0);
	guest_check("rfence: sfence.vma of a page and an ASID",
		    guest_sbi(EXT_RFENCE, 2, 0, -1, 0x1000, 0x1000, 1).error, 0);
	guest_check("rfence: hfence.gvma of a page and a VMID",
		    guest_sbi(EXT_RFENCE, 3, 0, -1, 0x1000, 0x1000, 1).error, 0);
	guest_check("rfence: hfence.gvma of everything", error_of(EXT_RFENCE, 4, 0, -1, 0, 0), 0);
	guest_check("rfence: hfence.vvma of a page and an ASID",
		    guest_sbi(EXT_RFENCE, 5, 0, -1, 0x1000, 0x1000, 1).error, 0);
	guest_check("rfence: hfence.vvma of everything", error_of(EXT_RFENCE, 6, 0, -1, 0, 0), 0);
}

static void check_hsm(uint64_t hartid)
{
	uint64_t other = hartid ? 0 : 1;
	int64_t started;

	guest_check("hsm: start of a hart that is not there",
		    error_of(EXT_HSM, 0, 4000, (uintptr_t)guest_second_start, 0, 0), INVALID_PARAM);
	guest_check("hsm: start of a running hart",
		    error_of(EXT_HSM, 0, hartid, (uintptr_t)guest_second_start, 0, 0),
		    ALREADY_AVAILABLE);
	guest_check("hsm: status of a running hart",
		    guest_sbi(EXT_HSM, 2, hartid, 0, 0, 0, 0).value, 0);
	guest_check("hsm: status of a hart that is not there", error_of(EXT_HSM, 2, 4000, 0, 0, 0),
		    INVALID_PARAM);
	guest_check("hsm: reserved suspend type", error_of(EXT_HSM, 3, 1, 0, 0, 0), INVALID_PARAM);
	if (guest_sbi(EXT_HSM, 2, other, 0, 0, 0, 0).error)
		return;
	guest_check("hsm: start in the firmware's memory",
		    error_of(EXT_HSM, 0, other, FIRMWARE, 0, 0), INVALID_ADDRESS);
	started = error_of(EXT_HSM, 0, other, (uintptr_t)guest_second_start,
			   (uintptr_t)second_stack + sizeof(second_stack), 0);
	/*
	 * The software below may print while the hart starts, so print nothing before it has
	 * started.
	 */
	while (!started && !second_hart_alive)
		;
	guest_check("hsm: start", started, 0);
	guest_check("hsm: the hart that was started says its number", second_hart_alive - 1, other);
	while (guest_sbi(EXT_HSM, 2, other, 0, 0, 0, 0).value != 1)
		;
	guest_check("hsm: it has stopped", guest_sbi(EXT_HSM, 2, other, 0, 0, 0, 0).value, 1);
}

void guest_second_main(uint64_t hartid)
{
	second_hart_alive = hartid + 1;
	guest_sbi(EXT_HSM, 1, 0, 0, 0, 0, 0);
}

static uint64_t read_time(void)
{
	uint64_t time;

	__asm__ volatile("csrr %0, time" : "=r"(time));
	return time;
}

/* sie enables the timer and sstatus does not: the interrupt wakes the hart but is not taken. */
static void check_suspend(void)
{
	uint64_t wake = read_time() + 1000;

	__asm__ volatile("csrs sie, %0" : : "r"(1 << 5));
	guest_sbi(EXT_TIME, 0, wake, 0, 0, 0, 0);
	guest_check("hsm: suspend that keeps the registers", guest_suspend(0), 0);
	guest_check("hsm: it lasted until the timer", read_time() >= wake, 1);
	wake = read_time() + 1000;
	guest_sbi(EXT_TIME, 0, wake, 0, 0, 0, 0);
	guest_check("hsm: suspend that loses the registers", guest_suspend(0x80000000), 1);
	guest_check("hsm: it lasted until the timer", read_time() >= wake, 1);
	guest_sbi(EXT_TIME, 0, -1, 0, 0, 0, 0);
	__asm__ volatile("csrc sie, %0" : : "r"(1 << 5));
}

static void check_console(void)
{
	if (!guest_sbi(EXT_BASE, 3, EXT_DBCN, 0, 0, 0, 0).value)
		return;
	guest_check("dbcn: buffer in the firmware's memory",
		    error_of(EXT_DBCN, 0, 16, FIRMWARE, 0, 0), INVALID_PARAM);
	guest_check("dbcn: nothing to write", error_of(EXT_DBCN, 0, 0, 0x80200000, 0, 0), 0);
	guest_check("dbcn: unknown function", error_of(EXT_DBCN, 99, 0, 0, 0, 0), NOT_SUPPORTED);
}

static void check_memory(const void *fdt)
{
	uint64_t intc = guest_interrupt_controller(fdt);

	guest_check("load where nothing is", guest_try_load(NOWHERE), LOAD_ACCESS);
	guest_check("its stval", guest_trap_value, NOWHERE);
	guest_check("store where nothing is", guest_try_store(NOWHERE), STORE_ACCESS);
	guest_check("fetch where nothing is", guest_try_jump(NOWHERE), FETCH_ACCESS);
	guest_check("load from the firmware", guest_try_load(FIRMWARE), LOAD_ACCESS);
	guest_check("store to the firmware", guest_try_store(FIRMWARE), STORE_ACCESS);
	guest_check("load beyond all memory", guest_try_load(UINT64_C(1) << 40), LOAD_ACCESS);
	guest_check("load from the interrupt controller", guest_try_load(intc + 4), -1);
	guest_check("store to the interrupt controller", guest_try_store(intc + 4), -1);
	guest_check("misaligned load from the interrupt controller",
		    guest_try_load(intc + 6) == LOAD_ACCESS || guest_try_load(intc + 6) == 4, 1);
}

/* HLV, the hypervisor loads, give the same faults as loads. */
static void check_hypervisor_loads(const void *fdt)
{
	guest_check("hlv.d of RAM", guest_try_hlv((uintptr_t)second_stack), -1);
	guest_check("hlv.d where nothing is", guest_try_hlv(NOWHERE), LOAD_ACCESS);
	guest_check("its stval", guest_trap_value, NOWHERE);
	guest_check("hlv.d from the firmware", guest_try_hlv(FIRMWARE), LOAD_ACCESS);
	guest_check("hlv.d that a device refuses", guest_try_hlv(guest_uart(fdt) + BEHIND_UART),
		    LOAD_ACCESS);
}

/* A guest of this guest, with hgatp and vsatp Bare, ends by its traps and by this guest's timer. */
static uint64_t read_hstatus(void)
{
	uint64_t value;

	__asm__ volatile("csrr %0, 0x600" : "=r"(value));
	return value;
}

static void check_l2(void)
{
	guest_check("l2: its ecall", guest_run_l2(guest_l2_ecall), ECALL_VS);
	guest_check("l2: its load where nothing is", guest_run_l2(guest_l2_load), LOAD_ACCESS);
	guest_check("l2: hstatus.GVA of that", !!(read_hstatus() & HSTATUS_GVA), 1);
	guest_check("l2: its misaligned AMO", guest_run_l2(guest_l2_misaligned), STORE_MISALIGNED);
	guest_check("l2: hstatus.GVA of that", !!(read_hstatus() & HSTATUS_GVA), 1);
	guest_check("l2: hstatus.GVA of an ecall",
		    guest_run_l2(guest_l2_ecall) == ECALL_VS && (read_hstatus() & HSTATUS_GVA), 0);
	__asm__ volatile("csrs sie, %0" : : "r"(1 << 5));
	guest_sbi(EXT_TIME, 0, read_time() + 1000, 0, 0, 0, 0);
	guest_check("l2: it loops until the timer of its host", guest_run_l2(guest_l2_spin),
		    TIMER_INTERRUPT);
	guest_sbi(EXT_TIME, 0, -1, 0, 0, 0, 0);
	__asm__ volatile("csrc sie, %0" : : "r"(1 << 5));
}

void guest_main(uint64_t hartid, const void *fdt)
{
	guest_print("KTAP version 1\n");
	print_ramdisk(fdt);
	check_base();
	check_hart_masks();
	check_hsm(hartid);
	check_suspend();
	check_console();
	check_memory(fdt);
	check_hypervisor_loads(fdt);
	check_l2();
	guest_check("srst: reserved type", error_of(EXT_SRST, 0, 3, 0, 0, 0), INVALID_PARAM);
	guest_finish();
}
