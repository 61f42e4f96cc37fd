/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every access to memory that src/ makes comes through here: it is built with the calls that GCC's
 * -fsanitize=thread puts in front of plain and volatile accesses and in place of atomic ones. So
 * other harts run, and guests write, between any two accesses of Halite's; and a hart's relaxed
 * stores may reach the others late.
 */
#include <stddef.h>

#include "machine.h"

/* GCC knows these functions by name, with pointers to void. */
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"

static bool is_guest_memory(uint64_t addr)
{
	return addr >= RAM_BASE && addr < HOME_BASE;
}

static bool may_stop(void)
{
	return hart && hart->vcpu && !hart->in_guest && !machine_undisturbed;
}

/* The guest is no part of what it comes between. */
static void interfere(void)
{
	machine_undisturbed = true;
	guest_interferes();
	machine_undisturbed = false;
}

static inline void before_access(const void *p)
{
	uint64_t addr = (uintptr_t)p;

	if (!may_stop())
		return;
	machine_look_at_store(p);
	if (is_guest_memory(addr)) {
		if (rarely(12))
			interfere();
		machine_pause();
	} else if (rarely(1000)) {
		machine_pause_at_lock();
	}
}

/* ---- plain accesses ---- */

#define PLAIN(name)                  \
	void __tsan_##name(void *p); \
	void __tsan_##name(void *p)  \
	{                            \
		before_access(p);    \
	}
#define PLAIN_OF(kind) PLAIN(kind##1) PLAIN(kind##2) PLAIN(kind##4) PLAIN(kind##8) PLAIN(kind##16)
PLAIN_OF(read)
PLAIN_OF(write)
PLAIN_OF(volatile_read)
PLAIN_OF(volatile_write)
PLAIN_OF(unaligned_read)
PLAIN_OF(unaligned_write)

void __tsan_read_range(void *p, size_t size);
void __tsan_read_range(void *p, size_t size)
{
	(void)size;
	before_access(p);
}

void __tsan_write_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size)
{
	(void)size;
	before_access(p);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

/* ---- atomic ones ---- */

static void before_atomic(const volatile void *p)
{
	machine_look_at_store(p);
	if (may_stop() && is_guest_memory((uintptr_t)p) && rarely(12))
		interfere();
	machine_pause();
}

static void before_exchange(void)
{
	machine_fence();
	machine_pause_at_lock();
}

#define ATOMIC(bits, type)                                                                     \
	type __tsan_atomic##bits##_load(const volatile type *p, int order);                    \
	type __tsan_atomic##bits##_load(const volatile type *p, int order)                     \
	{                                                                                      \
		(void)order;                                                                   \
		before_atomic(p);                                                              \
		return *p;                                                                     \
	}                                                                                      \
	void __tsan_atomic##bits##_store(volatile type *p, type value, int order);             \
	void __tsan_atomic##bits##_store(volatile type *p, type value, int order)              \
	{                                                                                      \
		before_atomic(p);                                                              \
		if (order == __ATOMIC_SEQ_CST)                                                 \
			machine_fence();                                                       \
		if (order != __ATOMIC_RELAXED || bits != 8 || !machine_store_late(p, value))   \
			*p = value;                                                            \
	}                                                                                      \
	type __tsan_atomic##bits##_exchange(volatile type *p, type value, int order);          \
	type __tsan_atomic##bits##_exchange(volatile type *p, type value, int order)           \
	{                                                                                      \
		type old;                                                                      \
                                                                                               \
		(void)order;                                                                   \
		before_exchange();                                                             \
		old = *p;                                                                      \
		*p = value;                                                                    \
		return old;                                                                    \
	}                                                                                      \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *expected,    \
							  type value, int order, int failure); \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *expected,    \
							  type value, int order, int failure)  \
	{                                                                                      \
		bool same;                                                                     \
                                                                                               \
		(void)order;                                                                   \
		(void)failure;                                                                 \
		before_atomic(p);                                                              \
		same = *p == *expected;                                                        \
		if (same)                                                                      \
			*p = value;                                                            \
		else                                                                           \
			*expected = *p;                                                        \
		return same;                                                                   \
	}                                                                                      \
	ATOMIC_FETCH(bits, type, fetch_or, |)                                                  \
	ATOMIC_FETCH(bits, type, fetch_and, &)                                                 \
	ATOMIC_FETCH(bits, type, fetch_add, +)                                                 \
	ATOMIC_FETCH(bits, type, fetch_sub, -)

#define ATOMIC_FETCH(bits, type, name, operator)                                    \
	type __tsan_atomic##bits##_##name(volatile type *p, type value, int order); \
	type __tsan_atomic##bits##_##name(volatile type *p, type value, int order)  \
	{                                                                           \
		type old;                                                           \
                                                                                    \
		(void)order;                                                        \
		before_atomic(p);                                                   \
		machine_fence();                                                    \
		old = *p;                                                           \
		*p = old operator value;                                            \
		return old;                                                         \
	}

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	if (order == __ATOMIC_SEQ_CST)
		machine_fence();
}

/* Marked in the sources, too: src/lib/race.h. */
void race_delay(void);
void race_delay(void)
{
	machine_pause_at_lock();
}
