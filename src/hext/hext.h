/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One hart's virtual H extension, as plain C on a memory image of the hart's state.
 *
 * A virtual hart has virtualization OFF (code of L1, the guest hypervisor, runs) or ON (code of L2,
 * the guest of L1, runs). The physical hart is in VS or VU mode in both. Its VS CSRs therefore
 * hold L1's supervisor CSRs when OFF and L1's VS CSRs when ON; the other set waits in this image.
 * The caller saves the live set into the image before it calls a function here that says so, and
 * loads the set of the state that the function left behind.
 *
 * The user supplies struct hext_ops for L1's memory and time, and in a freestanding program
 * assert_failed() (lib/assert.h). The user owns struct hext_hart, of which one hart's code uses each,
 * and struct hext_config, which is constant. Nothing is allocated. What L1 or L2 does wrong is a return
 * value: false, or a trap to be taken. docs/hext.md says which function is for which exit.
 *
 * Invariant: every field below holds a value that the CSR it stands for could hold in hardware
 * (WARL is applied when it is written, never when it is used).
 *
 * Specification: RISC-V privileged architecture, chapter "H" extension (cited as "priv H").
 */
#ifndef HEXT_HEXT_H
#define HEXT_HEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/types.h"
#include "nacl/abi.h"

#define HEXT_CONFIG_FIXED(field)
#define HEXT_CONFIG_PROBED(field) uint64_t field;

/* Which optional parts the hart has, probed from hardware once. All of it is read-only later. */
struct hext_config {
	bool sstc;	  /* stimecmp and vstimecmp */
	bool gstage_adue; /* hardware sets A and D in G-stage PTEs (menvcfg.ADUE) */
	bool svpbmt;	  /* PBMT bits in PTEs */
	bool svnapot;
	uint8_t vmid_bits;    /* VMIDLEN, 0 to 14 */
	uint16_t hgatp_modes; /* bit n: mode n is there (0 Bare, 8 Sv39x4, 9 Sv48x4, 10 Sv57x4) */
	uint16_t vsatp_modes; /* likewise for vsatp (0, 8, 9, 10) */
	uint8_t asid_bits;    /* ASIDLEN, 0 to 16 */
	/* The CSRs that had to be asked for: bit HEXT_ROW_x, the hart lets Halite have x. */
	uint64_t answers;
	/* The writable bits of the CSRs that are PROBED (csr_table.h), under their fields' names. */
	struct {
#define HEXT_BANK(name, number, field, how, ...) HEXT_CONFIG_##how(field)
#include "hext/csr_table.h"
	} vs;
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, ...) HEXT_CONFIG_##how(field)
#include "hext/csr_table.h"
	/* The advanced interrupt architecture, with an IMSIC; nothing of what follows without it. */
	bool aia;
	uint8_t geilen; /* guest interrupt files that L1 has, 0 to 63: 1 to this */
	bool own_file;	/* hext_ops.files() tells of L1's own file; else sip has its interrupt */
	uint16_t identities; /* of each interrupt file: 1 to this, one less than a multiple of 64 */
	/*
	 * A piece of the domain's RAM, of whole pages or none, and where it is in Halite's memory: PTEs there are read
	 * without a call of hext_ops.read_pte(), which would read the same (ram.h). It is at @ram_hpa, and
	 * hext_ops.host_page() would allow all of it everything.
	 */
	uint64_t ram_start, ram_size;
	hpa_t ram_hpa;
	const uint8_t *ram;
};

struct hext_hart;

/* A page of the domain that a shadow entry may map. */
struct hext_host_page {
	hpa_t hpa;	    /* of the byte asked for */
	unsigned int level; /* 0: 4 KiB, 1: 2 MiB, 2: 1 GiB ...: largest page that is uniform */
	bool r, w, x;	    /* what L0 gives */
};

/*
 * What the virtual hart needs of the hypervisor around it. @ctx is hext_hart.ctx. Each call checks
 * the address itself: any value can arrive.
 */
struct hext_ops {
	/*
	 * Read or write naturally aligned 1, 2, 4 or 8 bytes at L1's physical address, once and
	 * atomically. False: the domain has no such memory or device there (access fault).
	 */
	bool (*read)(void *ctx, pa_t addr, void *buf, unsigned int size);
	bool (*write)(void *ctx, pa_t addr, const void *buf, unsigned int size);
	/* Read 8 aligned bytes of RAM, for a walk. False: not RAM, whatever else is there. */
	bool (*read_pte)(void *ctx, pa_t addr, uint64_t *pte);
	/* Compare and swap 8 aligned bytes of RAM. False: changed meanwhile or not RAM. */
	bool (*cas64)(void *ctx, pa_t addr, uint64_t old, uint64_t desired);
	/* How the domain maps @addr. False: not at all. */
	bool (*host_page)(void *ctx, pa_t addr, struct hext_host_page *page);
	/* The time CSR as L1 reads it, in ticks of the timebase. */
	uint64_t (*time)(void *ctx);
	/* With AIA: bit k, L1's guest interrupt file k has an interrupt, as hgeip says; bit 0: L1's own file. */
	uint64_t (*files)(void *ctx);
	/*
	 * With AIA: register @reg (as siselect names it, of those that are not read-only 0, or HEXT_FILE_TOPEI) of L1's guest
	 * interrupt file @file, 1 to geilen; 0: its own. As hext_csr_rmw(), in one step. Any write of TOPEI claims.
	 */
	void (*file_rmw)(void *ctx, unsigned int file, unsigned int reg, uint64_t *old,
			 uint64_t value, uint64_t mask);
};

