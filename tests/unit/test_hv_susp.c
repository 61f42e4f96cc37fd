/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI SUSP: what suspends, and when (SBI 3.0 "System Suspend Extension"). */
#include "hv_test.h"

#include "hv/sbi.h"
#include "riscv/entry.h"

#define SUSPEND_TO_RAM 0
#define HSM_STATUS     2
#define IS_STOPPED     1
#define START_PENDING  2
#define NO_DEADLINE    (~UINT64_C(0))

#define RAM_START UINT64_C(0x80000000)

static struct host host;
static struct domain d;
static struct machine_hart harts[3] = { { .hartid = 4 }, { .hartid = 7 }, { .hartid = 9 } };
static struct vcpu vcpus[3];

static uint64_t status[3]; /* of each hart, as the firmware says */
static bool waits;	   /* whether L1 has no interrupt */
static uint64_t deadline, timer;
static unsigned int suspends, sleeps, resumes;

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	unsigned int i;

	(void)(a1 | a2 | a3 | a4 | a5);
	assert_int_equal(ext, SBI_EXT_HSM);
	assert_int_equal(fid, HSM_STATUS);
	for (i = 0; i < 3; i++) {
		if (harts[i].hartid == a0)
			return (struct sbi_result){ .value = status[i] };
	}
	fail_msg("no hart %lu", (unsigned long)a0);
	return (struct sbi_result){ 0 };
}

void riscv_hart_start(uint64_t hartid, struct vcpu *v)
{
	fail_msg("hart %lu, %p", (unsigned long)hartid, (void *)v);
	for (;;)
		;
}

bool sbi_hsm_may_start_at(const struct vcpu *v, uint64_t addr)
{
	(void)v;
	return addr >= RAM_START;
}

bool hext_wfi_waits(const struct hext_hart *h, uint64_t *until)
{
	(void)h;
	*until = deadline;
	return waits;
}

void world_call_at(struct world_timer *t, uint64_t until)
{
	assert_ptr_equal(t, &vcpus[0].timer);
	timer = until;
}

void vcpu_save(struct vcpu *v)
{
	v->live = false;
}

/* The firmware refuses. */
struct sbi_result sbi_hsm_leave(struct vcpu *v, uint64_t ext, uint64_t fid, uint64_t a0,
				uint64_t a1, uint64_t a2)
{
	assert_ptr_equal(v, &vcpus[0]);
	assert_int_equal(ext, SBI_EXT_SUSP);
	assert_int_equal(fid, 0);
	assert_int_equal(a0, SUSPEND_TO_RAM);
	assert_int_equal(a1, (uintptr_t)riscv_hart_start);
	assert_ptr_equal((void *)(uintptr_t)a2, v);
	assert_false(v->live);
	assert_true(v->asleep);
	assert_int_equal(v->start_pc, RAM_START);
	assert_int_equal(v->start_arg, 9);
	suspends++;
	return sbi_error(SBI_ERR_FAILED);
}

void sbi_hsm_wait(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpus[0]);
	sleeps++;
}

void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	assert_ptr_equal(v, &vcpus[0]);
	assert_int_equal(pc, RAM_START);
	assert_int_equal(arg, 9);
	resumes++;
}

/* ---- tests ---- */

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&d, 0, sizeof(d));
	host.domain_count = 1;
	d.host = &host;
	d.vcpu_count = 3;
	for (i = 0; i < 3; i++) {
		vcpus[i] = (struct vcpu){ .domain = &d, .index = i, .hart = &harts[i] };
		d.vcpus[i] = &vcpus[i];
		status[i] = i ? IS_STOPPED : 0;
	}
	vcpus[0].online = true;
	vcpus[0].live = true;
	waits = true;
	deadline = NO_DEADLINE;
	timer = 0;
	suspends = sleeps = resumes = 0;
	return 0;
}

static int64_t suspend(uint64_t type, uint64_t pc)
{
	const uint64_t args[6] = { type, pc, 9 };

	return sbi_susp.handle(&vcpus[0], 0, args).error;
}

static void the_only_domain_suspends_the_machine(void **state)
{
	(void)state;
	assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_ERR_FAILED);
	assert_int_equal(suspends, 1);
	assert_int_equal(timer, 0);
	/* It was refused: the next start of the hart is a start. */
	assert_false(vcpus[0].asleep);
	deadline = 1234;
	assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_ERR_FAILED);
	assert_int_equal(timer, 1234);
	assert_int_equal(sleeps + resumes, 0);
}

static void one_of_several_domains_waits(void **state)
{
	(void)state;
	host.domain_count = 2;
	assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_DONE);
	assert_int_equal(suspends, 0);
	assert_int_equal(sleeps, 1);
	assert_int_equal(resumes, 1);
}

static void an_interrupt_that_waits_ends_the_suspend(void **state)
{
	(void)state;
	waits = false;
	assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_DONE);
	assert_int_equal(suspends, 0);
	assert_int_equal(resumes, 1);
}

static void all_other_harts_must_be_stopped(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i < 3; i++) {
		status[i] = START_PENDING;
		assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_ERR_DENIED);
		status[i] = IS_STOPPED;
		vcpus[i].online = true;
		assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START), SBI_ERR_DENIED);
		vcpus[i].online = false;
	}
	assert_int_equal(suspends + sleeps + resumes, 0);
}

static void bad_arguments_are_refused(void **state)
{
	const uint64_t args[6] = { SUSPEND_TO_RAM, RAM_START, 9 };

	(void)state;
	assert_int_equal(suspend(1, RAM_START), SBI_ERR_INVALID_PARAM);
	assert_int_equal(suspend(0x80000000, RAM_START), SBI_ERR_INVALID_PARAM);
	assert_int_equal(suspend(SUSPEND_TO_RAM, RAM_START - 2), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(sbi_susp.handle(&vcpus[0], 1, args).error, SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(suspends + sleeps + resumes, 0);
	/* The type has 32 bits. */
	assert_int_equal(suspend(UINT64_C(1) << 32, RAM_START), SBI_ERR_FAILED);
	assert_int_equal(suspends, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_only_domain_suspends_the_machine, setup),
		cmocka_unit_test_setup(one_of_several_domains_waits, setup),
		cmocka_unit_test_setup(an_interrupt_that_waits_ends_the_suspend, setup),
		cmocka_unit_test_setup(all_other_harts_must_be_stopped, setup),
		cmocka_unit_test_setup(bad_arguments_are_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
