/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/console.h"
#include "hv/iommu.h"
#include "hv/iommu_parts.h"
#include "hv/iommu_regs.h"
#include "lib/page.h"

#define LEVELS_MAX 3
#define ROOT_PAGES 4 /* of a table of second stage */

/* The empty second stage. */
static uint64_t empty;

/* ---- blocking ---- */

void iommu_block(unsigned int owner)
{
	struct iommu *i;

	each_iommu(i)
	{
		bool was_off;

		spin_lock(&i->lock);
		was_off = i->off;
		iommu_change_owner(i, owner, i->nobody, iommu_tc_of(owner));
		spin_unlock(&i->lock);
		if (i->off && !was_off)
			hv_warn("IOMMU at 0x%lx does not answer: it is off, and passes no DMA",
				(unsigned long)i->base);
	}
}

void iommu_unblock(unsigned int owner, uint64_t atp)
{
	struct iommu *i;

	iommu_renew(owner);
	each_iommu(i)
	{
		spin_lock(&i->lock);
		iommu_change_owner(i, owner, atp, iommu_tc_of(owner));
		spin_unlock(&i->lock);
	}
}

/* ---- bringing one up ---- */

/* The IOMMU at rest: Off, no queue, little-endian, RV64, MSIs if it can. */
static const char *rest(const struct iommu *i, uint64_t capabilities)
{
	const bool wires = (capabilities >> CAP_IGS_SHIFT & 3) == CAP_IGS_WSI;
	uint64_t fctl;

	if (!iommu_turn_off(i))
		return "it does not turn off";
	if (!iommu_stop_queue(i, IOMMU_CQCSR) || !iommu_stop_queue(i, IOMMU_FQCSR) ||
	    ((capabilities & CAP_ATS) && !iommu_stop_queue(i, IOMMU_PQCSR)))
		return "a queue does not stop";
	fctl = iommu_get(i, IOMMU_FCTL, 4) & ~(FCTL_BE | FCTL_WSI | FCTL_GXL) & UINT32_MAX;
	iommu_set(i, IOMMU_FCTL, 4, fctl | (wires ? FCTL_WSI : 0));
	if (iommu_get(i, IOMMU_FCTL, 4) & (FCTL_BE | FCTL_GXL))
		return "it is big-endian or for RV32";
	return NULL;
}

static const char *start_queues(struct iommu *i)
{
	i->commands = pages_alloc(i->pool, 1, PAGE_SIZE);
	i->faults = pages_alloc(i->pool, 1, PAGE_SIZE);
	if (!i->commands || !i->faults)
		return "no memory is left for its queues";
	iommu_set(i, IOMMU_MSI_CTL, 4, MSI_CTL_MASKED);
	iommu_set(i, IOMMU_ICVEC, 8, 0);
	iommu_set(i, IOMMU_CQT, 4, 0);
	iommu_set(i, IOMMU_FQH, 4, 0);
	if (!iommu_start_queue(i, IOMMU_CQB, IOMMU_CQCSR, i->commands, FAULTS_LOG2 + 1, 0) ||
	    !iommu_start_queue(i, IOMMU_FQB, IOMMU_FQCSR, i->faults, FAULTS_LOG2, QUEUE_INTERRUPT))
		return "a queue does not start";
	return NULL;
}

/* Use the most levels that the IOMMU takes: only then all device ids have contexts. */
static const char *start_directory(struct iommu *i, uint64_t mode)
{
	if (!empty) {
		const void *root = pages_alloc(i->pool, ROOT_PAGES, ROOT_PAGES * PAGE_SIZE);

		if (!root)
			return "no memory is left for its tables";
		empty = iommu_ppn(root);
	}
	i->nobody = mode << IOHGATP_MODE_SHIFT | empty;
	if (!iommu_make_directory(i))
		return "no memory is left for its tables";
	for (i->levels = LEVELS_MAX; i->levels; i->levels--) {
		if (iommu_set_mode(i, DDTP_LEVELS(i->levels), iommu_ppn(iommu_top(i, i->levels))))
			break;
		if (!iommu_turn_off(i))
			return "it does not turn off";
	}
	if (!i->levels)
		return "it takes no device directory";
	iommu_command(i, COMMAND_INVAL_DDT);
	iommu_command(i, COMMAND_GVMA);
	iommu_command(i, COMMAND_VMA);
	return iommu_finish(i) ? NULL : "it takes no commands";
}

static const char *start(struct iommu *i, uint64_t capabilities, uint64_t end)
{
	const unsigned int pas = (capabilities & CAP_PAS) >> CAP_PAS_SHIFT;
	uint64_t modes = capabilities >> CAP_SV39X4 & 7;
	uint64_t mode;
	const char *why;

	if (!modes)
		return "it has no second stage";
	if (pas < 56 && end > BIT64(pas))
		return "it does not reach all of memory";
	i->bits = capabilities & CAP_MSI_FLAT ? 6 : 7;
	i->words = capabilities & CAP_MSI_FLAT ? DC_WORDS_EXTENDED : DC_WORDS;
	for (mode = ATP_MODE_39; !(modes & 1); modes >>= 1)
		mode++;
	why = rest(i, capabilities);
	if (!why)
		why = start_queues(i);
	return why ? why : start_directory(i, mode);
}

const char *iommu_start(unsigned int number, uint64_t base, uint64_t end, struct page_pool *pool,
			uint16_t *modes)
{
	struct iommu *i = &iommus[number];
	uint64_t capabilities;
	const char *why;

	*i = (struct iommu){ .base = base, .pool = pool };
	capabilities = iommu_get(i, IOMMU_CAPABILITIES, 8);
	*modes = (capabilities >> CAP_SV39X4 & 7) << ATP_MODE_39;
	/* Another version may have other registers, so none is written. */
	if ((capabilities & CAP_VERSION) >> 4 != CAP_MAJOR)
		return "its version is not 1";
	why = start(i, capabilities, end);
	if (!why)
		i->used = true;
	else if (iommu_turn_off(i) && iommu_stop_queue(i, IOMMU_CQCSR) &&
		 iommu_stop_queue(i, IOMMU_FQCSR))
		iommu_set_mode(i, DDTP_BARE, 0);
	return why;
}

bool iommu_is_used(void)
{
	const struct iommu *i;

	each_iommu(i) return true;
	return false;
}
