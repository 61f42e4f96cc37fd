/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain for tests of src/hext: some RAM with contents, in which L1's page tables lie, and memory
 * that only hext_ops.host_page() knows. Include it in one file of a test.
 */
#ifndef TESTS_FAKE_L1_H
#define TESTS_FAKE_L1_H

#include <string.h>

#include "hext/bits.h"
#include "hext/hext.h"
#include "hext/pte.h"

#define FAKE_RAM      UINT64_C(0x80000000)
#define FAKE_PAGES    512
#define FAKE_RAM_SIZE (FAKE_PAGES * UINT64_C(4096))
/* Nothing is there. */
#define FAKE_HOLE UINT64_C(0x10000000)

struct fake_region {
	uint64_t pa, size, hpa;
	unsigned int level; /* largest page */
	bool r, w, x;
};

static struct {
	_Alignas(16384) uint8_t ram[FAKE_RAM_SIZE];
	unsigned int next_page;
	struct fake_region region[8];
	unsigned int regions;
	unsigned int reads, writes;
	bool read_only; /* writes and swaps fail */
	void (*before_read)(uint64_t pa);
	void (*before_cas)(uint64_t pa);
	uint64_t time;
} fake;

static void *fake_at(uint64_t addr, unsigned int size)
{
	if (addr < FAKE_RAM || addr - FAKE_RAM > FAKE_RAM_SIZE - size || addr % size)
		return NULL;
	return fake.ram + (addr - FAKE_RAM);
}

static bool fake_read(void *ctx, pa_t addr, void *buf, unsigned int size)
{
	void *p = fake_at(addr.addr, size);

	(void)ctx;
	fake.reads++;
	if (fake.before_read)
		fake.before_read(addr.addr);
	if (p)
		memcpy(buf, p, size);
	return p;
}

static bool fake_write(void *ctx, pa_t addr, const void *buf, unsigned int size)
{
	void *p = fake.read_only ? NULL : fake_at(addr.addr, size);

	(void)ctx;
	fake.writes++;
	if (p)
		memcpy(p, buf, size);
	return p;
}

static bool fake_cas64(void *ctx, pa_t addr, uint64_t old, uint64_t desired)
{
	uint64_t *p = fake.read_only ? NULL : fake_at(addr.addr, 8);

	(void)ctx;
	if (fake.before_cas)
		fake.before_cas(addr.addr);
	if (!p || *p != old)
		return false;
	*p = desired;
	return true;
}

static bool fake_host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	unsigned int i, level;

	(void)ctx;
	for (i = 0; i < fake.regions; i++) {
		const struct fake_region *g = &fake.region[i];
		uint64_t offset = addr.addr - g->pa;

		if (addr.addr < g->pa || offset >= g->size)
			continue;
		/*
		 * The largest page that lies in the region whole, at the same offset in both
		 * spaces.
		 */
		for (level = g->level; level; level--) {
			uint64_t mask = (UINT64_C(4096) << (9 * level)) - 1;
			uint64_t first = addr.addr & ~mask;

			if (!((g->pa ^ g->hpa) & mask) && first >= g->pa &&
			    first + mask < g->pa + g->size)
				break;
		}
		*page = (struct hext_host_page){
			.hpa = hpa(g->hpa + offset),
			.level = level,
			.r = g->r,
			.w = g->w,
			.x = g->x,
		};
		return true;
	}
	return false;
}

/* All that the fake has is RAM. */
static bool fake_read_pte(void *ctx, pa_t addr, uint64_t *pte)
{
	return fake_read(ctx, addr, pte, sizeof(*pte));
}

static uint64_t fake_time(void *ctx)
{
	(void)ctx;
	return fake.time;
}

static const struct hext_ops fake_ops = {
	.read = fake_read,
	.write = fake_write,
	.read_pte = fake_read_pte,
	.cas64 = fake_cas64,
	.host_page = fake_host_page,
	.time = fake_time,
};

static inline void fake_add_region(struct fake_region region)
{
	fake.region[fake.regions++] = region;
}

static inline void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake_add_region((struct fake_region){ FAKE_RAM, FAKE_RAM_SIZE, FAKE_RAM + BIT64(40), 0,
					      true, true, true });
}

/* @count zeroed pages, aligned to their size (a power of two); their address. */
static inline uint64_t fake_alloc(unsigned int count)
{
	unsigned int page = (fake.next_page + count - 1) & ~(count - 1);

	fake.next_page = page + count;
	if (fake.next_page > FAKE_PAGES)
		__builtin_trap();
	memset(fake.ram + page * 4096, 0, count * 4096);
	return FAKE_RAM + page * UINT64_C(4096);
}

static inline uint64_t *fake_pte(uint64_t pa)
{
	return fake_at(pa, 8);
}

static inline uint64_t fake_make_pte(uint64_t addr, uint64_t flags)
{
	return (addr >> 12) << PTE_PPN_SHIFT | flags;
}

#define FAKE_LEAF (PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D)

/* An empty table for @mode; hgatp for it, or with a @vmid of 0 vsatp (whose root may be larger). */
static inline uint64_t fake_atp(uint64_t mode, uint64_t vmid)
{
	return mode << ATP_MODE_SHIFT | vmid << HGATP_VMID_SHIFT | fake_alloc(4) >> 12;
}

/*
 * Where the PTE of @level for @addr is in the table of @atp. Tables above are made. @translate: of
 * a table's address (a gpa, for vsatp) to where it is; NULL for hgatp.
 */
static inline uint64_t *fake_slot(uint64_t atp, uint64_t addr, unsigned int level)
{
	unsigned int at = (atp >> ATP_MODE_SHIFT) - 5 - 1;
	uint64_t table = (atp & ATP_PPN) << 12;
	uint64_t mask = 0x7ff;

	for (;; at--) {
		uint64_t *pte = fake_pte(table + 8 * ((addr >> (12 + 9 * at)) & mask));

		if (at == level)
			return pte;
		if (!(*pte & PTE_V) || (*pte & (PTE_R | PTE_X)))
			*pte = fake_make_pte(fake_alloc(1), PTE_V);
		table = ((*pte & PTE_PPN) >> PTE_PPN_SHIFT) << 12;
		mask = 0x1ff;
	}
}

static inline uint64_t *fake_map(uint64_t atp, uint64_t addr, uint64_t to, unsigned int level,
				 uint64_t flags)
{
	uint64_t *pte = fake_slot(atp, addr, level);

	*pte = fake_make_pte(to, flags);
	return pte;
}

#endif
