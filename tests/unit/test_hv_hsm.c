/* SPDX-License-Identifier: BSD-2-Clause */
/* SBI HART_START: which harts start, and with what. */
#include "hv_test.h"

#include "hv/below.h"
#include "hv/iommu_domain.h"
#include "hv/ipi.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "hv/terminal.h"

/* Functions of SBI HSM, and states of a hart (SBI 2.0 "Hart State Management Extension"). */
#define START	   0
#define STATUS	   2
#define IS_STARTED 0
#define IS_STOPPED 1

#define RAM_START UINT64_C(0x80000000)

static struct domain d;
static struct machine_hart harts[2] = { { .hartid = 4 }, { .hartid = 7 } };
static struct vcpu vcpus[2];

static uint64_t status; /* of all harts, as the firmware says */
static unsigned int starts;
/* The domain ends while the firmware looks up the status. */
static bool ends;

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)(a1 | a3 | a4 | a5);
	assert_int_equal(ext, SBI_EXT_HSM);
	assert_int_equal(a0, harts[1].hartid);
	if (fid == STATUS) {
		d.state = ends ? DOMAIN_ENDED : d.state;
		return (struct sbi_result){ .value = status };
	}
	assert_int_equal(fid, START);
	assert_ptr_equal((void *)(uintptr_t)a2, &vcpus[1]);
	starts++;
	return (struct sbi_result){ 0 };
}

bool domain_owns_ram(const struct domain *domain, uint64_t addr, uint64_t size)
{
	(void)(domain && size);
	return addr >= RAM_START;
}

/* ---- what HART_START does not call ---- */

uint32_t machine_keys;

void terminal_tick(struct vcpu *v)
{
	(void)v;
	fail();
}

uint64_t machine_csr_read(unsigned int csr)
{
	fail_msg("CSR 0x%x", csr);
	return 0;
}

uint64_t machine_csr_update(unsigned int csr, uint64_t clear, uint64_t set)
{
	fail_msg("CSR 0x%x, 0x%lx, 0x%lx", csr, (unsigned long)clear, (unsigned long)set);
	return 0;
}

void riscv_hart_start(uint64_t hartid, struct vcpu *v)
{
	fail_msg("hart %lu, %p", (unsigned long)hartid, (void *)v);
	for (;;)
		;
}

void below_hart_start(struct nacl_client_hart *h, const struct machine_hart *hart)
{
	(void)(h && hart);
	fail();
}

void below_hart_stop(struct nacl_client_hart *h, const struct machine_hart *hart)
{
	(void)(h && hart);
	fail();
}

void iommu_hart_start(struct vcpu *v)
{
	(void)v;
	fail();
}

void iommu_hart_stop(struct vcpu *v)
{
	(void)v;
	fail();
}

void nested_hart_start(struct vcpu *v)
{
	(void)v;
	fail();
}

void stats_print_pool(struct domain *domain)
{
	(void)domain;
	fail();
}

void vcpu_resume_at(struct vcpu *v, uint64_t pc, uint64_t arg)
{
	(void)(v && pc && arg);
	fail();
}

bool hext_wfi_waits(const struct hext_hart *h, uint64_t *deadline)
{
	(void)(h && deadline);
	fail();
	return false;
}

bool world_local_waits(void)
{
	fail();
	return false;
}

void world_wait(struct world_timer *t, uint64_t deadline)
{
	(void)(t && deadline);
	fail();
}

/* ---- tests ---- */

static int setup(void **state)
{
	unsigned int i;

	(void)state;
	memset(&d, 0, sizeof(d));
	d.vcpu_count = 2;
	for (i = 0; i < 2; i++) {
		vcpus[i] = (struct vcpu){ .domain = &d, .index = i, .hart = &harts[i] };
		d.vcpus[i] = &vcpus[i];
	}
	status = IS_STOPPED;
	starts = 0;
	ends = false;
	return 0;
}

static int64_t start(uint64_t hartid, uint64_t pc)
{
	const uint64_t args[6] = { hartid, pc, 9 };

	return sbi_hsm.handle(&vcpus[0], START, args).error;
}

static void a_stopped_hart_starts(void **state)
{
	(void)state;
	vcpus[1].requests = VCPU_REQ_SSI | VCPU_REQ_END;
	assert_int_equal(start(7, RAM_START), SBI_SUCCESS);
	assert_int_equal(starts, 1);
	assert_int_equal(vcpus[1].start_pc, RAM_START);
	assert_int_equal(vcpus[1].start_arg, 9);
	/* The end of the domain is not a request from before the start. */
	assert_int_equal(vcpus[1].requests, VCPU_REQ_END);
	status = IS_STARTED;
	assert_int_equal(start(7, RAM_START), SBI_ERR_ALREADY_AVAILABLE);
	assert_int_equal(starts, 1);
}

static void bad_arguments_are_refused(void **state)
{
	(void)state;
	assert_int_equal(start(5, RAM_START), SBI_ERR_INVALID_PARAM);
	assert_int_equal(start(7, RAM_START - 2), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(start(7, RAM_START + 1), SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(starts, 0);
}

/*
 * A hart that has stopped at the end has served its request. Another may still run, and start it.
 */
static void no_hart_starts_in_a_domain_that_has_ended(void **state)
{
	(void)state;
	ends = true;
	assert_int_equal(start(7, RAM_START), SBI_ERR_FAILED);
	assert_int_equal(starts, 0);
	status = IS_STARTED;
	assert_int_equal(start(7, RAM_START), SBI_ERR_ALREADY_AVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_stopped_hart_starts, setup),
		cmocka_unit_test_setup(bad_arguments_are_refused, setup),
		cmocka_unit_test_setup(no_hart_starts_in_a_domain_that_has_ended, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
