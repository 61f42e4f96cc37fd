/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface between guest.c and interrupts.c, the two halves of the guest. */
#ifndef GUEST_H
#define GUEST_H

#include "machine.h"

/* An instruction of L1 or L2 traps. */
void guest_trap(const struct machine_trap *t);

/* An SBI call of L1; returns a0. */
uint64_t guest_ecall(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
		     uint64_t a4);

/* @t is the trap of an instruction that loads a0 from (a1), or stores a2 there. */
void guest_fill_access(struct machine_trap *t, enum hext_access type, uint64_t addr,
		       unsigned int size);

/* ---- interrupts.c ---- */

/* L1's hart begins. */
void interrupts_set_up(void);

/* L1 takes an interrupt that its sip shows, if it wants to. */
bool interrupts_of_l1(void);

/* L1 sends an IPI, or uses the PLIC. */
void interrupts_step(void);

/*
 * No IPI is lost, and what L1 sees of the PLIC is what the PLIC says: while no hart is in Halite,
 * nor about to be. Now and then, and where something looks wrong, all harts come to rest for it
 * (machine_calm).
 */
void interrupts_check(void);

#endif
