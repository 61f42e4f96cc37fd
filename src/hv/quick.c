/* SPDX-License-Identifier: BSD-2-Clause */
/* Below, there is no NACL: keys() has KEY_SLOW on otherwise. */
#define RISCV_NCSR_DIRECT
#define CSR_CLOBBERS

#include "hext/csr.h"
#include "hext/csr_legal.h"
#include "hext/insn.h"
#include "hext/shadow_plain.h"
#include "hv/quick.h"
#include "riscv/insn.h"
#include "riscv/switch.h"

/* To the other one. Returns the old vsatp. */
ALWAYS_INLINE uint64_t swap_gstage(uint64_t hgatp)
{
	uint64_t atp = ncsr_swap(HEXT_CSR_VSATP, 0);

	ncsr_write(HEXT_CSR_HGATP, hgatp);
	if (static_key(KEY_FLUSH))
		insn_flush_live_vmid(hgatp_vmid(hgatp));
	return atp;
}

/* What the general way serves first, and what of AIA is 0 most times: so hgeie is at rest, and priorities are no matter. */
ALWAYS_INLINE bool is_asked_for(const struct vcpu *v)
{
	return __atomic_load_n(&v->asked_for, __ATOMIC_RELAXED);
}

/* L1's interrupt that is pending and enabled: L2 would not run. */
ALWAYS_INLINE bool l1_is_interrupted(uint64_t hie)
{
	return ncsr_read(HEXT_CSR_HIP) & hie & IRQ_VS_ALL;
}

/* In the slot for autoswap most times there is still what was stored there: then it is legal. */
ALWAYS_INLINE uint64_t hstatus_of_slot(const struct vcpu *v)
{
	uint64_t wanted = nacl_host_autoswap_hstatus(&v->nacl);

	if (__builtin_expect(wanted != v->slot_hstatus, 0))
		wanted = hext_legal_hstatus(&v->h, wanted);
	return wanted;
}

ALWAYS_INLINE void put_in_slot(struct vcpu *v, uint64_t hstatus)
{
	v->slot_hstatus = hstatus;
	nacl_host_autoswapped(&v->nacl, hstatus);
}

/* Of its dirty bits, nacl_host_waits() sees all that there are. */
#define HEXT_ROW(name, number, ...)                                                \
	_Static_assert(NACL_HOST_USED_GROUPS >> (NACL_CSR_INDEX(number) / 64) & 1, \
		       "a CSR outside of the groups that the specifications use");
#include "hext/csr_table.h"

/* ---- into L2 ---- */

/* L1's CSRs to the image, L2's to the hart, where @hie is L1's. */
ALWAYS_INLINE void enter_l2(struct vcpu *v, uint64_t hie)
{
	struct hext_hart *h = &v->h;
	const struct hext_bank *l2 = &h->vs;
	struct hext_bank *l1 = &h->s;

	l1->atp = swap_gstage(v->shadow_atp);
	ncsr_write(HEXT_CSR_VSATP, l2->atp);
	l1->tvec = ncsr_swap(HEXT_CSR_VSTVEC, l2->tvec);
	l1->scratch = ncsr_swap(HEXT_CSR_VSSCRATCH, l2->scratch);
	/* The trap that ends L2 writes L1's. */
	ncsr_write(HEXT_CSR_VSCAUSE, l2->cause);
	ncsr_write(HEXT_CSR_VSTVAL, l2->tval);
	load_controls_of_l2(h, WORLD_ALWAYS);
	if (v->more_controls)
		load_more_controls_of_l2(h);
	h->sie = (hie & IRQ_VS_ALL) >> 1;
	if (!static_key(KEY_NO_SSTC)) {
		l1->timecmp =
			ncsr_swap(HEXT_CSR_VSTIMECMP, l2_has_timer(h) ? l2->timecmp : ~UINT64_C(0));
		world_carry_timer(&v->timer, h);
	}
	h->sip = (ncsr_swap(HEXT_CSR_HVIP, h->hvip) & IRQ_VS_ALL) >> 1;
	hie = h->hie & IRQ_VS_ALL;
	if (static_key(KEY_AIA)) {
		l1->iselect = ncsr_swap(HEXT_CSR_VSISELECT, l2->iselect);
		ncsr_write(HEXT_CSR_HVICTL, h->hvictl);
		hie |= sgeie_at_rest(h->sie);
	}
	ncsr_write(HEXT_CSR_HIE, hie);
}

