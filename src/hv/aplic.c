/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hv/aplic.h"
#include "hv/console.h"
#include "hv/intc.h"
#include "riscv/attempt.h"
#include "riscv/pte.h"

#define GENMSI	    0x3000
#define TARGET_LAST 0x3ffc /* of source 1023; that of source 1 is behind GENMSI */
#define IDC_BASE    0x4000
#define IDC_SIZE    32

/* Of target and genmsi in MSI delivery mode. */
#define MSI_HART_SHIFT	18
#define MSI_GUEST_SHIFT 12
#define MSI_GUEST	MASK64(17, 12)
#define MSI_EIID	MASK64(10, 0)

/* The machine's register at @offset, which it may not have. False: it refuses. */
static bool load(const struct vcpu *v, uint64_t offset, uint64_t *value)
{
	return riscv_try_load(v->domain->machine->aplic.base + offset, 4, value);
}

static bool store(const struct vcpu *v, uint64_t offset, uint32_t value)
{
	return riscv_try_store(v->domain->machine->aplic.base + offset, 4, value);
}

/* The hart of the domain that has index @index for MSIs, or NULL. */
static const struct machine_hart *msi_hart(const struct domain *d, uint32_t index)
{
	const struct machine *m = d->machine;
	unsigned int i;

	for (i = 0; i < m->hart_count; i++) {
		if (m->harts[i].imsic_index == index)
			return &m->harts[i];
	}
	return NULL;
}

/*
 * By which guest index MSIs reach L1's own file. L1 can say 0, as for any supervisor-level file, or work the index out from the
 * file's address, as Linux does; its guests' files only have addresses.
 */
static uint32_t own_index(const struct vcpu *v)
{
	const struct machine_imsic *imsic = &v->domain->machine->imsic;
	uint32_t first = imsic->reg.start >> PAGE_SHIFT & ((1u << imsic->guest_index_bits) - 1);

	return first + v->h.cfg->own_file;
}

/*
 * What @value of a target becomes for the machine: *@value. False: it names no interrupt file of L1's. Such a one has no
 * effect, and is said once.
 */
static bool take_target(const struct vcpu *v, uint64_t offset, uint32_t *value)
{
	static uint32_t said;
	uint32_t own = own_index(v);
	uint32_t index = (*value & MSI_GUEST) >> MSI_GUEST_SHIFT;

	if (!index)
		index = own;
	if (msi_hart(v->domain, *value >> MSI_HART_SHIFT) && index >= own &&
	    index - own <= v->h.cfg->geilen) {
		*value = (*value & ~(uint32_t)MSI_GUEST) | index << MSI_GUEST_SHIFT;
		return true;
	}
	if (!__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		hv_warn("APLIC register 0x%lx: 0x%x names no interrupt file of the guest's; ignored",
			(unsigned long)offset, (unsigned int)*value);
	return false;
}

/* An MSI by software, which goes to a supervisor-level file, so for L1 to its own. */
static void send_msi(struct vcpu *v, uint32_t value)
{
	const struct machine_hart *hart = msi_hart(v->domain, value >> MSI_HART_SHIFT);

	value &= ~(uint32_t)MSI_GUEST;
	if (take_target(v, GENMSI, &value))
		riscv_try_store(hart->imsic_file + v->h.cfg->own_file * PAGE_SIZE, sizeof(value),
				value & MSI_EIID);
}

static bool is_target(uint64_t offset)
{
	return offset > GENMSI && offset <= TARGET_LAST;
}

/* Whether the interrupt delivery structure at @offset is of one of the domain's harts. */
static bool may_reach(const struct domain *d, uint64_t offset)
{
	const struct machine *m = d->machine;
	unsigned int i;

	if (offset < IDC_BASE)
		return true;
	for (i = 0; i < m->hart_count; i++) {
		if (m->harts[i].aplic_index == (int64_t)((offset - IDC_BASE) / IDC_SIZE))
			return true;
	}
	return false;
}

static bool is_access(uint64_t offset, unsigned int size)
{
	return size == 4 && offset % 4 == 0;
}

/* An APLIC with wires to the harts. */
static bool load_wired(struct vcpu *v, uint64_t offset, uint64_t *value)
{
	*value = 0;
	if (!may_reach(v->domain, offset))
		return true;
	if (!load(v, offset, value))
		return false;
	/* Reading a claim register takes the interrupt away. */
	if (offset >= IDC_BASE)
		intc_changed(v, NULL);
	return true;
}

static bool store_wired(struct vcpu *v, uint64_t offset, uint32_t value)
{
	if (!may_reach(v->domain, offset))
		return true;
	if (!store(v, offset, value))
		return false;
	intc_changed(v, NULL);
	return true;
}

bool aplic_load(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t *value)
{
	if (!is_access(offset, size))
		return false;
	if (!v->domain->machine->aplic.msi)
		return load_wired(v, offset, value);
	if (offset == GENMSI) {
		*value = __atomic_load_n(&v->domain->genmsi, __ATOMIC_RELAXED);
		return true;
	}
	if (!load(v, offset, value))
		return false;
	if (is_target(offset) && (*value & MSI_GUEST) >> MSI_GUEST_SHIFT == own_index(v))
		*value &= ~MSI_GUEST;
	return true;
}

bool aplic_store(struct vcpu *v, uint64_t offset, unsigned int size, uint64_t value)
{
	uint32_t word = value;

	if (!is_access(offset, size))
		return false;
	if (!v->domain->machine->aplic.msi)
		return store_wired(v, offset, word);
	if (offset == GENMSI) {
		__atomic_store_n(&v->domain->genmsi, word & ~(uint32_t)(MSI_GUEST | BIT64(11)),
				 __ATOMIC_RELAXED);
		send_msi(v, word);
		return true;
	}
	if (is_target(offset) && !take_target(v, offset, &word))
		return true;
	return store(v, offset, word);
}
