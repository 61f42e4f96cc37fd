/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * isa: prints what Linux tells a program of the instruction set: hwcap and hwprobe. Then it asks
 * for pointer masking by prctl(), and prints what loads and system calls do with tagged pointers.
 * Each line begins with "L1: isa: ".
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's headers do not have these: asm/hwprobe.h, linux/prctl.h. */
#define SYS_HWPROBE   258
#define SET_TAGGED    55
#define GET_TAGGED    56
#define TAGGED_ENABLE 1ul
#define PMLEN_SHIFT   24

#define KEYS 17
/* The speeds of misaligned accesses are measured, so they differ from boot to boot. */
#define MEASURED (1u << 5 | 1u << 9 | 1u << 10)

static sigjmp_buf fault;

static void on_fault(int signal)
{
	(void)signal;
	siglongjmp(fault, 1);
}

static void print_hwprobe(void)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++) {
		struct {
			int64_t key;
			uint64_t value;
		} pair = { .key = i };
		long error = syscall(SYS_HWPROBE, &pair, 1, 0, NULL, 0);

		if (!(MEASURED >> i & 1))
			printf("L1: isa: hwprobe %u: %ld, %" PRId64 " 0x%" PRIx64 "\n", i, error,
			       pair.key, pair.value);
	}
}

static const char *load(const volatile char *p)
{
	if (sigsetjmp(fault, 1))
		return "fault";
	return *p == 'x' ? "done" : "another byte";
}

static void try_tags(unsigned int length)
{
	static volatile char byte = 'x';
	static char path[] = "/";
	int set = prctl(SET_TAGGED, TAGGED_ENABLE | (unsigned long)length << PMLEN_SHIFT, 0, 0, 0);

	printf("L1: isa: %u bits: set %d, get 0x%x", length, set, prctl(GET_TAGGED, 0, 0, 0, 0));
	printf(", bit 63 %s", load((char *)((uintptr_t)&byte ^ UINT64_C(1) << 63)));
	printf(", bit 56 %s", load((char *)((uintptr_t)&byte ^ UINT64_C(1) << 56)));
	printf(", bit 48 %s", load((char *)((uintptr_t)&byte ^ UINT64_C(1) << 48)));
	printf(", system call %d\n", access((char *)((uintptr_t)path ^ UINT64_C(1) << 60), F_OK));
}

int main(void)
{
	static const unsigned int lengths[] = { 0, 7, 16, 17, 0 };
	struct sigaction action = { .sa_handler = on_fault };
	unsigned int i;

	sigaction(SIGSEGV, &action, NULL);
	printf("L1: isa: hwcap 0x%lx\n", getauxval(AT_HWCAP));
	print_hwprobe();
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		try_tags(lengths[i]);
	return 0;
}
