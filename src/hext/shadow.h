/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shadow G-stages: the page tables that hardware walks while L2 runs. A shadow is the composition
 * of one of L1's G-stages with the domain's G-stage. It is filled on demand, its key is L1's hgatp,
 * and the harts share it.
 *
 * Invariants:
 * - No entry maps memory outside the domain, or with a permission that L1 or L0 does not give.
 * - After hext_shadow_fence_gvma() no entry in the range, that a walk from the root reaches, stems
 *   from an older state of L1's tables.
 * - A table page that hardware on some hart may still walk is not used for another purpose.
 *
 * A shadow has the mode with the fewest levels for the addresses in use, so that a walk of the
 * hardware reads few PTEs. When L2 needs an address beyond these, another shadow with the same key
 * and a wider mode takes its place. The old one keeps its mode, its root and its VMID, and the
 * harts that are bound to it may go on with it.
 *
 * The pool is bounded. It has a lock, and each shadow has one, so faults of different guests on
 * memory that has tables have no lock in common. No hart calls hext_ops or quiesce() while it holds
 * a lock. A shadow always keeps its root and its physical VMID; eviction takes its contents and its
 * key. A shadow to which a hart is bound can lose single tables, but not its key.
 */
#ifndef HEXT_SHADOW_H
#define HEXT_SHADOW_H

#include <stddef.h>

#include "hext/hext.h"
#include "hext/walk.h"
#include "lib/index_set.h"
#include "lib/spinlock.h"

/* The most harts that share a pool, and the most shadows of a pool. */
#define HEXT_SHADOW_HARTS 512
#define HEXT_SHADOW_MAX	  (2 * HEXT_SHADOW_HARTS)
/* The most tables that are reclaimed after one quiesce(). */
#define HEXT_SHADOW_BATCH 32
/* The logarithm of the number of buckets for the keys of shadows. */
#define HEXT_SHADOW_BUCKET_BITS 10
/* The number of shadows in a mask of shadows. */
#define HEXT_SHADOW_AT_ONCE 64
/*
 * The most entries of tables at which a fence of a range looks while it holds the pool's lock. A
 * shadow counts as so many entries, too.
 */
#define HEXT_SHADOW_LOOKS    1024
#define HEXT_SHADOW_LOOKS_OF 8

/*
 * The most table pages that an instruction of L2 needs at once. An instruction touches at most 4
 * virtual pages (fetch and access, each across a page boundary). Each of them needs 6 guest
 * physical pages (5 VS-stage tables and the page), and each of these needs 4 tables.
 */
#define HEXT_SHADOW_MIN_TABLES 96

/*
 * The least number of table pages of a pool. With so many, each instruction of L2 completes on any
 * number of harts (docs/hext.md, "Turns").
 */
#define HEXT_SHADOW_LEAST_TABLES 128
/* After so many requests for one table, most likely, an instruction of L2 does not complete. */
#define HEXT_SHADOW_TURN_AFTER 16
/* A turn ends when one other hart has been refused so often. */
#define HEXT_SHADOW_TURN_REFUSALS 512

/*
 * The entries of a table that may not be 0. They are among first to end - 1, and entry i only if
 * bit i / 16 of groups is set, modulo 32: 16 is the number of entries in a group.
 */
struct hext_span {
	uint32_t groups;
	uint16_t first, end;
};

struct hext_shadow {
	/*
	 * Of what walks of the hardware find: the entries of the root and of all tables, their
	 * spans, generation, last_table and what belongs to it, fragmented, replaced and
	 * root_part_of. A hart that holds the lock of the pool, too, has taken that one before.
	 */
	struct spinlock lock;
	uint64_t hgatp;	      /* the key: L1's hgatp */
	uint64_t own_hgatp;   /* hext_shadow_hgatp(); the mode is not wider than that of hgatp */
	bool used;	      /* the key is valid */
	bool rests;	      /* no hart is bound to the shadow, and no hart gives it a key */
	bool outgrown;	      /* a shadow with a wider mode has taken the place of this one */
	bool fragmented;      /* the shadow has held a part of a larger leaf of L1 */
	uint8_t levels;	      /* number of levels of the mode in own_hgatp */
	uint8_t root_part_of; /* hext_table_info.part_of of the root */
	uint8_t gpa_bits;     /* the shadow is for guest physical addresses of so many bits */
	uint16_t vmid;	      /* the physical VMID */
	bool stale;	      /* L1 has used the root with another VMID since the last use */
	uint32_t draining;    /* number of harts in quiesce() for pages of this shadow */
	uint32_t harts;	      /* number of harts that are bound to this shadow */
	/*
	 * The number of tables that a leaf has replaced, and that keep their entries. Fences of
	 * ranges do not find these.
	 */
	uint32_t replaced;
	uint64_t generation;   /* a number that changes with each fence and each new key */
	uint16_t next_key;     /* the next shadow of the bucket by root, if used */
	uint16_t next_of_vmid; /* the next shadow of the bucket by L1's VMID, if used */
	uint16_t older, newer; /* neighbours in the order of last use, if the shadow rests */
	uint64_t rests_since;  /* pool->reclaimed when the last hart left the shadow */
	/*
	 * The harts that have executed a fence of vmid since the last quiesce(), and so hold
	 * nothing older: all that are bound, and others. Any other hart fences when it is bound.
	 */
	struct index_set fenced;
	uint64_t *root;	       /* the root table, 16 KiB; NULL: it was never needed */
	struct hext_span span; /* the span of the root */
	/* The hand, in the circular list of the table pages: the next one that may be reclaimed. */
	uint32_t tables;
	uint32_t table_count;
	/*
	 * The level-0 table that was found last, or NULL. It maps the 2 MiB whose guest physical
	 * addresses, shifted right by 21, are last_2m.
	 */
	uint64_t *last_table;
	uint64_t last_2m;
	struct hext_span *last_span; /* the span of last_table */
};

