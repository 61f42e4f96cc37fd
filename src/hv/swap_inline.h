/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The code of swap.h, for swap.c and for quick.c, which has few registers. It calls no functions.
 */
#ifndef HV_SWAP_INLINE_H
#define HV_SWAP_INLINE_H

/*
 * Whether L1 has Sscofpmf: KEY_LCOFI. quick.c has false in place of the key, and its copy
 * quick_lcofi.c has true, so that neither has a site of the key for each CSR.
 */
#ifndef SWAP_LCOFI
#define SWAP_LCOFI static_key(KEY_LCOFI)
#endif

/* quick_area.c and swap_area.c are the copies for KEY_AREA. They define RISCV_NCSR_AREA. */
#ifndef RISCV_NCSR_AREA
#define RISCV_NCSR_DIRECT
#endif
#define CSR_CLOBBERS

#include "hext/csr.h"
#include "hv/swap_consume.h"
#include "hv/vcpu.h"
#include "riscv/insn.h"
#include "riscv/switch.h"

/*
 * Write @hgatp to hgatp, and 0 (Bare) to vsatp before that. Returns the old vsatp. The caller loads
 * henvcfg before it writes vsatp (world.c, world_switch_gstage). The area has only the last value
 * of vsatp, which the caller writes.
 */
ALWAYS_INLINE uint64_t swap_gstage(uint64_t hgatp)
{
	uint64_t atp;

	if (ncsr_has_area()) {
		atp = ncsr_read(HEXT_CSR_VSATP);
		ncsr_write(HEXT_CSR_HGATP, hgatp);
		return atp;
	}
	atp = ncsr_swap(HEXT_CSR_VSATP, 0);
	ncsr_write(HEXT_CSR_HGATP, hgatp);
	if (static_key(KEY_FLUSH))
		insn_flush_live_vmid(hgatp_vmid(hgatp));
	return atp;
}

/*
 * The hstatus that L1 has put into the slot for autoswap, made legal. Most times the slot still has
 * the value that Halite has put there, which is legal.
 */
ALWAYS_INLINE uint64_t swap_take_hstatus(const struct vcpu *v)
{
	uint64_t wanted = nacl_host_autoswap_hstatus(&v->nacl);

	if (__builtin_expect(wanted != v->quick.swapped_hstatus, 0)) {
		load_again();
		wanted = hext_legal_hstatus(&v->h, wanted);
	}
	return wanted;
}

ALWAYS_INLINE void swap_put_hstatus(struct vcpu *v, uint64_t hstatus)
{
	v->quick.swapped_hstatus = hstatus;
	nacl_host_autoswapped(&v->nacl, hstatus);
}

/*
 * Whether vcpu_exit() has to handle the exit: a request is posted, or vcpu.unusual is set, and L1
 * has interrupts that this file does not handle.
 */
ALWAYS_INLINE bool swap_is_asked_for(const struct vcpu *v)
{
	return __atomic_load_n(&v->asked_for, __ATOMIC_RELAXED);
}

/*
 * Whether L1 has an interrupt that is pending and enabled, so that L2 would not run. While L1 runs
 * and vcpu.unusual is 0, hie has only interrupts of VS level, which are L1's sie.
 */
ALWAYS_INLINE bool l1_is_interrupted(uint64_t hie)
{
	if (ncsr_read(HEXT_CSR_HIP) & hie)
		return true;
	/* A pending LCOFI may be enabled in vsie, which vcpu_resume() finds out. */
	return SWAP_LCOFI && (ncsr_read(HEXT_CSR_HVIP) & LCOFI);
}

/* ---- from L1 to L2 ---- */

/* Whether L2 can run under L1's @hstatus at once. @hie is the hart's hie. */
ALWAYS_INLINE bool swap_can_enter(const struct vcpu *v, uint64_t hstatus, uint64_t hie)
{
	return (hstatus & HSTATUS_SPV) && !swap_is_asked_for(v) && !l1_is_interrupted(hie);
}

