/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation in software: L1's G-stage alone, or VS-stage and G-stage together (priv
 * "Virtual Address Translation Process", priv H "Two-Stage Address Translation").
 *
 * Invariant: a walk gives the result that a hart with the extensions of hext_config would give for
 * the current tables. It reads each PTE once. It writes A and D bits only if hardware updating is
 * enabled.
 */
#ifndef HEXT_WALK_H
#define HEXT_WALK_H

#include "hext/hext.h"

enum hext_walk_status {
	HEXT_WALK_OK,
	HEXT_WALK_PAGE_FAULT,	    /* the VS-stage does not translate or allow the access */
	HEXT_WALK_GUEST_PAGE_FAULT, /* the G-stage does not translate or allow the access */
	HEXT_WALK_ACCESS_FAULT,	    /* a PTE is at an address where the domain has no RAM */
};

/* The result of a translation by a leaf, or by Bare. */
struct hext_page {
	pa_t pa;	    /* the address of the byte that the caller named */
	unsigned int level; /* the leaf's level: 0 is 4 KiB, 1 is 2 MiB ...; highest for Bare */
	bool napot;	    /* the leaf is one of 64 KiB; level is 0 */
	bool r, w, x;	    /* permissions; w only if the leaf's D is set */
	uint8_t pbmt;	    /* memory type, 0 to 2 */
	pa_t pte;	    /* the address of the leaf; not set for Bare */
};

/* A G-stage access, for the check of permissions. */
struct hext_gaccess {
	enum hext_access access;
	bool mxr;  /* L1's sstatus.MXR: explicit loads may read execute-only pages */
	bool hlvx; /* HEXT_READ needs X in place of R */
	/* No access follows: the walk writes no A and D, and faults if it would have to. */
	bool ahead;
};

/* The number of levels of mode @mode (8, 9, 10) of hgatp or vsatp; 0 for Bare. */
static inline unsigned int hext_levels(uint64_t mode)
{
	return mode ? mode - 5 : 0;
}

/* A position in a walk of a G-stage: the PTE to be read next, or the last PTE that was read. */
struct hext_walk_at {
	uint64_t pte; /* address of the PTE in L1's physical memory */
	/* The address of the pointer to the table that has @pte. 0: the walk has not read it. */
	uint64_t above;
	unsigned int level;
};

/* The position before the walk has read a PTE. */
#define HEXT_WALK_ROOT ((struct hext_walk_at){ .level = ~0u })

/*
 * Walk as hext_walk_gstage() does, but from position @at. @at is HEXT_WALK_ROOT, or the position at
 * which an earlier walk of the same @hgatp and @gpa ended. @at becomes the position at which this
 * walk ends. To begin below the root is allowed until the next fence of L1 that could name the
 * pointers above @at: a hart, too, may cache these pointers until then.
 */
enum hext_walk_status hext_walk_gstage_at(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
					  const struct hext_gaccess *access,
					  struct hext_walk_at *at, struct hext_page *page);

/*
 * Translate @gpa by L1's G-stage @hgatp. Returns HEXT_WALK_OK, _GUEST_PAGE_FAULT or _ACCESS_FAULT.
 * *@page is filled if the result is OK.
 */
enum hext_walk_status hext_walk_gstage(const struct hext_hart *h, uint64_t hgatp, gpa_t gpa,
				       const struct hext_gaccess *access, struct hext_page *page);

/*
 * Fill *@beside from the leaf for @gpa, in the table that holds the leaf of @page. @page is the
 * result of a walk for an address in the same 2 MiB as @gpa. False: one of the two leaves does not
 * map 4 KiB, or the leaf for @gpa is not valid or lacks A or U.
 */
bool hext_walk_beside(const struct hext_hart *h, const struct hext_page *page, gpa_t gpa,
		      struct hext_page *beside);

/*
 * An access of L2, or an access by HLV, HLVX or HSV of L1. An access of L1 itself is one with hgatp
 * Bare, L1's satp as vsatp, L1's sstatus as vsstatus, and the henvcfg that L1 runs with.
 */
struct hext_vaccess {
	enum hext_access access;
	bool user; /* VU rather than VS */
	bool hlvx;
	/*
	 * CSRs that control the access; hext_l2_access() fills them in. vsstatus is for SUM and
	 * MXR, sstatus is L1's, for MXR.
	 */
	uint64_t vsatp;
	uint64_t hgatp;
	uint64_t vsstatus;
	uint64_t sstatus;
	uint64_t envcfg; /* PBMTE and ADUE of henvcfg, for the VS-stage */
};

/* An access of L2 with the CSRs of @h. The VS set must be in the image. */
struct hext_vaccess hext_l2_access(const struct hext_hart *h, enum hext_access access, bool user);

/*
 * Translate @gva for @access. OK: both stages allow the access, and *@page is filled. Its r, w, x,
 * level, napot and pbmt are those of the G-stage. Any other result: *@trap is the exception, with
 * cause, tval (@gva) and gva (true). For a guest-page fault htval is filled, too, and htinst holds
 * the pseudoinstruction if the access was to a VS-level page table. Otherwise htinst is 0, because
 * only the caller knows the instruction.
 */
enum hext_walk_status hext_walk_two_stage(const struct hext_hart *h, gva_t gva,
					  const struct hext_vaccess *access, struct hext_page *page,
					  struct hext_trap *trap);

#endif
