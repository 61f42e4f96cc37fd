/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures guests of KVM. Each measurement has several runs. The counting plugin sees their begins
 * and ends (marker.h). Prints the ticks of the shortest run of each measurement, for comparison:
 *   BENCH name rounds ticks
 * Usage: bench [RUNS [NAME...]]
 *        bench --rounds N RUNS NAME...   N rounds in a run. Few rounds fit between two timer
 *                                        interrupts.
 *        bench --mark NAME   makes the plugin print the counts since reset under this name
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../marker.h"
#include "l2.h"
#include "vm.h"

#define RUNS	   8
#define PAGE_SIZE  4096
#define HUGE_PAGE  (UINT64_C(1) << 21)
#define HUGE_PAGES 32
/*
 * Pages 2 MiB apart, each of which needs a table of Halite's own: 1.25 times as many as Halite has
 * tables with 2 GiB of RAM (scripts/bench.sh).
 */
#define SPARSE_PAGES 3400

struct measurement {
	const char *name;
	unsigned long rounds;
	const char *code; /* in the guest */
	/* Does one run and returns its ticks. NULL: the guest runs @code. */
	uint64_t (*run)(struct vm *vm, const struct measurement *m);
};

static uint64_t now(void)
{
	uint64_t time;

	__asm__ volatile("rdtime %0" : "=r"(time));
	return time;
}

static void protect(const struct memory *m, int protection)
{
	if (mprotect(m->start, m->size, protection) < 0)
		die("mprotect");
}

/* KVM unmaps all of @m. L1's user space keeps the pages. */
static void unmap(const struct memory *m)
{
	protect(m, PROT_NONE);
	protect(m, PROT_READ | PROT_WRITE);
}

static uint64_t run_at(struct vm *vm, const struct measurement *m, const struct memory *memory,
		       unsigned long stride)
{
	vm_give(&vm->vcpu[0], m->code, memory->gpa, m->rounds, stride);
	return vm_run(&vm->vcpu[0]);
}

/* The guest touches the first @pages of its small pages, not measured. */
static void fill(struct vm *vm, unsigned long pages)
{
	vm_give(&vm->vcpu[0], l2_fill, vm->small.gpa, pages, PAGE_SIZE);
	vm_run(&vm->vcpu[0]);
}

static uint64_t run_plain(struct vm *vm, const struct measurement *m)
{
	return run_at(vm, m, &vm->small, PAGE_SIZE);
}

static uint64_t run_touch(struct vm *vm, const struct measurement *m)
{
	unmap(&vm->small);
	return run_plain(vm, m);
}

/* L1's user space must allocate each page again, and clears it. */
static uint64_t run_touch_new(struct vm *vm, const struct measurement *m)
{
	if (madvise(vm->small.start, vm->small.size, MADV_DONTNEED) < 0)
		die("MADV_DONTNEED");
	return run_plain(vm, m);
}

static uint64_t run_touch_huge(struct vm *vm, const struct measurement *m)
{
	unmap(&vm->huge);
	return run_at(vm, m, &vm->huge, HUGE_PAGE);
}

static void touch_sparse(struct vm *vm)
{
	vm_add_sparse(vm, SPARSE_PAGES * HUGE_PAGE);
	vm_give(&vm->vcpu[0], l2_fill, vm->sparse.gpa, SPARSE_PAGES, HUGE_PAGE);
	vm_run(&vm->vcpu[0]);
}

/* Page after page, all of which the guest has touched before. */
static uint64_t run_over_pool(struct vm *vm, const struct measurement *m)
{
	touch_sparse(vm);
	return run_at(vm, m, &vm->sparse, HUGE_PAGE);
}

static uint64_t run_over_pool_random(struct vm *vm, const struct measurement *m)
{
	touch_sparse(vm);
	return run_at(vm, m, &vm->sparse, SPARSE_PAGES);
}

/* L1's G-stage maps all pages read-only, and L1 has just fenced all of them. */
static uint64_t run_new_shadow(struct vm *vm, const struct measurement *m)
{
	uint64_t ticks;

	fill(vm, m->rounds);
	vm_log_dirty(vm, &vm->small, true);
	ticks = run_plain(vm, m);
	vm_log_dirty(vm, &vm->small, false);
	return ticks;
}

/* L1 unmaps a range that its guest uses, and enters the guest again. */
static uint64_t run_unmap(struct vm *vm, const struct measurement *m)
{
	struct vcpu *v = &vm->vcpu[0];
	uint64_t start;

	fill(vm, m->rounds);
	vm_give(v, l2_nothing, 0, 0, 0);
	start = now();
	BENCH_MARKER(BEGIN);
	if (mprotect(vm->small.start, m->rounds * PAGE_SIZE, PROT_NONE) < 0)
		die("mprotect");
	vm_step(v);
	BENCH_MARKER(END);
	start = now() - start;
	protect(&vm->small, PROT_READ | PROT_WRITE);
	return start;
}

/* For each page, L1 unmaps it, and the guest touches it and calls user space. */
static uint64_t run_fence_storm(struct vm *vm, const struct measurement *m)
{
	struct vcpu *v = &vm->vcpu[0];
	unsigned long i;
	uint64_t start;
	char *page;

	fill(vm, m->rounds);
	vm_give(v, m->code, vm->small.gpa, m->rounds, PAGE_SIZE);
	start = now();
	BENCH_MARKER(BEGIN);
	for (i = 0; i < m->rounds; i++) {
		page = vm->small.start + i * PAGE_SIZE;
		if (mprotect(page, PAGE_SIZE, PROT_NONE) < 0 ||
		    mprotect(page, PAGE_SIZE, PROT_READ | PROT_WRITE) < 0)
			die("mprotect");
		vm_step(v);
	}
	BENCH_MARKER(END);
	start = now() - start;
	while (!vm_step(v))
		;
	return start;
}

