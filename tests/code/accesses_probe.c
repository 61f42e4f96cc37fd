/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way to memory of each kind that tests/code/accesses.awk must find. It is compiled by no
 * one.
 */
#include <string.h>

#include "hv/memory.h"
#include "hv/vcpu.h"
#include "riscv/attempt.h"

#define AT(addr, type) (*(volatile type *)(addr))

bool by_macro(uint64_t addr);
bool by_macro(uint64_t addr)
{
	return AT(addr, uint8_t);
}

void by_typeof(pa_t addr, char *to);
void by_typeof(pa_t addr, char *to)
{
	memcpy(to, (__typeof__(to))addr.addr, 1);
}

bool by_try(uint64_t addr, uint64_t *value);
bool by_try(uint64_t addr, uint64_t *value)
{
	return riscv_try_load(addr, 8, value);
}

uint8_t by_ram(struct vcpu *v);
uint8_t by_ram(struct vcpu *v)
{
	return v->domain->hext.ram[0];
}

void *by_map(struct vcpu *v, uint64_t addr);
void *by_map(struct vcpu *v, uint64_t addr)
{
	return memory_map(v->domain, addr, 8);
}

uint64_t by_area(struct vcpu *v);
uint64_t by_area(struct vcpu *v)
{
	return *nacl_host_gprs(&v->nacl) + *(volatile uint64_t *)v->quick.shared_x;
}

/* None: from pointer to pointer. */
uint64_t by_nothing(struct vcpu *v);
uint64_t by_nothing(struct vcpu *v)
{
	return *(volatile uint64_t *)(void *)v;
}
