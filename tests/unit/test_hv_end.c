/* SPDX-License-Identifier: BSD-2-Clause */
/* The end and the reset of one of several domains. */
#include "hv_test.h"

#include "hv/aplic.h"
#include "hv/below.h"
#include "hv/domain_end.h"
#include "hv/doorbell.h"
#include "hv/iommu_domain.h"
#include "hv/ipi.h"
#include "hv/plic.h"
#include "hv/sbi.h"
#include "hv/terminal.h"
#include "hv/viommu.h"
#include "riscv/csr.h"
#include "riscv/entry.h"

#define HSM_STOP    1
#define HSM_STATUS  2
#define IS_STARTED  0
#define IS_STOPPED  1
#define SECOND	    UINT64_C(10000000)
#define A_LONG_TIME (10 * SECOND) /* docs/domains.md */

static struct host host;
static struct domain a, b;
static struct machine_hart harts[3] = { { .hartid = 4 }, { .hartid = 7 }, { .hartid = 9 } };
static struct vcpu vcpus[3];
static jmp_buf stopped;

/* A step of time for each look at a hart. Harts 7 and 9 stop after this time. */
static uint64_t now, step, stops_after;
static bool refuses;
static char printed[4096];

/* What was called, in order; a letter each. */
static char calls[16];

static void called(char c)
{
	calls[strlen(calls)] = c;
}

void hv_print(const char *fmt, ...)
{
	size_t used = strlen(printed);
	va_list args;

	va_start(args, fmt);
	vsnprintf(printed + used, sizeof(printed) - used, fmt, args);
	va_end(args);
}

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)(a1 | a2 | a3 | a4 | a5);
	assert_int_equal(ext, SBI_EXT_HSM);
	if (fid == HSM_STOP)
		longjmp(stopped, 1);
	assert_int_equal(fid, HSM_STATUS);
	assert_true(a0 == 7 || a0 == 9);
	now += step;
	if (refuses)
		return sbi_error(SBI_ERR_FAILED);
	return (struct sbi_result){ .value = now >= stops_after ? IS_STOPPED : IS_STARTED };
}

uint64_t machine_csr_read(unsigned int csr)
{
	assert_int_equal(csr, CSR_TIME);
	return now;
}

uint64_t machine_csr_update(unsigned int csr, uint64_t clear, uint64_t set)
{
	assert_int_equal(csr, CSR_SIE);
	assert_true(clear == ~UINT64_C(0) && !set);
	return 0;
}

void ipi_post(struct domain *d, const struct index_set *to, uint32_t request)
{
	assert_ptr_equal(d, &a);
	assert_int_equal(request, VCPU_REQ_END);
	assert_false(index_set_has(to, 0));
	assert_true(index_set_has(to, 1) && index_set_has(to, 2));
}

/* The controllers of the domain are silenced when all its harts have stopped. */
void plic_complete(const struct domain *d, const struct machine_hart *hart)
{
	(void)hart;
	assert_ptr_equal(d, &a);
	assert_true(now >= stops_after || refuses);
}

/* ---- what the end calls, too ---- */

void ipi_offline(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpus[0]);
}

void iommu_hart_stop(struct vcpu *v)
{
	(void)v;
}

void below_hart_stop(struct nacl_client_hart *client, const struct machine_hart *hart)
{
	(void)(client && hart);
}

void console_end_line(struct console_line *l)
{
	(void)l;
}

void terminal_flush(struct domain *d)
{
	(void)d;
}

void terminal_end(struct domain *d)
{
	(void)d;
}

void iommu_domain_stop(struct domain *d)
{
	assert_ptr_equal(d, &a);
	called('s');
}

void viommu_reset(const struct domain *d)
{
	assert_ptr_equal(d, &a);
	called('v');
}

void stats_print(const struct domain *d)
{
	(void)d;
}

void stats_print_pool(struct domain *d)
{
	(void)d;
}

void doorbell_reset(struct domain *d)
{
	(void)d;
}

/* ---- what it does not call ---- */

void aplic_silence(struct domain *d)
{
	(void)d;
	fail();
}

void terminal_reset(struct domain *d)
{
	assert_ptr_equal(d, &a);
	called('t');
}

void iommu_domain_restart(struct domain *d)
{
	assert_ptr_equal(d, &a);
	called('r');
}

void domain_copy(const struct domain *d)
{
	assert_ptr_equal(d, &a);
	called('c');
}

void riscv_hart_start(uint64_t hartid, struct vcpu *v)
{
	assert_int_equal(hartid, 4);
	assert_ptr_equal(v, &vcpus[0]);
	assert_int_equal(a.state, DOMAIN_RUNS);
	longjmp(stopped, 1);
}

/* ---- tests ---- */

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	host.machine.timebase = SECOND;
	host.domain_count = 2;
	host.domains[0] = &a;
	host.domains[1] = &b;
	a.host = b.host = &host;
	a.line.name = "A";
	a.state = b.state = DOMAIN_RUNS;
	a.vcpu_count = 3;
	for (i = 0; i < 3; i++) {
		vcpus[i] = (struct vcpu){ .domain = &a, .index = i, .hart = &harts[i] };
		a.vcpus[i] = &vcpus[i];
	}
	now = 5 * SECOND;
	step = 1;
	stops_after = now + 10;
	refuses = false;
	printed[0] = '\0';
	memset(calls, 0, sizeof(calls));
	warnings = 0;
	return 0;
}

static void end(void)
{
	if (!setjmp(stopped))
		domain_end(&vcpus[0], false);
	assert_int_equal(a.state, DOMAIN_ENDED);
	assert_int_equal(b.state, DOMAIN_RUNS);
	assert_string_equal(printed, "halite: domain A has ended\n");
}

static void a_domain_ends_when_its_harts_have_stopped(void **state)
{
	(void)state;
	end();
	assert_true(now >= stops_after);
	assert_int_equal(warnings, 0);
}

static void a_hart_that_does_not_stop_is_told_of_once(void **state)
{
	(void)state;
	stops_after = now + 3 * A_LONG_TIME;
	step = SECOND / 10;
	end();
	assert_true(now >= stops_after);
	assert_int_equal(warnings, 1);
}

static void a_hart_that_stops_in_time_is_not_told_of(void **state)
{
	(void)state;
	stops_after = now + A_LONG_TIME - SECOND;
	step = SECOND / 10;
	end();
	assert_int_equal(warnings, 0);
}

static void a_hart_that_the_firmware_does_not_know_is_not_waited_for(void **state)
{
	(void)state;
	refuses = true;
	end();
	assert_int_equal(warnings, 0);
}

/* Devices and IOMMUs are silent before the RAM is filled again, and until it is. */
static void a_domain_is_reset_in_order(void **state)
{
	(void)state;
	a.start_pc = 0x1000;
	vcpus[1].requests = VCPU_REQ_END;
	if (!setjmp(stopped))
		domain_reset(&vcpus[0]);
	assert_string_equal(calls, "svtcr");
	assert_true(now >= stops_after);
	assert_int_equal(vcpus[0].start_pc, 0x1000);
	assert_int_equal(vcpus[1].requests, 0);
	assert_string_equal(printed, "halite: domain A is reset\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_domain_ends_when_its_harts_have_stopped, setup),
		cmocka_unit_test_setup(a_hart_that_does_not_stop_is_told_of_once, setup),
		cmocka_unit_test_setup(a_hart_that_stops_in_time_is_not_told_of, setup),
		cmocka_unit_test_setup(a_hart_that_the_firmware_does_not_know_is_not_waited_for,
				       setup),
		cmocka_unit_test_setup(a_domain_is_reset_in_order, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
