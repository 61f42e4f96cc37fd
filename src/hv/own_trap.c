/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints a trap of Halite's own before Halite ends: the hart, its registers and CSRs, the address
 * of the image, the build id, and the values on the stack that lie in Halite's text. An address in
 * text is printed as an offset in the image (+0x...), so that it does not depend on the address of
 * home. tools/halite/dump.h reads these lines and adds names.
 */
#include <stdbool.h>
#include <stdio.h>

#include "hv/bringup.h"
#include "hv/console.h"
#include "riscv/csr.h"
#include "riscv/head.h"
#include "riscv/own_trap.h"

#define PREFIX "halite: own trap: "

#define BUILD_ID_SIZE 20

/* The most values of the stack that are printed. */
#define RETURNS_MAX 32

static bool is_text(uint64_t value)
{
	return value - (uintptr_t)riscv_image_start <
	       (uintptr_t)riscv_text_end - (uintptr_t)riscv_image_start;
}

/* Format @value: as an offset in the image if it lies in text, else as a number. */
static const char *place(uint64_t value, char text[24])
{
	if (is_text(value))
		snprintf(text, 24, "+0x%lx", (unsigned long)(value - (uintptr_t)riscv_image_start));
	else
		snprintf(text, 24, "0x%lx", (unsigned long)value);
	return text;
}

static void print_image(uint64_t hartid)
{
	uintptr_t size = (uintptr_t)riscv_build_id_end - (uintptr_t)riscv_build_id;
	char text[2 * BUILD_ID_SIZE + 1] = "none";
	unsigned int i;

	for (i = 0; size == RISCV_NOTE_HEADER + BUILD_ID_SIZE && i < BUILD_ID_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", (uint8_t)riscv_build_id[RISCV_NOTE_HEADER + i]);
	hv_print(PREFIX "hart %lu, image at 0x%lx, build id %s\n", (unsigned long)hartid,
		 (unsigned long)(uintptr_t)riscv_image_start, text);
}

static void print_registers(const uint64_t *x)
{
	unsigned int i;

	for (i = 0; i < 32; i += 4)
		hv_print(PREFIX "x%-2u %016lx x%-2u %016lx x%-2u %016lx x%-2u %016lx\n", i,
			 (unsigned long)x[i], i + 1, (unsigned long)x[i + 1], i + 2,
			 (unsigned long)x[i + 2], i + 3, (unsigned long)x[i + 3]);
}

/* Print the values between @sp and @end, the end of its stack, that lie in text. */
static void print_stack(uint64_t sp, uint64_t end)
{
	unsigned int printed = 0;
	uint64_t value;
	char text[24];

	for (; sp % 8 == 0 && sp < end && printed < RETURNS_MAX; sp += 8) {
		value = *(const uint64_t *)(uintptr_t)sp;
		if (!is_text(value))
			continue;
		hv_print(PREFIX "stack 0x%lx: %s\n", (unsigned long)sp, place(value, text));
		printed++;
	}
}

/*
 * Print the CSRs of the H extension, by CSR instructions, since tp may be the guest's. They trap on
 * a hart without the H extension.
 */
static void print_h_csrs(void)
{
	hv_print(PREFIX "hstatus 0x%lx, htval 0x%lx, htinst 0x%lx, hgatp 0x%lx, vsatp 0x%lx\n",
		 (unsigned long)csr_read(HEXT_CSR_HSTATUS), (unsigned long)csr_read(HEXT_CSR_HTVAL),
		 (unsigned long)csr_read(HEXT_CSR_HTINST), (unsigned long)csr_read(HEXT_CSR_HGATP),
		 (unsigned long)csr_read(HEXT_CSR_VSATP));
}

static _Noreturn void end(const struct own_trap *t)
{
	hv_fatal("internal error: scause 0x%lx, sepc 0x%lx, stval 0x%lx", (unsigned long)t->scause,
		 (unsigned long)t->sepc, (unsigned long)t->stval);
}

void own_trap_report(const struct own_trap *t)
{
	const struct vcpu *v = bringup_vcpu_of_stack(t->x[2]);
	uint64_t stack_end = v ? v->stack_top : (uintptr_t)riscv_boot_stack_end;
	char sepc[24], ra[24];

	console_fail();
	print_image(v ? v->hart->hartid : riscv_boot_hart);
	hv_print(PREFIX "scause 0x%lx, stval 0x%lx, sstatus 0x%lx, satp 0x%lx\n",
		 (unsigned long)t->scause, (unsigned long)t->stval, (unsigned long)t->sstatus,
		 (unsigned long)csr_read(CSR_SATP));
	hv_print(PREFIX "sepc %s, ra %s\n", place(t->sepc, sepc), place(t->x[1], ra));
	print_registers(t->x);
	if (v || t->x[2] >= (uintptr_t)riscv_boot_stack)
		print_stack(t->x[2], stack_end);
	print_h_csrs();
	end(t);
}

/* own_trap_report() or hv_fatal() has trapped: print only the last line, and end. */
void own_trap_again(const struct own_trap *t)
{
	end(t);
}
