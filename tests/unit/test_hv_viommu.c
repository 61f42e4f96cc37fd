/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU that a guest sees, on a machine's IOMMU that carries out all commands at once. Numbers
 * of registers and of bits are those of the RISC-V IOMMU specification 1.0, and not iommu_regs.h's.
 */
#include "hv_test.h"

#include "hv/identity.h"
#include "hv/iommu.h"
#include "hv/iommu_parts.h"
#include "hv/memory.h"
#include "hv/viommu.h"
#include "hv/viommu_parts.h"
#include "lib/page.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/insn.h"

#define BASE	  UINT64_C(0x3010000)
#define CAPS	  UINT64_C(0x78e2cf0f10) /* QEMU's */
#define TABLE	  (UINT64_C(8) << 60 | 0x80400)
#define OTHERS	  (UINT64_C(8) << 60 | 0x80800)
#define OWNER	  2
#define RAM	  UINT64_C(0x80000000)
#define RAM_SIZE  0x10000
#define FILE	  UINT64_C(0x28001000) /* an interrupt file of the guest */
#define READ_ONLY UINT64_C(0x28009000)
#define CQ	  (RAM + 0x1000)
#define FQ	  (RAM + 0x2000)
#define DDT	  (RAM + 0x3000)
#define SV39	  (UINT64_C(8) << 60 | 0x80008)
#define ID	  9 /* a device of the guest */
#define INVAL_DDT UINT64_C(3)
#define INVAL_ID  (INVAL_DDT | UINT64_C(1) << 33 | (uint64_t)ID << 40)

static uint8_t regs[0x1000];
static uint64_t commands[1024][2];
static unsigned int command_count, fences;
static bool stuck;
static uint64_t ram[RAM_SIZE / 8];
static unsigned int reads[RAM_SIZE / 8];
static struct {
	uint64_t addr, value;
} stores[16];
static unsigned int store_count;

static _Alignas(16384) uint8_t pool_memory[256 * 4096];
static struct page_pool pool;
static struct host host;
static struct domain domain;
static struct machine_iommu machine_iommu = { .base = BASE };

static unsigned int printed;

void hv_print(const char *fmt, ...)
{
	(void)fmt;
	printed++;
}

uint64_t machine_csr_read(unsigned int csr)
{
	(void)csr;
	return 0;
}

void machine_fence(void)
{
}

/* ---- the machine's IOMMU ---- */

static void carry_out(void)
{
	const uint64_t *queue;
	uint32_t head, tail;
	uint64_t cqb;

	memcpy(&cqb, regs + 0x18, 8);
	memcpy(&head, regs + 0x20, 4);
	memcpy(&tail, regs + 0x24, 4);
	queue = (const uint64_t *)(uintptr_t)(cqb >> 10 << 12);
	for (; !stuck && head != tail; head = (head + 1) % 256) {
		assert_true(command_count < 1024);
		fences += (queue[2 * head] & 0x3ff) == 2;
		memcpy(commands[command_count++], queue + 2 * head, 16);
	}
	memcpy(regs + 0x20, &head, 4);
}

bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	assert_true(addr - BASE < 0x1000);
	*value = 0;
	memcpy(value, regs + (addr - BASE), size);
	return true;
}

bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	const uint64_t at = addr - BASE;

	if (at >= 0x1000) {
		assert_int_equal(size, 4);
		assert_true(store_count < 16);
		stores[store_count].addr = addr;
		stores[store_count++].value = value;
		return true;
	}
	if (at == 0x48 || at == 0x4c || at == 0x50)
		value |= (value & 1) << 16;
	memcpy(regs + at, &value, size);
	if (at == 0x24)
		carry_out();
	return true;
}

/* ---- the guest's memory ---- */

bool domain_owns_ram(const struct domain *d, uint64_t addr, uint64_t size)
{
	assert_ptr_equal(d, &domain);
	return addr - RAM < RAM_SIZE && size <= RAM_SIZE - (addr - RAM);
}

