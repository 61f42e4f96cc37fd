/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance counters are the firmware's to manage. A call is passed on with its privilege filters
 * translated: L1's U and S modes are VU and VS of the machine, and Halite itself is never counted.
 */
#include "hv/sbi.h"

enum {
	NUM_COUNTERS,
	COUNTER_GET_INFO,
	COUNTER_CONFIG_MATCHING,
	COUNTER_START,
	COUNTER_STOP,
	COUNTER_FW_READ,
	COUNTER_FW_READ_HI,
	SNAPSHOT_SET_SHMEM,
};

#define SNAPSHOT_SIZE 4096

/* Flags of COUNTER_CONFIG_MATCHING */
#define CFG_VUINH   (UINT64_C(1) << 3)
#define CFG_VSINH   (UINT64_C(1) << 4)
#define CFG_UINH    (UINT64_C(1) << 5)
#define CFG_SINH    (UINT64_C(1) << 6)
#define CFG_FILTERS (CFG_VUINH | CFG_VSINH | CFG_UINH | CFG_SINH)

static uint64_t machine_filters(uint64_t flags)
{
	uint64_t machine = (flags & ~CFG_FILTERS) | CFG_UINH | CFG_SINH;

	if (flags & CFG_UINH)
		machine |= CFG_VUINH;
	if (flags & CFG_SINH)
		machine |= CFG_VSINH;
	return machine;
}

static bool is_snapshot_area(const struct vcpu *v, uint64_t lo, uint64_t hi)
{
	if (lo == ~UINT64_C(0) && hi == ~UINT64_C(0))
		return true;
	return hi == 0 && domain_owns_ram(v->domain, lo, SNAPSHOT_SIZE);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	uint64_t flags = args[2];

	switch (fid) {
	case COUNTER_CONFIG_MATCHING:
		flags = machine_filters(flags);
		break;
	case SNAPSHOT_SET_SHMEM:
		if (!is_snapshot_area(v, args[0], args[1]))
			return sbi_error(SBI_ERR_INVALID_ADDRESS);
		break;
	case NUM_COUNTERS:
	case COUNTER_GET_INFO:
	case COUNTER_START:
	case COUNTER_STOP:
	case COUNTER_FW_READ:
	case COUNTER_FW_READ_HI:
		break;
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
	return firmware_call(sbi_pmu.id, fid, args[0], args[1], flags, args[3], args[4], 0);
}

const struct sbi_extension sbi_pmu = { .id = 0x504d55, .handle = handle };
