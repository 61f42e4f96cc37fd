/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end and the reset of a domain that may not end the machine: its harts stop, and the other
 * domains go on. When the last domain has ended, the machine is turned off.
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

/*
 * Reset the domain of @v: stop its other harts, load its kernel, ramdisk and device tree again, and
 * start it on @v's hart, which is the calling one. The rest of its RAM is kept. Its devices are not
 * reset.
 */
_Noreturn void domain_reset(struct vcpu *v);

/* VCPU_REQ_END was posted to @v: stop its hart, which is the calling one. */
_Noreturn void domain_end_hart(struct vcpu *v);

#endif
