/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of an IOMMU, its queues, and the commands that it carries out. */
#include "hv/iommu.h"
#include "hv/iommu_parts.h"
#include "hv/iommu_regs.h"
#include "lib/page.h"
#include "riscv/attempt.h"
#include "riscv/insn.h"

#define COMMANDS (PAGE_SIZE / 16)
/* A register is read this often before Halite gives up. An IOMMU needs microseconds. */
#define READS_MAX 100000

struct iommu iommus[IOMMUS_MAX];

/* ---- registers ---- */

uint64_t iommu_get(const struct iommu *i, unsigned int reg, unsigned int size)
{
	uint64_t value;

	return riscv_try_load(i->base + reg, size, &value) ? value : ~UINT64_C(0);
}

void iommu_set(const struct iommu *i, unsigned int reg, unsigned int size, uint64_t value)
{
	/* Stores to memory come before stores to devices. */
	insn_fence_io();
	riscv_try_store(i->base + reg, size, value);
}

/* Wait until register @reg has the value @value in the bits @mask. False: it does not get it. */
static bool wait_for(const struct iommu *i, unsigned int reg, unsigned int size, uint64_t mask,
		     uint64_t value)
{
	unsigned int reads;

	for (reads = 0; reads < READS_MAX; reads++) {
		if ((iommu_get(i, reg, size) & mask) == value) {
			insn_fence_io();
			return true;
		}
	}
	return false;
}

uint64_t iommu_ppn(const void *page)
{
	return (uintptr_t)page >> PAGE_SHIFT;
}

bool iommu_set_mode(const struct iommu *i, uint64_t mode, uint64_t root_ppn)
{
	if (!wait_for(i, IOMMU_DDTP, 8, DDTP_BUSY, 0))
		return false;
	iommu_set(i, IOMMU_DDTP, 8, root_ppn << DDTP_PPN_SHIFT | mode);
	return wait_for(i, IOMMU_DDTP, 8, DDTP_BUSY | DDTP_MODE, mode);
}

/* Off, with the root that is in use, as the specification wants it. */
bool iommu_turn_off(const struct iommu *i)
{
	return iommu_set_mode(i, DDTP_OFF,
			      iommu_get(i, IOMMU_DDTP, 8) >> DDTP_PPN_SHIFT & MASK64(43, 0));
}

bool iommu_stop_queue(const struct iommu *i, unsigned int csr)
{
	if (!wait_for(i, csr, 4, QUEUE_BUSY, 0))
		return false;
	iommu_set(i, csr, 4, 0);
	return wait_for(i, csr, 4, QUEUE_BUSY | QUEUE_ON, 0);
}

bool iommu_start_queue(const struct iommu *i, unsigned int base, unsigned int csr, const void *page,
		       unsigned int log2, uint64_t bits)
{
	const uint64_t value = iommu_ppn(page) << DDTP_PPN_SHIFT | (log2 - 1);

	iommu_set(i, base, 8, value);
	if (iommu_get(i, base, 8) != value)
		return false;
	iommu_set(i, csr, 4, QUEUE_ENABLE | bits);
	return wait_for(i, csr, 4, QUEUE_BUSY | QUEUE_ON | QUEUE_ENABLE, QUEUE_ON | QUEUE_ENABLE);
}

/* ---- commands ---- */

void iommu_command_at(struct iommu *i, uint64_t word, uint64_t more)
{
	i->commands[2 * i->tail] = word;
	i->commands[2 * i->tail + 1] = more;
	i->tail = (i->tail + 1) % COMMANDS;
}

void iommu_command(struct iommu *i, uint64_t word)
{
	iommu_command_at(i, word, 0);
}

bool iommu_finish(struct iommu *i)
{
	iommu_command(i, COMMAND_FENCE);
	iommu_set(i, IOMMU_CQT, 4, i->tail);
	return wait_for(i, IOMMU_CQH, 4, UINT32_MAX, i->tail);
}

bool iommu_forget(struct iommu *i, unsigned int owner)
{
	iommu_command(i, COMMAND_INVAL_DDT);
	iommu_command(i, COMMAND_GVMA | COMMAND_GV | (uint64_t)owner << COMMAND_GSCID);
	return iommu_finish(i);
}

void iommu_fail_closed(struct iommu *i)
{
	i->off = true;
	iommu_turn_off(i);
}
