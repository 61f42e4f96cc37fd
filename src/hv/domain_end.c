/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/aplic.h"
#include "hv/below.h"
#include "hv/console.h"
#include "hv/domain_end.h"
#include "hv/doorbell.h"
#include "hv/iommu_domain.h"
#include "hv/ipi.h"
#include "hv/plic.h"
#include "hv/terminal.h"
#include "hv/viommu.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/insn.h"
#include "riscv/sbi_call.h"

#define HART_STOPPED 1 /* SBI HSM */

/* After so many seconds, the hart that a domain's end waits for is named. */
#define SLOW_SECONDS 10

/* 1: a domain that has ended has reported a failure. */
static uint32_t any_failed;

/*
 * Whether all domains have ended, and have said so. Each sets its state before it looks at the
 * others', so the last one sees all.
 */
static bool all_ended(const struct host *h)
{
	unsigned int i;

	for (i = 0; i < h->domain_count; i++) {
		if (__atomic_load_n(&h->domains[i]->state, __ATOMIC_SEQ_CST) != DOMAIN_ENDED)
			return false;
	}
	return true;
}

static void turn_off(void)
{
	uint64_t reason = __atomic_load_n(&any_failed, __ATOMIC_RELAXED) ? SBI_SRST_REASON_FAILURE
									 : SBI_SRST_REASON_NONE;

	firmware_call(SBI_EXT_SRST, SBI_SRST_RESET, SBI_SRST_TYPE_SHUTDOWN, reason, 0, 0, 0, 0);
	firmware_call(SBI_EXT_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0, 0);
	hv_fatal("all domains have ended, and firmware does not turn the machine off");
}

/* Leave the domain: a hart that has called @v's hart does not wait for it. */
static void leave(struct vcpu *v)
{
	ipi_offline(v);
	iommu_hart_stop(v);
	below_hart_stop(&v->nacl_below, v->hart);
}

static _Noreturn void stop_hart(void)
{
	csr_write(CSR_SIE, 0);
	firmware_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0, 0);
	/* Reached only if the firmware refuses. */
	for (;;)
		insn_wfi();
}

void domain_end_hart(struct vcpu *v)
{
	leave(v);
	stop_hart();
}

/*
 * Begin the end or the reset of @v's domain. Another hart of the domain may have begun one, too.
 * Then @v's hart stops here.
 */
static void begin(struct vcpu *v, uint32_t state)
{
	uint32_t runs = DOMAIN_RUNS;

	if (!__atomic_compare_exchange_n(&v->domain->state, &runs, state, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		domain_end_hart(v);
	console_end_line(&v->domain->line);
	terminal_flush(v->domain);
}

/*
 * Wait until firmware has stopped the hart @hartid of @d, from the time @since on. There is no
 * limit: while the hart runs, it may start a device of the domain, and the domain's RAM is not to
 * be loaded again. Nobody but the hart that calls waits, and that one is the domain's own.
 */
static void wait_for_stop(const struct domain *d, uint64_t hartid, uint64_t since, bool *told)
{
	const uint64_t limit = SLOW_SECONDS * (uint64_t)d->host->machine.timebase;
	struct sbi_result status;

	for (;;) {
		status = firmware_call(SBI_EXT_HSM, SBI_HSM_HART_STATUS, hartid, 0, 0, 0, 0, 0);
		if (status.error || status.value == HART_STOPPED)
			return;
		if (*told || csr_read(CSR_TIME) - since < limit)
			continue;
		*told = true;
		hv_warn("domain %s ends or is reset, and waits for its hart %lu, which has not "
			"stopped for %u s",
			d->line.name, (unsigned long)hartid, SLOW_SECONDS);
	}
}

/*
 * Stop the other harts of @v's domain, and wait until firmware has done so. Only then can nobody
 * start a device of the domain again. @v's hart leaves the domain.
 */
static void stop_others(struct vcpu *v)
{
	const uint64_t since = csr_read(CSR_TIME);
	struct domain *d = v->domain;
	struct index_set others;
	bool told = false;
	unsigned int i;

	/* A hart that has found the domain running has then started the hart that it starts. */
	spin_lock(&d->start_lock);
	spin_unlock(&d->start_lock);
	leave(v);
	index_set_fill(&others, d->vcpu_count);
	index_set_remove(&others, v->index);
	ipi_post(d, &others, VCPU_REQ_END);
	index_set_each(&others, i, d->vcpu_count)
		wait_for_stop(d, d->vcpus[i]->hart->hartid, since, &told);
}

static void silence_controllers(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++)
		plic_complete(d, d->vcpus[i]->hart);
	if (d->aplics)
		aplic_silence(d);
}

void domain_end(struct vcpu *v, bool failed)
{
	struct domain *d = v->domain;

	if (failed)
		__atomic_store_n(&any_failed, 1, __ATOMIC_RELAXED);
	begin(v, DOMAIN_ENDS);
	stop_others(v);
	iommu_domain_stop(d);
	viommu_reset(d);
	silence_controllers(d);
	stats_print(d);
	stats_print_pool(d);
	hv_print("halite: domain %s has ended%s\n", d->line.name, failed ? " with a failure" : "");
	terminal_end(d);
	doorbell_reset(d);
	__atomic_store_n(&d->state, DOMAIN_ENDED, __ATOMIC_SEQ_CST);
	if (all_ended(d->host))
		turn_off();
	stop_hart();
}

/* All harts of @d are offline. Forget what they were asked for. */
static void forget_requests(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		struct vcpu *v = d->vcpus[i];

		__atomic_store_n(&v->requests, 0, __ATOMIC_SEQ_CST);
		index_set_clear(&v->callers, d->vcpu_count);
		v->suspended = false;
		v->external = false;
	}
	index_set_clear(&d->raised, d->vcpu_count);
	for (i = 0; i < d->host->machine.aplic_count; i++)
		d->genmsi[i] = 0;
}

void domain_reset(struct vcpu *v)
{
	struct domain *d = v->domain;

	begin(v, DOMAIN_RESETS);
	hv_print("halite: domain %s is reset\n", d->line.name);
	stop_others(v);
	iommu_domain_stop(d);
	viommu_reset(d);
	silence_controllers(d);
	terminal_reset(d);
	doorbell_reset(d);
	forget_requests(d);
	domain_copy(d);
	iommu_domain_restart(d);
	v->start_pc = d->start_pc;
	v->start_arg = d->start_arg;
	__atomic_store_n(&d->state, DOMAIN_RUNS, __ATOMIC_SEQ_CST);
	riscv_hart_start(v->hart->hartid, v);
}
