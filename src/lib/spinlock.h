/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A spinlock for short critical sections. Code that holds one calls no function outside its module
 * and waits for no other hart. spin_lock() acquires and spin_unlock() releases (C11 memory model).
 * An all-zero object is an unlocked lock. Interrupts are always off while Halite runs.
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include <stdint.h>

struct spinlock {
	uint32_t held;
};

static inline void spin_lock(struct spinlock *l)
{
	while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE)) {
		/* Wait with plain loads, which leave the cache line shared. */
		while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
			;
	}
}

/* Returns nonzero if it has taken the lock. */
static inline int spin_trylock(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

/* Whether a hart holds the lock. For assertions of the hart that should hold it. */
static inline int spin_is_held(const struct spinlock *l)
{
	return __atomic_load_n(&l->held, __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *l)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

#endif
