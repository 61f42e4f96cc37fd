/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance counters (SBI 3.0 "Performance Monitoring Unit Extension"): firmware events,
 * snapshots and EVENT_GET_INFO. OpenSBI 1.9 counts fences as the checks want it; its IPIs are those
 * of its fences, too.
 */
#include "sbi.h"

enum {
	NUM,
	INFO,
	CONFIG,
	START,
	STOP,
	FW_READ,
	FW_READ_HI,
	SNAPSHOT,
	EVENT_INFO,
};

#define ALREADY_STARTED (-7)
#define ALREADY_STOPPED (-8)
#define NO_SHMEM	(-9)

#define SKIP_MATCH	     1
#define CLEAR		     2
#define AUTO_START	     4
#define SET_VALUE	     1
#define FROM_SHMEM	     2
#define RESET		     1
#define TO_SHMEM	     2
#define FIRMWARE_EVENT(code) (UINT64_C(15) << 16 | (code))

enum {
	MISALIGNED_LOAD = 0,
	SET_TIMER = 5,
	IPI_SENT = 6,
	IPI_RECEIVED = 7,
	FENCE_I_SENT = 8,
	LAST = 21,
	RESERVED = 22,
};

#define CYCLES	     1
#define INSTRUCTIONS 2

static uint64_t count, first; /* all counters; the first firmware counter */
static uint64_t shared[2][512] __attribute__((aligned(4096)));

static struct guest_result pmu(uint64_t fid, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	return guest_sbi(EXT_PMU, fid, a0, a1, a2, a3, 0);
}

/* The counter, or the error. */
static int64_t config(uint64_t base, uint64_t mask, uint64_t flags, uint64_t event)
{
	struct guest_result r = pmu(CONFIG, base, mask, flags, event);

	return r.error ? r.error : (int64_t)r.value;
}

static int64_t read_fw(uint64_t n)
{
	struct guest_result r = pmu(FW_READ, n, 0, 0, 0);

	return r.error ? r.error : (int64_t)r.value;
}

static int64_t start(uint64_t base, uint64_t mask, uint64_t flags, uint64_t value)
{
	return pmu(START, base, mask, flags, value).error;
}

static int64_t stop(uint64_t base, uint64_t mask, uint64_t flags)
{
	return pmu(STOP, base, mask, flags, 0).error;
}

static uint64_t all(void)
{
	return (UINT64_C(1) << count) - 1;
}

static bool find_counters(void)
{
	struct guest_result r = pmu(NUM, 0, 0, 0, 0);

	count = r.value;
	for (first = 0; !r.error && first < count; first++) {
		r = pmu(INFO, first, 0, 0, 0);
		if (!r.error && r.value >> 63)
			return true;
		r.error = 0;
	}
	return false;
}

static void set_timer(void)
{
	guest_sbi(EXT_TIME, 0, -1, 0, 0, 0, 0);
}

/* ---- one counter ---- */

static void check_one(void)
{
	int64_t n = config(0, all(), CLEAR | AUTO_START, FIRMWARE_EVENT(SET_TIMER));

	guest_check("pmu: the first firmware counter counts a firmware event", n, first);
	set_timer();
	set_timer();
	set_timer();
	guest_check("pmu: three timers are set", read_fw(n), 3);
	guest_check("pmu: the upper half", pmu(FW_READ_HI, n, 0, 0, 0).value, 0);
	guest_check("pmu: it is started", start(n, 1, 0, 0), ALREADY_STARTED);
	guest_check("pmu: a reserved flag of stop", stop(n, 1, 4), INVALID_PARAM);
	guest_check("pmu: stopped", stop(n, 1, 0), 0);
	set_timer();
	guest_check("pmu: it does not count", read_fw(n), 3);
	guest_check("pmu: it is stopped", stop(n, 1, 0), ALREADY_STOPPED);
	guest_check("pmu: a reserved flag of start", start(n, 1, 4, 0), INVALID_PARAM);
	guest_check("pmu: started as it is", start(n, 1, 0, 99), 0);
	set_timer();
	guest_check("pmu: it goes on", read_fw(n), 4);
	guest_check("pmu: stopped", stop(n, 1, 0), 0);
	guest_check("pmu: started with a value", start(n, 1, SET_VALUE, 1000), 0);
	set_timer();
	guest_check("pmu: it goes on from there", read_fw(n), 1001);
	guest_check("pmu: another event", config(0, all(), CLEAR, FIRMWARE_EVENT(IPI_SENT)), n + 1);
	set_timer();
	guest_check("pmu: it is not started", read_fw(n + 1), 0);
	guest_check("pmu: the first still counts", read_fw(n), 1002);
	guest_check("pmu: both, of which one is stopped", stop(n, 3, RESET), ALREADY_STOPPED);
	guest_check("pmu: the first is reset", read_fw(n), INVALID_PARAM);
	guest_check("pmu: so is the other", read_fw(n + 1), INVALID_PARAM);
	guest_check("pmu: nothing to start", start(n, 1, 0, 0), INVALID_PARAM);
}

