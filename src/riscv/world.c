/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/bits.h"
#include "riscv/csr.h"
#include "riscv/entry.h"
#include "riscv/fence.h"
#include "riscv/world.h"

/* Which of the bits of @csr can be set; the CSR is left 0. */
#define probe_bits(csr)                       \
	({                                    \
		uint64_t bits_;               \
		csr_write(csr, ~UINT64_C(0)); \
		bits_ = csr_read(csr);        \
		csr_write(csr, 0);            \
		bits_;                        \
	})

/* Which translation modes an address translation CSR takes. */
#define probe_modes(csr)                                                   \
	({                                                                 \
		uint16_t modes_ = BIT64(ATP_MODE_BARE);                    \
		uint64_t mode_;                                            \
		for (mode_ = ATP_MODE_39; mode_ <= ATP_MODE_57; mode_++) { \
			csr_write(csr, mode_ << ATP_MODE_SHIFT);           \
			if (csr_read(csr) >> ATP_MODE_SHIFT == mode_)      \
				modes_ |= BIT64(mode_);                    \
		}                                                          \
		csr_write(csr, 0);                                         \
		modes_;                                                    \
	})

static unsigned int count_bits(uint64_t value)
{
	unsigned int n = 0;

	for (; value; value &= value - 1)
		n++;
	return n;
}

/* Firmware may give S-mode less of Smstateen than there is: as many as can be reached count. */
static void probe_hstateen(struct hext_config *cfg)
{
	cfg->hstateen_count = cfg->stateen ? riscv_count_hstateen() : 0;
	if (cfg->hstateen_count > 0)
		cfg->hstateen[0] = probe_bits(HEXT_CSR_HSTATEEN0);
	if (cfg->hstateen_count > 1)
		cfg->hstateen[1] = probe_bits(HEXT_CSR_HSTATEEN1);
	if (cfg->hstateen_count > 2)
		cfg->hstateen[2] = probe_bits(HEXT_CSR_HSTATEEN2);
	if (cfg->hstateen_count > 3)
		cfg->hstateen[3] = probe_bits(HEXT_CSR_HSTATEEN3);
}

static void load_hstateen(const uint64_t *values, unsigned int count)
{
	if (count > 0)
		csr_write(HEXT_CSR_HSTATEEN0, values[0]);
	if (count > 1)
		csr_write(HEXT_CSR_HSTATEEN1, values[1]);
	if (count > 2)
		csr_write(HEXT_CSR_HSTATEEN2, values[2]);
	if (count > 3)
		csr_write(HEXT_CSR_HSTATEEN3, values[3]);
}

void world_probe(struct hext_config *cfg)
{
	cfg->hedeleg = probe_bits(HEXT_CSR_HEDELEG);
	cfg->hideleg = probe_bits(HEXT_CSR_HIDELEG) & IRQ_VS_ALL;
	cfg->hcounteren = probe_bits(HEXT_CSR_HCOUNTEREN);
	cfg->henvcfg = probe_bits(HEXT_CSR_HENVCFG);
	cfg->vsstatus = probe_bits(HEXT_CSR_VSSTATUS) &
			(SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS |
			 SSTATUS_SUM | SSTATUS_MXR);
	probe_hstateen(cfg);
	cfg->hgatp_modes = probe_modes(HEXT_CSR_HGATP);
	cfg->vsatp_modes = probe_modes(HEXT_CSR_VSATP);

	csr_write(HEXT_CSR_HGATP, HGATP_VMID);
	cfg->vmid_bits = count_bits(csr_read(HEXT_CSR_HGATP) & HGATP_VMID);
	csr_write(HEXT_CSR_HGATP, 0);
	csr_write(HEXT_CSR_VSATP, UINT64_C(0xffff) << SATP_ASID_SHIFT);
	cfg->asid_bits = count_bits(csr_read(HEXT_CSR_VSATP) >> SATP_ASID_SHIFT);
	csr_write(HEXT_CSR_VSATP, 0);
	hfence_gvma_all();
	hfence_vvma_all();
}

/* Traps of an L1 whose hstatus.SPV is set must clear it, so none is left to the hardware then. */
static uint64_t l1_hedeleg(const struct hext_hart *h)
{
	return h->hstatus & HSTATUS_SPV ? 0 : h->cfg->hedeleg;
}

