/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/ipi.h"
#include "hv/pmu_events.h"
#include "hv/sbi.h"

enum { SEND_IPI };

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	struct index_set vcpus;

	if (fid != SEND_IPI)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (!vcpu_find_all(v->domain, args[0], args[1], &vcpus))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	ipi_post(v->domain, &vcpus, VCPU_REQ_SSI);
	if (v->pmu.started)
		pmu_count(v, PMU_IPI_SENT, index_set_count(&vcpus, v->domain->vcpu_count));
	return sbi_error(SBI_SUCCESS);
}

const struct sbi_extension sbi_ipi = { .id = SBI_EXT_IPI, .handle = handle };
