/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance counters (SBI 3.0 "Performance Monitoring Unit Extension"). L1 has the counters of
 * the firmware, by the firmware's numbers.
 *
 * - Hardware counters are the firmware's. Halite passes each call to the firmware with the
 *   privilege filters translated: U and S mode of L1 are VU and VS mode of the machine, and Halite
 *   itself is never counted.
 * - A firmware counter that counts an event of enum pmu_event is Halite's own until L1 resets it.
 *   Firmware knows nothing of that. Other firmware events, such as misaligned accesses, are the
 *   firmware's.
 * - Snapshots and EVENT_GET_INFO are Halite's. Firmware never gets an address in L1's memory.
 *
 * Halite checks the counters strictly, as the specification describes the arguments: each counter
 * of a set exists, and a counter that is selected with SKIP_MATCH is of the kind of its event. The
 * firmware has access to the whole machine, and not every firmware checks its arguments. So Halite
 * does not pass counters of the guest to the firmware unchecked.
 */
#include "hext/bits.h"
#include "hv/memory.h"
#include "hv/pmu_events.h"
#include "hv/sbi.h"
#include "riscv/counters.h"

enum {
	NUM_COUNTERS,
	COUNTER_GET_INFO,
	COUNTER_CONFIG_MATCHING,
	COUNTER_START,
	COUNTER_STOP,
	COUNTER_FW_READ,
	COUNTER_FW_READ_HI,
	SNAPSHOT_SET_SHMEM,
	EVENT_GET_INFO,
};

/* Sets of counters are converted to base 0, where their bits must fit a register. */
#define SET_BITS 64

_Static_assert(SET_BITS == sizeof(((struct vcpu *)0)->pmu.code), "each counter has an event");

/* Of the result of GET_INFO: whether it is a firmware counter; otherwise the number of its CSR. */
#define INFO_FIRMWARE BIT64(63)
#define INFO_CSR(i)   ((i)&0xfff)

/* Of an event index */
#define EVENT_TYPE(e)	    ((e) >> 16 & 0xf)
#define EVENT_HARDWARE_LAST 3
#define EVENT_FIRMWARE	    15
#define EVENT_RESERVED_LAST 255 /* of the codes of firmware events */
#define EVENT_INDEX_BITS    20

/* Flags of COUNTER_CONFIG_MATCHING */
#define CFG_SKIP_MATCH	(UINT64_C(1) << 0)
#define CFG_CLEAR_VALUE (UINT64_C(1) << 1)
#define CFG_AUTO_START	(UINT64_C(1) << 2)
#define CFG_VUINH	(UINT64_C(1) << 3)
#define CFG_VSINH	(UINT64_C(1) << 4)
#define CFG_UINH	(UINT64_C(1) << 5)
#define CFG_SINH	(UINT64_C(1) << 6)
#define CFG_FILTERS	(CFG_VUINH | CFG_VSINH | CFG_UINH | CFG_SINH)
#define CFG_FLAGS	UINT64_C(0xff)

/* Flags of COUNTER_START and of COUNTER_STOP */
#define START_SET_VALUE	    (UINT64_C(1) << 0)
#define START_FROM_SNAPSHOT (UINT64_C(1) << 1)
#define STOP_RESET	    (UINT64_C(1) << 0)
#define STOP_SNAPSHOT	    (UINT64_C(1) << 1)
#define TWO_FLAGS	    UINT64_C(3)

/* The snapshot: the overflow bitmap, and a value for each counter from the base of the set on. */
#define SNAPSHOT_SIZE	  4096
#define SNAPSHOT_VALUE(i) (8 + 8 * (i))

/* Each may take a call of the firmware. So L1 calls again after as many. */
#define SNAPSHOT_AT_ONCE 8

/*
 * An entry of EVENT_GET_INFO. Interrupts are off while Halite does some entries, each of which
 * takes two calls of firmware. L1 then executes its ECALL again, and Halite does the next ones.
 */
