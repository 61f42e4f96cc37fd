/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hv/sbi.h"

static const struct sbi_extension *const extensions[] = {
	&sbi_base, &sbi_time, &sbi_ipi, &sbi_rfence, &sbi_hsm,
	&sbi_srst, &sbi_dbcn, &sbi_pmu, &sbi_halite,
};

static const struct sbi_extension *find(const struct vcpu *v, uint64_t id)
{
	size_t i;

	/* First, as it is on the way of each exit of L2. */
	if (id == NACL_EID)
		return v->domain->nacl_offered ? &sbi_nacl : NULL;
	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		if (extensions[i]->id == id)
			return extensions[i];
	}
	return NULL;
}

bool sbi_has_extension(const struct vcpu *v, uint64_t id)
{
	const struct sbi_extension *extension = find(v, id);

	if (extension == &sbi_pmu)
		return firmware_has_extension(sbi_pmu.id);
	return extension;
}

bool sbi_hart_mask(const struct vcpu *v, uint64_t mask, uint64_t base, uint64_t *vcpus)
{
	const struct domain *d = v->domain;
	unsigned int bit;

	*vcpus = 0;
	if (base == ~UINT64_C(0)) {
		*vcpus = ~UINT64_C(0) >> (64 - d->vcpu_count);
		return true;
	}
	for (bit = 0; bit < 64; bit++) {
		const struct vcpu *target;

		if (!(mask >> bit & 1))
			continue;
		target = base + bit < base ? NULL : vcpu_find(d, base + bit);
		if (!target)
			return false;
		*vcpus |= UINT64_C(1) << target->index;
	}
	return true;
}

void sbi_handle_ecall(struct vcpu *v)
{
	const struct sbi_extension *extension = find(v, v->x[VCPU_A7]);
	struct sbi_result result = sbi_error(SBI_ERR_NOT_SUPPORTED);

	if (static_key(KEY_STATS))
		stat_count(&v->stats, extension == &sbi_nacl ? STAT_L1_NACL : STAT_L1_SBI);
	if (extension)
		result = extension->handle(v, v->x[VCPU_A0 + 6], &v->x[VCPU_A0]);
	if (result.error == SBI_DONE)
		return;
	v->x[VCPU_A0] = result.error;
	v->x[VCPU_A1] = result.value;
	v->h.pc += 4;
}
