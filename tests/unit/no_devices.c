/* SPDX-License-Identifier: BSD-2-Clause */
/* For unit tests without devices: the machine refuses accesses, unless the test has some. */
#include "riscv/attempt.h"

__attribute__((weak)) bool riscv_try_load(uint64_t addr, unsigned int size, uint64_t *value)
{
	(void)addr;
	(void)size;
	(void)value;
	return false;
}

__attribute__((weak)) bool riscv_try_store(uint64_t addr, unsigned int size, uint64_t value)
{
	(void)addr;
	(void)size;
	(void)value;
	return false;
}
