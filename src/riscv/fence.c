/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "lib/page.h"
#include "riscv/csr.h"
#include "riscv/fence.h"
#include "riscv/insn.h"
#include "riscv/ncsr.h"

/*
 * A fence of more pages than this fences all addresses: one instruction for each page would cost
 * more than refilling the TLB.
 */
#define PAGES_MAX 64

/* ---- by instruction ---- */

static bool is_few_pages(uint64_t size)
{
	return size && size <= PAGES_MAX * PAGE_SIZE;
}

static void gvma_pages(bool any_vmid, uint16_t vmid, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa & ~(PAGE_SIZE - 1);
	uint64_t done;

	for (done = 0; done < gpa - first + size; done += PAGE_SIZE) {
		if (any_vmid)
			insn_hfence_gvma_gpa(first + done);
		else
			insn_hfence_gvma_gpa_vmid(first + done, vmid);
	}
}

/* Do @fence for the VMID in hgatp. */
static void vvma_here(const struct hfence_vvma *fence)
{
	uint64_t first = fence->addr & ~(PAGE_SIZE - 1);
	uint64_t done;

	if (!is_few_pages(fence->size)) {
		if (fence->any_asid)
			insn_hfence_vvma_all();
		else
			insn_hfence_vvma_asid(fence->asid);
		return;
	}
	for (done = 0; done < fence->addr - first + fence->size; done += PAGE_SIZE) {
		if (fence->any_asid)
			insn_hfence_vvma_addr(first + done);
		else
			insn_hfence_vvma_addr_asid(first + done, fence->asid);
	}
}

/*
 * Apply vsatp and hgatp from the area of the NACL below, if they are dirty. A CSR instruction
 * counts as a later write of the CSR and would drop the value in the area (SBI NACL, "Synchronize
 * CSR").
 */
static void settle_translation(void)
{
	ncsr_sync(HEXT_CSR_VSATP);
	ncsr_sync(HEXT_CSR_HGATP);
}

/*
 * Do @fence under each of @hgatp, with the guest's hgatp and vsatp replaced meanwhile. vsatp is
 * Bare. A speculative walk may cache translations of that state. They depend on the G-stage only,
 * and each of @hgatp is the G-stage of its VMID.
 */
static void vvma_visit(const uint64_t *hgatp, unsigned int count, const struct hfence_vvma *fence)
{
	uint64_t vsatp, old_hgatp;
	unsigned int i;

	settle_translation();
	vsatp = csr_swap(HEXT_CSR_VSATP, 0);
	old_hgatp = csr_read(HEXT_CSR_HGATP);
	for (i = 0; i < count; i++) {
		csr_write(HEXT_CSR_HGATP, hgatp[i]);
		vvma_here(fence);
	}
	csr_write(HEXT_CSR_HGATP, old_hgatp);
	csr_write(HEXT_CSR_VSATP, vsatp);
}

/*
 * Do @fence for a VMID whose G-stage is not known, under the current G-stage. The translations that
 * a speculative walk caches meanwhile are wrong and are fenced, too. The guest's vsatp is restored
 * last, so that no walk under it uses an entry that the fence of the G-stage is about to remove.
 */
static void vvma_visit_vmid(uint16_t vmid, const struct hfence_vvma *fence)
{
	uint64_t vsatp, hgatp;

	settle_translation();
	vsatp = csr_swap(HEXT_CSR_VSATP, 0);
	hgatp = (csr_read(HEXT_CSR_HGATP) & ~HGATP_VMID) | (uint64_t)vmid << HGATP_VMID_SHIFT;
	vvma_visit(&hgatp, 1, fence);
	insn_hfence_gvma_vmid(vmid);
	csr_write(HEXT_CSR_VSATP, vsatp);
}

void nacl_hook_hfence(const struct nacl_client_hfence *f)
{
	const struct hfence_vvma vvma = {
		.addr = f->addr,
		.size = f->size,
		.asid = f->asid,
		.any_asid = f->type < NACL_HFENCE_VVMA_ASID,
	};

	switch (f->type) {
	case NACL_HFENCE_GVMA:
	case NACL_HFENCE_GVMA_VMID:
		if (is_few_pages(f->size)) {
			gvma_pages(f->type == NACL_HFENCE_GVMA, f->vmid, f->addr, f->size);
			break;
		}
		insn_hfence_gvma_all();
		break;
	case NACL_HFENCE_GVMA_VMID_ALL:
		insn_hfence_gvma_vmid(f->vmid);
		break;
	case NACL_HFENCE_GVMA_ALL:
	case NACL_HFENCE_EVERYTHING:
		insn_hfence_gvma_all();
		break;
	case NACL_HFENCE_VVMA:
	case NACL_HFENCE_VVMA_ALL:
	case NACL_HFENCE_VVMA_ASID:
	case NACL_HFENCE_VVMA_ASID_ALL:
		vvma_visit_vmid(f->vmid, &vvma);
		break;
	}
}

/* ---- instruction or queue ---- */

static void queue(struct nacl_client_hfence fence)
{
	nacl_client_hfence(riscv_nacl, &fence);
}

void hfence_gvma_all(void)
{
	if (ncsr_has(NACL_FEAT_SYNC_HFENCE))
		queue(nacl_hfence_gvma_all());
	else
		insn_hfence_gvma_all();
}

void hfence_gvma_vmid(uint16_t vmid)
{
	if (ncsr_has(NACL_FEAT_SYNC_HFENCE))
		queue(nacl_hfence_gvma_vmid_all(vmid));
	else
		insn_hfence_gvma_vmid(vmid);
}

void hfence_gvma_range(uint16_t vmid, uint64_t gpa, uint64_t size)
{
	if (ncsr_has(NACL_FEAT_SYNC_HFENCE))
		queue(nacl_hfence_gvma_vmid(vmid, gpa, size, 0));
	else if (is_few_pages(size))
		gvma_pages(false, vmid, gpa, size);
	else
		insn_hfence_gvma_vmid(vmid);
}

static struct nacl_client_hfence vvma_entry(uint16_t vmid, const struct hfence_vvma *f)
{
	if (f->any_asid)
		return f->size ? nacl_hfence_vvma(vmid, f->addr, f->size, 0)
			       : nacl_hfence_vvma_all(vmid);
	return f->size ? nacl_hfence_vvma_asid(vmid, f->asid, f->addr, f->size, 0)
		       : nacl_hfence_vvma_asid_all(vmid, f->asid);
}

void hfence_vvma(const uint64_t *hgatp, unsigned int count, const struct hfence_vvma *fence)
{
	unsigned int i;

	if (ncsr_has(NACL_FEAT_SYNC_HFENCE)) {
		for (i = 0; i < count; i++)
			queue(vvma_entry(hgatp_vmid(hgatp[i]), fence));
	} else if (static_key(KEY_FLUSH)) {
		/*
		 * There is one VMID. A visit would leave translations of the visited G-stage,
		 * cached by speculative walks.
		 */
		vvma_here(fence);
	} else {
		vvma_visit(hgatp, count, fence);
	}
}

void hfence_vmid(uint16_t vmid)
{
	static const struct hfence_vvma all = { .any_asid = true };

	if (ncsr_has(NACL_FEAT_SYNC_HFENCE)) {
		queue(nacl_hfence_vvma_all(vmid));
		queue(nacl_hfence_gvma_vmid_all(vmid));
	} else {
		vvma_visit_vmid(vmid, &all);
	}
}