/*
 * hext_sret(), with what it reads and writes of L1's CSRs in the hart; @hstatus is L1's. The image's pc and user are set at the next exit,
 * and L1's sepc by the trap that ends L2.
 */
ALWAYS_INLINE void sret(struct hext_hart *h, uint64_t hstatus)
{
	uint64_t pc = ncsr_swap(HEXT_CSR_VSEPC, h->vs.epc);
	uint64_t status = ncsr_swap(HEXT_CSR_VSSTATUS, h->vs.status);
	uint64_t l1 = hext_status_of_sret(status);

	h->virt = true;
	h->s.status = l1;
	h->hstatus = hstatus & ~HSTATUS_SPV;
	ncsr_write(HEXT_CSR_HSTATUS, world_hstatus_of_l2(h->cfg, hstatus));
	csr_clear(CSR_SSTATUS, SSTATUS_L1 | SSTATUS_SPP);
	csr_set(CSR_SSTATUS, (l1 & SSTATUS_L1) | (status & SSTATUS_SPP));
	csr_write(CSR_SEPC, pc);
}

/* KVM writes it before each entry, where there is AIA. */
ALWAYS_INLINE void take_in_hvictl(struct vcpu *v)
{
	if (!nacl_host_is_dirty_alone(&v->nacl, HEXT_CSR_HVICTL))
		return;
	v->h.hvictl = nacl_host_take_value(&v->nacl, HEXT_CSR_HVICTL) & v->h.cfg->hvictl;
	nacl_host_put(nacl_host_csrs(&v->nacl), HEXT_CSR_HVICTL, v->h.hvictl);
}

ALWAYS_INLINE void take_in_hvip(struct vcpu *v)
{
	uint64_t value = nacl_host_take_value(&v->nacl, HEXT_CSR_HVIP);
	uint64_t hvip = value & IRQ_VS_ALL;

	if (static_key(KEY_AIA))
		hvip |= value & v->h.cfg->hvien;
	v->h.hvip = hvip;
}

/* Of the area nothing but writes of hvip and hvictl wait, if those. */
ALWAYS_INLINE bool take_in(struct vcpu *v)
{
	enum nacl_waiting waiting;

	if (static_key(KEY_AIA))
		take_in_hvictl(v);
	waiting = nacl_host_waits(&v->nacl, HEXT_CSR_HVIP);
	/* KVM writes it before each entry. */
	if (__builtin_expect(waiting == NACL_WAITS_ONE, 1))
		take_in_hvip(v);
	return waiting != NACL_WAITS_MORE;
}

/* L2 can run under @hstatus, and the general way would do nothing else first; @hie is the hart's. */
ALWAYS_INLINE bool can_enter(const struct vcpu *v, uint64_t hstatus, uint64_t hie)
{
	return (hstatus & HSTATUS_SPV) && !is_asked_for(v) && v->shadow_key == v->h.hgatp &&
	       !l1_is_interrupted(hie);
}

ALWAYS_INLINE bool sync_sret(struct vcpu *v, bool taken_in)
{
	struct nacl_host *nacl = &v->nacl;
	struct hext_hart *h = &v->h;
	uint64_t hstatus, hie;
	bool swap;

	if (!v->shared_x)
		return false;
	if (!taken_in) {
		if (!take_in(v))
			return false;
		/* The shadow is to be filled first. */
		if (v->missed.hgatp) {
			v->taken_in = true;
			return false;
		}
	}
	swap = __builtin_expect(nacl_host_autoswap(nacl), 1);
	hstatus = swap ? hstatus_of_slot(v) : h->hstatus;
	hie = ncsr_read(HEXT_CSR_HIE);
	if (!can_enter(v, hstatus, hie))
		return false;

	stat_count(&v->stats, STAT_L1_NACL);
	if (__builtin_expect(swap, 1))
		put_in_slot(v, h->hstatus);
	enter_l2(v, hie);
	sret(h, hstatus);
	return true;
}

