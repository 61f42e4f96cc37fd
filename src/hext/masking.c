/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "hext/masking.h"

static unsigned int senvcfg_pmm(const struct hext_hart *h)
{
	return h->senvcfg >> ENVCFG_PMM_SHIFT & 3;
}

static unsigned int henvcfg_pmm(const struct hext_hart *h)
{
	return h->henvcfg >> ENVCFG_PMM_SHIFT & 3;
}

/*
 * While MXR is in effect for the mode of the access, its address is not masked (priv "Memory
 * Accesses Subject to Pointer Masking"). sstatus.MXR is in effect for VS and VU mode, too (priv H
 * "Two-Stage Address Translation").
 */
static struct hext_masking of_l2(const struct hext_hart *h, unsigned int pmm)
{
	bool mxr = (h->vs.status | h->s.status) & SSTATUS_MXR;

	return hext_masking_by(mxr ? 0 : pmm, h->vs.atp);
}

struct hext_masking hext_masking_of_hlv(const struct hext_hart *h, bool as_user)
{
	/* priv H "hstatus", HUPMM. */
	unsigned int as_vu = h->user ? h->hstatus >> HSTATUS_HUPMM_SHIFT & 3 : senvcfg_pmm(h);

	return of_l2(h, as_user ? as_vu : henvcfg_pmm(h));
}

uint64_t hext_mask_of_l1(const struct hext_hart *h, bool as_user, uint64_t addr)
{
	unsigned int pmm = as_user ? senvcfg_pmm(h) : h->cfg->s_pmm;

	return hext_mask_address(hext_masking_by(h->s.status & SSTATUS_MXR ? 0 : pmm, h->s.atp),
				 addr);
}

uint64_t hext_masked_address(const struct hext_hart *h, const struct hext_insn *insn,
			     const uint64_t x[32], unsigned int offset)
{
	uint64_t addr = hext_insn_address(insn, x) + offset;

	if (!h->virt)
		return hext_mask_of_l1(h, h->user, addr);
	return hext_mask_address(of_l2(h, h->user ? senvcfg_pmm(h) : henvcfg_pmm(h)), addr);
}