bool memory_read(const struct domain *d, uint64_t addr, void *buf, unsigned int size)
{
	assert_int_equal(addr % size, 0);
	if (!domain_owns_ram(d, addr, size))
		return false;
	reads[(addr - RAM) / 8]++;
	memcpy(buf, (const uint8_t *)ram + (addr - RAM), size);
	return true;
}

bool memory_write(const struct domain *d, uint64_t addr, const void *buf, unsigned int size)
{
	assert_int_equal(addr % size, 0);
	if (!domain_owns_ram(d, addr, size))
		return false;
	memcpy((uint8_t *)ram + (addr - RAM), buf, size);
	return true;
}

bool identity_lookup(const struct identity_map *m, uint64_t addr, struct hext_host_page *page)
{
	assert_ptr_equal(m, &domain.gstage);
	page->r = true;
	page->w = addr >> 12 == FILE >> 12;
	return addr >> 12 == FILE >> 12 || addr >> 12 == READ_ONLY >> 12;
}

static uint64_t *word(uint64_t addr)
{
	return &ram[(addr - RAM) / 8];
}

/* ---- the guest ---- */

static uint64_t get(unsigned int at, unsigned int size)
{
	uint64_t value = 0;

	assert_true(viommu_load(&domain, BASE + at, size, &value));
	return value;
}

static void put(unsigned int at, unsigned int size, uint64_t value)
{
	assert_true(viommu_store(&domain, BASE + at, size, value));
}

/* Queue a command, and let it be carried out. */
static void command(uint64_t first, uint64_t second)
{
	uint32_t tail = get(0x24, 4);

	*word(CQ + 16 * tail) = first;
	*word(CQ + 16 * tail + 8) = second;
	put(0x24, 4, (tail + 1) % 64);
}

static void context(uint64_t at, uint64_t tc, uint64_t iohgatp, uint64_t ta, uint64_t fsc)
{
	*word(at) = tc;
	*word(at + 8) = iohgatp;
	*word(at + 16) = ta;
	*word(at + 24) = fsc;
}

/* The first stage that the machine's IOMMU has for @id: tc, ta and fsc. The second one stays. */
#define assert_stage(id, tc, ta, fsc)                                   \
	do {                                                            \
		const uint64_t *c_ = iommu_context_of(&iommus[0], id);  \
                                                                        \
		assert_int_equal(c_[0], tc);                            \
		assert_int_equal(c_[1], TABLE | (uint64_t)OWNER << 44); \
		assert_int_equal(c_[2], ta);                            \
		assert_int_equal(c_[3], fsc);                           \
	} while (0)

static void fault(uint32_t id, unsigned int cause, uint64_t iova)
{
	const uint64_t record[4] = { cause | (uint64_t)id << 40 | UINT64_C(2) << 34, 5, iova, 7 };

	iommus[0].listeners[OWNER].fault(iommus[0].listeners[OWNER].listener, record);
}

static int setup(void **state)
{
	uint64_t caps = CAPS;
	uint16_t modes;

	(void)state;
	memset(regs, 0, sizeof(regs));
	memset(ram, 0, sizeof(ram));
	memset(pool_memory, 0, sizeof(pool_memory));
	memset(&domain, 0, sizeof(domain));
	memcpy(regs, &caps, 8);
	pool.next = (uintptr_t)pool_memory;
	pool.end = (uintptr_t)pool_memory + sizeof(pool_memory);
	stuck = false;
	host.machine.iommus = &machine_iommu;
	host.machine.iommu_count = 1;
	domain.host = &host;
	assert_null(iommu_start(0, BASE, UINT64_C(0x100000000), &pool, &modes));
	assert_null(iommu_give(0, 40, 1, 1, "b", OTHERS));
	assert_null(iommu_give(0, 0, 40, OWNER, "a", TABLE));
	assert_null(iommu_give(0, 0x100, 0x100, OWNER, "a", TABLE));
	iommu_part(0, 0, 256, OWNER);
	iommu_part(0, 0x100, 64, OWNER);
	assert_true(viommu_add(&domain, 0, OWNER));
	put(0x18, 8, CQ >> 12 << 10 | 5);
	put(0x28, 8, FQ >> 12 << 10 | 1);
	put(0x48, 4, 1);
	put(0x4c, 4, 1);
	command_count = fences = store_count = 0;
	memset(reads, 0, sizeof(reads));
	return 0;
}

