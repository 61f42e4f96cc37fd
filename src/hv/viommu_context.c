/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's device directory, and what of it Halite's directory gets. */
#include "hv/iommu_regs.h"
#include "hv/memory.h"
#include "hv/viommu_parts.h"
#include "lib/page.h"

/* The base format: CAP_MSI_FLAT is not offered. */
#define LEAF_BITS  7
#define ENTRY_BITS 9
#define ENTRY_MASK ((1u << ENTRY_BITS) - 1)
#define DC_SIZE	   (8 * DC_WORDS)

#define ADDRESS_PPN MASK64(53, 10)
#define PSCID	    MASK64(31, 12)
#define FSC_MODE    60
#define FSC_PPN	    MASK64(43, 0)

static unsigned int mode_of(const struct viommu *v)
{
	return v->ddtp & DDTP_MODE;
}

/* Find the page of the guest that has the context of @id. Returns 0, or the cause of a fault. */
static unsigned int find_page(const struct viommu *v, uint32_t id, uint64_t *page)
{
	unsigned int level = mode_of(v) - DDTP_BARE;
	uint64_t entry;

	*page = (v->ddtp & ADDRESS_PPN) >> DDTP_PPN_SHIFT << PAGE_SHIFT;
	if (id >> LEAF_BITS >> ((level - 1) * ENTRY_BITS))
		return FAULT_TYPE_REFUSED;
	while (--level) {
		uint32_t index = id >> LEAF_BITS >> ((level - 1) * ENTRY_BITS) & ENTRY_MASK;

		if (!memory_read(v->domain, *page + 8 * index, &entry, 8))
			return FAULT_DDT_ACCESS;
		if (!(entry & DDTE_V))
			return FAULT_DDT_INVALID;
		if (entry & ~(DDTE_V | ADDRESS_PPN))
			return FAULT_DDT_WRONG;
		*page = entry >> DDTE_PPN_SHIFT << PAGE_SHIFT;
	}
	return 0;
}

static bool is_legal(const struct viommu *v, const uint64_t *dc)
{
	const uint64_t mode = dc[DC_FSC] >> FSC_MODE;
	const uint64_t amo = v->capabilities & CAP_AMO_HWAD ? TC_SADE | TC_GADE : 0;

	if (dc[DC_TC] & ~(TC_V | TC_DTF | amo) || dc[DC_IOHGATP] || dc[DC_TA] & ~PSCID)
		return false;
	if (!mode)
		return !dc[DC_FSC];
	return mode >= ATP_MODE_39 && mode < ATP_MODE_39 + 3 &&
	       v->capabilities >> (CAP_SV39 + mode - ATP_MODE_39) & 1 &&
	       !(dc[DC_FSC] & ~(MASK64(63, 60) | FSC_PPN));
}

/* Each word is read once, tc first. */
static unsigned int read_at(const struct viommu *v, uint64_t page, uint32_t id, uint64_t *dc)
{
	const uint64_t at = page + (id & ((1u << LEAF_BITS) - 1)) * DC_SIZE;
	unsigned int i;

	for (i = 0; i < DC_WORDS; i++) {
		if (!memory_read(v->domain, at + 8 * i, &dc[i], 8))
			return FAULT_DDT_ACCESS;
		if (!(dc[DC_TC] & TC_V))
			return FAULT_DDT_INVALID;
	}
	return is_legal(v, dc) ? 0 : FAULT_DDT_WRONG;
}

unsigned int viommu_read_context(const struct viommu *v, uint32_t id, uint64_t *dc)
{
	uint64_t page;
	unsigned int cause;

	if (mode_of(v) <= DDTP_BARE)
		return FAULT_OFF;
	cause = find_page(v, id, &page);
	return cause ? cause : read_at(v, page, id, dc);
}

static void set_word(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/*
 * Change the first stage of the context @c, which the IOMMU may be reading: it sees the old one,
 * none, or a mixture, all of them below the table of second stage, which stays.
 */
static void put(uint64_t *c, uint64_t tc, uint64_t ta, uint64_t fsc)
{
	const uint64_t silent = c[DC_TC] & TC_DTF;

	if (c[DC_TC] == (tc | silent) && c[DC_TA] == ta && c[DC_FSC] == fsc)
		return;
	set_word(&c[DC_TC], silent);
	set_word(&c[DC_FSC], fsc);
	set_word(&c[DC_TA], ta);
	set_word(&c[DC_TC], tc | silent);
}

/* Put the guest's context of @id into @c. */
static void mirror(const struct viommu *v, uint64_t *c, uint64_t page, uint32_t id)
{
	uint64_t dc[DC_WORDS];

	if (read_at(v, page, id, dc))
		put(c, 0, 0, 0);
	else
		put(c, dc[DC_TC] & (TC_V | TC_SADE), dc[DC_TA], dc[DC_FSC]);
}

/* Take the contexts of leaf @k of Halite's directory that are the guest's. */
static void take_leaf(struct viommu *v, unsigned int k)
{
	struct iommu *i = v->iommu;
	const uint32_t first = i->leaf_first[k];
	uint64_t *c = i->leaves[k];
	uint64_t page;
	unsigned int n;
	const bool pass = mode_of(v) == DDTP_BARE;
	/* All ids of the leaf are in one page of the guest. */
	const bool none =
		mode_of(v) <= DDTP_BARE || first == LEAF_SHARED || find_page(v, first, &page);

	for (n = 0; n < 1u << i->bits; n++, c += i->words) {
		if (iommu_owner_of(c) != v->owner)
			continue;
		if (none)
			put(c, pass ? TC_V : 0, 0, 0);
		else
			mirror(v, c, page, first + n);
	}
}

void viommu_take_all(struct viommu *v)
{
	unsigned int k;

	for (k = 0; k < v->iommu->leaf_count; k++)
		take_leaf(v, k);
	v->taken_all = true;
}

void viommu_take_one(struct viommu *v, uint32_t id)
{
	struct iommu *i = v->iommu;
	const uint32_t mask = (1u << i->bits) - 1;
	uint64_t page, *c;
	unsigned int k = 0;

	while (k < i->leaf_count && i->leaf_first[k] != (id & ~mask))
		k++;
	if (k == i->leaf_count || mode_of(v) <= DDTP_BARE)
		return;
	c = i->leaves[k] + (id & mask) * i->words;
	if (iommu_owner_of(c) != v->owner)
		return;
	if (find_page(v, id, &page))
		put(c, 0, 0, 0);
	else
		mirror(v, c, page, id);
}
