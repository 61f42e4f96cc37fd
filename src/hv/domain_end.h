/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a domain that may not end the machine: its harts stop, and the other domains go on.
 * When the last domain has ended, the machine is turned off.
 */
#ifndef HV_DOMAIN_END_H
#define HV_DOMAIN_END_H

#include <stdbool.h>

#include "hv/vcpu.h"

/*
 * End the domain of @v, and stop @v's hart. @failed: the domain has reported a failure, which the
 * machine reports when it is turned off. Called by @v's hart.
 */
_Noreturn void domain_end(struct vcpu *v, bool failed);

/* VCPU_REQ_END was posted to @v: stop its hart, which is the calling one. */
_Noreturn void domain_end_hart(struct vcpu *v);

#endif