static uint64_t domain_henvcfg(const struct hext_config *cfg)
{
	uint64_t bits = HENVCFG_CBIE | HENVCFG_CBCFE | HENVCFG_CBZE | HENVCFG_PBMTE | HENVCFG_STCE;

	if (cfg->gstage_adue)
		bits |= HENVCFG_ADUE;
	return cfg->henvcfg & bits;
}

void world_init(const struct hext_config *cfg)
{
	/* FP and vector state are L1's business: never trapped here. */
	csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	csr_write(HEXT_CSR_HGEIE, 0);
	csr_write(HEXT_CSR_HVIP, 0);
	csr_write(HEXT_CSR_HIE, 0);
	csr_write(HEXT_CSR_HTVAL, 0);
	csr_write(HEXT_CSR_HTINST, 0);
	load_hstateen(cfg->hstateen, cfg->hstateen_count);
	if (cfg->sstc)
		csr_write(CSR_STIMECMP, ~UINT64_C(0));
	hfence_gvma_all();
	hfence_vvma_all();
}

static void save_bank(struct hext_bank *b, bool timer)
{
	b->status = csr_read(HEXT_CSR_VSSTATUS);
	b->tvec = csr_read(HEXT_CSR_VSTVEC);
	b->scratch = csr_read(HEXT_CSR_VSSCRATCH);
	b->epc = csr_read(HEXT_CSR_VSEPC);
	b->cause = csr_read(HEXT_CSR_VSCAUSE);
	b->tval = csr_read(HEXT_CSR_VSTVAL);
	b->atp = csr_read(HEXT_CSR_VSATP);
	if (timer)
		b->timecmp = csr_read(HEXT_CSR_VSTIMECMP);
}

static void load_bank(const struct hext_bank *b)
{
	csr_write(HEXT_CSR_VSSTATUS, b->status);
	csr_write(HEXT_CSR_VSTVEC, b->tvec);
	csr_write(HEXT_CSR_VSSCRATCH, b->scratch);
	csr_write(HEXT_CSR_VSEPC, b->epc);
	csr_write(HEXT_CSR_VSCAUSE, b->cause);
	csr_write(HEXT_CSR_VSTVAL, b->tval);
	csr_write(HEXT_CSR_VSATP, b->atp);
}

/* Without henvcfg.STCE, L2's comparator neither acts nor can be reached by L2. */
static bool l2_has_timer(const struct hext_hart *h)
{
	return h->cfg->sstc && (h->henvcfg & HENVCFG_STCE);
}

void world_save(struct hext_hart *h)
{
	uint64_t hvip = csr_read(HEXT_CSR_HVIP) & IRQ_VS_ALL;
	uint64_t hie = csr_read(HEXT_CSR_HIE) & IRQ_VS_ALL;

	if (h->virt) {
		save_bank(&h->vs, l2_has_timer(h));
		h->hvip = hvip;
		h->hie = (h->hie & BIT64(IRQ_SGEI)) | hie;
	} else {
		save_bank(&h->s, h->cfg->sstc);
		h->sip = hvip >> 1;
		h->sie = hie >> 1;
	}
}

/*
 * Change hgatp. vsatp of the old guest with hgatp of the new, or the reverse, is a mixture whose
 * translations must not be cached, so vsatp is Bare meanwhile (priv H "hgatp").
 */
static void switch_gstage(uint64_t hgatp, bool vmid_tagged)
{
	csr_write(HEXT_CSR_VSATP, 0);
	csr_write(HEXT_CSR_HGATP, hgatp);
	if (!vmid_tagged) {
		hfence_gvma_all();
		hfence_vvma_all();
	}
}

static void set_timer(struct world_timer *t, uint64_t timecmp)
{
	csr_write(CSR_STIMECMP, timecmp);
	t->timecmp = timecmp;
}

void world_start_timer(struct world_timer *t, const struct hext_hart *h)
{
	uint64_t wanted = h->sie & BIT64(IRQ_STI) ? h->s.timecmp : ~UINT64_C(0);

	if (h->cfg->sstc && t->timecmp != wanted)
		set_timer(t, wanted);
}

void world_wait(struct world_timer *t, const struct hext_hart *h, uint64_t deadline)
{
	if (h->cfg->sstc && deadline != ~UINT64_C(0))
		set_timer(t, deadline);
	wait_for_interrupt();
	if (h->cfg->sstc)
		world_stop_timer(t);
}

