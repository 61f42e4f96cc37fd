/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures what a hypervisor's many guests, moves of vCPUs and large guests cost. The guests have
 * their own G-stages (Sv57x4, as KVM has) and load from pages. An HFENCE.GVMA by VMID before a pass
 * is what KVM executes when a vCPU runs on another hart than before.
 *
 * All guests share the tables below the roots, so that there is memory for many. Each shadow has
 * tables of its own nevertheless.
 */
#include <string.h>

#include "../marker.h"
#include "bare.h"
#include "guest.h"

#define RUNS	  8
#define ECALL_VS  10
#define PAGE_SIZE UINT64_C(0x1000)
#define MIB_2	  UINT64_C(0x200000)
#define GIB	  UINT64_C(0x40000000)

#define SV57X4	     (UINT64_C(10) << 60)
#define PTE_POINTER  UINT64_C(0x01)
#define PTE_LEAF     UINT64_C(0xdf) /* D, A, U, X, W, R, V */
#define PTES	     512
#define ROOT_SIZE    UINT64_C(0x4000)
#define PTE(addr, f) ((addr) / PAGE_SIZE << 10 | (f))

/* Guest physical addresses: the RAM as it is, and pages that are 2 MiB apart. */
#define RAM	   UINT64_C(0x80000000)
#define DATA	   (RAM + MIB_2) /* behind the firmware */
#define DENSE_SIZE (7 * GIB / 4) /* 7/8 of the 2 GiB of the benchmark's machine */
#define SPARSE	   (64 * GIB)
#define SPARSE_GIB 8

#define VMS    256
#define TABLES UINT64_C(0x91000000) /* from here on */

static uint64_t next_page = TABLES;

static uint64_t *new_table(uint64_t size)
{
	uint64_t *table = (uint64_t *)next_page;

	next_page += size;
	return memset(table, 0, size);
}

static uint64_t *map_dense(uint64_t gib)
{
	uint64_t *table = new_table(PAGE_SIZE), *leaves, page = gib * GIB, i, j;

	for (i = 0; i < PTES; i++) {
		leaves = new_table(PAGE_SIZE);
		for (j = 0; j < PTES; j++, page += PAGE_SIZE)
			leaves[j] = page < DATA + DENSE_SIZE ? PTE(page, PTE_LEAF) : 0;
		table[i] = PTE((uint64_t)leaves, PTE_POINTER);
	}
	return table;
}

static uint64_t *map_sparse(uint64_t *leaves)
{
	uint64_t *table = new_table(PAGE_SIZE);
	unsigned int i;

	for (i = 0; i < PTES; i++)
		table[i] = PTE((uint64_t)leaves, PTE_POINTER);
	return table;
}

/* The address of VM 0's root. The roots of the others follow. */
static uint64_t make_tables(void)
{
	uint64_t roots = (uint64_t)new_table(VMS * ROOT_SIZE);
	uint64_t *upper = new_table(PAGE_SIZE), *gibs = new_table(PAGE_SIZE);
	uint64_t *leaves = new_table(PAGE_SIZE);
	unsigned int i;

	upper[0] = PTE((uint64_t)gibs, PTE_POINTER);
	for (i = 0; i < 2; i++)
		gibs[RAM / GIB + i] = PTE((uint64_t)map_dense(RAM / GIB + i), PTE_POINTER);
	leaves[0] = PTE(DATA, PTE_LEAF);
	for (i = 0; i < SPARSE_GIB; i++)
		gibs[SPARSE / GIB + i] = PTE((uint64_t)map_sparse(leaves), PTE_POINTER);
	for (i = 0; i < VMS; i++)
		*(uint64_t *)(roots + i * ROOT_SIZE) = PTE((uint64_t)upper, PTE_POINTER);
	return roots;
}

static uint64_t roots;

static uint64_t hgatp_of(unsigned int vm)
{
	return SV57X4 | (uint64_t)(vm + 1) << 44 | (roots + vm * ROOT_SIZE) / PAGE_SIZE;
}

static inline void use_vm(unsigned int vm)
{
	__asm__ volatile("csrw 0x680, %0" : : "r"(hgatp_of(vm)) : "memory");
}

/* HFENCE.GVMA for VM 0, and for all. */
static inline void fence_vm(void)
{
	register uint64_t vmid __asm__("a1") = 1;

	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, %0" : : "r"(vmid) : "memory");
}

static inline void fence_all(void)
{
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" : : : "memory");
}

/* SBI RFENCE, remote HFENCE.GVMA with VMID: 1 GiB of VM 0's dense memory, on this hart. */
static void fence_range(void)
{
	register uint64_t harts __asm__("a0") = 0;
	register uint64_t base __asm__("a1") = UINT64_MAX; /* all harts */
	register uint64_t start __asm__("a2") = DATA;
	register uint64_t size __asm__("a3") = GIB;
	register uint64_t vmid __asm__("a4") = 1;
	register uint64_t fid __asm__("a6") = 3;
	register uint64_t eid __asm__("a7") = 0x52464e43;

	__asm__ volatile("ecall"
			 : "+r"(harts), "+r"(base)
			 : "r"(start), "r"(size), "r"(vmid), "r"(fid), "r"(eid)
			 : "memory");
	guest_check("error of the fence", harts, 0);
}

