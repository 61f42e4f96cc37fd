/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/csr_legal.h"
#include "hext/hext.h"
#include "hext/pte.h"
#include "lib/assert.h"

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
	pending &= IRQ_VS_ALL;
	if (h->cfg->geilen) {
		uint64_t files = hext_hgeip(h);

		/* File 0 is none. */
		if (files >> hext_vgein(h) & 1)
			pending |= BIT64(IRQ_VSEI);
		if (files & h->hgeie)
			pending |= BIT64(IRQ_SGEI);
	}
	return pending;
}

/* hip.VSSIP is hvip.VSSIP; the rest of hip is read-only. */
static void set_hip(struct hext_hart *h, uint64_t value)
{
	h->hvip = (h->hvip & ~BIT64(IRQ_VSSI)) | (value & BIT64(IRQ_VSSI));
}

/*
 * vsie and vsip show the delegated bits of hie and hip one position lower (priv H 'vsip'), and in place those that
 * hvien makes (AIA "Virtual interrupts for VS level").
 */
static uint64_t get_vsie(const struct hext_hart *h)
{
	return hext_vs_view(h, h->hie) | (h->vsie_local & h->hvien);
}

static void set_vsie(struct hext_hart *h, uint64_t value)
{
	uint64_t shown = h->hideleg & IRQ_VS_ALL;

	h->hie = (h->hie & ~shown) | ((value << 1) & shown);
	h->vsie_local = (h->vsie_local & ~h->hvien) | (value & h->hvien);
}

static uint64_t get_vsip(const struct hext_hart *h)
{
	return hext_vs_view(h, hext_hip(h)) | (h->hvip & h->hvien);
}

static void set_vsip(struct hext_hart *h, uint64_t value)
{
	if (h->hideleg & BIT64(IRQ_VSSI))
		set_hip(h, value << 1);
	h->hvip = (h->hvip & ~h->hvien) | (value & h->hvien);
}

uint64_t hext_swap_hstatus(struct hext_hart *h, uint64_t value)
{
	uint64_t old = h->hstatus;

	h->hstatus = hext_legal_hstatus(h, value);
	return old;
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
#define HEXT_CSR_FILE(name, number, rmw, present) \
	case number:                              \
		return present;
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
	default:
		return false;
	}
}

/* clang-format off */
/* The read half and, for a @mask other than 0, the write half of a CSR that is stored. */
#define RMW_FIELD(field, writable, legal, reset, present)					\
	do {											\
		uint64_t now = h->field;							\
												\
		if (!(present))									\
			return false;								\
		*old = now;									\
		if (mask)									\
			h->field =								\
				legal(c, now, hext_merge(now, value, mask, writable, reset));	\
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

static bool has_priorities(unsigned int csr)
{
	return csr == HEXT_CSR_HVIEN || csr == HEXT_CSR_HVIPRIO1 || csr == HEXT_CSR_HVIPRIO2;
}

bool hext_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		  uint64_t mask)
{
	const struct hext_config *c = h->cfg;

	if (mask && HEXT_CSR_IS_READ_ONLY(csr))
		return false;
	switch (csr) {
#define HEXT_CSR(name, number, field, writable, legal, reset, present) \
	case number:                                                   \
		if (has_priorities(number) && (mask & value))          \
			h->prioritized = true;                         \
		RMW_FIELD(field, writable, legal, reset, present);
#define HEXT_CSR_VIEW(name, number, get, set, present) \
	case number:                                   \
		RMW_VIEW(get, set, present);
#define HEXT_CSR_FILE(name, number, rmw, present) \
	case number:                              \
		return (present) && rmw(h, old, value, mask);
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
	default:
		return false;
	}
}

/* ---- many at once ---- */

#define DIRTY_WORD(number) (NACL_CSR_INDEX(number) / 64)
#define DIRTY_BIT(number)  BIT64(NACL_CSR_INDEX(number) % 64)

