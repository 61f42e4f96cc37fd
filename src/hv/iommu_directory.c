/* SPDX-License-Identifier: BSD-2-Clause */
/* The device directory: a context for each device id, which says who owns the id. */
#include <string.h>

#include "hv/iommu.h"
#include "hv/iommu_parts.h"
#include "hv/iommu_regs.h"
#include "lib/assert.h"
#include "lib/page.h"

#define ENTRY_BITS 9 /* of a device id, in a table that has no contexts */
#define ENTRIES	   (1u << ENTRY_BITS)

struct iommu_owner iommu_owners[IOMMU_OWNERS];

static uint64_t pointer_to(const void *page)
{
	return iommu_ppn(page) << DDTE_PPN_SHIFT | DDTE_V;
}

static uint64_t *page_of(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)(entry >> DDTE_PPN_SHIFT << PAGE_SHIFT);
}

static uint64_t second_stage(unsigned int owner, uint64_t atp)
{
	return atp | (uint64_t)owner << IOHGATP_GSCID_SHIFT;
}

unsigned int iommu_owner_of(const uint64_t *context)
{
	return (context[DC_IOHGATP] & IOHGATP_GSCID) >> IOHGATP_GSCID_SHIFT;
}

/* Give the context, which the IOMMU may be reading, to @owner: one store changes the table. */
static void set_table(uint64_t *context, unsigned int owner, uint64_t atp)
{
	__atomic_store_n(&context[DC_IOHGATP], second_stage(owner, atp), __ATOMIC_RELAXED);
}

/* A new page that is like @page. NULL: no memory is left. */
static uint64_t *copy_of(struct iommu *i, const uint64_t *page)
{
	uint64_t *copy = pages_alloc(i->pool, 1, PAGE_SIZE);

	if (copy)
		memcpy(copy, page, PAGE_SIZE);
	return copy;
}

static uint64_t *new_leaf(struct iommu *i, const uint64_t *like)
{
	uint64_t *leaf = i->leaf_count < LEAVES_MAX ? copy_of(i, like) : NULL;

	if (leaf) {
		i->leaf_first[i->leaf_count] = LEAF_SHARED;
		i->leaves[i->leaf_count++] = leaf;
	}
	return leaf;
}

bool iommu_make_directory(struct iommu *i)
{
	uint64_t *leaf = pages_alloc(i->pool, 1, PAGE_SIZE);
	unsigned int k;

	i->middle = pages_alloc(i->pool, 1, PAGE_SIZE);
	i->root = pages_alloc(i->pool, 1, PAGE_SIZE);
	if (!leaf || !i->middle || !i->root)
		return false;
	i->leaf_first[0] = LEAF_SHARED;
	i->leaves[i->leaf_count++] = leaf;
	for (k = 0; k < 1u << i->bits; k++) {
		leaf[k * i->words + DC_TC] = TC_V;
		leaf[k * i->words + DC_IOHGATP] = second_stage(IOMMU_NOBODY, i->nobody);
	}
	for (k = 0; k < ENTRIES; k++) {
		i->middle[k] = pointer_to(leaf);
		i->root[k] = pointer_to(i->middle);
	}
	return true;
}

const void *iommu_top(const struct iommu *i, unsigned int levels)
{
	return levels == 3 ? i->root : levels == 2 ? i->middle : i->leaves[0];
}

/*
 * The entry for the contexts of @id, in a table that has entries of its own. NULL: no memory is
 * left. With one level, there is none: then the result is NULL, too.
 */
static uint64_t *entry_of(struct iommu *i, uint32_t id)
{
	uint64_t *table = i->middle;

	if (i->levels == 3) {
		uint64_t *above = &i->root[id >> i->bits >> ENTRY_BITS];

		if (*above == pointer_to(i->middle)) {
			table = copy_of(i, i->middle);
			if (!table)
				return NULL;
			*above = pointer_to(table);
		}
		table = page_of(*above);
	}
	return i->levels == 1 ? NULL : &table[id >> i->bits & (ENTRIES - 1)];
}

uint64_t *iommu_context_of(const struct iommu *i, uint32_t id)
{
	uint64_t *leaf = i->leaves[0];
	uint64_t *table = i->middle;

	if (id >> i->bits >> ((i->levels - 1) * ENTRY_BITS))
		return NULL;
	if (i->levels == 3)
		table = page_of(i->root[id >> i->bits >> ENTRY_BITS]);
	if (i->levels > 1)
		leaf = page_of(table[id >> i->bits & (ENTRIES - 1)]);
	return &leaf[(id & ((1u << i->bits) - 1)) * i->words];
}

