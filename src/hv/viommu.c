/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of the guest's IOMMU. */
#include "hv/iommu_regs.h"
#include "hv/memory.h"
#include "hv/viommu.h"
#include "hv/viommu_parts.h"
#include "lib/page.h"

/* The most entries of a queue: either one has less than a page. */
#define CQ_LOG2 5
#define FQ_LOG2 5

#define MSI_ENTRY 16
#define MSI_ADDR  MASK64(55, 2)

static struct viommu *find(const struct domain *d, uint64_t addr, unsigned int *number)
{
	const struct machine *m = &d->host->machine;
	unsigned int i;

	for (i = 0; i < m->iommu_count && i < IOMMUS_MAX; i++) {
		if (d->viommus[i] && addr - m->iommus[i].base < PAGE_SIZE)
			break;
	}
	*number = i;
	return i < m->iommu_count && i < IOMMUS_MAX ? d->viommus[i] : NULL;
}

unsigned int viommu_at(const struct domain *d, uint64_t addr)
{
	unsigned int number;

	return find(d, addr, &number) ? number : IOMMUS_MAX;
}

/* Two registers of 4 bytes as one of 8. */
static uint64_t both(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

/* The 8 bytes of registers at @at, a multiple of 8. */
static uint64_t get(const struct viommu *v, unsigned int at)
{
	const unsigned int entry = (at - IOMMU_MSI_ADDR) / MSI_ENTRY;

	if (at >= IOMMU_MSI_ADDR && entry < VECTORS)
		return at % MSI_ENTRY ? both(v->msi_data[entry], v->msi_ctl[entry])
				      : v->msi_addr[entry];
	switch (at) {
	case IOMMU_CAPABILITIES:
		return v->capabilities;
	case IOMMU_DDTP:
		return v->ddtp;
	case IOMMU_CQB:
		return v->cqb;
	case IOMMU_CQH:
		return both(v->cqh, v->cqt);
	case IOMMU_FQB:
		return v->fqb;
	case IOMMU_FQH:
		return both(v->fqh, v->fqt);
	case IOMMU_CQCSR:
		return both(v->cqcsr, v->fqcsr);
	case IOMMU_PQCSR:
		return both(0, v->ipsr);
	case IOMMU_ICVEC:
		return v->icvec;
	default:
		return 0;
	}
}

/* A directory comes after Off or Bare, as on an IOMMU that refuses other changes. */
static void set_ddtp(struct viommu *v, uint64_t value)
{
	if ((value & DDTP_MODE) > DDTP_LEVELS(3))
		value = (value & ~DDTP_MODE) | (v->ddtp & DDTP_MODE);
	v->ddtp = value & (DDTP_MODE | QUEUE_PPN);
	viommu_take_all(v);
	viommu_run(v);
	if (!v->iommu->off && !iommu_forget(v->iommu, v->owner))
		iommu_fail_closed(v->iommu);
}

static uint64_t queue_base(uint64_t value, unsigned int most)
{
	const uint64_t log2 = value & QUEUE_LOG2;

	return (value & QUEUE_PPN) | (log2 > most ? most : log2);
}

/* A queue that starts begins at 0: @own is the index that the IOMMU moves on. */
static void set_queue(uint32_t *csr, uint32_t value, uint32_t errors, uint32_t *own)
{
	uint32_t kept = *csr & errors & ~value;

	if (value & QUEUE_ENABLE && !(*csr & QUEUE_ON))
		*own = 0;
	if (!(value & QUEUE_ENABLE))
		kept = 0;
	*csr = (value & (QUEUE_ENABLE | QUEUE_INTERRUPT)) | kept |
	       (value & QUEUE_ENABLE ? QUEUE_ON : 0);
}

static void set_msi(struct viommu *v, unsigned int entry, unsigned int part, uint64_t value)
{
	if (part == 0)
		v->msi_addr[entry] = value & MSI_ADDR;
	else if (part == 8)
		v->msi_data[entry] = value;
	else
		v->msi_ctl[entry] = value & MSI_CTL_MASKED;
	if (v->unsent >> entry & 1)
		viommu_send(v, entry);
}

/* Register @at gets @value. */
static void set(struct viommu *v, unsigned int at, uint64_t value)
{
	const unsigned int entry = (at - IOMMU_MSI_ADDR) / MSI_ENTRY;

	if (at >= IOMMU_MSI_ADDR && entry < VECTORS) {
		set_msi(v, entry, at % MSI_ENTRY, value);
		return;
	}
	switch (at) {
	case IOMMU_DDTP:
		set_ddtp(v, value);
		break;
	case IOMMU_CQB:
		if (!(v->cqcsr & QUEUE_ON))
			v->cqb = queue_base(value, CQ_LOG2);
		break;
	case IOMMU_FQB:
		if (!(v->fqcsr & QUEUE_ON))
			v->fqb = queue_base(value, FQ_LOG2);
		break;
	case IOMMU_CQT:
		v->cqt = value & (viommu_entries(v->cqb) - 1);
		break;
	case IOMMU_FQH:
		v->fqh = value & (viommu_entries(v->fqb) - 1);
		break;
	case IOMMU_CQCSR:
		set_queue(&v->cqcsr, value, QUEUE_ERRORS, &v->cqh);
		break;
	case IOMMU_FQCSR:
		set_queue(&v->fqcsr, value, QUEUE_ERRORS, &v->fqt);
		break;
	case IOMMU_IPSR:
		v->ipsr &= ~value;
		break;
	case IOMMU_ICVEC:
		v->icvec = value & UINT64_C(0x33);
		break;
	}
	viommu_run(v);
}

static bool is_wide(unsigned int at)
{
	return at == IOMMU_CAPABILITIES || at == IOMMU_DDTP || at == IOMMU_CQB || at == IOMMU_FQB ||
	       at == IOMMU_ICVEC || (at >= IOMMU_MSI_ADDR && at % MSI_ENTRY == 0);
}

static bool is_access(uint64_t addr, unsigned int size)
{
	return (size == 4 || size == 8) && addr % size == 0;
}

bool viommu_load(const struct domain *d, uint64_t addr, unsigned int size, uint64_t *value)
{
	unsigned int number;
	struct viommu *v = find(d, addr, &number);

	if (!v || !is_access(addr, size))
		return false;
	spin_lock(&v->iommu->lock);
	v->taken_all = false;
	viommu_run(v);
	*value = get(v, addr % PAGE_SIZE & ~7u) >> 8 * (addr % 8);
	spin_unlock(&v->iommu->lock);
	if (size == 4)
		*value &= UINT32_MAX;
	return true;
}

/* An access of 8 bytes is to one register of 8, or to two of 4. */
bool viommu_store(const struct domain *d, uint64_t addr, unsigned int size, uint64_t value)
{
	const unsigned int at = addr % PAGE_SIZE, shift = 8 * (addr % 8);
	unsigned int number;
	struct viommu *v = find(d, addr, &number);

	if (!v || !is_access(addr, size))
		return false;
	spin_lock(&v->iommu->lock);
	v->taken_all = false;
	if (is_wide(at & ~7u)) {
		if (size == 4)
			value = (get(v, at & ~7u) & ~(UINT64_C(0xffffffff) << shift)) |
				(value & UINT32_MAX) << shift;
		set(v, at & ~7u, value);
	} else {
		set(v, at, value & UINT32_MAX);
		if (size == 8)
			set(v, at + 4, value >> 32);
	}
	spin_unlock(&v->iommu->lock);
	return true;
}

/* ---- boot and reset ---- */

static void reset(struct viommu *v)
{
	*v = (struct viommu){
		.iommu = v->iommu,
		.domain = v->domain,
		.owner = v->owner,
		.capabilities = v->capabilities,
		.ddtp = DDTP_BARE,
		.msi_ctl = { MSI_CTL_MASKED, MSI_CTL_MASKED, MSI_CTL_MASKED, MSI_CTL_MASKED },
	};
	viommu_take_all(v);
	v->iommu->listeners[v->owner].forwarded = 0;
	/* GVMA of iommu_forget() need not drop what is cached of the first stage alone. */
	iommu_command(v->iommu, COMMAND_VMA | COMMAND_GV | (uint64_t)v->owner << COMMAND_GSCID);
	if (!v->iommu->off && !iommu_forget(v->iommu, v->owner))
		iommu_fail_closed(v->iommu);
}

void viommu_reset(const struct domain *d)
{
	unsigned int i;

	for (i = 0; i < IOMMUS_MAX; i++) {
		if (!d->viommus[i])
			continue;
		spin_lock(&d->viommus[i]->iommu->lock);
		reset(d->viommus[i]);
		spin_unlock(&d->viommus[i]->iommu->lock);
	}
}

uint32_t viommu_seen(const struct domain *d)
{
	uint32_t seen = 0;
	unsigned int i;

	for (i = 0; i < IOMMUS_MAX; i++)
		seen |= (uint32_t) !!d->viommus[i] << i;
	return seen;
}

bool viommu_add(struct domain *d, unsigned int number, unsigned int owner)
{
	struct iommu *i = &iommus[number];
	struct viommu *v = pages_alloc(i->pool, 1, PAGE_SIZE);

	if (!v)
		return false;
	v->iommu = i;
	v->domain = d;
	v->owner = owner;
	v->capabilities = (iommu_get(i, IOMMU_CAPABILITIES, 8) &
			   (UINT64_C(7) << CAP_SV39 | CAP_AMO_HWAD | CAP_PAS)) |
			  CAP_MAJOR << 4;
	reset(v);
	i->listeners[owner] = (struct iommu_listener){ viommu_fault, v, 0 };
	d->viommus[number] = v;
	return true;
}
