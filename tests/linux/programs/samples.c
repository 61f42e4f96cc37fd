/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * samples: what `perf record` and `perf stat` do, in one program. It counts events with filters,
 * and samples two loops of which one takes three times as long. Each line begins with
 * "L1: samples: ".
 */
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_PAGES 64u
#define PAGE	   4096u
#define PERIOD	   1000000u
#define ROUNDS	   20u
#define STEPS	   1000000u

#define WORKS_MAX      40u
#define SAMPLES_WANTED 20u
#define SAMPLE_SIZE    16u /* a header and an address */
#define LOOP_SIZE      64u /* at most the size of a loop */

static volatile uint64_t sink;

static __attribute__((noinline, aligned(64))) void step(uint64_t count)
{
	uint64_t i, x = sink;

	for (i = 0; i < count; i++)
		x = x * 3 + i;
	sink = x;
}

/* Another copy, so that the samples tell the two apart. */
static __attribute__((noinline, aligned(64))) void long_step(uint64_t count)
{
	uint64_t i, x = sink;

	for (i = 0; i < count; i++)
		x = x * 5 + i;
	sink = x;
}

static void work(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		step(STEPS);
		long_step(3 * STEPS);
	}
}

static int open_event(struct perf_event_attr *attr)
{
	attr->size = sizeof(*attr);
	attr->disabled = 1;
	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static void count(const char *name, uint64_t config, bool user, bool kernel)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = config,
		.exclude_user = !user,
		.exclude_kernel = !kernel,
		.exclude_hv = 1,
	};
	int fd = open_event(&attr);
	uint64_t value = 0;

	if (fd < 0) {
		printf("L1: samples: %s: refused\n", name);
		return;
	}
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &value, sizeof(value)) != sizeof(value))
		value = 0;
	printf("L1: samples: %s: %" PRIu64 "\n", name, value);
	close(fd);
}

/*
 * Halite's count of this hart's SBI calls (docs/stats.md), as perf has it: an event of the platform
 * by its raw number. The calls that start, read and stop the counter are such calls.
 */
static void count_exits(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.config = UINT64_C(0xc00048414c490000),
	};
	int fd = open_event(&attr);
	uint64_t value = 0;

	if (fd < 0) {
		printf("L1: samples: exits into Halite: refused\n");
		return;
	}
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	step(STEPS);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &value, sizeof(value)) != sizeof(value))
		value = 0;
	printf("L1: samples: exits into Halite: %s\n", value ? "counted" : "none");
	close(fd);
}

/* A place in the ring, which has a power of two of bytes. */
static uint64_t word(const uint8_t *ring, uint64_t at)
{
	uint64_t value;

	memcpy(&value, ring + at % (RING_PAGES * PAGE), sizeof(value));
	return value;
}

static void sample(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.sample_period = PERIOD,
		.sample_type = PERF_SAMPLE_IP,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = open_event(&attr);
	struct perf_event_mmap_page *head;
	uint64_t at, all = 0, in_long = 0;
	const uint8_t *ring;
	unsigned int i;

	if (fd < 0) {
		printf("L1: samples: sampling: refused\n");
		return;
	}
	head = mmap(NULL, (RING_PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (head == MAP_FAILED) {
		printf("L1: samples: sampling: no ring\n");
		return;
	}
	ring = (const uint8_t *)head + PAGE;
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	/* QEMU gives few samples, and not always as many. */
	for (i = 0; i < WORKS_MAX && head->data_head < SAMPLES_WANTED * SAMPLE_SIZE; i++)
		work();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	for (at = 0; at < head->data_head; at += word(ring, at) >> 48) {
		uint64_t ip = word(ring, at + 8);

		if ((uint32_t)word(ring, at) != PERF_RECORD_SAMPLE)
			continue;
		all++;
		if (ip - (uintptr_t)long_step < LOOP_SIZE)
			in_long++;
	}
	printf("L1: samples: sampling: %" PRIu64 " samples, %" PRIu64 " in 100 in the long loop\n",
	       all, all ? in_long * 100 / all : 0);
}

int main(void)
{
	count("cycles:u", PERF_COUNT_HW_CPU_CYCLES, true, false);
	count("instructions:u", PERF_COUNT_HW_INSTRUCTIONS, true, false);
	count("instructions:k", PERF_COUNT_HW_INSTRUCTIONS, false, true);
	count_exits();
	sample();
	return 0;
}
