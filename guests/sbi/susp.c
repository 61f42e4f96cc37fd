/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System suspend (SBI 3.0 "System Suspend Extension"), where the firmware has it. A hart waits for
 * an interrupt afterwards, as on the bare machine: OpenSBI's device for tests waits for 5 seconds,
 * then until an interrupt is pending that the hart enables.
 */
#include "sbi.h"

#define SUSPEND_TO_RAM 0
#define SECOND	       UINT64_C(10000000) /* of QEMU's time CSR */
#define DEVICE_WAITS   (5 * SECOND)

#define IRQ_VSSI 2
#define IRQ_STI	 5
#define IRQ_VSTI 6

#define HENVCFG_STCE BIT64(63)

/* FWFT: check_fwft() has left this feature with another value than that of a hart that starts. */
#define FWFT_GET   1
#define MISALIGNED 0

static int64_t suspend(uint64_t type, uint64_t addr)
{
	return guest_sbi(EXT_SUSP, 0, type, addr, 0, 0, 0).error;
}

static void check_arguments(void)
{
	static const uint32_t types[] = { 1, 0x7fffffff, 0x80000000, 0xffffffff };
	const uint64_t resume = (uintptr_t)guest_second_start;
	unsigned int i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		guest_check("susp: a type that is not there", suspend(types[i], resume),
			    INVALID_PARAM);
	guest_check("susp: resume in the firmware", suspend(SUSPEND_TO_RAM, FIRMWARE),
		    INVALID_ADDRESS);
	guest_check("susp: resume where nothing is", suspend(SUSPEND_TO_RAM, NOWHERE),
		    INVALID_ADDRESS);
	guest_check("susp: resume at an odd address", suspend(SUSPEND_TO_RAM, resume + 1),
		    INVALID_ADDRESS);
	guest_check("susp: unknown function", guest_sbi(EXT_SUSP, 1, 0, resume, 0, 0, 0).error,
		    NOT_SUPPORTED);
}

/* ---- another hart that is not stopped ---- */

static volatile bool runs, stop;

static void run(void)
{
	runs = true;
	while (!stop)
		;
}

static void check_other_hart(void)
{
	runs = stop = false;
	start_other_hart(run);
	guest_check("susp: while another hart starts", guest_suspend_system(SUSPEND_TO_RAM),
		    DENIED);
	while (!runs)
		;
	guest_check("susp: while another hart runs", guest_suspend_system(SUSPEND_TO_RAM), DENIED);
	stop = true;
	wait_for_other_hart();
}

/* ---- a suspend ---- */

static int64_t feature(void)
{
	struct guest_result r = guest_sbi(EXT_FWFT, FWFT_GET, MISALIGNED, 0, 0, 0, 0);

	return r.error ? r.error : (int64_t)r.value;
}

/* Returns the time that the suspend has taken. */
static uint64_t check_resume(uint64_t hart, uint64_t type)
{
	int64_t value = feature();
	uint64_t from;

	csr_set(CSR_SSTATUS, SSTATUS_SIE);
	from = csr_read(CSR_TIME);
	guest_check("susp: the hart resumes", guest_suspend_system(type), 1);
	from = csr_read(CSR_TIME) - from;
	guest_check("susp: a0", guest_resumed.a0, hart);
	guest_check("susp: a1", guest_resumed.a1, 0x5a);
	guest_check("susp: satp", guest_resumed.satp, 0);
	guest_check("susp: sstatus.SIE", guest_resumed.sstatus & SSTATUS_SIE, 0);
	guest_check("susp: FWFT keeps its value", feature(), value);
	return from;
}

/* The timer of this guest is the interrupt. */
static void check_own_timer(uint64_t hart)
{
	uint64_t seen;

	csr_write(CSR_STIMECMP, csr_read(CSR_TIME) + DEVICE_WAITS / 2);
	csr_write(CSR_SIE, BIT64(IRQ_STI));
	seen = check_resume(hart, SUSPEND_TO_RAM | UINT64_C(7) << 32);
	guest_check("susp: the machine was suspended", seen >= DEVICE_WAITS, 1);
	guest_check("susp: the interrupt is still pending", csr_read(CSR_SIP) & BIT64(IRQ_STI),
		    BIT64(IRQ_STI));
	csr_write(CSR_SIE, 0);
	csr_write(CSR_STIMECMP, -1);
}

/* The timer of a guest of this guest is the interrupt, which this guest has not delegated. */
static void check_timer_of_l2(uint64_t hart)
{
	uint64_t deadline = csr_read(CSR_TIME) + DEVICE_WAITS + SECOND / 2;

	csr_set(CSR_HENVCFG, HENVCFG_STCE);
	csr_write(CSR_HTIMEDELTA, 0);
	csr_write(CSR_VSTIMECMP, deadline);
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HIE, BIT64(IRQ_VSTI));
	check_resume(hart, SUSPEND_TO_RAM);
	guest_check("susp: it was not too early", csr_read(CSR_TIME) >= deadline, 1);
	csr_write(CSR_VSTIMECMP, -1);
}

/* An interrupt that only Halite knows is pending. */
static void check_pending(uint64_t hart)
{
	csr_write(CSR_HIDELEG, 0);
	csr_write(CSR_HIE, BIT64(IRQ_VSSI));
	csr_write(CSR_HVIP, BIT64(IRQ_VSSI));
	guest_check("susp: not suspended with an interrupt pending",
		    check_resume(hart, SUSPEND_TO_RAM) < DEVICE_WAITS / 2, 1);
	guest_check("susp: it is still pending", csr_read(CSR_HVIP) & BIT64(IRQ_VSSI),
		    BIT64(IRQ_VSSI));
	csr_write(CSR_HVIP, 0);
	csr_write(CSR_HIE, 0);
}

static void check_guest(void)
{
	guest_check("susp: this guest can have a guest", guest_run_l2(guest_l2_ecall), 10);
}

void check_susp(uint64_t hart)
{
	if (!has_extension(EXT_SUSP)) {
		guest_check("susp: without the extension", guest_suspend_system(SUSPEND_TO_RAM),
			    NOT_SUPPORTED);
		return;
	}
	check_arguments();
	check_other_hart();
	check_own_timer(hart);
	check_guest();
	check_timer_of_l2(hart);
	csr_write(CSR_HIE, 0);
	check_guest();
	check_pending(hart);
}
