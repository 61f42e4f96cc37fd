/* SPDX-License-Identifier: BSD-2-Clause */
/* Halite's version: the text comes from the Makefile, the number is what SBI BASE answers. */
#ifndef LIB_VERSION_H
#define LIB_VERSION_H

#ifndef HALITE_VERSION
#define HALITE_VERSION "unknown"
#endif

/* major << 16 | minor << 8 | patch; with the text in the Makefile. */
#ifndef HALITE_VERSION_NUMBER
#define HALITE_VERSION_NUMBER 0
#endif

#endif