struct hext_table_info;

struct hext_shadow_config {
	const struct hext_config *hext;
	void *memory; /* page-aligned memory, which the pool owns from now on */
	hpa_t base;   /* host physical address of @memory, page-aligned */
	size_t pages;
	unsigned int harts;   /* number of harts that share the pool: 1 to HEXT_SHADOW_HARTS */
	unsigned int shadows; /* wanted number of shadows; at least 2 * harts are made */
	/*
	 * The most shadows. Those beyond the wanted number take the memory of 4 tables each when
	 * they are first needed, if as many tables were never in use, and keep it. Less than
	 * @shadows means @shadows.
	 */
	unsigned int shadows_max;
	uint16_t vmid_first; /* the first of vmid_count physical VMIDs for the shadows */
	uint16_t vmid_count;
	uint16_t vmid_shared; /* the VMID of all shadows, if vmid_count is less than 2 * harts */
	/*
	 * On return none of the harts with the numbers @harts holds a translation of physical VMID
	 * @vmid, or a part of one, from the time before the call. @harts may be empty. The pool
	 * calls it on the hart whose hext_hart.ctx is @ctx, without a lock. While it waits for
	 * other harts, it must serve the requests of those harts.
	 */
	void (*quiesce)(void *ctx, uint16_t vmid, const struct index_set *harts);
};

struct hext_shadow_pool {
	struct spinlock lock;
	bool vmid_tagged; /* false: a switch to or from a shadow must flush vmid_shared */
	uint32_t count;	  /* number of shadows */
	uint32_t looks;	  /* the work, as in HEXT_SHADOW_LOOKS */
	/* Only the first @key_count roots have been cleared. Most L1s run few guests. */
	uint32_t key_count;
	uint32_t free;	 /* list of free table pages that were in use before */
	uint32_t unused; /* the first of the table pages that were never in use, which are free */
	uint32_t free_count;
	uint32_t draining_count; /* table pages taken from a shadow that are not yet free */
	uint32_t table_total;
	uint32_t table_least; /* table_total does not become less to make room for roots */
	uint64_t drains;      /* how often a shadow has lost its contents */
	uint64_t reclaimed;   /* number of tables that were reclaimed singly */
	uint64_t random;
	uint32_t looks_max; /* HEXT_SHADOW_LOOKS; a test may choose another number */
	/*
	 * The candidates: tables that are detached, and that are freed when the pool is empty
	 * again, unless they were attached before. While a hart is choosing them, quiesce() has not
	 * returned yet.
	 */
	uint32_t candidate[HEXT_SHADOW_BATCH];
	uint32_t candidate_count;
	bool choosing;
	/* The hart that has the turn, or NULL. No other hart takes tables meanwhile. */
	const struct hext_hart *turn;
	uint32_t turns;	     /* number of turns until now */
	uint32_t turn_fills; /* number of fills until the turn ends */
	/* HEXT_SHADOW_TURN_AFTER and _REFUSALS; a test may choose other numbers. */
	uint32_t turn_after, turn_refusals;
	const struct hext_config *cfg;
	void (*quiesce)(void *ctx, uint16_t vmid, const struct index_set *harts);
	uint32_t harts;	 /* number of harts that share the pool */
	uint8_t *tables; /* the first table page */
	hpa_t tables_hpa;
	hpa_t roots_hpa;
	struct hext_table_info *info; /* one for each table page */
	struct hext_shadow *shadow;
	uint16_t bucket[1 << HEXT_SHADOW_BUCKET_BITS]; /* shadows by the hash of their root */
	/* shadows by the low bits of L1's VMID */
	uint16_t vmid_bucket[1 << HEXT_SHADOW_BUCKET_BITS];
	uint16_t oldest, newest; /* the resting shadows: the first to go, and the last */
	bool keeps_two;		 /* there are three shadows for each hart */
	/* the shadows to which each hart is bound, or NULL: the second one if keeps_two */
	struct hext_shadow *bound[HEXT_SHADOW_HARTS][2];
};

