/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/csr_legal.h"
#include "hext/hext.h"
#include "lib/assert.h"
#include "lib/page.h"

#define HEXT_ROW(name, number, gate, ...)                   \
	_Static_assert(HEXT_TOLD_OF_##gate != HEXT_TOLD_NO, \
		       "a CSR of an extension that L1 is not told of (ext_table.h)");
#include "hext/csr_table.h"

static void set_nothing(struct hext_hart *h, uint64_t value)
{
	(void)h;
	(void)value;
}

/* hip.VSSIP is hvip.VSSIP; the rest of hip is read-only. */
static void set_hip(struct hext_hart *h, uint64_t value)
{
	h->hvip = (h->hvip & ~BIT64(IRQ_VSSI)) | (value & BIT64(IRQ_VSSI));
}

/*
 * vsie and vsip show the delegated bits of hie and hip one position lower (priv H 'vsip'). The bits
 * that hvien enables keep their position (AIA "Virtual interrupts for VS level").
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

static uint64_t get_vsip(const struct hext_hart *h, uint64_t hip)
{
	return hext_vs_view(h, hip) | (h->hvip & h->hvien);
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

/* L1's hip, for the views of the table: here each view computes it. */
#define L1_HIP hext_hip(h)

bool hext_csr_exists(const struct hext_hart *h, unsigned int csr)
{
	const struct hext_config *c = h->cfg;

	switch (csr) {
#define HEXT_ROW(name, number, gate, ...) \
	case number:                      \
		return HEXT_GATE(gate, name);
#include "hext/csr_table.h"
	default:
		return false;
	}
}

/* The new value of the stored CSR @field, when the bits of @value that are in @mask are written. */
#define WRITTEN(field, how, bits, rule, reset, value, mask) \
	legal_##rule(c, h->field,                           \
		     hext_merge(h->field, value, mask, HEXT_WRITABLE_##how(field, bits), reset))

/* Sets h->prioritized when L1 sets @bits of CSR @number that may change the order of interrupts. */
static inline void note_priority(struct hext_hart *h, unsigned int number, enum hext_effect effect,
				 uint64_t bits)
{
	if (effect != HEXT_EFFECT_PRIORITY)
		return;
	if (number == HEXT_CSR_HVIEN && h->cfg->sscofpmf)
		bits &= ~BIT64(IRQ_LCOFI);
	if (bits)
		h->prioritized = true;
}

bool hext_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		  uint64_t mask)
{
	const struct hext_config *c = h->cfg;

	if (mask && HEXT_CSR_IS_READ_ONLY(csr))
		return false;
	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, ...)  \
	case number:                                                                    \
		if (!HEXT_GATE(gate, name))                                             \
			return false;                                                   \
		note_priority(h, number, HEXT_EFFECT_##effect, value &mask);            \
		*old = h->field;                                                        \
		if (mask)                                                               \
			h->field = WRITTEN(field, how, bits, rule, reset, value, mask); \
		return true;
#define HEXT_VIEW(name, number, get, set, gate, ...)             \
	case number:                                             \
		if (!HEXT_GATE(gate, name))                      \
			return false;                            \
		*old = get;                                      \
		if (mask)                                        \
			set(h, (*old & ~mask) | (value & mask)); \
		return true;
#define HEXT_FILE(name, number, rmw, gate, ...) \
	case number:                            \
		return HEXT_GATE(gate, name) && rmw(h, old, value, mask);
#include "hext/csr_table.h"
	default:
		return false;
	}
}

/* ---- several CSRs in one call ---- */

#define DIRTY_WORD(number) (NACL_CSR_INDEX(number) / 64)
#define DIRTY_BIT(number)  BIT64(NACL_CSR_INDEX(number) % 64)

/*
 * Bit n: a CSR of the table is in word n of the dirty bitmap. The other words have no CSR that
 * exists, so none of their CSRs is dirty.
 */
enum {
	USED_WORDS = 0
#define HEXT_ROW(name, number, ...) | 1u << DIRTY_WORD(number)
#include "hext/csr_table.h"
};

/*
 * Write the stored CSRs in @bits, which are the bits of word @w of the dirty bitmap; @w is a
 * constant. A write of a stored CSR changes only its field, and depends only on that field's old
 * value. Returns the bits of all other CSRs. *@altered gets the bits of the CSRs whose new value
 * differs from the value that L1 wrote.
 */
