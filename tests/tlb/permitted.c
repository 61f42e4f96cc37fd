/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "devices.h"
#include "hext/bits.h"
#include "permitted.h"

#define V	   BIT64(0)
#define RWX	   MASK64(3, 1)
#define W	   BIT64(2)
#define U	   BIT64(4)
#define A	   BIT64(6)
#define D	   BIT64(7)
#define MAX_VALUES 128

/*
 * G-stage: .value is the page with permissions in bits 3:1, of a leaf from .first to .last. VS-
 * stage: the PTE.
 */
struct value {
	uint64_t value, first, last;
	uint64_t gone;	 /* when; 0: it is there */
	uint32_t fenced; /* bit vmid * 8 + hart: not for that one any more */
};

struct values {
	struct value v[MAX_VALUES];
	unsigned int count;
};

static struct values gstage[ROOTS][GPAS];
static struct values vstage[ROOTS + 1][ASIDS][GVAS];
static uint64_t now = 1;

/* Not all modes have the last two of the data. Without their high bits these would be others. */
const uint64_t gpas[GPAS] = {
	0x40200000, 0x40201000, 0x40205000,    0x40210000,    0x40400000,    0x40403000,
	0x80007000, 0xc0007000, 0x100007000,   0x140007000,   0x180007000,   0x1c0007000,
	0x80207000, 0x80001000, 0x10000001000, 0x10040000000, 0x20080007000, 0x4000100007000,
	0x40600000, 0x40601000, 0x40602000,    0x40603000,    0x40604000,    0x40605000,
};

uint64_t root_at(unsigned int root)
{
	return root == ROOT_DEVICE ? DEVICE_BYTES : UINT64_C(0x41400000) + root * UINT64_C(0x4000);
}

unsigned int root_mode(unsigned int root)
{
	return 8 + root % 3;
}

bool root_has(unsigned int root, uint64_t gpa)
{
	return !(gpa >> (41 + 9 * (root_mode(root) - ATP_MODE_39)));
}

uint64_t permitted_now(void)
{
	return now;
}

/* ---- the values ---- */

static uint32_t all_fenced(void)
{
	uint32_t harts_all = BIT64(machine.harts) - 1;
	uint32_t mask = 0;
	unsigned int i;

	for (i = 0; i < vmid_count(); i++)
		mask |= harts_all << (8 * i);
	return mask;
}

static void prune(struct values *l)
{
	unsigned int i = 0;

	while (i < l->count) {
		if (l->v[i].gone && (l->v[i].fenced & all_fenced()) == all_fenced())
			l->v[i] = l->v[--l->count];
		else
			i++;
	}
}

/* The old value goes, and @new is the current value. A @new of 0 means none. */
static void change(struct values *l, uint64_t new, uint64_t first, uint64_t last)
{
	struct value *same = NULL;
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		struct value *v = &l->v[i];
		bool is_same = v->value == new && v->first == first && v->last == last;

		if (is_same)
			same = v;
		else if (!v->gone)
			v->gone = now;
	}
	if (same) {
		if (same->gone)
			same->fenced = 0;
		same->gone = 0;
		return;
	}
	prune(l);
	if (!new)
		return;
	if (l->count == MAX_VALUES)
		machine_fail("the test has too few places for values");
	l->v[l->count++] = (struct value){ new, first, last, 0, 0 };
}

/* ---- L1's tables ---- */

static uint64_t page_of(uint64_t addr)
{
	return addr & ~UINT64_C(4095);
}

/* The domain has the page: RAM or a device that is not reached through Halite. */
static bool is_owned(uint64_t pa)
{
	return domain_owns_ram(&machine_domain, pa, 4096) ||
	       (pa >= DEVICE_BYTES && pa < DEVICES_END);
}

