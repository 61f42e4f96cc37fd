/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/hext.h"

#define HSTATUS_WRITABLE                                                                      \
	(HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_HU | HSTATUS_VTVM | HSTATUS_VTW | \
	 HSTATUS_VTSR)

static uint64_t legal_any(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	(void)old;
	return value;
}

/* SD sums up FS, VS and XS; it cannot be written. */
static uint64_t legal_status(const struct hext_config *c, uint64_t old, uint64_t value)
{
	bool dirty = (value & SSTATUS_FS) == SSTATUS_FS || (value & SSTATUS_VS) == SSTATUS_VS ||
		     (value & SSTATUS_XS) == SSTATUS_XS;

	(void)c;
	(void)old;
	return dirty ? value | SSTATUS_SD : value & ~SSTATUS_SD;
}

/* MODE is Direct or Vectored; 2 and 3 are reserved. */
static uint64_t legal_tvec(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	return (value & 3) < 2 ? value : old;
}

/* CBIE 2 is reserved. */
static uint64_t legal_envcfg(const struct hext_config *c, uint64_t old, uint64_t value)
{
	(void)c;
	if ((value & HENVCFG_CBIE) == BIT64(5))
		return (value & ~HENVCFG_CBIE) | (old & HENVCFG_CBIE);
	return value;
}

/* A mode the hart lacks: the write has no effect, as for satp (priv H 'vsatp'). */
static uint64_t legal_vsatp(const struct hext_config *c, uint64_t old, uint64_t value)
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
static uint64_t legal_hgatp(const struct hext_config *c, uint64_t old, uint64_t value)
{
	uint64_t mode = value >> ATP_MODE_SHIFT;
	uint64_t vmid = HGATP_VMID & ~(HGATP_VMID << c->vmid_bits);
	uint64_t ppn = mode == ATP_MODE_BARE ? ATP_PPN : ATP_PPN & ~UINT64_C(3);

	if (!(c->hgatp_modes & BIT64(mode)))
		return old;
	return mode << ATP_MODE_SHIFT | (value & (vmid | ppn));
}

static uint64_t get_zero(const struct hext_hart *h)
{
	(void)h;
	return 0;
}

static void set_nothing(struct hext_hart *h, uint64_t value)
{
	(void)h;
	(void)value;
}

uint64_t hext_hip(const struct hext_hart *h)
{
	uint64_t pending = h->hvip;

	if (h->cfg->sstc && (h->henvcfg & HENVCFG_STCE) &&
	    h->ops->time(h->ctx) + h->htimedelta >= h->vs.timecmp)
		pending |= BIT64(IRQ_VSTI);
	return pending;
}

/* hip.VSSIP is hvip.VSSIP; the rest of hip is read-only. */
static void set_hip(struct hext_hart *h, uint64_t value)
{
	h->hvip = (h->hvip & ~BIT64(IRQ_VSSI)) | (value & BIT64(IRQ_VSSI));
}

/* vsie and vsip show the delegated bits of hie and hip one position lower (priv H 'vsip'). */
static uint64_t get_vsie(const struct hext_hart *h)
{
	return (h->hie & h->hideleg & IRQ_VS_ALL) >> 1;
}

static void set_vsie(struct hext_hart *h, uint64_t value)
{
	uint64_t shown = h->hideleg & IRQ_VS_ALL;

	h->hie = (h->hie & ~shown) | ((value << 1) & shown);
}

static uint64_t get_vsip(const struct hext_hart *h)
{
	return (hext_hip(h) & h->hideleg & IRQ_VS_ALL) >> 1;
}

static void set_vsip(struct hext_hart *h, uint64_t value)
{
	if (h->hideleg & BIT64(IRQ_VSSI))
		set_hip(h, value << 1);
}

bool hext_csr_exists(const struct hext_hart *h, unsigned int csr)
{
	const struct hext_config *c = h->cfg;

	(void)c;
	switch (csr) {
#define HEXT_CSR(name, number, field, writable, legal, reset, present) \
	case number:                                                   \
		return present;
#define HEXT_CSR_VIEW(name, number, get, set, present) \
	case number:                                   \
		return present;
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
	default:
		return false;
	}
}

/* clang-format off */
/* The read half and, for a @mask other than 0, the write half of a CSR that is stored. */
#define RMW_FIELD(field, writable, legal, present)						\
	do {											\
		uint64_t now = h->field;							\
		uint64_t bits = mask & (writable);						\
												\
		if (!(present))									\
			return false;								\
		*old = now;									\
		if (mask)									\
			h->field = legal(c, now, (now & ~bits) | (value & bits));		\
		return true;									\
	} while (0)

/* Likewise for a view. */
#define RMW_VIEW(get, set, present)								\
	do {											\
		uint64_t now = get(h);								\
												\
		if (!(present))									\
			return false;								\
		*old = now;									\
		if (mask)									\
			set(h, (now & ~mask) | (value & mask));					\
		return true;									\
	} while (0)

/* clang-format on */

bool hext_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		  uint64_t mask)
{
	const struct hext_config *c = h->cfg;

	if (mask && HEXT_CSR_IS_READ_ONLY(csr))
		return false;
	switch (csr) {
#define HEXT_CSR(name, number, field, writable, legal, reset, present) \
	case number:                                                   \
		RMW_FIELD(field, writable, legal, present);
#define HEXT_CSR_VIEW(name, number, get, set, present) \
	case number:                                   \
		RMW_VIEW(get, set, present);
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
	default:
		return false;
	}
}

void hext_init(struct hext_hart *h, const struct hext_config *cfg, const struct hext_ops *ops,
	       void *ctx)
{
	*h = (struct hext_hart){ .cfg = cfg, .ops = ops, .ctx = ctx };
	h->s.status = SSTATUS_UXL_64;
	/* No timer interrupt until one is asked for: what firmware leaves behind in stimecmp. */
	h->s.timecmp = ~UINT64_C(0);
#define HEXT_CSR(name, number, field, writable, legal, reset, present) h->field = (reset);
#define HEXT_CSR_VIEW(name, number, get, set, present)
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
}