static void check_arguments(void)
{
	uint64_t event = FIRMWARE_EVENT(SET_TIMER);
	int64_t n;

	guest_check("pmu: no counter", config(0, 0, 0, event), INVALID_PARAM);
	guest_check("pmu: a counter that is not there", config(0, all() + 1, 0, event),
		    INVALID_PARAM);
	guest_check("pmu: a base that is not there", config(count, 1, 0, event), INVALID_PARAM);
	guest_check("pmu: a base that wraps around", config(-1, 3, 0, event), INVALID_PARAM);
	guest_check("pmu: a reserved flag", config(0, all(), 0x100, event), INVALID_PARAM);
	guest_check("pmu: a reserved event", config(0, all(), 0, FIRMWARE_EVENT(RESERVED)),
		    INVALID_PARAM);
	guest_check("pmu: a type that is not there", config(0, all(), 0, 0x40000), INVALID_PARAM);
	guest_check("pmu: data of an event that has none",
		    guest_sbi(EXT_PMU, CONFIG, 0, all(), 0, event, 1).error, NOT_SUPPORTED);
	guest_check("pmu: hardware counters alone", config(0, (UINT64_C(1) << first) - 1, 0, event),
		    NOT_SUPPORTED);
	guest_check("pmu: a hardware counter without a match", config(0, 1, SKIP_MATCH, event),
		    INVALID_PARAM);
	guest_check("pmu: a firmware counter that is not there", read_fw(count), INVALID_PARAM);
	guest_check("pmu: a hardware counter is read", read_fw(0), INVALID_PARAM);
	guest_check("pmu: a firmware counter that does not count", read_fw(first), INVALID_PARAM);
	guest_check("pmu: stop of it", stop(first, 1, 0), INVALID_PARAM);
	guest_check("pmu: stop of one that is not there", stop(count, 1, 0), INVALID_PARAM);
	/* Firmware's and Halite's own counters are not the same. */
	n = config(first, 3, 0, FIRMWARE_EVENT(MISALIGNED_LOAD));
	guest_check("pmu: an event that firmware counts", n, first);
	guest_check("pmu: the next counter", config(first, 3, CLEAR, event), n + 1);
	guest_check("pmu: no further one", config(first, 3, 0, event), NOT_SUPPORTED);
	guest_check("pmu: nor for firmware", config(first, 3, 0, FIRMWARE_EVENT(MISALIGNED_LOAD)),
		    NOT_SUPPORTED);
	guest_check("pmu: both start", start(first, 3, SET_VALUE, 7), 0);
	set_timer();
	guest_check("pmu: one goes on", read_fw(n + 1), 8);
	guest_check("pmu: the other has no event", read_fw(n), 7);
	guest_check("pmu: another event without a match",
		    config(n + 1, 1, SKIP_MATCH | CLEAR, FIRMWARE_EVENT(IPI_SENT)), n + 1);
	set_timer();
	guest_check("pmu: it does not count timers", read_fw(n + 1), 0);
	guest_check("pmu: both are reset", stop(first, 3, RESET), 0);
}

/* ---- all events ---- */

/* The events of one pass: there may be fewer firmware counters than events. */
static unsigned int from, to;

static volatile int step;
static volatile int64_t here[LAST + 1], there[LAST + 1];

static void count_events(volatile int64_t *seen)
{
	unsigned int event;

	for (event = from; event <= to; event++)
		seen[event] = config(0, all(), CLEAR | AUTO_START, FIRMWARE_EVENT(event));
}

static void read_events(volatile int64_t *seen)
{
	unsigned int event;
	int64_t n;

	for (event = from; event <= to; event++) {
		n = seen[event];
		seen[event] = n < 0 ? n : read_fw(n);
		if (n >= 0)
			stop(n, 1, RESET);
	}
}

