/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Included in front of every source of src/ that is built for this test: each atomic access is a place where another hart
 * may run, or this hart's walker read ahead.
 */
#ifndef TLB_INTERLEAVE_H
#define TLB_INTERLEAVE_H

void machine_pause(void);
void machine_pause_at_lock(void);

#define __atomic_load_n(...)	 (machine_pause(), __atomic_load_n(__VA_ARGS__))
#define __atomic_store_n(...)	 (machine_pause(), __atomic_store_n(__VA_ARGS__))
#define __atomic_exchange_n(...) (machine_pause_at_lock(), __atomic_exchange_n(__VA_ARGS__))
#define __atomic_fetch_or(...)	 (machine_pause(), __atomic_fetch_or(__VA_ARGS__))
#define __atomic_fetch_and(...)	 (machine_pause(), __atomic_fetch_and(__VA_ARGS__))
#define __atomic_fetch_sub(...)	 (machine_pause(), __atomic_fetch_sub(__VA_ARGS__))

#endif