/* The page with contexts of @owner only. NULL: no memory is left. */
static uint64_t *leaf_of(struct iommu *i, unsigned int owner, uint64_t atp)
{
	uint64_t *leaf = i->own_leaf[owner];
	unsigned int k;

	if (leaf)
		return leaf;
	leaf = new_leaf(i, i->leaves[0]);
	for (k = 0; leaf && k < 1u << i->bits; k++)
		set_table(&leaf[k * i->words], owner, atp);
	i->own_leaf[owner] = leaf;
	return leaf;
}

/* Give one id. False: no memory is left, or the id is another's. */
static bool give_one(struct iommu *i, uint32_t id, unsigned int owner, uint64_t atp)
{
	uint64_t *entry = entry_of(i, id);
	uint64_t *context, *leaf;

	if (i->levels > 1) {
		if (!entry)
			return false;
		leaf = page_of(*entry);
		if (leaf == i->leaves[0] || leaf == i->own_leaf[owner]) {
			leaf = new_leaf(i, leaf);
			if (!leaf)
				return false;
			i->leaf_first[i->leaf_count - 1] = id & ~((1u << i->bits) - 1);
			*entry = pointer_to(leaf);
		}
	}
	context = iommu_context_of(i, id);
	if (iommu_owner_of(context) != IOMMU_NOBODY && iommu_owner_of(context) != owner)
		return false;
	set_table(context, owner, atp);
	return true;
}

void iommu_part(unsigned int number, uint32_t first, uint32_t count, unsigned int owner)
{
	struct iommu *i = &iommus[number];
	uint64_t id;
	const uint64_t *c;

	/* With one level, the only page has all ids. */
	if (i->levels == 1)
		i->leaf_first[0] = 0;
	for (id = first; id < (uint64_t)first + count; id++) {
		c = iommu_context_of(i, id);
		if (c && iommu_owner_of(c) == owner)
			give_one(i, id, owner, c[DC_IOHGATP] & ~IOHGATP_GSCID);
	}
	iommu_forget(i, owner);
}

/* Give all ids whose contexts are in one page. False: no memory is left, or one is another's. */
static bool give_page(struct iommu *i, uint32_t id, unsigned int owner, uint64_t atp)
{
	uint64_t *entry = entry_of(i, id);
	uint64_t *leaf = leaf_of(i, owner, atp);

	if (!entry || !leaf)
		return false;
	if (page_of(*entry) != i->leaves[0] && page_of(*entry) != leaf)
		return false;
	*entry = pointer_to(leaf);
	return true;
}

const char *iommu_give(unsigned int number, uint32_t first, uint32_t count, unsigned int owner,
		       const char *name, uint64_t atp)
{
	struct iommu *i = &iommus[number];
	const uint32_t page = 1u << i->bits;
	const uint64_t end = (uint64_t)first + count;
	uint64_t id;

	assert(number < IOMMUS_MAX && i->used);
	assert(owner != IOMMU_NOBODY && owner < IOMMU_OWNERS);
	iommu_owners[owner].name = name;
	if (end > (uint64_t)page << ((i->levels - 1) * ENTRY_BITS))
		return "the IOMMU has no device ids of so many bits";
	for (id = first; id < end;) {
		bool whole = i->levels > 1 && id % page == 0 && end - id >= page;

		if (!(whole ? give_page : give_one)(i, id, owner, atp))
			return "a device id is another domain's, or the directory is full";
		id += whole ? page : 1;
	}
	return iommu_forget(i, owner) ? NULL : "the IOMMU takes no commands";
}

/* Call for each context: the pages of leaves[] have all contexts. */
#define each_context(i, context, leaf, k)                                         \
	for ((leaf) = 0; (leaf) < (i)->leaf_count; (leaf)++)                      \
		for ((k) = 0, (context) = (i)->leaves[leaf]; (k) < 1u << i->bits; \
		     (k)++, (context) += i->words)

const char *iommu_give_all(unsigned int owner, const char *name, uint64_t atp)
{
	unsigned int leaf, k;
	uint64_t *context;
	struct iommu *i;

	iommu_owners[owner].name = name;
	each_iommu(i)
	{
		each_context(i, context, leaf, k) set_table(context, owner, atp);
		if (!iommu_forget(i, owner))
			return "the IOMMU takes no commands";
	}
	return NULL;
}

void iommu_change_owner(struct iommu *i, unsigned int owner, uint64_t atp, uint64_t tc)
{
	unsigned int leaf, k;
	uint64_t *context;

	each_context(i, context, leaf, k)
	{
		if (iommu_owner_of(context) != owner)
			continue;
		__atomic_store_n(&context[DC_TC], (context[DC_TC] & ~TC_DTF) | (tc & TC_DTF),
				 __ATOMIC_RELAXED);
		if (atp)
			set_table(context, owner, atp);
	}
	if (!i->off && !iommu_forget(i, owner))
		iommu_fail_closed(i);
}
