/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv/sbi.h"
#include "lib/version.h"

#define SPEC_VERSION_2_0 (UINT64_C(2) << 24)

enum {
	GET_SPEC_VERSION,
	GET_IMPL_ID,
	GET_IMPL_VERSION,
	PROBE_EXTENSION,
	GET_MVENDORID,
	GET_MARCHID,
	GET_MIMPID,
};

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case GET_SPEC_VERSION:
		return sbi_value(SPEC_VERSION_2_0);
	case GET_IMPL_ID:
		return sbi_value(SBI_IMPL_HALITE);
	case GET_IMPL_VERSION:
		return sbi_value(HALITE_VERSION_NUMBER);
	case PROBE_EXTENSION:
		return sbi_value(sbi_has_extension(v, args[0]));
	case GET_MVENDORID:
	case GET_MARCHID:
	case GET_MIMPID:
		return firmware_call(sbi_base.id, fid, 0, 0, 0, 0, 0, 0);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_base = { .id = 0x10, .handle = handle };