/* Exchange those CSRs of @group, a constant, that L1 and L2 both have: save L1's, load L2's. */
ALWAYS_INLINE void swap_bank_to_l2(struct hext_hart *h, enum world_group group)
{
	const struct hext_config *c = h->cfg;

	(void)c;
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, ...)                \
	if (WORLD_BANK_##held == WORLD_SWAP && world_group_of(HEXT_CSRS_OF_##gate) == group && \
	    (group != WORLD_ASKED || HEXT_GATE(gate, name)))                                   \
		h->s.field = ncsr_swap(number, h->vs.field);
#include "hext/csr_table.h"
}

/*
 * Save L1's CSRs in the image and load L2's, but for the CSRs that SRET changes. @hie is the hart's
 * hie, which holds L1's sie.
 */
ALWAYS_INLINE void swap_in_l2(struct vcpu *v, uint64_t hie)
{
	struct hext_hart *h = &v->h;
	const struct hext_bank *l2 = &h->vs;
	struct hext_bank *l1 = &h->s;

	l1->atp = swap_gstage(v->quick.shadow_atp);
	load_controls_of_l2(h, WORLD_ALWAYS, 0);
	ncsr_write(HEXT_CSR_VSATP, l2->atp);
	swap_bank_to_l2(h, WORLD_ALWAYS);
	/* L1's scause and stval are not saved: the trap that ends L2 overwrites them. */
	ncsr_write(HEXT_CSR_VSCAUSE, l2->cause);
	ncsr_write(HEXT_CSR_VSTVAL, l2->tval);
	if (v->quick.more_controls) {
		load_more_controls_of_l2(h, v->quick.more_controls);
		swap_bank_to_l2(h, WORLD_ASKED);
	}
	h->sie = hie >> 1;
	if (!static_key(KEY_NO_SSTC)) {
		l1->timecmp =
			ncsr_swap(HEXT_CSR_VSTIMECMP, l2_has_timer(h) ? l2->timecmp : ~UINT64_C(0));
		world_carry_timer(&v->timer, h);
	}
	/* hvip, too, has only interrupts of VS level and LCOFI while L1 runs. */
	h->sip = sip_of_l1(ncsr_swap(HEXT_CSR_HVIP, h->hvip), SWAP_LCOFI);
	if (SWAP_LCOFI) {
		h->sie |= ncsr_swap(HEXT_CSR_VSIE, vsie_of_l2(h)) & LCOFI;
		ncsr_write(HEXT_CSR_HVIEN, h->hvien);
	}
	hie = h->hie & IRQ_VS_ALL;
	if (static_key(KEY_AIA)) {
		swap_bank_to_l2(h, WORLD_AIA);
		load_controls_of_l2(h, WORLD_AIA, 0);
		hie |= sgeie_at_rest(h->sie);
	}
	ncsr_write(HEXT_CSR_HIE, hie);
}

/*
 * hext_sret() for an L1 whose CSRs are in the hart and whose hstatus is @hstatus. Leaves the
 * image's pc and user mode unset. L1's sepc is not saved: the trap that ends L2 overwrites it.
 */
ALWAYS_INLINE void swap_by_sret(struct hext_hart *h, uint64_t hstatus)
{
	uint64_t pc = ncsr_swap(HEXT_CSR_VSEPC, h->vs.epc);
	uint64_t status = ncsr_swap(HEXT_CSR_VSSTATUS, h->vs.status);

	h->virt = true;
	h->s.status = hext_status_of_sret(status);
	h->hstatus = hstatus & ~HSTATUS_SPV;
	set_guest_hstatus(world_hstatus_of_l2(h->cfg, hstatus));
	/* SRET does not change SSTATUS_L1, and returns to the mode in SPP. */
	csr_clear(CSR_SSTATUS, SSTATUS_L1 | SSTATUS_SPP);
	csr_set(CSR_SSTATUS, status & (SSTATUS_L1 | SSTATUS_SPP));
	csr_write(CSR_SEPC, pc);
}

/*
 * Execute SRET for an L1 that is live and whose hstatus is @hstatus, with SPV set. @hie is the
 * hart's hie.
 */
