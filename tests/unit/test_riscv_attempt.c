/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses that may be refused, on a hart whose CSRs are an array. A refusal overwrites everything
 * that a trap into HS mode may change (priv H "Trap Entry"), and more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hext/bits.h"
#include "riscv/attempt.h"
#include "riscv/csr.h"
#include "riscv/hart.h"
#include "riscv/static_key.h"
#include "riscv/world.h"

static uint64_t csr[4096];
static uint64_t slot; /* the autoswap slot of the level below: the guest's hstatus */
static bool refuses;
static uint64_t spvp_of_fetch;

uint32_t machine_keys;

uint64_t machine_csr_read(unsigned int number)
{
	return csr[number];
}

uint64_t machine_csr_update(unsigned int number, uint64_t clear, uint64_t set)
{
	uint64_t old = csr[number];

	csr[number] = (old & ~clear) | set;
	return old;
}

/* The hart has no area of SBI NACL. */
struct nacl_client_hart *machine_tp(void)
{
	static struct nacl_client_hart hart;

	return &hart;
}

uint64_t world_guest_hstatus(void)
{
	return slot;
}

/* Not called without an area. */
enum nacl_error nacl_client_sync_csr(struct nacl_client_hart *h, nacl_word number)
{
	(void)h;
	(void)number;
	fail();
	return NACL_ERR_FAILED;
}

static bool access_once(void)
{
	/* With SDT set, the refusal would be a double trap (Ssdbltrp). */
	assert_false(csr[CSR_SSTATUS] & SSTATUS_SDT);
	if (!refuses)
		return true;
	csr[CSR_SSTATUS] ^= SSTATUS_SPP | SSTATUS_SPIE | SSTATUS_SDT;
	csr[CSR_SEPC] = 1;
	csr[CSR_SCAUSE] = 2;
	csr[CSR_STVAL] = 3;
	csr[HEXT_CSR_HSTATUS] ^= HSTATUS_SPV | HSTATUS_GVA | HSTATUS_SPVP;
	csr[HEXT_CSR_HTVAL] = 4;
	csr[HEXT_CSR_HTINST] = 5;
	return false;
}

bool riscv_raw_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	*value = addr + size;
	return access_once();
}

bool riscv_raw_store(uint64_t addr, unsigned int size, uint64_t value)
{
	(void)addr;
	(void)size;
	(void)value;
	return access_once();
}

bool riscv_raw_fetch_u16(uint64_t addr, uint16_t *code)
{
	*code = addr;
	spvp_of_fetch = csr[HEXT_CSR_HSTATUS] & HSTATUS_SPVP;
	return access_once();
}

/* Set the CSRs to the values that the guest's trap has left. */
static int setup(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4096; i++)
		csr[i] = UINT64_C(0x1000) * i;
	csr[CSR_SSTATUS] = SSTATUS_SPIE | SSTATUS_FS;
	csr[HEXT_CSR_HSTATUS] = HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTSR;
	refuses = false;
	return 0;
}

static void expect_csrs_as_they_were(bool (*access)(void), bool expected)
{
	static uint64_t before[4096];

	memcpy(before, csr, sizeof(csr));
	assert_int_equal(access(), expected);
	assert_memory_equal(csr, before, sizeof(csr));
}

static bool load(void)
{
	uint64_t value;

	return riscv_try_load(8, 4, &value);
}

static bool store(void)
{
	return riscv_try_store(8, 4, 1);
}

static bool fetch(void)
{
	uint16_t code;

	return riscv_try_fetch_u16(8, &code);
}

static void what_is_allowed_changes_nothing(void **state)
{
	(void)state;
	expect_csrs_as_they_were(load, true);
	expect_csrs_as_they_were(store, true);
	expect_csrs_as_they_were(fetch, true);
}

static void what_is_refused_changes_nothing(void **state)
{
	(void)state;
	refuses = true;
	expect_csrs_as_they_were(load, false);
	expect_csrs_as_they_were(store, false);
	expect_csrs_as_they_were(fetch, false);
}

/* Where the guest's trap has set SDT, it is set again behind a refusal. */
static void a_refusal_is_no_double_trap(void **state)
{
	(void)state;
	csr[CSR_SSTATUS] |= SSTATUS_SDT;
	refuses = true;
	expect_csrs_as_they_were(load, false);
	expect_csrs_as_they_were(store, false);
	expect_csrs_as_they_were(fetch, false);
}

static void code_is_fetched_for_the_guest(void **state)
{
	(void)state;
	assert_true(fetch());
	assert_int_equal(spvp_of_fetch, HSTATUS_SPVP);
	csr[HEXT_CSR_HSTATUS] &= ~HSTATUS_SPVP;
	assert_true(fetch());
	assert_int_equal(spvp_of_fetch, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(what_is_allowed_changes_nothing),
		T(what_is_refused_changes_nothing),
		T(a_refusal_is_no_double_trap),
		T(code_is_fetched_for_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
