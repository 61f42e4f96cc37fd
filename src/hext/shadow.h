/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow G-stages: the page tables that hardware walks while L2 runs. Each is the composition of
 * one of L1's G-stages with the domain's own, filled on demand, keyed by L1's hgatp, shared by the
 * harts.
 *
 * Invariants:
 * - No entry maps memory outside the domain, or with more permission than L1 and L0 both give.
 * - After hext_shadow_fence_gvma() no entry stems from what L1's tables said earlier in the range.
 * - A page that hardware on some hart may still walk is not used for something else.
 *
 * The pool is bounded, has a lock of its own, and calls neither hext_ops nor quiesce() with it
 * held. Each shadow has its root and its physical VMID for ever; what is evicted is its contents
 * and key. A shadow that a hart is bound to can lose its contents, not its key.
 */
#ifndef HEXT_SHADOW_H
#define HEXT_SHADOW_H

#include <stddef.h>

#include "hext/hext.h"
#include "hext/walk.h"
#include "lib/spinlock.h"

#define HEXT_SHADOW_PAGE 4096
#define HEXT_SHADOW_MAX	 64 /* shadows of a pool, and harts that share it */

/*
 * Table pages that a hart needs at least, so that any one instruction of L2 can complete: it
 * touches at most 4 virtual pages (fetch and access, each across a page boundary), each with 6
 * guest physical ones (5 VS-stage tables and the page), each with 4 tables.
 */
#define HEXT_SHADOW_MIN_TABLES 96

/* Entries of a table from @first up to @end, which is not one: all others are 0. */
struct hext_span {
	uint16_t first, end;
};

struct hext_shadow {
	uint64_t hgatp;	       /* L1's: the key */
	bool used;	       /* the key is valid */
	bool fragmented;       /* holds, or has held, a part of a larger leaf of L1 */
	uint8_t levels;	       /* of the paged mode */
	uint8_t root_part_of;  /* as hext_table_info.part_of, for the root */
	uint8_t mode;	       /* of hgatp: L1's, or Sv39x4 for its Bare */
	uint16_t vmid;	       /* physical */
	uint32_t draining;     /* harts that wait for quiesce() of pages taken from here */
	uint64_t harts;	       /* bound to this shadow, a bit each */
	uint64_t generation;   /* changes with every fence and with the key */
	uint64_t stamp;	       /* pool's clock at the last use */
	uint64_t *root;	       /* 16 KiB */
	struct hext_span span; /* of the root */
	uint32_t tables;       /* list of its table pages, through the pool's table_info */
	uint32_t table_count;
	/* The table of level 0 that was found last, for the 2 MiB with this number; NULL: none. */
	uint64_t *last_table;
	uint64_t last_2m;
	struct hext_span *last_span;
};

struct hext_table_info;

struct hext_shadow_config {
	const struct hext_config *hext;
	void *memory; /* page-aligned; the pool owns it from now on */
	hpa_t base;   /* host physical address of @memory, page-aligned */
	size_t pages;
	unsigned int harts;   /* that share the pool: 1 to HEXT_SHADOW_MAX / 2 */
	unsigned int shadows; /* wanted, at most HEXT_SHADOW_MAX; raised to 2 * harts */
	uint16_t vmid_first;  /* first of vmid_count physical VMIDs for the shadows */
	uint16_t vmid_count;
	uint16_t vmid_shared; /* of all shadows, if these are too few for 2 * harts */
	/*
	 * On return no hart holds a translation, or a part of one, of physical VMID @vmid that
	 * was made before the call. Called on the hart whose hext_hart.ctx is @ctx, without a lock;
	 * must answer other harts' calls while it waits for them.
	 */
	void (*quiesce)(void *ctx, uint16_t vmid);
};

struct hext_shadow_pool {
	struct spinlock lock;
	bool vmid_tagged; /* false: switching from or to a shadow must flush vmid_shared */
	uint32_t count;	  /* of shadows */
	uint32_t free;	  /* list of free table pages */
	uint32_t free_count;
	uint32_t draining_count; /* taken from a shadow, and not yet free */
	uint32_t table_total;
	uint64_t drains; /* how often a shadow's contents were taken away */
	uint64_t clock;
	const struct hext_config *cfg;
	void (*quiesce)(void *ctx, uint16_t vmid);
	uint8_t *tables; /* first table page */
	hpa_t tables_hpa;
	hpa_t roots_hpa;
	struct hext_table_info *info; /* one for each table page */
	struct hext_shadow shadow[HEXT_SHADOW_MAX];
};

/* Bytes of memory to give for @shadows shadows and @tables table pages, alignment included. */
size_t hext_shadow_pool_size(unsigned int shadows, size_t tables);

/* Start with all shadows empty. False: too little memory for 2 * harts shadows and their tables. */
bool hext_shadow_init(struct hext_shadow_pool *pool, const struct hext_shadow_config *config);

/*
 * The shadow for h->hgatp; binds hart number @hart (0 to harts - 1) to it until the next call for
 * that hart. Never fails; may call quiesce(). The hart must not be running under a shadow.
 */