#define INFO_SIZE	 16
#define INFO_OUTPUT	 4
#define INFO_DATA	 8
#define INFO_ENTRIES_MAX (UINT64_C(1) << 40)
#define INFO_AT_ONCE	 3

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

static struct sbi_result firmware_pmu(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2,
				      uint64_t a3, uint64_t a4)
{
	return firmware_call(sbi_pmu.id, fid, a0, a1, a2, a3, a4, 0);
}

/*
 * Convert the set (@base, @mask) to base 0. False: the set is empty, or one of its counters does
 * not exist.
 */
static bool decode_set(const struct vcpu *v, uint64_t base, uint64_t mask, uint64_t *set)
{
	unsigned int last = SET_BITS - 1;

	if (!mask || base >= SET_BITS)
		return false;
	while (!(mask >> last & 1))
		last--;
	*set = mask << base;
	return base + last < SET_BITS && base + last < v->domain->pmu.count;
}

/* ---- Halite's own counters ---- */

static uint64_t own_value(const struct vcpu *v, unsigned int n)
{
	return v->pmu.value[n] + (v->pmu.started >> n & 1 ? pmu_events_of(v, v->pmu.code[n]) : 0);
}

/* Let the counters in @own, and no others, run. */
static void run_own(struct vcpu *v, uint64_t own)
{
	bool ran = v->pmu.started;

	__atomic_store_n(&v->pmu.started, own, __ATOMIC_RELAXED);
	if (ran != !!own)
		__atomic_fetch_add(&v->domain->pmu.counting, own ? 1 : -1, __ATOMIC_RELAXED);
}

/* Give counter @n, which does not run, the value @value. */
static void start_own(struct vcpu *v, unsigned int n, uint64_t value)
{
	v->pmu.value[n] = value - pmu_events_of(v, v->pmu.code[n]);
	run_own(v, v->pmu.started | BIT64(n));
}

static void stop_own(struct vcpu *v, unsigned int n)
{
	v->pmu.value[n] = own_value(v, n);
	run_own(v, v->pmu.started & ~BIT64(n));
}

/*
 * Which counters can count @event with @data. Bits of @event above those of an index do not make it
 * another one.
 */
enum event_kind { OF_NOBODY, OF_HARDWARE, OF_FIRMWARE, OWN };

static enum event_kind kind_of(uint64_t event, uint64_t data)
{
	uint64_t code = event & 0xffff;

	if (EVENT_TYPE(event) <= EVENT_HARDWARE_LAST)
		return OF_HARDWARE;
	if (EVENT_TYPE(event) != EVENT_FIRMWARE)
		return OF_NOBODY;
	if (code == PMU_PLATFORM && pmu_platform_code(data))
		return OWN;
	if (code < PMU_SET_TIMER || code > EVENT_RESERVED_LAST)
		return OF_FIRMWARE;
	return code <= PMU_EVENT_LAST ? OWN : OF_NOBODY;
}

/* The firmware counters in @set that have no event. */
static uint64_t without_event(const struct vcpu *v, uint64_t set)
{
	return set & v->domain->pmu.firmware & ~(v->pmu.own | v->pmu.below);
}

/* Whether an event that Halite counts has @data: those of the specification have 0. */
static bool fits_own(uint64_t event, uint64_t data)
{
	return (event & 0xffff) == PMU_PLATFORM || !data;
}

/* @set is not empty. With SKIP_MATCH its first counter is a firmware counter. */
static struct sbi_result config_own(struct vcpu *v, uint64_t set, const uint64_t *args)
{
	uint64_t fit = set & v->domain->pmu.firmware, flags = args[2];
	unsigned int code = args[3] & 0xffff;
	bool runs;
	unsigned int n;

