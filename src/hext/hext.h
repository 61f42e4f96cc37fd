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
 * Invariant: every field below holds a value that the CSR it stands for could hold in hardware
 * (WARL is applied when it is written, never when it is used).
 *
 * Specification: RISC-V privileged architecture, chapter "H" extension (cited as "priv H").
 */
#ifndef HEXT_HEXT_H
#define HEXT_HEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "hext/types.h"

/* Which optional parts the hart has, probed from hardware once. All of it is read-only later. */
struct hext_config {
	bool sstc;	  /* stimecmp and vstimecmp */
	bool svinval;	  /* HINVAL.GVMA, HINVAL.VVMA */
	bool gstage_adue; /* hardware sets A and D in G-stage PTEs (menvcfg.ADUE) */
	bool svpbmt;	  /* PBMT bits in PTEs */
	bool svnapot;
	bool stateen;	      /* Smstateen */
	uint8_t vmid_bits;    /* VMIDLEN, 0 to 14 */
	uint16_t hgatp_modes; /* bit n: mode n is there (0 Bare, 8 Sv39x4, 9 Sv48x4, 10 Sv57x4) */
	uint16_t vsatp_modes; /* likewise for vsatp (0, 8, 9, 10) */
	uint8_t asid_bits;    /* ASIDLEN, 0 to 16 */
	uint64_t hedeleg;     /* writable bits, as for each of the following */
	uint64_t hideleg;
	uint64_t hcounteren;
	uint64_t henvcfg;
	uint64_t hstateen[4];
	uint8_t hstateen_count; /* hstateen0 up to this one, 0 to 4 */
	uint64_t vsstatus;
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
	/* Compare and swap 8 aligned bytes of RAM. False: changed meanwhile or not RAM. */
	bool (*cas64)(void *ctx, pa_t addr, uint64_t old, uint64_t desired);
	/* How the domain maps @addr. False: not at all. */
	bool (*host_page)(void *ctx, pa_t addr, struct hext_host_page *page);
	/* The time CSR as L1 reads it, in ticks of the timebase. */
	uint64_t (*time)(void *ctx);
};

/* One set of VS CSRs, as vs* for L2 or as s* for L1. sie and sip are kept apart: see below. */
struct hext_bank {
	uint64_t status;
	uint64_t tvec;
	uint64_t scratch;
	uint64_t epc;
	uint64_t cause;
	uint64_t tval;
	uint64_t atp;
	uint64_t timecmp;
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

	/* Bits in hie's positions (2, 6, 10, 12). Live in hardware when ON. */
	uint64_t hie;
	uint64_t hvip;

	uint64_t hstatus;
	uint64_t hedeleg;
	uint64_t hideleg;
	uint64_t hcounteren;
	uint64_t henvcfg;
	uint64_t hstateen[4];
	uint64_t htimedelta;
	uint64_t htval;
	uint64_t htinst;
	uint64_t hgatp;
	uint64_t hgeie;

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

/* L1's hip: what is pending for VS level in the image, timer included. */
uint64_t hext_hip(const struct hext_hart *h);

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

/* The access fault of the access that took @guest_page_fault (cause 20, 21 or 23). */
uint64_t hext_access_fault(uint64_t guest_page_fault);

#endif
