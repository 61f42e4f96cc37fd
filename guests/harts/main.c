/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Effects of harts on each other: states of SBI HSM, IPIs to a hart that has just started, an
 * interrupt that another hart claims; and fences of SBI RFENCE and NACL. For machines whose harts
 * are 0, 1 and so on, with or without Halite. Words on the command line:
 *   refused-stop   the firmware refuses HART_STOP
 *   fatal          Halite is a build for tests whose SBI extension ends Halite (tests/jitter)
 *   fences         the time that fences take; needs -icount
 *   many           all harts of the machine, which may be many more than those of the host
 */
#include <libfdt.h>
#include <string.h>

#include "csr.h"
#include "guest.h"
#include "harts.h"

#define EXT_HALITE   0x0a414c49
#define HALITE_FATAL 99

uint64_t harts_first;
unsigned int harts_count;

static struct {
	void (*volatile job)(uint64_t hart);
	uint8_t stack[8192] __attribute__((aligned(16)));
} harts[HARTS_MAX];

uint64_t harts_now(void)
{
	return csr_read(CSR_TIME);
}

void harts_delay(uint64_t ticks)
{
	static uint64_t state = 88172645463325252;
	uint64_t start = harts_now();

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	ticks = state % ticks;
	while (harts_now() - start < ticks)
		;
}

static int64_t status_of(uint64_t hart)
{
	struct guest_result r = guest_sbi(EXT_HSM, HART_GET_STATUS, hart, 0, 0, 0, 0);

	return r.error ? r.error : (int64_t)r.value;
}

static int64_t await_either(uint64_t hart, int64_t status, int64_t other)
{
	uint64_t start = harts_now();
	int64_t seen;

	do {
		seen = status_of(hart);
	} while (seen != status && seen != other && harts_now() - start < AWAIT_TICKS);
	return seen;
}

int64_t harts_await(uint64_t hart, int64_t status)
{
	return await_either(hart, status, status);
}

void guest_second_main(uint64_t hart)
{
	harts[hart].job(hart);
	guest_sbi(EXT_HSM, HART_STOP, 0, 0, 0, 0, 0);
}

bool harts_start(uint64_t hart, void (*job)(uint64_t hart))
{
	uintptr_t top = (uintptr_t)harts[hart].stack + sizeof(harts[hart].stack);
	int64_t seen;

	harts[hart].job = job;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (guest_sbi(EXT_HSM, HART_START, hart, (uintptr_t)guest_second_start, top, 0, 0).error)
		return false;
	seen = await_either(hart, STATUS_STARTED, STATUS_SUSPENDED);
	return seen == STATUS_STARTED || seen == STATUS_SUSPENDED;
}

void harts_send_ipi(uint64_t hart)
{
	guest_sbi(EXT_IPI, 0, 1, hart, 0, 0, 0);
}

/* ---- two harts that end Halite at once ---- */

static volatile unsigned int at_the_end;

static void end_halite(uint64_t hart)
{
	__atomic_fetch_add(&at_the_end, 1, __ATOMIC_SEQ_CST);
	while (at_the_end < harts_count)
		;
	guest_sbi(EXT_HALITE, HALITE_FATAL, hart, 0, 0, 0, 0);
}

static void end_by_all(void)
{
	uint64_t hart;

	for (hart = 0; hart < harts_count; hart++) {
		if (hart != harts_first)
			harts_start(hart, end_halite);
	}
	end_halite(harts_first);
}

static bool has_word(const void *fdt, const char *word)
{
	const char *line = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "bootargs", NULL);

	return line && strstr(line, word);
}

static unsigned int count_harts(const void *fdt)
{
	unsigned int count = 0;
	int node;

	fdt_for_each_subnode (node, fdt, fdt_path_offset(fdt, "/cpus"))
		count += !strncmp(fdt_get_name(fdt, node, NULL), "cpu@", 4);
	return count < HARTS_MAX ? count : HARTS_MAX;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	harts_first = hartid;
	harts_count = count_harts(fdt);
	guest_print("KTAP version 1\n");
	if (has_word(fdt, "fatal"))
		end_by_all();
	if (has_word(fdt, "refused-stop")) {
		check_refused_stop();
	} else if (has_word(fdt, "fences")) {
		check_fences();
	} else if (has_word(fdt, "many")) {
		check_many(fdt);
	} else {
		check_ranges();
		check_status();
		check_ipis();
		check_wires(fdt);
	}
	guest_finish();
}
