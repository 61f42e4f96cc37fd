/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's driver of IOMMUs, on a model of one that finds contexts and carries out commands as the
 * RISC-V IOMMU specification 1.0 says; and what the device tree and PCI say of devices behind one.
 * Numbers of registers and of bits are those of the specification, and not iommu_regs.h's.
 */
#include "hv_test.h"

#include "hv/iommu.h"
#include "hv/iommu_tree.h"
#include "hv/pci.h"
#include "hv/withheld.h"
#include "lib/page.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/insn.h"

#define BASE	    UINT64_C(0x3010000)
#define CAPS	    UINT64_C(0x78e2cf0f10) /* QEMU's */
#define CAPS_FLAT   (UINT64_C(1) << 22)
#define END	    UINT64_C(0x100000000)
#define POOL_PAGES  2048
#define A_TABLE	    (UINT64_C(8) << 60 | 0x80400)
#define B_TABLE	    (UINT64_C(8) << 60 | 0x80800)
#define FENCE	    UINT64_C(0x3002) /* IOFENCE.C with PR and PW */
#define INVAL_DDT   UINT64_C(3)
#define GVMA(gscid) (UINT64_C(0x81) | UINT64_C(1) << 33 | (uint64_t)(gscid) << 44)

/* ---- the model ---- */

static struct model {
	uint8_t regs[0x1000];
	unsigned int most_levels; /* that ddtp takes */
	bool busy;		  /* ddtp stays busy */
	bool no_on, no_off;	  /* a queue does not start, does not stop */
	bool stuck;		  /* commands are not carried out */
	bool big_endian;	  /* fctl.BE is fixed to 1 */
	bool refuses;		  /* every access */
	uint64_t commands[1024];
	unsigned int command_count;
	unsigned int accesses;
} model;

static uint64_t pci_base;
static uint32_t pci_words[256 * 1024];

static _Alignas(16384) uint8_t pool_memory[POOL_PAGES * 4096];
static struct page_pool pool;
static uint16_t modes;
static char printed[32][200];
static unsigned int lines;
static bool fault_at_print;

static void fault(uint32_t id, unsigned int cause, uint64_t iova);

void hv_print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	assert_true(lines < 32);
	vsnprintf(printed[lines++], sizeof(printed[0]), fmt, args);
	va_end(args);
	if (fault_at_print)
		fault(0x40, 21, lines);
}

static uint64_t time_now;

uint64_t machine_csr_read(unsigned int csr)
{
	assert_int_equal(csr, 0xc01);
	return time_now;
}

void machine_fence(void)
{
}

static uint64_t reg(unsigned int at, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, model.regs + at, size);
	return value;
}

static void put(unsigned int at, unsigned int size, uint64_t value)
{
	memcpy(model.regs + at, &value, size);
}

static bool is_on(unsigned int csr)
{
	return reg(csr, 4) & 1 << 16;
}

/* Queues may change when they are off only, and features also when ddtp is Off. */
static void write_queue(unsigned int csr, unsigned int tail, uint64_t value)
{
	uint64_t old = reg(csr, 4);
	uint64_t on = value & 1 ? !model.no_on : model.no_off && (old & 1 << 16);

	if ((value & 1) && !(old & 1))
		put(tail, 4, 0);
	put(csr, 4, (value & 3) | on << 16 | (old & 0xf00 & ~value));
}

/* An IOTINVAL has no reserved bits, and no bits of extensions (chapter "Command-Queue"). */
static bool is_legal(uint64_t command)
{
	return (command & 0x7f) != 1 || !(command & UINT64_C(0xf0000ffc00000800));
}

static void carry_out(void)
{
	const uint64_t *queue = (const uint64_t *)(uintptr_t)(reg(0x18, 8) >> 10 << 12);
	uint64_t entries = UINT64_C(2) << (reg(0x18, 8) & 31);

	assert_true(is_on(0x48));
	while (!model.stuck && reg(0x20, 4) != reg(0x24, 4)) {
		uint64_t at = reg(0x20, 4);

		assert_true(model.command_count < 1024);
		assert_true(is_legal(queue[2 * at]));
		model.commands[model.command_count++] = queue[2 * at];
		assert_int_equal(queue[2 * at + 1], 0);
		put(0x20, 4, (at + 1) % entries);
	}
}

