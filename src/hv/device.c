/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/aplic.h"
#include "hv/device.h"
#include "hv/plic.h"
#include "riscv/attempt.h"

bool device_is_controller(const struct domain *d, uint64_t addr)
{
	const struct machine *m = &d->host->machine;

	return m->plic.size ? addr - m->plic.base < m->plic.size
			    : addr - m->aplic.base < m->aplic.size;
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

	if (!device_is_controller(v->domain, addr))
		return is_mapped(v, addr, size) && riscv_try_load(addr, size, value);
	return m->plic.size ? plic_load(v, addr - m->plic.base, size, value)
			    : aplic_load(v, addr - m->aplic.base, size, value);
}

bool device_store(struct vcpu *v, uint64_t addr, unsigned int size, uint64_t value)
{
	const struct machine *m = &v->domain->host->machine;

	if (!device_is_controller(v->domain, addr))
		return is_mapped(v, addr, size) && riscv_try_store(addr, size, value);
	return m->plic.size ? plic_store(v, addr - m->plic.base, size, value)
			    : aplic_store(v, addr - m->aplic.base, size, value);
}
