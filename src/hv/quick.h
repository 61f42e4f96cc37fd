/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quick path: the exits that a guest hypervisor causes most, each handled in one sequence.
 * These are both halves of a round trip from L2 to L1 and back, and CSR instructions of L1.
 * vcpu_exit() can handle all of them, too, and does so with KEY_SLOW.
 *
 * Each function first decides. Until then it only reads, checks, and consumes dirty CSRs of L1's
 * area, which is valid whether or not the quick path handles the exit. After the line "commit" it
 * changes the virtual hart, and nothing can fail.
 *
 * There are two copies of quick.c: quick_area.c for KEY_AREA, and else quick_lcofi.c for KEY_LCOFI.
 * Each has a trap entry of its own (entry.S).
 *
 * quick.c is compiled to use few registers (ra, sp, a0 to a7; see mk/hypervisor.mk), as each costs
 * a store and a load. So it calls no functions.
 */
#ifndef HV_QUICK_H
#define HV_QUICK_H

#include "hv/vcpu.h"

#ifndef QUICK
#define QUICK(name) quick_##name
#endif

/* ra, sp, a0 to a7, and x0 */
#define QUICK_REGISTERS UINT32_C(0x3fc07)

/*
 * Called from entry.S at each exit that they may handle, with QUICK_REGISTERS in v->x. They return
 * @v if the exit is handled and the entry is complete but for the registers. quick_sync_sret() and
 * quick_sync_sret_after_fault() leave the registers at v->quick.shared_x, the other functions in
 * v->x. NULL: vcpu_exit() has to handle the exit.
 */

/*
 * L1 has executed an instruction that VS mode may not execute: most times a CSR instruction, else
 * often SRET.
 */
struct vcpu *quick_csr(struct vcpu *v);
struct vcpu *quick_sret(struct vcpu *v);

/* L1 has called sync_sret of SBI NACL, and v->quick.missed.hgatp is 0. */
struct vcpu *quick_sync_sret(struct vcpu *v);

/* L1 has called sync_sret of SBI NACL, and v->quick.missed.hgatp is not 0. */
struct vcpu *quick_sync_sret_after_fault(struct vcpu *v);

/* L2 has taken exception @cause, which is no guest-page fault. */
struct vcpu *quick_trap_of_l2(struct vcpu *v, uint64_t cause);

/* L2 has taken guest-page fault @cause, or an interrupt. vcpu_exit() handles all interrupts. */
struct vcpu *quick_guest_page_fault(struct vcpu *v, uint64_t cause);

/* The same with KEY_LCOFI. */
struct vcpu *quick_lcofi_csr(struct vcpu *v);
struct vcpu *quick_lcofi_sret(struct vcpu *v);
struct vcpu *quick_lcofi_sync_sret(struct vcpu *v);
struct vcpu *quick_lcofi_sync_sret_after_fault(struct vcpu *v);
struct vcpu *quick_lcofi_trap_of_l2(struct vcpu *v, uint64_t cause);
struct vcpu *quick_lcofi_guest_page_fault(struct vcpu *v, uint64_t cause);

/* The same in the area of the NACL below, with KEY_AREA. tp is v->quick.area_below, not 0. */
struct vcpu *quick_area_csr(struct vcpu *v);
struct vcpu *quick_area_sret(struct vcpu *v);
struct vcpu *quick_area_sync_sret(struct vcpu *v);
struct vcpu *quick_area_sync_sret_after_fault(struct vcpu *v);
struct vcpu *quick_area_trap_of_l2(struct vcpu *v, uint64_t cause);
struct vcpu *quick_area_guest_page_fault(struct vcpu *v, uint64_t cause);

#endif