	if (!(flags & CFG_SKIP_MATCH))
		fit &= ~(v->pmu.own | v->pmu.below);
	if (!fit || !fits_own(args[3], args[4]))
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	n = lowest_bit(fit);
	if (v->pmu.below >> n & 1) {
		firmware_pmu(COUNTER_STOP, 0, BIT64(n), STOP_RESET, 0, 0);
		v->pmu.below &= ~BIT64(n);
	}
	runs = v->pmu.started >> n & 1;
	if (runs)
		stop_own(v, n);
	if (!(v->pmu.own >> n & 1) || (flags & CFG_CLEAR_VALUE))
		v->pmu.value[n] = 0;
	v->pmu.code[n] = code == PMU_PLATFORM ? pmu_platform_code(args[4]) : code;
	v->pmu.own |= BIT64(n);
	if (runs || (flags & CFG_AUTO_START))
		start_own(v, n, v->pmu.value[n]);
	return sbi_value(n);
}

/* ---- configure, start, stop ---- */

static struct sbi_result config(struct vcpu *v, const uint64_t *args)
{
	uint64_t flags = args[2], event = args[3];
	enum event_kind kind = kind_of(event, args[4]);
	struct sbi_result r;
	uint64_t set;

	if (!decode_set(v, args[0], args[1], &set) || (flags & ~CFG_FLAGS) || kind == OF_NOBODY)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (flags & CFG_SKIP_MATCH) {
		set &= -set;
		if (!(set & v->domain->pmu.firmware) != (kind == OF_HARDWARE))
			return sbi_error(SBI_ERR_INVALID_PARAM);
	}
	if (kind == OWN)
		return config_own(v, set, args);
	set &= ~v->pmu.own;
	if (!set)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	r = firmware_pmu(COUNTER_CONFIG_MATCHING, 0, set, machine_filters(flags), event, args[4]);
	if (!r.error && r.value < SET_BITS)
		v->pmu.below |= BIT64(r.value);
	return r;
}

/* The word at @offset of the snapshot, which is RAM of the domain. */
static uint64_t snapshot_read(const struct vcpu *v, uint64_t offset)
{
	uint64_t value = 0;

	memory_read(v->domain, v->pmu.snapshot + offset, &value, sizeof(value));
	return value;
}

static void snapshot_write(const struct vcpu *v, uint64_t offset, uint64_t value)
{
	memory_write(v->domain, v->pmu.snapshot + offset, &value, sizeof(value));
}

static bool has_snapshot(const struct vcpu *v)
{
	return v->pmu.snapshot != ~UINT64_C(0);
}

/*
 * Start the firmware's counters in @set, each with its value in the snapshot of base @base.
 * SBI_DONE: some are left, so L1 executes its ECALL again, and may take its interrupts before.
 */
static struct sbi_result start_from_snapshot(struct vcpu *v, uint64_t set, uint64_t base)
{
	uint64_t left = v->pmu.start_set == set ? v->pmu.start_left : set;
	struct sbi_result r = sbi_error(SBI_SUCCESS);
	unsigned int n, i;

	v->pmu.start_set = 0;
	for (i = 0; left && !r.error && i < SNAPSHOT_AT_ONCE; i++, left &= left - 1) {
		n = lowest_bit(left);
		r = firmware_pmu(COUNTER_START, 0, BIT64(n), START_SET_VALUE,
				 snapshot_read(v, SNAPSHOT_VALUE(n - base)), 0);
	}
	if (!left || r.error)
		return r;
	v->pmu.start_set = set;
	v->pmu.start_left = left;
	return sbi_error(SBI_DONE);
}

static struct sbi_result start_below(struct vcpu *v, uint64_t set, const uint64_t *args)
{
	if (!set)
		return sbi_error(SBI_SUCCESS);
	if (args[2] & START_FROM_SNAPSHOT)
		return start_from_snapshot(v, set, args[0]);
	return firmware_pmu(COUNTER_START, 0, set, args[2], args[3], 0);
}

static struct sbi_result start(struct vcpu *v, const uint64_t *args)
{
	uint64_t flags = args[2], set, own;
	struct sbi_result r;
	unsigned int n;