static void write_ddtp(uint64_t value)
{
	uint64_t mode = value & 15, old = reg(0x10, 8) & 15;

	assert_int_equal(reg(0x10, 8) & 16, 0);
	assert_int_equal(value & ~(UINT64_C(0x3fffffffffffc0f)), 0);
	/* A directory comes after Off or Bare, and Bare after Off only. */
	assert_true(mode < 2 || old < 2);
	assert_true(mode != 1 || !old);
	if (mode > 1 + model.most_levels)
		value = (value & ~UINT64_C(15)) | old;
	put(0x10, 8, value | (model.busy ? 16 : 0));
}

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	model.accesses++;
	if (pci_base && addr - pci_base < sizeof(pci_words)) {
		assert_int_equal(size, 4);
		*value = pci_words[(addr - pci_base) / 4];
		return true;
	}
	if (model.refuses || addr - BASE >= 0x1000)
		return false;
	*value = reg(addr - BASE, size);
	return true;
}

static void pci_store(uint64_t at, uint32_t value);

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	const unsigned int at = addr - BASE;

	if (pci_base && addr - pci_base < sizeof(pci_words)) {
		pci_store(addr - pci_base, value);
		return true;
	}
	if (model.refuses || addr - BASE >= 0x1000)
		return false;
	/* An access has the size of its register. */
	assert_int_equal(
		size, at == 0x10 || at == 0x18 || at == 0x28 || at == 0x2f8 || at == 0x300 ? 8 : 4);
	switch (at) {
	case 0x08:
		assert_false(is_on(0x48) || is_on(0x4c) || (reg(0x10, 8) & 15));
		put(at, 4, (value & 7) | model.big_endian);
		break;
	case 0x10:
		write_ddtp(value);
		break;
	case 0x18:
	case 0x28:
		assert_false(is_on(at == 0x18 ? 0x48 : 0x4c));
		put(at, 8, value);
		break;
	case 0x24:
		put(at, 4, value);
		if (is_on(0x48))
			carry_out();
		break;
	case 0x48:
		write_queue(at, 0x20, value);
		break;
	case 0x4c:
		write_queue(at, 0x34, value);
		break;
	case 0x50:
		write_queue(at, 0x44, value);
		break;
	case 0x54:
		put(at, 4, reg(at, 4) & ~value);
		break;
	case 0x30:
	case 0x2f8:
	case 0x300:
	case 0x308:
	case 0x30c:
		put(at, size, value);
		break;
	default:
		fail_msg("store to register 0x%x", at);
	}
	return true;
}

static const uint64_t *page_of(uint64_t pointer)
{
	/* Of a pointer, the bits that are reserved are 0. */
	assert_int_equal(pointer & ~UINT64_C(0x3ffffffffffc00), 1);
	return (const uint64_t *)(uintptr_t)(pointer >> 10 << 12);
}

/* The context that the IOMMU finds for @id, or NULL. */
static const uint64_t *context(uint32_t id)
{
	bool flat = reg(0, 8) & CAPS_FLAT;
	unsigned int levels = (reg(0x10, 8) & 15) - 1, bits = flat ? 6 : 7, level;
	const uint64_t *table = (const uint64_t *)(uintptr_t)(reg(0x10, 8) >> 10 << 12);

	assert_true(levels >= 1 && levels <= 3);
	if (id >> (bits + 9 * (levels - 1)))
		return NULL;
	for (level = levels - 1; level > 0; level--)
		table = page_of(table[id >> (bits + 9 * (level - 1)) & 511]);
	return table + (id & ((1u << bits) - 1)) * (flat ? 8 : 4);
}

/*
 * What the IOMMU makes of @id: 0 if the table has nothing, or the table with its mode; *@gscid is
 * the number of its owner. No feature is on but, maybe, DTF, which *@silent says.
 */
static uint64_t table_of(uint32_t id, unsigned int *gscid, bool *silent)
{
	const uint64_t *dc = context(id);
	uint64_t table;
	unsigned int i;

	assert_non_null(dc);
	assert_int_equal(dc[0] & ~UINT64_C(0x10), 1);
	*silent = dc[0] & 0x10;
	for (i = 2; i < (reg(0, 8) & CAPS_FLAT ? 8 : 4); i++)
		assert_int_equal(dc[i], 0);
	*gscid = dc[1] >> 44 & 0xffff;
	table = dc[1] & ~(UINT64_C(0xffff) << 44);
	/* Bare would pass everything. */
	assert_int_equal(table >> 60, 8);
	if ((table & UINT64_C(0xfffffffffff)) << 12 >= (uintptr_t)pool_memory &&
	    (table & UINT64_C(0xfffffffffff)) << 12 <
		    (uintptr_t)pool_memory + sizeof(pool_memory)) {
		const uint64_t *root = (const uint64_t *)(uintptr_t)(table << 12);

		assert_int_equal((uintptr_t)root % 16384, 0);
		for (i = 0; i < 2048; i++)
			assert_int_equal(root[i], 0);
		return 0;
	}
	return table;
}

