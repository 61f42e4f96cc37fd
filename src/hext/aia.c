/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the advanced interrupt architecture that hardware does not provide for L1: the guest
 * interrupt files, the top interrupt of L2, and the supervisor CSRs that HS mode has and VS mode
 * does not have.
 */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/hext.h"
#include "lib/assert.h"

/* ---- interrupt files ---- */

/*
 * Access register @select of L1's interrupt file @file (AIA "IMSIC", "Indirectly accessed
 * interrupt-file registers"). False: an interrupt file has no register of that number.
 */
static bool file_register_rmw(struct hext_hart *h, unsigned int file, uint64_t select,
			      uint64_t *old, uint64_t value, uint64_t mask)
{
	/*
	 * eip from 0x80 and eie from 0xc0 are arrays of 64 numbers. The register of an even number
	 * holds 64 identities; the odd numbers are for RV32.
	 */
	bool is_array = select >= ISELECT_EIP && select <= ISELECT_EIE_LAST;
	bool exists = is_array ? (select & 0x3f) / 2 <= h->cfg->identities / 64u
			       : select == ISELECT_EIDELIVERY || select == ISELECT_EITHRESHOLD;

	if (select < ISELECT_EXTERNAL || select > ISELECT_EIE_LAST || (is_array && (select & 1)))
		return false;
	if (exists)
		h->ops->file_rmw(h->ctx, file, select, old, value, mask);
	else
		*old = 0;
	return true;
}

bool hext_vsireg_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask)
{
	return hext_vgein(h) &&
	       file_register_rmw(h, hext_vgein(h), h->vs.iselect, old, value, mask);
}

bool hext_vstopei_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask)
{
	if (!hext_vgein(h))
		return false;
	h->ops->file_rmw(h->ctx, hext_vgein(h), HEXT_FILE_TOPEI, old, value, mask);
	return true;
}

/* ---- priorities ---- */

/*
 * Interrupts by default priority, highest first. Those for custom use come last (AIA "Defined major
 * interrupts").
 */
/* clang-format off */
static const uint8_t default_order[] = {
	47, 23, 46, 45, 22, 44, 43, 21, 42, 41, 20, 40,
	IRQ_SEI, IRQ_SSI, IRQ_STI, 13, 39, 19, 38, 37, 18, 36, 35, 17, 34, 33, 16, 32,
	63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48,
	31, 30, 29, 28, 27, 26, 25, 24, 15, 14,
};
/* clang-format on */

#define ORDER_COUNT (sizeof(default_order) / sizeof(default_order[0]))
#define ORDER_SEI   12

/* The byte for interrupt @irq in hviprio1 (0 to 7) or hviprio2 (8 to 15); -1 if it has none. */
static int hviprio_byte(unsigned int irq)
{
	switch (irq) {
	case IRQ_SSI:
		return 1;
	case IRQ_STI:
		return 3;
	case 13:
	case 14:
	case 15:
		return 5 + (irq - 13);
	default:
		return irq >= 16 && irq <= 23 ? (int)(8 + (irq - 16)) : -1;
	}
}

static unsigned int byte_of(uint64_t low, uint64_t high, int at)
{
	return (at < 8 ? low >> 8 * at : high >> 8 * (at - 8)) & 0xff;
}

/* L2 takes the candidate with the lower rank first; at a tie, the one with the lower order. */
#define RANK_ABOVE 0   /* number 0, default priority above SEI's */
#define RANK_SEI   256 /* SEI without a number */
#define RANK_BELOW 257 /* number 0, default priority below SEI's */
#define RANK_NONE  258

struct candidate {
	unsigned int irq, rank, order;
};

static const struct candidate none = { 0, RANK_NONE, 0 };

static bool goes_before(const struct candidate *a, const struct candidate *b)
{
	return a->rank < b->rank || (a->rank == b->rank && a->order < b->order);
}

static struct candidate candidate(unsigned int irq, unsigned int number, unsigned int order)
{
	unsigned int rank = number ? number : order > ORDER_SEI ? RANK_BELOW : RANK_ABOVE;

