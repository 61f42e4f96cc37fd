/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the world switch: for world.c, which does the switch in steps, and for
 * src/hv/swap_inline.h, which does it in one sequence. All functions act on the hart that calls
 * them.
 */
#ifndef RISCV_SWITCH_H
#define RISCV_SWITCH_H

#include "hext/bits.h"
#include "hext/trap.h"
#include "riscv/csr.h"
#include "riscv/fence.h"
#include "riscv/insn.h"
#include "riscv/ncsr.h"
#include "riscv/world.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Hide from the compiler how @variable was computed, so that it keeps the value in a register. */
#define hide_value(variable) __asm__("" : "+r"(variable))

/* Make the compiler load again what it needs from memory, so that it keeps no register for it. */
#define load_again() __asm__ volatile("" : : : "memory")

/* ---- columns of csr_table.h, as the switch uses them; c is the hart's configuration ---- */

/* gate: HEXT_GATE() by a static key, if there is one. */
ALWAYS_INLINE bool world_has_csr(const struct hext_config *c, enum hext_csrs csrs,
				 enum hext_csr_row row)
{
	if (csrs == HEXT_CSRS_SSTC)
		return !static_key(KEY_NO_SSTC);
	if (csrs == HEXT_CSRS_AIA)
		return static_key(KEY_AIA);
	return hext_has_csr(c, csrs, row);
}
#define WORLD_GATE(gate, name) world_has_csr(c, HEXT_CSRS_OF_##gate, HEXT_ROW_##name)

/*
 * gate and held: when a switch accesses the CSR. Most harts have no CSR of the group ASKED. Most
 * L1s give a SELDOM CSR the value with which L1 itself runs. world_more_controls() says which CSRs
 * of these two groups a switch must access.
 */
