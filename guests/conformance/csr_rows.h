/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of Halite's tables of CSRs and extensions (src/hext/csr_table.h, ext_table.h), so that
 * the areas `rows` and `told` check a new row without new code. What the specifications say of
 * numbers and fields is written in numbers.h, csr_list.h, told.c and inventory.h, apart from src.
 */
#ifndef CSR_ROWS_H
#define CSR_ROWS_H

#include <stdbool.h>
#include <stdint.h>

struct csr_row {
	const char *name; /* in capitals */
	uint16_t number;
	const char *extension; /* that L1 needs for the CSR, as in the ISA string */
	bool asked;	       /* firmware may refuse the CSR though the hart has it */
	bool readable;	       /* always; not only with a file that VGEIN selects */
	bool swapped;	       /* VS mode has it at the number - 0x100, and no trap changes it */
};

struct extension_row {
	const char *name;
	bool always_told; /* whether Halite tells its guest if the machine has it */
	uint64_t stateen0, envcfg;
};

extern const struct csr_row csr_rows[];
extern const struct extension_row extension_rows[];
extern const unsigned int csr_row_count, extension_row_count;

#endif
