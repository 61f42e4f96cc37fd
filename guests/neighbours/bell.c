/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two domains, side 0 and side 1 of one shared memory, exchange words and ring each other. Each
 * says in @step how far it is. Side 1 resets itself once; side 0 has a note of that in @boots.
 */
#include <libfdt.h>
#include <string.h>

#include "bell.h"
#include "csr.h"
#include "guest.h"
#include "irq.h"

#define ROUNDS	   200
#define FLOOD	   5000
#define FLOOD_MOST 500 /* exits of the domain that is rung, all of them for other reasons */
#define SECOND	   UINT64_C(10000000)
#define A_WHILE	   (SECOND / 100)

#define PMU_SNAPSHOT 7

/* What both sides have in the memory. */
struct board {
	volatile uint64_t step[2], data[2], boots;
};

static struct board *board;
static uint64_t memory_size;
static volatile uint32_t *bell; /* ring, rung */
static unsigned int side, source;
static uint64_t late; /* rings that did not come, or that came from nobody */

static uint64_t pattern(unsigned int from, uint64_t round)
{
	return round * UINT64_C(0x9e3779b97f4a7c15) + from;
}

static void ring(uint32_t sides)
{
	__asm__ volatile("fence" ::: "memory");
	bell[0] = sides;
}

/* Wait for a ring of the other side by its interrupt. */
static void wait_for_ring(void)
{
	unsigned int got = irq_wait(20 * SECOND);

	late += got != source || bell[1] != 1u << !side;
	irq_complete(got);
	__asm__ volatile("fence" ::: "memory");
}

static bool is_silent(void)
{
	unsigned int got = irq_wait(A_WHILE);
	uint32_t rung = bell[1];

	if (got)
		irq_complete(got);
	return !got && !rung;
}

static void reach(uint64_t step)
{
	__asm__ volatile("fence" ::: "memory");
	board->step[side] = step;
}

static void wait_for(uint64_t step)
{
	while (board->step[!side] < step)
		;
	__asm__ volatile("fence" ::: "memory");
}

/* Side 0 begins each round. */
static void exchange(uint64_t rounds)
{
	uint64_t round, wrong = 0;

	late = 0;
	for (round = 1; round <= rounds; round++) {
		if (side)
			wait_for_ring();
		if (side)
			wrong += board->data[0] != pattern(0, round);
		board->data[side] = pattern(side, round);
		ring(1u << !side);
		if (!side)
			wait_for_ring();
		if (!side)
			wrong += board->data[1] != pattern(1, round);
	}
	guest_check("words of the other side that are wrong", wrong, 0);
	guest_check("rings that are late or from nobody", late, 0);
}

static uint64_t nonzero(void)
{
	const uint64_t *word = (const uint64_t *)board;
	uint64_t i, count = 0;

	for (i = 0; i < memory_size / sizeof(*word); i++)
		count += word[i] != 0;
	return count;
}

static int64_t error_of_call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1)
{
	return guest_sbi(extension, function, a0, a1, 0, 0, 0).error;
}

/* A root of a G-stage table in the shared memory, and an access that walks it. */
static uint64_t walk_in_memory(void)
{
	uint64_t root = ((uint64_t)board + 0x3fff) & ~UINT64_C(0x3fff), cause;
	uint64_t *table = (uint64_t *)root;

	/* A leaf for all that is below 1 GiB. */
	table[0] = 0xdf;
	csr_write(CSR_HGATP, UINT64_C(8) << 60 | root >> 12);
	cause = guest_try_hlv(0x1000);
	csr_write(CSR_HGATP, 0);
	table[0] = 0;
	return cause;
}

/* Halite takes nothing from the memory: the other side could change it at any moment. */
static void use_as_ram(uint64_t hartid)
{
	uint64_t at = (uint64_t)board;

	guest_check("shared: code", guest_try_jump(at), 1);
	guest_check("shared: a load by HLV", guest_try_hlv(at), -1);
	guest_check("shared: a G-stage table", walk_in_memory(), 5);
	guest_check("shared: a buffer of the console", error_of_call(EXT_DBCN, 0, 8, at), -3);
	guest_check("shared: the shared area of NACL", error_of_call(EXT_NACL, 1, at, 0), -5);
	guest_check("shared: the snapshot of PMU", error_of_call(EXT_PMU, PMU_SNAPSHOT, at, 0), -5);
	guest_check("shared: where a hart starts", error_of_call(EXT_HSM, 0, hartid, at), -5);
	guest_check("doorbell: code", guest_try_jump((uint64_t)bell), 1);
	guest_check("doorbell: a load of 8 bytes", guest_try_hlv((uint64_t)bell), 5);
	guest_check("doorbell: a store in two registers", guest_try_store((uint64_t)bell + 2), 7);
	guest_check("doorbell: a load behind the page", guest_try_load((uint64_t)bell + 4096), 5);
	guest_check("doorbell: its other registers", bell[0] | bell[2] | bell[1023], 0);
}

