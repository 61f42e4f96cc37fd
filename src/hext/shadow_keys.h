/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of a pool's shadows, private to shadow*.c: look-up by root and by VMID, and the order in
 * which shadows are given to other keys.
 *
 * A shadow to which no hart is bound rests. The pool has the resting shadows in the order in which
 * they were used last. A shadow rests among the first to go if it has no key, if it is outgrown, or
 * if L1 has since used its root with another VMID: an L1 gives a guest a new VMID when it has used
 * up its VMIDs, and never uses the old one again.
 *
 * The caller of each function holds the lock of the pool. No function looks at every shadow, except
 * those that have one root in common, or one VMID.
 */
#ifndef HEXT_SHADOW_KEYS_H
#define HEXT_SHADOW_KEYS_H

#include "hext/shadow.h"

/* The end of a list of shadows, whose links are indices of pool->shadow. */
#define NO_SHADOW UINT16_MAX

/* Start with no key and no resting shadow. */
void shadow_keys_init(struct hext_shadow_pool *pool);

/* The shadow with the key @hgatp that is not outgrown, or NULL. */
struct hext_shadow *shadow_find(struct hext_shadow_pool *pool, uint64_t hgatp);

/*
 * The first shadow from number @from on, in a list in the order of the numbers. The list has all
 * the shadows with keys of L1's VMID @vmid, and maybe others. The next one is next_of_vmid.
 * NO_SHADOW: the end. The cost depends on @from only if shadow @from does not have the VMID.
 */
uint16_t shadow_first_of_vmid(const struct hext_shadow_pool *pool, uint16_t vmid, uint32_t from);

/* @s gets the key s->hgatp. Resting shadows of the same root become stale, and
 * the first to go. */
void shadow_add_key(struct hext_shadow_pool *pool, struct hext_shadow *s);

/* @s loses its key. */
void shadow_remove_key(struct hext_shadow_pool *pool, struct hext_shadow *s);

/* @s rests from now on, as the one that was used last. */
void shadow_rest(struct hext_shadow_pool *pool, struct hext_shadow *s);

/* @s rests from now on, as the first to go. */
void shadow_rest_first(struct hext_shadow_pool *pool, struct hext_shadow *s);

/* @s, which rests, does not rest any more. */
void shadow_wake(struct hext_shadow_pool *pool, struct hext_shadow *s);

/*
 * The resting shadow that is the first to go, except those whose pages a hart drains. NULL: there
 * is none.
 */
struct hext_shadow *shadow_first_to_go(const struct hext_shadow_pool *pool);

#endif