#define assert_table(id, table, owner)                                    \
	do {                                                              \
		unsigned int gscid_;                                      \
		bool silent_;                                             \
                                                                          \
		assert_int_equal(table_of(id, &gscid_, &silent_), table); \
		assert_int_equal(gscid_, owner);                          \
		assert_false(silent_);                                    \
	} while (0)

static const char *start(uint64_t caps)
{
	put(0, 8, caps);
	return iommu_start(0, BASE, END, &pool, &modes);
}

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	/* No page is used again: the table of nobody stays from the first test on. */
	if (!pool.next)
		pool.next = (uintptr_t)pool_memory;
	pool.end = (uintptr_t)pool_memory + sizeof(pool_memory);
	memset(&model, 0, sizeof(model));
	model.most_levels = 3;
	pci_base = 0;
	lines = 0;
	fault_at_print = false;
	/* No owner has used up its lines. */
	time_now += 100000000;
	warnings = 0;
	assert_null(start(CAPS));
	for (i = 1; i < IOMMU_OWNERS; i++)
		iommu_unblock(i, A_TABLE);
	iommu_unblock(IOMMU_NOBODY, 0);
	model.command_count = 0;
	return 0;
}

/* ---- bringing one up ---- */

static void all_blocked(void **state)
{
	static const uint32_t ids[] = { 0, 1, 63, 64, 127, 128, 0x7fff, 0x8000, 0xffff, 0xffffff };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_table(ids[i], 0, 0);
	assert_int_equal(reg(0x10, 8) & 31, 4);
	assert_int_equal(reg(0x08, 4), 0);
	assert_true(is_on(0x48) && is_on(0x4c));
	assert_false(is_on(0x50));
	/* 256 commands, 128 faults, which fill a page. Faults interrupt, but nobody listens yet. */
	assert_int_equal(reg(0x18, 8) & 31, 7);
	assert_int_equal(reg(0x28, 8) & 31, 6);
	assert_int_equal(reg(0x4c, 4) & 2, 2);
	assert_int_equal(reg(0x30c, 4), 1);
	assert_int_equal(modes, 7 << 8);
}

static void starts_with_fences(void **state)
{
	(void)state;
	memset(&model, 0, sizeof(model));
	model.most_levels = 3;
	assert_null(start(CAPS));
	/* Nothing that was cached before is used. */
	assert_int_equal(model.command_count, 4);
	assert_int_equal(model.commands[0], INVAL_DDT);
	assert_int_equal(model.commands[1], 0x81);
	assert_int_equal(model.commands[2], 0x1);
	assert_int_equal(model.commands[3], FENCE);
}

/* Firmware has left it on, with a directory, queues and big-endian. */
static void left_on(void **state)
{
	(void)state;
	put(0x08, 4, 7);
	put(0x50, 4, 1 << 16 | 1);
	put(0x10, 8, UINT64_C(0x80200) << 10 | 2);
	assert_null(start(CAPS));
	assert_int_equal(reg(0x08, 4), 0);
	assert_false(is_on(0x50));
	assert_table(5, 0, 0);
}

static void base_format(void **state)
{
	(void)state;
	setup(state);
	assert_null(start(CAPS & ~CAPS_FLAT));
	assert_table(127, 0, 0);
	assert_null(iommu_give(0, 127, 130, 1, "a", A_TABLE));
	assert_table(126, 0, 0);
	assert_table(127, A_TABLE, 1);
	assert_table(128, A_TABLE, 1);
	assert_table(255, A_TABLE, 1);
	assert_table(256, A_TABLE, 1);
	assert_table(257, 0, 0);
}

static void fewer_levels(void **state)
{
	(void)state;
	model.most_levels = 2;
	assert_null(start(CAPS));
	assert_int_equal(reg(0x10, 8) & 31, 3);
	assert_null(iommu_give(0, 0x7fff, 1, 1, "a", A_TABLE));
	assert_table(0x7fff, A_TABLE, 1);
	assert_table(0x7ffe, 0, 0);
	assert_non_null(iommu_give(0, 0x7fff, 2, 1, "a", A_TABLE));
	model.most_levels = 1;
	assert_null(start(CAPS));
	assert_int_equal(reg(0x10, 8) & 31, 2);
	assert_null(iommu_give(0, 0, 64, 1, "a", A_TABLE));
	assert_table(63, A_TABLE, 1);
	assert_non_null(iommu_give(0, 64, 1, 1, "a", A_TABLE));
	model.most_levels = 0;
	assert_string_equal(start(CAPS), "it takes no device directory");
}

/* It is left as a machine without an IOMMU: Bare, if it answers. */
#define assert_refused(why, mode)                          \
	do {                                               \
		assert_string_equal(start(CAPS), why);     \
		assert_int_equal(reg(0x10, 8) & 15, mode); \
		assert_false(iommu_is_used());             \
		setup(state);                              \
	} while (0)

