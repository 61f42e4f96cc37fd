/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's version as text, and the number that SBI BASE returns: major << 16 | minor << 8 | patch.
 * mk/hypervisor.mk makes both from mk/version.mk. Code that is compiled otherwise has no version.
 */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#ifndef HALITE_VERSION
#define HALITE_VERSION "unknown"
#endif

#ifndef HALITE_VERSION_NUMBER
#define HALITE_VERSION_NUMBER 0
#endif

#endif
