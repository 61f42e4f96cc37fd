/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation in software: L1's G-stage alone, or VS-stage and G-stage together (priv
 * "Virtual Address Translation Process", priv H "Two-Stage Address Translation").
 *
 * Invariant: a walk says what a hart with hext_config's extensions would say of the tables as they
 * are now; each PTE is read once. A and D bits are written only where hardware updating is
 * enabled.
 */
#ifndef HEXT_WALK_H
#define HEXT_WALK_H

#include "hext/hext.h"

enum hext_walk_status {
	HEXT_WALK_OK,
	HEXT_WALK_PAGE_FAULT, /* of the VS-stage */
	HEXT_WALK_GUEST_PAGE_FAULT,
	HEXT_WALK_ACCESS_FAULT, /* a PTE is where the domain has no memory */
};

/* Of a leaf, or of Bare: what the translation gives beside the address. */
struct hext_page {
	pa_t pa;	    /* of the byte asked for */
	unsigned int level; /* of the leaf: 0 is 4 KiB, 1 is 2 MiB ...; for Bare the highest */
	bool napot;	    /* of 64 KiB: level is 0 */
	bool r, w, x;	    /* w only if the leaf's D is set */
	uint8_t pbmt;	    /* 0 to 2 */
	pa_t pte;	    /* where the leaf is; not for Bare */
};

/* What a G-stage access is checked for. */
struct hext_gaccess {
	enum hext_access access;
	bool mxr;  /* explicit loads reach execute-only pages: L1's sstatus.MXR */
	bool hlvx; /* a HEXT_READ that needs X in place of R */
	/* No access is made: A and D are left alone, and a PTE that needs them set faults. */
	bool ahead;
};

/* Levels of paged mode @mode (8, 9, 10) of hgatp or vsatp; 0 for Bare. */
static inline unsigned int hext_levels(uint64_t mode)
{
	return mode ? mode - 5 : 0;
}

/* Bytes that a leaf of @level maps, as a shift. */
static inline unsigned int hext_level_shift(unsigned int level)
{
	return 12 + 9 * level;
}

/* How far a walk of a G-stage has come: the PTE to be looked at next, or the last that was. */
struct hext_walk_at {
	uint64_t pte; /* where it is, in L1's physical memory */
	unsigned int level;
};

/* The root. */
#define HEXT_WALK_ROOT ((struct hext_walk_at){ .level = ~0u })

/*
 * As hext_walk_gstage(), from @at on, which is HEXT_WALK_ROOT or what an earlier walk of the same @hgatp and @gpa has left
 * there; @at becomes where the walk ends. Beginning in the middle is what a hart does that has cached the pointers above: allowed
 * until the next fence of L1's that could name them.
 */
enum hext_walk_status hext_walk_gstage_at(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
					  const struct hext_gaccess *access,
					  struct hext_walk_at *at, struct hext_page *page);

/*
 * Translate @gpa by L1's G-stage @hgatp. HEXT_WALK_OK, _GUEST_PAGE_FAULT or _ACCESS_FAULT; *@page
 * is filled if OK.
 */
enum hext_walk_status hext_walk_gstage(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
				       const struct hext_gaccess *access, struct hext_page *page);

/*
 * From @page, which a walk has found for a page of the same 2 MiB: what the leaf for @gpa in the same table gives. False: it is
 * not a plain one of 4 KiB with its A set, or @page's is not.
 */
bool hext_walk_beside(const struct hext_hart *h, const struct hext_page *page, gpa_t gpa,
		      struct hext_page *beside);

/* An access of L2, or of HLV, HLVX and HSV for it. */
struct hext_vaccess {
	enum hext_access access;
	bool user; /* VU rather than VS */
	bool hlvx;
	/*
	 * Registers of the access (hext_l2_access() fills them in): vsatp, hgatp; vsstatus for SUM
	 * and MXR; L1's sstatus for MXR.
	 */
	uint64_t vsatp;
	uint64_t hgatp;
	uint64_t vsstatus;
	uint64_t sstatus;
};

/* An access of L2 as the image of @h has its registers: h->vs must be in the image. */
struct hext_vaccess hext_l2_access(const struct hext_hart *h, enum hext_access access, bool user);

/*
 * Translate @gva for @access. OK: *@page is filled; its r, w, x, level, napot and pbmt are the
 * G-stage's, its access has been allowed by both stages. Else *@trap is the exception: cause, tval
 * = @gva, gva = true, for guest-page faults htval and, if it was an access to a VS-level page
 * table, the pseudoinstruction in htinst (else 0: the caller knows the instruction).
 */
enum hext_walk_status hext_walk_two_stage(const struct hext_hart *h, gva_t gva,
					  const struct hext_vaccess *access, struct hext_page *page,
					  struct hext_trap *trap);

#endif
