/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RACE_POINT() marks a place where the actions of other harts matter. It makes no code, except in
 * the build of `make -f mk/hypervisor.mk jitter`, which is for tests: there it is a delay of random
 * length.
 */
#ifndef LIB_RACE_H
#define LIB_RACE_H

#ifdef HALITE_JITTER
void race_delay(void);
#define RACE_POINT() race_delay()
#else
#define RACE_POINT() ((void)0)
#endif

#endif
