/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU: one hart of the domain, which is a virtual hart with an H extension on a physical hart of
 * its own. Owned by that physical hart; others only post requests to it (ipi.h).
 *
 * Invariant: v->live says whether the VS CSRs of the current state are in the hardware or in the
 * image. vcpu_save() makes them an image, vcpu_resume() makes them live.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/csr.h"
#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/domain.h"
#include "hv/quick_state.h"
#include "hv/stats.h"
#include "nacl/client.h"
#include "nacl/host.h"
#include "riscv/entry.h"
#include "riscv/world.h"

/* a0 to a7 in vcpu.x */
#define VCPU_A0 10
#define VCPU_A1 11
#define VCPU_A7 17

/*
 * What vcpu_exit() returns: where entry.S finds the guest's registers for the entry that follows.
 * Those that a C function may change are in vcpu.x whenever C code runs, the others only if
 * vcpu_exit() has asked for them.
 */
enum vcpu_registers {
	VCPU_LOAD_SOME,	  /* in vcpu.x those that C may change, the others in the hart; 0 */
	VCPU_LOAD_ALL,	  /* in vcpu.x */
	VCPU_LOAD_SHARED, /* in L1's area of SBI NACL, at vcpu.quick.shared_x */
	VCPU_SAVE_ALL,	  /* no entry yet: save the others for vcpu_exit_all_saved() */
};

/* Those that C may change: x0 to x2, x4 to x7, x10 to x17, x28 to x31. */
#define VCPU_SOME_REGISTERS UINT32_C(0xf003fcf7)

struct vcpu {
	uint64_t x[32];	    /* the guest's registers; x[0] stays 0 */
	uint64_t stack_top; /* of Halite's stack on this hart; the address of this is there */
	struct nacl_client_hart nacl_below; /* this hart as L1; in tp */
	struct quick_state quick;
	enum vcpu_registers registers; /* of the entry that ends this exit */
	union {
		struct hext_hart h;
		struct world_hart world; /* begins with h */
	};
	bool live;
	/*
	 * A CSR was written that world_load_hstatus() looks at. Stays set while quick.aia_at_work
	 * is.
	 */
	bool hstatus_stale;
	struct world_timer timer;
	bool online;		    /* the guest runs or waits here; else stopped in the firmware */
	bool suspended;		    /* ... and waits in SBI HART_SUSPEND; other harts look at it */
	struct nacl_host nacl;	    /* this hart as L0 */
	struct hext_shadow *shadow; /* for h.hgatp, or NULL: to be looked up */
	struct domain *domain;
	unsigned int index;		 /* in domain->vcpus */
	const struct machine_hart *hart; /* that it runs on */
	uint64_t look_again_ticks;	 /* how long look_again() waits next */
	bool external; /* the interrupt controller's output is raised in L1, and masked here */
	union {
		struct {
			uint32_t requests; /* enum vcpu_request bits, atomic */
			/*
			 * Not 0: L1 keeps interrupts of VS level to itself, or quick.aia_at_work.
			 * Written by vcpu_note_unusual(). Read by vcpu.c, which does not call
			 * swap.c then, and with requests by quick.c.
			 */
			uint32_t unusual;
		};
		uint64_t asked_for; /* both: not 0, quick.c leaves the exit to vcpu_exit() */
	};
	uint64_t start_pc; /* for the next start of the hart */
	uint64_t start_arg;
	struct stats stats;
};

/* The domain's vCPU with hart id @hartid, or NULL. */
struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid);

/*
 * The vCPUs of @d that (hart_mask, hart_mask_base) name, as a mask of indices. False: a hart that
 * the guest does not have (SBI 2.0 "Hart list parameter").
 */
bool vcpu_find_all(const struct domain *d, uint64_t mask, uint64_t base, uint64_t *vcpus);

/*
 * Bring @v, which nested_reset() has made a hart without guests, to the state in which a hart
 * starts: S mode at @pc, a0 = hart id, a1 = @arg.
 */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg);

/* Likewise after a suspend that keeps no registers; interrupts that are pending stay so. */
void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg);

/* The VS CSRs of the current state are in the image afterwards. */
void vcpu_save(struct vcpu *v);

/* L1's area of SBI NACL, v->nacl, is another one or none: what is derived from it follows. */
void vcpu_area_changed(struct vcpu *v);

/* L1 has written some of its H and VS CSRs, and the image has them. */
void vcpu_csr_written(struct vcpu *v);

/*
 * quick.c assumes that AIA is at rest and that L1 keeps no interrupts. What else changes that looks
 * here whether it is so.
 */
void vcpu_note_unusual(struct vcpu *v);

/* Whether worlds may be changed by swap.h, which says when. */
static inline bool vcpu_can_swap(const struct vcpu *v)
{
	return v->live && !v->unusual && !static_key(KEY_SLOW);
}

/* Take @trap into L1, from L2 or from L1 itself. */
void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap);

/* L1's area of SBI NACL follows what a trap of L1's own changes. */
void vcpu_refresh_trap_csrs(struct vcpu *v);

/* Take @trap in the level that runs, if L1 delegates it to L2, else in L1. */
void vcpu_raise(struct vcpu *v, const struct hext_trap *trap);

/* Set or clear pending bits of L1's sip (IRQ_* in sip's positions), whatever state it is in. */
void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits);
void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits);

/* The code at @pc of the guest that trapped, 2 or 4 bytes. False: it cannot be fetched any more. */
bool vcpu_fetch(const struct vcpu *v, uint32_t *code);

/*
 * Assembly calls vcpu_exit() at each exit that quick.c leaves, with those registers in v->x that C
 * may change. If it returns VCPU_SAVE_ALL, nothing has changed yet: assembly saves the other
 * registers and calls vcpu_exit_all_saved(), after which v->x has all registers for the entry.
 */
enum vcpu_registers vcpu_exit(struct vcpu *v);
void vcpu_exit_all_saved(struct vcpu *v);
_Noreturn void vcpu_not_a_guest(const struct vcpu *v);

#endif
