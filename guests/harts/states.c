/* SPDX-License-Identifier: BSD-2-Clause */
/* States of a hart, and IPIs to a hart that has just started. */
#include <stdio.h>

#include "csr.h"
#include "guest.h"
#include "harts.h"

#define SUSPEND_RETENTIVE     UINT64_C(0)
#define SUSPEND_NON_RETENTIVE UINT64_C(0x80000000)

#define ROUNDS	      100
#define ROUNDS_TICKS  (5 * (uint64_t)TICKS_PER_SECOND)
#define ARRIVES_TICKS (TICKS_PER_SECOND / 10)
#define LOOKS	      100000

static uint64_t other_hart(void)
{
	return harts_first ? 0 : 1;
}

/*
 * ---- HART_GET_STATUS of a hart in HART_SUSPEND (SBI 2.0 "Hart State Management Extension") ----
 */

static uint64_t suspend_type;
static volatile int64_t suspended;
static volatile bool may_stop;

static void suspend(uint64_t hart)
{
	(void)hart;
	csr_write(CSR_SIE, BIT64(IRQ_SSI));
	suspended = guest_suspend(suspend_type);
	while (!may_stop)
		;
}

static void check_suspend(const char *name, uint64_t type, int64_t result)
{
	uint64_t hart = other_hart(), start;
	char line[80];

	suspend_type = type;
	suspended = -100;
	may_stop = false;
	harts_start(hart, suspend);
	snprintf(line, sizeof(line), "status in a %s suspend", name);
	guest_check(line, harts_await(hart, STATUS_SUSPENDED), STATUS_SUSPENDED);
	harts_send_ipi(hart);
	start = harts_now();
	while (suspended == -100 && harts_now() - start < AWAIT_TICKS)
		;
	snprintf(line, sizeof(line), "a %s suspend ends by an IPI", name);
	guest_check(line, suspended, result);
	snprintf(line, sizeof(line), "status behind a %s suspend", name);
	guest_check(line, harts_await(hart, STATUS_STARTED), STATUS_STARTED);
	may_stop = true;
	harts_await(hart, STATUS_STOPPED);
}

void check_status(void)
{
	check_suspend("retentive", SUSPEND_RETENTIVE, 0);
	check_suspend("non-retentive", SUSPEND_NON_RETENTIVE, 1);
}

/* ---- IPIs to a hart that HART_GET_STATUS calls started ---- */

static volatile bool was_sent[HARTS_MAX], arrived[HARTS_MAX];
/*
 * For harts that an IPI did not reach: how long they waited, in ticks, and how often they
 * looked.
 */
static volatile uint64_t waited[HARTS_MAX], looked[HARTS_MAX];

static bool has_ipi(void)
{
	return csr_read(CSR_SIP) & BIT64(IRQ_SSI);
}

/*
 * Waits for an IPI. Each hart is a thread of QEMU and may stop at any time. So the limit counts
 * both the time since the call and this hart's own looks.
 */
static void take_ipi(uint64_t hart)
{
	unsigned int looks = 0;
	uint64_t start;

	while (!was_sent[hart] && !has_ipi())
		;
	start = harts_now();
	while (!has_ipi() && (harts_now() - start < ARRIVES_TICKS || looks < LOOKS))
		looks++;
	waited[hart] = harts_now() - start;
	looked[hart] = looks;
	arrived[hart] = has_ipi();
}

static bool has_arrived(uint64_t hart)
{
	int64_t status = harts_await(hart, STATUS_STOPPED);

	if (!arrived[hart])
		guest_print("# hart %lu, status %ld: no IPI in %lu ticks, %lu looks\n",
			    (unsigned long)hart, (long)status, (unsigned long)waited[hart],
			    (unsigned long)looked[hart]);
	return arrived[hart];
}

void check_ipis(void)
{
	uint64_t start = harts_now(), hart;
	unsigned int round, sent = 0, lost = 0, idle = 0;

	for (round = 0; round < ROUNDS && harts_now() - start < ROUNDS_TICKS; round++) {
		for (hart = 0; hart < harts_count; hart++) {
			if (hart == harts_first)
				continue;
			was_sent[hart] = arrived[hart] = false;
			if (!harts_start(hart, take_ipi)) {
				idle++;
				continue;
			}
			harts_send_ipi(hart);
			was_sent[hart] = true;
			sent++;
		}
		for (hart = 0; hart < harts_count; hart++) {
			if (hart != harts_first && was_sent[hart])
				lost += !has_arrived(hart);
		}
	}
	guest_print("# %u IPIs to harts that had just started\n", sent);
	guest_check("harts that did not start", idle, 0);
	guest_check("such IPIs are lost", lost, 0);
}
