/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine that src/hv and src/riscv run on in this test: some harts with CSRs and caches of translations (tlb.h), RAM at the
 * addresses that it has for the harts, and firmware. Each hart is a coroutine. Another one may go on wherever src/ makes
 * an atomic access or a CSR access, and at each step of a guest; chance decides, from a seed.
 *
 * A hart that waits for another spins, as on the machine.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/domain.h"
#include "hv/vcpu.h"
#include "tlb.h"

#define MACHINE_HARTS 4

/* Physical memory: the guest's, then Halite's. */
#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_SIZE  UINT64_C(0x2000000)
#define HOME_BASE (RAM_BASE + RAM_SIZE)
#define HOME_SPAN UINT64_C(0x800000)
/* A page of the guest's RAM that the domain does not have, so that what is around it comes in small pages. */
#define RAM_HOLE (RAM_BASE + UINT64_C(0x81f000))

struct machine_config {
	unsigned int harts;
	unsigned int vmid_bits;
	unsigned int nacl;	 /* features for the guest; 0: no NACL */
	unsigned int nacl_below; /* features of what is below Halite; 0: no NACL */
	unsigned int tables;	 /* that the pool has; 0: as many as Halite wants at least */
	uint64_t seed;
	uint64_t steps; /* of all guests together */
};

struct hart {
	unsigned int index;
	bool runs;     /* started, and not stopped since */
	bool in_guest; /* else in Halite */
	bool software_interrupt;
	bool deaf;	    /* to it, for a while */
	unsigned int sleep; /* times that it is not chosen to go on */
	uint64_t csr[4096];
	struct vcpu *vcpu;
	struct tlb tlb;
};

extern struct machine_config machine;
extern struct hart *hart; /* that runs */
extern struct hart harts[MACHINE_HARTS];
extern struct domain machine_domain;

/* Boot Halite on hart 0 and let all run until the guests have made their steps. */
void machine_run(const struct machine_config *config);

/* 0 to @below - 1. */
unsigned int pick(unsigned int below);

/* One of @n, most times false. */
static inline bool rarely(unsigned int n)
{
	return pick(n) == 0;
}

/* The end of the test: says why, and what happened before. */
_Noreturn void machine_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For the account of what happened before a failure. */
void machine_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The guest of the hart that runs takes a trap into Halite; on return it goes on, where vcpu->h says. */
struct machine_trap {
	uint64_t cause, tval, htval, htinst;
	bool gva;
};
void machine_trap(const struct machine_trap *trap);

/* Read ahead, on @h, all that the guests ever use, under what is in the CSRs. */
void machine_read_ahead(struct hart *h);

/* ---- the guest: guest.c ---- */

/* Before the first hart starts. */
void guest_init(void);
/* One step of the guest on the hart that runs: an instruction or a few. */
void guest_step(void);
/* Addresses that are used: calls tlb_walk_*(). */
void guest_read_ahead(struct hart *h);
/* A hart starts: its SBI call returned or it is the first. */
void guest_hart_starts(void);

#endif