/* The other hart is interrupted and fenced while it waits. */
static void receive(void)
{
	count_events(there);
	step = 1;
	while (step != 2)
		;
	read_events(there);
}

/* The specification has the functions of RFENCE in another order than the events. */
static const uint8_t sent_by[] = { 8, 10, 12, 16, 14, 20, 18 };

/* Each fence and IPI three times to the other hart, and each fence twice to both. */
static void send(uint64_t both, uint64_t other)
{
	unsigned int i, fid;

	for (i = 0; i < 3; i++) {
		guest_sbi(EXT_IPI, 0, other, 0, 0, 0, 0);
		for (fid = 0; fid < sizeof(sent_by); fid++) {
			guest_sbi(EXT_RFENCE, fid, other, 0, 0x1000, 0x1000, 1);
			if (i < 2)
				guest_sbi(EXT_RFENCE, fid, both, 0, 0x1000, 0x1000, 1);
		}
	}
	/* Each function is called a different number of times. */
	for (fid = 0; fid < sizeof(sent_by); fid++) {
		for (i = 0; i < fid; i++)
			guest_sbi(EXT_RFENCE, fid, other, 0, 0x1000, 0x1000, 1);
	}
	/* Calls that are refused are not counted. */
	guest_sbi(EXT_IPI, 0, 1, 4000, 0, 0, 0);
	guest_sbi(EXT_RFENCE, 0, 1, 4000, 0, 0, 0);
	guest_sbi(EXT_TIME, 1, 0, 0, 0, 0, 0);
	set_timer();
}

static void check_fences(const char *where, const volatile int64_t *seen, int64_t sent,
			 int64_t received)
{
	unsigned int fid;

	guest_print("# on %s\n", where);
	for (fid = 0; fid < sizeof(sent_by); fid++) {
		if (sent_by[fid] < from || sent_by[fid] > to)
			continue;
		guest_check("pmu: fences sent", seen[sent_by[fid]], sent ? sent + fid : 0);
		guest_check("pmu: fences received", seen[sent_by[fid] + 1],
			    sent ? received : received + fid);
	}
}

static void check_events(unsigned int pass_from, unsigned int pass_to, uint64_t hart)
{
	from = pass_from;
	to = pass_to;
	step = 0;
	start_other_hart(receive);
	while (step != 1)
		;
	count_events(here);
	send(3, hart ? 1 : 2);
	read_events(here);
	step = 2;
	wait_for_other_hart();
	check_fences("this hart", here, 5, 2);
	check_fences("the other hart", there, 0, 5);
	if (from > SET_TIMER)
		return;
	guest_check("pmu: timers here", here[SET_TIMER], 1);
	guest_check("pmu: IPIs sent from here", here[IPI_SENT], 3);
	guest_check("pmu: IPIs received here", here[IPI_RECEIVED], 0);
	guest_check("pmu: timers there", there[SET_TIMER], 0);
	guest_check("pmu: IPIs sent from there", there[IPI_SENT], 0);
	guest_check("pmu: IPIs received there, of which some came together",
		    there[IPI_RECEIVED] >= 1 && there[IPI_RECEIVED] <= 3, 1);
}

/* A hart that starts has no counters from before, and its events count for nobody. */
static void leave_running(void)
{
	there[0] = config(0, all(), CLEAR | AUTO_START, FIRMWARE_EVENT(SET_TIMER));
}

static void look_again(void)
{
	there[1] = read_fw(first);
	there[2] = config(0, all(), 0, FIRMWARE_EVENT(SET_TIMER));
}

static void check_restart(void)
{
	on_other_hart(leave_running);
	guest_check("pmu: the other hart counts", there[0], first);
	on_other_hart(look_again);
	guest_check("pmu: it does not when it has started again", there[1], INVALID_PARAM);
	guest_check("pmu: its counters are free", there[2], first);
}

/* ---- snapshots ---- */

static int64_t set_snapshot(uint64_t lo, uint64_t hi, uint64_t flags)
{
	return pmu(SNAPSHOT, lo, hi, flags, 0).error;
}

