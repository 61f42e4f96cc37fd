/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The WARL rules that csr_table.h names: what a CSR becomes that was @old and is written as @value, whose bits that cannot be
 * written are @old's already.
 */
#ifndef HEXT_CSR_LEGAL_H
#define HEXT_CSR_LEGAL_H

#include "hext/bits.h"
#include "hext/hext.h"

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
 * A mode the hart lacks: WARL, and this hart then keeps what was there. The two lowest bits of the
 * PPN are zero, as roots are 16 KiB (priv H 'hgatp').
 */
static inline uint64_t legal_hgatp(const struct hext_config *c, uint64_t old, uint64_t value)
{
	uint64_t mode = value >> ATP_MODE_SHIFT;
	uint64_t vmid = HGATP_VMID & ~(HGATP_VMID << c->vmid_bits);
	uint64_t ppn = mode == ATP_MODE_BARE ? ATP_PPN : ATP_PPN & ~UINT64_C(3);

	if (!(c->hgatp_modes & BIT64(mode)))
		return old;
	return mode << ATP_MODE_SHIFT | (value & (vmid | ppn));
}

#endif
