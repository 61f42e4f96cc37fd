/* SPDX-License-Identifier: BSD-2-Clause */
/* The level below Halite: firmware, or a hypervisor with NACL. */
#include "hext/bits.h"
#include "hext/csr.h"
#include "hv/nested.h"
#include "hv/sbi.h"
#include "hv/vcpu_resume.h"
#include "machine.h"
#include "nacl/host.h"
#include "riscv/csr.h"

static struct nacl_host below[MACHINE_HARTS];

static bool below_csr_exists(unsigned int csr)
{
	const struct hext_config *c = &machine_domain.hext;

	switch (csr) {
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...) \
	case number:                                                     \
		return HEXT_GATE(gate, name);
#include "hext/csr_table.h"
	case HEXT_CSR_HIP:
		return true;
	default:
		return false;
	}
}

static unsigned int below_csr_info(void *ctx, unsigned int csr)
{
	const struct hext_csr_facts facts = hext_csr_facts(csr);

	(void)ctx;
	if (!below_csr_exists(csr))
		return 0;
	return NACL_CSR_EXISTS | NACL_CSR_ORDER(facts.order) |
	       (facts.trap == HEXT_TRAP_KEPT ? 0 : NACL_CSR_ON_TRAP);
}

static nacl_word below_csr_read(void *ctx, unsigned int csr)
{
	(void)ctx;
	return hart->csr[csr == HEXT_CSR_HIP ? HEXT_CSR_HVIP : csr];
}

static void below_csr_write(void *ctx, unsigned int csr, nacl_word value)
{
	(void)ctx;
	machine_change_csr(csr, ~UINT64_C(0), value);
	if (csr == HEXT_CSR_HGATP || csr == HEXT_CSR_VSATP)
		machine_note("below: csr %x = %lx", csr, hart->csr[csr]);
}

static void below_hfence(void *ctx, const struct nacl_hfence *f)
{
	bool any_vmid = f->type == NACL_HFENCE_GVMA || f->type == NACL_HFENCE_GVMA_ALL ||
			f->type == NACL_HFENCE_EVERYTHING;
	bool has_asid = f->type == NACL_HFENCE_VVMA_ASID || f->type == NACL_HFENCE_VVMA_ASID_ALL;
	uint64_t page = f->addr & ~UINT64_C(4095);

	(void)ctx;
	machine_note("below: hfence type %u vmid %u asid %u %lx %lx", f->type, f->vmid, f->asid,
		     f->addr, f->size);
	do {
		bool has_addr = f->size && f->size < 0x100000;

		if (f->type <= NACL_HFENCE_GVMA_VMID_ALL || f->type == NACL_HFENCE_EVERYTHING)
			tlb_hfence_gvma(&hart->tlb, has_addr, page, !any_vmid,
					machine_legal_vmid(f->vmid));
		else
			tlb_hfence_vvma(&hart->tlb, machine_legal_vmid(f->vmid), has_addr, page,
					has_asid, f->asid);
		if (!has_addr)
			return;
		page += 4096;
	} while (page < f->addr + f->size);
}

static void *below_map_shmem(void *ctx, uint64_t gpa, size_t size)
{
	(void)ctx;
	(void)size;
	return (void *)gpa;
}

static const struct nacl_host_ops below_ops = {
	.csr_info = below_csr_info,
	.csr_read = below_csr_read,
	.csr_write = below_csr_write,
	.hfence = below_hfence,
	.map_shmem = below_map_shmem,
};

static struct sbi_result below_nacl(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct nacl_host *n = &below[hart->index];
	nacl_word value = 0;

	switch (fid) {
	case NACL_FID_PROBE_FEATURE:
		nacl_host_probe_feature(n, a0, &value);
		return sbi_value(value);
	case NACL_FID_SET_SHMEM:
		return sbi_error(nacl_host_set_shmem(n, a0, a1, a2));
	case NACL_FID_SYNC_CSR:
		return sbi_error(nacl_host_sync_csr(n, a0));
	default:
		return sbi_error(nacl_host_sync_hfence(n, a0));
	}
}

static struct sbi_result below_call(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct sbi_result r;

	if (!machine.nacl_below)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	machine_undisturbed = true;
	r = below_nacl(fid, a0, a1, a2);
	machine_undisturbed = false;
	return r;
}

/* The firmware's HFENCE.VVMA for other harts: the VMID is that in this hart's hgatp. */
static struct sbi_result firmware_vvma(uint64_t mask, uint64_t base, uint64_t start, uint64_t size,
				       bool has_asid, uint64_t asid)
{
	bool all = (start == 0 && size == 0) || size == ~UINT64_C(0);
	unsigned int vmid = tlb_vmid_of(hart->csr[HEXT_CSR_HGATP]);
	unsigned int i;
	uint64_t page;

	for (i = 0; i < machine.harts; i++) {
		if (!harts[i].runs)
			continue;
		if (base != ~UINT64_C(0) && (i < base || !(mask >> (i - base) & 1)))
			continue;
		page = start & ~UINT64_C(4095);
		do {
			tlb_hfence_vvma(&harts[i].tlb, vmid, !all, page, has_asid, asid);
			page += 4096;
		} while (!all && page < start + size);
	}
	return sbi_error(SBI_SUCCESS);
}

