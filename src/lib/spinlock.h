/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A spinlock for short critical sections: no call out of the module, no waiting for another hart,
 * is made while one is held. Taking it acquires, releasing it releases (C11 memory model). An
 * all-zero object is an unlocked lock. Interrupts are not touched: Halite runs with them off.
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
		/* Wait on a plain load, which leaves the cache line shared. */
		while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
			;
	}
}

/* Nonzero: the lock has been taken. */
static inline int spin_trylock(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

/* Whether some hart holds it: for assertions of the hart that does. */
static inline int spin_is_held(const struct spinlock *l)
{
	return __atomic_load_n(&l->held, __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *l)
{
	__atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

#endif