static void check_snapshot(void)
{
	uint64_t area = (uintptr_t)shared[0];
	int64_t n, cycles;

	guest_check("pmu: snapshot with a flag", set_snapshot(area, 0, 1), INVALID_PARAM);
	guest_check("pmu: not aligned", set_snapshot(area + 2048, 0, 0), INVALID_PARAM);
	guest_check("pmu: in the firmware", set_snapshot(FIRMWARE, 0, 0), INVALID_ADDRESS);
	guest_check("pmu: above all memory", set_snapshot(area, 1, 0), INVALID_ADDRESS);
	guest_check("pmu: half of the value that ends it", set_snapshot(-1, 0, 0), INVALID_PARAM);
	n = config(0, all(), CLEAR, FIRMWARE_EVENT(SET_TIMER));
	cycles = config(0, all(), CLEAR, CYCLES);
	guest_check("pmu: cycles are counted", cycles >= 0, 1);
	guest_check("pmu: start without a snapshot", start(n, 1, FROM_SHMEM, 0), NO_SHMEM);
	guest_check("pmu: stop without a snapshot", stop(n, 1, TO_SHMEM), NO_SHMEM);
	guest_check("pmu: snapshot", set_snapshot(area, 0, 0), 0);
	shared[0][0] = 0x55;
	shared[0][1] = 500;
	shared[0][1 + n] = 600;
	guest_check("pmu: a value and a snapshot", start(n, 1, SET_VALUE | FROM_SHMEM, 1),
		    INVALID_PARAM);
	guest_check("pmu: started from the base's value", start(n, 1, FROM_SHMEM, 1), 0);
	guest_check("pmu: its value", read_fw(n), 500);
	guest_check("pmu: stopped", stop(n, 1, 0), 0);
	guest_check("pmu: the area is as it was", shared[0][0] == 0x55 && shared[0][1] == 500, 1);
	guest_check("pmu: started by another base", start(0, BIT64(n), FROM_SHMEM, 1), 0);
	set_timer();
	shared[0][2 + n] = 0x77;
	guest_check("pmu: stopped to it", stop(0, BIT64(n), TO_SHMEM), 0);
	guest_check("pmu: its value", shared[0][1 + n], 601);
	guest_check("pmu: no overflow", shared[0][0], 0);
	guest_check("pmu: nothing else", shared[0][1] == 500 && shared[0][2 + n] == 0x77, 1);
	/* Firmware may let cycles run from the start on. */
	stop(cycles, 1, 0);
	shared[0][1 + cycles] = BIT64(50);
	guest_check("pmu: cycles from the area", start(0, BIT64(cycles), FROM_SHMEM, 0), 0);
	guest_check("pmu: and to it", stop(0, BIT64(cycles), TO_SHMEM), 0);
	guest_check("pmu: a little later", shared[0][1 + cycles] >> 50, 1);
	guest_check("pmu: both, of which none runs", stop(0, BIT64(cycles) | BIT64(n), TO_SHMEM),
		    ALREADY_STOPPED);
	guest_check("pmu: no snapshot any more", set_snapshot(-1, -1, 0), 0);
	guest_check("pmu: so none is taken", stop(n, 1, TO_SHMEM), NO_SHMEM);
	stop(cycles, 1, RESET);
	stop(n, 1, RESET);
}

#define HALITE 0x0a414c49 /* Halite's own extension; function 1: exits of kind a0 */

/* This hart's calls of SBI, with this one; an error if Halite does not count. */
static int64_t calls(void)
{
	struct guest_result r = guest_sbi(HALITE, 1, 0, 0, 0, 0, 0);

	return r.error ? r.error : (int64_t)r.value;
}

/* In OpenSBI 1.1, counters of one event have one value. */
static bool each_has_a_value(void)
{
	int64_t seen;

	config(first, 1, CLEAR, FIRMWARE_EVENT(MISALIGNED_LOAD));
	config(first + 1, 1, CLEAR, FIRMWARE_EVENT(MISALIGNED_LOAD));
	start(first, 1, SET_VALUE, 77);
	start(first + 1, 1, SET_VALUE, 78);
	seen = read_fw(first);
	stop(first, 3, RESET);
	return seen == 77;
}

