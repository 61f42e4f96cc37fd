/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/iommu.h"
#include "hv/iommu_domain.h"
#include "hv/pci.h"
#include "hv/pci_function.h"
#include "lib/spinlock.h"
#include "riscv/csr.h"
#include "riscv/imsic.h"

/* The vCPU whose hart takes the interrupts. NULL: none. Harts change it with the lock. */
static const struct vcpu *taker;
static struct spinlock lock;

unsigned int iommu_domain_owner(const struct domain *d)
{
	unsigned int i = 0;

	while (d->host->domains[i] != d)
		i++;
	return i + 1;
}

void iommu_domain_stop(struct domain *d)
{
	unsigned int i;

	for (i = 0; i < d->ecams.count; i++)
		pci_stop_dma(d->ecams.r[i].start);
	pci_functions_stop(&d->functions);
	if (iommu_is_used())
		iommu_block(iommu_domain_owner(d));
	iommu_look();
}

void iommu_domain_restart(struct domain *d)
{
	const uint64_t start = csr_read(CSR_TIME);

	if (pci_functions_reset(&d->functions)) {
		while (csr_read(CSR_TIME) - start <= d->host->machine.timebase / 10)
			;
	}
	if (iommu_is_used())
		iommu_unblock(iommu_domain_owner(d), identity_atp(&d->gstage));
}

/* Whether the supervisor-level file of @v's hart is Halite's own. */
static bool has_file(const struct vcpu *v)
{
	return world_config(v->h.cfg)->l1_file;
}

/* Let @v take the interrupts, if it is the one that should: @from is who has them. */
static void hand_over(const struct vcpu *from, const struct vcpu *to)
{
	spin_lock(&lock);
	if (taker == from) {
		taker = to;
		iommu_send_to(to ? to->hart->imsic_file : 0);
	}
	spin_unlock(&lock);
}

void iommu_hart_start(struct vcpu *v)
{
	if (!iommu_is_used() || !has_file(v))
		return;
	imsic_listen(1);
	hand_over(NULL, v);
	iommu_look();
}

/* A vCPU that is online, or NULL. */
static const struct vcpu *find_online(const struct host *h)
{
	unsigned int i, k;

	for (i = 0; i < h->domain_count; i++) {
		for (k = 0; k < h->domains[i]->vcpu_count; k++) {
			if (__atomic_load_n(&h->domains[i]->vcpus[k]->online, __ATOMIC_SEQ_CST))
				return h->domains[i]->vcpus[k];
		}
	}
	return NULL;
}

/*
 * A hart goes offline before it calls this. So if the hart that is chosen here stops at the same
 * time, that hart finds that it takes the interrupts, or it is seen to be offline here.
 */
void iommu_hart_stop(struct vcpu *v)
{
	const struct vcpu *last = v, *next;

	if (!iommu_is_used() || !has_file(v))
		return;
	do {
		next = find_online(v->domain->host);
		hand_over(last, next);
		last = next;
	} while (next && !__atomic_load_n(&next->online, __ATOMIC_SEQ_CST));
	/* What was told to this hart only. */
	iommu_look();
}

void iommu_interrupt(struct vcpu *v)
{
	if (!iommu_is_used())
		return;
	if (has_file(v))
		imsic_claim();
	iommu_look();
}
