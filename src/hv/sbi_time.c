/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/pmu_events.h"
#include "hv/sbi.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/static_key.h"

enum { SET_TIMER };

/*
 * Without Sstc, the firmware's timer holds L1's deadline. With KEY_CONSOLE it holds that, or the
 * time for the terminal if that is earlier, and v->timer.timecmp has L1's deadline.
 */
static void set_firmware_timer(struct vcpu *v, uint64_t deadline)
{
	if (static_key(KEY_CONSOLE)) {
		v->timer.timecmp = deadline;
		if (v->terminal_at < deadline)
			deadline = v->terminal_at;
	}
	firmware_set_timer(deadline);
}

/* With Sstc, the call is a write of L1's stimecmp. */
static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	if (fid != SET_TIMER)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	pmu_count(v, PMU_SET_TIMER, 1);
	if (v->h.cfg->sstc) {
		ncsr_write(HEXT_CSR_VSTIMECMP, args[0]);
	} else {
		vcpu_clear_pending(v, BIT64(IRQ_STI));
		set_firmware_timer(v, args[0]);
		csr_set(CSR_SIE, BIT64(IRQ_STI));
	}
	return sbi_error(SBI_SUCCESS);
}

void sbi_time_expired(struct vcpu *v)
{
	if (static_key(KEY_CONSOLE)) {
		/* The caller calls terminal_tick(), which sets the timer again. */
		if (csr_read(CSR_TIME) < v->timer.timecmp)
			return;
		v->timer.timecmp = ~UINT64_C(0);
		vcpu_set_pending(v, BIT64(IRQ_STI));
		return;
	}
	/*
	 * The interrupt stays pending in the hart and in L1 until the next SET_TIMER, so mask it in
	 * the hart.
	 */
	csr_clear(CSR_SIE, BIT64(IRQ_STI));
	vcpu_set_pending(v, BIT64(IRQ_STI));
}

const struct sbi_extension sbi_time = { .id = SBI_EXT_TIME, .handle = handle };
