/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shown: compose() of src/hext/shadow_fill.c makes no leaf outside the memory that the domain
 *   gives, and none with a permission that L1 or the domain does not give; the leaf allows the
 *   access, W comes with D, A and U are set, PBMT is L1's, the page is aligned and no larger than
 *   those of both stages, and RSW tells fences how much larger L1's leaf is
 * Bounds: any leaf of L1 as page shows it, or Bare; any address, access and mode of the shadow; any
 *   page of the domain, and any piece of RAM below 2^56
 * Not shown: the walk that gave L1's leaf; that the domain's page is the right one; the entry
 *   where the leaf is stored
 * Sources: hext/shadow_fill.c
 * Options: --unwind 5
 */
#include "proof.h"

/* Locks are free: the proof calls compose() alone. */
#define __atomic_exchange_n(place, value, order) 0

#include "hext/shadow_fill.c"

/* What the domain maps at the address. Its pages need not be aligned like those of the guest. */
static struct hext_host_page given;
static bool mapped;

static bool domain_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	(void)ctx;
	given.hpa.addr = (given.hpa.addr & ~(PAGE_SIZE - 1)) | (addr.addr & (PAGE_SIZE - 1));
	*page = given;
	return mapped;
}

void proof(void)
{
	const struct hext_ops ops = { .host_page = domain_page };
	struct hext_config c;
	struct hext_hart h;
	struct hext_shadow_pool pool;
	struct hext_shadow s;
	struct hext_page page;
	struct hext_gaccess access;
	struct shadow_leaf leaf;
	const gpa_t gpa = any_u64();
	unsigned int l1_level, larger;
	uint64_t span, host;
	bool r, w, x, in_ram, bare;

	proof_any(c);
	proof_any(h);
	proof_any(pool);
	proof_any(s);
	proof_any(page);
	proof_any(access);
	h.cfg = &c;
	h.ops = &ops;
	pool.cfg = &c;
	proof_assume(s.levels >= 3 && s.levels <= 5 && s.gpa_bits <= 59);
	proof_assume(access.access <= HEXT_EXEC);
	/* L1's leaf: the offset in the page is that of the address. */
	proof_assume(page.level <= 4 && page.pbmt <= 2 && (!page.napot || !page.level));
	proof_assume(!((page.pa.addr ^ gpa) & (pte_span(page.level) - 1)));
	/* The piece of RAM, and what the domain maps elsewhere. */
	proof_assume(!((c.ram_start | c.ram_size | c.ram_hpa.addr) & (PAGE_SIZE - 1)));
	proof_assume(c.ram_start < UINT64_C(1) << 55 && c.ram_size < UINT64_C(1) << 55);
	proof_assume(c.ram_hpa.addr < UINT64_C(1) << 55);
	given.hpa.addr = any_to((UINT64_C(1) << 56) - 1);
	given.level = any_to(4);
	given.r = any_bool();
	given.w = any_bool();
	given.x = any_bool();
	mapped = any_bool();

	in_ram = page.pa.addr - c.ram_start < c.ram_size && !page.level;
	if (!compose(&pool, &s, &h, gpa, &access, &page, &leaf))
		return;
	proof_reached("a leaf");
	proof_assert(!(gpa >> s.gpa_bits), "the shadow is for the address");
	proof_assert(in_ram || mapped, "the domain has the page");
	host = in_ram ? c.ram_hpa.addr + (page.pa.addr - c.ram_start) : given.hpa.addr;
	r = page.r && (in_ram || given.r);
	w = page.w && (in_ram || given.w);
	x = page.x && (in_ram || given.x);
	proof_assert(r || !(leaf.pte & PTE_R), "R of both");
	proof_assert((r && w) || !(leaf.pte & PTE_W), "W of both, and never without R");
	proof_assert(x || !(leaf.pte & PTE_X), "X of both");
	proof_assert(!(leaf.pte & PTE_W) == !(leaf.pte & PTE_D), "D where a store is allowed");
	proof_assert((leaf.pte & (PTE_V | PTE_U | PTE_A)) == (PTE_V | PTE_U | PTE_A), "V, U, A");
	proof_assert(!(leaf.pte & (PTE_G | PTE_RESERVED | PTE_N)), "nothing else");
	proof_assert((leaf.pte & PTE_PBMT) >> 61 == (c.svpbmt ? page.pbmt : 0), "L1's memory type");
	proof_assert(access.access != HEXT_READ || (leaf.pte & PTE_R) ||
			     (access.mxr && (leaf.pte & PTE_X)),
		     "a load is allowed");
	proof_assert(access.access != HEXT_WRITE || (leaf.pte & PTE_W), "a store is allowed");
	proof_assert(access.access != HEXT_EXEC || (leaf.pte & PTE_X), "a fetch is allowed");
	proof_assert(leaf.level < s.levels && leaf.level <= page.level, "no larger than L1's page");
	proof_assert(leaf.level <= (in_ram ? 0 : given.level), "no larger than the domain's page");
	bare = !(s.hgatp >> 60);
	l1_level = page.napot ? 1 : page.level;
	larger = bare ? 0 : l1_level - leaf.level;
	proof_assert(leaf.l1_level == leaf.level + larger, "the level of L1's leaf");
	proof_assert((leaf.pte >> 8 & 3) == (larger < 3 ? larger : 3), "RSW");
	span = pte_span(leaf.level);
	proof_assert(!(pte_addr(leaf.pte) & (span - 1)), "an aligned page");
	proof_assert((pte_addr(leaf.pte) | (gpa & (span - 1))) == host, "the byte of both stages");
}
