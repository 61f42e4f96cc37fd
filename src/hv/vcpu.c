/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "hext/bits.h"
#include "hext/masking.h"
#include "hext/trap.h"
#include "hv/console.h"
#include "hv/swap.h"
#include "hv/vcpu.h"
#include "lib/assert.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/entry.h"
#include "riscv/fence.h"
#include "riscv/switch.h"

static void set_start_state(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	memset(v->x, 0, sizeof(v->x));
	v->x[VCPU_A0] = v->hart->hartid;
	v->x[VCPU_A1] = arg;
	v->h.pc = pc;
	v->h.user = false;
	v->registers = VCPU_LOAD_ALL;
}

/* Inline, because vcpu_csr_written() is a part of exits to L1's user space. */
ALWAYS_INLINE void note_unusual(struct vcpu *v)
{
	v->unusual = hext_kept_interrupts(&v->h) | v->quick.aia_at_work;
	v->quick.more_controls = world_more_controls(&v->h);
}

void vcpu_note_unusual(struct vcpu *v)
{
	note_unusual(v);
}

void vcpu_area_changed(struct vcpu *v)
{
	struct nacl_host *nacl = &v->nacl;

	v->quick.shared_x = 0;
	v->quick.area_hstatus = NULL;
	if (!nacl_host_has_shmem(nacl))
		return;
	v->quick.area_hstatus = nacl_host_csrs(nacl) + NACL_CSR_INDEX(HEXT_CSR_HSTATUS);
	if (nacl->features & 1u << NACL_FEAT_SYNC_SRET)
		v->quick.shared_x = (uintptr_t)nacl_host_gprs(nacl);
}

void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	v->world.hvictl_of_l1 = HVICTL_IPRIOM;
	v->look_again_ticks = 1;
	vcpu_area_changed(v);
	v->quick.swapped_hstatus = v->h.hstatus;
	vcpu_note_unusual(v);
	v->live = false;
	v->external = false;
	set_start_state(v, pc, arg);
}

void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	assert(!v->h.virt);
	vcpu_save(v);
	/* SBI 2.0 "Hart State Management", hart start register state: satp 0, SIE 0. */
	v->h.s.atp = 0;
	v->h.s.status &= ~SSTATUS_SIE;
	set_start_state(v, pc, arg);
}

void vcpu_csr_written(struct vcpu *v)
{
	v->hstatus_stale = true;
	if (static_key(KEY_AIA) && (v->h.hgeie || v->h.prioritized))
		v->quick.aia_at_work = true;
	note_unusual(v);
	if (v->h.hstatus & HSTATUS_SPV)
		world_note_spv(&v->h, v->live);
}

void vcpu_save(struct vcpu *v)
{
	if (v->live)
		world_save(&v->h);
	v->live = false;
}

void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits)
{
	if (v->live && !v->h.virt)
		world_inject(sip_bits);
	else
		v->h.sip |= sip_bits;
}

void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits)
{
	if (v->live && !v->h.virt)
		world_withdraw(sip_bits);
	else
		v->h.sip &= ~sip_bits;
}

void vcpu_refresh_trap_csrs(struct vcpu *v)
{
	nacl_host_refresh(&v->nacl, HEXT_CSR_HSTATUS);
	nacl_host_refresh(&v->nacl, HEXT_CSR_HTVAL);
	nacl_host_refresh(&v->nacl, HEXT_CSR_HTINST);
}

void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap)
{
	bool from_l2 = v->h.virt;

	stats_add(&v->stats, STATS_WORK_INJECTED, 1);
	stats_note(&v->stats, STATS_EVENT_INJECT, from_l2 ? 2 : 1, trap->cause, trap->tval);
	if (from_l2 && vcpu_can_swap(v)) {
		if (static_key(KEY_AREA))
			swap_area_to_l1(v, trap);
		else
			swap_to_l1(v, trap);
		return;
	}
	vcpu_save(v);
	hext_take_trap(&v->h, trap);
	if (from_l2) {
		world_note_trap_of_l2(&v->h, v->h.s.cause, v->h.s.epc);
		nacl_host_after_trap(&v->nacl);
	} else {
		vcpu_refresh_trap_csrs(v);
	}
}

void vcpu_raise(struct vcpu *v, const struct hext_trap *trap)
{
	if (v->h.virt && (v->h.hedeleg >> trap->cause & 1)) {
		vcpu_save(v);
		hext_take_vs_trap(&v->h, trap);
	} else {
		vcpu_trap_to_l1(v, trap);
	}
}

bool vcpu_fetch(const struct vcpu *v, uint32_t *code)
{
	uint16_t low, high;

	if (!riscv_try_fetch_u16(v->h.pc, &low))
		return false;
	*code = low;
	if ((low & 3) != 3)
		return true;
	if (!riscv_try_fetch_u16(v->h.pc + 2, &high))
		return false;
	*code |= (uint32_t)high << 16;
	return true;
}

void vcpu_save_for_access(struct vcpu *v)
{
	vcpu_save(v);
	if (world_config(v->h.cfg)->reads_senvcfg)
		v->h.senvcfg = csr_read(CSR_SENVCFG);
}

uint64_t vcpu_access_address(struct vcpu *v, const struct hext_insn *insn)
{
	if (!v->h.cfg->ssnpm)
		return hext_insn_address(insn, v->x);
	vcpu_save_for_access(v);
	return hext_masked_address(&v->h, insn, v->x, 0);
}

void vcpu_not_a_guest(const struct vcpu *v)
{
	hv_fatal("internal error: hart %lu leaves for a guest without hstatus.SPV",
		 v->hart->hartid);
}
