/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/hext.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"
#include "riscv/ncsr.h"

unsigned int imsic_guest_files(void)
{
	uint64_t files;

	csr_write(HEXT_CSR_HGEIE, ~UINT64_C(0));
	files = csr_read(HEXT_CSR_HGEIE);
	csr_write(HEXT_CSR_HGEIE, 0);
	return count_bits(files);
}

void imsic_silence(void)
{
	csr_write(CSR_SISELECT, ISELECT_EIDELIVERY);
	csr_write(CSR_SIREG, 0);
}

void imsic_listen(unsigned int identity)
{
	csr_write(CSR_SISELECT, ISELECT_EITHRESHOLD);
	csr_write(CSR_SIREG, 0);
	csr_write(CSR_SISELECT, ISELECT_EIE0);
	csr_write(CSR_SIREG, BIT64(identity));
	csr_write(CSR_SISELECT, ISELECT_EIDELIVERY);
	csr_write(CSR_SIREG, 1);
}

void imsic_claim(void)
{
	csr_swap(CSR_STOPEI, 0);
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

/* Access register @reg of a file by its three CSRs. A write of topei claims the top interrupt. */
#define FILE_RMW(topei, iselect, ireg)                                      \
	do {                                                                \
		if (reg == HEXT_FILE_TOPEI) {                               \
			*old = mask ? csr_swap(topei, 0) : csr_read(topei); \
		} else {                                                    \
			csr_write(iselect, reg);                            \
			RMW(ireg);                                          \
		}                                                           \
	} while (0)

/*
 * CSR instructions are used with NACL below, too, since this is rare. The CSRs that are used here
 * are synchronized first, so that dirty values in the area take effect.
 */
void imsic_rmw(unsigned int file, unsigned int reg, uint64_t *old, uint64_t value, uint64_t mask)
{
	uint64_t hstatus, vsiselect;

	if (!file) {
		FILE_RMW(CSR_STOPEI, CSR_SISELECT, CSR_SIREG);
		return;
	}
	ncsr_sync(HEXT_CSR_HSTATUS);
	ncsr_sync(HEXT_CSR_VSISELECT);
	hstatus = csr_read(HEXT_CSR_HSTATUS);
	vsiselect = csr_read(HEXT_CSR_VSISELECT);
	csr_write(HEXT_CSR_HSTATUS,
		  (hstatus & ~HSTATUS_VGEIN) | (uint64_t)file << HSTATUS_VGEIN_SHIFT);
	FILE_RMW(HEXT_CSR_VSTOPEI, HEXT_CSR_VSISELECT, HEXT_CSR_VSIREG);
	csr_write(HEXT_CSR_VSISELECT, vsiselect);
	csr_write(HEXT_CSR_HSTATUS, hstatus);
}
