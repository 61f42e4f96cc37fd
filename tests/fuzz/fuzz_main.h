/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main() for a fuzz target that is not linked with libFuzzer:
 *   --seconds N   test random inputs for N seconds
 *   --runs N      test N random inputs (default 10,000)
 *   --seed S      seed of the random generator (default 1)
 *   FILE...       test the inputs in these files instead
 * An input that fails, or takes longer than FUZZ_TIMEOUT seconds, is saved in PROGRAM.failed, and
 * the last line shows the command that repeats the test. Every 10 seconds a line shows the number
 * of inputs.
 */
#ifndef FUZZ_MAIN_H
#define FUZZ_MAIN_H

#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FUZZ_TIMEOUT 20

/* NULL in a build without sanitizers. */
#pragma weak __sanitizer_set_death_callback

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const char *program;
	uint8_t data[4096];
	size_t size;
} fuzz_input;

static void fuzz_save(void)
{
	char name[4096];
	FILE *file;

	snprintf(name, sizeof(name), "%s.failed", fuzz_input.program);
	file = fopen(name, "wb");
	if (!file || fwrite(fuzz_input.data, 1, fuzz_input.size, file) != fuzz_input.size)
		perror(name);
	else
		fprintf(stderr, "to repeat it: %s %s\n", fuzz_input.program, name);
	if (file)
		fclose(file);
}

static void fuzz_aborted(int signal_number)
{
	fuzz_save();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void fuzz_hangs(int signal_number)
{
	(void)signal_number;
	fprintf(stderr, "%s: no end after %d seconds\n", fuzz_input.program, FUZZ_TIMEOUT);
	abort();
}

static int fuzz_file(const char *name)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(name, "rb");

	if (!file) {
		perror(name);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
	fclose(file);
	return 0;
}

/* xorshift64* */
static uint8_t fuzz_random(uint64_t *x)
{
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * UINT64_C(0x2545f4914f6cdd1d) >> 56;
}

static void fuzz_run(unsigned long run, uint64_t *x)
{
	size_t size = 17 + run * 97 % (sizeof(fuzz_input.data) - 16);

	for (fuzz_input.size = 0; fuzz_input.size < size; fuzz_input.size++)
		fuzz_input.data[fuzz_input.size] = fuzz_random(x);
	alarm(FUZZ_TIMEOUT);
	LLVMFuzzerTestOneInput(fuzz_input.data, size);
}

static int fuzz_usage(const char *word)
{
	fprintf(stderr, "%s: '%s': expected --seconds N, --runs N, --seed S, or files\n",
		fuzz_input.program, word);
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long seconds = 0, runs = 10000, run;
	time_t start = time(NULL), shown = start, now;
	uint64_t seed = 1;
	int failed = 0;
	int i;

	fuzz_input.program = argv[0];
	for (i = 1; i < argc && argv[i][0] == '-'; i += 2) {
		char *end = NULL;
		unsigned long value = i + 1 < argc ? strtoul(argv[i + 1], &end, 0) : 0;

		if (!end || *end || !value)
			return fuzz_usage(argv[i]);
		if (!strcmp(argv[i], "--seconds"))
			seconds = value;
		else if (!strcmp(argv[i], "--runs"))
			runs = value;
		else if (!strcmp(argv[i], "--seed"))
			seed = value;
		else
			return fuzz_usage(argv[i]);
	}
	if (i < argc) {
		for (; i < argc; i++)
			failed |= fuzz_file(argv[i]);
		return failed;
	}
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(fuzz_save);
	signal(SIGABRT, fuzz_aborted);
	signal(SIGALRM, fuzz_hangs);
	for (run = 0; seconds || run < runs; run++) {
		now = time(NULL);
		if (seconds && now - start >= (time_t)seconds)
			break;
		if (now - shown >= 10) {
			fprintf(stderr, "%s: %lu inputs\n", argv[0], run);
			shown = now;
		}
		fuzz_run(run, &seed);
	}
	printf("ok: %s: %lu inputs in %ld seconds\n", argv[0], run, (long)(time(NULL) - start));
	return 0;
}

#endif
