/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System suspend (SBI 3.0 "System Suspend Extension"), if the firmware has it: SUSPEND_TO_RAM.
 *
 * A domain that is alone suspends the machine. When the firmware resumes it, the hart starts, and
 * goes on with what the vCPU had: a suspend keeps the features of FWFT and pending interrupts.
 * With several domains, the others go on, and the last hart of the domain waits in Halite.
 */
#include "hv/sbi.h"
#include "riscv/entry.h"

#define SUSPEND_TO_RAM 0
#define HART_STOPPED   1 /* SBI HSM */

/*
 * Whether all other harts of the domain are stopped. A hart that is not online may be about to
 * start, which firmware knows.
 */
static bool others_have_stopped(const struct vcpu *v)
{
	const struct domain *d = v->domain;
	struct sbi_result r;
	unsigned int i;

	for (i = 0; i < d->vcpu_count; i++) {
		if (i == v->index)
			continue;
		if (__atomic_load_n(&d->vcpus[i]->online, __ATOMIC_SEQ_CST))
			return false;
		r = firmware_call(SBI_EXT_HSM, SBI_HSM_HART_STATUS, d->vcpus[i]->hart->hartid, 0, 0,
				  0, 0, 0);
		if (r.error || r.value != HART_STOPPED)
			return false;
	}
	return true;
}

static struct sbi_result suspend_machine(struct vcpu *v, uint64_t pc, uint64_t arg,
					 uint64_t deadline)
{
	struct sbi_result r;

	vcpu_save(v);
	v->start_pc = pc;
	v->start_arg = arg;
	v->asleep = true;
	/* The hardware wakes the machine for L1's own timer, Halite's timer for the one of L2. */
	if (deadline != ~UINT64_C(0))
		world_call_at(&v->timer, deadline);
	r = sbi_hsm_leave(v, sbi_susp.id, SBI_SUSP_SUSPEND, SUSPEND_TO_RAM,
			  (uintptr_t)riscv_hart_start, (uintptr_t)v);
	v->asleep = false;
	return r;
}

static struct sbi_result suspend(struct vcpu *v, uint32_t type, uint64_t pc, uint64_t arg)
{
	uint64_t deadline;

	/* Types of a platform are the firmware's, and Halite knows none. */
	if (type != SUSPEND_TO_RAM)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (!sbi_hsm_may_start_at(v, pc))
		return sbi_error(SBI_ERR_INVALID_ADDRESS);
	if (!others_have_stopped(v))
		return sbi_error(SBI_ERR_DENIED);
	/* The firmware does not see all interrupts of L1. */
	if (v->domain->host->domain_count == 1 && hext_wfi_waits(&v->h, &deadline))
		return suspend_machine(v, pc, arg, deadline);
	sbi_hsm_wait(v);
	vcpu_resume_at(v, pc, arg);
	return sbi_error(SBI_DONE);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	if (fid != SBI_SUSP_SUSPEND)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	return suspend(v, args[0], args[1], args[2]);
}

const struct sbi_extension sbi_susp = { .id = SBI_EXT_SUSP, .handle = handle };