ALWAYS_INLINE void swap_into_l2(struct vcpu *v, uint64_t hie, uint64_t hstatus)
{
	swap_in_l2(v, hie);
	swap_by_sret(&v->h, hstatus);
	ncsr_publish();
}

/* ---- from L2 to L1 ---- */

/*
 * Write @value, which is L1's, to @csr. Save L2's value in the image and, if there is one, in the
 * area.
 */
#define SWAP_OUT(csr, field, value) SWAP_OUT_BITS(csr, field, value, ~UINT64_C(0))

/* SWAP_OUT() that saves only @bits. The hart may let L2 set other bits, which L1 must read as 0. */
#define SWAP_OUT_BITS(csr, field, value, bits)                   \
	do {                                                     \
		uint64_t left_ = ncsr_swap(csr, value) & (bits); \
                                                                 \
		h->vs.field = left_;                             \
		if (csrs)                                        \
			nacl_host_put(csrs, csr, left_);         \
	} while (0)

/* The reverse of swap_bank_to_l2(): save L2's CSRs of @group, load L1's. */
ALWAYS_INLINE void swap_bank_to_l1(struct hext_hart *h, volatile nacl_word *csrs,
				   enum world_group group)
{
	const struct hext_config *c = h->cfg;

	(void)c;
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, ...)                \
	if (WORLD_BANK_##held == WORLD_SWAP && world_group_of(HEXT_CSRS_OF_##gate) == group && \
	    (group != WORLD_ASKED || HEXT_GATE(gate, name)))                                   \
		SWAP_OUT(number, field, h->s.field);
#include "hext/csr_table.h"
}

/*
 * A field of the trap that L1 takes: of @made, or if @made is NULL, of the trap that the hart has
 * just taken.
 */
#define TRAP_READ(made, field, csr) ((made) ? (made)->field : csr_read(csr))

/*
 * Save L2's CSRs in the image and, unless @csrs is NULL, in @csrs. Load L1's CSRs as the trap
 * leaves them. @sstatus is the hart's.
 */
ALWAYS_INLINE void swap_out_l2(struct vcpu *v, const struct hext_trap *made, uint64_t cause,
			       uint64_t sstatus, volatile nacl_word *csrs)
{
	struct hext_hart *h = &v->h;
	/* FP and vector state that L2 has made dirty is dirty in L1's sstatus, too. */
	uint64_t used = h->s.status | (sstatus & (SSTATUS_FS | SSTATUS_VS));
	bool user = made ? h->user : !(sstatus & SSTATUS_SPP);
	uint64_t atp;

	SWAP_OUT(HEXT_CSR_VSSTATUS, status, hext_status_of_trap(used, user));
	SWAP_OUT_BITS(HEXT_CSR_VSEPC, epc, made ? h->pc : csr_read(CSR_SEPC), ~UINT64_C(1));
	SWAP_OUT(HEXT_CSR_VSCAUSE, cause, cause);
	SWAP_OUT(HEXT_CSR_VSTVAL, tval, TRAP_READ(made, tval, CSR_STVAL));
	csr_write(CSR_SEPC, hext_handler(h->s.tvec, made ? made->cause : 0));
	swap_bank_to_l1(h, csrs, WORLD_ALWAYS);
	atp = swap_gstage(v->quick.domain_atp);
	h->vs.atp = atp;
	if (csrs)
		nacl_host_put(csrs, HEXT_CSR_VSATP, atp);
	load_controls_of_l1(h->cfg, WORLD_ALWAYS, 0);
	ncsr_write(HEXT_CSR_VSATP, h->s.atp);
	if (v->quick.more_controls) {
		load_more_controls_of_l1(h, v->quick.more_controls);
		swap_bank_to_l1(h, csrs, WORLD_ASKED);
	}
}

/*
 * Add VSEIP to *@hip, as hext_hip() does where hgeie is 0. @files has a bit set for each guest
 * interrupt file of L1 that has an interrupt (hgeip).
 */
