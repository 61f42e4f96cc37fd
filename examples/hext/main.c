/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A minimal hypervisor around src/hext: one hart, an array as L1's RAM, and the places at which a
 * hypervisor calls the library. main() acts as L1, L2 and the hardware, so that the example runs on
 * any machine:
 *
 *	cc -Isrc -o hext-example examples/hext/main.c src/hext/[a-z]*.c && ./hext-example
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/hext.h"
#include "hext/pte.h"
#include "hext/shadow.h"
#include "lib/page.h"
#include "hext/walk.h"

/* L1's RAM: its physical address in L1, its size, and its physical address on the machine. */
#define RAM	 UINT64_C(0x80000000)
#define RAM_SIZE UINT64_C(0x200000)
#define RAM_HPA	 UINT64_C(0x4000000000)
/* The memory of the shadow tables. */
#define POOL_PAGES 192
#define POOL_HPA   UINT64_C(0x5000000000)

/* The contents of L1's RAM: three tables of L2's G-stage, a page for L2, and a trap handler. */
#define L1_ROOT	   RAM /* 16 KiB */
#define L1_SECOND  (RAM + 0x4000)
#define L1_LOW	   (RAM + 0x5000)
#define L1_PAGE	   (RAM + 0x10000)
#define L1_HANDLER (RAM + 0x20000)
/* L2's addresses: of the page, of an address that is not mapped, of its first instruction. */
#define L2_PAGE	   UINT64_C(0x10000000)
#define L2_NOTHING UINT64_C(0x10001000)
#define L2_START   UINT64_C(0x10000800)

static _Alignas(4096) uint8_t ram[RAM_SIZE];
static _Alignas(4096) uint8_t pool_memory[POOL_PAGES * PAGE_SIZE];

/* ---- 1. functions that the library needs from the hypervisor ---- */

/* @addr can be any address. Nothing exists outside L1's RAM. */
static void *find(pa_t addr, unsigned int size)
{
	uint64_t offset = addr.addr - RAM;

	return offset <= RAM_SIZE - size && offset % size == 0 ? ram + offset : NULL;
}

static bool read_memory(void *ctx, pa_t addr, void *buf, unsigned int size)
{
	const void *at = find(addr, size);

	(void)ctx;
	if (at)
		memcpy(buf, at, size);
	return at;
}

static bool write_memory(void *ctx, pa_t addr, const void *buf, unsigned int size)
{
	void *at = find(addr, size);

	(void)ctx;
	if (at)
		memcpy(at, buf, size);
	return at;
}

static bool read_pte(void *ctx, pa_t addr, uint64_t *pte)
{
	return read_memory(ctx, addr, pte, sizeof(*pte));
}

static bool cas64(void *ctx, pa_t addr, uint64_t old, uint64_t desired)
{
	uint64_t *at = find(addr, sizeof(*at));

	(void)ctx;
	return at && __atomic_compare_exchange_n(at, &old, desired, false, __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST);
}

static bool host_page(void *ctx, pa_t addr, struct hext_host_page *page)
{
	(void)ctx;
	if (!find(addr, 1))
		return false;
	*page = (struct hext_host_page){
		.hpa = hpa(RAM_HPA + (addr.addr - RAM)),
		.r = true,
		.w = true,
		.x = true,
	};
	return true;
}

