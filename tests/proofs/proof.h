/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the proofs share. A proof is one file with a function proof(), which CBMC runs for all
 * values of all inputs at once. It includes the source that it is about, so that it can call its
 * static functions. The head of the file has these fields, which scripts/proofs.sh reads:
 *
 *   Shown:      what holds
 *   Bounds:     for which inputs
 *   Not shown:  what a reader could think is shown, too
 *   Sources:    the files below src that the proof is about
 *   Replaced:   A:B for each function A of the source that function B of the proof replaces
 *   Options:    options of CBMC: how often each loop runs at most. That no loop runs longer is a
 *               property, too, unless the head says otherwise
 *
 * CBMC also shows, for each access and operation: pointers are valid and stay in their objects, no
 * shift is too far, no signed number overflows, and nothing is divided by 0.
 *
 * CBMC takes inline assembly for nothing, and knows the atomic operations by name only. So
 * functions with inline assembly get bodies in C in the proof, and atomic operations have them
 * here. Each read of a volatile object is any value: the guest, or a device, may have changed it.
 */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Only inputs for which @condition holds are of interest. */
#define proof_assume(condition) __CPROVER_assume(condition)

/* @condition holds here, whatever the inputs are. @text says why it must. */
#define proof_assert(condition, text) __CPROVER_assert(condition, text)

/*
 * Some input comes to this place. Each proof says so of the places behind its assertions: if the
 * assumptions excluded all inputs, any assertion would hold.
 */
#define proof_reached(text) __CPROVER_assert(0, "reached: " text)

/* Functions without bodies give any value, if their names begin so. */
uint64_t nondet_u64(void);

/* Any value. */
static inline uint64_t any_u64(void)
{
	return nondet_u64();
}

static inline uint32_t any_u32(void)
{
	return nondet_u64();
}

static inline uint16_t any_u16(void)
{
	return nondet_u64();
}

static inline bool any_bool(void)
{
	return nondet_u64() & 1;
}

/* Gives @object any value. */
#define proof_any(object) __CPROVER_havoc_object(&(object))

/* A number from 0 to @last. */
static inline uint64_t any_to(uint64_t last)
{
	uint64_t value = any_u64();

	proof_assume(value <= last);
	return value;
}

/* An assert() of the source that may fail is a failure of the proof. */
_Noreturn void assert_failed(const char *file, int line, const char *expression);

_Noreturn void assert_failed(const char *file, int line, const char *expression)
{
	(void)file;
	(void)line;
	(void)expression;
	proof_assert(0, "no assert() of the source fails");
	proof_assume(false);
	__builtin_unreachable();
}

#define __atomic_load_n(place, order)	      (*(place))
#define __atomic_store_n(place, value, order) ((void)(*(place) = (value)))
#define __atomic_thread_fence(order)	      ((void)0)

#endif
