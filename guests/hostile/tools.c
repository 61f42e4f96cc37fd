/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers and addresses, and single actions that may trap. */
#include "guest.h"
#include "hostile.h"

#define BLOCK	    UINT64_C(0x200000)
#define LOW30	    UINT64_C(0x3fffffff)
#define FENCE_I	    __asm__ volatile("fence.i" : : : "memory")
#define INSN_EBREAK 0x00100073

uint64_t hostile_home;
static bool has_files; /* guest interrupt files */
static bool sstc;
/* An instruction to be tried, and EBREAK; one page per hart, as emulators watch pages with code. */
static volatile uint32_t try_code[HOSTILE_HARTS][PAGE / 4] __attribute__((aligned(4096)));

uint64_t rnd(struct hart *h)
{
	uint64_t x = h->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	h->random = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t below(struct hart *h, uint64_t n)
{
	return (rnd(h) >> 16) % n;
}

bool chance(struct hart *h, unsigned int one_in)
{
	return !below(h, one_in);
}

uint64_t read_time(void)
{
	uint64_t time;

	__asm__ volatile("csrr %0, time" : "=r"(time));
	return time;
}

bool has_sstc(void)
{
	return sstc;
}

/*
 * Moves an address off the image in its lower 30 bits, with room for offsets, and off harmful
 * devices.
 */
static uint64_t tame(uint64_t addr)
{
	uint64_t low = addr & LOW30;

	if (low >= UINT64_C(0x180000) && low < UINT64_C(0x480000))
		addr += UINT64_C(0x4000000);
	return addr >= UINT64_C(0x2000000) && addr < FIRMWARE ? addr | UINT64_C(1) << 40 : addr;
}

uint64_t others_address(struct hart *h)
{
	uint64_t home_size = RAM_END - hostile_home;

	/* Interrupt files of the hypervisor and of M-mode; this guest's is a guest file. */
	if (has_files && chance(h, 8))
		return chance(h, 2) ? IMSIC + below(h, PAGE - 8) : IMSIC_M + below(h, PAGE - 8);
	switch (below(h, 6)) {
	case 0:
		return hostile_home + below(h, home_size - 64);
	case 1:
		return hostile_home + (below(h, home_size) & ~UINT64_C(7));
	case 2:
		return hostile_home + below(h, 0x40000);
	case 3:
		return hostile_home;
	case 4:
		return RAM_END - 8;
	default:
		return FIRMWARE + below(h, 0x40000);
	}
}

uint64_t store_address(struct hart *h)
{
	static const uint64_t fixed[] = {
		0,
		-8,
		-1,
		UINT64_C(1) << 40,
		UINT64_C(1) << 56,
		UINT64_C(1) << 63,
		NOWHERE,
		RAM_END,
		RAM_END - 8,
		RTC,
		RTC + 0x7fc,
		PLIC + 0x5ffffc,
		PLIC + 0x600000,
		UINT64_C(0xffffffc000000000),
		UINT64_C(0x4000000000) - 4,
		UINT64_C(0x20000000000) - 8,
	};

	switch (below(h, 10)) {
	case 0:
	case 1:
		return ARENA + (below(h, ARENA_SIZE) & ~UINT64_C(7));
	case 2:
		return ARENA + below(h, ARENA_SIZE);
	case 3: /* across the end of a page */
		return ARENA + below(h, ARENA_SIZE / PAGE) * PAGE + PAGE - 1 - below(h, 8);
	case 4:
	case 5:
		return others_address(h);
	case 6: /* from the guest's last page into the next one */
		return hostile_home - below(h, 16);
	case 7:
		return PLIC + below(h, 0x1000) * 4 + (chance(h, 2) ? 0x200000 : 0) +
		       (chance(h, 8) ? below(h, 4) : 0);
	case 8:
		return fixed[below(h, sizeof(fixed) / sizeof(fixed[0]))];
	default:
		return tame(rnd(h) >> below(h, 40));
	}
}

uint64_t load_address(struct hart *h)
{
	static const uint64_t devices[] = {
		UART + 5,   UART + 0x800, UART,	     0x10001000, 0x10008ffc, 0x10100000, 0x20000000,
		0x30000000, 0x100000,	  0x2000000, 0x200bff8,	 0x40000000, RTC,	 IMAGE,
	};

	if (chance(h, 5))
		return devices[below(h, sizeof(devices) / sizeof(devices[0]))] + below(h, 2) * 4;
	return store_address(h);
}

uint64_t any_value(struct hart *h)
{
	switch (below(h, 8)) {
	case 0:
		return 0;
	case 1:
		return -1;
	case 2:
		return UINT64_C(1) << below(h, 64);
	case 3:
		return below(h, 16);
	case 4:
	case 5:
		return store_address(h);
	case 6:
		return rnd(h) & rnd(h);
	default:
		return tame(rnd(h));
	}
}

void arm_timer(struct hart *h, uint64_t ticks)
{
	uint64_t when = read_time() + ticks;

	if (sstc && h->random & 64)
		csr_write(0x14d, when);
	else
		guest_sbi(EXT_TIME, 0, when, 0, 0, 0, 0);
}

uint64_t try_insn(struct hart *h, uint32_t insn, uint64_t a0, uint64_t a1)
{
	uint64_t x[32] = { [10] = a0, [11] = a1 };

	try_code[h->id][0] = insn;
	try_code[h->id][1] = INSN_EBREAK;
	FENCE_I;
	hostile_run(h, RUN_CALL, (uintptr_t)try_code[h->id], x);
	return h->cause;
}

int64_t try_sbi(struct hart *h, uint64_t extension, uint64_t function, const uint64_t args[6])
{
	uint64_t x[32] = {
		[10] = args[0], [11] = args[1], [12] = args[2],	 [13] = args[3],
		[14] = args[4], [15] = args[5], [16] = function, [17] = extension,
	};

	hostile_run(h, RUN_SBI, (uintptr_t)l2_entry, x);
	return h->cause == CAUSE_BREAKPOINT ? (int64_t)h->a0 : -100;
}

int64_t try_sbi3(struct hart *h, uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
		 uint64_t a2)
{
	const uint64_t args[6] = { a0, a1, a2 };

	return try_sbi(h, extension, function, args);
}

void tools_init(struct hart *h)
{
	uint64_t *word;

	/* csrr a0, stimecmp */
	sstc = try_insn(h, 0x73 | 2 << 12 | 10 << 7 | UINT32_C(0x14d) << 20, 0, 0) ==
	       CAUSE_BREAKPOINT;
	/* hgeie */
	has_files = try_insn(h, CSRRW(0x607), -1, 0) == CAUSE_BREAKPOINT &&
		    try_insn(h, CSRRW(0x607), 0, 0) == CAUSE_BREAKPOINT && h->a0;
	for (hostile_home = IMAGE + BLOCK; hostile_home < RAM_END; hostile_home += BLOCK) {
		if (try_insn(h, INSN_LOAD(3), hostile_home, 0) != CAUSE_BREAKPOINT)
			break;
	}
	for (word = (uint64_t *)ARENA; word < (uint64_t *)(ARENA + ARENA_SIZE); word++)
		*word = chance(h, 4) ? random_pte(h) : tame(rnd(h));
}