bool quick_sync_sret(struct vcpu *v)
{
	return sync_sret(v, true);
}

/* What waits in an area would have to be taken in first. */
ALWAYS_INLINE bool sret_instruction(struct vcpu *v)
{
	uint64_t hie = ncsr_read(HEXT_CSR_HIE);

	if (nacl_host_has_shmem(&v->nacl) || v->missed.hgatp ||
	    !(csr_read(CSR_SSTATUS) & SSTATUS_SPP) || !can_enter(v, v->h.hstatus, hie) ||
	    world_l1_took_interrupt(&v->h))
		return false;
	stat_count(&v->stats, STAT_L1_SRET);
	enter_l2(v, hie);
	sret(&v->h, v->h.hstatus);
	return true;
}

bool quick_sret(struct vcpu *v)
{
	return sret_instruction(v);
}

/* ---- into L1 ---- */

/* What L2 had in @csr goes to its image and, if there is one, to the area; @value is L1's. */
#define SWAP_OUT(csr, field, value) SWAP_OUT_BITS(csr, field, value, ~UINT64_C(0))

/* Likewise, without bits that the hart may let L2 set and that L1 reads as 0. */
#define SWAP_OUT_BITS(csr, field, value, bits)                   \
	do {                                                     \
		uint64_t left_ = ncsr_swap(csr, value) & (bits); \
                                                                 \
		h->vs.field = left_;                             \
		if (csrs)                                        \
			nacl_host_put(csrs, csr, left_);         \
	} while (0)

/* Of an exception that L1 takes: the one that the hardware has just taken, whose CSRs are read where they are needed, or @made. */
#define TRAP_READ(made, field, csr) ((made) ? (made)->field : csr_read(csr))

/* L2's CSRs to the image and to @csrs, unless that is NULL; L1's, as the trap leaves them, to the hart. */
ALWAYS_INLINE void leave_l2(struct vcpu *v, const struct hext_trap *made, volatile nacl_word *csrs)
{
	struct hext_hart *h = &v->h;
	uint64_t sstatus = csr_read(CSR_SSTATUS);
	/* What L2 used is dirty in L1's sstatus, too. */
	uint64_t used = h->s.status | (sstatus & (SSTATUS_FS | SSTATUS_VS));
	uint64_t tvec = h->s.tvec;
	uint64_t atp, left;

	SWAP_OUT(HEXT_CSR_VSSTATUS, status, hext_status_of_trap(used, !(sstatus & SSTATUS_SPP)));
	SWAP_OUT_BITS(HEXT_CSR_VSEPC, epc, csr_read(CSR_SEPC), ~UINT64_C(1));
	SWAP_OUT(HEXT_CSR_VSCAUSE, cause, TRAP_READ(made, cause, CSR_SCAUSE));
	SWAP_OUT(HEXT_CSR_VSTVAL, tval, TRAP_READ(made, tval, CSR_STVAL));
	csr_write(CSR_SEPC, hext_handler(tvec, 0));
	SWAP_OUT(HEXT_CSR_VSTVEC, tvec, tvec);
	SWAP_OUT(HEXT_CSR_VSSCRATCH, scratch, h->s.scratch);
	atp = swap_gstage(v->domain_atp);
	h->vs.atp = atp;
	if (csrs)
		nacl_host_put(csrs, HEXT_CSR_VSATP, atp);
	ncsr_write(HEXT_CSR_VSATP, h->s.atp);
	if (!static_key(KEY_NO_SSTC)) {
		left = ncsr_swap(HEXT_CSR_VSTIMECMP, h->s.timecmp);
		if (l2_has_timer(h))
			h->vs.timecmp = left;
		if (csrs)
			nacl_host_put(csrs, HEXT_CSR_VSTIMECMP, h->vs.timecmp);
	}
	load_controls_of_l1(h);
	if (v->more_controls)
		load_more_controls_of_l1(h);
}