struct hext_shadow *hext_shadow_get(struct hext_shadow_pool *pool, struct hext_hart *h,
				    unsigned int hart);

/* The physical hgatp to run L2 with. */
uint64_t hext_shadow_hgatp(const struct hext_shadow_pool *pool, const struct hext_shadow *s);

enum hext_shadow_outcome {
	/* Go on with L2, after the fence that result.flush asks for. */
	HEXT_SHADOW_RESUME,
	/*
	 * Raise result.trap: a guest-page fault for L1, or an access fault, which L1 may have
	 * delegated to L2. htinst is passed on from hardware: hext_fill_htinst() if that gives 0.
	 */
	HEXT_SHADOW_TRAP,
	/* L1 allows it, but the domain has no such memory at result.pa, or not for that access. */
	HEXT_SHADOW_EMULATE,
};

/* The local hardware fence that must precede the retry. */
enum hext_shadow_flush {
	HEXT_SHADOW_FLUSH_NONE, /* the entry was not valid before */
	HEXT_SHADOW_FLUSH_GPA,	/* a leaf changed: HFENCE.GVMA of the address and the VMID */
	HEXT_SHADOW_FLUSH_VMID, /* a table changed, or hardware holds something old */
};

struct hext_shadow_result {
	enum hext_shadow_flush flush;
	gpa_t gpa; /* that faulted */
	pa_t pa;
	struct hext_trap trap;
};

/*
 * The last guest-page fault of L2's, and how far L1's table was walked for it. Where L1's table had no leaf, L1 was given the fault, and
 * the next walk goes on from there: what L1 has added is there or below; and a fault whose address has the same table
 * begins there (shadow_plain.h). The pointers above are kept as a hart may keep them, which is until
 * a fence of L1's that could name them, on any hart: @shadow then has another generation. So it has when its key was another's
 * meanwhile, while it would have missed fences. L1 itself may have stored to these pointers: it knows that only after a
 * fence no hart uses the old ones.
 */
struct hext_shadow_missed {
	/* L1's, if L1 was given the fault, under which there is no Bare; else 0, and so when L2 runs again: the owner's part. */
	uint64_t hgatp;
	gpa_t gpa;
	struct hext_gaccess access;
	struct hext_walk_at at;
	const struct hext_shadow *shadow; /* or NULL: the walk has read no table */
	uint64_t generation;
};

/*
 * L2 took guest-page fault @hw (as hardware reported it) under @s, which hext_shadow_get() gave for
 * h->hgatp. @manages: by cbo.inval, cbo.clean or cbo.flush. May call quiesce(). RESUME without an entry happens when harts compete for pages or L1
 * fences all the time: the retry comes back here. @missed is filled, with its hgatp for TRAP alone.
 */
enum hext_shadow_outcome hext_shadow_fault(struct hext_shadow_pool *pool, struct hext_shadow *s,
					   struct hext_hart *h, const struct hext_trap *hw,
					   bool manages, struct hext_shadow_result *result,
					   struct hext_shadow_missed *missed);

/*
 * L1 has handled the guest-page fault of @missed, most likely, and L2 is about to run under @s again, for the same hgatp: install
 * what its retry would come back for. Does nothing where it cannot be foreseen. Returns what to flush, for missed->gpa.
 */
enum hext_shadow_flush hext_shadow_fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s,
					      struct hext_hart *h,
					      const struct hext_shadow_missed *missed);

/* What an HFENCE.GVMA of L1 names. */
struct hext_gvma_fence {
	bool all_vmids;
	uint16_t vmid; /* L1's */
	bool all_addresses;
	gpa_t gpa;     /* in bytes */
	uint64_t size; /* in bytes, at least 1 */
};

/* Hardware fences that the caller owes on its own hart. */
struct hext_shadow_fenced {
	uint64_t shadows; /* bit n: VMID of pool->shadow[n] */
	uint64_t whole;	  /* subset: all addresses, though a range was named */
};

/*
 * L1 executes HFENCE.GVMA, or a range of them. The shadows are clean on return; other harts are not
 * fenced (L1's fence is local to its hart).
 */
struct hext_shadow_fenced hext_shadow_fence_gvma(struct hext_shadow_pool *pool,
						 const struct hext_gvma_fence *fence);

/* How much of a pool is in use; all but drains are of this moment. */
struct hext_shadow_use {
	uint32_t shadows, shadows_used;
	uint32_t tables, tables_used;
	uint32_t tables_lost; /* in no list: 0 but for a bug */
	uint64_t drains;      /* since the start */
};

void hext_shadow_use(struct hext_shadow_pool *pool, struct hext_shadow_use *use);

/*
 * The shadows of VMID @vmid of L1, or of all: bit n for pool->shadow[n]. For an HFENCE.VVMA, which
 * changes no shadow: the hardware does it under the VMID of each.
 */
uint64_t hext_shadow_of_vmid(struct hext_shadow_pool *pool, bool all_vmids, uint32_t vmid);

#endif
