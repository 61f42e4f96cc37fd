/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/aplic.h"
#include "hv/device.h"
#include "hv/doorbell.h"
#include "hv/pci_function.h"
#include "hv/plic.h"
#include "hv/terminal.h"
#include "hv/viommu.h"
#include "riscv/attempt.h"

#define NONE (~0u)

/* The index of the PLIC or of the APLIC that has @addr, or NONE. */
static unsigned int plic_at(const struct machine *m, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < m->plic_count; i++) {
		if (addr - m->plics[i].base < m->plics[i].size)
			return i;
	}
	return NONE;
}

static unsigned int aplic_at(const struct machine *m, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < m->aplic_count; i++) {
		if (addr - m->aplics[i].base < m->aplics[i].size)
			return i;
	}
	return NONE;
}

/* Whether the domain's virtual UART is at @addr. */
static bool uart_at(const struct domain *d, uint64_t addr)
{
	return d->has_uart && addr - d->host->uart.base < d->host->uart.size;
}

bool device_is_emulated(const struct domain *d, uint64_t addr)
{
	const struct machine *m = &d->host->machine;

	return plic_at(m, addr) != NONE || aplic_at(m, addr) != NONE || uart_at(d, addr) ||
	       pci_functions_have(&d->functions, addr) || doorbell_at(d, addr) ||
	       viommu_at(d, addr) != IOMMUS_MAX;
}

/*
 * Find the register of the virtual UART for an access at @addr. Registers are bytes; an access of
 * up to 4 bytes reaches the register that begins at @addr. False: the access is not supported.
 */
static bool find_register(const struct machine_uart *uart, uint64_t addr, unsigned int size,
			  unsigned int *reg)
{
	uint64_t offset = addr - uart->base;

	*reg = offset >> uart->shift;
	return size <= 4 && offset % size == 0 && offset == (uint64_t)*reg << uart->shift;
}

static bool load_uart(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value)
{
	unsigned int reg;

	if (!find_register(&v->domain->host->uart, addr, size, &reg))
		return false;
	*value = reg < UART_REGISTERS ? terminal_load(v, reg) : 0;
	return true;
}

static bool store_uart(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value)
{
	unsigned int reg;

	if (!find_register(&v->domain->host->uart, addr, size, &reg))
		return false;
	if (reg < UART_REGISTERS)
		terminal_store(v, reg, value);
	return true;
}

/* Whether @addr is mapped for the guest and is not RAM. */
static bool is_mapped(const struct vcpu *v, uint64_t addr, unsigned int size)
{
	struct hext_host_page page;

	return !domain_owns_ram(v->domain, addr, size) &&
	       identity_lookup(&v->domain->gstage, addr, &page);
}

bool device_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value)
{
	const struct machine *m = &v->domain->host->machine;
	unsigned int plic = plic_at(m, addr);
	unsigned int aplic = aplic_at(m, addr);

	if (plic != NONE)
		return plic_load(v, plic, addr - m->plics[plic].base, size, value);
	if (aplic != NONE)
		return aplic_load(v, aplic, addr - m->aplics[aplic].base, size, value);
	if (uart_at(v->domain, addr))
		return load_uart(v, addr, size, value);
	if (pci_functions_have(&v->domain->functions, addr))
		return pci_functions_load(&v->domain->functions, addr, size, value);
	if (doorbell_at(v->domain, addr))
		return doorbell_load(v, addr, size, value);
	if (viommu_at(v->domain, addr) != IOMMUS_MAX)
		return viommu_load(v->domain, addr, size, value);
	return is_mapped(v, addr, size) && riscv_try_load(addr, size, value);
}

bool device_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value)
{
	const struct machine *m = &v->domain->host->machine;
	unsigned int plic = plic_at(m, addr);
	unsigned int aplic = aplic_at(m, addr);

	if (plic != NONE)
		return plic_store(v, plic, addr - m->plics[plic].base, size, value);
	if (aplic != NONE)
		return aplic_store(v, aplic, addr - m->aplics[aplic].base, size, value);
	if (uart_at(v->domain, addr))
		return store_uart(v, addr, size, value);
	if (pci_functions_have(&v->domain->functions, addr))
		return pci_functions_store(&v->domain->functions, addr, size, value);
	if (doorbell_at(v->domain, addr))
		return doorbell_store(v, addr, size, value);
	if (viommu_at(v->domain, addr) != IOMMUS_MAX)
		return viommu_store(v->domain, addr, size, value);
	return is_mapped(v, addr, size) && riscv_try_store(addr, size, value);
}
