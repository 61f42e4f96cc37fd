/* SPDX-License-Identifier: BSD-2-Clause */
/* What the hart's hgatp takes (priv H "Hypervisor Guest Address Translation and Protection"). */
#ifndef RISCV_GSTAGE_H
#define RISCV_GSTAGE_H

#include <stdint.h>

#include "hext/bits.h"
#include "riscv/csr.h"
#include "riscv/ncsr.h"

/* The modes of hgatp that are there: bit n, mode n. Leaves hgatp Bare; no guest runs yet. */
static inline uint16_t gstage_modes(void)
{
	uint16_t modes = BIT64(ATP_MODE_BARE);
	uint64_t mode;

	for (mode = ATP_MODE_39; mode <= ATP_MODE_57; mode++) {
		ncsr_write(HEXT_CSR_HGATP, mode << ATP_MODE_SHIFT);
		if (ncsr_read(HEXT_CSR_HGATP) >> ATP_MODE_SHIFT == mode)
			modes |= BIT64(mode);
	}
	ncsr_write(HEXT_CSR_HGATP, 0);
	return modes;
}

#endif