static void refused(void **state)
{
	setup(state);
	assert_string_equal(start((CAPS & ~UINT64_C(0xff)) | 0x20), "its version is not 1");
	assert_string_equal(start(CAPS & ~(UINT64_C(7) << 17)), "it has no second stage");
	assert_string_equal(start((CAPS & ~(UINT64_C(63) << 32)) | UINT64_C(31) << 32),
			    "it does not reach all of memory");
	assert_null(start((CAPS & ~(UINT64_C(63) << 32)) | UINT64_C(32) << 32));
	model.busy = true;
	assert_refused("it does not turn off", 0);
	model.no_off = true;
	assert_refused("a queue does not stop", 0);
	put(0x10, 8, 0);
	put(0x48, 4, 0);
	put(0x4c, 4, 0);
	model.no_on = true;
	assert_refused("a queue does not start", 1);
	model.big_endian = true;
	assert_refused("it is big-endian or for RV32", 1);
	model.stuck = true;
	assert_refused("it takes no commands", 1);
	model.most_levels = 0;
	assert_refused("it takes no device directory", 1);
	model.refuses = true;
	assert_string_equal(start(CAPS), "its version is not 1");
	model.refuses = false;
	pool.end = pool.next + 3 * 4096;
	assert_refused("no memory is left for its tables", 1);
	/* Every wait has come to an end. */
	assert_true(model.accesses < 2000000);
}

/* A mode that it lacks is not among those of the tables, not even for nobody's. */
static void other_modes(void **state)
{
	const uint64_t *dc;

	(void)state;
	assert_null(start((CAPS & ~(UINT64_C(7) << 17)) | UINT64_C(1) << 18));
	assert_int_equal(modes, 1 << 9);
	dc = context(0);
	assert_int_equal(dc[1] >> 60, 9);
}

/* ---- owners ---- */

static void gives_a_pci_host(void **state)
{
	uint64_t before = pages_left(&pool);

	(void)state;
	assert_null(iommu_give(0, 0, 0xffff, 1, "a", A_TABLE));
	assert_table(0, A_TABLE, 1);
	assert_table(0x1234, A_TABLE, 1);
	assert_table(0x8000, A_TABLE, 1);
	assert_table(0xfffe, A_TABLE, 1);
	assert_table(0xffff, 0, 0);
	assert_table(0x10000, 0, 0);
	assert_table(0xffffff, 0, 0);
	/* All ids share a page, but for the last 64; and two pages point to it. */
	assert_true(before - pages_left(&pool) <= 4);
	assert_int_equal(model.command_count, 3);
	assert_int_equal(model.commands[0], INVAL_DDT);
	assert_int_equal(model.commands[1], GVMA(1));
	assert_int_equal(model.commands[2], FENCE);
}

static void one_id_one_owner(void **state)
{
	(void)state;
	assert_null(iommu_give(0, 100, 1, 1, "a", A_TABLE));
	assert_null(iommu_give(0, 101, 2, 2, "b", B_TABLE));
	/* A node may name an id again. */
	assert_null(iommu_give(0, 100, 1, 1, "a", A_TABLE));
	assert_table(99, 0, 0);
	assert_table(100, A_TABLE, 1);
	assert_table(101, B_TABLE, 2);
	assert_table(102, B_TABLE, 2);
	assert_table(103, 0, 0);
	assert_non_null(iommu_give(0, 100, 1, 2, "b", B_TABLE));
	assert_non_null(iommu_give(0, 0, 256, 2, "b", B_TABLE));
	assert_table(100, A_TABLE, 1);
	assert_null(iommu_give(0, 0x100, 0x100, 2, "b", B_TABLE));
	assert_non_null(iommu_give(0, 0x100, 0x40, 1, "a", A_TABLE));
	assert_non_null(iommu_give(0, 0x101, 1, 1, "a", A_TABLE));
	assert_table(0x101, B_TABLE, 2);
	assert_non_null(iommu_give(0, 0x1000000, 1, 1, "a", A_TABLE));
	model.stuck = true;
	assert_non_null(iommu_give(0, 7, 1, 1, "a", A_TABLE));
}

static void gives_all(void **state)
{
	(void)state;
	assert_null(iommu_give_all(1, "", A_TABLE));
	assert_table(0, A_TABLE, 1);
	assert_table(0xffffff, A_TABLE, 1);
}

