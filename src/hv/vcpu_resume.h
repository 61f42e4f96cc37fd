/* SPDX-License-Identifier: BSD-2-Clause */
/* The last of an exit: what has come meanwhile, and the state of the hart for the guest. */
#ifndef HV_VCPU_RESUME_H
#define HV_VCPU_RESUME_H

#include "hv/vcpu.h"

/*
 * Serve the requests of other harts, deliver the interrupts that are pending, load what is not
 * live, and set up the entry.
 */
void vcpu_resume(struct vcpu *v);

/*
 * Called from assembly: sync_sret of the NACL below has returned @error. The entry is set up again.
 */
void vcpu_sret_refused(struct vcpu *v, uint64_t error);

#endif
