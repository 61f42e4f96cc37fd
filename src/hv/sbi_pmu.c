/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance counters. The firmware manages them. Halite passes each call to the firmware with the
 * privilege filters translated: U and S mode of L1 are VU and VS mode of the machine, and Halite
 * itself is never counted.
 *
 * Halite checks the counters strictly, as the specification describes the arguments: each counter
 * of a set exists, and a counter that is selected with SKIP_MATCH is of the kind of its event. The
 * firmware has access to the whole machine, and not every firmware checks its arguments. So Halite
 * does not pass counters of the guest to the firmware unchecked.
 */
#include "hext/bits.h"
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

/* Sets of counters are converted to base 0, where their bits must fit a register. */
#define SET_BITS 64

/* Of the result of GET_INFO, and of an event index: whether it is a firmware counter or event. */
#define INFO_FIRMWARE  BIT64(63)
#define EVENT_TYPE(e)  ((e) >> 16 & 0xf)
#define EVENT_FIRMWARE 15

/* Flags of COUNTER_CONFIG_MATCHING */
#define CFG_SKIP_MATCH (UINT64_C(1) << 0)
#define CFG_VUINH      (UINT64_C(1) << 3)
#define CFG_VSINH      (UINT64_C(1) << 4)
#define CFG_UINH       (UINT64_C(1) << 5)
#define CFG_SINH       (UINT64_C(1) << 6)
#define CFG_FILTERS    (CFG_VUINH | CFG_VSINH | CFG_UINH | CFG_SINH)

/*
 * L1's U and S mode and the modes of its guests are all VU and VS mode of the machine. An event
 * that L1 wants for its guests alone has both modes of L1 inhibited; it counts L1, too. Other
 * events count in L1's guests as in the same mode of L1.
 */
static uint64_t machine_filters(uint64_t flags)
{
	uint64_t machine = (flags & ~CFG_FILTERS) | CFG_UINH | CFG_SINH;

	if ((flags & CFG_UINH) && (flags & CFG_SINH))
		return machine | (flags & (CFG_VUINH | CFG_VSINH));
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

static bool counter_exists(uint64_t counter)
{
	struct sbi_result count = firmware_call(sbi_pmu.id, NUM_COUNTERS, 0, 0, 0, 0, 0, 0);

	return count.error == SBI_SUCCESS && counter < count.value;
}

/*
 * Convert the set (@base, @mask) to base 0. False: the set is empty, or one of its counters does
 * not exist.
 */
static bool decode_set(uint64_t base, uint64_t mask, uint64_t *set)
{
	unsigned int last = SET_BITS - 1;

	if (!mask || base >= SET_BITS)
		return false;
	while (!(mask >> last & 1))
		last--;
	*set = mask << base;
	return base + last < SET_BITS && counter_exists(base + last);
}

/*
 * Whether the first counter of @set, which L1 selects with SKIP_MATCH, is of the kind for @event.
 */
static bool first_counts(uint64_t set, uint64_t event)
{
	struct sbi_result info;
	unsigned int first = 0;

	while (!(set >> first & 1))
		first++;
	info = firmware_call(sbi_pmu.id, COUNTER_GET_INFO, first, 0, 0, 0, 0, 0);
	return info.error == SBI_SUCCESS &&
	       !!(info.value & INFO_FIRMWARE) == (EVENT_TYPE(event) == EVENT_FIRMWARE);
}

static struct sbi_result handle_set(uint64_t fid, const uint64_t *args)
{
	uint64_t flags = args[2];
	uint64_t set;

	if (!decode_set(args[0], args[1], &set))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (fid == COUNTER_CONFIG_MATCHING) {
		if ((flags & CFG_SKIP_MATCH) && !first_counts(set, args[3]))
			return sbi_error(SBI_ERR_INVALID_PARAM);
		flags = machine_filters(flags);
	}
	return firmware_call(sbi_pmu.id, fid, 0, set, flags, args[3], args[4], 0);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case NUM_COUNTERS:
		break;
	case COUNTER_CONFIG_MATCHING:
	case COUNTER_START:
	case COUNTER_STOP:
		return handle_set(fid, args);
	case COUNTER_GET_INFO:
	case COUNTER_FW_READ:
	case COUNTER_FW_READ_HI:
		if (!counter_exists(args[0]))
			return sbi_error(SBI_ERR_INVALID_PARAM);
		break;
	case SNAPSHOT_SET_SHMEM:
		if (!is_snapshot_area(v, args[0], args[1]))
			return sbi_error(SBI_ERR_INVALID_ADDRESS);
		break;
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
	return firmware_call(sbi_pmu.id, fid, args[0], args[1], args[2], args[3], args[4], 0);
}

const struct sbi_extension sbi_pmu = { .id = SBI_EXT_PMU, .handle = handle };