/* The page for @gpa with its permissions, or 0. */
static uint64_t walk(unsigned int root, uint64_t gpa, uint64_t *first, uint64_t *last)
{
	unsigned int level = root_mode(root) - 6;
	uint64_t table = root_at(root), mask = 0x7ff, pte, offset, pa, perm;

	*first = page_of(gpa);
	*last = gpa | 4095;
	if (!root_has(root, gpa))
		return 0;
	for (;; level--) {
		pte = machine_memory_read(table + 8 * (gpa >> (12 + 9 * level) & mask));
		if (!(pte & V))
			return 0;
		if (pte & RWX)
			break;
		if (!level)
			return 0;
		table = tlb_pte_addr(pte);
		mask = 0x1ff;
	}
	if (!(pte & U) || !(pte & A))
		return 0;
	offset = tlb_size(level) - 1;
	*first = gpa & ~offset;
	*last = gpa | offset;
	pa = tlb_pte_addr(pte) + page_of(gpa & offset);
	perm = pte & RWX & (pte & D ? ~UINT64_C(0) : ~W);
	return is_owned(pa) ? pa | perm : 0;
}

static void look_again(unsigned int root)
{
	uint64_t first, last, value;
	unsigned int g;

	for (g = 0; g < GPAS; g++) {
		value = walk(root, gpas[g], &first, &last);
		change(&gstage[root][g], value, first, last);
	}
}

void permitted_store_gstage(unsigned int root, uint64_t *pte, uint64_t value)
{
	*pte = value;
	now++;
	look_again(root);
}

void permitted_store_vstage(unsigned int root, unsigned int a, unsigned int i, uint64_t value)
{
	uint64_t *table = (uint64_t *)vs_table_at(root, a, 2);

	table[gva_at(i) >> 12 & 0x1ff] = value;
	now++;
	change(&vstage[root][a][i], value, gva_at(i), gva_at(i) | 4095);
}

/* Where who uses it thinks that table n is. */
static uint64_t table_gpa(unsigned int root, unsigned int a, unsigned int n)
{
	return root == ROOT_L1 ? L1_TABLE(a, n) : VS_TABLE_GPA(a, n);
}

void permitted_init(void)
{
	uint64_t pointer, *table;
	unsigned int root, a;

	for (root = 0; root <= ROOTS; root++) {
		for (a = 0; a < ASIDS; a++) {
			table = (uint64_t *)vs_table_at(root, a, 0);
			pointer = table_gpa(root, a, 1) >> 12 << 10 | V;
			table[gva_at(0) >> 30 & 0x1ff] = pointer;
			table = (uint64_t *)vs_table_at(root, a, 1);
			pointer = table_gpa(root, a, 2) >> 12 << 10 | V;
			table[gva_at(0) >> 21 & 0x1ff] = pointer;
		}
	}
}

/* ---- fences ---- */

static void fence_values(struct values *l, const struct fence *f, uint32_t mask, uint64_t began)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		struct value *v = &l->v[i];
		bool global = !f->gstage && !f->any_asid && (v->value & BIT64(5));

		if (v->gone && v->gone <= began && !global &&
		    (f->all || (v->first <= f->last && v->last >= f->first)))
			v->fenced |= mask;
	}
}

static void fence_root(const struct fence *f, unsigned int root, uint32_t mask, uint64_t began)
{
	unsigned int i, a;

	for (i = 0; f->gstage && i < GPAS; i++)
		fence_values(&gstage[root][i], f, mask, began);
	for (a = 0; !f->gstage && a < ASIDS; a++) {
		if (!f->any_asid && f->asid != a + 1)
			continue;
		for (i = 0; i < GVAS; i++)
			fence_values(&vstage[root][a][i], f, mask, began);
	}
}

void permitted_fence(const struct fence *f, uint64_t harts_done, uint64_t began)
{
	/* L1 itself has one VMID. */
	bool any_vmid = f->any_vmid || (f->one_root && f->root == ROOT_L1);
	uint32_t mask = 0;
	unsigned int i;

	for (i = 0; i < vmid_count(); i++) {
		if (any_vmid || i == f->vmid)
			mask |= harts_done << (8 * i);
	}
	if (f->one_root) {
		fence_root(f, f->root, mask, began);
		return;
	}
	for (i = 0; i < ROOTS; i++)
		fence_root(f, i, mask, began);
}

