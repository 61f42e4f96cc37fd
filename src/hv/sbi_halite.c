/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Halite's own SBI extension, in the part of the firmware-specific space (SBI 2.0 "Firmware
 * Specific Extension Space") that the low bits of its implementation ID select. It serves a Halite
 * that runs as a guest, and measurements.
 */
#include "hv/below.h"
#include "hv/sbi.h"

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case SBI_HALITE_LEVEL:
		return sbi_value(v->domain->host->level);
	case SBI_HALITE_EXITS:
		if (!static_key(KEY_STATS))
			return sbi_error(SBI_ERR_NOT_SUPPORTED);
		if (args[0] >= STATS_EXITS)
			return sbi_error(SBI_ERR_INVALID_PARAM);
		return sbi_value(v->stats.exits[args[0]]);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_halite = { .id = SBI_EXT_HALITE, .handle = handle };