static void blocks(void **state)
{
	(void)state;
	assert_null(iommu_give(0, 0, 0xffff, 1, "a", A_TABLE));
	assert_null(iommu_give(0, 0x10005, 1, 2, "b", B_TABLE));
	model.command_count = 0;
	iommu_block(1);
	assert_table(0, 0, 1);
	assert_table(0xfffe, 0, 1);
	assert_table(0x10005, B_TABLE, 2);
	assert_int_equal(model.command_count, 3);
	assert_int_equal(model.commands[0], INVAL_DDT);
	assert_int_equal(model.commands[1], GVMA(1));
	assert_int_equal(model.commands[2], FENCE);
	iommu_unblock(1, A_TABLE);
	assert_table(0, A_TABLE, 1);
	assert_table(0xfffe, A_TABLE, 1);
	assert_table(0xffff, 0, 0);
	assert_int_equal(model.command_count, 6);
	assert_int_equal(model.commands[4], GVMA(1));
	assert_int_equal(model.commands[5], FENCE);
	assert_int_equal(warnings, 0);
}

/* If it does not answer, it may use what it has cached. So it is turned off, for all. */
static void fails_closed(void **state)
{
	(void)state;
	assert_null(iommu_give(0, 0, 0x40, 1, "a", A_TABLE));
	model.stuck = true;
	iommu_block(1);
	assert_int_equal(reg(0x10, 8) & 31, 0);
	assert_int_equal(warnings, 1);
	iommu_unblock(1, A_TABLE);
	iommu_block(1);
	assert_int_equal(reg(0x10, 8) & 31, 0);
	assert_int_equal(warnings, 1);
	assert_true(model.accesses < 400000);
}

/* ---- faults ---- */

static void interrupt(void)
{
	if (reg(0x4c, 4) & 2)
		put(0x54, 4, reg(0x54, 4) | 2);
}

/* The IOMMU records a fault, unless DTF is set for the device and hides the cause. */
static void fault(uint32_t id, unsigned int cause, uint64_t iova)
{
	uint64_t *queue = (uint64_t *)(uintptr_t)(reg(0x28, 8) >> 10 << 12);
	uint64_t tail = reg(0x34, 4);
	bool hidden = cause < 256 || cause == 260;

	if (hidden && context(id) && (context(id)[0] & 0x10))
		return;
	if (reg(0x4c, 4) & 0x300)
		return;
	if ((tail + 1) % 128 == reg(0x30, 4)) {
		put(0x4c, 4, reg(0x4c, 4) | 0x200);
		interrupt();
		return;
	}
	queue[4 * tail] = cause | UINT64_C(2) << 34 | (uint64_t)id << 40;
	queue[4 * tail + 1] = 0;
	queue[4 * tail + 2] = iova;
	queue[4 * tail + 3] = iova;
	put(0x34, 4, (tail + 1) % 128);
	interrupt();
}

static void tells(void **state)
{
	(void)state;
	assert_null(iommu_give(0, 0, 0x40, 1, "A", A_TABLE));
	iommu_look();
	assert_int_equal(lines, 0);
	fault(8, 21, 0x80000000);
	fault(8, 23, 0x9f800000);
	fault(0x10008, 7, 0x1000);
	fault(9, 260, 0xfee00000);
	iommu_look();
	assert_int_equal(lines, 4);
	assert_string_equal(printed[0], "halite: IOMMU: device 0x8 of domain A: read at 0x80000000 "
					"refused (cause 21)\n");
	assert_string_equal(printed[1], "halite: IOMMU: device 0x8 of domain A: write at "
					"0x9f800000 refused (cause 23)\n");
	assert_string_equal(printed[2], "halite: IOMMU: device 0x10008 of nobody: write at 0x1000 "
					"refused (cause 7)\n");
	assert_string_equal(printed[3], "halite: IOMMU: device 0x9 of domain A: request at "
					"0xfee00000 refused (cause 260)\n");
	iommu_look();
	assert_int_equal(lines, 4);
	assert_int_equal(reg(0x54, 4), 0);
	assert_int_equal(reg(0x30, 4), 4);
}

static void names_the_guest(void **state)
{
	(void)state;
	assert_null(iommu_give_all(1, "", A_TABLE));
	fault(0xabcdef, 5, 0x42);
	iommu_look();
	assert_string_equal(printed[0], "halite: IOMMU: device 0xabcdef of the guest: read at 0x42 "
					"refused (cause 5)\n");
}