	if (!decode_set(v, args[0], args[1], &set) || flags >= TWO_FLAGS || without_event(v, set))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if ((flags & START_FROM_SNAPSHOT) && !has_snapshot(v))
		return sbi_error(SBI_ERR_NO_SHMEM);
	own = set & v->pmu.own;
	v->pmu.stop_set = 0;
	if (own & v->pmu.started)
		return sbi_error(SBI_ERR_ALREADY_STARTED);
	r = start_below(v, set & ~own, args);
	for (; own && !r.error; own &= own - 1) {
		n = lowest_bit(own);
		start_own(v, n,
			  flags & START_SET_VALUE ? args[3]
			  : flags & START_FROM_SNAPSHOT
				  ? snapshot_read(v, SNAPSHOT_VALUE(n - args[0]))
				  : v->pmu.value[n]);
	}
	return sbi_error(r.error);
}

/* Counter @n of L1, and whether it has overflown. */
static uint64_t value_of(const struct vcpu *v, unsigned int n, bool *overflown)
{
	unsigned int csr = v->domain->pmu.csr[n];
	struct sbi_result r;

	*overflown = false;
	if (v->pmu.own >> n & 1)
		return own_value(v, n);
	if (v->domain->pmu.firmware >> n & 1) {
		r = firmware_pmu(COUNTER_FW_READ, n, 0, 0, 0, 0);
		return r.error ? 0 : r.value;
	}
	*overflown = v->h.cfg->sscofpmf && (counters_overflown() >> csr & 1);
	return counters_read(csr);
}

/* Store counters of v->pmu.stop_left in the snapshot. False: some are left. */
static bool take_snapshot(struct vcpu *v, uint64_t base)
{
	uint64_t left = v->pmu.stop_left;
	bool overflown;
	unsigned int n, i;

	for (i = 0; left && i < SNAPSHOT_AT_ONCE; i++, left &= left - 1) {
		n = lowest_bit(left);
		snapshot_write(v, SNAPSHOT_VALUE(n - base), value_of(v, n, &overflown));
		v->pmu.stop_overflows |= (uint64_t)overflown << (n - base);
	}
	v->pmu.stop_left = left;
	if (left)
		return false;
	snapshot_write(v, 0, v->pmu.stop_overflows);
	return true;
}

/* Stop the counters in @set, each of which has an event. With STOP_RESET, firmware resets its. */
static int64_t stop_counters(struct vcpu *v, uint64_t set, uint64_t flags)
{
	uint64_t own = set & v->pmu.own, left;
	int64_t error = SBI_SUCCESS;

	if (set & ~own)
		error = firmware_pmu(COUNTER_STOP, 0, set & ~own, flags & STOP_RESET, 0, 0).error;
	if (!error && (own & ~v->pmu.started))
		error = SBI_ERR_ALREADY_STOPPED;
	for (left = own & v->pmu.started; left; left &= left - 1)
		stop_own(v, lowest_bit(left));
	return error;
}

/*
 * Stop the counters in @set to the snapshot of base @base, and reset them afterwards if @flags say
 * so. SBI_DONE as in start_from_snapshot().
 */
static int64_t stop_to_snapshot(struct vcpu *v, uint64_t set, uint64_t base, uint64_t flags)
{
	int64_t error;

	if (v->pmu.stop_set != set) {
		error = stop_counters(v, set, 0);
		if (error && error != SBI_ERR_ALREADY_STOPPED)
			return error;
		v->pmu.stop_error = error;
		v->pmu.stop_left = set;
		v->pmu.stop_overflows = 0;
	}
	v->pmu.stop_set = set;
	if (!take_snapshot(v, base))
		return SBI_DONE;
	v->pmu.stop_set = 0;
	if ((flags & STOP_RESET) && (set & ~v->pmu.own))
		firmware_pmu(COUNTER_STOP, 0, set & ~v->pmu.own, STOP_RESET, 0, 0);
	return v->pmu.stop_error;
}

