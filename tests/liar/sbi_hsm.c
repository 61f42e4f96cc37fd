/* SPDX-License-Identifier: BSD-2-Clause */
/* src/hv/sbi_hsm.c of a Halite that lies (lie.h): hart_stop may fail. */
#define sbi_hsm honest_sbi_hsm
#include "../../src/hv/sbi_hsm.c"
#undef sbi_hsm

#include "lie.h"

static struct sbi_result lie(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	if (fid == HART_STOP && chosen(v) == REFUSE_STOP)
		return sbi_error(SBI_ERR_FAILED);
	return honest_sbi_hsm.handle(v, fid, args);
}

const struct sbi_extension sbi_hsm = { .id = SBI_EXT_HSM, .handle = lie };
