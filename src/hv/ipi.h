/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests from one hart to another, delivered by a supervisor software interrupt. A request is
 * posted by setting its bit; it is served by the target on its next entry into Halite.
 */
#ifndef HV_IPI_H
#define HV_IPI_H

#include <stdint.h>

#include "hv/vcpu.h"

enum vcpu_request {
	VCPU_REQ_SSI = 1,  /* L1 gets a supervisor software interrupt */
	VCPU_REQ_CALL = 2, /* take part in the call that is under way */
	VCPU_REQ_INTC = 4, /* the interrupt controller's output may have changed */
};

/* Post @request to the vCPUs whose bit (by index) is set in @mask; does not wait. */
void ipi_post(struct domain *d, uint64_t mask, enum vcpu_request request);

/*
 * Run @fn(vcpu, @arg) on the harts of all vCPUs in @mask that are online, @v's own included, and
 * wait until each has. Stopped ones are left out: they flush everything when they start. While it
 * waits the caller takes part in the calls of others, so no lock may be held that @fn takes.
 */
void ipi_call(struct vcpu *v, uint64_t mask, void (*fn)(struct vcpu *v, void *arg), void *arg);

/*
 * Drop what was posted to @v, whose hart is stopped and about to start: it is of no life that the
 * guest sees.
 */
void ipi_forget(struct vcpu *v);

/* Whether @request was posted to @v. It is not any more: the caller serves it. */
bool ipi_take(struct vcpu *v, enum vcpu_request request);

/* Take part in a call, if one is posted to @v, whose hart calls this. */
void ipi_answer(struct vcpu *v);

/* @v's hart starts or stops: from now on it is, or is not, part of calls. */
void ipi_online(struct vcpu *v);
void ipi_offline(struct vcpu *v);

#endif
