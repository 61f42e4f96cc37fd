/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One hart's virtual H extension, as plain C on a memory image of the hart's state.
 *
 * A virtual hart has virtualization OFF (code of L1, the guest hypervisor, runs) or ON (code of L2,
 * the guest of L1, runs). The physical hart is in VS or VU mode in both states. Its VS CSRs hold
 * L1's supervisor CSRs when OFF, and L1's VS CSRs when ON. The other set is in this image. Some
 * functions here need the live set in the image, and say so: the caller saves the set before the
 * call. After the call the caller loads the set of the hart's new state.
 *
 * The user supplies struct hext_ops for L1's memory and time and, in a freestanding program,
 * assert_failed() (lib/assert.h). The user owns struct hext_hart, which only the code of its hart
 * uses, and struct hext_config, which is constant. The library allocates nothing. An error of L1 or
 * L2 is a return value: false, or a trap that the virtual hart takes. docs/hext.md says which
 * function is for which exit.
 *
 * Invariant: every field of a CSR holds a value that the CSR could hold in hardware. The WARL rules
 * are applied when a field is written, never when it is used.
 *
 * Specification: RISC-V privileged architecture, chapter "H" extension (cited as "priv H").
 */
#ifndef HEXT_HEXT_H
#define HEXT_HEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/ext.h"
#include "hext/types.h"
#include "nacl/abi.h"

#define HEXT_CONFIG_FIXED(field)
#define HEXT_CONFIG_PROBED(field) uint64_t field;

/*
 * The optional parts that the hart has. The hypervisor probes them once. A hart may get another
 * structure later, which differs in @s_pmm, @gstage_adue and the bit ADUE of @henvcfg: between two
 * exits of L1, and henvcfg of the hart must be legal under the new one.
 */
struct hext_config {
	/* The extensions of ext_table.h that L1 has: the hart has them, and L1 is told of them. */
#define HEXT_EXT(name, ...) bool name;
#include "hext/ext_table.h"
	/*
	 * Bit n: henvcfg.PMM can hold n (0, 2 and 3 are defined). It is the same for hstatus.HUPMM.
	 * Only Ssnpm has the fields.
	 */
	uint8_t pmm_values;
	uint8_t s_pmm;	      /* PMM of L1's S mode: 0, 2 or 3. Only with Ssnpm. */
	bool gstage_adue;     /* hardware sets A and D in G-stage PTEs (menvcfg.ADUE) */
	uint8_t vmid_bits;    /* VMIDLEN, 0 to 14 */
	uint16_t hgatp_modes; /* bit n: hgatp has mode n (0 Bare, 8 Sv39x4, 9 Sv48x4, 10 Sv57x4) */
	uint16_t vsatp_modes; /* bit n: vsatp has mode n (0 Bare, 8 Sv39, 9 Sv48, 10 Sv57) */
	uint8_t asid_bits;    /* ASIDLEN, 0 to 16 */
	/*
	 * Bit HEXT_ROW_x: CSR x is of an extension that is ASKED (ext_table.h), L1 has the
	 * extension, and the hart lets Halite access the CSR.
	 */
	uint64_t answers;
	/* The writable bits of the PROBED CSRs (csr_table.h), under the names of their fields. */
	struct {
#define HEXT_BANK(name, number, field, how, ...) HEXT_CONFIG_##how(field)
#include "hext/csr_table.h"
	} vs;
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, ...) HEXT_CONFIG_##how(field)
#include "hext/csr_table.h"
	/* The advanced interrupt architecture, with an IMSIC. Without it the next three are 0. */
	bool aia;
	uint8_t geilen;	      /* number of L1's guest interrupt files, 0 to 63: 1 to geilen */
	bool supervisor_file; /* hext_ops.files() reports L1's supervisor file; else sip has SEI */
	uint16_t identities;  /* highest identity of a file: one less than a multiple of 64 */
	/*
	 * A piece of the domain's RAM: L1's physical addresses from @ram_start on, whole pages; a
	 * @ram_size of 0 means none. @ram is its place in Halite's memory, @ram_hpa its host
	 * physical address. src/hext reads PTEs there without hext_ops.read_pte(), which would read
	 * the same (ram.h). hext_ops.host_page() would allow every access to every page of it.
	 * @one_distance: all that host_page() gives is as far from L1's address as @ram_hpa is from
	 * @ram_start.
	 */
	uint64_t ram_start, ram_size;
	hpa_t ram_hpa;
	const uint8_t *ram;
	bool one_distance;
};