void world_stop_timer(struct world_timer *t)
{
	set_timer(t, ~UINT64_C(0));
}

static void load_on(const struct hext_hart *h, const struct world_domain *d, uint64_t shadow_hgatp)
{
	const struct hext_config *cfg = h->cfg;

	switch_gstage(shadow_hgatp, d->vmid_tagged);
	load_bank(&h->vs);
	csr_write(HEXT_CSR_HIDELEG, h->hideleg);
	csr_write(HEXT_CSR_HEDELEG, h->hedeleg);
	csr_write(HEXT_CSR_HVIP, h->hvip);
	csr_write(HEXT_CSR_HIE, h->hie & IRQ_VS_ALL);
	csr_write(HEXT_CSR_HTIMEDELTA, h->htimedelta);
	csr_write(HEXT_CSR_HCOUNTEREN, h->hcounteren);
	csr_write(HEXT_CSR_HENVCFG, h->henvcfg);
	load_hstateen(h->hstateen, cfg->hstateen_count);
	/* After htimedelta, which it is compared with. */
	if (cfg->sstc)
		csr_write(HEXT_CSR_VSTIMECMP, l2_has_timer(h) ? h->vs.timecmp : ~UINT64_C(0));
	/* L1's MXR makes pages of its G-stage readable that are only executable. */
	if (h->s.status & SSTATUS_MXR)
		csr_set(CSR_SSTATUS, SSTATUS_MXR);
}

static void load_off(const struct hext_hart *h, const struct world_domain *d)
{
	const struct hext_config *cfg = h->cfg;

	switch_gstage(d->hgatp, d->vmid_tagged);
	csr_write(HEXT_CSR_HENVCFG, domain_henvcfg(cfg));
	csr_write(HEXT_CSR_HTIMEDELTA, 0);
	load_bank(&h->s);
	csr_write(HEXT_CSR_HIDELEG, cfg->hideleg);
	csr_write(HEXT_CSR_HVIP, h->sip << 1);
	csr_write(HEXT_CSR_HIE, h->sie << 1);
	csr_write(HEXT_CSR_HCOUNTEREN, cfg->hcounteren);
	load_hstateen(cfg->hstateen, cfg->hstateen_count);
	if (cfg->sstc)
		csr_write(HEXT_CSR_VSTIMECMP, h->s.timecmp);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
}

void world_load_hstatus(const struct hext_hart *h)
{
	uint64_t hstatus = HSTATUS_SPV | HSTATUS_VSXL_64;

	if (h->virt) {
		hstatus |= h->hstatus & (HSTATUS_VTSR | HSTATUS_VTW | HSTATUS_VTVM);
	} else {
		csr_write(HEXT_CSR_HEDELEG, l1_hedeleg(h));
		if (h->hstatus & HSTATUS_SPV)
			hstatus |= HSTATUS_VTSR;
		if (hext_wfi_traps(h))
			hstatus |= HSTATUS_VTW;
	}
	csr_write(HEXT_CSR_HSTATUS, hstatus);
}

void world_load(const struct hext_hart *h, const struct world_domain *d, struct world_timer *t,
		uint64_t shadow_hgatp)
{
	if (h->virt) {
		load_on(h, d, shadow_hgatp);
		world_start_timer(t, h);
	} else {
		load_off(h, d);
	}
	world_load_hstatus(h);
}

void world_inject(uint64_t sip_bits)
{
	csr_set(HEXT_CSR_HVIP, sip_bits << 1);
}

void world_withdraw(uint64_t sip_bits)
{
	csr_clear(HEXT_CSR_HVIP, sip_bits << 1);
}

void world_leave_gstage(struct world_gstage *saved)
{
	saved->hgatp = csr_read(HEXT_CSR_HGATP);
	saved->vsatp = csr_read(HEXT_CSR_VSATP);
	csr_write(HEXT_CSR_VSATP, 0);
}

void world_visit_gstage(uint64_t hgatp)
{
	csr_write(HEXT_CSR_HGATP, hgatp);
}

void world_return_gstage(const struct world_gstage *saved)
{
	csr_write(HEXT_CSR_HGATP, saved->hgatp);
	csr_write(HEXT_CSR_VSATP, saved->vsatp);
}
