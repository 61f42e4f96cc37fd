/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The switch of the physical hart between the two states of a virtual hart: OFF (L1 runs) and ON
 * (L2 runs). docs/architecture.md says which state holds which CSR where.
 *
 * Every function acts on the hart that calls it.
 */
#ifndef RISCV_WORLD_H
#define RISCV_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/hext.h"

/* VMIDLEN of this hart (priv H, hgatp). Leaves hgatp 0; no guest runs yet. */
unsigned int world_vmid_bits(void);

/*
 * What the hardware needs to know of a domain's harts, beside what src/hext does. Each hext_config
 * that a hart of this folder has is the first member of one of these.
 */
struct world_config {
	struct hext_config hext;
	bool svinval;
	bool stateen;		/* Smstateen */
	bool open_iselect;	/* L1 reaches siselect though it is told of no such CSR */
	uint8_t l1_file;	/* the physical guest file that is L1's own; 0: none */
	uint64_t hstatus_of_l1; /* what hstatus holds while L1 runs, at least */
	uint64_t henvcfg_of_l1;
	uint64_t sstatus_of_l1; /* Halite's own sstatus when L1 goes on in S mode */
};

static inline const struct world_config *world_config(const struct hext_config *cfg)
{
	return (const struct world_config *)cfg;
}

static inline uint64_t henvcfg_of_l1(const struct hext_config *cfg)
{
	return world_config(cfg)->henvcfg_of_l1;
}

#define SPV_ANY_EPC 1 /* no sepc is odd */

/* The same of a hart: its hext_hart is the first member of one of these. */
struct world_hart {
	struct hext_hart h;
	uint64_t hvictl_of_l1; /* what hvictl holds while L1 runs and no SGEI waits */
	/*
	 * For L1 that runs on with hstatus.SPV set: L1's scause and sepc when that began. sepc is
	 * SPV_ANY_EPC where L1 has written SPV, and may still write sepc.
	 */
	uint64_t spv_cause, spv_epc;
};

static inline struct world_hart *world_hart(struct hext_hart *h)
{
	return (struct world_hart *)h;
}

static inline const struct world_hart *world_const_hart(const struct hext_hart *h)
{
	return (const struct world_hart *)h;
}

/* Probe what the hart implements into @w; isa facts in w->hext, and l1_file, are there already. */
void world_probe(struct world_config *w);

/* Bring the CSRs that do not depend on the guest's state to Halite's values. */
void world_init(const struct hext_config *cfg);

/* Save the live CSRs of the state @h is in to its image. */
void world_save(struct hext_hart *h);

/* What Halite's own comparator, stimecmp, holds: it carries L1's deadline while L2 runs. */
struct world_timer {
	uint64_t timecmp;
};

/*
 * Set the comparator for L2 to run. Part of world_load(); when L1 runs it is left as it is, since the
 * next L2 often wants the same: it may then interrupt once, to be stopped.
 */
void world_start_timer(struct world_timer *t, const struct hext_hart *h);
void world_stop_timer(struct world_timer *t);

/* With Sstc, have the hart come back at @deadline, in ticks of the timebase, or earlier. */
void world_call_at(struct world_timer *t, uint64_t deadline);

/* Sleep until an interrupt is pending that L1 or Halite enables, or at @deadline. May end early. */
void world_wait(struct world_timer *t, uint64_t deadline);

/*
 * Load the CSRs for the state @h is in. @hgatp: the G-stage to run it with, which is the domain's when OFF
 * and a shadow when ON.
 */
void world_load(const struct hext_hart *h, struct world_timer *t, uint64_t hgatp);

/*
 * Load the few CSRs that L1 can change while OFF by a trapped access: hstatus, hedeleg. Also done
 * by world_load().
 */
void world_load_hstatus(const struct hext_hart *h);

/* hstatus as the guest's trap has left it. */
uint64_t world_guest_hstatus(void);

/* The last thing before riscv_enter_guest(): what waits in shared memory and is not taken from there then. */
void world_before_entry(void);

/* While L2 runs, or L1 with SGEI waiting: a file has an interrupt for L1. For has_interrupts() in vcpu.c. */
bool world_files_ask(const struct hext_hart *h);

/* hext_ops.files(). */
uint64_t world_own_files(const struct hext_config *cfg);

/* Interrupts in sip's positions for L1 while OFF and live: raise or withdraw. */
void world_inject(uint64_t sip_bits);
void world_withdraw(uint64_t sip_bits);

#endif