/* In place of a number of siselect: stopei. */
#define HEXT_FILE_TOPEI 0x100

/* One set of VS CSRs, as vs* for L2 or as s* for L1. sie and sip are kept apart: see below. */
struct hext_bank {
#define HEXT_BANK(name, number, field, ...) uint64_t field;
#include "hext/csr_table.h"
};

struct hext_hart {
	bool virt;   /* virtualization ON */
	bool user;   /* nominal privilege: U (or VU) rather than S (HS or VS) */
	uint64_t pc; /* of the next instruction of the virtual hart */

	struct hext_bank s;  /* L1's supervisor CSRs; live in hardware when OFF */
	struct hext_bank vs; /* L1's VS CSRs; live in hardware when ON */

	/* L1's sie and its pending bits, in sip's positions (1, 5, 9); live in hardware when OFF. */
	uint64_t sie;
	uint64_t sip;

	/*
	 * L1's hypervisor CSRs, each by its name; hstateen0 to 3. hie and hvip have their bits in hie's
	 * positions (2, 6, 10, 12), and are live in hardware when ON, but for SGEI.
	 */
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, ...) uint64_t field;
#include "hext/csr_table.h"

	/* AIA. vsie_local: bits of vsie that hvien makes, live when ON. iprio: L1's own, a byte an interrupt. */
	uint64_t vsie_local;
	uint64_t iprio[8];
	bool prioritized; /* one of hvien, hviprio1, hviprio2, iprio has not always been 0 */

	const struct hext_config *cfg;
	const struct hext_ops *ops;
	void *ctx;
};

/* An exception or interrupt to be taken by the virtual hart. */
struct hext_trap {
	uint64_t cause; /* as scause, with the interrupt bit */
	uint64_t tval;	/* as stval */
	uint64_t htval; /* as htval: a guest physical address >> 2, or 0 */
	uint64_t htinst;
	bool gva; /* as hstatus.GVA: tval is a guest virtual address */
};

/* Access types of a translation. */
enum hext_access { HEXT_READ, HEXT_WRITE, HEXT_EXEC };

/* csr.c ------------------------------------------------------------------------------------ */

/* Bring the hart to its reset state: OFF, S mode, all CSRs at their reset values. */
void hext_init(struct hext_hart *h, const struct hext_config *cfg, const struct hext_ops *ops,
	       void *ctx);

/* Whether L1 has CSR @csr (0x000 to 0xfff) of the kinds 0x2xx, 0x6xx, 0xaxx, 0xexx. */
bool hext_csr_exists(const struct hext_hart *h, unsigned int csr);

/*
 * Read CSR @csr into *@old, then write the bits of @value that are set in @mask by the rules of
 * WARL; a @mask of 0 is a plain read. L1's privilege has been checked. The hart is OFF or the VS
 * set has been saved into the image. False: no such CSR, or a write to a read-only one: the
 * access is an illegal instruction for L1; nothing has changed.
 */
bool hext_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		  uint64_t mask);

/*
 * Write the CSRs in @dirty, a bitmap of CSRs that exist as SBI NACL's, with their values in CSR
 * space @csrs, each of which is read once: all but those of interrupt files and those that are
 * read-only. They are taken out of @dirty; @altered becomes a bitmap of those that have not become
 * what was written. True: both are empty.
 */
bool hext_csr_write_dirty(struct hext_hart *h, uint64_t dirty[NACL_DIRTY_WORDS],
			  uint64_t altered[NACL_DIRTY_WORDS], const volatile uint64_t *csrs);

/*
 * L2 has run: store, in CSR space @csrs of SBI NACL, the values of the CSRs that are CHANGED by that
 * (csr_table.h). Both sets of VS CSRs are in the image.
 */
void hext_csr_put_trapped(const struct hext_hart *h, volatile uint64_t *csrs);

/* The bits of hstatus that can be written: GVA, SPV, SPVP, HU, VGEIN, VTVM, VTW, VTSR. */
#define HSTATUS_WRITABLE                                                                        \
	(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VGEIN | HSTATUS_VTVM | \
	 HSTATUS_VTW | HSTATUS_VTSR)

/* @value of hstatus with a VGEIN that there is; one that is not becomes 0 (WLRL). */
static inline uint64_t hext_legal_vgein(const struct hext_config *c, uint64_t value)
{
	return (value & HSTATUS_VGEIN) > (uint64_t)c->geilen << HSTATUS_VGEIN_SHIFT
		       ? value & ~HSTATUS_VGEIN
		       : value;
}

