/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/swap_inline.h"
#include "hv/swap.h"

void SWAP(to_l2)(struct vcpu *v)
{
	swap_into_l2(v, ncsr_read(HEXT_CSR_HIE), v->h.hstatus);
	v->hstatus_stale = false;
	world_read_pc(&v->h);
}

bool SWAP(to_l2_by_call)(struct vcpu *v)
{
	bool swap = nacl_host_autoswap(&v->nacl);
	uint64_t hstatus = swap ? swap_take_hstatus(v) : v->h.hstatus;
	uint64_t hie = ncsr_read(HEXT_CSR_HIE);

	if (!swap_can_enter(v, hstatus, hie))
		return false;
	if (swap)
		swap_put_hstatus(v, v->h.hstatus);
	swap_into_l2(v, hie, hstatus);
	v->hstatus_stale = false;
	return true;
}

void SWAP(to_l1)(struct vcpu *v, const struct hext_trap *trap)
{
	swap_into_l1(v, trap, trap->cause);
	v->hstatus_stale = false;
	world_read_pc(&v->h);
}
