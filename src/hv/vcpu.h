/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU is a hart of the domain: a virtual hart with the H extension. One physical hart runs the
 * vCPU, always the same one. Other harts read the members that are marked so. They write only
 * @requests, @callers, @call.left, and the start_ members while the hart is stopped.
 *
 * Invariant: @live says whether the VS CSRs of the current state are in the hardware or in the
 * image. vcpu_save() moves them to the image, vcpu_resume() loads them into the hardware.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/csr.h"
#include "hext/hext.h"
#include "hext/insn.h"
#include "hext/shadow.h"
#include "hv/domain.h"
#include "hv/quick_state.h"
#include "hv/stats.h"
#include "lib/index_set.h"
#include "nacl/client.h"
#include "nacl/host.h"
#include "riscv/entry.h"
#include "riscv/world.h"

/* Indices of a0, a1 and a7 in vcpu.x */
#define VCPU_A0 10
#define VCPU_A1 11
#define VCPU_A7 17

/*
 * The result of vcpu_exit(): where entry.S finds the guest's registers for the next entry. While C
 * code runs, vcpu.x has the registers that a C function may change. It has the other registers only
 * if vcpu_exit() has asked for them.
 */
enum vcpu_registers {
	VCPU_LOAD_SOME,	  /* 0. VCPU_SOME_REGISTERS are in vcpu.x, the others in the hart. */
	VCPU_LOAD_ALL,	  /* all are in vcpu.x */
	VCPU_LOAD_SHARED, /* all are in L1's area of SBI NACL, at vcpu.quick.shared_x */
	/* No entry follows yet: entry.S saves the others and calls vcpu_exit_all_saved(). */
	VCPU_SAVE_ALL,
};

/* The registers that a C function may change: x0 to x2, x4 to x7, x10 to x17, x28 to x31. */
#define VCPU_SOME_REGISTERS UINT32_C(0xf003fcf7)

struct vcpu {
	uint64_t x[32]; /* the guest's registers; x[0] stays 0 */
	/* top of Halite's stack on this hart; the word there is the address of this vCPU */
	uint64_t stack_top;
	/* this hart as a client of NACL below; tp points here (riscv/hart.h) */
	struct nacl_client_hart nacl_below;
	struct quick_state quick;
	enum vcpu_registers registers; /* where the next entry finds the registers */
	union {
		struct hext_hart h;
		struct world_hart world; /* the first member is h */
	};
	bool live;
	/*
	 * A CSR that world_load_hstatus() reads has changed since the last call. Stays set while
	 * quick.aia_at_work is set.
	 */
	bool hstatus_stale;
	struct world_timer timer;
	/*
	 * L1 runs or waits on this hart; if not, the firmware has the hart stopped. Other harts
	 * read it.
	 */
	bool online;
	bool suspended;	       /* L1 waits in SBI HART_SUSPEND. Other harts read it. */
	struct nacl_host nacl; /* the NACL that Halite offers to L1 on this hart */
	/* the shadow that was bound last, for quick.shadow_key; NULL: none */
	struct hext_shadow *shadow;
	/*
	 * The shadow and its key from before, to which the hart is still bound. NULL: none. L1 may
	 * run two guests in turn; a Halite above runs its L1 and its L2.
	 */
	struct hext_shadow *shadow_before;
	uint64_t key_before;
	struct domain *domain;
	unsigned int index;		 /* index in domain->vcpus */
	const struct machine_hart *hart; /* the physical hart of this vCPU */
	uint64_t look_again_ticks;	 /* delay of the next look_again() */
	/*
	 * Halite has raised the interrupt controller's output in L1 and masked it here. Other harts
	 * read it.
	 */
	bool external;
	union {
		struct {
			/* bits of enum vcpu_request; all harts write it, atomically */
			uint32_t requests;
			/*
			 * Not 0: L1 keeps interrupts of VS level, or quick.aia_at_work is set.
			 * Written by vcpu_note_unusual(). Where it is not 0, vcpu.c does not call
			 * swap.c, and quick.c changes no worlds.
			 */
			uint32_t unusual;
		};
		/* @requests and @unusual in one load. Not 0: quick.c changes no worlds. */
		uint64_t asked_for;
	};
	/* The indices of the vCPUs whose calls wait for this hart (ipi.c). All harts write it. */
	struct index_set callers;
	bool answering; /* this hart answers calls */
	/* The call of this hart, which the harts that it calls read (ipi.c). */
	struct {
		void (*fn)(struct vcpu *v, void *arg);
		void *arg;
		uint32_t left; /* harts that have not run @fn yet; each subtracts itself */
	} call;
	uint64_t start_pc; /* pc and argument for the next start of the hart */
	uint64_t start_arg;
	bool asleep; /* L1 has suspended the machine. The next start of the hart resumes L1. */
	uint64_t terminal_at;	 /* when the hart next looks for input (terminal.h), in ticks */
	uint64_t terminal_delay; /* and how long it waits until then */
	struct stats_hart stats;
	/* SBI PMU (sbi_pmu.c). Bit n and element n are of L1's counter n. */
	struct {
		uint64_t own;	   /* firmware counters that count an event of enum pmu_event */
		uint64_t started;  /* those of them that run. Other harts read it. */
		uint64_t below;	   /* counters that L1 has configured in the firmware */
		uint64_t snapshot; /* address of L1's area; ~0: none */
		/* The EVENT_GET_INFO that L1 continues by executing its ECALL again; 0: none. */
		uint64_t info_at, info_count, info_done;
		/*
		 * The same for COUNTER_START and COUNTER_STOP with a snapshot: the counters of the
		 * call (0: none), those that are left, and what the call will return.
		 */
		uint64_t start_set, start_left, stop_set, stop_left, stop_overflows;
		int64_t stop_error;
		uint8_t code[64]; /* of own: its event (pmu_events.h) */
		/* Of own: its value; while it runs, its value minus the count of its event. */
		uint64_t value[64];
		uint64_t events[22]; /* while a counter runs. All harts add, atomically. */
	} pmu;
	/* SBI FWFT (sbi_fwft.c) */
	struct {
		uint32_t locked; /* bit n: L1 has locked feature n until the hart starts again */
		/* L1 has changed the firmware's MISALIGNED_EXC_DELEG, which was: */
		bool delegation_changed, delegation_at_start;
		struct world_config config; /* h.cfg, if it is not the domain's */
	} features;
};

