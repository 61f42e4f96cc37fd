/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/hext.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"
#include "riscv/ncsr.h"

unsigned int imsic_guest_files(void)
{
	unsigned int count = 0;
	uint64_t files;

	csr_write(HEXT_CSR_HGEIE, ~UINT64_C(0));
	files = csr_read(HEXT_CSR_HGEIE) >> 1;
	csr_write(HEXT_CSR_HGEIE, 0);
	for (; files & 1; files >>= 1)
		count++;
	return count;
}

void imsic_silence(void)
{
	csr_write(CSR_SISELECT, ISELECT_EIDELIVERY);
	csr_write(CSR_SIREG, 0);
}

/* Read a CSR into @old, and write all its bits, some bits or none. */
#define RMW(csr)                                      \
	do {                                          \
		if (!mask) {                          \
			*old = csr_read(csr);         \
		} else if (!~mask) {                  \
			*old = csr_swap(csr, value);  \
		} else {                              \
			*old = csr_read(csr);         \
			csr_set(csr, value &mask);    \
			csr_clear(csr, ~value &mask); \
		}                                     \
	} while (0)

static void supervisor_rmw(unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask)
{
	if (reg == HEXT_FILE_TOPEI) {
		*old = mask ? csr_swap(CSR_STOPEI, 0) : csr_read(CSR_STOPEI);
		return;
	}
	csr_write(CSR_SISELECT, reg);
	RMW(CSR_SIREG);
}

static void guest_rmw(unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask)
{
	if (reg == HEXT_FILE_TOPEI) {
		*old = mask ? csr_swap(HEXT_CSR_VSTOPEI, 0) : csr_read(HEXT_CSR_VSTOPEI);
		return;
	}
	csr_write(HEXT_CSR_VSISELECT, reg);
	RMW(HEXT_CSR_VSIREG);
}

/*
 * CSR instructions are used with NACL below, too, since this is rare. The CSRs that are used here
 * are synchronized first, so that dirty values in the area take effect.
 */
void imsic_rmw(unsigned int file, unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask)
{
	uint64_t hstatus, vsiselect;

	if (!file) {
		supervisor_rmw(reg, old, value, mask);
		return;
	}
	ncsr_sync(HEXT_CSR_HSTATUS);
	ncsr_sync(HEXT_CSR_VSISELECT);
	hstatus = csr_read(HEXT_CSR_HSTATUS);
	vsiselect = csr_read(HEXT_CSR_VSISELECT);
	csr_write(HEXT_CSR_HSTATUS,
		  (hstatus & ~HSTATUS_VGEIN) | (uint64_t)file << HSTATUS_VGEIN_SHIFT);
	guest_rmw(reg, old, value, mask);
	csr_write(HEXT_CSR_VSISELECT, vsiselect);
	csr_write(HEXT_CSR_HSTATUS, hstatus);
}