ALWAYS_INLINE void add_files(const struct hext_hart *h, uint64_t files, uint64_t *hip)
{
	if (files && (files >> hext_vgein(h) & 1))
		*hip |= BIT64(IRQ_VSEI);
}

/* Add VSTIP to *@hip, as hext_hip() does: whether L2's timer has expired. */
ALWAYS_INLINE void add_timer(const struct hext_hart *h, uint64_t *hip)
{
	if (l2_has_timer(h) && csr_read(CSR_TIME) + h->htimedelta >= h->vs.timecmp)
		*hip |= BIT64(IRQ_VSTI);
}

/*
 * Exchange vstimecmp, behind htimedelta: QEMU 7.2 compares with htimedelta only when vstimecmp is
 * written. If there is an area, store L2's value in @csrs, and do what add_timer() does.
 */
ALWAYS_INLINE void swap_out_timer(struct hext_hart *h, volatile nacl_word *csrs, uint64_t *hip)
{
	uint64_t left;

	if (static_key(KEY_NO_SSTC))
		return;
	left = ncsr_swap(HEXT_CSR_VSTIMECMP, h->s.timecmp);
	if (l2_has_timer(h)) {
		h->vs.timecmp = left;
		if (csrs && csr_read(CSR_TIME) + h->htimedelta >= left)
			*hip |= BIT64(IRQ_VSTI);
	}
	if (csrs)
		nacl_host_put(csrs, HEXT_CSR_VSTIMECMP, h->vs.timecmp);
}

/*
 * world_files() without the file that stands for L1's supervisor-level file. If L1 has guest
 * interrupt files, that file is guest file 1 of the hart.
 */
ALWAYS_INLINE uint64_t files_of_l1(void)
{
	return ncsr_read(HEXT_CSR_HGEIP) >> 1 & ~UINT64_C(1);
}

/*
 * Exchange vsiselect and hvictl. Store in @csrs and add to *@hip which of L1's guest interrupt
 * files have an interrupt.
 */
ALWAYS_INLINE void swap_out_files(struct hext_hart *h, volatile nacl_word *csrs, uint64_t *hip)
{
	uint64_t files;

	swap_bank_to_l1(h, csrs, WORLD_AIA);
	ncsr_write(HEXT_CSR_HVICTL, world_const_hart(h)->hvictl_of_l1);
	if (!csrs)
		return;
	files = files_of_l1();
	nacl_host_put(csrs, HEXT_CSR_HGEIP, files);
	add_files(h, files, hip);
}

/* Exchange hvip, hie and vstimecmp. Store them, and the CSRs that show them, in @csrs. */
ALWAYS_INLINE void swap_out_interrupts(struct hext_hart *h, volatile nacl_word *csrs)
{
	/* No mask is needed: the hart's hvip has only bits of VS level and local ones. */
	uint64_t hvip, hip, hie, hideleg, local_vsie = 0, local_vsip = 0;

	/* hvip is accessed while hvien has bit 13: QEMU hides the bits that are clear in hvien. */
	if (SWAP_LCOFI)
		ncsr_write(HEXT_CSR_HVIEN, LCOFI);
	hvip = ncsr_swap(HEXT_CSR_HVIP, hvip_of_l1(h->sip, SWAP_LCOFI));
	hip = hvip & IRQ_VS_ALL;
	if (static_key(KEY_AIA))
		swap_out_files(h, csrs, &hip);
	swap_out_timer(h, csrs, &hip);
	hie = (h->hie & ~IRQ_VS_ALL) |
	      (ncsr_swap(HEXT_CSR_HIE, hie_of_l1(h->sie, SWAP_LCOFI)) & IRQ_VS_ALL);
	/* Behind hie: L2's bits of VS level are in hie. Without KEY_LCOFI hvien is 0. */
	if (SWAP_LCOFI) {
		h->vsie_local = ncsr_swap(HEXT_CSR_VSIE, h->sie) & LCOFI;
		local_vsie = h->vsie_local & h->hvien;
		local_vsip = hvip & h->hvien;
	}
	if (csrs) {
		hideleg = h->hideleg;
		nacl_host_put(csrs, HEXT_CSR_HVIP, hvip);
		nacl_host_put(csrs, HEXT_CSR_HIE, hie);
		nacl_host_put(csrs, HEXT_CSR_HIP, hip);
		nacl_host_put(csrs, HEXT_CSR_VSIE, (hie & hideleg) >> 1 | local_vsie);
		nacl_host_put(csrs, HEXT_CSR_VSIP, (hip & hideleg) >> 1 | local_vsip);
	}
	/* Behind the stores to the area: the compiler would load both again after these. */
	h->hvip = hvip;
	h->hie = hie;
}

