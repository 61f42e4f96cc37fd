/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine that src/hv and src/riscv run on in this test: some harts with CSRs and caches of
 * translations (tlb.h), RAM at the addresses that it has for the harts, devices (devices.h), and
 * firmware (firmware.c). Each hart is a coroutine. Another one may go on wherever src/ accesses
 * memory (hooks.c) or a CSR, and at each step of a guest; chance decides, from a seed.
 *
 * The machine misbehaves as far as hardware and firmware may. A device can refuse any access: when
 * it refuses one of Halite's, the hart takes a trap of Halite's own, which overwrites all trap CSRs
 * (machine_own_trap()). Calls of the firmware fail at random.
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
/*
 * A page of the guest's RAM that the domain does not have, so that what is around it comes in small
 * pages.
 */
#define RAM_HOLE (RAM_BASE + UINT64_C(0x81f000))

struct machine_config {
	unsigned int harts;
	unsigned int vmid_bits;
	unsigned int nacl;	 /* features for the guest; 0: no NACL */
	unsigned int nacl_below; /* features of what is below Halite; 0: no NACL */
	bool interrupts;	 /* L1 is busy with them */
	unsigned int tables;	 /* that the pool has; 0: as many as Halite wants at least */
	uint64_t seed;
	uint64_t steps; /* of all guests together */
};

/* The access to memory that an instruction of a guest makes, as its trap tells. */
struct machine_access {
	enum { ACCESS_NONE, ACCESS_LOAD, ACCESS_STORE } kind;
	unsigned int size;
	uint64_t addr; /* its lowest 12 bits count */
};

/* A trap of a guest. Where it is taken (sepc, privilege) is the hart's pc and user. */
struct machine_trap {
	uint64_t cause, tval, htval, htinst;
	bool gva;
	uint32_t code; /* of the instruction, for who fetches it */
	struct machine_access access;
};

struct hart {
	unsigned int index;
	bool runs;     /* started, and not stopped since */
	bool in_guest; /* else in Halite */
	bool software_interrupt;
	bool deaf; /* to it, for a while */
	/* Firmware has refused an IPI for it: what it is asked for waits until it comes to it. */
	bool kick_lost;
	unsigned int sleep; /* times that it is not chosen to go on */
	uint64_t csr[4096];
	/* The guest that runs: where it is, in VU-mode or VS-mode. */
	uint64_t pc;
	bool user;
	struct machine_trap trap; /* its last into Halite */
	struct machine_store {
		bool waits;
		volatile uint8_t *memory; /* NULL: a device */
		uint64_t addr, value;
		unsigned int size;
	} store;
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

/*
 * The guest of the hart that runs takes a trap: into Halite, or into VS-mode where hedeleg says so.
 * On return the hart runs a guest again.
 */
void machine_trap(const struct machine_trap *trap);

/* Halite itself takes an exception: of a load or store, at its own code, in HS-mode. */
void machine_own_trap(uint64_t cause, uint64_t tval, bool gva, uint64_t htval);

/* The hart's CSR becomes, without anything that happens meanwhile; returns the old value. */
uint64_t machine_change_csr(unsigned int csr, uint64_t clear, uint64_t set);
uint64_t machine_legal_vmid(uint64_t vmid);

/*
 * Others may run, or this or another hart read ahead; at a place where that is more likely to
 * matter.
 */
void machine_pause(void);
void machine_pause_at_lock(void);

/*
 * A store of the hart that other harts do not see yet. At most one store waits: in the hart's store
 * buffer, or posted to a device. False: no store may wait now. A fence ends the wait, as do some
 * other events. machine_look_at_store(): the hart itself accesses @p.
 */
bool machine_store_late(volatile void *p, uint8_t value);
void machine_look_at_store(const volatile void *p);
void machine_fence(void);

/* Read ahead, on @h, all that the guests ever use, under what is in the CSRs. */
void machine_read_ahead(struct hart *h);

/* Firmware starts hart @hartid at bringup_hart_started(@v). */
void machine_start_hart(uint64_t hartid, struct vcpu *v);
/* Another hart goes on; for ever, if the one that runs has been stopped. */
void machine_switch(void);

/*
 * While this is set, nothing else happens: the level below Halite consumes dirty CSRs and pending
 * fences immediately, and the hart translates nothing.
 */
extern bool machine_undisturbed;

/*
 * Harts come to rest: they leave Halite without delay, take what interrupts them, and their guests
 * do nothing.
 */
extern bool machine_calm;

/* ---- firmware.c: what is below Halite ---- */

/* A hart starts; at boot, and then by firmware. */
void firmware_hart_starts(void);
/* The guest has trapped; it is about to run. */
void firmware_after_trap(void);
/* An instruction has written @csr. */
void firmware_csr_written(unsigned int csr);
void firmware_before_guest(void);

/* ---- judge.c: whether each trap leads to what the specification says ---- */

/* The guest traps into Halite, or its hart starts; Halite leaves for it. */
void judge_trap(void);
void judge_start(uint64_t pc);
void judge_entry(void);

/* ---- the guest: guest.c ---- */

/* Before the first hart starts. */
void guest_init(void);
/* One step of the guest on the hart that runs: an instruction or a few. */
void guest_step(void);
/* Addresses that are used: calls tlb_walk_*(). */
void guest_read_ahead(struct hart *h);
/*
 * The value of @csr in L1's area of SBI NACL on the hart that runs. False: there is no area, or L1
 * does not know of one.
 */
bool guest_area_csr(unsigned int csr, uint64_t *value);
/* Another hart's L1, or a device with DMA, writes to memory. */
void guest_interferes(void);
/* A hart starts: its SBI call returned or it is the first. */
void guest_hart_starts(void);
/* Firmware has stopped it. */
void guest_hart_stops(void);

/* Where its handlers are: L1's stvec, L2's. Its code is anywhere else. */
#define L1_HANDLER (RAM_BASE + UINT64_C(0x180000))
#define L2_HANDLER UINT64_C(0x30000000)
#define L1_START   (RAM_BASE + UINT64_C(0x1000))

#endif
