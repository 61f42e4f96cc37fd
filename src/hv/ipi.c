/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/ipi.h"
#include "lib/assert.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/sbi_call.h"

/* Interrupt the harts of the vCPUs in @vcpus. One call of the firmware takes a word of hart ids. */
static void kick(struct domain *d, const struct index_set *vcpus)
{
	uint64_t mask, base;
	unsigned int i = 0;

	while (vcpu_next_mask(d, vcpus, &i, &mask, &base))
		firmware_call(SBI_EXT_IPI, SBI_IPI_SEND, mask, base, 0, 0, 0, 0);
}

static void post(struct vcpu *target, enum vcpu_request request)
{
	__atomic_fetch_or(&target->requests, request, __ATOMIC_SEQ_CST);
}

bool ipi_take(struct vcpu *v, enum vcpu_request request)
{
	return __atomic_fetch_and(&v->requests, ~(uint32_t)request, __ATOMIC_SEQ_CST) & request;
}

static bool is_online(const struct vcpu *v)
{
	return __atomic_load_n(&v->online, __ATOMIC_SEQ_CST);
}

void ipi_post(struct domain *d, const struct index_set *vcpus, enum vcpu_request request)
{
	unsigned int i;

	index_set_each(vcpus, i, d->vcpu_count) post(d->vcpus[i], request);
	RACE_POINT();
	kick(d, vcpus);
}

/* Run the function of the call of @caller on @v's hart, which was removed from @v->callers. */
static void answer_call(struct vcpu *v, struct vcpu *caller)
{
	assert(__atomic_load_n(&caller->call.left, __ATOMIC_RELAXED));
	caller->call.fn(v, caller->call.arg);
	__atomic_fetch_sub(&caller->call.left, 1, __ATOMIC_RELEASE);
}

/*
 * A caller adds itself to @callers before it posts the request. So a caller that is not found here
 * posts the request after this hart has taken it.
 *
 * A function that takes long answers other calls, too. There may be a call of each hart, and the
 * stack is not for as many functions. So calls that come while one is answered wait for its end.
 */
void ipi_answer(struct vcpu *v)
{
	struct domain *d = v->domain;
	struct index_set callers;
	unsigned int i;

	if (v->answering || !ipi_take(v, VCPU_REQ_CALL))
		return;
	RACE_POINT();
	index_set_take_atomic(&callers, &v->callers, d->vcpu_count);
	v->answering = true;
	index_set_each(&callers, i, d->vcpu_count) answer_call(v, d->vcpus[i]);
	v->answering = false;
}

/*
 * A target that goes offline between the check of @online and the post may miss the request.
 * Whoever removes the caller from @callers counts the target as done: the target itself in
 * ipi_offline(), or the caller here. Here no function runs: the next start of the target flushes
 * everything.
 */
static void withdraw_if_offline(struct vcpu *v, struct vcpu *target)
{
	RACE_POINT();
	if (!is_online(target) && index_set_remove_atomic(&target->callers, v->index))
		__atomic_fetch_sub(&v->call.left, 1, __ATOMIC_RELEASE);
}

/* Two harts may call each other, so a hart that waits for its call answers those of others. */
static void wait_for_answers(struct vcpu *v, const struct index_set *sent)
{
	const struct domain *d = v->domain;
	unsigned int i;

	while (__atomic_load_n(&v->call.left, __ATOMIC_ACQUIRE)) {
		ipi_answer(v);
		index_set_each(sent, i, d->vcpu_count) withdraw_if_offline(v, d->vcpus[i]);
	}
}

void ipi_call(struct vcpu *v, const struct index_set *vcpus, void (*fn)(struct vcpu *v, void *arg),
	      void *arg)
{
	struct domain *d = v->domain;
	struct index_set sent;
	unsigned int i;

	index_set_clear(&sent, d->vcpu_count);
	assert(!v->call.left);
	v->call.fn = fn;
	v->call.arg = arg;
	index_set_each(vcpus, i, d->vcpu_count)
	{
		if (i == v->index || !is_online(d->vcpus[i]))
			continue;
		__atomic_fetch_add(&v->call.left, 1, __ATOMIC_SEQ_CST);
		index_set_add_atomic(&d->vcpus[i]->callers, v->index);
		RACE_POINT();
		post(d->vcpus[i], VCPU_REQ_CALL);
		index_set_add(&sent, i);
	}
	kick(d, &sent);
	if (index_set_has(vcpus, v->index))
		fn(v, arg);
	wait_for_answers(v, &sent);
}

/*
 * VCPU_REQ_CALL stays: a caller that finds the hart online again waits for its answer. A hart
 * that starts sees all requests that are posted after this, even without an interrupt: firmware
 * does not deliver an interrupt to a hart that is still stopped.
 */
void ipi_forget(struct vcpu *v)
{
	__atomic_fetch_and(&v->requests, VCPU_REQ_CALL | VCPU_REQ_END, __ATOMIC_SEQ_CST);
}

void ipi_online(struct vcpu *v)
{
	__atomic_store_n(&v->online, true, __ATOMIC_SEQ_CST);
}

void ipi_offline(struct vcpu *v)
{
	__atomic_store_n(&v->online, false, __ATOMIC_SEQ_CST);
	RACE_POINT();
	ipi_answer(v);
}
