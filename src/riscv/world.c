/* SPDX-License-Identifier: BSD-2-Clause */
#include "hext/csr_legal.h"
#include "riscv/entry.h"
#include "riscv/insn.h"
#include "riscv/switch.h"

/* The bits of @csr that can be set. Leaves the CSR 0. */
#define probe_bits(csr)                        \
	({                                     \
		uint64_t bits_;                \
		ncsr_write(csr, ~UINT64_C(0)); \
		bits_ = ncsr_read(csr);        \
		ncsr_write(csr, 0);            \
		bits_;                         \
	})

/* The translation modes that the address translation CSR @csr supports. Leaves the CSR 0. */
#define probe_modes(csr)                                                   \
	({                                                                 \
		uint16_t modes_ = BIT64(ATP_MODE_BARE);                    \
		uint64_t mode_;                                            \
		for (mode_ = ATP_MODE_39; mode_ <= ATP_MODE_57; mode_++) { \
			ncsr_write(csr, mode_ << ATP_MODE_SHIFT);          \
			if (ncsr_read(csr) >> ATP_MODE_SHIFT == mode_)     \
				modes_ |= BIT64(mode_);                    \
		}                                                          \
		ncsr_write(csr, 0);                                        \
		modes_;                                                    \
	})

#define PROBE_FIXED(number, field, known)
#define PROBE_PROBED(number, field, known) c->field = probe_bits(number) & (known);

