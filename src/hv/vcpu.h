/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vCPU: one hart of the domain, which is a virtual hart with an H extension on a physical hart of its
 * own. Owned by that physical hart; others only post requests to it (ipi.h).
 *
 * Invariant: v->live says whether the VS CSRs of the current state are in the hardware or in the image.
 * vcpu_save() makes them an image, vcpu_resume() makes them live.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/csr.h"
#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/domain.h"
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
 * How the guest's registers get back into the hart. Those that a C function may change (ra, tp, t0 to t6, a0 to
 * a7) are in vcpu.x whenever C code runs; the others only after an exit that may need them.
 */
enum vcpu_way {
	VCPU_NOT_DONE = VCPU_WAY_NOT_DONE,  /* vcpu_exit_quick() left it to vcpu_exit() */
	VCPU_LOAD_SOME = VCPU_WAY_SOME,	    /* those that C may change, from vcpu.x */
	VCPU_LOAD_ALL = VCPU_WAY_ALL,	    /* all, from vcpu.x */
	VCPU_LOAD_SHARED = VCPU_WAY_SHARED, /* all, from L1's area of SBI NACL, at vcpu.shared_x */
};

/* x0, x1, x5 to x7, x10 to x17, x28 to x31 */
#define VCPU_SOME_REGISTERS UINT32_C(0xf003fce3)

struct vcpu {
	uint64_t x[32];	    /* the guest's registers; x[0] stays 0 */
	uint64_t stack_top; /* of Halite's stack on this hart; the address of this is there */
	struct nacl_client_hart nacl_below; /* this hart as L1; in tp */
	/* For VCPU_LOAD_SHARED: where x0 would be. 0: there is no area, or no sync_sret. */
	uint64_t shared_x;
	enum vcpu_way way; /* back, decided on the way out */
	struct hext_hart h;
	bool live;
	/* A CSR was written that world_load_hstatus() looks at. Stays set while aia_at_work is. */
	bool hstatus_stale;
	bool more_controls; /* world_has_more_controls() */
	/* L1 has AIA do what quick.c does not know of: hgeie, hvien and priorities are not all 0, or were not when last loaded. */
	bool aia_at_work;
	struct world_timer timer;
	bool online;	       /* the guest runs or waits here; else stopped in the firmware */
	bool suspended;	       /* ... and waits in SBI HART_SUSPEND; other harts look at it */
	struct nacl_host nacl; /* this hart as L0 */
	/* The CSR space of L1's area by an address in its middle, from where an instruction reaches all that is stored there; or NULL. */
	volatile nacl_word *csrs_middle;
	/* What quick.c has stored in the slot for autoswap last: so a legal one. */
	uint64_t slot_hstatus;
	/* quick_sync_sret_call() has left it at that: nothing waits in L1's area. */
	bool taken_in;
	/* The last guest-page fault of L2. hgatp 0: L1 was not given it, or L2 has run since. */
	struct hext_shadow_missed missed;
	struct hext_shadow *shadow; /* for h.hgatp, or NULL: to be looked up */
	uint64_t shadow_key;	    /* its hgatp of L1's; no hgatp without */
	uint64_t shadow_atp;	    /* hgatp for it */
	uint64_t domain_atp;	    /* for L1 */
	struct domain *domain;
	unsigned int index;		 /* in domain->vcpus */
	const struct machine_hart *hart; /* that it runs on */
	uint64_t patience;		 /* in ticks, how long look_again() waits */
	bool external; /* the interrupt controller's output is raised in L1, and masked here */
	union {
		struct {
			uint32_t requests; /* enum vcpu_request bits, atomic */
			/* Not 0: L1 keeps interrupts of VS level to itself, or aia_at_work. */
			uint32_t unusual;
		};
		uint64_t asked_for; /* both: quick.c leaves what it does to others */
	};
	uint64_t start_pc; /* for the next start of the hart */
	uint64_t start_arg;
	struct stats stats;
};

/* The domain's vCPU with hart id @hartid, or NULL. */
struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid);

/* Bring @v to the state in which a hart starts: S mode at @pc, a0 = hart id, a1 = @arg. */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg);

/* Likewise after a suspend that keeps no registers; interrupts that are pending stay so. */
void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg);

/* The VS CSRs of the current state are in the image afterwards. */
void vcpu_save(struct vcpu *v);

/* L1's area of SBI NACL, v->nacl, is another one or none: what is derived from it follows. */
void vcpu_area_changed(struct vcpu *v);

/* L1 has written some of its H and VS CSRs, and the image has them. */
void vcpu_csr_written(struct vcpu *v);

/* Leave the emulation: deliver what is pending, load what is not live, set up the way back. */
void vcpu_resume(struct vcpu *v);

/* Take @trap into L1, from L2 or from L1 itself. */
void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap);

/* L1's area of SBI NACL follows what a trap of L1's own changes. */
void vcpu_refresh_trap_csrs(struct vcpu *v);

/* Take @trap in the level that runs, if L1 delegates it to L2, else in L1. */
void vcpu_raise(struct vcpu *v, const struct hext_trap *trap);

/* L1 executes SRET in S mode. */
void vcpu_sret(struct vcpu *v);

/* Set or clear pending bits of L1's sip (IRQ_* in sip's positions), whatever state it is in. */
void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits);
void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits);

/* The code at @pc of the guest that trapped, 2 or 4 bytes. False: it cannot be fetched any more. */
bool vcpu_fetch(const struct vcpu *v, uint32_t *code);

/*
 * Called from assembly, at every exit: the quick one first, for what needs only the registers that C may change.
 * They return an enum vcpu_way.
 */
uint64_t vcpu_exit_quick(struct vcpu *v);
uint64_t vcpu_exit(struct vcpu *v);
void vcpu_sret_refused(struct vcpu *v, uint64_t error);
_Noreturn void vcpu_not_a_guest(const struct vcpu *v);
_Noreturn void vcpu_own_trap(uint64_t scause, uint64_t sepc, uint64_t stval);

#endif
