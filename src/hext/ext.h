/* SPDX-License-Identifier: BSD-2-Clause */
/* The columns of ext_table.h as constants, for the gates of csr_table.h and for ISA strings. */
#ifndef HEXT_EXT_H
#define HEXT_EXT_H

#include <stdbool.h>

/* told: whether L1's ISA string names an extension that the hart has. HEXT_TOLD_OF_h is H's. */
enum hext_told {
	HEXT_TOLD_NO,
	HEXT_TOLD_WITH_AIA,
	HEXT_TOLD_WITH_LCOFI,
	HEXT_TOLD_YES,
#define HEXT_EXT(name, told, ...) HEXT_TOLD_OF_##name = HEXT_TOLD_##told,
#include "hext/ext_table.h"
};

/* csrs: how Halite finds out whether L1 has the CSRs of an extension. HEXT_CSRS_OF_h is H's. */
enum hext_csrs {
	HEXT_CSRS_ALWAYS,
	HEXT_CSRS_SSTC,
	HEXT_CSRS_AIA,
	HEXT_CSRS_ASKED,
#define HEXT_EXT(name, told, csrs, ...) HEXT_CSRS_OF_##name = HEXT_CSRS_##csrs,
#include "hext/ext_table.h"
};

/*
 * Whether L1's ISA string names an extension that the hart has. @aia: L1 has an IMSIC. @lcofi:
 * LCOFI can be delivered to L1.
 */
static inline bool hext_is_told(enum hext_told told, bool aia, bool lcofi)
{
	return told == HEXT_TOLD_YES || (told == HEXT_TOLD_WITH_AIA && aia) ||
	       (told == HEXT_TOLD_WITH_LCOFI && lcofi);
}

#endif