static void *run_second(void *vcpu)
{
	vm_run(vcpu);
	return NULL;
}

/*
 * Runs threads by fixed priority. A fair scheduler chooses by the past run time of the threads:
 * with it, one run of eight was 13 % shorter.
 */
static void schedule(int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	if (sched_setscheduler(0, policy, &param))
		die("sched_setscheduler");
}

static uint64_t run_ipi(struct vm *vm, const struct measurement *m)
{
	pthread_t second;
	uint64_t ticks;

	schedule(SCHED_FIFO, 1);
	vm_give(&vm->vcpu[1], l2_ipi_second, 0, m->rounds, 0);
	if (pthread_create(&second, NULL, run_second, &vm->vcpu[1]))
		die("pthread_create");
	ticks = run_plain(vm, m);
	pthread_join(second, NULL);
	schedule(SCHED_OTHER, 0);
	return ticks;
}

static uint64_t run_l1_compute(struct vm *vm, const struct measurement *m)
{
	uint64_t start = now();

	(void)vm;
	BENCH_MARKER(BEGIN);
	l1_compute(m->rounds);
	BENCH_MARKER(END);
	return now() - start;
}

static uint64_t run_l1_memory(struct vm *vm, const struct measurement *m)
{
	uint64_t start = now();

	BENCH_MARKER(BEGIN);
	l1_memory(m->rounds, vm->small.start);
	BENCH_MARKER(END);
	return now() - start;
}

static const struct measurement measurements[] = {
	{ "sbi-kernel", 1000, l2_sbi_kernel, NULL },
	{ "sbi-user", 1000, l2_sbi_user, NULL },
	{ "mmio-write", 1000, l2_mmio_write, NULL },
	{ "mmio-read", 1000, l2_mmio_read, NULL },
	{ "touch-1000", 1000, l2_store, run_touch },
	{ "touch-4000", 4000, l2_store, run_touch },
	{ "touch-new-1000", 1000, l2_store, run_touch_new },
	{ "touch-huge", HUGE_PAGES, l2_store, run_touch_huge },
	{ "touch-again-1000", 1000, l2_store, NULL },
	{ "touch-again-4000", 4000, l2_store, NULL },
	{ "new-shadow-1000", 1000, l2_load, run_new_shadow },
	{ "unmap-1000", 1000, NULL, run_unmap },
	{ "fence-storm", 1000, l2_store_each, run_fence_storm },
	{ "timer-sbi", 1000, l2_timer_sbi, NULL },
	{ "timer-sstc", 1000, l2_timer_sstc, NULL },
	{ "timer-pending", 1000, l2_timer_fire, NULL },
	{ "wfi-timer", 1000, l2_wfi, NULL },
	{ "ipi", 1000, l2_ipi_first, run_ipi },
	{ "l2-sie", 1000, l2_csr_sie, NULL },
	{ "l2-sip", 1000, l2_csr_sip, NULL },
	{ "l2-sscratch", 1000, l2_csr_sscratch, NULL },
	{ "l2-satp", 1000, l2_csr_satp, NULL },
	{ "l2-sfence", 1000, l2_sfence, NULL },
	{ "l2-rdtime", 1000, l2_rdtime, NULL },
	{ "l2-compute", 200000, l2_compute, NULL },
	{ "l2-memory", 2000000, l2_memory, NULL },
	{ "l1-compute", 200000, NULL, run_l1_compute },
	{ "l1-memory", 2000000, NULL, run_l1_memory },
	/* The last ones, because Halite's pool is full from then on. */
	{ "over-pool", SPARSE_PAGES, l2_store, run_over_pool },
	{ "over-pool-random", SPARSE_PAGES, l2_store_random, run_over_pool_random },
};

static bool is_wanted(const char *name, char **names)
{
	bool wanted = !*names;

	for (; *names; names++)
		wanted |= !strcmp(name, *names);
	return wanted;
}

static void measure(struct vm *vm, const struct measurement *m, unsigned int runs)
{
	char name[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX)));
	uint64_t ticks, least = UINT64_MAX;
	unsigned int i;

	snprintf(name, sizeof(name), "%s", m->name);
	bench_marker_named(name, m->rounds, false);
	for (i = 0; i < runs; i++) {
		ticks = m->run ? m->run(vm, m) : run_plain(vm, m);
		if (ticks < least)
			least = ticks;
	}
	printf("BENCH %s %lu %lu\n", m->name, m->rounds, (unsigned long)least);
}

int main(int argc, char **argv)
{
	static struct vm vm;
	const struct measurement *m;
	unsigned long rounds = 0;
	unsigned int runs;
	char **names;

	if (argc == 3 && !strcmp(argv[1], "--mark")) {
		char name[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX)));

		snprintf(name, sizeof(name), "%s", argv[2]);
		bench_marker_named(name, 1, true);
		return EXIT_SUCCESS;
	}
	if (argc > 2 && !strcmp(argv[1], "--rounds")) {
		rounds = strtoul(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	runs = argc > 1 ? strtoul(argv[1], NULL, 10) : RUNS;
	names = argc > 2 ? argv + 2 : argv + argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mlockall(MCL_CURRENT) < 0)
		die("mlockall");
	vm_create(&vm);
	for (m = measurements; m < measurements + sizeof(measurements) / sizeof(*m); m++) {
		struct measurement chosen = *m;

		chosen.rounds = rounds ? rounds : m->rounds;
		if (is_wanted(m->name, names))
			measure(&vm, &chosen, runs);
	}
	return EXIT_SUCCESS;
}
