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

#include "hext/hext.h"
#include "hext/shadow.h"
#include "hv/domain.h"
#include "nacl/host.h"
#include "riscv/world.h"

#define VCPU_STACK_SIZE 8192

/* a0 to a7 in vcpu.x */
#define VCPU_A0 10
#define VCPU_A1 11
#define VCPU_A7 17

struct vcpu {
	uint64_t x[32];	    /* the guest's registers; x[0] stays 0 */
	uint64_t stack_top; /* of Halite's stack on this hart */
	struct hext_hart h;
	bool live;
	struct world_timer timer;
	bool online; /* the guest runs or waits here; else stopped in the firmware */
	struct nacl_host nacl;
	struct hext_shadow *shadow; /* for h.hgatp, or NULL: to be looked up */
	struct domain *domain;
	unsigned int index; /* in domain->vcpus */
	unsigned long hartid;
	bool external;	   /* the PLIC's output is raised in L1, and masked here */
	uint32_t requests; /* enum vcpu_request bits, atomic */
	uint64_t start_pc; /* for the next start of the hart */
	uint64_t start_arg;
};

/* Give @d its vCPUs, probe the boot hart, and start the guest there. */
_Noreturn void vcpu_boot(struct domain *d, unsigned long entry_pc, unsigned long fdt_addr);

/* The domain's vCPU with hart id @hartid, or NULL. */
struct vcpu *vcpu_find(const struct domain *d, uint64_t hartid);

/* Bring @v to the state in which a hart starts: S mode at @pc, a0 = hart id, a1 = @arg. */
void vcpu_reset(struct vcpu *v, uint64_t pc, uint64_t arg);

/* Likewise after a suspend that keeps no registers; interrupts that are pending stay so. */
void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg);

/* The VS CSRs of the current state are in the image afterwards. */
void vcpu_save(struct vcpu *v);

/* Leave the emulation: deliver what is pending, load what is not live, set up the way back. */
void vcpu_resume(struct vcpu *v);

/* Take @trap into L1, from L2 or from L1 itself. */
void vcpu_trap_to_l1(struct vcpu *v, const struct hext_trap *trap);

/* Take @trap in the level that runs, if L1 delegates it to L2, else in L1. */
void vcpu_raise(struct vcpu *v, const struct hext_trap *trap);

/* L1 executes SRET in S mode. */
void vcpu_sret(struct vcpu *v);

/* Set or clear pending bits of L1's sip (IRQ_* in sip's positions), whatever state it is in. */
void vcpu_set_pending(struct vcpu *v, uint64_t sip_bits);
void vcpu_clear_pending(struct vcpu *v, uint64_t sip_bits);

/* The code at @pc of the guest that trapped, 2 or 4 bytes. False: it cannot be fetched any more. */
bool vcpu_fetch(const struct vcpu *v, uint32_t *code);

/* Called from assembly. */
void vcpu_exit(struct vcpu *v);
_Noreturn void vcpu_hart_started(struct vcpu *v);
_Noreturn void vcpu_own_trap(uint64_t scause, uint64_t sepc, uint64_t stval);

#endif