/* hext_hip(), in two parts, where hgeie is 0: L1's guest interrupt files, as hgeip has them, ... */
ALWAYS_INLINE void add_files(const struct hext_hart *h, uint64_t files, uint64_t *hip)
{
	if (files && (files >> hext_vgein(h) & 1))
		*hip |= BIT64(IRQ_VSEI);
}

/* ... and L2's timer. */
ALWAYS_INLINE void add_timer(const struct hext_hart *h, uint64_t *hip)
{
	if (l2_has_timer(h) && csr_read(CSR_TIME) + h->htimedelta >= h->vs.timecmp)
		*hip |= BIT64(IRQ_VSTI);
}

/* world_files(); where there are files, the first is L1's own. */
ALWAYS_INLINE uint64_t files_of_l1(void)
{
	return ncsr_read(HEXT_CSR_HGEIP) >> 1 & ~UINT64_C(1);
}

/* vsiselect, likewise, and L1's guest interrupt files, of which *@hip tells. */
ALWAYS_INLINE void leave_files(struct hext_hart *h, volatile nacl_word *csrs, uint64_t *hip)
{
	uint64_t files;

	h->vs.iselect = ncsr_swap(HEXT_CSR_VSISELECT, h->s.iselect);
	ncsr_write(HEXT_CSR_HVICTL, h->own_hvictl);
	if (!csrs)
		return;
	nacl_host_put(csrs, HEXT_CSR_VSISELECT, h->vs.iselect);
	files = files_of_l1();
	nacl_host_put(csrs, HEXT_CSR_HGEIP, files);
	add_files(h, files, hip);
}

/* hvip and hie, likewise, and what shows through them. */
ALWAYS_INLINE void leave_interrupts(struct hext_hart *h, volatile nacl_word *csrs)
{
	/* Of its bits no others can be set. */
	uint64_t hvip = ncsr_swap(HEXT_CSR_HVIP, h->sip << 1);
	uint64_t hip = hvip & IRQ_VS_ALL;
	uint64_t hie =
		(h->hie & BIT64(IRQ_SGEI)) | (ncsr_swap(HEXT_CSR_HIE, h->sie << 1) & IRQ_VS_ALL);
	uint64_t hideleg;

	h->hvip = hvip;
	if (csrs)
		nacl_host_put(csrs, HEXT_CSR_HVIP, hvip);
	h->hie = hie;
	if (static_key(KEY_AIA))
		leave_files(h, csrs, &hip);
	if (!csrs)
		return;
	add_timer(h, &hip);
	/* hvien is 0: see is_asked_for(). */
	hideleg = h->hideleg;
	nacl_host_put(csrs, HEXT_CSR_HIE, hie);
	nacl_host_put(csrs, HEXT_CSR_HIP, hip);
	nacl_host_put(csrs, HEXT_CSR_VSIE, (hie & hideleg) >> 1);
	nacl_host_put(csrs, HEXT_CSR_VSIP, (hip & hideleg) >> 1);
}

/* hstatus, htval and htinst of the trap, and what nacl_host_after_trap() does with hstatus. */
ALWAYS_INLINE void leave_hstatus(struct vcpu *v, const struct hext_trap *made,
				 volatile nacl_word *csrs)
{
	bool gva = made ? made->gva : (ncsr_read(HEXT_CSR_HSTATUS) & HSTATUS_GVA) != 0;
	bool user = !(csr_read(CSR_SSTATUS) & SSTATUS_SPP);
	struct hext_hart *h = &v->h;
	uint64_t hstatus = hext_hstatus_of_trap(h->hstatus, user, gva);
	uint64_t htval = TRAP_READ(made, htval, HEXT_CSR_HTVAL);
	uint64_t htinst = made ? made->htinst : 0;
	uint64_t of_l2 = hstatus;

	if (!made && hext_trap_has_htinst(csr_read(CSR_SCAUSE)))
		htinst = ncsr_read(HEXT_CSR_HTINST);

	h->htval = htval;
	h->htinst = htinst;
	if (csrs) {
		nacl_host_put(csrs, HEXT_CSR_HTVAL, htval);
		nacl_host_put(csrs, HEXT_CSR_HTINST, htinst);
		if (__builtin_expect(nacl_host_autoswap(&v->nacl), 1)) {
			hstatus = hstatus_of_slot(v);
			put_in_slot(v, of_l2);
		}
		nacl_host_put(csrs, HEXT_CSR_HSTATUS, hstatus);
	}
	h->hstatus = hstatus;
}

