/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in src/hext/bits.h are those of numbers.h, so no file of this guest includes both. */
#include "csr_rows.h"

#include "hext/bits.h"
#include "hext/ext.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define IS_SWAPPED_BY_TRAP false
#define IS_SWAPPED_SWAPPED true
#define IS_SWAPPED_GSTAGE  false
#define IS_SWAPPED_TIMER   false

#define ROW(name, number, gate, readable, swapped) \
	{ #name, number, #gate, HEXT_CSRS_OF_##gate == HEXT_CSRS_ASKED, readable, swapped },

const struct csr_row csr_rows[] = {
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, ...) \
	ROW(name, number, gate, true, IS_SWAPPED_##held)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...) \
	ROW(name, number, gate, true, false)
#define HEXT_VIEW(name, number, get, set, gate, ...) ROW(name, number, gate, true, false)
#define HEXT_FILE(name, number, rmw, gate, ...)	     ROW(name, number, gate, false, false)
#include "hext/csr_table.h"
};

const struct extension_row extension_rows[] = {
#define HEXT_EXT(name, told, csrs, stateen0, envcfg, ...) \
	{ #name, HEXT_TOLD_##told == HEXT_TOLD_YES, stateen0, envcfg },
#include "hext/ext_table.h"
};

const unsigned int csr_row_count = COUNT(csr_rows), extension_row_count = COUNT(extension_rows);