_Static_assert(HEXT_ROWS <= 64, "hext_config.answers has a bit for each CSR");

/* Whether L1 has the CSR @row, which is of an extension with @csrs. Both are constants. */
static inline __attribute__((always_inline)) bool
hext_has_csr(const struct hext_config *c, enum hext_csrs csrs, enum hext_csr_row row)
{
	switch (csrs) {
	case HEXT_CSRS_ALWAYS:
		return true;
	case HEXT_CSRS_SSTC:
		return c->sstc;
	case HEXT_CSRS_AIA:
		return c->aia;
	default:
		return c->answers >> row & 1;
	}
}

struct hext_hart;

/* A page of the domain that a shadow entry may map. */
struct hext_host_page {
	hpa_t hpa;	    /* the address of the byte that the caller named */
	unsigned int level; /* the largest uniform page: 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB ... */
	bool r, w, x;	    /* the permissions that L0 gives */
};

/*
 * The functions that the virtual hart needs from the hypervisor. @ctx is hext_hart.ctx. Each
 * function checks the address itself: any value can arrive.
 */
struct hext_ops {
	/*
	 * Read or write 1, 2, 4 or 8 naturally aligned bytes at L1's physical address @addr, once
	 * and atomically. False: the domain has no memory or device there that allows the access
	 * (an access fault).
	 */
	bool (*read)(void *ctx, pa_t addr, void *buf, unsigned int size);
	bool (*write)(void *ctx, pa_t addr, const void *buf, unsigned int size);
	/* Read 8 aligned bytes of RAM, for a walk. False: @addr is not in RAM. */
	bool (*read_pte)(void *ctx, pa_t addr, uint64_t *pte);
	/*
	 * Compare and swap 8 aligned bytes of RAM. False: they are not @old, or @addr is not in
	 * RAM.
	 */
	bool (*cas64)(void *ctx, pa_t addr, uint64_t old, uint64_t desired);
	/* Fill *@page with the domain's mapping of @addr. False: the domain does not map @addr. */
	bool (*host_page)(void *ctx, pa_t addr, struct hext_host_page *page);
	/* The time CSR as L1 reads it, in ticks of the timebase. */
	uint64_t (*time)(void *ctx);
	/*
	 * Used only with AIA. Bit k of the result: L1's guest interrupt file k has an interrupt, as
	 * in hgeip. Bit 0 is L1's supervisor file.
	 */
	uint64_t (*files)(void *ctx);
	/*
	 * Used only with AIA. Read and write register @reg of an interrupt file of L1 in one step,
	 * with @old, @value and @mask as in hext_csr_rmw(). @file 1 to geilen is a guest interrupt
	 * file, 0 is L1's supervisor file. @reg is HEXT_FILE_TOPEI, or the number in siselect of a
	 * register that is not read-only 0. Any write of TOPEI claims the top interrupt.
	 */
	void (*file_rmw)(void *ctx, unsigned int file, unsigned int reg, uint64_t *old,
			 uint64_t value, uint64_t mask);
};

/* The @reg of hext_ops.file_rmw() that means stopei; no number in siselect does. */
#define HEXT_FILE_TOPEI 0x100

/* What a hart has asked the pool of shadows for. Only shadow_turn.c uses it. */
struct hext_asks {
	uint64_t gpa;	   /* an address for which a table was missing, and none was free */
	uint16_t asks;	   /* number of requests for other addresses since the last one for gpa */
	uint16_t again;	   /* number of further requests for gpa */
	uint16_t refusals; /* number of refusals in that turn: */
	uint32_t turn;	   /* hext_shadow_pool.turns */
};

