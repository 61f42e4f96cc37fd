/* SPDX-License-Identifier: BSD-2-Clause */
#if !defined(SWAP_LCOFI) && !defined(RISCV_NCSR_AREA)
#define SWAP_LCOFI false
#endif
#include "hv/swap_inline.h"

#include "hext/csr_legal.h"
#include "hext/insn.h"
#include "hext/shadow_plain.h"
#include "hv/quick.h"

/* nacl_host_waits() covers the dirty bits of all CSRs that L1 can have. */
#define HEXT_ROW(name, number, ...)                                                \
	_Static_assert(NACL_HOST_USED_GROUPS >> (NACL_CSR_INDEX(number) / 64) & 1, \
		       "a CSR outside of the groups that the specifications use");
#include "hext/csr_table.h"

/*
 * Whether vcpu_exit() has to clear L1's hstatus.SPV first, since L1 has taken an interrupt. Checked
 * before hstatus counts (switch.h).
 */
ALWAYS_INLINE bool is_spv_old(const struct hext_hart *h)
{
	return (h->hstatus & HSTATUS_SPV) && world_l1_took_interrupt(h);
}

/* ---- from L1 to L2 ---- */

/* Whether L2 can run under @hstatus and the bound shadow at once. @hie is the hart's hie. */
ALWAYS_INLINE bool can_enter(const struct vcpu *v, uint64_t hstatus, uint64_t hie)
{
	return v->quick.shadow_key == v->h.hgatp && swap_can_enter(v, hstatus, hie);
}

/*
 * The part of nested_before_l2() that follows a guest-page fault. False: nested_before_l2() has
 * more to do. The fill only reads L1's table, which a hart may do at any time. So it does no harm
 * if L2 is not entered afterwards, or if the fill is done twice.
 */
ALWAYS_INLINE bool fill_ahead(struct vcpu *v)
{
	struct hext_shadow_missed *missed = &v->quick.missed;

	if (!hext_shadow_fill_plainly(v->shadow, &v->h, missed))
		return false;
	stats_add(&v->stats, STATS_WORK_FILL_AHEAD, 1);
	missed->hgatp = 0;
	return true;
}

ALWAYS_INLINE bool sync_sret(struct vcpu *v, bool fill)
{
	uint64_t hstatus, hie;
	bool swap;

	if (!v->quick.shared_x || !swap_consume_area(v))
		return false;
	swap = __builtin_expect(nacl_host_autoswap(&v->nacl), 1);
	if (!swap && is_spv_old(&v->h))
		return false;
	hstatus = swap ? swap_take_hstatus(v) : v->h.hstatus;
	hie = ncsr_read(HEXT_CSR_HIE);
	if (!can_enter(v, hstatus, hie) || (fill && !fill_ahead(v)))
		return false;

	/* ---- commit ---- */
	if (__builtin_expect(swap, 1))
		swap_put_hstatus(v, v->h.hstatus);
	swap_into_l2(v, hie, hstatus);
	return true;
}

struct vcpu *QUICK(sync_sret)(struct vcpu *v)
{
	return sync_sret(v, false) ? v : NULL;
}

struct vcpu *QUICK(sync_sret_after_fault)(struct vcpu *v)
{
	/*
	 * Checked before L1's area is read: otherwise vcpu_exit() would have to read the area a
	 * second time.
	 */
	if (hext_shadow_fills_above(&v->h, &v->quick.missed))
		return NULL;
	return sync_sret(v, true) ? v : NULL;
}

struct vcpu *QUICK(sret)(struct vcpu *v)
{
	uint64_t hie = ncsr_read(HEXT_CSR_HIE);

	/* If L1 has an area, vcpu_exit() has to consume its dirty CSRs and pending fences first. */
	if (csr_read(CSR_STVAL) != HEXT_CODE_SRET || nacl_host_has_shmem(&v->nacl) ||
	    !(csr_read(CSR_SSTATUS) & SSTATUS_SPP) || !can_enter(v, v->h.hstatus, hie) ||
	    world_l1_took_interrupt(&v->h) || (v->quick.missed.hgatp && !fill_ahead(v)))
		return NULL;

	/* ---- commit ---- */
	swap_into_l2(v, hie, v->h.hstatus);
	return v;
}

/* ---- from L2 to L1 ---- */

struct vcpu *QUICK(trap_of_l2)(struct vcpu *v, uint64_t cause)
{
	if (swap_is_asked_for(v))
		return NULL;

	/* ---- commit ---- */
	swap_into_l1(v, NULL, cause);
	return v;
}

/*
 * Whether hext_shadow_fault() would find no translation of L1's, by the walk of the last fault. The
 * lowest bit of htinst says that htinst holds the instruction.
 */
