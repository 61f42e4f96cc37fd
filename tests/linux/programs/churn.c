/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * churn MEGABYTES SECONDS: runs in an L2 guest while L1 pages out, merges and moves the guest's
 * memory. A thread for each processor has a share of the memory and knows what it wrote to each
 * page. It checks all pages again and again, each time on another processor, and rewrites pages in
 * random order. Some pages have the same contents as others, so that L1 can merge them. Each thread
 * also maps and unmaps fresh memory, which must be zero, and checks that time does not go back.
 * Prints `churn: ok` with the number of rounds, or the error, and then exits with 1.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE	    4096
#define WORDS	    (PAGE / sizeof(uint64_t))
#define FRESH_PAGES 64
#define THREADS_MAX 64
/* Two of three pages have one of so many contents. */
#define COMMON 3
/* Times that a thread checks all of its memory at least, however slow the machine is. */
#define ROUNDS_MIN 2

struct worker {
	pthread_t thread;
	unsigned int number;
	uint64_t (*pages)[WORDS];
	uint64_t *seeds; /* of the contents of each page */
	size_t count;
	uint64_t random;
	unsigned long rounds;
};

static unsigned int processors;
static time_t seconds;
static uint64_t latest; /* nanoseconds: the latest time that a thread has seen */

static _Noreturn void fail(const char *what, unsigned int thread, size_t page, size_t word,
			   uint64_t is, uint64_t expected)
{
	printf("churn: %s: thread %u, page %zu, word %zu: 0x%lx instead of 0x%lx\n", what, thread,
	       page, word, (unsigned long)is, (unsigned long)expected);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t pick(struct worker *w)
{
	return w->random = mix(w->random);
}

static uint64_t content(uint64_t seed, size_t word)
{
	return mix(seed) ^ word * UINT64_C(0x100000001);
}

static void fill(struct worker *w, size_t page)
{
	uint64_t seed = pick(w);
	size_t i;

	if (seed % 3)
		seed %= COMMON;
	w->seeds[page] = seed;
	for (i = 0; i < WORDS; i++)
		w->pages[page][i] = content(seed, i);
}

static void check(const struct worker *w, size_t page)
{
	size_t i;

	for (i = 0; i < WORDS; i++) {
		uint64_t is = *(volatile uint64_t *)&w->pages[page][i];

		if (is != content(w->seeds[page], i))
			fail("memory changed", w->number, page, i, is, content(w->seeds[page], i));
	}
}

static void *map(size_t pages)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED) {
		perror("churn: mmap");
		exit(EXIT_FAILURE);
	}
	return p;
}

/* The memory likely has the address of the previous call, but other pages behind it. */
static void use_fresh_memory(const struct worker *w)
{
	uint64_t(*fresh)[WORDS] = map(FRESH_PAGES);
	size_t page, i;

	for (page = 0; page < FRESH_PAGES; page++) {
		for (i = 0; i < WORDS; i++) {
			if (fresh[page][i])
				fail("fresh memory is not zero", w->number, page, i, fresh[page][i],
				     0);
		}
		fresh[page][page % WORDS] = ~UINT64_C(0);
	}
	munmap(fresh, FRESH_PAGES * PAGE);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void check_time(const struct worker *w)
{
	uint64_t seen = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
	uint64_t time = now();

	if (time < seen)
		fail("time goes back", w->number, 0, 0, time, seen);
	while (seen < time && !__atomic_compare_exchange_n(&latest, &seen, time, false,
							   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void move(const struct worker *w)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((w->number + w->rounds) % processors, &set);
	/* A processor that is offline is no error. */
	sched_setaffinity(0, sizeof(set), &set);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	uint64_t end = now() + (uint64_t)seconds * 1000000000;
	size_t i;

	for (i = 0; i < w->count; i++)
		fill(w, i);
	while (now() < end || w->rounds < ROUNDS_MIN) {
		for (i = 0; i < w->count; i++) {
			check(w, i);
			if (pick(w) % 4 == 0)
				fill(w, pick(w) % w->count);
		}
		use_fresh_memory(w);
		check_time(w);
		w->rounds++;
		move(w);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	unsigned long rounds = 0;
	size_t pages;
	unsigned int i;

	processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (argc != 3 || processors > THREADS_MAX) {
		fprintf(stderr, "churn: MEGABYTES SECONDS are expected\n");
		return 2;
	}
	pages = (size_t)atol(argv[1]) * 256 / processors;
	seconds = atol(argv[2]);
	for (i = 0; i < processors; i++) {
		workers[i] = (struct worker){
			.number = i,
			.count = pages,
			.pages = map(pages),
			.seeds = calloc(pages, sizeof(uint64_t)),
			.random = (uint64_t)getpid() << 32 ^ now() ^ i,
		};
		if (!workers[i].seeds ||
		    pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
			perror("churn: no thread");
			return 1;
		}
	}
	for (i = 0; i < processors; i++) {
		pthread_join(workers[i].thread, NULL);
		rounds += workers[i].rounds;
	}
	printf("churn: ok, %u processors, %zu pages each, %lu times\n", processors, pages, rounds);
	return 0;
}
