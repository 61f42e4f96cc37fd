/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Causes every kind of exit, in as many rounds as the command line says (rounds=N). The software
 * below counts exits; the difference between two runs with different N is the cost of a round.
 */
#include "guest.h"

#define RFENCE_SFENCE_VMA 1

#define NOWHERE	  5 /* load access fault */
#define ECALL_VS  10
#define VMID_UNIT (UINT64_C(1) << 44)

/* The number behind "rounds=" on the command line. */
static unsigned long rounds(const void *fdt)
{
	const char *digits = guest_word(fdt, "rounds=");
	unsigned long n = 0;

	if (!digits)
		return 10;
	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = n * 10 + (unsigned long)(*digits - '0');
	return n;
}

static void fence_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0\n\t" /* hfence.gvma */
			 ".insn r 0x73, 0, 0x11, x0, x0, x0"	 /* hfence.vvma */
			 :
			 :
			 : "memory");
}

static void set_hgatp(uint64_t hgatp)
{
	__asm__ volatile("csrw 0x680, %0" : : "r"(hgatp) : "memory");
}

/* Exits without a guest of this guest. Returns the number of wrong results. */
static unsigned int plain_round(uint64_t hartid, uint64_t intc)
{
	unsigned int wrong = 0;

	wrong += guest_sbi(EXT_BASE, 3, EXT_BASE, 0, 0, 0, 0).value != 1;
	wrong += guest_sbi(EXT_RFENCE, RFENCE_SFENCE_VMA, 1, hartid, 0x1000, 0x1000, 0).error != 0;
	wrong += guest_sbi(EXT_RFENCE, RFENCE_SFENCE_VMA, 1, hartid, 0, 0, 0).error != 0;
	wrong += guest_sbi(EXT_TIME, 0, UINT64_MAX, 0, 0, 0, 0).error != 0;
	wrong += guest_try_load(intc + 4) != UINT64_MAX;
	return wrong;
}

static unsigned int nested_round(unsigned long round)
{
	unsigned int wrong = 0;

	set_hgatp((round & 3) * VMID_UNIT);
	wrong += guest_run_l2(guest_l2_ecall) != ECALL_VS;
	wrong += guest_run_l2(guest_l2_load) != NOWHERE;
	fence_all();
	wrong += guest_run_l2(guest_l2_ecall) != ECALL_VS;
	return wrong;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	uint64_t intc = guest_interrupt_controller(fdt);
	unsigned long count = rounds(fdt);
	unsigned int wrong = 0;
	unsigned long i;

	for (i = 0; i < count; i++)
		wrong += plain_round(hartid, intc) + nested_round(i);
	guest_check("rounds", (int64_t)i, (int64_t)count);
	guest_check("answers that were wrong", wrong, 0);
	guest_finish();
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}
