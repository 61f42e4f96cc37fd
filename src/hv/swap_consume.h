/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consumption of L1's area of SBI NACL in the frequent case, for quick.c and sbi_nacl.c: KVM writes
 * hvip, and with AIA hvictl, before each entry into L2. The functions access no CSR of the hart.
 */
#ifndef HV_SWAP_CONSUME_H
#define HV_SWAP_CONSUME_H

#include "hext/csr.h"
#include "hv/vcpu.h"
#include "riscv/switch.h"

ALWAYS_INLINE void consume_hvictl(struct vcpu *v)
{
	if (!nacl_host_is_dirty_alone(&v->nacl, HEXT_CSR_HVICTL))
		return;
	v->h.hvictl = nacl_host_take_value(&v->nacl, HEXT_CSR_HVICTL) & v->h.cfg->hvictl;
	nacl_host_put(nacl_host_csrs(&v->nacl), HEXT_CSR_HVICTL, v->h.hvictl);
	stats_add(&v->stats, STATS_WORK_SYNCED_CSR, 1);
}

ALWAYS_INLINE void consume_hvip(struct vcpu *v)
{
	uint64_t value = nacl_host_take_value(&v->nacl, HEXT_CSR_HVIP);
	uint64_t hvip = value & IRQ_VS_ALL;

	if (static_key(KEY_AIA))
		hvip |= value & v->h.cfg->hvien;
	v->h.hvip = hvip;
	stats_add(&v->stats, STATS_WORK_SYNCED_CSR, 1);
}

/*
 * L1 has an area. Consume hvip and hvictl in it if they are dirty. False: other CSRs are dirty, or
 * a fence is pending.
 */
ALWAYS_INLINE bool swap_consume_area(struct vcpu *v)
{
	enum nacl_waiting waiting;

	if (static_key(KEY_AIA))
		consume_hvictl(v);
	waiting = nacl_host_waits(&v->nacl, HEXT_CSR_HVIP);
	if (__builtin_expect(waiting == NACL_WAITS_ONE, 1))
		consume_hvip(v);
	return waiting != NACL_WAITS_MORE;
}

#endif
