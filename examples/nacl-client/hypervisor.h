/* SPDX-License-Identifier: BSD-2-Clause */
/* A minimal guest hypervisor with one hart and one guest. */
#ifndef HYPERVISOR_H
#define HYPERVISOR_H

#include "nacl/client.h"

struct guest {
	nacl_word gpr[NACL_SRET_GPRS];
	nacl_word vsepc, vsatp, hstatus, hvip, hgatp;
	uint32_t vmid;
};

/* Returns 0, or the SBI error of set_shmem. */
int hypervisor_start(void);
/* Runs @g until it exits, and stores its registers in @g. */
void hypervisor_run(struct guest *g);
/*
 * To be called after the guest's memory at @gpa, @size bytes in pages of 4 KiB, was mapped
 * elsewhere.
 */
void hypervisor_remapped(struct guest *g, uint64_t gpa, uint64_t size);
int hypervisor_stop(void);

/*
 * The world switch, which is assembly on RISC-V. Each function saves the hypervisor's registers and
 * sets stvec, so that the guest's exit returns 0 from it, with the guest's registers in @g->gpr.
 * The first loads @g->gpr and enters with SRET. The second enters with ECALL (a7 = NACL_EID, a6 =
 * NACL_FID_SYNC_SRET); if the call returns, it returns the call's a0, which then is not 0.
 */
nacl_word world_switch_sret(struct guest *g);
nacl_word world_switch_call(struct guest *g);

#endif
