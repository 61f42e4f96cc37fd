/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/device.h"
#include "hv/intc.h"
#include "riscv/attempt.h"

/* Whether a device is mapped for the guest at @addr; RAM is not one. */
static bool is_mapped(const struct vcpu *v, uint64_t addr, unsigned int size)
{
	struct hext_host_page page;

	return !domain_owns_ram(v->domain, addr, size) &&
	       identity_lookup(&v->domain->gstage, addr, &page);
}

bool device_load(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t *value)
{
	uint64_t offset;

	if (intc_contains(v->domain, addr, &offset))
		return intc_load(v, offset, size, value);
	return is_mapped(v, addr, size) && riscv_try_load(addr, size, value);
}

bool device_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value)
{
	uint64_t offset;

	if (intc_contains(v->domain, addr, &offset))
		return intc_store(v, offset, size, value);
	return is_mapped(v, addr, size) && riscv_try_store(addr, size, value);
}