/* Find out which CSRs can be read, and which bits of each CSR can be set. */
static void probe_csrs(struct world_config *w)
{
	struct hext_config *c = &w->hext;

#define HEXT_ROW(name, number, gate, ...)                                             \
	if (HEXT_CSRS_OF_##gate == HEXT_CSRS_ASKED && c->gate && csr_answers(number)) \
		c->answers |= BIT64(HEXT_ROW_##name);
#include "hext/csr_table.h"
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...) \
	if (HEXT_GATE(gate, name)) {                                     \
		PROBE_##how(number, field, bits)                         \
	}
#include "hext/csr_table.h"
}

/* henvcfg while L1 runs. */
static uint64_t choose_henvcfg(const struct hext_config *cfg)
{
	uint64_t bits = HENVCFG_CBIE | HENVCFG_CBCFE | HENVCFG_CBZE | HENVCFG_PBMTE | HENVCFG_STCE;

	if (cfg->gstage_adue)
		bits |= HENVCFG_ADUE;
	return cfg->henvcfg & bits;
}

unsigned int world_vmid_bits(void)
{
	unsigned int bits;

	ncsr_write(HEXT_CSR_HGATP, HGATP_VMID);
	bits = count_bits(ncsr_read(HEXT_CSR_HGATP) & HGATP_VMID);
	ncsr_write(HEXT_CSR_HGATP, 0);
	return bits;
}

/* The values that henvcfg.PMM can hold, as a bitmap. 1 is reserved. Leaves henvcfg 0. */
static uint8_t probe_pmm(void)
{
	uint8_t values = BIT64(0);
	uint64_t pmm;

	for (pmm = 2; pmm < 4; pmm++) {
		ncsr_write(HEXT_CSR_HENVCFG, pmm << ENVCFG_PMM_SHIFT);
		if ((ncsr_read(HEXT_CSR_HENVCFG) & HENVCFG_PMM) >> ENVCFG_PMM_SHIFT == pmm)
			values |= 1u << pmm;
	}
	ncsr_write(HEXT_CSR_HENVCFG, 0);
	return values;
}

/* PMM is a field, not bits: the value with all its bits set may be one that the hart lacks. */
static void probe_masking(struct world_config *w)
{
	struct hext_config *cfg = &w->hext;

	if (!cfg->ssnpm)
		return;
	cfg->pmm_values = probe_pmm();
	if (cfg->pmm_values > 1)
		cfg->henvcfg |= HENVCFG_PMM;
	w->reads_senvcfg = csr_answers(CSR_SENVCFG);
}

/*
 * L1's henvcfg.ADUE is read-only 0 where hardware does not set A and D for L1's HS mode (priv
 * "henvcfg": the bit follows menvcfg.ADUE).
 */
static void probe_ad(struct world_config *w)
{
	w->can_update_ad = w->hext.henvcfg & HENVCFG_ADUE;
	if (!w->hext.gstage_adue)
		w->hext.henvcfg &= ~HENVCFG_ADUE;
}

void world_probe(struct world_config *w)
{
	struct hext_config *cfg = &w->hext;

	probe_csrs(w);
	probe_ad(w);
	probe_masking(w);
	w->henvcfg_of_l1 = choose_henvcfg(cfg);
	w->hstatus_of_l1 =
		HSTATUS_SPV | HSTATUS_VSXL_64 | (uint64_t)w->l1_file << HSTATUS_VGEIN_SHIFT;
	w->sstatus_of_l1 =
		(csr_read(CSR_SSTATUS) & ~SSTATUS_MXR) | SSTATUS_FS | SSTATUS_VS | SSTATUS_SPP;
	cfg->hgatp_modes = probe_modes(HEXT_CSR_HGATP);
	cfg->vsatp_modes = probe_modes(HEXT_CSR_VSATP);

	cfg->vmid_bits = world_vmid_bits();
	ncsr_write(HEXT_CSR_VSATP, UINT64_C(0xffff) << SATP_ASID_SHIFT);
	cfg->asid_bits = count_bits(ncsr_read(HEXT_CSR_VSATP) >> SATP_ASID_SHIFT);
	ncsr_write(HEXT_CSR_VSATP, 0);
}

void world_set_ad(struct world_config *w, bool on)
{
	w->hext.gstage_adue = on;
	w->hext.henvcfg = (w->hext.henvcfg & ~HENVCFG_ADUE) | (on ? HENVCFG_ADUE : 0);
	w->henvcfg_of_l1 = (w->henvcfg_of_l1 & ~HENVCFG_ADUE) | (on ? HENVCFG_ADUE : 0);
}

void world_set_s_pmm(struct world_config *w, unsigned int pmm)
{
	w->hext.s_pmm = pmm;
	w->henvcfg_of_l1 = (w->henvcfg_of_l1 & ~HENVCFG_PMM) | (uint64_t)pmm << ENVCFG_PMM_SHIFT;
}

void world_init(const struct hext_config *c, uint64_t hgatp)
{
	csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	/*
	 * The hart may have been stopped while a guest ran. vsatp of that guest must not be used
	 * with the values of hgatp and henvcfg below.
	 */
	ncsr_write(HEXT_CSR_VSATP, 0);
#define HEXT_BANK(...)
#define HEXT_CSR(name, number, field, how, bits, rule, reset, gate, ...) \
	if (WORLD_GATE(gate, name))                                      \
		ncsr_write(number, reset);
#include "hext/csr_table.h"
	ncsr_write(HEXT_CSR_HGATP, hgatp);
	if (!static_key(KEY_NO_SSTC))
		csr_write(CSR_STIMECMP, ~UINT64_C(0));
}

/*
 * The bits of a CSR that are saved. If all harts have the same bits, no other bits are saved: QEMU
 * lets bit 0 of vsepc be set, which is always 0 (priv "sepc").
 */
#define HELD_BITS_FIXED(bits)  (bits)
#define HELD_BITS_PROBED(bits) ~UINT64_C(0)

/* Save or load the CSRs that L1 and L2 both have, but for vstimecmp. */
static void save_bank(struct hext_bank *b, const struct hext_config *c)
{
	(void)c;
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, ...) \
	if (WORLD_BANK_##held != WORLD_TIMER && WORLD_GATE(gate, name))         \
		b->field = ncsr_read(number) & HELD_BITS_##how(bits);
#include "hext/csr_table.h"
}

static void load_bank(const struct hext_bank *b, const struct hext_config *c)
{
	(void)c;
#define HEXT_BANK(name, number, field, how, bits, rule, reset, gate, held, ...) \
	if (WORLD_BANK_##held != WORLD_TIMER && WORLD_GATE(gate, name))         \
		ncsr_write(number, b->field);
#include "hext/csr_table.h"
}

void world_save(struct hext_hart *h)
{
	uint64_t hvip = ncsr_read(HEXT_CSR_HVIP) & (IRQ_VS_ALL | IRQ_LOCAL);
	uint64_t hie = ncsr_read(HEXT_CSR_HIE) & IRQ_VS_ALL;

	if (h->virt) {
		/* FP and vector state that L2 has made dirty is dirty in L1's sstatus, too. */
		h->s.status |= csr_read(CSR_SSTATUS) & (SSTATUS_FS | SSTATUS_VS);
		save_bank(&h->vs, h->cfg);
		if (l2_has_timer(h))
			h->vs.timecmp = ncsr_read(HEXT_CSR_VSTIMECMP);
		h->hvip = hvip;
		h->hie = (h->hie & BIT64(IRQ_SGEI)) | hie;
		if (static_key(KEY_LCOFI) || (static_key(KEY_AIA) && h->prioritized))
			save_priorities_of_l2(h);
	} else {
		save_bank(&h->s, h->cfg);
		if (!static_key(KEY_NO_SSTC))
			h->s.timecmp = ncsr_read(HEXT_CSR_VSTIMECMP);
		h->sip = sip_of_l1(hvip, static_key(KEY_LCOFI));
		h->sie = hie >> 1;
		if (static_key(KEY_LCOFI))
			h->sie |= ncsr_read(HEXT_CSR_VSIE) & LCOFI;
	}
}

/*
 * vsatp of one guest with hgatp or henvcfg of another would be a mixture, whose translations the
 * hart must not cache (priv H "hgatp").
 */
void world_switch_gstage(uint64_t hgatp)
{
	ncsr_write(HEXT_CSR_VSATP, 0);
	ncsr_write(HEXT_CSR_HGATP, hgatp);
	if (static_key(KEY_FLUSH))
		hfence_vmid(hgatp_vmid(hgatp));
}

void world_start_timer(struct world_timer *t, const struct hext_hart *h)
{
	if (!static_key(KEY_NO_SSTC))
		world_carry_timer(t, h);
}

void world_wait(struct world_timer *t, uint64_t deadline)
{
	if (!static_key(KEY_NO_SSTC) && deadline != ~UINT64_C(0))
		world_set_timer(t, deadline);
	insn_wfi();
	if (!static_key(KEY_NO_SSTC))
		world_stop_timer(t);
}

void world_call_at(struct world_timer *t, uint64_t deadline)
{
	if (!static_key(KEY_NO_SSTC))
		world_set_timer(t, deadline);
}

void world_stop_timer(struct world_timer *t)
{
	world_set_timer(t, ~UINT64_C(0));
}

/*
 * QEMU 10.0 computes mip.SGEIP for a new hgeie before it takes the lock under which MSIs arrive,
 * and stores SGEIP afterwards. If an MSI arrives in between, hgeip has it but SGEIP does not. A
 * second write of hgeie corrects SGEIP. Hardware does not need the second write.
 */
static void write_hgeie(uint64_t files)
{
	ncsr_write(HEXT_CSR_HGEIE, files);
	if (ncsr_read(HEXT_CSR_HGEIP) & files)
		ncsr_write(HEXT_CSR_HGEIE, files);
}

static void load_on(const struct hext_hart *h, uint64_t shadow_hgatp)
{
	uint64_t timecmp;

	world_switch_gstage(shadow_hgatp);
	load_controls_of_l2(h, WORLD_ALWAYS, 0);
	load_more_controls_of_l2(h, WORLD_MORE | world_more_controls(h));
	load_bank(&h->vs, h->cfg);
	csr_clear(CSR_SSTATUS, SSTATUS_L1);
	csr_set(CSR_SSTATUS, h->s.status & SSTATUS_L1);
	/* hvien comes before hvip: QEMU does not hold bits of hvip that are clear in hvien. */
	if (static_key(KEY_AIA) && h->prioritized)
		load_priorities_of_l2(h);
	/* Bit 13 of hvip was L1's. It is written while hvien has the bit, too. */
	if (static_key(KEY_LCOFI))
		ncsr_write(HEXT_CSR_HVIEN, h->hvien | LCOFI);
	ncsr_write(HEXT_CSR_HVIP, h->hvip);
	if (static_key(KEY_LCOFI)) {
		ncsr_write(HEXT_CSR_HVIEN, h->hvien);
		ncsr_write(HEXT_CSR_VSIE, vsie_of_l2(h));
	}
	ncsr_write(HEXT_CSR_HIE, (h->hie & IRQ_VS_ALL) | sgeie_of_l2(h));
	if (static_key(KEY_AIA)) {
		load_controls_of_l2(h, WORLD_AIA, 0);
		write_hgeie(hgeie_of_l2(h));
	}
	/* vstimecmp comes after htimedelta: the hart compares vstimecmp with time + htimedelta. */
	timecmp = l2_has_timer(h) ? h->vs.timecmp : ~UINT64_C(0);
	/* The value is computed before the static key of the CSR is tested. */
	hide_value(timecmp);
	if (!static_key(KEY_NO_SSTC))
		ncsr_write(HEXT_CSR_VSTIMECMP, timecmp);
}

static void load_off(const struct hext_hart *h, uint64_t domain_hgatp)
{
	world_switch_gstage(domain_hgatp);
	load_controls_of_l1(h->cfg, WORLD_ALWAYS, 0);
	load_more_controls_of_l1(h, WORLD_MORE | world_more_controls(h));
	load_bank(&h->s, h->cfg);
	csr_clear(CSR_SSTATUS, SSTATUS_MXR);
	csr_set(CSR_SSTATUS, SSTATUS_FS | SSTATUS_VS);
	if (static_key(KEY_LCOFI)) {
		ncsr_write(HEXT_CSR_HVIEN, hvien_of_l1());
		ncsr_write(HEXT_CSR_VSIE, h->sie);
	}
	ncsr_write(HEXT_CSR_HVIP, hvip_of_l1(h->sip, static_key(KEY_LCOFI)));
	ncsr_write(HEXT_CSR_HIE, hie_of_l1(h->sie, static_key(KEY_LCOFI)));
	if (static_key(KEY_AIA) && h->prioritized)
		load_priorities_of_l1(h);
	if (!static_key(KEY_NO_SSTC))
		ncsr_write(HEXT_CSR_VSTIMECMP, h->s.timecmp);
}

uint64_t world_guest_hstatus(void)
{
	return get_guest_hstatus();
}

void world_before_entry(void)
{
	if (!ncsr_has_area())
		return;
	if (nacl_client_has(riscv_nacl, NACL_FEAT_SYNC_SRET))
		nacl_client_settle(riscv_nacl);
	else
		nacl_client_flush(riscv_nacl);
}

/*
 * Load for L1 the CSRs that depend on the interrupt files for which L1 enables SGEI. Returns
 * whether SGEI is pending for L1.
 */
static bool load_files_of_l1(const struct hext_hart *h)
{
	bool sgei_waits = world_sgei_waits(h);

	ncsr_write(HEXT_CSR_HVICTL, hvictl_of_l1(h, sgei_waits));
	write_hgeie(hgeie_of_l1(h, sgei_waits));
	if (world_wanted_files(h))
		ncsr_set(HEXT_CSR_HIE, BIT64(IRQ_SGEI));
	else
		ncsr_clear(HEXT_CSR_HIE, BIT64(IRQ_SGEI));
	return sgei_waits;
}

void world_load_hstatus(const struct hext_hart *h)
{
	bool sgei_waits;

	if (h->virt) {
		set_guest_hstatus(world_hstatus_of_l2(h->cfg, h->hstatus));
		return;
	}
	sgei_waits = static_key(KEY_AIA) && load_files_of_l1(h);
	world_load_hstatus_of_l1(
		h, (h->hstatus & HSTATUS_SPV) || hext_kept_interrupts(h) || sgei_waits, sgei_waits);
}

void world_load(const struct hext_hart *h, struct world_timer *t, uint64_t hgatp)
{
	if (h->virt) {
		load_on(h, hgatp);
		world_start_timer(t, h);
	} else {
		load_off(h, hgatp);
	}
	world_load_hstatus(h);
}

bool world_files_ask(const struct hext_hart *h)
{
	if (h->virt)
		return sgeie_of_l2(h) && (ncsr_read(HEXT_CSR_HGEIP) & hgeie_of_l2(h));
	return world_sgei_waits(h);
}

bool world_local_waits(void)
{
	return static_key(KEY_LCOFI) &&
	       (ncsr_read(HEXT_CSR_HVIP) & ncsr_read(HEXT_CSR_VSIE) & LCOFI);
}

void world_inject(uint64_t sip_bits)
{
	ncsr_set(HEXT_CSR_HVIP, hvip_of_l1(sip_bits, static_key(KEY_LCOFI)));
}

void world_withdraw(uint64_t sip_bits)
{
	ncsr_clear(HEXT_CSR_HVIP, hvip_of_l1(sip_bits, static_key(KEY_LCOFI)));
}