/*
 * One set of CSRs: the supervisor CSRs of L1, or the VS CSRs of L1, which L2 uses. sie and sip are
 * not in it: they are members of struct hext_hart.
 */
struct hext_bank {
#define HEXT_BANK(name, number, field, ...) uint64_t field;
#include "hext/csr_table.h"
};

struct hext_hart {
	bool virt;   /* virtualization ON */
	bool user;   /* nominal privilege: U (or VU) rather than S (HS or VS) */
	uint64_t pc; /* address of the next instruction of the virtual hart */

	struct hext_bank s;  /* L1's supervisor CSRs; in the hardware when OFF */
	struct hext_bank vs; /* L1's VS CSRs; in the hardware when ON */

	/* L1's sie, and the pending bits of sip (hext_s_irqs()); in the hardware when OFF. */
	uint64_t sie;
	uint64_t sip;

	/*
	 * L1's hypervisor CSRs, each under its name. hie and hvip have their bits in the positions
	 * of hie (2, 6, 10, 12). They are in the hardware when ON, except SGEI.
	 */
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, ...) uint64_t field;
#include "hext/csr_table.h"

	/* The bits of vsie that hvien enables (AIA); in the hardware when ON. */
	uint64_t vsie_local;
	/* L1's priorities for its supervisor-level interrupts (AIA): one byte per interrupt. */
	uint64_t iprio[8];
	/*
	 * senvcfg of the hart, which all levels share. The caller reads it from the hart before an
	 * access whose address may be masked (masking.h). 0 without Ssnpm.
	 */
	uint64_t senvcfg;
	/*
	 * One of hvien, hviprio1, hviprio2 and iprio has not always been 0. If L1 has Sscofpmf, bit
	 * 13 of hvien does not count: KVM sets it.
	 */
	bool prioritized;

	struct hext_asks asks;

	const struct hext_config *cfg;
	const struct hext_ops *ops;
	void *ctx;
};

/* An exception or interrupt to be taken by the virtual hart. */
struct hext_trap {
	uint64_t cause; /* the value for scause, with the interrupt bit */
	uint64_t tval;	/* the value for stval */
	uint64_t htval; /* the value for htval: a guest physical address >> 2, or 0 */
	uint64_t htinst;
	bool gva; /* the value for hstatus.GVA: tval is a guest virtual address */
};

enum hext_access { HEXT_READ, HEXT_WRITE, HEXT_EXEC };

/* csr.c ------------------------------------------------------------------------------------ */

/* Bring the hart to its reset state: OFF, S mode, all CSRs at their reset values. */
void hext_init(struct hext_hart *h, const struct hext_config *cfg, const struct hext_ops *ops,
	       void *ctx);

/* Whether L1 has @csr (0x000 to 0xfff), and it is one of 0x2xx, 0x6xx, 0xaxx or 0xexx. */
bool hext_csr_exists(const struct hext_hart *h, unsigned int csr);

/*
 * Read CSR @csr into *@old. Then write the bits of @value that are set in @mask, by the WARL rules;
 * a @mask of 0 is a plain read. The caller has checked L1's privilege. The hart is OFF, or the VS
 * set is in the image. False: L1 has no such CSR, or the CSR is read-only and @mask is not 0. The
 * access is then an illegal instruction for L1, and nothing has changed.
 */
bool hext_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		  uint64_t mask);

/*
 * Write the CSRs in @dirty, except the read-only CSRs and those of interrupt files. @dirty is a
 * bitmap as in SBI NACL, of CSRs that exist. The values are in CSR space @csrs; the function reads
 * each once. It removes the bits of the written CSRs from @dirty. @altered gets the bits of those
 * whose new value differs from the value in @csrs. True: both bitmaps are empty.
 */
bool hext_csr_write_dirty(struct hext_hart *h, uint64_t dirty[NACL_DIRTY_WORDS],
			  uint64_t altered[NACL_DIRTY_WORDS], const volatile uint64_t *csrs);

