/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pageout ADVICE MEGABYTES PID...: gives ADVICE (pageout, cold, collapse) for MEGABYTES, at random
 * places, of each memory area of these processes that is large, private and anonymous, as the
 * memory of QEMU's guests is. Prints for how much memory the kernel followed it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LARGE (UINT64_C(32) << 20)
#define PIECE (UINT64_C(2) << 20)

/* Debian 12's headers do not define MADV_COLLAPSE. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static const struct {
	const char *name;
	int advice;
} advices[] = {
	{ "pageout", MADV_PAGEOUT },
	{ "cold", MADV_COLD },
	{ "collapse", MADV_COLLAPSE },
};

static int advice_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (!strcmp(name, advices[i].name))
			return advices[i].advice;
	}
	fprintf(stderr, "pageout: unknown advice %s\n", name);
	exit(2);
}

/*
 * Gives @advice for @count pieces. Returns the bytes advised. A busy piece does not end the
 * loop.
 */
static uint64_t advise(int process, uint64_t start, uint64_t end, int advice, unsigned long count)
{
	uint64_t done = 0;

	for (; count; count--) {
		struct iovec range = {
			.iov_base = (void *)((start + random() % (end - start)) / PIECE * PIECE),
			.iov_len = PIECE,
		};
		long n = syscall(SYS_process_madvise, process, &range, 1L, advice, 0);

		if (n > 0)
			done += n;
	}
	return done;
}

static uint64_t advise_process(const char *pid, int advice, unsigned long count)
{
	int process = syscall(SYS_pidfd_open, atoi(pid), 0);
	char path[64], line[256];
	uint64_t done = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	/* The process may have ended. */
	if (process < 0 || !maps)
		return 0;
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start, end, inode;
		char access[8];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %" SCNu64, &start, &end,
			   access, &inode) == 4 &&
		    !inode && !strcmp(access, "rw-p") && end - start >= LARGE)
			done += advise(process, start, end, advice, count);
	}
	fclose(maps);
	close(process);
	return done;
}

int main(int argc, char **argv)
{
	uint64_t done = 0;
	int i, advice;

	/* PIDs may be missing: then there is nothing to advise. */

	if (argc < 3) {
		fprintf(stderr, "pageout: ADVICE MEGABYTES PID... are expected\n");
		return 2;
	}
	srandom(time(NULL) ^ getpid());
	advice = advice_of(argv[1]);
	for (i = 3; i < argc; i++)
		done += advise_process(argv[i], advice, atol(argv[2]) * 1024 * 1024 / PIECE);
	printf("%s %" PRIu64 " MB\n", argv[1], done >> 20);
	return 0;
}
