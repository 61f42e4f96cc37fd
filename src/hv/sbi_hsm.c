/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hart state management. Each vCPU has one physical hart, so the firmware's state machine is also
 * that of the guest's harts. Halite checks and keeps the address at which L1 starts the hart.
 */
#include <stddef.h>

#include "hext/bits.h"
#include "hv/below.h"
#include "hv/iommu_domain.h"
#include "hv/ipi.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "hv/terminal.h"
#include "lib/race.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/static_key.h"

enum { HART_START, HART_STOP, HART_GET_STATUS, HART_SUSPEND };

#define STATUS_STARTED	      0
#define STATUS_STOPPED	      1
#define STATUS_SUSPENDED      4
#define SUSPEND_RETENTIVE     UINT32_C(0)
#define SUSPEND_NON_RETENTIVE UINT32_C(0x80000000)

/* Code may start anywhere in the guest's RAM. */
bool sbi_hsm_may_start_at(const struct vcpu *v, uint64_t addr)
{
	return !(addr & 1) && domain_owns_ram(v->domain, addr, 2);
}

static struct sbi_result hart_start(struct vcpu *v, uint64_t hartid, uint64_t pc, uint64_t arg)
{
	struct vcpu *target = vcpu_find(v->domain, hartid);
	struct sbi_result result;

	if (!target)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (!sbi_hsm_may_start_at(v, pc))
		return sbi_error(SBI_ERR_INVALID_ADDRESS);
	/*
	 * Two harts may start the same hart. The lock lets only the hart whose call succeeds set
	 * the address.
	 */
	spin_lock(&v->domain->start_lock);
	result = firmware_call(sbi_hsm.id, HART_GET_STATUS, hartid, 0, 0, 0, 0, 0);
	/*
	 * A hart that has stopped because the domain ends, or is reset, stays stopped. Its
	 * VCPU_REQ_END is gone, but the domain's @state was set before it.
	 */
	if (result.error == SBI_SUCCESS && result.value == STATUS_STOPPED &&
	    __atomic_load_n(&v->domain->state, __ATOMIC_SEQ_CST) != DOMAIN_RUNS) {
		result = sbi_error(SBI_ERR_FAILED);
	} else if (result.error == SBI_SUCCESS && result.value == STATUS_STOPPED) {
		target->start_pc = pc;
		target->start_arg = arg;
		/*
		 * An IPI may come as soon as firmware reports the hart as started. Requests that
		 * are posted from here on belong to the new start.
		 */
		ipi_forget(target);
		RACE_POINT();
		result = firmware_call(sbi_hsm.id, HART_START, hartid, (uintptr_t)riscv_hart_start,
				       (uintptr_t)target, 0, 0, 0);
	} else if (result.error == SBI_SUCCESS) {
		result = sbi_error(SBI_ERR_ALREADY_AVAILABLE);
	}
	spin_unlock(&v->domain->start_lock);
	return sbi_error(result.error);
}

struct sbi_result sbi_hsm_leave(struct vcpu *v, uint64_t ext, uint64_t fid, uint64_t a0,
				uint64_t a1, uint64_t a2)
{
	struct sbi_result result;

	ipi_offline(v);
	iommu_hart_stop(v);
	RACE_POINT();
	below_hart_stop(&v->nacl_below, v->hart);
	result = firmware_call(ext, fid, a0, a1, a2, 0, 0, 0);
	/* Reached only if the firmware refuses. L1 goes on and keeps its area of SBI NACL. */
	below_hart_start(&v->nacl_below, v->hart);
	/* The guest's hstatus may have been in the area below only, which is gone. */
	v->hstatus_stale = true;
	/*
	 * While the hart was offline, calls have left it out. So it flushes everything, as a hart
	 * that starts does.
	 */
	ipi_online(v);
	iommu_hart_start(v);
	nested_hart_start(v);
	return sbi_error(result.error);
}

static struct sbi_result hart_stop(struct vcpu *v)
{
	uint64_t sie = csr_read(CSR_SIE);
	struct sbi_result result;

	stats_print_pool(v->domain);
	csr_write(CSR_SIE, 0);
	result = sbi_hsm_leave(v, sbi_hsm.id, HART_STOP, 0, 0, 0);
	csr_write(CSR_SIE, sie);
	return result;
}

void sbi_hsm_wait(struct vcpu *v)
{
	uint64_t deadline;

	if (!hext_wfi_waits(&v->h, &deadline) || world_local_waits())
		return;
	__atomic_store_n(&v->suspended, true, __ATOMIC_RELEASE);
	RACE_POINT();
	if (static_key(KEY_CONSOLE) && v->terminal_at < deadline)
		deadline = v->terminal_at;
	world_wait(&v->timer, deadline);
	RACE_POINT();
	__atomic_store_n(&v->suspended, false, __ATOMIC_RELEASE);
	if (static_key(KEY_CONSOLE))
		terminal_tick(v);
}

/*
 * Firmware knows all states of a hart but SUSPENDED: Halite implements a suspend as a wait
 * (sbi_hsm_wait()), and firmware reports the hart as started. The wait begins and ends at once, so
 * no hart is ever SUSPEND_PENDING or RESUME_PENDING.
 */
static struct sbi_result hart_get_status(const struct vcpu *v, uint64_t hartid)
{
	const struct vcpu *target = vcpu_find(v->domain, hartid);
	struct sbi_result result;

	if (!target)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	result = firmware_call(sbi_hsm.id, HART_GET_STATUS, hartid, 0, 0, 0, 0, 0);
	if (result.error == SBI_SUCCESS && result.value == STATUS_STARTED &&
	    __atomic_load_n(&target->suspended, __ATOMIC_ACQUIRE))
		result.value = STATUS_SUSPENDED;
	return result;
}

static struct sbi_result hart_suspend(struct vcpu *v, uint64_t type, uint64_t pc, uint64_t arg)
{
	switch ((uint32_t)type) {
	case SUSPEND_RETENTIVE:
		sbi_hsm_wait(v);
		return sbi_error(SBI_SUCCESS);
	case SUSPEND_NON_RETENTIVE:
		if (!sbi_hsm_may_start_at(v, pc))
			return sbi_error(SBI_ERR_INVALID_ADDRESS);
		sbi_hsm_wait(v);
		vcpu_resume_at(v, pc, arg);
		return sbi_error(SBI_DONE);
	default:
		/*
		 * Platform-specific types belong to the firmware, and Halite knows none. All other
		 * types are reserved.
		 */
		return sbi_error(SBI_ERR_INVALID_PARAM);
	}
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case HART_START:
		return hart_start(v, args[0], args[1], args[2]);
	case HART_STOP:
		return hart_stop(v);
	case HART_GET_STATUS:
		return hart_get_status(v, args[0]);
	case HART_SUSPEND:
		return hart_suspend(v, args[0], args[1], args[2]);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_hsm = { .id = SBI_EXT_HSM, .handle = handle };
