/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "conformance.h"
#include "tables.h"

#define POOL_PAGES 64

struct pool {
	uint64_t page[POOL_PAGES][512];
	unsigned int used;
} __attribute__((aligned(16384)));

static struct pool pools[2]; /* one for each of two harts */
uint64_t data_pages[DATA_PAGES][512] __attribute__((aligned(4096)));

static struct pool *pool(void)
{
	return &pools[me->id & 1];
}

uint64_t tables_start(void)
{
	return (uintptr_t)pool()->page;
}

uint64_t tables_size(void)
{
	return sizeof(pools[0].page);
}

void tables_reset(void)
{
	struct pool *p = pool();
	unsigned int page, i;

	memset(p->page, 0, p->used * PAGE);
	p->used = 0;
	for (page = 0; page < DATA_PAGES; page++) {
		for (i = 0; i < 4; i++) {
			data_pages[page][i] = DATA_WORD(page, i);
			data_pages[page][511 - i] = DATA_WORD(page, 15 - i);
		}
	}
}

uint64_t *new_table(unsigned int pages)
{
	struct pool *p = pool();
	uint64_t *table;

	if (pages > 1)
		p->used = (p->used + pages - 1) / pages * pages;
	if (p->used + pages > POOL_PAGES)
		bail("out of tables");
	table = p->page[p->used];
	p->used += pages;
	return table;
}

struct stage new_stage(enum atp_mode mode, bool guest)
{
	return (struct stage){ mode, guest, new_table(guest ? 4 : 1) };
}

uint64_t page_size(unsigned int level)
{
	return PAGE << 9 * level;
}

uint64_t *pte_of(struct stage *s, uint64_t addr, unsigned int level)
{
	unsigned int at = LEVELS(s->mode) - 1;
	uint64_t index = addr >> (12 + 9 * at) & (s->guest ? 2047 : 511);
	uint64_t *entry = &s->root[index];

	for (; at > level; at--) {
		if (!*entry)
			*entry = PPN((uintptr_t)new_table(1)) | PTE_V;
		entry = (uint64_t *)(*entry >> 10 << 12);
		entry += addr >> (12 + 9 * (at - 1)) & 511;
	}
	return entry;
}

void map(struct stage *s, uint64_t addr, uint64_t target, unsigned int level, uint64_t flags)
{
	*pte_of(s, addr, level) = PPN(target & ~(page_size(level) - 1)) | flags;
}

/* Maps pages of 2 MiB up to the end of the program. */
void map_image(struct stage *g)
{
	extern uint8_t _start[], _end[];
	uint64_t addr = (uintptr_t)_start & ~(page_size(1) - 1);

	for (; addr < (uintptr_t)_end; addr += page_size(1))
		map(g, addr, addr, 1, PTE_PAGE);
}

void map_code(struct stage *vs, uint64_t flags)
{
	map(vs, CODE_VA, (uintptr_t)code_page(), 0, PTE_RWX | flags);
	map(vs, VEC_VA, (uintptr_t)vs_vector, 0, PTE_RWX);
}

uint64_t atp(const struct stage *s, uint64_t id)
{
	return s ? (uint64_t)s->mode << 60 | id << 44 | (uintptr_t)s->root >> 12 : 0;
}

void use_stages(const struct stage *vs, const struct stage *g)
{
	h_write(CSR_HGATP, atp(g, 0));
	h_write(CSR_VSATP, atp(vs, 0));
	h_write(CSR_VSTVEC, vs ? VEC_VA : (uintptr_t)vs_vector);
	h_fence(GVMA_ALL, 0, 0, 0);
	h_fence(VVMA_ALL, 0, 0, 0);
}

void scene_make(struct scene *s, enum atp_mode vs, enum atp_mode g, enum mode mode)
{
	const uint64_t user = IS_USER(mode) ? PTE_U : 0;
	unsigned int i;

	tables_reset();
	s->mode = mode;
	s->vs.mode = vs;
	s->g.mode = g;
	if (g != BARE) {
		s->g = new_stage(g, true);
		map_image(&s->g);
	}
	if (vs != BARE) {
		s->vs = new_stage(vs, false);
		map_code(&s->vs, user);
	}
	for (i = 0; i < DATA_PAGES; i++) {
		uint64_t pa = (uintptr_t)data_pages[i];
		uint64_t gpa = g != BARE ? DATA_GPA + i * PAGE : pa;

		if (g != BARE)
			map(&s->g, gpa, pa, 0, PTE_PAGE);
		if (vs != BARE)
			map(&s->vs, DATA_VA + i * PAGE, gpa, 0, PTE_RWX | user);
	}
}

void scene_use(const struct scene *s)
{
	use_stages(s->vs.mode != BARE ? &s->vs : NULL, s->g.mode != BARE ? &s->g : NULL);
}

uint64_t scene_data(const struct scene *s)
{
	if (s->vs.mode != BARE)
		return DATA_VA;
	return s->g.mode != BARE ? DATA_GPA : (uintptr_t)data_pages;
}

uint64_t scene_code(const struct scene *s)
{
	return s->vs.mode != BARE ? CODE_VA : (uintptr_t)code_page();
}

void scene_try(const struct scene *s, uint32_t insn, uint64_t a0, uint64_t a1)
{
	try_at(s->mode, scene_code(s), insn, a0, a1, 0);
}

bool has_mode(bool guest, enum atp_mode mode)
{
	unsigned int csr = guest ? CSR_HGATP : CSR_VSATP;
	bool has;

	h_write(csr, 0);
	h_settle();
	h_write(csr, (uint64_t)mode << 60);
	has = h_read(csr) >> 60 == (uint64_t)mode;
	h_write(csr, 0);
	return has;
}

const char *mode_text(enum atp_mode mode, bool guest)
{
	static const char *const names[2][3] = { { "sv39", "sv48", "sv57" },
						 { "sv39x4", "sv48x4", "sv57x4" } };

	return mode == BARE ? "bare" : names[guest][mode - M39];
}
