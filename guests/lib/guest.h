/* SPDX-License-Identifier: BSD-2-Clause */
/* What bare-metal guests share: firmware calls, output as KTAP, accesses that may trap. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

struct guest_result {
	int64_t error;
	uint64_t value;
};

struct guest_result guest_sbi(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
			      uint64_t a2, uint64_t a3, uint64_t a4);

/* printf to the firmware's console, integers only; each call with one line, which stays whole. */
void guest_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* One line of KTAP: whether @seen is @expected, and both. */
void guest_check(const char *what, int64_t seen, int64_t expected);

/* This hart's exits into Halite for all reasons together, with that of this call; -1: they are not counted. */
int64_t guest_exits(void);

/* The plan line, then power off: with failure if a check failed. */
_Noreturn void guest_finish(void);

/* The cause of the exception that the access takes, or -1. */
uint64_t guest_try_load(uint64_t addr);
uint64_t guest_try_store(uint64_t addr);
uint64_t guest_try_jump(uint64_t addr);
uint64_t guest_try_hlv(uint64_t addr);
extern uint64_t guest_trap_value; /* stval of the last of them that trapped */

/*
 * Run code as a guest of this one until it traps: scause. The code: ECALL; a loop; a load from 0x40000; an AMO on a
 * misaligned address.
 */
uint64_t guest_run_l2(void (*code)(void));
void guest_l2_ecall(void);
void guest_l2_spin(void);
void guest_l2_load(void);
void guest_l2_misaligned(void);

/* SBI HSM suspend of @type: the error; 1 if it came back through the resume address. */
int64_t guest_suspend(uint64_t type);

/* Where guest_second_main() begins when a hart is started there with its stack top as the argument. */
void guest_second_start(void);

/*
 * intc.c: where the interrupt controller of S mode is, a PLIC or an APLIC; 0: none. Either has a register of source 1
 * at offset 4.
 */
uint64_t guest_interrupt_controller(const void *fdt);

/* The guest's own. */
void guest_main(uint64_t hartid, const void *fdt);
void guest_second_main(uint64_t hartid);
void guest_unexpected(uint64_t cause, uint64_t pc, uint64_t tval);

#endif
