/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of src/nacl: what a hypervisor tells it of the CSRs, by SBI NACL and priv H. */
#ifndef NACL_CSRS_H
#define NACL_CSRS_H

#include "nacl/host.h"

/* When @csr is written: the value of a CSR depends on those of a lower order. */
static unsigned int csr_order(unsigned int csr)
{
	switch (csr) {
	case 0x60c: /* hstateen0 to 3, hstateen0h to 3h */
	case 0x60d:
	case 0x60e:
	case 0x60f:
	case 0x61c:
	case 0x61d:
	case 0x61e:
	case 0x61f:
		return 0;
	case 0x600: /* hstatus, hideleg(h), htimedelta(h), hvien(h), hvictl, henvcfg(h) */
	case 0x603:
	case 0x613:
	case 0x605:
	case 0x615:
	case 0x608:
	case 0x618:
	case 0x609:
	case 0x60a:
	case 0x61a:
		return 1;
	case 0x604: /* hie, hvip(h), hgatp */
	case 0x645:
	case 0x655:
	case 0x680:
		return 2;
	case 0x644: /* hip */
		return 3;
	default:
		return NACL_HOST_ORDERS - 1;
	}
}

static bool changes_on_trap(unsigned int csr)
{
	switch (csr) {
	case 0x600: /* hstatus, htval, htinst, hvip(h), hip, hie, hgeip, vstopi */
	case 0x643:
	case 0x64a:
	case 0x645:
	case 0x655:
	case 0x644:
	case 0x604:
	case 0xe12:
	case 0xeb0:
		return true;
	default:
		return csr >> 8 == 2;
	}
}

/* nacl_host_ops.csr_info() of a @csr that @exists, or not. */
static inline unsigned int info_of(unsigned int csr, bool exists)
{
	if (!exists)
		return 0;
	return NACL_CSR_EXISTS | NACL_CSR_ORDER(csr_order(csr)) |
	       (changes_on_trap(csr) ? NACL_CSR_ON_TRAP : 0);
}

#endif