/* All firmware counters start in one call, which takes Halite several exits. */
static void check_many(void)
{
	uint64_t set = all() & ~(BIT64(first) - 1), n, wrong = 0;
	int64_t before, error, after;

	if (!each_has_a_value())
		return;
	set_snapshot((uintptr_t)shared[0], 0, 0);
	for (n = first; n < count; n++) {
		wrong += config(n, 1, CLEAR, FIRMWARE_EVENT(MISALIGNED_LOAD)) != (int64_t)n;
		shared[0][1 + n] = 100 + n;
	}
	guest_check("pmu: all firmware counters have an event", wrong, 0);
	before = calls();
	error = start(0, set, FROM_SHMEM, 0);
	after = calls();
	guest_check("pmu: all start from the area", error, 0);
	if (before >= 0)
		guest_check("pmu: eight in each exit", after - before - 1, (count - first + 7) / 8);
	for (n = first; n < count; n++)
		wrong += read_fw(n) != (int64_t)(100 + n);
	guest_check("pmu: each has its value", wrong, 0);
	guest_check("pmu: all stop", stop(0, set, 0), 0);
	guest_check("pmu: all start once more", start(0, set, FROM_SHMEM, 0), 0);
	for (n = first; n < count; n++)
		shared[0][1 + n] = 0;
	shared[0][0] = 0x55;
	before = calls();
	error = stop(0, set, TO_SHMEM | RESET);
	after = calls();
	guest_check("pmu: all stop to the area, and are reset", error, 0);
	if (before >= 0)
		guest_check("pmu: eight in each exit", after - before - 1, (count - first + 7) / 8);
	for (n = first; n < count; n++)
		wrong += shared[0][1 + n] != 100 + n || read_fw(n) != INVALID_PARAM;
	guest_check("pmu: each value is there, and no event is left", wrong, 0);
	guest_check("pmu: no overflow", shared[0][0], 0);
	set_snapshot(-1, -1, 0);
}

/* ---- Halite's own counts, as events of the platform ---- */

#define PLATFORM    FIRMWARE_EVENT(0xffff)
#define DATA_EXITS  (UINT64_C(0x48414c49) << 16)
#define EXITS_SBI   (DATA_EXITS + 0)
#define EXITS_CSR   (DATA_EXITS + 5)
#define EXITS_LAST  (DATA_EXITS + 24)
#define WORKS	    (DATA_EXITS + 0x100)
#define WORKS_FENCE (WORKS + 6)
#define WORKS_LAST  (WORKS + 9)

static int64_t config_platform(uint64_t flags, uint64_t data)
{
	struct guest_result r = guest_sbi(EXT_PMU, CONFIG, 0, all(), flags, PLATFORM, data);

	return r.error ? r.error : (int64_t)r.value;
}