/* 16 lines for each owner. Then the owner's devices are silent, and the other's are not. */
static void tells_some(void **state)
{
	unsigned int i, gscid;
	bool silent;

	(void)state;
	assert_null(iommu_give(0, 0, 0xffff, 1, "A", A_TABLE));
	assert_null(iommu_give(0, 0x10000, 1, 2, "B", B_TABLE));
	for (i = 0; i < 40; i++)
		fault(i * 1000, 21, i);
	fault(0x10000, 21, 1);
	iommu_look();
	assert_int_equal(lines, 17);
	assert_non_null(strstr(printed[15], "(cause 21); further ones are not told"));
	assert_non_null(strstr(printed[16], "domain B"));
	/* All records were taken. */
	assert_int_equal(reg(0x30, 4), reg(0x34, 4));
	table_of(3, &gscid, &silent);
	assert_true(silent);
	table_of(0xfffe, &gscid, &silent);
	assert_true(silent);
	assert_table(0x10000, B_TABLE, 2);
	assert_table(0xffff, 0, 0);
	lines = 0;
	fault(3, 21, 3);
	iommu_look();
	assert_int_equal(lines, 0);
	/* A reset of the domain does not give it lines before their time. */
	time_now += 99999999;
	iommu_block(1);
	table_of(3, &gscid, &silent);
	assert_true(silent);
	iommu_unblock(1, A_TABLE);
	table_of(3, &gscid, &silent);
	assert_true(silent);
	fault(3, 21, 3);
	iommu_look();
	assert_int_equal(lines, 0);
	time_now++;
	iommu_block(1);
	iommu_unblock(1, A_TABLE);
	assert_table(3, A_TABLE, 1);
	fault(3, 21, 3);
	iommu_look();
	assert_int_equal(lines, 1);
}

/* What comes while lines are printed is for the next look: no hart is kept. */
static void tells_what_is_there(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_null(iommu_give(0, i * 0x40, 0x40, i + 1, "A", A_TABLE));
	for (i = 0; i < 60; i++)
		fault(i % 3 * 0x40, 21, i);
	fault_at_print = true;
	iommu_look();
	assert_int_equal(lines, 32);
	assert_int_equal((reg(0x34, 4) - reg(0x30, 4)) % 128, 32);
}

static void overflows(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 200; i++)
		fault(5, 21, i);
	assert_int_equal(reg(0x4c, 4) & 0x200, 0x200);
	iommu_look();
	assert_int_equal(lines, 16);
	/* Room again, and the interrupt is still on. */
	assert_int_equal(reg(0x4c, 4), 1 << 16 | 3);
	assert_int_equal(reg(0x30, 4), reg(0x34, 4));
}

/* Some causes come in spite of DTF, and ids that have no context. Too many end the interrupts. */
static void is_deaf_in_the_end(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4111; i++) {
		fault(5, 257, i);
		iommu_look();
	}
	assert_int_equal(lines, 16);
	assert_int_equal(reg(0x4c, 4) & 3, 3);
	/* A period later, they begin anew. */
	time_now += 100000000;
	for (; i < 4111 + 4095; i++) {
		fault(5, 257, i);
		iommu_look();
	}
	assert_int_equal(reg(0x4c, 4) & 3, 3);
	fault(5, 257, i);
	iommu_look();
	assert_int_equal(reg(0x4c, 4) & 3, 1);
	assert_int_equal(reg(0x54, 4), 0);
}

/* A tail that makes no sense is not followed. */
static void odd_tail(void **state)
{
	(void)state;
	fault(5, 21, 1);
	put(0x34, 4, 0xffffffff);
	iommu_look();
	assert_int_equal(lines, 0);
}

static void sends_msis(void **state)
{
	(void)state;
	iommu_send_to(0x28001000);
	assert_int_equal(reg(0x2f8, 8), 0);
	assert_int_equal(reg(0x300, 8), 0x28001000);
	assert_int_equal(reg(0x308, 4), 1);
	assert_int_equal(reg(0x30c, 4), 0);
	iommu_send_to(0);
	assert_int_equal(reg(0x30c, 4), 1);
}

/* ---- the device tree ---- */

static struct machine m;

#define PCI "/soc/pci@30000000"

static void tree_with_iommu(void)
{
	make_tree();
	add_device("iommu@3010000", "riscv,iommu", 0x3010000, 0x1000);
	set_cells("/soc/iommu@3010000", "phandle", 0x8000);
	set_cells("/soc/iommu@3010000", "#iommu-cells", 1);
	set_cells(PCI, "iommu-map", 0, 0x8000, 0, 0, 0, 0x8000, 0, 0xffff);
	add_device("dma@4000000", "vendor,dma", 0x4000000, 0x1000);
	set_cells("/soc/dma@4000000", "iommus", 0x8000, 0x20001);
}

static void parse(uint32_t given)
{
	machine_parse_memory(&m, tree);
	machine_parse(&m, tree, 0, given);
	if (m.iommu_count)
		m.iommus[0].used = true;
}

static bool guards(const char *path)
{
	return iommu_tree_guards(&m, tree, node_at(path));
}

