/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the virtual H extension's CSRs: a hart, its clock, and accesses by its guest. */
#ifndef HEXT_CSR_TEST_H
#define HEXT_CSR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hext/bits.h"
#include "hext/csr.h"
#include "hext/hext.h"

static struct hext_hart h;
static uint64_t now;

static uint64_t fake_time(void *ctx)
{
	(void)ctx;
	return now;
}

static uint64_t get(unsigned int csr)
{
	uint64_t old;

	assert_true(hext_csr_rmw(&h, csr, &old, 0, 0));
	return old;
}

/* put: what can be read afterwards */
static uint64_t put(unsigned int csr, uint64_t value)
{
	uint64_t old;

	assert_true(hext_csr_rmw(&h, csr, &old, value, ~UINT64_C(0)));
	return get(csr);
}

#endif
