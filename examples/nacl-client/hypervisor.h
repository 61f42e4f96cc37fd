/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest hypervisor that does the least that one does: one hart, one guest. */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

#include "nacl/client.h"

struct guest {
	nacl_word gpr[NACL_SRET_GPRS];
	nacl_word vsepc, vsatp, hstatus, hvip, hgatp;
	uint32_t vmid;
};

/* 0, or the SBI error for which the hart could not be started. */
int hypervisor_start(void);
/* Run @g until it exits; its registers are in @g again. */
void hypervisor_run(struct guest *g);
/* The guest's memory at @gpa, @size bytes in pages of 4 KiB, is mapped elsewhere now. */
void hypervisor_remapped(struct guest *g, uint64_t gpa, uint64_t size);
int hypervisor_stop(void);

/*
 * The world switch, in assembly on RISC-V: save the hypervisor's registers and set stvec, so that
 * the guest's exit returns 0 from here with @g->gpr filled. The first enters with SRET, after
 * loading @g->gpr; the second with ECALL (a7 = NACL_EID, a6 = NACL_FID_SYNC_SRET), and returns the
 * a0 of the call if it comes back, which is never 0 then.
 */
nacl_word world_switch_sret(struct guest *g);
nacl_word world_switch_call(struct guest *g);

#endif
