/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vCPU keeps for quick.c and swap.c, so that they find with one load what the other files
 * work out. Each of these follows from the rest of struct vcpu; who changes that calls what the
 * comment names as the writer.
 */
#ifndef HV_QUICK_STATE_H
#define HV_QUICK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/shadow.h"
#include "nacl/host.h"

struct quick_state {
	/*
	 * The address of x0 in the SRET context of L1's area of SBI NACL. 0: there is no area, or
	 * L1 has no sync_sret. Written by vcpu_area_changed(). Read by quick_sync_sret(), and by
	 * entry.S, which loads L2's registers from there.
	 */
	uint64_t shared_x;
	/*
	 * hstatus in the CSR space of L1's area, from where the offset of each CSR that a trap
	 * stores fits an instruction. NULL: there is no area. Written by vcpu_area_changed(). Read
	 * by swap_into_l1().
	 */
	volatile nacl_word *area_hstatus;
	/*
	 * The hstatus that was last put into the autoswap slot of L1's area. It is legal, so that
	 * the same value needs no check when L1 has left it there. Written by vcpu_reset() and
	 * swap_put_hstatus(). Read by swap_take_hstatus().
	 */
	uint64_t swapped_hstatus;
	/*
	 * The last guest-page fault of L2 that was not resolved. Its hgatp is 0 where L1 was not
	 * given it, and once L2 has run again. Written by hext_shadow_fault() and
	 * quick_guest_page_fault(); cleared by nested_fill_ahead() and quick.c's fill_ahead(). Read
	 * by all of these.
	 */
	struct hext_shadow_missed missed;
	/*
	 * L1's hgatp of the shadow that is bound, vcpu.shadow; a value that hgatp cannot have
	 * without one. Written by bind_shadow() and nested_reset(). Read by quick.c's
	 * can_enter().
	 */
	uint64_t shadow_key;
	/*
	 * The hardware's hgatp for L2, under that shadow. Written by bind_shadow(). Read by
	 * swap_into_l2(), nested_load().
	 */
	uint64_t shadow_atp;
	/*
	 * The hardware's hgatp for L1. Written by nested_reset(). Read by swap_into_l1() and
	 * nested_load().
	 */
	uint64_t domain_atp;
	/*
	 * world_has_more_controls(). Written by vcpu_note_unusual(). Read by swap_into_l2() and
	 * swap_into_l1().
	 */
	bool more_controls;
	/*
	 * hgeie, hvien or the priorities are not all 0, or were not when the hart was last loaded:
	 * so L1 has AIA do what quick.c and swap.c do not know of. Written by vcpu_csr_written()
	 * and vcpu_resume(). Read by vcpu.c and quick.c's may_interrupt_l1().
	 */
	bool aia_at_work;
};

#endif