/* The bytes of memory for @shadows shadows and @tables table pages, with room for alignment. */
size_t hext_shadow_pool_size(unsigned int shadows, size_t tables);

/*
 * Start with all shadows empty. False: config->harts is out of range, or the memory is too small
 * for 2 * harts shadows and their tables.
 */
bool hext_shadow_init(struct hext_shadow_pool *pool, const struct hext_shadow_config *config);

/*
 * Returns the shadow for h->hgatp, and binds hart number @hart (0 to harts - 1) to it until the
 * next call for that hart. Never fails; may call quiesce(). The hart must not run under a shadow
 * during the call.
 */
struct hext_shadow *hext_shadow_get(struct hext_shadow_pool *pool, struct hext_hart *h,
				    unsigned int hart);

/*
 * As hext_shadow_get(). If pool->keeps_two, the hart also stays bound to @keep, a shadow to which
 * it is bound, or NULL. So a caller that switches between two keys can do so without a call.
 */
struct hext_shadow *hext_shadow_get_beside(struct hext_shadow_pool *pool, struct hext_hart *h,
					   unsigned int hart, const struct hext_shadow *keep);

/*
 * Does what hext_shadow_get() does, but the shadow is for @gpa, too, for which hext_shadow_fault()
 * has returned HEXT_SHADOW_WIDEN.
 */
struct hext_shadow *hext_shadow_get_wider(struct hext_shadow_pool *pool, struct hext_hart *h,
					  unsigned int hart, gpa_t gpa);

/* The physical hgatp to run L2 with. It does not change while a hart is bound to @s. */
static inline uint64_t hext_shadow_hgatp(const struct hext_shadow *s)
{
	return s->own_hgatp;
}

enum hext_shadow_outcome {
	/* The caller resumes L2, after the fence in result.flush. */
	HEXT_SHADOW_RESUME,
	/*
	 * The caller raises result.trap: a guest-page fault for L1, or an access fault, which L1
	 * may have delegated to L2. Its htinst comes from hardware. If it is 0, the caller may call
	 * hext_fill_htinst().
	 */
	HEXT_SHADOW_TRAP,
	/* L1 allows the access, but the domain has no memory at result.pa that allows it. */
	HEXT_SHADOW_EMULATE,
	/*
	 * L1 allows the access, but the shadow is not for addresses like result.gpa. The caller
	 * binds the hart by hext_shadow_get_wider(), and resumes L2 under the new shadow.
	 */
	HEXT_SHADOW_WIDEN,
};

/* The local hardware fence that the caller must execute before L2 retries the instruction. */
enum hext_shadow_flush {
	HEXT_SHADOW_FLUSH_NONE, /* no fence: the entry was not valid before */
	HEXT_SHADOW_FLUSH_GPA,	/* HFENCE.GVMA of the address and the VMID: a leaf changed */
	HEXT_SHADOW_FLUSH_VMID, /* HFENCE.GVMA of the VMID: a table changed, or old data remains */
};

struct hext_shadow_result {
	enum hext_shadow_flush flush;
	gpa_t gpa; /* the address that faulted */
	pa_t pa;   /* for HEXT_SHADOW_EMULATE: L1's translation of it */
	struct hext_trap trap;
};

/*
 * The last guest-page fault of L2, and the position at which the walk of L1's table for it ended.
 * If L1's table had no leaf there, L1 took the fault. The next walk for the fault goes on from that
 * position, because L1 adds its entry there or below. The walk for another fault begins at that
 * position if its address has the same table (shadow_plain.h).
 *
 * So Halite keeps the pointers above the position, as a hart may. A hart may keep them until a
 * fence of L1, on any hart, that could name them. Such a fence gives @shadow another generation. A
 * new key does so, too, because fences for the old key do not reach a shadow with another key. L1
 * may store to these pointers without a fence: L1 knows that harts may use the old pointers until a
 * fence.
 */
struct hext_shadow_missed {
	/*
	 * L1's hgatp, whose mode is not Bare, if L1 took the fault; otherwise 0. The caller sets it
	 * to 0 when L2 runs again.
	 */
	uint64_t hgatp;
	gpa_t gpa;
	struct hext_gaccess access;
	struct hext_walk_at at;
	const struct hext_shadow *shadow; /* NULL: the walk has read no table */
	uint64_t generation;		  /* the generation of shadow before the walk */
};