static void finds_iommus(void **state)
{
	struct iommu_ids ids;

	(void)state;
	tree_with_iommu();
	parse(0);
	assert_int_equal(m.iommu_count, 1);
	assert_int_equal(m.iommus[0].base, 0x3010000);
	assert_int_equal(m.iommus[0].phandle, 0x8000);
	assert_true(iommu_tree_ids(&m, tree, node_at(PCI), 1, &ids));
	assert_int_equal(ids.iommu, 0);
	assert_int_equal(ids.first, 0);
	assert_int_equal(ids.count, 0xffff);
	assert_false(iommu_tree_ids(&m, tree, node_at(PCI), 2, &ids));
	assert_true(iommu_tree_ids(&m, tree, node_at("/soc/dma@4000000"), 0, &ids));
	assert_int_equal(ids.first, 0x20001);
	assert_int_equal(ids.count, 1);
	assert_false(iommu_tree_ids(&m, tree, node_at("/soc/serial@10000000"), 0, &ids));
	/* Given to the guest, it is a device as any other. */
	make_memory();
	parse(withheld_word("iommu", 5));
	assert_int_equal(m.iommu_count, 0);
	assert_false(guards("/soc/dma@4000000"));
	make_memory();
	set_text("/soc/iommu@3010000", "status", "disabled");
	parse(0);
	assert_int_equal(m.iommu_count, 0);
}

static void says_what_is_guarded(void **state)
{
	(void)state;
	tree_with_iommu();
	parse(0);
	assert_true(guards(PCI));
	assert_true(guards("/soc/dma@4000000"));
	assert_false(guards("/soc/serial@10000000"));
	m.iommus[0].used = false;
	assert_false(guards(PCI));
	assert_false(guards("/soc/dma@4000000"));
	m.iommus[0].used = true;
	/* A second path to memory. */
	set_cells("/soc/dma@4000000", "iommus", 0x8000, 1, 0x9000, 1);
	assert_false(guards("/soc/dma@4000000"));
	/* Not all requesters. */
	set_cells(PCI, "iommu-map", 0, 0x8000, 0, 0xfffe);
	assert_false(guards(PCI));
	set_cells(PCI, "iommu-map", 1, 0x8000, 1, 0xffff);
	assert_false(guards(PCI));
	set_cells(PCI, "iommu-map", 0, 0x8000, 0, 0x100, 0x101, 0x8000, 0x101, 0xff00);
	assert_false(guards(PCI));
	set_cells(PCI, "iommu-map", 0, 0x8000, 0, 0x100, 0x100, 0x9000, 0x100, 0xff00);
	assert_false(guards(PCI));
	set_cells(PCI, "iommu-map", 0, 0x8000, 0, 0x100, 0x100, 0x8000, 0x20100, 0xff00);
	assert_true(guards(PCI));
	set_cells(PCI, "iommu-map-mask", 0xff00);
	assert_false(guards(PCI));
}

static void hides_from_the_guest(void **state)
{
	static _Alignas(8) uint8_t copy[TREE_SIZE];

	(void)state;
	tree_with_iommu();
	set_cells("/soc/serial@10000000", "iommus", 0x9000, 1);
	parse(0);
	memcpy(copy, tree, sizeof(copy));
	iommu_tree_hide(copy, tree, &m);
	assert_null(fdt_getprop(copy, node_at(PCI), "iommu-map", NULL));
	assert_null(fdt_getprop(copy, node_at("/soc/dma@4000000"), "iommus", NULL));
	/* Another kind of IOMMU, which the guest has. */
	assert_non_null(fdt_getprop(copy, node_at("/soc/serial@10000000"), "iommus", NULL));
}

/* ---- PCI ---- */

#define ECAM			   UINT64_C(0x30000000)
#define WORD(device, function, at) pci_words[((device) << 15 | (function) << 12 | (at)) / 4]

static bool platform; /* what the virtio device at device 2 offers */

static void pci_store(uint64_t at, uint32_t value)
{
	pci_words[at / 4] = value;
	/* device_feature, if device_feature_select is 1: common configuration at 0x40 of BAR 4. */
	if (at >> 12 == 2 << 3 && (at & 0xfff) == 0x60)
		assert_true(WORD(2, 0, 0x54) == 4 && WORD(2, 0, 0x5c) == 4);
	if (at >> 12 == 2 << 3 && (at & 0xfff) == 0x60 && WORD(2, 0, 0x58) == 0x40)
		WORD(2, 0, 0x60) = value;
	if (at >> 12 == 2 << 3 && (at & 0xfff) == 0x5c && WORD(2, 0, 0x58) == 0x44)
		WORD(2, 0, 0x60) = platform && WORD(2, 0, 0x60) == 1 ? 2 : 0;
}

