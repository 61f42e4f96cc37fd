/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of L1's hip and sip. */
#include "hext/bits.h"
#include "hext/hext.h"

uint64_t hext_hip(const struct hext_hart *h)
{
	uint64_t pending = h->hvip;

	if (h->cfg->sstc && (h->henvcfg & HENVCFG_STCE) &&
	    h->ops->time(h->ctx) + h->htimedelta >= h->vs.timecmp)
		pending |= BIT64(IRQ_VSTI);
	pending &= IRQ_VS_ALL;
	if (h->cfg->geilen) {
		uint64_t files = hext_hgeip(h);

		/* VGEIN 0 selects no file; bit 0 of hgeip is 0. */
		if (files >> hext_vgein(h) & 1)
			pending |= BIT64(IRQ_VSEI);
		if (files & h->hgeie)
			pending |= BIT64(IRQ_SGEI);
	}
	return pending;
}

uint64_t hext_sip(const struct hext_hart *h)
{
	uint64_t pending = h->sip;

	if (h->cfg->sstc && h->ops->time(h->ctx) >= h->s.timecmp)
		pending |= BIT64(IRQ_STI);
	if (h->cfg->supervisor_file && (h->ops->files(h->ctx) & 1))
		pending |= BIT64(IRQ_SEI);
	return pending;
}