static inline __attribute__((always_inline)) uint64_t write_word(struct hext_hart *h,
								 unsigned int w, uint64_t bits,
								 uint64_t *altered,
								 const volatile uint64_t *csrs)
{
	const struct hext_config *c = h->cfg;
	uint64_t changed = 0, stored = 0;
	uint64_t wanted;

#define HEXT_CSR(name, number, field, how, bits_, rule, reset, gate, held, effect, ...)   \
	if (DIRTY_WORD(number) == w)                                                      \
		stored |= DIRTY_BIT(number);                                              \
	if (DIRTY_WORD(number) == w && (bits & DIRTY_BIT(number))) {                      \
		wanted = csrs[NACL_CSR_INDEX(number)];                                    \
		h->field = WRITTEN(field, how, bits_, rule, reset, wanted, ~UINT64_C(0)); \
		if (h->field != wanted)                                                   \
			changed |= DIRTY_BIT(number);                                     \
		note_priority(h, number, HEXT_EFFECT_##effect, wanted);                   \
	}
#include "hext/csr_table.h"
	*altered = changed;
	return bits & ~stored;
}

/* Write the views. The caller has written all stored CSRs, which the views may show. */
static void write_views(struct hext_hart *h, uint64_t dirty[NACL_DIRTY_WORDS],
			uint64_t altered[NACL_DIRTY_WORDS], const volatile uint64_t *csrs)
{
	uint64_t wanted;

#define HEXT_VIEW(name, number, get, set, ...)                                                   \
	if (!HEXT_CSR_IS_READ_ONLY(number) && (dirty[DIRTY_WORD(number)] & DIRTY_BIT(number))) { \
		wanted = csrs[NACL_CSR_INDEX(number)];                                           \
		set(h, wanted);                                                                  \
		dirty[DIRTY_WORD(number)] -= DIRTY_BIT(number);                                  \
		if (get != wanted)                                                               \
			altered[DIRTY_WORD(number)] |= DIRTY_BIT(number);                        \
	}
#include "hext/csr_table.h"
}

bool hext_csr_write_dirty(struct hext_hart *h, uint64_t dirty[NACL_DIRTY_WORDS],
			  uint64_t altered[NACL_DIRTY_WORDS], const volatile uint64_t *csrs)
{
	uint64_t rest = 0, left = 0;

#pragma GCC unroll 16
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		altered[w] = 0;
		if (!(USED_WORDS >> w & 1) || !dirty[w])
			continue;
		dirty[w] = write_word(h, w, dirty[w], &altered[w], csrs);
		left |= dirty[w];
		rest |= altered[w];
	}
	if (!left)
		return !rest;
	write_views(h, dirty, altered, csrs);
#pragma GCC unroll 16
	for (unsigned int w = 0; w < NACL_DIRTY_WORDS; w++) {
		if (USED_WORDS >> w & 1)
			rest |= dirty[w] | altered[w];
	}
	return !rest;
}

void hext_csr_put_trapped(const struct hext_hart *h, volatile uint64_t *csrs)
{
	const struct hext_config *c = h->cfg;
	uint64_t hip = hext_hip(h);

#undef L1_HIP
#define L1_HIP hip
#define PUT(name, number, gate, trap, value)                                \
	if (HEXT_TRAP_##trap == HEXT_TRAP_CHANGED && HEXT_GATE(gate, name)) \
		csrs[NACL_CSR_INDEX(number)] = (value);
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, held, effect, trap, order) \
	PUT(name, number, gate, trap, h->field)
#define HEXT_VIEW(name, number, get, set, gate, effect, trap, order) \
	PUT(name, number, gate, trap, get)
#include "hext/csr_table.h"
}

void hext_init(struct hext_hart *h, const struct hext_config *cfg, const struct hext_ops *ops,
	       void *ctx)
{
	assert(cfg->vmid_bits <= 14 && cfg->asid_bits <= 16);
	assert(cfg->geilen <= 63);
	assert((cfg->ram_start | cfg->ram_size | cfg->ram_hpa.addr) % PAGE_SIZE == 0);
	*h = (struct hext_hart){ .cfg = cfg, .ops = ops, .ctx = ctx };
#define HEXT_BANK(name, number, field, how, bits, rule, reset, ...) \
	h->s.field = (reset);                                       \
	h->vs.field = (reset);
#define HEXT_CSR(name, number, field, how, bits, rule, reset, ...) h->field = (reset);
#include "hext/csr_table.h"
	/* No timer interrupt is due before L1 sets its timer, as firmware leaves stimecmp. */
	h->s.timecmp = ~UINT64_C(0);
}