static uint64_t read_time(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct hext_ops ops = {
	.read = read_memory,
	.write = write_memory,
	.read_pte = read_pte,
	.cas64 = cas64,
	.host_page = host_page,
	.time = read_time,
};

/* A real hypervisor fences the VMID on the harts here. */
static void quiesce(void *ctx, uint16_t vmid, const struct index_set *harts)
{
	(void)ctx;
	(void)vmid;
	(void)harts;
}

/* ---- the hart and its shadows ---- */

static const struct hext_config config = {
	.vmid_bits = 7,
	.hgatp_modes = BIT64(ATP_MODE_BARE) | BIT64(ATP_MODE_39),
	.vsatp_modes = BIT64(ATP_MODE_BARE) | BIT64(ATP_MODE_39),
	.hedeleg = BIT64(CAUSE_ECALL_U),
	.hideleg = IRQ_VS_ALL,
	.vs.status = SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_SUM | SSTATUS_MXR,
};
static struct hext_hart hart;
static struct hext_shadow_pool pool;
static struct hext_shadow *shadow;

static void expect(bool holds, const char *what)
{
	printf("%s: %s\n", holds ? "ok" : "not ok", what);
	if (!holds)
		exit(EXIT_FAILURE);
}

/* ---- 2. instructions of L1 that trap ---- */

static void l1_writes_csr(unsigned int csr, uint64_t value)
{
	uint64_t old;

	expect(hext_csr_rmw(&hart, csr, &old, value, ~UINT64_C(0)), "L1 writes a CSR");
}

static uint64_t l1_reads_csr(unsigned int csr)
{
	uint64_t value = 0;

	expect(hext_csr_rmw(&hart, csr, &value, 0, 0), "L1 reads a CSR");
	return value;
}

/* L1 sets hstatus, sepc and sstatus so that SRET enters L2 in VS-mode. */
static void l1_enters_l2(void)
{
	l1_writes_csr(HEXT_CSR_HSTATUS, l1_reads_csr(HEXT_CSR_HSTATUS) | HSTATUS_SPV);
	hart.s.epc = L2_START;
	hart.s.status |= SSTATUS_SPP;
	hext_sret(&hart);
	expect(hart.virt && !hart.user && hart.pc == L2_START, "L2 runs");
}

static void l1_stores(uint64_t addr, uint64_t value)
{
	memcpy(ram + (addr - RAM), &value, sizeof(value));
}

static uint64_t pte(uint64_t addr, uint64_t flags)
{
	return addr >> PAGE_SHIFT << PTE_PPN_SHIFT | flags;
}

/* Sv39x4: bits 40 to 30 of the address are the index of the root, then nine bits a level. */
static void l1_makes_a_gstage(void)
{
	l1_stores(L1_ROOT + 8 * (L2_PAGE >> 30), pte(L1_SECOND, PTE_V));
	l1_stores(L1_SECOND + 8 * (L2_PAGE >> 21 & 511), pte(L1_LOW, PTE_V));
	l1_stores(L1_LOW + 8 * (L2_PAGE >> 12 & 511),
		  pte(L1_PAGE, PTE_V | PTE_R | PTE_W | PTE_U | PTE_A | PTE_D));
	l1_writes_csr(HEXT_CSR_HGATP, ATP_MODE_39 << ATP_MODE_SHIFT |
					      UINT64_C(5) << HGATP_VMID_SHIFT |
					      L1_ROOT >> PAGE_SHIFT);
}

/* ---- 3. the hardware, which walks the shadow ---- */

/* Translates L2's @gpa by the table in hgatp to an address of the machine; 0: guest-page fault. */
static uint64_t translate(gpa_t gpa)
{
	uint64_t table = (hext_shadow_hgatp(shadow) & ATP_PPN) << PAGE_SHIFT;
	uint64_t index = gpa >> 30 & 2047, entry;
	int level;

	for (level = 2;; level--) {
		memcpy(&entry, pool_memory + (table - POOL_HPA) + 8 * index, sizeof(entry));
		if (!(entry & PTE_V))
			return 0;
		table = (entry & PTE_PPN) >> PTE_PPN_SHIFT << PAGE_SHIFT;
		if (entry & (PTE_R | PTE_W | PTE_X))
			return table + (gpa & (BIT64(12 + 9 * level) - 1));
		index = gpa >> (12 + 9 * (level - 1)) & 511;
	}
}

/* ---- 4. the exits of L2 ---- */

/* L2 reads @gpa, and the hardware has no translation. */
static enum hext_shadow_outcome l2_faults(gpa_t gpa, struct hext_shadow_result *result)
{
	const struct hext_trap trap = {
		.cause = CAUSE_LOAD_GUEST_PAGE,
		.tval = gpa,
		.htval = gpa >> 2,
		.gva = true,
	};
	struct hext_shadow_missed missed;

	return hext_shadow_fault(&pool, shadow, &hart, &trap, false, result, &missed);
}

static void l2_reads_a_page(void)
{
	struct hext_shadow_result result;

	expect(translate(L2_PAGE) == 0, "the shadow is empty");
	expect(l2_faults(L2_PAGE, &result) == HEXT_SHADOW_RESUME, "L1's table has the page");
	expect(translate(L2_PAGE + 0x123) == RAM_HPA + (L1_PAGE - RAM) + 0x123,
	       "the hardware finds it in the machine's memory");
	printf("    L2 %#" PRIx64 " is L1 %#" PRIx64 " is machine %#" PRIx64 "\n", L2_PAGE, L1_PAGE,
	       translate(L2_PAGE));
}

static void l2_reads_nothing(void)
{
	struct hext_shadow_result result;

	expect(l2_faults(L2_NOTHING, &result) == HEXT_SHADOW_TRAP, "L1's table has nothing there");
	hext_take_trap(&hart, &result.trap);
	expect(!hart.virt && hart.pc == L1_HANDLER, "L1's handler runs");
	expect(hart.s.cause == CAUSE_LOAD_GUEST_PAGE && hart.s.epc == L2_START,
	       "its scause and sepc are those of the trap");
	expect(l1_reads_csr(HEXT_CSR_HTVAL) == L2_NOTHING >> 2, "htval is where L2 was");
	expect(l1_reads_csr(HEXT_CSR_HSTATUS) & HSTATUS_SPV, "hstatus.SPV says that it was L2");
}

/* ---- 5. L1 unmaps the page: a store, and HFENCE.GVMA ---- */

static void l1_unmaps_the_page(void)
{
	const struct hext_gvma_fence fence = { .vmid = 5, .gpa = L2_PAGE, .size = 4096 };
	struct hext_shadow_fenced owed;

	l1_stores(L1_LOW + 8 * (L2_PAGE >> 12 & 511), 0);
	owed = hext_shadow_fence_gvma(&pool, &fence);
	expect(owed.shadows == BIT64(shadow - pool.shadow), "the hardware is to be fenced too");
	expect(owed.next >= hext_shadow_keys(&pool), "the fence is done for all shadows");
	expect(translate(L2_PAGE) == 0, "the shadow no longer has it");
}

/* ---- 6. a translation without hardware, for HLV and for the emulation of devices ---- */

static void translation_in_software(void)
{
	const struct hext_vaccess access = hext_l2_access(&hart, HEXT_READ, false);
	struct hext_page page;
	struct hext_trap trap;

	expect(hext_walk_two_stage(&hart, L2_PAGE + 8, &access, &page, &trap) == HEXT_WALK_OK,
	       "both stages translate");
	expect(page.pa.addr == L1_PAGE + 8, "to where L1 has the page");
}

int main(void)
{
	const struct hext_shadow_config shadows = {
		.hext = &config,
		.memory = pool_memory,
		.base = hpa(POOL_HPA),
		.pages = POOL_PAGES,
		.harts = 1,
		.shadows = 2,
		.vmid_first = 1,
		.vmid_count = 127,
		.quiesce = quiesce,
	};

	hext_init(&hart, &config, &ops, NULL);
	expect(hext_shadow_init(&pool, &shadows), "a pool of shadows");
	hart.s.tvec = L1_HANDLER;
	l1_makes_a_gstage();
	translation_in_software();
	l1_enters_l2();
	shadow = hext_shadow_get(&pool, &hart, 0);
	l2_reads_a_page();
	l2_reads_nothing();
	l1_unmaps_the_page();
	return EXIT_SUCCESS;
}
