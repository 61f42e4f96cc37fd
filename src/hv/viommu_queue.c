/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's queues: commands, which go on to the machine's IOMMU after checks, and faults. */
#include "hv/identity.h"
#include "hv/iommu_regs.h"
#include "hv/memory.h"
#include "hv/viommu_parts.h"
#include "lib/page.h"
#include "riscv/attempt.h"

#define OPCODE	 MASK64(9, 0) /* with func3 */
#define VMA_BITS (OPCODE | COMMAND_AV | COMMAND_PSCID | COMMAND_PSCV)
#define ADDRESS	 MASK64(61, 10)
#define FENCE	 UINT64_C(2)
#define FENCE_AV (OPCODE | COMMAND_AV | FENCE_ORDER | MASK64(63, 32))
/* With PR and PW. */
#define FENCE_ORDER (BIT64(12) | BIT64(13))
#define DDT_BITS    (OPCODE | COMMAND_DV | MASK64(63, COMMAND_DID))

/* fence_w_ip is never set: there are no wires. */
#define CQ_ERRORS (QUEUE_ILLEGAL | QUEUE_TIMEOUT | QUEUE_FAULT)

uint32_t viommu_entries(uint64_t base)
{
	return UINT32_C(2) << (base & QUEUE_LOG2);
}

static uint64_t entry_at(uint64_t base, uint32_t index, unsigned int size)
{
	return (base & QUEUE_PPN) >> DDTP_PPN_SHIFT << PAGE_SHIFT | index * size;
}

/* The device or the RAM of the domain at @addr gets @value: an interrupt file or a word. */
static bool write_word(const struct domain *d, uint64_t addr, uint32_t value)
{
	struct hext_host_page page;

	return memory_write(d, addr, &value, 4) ||
	       (!domain_owns_ram(d, addr, 4) && identity_lookup(&d->gstage, addr, &page) &&
		page.w && riscv_try_store(addr, 4, value));
}

void viommu_send(struct viommu *v, unsigned int vector)
{
	if (v->msi_ctl[vector] & MSI_CTL_MASKED) {
		v->unsent |= 1u << vector;
		return;
	}
	v->unsent &= ~(1u << vector);
	write_word(v->domain, v->msi_addr[vector], v->msi_data[vector]);
}

void viommu_interrupt(struct viommu *v, bool fault)
{
	uint32_t now = 0;

	if (v->cqcsr & QUEUE_INTERRUPT && v->cqcsr & CQ_ERRORS)
		now |= IPSR_CIP;
	if (v->fqcsr & QUEUE_INTERRUPT && (fault || v->fqcsr & QUEUE_ERRORS))
		now |= IPSR_FIP;
	now &= ~v->ipsr;
	v->ipsr |= now;
	if (now & IPSR_CIP)
		viommu_send(v, v->icvec & (VECTORS - 1));
	if (now & IPSR_FIP)
		viommu_send(v, v->icvec >> ICVEC_FIV & (VECTORS - 1));
}

/* ---- commands ---- */

/* Wait for the IOMMU. One that does not answer is turned off: then no DMA passes. */
static void finish(struct viommu *v)
{
	if (!v->iommu->off && !iommu_finish(v->iommu))
		iommu_fail_closed(v->iommu);
}

/*
 * Returns 0, or the bit of cqcsr that stops the queue; QUEUE_BUSY: the rest is for the next access
 * to a register.
 */
static uint32_t fence(struct viommu *v, uint64_t word, uint64_t more)
{
	if (word & ~FENCE_AV || more & ~MASK64(61, 0))
		return QUEUE_ILLEGAL;
	finish(v);
	if (word & COMMAND_AV && !write_word(v->domain, more << 2, word >> 32))
		return QUEUE_FAULT;
	return 0;
}