/* A guest of this guest stores L2_WORD to *l2_word, and rings side 1 at *l2_bell. */
#define L2_WORD 77
volatile uint64_t *l2_word;
volatile uint32_t *l2_bell;
void l2_rings(void);
__asm__(".text\n"
	".balign 4\n"
	"l2_rings:\n"
	"	la t6, l2_word\n"
	"	ld t6, (t6)\n"
	"	li t5, 77\n"
	"	sd t5, (t6)\n"
	"	la t6, l2_bell\n"
	"	ld t6, (t6)\n"
	"	li t5, 2\n"
	"	sw t5, (t6)\n"
	"	ecall\n");

/* Its G-stage maps the GiB of RAM, shared memory and doorbell to itself. */
static void ring_as_l2(void)
{
	static _Alignas(0x4000) volatile uint64_t table[2048];
	uint64_t gib = (uint64_t)board >> 30;

	l2_word = &board->data[0];
	l2_bell = bell;
	table[gib] = gib << 28 | 0xdf;
	csr_write(CSR_HGATP, UINT64_C(8) << 60 | (uint64_t)table >> 12);
	guest_check("a guest of this guest rings", guest_run_l2(l2_rings), 10);
	csr_write(CSR_HGATP, 0);
}

/* The side rings itself, and sides that do not exist. */
static void ring_nobody(void)
{
	ring(~UINT32_C(0) & ~(1u << !side));
	bell[1] = bell[2] = ~UINT32_C(0);
	guest_check("a ring from this side", is_silent(), true);
}

static void be_side_0(uint64_t hartid)
{
	unsigned int i;

	guest_check("words of the memory that are not 0", nonzero(), 0);
	use_as_ram(hartid);
	reach(1);
	wait_for(1);
	exchange(ROUNDS);
	ring_nobody();
	wait_for(2);
	/* Five rings are one. */
	ring_as_l2();
	for (i = 1; i < 5; i++)
		ring(2);
	reach(2);
	wait_for(3);
	for (i = 0; i < FLOOD; i++)
		ring(2);
	reach(3);
	/* Side 1 is reset meanwhile. */
	while (board->step[1] < 4)
		ring(2);
	reach(4);
	wait_for(5);
	exchange(ROUNDS);
	/* Side 1 ends meanwhile. */
	for (i = 0; i < FLOOD; i++)
		ring(2);
	guest_check("the memory at the end", board->boots, 2);
}

static void take_five(void)
{
	unsigned int got;

	reach(2);
	wait_for(2);
	got = irq_wait(A_WHILE);
	guest_check("five rings: what L2 has written", board->data[0], L2_WORD);
	guest_check("five rings: the interrupt", got, source);
	guest_check("five rings: who has rung", bell[1], 1);
	irq_complete(got);
	guest_check("five rings: nothing more", is_silent(), true);
}

static void be_side_1(void)
{
	int64_t exits;

	if (!board->boots) {
		wait_for(1);
		board->boots = 1;
		reach(1);
		exchange(ROUNDS);
		ring_nobody();
		take_five();
		irq_close(source);
		exits = guest_exits();
		reach(3);
		wait_for(3);
		exits = guest_exits() - exits;
		guest_check("a flood costs few exits here", exits < FLOOD_MOST, true);
		guest_print("# %ld exits\n", (long)exits);
		guest_print("# asks for a reset\n");
		guest_sbi(EXT_SRST, 0, 1, 0, 0, 0, 0);
	}
	guest_check("boots, by a word in the memory", ++board->boots, 2);
	reach(4);
	wait_for(4);
	while (!is_silent())
		;
	reach(5);
	exchange(ROUNDS);
}

void bell_play(const void *fdt, uint64_t hartid)
{
	int node = fdt_node_offset_by_compatible(fdt, -1, "halite,shared-memory");
	int length = 0;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &length);
	const fdt32_t *interrupt = fdt_getprop(fdt, node, "interrupts-extended", NULL);
	const fdt32_t *number = fdt_getprop(fdt, node, "halite,side", NULL);

	if (node < 0)
		return;
	guest_print("KTAP version 1\n");
	guest_check("nodes in /chosen", fdt_first_subnode(fdt, fdt_path_offset(fdt, "/chosen")),
		    -FDT_ERR_NOTFOUND);
	if (length != 32 || !interrupt || !number || !irq_init(fdt, hartid)) {
		guest_check("the node of the shared memory", 0, 1);
		guest_finish();
	}
	board = (struct board *)((uint64_t)fdt32_ld(reg) << 32 | fdt32_ld(reg + 1));
	memory_size = fdt32_ld(reg + 3);
	bell = (volatile uint32_t *)((uint64_t)fdt32_ld(reg + 4) << 32 | fdt32_ld(reg + 5));
	side = fdt32_ld(number);
	source = fdt32_ld(interrupt + 1);
	irq_open(source, true);
	if (side)
		be_side_1();
	else
		be_side_0(hartid);
	guest_finish();
}