/*
 * Handle @hw, a guest-page fault of L2 as hardware reported it, under @s, which hext_shadow_get()
 * returned for h->hgatp. @manages: the instruction is cbo.inval, cbo.clean or cbo.flush. May call
 * quiesce(). If harts compete for pages, or L1 executes fences all the time, the result can be
 * HEXT_SHADOW_RESUME without an entry; the retry of L2 then faults again. The function fills
 * *@missed; missed->hgatp is not 0 only for HEXT_SHADOW_TRAP.
 */
enum hext_shadow_outcome hext_shadow_fault(struct hext_shadow_pool *pool, struct hext_shadow *s,
					   struct hext_hart *h, const struct hext_trap *hw,
					   bool manages, struct hext_shadow_result *result,
					   struct hext_shadow_missed *missed);

/*
 * Do what hext_shadow_fault() does, with fewer instructions, for a guest-page fault of any kind at
 * @gpa, in a frequent case: L1's leaf allows every access, and the last fault was in the same GiB.
 * The table for @gpa is detached, and so was the one for the last fault; or the table is missing or
 * attached, and no table has to be reclaimed. True: L2 can run again, and no fence is needed.
 * False: it is another case, for hext_shadow_fault().
 */
bool hext_shadow_attach_beside(struct hext_shadow_pool *pool, struct hext_shadow *s,
			       struct hext_hart *h, gpa_t gpa, struct hext_shadow_missed *missed);

/*
 * Install the entry for missed->gpa before L2 runs under @s again for the same hgatp, so that the
 * retry of L2 does not fault again. Most likely L1 has handled the guest-page fault of @missed. The
 * function does nothing if L1's table has no leaf for the access, if the domain has no such memory,
 * if L1 executes a fence at the same time, or if too few pages are free. Returns the fence for
 * missed->gpa.
 */
enum hext_shadow_flush hext_shadow_fill_ahead(struct hext_shadow_pool *pool, struct hext_shadow *s,
					      struct hext_hart *h,
					      const struct hext_shadow_missed *missed);

/* The operands of an HFENCE.GVMA of L1. */
struct hext_gvma_fence {
	bool all_vmids;
	uint16_t vmid; /* L1's VMID */
	bool all_addresses;
	gpa_t gpa;     /* in bytes */
	uint64_t size; /* in bytes, at least 1 */
	uint32_t from; /* the first of HEXT_SHADOW_AT_ONCE numbers of shadows */
};

/*
 * The number of shadows that have had a key. To fence all, begin with shadow 0, go on with
 * hext_shadow_fenced.next, and read this number after that: a shadow that has got its first key
 * since has nothing from before the fence.
 */
static inline uint32_t hext_shadow_keys(const struct hext_shadow_pool *pool)
{
	return __atomic_load_n(&pool->key_count, __ATOMIC_RELAXED);
}

/* The hardware fences that the caller must execute on its hart. */
struct hext_shadow_fenced {
	uint64_t shadows; /* bit n: a fence of the VMID of pool->shadow[from + n] */
	uint64_t whole;	  /* subset of shadows: the fence must cover all addresses */
	uint32_t count;	  /* number of shadows */
	uint32_t looks;	  /* the work, as in HEXT_SHADOW_LOOKS */
	uint32_t next;	  /* the fence is not done for the shadows from this one on */
};

/*
 * Execute @fence, an HFENCE.GVMA of L1 for an address or a range, on the shadows. On return a walk
 * from their roots finds no entry from before the fence. Entries that the fence has hidden return
 * only if L1's tables still give them. Other harts need no fence: L1's fence is local to its hart.
 * The work of a call is bounded. The caller goes on with the shadows from the result's next on, and
 * may serve the requests of other harts before that.
 */
struct hext_shadow_fenced hext_shadow_fence_gvma(struct hext_shadow_pool *pool,
						 const struct hext_gvma_fence *fence);

/* How much of a pool is in use now. */
struct hext_shadow_use {
	uint32_t shadows, shadows_used;
	uint32_t tables, tables_used;
	uint32_t tables_lost; /* tables in no list; not 0 means a bug */
	uint64_t drains;      /* how often a shadow has lost its contents since the start */
	uint64_t reclaimed;   /* tables that were reclaimed singly since the start */
};

void hext_shadow_use(struct hext_shadow_pool *pool, struct hext_shadow_use *use);

/*
 * Fill @hgatp with hext_shadow_hgatp() of the shadows from number *@from on that have L1's VMID
 * @vmid, or any VMID, HEXT_SHADOW_AT_ONCE at most. *@from becomes the number to go on with. For an
 * HFENCE.VVMA of L1, which changes no shadow: the caller executes it under each. Returns their
 * number.
 */
unsigned int hext_shadow_of_vmid(struct hext_shadow_pool *pool, bool all_vmids, uint16_t vmid,
				 uint32_t *from, uint64_t hgatp[HEXT_SHADOW_AT_ONCE]);

#endif