/* The domain's vCPU with hart id @hartid, or NULL. */
struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid);

/*
 * Store in @vcpus the indices of the vCPUs of @d that hart mask (@mask, @base) names. False: the
 * mask names a hart that the domain does not have (SBI 2.0 "Hart list parameter").
 */
bool vcpu_find_all(const struct domain *d, uint64_t mask, uint64_t base, struct index_set *vcpus);

/*
 * Make a hart mask (*@mask, *@base) for the next members of @vcpus, from index *@from on, and set
 * *@from behind them. False: there are no more. One mask has hart ids that fit in one word.
 */
bool vcpu_next_mask(const struct domain *d, const struct index_set *vcpus, unsigned int *from,
		    uint64_t *mask, uint64_t *base);

/*
 * Put @v into the state in which a hart starts: S mode at @pc, a0 = hart id, a1 = @arg. The caller
 * has called nested_reset().
 */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg);

/*
 * Continue @v at @pc after a suspend that keeps no registers: S mode, a0 = hart id, a1 = @arg, satp
 * Bare, SIE clear. Pending interrupts stay pending.
 */
void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg);

/* Move the VS CSRs of the current state from the hardware to the image. */
void vcpu_save(struct vcpu *v);

/* Update @v->quick after L1 has set another area of SBI NACL, or none, in @v->nacl. */
void vcpu_area_changed(struct vcpu *v);

/*
 * Update what follows from L1's H and VS CSRs after L1 has written some of them. The image has the
 * new values.
 */
void vcpu_csr_written(struct vcpu *v);

/*
 * quick.c and swap.c assume that AIA is at rest and that L1 keeps no interrupts. Update v->unusual,
 * which says whether that holds. Called wherever a CSR changes that this depends on.
 */
void vcpu_note_unusual(struct vcpu *v);

/* Whether the hart has QUICK_AREA_FEATURES, and so an area. */
static inline bool vcpu_has_quick_area(const struct vcpu *v)
{
	return (v->nacl_below.features & QUICK_AREA_FEATURES) == QUICK_AREA_FEATURES;
}

/* Whether swap.h may switch worlds. swap.h names the conditions. */
static inline bool vcpu_can_swap(const struct vcpu *v)
{
	return v->live && !v->unusual && !static_key(KEY_SLOW) &&
	       (!static_key(KEY_AREA) || vcpu_has_quick_area(v));
}

/* Make L1 take @trap, from L2 or from L1 itself. */
void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap);

/* After a trap from L1 into L1: update hstatus, htval and htinst in L1's area of SBI NACL. */
void vcpu_refresh_trap_csrs(struct vcpu *v);

/* Make L2 take @trap if L2 runs and hedeleg delegates it. Make L1 take it otherwise. */
void vcpu_raise(struct vcpu *v, const struct hext_trap *trap);

/*
 * Set or clear pending bits of L1's sip, whether L1 or L2 runs. @sip_bits has IRQ_* in sip's
 * positions.
 */
void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits);
void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits);

/*
 * Fetch the instruction at v->h.pc of the guest that trapped: 2 or 4 bytes. False: the fetch
 * faults.
 */
bool vcpu_fetch(const struct vcpu *v, uint32_t *code);

/*
 * Bring all into the image that hext_masked_address(), hext_hlv(), hext_hsv() and
 * hext_fill_htinst() need: the live CSRs, and senvcfg.
 */
void vcpu_save_for_access(struct vcpu *v);

/* The address of the access of @insn, by the guest that trapped, as stval shows it. */
uint64_t vcpu_access_address(struct vcpu *v, const struct hext_insn *insn);

/*
 * entry.S calls vcpu_exit() at each exit that quick.c does not handle, with VCPU_SOME_REGISTERS in
 * v->x. If it returns VCPU_SAVE_ALL, nothing has changed yet. entry.S then saves the other
 * registers and calls vcpu_exit_all_saved(), which leaves all registers for the entry in v->x.
 */
enum vcpu_registers vcpu_exit(struct vcpu *v);
void vcpu_exit_all_saved(struct vcpu *v);
_Noreturn void vcpu_not_a_guest(const struct vcpu *v);

#endif
