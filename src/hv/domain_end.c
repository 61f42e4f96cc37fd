/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/aplic.h"
#include "hv/below.h"
#include "hv/console.h"
#include "hv/domain_end.h"
#include "hv/ipi.h"
#include "hv/plic.h"
#include "riscv/csr.h"
#include "riscv/insn.h"
#include "riscv/sbi_call.h"

/* 1: a domain that has ended has reported a failure. */
static uint32_t any_failed;

/*
 * Whether all domains have ended. Each sets its @ended before it looks at the others', so the last
 * one sees all.
 */
static bool all_ended(const struct host *h)
{
	unsigned int i;

	for (i = 0; i < h->domain_count; i++) {
		if (!__atomic_load_n(&h->domains[i]->ended, __ATOMIC_SEQ_CST))
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

void domain_end_hart(struct vcpu *v)
{
	ipi_offline(v);
	below_hart_stop(&v->nacl_below, v->hart);
	csr_write(CSR_SIE, 0);
	firmware_call(SBI_EXT_HSM, SBI_HSM_HART_STOP, 0, 0, 0, 0, 0, 0);
	/* Reached only if the firmware refuses. */
	for (;;)
		insn_wfi();
}

void domain_end(struct vcpu *v, bool failed)
{
	struct domain *d = v->domain;
	struct index_set all;
	unsigned int i;

	if (failed)
		__atomic_store_n(&any_failed, 1, __ATOMIC_RELAXED);
	/* Another hart of the domain may be here, too. One of them does it. */
	if (__atomic_exchange_n(&d->ended, 1, __ATOMIC_SEQ_CST))
		domain_end_hart(v);
	stats_print(d);
	stats_print_pool(d);
	console_end_line(&d->line);
	hv_print("halite: domain %s has ended%s\n", d->line.name, failed ? " with a failure" : "");
	if (all_ended(d->host))
		turn_off();
	for (i = 0; i < d->vcpu_count; i++)
		plic_disable(&d->host->machine, d->vcpus[i]->hart);
	if (d->aplics)
		aplic_silence(d);
	index_set_fill(&all, d->vcpu_count);
	index_set_remove(&all, v->index);
	ipi_post(d, &all, VCPU_REQ_END);
	domain_end_hart(v);
}