/* The trap that the hardware has taken, or @made; nothing else is asked for. */
ALWAYS_INLINE void trap_to_l1(struct vcpu *v, const struct hext_trap *made)
{
	volatile nacl_word *csrs = v->csrs_middle;
	struct hext_hart *h = &v->h;
	bool spv;

	/* Nothing is dirty, as all ways into L2 take in what was. */
	if (csrs) {
		/* The compiler would not begin in the middle. */
		hide_value(csrs);
		csrs -= NACL_CSR_INDEX(HEXT_CSR_HSTATUS);
		leave_hstatus(v, made, csrs);
		leave_l2(v, made, csrs);
		leave_interrupts(h, csrs);
	} else {
		leave_hstatus(v, made, NULL);
		leave_l2(v, made, NULL);
		leave_interrupts(h, NULL);
	}
	h->virt = false;
	spv = h->hstatus & HSTATUS_SPV;
	if (spv)
		world_note_trap_of_l2(h, ncsr_read(HEXT_CSR_VSCAUSE), ncsr_read(HEXT_CSR_VSEPC));
	world_load_hstatus_of_l1(h, spv, false);
	csr_write(CSR_SSTATUS, h->cfg->sstatus_of_l1);
}

bool quick_trap(struct vcpu *v, const struct hext_trap *trap)
{
	if ((v->h.hedeleg >> trap->cause & 1) || is_asked_for(v))
		return false;
	trap_to_l1(v, trap);
	return true;
}

ALWAYS_INLINE void count_trap(struct vcpu *v)
{
	stat_count(&v->stats,
		   hext_is_guest_page_fault(csr_read(CSR_SCAUSE)) ? STAT_L2_MEMORY : STAT_L2_OTHER);
}

struct vcpu *quick_trap_of_l2(struct vcpu *v)
{
	if (is_asked_for(v))
		return NULL;
	trap_to_l1(v, NULL);
	if (static_key(KEY_STATS))
		count_trap(v);
	return v;
}

/*
 * hext_shadow_fault() for most faults for which L1 has no translation: the trap is L1's as the hardware has it. htinst has the
 * instruction, as its lowest bit says.
 */
ALWAYS_INLINE bool is_missed_again(struct vcpu *v, uint64_t cause)
{
	gpa_t gpa = ncsr_read(HEXT_CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);

	return (cause == CAUSE_LOAD_GUEST_PAGE || cause == CAUSE_STORE_GUEST_PAGE) &&
	       (ncsr_read(HEXT_CSR_HTINST) & 1) && !is_asked_for(v) &&
	       hext_shadow_missed_again(v->shadow, &v->h, cause, gpa, &v->missed);
}

struct vcpu *quick_other_of_l2(struct vcpu *v, uint64_t cause)
{
	return cause == CAUSE_VIRTUAL || is_missed_again(v, cause) ? v : NULL;
}

/* ---- CSR instructions of L1 ---- */

/* Fields of an I-type instruction, of 64 bits as registers are. */
#define RD(code)     ((code) >> 7 & 31)
#define FUNCT3(code) ((code) >> 12 & 7)
#define RS1(code)    ((code) >> 15 & 31)
#define CSR(code)    ((code) >> 20)

/*
 * The CSRs that the image stores, by the table that hext_csr_rmw() is made of, and vsie. False: another one, or this hart has it
 * not.
 */
