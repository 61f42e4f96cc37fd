/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All harts attack, step by step. The boot hart also starts harts that have stopped, checks that
 * each hart makes progress, and ends the guest after a while. Runs in Halite with 512 MiB of
 * memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "hostile.h"

#define SECOND	    10000000 /* ticks */
#define DURATION    15	     /* seconds, without "hostile.seconds=" on the command line */
#define TIME_LIMIT  (UINT64_C(10) * SECOND)
#define STEP_TIME   (SECOND / 1000)
#define HSM_STOPPED 1

struct hart hostile_harts[HOSTILE_HARTS];

static struct hart *boss;
static unsigned int hart_count;
static unsigned int weights; /* sum of all attacks */
static uint64_t end_time;
static uint32_t ended;	  /* the boss has ended the attacks */
static uint32_t failures; /* atomic */

struct attack {
	const char *name;
	void (*step)(struct hart *h);
	unsigned int weight;
};

static const struct attack attacks[] = {
	{ "start", 0, 0 },
	{ "csrs", attack_csrs, 3 },
	{ "instructions", attack_instructions, 3 },
	{ "memory", attack_memory, 4 },
	{ "sbi", attack_sbi, 3 },
	{ "harts", attack_harts, 2 },
	{ "l2", attack_l2, 5 },
	{ "nacl", attack_nacl, 5 },
	{ "probe", probe, 4 },
};
#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

void hostile_fail(const char *fmt, ...)
{
	char line[200];
	va_list args;

	/* The first failures suffice. */
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_SEQ_CST) >= 5)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	guest_print("hostile: BREACH: %s\n", line);
}

static _Noreturn void power_off(void)
{
	guest_sbi(EXT_SRST, 0, 0, failures ? 1 : 0, 0, 0, 0);
	for (;;)
		;
}

/* Reports a trap outside hostile_run(). */
void hostile_lost(struct hart *h);
void hostile_lost(struct hart *h)
{
	hostile_fail("hart %ld, step %s: trap %ld at 0x%lx, tval 0x%lx", (long)h->id,
		     attacks[h->what].name, (long)h->cause, (unsigned long)h->pc,
		     (unsigned long)h->tval);
	power_off();
}

static uint64_t hart_status(uint64_t id)
{
	struct guest_result r = guest_sbi(EXT_HSM, 2, id, 0, 0, 0, 0);

	return r.error ? HSM_STOPPED : r.value;
}

static void report(void)
{
	uint64_t rounds = 0, entries = 0, probes = 0, unclear = 0;
	unsigned int i;

	for (i = 0; i < HOSTILE_HARTS; i++) {
		rounds += hostile_harts[i].steps;
		entries += hostile_harts[i].l2_entries;
		probes += hostile_harts[i].probes;
		unclear += hostile_harts[i].unclear;
	}
	guest_print("hostile: %lu times in L2, %lu probes, %lu of them ended by the timer\n",
		    (unsigned long)entries, (unsigned long)probes, (unsigned long)unclear);
	if (failures)
		guest_print("hostile: FAILED, %u breaches\n", failures);
	else
		guest_print("hostile: %lu rounds on %u harts, survived\n", (unsigned long)rounds,
			    hart_count);
}

static void finish(void)
{
	uint64_t limit = read_time() + TIME_LIMIT;
	unsigned int i;

	__atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < HOSTILE_HARTS; i++) {
		struct hart *h = &hostile_harts[i];

		while (h != boss && !__atomic_load_n(&h->parked, __ATOMIC_SEQ_CST) &&
		       hart_status(i) != HSM_STOPPED) {
			if (read_time() < limit)
				continue;
			hostile_fail("hart %u has not come back from step %s", i,
				     attacks[h->what].name);
			break;
		}
	}
	calm(boss);
	report();
	power_off();
}

/* Starts harts that have stopped, and checks that each hart has made a step not long ago. */
static void watch(void)
{
	uint64_t now = read_time();
	unsigned int i;

	for (i = 0; i < HOSTILE_HARTS; i++) {
		struct hart *h = &hostile_harts[i];
		uint64_t steps = __atomic_load_n(&h->steps, __ATOMIC_RELAXED);

		if (h == boss || guest_sbi(EXT_HSM, 2, i, 0, 0, 0, 0).error)
			continue;
		if (steps != h->seen_steps || !h->seen_time) {
			h->seen_steps = steps;
			h->seen_time = now;
		} else if (now - h->seen_time > TIME_LIMIT) {
			hostile_fail("hart %u hangs in step %s", i, attacks[h->what].name);
			finish();
		}
		if (hart_status(i) == HSM_STOPPED)
			guest_sbi(EXT_HSM, 0, i, (uintptr_t)hostile_start, 0, 0, 0);
	}
	if (now >= end_time || failures)
		finish();
}

static void step(struct hart *h)
{
	unsigned int ticket = below(h, weights);
	unsigned int i;

	for (i = 1; i < ATTACKS - 1 && ticket >= attacks[i].weight; i++)
		ticket -= attacks[i].weight;
	h->what = i;
	arm_timer(h, STEP_TIME);
	csr_write(0x104, SIE_STIE | (chance(h, 4) ? rnd(h) & 0x202 : 0));
	csr_write(0x144, 0);
	attacks[i].step(h);
	h->steps++;
}

/* Each start of a hart calls this, with an empty stack. */
void hostile_hart(struct hart *h);
void hostile_hart(struct hart *h)
{
	h->running = 0;
	h->starts++;
	h->what = 0;
	while (!__atomic_load_n(&ended, __ATOMIC_SEQ_CST)) {
		step(h);
		if (h == boss)
			watch();
	}
	__atomic_store_n(&h->parked, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("wfi");
}

bool hostile_is_boss(const struct hart *h)
{
	return h == boss;
}

void guest_second_main(uint64_t hartid)
{
	(void)hartid;
}

static void init(struct hart *h)
{
	unsigned int i;

	for (i = 0; i < HOSTILE_HARTS; i++) {
		hostile_harts[i].id = i;
		hostile_harts[i].random = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
		if (!guest_sbi(EXT_HSM, 2, i, 0, 0, 0, 0).error)
			hart_count++;
	}
	for (i = 0; i < ATTACKS; i++)
		weights += attacks[i].weight;
	csr_write(0x140, h);
	csr_write(0x105, hostile_trap);
	tools_init(h);
	guest_print("hostile: %u harts; not mine: from 0x%lx\n", hart_count,
		    (unsigned long)hostile_home);
}

/* The number behind "hostile.seconds=" on the command line. */
static uint64_t find_seconds(const void *fdt)
{
	const char *digits = guest_word(fdt, "hostile.seconds=");

	return digits ? strtoul(digits, NULL, 10) : DURATION;
}

void guest_main(uint64_t hartid, const void *fdt)
{
	struct hart *h = &hostile_harts[hartid];
	uint64_t seconds = find_seconds(fdt);

	boss = h;
	init(h);
	if (hostile_home >= RAM_END) {
		guest_print("hostile: there is no hypervisor in the memory below 0x%lx\n",
			    (unsigned long)RAM_END);
		failures = 1;
		power_off();
	}
	end_time = read_time() + seconds * SECOND;
	hostile_hart(h);
}
