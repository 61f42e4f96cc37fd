/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/pmu_events.h"
#include "hv/sbi.h"
#include "riscv/ncsr.h"

enum { SET_TIMER };

/*
 * With Sstc, the call is a write of L1's stimecmp. Without Sstc, the firmware's timer holds L1's
 * deadline, and Halite does not use that timer otherwise.
 */
static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	if (fid != SET_TIMER)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	pmu_count(v, PMU_SET_TIMER, 1);
	if (v->h.cfg->sstc) {
		ncsr_write(HEXT_CSR_VSTIMECMP, args[0]);
	} else {
		vcpu_clear_pending(v, BIT64(IRQ_STI));
		firmware_set_timer(args[0]);
		csr_set(CSR_SIE, BIT64(IRQ_STI));
	}
	return sbi_error(SBI_SUCCESS);
}

void sbi_time_expired(struct vcpu *v)
{
	/*
	 * The interrupt stays pending in the hart and in L1 until the next SET_TIMER, so mask it in
	 * the hart.
	 */
	csr_clear(CSR_SIE, BIT64(IRQ_STI));
	vcpu_set_pending(v, BIT64(IRQ_STI));
}

const struct sbi_extension sbi_time = { .id = SBI_EXT_TIME, .handle = handle };