ALWAYS_INLINE bool read_stored(const struct hext_hart *h, uint64_t csr, uint64_t *value)
{
	const struct hext_config *c = h->cfg;

	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...)                   \
	case number:                                                                       \
		*value = h->field;                                                         \
		if (number == HEXT_CSR_HSTATUS)                                            \
			return !(h->hstatus & HSTATUS_SPV) || !world_l1_took_interrupt(h); \
		return HEXT_GATE_##gate(name);
#include "hext/csr_table.h"
	case HEXT_CSR_VSIE:
		*value = hext_vs_view(h, h->hie);
		return !static_key(KEY_AIA);
	default:
		return false;
	}
}

/* A write of L1's: of the CSR that was @old the bits in @mask become @value's, which makes it @written. */
struct change {
	uint64_t value, mask;
	uint64_t old, written;
};

/* An interrupt of VS level that becomes pending may be L1's to take. */
ALWAYS_INLINE bool may_interrupt_l1(const struct vcpu *v)
{
	return hext_kept_interrupts(&v->h) || (static_key(KEY_AIA) && v->aia_at_work);
}

/* Of world_load_hstatus_of_l1() what depends on hvip, henvcfg, vstimecmp and VGEIN, ... */
ALWAYS_INLINE void load_vtw_of_l1(const struct hext_hart *h)
{
	if (wfi_of_l1_traps(h, false))
		ncsr_set(HEXT_CSR_HSTATUS, HSTATUS_VTW);
	else
		ncsr_clear(HEXT_CSR_HSTATUS, HSTATUS_VTW);
}

/* ... and what depends on SPV. */
ALWAYS_INLINE void load_vtsr_of_l1(const struct hext_hart *h)
{
	ncsr_write(HEXT_CSR_HEDELEG, l1_hedeleg(h));
	if ((h->hstatus & HSTATUS_SPV) || hext_kept_interrupts(h))
		ncsr_set(HEXT_CSR_HSTATUS, HSTATUS_VTSR);
	else
		ncsr_clear(HEXT_CSR_HSTATUS, HSTATUS_VTSR);
}

/* change_stored() for hstatus, which KVM exchanges twice for each run of L2. */
ALWAYS_INLINE bool change_hstatus(struct vcpu *v, struct change *w)
{
	uint64_t bits = w->mask & HSTATUS_WRITABLE;
	struct hext_hart *h = &v->h;

	w->old = h->hstatus;
	if ((static_key(KEY_AIA) && may_interrupt_l1(v)) ||
	    ((w->old & HSTATUS_SPV) && world_l1_took_interrupt(h)))
		return false;
	w->written = hext_legal_vgein(h->cfg, (w->old & ~bits) | (w->value & bits));
	h->hstatus = w->written;
	/* Says nothing where SPV is clear. */
	world_note_spv(h, true);
	if ((w->old ^ w->written) & HSTATUS_SPV)
		load_vtsr_of_l1(h);
	if (static_key(KEY_AIA))
		load_vtw_of_l1(h);
	return true;
}

/* Effects of a write by which an interrupt may reach L1, or goes another way: left to others. */
ALWAYS_INLINE bool is_about_interrupts(enum hext_effect effect)
{
	return effect == HEXT_EFFECT_ENABLED || effect == HEXT_EFFECT_PRIORITY;
}