static void check_platform_events(void)
{
	static const uint64_t none[] = { 0, DATA_EXITS - 1, EXITS_LAST + 1, WORKS - 1,
					 WORKS_LAST + 1 };
	int64_t csr, sbi, fences, csr_exits, sbi_seen, sbi_then;
	unsigned int i;

	/* OpenSBI 1.1 has a counter for any event of the platform. */
	csr = config_platform(0, 0);
	if (csr >= 0) {
		stop(csr, 1, RESET);
		return;
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		guest_check("pmu: an event of the platform that is not there",
			    config_platform(0, none[i]) < 0, 1);
	if (guest_exits() < 0) {
		guest_check("pmu: Halite does not count", config_platform(0, EXITS_SBI) < 0, 1);
		return;
	}
	csr = config_platform(CLEAR, EXITS_CSR);
	sbi = config_platform(CLEAR, EXITS_SBI);
	fences = config_platform(CLEAR, WORKS_FENCE);
	guest_check("pmu: exits and work of Halite are counted",
		    csr >= 0 && sbi >= 0 && fences >= 0, 1);
	csr_exits = guest_sbi(HALITE, 1, EXITS_CSR - DATA_EXITS, 0, 0, 0, 0).value;
	start(csr, 1, SET_VALUE, csr_exits);
	start(fences, 1, SET_VALUE, 0);
	start(sbi, 1, SET_VALUE, 0);
	sbi_seen = read_fw(sbi);
	set_timer();
	stop(sbi, 1, 0);
	set_timer();
	sbi_then = read_fw(sbi);
	for (i = 0; i < 3; i++)
		csr_read(CSR_HGATP);
	csr_write(CSR_VSSCRATCH, 0);
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0" ::: "memory"); /* hfence.gvma */
	guest_check("pmu: CSR instructions", read_fw(csr) - csr_exits, 4);
	guest_check("pmu: as Halite's own call says", read_fw(csr),
		    guest_sbi(HALITE, 1, EXITS_CSR - DATA_EXITS, 0, 0, 0, 0).value);
	guest_check("pmu: fences", read_fw(fences), 1);
	guest_check("pmu: calls, that to read included", sbi_seen, 1);
	guest_check("pmu: until they are not counted any more", sbi_then, 3);
	guest_check("pmu: the last kind of exits", config_platform(CLEAR, EXITS_LAST) >= 0, 1);
	csr = config_platform(CLEAR | AUTO_START, WORKS_LAST);
	guest_check("pmu: the last kind of work", csr >= 0, 1);
	/* The kind of exits with its number is HFENCE. */
	__asm__ volatile(".insn r 0x73, 0, 0x31, x0, x0, x0\n" /* hfence.gvma: all guests */
			 ".insn r 0x73, 0, 0x31, x0, x0, %0\n" /* guest 1 */
			 ".insn r 0x73, 0, 0x31, x0, %0, %0"   /* an address of guest 1 */
			 :
			 : "r"(1)
			 : "memory");
	guest_check("pmu: fences of a whole guest", read_fw(csr), 1);
	stop(first, all() >> first, RESET);
}

/* ---- EVENT_GET_INFO ---- */

struct entry {
	uint32_t event, output;
	uint64_t data;
};

static int64_t event_info(uint64_t lo, uint64_t hi, uint64_t entries, uint64_t flags)
{
	return pmu(EVENT_INFO, lo, hi, entries, flags).error;
}

static void check_event_info(void)
{
	static const struct entry events[] = {
		{ FIRMWARE_EVENT(SET_TIMER), 1, 0 }, { CYCLES, 1, 0 },
		{ FIRMWARE_EVENT(LAST), 1, 0 },	     { INSTRUCTIONS, 1, 0 },
		{ FIRMWARE_EVENT(RESERVED), 0, 0 },  { 0x40000, 0, 0 },
		{ FIRMWARE_EVENT(SET_TIMER), 0, 1 }, { FIRMWARE_EVENT(MISALIGNED_LOAD), 1, 0 },
	};
	const unsigned int n = sizeof(events) / sizeof(events[0]);
	struct entry *table = (struct entry *)shared[1];
	uint64_t at = (uintptr_t)table;
	unsigned int i;

	for (i = 0; i < 256; i++) {
		table[i] = events[i % n];
		table[i].output = 0xff;
	}
	guest_check("pmu: info with a flag", event_info(at, 0, n, 1), INVALID_PARAM);
	guest_check("pmu: not aligned", event_info(at + 8, 0, n, 0), INVALID_PARAM);
	guest_check("pmu: no event", event_info(at, 0, 0, 0), INVALID_PARAM);
	guest_check("pmu: in the firmware", event_info(FIRMWARE, 0, 1, 0), INVALID_ADDRESS);
	guest_check("pmu: above all memory", event_info(at, 1, 1, 0), INVALID_ADDRESS);
	guest_check("pmu: more than there is", event_info(at, 0, UINT64_C(1) << 36, 0),
		    INVALID_ADDRESS);
	guest_check("pmu: more than all addresses", event_info(at, 0, (UINT64_C(1) << 60) + 1, 0),
		    INVALID_ADDRESS);
	guest_check("pmu: nothing is answered", table[0].output, 0xff);
	guest_check("pmu: info of all but the last", event_info(at, 0, 255, 0), 0);
	for (i = 0; i < 255; i++) {
		if (table[i].output != events[i % n].output ||
		    table[i].event != events[i % n].event || table[i].data != events[i % n].data)
			break;
	}
	guest_check("pmu: events that are answered", i, 255);
	guest_check("pmu: the last", table[255].output, 0xff);
	table[0].output = 0xff;
	guest_check("pmu: the same once more", event_info(at, 0, 255, 0), 0);
	guest_check("pmu: is answered once more", table[0].output, 1);
	table[1].event |= 1 << 20;
	guest_check("pmu: a reserved bit of an event", event_info(at, 0, n, 0), INVALID_PARAM);
	guest_check("pmu: no counter is in use", config(0, all(), 0, FIRMWARE_EVENT(SET_TIMER)),
		    first);
	stop(first, 1, RESET);
}

void check_pmu(uint64_t hart)
{
	if (!has_extension(EXT_PMU)) {
		guest_check("pmu: without the extension", pmu(NUM, 0, 0, 0, 0).error,
			    NOT_SUPPORTED);
		return;
	}
	if (!find_counters()) {
		guest_check("pmu: no firmware counter",
			    config(0, all(), 0, FIRMWARE_EVENT(SET_TIMER)), NOT_SUPPORTED);
		return;
	}
	check_one();
	check_arguments();
	check_events(SET_TIMER, 13, hart);
	check_events(14, LAST, hart);
	check_restart();
	check_snapshot();
	check_many();
	check_platform_events();
	check_event_info();
}