/* The CSRs of word @w, a constant, of the bitmap that are stored: to write one changes its own field alone, by its old value. */
static inline __attribute__((always_inline)) uint64_t stored_in_word(unsigned int w)
{
	uint64_t stored = 0;

#define HEXT_CSR(name, number, field, writable, legal, reset, present) \
	if (DIRTY_WORD(number) == w)                                   \
		stored |= DIRTY_BIT(number);
#define HEXT_CSR_VIEW(name, number, get, set, present)
#define HEXT_CSR_FILE(name, number, rmw, present)
#include "hext/csr_table.h"
#undef HEXT_CSR
	return stored;
}

/* Write those of @bits, of word @w. Returns the bits of those that are left; *@altered: of those that became something else. */
static inline __attribute__((always_inline)) uint64_t write_word(struct hext_hart *h,
								 unsigned int w, uint64_t bits,
								 uint64_t *altered,
								 const volatile uint64_t *csrs)
{
	const struct hext_config *c = h->cfg;
	uint64_t changed = 0;
	uint64_t wanted, now;

#define HEXT_CSR(name, number, field, writable, legal, reset, present)                            \
	if (DIRTY_WORD(number) == w && (bits & DIRTY_BIT(number))) {                              \
		wanted = csrs[NACL_CSR_INDEX(number)];                                            \
		now = h->field;                                                                   \
		h->field = legal(c, now, hext_merge(now, wanted, ~UINT64_C(0), writable, reset)); \
		if (h->field != wanted)                                                           \
			changed |= DIRTY_BIT(number);                                             \
		if (has_priorities(number) && wanted)                                             \
			h->prioritized = true;                                                    \
	}
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
	*altered = changed;
	return bits & ~stored_in_word(w);
}

bool hext_csr_write_dirty(struct hext_hart *h, uint64_t dirty[NACL_DIRTY_WORDS],
			  uint64_t altered[NACL_DIRTY_WORDS], const volatile uint64_t *csrs)
{
	const unsigned int vsie_word = DIRTY_WORD(HEXT_CSR_VSIE);
	uint64_t vsie = dirty[vsie_word] & DIRTY_BIT(HEXT_CSR_VSIE);
	uint64_t rest = 0;
	uint64_t wanted;

	dirty[vsie_word] -= vsie;
#pragma GCC unroll 16
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		altered[w] = 0;
		if (!dirty[w])
			continue;
		dirty[w] = write_word(h, w, dirty[w], &altered[w], csrs);
		rest |= dirty[w] | altered[w];
	}
	/* A view of CSRs that are stored, so of some that have been written by now, and of no view. */
	if (vsie) {
		wanted = csrs[NACL_CSR_INDEX(HEXT_CSR_VSIE)];
		set_vsie(h, wanted);
		if (get_vsie(h) != wanted) {
			altered[vsie_word] |= vsie;
			rest |= vsie;
		}
	}
	return !rest;
}

void hext_init(struct hext_hart *h, const struct hext_config *cfg, const struct hext_ops *ops,
	       void *ctx)
{
	assert(cfg->vmid_bits <= 14 && cfg->asid_bits <= 16);
	assert(cfg->hstateen_count <= 4);
	assert(cfg->geilen <= 63);
	assert((cfg->ram_start | cfg->ram_size | cfg->ram_hpa.addr) % (UINT64_C(1) << PAGE_SHIFT) ==
	       0);
	*h = (struct hext_hart){ .cfg = cfg, .ops = ops, .ctx = ctx };
	h->s.status = SSTATUS_UXL_64;
	/* No timer interrupt until one is asked for: what firmware leaves behind in stimecmp. */
	h->s.timecmp = ~UINT64_C(0);
#define HEXT_CSR(name, number, field, writable, legal, reset, present) h->field = (reset);
#define HEXT_CSR_VIEW(name, number, get, set, present)
#define HEXT_CSR_FILE(name, number, rmw, present)
#include "hext/csr_table.h"
#undef HEXT_CSR
#undef HEXT_CSR_VIEW
#undef HEXT_CSR_FILE
}
