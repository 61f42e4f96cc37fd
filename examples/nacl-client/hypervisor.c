/* SPDX-License-Identifier: BSD-2-Clause */
#include "hooks.h"
#include "hypervisor.h"

static struct nacl_client client;
static struct nacl_client_hart hart;
static _Alignas(NACL_SHMEM_ALIGN) unsigned char area[NACL_SHMEM_SIZE];

/* This hypervisor chooses at run time; a faster one would use a static key. */
#define ncsr_read(csr) (hart.shmem ? nacl_csr_read(hart.shmem, csr) : csr_instruction_read(csr))
#define ncsr_write(csr, value)                                    \
	do {                                                      \
		if (nacl_client_has(&hart, NACL_FEAT_SYNC_CSR))   \
			nacl_csr_write(hart.shmem, csr, (value)); \
		else                                              \
			csr_instruction_write(csr, (value));      \
	} while (0)

int hypervisor_start(void)
{
	if (!nacl_client_init(&client))
		return 0; /* without NACL, all accesses are instructions */
	return nacl_client_enable(&client, &hart, area, (uintptr_t)area);
}

int hypervisor_stop(void)
{
	int error = nacl_client_disable(&hart);

	nacl_client_exit(&client);
	return error; /* on error, L0 may still write to @area */
}

void hypervisor_remapped(struct guest *g, uint64_t gpa, uint64_t size)
{
	struct nacl_client_hfence fence = nacl_hfence_gvma_vmid(g->vmid, gpa, size, 0);

	nacl_client_hfence(&hart, &fence);
}

/*
 * Enters the guest by the fastest kind of entry that L0 offers, and returns after its exit. If L0
 * refuses the call, *@entry is NACL_ENTRY_SRET on return.
 */
static void enter(struct guest *g, enum nacl_entry *entry, nacl_word *l1_hstatus)
{
	nacl_word error;

	*entry = nacl_client_entry(hart.features);
	if (*entry == NACL_ENTRY_AUTOSWAP) {
		nacl_sret_autoswap(hart.shmem, g->hstatus);
	} else {
		*l1_hstatus = ncsr_read(CSR_HSTATUS);
		ncsr_write(CSR_HSTATUS, g->hstatus);
	}
	if (*entry != NACL_ENTRY_SRET) {
		nacl_sret_gprs(hart.shmem, g->gpr);
		nacl_client_settle(&hart);
		error = world_switch_call(g);
		if (!error)
			return;
		nacl_client_sret_refused(&hart, error);
		if (*entry == NACL_ENTRY_AUTOSWAP) {
			*l1_hstatus = ncsr_read(CSR_HSTATUS);
			ncsr_write(CSR_HSTATUS, g->hstatus);
		}
		*entry = NACL_ENTRY_SRET;
	}
	nacl_client_flush(&hart);
	world_switch_sret(g);
}

void hypervisor_run(struct guest *g)
{
	enum nacl_entry entry;
	nacl_word l1_hstatus = 0;

	ncsr_write(CSR_HGATP, g->hgatp);
	ncsr_write(CSR_VSATP, g->vsatp);
	ncsr_write(CSR_VSEPC, g->vsepc);
	ncsr_write(CSR_HVIP, g->hvip);
	enter(g, &entry, &l1_hstatus);
	if (entry == NACL_ENTRY_AUTOSWAP) {
		g->hstatus = nacl_sret_autoswapped(hart.shmem);
	} else {
		g->hstatus = ncsr_read(CSR_HSTATUS);
		ncsr_write(CSR_HSTATUS, l1_hstatus);
	}
	g->vsepc = ncsr_read(CSR_VSEPC);
	g->hvip = ncsr_read(CSR_HVIP);
}