/* Set htval and htinst as the trap with @cause leaves them. */
ALWAYS_INLINE void swap_out_address(struct hext_hart *h, const struct hext_trap *made,
				    uint64_t cause, volatile nacl_word *csrs)
{
	uint64_t htval = made ? made->htval : ncsr_read(HEXT_CSR_HTVAL);
	uint64_t htinst = made ? made->htinst : 0;

	if (!made && hext_trap_has_htinst(cause))
		htinst = ncsr_read(HEXT_CSR_HTINST);
	h->htval = htval;
	h->htinst = htinst;
	if (csrs) {
		nacl_host_put(csrs, HEXT_CSR_HTVAL, htval);
		nacl_host_put(csrs, HEXT_CSR_HTINST, htinst);
	}
}

/*
 * Set hstatus as the trap leaves it, and do the autoswap, as nacl_host_after_trap() does. @sstatus
 * is the hart's.
 */
ALWAYS_INLINE void swap_out_hstatus(struct vcpu *v, const struct hext_trap *made, uint64_t sstatus,
				    volatile nacl_word *csrs)
{
	struct hext_hart *h = &v->h;
	bool user = made ? h->user : !(sstatus & SSTATUS_SPP);
	bool gva = made ? made->gva : (get_guest_hstatus() & HSTATUS_GVA) != 0;
	uint64_t hstatus = hext_hstatus_of_trap(h->hstatus, user, gva);
	uint64_t of_l2 = hstatus;

	if (csrs) {
		if (__builtin_expect(nacl_host_autoswap(&v->nacl), 1)) {
			hstatus = swap_take_hstatus(v);
			swap_put_hstatus(v, of_l2);
		}
		nacl_host_put(csrs, HEXT_CSR_HSTATUS, hstatus);
	}
	h->hstatus = hstatus;
}

/*
 * Make L1 take a trap from an L2 that is live: @made, or if @made is NULL, the exception that the
 * hart has just taken. @cause is its cause.
 */
ALWAYS_INLINE void swap_into_l1(struct vcpu *v, const struct hext_trap *made, uint64_t cause)
{
	volatile nacl_word *csrs = v->quick.area_hstatus;
	uint64_t sstatus = csr_read(CSR_SSTATUS);
	struct hext_hart *h = &v->h;
	bool spv;

	/* No CSR of the area is dirty, since each entry into L2 consumes the dirty ones. */
	if (csrs) {
		/* Without this the compiler would compute the address again for each CSR. */
		hide_value(csrs);
		csrs -= NACL_CSR_INDEX(HEXT_CSR_HSTATUS);
		swap_out_address(h, made, cause, csrs);
		swap_out_l2(v, made, cause, sstatus, csrs);
		swap_out_hstatus(v, made, sstatus, csrs);
		swap_out_interrupts(h, csrs);
	} else {
		swap_out_address(h, made, cause, NULL);
		swap_out_l2(v, made, cause, sstatus, NULL);
		swap_out_hstatus(v, made, sstatus, NULL);
		swap_out_interrupts(h, NULL);
	}
	h->virt = false;
	spv = h->hstatus & HSTATUS_SPV;
	if (spv)
		world_note_trap_of_l2(h, ncsr_read(HEXT_CSR_VSCAUSE), ncsr_read(HEXT_CSR_VSEPC));
	world_load_hstatus_of_l1(h, spv, false);
	ncsr_publish();
	csr_write(CSR_SSTATUS, world_config(h->cfg)->sstatus_of_l1);
}

#endif