enum world_group { WORLD_ALWAYS, WORLD_AIA, WORLD_SELDOM, WORLD_ASKED, WORLD_BY_ITSELF };
ALWAYS_INLINE enum world_group world_group_of(enum hext_csrs csrs)
{
	switch (csrs) {
	case HEXT_CSRS_ALWAYS:
		return WORLD_ALWAYS;
	case HEXT_CSRS_SSTC:
		return WORLD_BY_ITSELF;
	case HEXT_CSRS_AIA:
		return WORLD_AIA;
	default:
		return WORLD_ASKED;
	}
}
#define WORLD_GROUP(gate, held) \
	(WORLD_HELD_##held & WORLD_IS_SELDOM ? WORLD_SELDOM : world_group_of(HEXT_CSRS_OF_##gate))

/*
 * held, of a CSR: whether the hart has the value that L1 wrote while L2 runs, and the value that
 * the table names while L1 runs.
 */
enum { WORLD_OF_L2 = 1, WORLD_OF_L1 = 2, WORLD_IS_SELDOM = 4 };
#define WORLD_HELD_LIVE(x)   (WORLD_OF_L2 | WORLD_OF_L1)
#define WORLD_HELD_SELDOM(x) (WORLD_OF_L2 | WORLD_OF_L1 | WORLD_IS_SELDOM)
#define WORLD_HELD_LIVE_L2   WORLD_OF_L2
#define WORLD_HELD_MADE	     0
#define WORLD_HELD_IMAGE     0
#define WORLD_L1_LIVE(x)     (x)
#define WORLD_L1_SELDOM(x)   (x)
#define WORLD_L1_LIVE_L2     0
#define WORLD_L1_MADE	     0
#define WORLD_L1_IMAGE	     0

/* held, of a bank: which part of a switch exchanges L1's value for L2's. */
enum world_bank { WORLD_SWAP, WORLD_TRAP, WORLD_GSTAGE, WORLD_TIMER };
#define WORLD_BANK_SWAPPED WORLD_SWAP
#define WORLD_BANK_BY_TRAP WORLD_TRAP
#define WORLD_BANK_GSTAGE  WORLD_GSTAGE
#define WORLD_BANK_TIMER   WORLD_TIMER

ALWAYS_INLINE uint64_t l1_hedeleg(const struct hext_hart *h)
{
	return h->hstatus & HSTATUS_SPV ? 0 : h->cfg->hedeleg;
}

/*
 * Whether L2's comparator is in use. Only Sstc has henvcfg.STCE. Without STCE the comparator has no
 * effect, and L2 cannot access it.
 */
ALWAYS_INLINE bool l2_has_timer(const struct hext_hart *h)
{
	return __builtin_expect((h->henvcfg & HENVCFG_STCE) != 0, 1);
}

/*
 * Halite uses neither FP nor vectors. While L2 runs, sstatus.FS and VS of the hart are L1's, since
 * both levels' fields count for V=1 (priv H "vsstatus"). While L1 runs they are Dirty, so that only
 * L1's fields in vsstatus count. sstatus.MXR of L1 makes execute-only pages of its G-stage
 * readable.
 */
#define SSTATUS_L1 (SSTATUS_FS | SSTATUS_VS | SSTATUS_MXR)

ALWAYS_INLINE void world_set_timer(struct world_timer *t, uint64_t timecmp)
{
	csr_write(CSR_STIMECMP, timecmp);
	t->timecmp = timecmp;
}

/* Set the comparator to L1's deadline. There is Sstc. */
ALWAYS_INLINE void world_carry_timer(struct world_timer *t, const struct hext_hart *h)
{
	uint64_t wanted = h->sie & BIT64(IRQ_STI) ? h->s.timecmp : ~UINT64_C(0);

	if (t->timecmp != wanted)
		world_set_timer(t, wanted);
}

/* ---- AIA: AIA "Interrupts for Virtual Machines (VS Level)" ---- */

/*
 * L1's interrupt files that have an interrupt: bit k for guest file k, bit 0 for the file that
 * stands for L1's supervisor-level file.
 */
ALWAYS_INLINE uint64_t world_files(const struct hext_config *cfg)
{
	return ncsr_read(HEXT_CSR_HGEIP) >> world_config(cfg)->l1_file;
}

/* The guest interrupt files for which L1 enables SGEI. */
ALWAYS_INLINE uint64_t world_wanted_files(const struct hext_hart *h)
{
	return h->hie & BIT64(IRQ_SGEI) ? h->hgeie : 0;
}

/*
 * Whether SGEI is pending for L1 while L1 runs. The hardware cannot deliver SGEI in VS mode. So
 * L1's SRET traps, stopi shows SGEI by hvictl, and the hart's SGEI is masked.
 */
ALWAYS_INLINE bool world_sgei_waits(const struct hext_hart *h)
{
	uint64_t wanted = world_wanted_files(h);

	return wanted && (wanted & world_files(h->cfg));
}

/*
 * While L2 runs, the hart's SGEI reports interrupts of L1's supervisor-level file and of the files
 * for which L1 enables SGEI. Most times L1 enables none. Then hgeie always holds only the bit of
 * L1's supervisor-level file, and a switch changes only hie.
 */
ALWAYS_INLINE uint64_t hgeie_at_rest(const struct hext_config *cfg)
{
	return world_config(cfg)->l1_file ? BIT64(world_config(cfg)->l1_file) : 0;
}

ALWAYS_INLINE uint64_t hgeie_of_l2(const struct hext_hart *h)
{
	uint64_t wanted = world_wanted_files(h);

	if (!wanted)
		return hgeie_at_rest(h->cfg);
	return wanted << world_config(h->cfg)->l1_file |
	       (h->sie & BIT64(IRQ_SEI) ? hgeie_at_rest(h->cfg) : 0);
}

ALWAYS_INLINE uint64_t hgeie_of_l1(const struct hext_hart *h, bool sgei_waits)
{
	uint64_t wanted = world_wanted_files(h);

	if (!wanted)
		return hgeie_at_rest(h->cfg);
	return sgei_waits ? 0 : wanted << world_config(h->cfg)->l1_file;
}

/*
 * hie.SGEIE of the hart while L2 runs, for an L1 that enables SGEI for no file: whether L1 enables
 * SEI, by L1's @sie.
 */
ALWAYS_INLINE uint64_t sgeie_at_rest(uint64_t sie)
{
	return static_key(KEY_AIA) ? (sie & BIT64(IRQ_SEI)) << (IRQ_SGEI - IRQ_SEI) : 0;
}

ALWAYS_INLINE uint64_t sgeie_of_l2(const struct hext_hart *h)
{
	return static_key(KEY_AIA) && world_wanted_files(h) ? BIT64(IRQ_SGEI)
							    : sgeie_at_rest(h->sie);
}

ALWAYS_INLINE uint64_t vgein_of_l2(const struct hext_config *cfg, uint64_t hstatus)
{
	uint64_t vgein = hstatus & HSTATUS_VGEIN;

	return vgein ? vgein + ((uint64_t)world_config(cfg)->l1_file << HSTATUS_VGEIN_SHIFT) : 0;
}

/*
 * hvictl while L1 runs. It shows SGEI to L1 in stopi, since VS mode has no interrupt of that
 * number.
 */
ALWAYS_INLINE uint64_t hvictl_of_l1(const struct hext_hart *h, bool sgei_waits)
{
	if (sgei_waits)
		return HVICTL_VTI | HVICTL_IPRIOM | HVICTL_DPR |
		       (uint64_t)IRQ_SGEI << HVICTL_IID_SHIFT;
	return world_const_hart(h)->hvictl_of_l1;
}

/*
 * LCOFI of L1, with KEY_LCOFI. While L1 runs, hvien has bit 13, so that bit 13 of L1's sie and sip
 * are those of vsie and hvip (AIA "Virtual interrupts for VS level"). While L2 runs, hvien is L1's,
 * and the image has the two bits.
 *
 * vsie shows hie, too. A value that is written to vsie agrees with hie: an area of NACL takes hie
 * first.
 */
#define LCOFI BIT64(IRQ_LCOFI)

ALWAYS_INLINE uint64_t hvien_of_l1(void)
{
	return static_key(KEY_LCOFI) ? LCOFI : 0;
}

/* The hart's hvip and hie while L1 runs, for L1's @sip and @sie. @lcofi is KEY_LCOFI. */
ALWAYS_INLINE uint64_t hvip_of_l1(uint64_t sip, bool lcofi)
{
	return lcofi ? (sip & ~LCOFI) << 1 | (sip & LCOFI) : sip << 1;
}

ALWAYS_INLINE uint64_t hie_of_l1(uint64_t sie, bool lcofi)
{
	return lcofi ? (sie & ~LCOFI) << 1 : sie << 1;
}

/* The reverse of hvip_of_l1(). */
ALWAYS_INLINE uint64_t sip_of_l1(uint64_t hvip, bool lcofi)
{
	return lcofi ? (hvip & ~LCOFI) >> 1 | (hvip & LCOFI) : hvip >> 1;
}

ALWAYS_INLINE uint64_t vsie_of_l2(const struct hext_hart *h)
{
	return (h->vsie_local & h->hvien) | hext_vs_view(h, h->hie);
}

/* Load hvien, the priorities and the local bits of vsie, which are 0 for nearly all guests. */
static __attribute__((noinline, unused)) void load_priorities_of_l2(const struct hext_hart *h)
{
	ncsr_write(HEXT_CSR_HVIEN, h->hvien);
	ncsr_write(HEXT_CSR_HVIPRIO1, h->hviprio1);
	ncsr_write(HEXT_CSR_HVIPRIO2, h->hviprio2);
	ncsr_write(HEXT_CSR_VSIE, vsie_of_l2(h));
}

static __attribute__((noinline, unused)) void save_priorities_of_l2(struct hext_hart *h)
{
	h->vsie_local = ncsr_read(HEXT_CSR_VSIE) & IRQ_LOCAL;
}

static __attribute__((noinline, unused)) void load_priorities_of_l1(const struct hext_hart *h)
{
	ncsr_write(HEXT_CSR_HVIEN, hvien_of_l1());
	ncsr_write(HEXT_CSR_HVIPRIO1, hext_hviprio1_of_l1(h));
	ncsr_write(HEXT_CSR_HVIPRIO2, hext_hviprio2_of_l1(h));
}

/*
 * The CSRs of the groups SELDOM and ASKED that a switch must access, as a bitmap: WORLD_MORE, and
 * world_asked(row) for each CSR of the group ASKED that the hart has.
 */
#define WORLD_MORE	 1u /* all of the group SELDOM, and those that clear_open_csrs() clears */
#define WORLD_ASKED_MOST 7

/* The bits of @rows, rows of the group ASKED. The first one is HSTATEEN0. */
#define WORLD_FIRST_ASKED (WORLD_MORE << 1)
ALWAYS_INLINE unsigned int world_asked(uint64_t rows)
{
	return rows >> HEXT_ROW_HSTATEEN0 << 1;
}

#define HEXT_ROW(name, number, gate, ...)                                                 \
	_Static_assert(HEXT_CSRS_OF_##gate != HEXT_CSRS_ASKED ||                          \
			       (HEXT_ROW_##name >= HEXT_ROW_HSTATEEN0 &&                  \
				HEXT_ROW_##name < HEXT_ROW_HSTATEEN0 + WORLD_ASKED_MOST), \
		       "each has a bit in quick_state.more_controls");
#include "hext/csr_table.h"

/* Whether @more has the CSR of @row. */
ALWAYS_INLINE bool world_is_in(unsigned int more, enum hext_csr_row row)
{
	return more & world_asked(BIT64(row));
}

/*
 * Load those CSRs of @group, a constant, that have the value that L1 wrote while L2 runs. Of the
 * group ASKED, only those in @more.
 */
ALWAYS_INLINE void load_controls_of_l2(const struct hext_hart *h, enum world_group group,
				       unsigned int more)
{
	const struct hext_config *c = h->cfg;

	(void)c;
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, ...)       \
	if ((WORLD_HELD_##held & WORLD_OF_L2) && WORLD_GROUP(gate, held) == group && \
	    (group != WORLD_ASKED || world_is_in(more, HEXT_ROW_##name)))            \
		ncsr_write(number, h->field);
#include "hext/csr_table.h"
}

/* The same for the CSRs for which the table has a value while L1 runs. */
ALWAYS_INLINE void load_controls_of_l1(const struct hext_config *c, enum world_group group,
				       unsigned int more)
{
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, ...)       \
	if ((WORLD_HELD_##held & WORLD_OF_L1) && WORLD_GROUP(gate, held) == group && \
	    (group != WORLD_ASKED || world_is_in(more, HEXT_ROW_##name)))            \
		ncsr_write(number, WORLD_L1_##held);
#include "hext/csr_table.h"
}

/* Which CSRs of the groups SELDOM and ASKED a switch must access. */
ALWAYS_INLINE unsigned int world_more_controls(const struct hext_hart *h)
{
	const struct hext_config *c = h->cfg;
	bool more = world_has_open_csrs(world_config(c));

#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, ...) \
	if (WORLD_HELD_##held & WORLD_IS_SELDOM)                               \
		more |= h->field != WORLD_L1_##held;
#include "hext/csr_table.h"
	return world_asked(c->answers) | (more ? WORLD_MORE : 0);
}

/*
 * Without Smstateen, L1 and L2 reach CSRs of extensions that L1 is not told of. Halite keeps no
 * level's value of them. It clears them, so that no level reads what another one has left.
 */
ALWAYS_INLINE void clear_open_csrs(const struct world_config *w)
{
	if (w->open_iselect)
		ncsr_write(HEXT_CSR_VSISELECT, 0);
	if (w->open_ctr) {
		ncsr_write(CSR_VSCTRCTL, 0);
		csr_write(CSR_SCTRSTATUS, 0);
		insn_sctrclr();
	}
}

/*
 * Load what world_more_controls() has named. OpenSBI opens only the first CSR of the group ASKED,
 * hstateen0. So a switch asks for the others together.
 */
ALWAYS_INLINE void load_more_controls_of_l2(const struct hext_hart *h, unsigned int more)
{
	if (more & WORLD_MORE) {
		load_controls_of_l2(h, WORLD_SELDOM, 0);
		if (static_key(KEY_OPEN))
			clear_open_csrs(world_config(h->cfg));
	}
	load_controls_of_l2(h, WORLD_ASKED, more & WORLD_FIRST_ASKED);
	if (more >= WORLD_FIRST_ASKED << 1)
		load_controls_of_l2(h, WORLD_ASKED, more & ~WORLD_FIRST_ASKED);
}

ALWAYS_INLINE void load_more_controls_of_l1(const struct hext_hart *h, unsigned int more)
{
	if (more & WORLD_MORE) {
		load_controls_of_l1(h->cfg, WORLD_SELDOM, 0);
		if (static_key(KEY_OPEN))
			clear_open_csrs(world_config(h->cfg));
	}
	load_controls_of_l1(h->cfg, WORLD_ASKED, more & WORLD_FIRST_ASKED);
	if (more >= WORLD_FIRST_ASKED << 1)
		load_controls_of_l1(h->cfg, WORLD_ASKED, more & ~WORLD_FIRST_ASKED);
}

/*
 * Set hstatus for the guest. With autoswap below, it goes into the slot in the area. The entry and
 * the exit exchange the slot with hstatus.
 */
ALWAYS_INLINE void set_guest_hstatus(uint64_t hstatus)
{
	if (ncsr_has(NACL_FEAT_AUTOSWAP_CSR))
		nacl_sret_autoswap(ncsr_area, hstatus);
	else
		ncsr_write(HEXT_CSR_HSTATUS, hstatus);
}

/* The guest's hstatus as its trap has left it. */
ALWAYS_INLINE uint64_t get_guest_hstatus(void)
{
	if (ncsr_has(NACL_FEAT_AUTOSWAP_CSR))
		return nacl_sret_autoswapped(ncsr_area);
	return ncsr_read(HEXT_CSR_HSTATUS);
}

/* Set or clear bits of the guest's hstatus. */
ALWAYS_INLINE void set_bit_of_guest(uint64_t bit, bool on)
{
	if (ncsr_has(NACL_FEAT_AUTOSWAP_CSR))
		set_guest_hstatus((get_guest_hstatus() & ~bit) | (on ? bit : 0));
	else if (on)
		ncsr_set(HEXT_CSR_HSTATUS, bit);
	else
		ncsr_clear(HEXT_CSR_HSTATUS, bit);
}

/* The hardware's hstatus while L2 runs, for L1's @hstatus. */
ALWAYS_INLINE uint64_t world_hstatus_of_l2(const struct hext_config *cfg, uint64_t hstatus)
{
	uint64_t result = HSTATUS_SPV | HSTATUS_VSXL_64 |
			  (hstatus & (HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM));

	return static_key(KEY_AIA) ? result | vgein_of_l2(cfg, hstatus) : result;
}

/* Whether a WFI of L1 must trap: hext_wfi_traps() with the interrupt files that the hart has. */
ALWAYS_INLINE bool wfi_of_l1_traps(const struct hext_hart *h, bool sgei_waits)
{
	if ((h->hvip & h->hie) || hext_vs_timer_runs(h))
		return true;
	return static_key(KEY_AIA) &&
	       (sgei_waits || ((h->hstatus & HSTATUS_VGEIN) && (h->hie & BIT64(IRQ_VSEI))));
}

/*
 * Load hstatus and hedeleg for L1. @watch_sret: an SRET must trap, since it may enter L2 or enable
 * an interrupt that the hardware does not deliver. While L1's hstatus.SPV is set, each trap into L1
 * must clear it, so hedeleg is 0 then.
 */
ALWAYS_INLINE void world_load_hstatus_of_l1(const struct hext_hart *h, bool watch_sret,
					    bool sgei_waits)
{
	uint64_t hstatus = world_config(h->cfg)->hstatus_of_l1;

	if (watch_sret) {
		ncsr_write(HEXT_CSR_HEDELEG, l1_hedeleg(h));
		hstatus |= HSTATUS_VTSR;
	} else {
		ncsr_write(HEXT_CSR_HEDELEG, h->cfg->hedeleg);
	}
	if (wfi_of_l1_traps(h, sgei_waits))
		hstatus |= HSTATUS_VTW;
	set_guest_hstatus(hstatus);
}

/* Read the pc and the mode of the guest that has trapped. */
ALWAYS_INLINE void world_read_pc(struct hext_hart *h)
{
	h->pc = csr_read(CSR_SEPC);
	h->user = !(csr_read(CSR_SSTATUS) & SSTATUS_SPP);
}

/* ---- interrupts that L1 takes with hstatus.SPV set ---- */

/*
 * On the bare machine an interrupt in HS mode clears SPV. In Halite the hardware delivers L1's
 * interrupts and does not know L1's hstatus. hedeleg is 0 while SPV is set, but hideleg cannot be
 * 0, since L1's sip and sie would read as 0.
 *
 * So Halite notes L1's scause and sepc, which an interrupt changes, when L1 runs on with SPV set.
 * Halite compares them before L1's hstatus counts: when L1's SRET traps, when L1 calls sync_sret,
 * when L1 reads or writes hstatus, and at each exit that vcpu_exit() handles. Halite is wrong about
 * an L1 that does one of these:
 * - L1 writes the number of an interrupt to its scause.
 * - Between an exit of L2 by an interrupt and the SRET, L1 writes sepc but not hstatus.
 * - L1 has written SPV to hstatus and not to the slot for autoswap, and calls sync_sret.
 * - After a write of SPV, L1 takes the interrupt whose number scause already has.
 */
ALWAYS_INLINE void world_note_trap_of_l2(struct hext_hart *h, uint64_t cause, uint64_t epc)
{
	world_hart(h)->spv_cause = cause;
	world_hart(h)->spv_epc = epc;
}

/*
 * Note L1's scause after L1 may have written hstatus with SPV set. sepc is not compared later,
 * since L1 may write sepc next.
 */
ALWAYS_INLINE void world_note_spv(struct hext_hart *h, bool live)
{
	world_hart(h)->spv_cause = live ? ncsr_read(HEXT_CSR_VSCAUSE) : h->s.cause;
	world_hart(h)->spv_epc = SPV_ANY_EPC;
}

/*
 * Whether L1, whose SPV is set, has taken an interrupt since the note, so that SPV must be cleared.
 */
ALWAYS_INLINE bool world_l1_took_interrupt(const struct hext_hart *h)
{
	uint64_t cause = ncsr_read(HEXT_CSR_VSCAUSE);

	if (!(cause & CAUSE_INTERRUPT))
		return false;
	return cause != world_const_hart(h)->spv_cause ||
	       (world_const_hart(h)->spv_epc != SPV_ANY_EPC &&
		ncsr_read(HEXT_CSR_VSEPC) != world_const_hart(h)->spv_epc);
}

#endif
