/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The switch of the physical hart between the two states of a virtual hart: OFF (L1 runs) and ON
 * (L2 runs). design.md's table of who is where is this file.
 *
 * Every function acts on the hart that calls it.
 */
#ifndef RISCV_WORLD_H
#define RISCV_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/hext.h"

/* What the domain itself gives, the same on each hart. */
struct world_domain {
	uint64_t hgatp;	  /* the domain's G-stage */
	bool vmid_tagged; /* false: flush whenever hgatp changes */
};

/* Probe what the hart implements into @cfg; @isa facts in @cfg have been filled in already. */
void world_probe(struct hext_config *cfg);

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

/* Sleep until an interrupt is pending that L1 or Halite enables, or at @deadline. May end early. */
void world_wait(struct world_timer *t, const struct hext_hart *h, uint64_t deadline);

/* Load the CSRs for the state @h is in. @shadow_hgatp: the G-stage for L2, used when ON. */
void world_load(const struct hext_hart *h, const struct world_domain *d, struct world_timer *t,
		uint64_t shadow_hgatp);

/*
 * Load the few CSRs that L1 can change while OFF by a trapped access: hstatus, hedeleg. Also done
 * by world_load().
 */
void world_load_hstatus(const struct hext_hart *h);

/*
 * For HFENCE.VVMA, which acts on the VMID in hgatp: put the guest's translations aside, visit the
 * G-stages to be fenced, and return. Nothing of the mixture can be cached, since vsatp is Bare.
 */
struct world_gstage {
	uint64_t hgatp;
	uint64_t vsatp;
};

void world_leave_gstage(struct world_gstage *saved);
void world_visit_gstage(uint64_t hgatp);
void world_return_gstage(const struct world_gstage *saved);

/* Interrupts in sip's positions for L1 while OFF and live: raise or withdraw. */
void world_inject(uint64_t sip_bits);
void world_withdraw(uint64_t sip_bits);

#endif