	return (struct candidate){ irq, rank, order };
}

/*
 * The rank of external interrupts of L1's file @file. The priority is the identity of the top
 * interrupt of the file; an empty file has none.
 */
static unsigned int file_rank(const struct hext_hart *h, unsigned int file)
{
	uint64_t top;

	h->ops->file_rmw(h->ctx, file, HEXT_FILE_TOPEI, &top, 0, 0);
	top &= TOPEI_PRIORITY;
	return top && top < RANK_SEI ? top : RANK_SEI;
}

/* The candidate for SEI (AIA "Virtual supervisor top interrupt CSR (vstopi)"). */
static struct candidate external_candidate(const struct hext_hart *h)
{
	struct candidate c = { IRQ_SEI, RANK_SEI, ORDER_SEI };

	if (hext_vgein(h)) {
		c.rank = file_rank(h, hext_vgein(h));
	} else if ((h->hvictl & HVICTL_IID) >> HVICTL_IID_SHIFT == IRQ_SEI &&
		   (h->hvictl & HVICTL_IPRIO)) {
		c.rank = h->hvictl & HVICTL_IPRIO;
	}
	return c;
}

/* The best candidate of @ready except SEI (AIA "Virtual supervisor top interrupt CSR (vstopi)"). */
static struct candidate major_candidate(const struct hext_hart *h, uint64_t ready)
{
	struct candidate best = none;
	unsigned int i;

	for (i = 0; i < ORDER_COUNT; i++) {
		unsigned int irq = default_order[i];
		int at = hviprio_byte(irq);
		struct candidate c =
			candidate(irq, at < 0 ? 0 : byte_of(h->hviprio1, h->hviprio2, at), i);

		if (irq != IRQ_SEI && (ready >> irq & 1) && goes_before(&c, &best))
			best = c;
	}
	return best;
}

static struct candidate hvictl_candidate(const struct hext_hart *h)
{
	unsigned int irq = (h->hvictl & HVICTL_IID) >> HVICTL_IID_SHIFT;

	if (irq == IRQ_SEI)
		return none;
	return candidate(irq, h->hvictl & HVICTL_IPRIO, h->hvictl & HVICTL_DPR ? ORDER_COUNT : 0);
}

uint64_t hext_vstopi(const struct hext_hart *h)
{
	uint64_t vsip = hext_vs_view(h, hext_hip(h)) | (h->hvip & h->hvien);
	uint64_t ready = vsip & (hext_vs_view(h, h->hie) | (h->vsie_local & h->hvien));
	struct candidate external = none;
	struct candidate top;
	uint64_t number = 1;

	if (ready & BIT64(IRQ_SEI))
		external = external_candidate(h);
	top = h->hvictl & HVICTL_VTI ? hvictl_candidate(h) : major_candidate(h, ready);
	if (goes_before(&external, &top))
		top = external;
	if (top.rank == RANK_NONE)
		return 0;
	if (h->hvictl & HVICTL_IPRIOM)
		number = top.rank > 255 ? 255 : top.rank;
	return (uint64_t)top.irq << TOPI_IID_SHIFT | number;
}

/* ---- interrupts of L1 ---- */

static unsigned int number_of_l1(const struct hext_hart *h, unsigned int irq)
{
	return h->iprio[irq / 8] >> 8 * (irq % 8) & 0xff;
}

unsigned int hext_top_of_l1(const struct hext_hart *h, uint64_t ready)
{
	/* priv H "Interrupts": highest default priority first. */
	static const uint8_t order[] = {
		IRQ_SEI, IRQ_SSI, IRQ_STI, IRQ_SGEI, IRQ_VSEI, IRQ_VSSI, IRQ_VSTI, IRQ_LCOFI,
	};
	struct candidate best = none;
	unsigned int i;

	assert(ready);
	for (i = 0; i < sizeof(order); i++) {
		unsigned int irq = order[i];
		struct candidate c =
			candidate(irq, h->prioritized ? number_of_l1(h, irq) : 0, ORDER_SEI + i);

		if (!(ready >> irq & 1))
			continue;
		if (irq == IRQ_SEI)
			c.rank = h->prioritized ? file_rank(h, 0) : RANK_SEI;
		if (goes_before(&c, &best))
			best = c;
	}
	return best.irq;
}

