/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks through a guest of this guest: L2 by SRET and by NACL. */
#include "hostile.h"

#define AREAS		4 /* for all harts, so some harts share one */
#define AREA_SIZE	0x3000
#define AREA_WORDS	(AREA_SIZE / 8)
#define WORD_AUTOSWAP	(0x200 / 8)
#define WORD_HFENCE	(0x800 / 8)
#define WORD_DIRTY	(0xf80 / 8)
#define WORD_CSR	(0x1000 / 8)
#define CSR_WORD(csr)	(WORD_CSR + ((csr)&0xc00) / 4 + ((csr)&0xff))
#define DIRTY_BIT(csr)	((csr)&0x3f)
#define DIRTY_WORD(csr) (WORD_DIRTY + (((csr)&0xc00) / 4 + ((csr)&0xff)) / 64)

static volatile uint64_t *area(unsigned int i)
{
	return (volatile uint64_t *)(ARENA + 0x100000 + i * AREA_SIZE);
}

void calm(struct hart *h)
{
	try_sbi3(h, EXT_NACL, 1, -1, -1, 0);
	csr_write(0x600, 0);
	csr_write(0x602, 0);
	csr_write(0x603, 0);
	csr_write(0x604, 0);
	csr_write(0x605, 0);
	csr_write(0x60a, 0);
	csr_write(0x645, 0);
	csr_write(0x280, 0);
	csr_write(0x200, 0);
	csr_write(0x205, (uintptr_t)l2_entry);
}

static uint64_t all_or_none(struct hart *h)
{
	return chance(h, 3) ? 0 : chance(h, 2) ? ~UINT64_C(0) : rnd(h);
}

static uint64_t random_vstvec(struct hart *h)
{
	return chance(h, 4) ? others_address(h) : (uintptr_t)l2_entry | chance(h, 4);
}

/* A value for a CSR of L2 that may be valid. */
static uint64_t csr_value(struct hart *h, unsigned int csr)
{
	switch (csr) {
	case 0x205:
		return random_vstvec(h);
	case 0x241:
		return (uintptr_t)l2_entry;
	case 0x280:
		return chance(h, 2) ? 0 : random_atp(h, false);
	case 0x680:
		return random_atp(h, true);
	case 0x600:
		return rnd(h) | HSTATUS_SPV | (chance(h, 2) ? HSTATUS_SPVP : 0);
	case 0x24d:
		return chance(h, 2) ? read_time() + below(h, 1000) : any_value(h);
	default:
		return chance(h, 2) ? all_or_none(h) : any_value(h);
	}
}

static void write_csrs(struct hart *h)
{
	csr_write(0x602, all_or_none(h));
	csr_write(0x603, all_or_none(h));
	csr_write(0x604, all_or_none(h));
	csr_write(0x645, chance(h, 2) ? 0 : rnd(h));
	csr_write(0x605, chance(h, 2) ? 0 : any_value(h));
	csr_write(0x606, all_or_none(h));
	csr_write(0x60a, all_or_none(h));
	csr_write(0x200, rnd(h));
	csr_write(0x204, all_or_none(h));
	csr_write(0x205, random_vstvec(h));
	csr_write(0x280, csr_value(h, 0x280));
	try_insn(h, 0x73 | 1 << 12 | 10 << 15 | UINT32_C(0x24d) << 20, csr_value(h, 0x24d), 0);
}

/* Fills x1 to x31 for L2. */
static void fill_registers(struct hart *h, uint64_t x[32], bool may_jump)
{
	unsigned int i;

	for (i = 1; i < 32; i++)
		x[i] = i >= 18 && i <= 25 ? store_address(h) : any_value(h);
	if (chance(h, 2))
		x[18] = ARENA + below(h, ARENA_SIZE);
	x[9] = chance(h, 2) ? ARENA + (below(h, ARENA_SIZE) & ~UINT64_C(1)) : load_address(h);
	x[27] = rnd(h) | 1;
	x[31] = may_jump ? L2_MAY_JUMP : 0;
}

/* Enters VS-mode or user mode, until any trap. */
static void enter(struct hart *h, uint64_t how, uint64_t x[32])
{
	bool user = chance(h, 8);
	uint64_t status = (rnd(h) & (SSTATUS_SPIE | SSTATUS_SUM | SSTATUS_MXR)) | SSTATUS_SPP;

	status &= user ? ~SSTATUS_SPP : ~UINT64_C(0);
	__asm__ volatile("csrc sstatus, %0"
			 :
			 : "r"(SSTATUS_SPIE | SSTATUS_SUM | SSTATUS_MXR | SSTATUS_SPP));
	__asm__ volatile("csrs sstatus, %0" : : "r"(status));
	arm_timer(h, 200 + below(h, chance(h, 8) ? 20000 : 4000));
	hostile_run(h, how, user ? (uintptr_t)l2_user : (uintptr_t)l2_entry, x);
	if (csr_read(0x600) & HSTATUS_SPV)
		h->l2_entries++;
}