static void make_pci(void)
{
	memset(pci_words, 0xff, sizeof(pci_words));
	pci_base = ECAM;
	tree_with_iommu();
	parse(0);
	/* A device with two functions, of which functions 0 and 3 exist. */
	WORD(1, 0, 0) = 0x11e81234;
	WORD(1, 0, 4) = 0xf9000006;
	WORD(1, 0, 0xc) = 0x800000;
	WORD(1, 3, 0) = 0x11e81234;
	WORD(1, 3, 4) = 0x00100407;
	WORD(1, 3, 0xc) = 0;
}

/* A modern virtio device, with its capabilities at 0x40 and 0x50. */
static void make_virtio(void)
{
	make_pci();
	WORD(2, 0, 0) = 0x10441af4;
	WORD(2, 0, 4) = 0;
	WORD(2, 0, 0xc) = 0;
	WORD(2, 0, 0x34) = 0x40;
	WORD(2, 0, 0x40) = 0x01105009; /* vendor, next 0x50, length 16, type 1 */
	WORD(2, 0, 0x44) = 4;
	WORD(2, 0, 0x48) = 0x40;
	WORD(2, 0, 0x4c) = 0x38;
	WORD(2, 0, 0x50) = 0x05140009; /* type 5 */
	WORD(2, 0, 0x54) = 0;
	WORD(2, 0, 0x58) = 0;
	WORD(2, 0, 0x5c) = 0;
	WORD(2, 0, 0x60) = 0;
}

static void pci_devices(void **state)
{
	(void)state;
	make_pci();
	assert_true(guards(PCI));
	/* A bridge, also as another function. */
	WORD(1, 3, 0xc) = 0x10000;
	assert_false(guards(PCI));
	/* Also without a function 0, and without the bit that says that there are others. */
	make_pci();
	WORD(5, 1, 0) = 0xc1b36;
	WORD(5, 1, 0xc) = 0x10000;
	assert_false(guards(PCI));
	make_virtio();
	platform = false;
	assert_false(guards(PCI));
	platform = true;
	make_virtio();
	assert_true(guards(PCI));
	/* A legacy device has no such capability. */
	WORD(2, 0, 0x34) = 0;
	assert_false(guards(PCI));
	/* Capabilities in a circle. */
	make_virtio();
	WORD(2, 0, 0x40) = 0x02104009;
	assert_false(guards(PCI));
	/* Not QEMU's kind of host. */
	set_text(PCI, "compatible", "vendor,pcie");
	assert_true(guards(PCI));
}

static void stops_pci(void **state)
{
	(void)state;
	make_pci();
	assert_int_equal(pci_ecam(&m, tree, node_at(PCI)), ECAM);
	assert_int_equal(pci_ecam(&m, tree, node_at("/soc/dma@4000000")), 0);
	pci_stop_dma(ECAM);
	/* The status register is written with zeros, which change nothing. */
	assert_int_equal(WORD(1, 0, 4), 2);
	assert_int_equal(WORD(1, 3, 4), 0x403);
	assert_int_equal(WORD(1, 1, 4), 0xffffffff);
	assert_int_equal(WORD(3, 0, 4), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_blocked, setup),
		cmocka_unit_test_setup(starts_with_fences, setup),
		cmocka_unit_test_setup(left_on, setup),
		cmocka_unit_test_setup(base_format, setup),
		cmocka_unit_test_setup(fewer_levels, setup),
		cmocka_unit_test_setup(refused, setup),
		cmocka_unit_test_setup(other_modes, setup),
		cmocka_unit_test_setup(gives_a_pci_host, setup),
		cmocka_unit_test_setup(one_id_one_owner, setup),
		cmocka_unit_test_setup(gives_all, setup),
		cmocka_unit_test_setup(blocks, setup),
		cmocka_unit_test_setup(fails_closed, setup),
		cmocka_unit_test_setup(tells, setup),
		cmocka_unit_test_setup(names_the_guest, setup),
		cmocka_unit_test_setup(tells_some, setup),
		cmocka_unit_test_setup(tells_what_is_there, setup),
		cmocka_unit_test_setup(overflows, setup),
		cmocka_unit_test_setup(is_deaf_in_the_end, setup),
		cmocka_unit_test_setup(odd_tail, setup),
		cmocka_unit_test_setup(sends_msis, setup),
		cmocka_unit_test_setup(finds_iommus, setup),
		cmocka_unit_test_setup(says_what_is_guarded, setup),
		cmocka_unit_test_setup(hides_from_the_guest, setup),
		cmocka_unit_test_setup(pci_devices, setup),
		cmocka_unit_test_setup(stops_pci, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
