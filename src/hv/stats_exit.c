/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What entry.S calls at each exit and entry with KEY_STATS. As quick.c, this file is compiled to
 * use few registers: entry.S saves none of t0 to t6 around the calls.
 */
#include "hext/insn.h"
#include "hv/stats.h"
#include "hv/vcpu.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"
#include "riscv/switch.h"

#define CODE_WFI     0x10500073u
#define CODE_WRS_NTO 0x00d00073u
#define FUNCT3_HLV   4u /* HLV, HLVX and HSV */
/* funct7 of HFENCE.VVMA, HINVAL.VVMA, HFENCE.GVMA and HINVAL.GVMA without the bits that differ. */
#define FUNCT7_FENCE_MASK 0x5du
#define FUNCT7_FENCE	  0x11u

/* What STATS_EVENT_EXIT tells. */
struct exit {
	enum stats_exit kind;
	uint64_t detail;
};

ALWAYS_INLINE enum stats_exit kind_of_ecall(const struct vcpu *v)
{
	uint64_t function = v->x[VCPU_A7 - 1];

	if (v->x[VCPU_A7] != NACL_EID)
		return STATS_EXIT_L1_SBI;
	if (__builtin_expect(function == NACL_FID_SYNC_SRET, 1))
		return STATS_EXIT_L1_NACL_SRET;
	if (function == NACL_FID_SYNC_CSR)
		return STATS_EXIT_L1_NACL_CSR;
	return function == NACL_FID_SYNC_HFENCE ? STATS_EXIT_L1_NACL_HFENCE
						: STATS_EXIT_L1_NACL_OTHER;
}

/*
 * @code is an instruction that VS mode may not execute, or 0: the hart has not given it. All of
 * opcode SYSTEM have a bit pattern that tells them apart from CBO.
 */
ALWAYS_INLINE enum stats_exit kind_of_code(uint32_t code)
{
	unsigned int funct3 = HEXT_INSN_FUNCT3(code);

	if (__builtin_expect(hext_insn_is_csr(code), 1))
		return STATS_EXIT_L1_CSR;
	if (code == HEXT_CODE_SRET)
		return STATS_EXIT_L1_SRET;
	if (code == CODE_WFI || code == CODE_WRS_NTO)
		return STATS_EXIT_L1_WAIT;
	if ((code & 0x7f) != 0x73)
		return STATS_EXIT_L1_INSN;
	if (funct3 == FUNCT3_HLV)
		return STATS_EXIT_L1_ACCESS;
	return (code >> 25 & FUNCT7_FENCE_MASK) == FUNCT7_FENCE ? STATS_EXIT_L1_HFENCE
								: STATS_EXIT_L1_INSN;
}

/* What an interrupt of L1 has; L2's are as far behind as the first is. */
ALWAYS_INLINE enum stats_exit kind_of_interrupt(uint64_t cause, bool virt)
{
	unsigned int irq = cause & 0xff;
	unsigned int kind = irq == IRQ_SSI   ? STATS_EXIT_L1_IPI
			    : irq == IRQ_STI ? STATS_EXIT_L1_TIMER
			    : irq == IRQ_SEI ? STATS_EXIT_L1_EXTERNAL
					     : STATS_EXIT_L1_INTERRUPT;

	return kind + (virt ? STATS_EXIT_L2_IPI - STATS_EXIT_L1_IPI : 0);
}

ALWAYS_INLINE struct exit exit_of(const struct vcpu *v, uint64_t cause, bool virt)
{
	struct exit e = { .detail = cause };

	if (cause == CAUSE_ECALL_VS) {
		e.kind = virt ? STATS_EXIT_L2_SBI : kind_of_ecall(v);
		e.detail = v->x[VCPU_A7] << 32 | (uint32_t)v->x[VCPU_A7 - 1];
	} else if (cause == CAUSE_VIRTUAL) {
		e.detail = csr_read(CSR_STVAL);
		e.kind = virt ? STATS_EXIT_L2_INSN : kind_of_code((uint32_t)e.detail);
	} else if (cause & CAUSE_INTERRUPT) {
		e.kind = kind_of_interrupt(cause, virt);
	} else if (hext_is_guest_page_fault(cause)) {
		e.kind = virt ? STATS_EXIT_L2_MEMORY : STATS_EXIT_L1_MEMORY;
		e.detail = ncsr_read(HEXT_CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);
	} else {
		e.kind = virt ? STATS_EXIT_L2_OTHER : STATS_EXIT_L1_OTHER;
	}
	return e;
}