void attack_l2(struct hart *h)
{
	uint64_t x[32];
	uint64_t hgatp = random_atp(h, true);
	bool wild = chance(h, 4);
	unsigned int i;

	if (!wild || chance(h, 2))
		try_sbi3(h, EXT_NACL, 1, -1, -1, 0);
	write_csrs(h);
	for (i = 0; i < 4; i++) {
		if (chance(h, 4))
			write_csrs(h);
		if (!wild) {
			/* This hart's tables map L2's code. vsatp is 0 only if L2 may not jump. */
			hgatp = (uint64_t)gstage_mode(h) << 60 | below(h, 64) << 44 |
				arena_tables(h->id) >> 12;
			csr_write(0x280, chance(h, 2)
						 ? 0
						 : UINT64_C(8) << 60 |
							   (arena_tables(h->id) + 0xc000) >> 12);
		}
		scribble_tables(h, hgatp >> 60);
		csr_write(0x680, hgatp);
		csr_write(0x600, csr_value(h, 0x600));
		if (chance(h, 2))
			try_insn(h, INSN_FENCE(chance(h, 2) ? 0x31 : 0x11) & ~(0x3ffu << 15), 0, 0);
		fill_registers(h, x, !wild);
		enter(h, RUN_SRET, x);
	}
}

/* Writes words of an area: single ones, with their dirty bits, or a whole fence. */
static void scribble_area(struct hart *h, volatile uint64_t *a)
{
	static const uint16_t csrs[] = {
		0x200, 0x204, 0x205, 0x241, 0x24d, 0x280, 0x600, 0x602, 0x603,
		0x604, 0x605, 0x606, 0x60a, 0x644, 0x645, 0x680, 0x244,
	};
	unsigned int csr, i;

	switch (below(h, 5)) {
	case 0:
		csr = csrs[below(h, sizeof(csrs) / sizeof(csrs[0]))];
		a[CSR_WORD(csr)] = csr_value(h, csr);
		__atomic_fetch_or(&a[DIRTY_WORD(csr)], UINT64_C(1) << DIRTY_BIT(csr),
				  __ATOMIC_RELEASE);
		break;
	case 1:
		a[WORD_DIRTY + below(h, 16)] = all_or_none(h);
		break;
	case 2:
		i = WORD_HFENCE + below(h, 60) * 4;
		a[i + 1] = any_value(h);
		a[i + 2] = chance(h, 8) ? rnd(h) : 0;
		a[i + 3] = any_value(h);
		a[i] = UINT64_C(1) << 63 | below(h, chance(h, 8) ? 16 : 8) << 56 |
		       below(h, chance(h, 8) ? 128 : 2) << 48 | below(h, 64) << 16 | below(h, 4);
		break;
	case 3:
		a[WORD_AUTOSWAP] = rnd(h);
		a[WORD_AUTOSWAP + 1] = csr_value(h, 0x600);
		break;
	default:
		a[below(h, AREA_WORDS)] = any_value(h);
		break;
	}
}

/* Calls set_shmem with an address at which no area can be. */
static void refused_area(struct hart *h)
{
	uint64_t addr = chance(h, 2) ? hostile_home - (1 + below(h, 2)) * 0x1000
				     : others_address(h) & ~UINT64_C(0xfff);
	int64_t error = try_sbi3(h, EXT_NACL, 1, addr, 0, 0);

	if (error >= 0 || h->cause != CAUSE_BREAKPOINT)
		hostile_fail("nacl: an area at 0x%lx: error %ld", (unsigned long)addr, (long)error);
}

static void nacl_enter(struct hart *h, volatile uint64_t *a)
{
	uint64_t x[32];
	unsigned int i;

	fill_registers(h, x, false);
	for (i = 1; i < 32; i++)
		a[i] = x[i];
	csr_write(0x600, csr_value(h, 0x600));
	x[10] = any_value(h);
	x[16] = 4;
	x[17] = EXT_NACL;
	enter(h, chance(h, 3) ? RUN_SRET : RUN_SBI, x);
}

void attack_nacl(struct hart *h)
{
	volatile uint64_t *a = area(below(h, AREAS));
	unsigned int i;

	if (chance(h, 2))
		try_sbi3(h, EXT_NACL, 1, (uintptr_t)a, 0, chance(h, 16));
	else if (chance(h, 4))
		try_sbi3(h, EXT_NACL, 1, any_value(h) & ~UINT64_C(0xfff), any_value(h), 0);
	if (chance(h, 4))
		write_csrs(h);
	scribble_tables(h, 8);
	csr_write(0x680, chance(h, 4) ? random_atp(h, true)
				      : UINT64_C(8) << 60 | arena_tables(h->id) >> 12);
	for (i = below(h, 24); i; i--)
		scribble_area(h, chance(h, 4) ? area(below(h, AREAS)) : a);
	switch (below(h, 8)) {
	case 0:
		try_sbi3(h, EXT_NACL, 0, any_value(h), 0, 0);
		refused_area(h);
		break;
	case 1:
		try_sbi3(h, EXT_NACL, 2, chance(h, 2) ? (uint64_t)-1 : below(h, 4096), 0, 0);
		break;
	case 2:
		try_sbi3(h, EXT_NACL, 3, chance(h, 2) ? (uint64_t)-1 : below(h, 64), 0, 0);
		break;
	default:
		nacl_enter(h, a);
		break;
	}
}