ALWAYS_INLINE bool is_missed_again(struct vcpu *v, uint64_t cause)
{
	gpa_t gpa = ncsr_read(HEXT_CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);

	return (cause == CAUSE_LOAD_GUEST_PAGE || cause == CAUSE_STORE_GUEST_PAGE) &&
	       (ncsr_read(HEXT_CSR_HTINST) & 1) &&
	       hext_shadow_missed_again(v->shadow, &v->h, cause, gpa, &v->quick.missed);
}

struct vcpu *QUICK(guest_page_fault)(struct vcpu *v, uint64_t cause)
{
	if (swap_is_asked_for(v) || !is_missed_again(v, cause))
		return NULL;

	/* ---- commit ---- */
	swap_into_l1(v, NULL, cause);
	return v;
}

/* ---- CSR instructions of L1 ---- */

/*
 * Read a CSR that the image stores, by the table that also defines hext_csr_rmw(), or vsie. False:
 * the CSR is another one, or this hart does not have it.
 */
ALWAYS_INLINE bool read_stored(const struct hext_hart *h, uint64_t csr, uint64_t *value)
{
	const struct hext_config *c = h->cfg;

	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...) \
	case number:                                                     \
		*value = h->field;                                       \
		if (number == HEXT_CSR_HSTATUS)                          \
			return !is_spv_old(h);                           \
		return HEXT_GATE(gate, name);
#include "hext/csr_table.h"
	case HEXT_CSR_VSIE:
		*value = hext_vs_view(h, h->hie);
		return !static_key(KEY_AIA);
	default:
		return false;
	}
}

/*
 * A write of L1 to a CSR: the bits in @mask become those of @value. The CSR was @old and becomes
 * @written.
 */
struct change {
	uint64_t value, mask;
	uint64_t old, written;
};

/* Whether L1 itself may have to take an interrupt of VS level that becomes pending. */
ALWAYS_INLINE bool may_interrupt_l1(const struct vcpu *v)
{
	return hext_kept_interrupts(&v->h) || (static_key(KEY_AIA) && v->quick.aia_at_work);
}

/* The part of world_load_hstatus_of_l1() that depends on hvip, henvcfg, vstimecmp and VGEIN. */
ALWAYS_INLINE void load_vtw_of_l1(const struct hext_hart *h)
{
	set_bit_of_guest(HSTATUS_VTW, wfi_of_l1_traps(h, false));
}

/* The part of world_load_hstatus_of_l1() that depends on SPV. */
ALWAYS_INLINE void load_vtsr_of_l1(const struct hext_hart *h)
{
	ncsr_write(HEXT_CSR_HEDELEG, l1_hedeleg(h));
	ncsr_publish();
	set_bit_of_guest(HSTATUS_VTSR, (h->hstatus & HSTATUS_SPV) || hext_kept_interrupts(h));
}

/* Write hstatus, which KVM exchanges twice for each run of L2. False: vcpu_exit() has to do it. */
ALWAYS_INLINE bool change_hstatus(struct vcpu *v, struct change *w)
{
	uint64_t bits = w->mask & HSTATUS_WRITABLE;
	struct hext_hart *h = &v->h;

	w->old = h->hstatus;
	if ((static_key(KEY_AIA) && may_interrupt_l1(v)) || is_spv_old(h) ||
	    (static_key(KEY_SSNPM) && ((w->old ^ w->value) & w->mask & HSTATUS_HUPMM)))
		return false;

	/* ---- commit ---- */
	w->written = hext_legal_vgein(h->cfg, (w->old & ~bits) | (w->value & bits));
	h->hstatus = w->written;
	/* Without this the compiler would save one more register of the guest, to keep h->cfg. */
	hide_value(v);
	h = &v->h;
	/* Has no effect if SPV is clear. */
	world_note_spv(h, true);
	if ((w->old ^ w->written) & HSTATUS_SPV)
		load_vtsr_of_l1(h);
	if (static_key(KEY_AIA))
		load_vtw_of_l1(h);
	return true;
}

/*
 * Whether a write with this effect may let an interrupt reach L1, or change which one L1 sees
 * first. vcpu_exit() handles such writes.
 */
ALWAYS_INLINE bool is_about_interrupts(enum hext_effect effect)
{
	return effect == HEXT_EFFECT_ENABLED || effect == HEXT_EFFECT_PRIORITY;
}

/*
 * Write a CSR that the image stores, but for hstatus. False: the hart does not have the CSR, or the
 * write may change more of the hardware than hstatus.VTW; vcpu_exit() has to do it.
 */