/* Counters that L1 resets are reset, whether they run or not. */
static struct sbi_result stop(struct vcpu *v, const uint64_t *args)
{
	uint64_t flags = args[2], set;
	int64_t error = SBI_SUCCESS;
	bool lacks_event;

	if (!decode_set(v, args[0], args[1], &set) || (flags & ~TWO_FLAGS))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if ((flags & STOP_SNAPSHOT) && !has_snapshot(v))
		return sbi_error(SBI_ERR_NO_SHMEM);
	lacks_event = without_event(v, set);
	v->pmu.start_set = 0;
	set &= ~without_event(v, set);
	if ((flags & STOP_SNAPSHOT) && !lacks_event)
		error = stop_to_snapshot(v, set, args[0], flags);
	else
		error = stop_counters(v, set, flags);
	if (error == SBI_DONE)
		return sbi_error(error);
	if (flags & STOP_RESET) {
		v->pmu.own &= ~set;
		v->pmu.below &= ~set;
	}
	return sbi_error(lacks_event && !error ? SBI_ERR_INVALID_PARAM : error);
}

static struct sbi_result fw_read(const struct vcpu *v, uint64_t fid, uint64_t n)
{
	if (n >= v->domain->pmu.count)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (n < SET_BITS && !(v->domain->pmu.firmware & (v->pmu.own | v->pmu.below) & BIT64(n)))
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (n < SET_BITS && (v->pmu.own >> n & 1))
		return sbi_value(fid == COUNTER_FW_READ ? own_value(v, n) : 0);
	return firmware_pmu(fid, n, 0, 0, 0, 0);
}

/* ---- areas of L1 ---- */

static struct sbi_result set_snapshot(struct vcpu *v, uint64_t lo, uint64_t hi, uint64_t flags)
{
	if (flags)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (!v->domain->pmu.readable)
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	if (lo != ~UINT64_C(0) || hi != ~UINT64_C(0)) {
		if (lo % SNAPSHOT_SIZE)
			return sbi_error(SBI_ERR_INVALID_PARAM);
		if (hi || !domain_owns_ram(v->domain, lo, SNAPSHOT_SIZE))
			return sbi_error(SBI_ERR_INVALID_ADDRESS);
	}
	v->pmu.snapshot = lo;
	return sbi_error(SBI_SUCCESS);
}

/*
 * Whether a counter of L1 can count @event, with @data. A counter that is free is configured for it
 * and reset again. False: no counter is free that could tell.
 */
static bool ask_for_event(const struct vcpu *v, uint64_t event, uint64_t data, uint32_t *answer)
{
	const uint64_t all =
		v->domain->pmu.count < SET_BITS ? BIT64(v->domain->pmu.count) - 1 : ~UINT64_C(0);
	uint64_t used = v->pmu.own | v->pmu.below;
	enum event_kind kind = kind_of(event, data);
	struct sbi_result r;

	*answer = 0;
	if (kind == OWN)
		*answer = v->domain->pmu.firmware && fits_own(event, data);
	if (kind == OWN || kind == OF_NOBODY)
		return true;
	r = firmware_pmu(COUNTER_CONFIG_MATCHING, 0, all & ~used, machine_filters(0), event, data);
	*answer = !r.error;
	if (!r.error && r.value < SET_BITS)
		firmware_pmu(COUNTER_STOP, 0, BIT64(r.value), STOP_RESET, 0, 0);
	return !r.error || !used;
}

/* Fill in the entry at @entry, which is RAM of the domain. */
static int64_t answer_entry(const struct vcpu *v, uint64_t entry)
{
	uint32_t event = 0, answer;
	uint64_t data = 0;

	memory_read(v->domain, entry, &event, sizeof(event));
	memory_read(v->domain, entry + INFO_DATA, &data, sizeof(data));
	if (event >> EVENT_INDEX_BITS)
		return SBI_ERR_INVALID_PARAM;
	if (!ask_for_event(v, event, data, &answer))
		return SBI_ERR_FAILED;
	memory_write(v->domain, entry + INFO_OUTPUT, &answer, sizeof(answer));
	return SBI_SUCCESS;
}