/* What hstatus becomes when @value is written. */
static inline uint64_t hext_legal_hstatus(const struct hext_hart *h, uint64_t value)
{
	return hext_legal_vgein(h->cfg,
				(h->hstatus & ~HSTATUS_WRITABLE) | (value & HSTATUS_WRITABLE));
}

/* hgeie and hgeip have a bit for each of L1's guest interrupt files. */
static inline uint64_t hext_files(const struct hext_config *c)
{
	return (BIT64(c->geilen) - 1) << 1;
}

/* The bits of hvip that can be written. */
static inline uint64_t hext_hvip_bits(const struct hext_config *c)
{
	return IRQ_VS_ALL | c->hvien;
}

static inline unsigned int hext_vgein(const struct hext_hart *h)
{
	return (h->hstatus & HSTATUS_VGEIN) >> HSTATUS_VGEIN_SHIFT;
}

/* hstatus becomes what of @value it takes; returns what it was. The same as hext_csr_rmw(). */
uint64_t hext_swap_hstatus(struct hext_hart *h, uint64_t value);

/* Of hie or hip, @bits, what vsie and vsip show (priv H "vsip and vsie"). */
static inline uint64_t hext_vs_view(const struct hext_hart *h, uint64_t bits)
{
	return (bits & h->hideleg & IRQ_VS_ALL) >> 1;
}

/* Which of L1's guest interrupt files have an interrupt. */
static inline uint64_t hext_hgeip(const struct hext_hart *h)
{
	return h->cfg->geilen ? h->ops->files(h->ctx) & hext_files(h->cfg) : 0;
}

/* The interrupts of VS level that L1 enables in hie and has not delegated: it takes them itself, in HS mode too. */
static inline uint64_t hext_kept_interrupts(const struct hext_hart *h)
{
	return h->hie & ~h->hideleg & IRQ_VS_ALL;
}

/* L1's hip: what is pending for VS level in the image, timer included. */
uint64_t hext_hip(const struct hext_hart *h);

/* aia.c ------------------------------------------------------------------------------------ */

/* As hext_csr_rmw(): vsireg and vstopei, of the guest interrupt file that VGEIN selects. */
bool hext_vsireg_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask);
bool hext_vstopei_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask);

/* What L1 reads in vstopi. */
uint64_t hext_vstopi(const struct hext_hart *h);

/*
 * As hext_csr_rmw(), for those supervisor CSRs that trap when L1 in HS mode reaches for them: sie, sip and stimecmp
 * while hvictl.VTI is set for L1, sireg where there is no register for VS mode, stopei without a file. The supervisor set
 * is in the image.
 */
bool hext_s_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		    uint64_t mask);

/* Of L1's interrupts in @ready, which are pending, enabled and L1's to take, that which goes first: sip's or hip's number. */
unsigned int hext_top_of_l1(const struct hext_hart *h, uint64_t ready);

/* L1's own priorities, as hviprio1 and hviprio2 hold them for VS mode. */
uint64_t hext_own_hviprio1(const struct hext_hart *h);
uint64_t hext_own_hviprio2(const struct hext_hart *h);

/* trap.c ----------------------------------------------------------------------------------- */

/*
 * Take @trap into L1 (priv H "Trap Entry"). Both sets of VS CSRs must be in the image. Afterwards the
 * hart is OFF, in S mode, at L1's trap vector.
 */
void hext_take_trap(struct hext_hart *h, const struct hext_trap *trap);

/*
 * Take an exception that L1 has delegated into L2 (VS mode); the hart is ON and the VS set is in the
 * image. Only cause and tval of @trap count.
 */
void hext_take_vs_trap(struct hext_hart *h, const struct hext_trap *trap);

/*
 * L1 executes SRET in S mode (priv H "Trap Return"); the supervisor set is in the image.
 * Afterwards h->virt says whether L2 runs.
 */
void hext_sret(struct hext_hart *h);

/* L1's sip from the image, timer included; meaningful when ON. */
uint64_t hext_sip(const struct hext_hart *h);

/*
 * Whether an interrupt that L1 must take itself is pending, enabled and not masked in the current
 * state. True: *@cause is its cause with the interrupt bit. The set of the state is in the image.
 */
bool hext_interrupt_pending(const struct hext_hart *h, uint64_t *cause);

/*
 * WFI of L1 ends when an interrupt is pending that is enabled in sie or hie, delegated or not (priv "Wait
 * for Interrupt"). Those of hie are in the image when OFF, where the hardware cannot see them:
 * hext_wfi_traps() says whether WFI must trap for that. hext_wfi_waits() says whether one that has
 * trapped waits, for such an interrupt until *@deadline (in ticks of L1's time, ~0: for ever).
 */
bool hext_wfi_traps(const struct hext_hart *h);
bool hext_wfi_waits(const struct hext_hart *h, uint64_t *deadline);

static inline bool hext_is_guest_page_fault(uint64_t cause)
{
	return cause == CAUSE_FETCH_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
	       cause == CAUSE_STORE_GUEST_PAGE;
}

/* The access fault of the access that took @guest_page_fault (cause 20, 21 or 23). */
uint64_t hext_access_fault(uint64_t guest_page_fault);

#endif
