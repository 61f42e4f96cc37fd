/* SPDX-License-Identifier: BSD-2-Clause */
/* Halite's version. The Makefile defines the text, and the number that SBI BASE returns. */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#ifndef HALITE_VERSION
#define HALITE_VERSION "unknown"
#endif

/* major << 16 | minor << 8 | patch, made from the text by the Makefile. */

#ifndef HALITE_VERSION_NUMBER
#define HALITE_VERSION_NUMBER 0
#endif

#endif