static uint32_t carry_out(struct viommu *v, uint64_t word, uint64_t more)
{
	switch (word & OPCODE) {
	case COMMAND_VMA:
		if (word & ~VMA_BITS || more & ~ADDRESS)
			return QUEUE_ILLEGAL;
		iommu_command_at(v->iommu, word | COMMAND_GV | (uint64_t)v->owner << COMMAND_GSCID,
				 more);
		return 0;
	case FENCE:
		return fence(v, word, more);
	case COMMAND_INVAL_DDT:
		if (word & ~DDT_BITS || more)
			return QUEUE_ILLEGAL;
		if (!(word & COMMAND_DV) && v->taken_all)
			return QUEUE_BUSY;
		if (word & COMMAND_DV)
			viommu_take_one(v, word >> COMMAND_DID);
		else
			viommu_take_all(v);
		/* An id that is too wide for the directory would stop the machine's queue. */
		if (word & COMMAND_DV && !iommu_context_of(v->iommu, word >> COMMAND_DID))
			return 0;
		iommu_command(v->iommu, word & COMMAND_DV ? word : COMMAND_INVAL_DDT);
		return 0;
	default:
		return QUEUE_ILLEGAL;
	}
}

void viommu_run(struct viommu *v)
{
	const uint32_t entries = viommu_entries(v->cqb);
	uint32_t left = entries;
	uint64_t word[2];
	bool worked = false;
	uint32_t stop;

	while (v->cqcsr & QUEUE_ON && !(v->cqcsr & CQ_ERRORS) && v->cqh != v->cqt && left--) {
		const uint64_t at = entry_at(v->cqb, v->cqh, sizeof(word));

		if (memory_read(v->domain, at, &word[0], 8) &&
		    memory_read(v->domain, at + 8, &word[1], 8))
			stop = carry_out(v, word[0], word[1]);
		else
			stop = QUEUE_FAULT;
		if (stop == QUEUE_BUSY)
			break;
		v->cqcsr |= stop;
		if (!stop)
			v->cqh = (v->cqh + 1) & (entries - 1);
		worked = true;
	}
	if (worked)
		finish(v);
	viommu_interrupt(v, false);
}

/* ---- faults ---- */

/* What a fault of second stage is for the guest: there is nothing at this address. */
static unsigned int as_access_fault(unsigned int cause)
{
	return cause == CAUSE_FETCH_GUEST_PAGE	? CAUSE_FETCH_ACCESS
	       : cause == CAUSE_LOAD_GUEST_PAGE ? CAUSE_LOAD_ACCESS
						: CAUSE_STORE_ACCESS;
}

/*
 * What a fault with the cause @cause is for the guest, by its context as it is now. 0: its context
 * says that it is not told. A context that the guest has made valid without a command is taken: it
 * counts from the next request on.
 */
static unsigned int own_cause(struct viommu *v, uint32_t id, unsigned int cause)
{
	uint64_t dc[DC_WORDS];
	const unsigned int own = viommu_read_context(v, id, dc);

	if (cause == FAULT_DDT_INVALID) {
		if (!own)
			viommu_take_one(v, id);
		return own ? own : cause;
	}
	if (!own && dc[DC_TC] & TC_DTF)
		return 0;
	return cause >= CAUSE_FETCH_GUEST_PAGE && cause <= CAUSE_STORE_GUEST_PAGE
		       ? as_access_fault(cause)
		       : cause;
}

void viommu_fault(void *viommu, const uint64_t *record)
{
	struct viommu *v = viommu;
	const uint32_t entries = viommu_entries(v->fqb), next = (v->fqt + 1) & (entries - 1);
	const uint32_t id = record[FAULT_HEAD] >> FAULT_DID_SHIFT;
	const uint64_t cause = own_cause(v, id, record[FAULT_HEAD] & FAULT_CAUSE);
	uint64_t copy[FAULT_WORDS] = { 0 }, at;
	unsigned int i;

	copy[FAULT_HEAD] = (record[FAULT_HEAD] & ~FAULT_CAUSE) | cause;
	copy[FAULT_IOVA] = record[FAULT_IOVA];
	if (!cause || !(v->fqcsr & QUEUE_ON) || v->fqcsr & (QUEUE_FAULT | QUEUE_OVERFLOW))
		return;
	at = entry_at(v->fqb, v->fqt, sizeof(copy));
	if (next == v->fqh) {
		v->fqcsr |= QUEUE_OVERFLOW;
	} else {
		for (i = 0; i < FAULT_WORDS && !(v->fqcsr & QUEUE_FAULT); i++) {
			if (!memory_write(v->domain, at + 8 * i, &copy[i], 8))
				v->fqcsr |= QUEUE_FAULT;
		}
		if (!(v->fqcsr & QUEUE_FAULT))
			v->fqt = next;
	}
	viommu_interrupt(v, true);
}