/*
 * Store the values of the CSRs that are CHANGED (csr_table.h) in CSR space @csrs of SBI NACL. The
 * caller calls this after L2 has run. Both sets of CSRs are in the image.
 */
void hext_csr_put_trapped(const struct hext_hart *h, volatile uint64_t *csrs);

/* The writable bits of hstatus, but for HUPMM. */
#define HSTATUS_WRITABLE                                                                        \
	(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VGEIN | HSTATUS_VTVM | \
	 HSTATUS_VTW | HSTATUS_VTSR)

/* @value of hstatus, with VGEIN 0 if L1 has no guest interrupt file of that number (WLRL). */
static inline uint64_t hext_legal_vgein(const struct hext_config *c, uint64_t value)
{
	return (value & HSTATUS_VGEIN) > (uint64_t)c->geilen << HSTATUS_VGEIN_SHIFT
		       ? value & ~HSTATUS_VGEIN
		       : value;
}

/* Whether the hart has value @pmm of the fields PMM and HUPMM; only the two lowest bits count. */
static inline bool hext_has_pmm(const struct hext_config *c, uint64_t pmm)
{
	return c->pmm_values >> (pmm & 3) & 1;
}

/*
 * @value with a legal field PMM, or HUPMM, whose lowest bit is bit @shift. The field keeps that
 * of @old if the hart does not have the new value (WARL; 1 is reserved).
 */
static inline uint64_t hext_legal_pmm(const struct hext_config *c, uint64_t old, uint64_t value,
				      unsigned int shift)
{
	if (!hext_has_pmm(c, value >> shift))
		value ^= (value ^ old) & (MASK64(1, 0) << shift);
	return value;
}

/* The writable bits of hstatus. */
static inline uint64_t hext_hstatus_bits(const struct hext_config *c)
{
	return c->ssnpm ? HSTATUS_WRITABLE | HSTATUS_HUPMM : HSTATUS_WRITABLE;
}

/* The value that hstatus gets when L1 writes @value. */
static inline uint64_t hext_legal_hstatus(const struct hext_hart *h, uint64_t value)
{
	uint64_t bits = HSTATUS_WRITABLE;

	/* In this order quick.c has enough registers. */
	if (h->cfg->ssnpm && hext_has_pmm(h->cfg, value >> HSTATUS_HUPMM_SHIFT))
		bits |= HSTATUS_HUPMM;
	value = (h->hstatus & ~bits) | (value & bits);
	return hext_legal_vgein(h->cfg, value);
}

/* The interrupts that sie and sip of L1 have. */
static inline uint64_t hext_s_irqs(const struct hext_config *c)
{
	return IRQ_S_ALL | (c->sscofpmf ? BIT64(IRQ_LCOFI) : 0);
}

/* The bits of hgeie and hgeip: one for each of L1's guest interrupt files. */
static inline uint64_t hext_files(const struct hext_config *c)
{
	return (BIT64(c->geilen) - 1) << 1;
}

/* The writable bits of hvip. */
static inline uint64_t hext_hvip_bits(const struct hext_config *c)
{
	return IRQ_VS_ALL | c->hvien;
}

static inline unsigned int hext_vgein(const struct hext_hart *h)
{
	return (h->hstatus & HSTATUS_VGEIN) >> HSTATUS_VGEIN_SHIFT;
}

/* Write @value to hstatus as hext_csr_rmw() does. Returns the old value. */
uint64_t hext_swap_hstatus(struct hext_hart *h, uint64_t value);

/* The bits of vsie or vsip, for @bits of hie or hip (priv H "vsip and vsie"). */
static inline uint64_t hext_vs_view(const struct hext_hart *h, uint64_t bits)
{
	return (bits & h->hideleg & IRQ_VS_ALL) >> 1;
}

/* L1's hgeip: one bit for each of L1's guest interrupt files that has an interrupt. */
static inline uint64_t hext_hgeip(const struct hext_hart *h)
{
	return h->cfg->geilen ? h->ops->files(h->ctx) & hext_files(h->cfg) : 0;
}

/*
 * The interrupts of VS level that L1 enables in hie and does not delegate in hideleg. L1 takes
 * them, also while it is in HS mode.
 */
