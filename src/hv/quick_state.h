/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values that a vCPU caches for quick.c and swap.c, so that they read with one load what other
 * files compute. Each value follows from the rest of struct vcpu. Code that changes the source of a
 * value calls the writer that the comment of the value names.
 */
#ifndef HV_QUICK_STATE_H
#define HV_QUICK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/shadow.h"
#include "nacl/host.h"

/* The features of the NACL below that quick.c and swap.c need with KEY_AREA. */
#define QUICK_AREA_FEATURES \
	(1u << NACL_FEAT_SYNC_CSR | 1u << NACL_FEAT_SYNC_SRET | 1u << NACL_FEAT_AUTOSWAP_CSR)

struct quick_state {
	/*
	 * With KEY_AREA: byte RISCV_AREA_BIAS of the hart's area of the NACL below. 0: the hart has
	 * no area or lacks one of QUICK_AREA_FEATURES. Written by vcpu_resume(). Read by entry.S,
	 * for quick_area.c.
	 */
	uintptr_t area_below;
	/*
	 * The address of x0 in the SRET context of L1's area of SBI NACL. 0: there is no area, or
	 * L1 has no sync_sret. Written by vcpu_area_changed(). Read by sync_sret() in quick.c, by
	 * exit.c, and by entry.S, which loads L2's registers from there.
	 */
	uint64_t shared_x;
	/*
	 * The address of hstatus in the CSR space of L1's area. From there the offset of each CSR
	 * that a trap stores fits a store instruction. NULL: there is no area. Written by
	 * vcpu_area_changed(). Read by swap_into_l1().
	 */
	volatile nacl_word *area_hstatus;
	/*
	 * The hstatus that Halite has last put into the slot for autoswap. The value is legal, so
	 * it needs no check if the slot still has it. Written by vcpu_reset() and
	 * swap_put_hstatus(). Read by swap_take_hstatus().
	 */
	uint64_t swapped_hstatus;
	/*
	 * The last guest-page fault of L2 that the shadow could not resolve. Its hgatp is 0 if the
	 * fault was not passed to L1, and after L2 has run again. Written by hext_shadow_fault()
	 * and quick_guest_page_fault(). Cleared by fill_ahead() in nested.c and in quick.c. Read by
	 * all of these and by entry.S.
	 */
	struct hext_shadow_missed missed;
	/*
	 * The hgatp of L1 for which vcpu.shadow is bound. If none is bound, a value that hgatp
	 * cannot have. Written by run_under() in nested.c and nested_reset(). Read by
	 * nested_before_l2() and by can_enter() in quick.c.
	 */
	uint64_t shadow_key;
	/*
	 * The hardware's hgatp for L2, under the bound shadow. Written by run_under() in nested.c.
	 * Read by swap_in_l2() and nested_load().
	 */
	uint64_t shadow_atp;
	/*
	 * The hardware's hgatp for L1. Written by nested_reset(). Read by swap_out_l2() and
	 * nested_load().
	 */
	uint64_t domain_atp;
	/*
	 * The result of world_more_controls(). Written by vcpu_note_unusual(). Read by
	 * swap_in_l2() and swap_out_l2().
	 */
	uint8_t more_controls;
	/*
	 * L1 uses a part of AIA that quick.c and swap.c do not handle: hgeie, hvien or the
	 * priorities are not all 0, or were not all 0 when the hart was last loaded. Written by
	 * vcpu_csr_written() and vcpu_resume(). Read by vcpu.c and by may_interrupt_l1() in
	 * quick.c.
	 */
	bool aia_at_work;
};

#endif