ALWAYS_INLINE bool change_stored(struct vcpu *v, uint64_t csr, struct change *w)
{
	struct hext_hart *h = &v->h;

	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, ...)          \
	case number: {                                                                          \
		const struct hext_config *c = h->cfg;                                           \
                                                                                                \
		(void)c;                                                                        \
		if (HEXT_EFFECT_##effect == HEXT_EFFECT_HSTATUS ||                              \
		    is_about_interrupts(HEXT_EFFECT_##effect) || !HEXT_GATE(gate, name) ||      \
		    (HEXT_EFFECT_##effect == HEXT_EFFECT_PENDING && may_interrupt_l1(v)))       \
			return false;                                                           \
                                                                                                \
		/* ---- commit ---- */                                                          \
		w->old = h->field;                                                              \
		w->written = legal_##rule(c, w->old,                                            \
					  hext_merge(w->old, w->value, w->mask,                 \
						     HEXT_WRITABLE_##how(field, bits), reset)); \
		h->field = w->written;                                                          \
		if (HEXT_EFFECT_##effect == HEXT_EFFECT_PENDING)                                \
			break;                                                                  \
		return true;                                                                    \
	}
#include "hext/csr_table.h"
	default:
		return false;
	}
	load_vtw_of_l1(h);
	return true;
}

/*
 * nacl_host_csr_written() for @csr, which is @value now. Besides @csr, only hip and vsip can change
 * by the writes that quick.c handles.
 */
ALWAYS_INLINE void area_follows(const struct vcpu *v, unsigned int csr, uint64_t value)
{
	uint64_t hip = v->h.hvip & IRQ_VS_ALL, local = 0, files;

	nacl_host_put_written(&v->nacl, csr, value);
	if (static_key(KEY_AIA)) {
		local = v->h.hvip & v->h.hvien;
		files = files_of_l1();
		add_files(&v->h, files, &hip);
		if (files & v->h.hgeie)
			hip |= BIT64(IRQ_SGEI);
	}
	add_timer(&v->h, &hip);
	nacl_host_put_current(&v->nacl, HEXT_CSR_HIP, hip);
	nacl_host_put_current(&v->nacl, HEXT_CSR_VSIP, hext_vs_view(&v->h, hip) | local);
}

/* Complete the instruction: @value goes to its destination register. */
ALWAYS_INLINE void go_on(struct vcpu *v, uint64_t code, uint64_t value)
{
	if (HEXT_INSN_RD(code))
		v->x[HEXT_INSN_RD(code)] = value;
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + 4);
}

ALWAYS_INLINE bool is_saved(uint64_t reg)
{
	return QUICK_REGISTERS >> reg & 1;
}

/*
 * Whether @code may be a CSR instruction, by its funct3. SRET is refused here, before anything else
 * is read, because its exit goes on to quick_sret().
 */
ALWAYS_INLINE bool may_be_csr(uint64_t code)
{
	return HEXT_INSN_FUNCT3(code) & ~HEXT_CSR_IMMEDIATE;
}

/*
 * Decode the write of the instruction, which may_be_csr(), into @w. False: the register of its
 * operand is not saved.
 */
ALWAYS_INLINE bool decode(const struct vcpu *v, uint64_t code, struct change *w)
{
	uint64_t op = HEXT_INSN_FUNCT3(code), operand;

	if (op & HEXT_CSR_IMMEDIATE)
		operand = HEXT_INSN_RS1(code);
	else if (is_saved(HEXT_INSN_RS1(code)))
		operand = v->x[HEXT_INSN_RS1(code)];
	else
		return false;
	op &= ~HEXT_CSR_IMMEDIATE;
	w->value = op == HEXT_CSRRW ? operand : op == HEXT_CSRRS ? ~UINT64_C(0) : 0;
	w->mask = op == HEXT_CSRRW ? ~UINT64_C(0) : operand;
	return true;
}

/*
 * nested_emulate() for CSR instructions. stval has the code of an instruction that VS mode may not
 * execute, or 0. Other instructions are refused. Those of opcode SYSTEM, and code 0, have funct3 0
 * or 4, which may_be_csr() refuses. Those of other opcodes (CBO) have 0 to 4 in the place of the
 * CSR's number, which the table does not have.
 */
struct vcpu *QUICK(csr)(struct vcpu *v)
{
	uint64_t code = csr_read(CSR_STVAL);
	struct change w;

	if (!may_be_csr(code) || !(csr_read(CSR_SSTATUS) & SSTATUS_SPP) ||
	    !is_saved(HEXT_INSN_RD(code)) || !decode(v, code, &w))
		return NULL;
	if (!w.mask) {
		if (!read_stored(&v->h, HEXT_INSN_CSR(code), &w.old))
			return NULL;
		go_on(v, code, w.old);
		return v;
	}
	if (!(HEXT_INSN_CSR(code) == HEXT_CSR_HSTATUS ? change_hstatus(v, &w)
						      : change_stored(v, HEXT_INSN_CSR(code), &w)))
		return NULL;
	go_on(v, code, w.old);
	/* stval is read again here, so that no register has to keep the code until here. */
	if (nacl_host_has_shmem(&v->nacl))
		area_follows(v, HEXT_INSN_CSR(csr_read(CSR_STVAL)), w.written);
	return v;
}
