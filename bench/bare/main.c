/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures exits of a guest without an operating system: SBI calls, and CSR accesses and
 * instructions of the H extension, which trap in Halite and not on the bare machine; and loops
 * without exits. The counting plugin sees the runs (marker.h). Prints the ticks of the shortest run
 * of each:
 *   BENCH name rounds ticks
 */
#include <string.h>

#include "../marker.h"
#include "bare.h"
#include "guest.h"

#define RUNS	 8
#define ROUNDS	 1000
#define ECALL_VS 10
#define EXT_BASE 0x10

struct measurement {
	const char *name;
	unsigned long rounds;
	void (*loop)(unsigned long rounds);
};

static const struct measurement measurements[] = {
	{ "bare-sbi-base", ROUNDS, bare_sbi_base },
	{ "bare-sbi-timer", ROUNDS, bare_sbi_timer },
	{ "bare-hstatus-read", ROUNDS, bare_hstatus_read },
	{ "bare-hstatus-swap", ROUNDS, bare_hstatus_swap },
	{ "bare-htval-read", ROUNDS, bare_htval_read },
	{ "bare-htinst-read", ROUNDS, bare_htinst_read },
	{ "bare-hvip-write", ROUNDS, bare_hvip_write },
	{ "bare-vsie-read", ROUNDS, bare_vsie_read },
	{ "bare-vsscratch-swap", ROUNDS, bare_vsscratch_swap },
	{ "bare-vsatp-write", ROUNDS, bare_vsatp_write },
	{ "bare-vstimecmp-write", ROUNDS, bare_vstimecmp_write },
	{ "bare-hgatp-write", ROUNDS, bare_hgatp_write },
	{ "bare-hfence-gvma", ROUNDS, bare_hfence_gvma },
	{ "bare-hfence-vvma", ROUNDS, bare_hfence_vvma },
	{ "bare-l2-ecall", ROUNDS, bare_l2_ecall },
	{ "bare-compute", 200000, bare_compute },
	{ "bare-memory", 2000000, bare_memory },
};

static uint64_t now(void)
{
	uint64_t time;

	__asm__ volatile("rdtime %0" : "=r"(time));
	return time;
}

static const char *chosen; /* names with commas between them; NULL: all */

bool bare_is_chosen(const char *name)
{
	const char *names = chosen;
	size_t length;

	if (!names)
		return true;
	for (;; names += length + 1) {
		length = strcspn(names, ", ");
		if (length == strlen(name) && !memcmp(names, name, length))
			return true;
		if (names[length] != ',')
			return false;
	}
}

static void measure(const struct measurement *m)
{
	char name[BENCH_NAME_MAX] __attribute__((aligned(BENCH_NAME_MAX)));
	uint64_t start, ticks, least = UINT64_MAX;
	unsigned int i;

	if (!bare_is_chosen(m->name))
		return;
	strncpy(name, m->name, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	bench_marker_named(name, m->rounds, false);
	for (i = 0; i < RUNS; i++) {
		start = now();
		m->loop(m->rounds);
		ticks = now() - start;
		if (ticks < least)
			least = ticks;
	}
	guest_print("BENCH %s %lu %lu\n", m->name, m->rounds, (unsigned long)least);
}

void guest_main(uint64_t hartid, const void *fdt)
{
	const struct measurement *m;

	(void)hartid;
	chosen = guest_word(fdt, "bench=");
	guest_check("answer of SBI", guest_sbi(EXT_BASE, 3, EXT_BASE, 0, 0, 0, 0).value, 1);
	guest_check("exit of L2", guest_run_l2(guest_l2_ecall), ECALL_VS);
	for (m = measurements; m < measurements + sizeof(measurements) / sizeof(*m); m++)
		measure(m);
	bare_shadow();
	guest_finish();
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}
