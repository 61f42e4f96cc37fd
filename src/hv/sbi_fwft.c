/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware features (SBI 3.0 "Firmware Features"). All that Halite has are local: they belong to
 * the hart that calls.
 *
 * - PTE_AD_HW_UPDATING and POINTER_MASKING_PMLEN are fields of henvcfg while L1 runs, and of the
 *   configuration of the hart. Firmware takes no part, but for a hart with Svadu and without Svade:
 *   such a hart has PTE_AD_HW_UPDATING if it has it on the bare machine, where firmware decides.
 * - MISALIGNED_EXC_DELEG is the firmware's: only firmware could emulate the access, and L1 takes
 *   each exception that firmware delegates. The hart has no other guest, so firmware's value on
 *   this hart is L1's. Where firmware does not have the feature, L1 does not, either.
 *
 * The flag LOCK stays in Halite, as firmware would keep it for longer than the vCPU's start.
 */
#include "hext/bits.h"
#include "hv/console.h"
#include "hv/sbi.h"
#include "riscv/fence.h"

#define FLAG_LOCK BIT64(0)

/* The feature numbers that are defined; the others are reserved or of a platform. */
#define FEATURES (SBI_FWFT_POINTER_MASKING_PMLEN + 1)

static bool has_ad(const struct world_config *w)
{
	return w->can_update_ad &&
	       (w->hext.svade || !firmware_get_feature(SBI_FWFT_PTE_AD_HW_UPDATING).error);
}

/* The value for feature @feature on @v's hart. */
static struct sbi_result get(const struct vcpu *v, uint32_t feature)
{
	static const uint8_t pmlen[4] = { [2] = 7, [3] = 16 };
	const struct world_config *w = world_config(v->h.cfg);
	struct sbi_result r;

	switch (feature) {
	case SBI_FWFT_MISALIGNED_EXC_DELEG:
		r = firmware_get_feature(feature);
		return r.error ? sbi_error(SBI_ERR_NOT_SUPPORTED) : r;
	case SBI_FWFT_PTE_AD_HW_UPDATING:
		return has_ad(w) ? sbi_value(w->hext.gstage_adue)
				 : sbi_error(SBI_ERR_NOT_SUPPORTED);
	case SBI_FWFT_POINTER_MASKING_PMLEN:
		return w->hext.pmm_values > 1 ? sbi_value(pmlen[w->hext.s_pmm & 3])
					      : sbi_error(SBI_ERR_NOT_SUPPORTED);
	default:
		return sbi_error(feature < FEATURES ? SBI_ERR_NOT_SUPPORTED : SBI_ERR_DENIED);
	}
}

/*
 * The configuration of @v's hart, to be changed. The hart's CSRs are loaded anew from it before L1
 * goes on, and nothing is left of what the TLB has cached under the old henvcfg (priv "henvcfg").
 */
static struct world_config *own_config(struct vcpu *v)
{
	vcpu_save(v);
	if (v->h.cfg == &v->domain->hext) {
		v->features.config = v->domain->world;
		v->h.cfg = &v->features.config.hext;
	}
	hfence_vmid(v->domain->vmids.first);
	return &v->features.config;
}

static struct sbi_result set_ad(struct vcpu *v, uint64_t value)
{
	if (value > 1)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	world_set_ad(own_config(v), value);
	v->h.henvcfg &= v->h.cfg->henvcfg;
	nacl_host_refresh(&v->nacl, HEXT_CSR_HENVCFG);
	return sbi_error(SBI_SUCCESS);
}

static struct sbi_result set_pmlen(struct vcpu *v, uint64_t value)
{
	unsigned int pmm = value == 7 ? 2 : value == 16 ? 3 : 0;

	if ((value && !pmm) || !(v->h.cfg->pmm_values >> pmm & 1))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	world_set_s_pmm(own_config(v), pmm);
	return sbi_error(SBI_SUCCESS);
}

/* @old: firmware's value. */
static struct sbi_result set_misaligned(struct vcpu *v, uint64_t old, uint64_t value)
{
	if (value > 1)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (!v->features.delegation_changed) {
		v->features.delegation_at_start = old;
		v->features.delegation_changed = true;
	}
	return sbi_error(firmware_set_feature(SBI_FWFT_MISALIGNED_EXC_DELEG, value).error);
}

static struct sbi_result set(struct vcpu *v, uint32_t feature, uint64_t value, uint64_t flags)
{
	struct sbi_result old = get(v, feature);
	struct sbi_result r = sbi_error(SBI_SUCCESS);

	if (old.error)
		return old;
	if (flags & ~FLAG_LOCK)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (v->features.locked >> feature & 1)
		return sbi_error(SBI_ERR_DENIED_LOCKED);
	if (old.value != value) {
		if (feature == SBI_FWFT_MISALIGNED_EXC_DELEG)
			r = set_misaligned(v, old.value, value);
		else if (feature == SBI_FWFT_PTE_AD_HW_UPDATING)
			r = set_ad(v, value);
		else
			r = set_pmlen(v, value);
	}
	if (r.error == SBI_SUCCESS && (flags & FLAG_LOCK))
		v->features.locked |= 1u << feature;
	return r;
}

void sbi_fwft_hart_start(struct vcpu *v)
{
	const struct world_config *w = &v->domain->world;

	v->features.locked = 0;
	if (v->features.delegation_changed)
		firmware_set_feature(SBI_FWFT_MISALIGNED_EXC_DELEG,
				     v->features.delegation_at_start);
	v->features.delegation_changed = false;
	/* As on the boot hart, where domain_build() has asked for it. */
	if (w->can_update_ad && !w->hext.gstage_adue &&
	    firmware_set_feature(SBI_FWFT_PTE_AD_HW_UPDATING, 1).error) {
		hv_warn("hart %lu: firmware does not let hardware update A and D", v->hart->hartid);
		own_config(v)->can_update_ad = false;
	}
}

/* The first argument has 32 bits. */
static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case SBI_FWFT_SET:
		return set(v, args[0], args[1], args[2]);
	case SBI_FWFT_GET:
		return get(v, args[0]);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_fwft = { .id = SBI_EXT_FWFT, .handle = handle };