/* L1's iprio in the form of hviprio1 (@first 0) or hviprio2 (@first 8). */
static uint64_t hviprio_of_l1(const struct hext_hart *h, int first)
{
	uint64_t value = 0;
	unsigned int irq;

	for (irq = 0; irq < 64; irq++) {
		int at = hviprio_byte(irq) - first;

		if (at >= 0 && at < 8)
			value |= (uint64_t)number_of_l1(h, irq) << 8 * at;
	}
	return value;
}

uint64_t hext_hviprio1_of_l1(const struct hext_hart *h)
{
	return hviprio_of_l1(h, 0) & h->cfg->hviprio1;
}

uint64_t hext_hviprio2_of_l1(const struct hext_hart *h)
{
	return hviprio_of_l1(h, 8) & h->cfg->hviprio2;
}

/*
 * The writable bits of word @word of iprio. Writable are the bytes of L1's supervisor interrupts
 * that have a byte in hviprio1 or hviprio2, with the bits that the hart implements there. All other
 * bytes are read-only 0. The byte of SEI is one of these, because the interrupt file gives the
 * priority of SEI (AIA "Configuring priorities").
 */
static uint64_t iprio_writable(const struct hext_hart *h, unsigned int word)
{
	uint64_t bits = 0;
	unsigned int irq;

	for (irq = 8 * word; irq < 8 * word + 8; irq++) {
		int at = hviprio_byte(irq);

		if (at >= 0 && (BIT64(irq) & IRQ_S_ALL))
			bits |= (uint64_t)byte_of(h->cfg->hviprio1, h->cfg->hviprio2, at)
				<< 8 * (irq % 8);
	}
	return bits;
}

static void update(uint64_t *field, uint64_t writable, uint64_t value, uint64_t mask)
{
	mask &= writable;
	*field = (*field & ~mask) | (value & mask);
}

static bool iprio_rmw(struct hext_hart *h, uint64_t select, uint64_t *old, uint64_t value,
		      uint64_t mask)
{
	unsigned int index = (select - ISELECT_IPRIO) / 2;
	uint64_t *word = &h->iprio[index];

	if (select & 1)
		return false;
	*old = *word;
	update(word, iprio_writable(h, index), value, mask);
	if (*word)
		h->prioritized = true;
	return true;
}

static bool sireg_rmw(struct hext_hart *h, uint64_t *old, uint64_t value, uint64_t mask)
{
	uint64_t select = h->s.iselect;

	if (select >= ISELECT_IPRIO && select <= ISELECT_IPRIO_LAST)
		return iprio_rmw(h, select, old, value, mask);
	return file_register_rmw(h, 0, select, old, value, mask);
}

bool hext_s_csr_rmw(struct hext_hart *h, unsigned int csr, uint64_t *old, uint64_t value,
		    uint64_t mask)
{
	if (!h->cfg->aia)
		return false;
	switch (csr) {
	case CSR_SIE:
		*old = h->sie;
		update(&h->sie, hext_s_irqs(h->cfg), value, mask);
		return true;
	case CSR_SIP:
		*old = hext_sip(h);
		/* LCOFIP is writable, unlike STIP and SEIP (Sscofpmf). */
		update(&h->sip, hext_s_irqs(h->cfg) & (BIT64(IRQ_SSI) | BIT64(IRQ_LCOFI)), value,
		       mask);
		return true;
	case CSR_STIMECMP:
		if (!h->cfg->sstc)
			return false;
		*old = h->s.timecmp;
		update(&h->s.timecmp, ~UINT64_C(0), value, mask);
		return true;
	case CSR_SIREG:
		return sireg_rmw(h, old, value, mask);
	case CSR_STOPEI:
		h->ops->file_rmw(h->ctx, 0, HEXT_FILE_TOPEI, old, value, mask);
		return true;
	default:
		return false;
	}
}
