/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults that the IOMMUs record: who is told of them, and how many. */
#include "hv/console.h"
#include "hv/iommu.h"
#include "hv/iommu_parts.h"
#include "hv/iommu_regs.h"
#include "riscv/csr.h"
#include "riscv/insn.h"

/*
 * In a period: lines for each owner, and faults that make no line before an IOMMU's interrupt is
 * turned off.
 */
#define LINES_MAX  16
#define UNTOLD_MAX 4096
/* Faults that the guest sees before its devices are silent. */
#define FORWARDED_MAX 4096
#define PERIOD	      UINT64_C(100000000) /* ticks of the time CSR: 10 s at QEMU's 10 MHz */
/* Lines of one look: those of an owner that has many leave room for others'. */
#define LINES_AT_ONCE (2 * LINES_MAX)

/* A fault, to be told when no lock is held. */
struct told {
	uint64_t head, iova;
	unsigned int owner;
	bool last;
};

static bool has_lines(const struct iommu_owner *owner)
{
	return __atomic_load_n(&owner->lines, __ATOMIC_RELAXED) < LINES_MAX;
}

uint64_t iommu_tc_of(unsigned int owner)
{
	return has_lines(&iommu_owners[owner]) ? TC_V : TC_V | TC_DTF;
}

void iommu_renew(unsigned int number)
{
	struct iommu_owner *owner = &iommu_owners[number];
	uint64_t now = csr_read(CSR_TIME);

	if (now - __atomic_load_n(&owner->since, __ATOMIC_RELAXED) < PERIOD)
		return;
	__atomic_store_n(&owner->since, now, __ATOMIC_RELAXED);
	__atomic_store_n(&owner->lines, 0, __ATOMIC_RELAXED);
}

void iommu_send_to(uint64_t file)
{
	struct iommu *i;

	each_iommu(i)
	{
		spin_lock(&i->lock);
		iommu_set(i, IOMMU_MSI_CTL, 4, MSI_CTL_MASKED);
		iommu_set(i, IOMMU_MSI_ADDR, 8, file);
		iommu_set(i, IOMMU_MSI_DATA, 4, 1);
		if (file)
			iommu_set(i, IOMMU_MSI_CTL, 4, 0);
		spin_unlock(&i->lock);
	}
}

/* Who has the device of a fault. A fault that comes from no device is nobody's. */
static unsigned int owner_of_fault(const struct iommu *i, uint64_t head)
{
	const uint64_t *context =
		head & FAULT_TTYP ? iommu_context_of(i, head >> FAULT_DID_SHIFT) : NULL;
	unsigned int owner = context ? iommu_owner_of(context) : IOMMU_NOBODY;

	return owner < IOMMU_OWNERS ? owner : IOMMU_NOBODY;
}

/* A fault makes no line. Too many of them, most likely in spite of DTF, stop the interrupt. */
static void count_untold(struct iommu *i)
{
	uint64_t now = csr_read(CSR_TIME);

	if (now - i->untold_since >= PERIOD) {
		i->untold_since = now;
		i->untold = 0;
	}
	if (++i->untold == UNTOLD_MAX)
		iommu_set(i, IOMMU_FQCSR, 4, QUEUE_ENABLE);
}

/*
 * Let the guest see the fault, if it has an IOMMU of its own. Whether that is all: a fault of
 * second stage is Halite's, too.
 */
static bool forward(struct iommu *i, const uint64_t *record, struct told *told)
{
	struct iommu_listener *l = &i->listeners[told->owner];
	const unsigned int cause = told->head & FAULT_CAUSE;

	if (!l->fault)
		return false;
	if (l->forwarded < FORWARDED_MAX) {
		l->fault(l->listener, record);
		if (++l->forwarded == FORWARDED_MAX)
			iommu_change_owner(i, told->owner, 0, TC_V | TC_DTF);
	} else {
		count_untold(i);
	}
	return cause < CAUSE_FETCH_GUEST_PAGE || cause > CAUSE_STORE_GUEST_PAGE;
}

/*
 * Take a fault. Whether it is to be told. The last one of an owner that is told stops the reports
 * of the owner's devices.
 */
static bool take_fault(struct iommu *i, const uint64_t *record, struct told *told)
{
	struct iommu_owner *owner;

	told->head = record[FAULT_HEAD];
	told->iova = record[FAULT_IOVA];
	told->owner = owner_of_fault(i, told->head);
	owner = &iommu_owners[told->owner];
	if (forward(i, record, told))
		return false;
	if (!has_lines(owner)) {
		count_untold(i);
		return false;
	}
	told->last = __atomic_add_fetch(&owner->lines, 1, __ATOMIC_RELAXED) >= LINES_MAX;
	return true;
}

/*
 * What the device has tried. The cause says it of most faults; TTYP would, too, but QEMU 10 has the
 * value of a write there for all.
 */
static const char *kind_of(unsigned int cause)
{
	switch (cause) {
	case CAUSE_LOAD_ACCESS:
	case CAUSE_LOAD_GUEST_PAGE:
		return "read";
	case CAUSE_STORE_ACCESS:
	case CAUSE_STORE_GUEST_PAGE:
		return "write";
	default:
		return "request";
	}
}

static void tell(const struct told *t)
{
	const unsigned int cause = t->head & FAULT_CAUSE;
	const char *name = iommu_owners[t->owner].name;
	const bool nobody = t->owner == IOMMU_NOBODY;

	hv_print("halite: IOMMU: device 0x%x of %s%s: %s at 0x%lx refused (cause %u)%s\n",
		 (unsigned int)(t->head >> FAULT_DID_SHIFT),
		 nobody	 ? "nobody"
		 : *name ? "domain "
			 : "the guest",
		 nobody ? "" : name, kind_of(cause), (unsigned long)t->iova, cause,
		 t->last ? "; further ones are not told" : "");
}

/*
 * Take the records that are there. Returns how many are to be told, at most LINES_AT_ONCE. FIP is
 * cleared before the tail is read: a record that comes later sets FIP again, and the IOMMU sends
 * another interrupt.
 */
static unsigned int take_faults(struct iommu *i, struct told *told)
{
	unsigned int count = 0, left = FAULTS;
	uint64_t errors;
	uint32_t tail;

	errors = iommu_get(i, IOMMU_FQCSR, 4) & QUEUE_ERRORS;
	if (errors)
		iommu_set(i, IOMMU_FQCSR, 4,
			  QUEUE_ENABLE | (i->untold < UNTOLD_MAX ? QUEUE_INTERRUPT : 0) | errors);
	iommu_set(i, IOMMU_IPSR, 4, IPSR_FIP);
	insn_fence_io();
	tail = iommu_get(i, IOMMU_FQT, 4);
	insn_fence_io();
	while (i->head != tail && tail < FAULTS && left--) {
		if (count < LINES_AT_ONCE &&
		    take_fault(i, &i->faults[i->head * FAULT_WORDS], &told[count])) {
			if (told[count].last)
				iommu_change_owner(i, told[count].owner, 0, TC_V | TC_DTF);
			count++;
		}
		i->head = (i->head + 1) % FAULTS;
	}
	iommu_set(i, IOMMU_FQH, 4, i->head);
	return count;
}

void iommu_look(void)
{
	struct told told[LINES_AT_ONCE];
	unsigned int count, k;
	struct iommu *i;

	each_iommu(i)
	{
		if (!(iommu_get(i, IOMMU_IPSR, 4) & IPSR_FIP))
			continue;
		spin_lock(&i->lock);
		count = take_faults(i, told);
		spin_unlock(&i->lock);
		for (k = 0; k < count; k++)
			tell(&told[k]);
	}
}
