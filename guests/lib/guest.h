/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions for all bare-metal guests: firmware calls, output as KTAP, accesses that may trap. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "numbers.h"

struct guest_result {
	int64_t error;
	uint64_t value;
};

struct guest_result guest_sbi(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
			      uint64_t a2, uint64_t a3, uint64_t a4);

/* Writes a text to the firmware's console. */
void guest_write(const char *text, uint64_t size);

/* printf to the firmware's console, integers only. Pass one line in a call: it then stays whole. */
void guest_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What is behind @word in the device tree, or NULL. For words like "rounds=" of the command line
 * (/chosen/bootargs), which the device tree has nowhere else. Ends at a blank, or at a null byte.
 */
const char *guest_word(const void *fdt, const char *word);

/* Prints a line of KTAP: whether @seen is @expected, and both values. */
void guest_check(const char *what, int64_t seen, int64_t expected);

/*
 * The number of this hart's exits into Halite for all reasons, with the exit of this call. -1:
 * Halite does not count exits, or there is no Halite.
 */
int64_t guest_exits(void);

/* Prints the plan line. Returns whether all checks have passed. */
bool guest_plan(void);

/* Prints the plan line and powers off. The power-off reports a failure if a check failed. */
_Noreturn void guest_finish(void);

/* Do an access. Return the cause of its exception, or -1 if there was none. */
uint64_t guest_try_load(uint64_t addr);
uint64_t guest_try_store(uint64_t addr);
uint64_t guest_try_jump(uint64_t addr);
uint64_t guest_try_hlv(uint64_t addr);
extern uint64_t guest_trap_value; /* stval of the last exception of these */

/*
 * Runs @code as a guest of this guest until it traps, and returns scause. Code to run: ECALL; an
 * endless loop; a load from 0x40000; an AMO on a misaligned address.
 */
uint64_t guest_run_l2(void (*code)(void));
void guest_l2_ecall(void);
void guest_l2_spin(void);
void guest_l2_load(void);
void guest_l2_misaligned(void);

/* SBI HSM suspend of @type. Returns the error, or 1 if the hart resumed at the resume address. */
int64_t guest_suspend(uint64_t type);

/* The same by SBI SUSP. */
int64_t guest_suspend_system(uint64_t type);

/* What the hart has had at the last resume of these. The opaque value is 0x5a. */
extern struct {
	uint64_t a0, a1, satp, sstatus;
} guest_resumed;

/*
 * Start address for harts that this guest starts: calls guest_second_main(). The argument (a1) is
 * the top of the hart's stack.
 */
void guest_second_start(void);

/*
 * intc.c: the address of the interrupt controller of S mode, a PLIC or an APLIC; 0: there is none.
 * Both have a register of source 1 at offset 4.
 */
uint64_t guest_interrupt_controller(const void *fdt);

/* intc.c: the address of the PLIC, and of the NS16550A; 0: there is none. */
uint64_t guest_plic(const void *fdt);
uint64_t guest_uart(const void *fdt);

/*
 * intc.c: the UART's source at the controller with phandle @controller, or at the PLIC; 0: it has
 * none there. guest_uart_wire(): its source at guest_interrupt_controller(). The PLIC's context for
 * S mode of a hart; -1: there is none. guest_plic_sources(): the number of the PLIC's last source.
 */
unsigned int guest_uart_source(const void *fdt, uint32_t controller);
unsigned int guest_uart_wire(const void *fdt);
unsigned int guest_plic_uart_source(const void *fdt);
unsigned int guest_plic_sources(const void *fdt);
int guest_plic_context(const void *fdt, uint64_t hartid);

/* Each guest defines these. */
void guest_main(uint64_t hartid, const void *fdt);
void guest_second_main(uint64_t hartid);
void guest_unexpected(uint64_t cause, uint64_t pc, uint64_t tval);

#endif
