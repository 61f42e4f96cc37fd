/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "tlb.h"

#define V   BIT64(0)
#define RWX MASK64(3, 1)
#define R   BIT64(1)
#define G   BIT64(5)

static bool is_leaf(uint64_t pte)
{
	return pte & RWX;
}

/* False: it was there, or there is no room (which a cache may say). */
static bool add_gstage(struct tlb_gstage *list, unsigned int *count, struct tlb_gstage e)
{
	unsigned int i;

	for (i = 0; i < *count; i++) {
		if (list[i].gpa == e.gpa && list[i].pte == e.pte && list[i].level == e.level)
			return false;
	}
	if (*count == TLB_ENTRIES)
		return false;
	list[(*count)++] = e;
	return true;
}

static bool add_vstage(struct tlb_vstage *list, unsigned int *count, struct tlb_vstage e)
{
	unsigned int i;

	for (i = 0; i < *count; i++) {
		if (list[i].gva == e.gva && list[i].pte == e.pte && list[i].level == e.level &&
		    list[i].asid == e.asid && list[i].envcfg == e.envcfg)
			return false;
	}
	if (*count == TLB_ENTRIES)
		return false;
	list[(*count)++] = e;
	return true;
}

/* The entry of the table at @table, whose entries are of @level. */
static void walk_gstage_table(struct tlb_vmid *c, uint64_t gpa, uint64_t table, unsigned int level,
			      uint64_t index_mask)
{
	uint64_t first = gpa & ~(tlb_size(level) - 1);
	uint64_t pte = machine_memory_read(table + 8 * (gpa >> (12 + 9 * level) & index_mask));

	if (!(pte & V) || (!is_leaf(pte) && level == 0))
		add_gstage(c->none, &c->nones, (struct tlb_gstage){ gpa & ~UINT64_C(4095), 0, 0 });
	else if (is_leaf(pte))
		add_gstage(c->leaf, &c->leaves, (struct tlb_gstage){ first, pte, level });
	else
		add_gstage(c->table, &c->tables,
			   (struct tlb_gstage){ first, tlb_pte_addr(pte), level - 1 });
}

void tlb_walk_gstage(struct tlb *t, uint64_t hgatp, uint64_t gpa)
{
	struct tlb_vmid *c = &t->vmid[tlb_vmid_of(hgatp)];
	uint64_t mode = hgatp >> ATP_MODE_SHIFT;
	unsigned int levels = mode - 5;
	unsigned int i;

	/*
	 * Bare uses VMID 0. What a hart keeps of it counts for the next guest of VMID 0 until a
	 * fence: priv H "hgatp" asks for an HFENCE.GVMA where a VMID is used again.
	 */
	if (mode == ATP_MODE_BARE) {
		uint64_t page = gpa & ~UINT64_C(4095);

		add_gstage(c->leaf, &c->leaves,
			   (struct tlb_gstage){ page, page >> 2 | RWX | V, 0 });
		return;
	}
	if (gpa >> (12 + 9 * levels + 2))
		return;
	walk_gstage_table(c, gpa, (hgatp & ATP_PPN) << 12, levels - 1, 0x7ff);
	/* Those that were just met are among them. A pointer's region is that of its entry. */
	for (i = 0; i < c->tables; i++) {
		const struct tlb_gstage *p = &c->table[i];

		if (tlb_covers(p->gpa, p->level + 1, gpa))
			walk_gstage_table(c, gpa, p->pte, p->level, 0x1ff);
	}
}

/* @found says what is known before the walk: the ASID and henvcfg. */
static void walk_vstage_table(struct tlb *t, uint64_t hgatp, struct tlb_vstage found, uint64_t gva,
			      uint64_t table, unsigned int level)
{
	struct tlb_vmid *c = &t->vmid[tlb_vmid_of(hgatp)];
	uint64_t gpa = table + 8 * (gva >> (12 + 9 * level) & 0x1ff);
	uint64_t pte;
	unsigned int i;

	found.gva = gva & ~(tlb_size(level) - 1);
	tlb_walk_gstage(t, hgatp, gpa);
	for (i = 0; i < c->leaves; i++) {
		const struct tlb_gstage *g = &c->leaf[i];

		if (!tlb_covers(g->gpa, g->level, gpa) || !(g->pte & R))
			continue;
		pte = machine_memory_read(tlb_pte_addr(g->pte) + (gpa - g->gpa));
		if (!(pte & V) || (!is_leaf(pte) && level == 0))
			continue;
		if (is_leaf(pte)) {
			found.pte = pte;
			found.level = level;
			add_vstage(c->vleaf, &c->vleaves, found);
		} else {
			found.pte = tlb_pte_addr(pte);
			found.level = level - 1;
			add_vstage(c->vtable, &c->vtables, found);
		}
	}
}

void tlb_walk_vstage(struct tlb *t, uint64_t hgatp, uint64_t vsatp, uint64_t envcfg, uint64_t gva)
{
	struct tlb_vmid *c = &t->vmid[tlb_vmid_of(hgatp)];
	unsigned int levels = (vsatp >> ATP_MODE_SHIFT) - 5;
	const struct tlb_vstage found = { .asid = vsatp >> SATP_ASID_SHIFT & 0xffff,
					  .envcfg = envcfg & TLB_ENVCFG };
	unsigned int i;

	if (vsatp >> ATP_MODE_SHIFT == ATP_MODE_BARE)
		return;
	walk_vstage_table(t, hgatp, found, gva, (vsatp & ATP_PPN) << 12, levels - 1);
	for (i = 0; i < c->vtables; i++) {
		struct tlb_vstage p = c->vtable[i];

		if (p.asid == found.asid && tlb_covers(p.gva, p.level + 1, gva))
			walk_vstage_table(t, hgatp, found, gva, p.pte, p.level);
	}
}

/* ---- fences ---- */

static void drop_gstage(struct tlb_gstage *list, unsigned int *count, bool has_gpa, uint64_t gpa)
{
	unsigned int i = 0;

	while (i < *count) {
		if (!has_gpa || tlb_covers(list[i].gpa, list[i].level, gpa))
			list[i] = list[--*count];
		else
			i++;
	}
}

void tlb_hfence_gvma(struct tlb *t, bool has_gpa, uint64_t gpa, bool has_vmid, uint64_t vmid)
{
	unsigned int i;

	for (i = 0; i < TLB_VMIDS; i++) {
		struct tlb_vmid *c = &t->vmid[i];

		if (has_vmid && i != vmid)
			continue;
		drop_gstage(c->leaf, &c->leaves, has_gpa, gpa);
		drop_gstage(c->none, &c->nones, has_gpa, gpa);
		if (!has_gpa)
			c->tables = 0;
	}
}

static void drop_vstage(struct tlb_vstage *list, unsigned int *count, bool has_addr, uint64_t addr,
			bool has_asid, uint64_t asid)
{
	unsigned int i = 0;

	while (i < *count) {
		bool global = is_leaf(list[i].pte) && (list[i].pte & G);

		if ((!has_addr || tlb_covers(list[i].gva, list[i].level, addr)) &&
		    (!has_asid || (list[i].asid == asid && !global)))
			list[i] = list[--*count];
		else
			i++;
	}
}

void tlb_hfence_vvma(struct tlb *t, uint64_t vmid, bool has_addr, uint64_t addr, bool has_asid,
		     uint64_t asid)
{
	struct tlb_vmid *c = &t->vmid[vmid];

	drop_vstage(c->vleaf, &c->vleaves, has_addr, addr, has_asid, asid);
	if (!has_addr)
		drop_vstage(c->vtable, &c->vtables, false, 0, has_asid, asid);
}
