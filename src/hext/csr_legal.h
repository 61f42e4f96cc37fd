/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The WARL rules that csr_table.h names: what a CSR becomes that was @old and is written as @value, whose bits that cannot be
 * written are @old's already.
 */
#ifndef HEXT_CSR_LEGAL_H
#define HEXT_CSR_LEGAL_H

#include "hext/bits.h"
#include "hext/hext.h"

/*
 * Before those rules: a write of the bits of @value that are in @mask to a CSR that is @old. Bits that are not
 * @writable are those of @reset, whatever @old has: it may come from the hart, which lets L2 set bits that L1 does not
 * know of, and these must not reach the next guest of L1's.
 */
static inline uint64_t hext_merge(uint64_t old, uint64_t value, uint64_t mask, uint64_t writable,
				  uint64_t reset)
{
	return (((old & ~mask) | (value & mask)) & writable) | (reset & ~writable);
}

/*
 * ---- of CSRs that are probed, the bits that L1 may have: those of extensions that it is told of ----
 */

/* Without UBE, SPELP and SDT. */
#define HEXT_KNOWN_STATUS                                                                   \
	(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM | \
	 SSTATUS_MXR)

static inline uint64_t hext_known_envcfg(const struct hext_config *c)
{
	return c->sstc ? HENVCFG_KNOWN : HENVCFG_KNOWN & ~HENVCFG_STCE;
}

static inline uint64_t hext_known_stateen0(const struct hext_config *c)
{
	uint64_t known = ~(HSTATEEN0_CTR | HSTATEEN0_SRMCFG);

	return c->aia ? known : known & ~HSTATEEN0_OF_AIA;
}

/* ---- the rules ---- */

static inline uint64_t legal_any(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	(void)old;
	return value;
}

/* SD sums up FS, VS and XS; it cannot be written. */
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
	(void)old;
	return hext_legal_vgein(c, value);
}

/* MODE is Direct or Vectored; 2 and 3 are reserved. */
static inline uint64_t legal_tvec(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	return (value & 3) < 2 ? value : old;
}

/* CBIE 2 is reserved. */
static inline uint64_t legal_envcfg(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	if ((value & HENVCFG_CBIE) == BIT64(5))
		return (value & ~HENVCFG_CBIE) | (old & HENVCFG_CBIE);
	return value;
}

/* A mode the hart lacks: the write has no effect, as for satp (priv H 'vsatp'). */
static inline uint64_t legal_vsatp(const struct hext_config *c, uint64_t old, uint64_t value)
{
	uint64_t asid = MASK64(SATP_ASID_SHIFT + 15, SATP_ASID_SHIFT);

	if (!(c->vsatp_modes & BIT64(value >> ATP_MODE_SHIFT)))
		return old;
	return value & ~(asid & (asid << c->asid_bits));
}

/*
 * A mode the hart lacks leaves the mode as it was; the other fields are written all the same (priv H 'hgatp', unlike
 * satp). The two lowest bits of the PPN are zero, as roots are 16 KiB.
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
