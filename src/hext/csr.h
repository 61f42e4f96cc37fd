/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of the H and VS CSRs: HEXT_CSR_HSTATUS and so on, made from the table. */
#ifndef HEXT_CSR_H
#define HEXT_CSR_H

enum hext_csr_number {
#define HEXT_CSR(name, number, field, writable, legal, reset, present) HEXT_CSR_##name = (number),
#define HEXT_CSR_VIEW(name, number, get, set, present)		       HEXT_CSR_##name = (number),
#define HEXT_CSR_FILE(name, number, rmw, present)		       HEXT_CSR_##name = (number),
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
};

/* Whether @csr is of the hypervisor's kinds: bits 9:8 of its number are 2. */
#define HEXT_IS_H_CSR(csr) (((csr)&0x300) == 0x200)

/* A number with bits 11:10 set is read-only (priv "CSR Address Mapping Conventions"). */
#define HEXT_CSR_IS_READ_ONLY(csr) (((csr) >> 10) == 3)

#endif
