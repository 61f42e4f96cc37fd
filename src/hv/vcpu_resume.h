/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of an exit: vcpu_resume() serves requests, delivers interrupts, and prepares the hart for
 * the guest.
 */
#ifndef HV_VCPU_RESUME_H
#define HV_VCPU_RESUME_H

#include "hv/vcpu.h"

/*
 * Serve the requests of other harts, deliver pending interrupts, load the CSRs if they are not
 * live, and set up sepc, sstatus and hstatus for the entry.
 */
void vcpu_resume(struct vcpu *v);

/*
 * Called from entry.S: sync_sret of the NACL below has returned @error. Sets up the entry again,
 * for SRET.
 */
void vcpu_sret_refused(struct vcpu *v, uint64_t error);

#endif
