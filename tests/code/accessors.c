/* SPDX-License-Identifier: BSD-2-Clause */
/* Each accessor once, for tests/linux/code.sh, which looks at what the compiler has made of it. */
#include "riscv/fence.h"
#include "riscv/ncsr.h"

uint64_t code_read(void);
uint64_t code_swap(uint64_t value);
void code_write(uint64_t value);
void code_set(uint64_t bits);
void code_clear(uint64_t bits);
void code_sync(void);

uint64_t code_read(void)
{
	return ncsr_read(HEXT_CSR_HTVAL);
}

uint64_t code_swap(uint64_t value)
{
	return ncsr_swap(HEXT_CSR_HSTATUS, value);
}

void code_write(uint64_t value)
{
	ncsr_write(HEXT_CSR_HGATP, value);
}

void code_set(uint64_t bits)
{
	ncsr_set(HEXT_CSR_HVIP, bits);
}

void code_clear(uint64_t bits)
{
	ncsr_clear(HEXT_CSR_HVIP, bits);
}

void code_sync(void)
{
	ncsr_sync(HEXT_CSR_HVIP);
}
