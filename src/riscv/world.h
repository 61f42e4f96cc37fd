/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch: the change of the physical hart between the two states of a virtual hart, OFF
 * (L1 runs) and ON (L2 runs). docs/architecture.md says which state holds which CSR where.
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
 * The configuration of a domain's harts: that of src/hext, and what the world switch needs besides.
 * Each struct hext_config in src/riscv is the first member of a struct world_config.
 */
struct world_config {
	struct hext_config hext;
	bool open_iselect;  /* L1 has no AIA, but can access siselect */
	bool open_ctr;	    /* L1 has no Ssctr, but can access its CSRs */
	bool reads_senvcfg; /* L1 has Ssnpm, and Halite can read senvcfg */
	/*
	 * Hardware can set A and D for L1: henvcfg.ADUE of the hart is writable. hext.gstage_adue
	 * says whether it does.
	 */
	bool can_update_ad;
	/* the hart's guest file that is L1's supervisor-level file; 0: none */
	uint8_t l1_file;
	uint64_t hstatus_of_l1; /* bits of hstatus that are always set while L1 runs */
	uint64_t henvcfg_of_l1;
	uint64_t sstatus_of_l1; /* the hart's sstatus when L1 takes a trap */
};

static inline const struct world_config *world_config(const struct hext_config *cfg)
{
	return (const struct world_config *)cfg;
}

static inline bool world_has_open_csrs(const struct world_config *w)
{
	return w->open_iselect || w->open_ctr;
}

static inline uint64_t henvcfg_of_l1(const struct hext_config *cfg)
{
	return world_config(cfg)->henvcfg_of_l1;
}

#define SPV_ANY_EPC 1 /* no sepc is odd */

/*
 * A virtual hart: that of src/hext, and what the world switch needs besides. Each struct hext_hart
 * in src/riscv is the first member of a struct world_hart.
 */
struct world_hart {
	struct hext_hart h;
	uint64_t hvictl_of_l1; /* hvictl while L1 runs and no SGEI is pending */
	/*
	 * For an L1 that runs on with hstatus.SPV set: L1's scause and sepc when that began. sepc
	 * is SPV_ANY_EPC if L1 has written SPV, since L1 may still write sepc.
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

/*
 * Probe what the hart implements, and store it in @w. The caller has filled in w->l1_file and what
 * w->hext takes from the ISA string.
 */
void world_probe(struct world_config *w);

/*
 * Change @w so that hardware sets A and D for L1, or does not, or that PMM of L1's S mode is @pmm.
 * Another configuration counts for a hart from the next world_load() on.
 */
void world_set_ad(struct world_config *w, bool on);
void world_set_s_pmm(struct world_config *w, unsigned int pmm);

/*
 * Set the CSRs that do not depend on the guest's state to Halite's values, vsatp to Bare, and hgatp
 * to @hgatp. The caller fences all VMIDs afterwards: the hart may have cached translations for VMID
 * 0 while hgatp was Bare.
 */
void world_init(const struct hext_config *cfg, uint64_t hgatp);

/* Save the live CSRs of the current state of @h in its image. */
void world_save(struct hext_hart *h);

/* What stimecmp, Halite's own comparator, holds. It holds L1's deadline while L2 runs. */
struct world_timer {
	uint64_t timecmp;
};

/*
 * Set the comparator to L1's deadline before L2 runs. Part of world_load(). When L1 runs,
 * world_load() leaves the comparator as it is, since the next run of L2 often needs the same value.
 * The comparator may then interrupt once, and vcpu_exit() stops it.
 */
void world_start_timer(struct world_timer *t, const struct hext_hart *h);
void world_stop_timer(struct world_timer *t);

/* With Sstc: make the hart exit at @deadline, in ticks of the timebase, or earlier. */
void world_call_at(struct world_timer *t, uint64_t deadline);

/*
 * Sleep until an interrupt is pending that L1 or Halite enables, or until @deadline. May end early.
 */
void world_wait(struct world_timer *t, uint64_t deadline);

/*
 * Write hgatp, and Bare to vsatp before that. No guest runs until the caller has loaded henvcfg and
 * then vsatp, for example by world_load().
 */
void world_switch_gstage(uint64_t hgatp);

/*
 * Load the CSRs for the current state of @h. @hgatp is the G-stage to run with: the domain's when
 * OFF, a shadow when ON.
 */
void world_load(const struct hext_hart *h, struct world_timer *t, uint64_t hgatp);

/*
 * Load the few CSRs that depend on what L1 can change by a trapped access while OFF: hstatus,
 * hedeleg, and with AIA hvictl, hgeie and hie.SGEIE. Part of world_load().
 */
void world_load_hstatus(const struct hext_hart *h);

/* The hardware's hstatus as the guest's trap has left it. */
uint64_t world_guest_hstatus(void);

/*
 * Called last before the entry: apply what waits in the area of the NACL below and is not consumed
 * by the entry itself.
 */
void world_before_entry(void);

/*
 * Whether a guest interrupt file has an interrupt for L1: while L2 runs, or as SGEI while L1 runs.
 */
bool world_files_ask(const struct hext_hart *h);

/* Whether LCOFI is pending and enabled for L1, which is live and OFF. hip does not show it. */
bool world_local_waits(void);

/* Set or clear pending bits of L1's sip, in sip's positions. L1 is live and OFF. */
void world_inject(uint64_t sip_bits);
void world_withdraw(uint64_t sip_bits);

#endif