/* As read_stored(), written; what has more effects than on the hardware's hstatus is left to others, too. hstatus is above. */
ALWAYS_INLINE bool change_stored(struct vcpu *v, uint64_t csr, struct change *w)
{
	struct hext_hart *h = &v->h;
	const struct hext_config *c = h->cfg;

	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, ...)          \
	case number:                                                                            \
		if (HEXT_EFFECT_##effect == HEXT_EFFECT_HSTATUS ||                              \
		    is_about_interrupts(HEXT_EFFECT_##effect) || !HEXT_GATE_##gate(name) ||     \
		    (HEXT_EFFECT_##effect == HEXT_EFFECT_PENDING && may_interrupt_l1(v)))       \
			return false;                                                           \
		w->old = h->field;                                                              \
		w->written = legal_##rule(c, w->old,                                            \
					  hext_merge(w->old, w->value, w->mask,                 \
						     HEXT_WRITABLE_##how(field, bits), reset)); \
		h->field = w->written;                                                          \
		if (HEXT_EFFECT_##effect == HEXT_EFFECT_PENDING)                                \
			break;                                                                  \
		return true;
#include "hext/csr_table.h"
	default:
		return false;
	}
	load_vtw_of_l1(h);
	return true;
}

/* nacl_host_csr_written(): @csr is stored, and @value now. Of the others none but hip and vsip can show that. */
ALWAYS_INLINE void area_follows(const struct vcpu *v, unsigned int csr, uint64_t value)
{
	uint64_t hip;

	nacl_host_put_written(&v->nacl, csr, value);
	hip = v->h.hvip & IRQ_VS_ALL;
	if (static_key(KEY_AIA))
		add_files(&v->h, files_of_l1(), &hip);
	add_timer(&v->h, &hip);
	nacl_host_put_current(&v->nacl, HEXT_CSR_HIP, hip);
	nacl_host_put_current(&v->nacl, HEXT_CSR_VSIP, hext_vs_view(&v->h, hip));
}

/* The instruction is done, and its destination is @value. */
ALWAYS_INLINE void go_on(struct vcpu *v, uint64_t code, uint64_t value)
{
	stat_count(&v->stats, STAT_L1_CSR);
	if (RD(code))
		v->x[RD(code)] = value;
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + 4);
}

ALWAYS_INLINE bool is_at_hand(uint64_t reg)
{
	return QUICK_REGISTERS >> reg & 1;
}

/* What the instruction would write, if anything. False: none of those, or its operand is not at hand. */
ALWAYS_INLINE bool decode(const struct vcpu *v, uint64_t code, struct change *w)
{
	uint64_t op = FUNCT3(code), operand;

	if (op & HEXT_CSR_IMMEDIATE)
		operand = RS1(code);
	else if (is_at_hand(RS1(code)))
		operand = v->x[RS1(code)];
	else
		return false;
	op &= ~HEXT_CSR_IMMEDIATE;
	w->value = op == HEXT_CSRRW ? operand : op == HEXT_CSRRS ? ~UINT64_C(0) : 0;
	w->mask = op == HEXT_CSRRW ? ~UINT64_C(0) : operand;
	return op;
}

/*
 * As nested_emulate(). stval has the code of an instruction that VS mode may not execute, or is 0. Those of no CSR have funct3 0 or 4, or,
 * of other opcodes, a number in place of the CSR's that is none of the table (CBO: 0 to 4).
 */
ALWAYS_INLINE bool csr_instruction(struct vcpu *v)
{
	uint64_t code = csr_read(CSR_STVAL);
	struct change w;

	if (!(csr_read(CSR_SSTATUS) & SSTATUS_SPP) || !is_at_hand(RD(code)) || !decode(v, code, &w))
		return false;
	if (!w.mask) {
		if (!read_stored(&v->h, CSR(code), &w.old))
			return false;
		go_on(v, code, w.old);
		return true;
	}
	if (!(CSR(code) == HEXT_CSR_HSTATUS ? change_hstatus(v, &w)
					    : change_stored(v, CSR(code), &w)))
		return false;
	go_on(v, code, w.old);
	/* stval is read again, so that the code needs no register, which would have to be saved, until here. */
	if (nacl_host_has_shmem(&v->nacl))
		area_follows(v, CSR(csr_read(CSR_STVAL)), w.written);
	return true;
}

/* ---- which ---- */

struct vcpu *quick_virtual(struct vcpu *v)
{
	if (csr_instruction(v) || (csr_read(CSR_STVAL) == HEXT_CODE_SRET && sret_instruction(v)))
		return v;
	return NULL;
}

struct vcpu *quick_sync_sret_call(struct vcpu *v)
{
	return sync_sret(v, false) ? v : NULL;
}
