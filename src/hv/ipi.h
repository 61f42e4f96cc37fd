/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests from one hart to another. A hart posts a request by setting its bit and sending a
 * supervisor software interrupt. The target serves the request at its next entry into Halite.
 */
#ifndef HV_IPI_H
#define HV_IPI_H

#include <stdint.h>

#include "hv/vcpu.h"

enum vcpu_request {
	VCPU_REQ_SSI = 1,    /* make SSI pending in L1 */
	VCPU_REQ_CALL = 2,   /* run the functions of the calls of vcpu.callers */
	VCPU_REQ_INTC = 4,   /* update L1's SEI: the output may have changed */
	VCPU_REQ_END = 8,    /* the domain ends: stop the hart */
	VCPU_REQ_RESET = 16, /* reset the domain */
};

/* Post @request to the vCPUs with the indices @vcpus. Does not wait. */
void ipi_post(struct domain *d, const struct index_set *vcpus, enum vcpu_request request);

/*
 * Run @fn(vcpu, @arg) on the harts of all vCPUs in @vcpus that are online, which may include @v's
 * hart, and wait until all have done so. Stopped harts are left out: they flush everything when
 * they start. Several harts may call at once. While the caller waits, it runs the functions of
 * other calls, too. So the caller must hold no lock that a @fn takes, and no @fn may call.
 */
void ipi_call(struct vcpu *v, const struct index_set *vcpus, void (*fn)(struct vcpu *v, void *arg),
	      void *arg);

/*
 * Drop the requests that were posted to @v before its hart starts. They belong to the time before
 * the hart was stopped. VCPU_REQ_END stays.
 */
void ipi_forget(struct vcpu *v);

/* Whether @request was posted to @v. Clears the request, so the caller must serve it. */
bool ipi_take(struct vcpu *v, enum vcpu_request request);

/*
 * If calls were posted to @v, run their functions. Runs on @v's hart. A function of a call may call
 * this, too. It does nothing then if the function answers the call of another hart.
 */
void ipi_answer(struct vcpu *v);

/* @v's hart starts or stops. From now on calls include it or leave it out. */
void ipi_online(struct vcpu *v);
void ipi_offline(struct vcpu *v);

#endif