/* ---- the ring ---- */

ALWAYS_INLINE void record(struct stats_hart *s, uint64_t time, enum stats_event_type type,
			  uint32_t code, uint64_t a, uint64_t b)
{
	uint64_t number = s->recorded;
	struct stats_event *e =
		(struct stats_event *)(uintptr_t)s->ring + (number & (s->ring_size - 1));

	e->time = time;
	e->type = type;
	e->code = code;
	e->a = a;
	e->b = b;
	/* A reader that sees the number sees the event. An atomic store would be an AMO. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint64_t *)&s->recorded = number + 1;
}

void stats_record(struct stats_hart *s, enum stats_event_type type, uint32_t code, uint64_t a,
		  uint64_t b)
{
	if (s->ring)
		record(s, csr_read(CSR_TIME), type, code, a, b);
}

/* ---- exits and entries ---- */

/* Counts an exit of the guest of L1 that has L1's @hgatp. */
ALWAYS_INLINE void count_vm(struct stats_hart *s, uint64_t hgatp)
{
	struct stats_vm *at = s->vms, *last = &s->vms[STATS_VMS - 1];
	uint64_t vm = hgatp_vmid(hgatp) + 1;

	while (at != last && at->vm != vm && at->vm)
		at++;
	at->vm = at == last ? STATS_VM_OTHERS : vm;
	at->exits++;
}

void stats_exit(struct vcpu *v)
{
	struct stats_hart *s = &v->stats;
	bool virt = v->h.virt;
	struct exit e = exit_of(v, csr_read(CSR_SCAUSE), virt);
	uint64_t now = csr_read(CSR_TIME);

	/* Without this the compiler would compute @s anew for each member. */
	hide_value(s);
	s->exits[e.kind]++;
	s->exit_time = now;
	s->exit_level = virt + 1;
	if (virt)
		count_vm(s, v->h.hgatp);
	if (s->ring)
		record(s, now, STATS_EVENT_EXIT, e.kind, csr_read(CSR_SEPC), e.detail);
}

/* CSRs and fences are counted where no function can be called, so their event is made here. */
ALWAYS_INLINE void record_sync(struct stats_hart *s, uint64_t now)
{
	uint64_t synced = s->works[STATS_WORK_SYNCED_CSR] - s->synced_before;
	uint64_t fences = s->works[STATS_WORK_FENCE] - s->fences_before;

	if (!(synced | fences))
		return;
	s->synced_before += synced;
	s->fences_before += fences;
	record(s, now, STATS_EVENT_SYNC, synced, fences, 0);
}

void stats_enter(struct vcpu *v)
{
	struct stats_hart *s = &v->stats;
	uint64_t now = csr_read(CSR_TIME), level = v->h.virt + 1u, left;

	hide_value(s);
	left = s->exit_level;
	if (left) {
		s->works[STATS_WORK_SWITCH_L1] += level < left;
		s->works[STATS_WORK_SWITCH_L2] += level > left;
		s->ticks += now - s->exit_time;
	}
	if (!s->ring)
		return;
	record_sync(s, now);
	record(s, now, STATS_EVENT_ENTER, level, csr_read(CSR_SEPC),
	       level < left ? ncsr_read(HEXT_CSR_VSCAUSE) : 0);
}

void stats_exit_code(struct vcpu *v, uint32_t code)
{
	if (!static_key(KEY_STATS))
		return;
	v->stats.exits[STATS_EXIT_L1_INSN]--;
	v->stats.exits[kind_of_code(code)]++;
}
