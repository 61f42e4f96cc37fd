/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "hv/below.h"
#include "hv/iommu.h"
#include "hv/sbi.h"
#include "lib/version.h"

/* The base extension is in this file, since it needs the list of all extensions. */
static const struct sbi_extension sbi_base;

static const struct sbi_extension *const extensions[] = {
	&sbi_base, &sbi_time, &sbi_ipi,	 &sbi_rfence, &sbi_hsm,
	&sbi_srst, &sbi_dbcn, &sbi_fwft, &sbi_halite,
};

static const struct sbi_extension *find(const struct vcpu *v, uint64_t id)
{
	const struct sbi_extension *const *end =
		extensions + sizeof(extensions) / sizeof(extensions[0]);
	const struct sbi_extension *const *e;

	if (id == NACL_EID)
		return v->domain->nacl_offered ? &sbi_nacl : NULL;
	for (e = extensions; e < end; e++) {
		if ((*e)->id == id)
			return *e;
	}
	if (id == SBI_EXT_SUSP)
		/* A suspend may take the IOMMU's registers with it. */
		return firmware_has_extension(id) && !iommu_is_used() ? &sbi_susp : NULL;
	if (id == SBI_EXT_PMU)
		return v->domain->pmu.count ? &sbi_pmu : NULL;
	return id <= SBI_EXT_LEGACY_SHUTDOWN ? &sbi_legacy : NULL;
}

#define SPEC_VERSION_3_0 (UINT64_C(3) << 24)

enum {
	GET_SPEC_VERSION,
	GET_IMPL_ID,
	GET_IMPL_VERSION,
	PROBE_EXTENSION,
	GET_MVENDORID,
	GET_MARCHID,
	GET_MIMPID,
};

static struct sbi_result handle_base(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case GET_SPEC_VERSION:
		return sbi_value(SPEC_VERSION_3_0);
	case GET_IMPL_ID:
		return sbi_value(SBI_IMPL_HALITE);
	case GET_IMPL_VERSION:
		return sbi_value(HALITE_VERSION_NUMBER);
	case PROBE_EXTENSION:
		return sbi_value(find(v, args[0]) != NULL);
	case GET_MVENDORID:
	case GET_MARCHID:
	case GET_MIMPID:
		return firmware_call(sbi_base.id, fid, 0, 0, 0, 0, 0, 0);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

static const struct sbi_extension sbi_base = { .id = SBI_EXT_BASE, .handle = handle_base };

void sbi_handle_ecall(struct vcpu *v)
{
	const struct sbi_extension *extension = find(v, v->x[VCPU_A7]);
	struct sbi_result result = sbi_error(SBI_ERR_NOT_SUPPORTED);

	if (extension)
		result = extension->handle(v, v->x[VCPU_A0 + 6], &v->x[VCPU_A0]);
	if (result.error == SBI_DONE)
		return;
	v->x[VCPU_A0] = result.error;
	v->x[VCPU_A1] = result.value;
	v->h.pc += 4;
}