static struct sbi_result event_info(struct vcpu *v, const uint64_t *args)
{
	uint64_t at = args[0], count = args[2];
	unsigned int i;
	int64_t error;

	if (args[3] || !count || at % INFO_SIZE)
		return sbi_error(SBI_ERR_INVALID_PARAM);
	if (args[1] || count > INFO_ENTRIES_MAX ||
	    !domain_owns_ram(v->domain, at, count * INFO_SIZE))
		return sbi_error(SBI_ERR_INVALID_ADDRESS);
	if (v->pmu.info_at != at || v->pmu.info_count != count) {
		v->pmu.info_at = at;
		v->pmu.info_count = count;
		v->pmu.info_done = 0;
	}
	for (i = 0; i < INFO_AT_ONCE && v->pmu.info_done < count; i++) {
		error = answer_entry(v, at + v->pmu.info_done * INFO_SIZE);
		if (error) {
			v->pmu.info_count = 0;
			return sbi_error(error);
		}
		v->pmu.info_done++;
	}
	if (v->pmu.info_done < count)
		return sbi_error(SBI_DONE);
	v->pmu.info_count = 0;
	return sbi_error(SBI_SUCCESS);
}

static struct sbi_result handle(struct vcpu *v, uint64_t fid, const uint64_t *args)
{
	switch (fid) {
	case NUM_COUNTERS:
		return sbi_value(v->domain->pmu.count);
	case COUNTER_GET_INFO:
		if (args[0] >= v->domain->pmu.count)
			return sbi_error(SBI_ERR_INVALID_PARAM);
		return firmware_pmu(fid, args[0], 0, 0, 0, 0);
	case COUNTER_CONFIG_MATCHING:
		return config(v, args);
	case COUNTER_START:
		return start(v, args);
	case COUNTER_STOP:
		return stop(v, args);
	case COUNTER_FW_READ:
	case COUNTER_FW_READ_HI:
		return fw_read(v, fid, args[0]);
	case SNAPSHOT_SET_SHMEM:
		return set_snapshot(v, args[0], args[1], args[2]);
	case EVENT_GET_INFO:
		return event_info(v, args);
	default:
		return sbi_error(SBI_ERR_NOT_SUPPORTED);
	}
}

const struct sbi_extension sbi_pmu = { .id = SBI_EXT_PMU, .handle = handle };

/* ---- at boot ---- */

void sbi_pmu_find(struct domain *d)
{
	struct sbi_result r = { 0 };
	unsigned int n;

	if (firmware_has_extension(sbi_pmu.id))
		r = firmware_pmu(NUM_COUNTERS, 0, 0, 0, 0, 0);
	d->pmu.count = r.error ? 0 : r.value;
	d->pmu.readable = true;
	for (n = 0; n < SET_BITS && n < d->pmu.count; n++) {
		r = firmware_pmu(COUNTER_GET_INFO, n, 0, 0, 0, 0);
		if (r.error)
			continue;
		if (r.value & INFO_FIRMWARE)
			d->pmu.firmware |= BIT64(n);
		d->pmu.csr[n] = INFO_CSR(r.value) - COUNTERS_FIRST_CSR;
		if (!(r.value & INFO_FIRMWARE) && !counters_can_read(d->pmu.csr[n]))
			d->pmu.readable = false;
	}
}

void sbi_pmu_hart_start(struct vcpu *v)
{
	run_own(v, 0);
	/* Firmware need not know that the hart has started: a domain may have been reset. */
	if (v->pmu.below)
		firmware_pmu(COUNTER_STOP, 0, v->pmu.below, STOP_RESET, 0, 0);
	v->pmu.own = v->pmu.below = 0;
	v->pmu.snapshot = ~UINT64_C(0);
	v->pmu.info_count = 0;
	v->pmu.start_set = v->pmu.stop_set = 0;
}