static void begins_bare(void **state)
{
	(void)state;
	/* Version 1.0, Sv39 to Sv57, PAS 56; IGS 0 is MSI. */
	assert_int_equal(get(0, 8), UINT64_C(0x3800000e10));
	assert_int_equal(get(0x10, 8), 1);
	assert_stage(ID, 1, 0, 0);
	assert_int_equal(viommu_at(&domain, BASE + 0xfff), 0);
	assert_int_equal(viommu_at(&domain, BASE + 0x1000), IOMMUS_MAX);
	assert_false(viommu_load(&domain, BASE + 1, 4, &(uint64_t){ 0 }));
	assert_false(viommu_store(&domain, BASE, 2, 0));
}

static void takes_a_context(void **state)
{
	(void)state;
	context(DDT + 32 * ID, 1, 0, 0x123000, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	assert_int_equal(get(0x10, 8), DDT >> 12 << 10 | 2);
	assert_stage(ID, 1, 0x123000, SV39);
	/* One that is not there passes nothing, nor do ids without a context of their own. */
	assert_stage(ID + 1, 0, 0, 0);
	assert_stage(0x1ff, 0, 0, 0);
	/* Not the guest's. */
	assert_int_equal(iommu_context_of(&iommus[0], 40)[0], 1);
	assert_int_equal(iommu_context_of(&iommus[0], 40)[1], OTHERS | UINT64_C(1) << 44);
	context(DDT + 32 * 40, 1, 0, 0, SV39);
	command(INVAL_DDT, 0);
	assert_int_equal(iommu_context_of(&iommus[0], 40)[3], 0);
	command(INVAL_DDT | UINT64_C(1) << 33 | UINT64_C(40) << 40, 0);
	assert_int_equal(iommu_context_of(&iommus[0], 40)[3], 0);
	context(DDT + 32 * ID, 1, 0, 0, 0);
	command_count = 0;
	command(INVAL_ID, 0);
	assert_stage(ID, 1, 0, 0);
	assert_int_equal(commands[0][0], INVAL_ID);
	assert_true(fences);
	put(0x10, 8, 0);
	assert_stage(ID, 0, 0, 0);
	put(0x10, 8, 1);
	assert_stage(ID, 1, 0, 0);
	assert_stage(0x1ff, 1, 0, 0);
}

/* An id that is too wide for the machine's directory would stop the machine's queue. */
static void a_wide_id_stays_with_the_guest(void **state)
{
	const uint64_t wide = INVAL_DDT | UINT64_C(1) << 33 | UINT64_C(0xffffff) << 40;
	const unsigned int levels = iommus[0].levels;
	unsigned int i;

	(void)state;
	context(DDT + 32 * ID, 1, 0, 0x123000, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	iommus[0].levels = 2;
	command_count = 0;
	command(wide, 0);
	command(INVAL_ID, 0);
	iommus[0].levels = levels;
	/* A fence comes before it. */
	assert_int_equal(commands[1][0], INVAL_ID);
	for (i = 0; i < command_count; i++)
		assert_int_not_equal(commands[i][0], wide);
}

/* What the IOMMU has cached of the first stage alone goes, too. */
static void a_reset_forgets_the_first_stage(void **state)
{
	unsigned int i, vma = 0;

	(void)state;
	command_count = 0;
	viommu_reset(&domain);
	for (i = 0; i < command_count; i++)
		vma += (commands[i][0] & 0x3ff) == 1 && commands[i][0] >> 33 & 1 &&
		       (commands[i][0] >> 44 & 0xffff) == OWNER;
	assert_int_equal(vma, 1);
}

static void walks_directories(void **state)
{
	const uint64_t leaf = DDT + 0x2000, middle = DDT + 0x1000;

	(void)state;
	/* Id 0x109: 0, 2 and 9 in 8, 9 and 7 bits. */
	*word(DDT) = middle >> 12 << 10 | 1;
	*word(middle + 16) = leaf >> 12 << 10 | 1;
	context(leaf + 32 * 9, 1, 0, 0x5000, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 4);
	assert_stage(0x109, 1, 0x5000, SV39);
	assert_stage(9, 0, 0, 0);
	put(0x10, 8, middle >> 12 << 10 | 3);
	assert_stage(0x109, 1, 0x5000, SV39);
	/* Reserved bits, and memory of others. */
	*word(middle + 16) |= 2;
	command(INVAL_DDT, 0);
	assert_stage(0x109, 0, 0, 0);
	*word(middle + 16) = UINT64_C(0x90000) << 10 | 1;
	command(INVAL_DDT, 0);
	assert_stage(0x109, 0, 0, 0);
	fault(0x109, 258, 0);
	assert_int_equal(*word(FQ) & 0xfff, 257);
	*word(DDT) = UINT64_C(0x90000) << 10 | 1;
	put(0x10, 8, DDT >> 12 << 10 | 4);
	fault(0x109, 258, 0);
	assert_int_equal(*word(FQ + 32) & 0xfff, 257);
	put(0x10, 8, middle >> 12 << 10 | 2);
	assert_stage(0x109, 0, 0, 0);
	/* Reserved modes are not taken. */
	put(0x10, 8, middle >> 12 << 10 | 9);
	assert_int_equal(get(0x10, 8), middle >> 12 << 10 | 2);
}

static void refuses_contexts(void **state)
{
	static const uint64_t wrong[][4] = {
		{ 0x101, 0, 0, SV39 },
		{ 0x81, 0, 0, SV39 },
		{ 0x3, 0, 0, SV39 },
		{ 0x5, 0, 0, SV39 },
		{ 0x9, 0, 0, SV39 },
		{ 0x21, 0, 0, SV39 },
		{ 0x41, 0, 0, SV39 },
		{ 0x201, 0, 0, SV39 },
		{ 0x401, 0, 0, SV39 },
		{ 0x801, 0, 0, SV39 },
		{ 0x1001, 0, 0, SV39 },
		{ 1, OTHERS, 0, 0 },
		{ 1, 0, 0x800, SV39 },
		{ 1, 0, UINT64_C(1) << 32, SV39 },
		{ 1, 0, 0, 1 },
		{ 1, 0, 0, UINT64_C(7) << 60 },
		{ 1, 0, 0, UINT64_C(11) << 60 },
		{ 1, 0, 0, SV39 | UINT64_C(1) << 44 },
	};
	unsigned int i;

	(void)state;
	put(0x10, 8, DDT >> 12 << 10 | 2);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		context(DDT + 32 * ID, 1, 0, 0, SV39);
		command(INVAL_ID, 0);
		assert_stage(ID, 1, 0, SV39);
		context(DDT + 32 * ID, wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]);
		command(INVAL_ID, 0);
		assert_stage(ID, 0, 0, 0);
		put(0x30, 4, get(0x34, 4));
		fault(ID, 258, 0x1000);
		assert_int_equal(*word(FQ + 32 * get(0x30, 4)) & 0xfff, 259);
	}
}