static inline uint64_t hext_kept_interrupts(const struct hext_hart *h)
{
	return h->hie & ~h->hideleg & IRQ_VS_ALL;
}

/* L1's hip, computed from the image, with the VS timer and L1's guest interrupt files. */
uint64_t hext_hip(const struct hext_hart *h);

/* aia.c ------------------------------------------------------------------------------------ */

/*
 * Access vsireg or vstopei of the guest interrupt file that VGEIN selects. Arguments and result are
 * those of hext_csr_rmw().
 */
bool hext_vsireg_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask);
bool hext_vstopei_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask);

/* The value of vstopi. */
uint64_t hext_vstopi(const struct hext_hart *h);

/*
 * Access a supervisor CSR that traps when L1 accesses it in HS mode. Arguments and result are those
 * of hext_csr_rmw(). Such CSRs are sie, sip and stimecmp while Halite has set hvictl.VTI for L1,
 * sireg if VS mode has no register of that number, and stopei if L1 has no guest file for its
 * supervisor file. The supervisor set is in the image.
 */
bool hext_s_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		    uint64_t mask);

/*
 * The number, in sip or hip, of the interrupt in @ready that L1 takes first. @ready is not 0; its
 * interrupts are pending and enabled, and L1 takes them.
 */
unsigned int hext_top_of_l1(const struct hext_hart *h, uint64_t ready);

/* L1's priorities (iprio), in the form in which hviprio1 and hviprio2 hold those of VS mode. */
uint64_t hext_hviprio1_of_l1(const struct hext_hart *h);
uint64_t hext_hviprio2_of_l1(const struct hext_hart *h);

/* trap.c ----------------------------------------------------------------------------------- */

/*
 * Take @trap into L1 (priv H "Trap Entry"). Both sets of CSRs must be in the image. Afterwards the
 * hart is OFF, in S mode, at L1's trap vector.
 */
void hext_take_trap(struct hext_hart *h, const struct hext_trap *trap);

/*
 * Take @trap, an exception that L1 has delegated, into L2 (VS mode). The hart is ON and the VS set
 * is in the image. The function uses only cause and tval of @trap.
 */
void hext_take_vs_trap(struct hext_hart *h, const struct hext_trap *trap);

/*
 * L1 executes SRET in S mode (priv H "Trap Return"); the supervisor set is in the image.
 * Afterwards h->virt says whether L2 runs.
 */
void hext_sret(struct hext_hart *h);

/*
 * L1's sip, computed from the image, with L1's timer and its supervisor file. It is L1's sip while
 * the supervisor set is in the image.
 */
uint64_t hext_sip(const struct hext_hart *h);

/*
 * Whether an interrupt that L1 must take is pending, enabled and not masked in the current state.
 * True: *@cause is its cause with the interrupt bit. The set of the current state is in the image.
 */
bool hext_interrupt_pending(const struct hext_hart *h, uint64_t *cause);

/*
 * A WFI of L1 ends when an interrupt is pending that is enabled in sie or hie, delegated or not
 * (priv "Wait for Interrupt"). When OFF, the interrupts of hie are in the image, where the hardware
 * cannot see them. hext_wfi_traps(): whether WFI must trap for that reason. hext_wfi_waits():
 * whether a WFI that has trapped must wait for such an interrupt. *@deadline is the time at which
 * the VS timer ends the wait, in ticks of L1's time; ~0 means never.
 */
bool hext_wfi_traps(const struct hext_hart *h);
bool hext_wfi_waits(const struct hext_hart *h, uint64_t *deadline);

static inline bool hext_is_guest_page_fault(uint64_t cause)
{
	return cause == CAUSE_FETCH_GUEST_PAGE || cause == CAUSE_LOAD_GUEST_PAGE ||
	       cause == CAUSE_STORE_GUEST_PAGE;
}

/* The access fault for the kind of access that caused @guest_page_fault (20, 21 or 23). */
uint64_t hext_access_fault(uint64_t guest_page_fault);

#endif