struct set {
	uint64_t addr, stride;
	unsigned long count;
};

static void load(const struct set *set)
{
	uint64_t cause = bare_run_l2(bare_l2_loads, set->count, set->addr, set->stride);

	if (cause != ECALL_VS)
		guest_check("exit of the loads", cause, ECALL_VS);
}

static void name_is(const char *name, unsigned long rounds)
{
	static char copy[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX)));

	strncpy(copy, name, sizeof(copy) - 1);
	bench_marker_named(copy, rounds, false);
}

/*
 * A round is a page. The first pass is not measured. @fence comes before each of the others, which
 * begin with the entry and end with the exit.
 */
static void measure_pass(const char *name, const struct set *set, void (*fence)(void))
{
	unsigned int i;

	if (!bare_is_chosen(name))
		return;
	name_is(name, set->count);
	use_vm(0);
	load(set);
	for (i = 0; i < RUNS; i++) {
		if (fence)
			fence();
		BENCH_MARKER(BEGIN);
		load(set);
		BENCH_MARKER(END);
	}
}

/* A round is one fence, after VM 0 has loaded from the pages of @set. */
static void measure_fence_after(const char *name, const struct set *set, void (*fence)(void))
{
	unsigned int i;

	if (!bare_is_chosen(name))
		return;
	name_is(name, 1);
	use_vm(0);
	for (i = 0; i < RUNS; i++) {
		load(set);
		BENCH_MARKER(BEGIN);
		fence();
		BENCH_MARKER(END);
	}
}

/* VM 0 has @tables tables for pages, of one page each, and those above them. */
static void measure_fence(const char *name, unsigned long tables, void (*fence)(void))
{
	const struct set set = { SPARSE, MIB_2, tables };

	measure_fence_after(name, &set, fence);
}

/* A round is the switch to another of @vms VMs, which loads from two pages and exits. */
static void measure_switch(const char *name, unsigned int vms)
{
	const struct set set = { DATA, PAGE_SIZE, 2 };
	unsigned int i, vm;

	if (!bare_is_chosen(name))
		return;
	name_is(name, vms);
	for (i = 0; i <= RUNS; i++) {
		if (i)
			BENCH_MARKER(BEGIN);
		for (vm = 0; vm < vms; vm++) {
			use_vm(vm);
			load(&set);
		}
		if (i)
			BENCH_MARKER(END);
	}
}

/*
 * A round is a visit to a small VM, which loads from 64 pages and exits. VM 0 loads from the pages
 * of @big before each visit, if it is not NULL.
 */
static void measure_small(const char *name, const struct set *big)
{
	const struct set small = { DATA, PAGE_SIZE, 64 };
	unsigned int i;

	if (!bare_is_chosen(name))
		return;
	name_is(name, 1);
	for (i = 0; i <= RUNS; i++) {
		if (big) {
			use_vm(0);
			load(big);
		}
		if (i)
			BENCH_MARKER(BEGIN);
		use_vm(1);
		load(&small);
		if (i)
			BENCH_MARKER(END);
	}
}

void bare_shadow(void)
{
	static const struct set dense_512 = { DATA, PAGE_SIZE, 512 };
	static const struct set dense_8192 = { DATA, PAGE_SIZE, 8192 };
	static const struct set dense = { DATA, PAGE_SIZE, DENSE_SIZE / PAGE_SIZE };
	static const struct set sparse = { SPARSE, MIB_2, 500 };
	/* 1.25 times as many tables as the pool has. */
	static const struct set over = { SPARSE, MIB_2, 3600 };
	static const struct set big = { SPARSE, MIB_2, SPARSE_GIB * PTES };

	roots = make_tables();
	fence_all();
	measure_pass("bare-moved-512", &dense_512, fence_vm);
	measure_pass("bare-moved-8192", &dense_8192, fence_vm);
	measure_pass("bare-moved-sparse", &sparse, fence_vm);
	measure_fence("bare-fence-vmid-1", 1, fence_vm);
	measure_fence("bare-fence-vmid-100", 100, fence_vm);
	measure_fence("bare-fence-vmid-1800", 1800, fence_vm);
	measure_fence("bare-fence-all-1", 1, fence_all);
	measure_fence("bare-fence-all-100", 100, fence_all);
	measure_fence("bare-fence-all-1800", 1800, fence_all);
	measure_fence_after("bare-fence-vmid-full", &dense, fence_vm);
	measure_fence_after("bare-fence-range", &dense, fence_range);
	measure_pass("bare-again-dense", &dense, NULL);
	measure_pass("bare-over-pool", &over, NULL);
	measure_switch("bare-switch-32", 32);
	measure_switch("bare-switch-256", VMS);
	measure_small("bare-small-alone", NULL);
	measure_small("bare-small-beside", &big);
}
