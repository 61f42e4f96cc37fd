/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The WARL rules that csr_table.h names. Each rule returns the legal value that a CSR gets when L1
 * writes @value to it. @old is the value before the write. @value comes from hext_merge(), so it
 * has no bit set that the CSR does not have.
 */
#ifndef HEXT_CSR_LEGAL_H
#define HEXT_CSR_LEGAL_H

#include "hext/bits.h"
#include "hext/hext.h"

/*
 * The value for the WARL rules: the bits of @value that are in @mask, and the other bits of @old.
 * The bits that are not @writable come from @reset, not from @old. @old may come from the hart,
 * which lets L2 set bits that L1 does not know, and such bits must not reach another guest of L1.
 */
static inline uint64_t hext_merge(uint64_t old, uint64_t value, uint64_t mask, uint64_t writable,
				  uint64_t reset)
{
	return (((old & ~mask) | (value & mask)) & writable) | (reset & ~writable);
}

/* ---- bits that L1 may have in probed CSRs: those of extensions that L1 may know ---- */

/* UBE, SPELP and SDT are not among them. */
#define HEXT_KNOWN_STATUS                                                                   \
	(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM | \
	 SSTATUS_MXR)

/* henvcfg: the bits of L1's extensions (ext_table.h). */
static inline uint64_t hext_known_envcfg(const struct hext_config *c)
{
	uint64_t known = 0;

#define HEXT_EXT(name, told, csrs, stateen0, envcfg, ...) known |= c->name ? (envcfg) : 0;
#include "hext/ext_table.h"
	return known;
}

/* hstateen0: the bits of L1's extensions, and those of no extension in ext_table.h. */
static inline uint64_t hext_known_stateen0(const struct hext_config *c)
{
	uint64_t owned = 0, known = 0;

#define HEXT_EXT(name, told, csrs, stateen0, ...) \
	owned |= (stateen0);                      \
	known |= c->name ? (stateen0) : 0;
#include "hext/ext_table.h"
	return ~owned | known;
}

/* ---- the rules ---- */

static inline uint64_t legal_any(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	(void)old;
	return value;
}

/* SD is set if FS, VS or XS is Dirty; it cannot be written (priv "Extension Context Status"). */
static inline uint64_t legal_status(const struct hext_config *c, uint64_t old, uint64_t value)
{
	bool dirty = (value & SSTATUS_FS) == SSTATUS_FS || (value & SSTATUS_VS) == SSTATUS_VS ||
		     (value & SSTATUS_XS) == SSTATUS_XS;

	(void)c;
	(void)old;
	return dirty ? value | SSTATUS_SD : value & ~SSTATUS_SD;
}

static inline uint64_t legal_hstatus(const struct hext_config *c, uint64_t old, uint64_t value)
{
	if ((value ^ old) & HSTATUS_HUPMM)
		value = hext_legal_pmm(c, old, value, HSTATUS_HUPMM_SHIFT);
	return hext_legal_vgein(c, value);
}

/* MODE is Direct or Vectored; 2 and 3 are reserved. */
static inline uint64_t legal_tvec(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	return (value & 3) < 2 ? value : old;
}

/* CBIE 2 and PMM 1 are reserved, and the hart may lack other values of PMM. */
static inline uint64_t legal_envcfg(const struct hext_config *c, uint64_t old, uint64_t value)
{
	if ((value & HENVCFG_CBIE) == BIT64(5))
		value ^= (value ^ old) & HENVCFG_CBIE;
	return hext_legal_pmm(c, old, value, ENVCFG_PMM_SHIFT);
}

/* A write with a mode that the hart lacks has no effect, as for satp (priv H 'vsatp'). */
static inline uint64_t legal_vsatp(const struct hext_config *c, uint64_t old, uint64_t value)
{
	uint64_t asid = MASK64(SATP_ASID_SHIFT + 15, SATP_ASID_SHIFT);

	if (!(c->vsatp_modes & BIT64(value >> ATP_MODE_SHIFT)))
		return old;
	return value & ~(asid & (asid << c->asid_bits));
}

/*
 * A write with a mode that the hart lacks keeps the mode and writes the other fields (priv H
 * 'hgatp', unlike satp). In a paged mode the two lowest bits of the PPN are zero, because the root
 * is aligned to 16 KiB.
 */
static inline uint64_t legal_hgatp(const struct hext_config *c, uint64_t old, uint64_t value)
{
	uint64_t wanted = value >> ATP_MODE_SHIFT;
	uint64_t mode = c->hgatp_modes & BIT64(wanted) ? wanted : old >> ATP_MODE_SHIFT;
	uint64_t vmid = HGATP_VMID & ~(HGATP_VMID << c->vmid_bits);
	uint64_t ppn = mode == ATP_MODE_BARE ? ATP_PPN : ATP_PPN & ~UINT64_C(3);

	return mode << ATP_MODE_SHIFT | (value & (vmid | ppn));
}

#endif