static struct sbi_result firmware_hsm(uint64_t fid, uint64_t a0, uint64_t a2)
{
	switch (fid) {
	case 0:
		machine_note("firmware starts hart %lu", a0);
		machine_start_hart(a0, (struct vcpu *)a2);
		return sbi_error(SBI_SUCCESS);
	case 1:
		hart->runs = false;
		guest_hart_stops();
		machine_note("firmware stops hart");
		machine_switch();
		__builtin_unreachable();
	default:
		return sbi_value(harts[a0].runs ? 0 : 1);
	}
}

static void lose_ipi(uint64_t mask, uint64_t base)
{
	for (; mask; mask &= mask - 1)
		harts[base + __builtin_ctzll(mask)].kick_lost = true;
}

static struct sbi_result firmware_ipi(uint64_t mask, uint64_t base)
{
	for (; mask; mask &= mask - 1) {
		struct hart *h = &harts[base + __builtin_ctzll(mask)];

		h->software_interrupt = true;
		/* It may be long until the hart takes it. */
		h->deaf = rarely(3);
	}
	return sbi_error(SBI_SUCCESS);
}

/*
 * SBI NACL: to probe for a feature always succeeds. SYNC_CSR may fail, but does not fail here: the
 * client would write the CSRs by instruction, and hgatp while the other guest's vsatp is on.
 */
static bool may_refuse(uint64_t ext, uint64_t fid)
{
	if (ext == NACL_EID)
		return fid != NACL_FID_PROBE_FEATURE && fid != NACL_FID_SYNC_CSR;
	return ext != SBI_EXT_BASE;
}

struct sbi_result firmware_call(uint64_t ext, uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				uint64_t a3, uint64_t a4, uint64_t a5)
{
	(void)a5;
	machine_pause();
	if (may_refuse(ext, fid) && rarely(12)) {
		if (ext == SBI_EXT_IPI)
			lose_ipi(a0, a1);
		machine_note("firmware refuses 0x%lx %lu", ext, fid);
		return sbi_error(SBI_ERR_FAILED);
	}
	switch (ext) {
	case SBI_EXT_BASE:
		if (fid == SBI_BASE_GET_SPEC_VERSION)
			return sbi_value(0x2000000);
		if (fid == SBI_BASE_PROBE_EXTENSION)
			return sbi_value(a0 == NACL_EID && machine.nacl_below);
		return sbi_value(1);
	case SBI_EXT_IPI:
		return firmware_ipi(a0, a1);
	case 0x52464e43:
		/*
		 * SFENCE.VMA, fid 1 and 2, would be for what the firmware runs in HS mode: Halite.
		 */
		return fid >= 5 ? firmware_vvma(a0, a1, a2, a3, fid == 5, a4)
				: sbi_error(SBI_SUCCESS);
	case 0x48534d:
		return firmware_hsm(fid, a0, a2);
	case NACL_EID:
		return below_call(fid, a0, a1, a2);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

/* ---- into the guest and out of it ---- */

void firmware_hart_starts(void)
{
	nacl_host_init(&below[hart->index], machine.nacl_below, &below_ops, NULL);
}

void firmware_after_trap(void)
{
	machine_undisturbed = true;
	if (hart->vcpu->nacl_below.shmem)
		nacl_host_after_trap(&below[hart->index]);
	machine_undisturbed = false;
}

/* For a hypervisor it traps, and its area follows. */
void firmware_csr_written(unsigned int csr)
{
	if (!HEXT_IS_H_CSR(csr))
		return;
	machine_undisturbed = true;
	nacl_host_csr_written(&below[hart->index], csr);
	machine_undisturbed = false;
}

void firmware_before_guest(void)
{
	const struct nacl_client_hart *client = &hart->vcpu->nacl_below;
	struct nacl_host *n = &below[hart->index];
	nacl_word gpr[NACL_SRET_GPRS];

	/* As src/riscv/entry.S does. */
	if (client->shmem && nacl_client_has(client, NACL_FEAT_SYNC_SRET) && rarely(200)) {
		machine_note("firmware refuses sync_sret");
		vcpu_sret_refused(hart->vcpu, SBI_ERR_FAILED);
	}
	machine_undisturbed = true;
	if (client->shmem && nacl_client_has(client, NACL_FEAT_SYNC_SRET)) {
		if (nacl_host_sync_sret(n, gpr))
			machine_fail("sync_sret is refused");
	} else if (client->shmem) {
		nacl_host_before_sret(n);
	}
	machine_undisturbed = false;
}