/* ---- the judge ---- */

static bool find_gstage(const struct values *l, uint64_t page, uint64_t perm, uint32_t bit)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		const struct value *v = &l->v[i];

		if (page_of(v->value) == page && !(perm & ~v->value & RWX) && !(v->fenced & bit))
			return true;
	}
	return false;
}

static void check_leaf(const struct hart *h, const struct tlb_gstage *e, unsigned int root,
		       unsigned int vmid)
{
	uint32_t bit = BIT64(vmid * 8 + h->index);
	unsigned int i;

	for (i = 0; i < GPAS; i++) {
		uint64_t page = tlb_pte_addr(e->pte) + (gpas[i] - e->gpa);
		bool fine;

		if (!tlb_covers(e->gpa, e->level, gpas[i]))
			continue;
		if (root == ROOT_L1)
			fine = page == gpas[i];
		else
			fine = find_gstage(&gstage[root][i], page, e->pte & RWX, bit);
		if (!fine || !is_owned(page))
			machine_fail("a G-stage entry that must not be: root %u, VMID %u, "
				     "gpa 0x%lx to 0x%lx, permissions %lx, level %u",
				     root, vmid, gpas[i], page, e->pte & RWX, e->level);
	}
}

/*
 * Neither L1 nor L2 changes henvcfg, so a guest finds only what was walked under its own henvcfg
 * (priv H "hgatp": what a switch of guests has to do between its writes of vsatp).
 */
static void check_envcfg(const struct hart *h, const struct tlb_vstage *e, unsigned int root,
			 unsigned int vmid)
{
	uint64_t envcfg = h->csr[HEXT_CSR_HENVCFG] & TLB_ENVCFG;

	if (e->envcfg != envcfg)
		machine_fail("a VS-stage entry of root %u, VMID %u, ASID %u, gva 0x%lx was walked "
			     "under henvcfg 0x%lx, and henvcfg is 0x%lx",
			     root, vmid, e->asid, e->gva, e->envcfg, envcfg);
}

static void check_vleaf(const struct hart *h, const struct tlb_vstage *e, unsigned int root,
			unsigned int vmid)
{
	uint32_t bit = BIT64((root == ROOT_L1 ? 0 : vmid) * 8 + h->index);
	unsigned int i, n;
	bool fine;

	check_envcfg(h, e, root, vmid);
	for (i = 0; i < GVAS; i++) {
		if (!tlb_covers(e->gva, e->level, gva_at(i)))
			continue;
		fine = false;
		if (e->asid >= 1 && e->asid <= ASIDS && e->level == 0) {
			const struct values *l = &vstage[root][e->asid - 1][i];

			for (n = 0; n < l->count; n++)
				fine |= l->v[n].value == e->pte && !(l->v[n].fenced & bit);
		}
		if (!fine)
			machine_fail(
				"a VS-stage entry that must not be: root %u, VMID %u, ASID %u, "
				"gva 0x%lx, PTE 0x%lx",
				root, vmid, e->asid, e->gva, e->pte);
	}
}

void permitted_check(const struct hart *h, unsigned int root, unsigned int vmid)
{
	const struct tlb_vmid *c = &h->tlb.vmid[tlb_vmid_of(h->csr[HEXT_CSR_HGATP])];
	unsigned int i;

	for (i = 0; i < c->leaves; i++)
		check_leaf(h, &c->leaf[i], root, vmid);
	for (i = 0; i < c->vleaves; i++)
		check_vleaf(h, &c->vleaf[i], root, vmid);
	for (i = 0; i < c->vtables; i++)
		check_envcfg(h, &c->vtable[i], root, vmid);
}