/* A and D bits by hardware are the machine's to have. GADE is of the second stage, Halite's. */
static void sets_a_and_d(void **state)
{
	uint64_t caps = CAPS | 1 << 24;

	(void)state;
	memcpy(regs, &caps, 8);
	assert_true(viommu_add(&domain, 0, OWNER));
	assert_int_equal(get(0, 8), UINT64_C(0x3801000e10));
	context(DDT + 32 * ID, 0x181, 0, 0, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	assert_stage(ID, 0x101, 0, SV39);
	caps = CAPS & ~(UINT64_C(6) << 9);
	memcpy(regs, &caps, 8);
	assert_true(viommu_add(&domain, 0, OWNER));
	context(DDT + 32 * ID, 1, 0, 0, SV39 | UINT64_C(1) << 60);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	assert_stage(ID, 0, 0, 0);
}

/* Each word of a context and of a command is read once. */
static void reads_once(void **state)
{
	unsigned int i;

	(void)state;
	context(DDT + 32 * ID, 1, 0, 0, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	memset(reads, 0, sizeof(reads));
	command(INVAL_ID, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(reads[(DDT + 32 * ID - RAM) / 8 + i], 1);
	assert_int_equal(reads[(CQ - RAM) / 8], 1);
	assert_int_equal(reads[(CQ - RAM) / 8 + 1], 1);
}

static void passes_invalidations_on(void **state)
{
	(void)state;
	command(1 | 1 << 10 | 0x7f << 12 | UINT64_C(1) << 32, UINT64_C(0x12345) << 10);
	assert_int_equal(commands[0][0],
			 1 | 1 << 10 | 0x7f << 12 | UINT64_C(3) << 32 | (uint64_t)OWNER << 44);
	assert_int_equal(commands[0][1], UINT64_C(0x12345) << 10);
	assert_int_equal(fences, 1);
	assert_int_equal(get(0x20, 4), 1);
}

static void refuses_commands(void **state)
{
	static const uint64_t illegal[][2] = {
		{ 0, 0 },
		{ 0x81, 0 },		      /* IOTINVAL.GVMA: there is no second stage */
		{ 1 | UINT64_C(1) << 33, 0 }, /* GV */
		{ 1 | UINT64_C(1) << 34, 0 }, /* NL */
		{ 1 | 1 << 11, 0 },
		{ 1 | UINT64_C(1) << 44, 0 },
		{ 1, 1 << 9 },
		{ 1, UINT64_C(1) << 62 },
		{ 2 | 1 << 11, 0 }, /* WSI */
		{ 2 | 1 << 14, 0 },
		{ 2, UINT64_C(1) << 62 },
		{ 3 | 1 << 12, 0 },
		{ 3, 1 },
		{ 0x83 | UINT64_C(1) << 33, 0 }, /* IODIR.INVAL_PDT */
		{ 4, 0 },			 /* ATS.INVAL */
		{ 0x7f, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++) {
		uint32_t head = get(0x20, 4);

		command(illegal[i][0], illegal[i][1]);
		assert_int_equal(get(0x48, 4) >> 8 & 15, 4);
		assert_int_equal(get(0x20, 4), head);
		/* It goes on when the error is cleared. */
		*word(CQ + 16 * head) = 2;
		*word(CQ + 16 * head + 8) = 0;
		put(0x48, 4, 1 | 4 << 8);
		assert_int_equal(get(0x48, 4), 1 << 16 | 1);
		assert_int_equal(get(0x20, 4), (head + 1) % 64);
	}
	/* A queue that is not the guest's memory. */
	put(0x48, 4, 0);
	put(0x18, 8, UINT64_C(0x90000) << 10 | 5);
	put(0x48, 4, 1);
	put(0x24, 4, 1);
	assert_int_equal(get(0x48, 4) >> 8 & 15, 1);
}

static void fences_write(void **state)
{
	(void)state;
	command(2 | 1 << 10 | UINT64_C(0x1234) << 32, (RAM + 0x8004) >> 2);
	assert_int_equal(*word(RAM + 0x8000), UINT64_C(0x1234) << 32);
	assert_int_equal(fences, 2);
	command(2 | 1 << 10 | UINT64_C(9) << 32, FILE >> 2);
	assert_int_equal(stores[0].addr, FILE);
	assert_int_equal(stores[0].value, 9);
	command(2 | 1 << 10, READ_ONLY >> 2);
	assert_int_equal(get(0x48, 4) >> 8 & 15, 1);
	assert_int_equal(store_count, 1);
}

/* However many commands there are: one look at all contexts a trap, and a command each. */
static void bounded(void **state)
{
	unsigned int i, total;

	(void)state;
	put(0x10, 8, DDT >> 12 << 10 | 2);
	for (i = 0; i < 64; i++)
		*word(CQ + 16 * i) = INVAL_DDT;
	memset(reads, 0, sizeof(reads));
	put(0x24, 4, 63);
	for (i = total = 0; i < 4096 / 8; i++)
		total += reads[(DDT - RAM) / 8 + i];
	assert_true(total <= 128);
	assert_int_equal(get(0x20, 4), 2);
	/* A queue has 64 entries at most. */
	put(0x48, 4, 0);
	put(0x18, 8, CQ >> 12 << 10 | 31);
	assert_int_equal(get(0x18, 8), CQ >> 12 << 10 | 5);
}

static void tells_faults(void **state)
{
	(void)state;
	put(0x10, 8, DDT >> 12 << 10 | 2);
	context(DDT + 32 * ID, 1, 0, 0, SV39);
	fault(ID, 13, 0x4000);
	assert_int_equal(*word(FQ), 13 | (uint64_t)ID << 40 | UINT64_C(2) << 34);
	assert_int_equal(*word(FQ + 16), 0x4000);
	assert_int_equal(*word(FQ + 24), 0);
	fault(ID, 21, 0x5000);
	assert_int_equal(*word(FQ + 32) & 0xfff, 5);
	fault(ID, 23, 0x5000);
	assert_int_equal(*word(FQ + 64) & 0xfff, 7);
	assert_int_equal(get(0x34, 4), 3);
	/* The queue has 4 entries, and is full. */
	fault(ID, 13, 0x6000);
	assert_int_equal(get(0x34, 4), 3);
	assert_int_equal(get(0x4c, 4), 1 << 16 | 1 | 2 << 8);
	/* DTF is the guest's word. */
	put(0x30, 4, 3);
	put(0x4c, 4, 1 | 2 << 8);
	context(DDT + 32 * ID, 0x11, 0, 0, SV39);
	fault(ID, 13, 0x6000);
	assert_int_equal(get(0x34, 4), 3);
	/* Off, ids behind the directory, and a context that has become valid meanwhile. */
	fault(0x200, 258, 0);
	assert_int_equal(*word(FQ + 96) & 0xfff, 260);
	context(DDT + 32 * 5, 1, 0, 0, SV39);
	fault(5, 258, 0);
	assert_int_equal(*word(FQ) & 0xfff, 258);
	assert_stage(5, 1, 0, SV39);
	put(0x10, 8, 0);
	fault(5, 258, 0);
	assert_int_equal(*word(FQ + 32) & 0xfff, 256);
}

static void interrupts(void **state)
{
	(void)state;
	put(0x2f8, 8, 0x21);
	assert_int_equal(get(0x2f8, 8), 0x21);
	put(0x310, 8, FILE);
	put(0x318, 4, 11);
	put(0x320, 8, FILE);
	put(0x328, 4, 12);
	put(0x328 + 4, 4, 0);
	put(0x48, 4, 3);
	put(0x4c, 4, 3);
	fault(ID, 256, 0);
	assert_int_equal(store_count, 1);
	assert_int_equal(stores[0].value, 12);
	assert_int_equal(get(0x54, 4), 2);
	/* No other one until the guest has seen this one. */
	fault(ID, 256, 0);
	assert_int_equal(store_count, 1);
	put(0x54, 4, 2);
	assert_int_equal(get(0x54, 4), 0);
	/* A vector that is masked waits. */
	command(0x7f, 0);
	assert_int_equal(get(0x54, 4), 1);
	assert_int_equal(store_count, 1);
	put(0x31c, 4, 0);
	assert_int_equal(store_count, 2);
	assert_int_equal(stores[1].value, 11);
	put(0x31c, 4, 0);
	assert_int_equal(store_count, 2);
}

/* The machine's IOMMU has recorded @count faults, at most 127, of device ID. */
static void record(unsigned int count, unsigned int cause)
{
	uint64_t *queue = (uint64_t *)(uintptr_t)iommus[0].faults;
	uint32_t tail = iommus[0].head;

	for (; count; count--, tail = (tail + 1) % 128) {
		memset(queue + 4 * tail, 0, 32);
		queue[4 * tail] = cause | (uint64_t)ID << 40 | UINT64_C(2) << 34;
	}
	memcpy(regs + 0x34, &tail, 4);
	regs[0x54] = 2;
	iommu_look();
}

/* Faults of the second stage are Halite's, too. A flood makes the devices silent. */
static void floods(void **state)
{
	unsigned int i;

	(void)state;
	iommu_unblock(OWNER, TABLE);
	printed = 0;
	record(2, 13);
	assert_int_equal(printed, 0);
	assert_int_equal(get(0x34, 4), 2);
	record(1, 21);
	assert_int_equal(printed, 1);
	assert_int_equal(get(0x34, 4), 3);
	assert_stage(ID, 1, 0, 0);
	for (i = 3; i < 4096; i++) {
		put(0x30, 4, get(0x34, 4));
		record(1, 13);
	}
	assert_stage(ID, 0x11, 0, 0);
	put(0x30, 4, get(0x34, 4));
	record(1, 13);
	assert_int_equal(get(0x34, 4), get(0x30, 4));
	viommu_reset(&domain);
	iommu_unblock(OWNER, TABLE);
	assert_stage(ID, 1, 0, 0);
}

/* Blocking and what follows changes no context that the guest has turned off. */
static void stays_off(void **state)
{
	(void)state;
	put(0x10, 8, 0);
	iommu_unblock(OWNER, TABLE);
	assert_stage(ID, 0, 0, 0);
}

/* After a reset nothing writes to the guest's memory, and all DMA passes to it. */
static void resets(void **state)
{
	(void)state;
	context(DDT + 32 * ID, 1, 0, 0, SV39);
	put(0x10, 8, DDT >> 12 << 10 | 2);
	viommu_reset(&domain);
	assert_stage(ID, 1, 0, 0);
	assert_int_equal(get(0x10, 8), 1);
	fault(ID, 13, 0);
	assert_int_equal(*word(FQ), 0);
	assert_int_equal(get(0x30c, 4), 1);
}

static void fails_closed(void **state)
{
	(void)state;
	stuck = true;
	command(2, 0);
	assert_true(iommus[0].off);
	command(INVAL_DDT, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(begins_bare, setup),
		cmocka_unit_test_setup(takes_a_context, setup),
		cmocka_unit_test_setup(a_wide_id_stays_with_the_guest, setup),
		cmocka_unit_test_setup(a_reset_forgets_the_first_stage, setup),
		cmocka_unit_test_setup(walks_directories, setup),
		cmocka_unit_test_setup(refuses_contexts, setup),
		cmocka_unit_test_setup(sets_a_and_d, setup),
		cmocka_unit_test_setup(reads_once, setup),
		cmocka_unit_test_setup(passes_invalidations_on, setup),
		cmocka_unit_test_setup(refuses_commands, setup),
		cmocka_unit_test_setup(fences_write, setup),
		cmocka_unit_test_setup(bounded, setup),
		cmocka_unit_test_setup(tells_faults, setup),
		cmocka_unit_test_setup(interrupts, setup),
		cmocka_unit_test_setup(floods, setup),
		cmocka_unit_test_setup(stays_off, setup),
		cmocka_unit_test_setup(resets, setup),
		cmocka_unit_test_setup(fails_closed, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
