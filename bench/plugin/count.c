/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU plugin that counts, for each run that a program marks (bench/marker.h), the instructions
 * that the marking hart has executed in each region, and the traps of all harts into each Halite by
 * kind. With several harts, one hart at a time may mark and trap. It counts outside the machine,
 * so it changes neither the speed nor the size of anything in the machine.
 *
 *   -plugin file=count.so,out=FILE,ram=BYTES[,home=OFFSET...][,profile=NAME][,hart=N]
 *
 * Writes one line of JSON to FILE for each run. If a Halite counts exits itself (the word "stats"),
 * the line has the difference of its counts, too, read from the machine's memory. With
 * profile=NAME, it writes a second line for each run of that name: the count of each instruction
 * address of firmware, Halite and the kernel. With hart=N, only hart N marks, and only its traps
 * count: other harts may do anything meanwhile.
 *
 * The address of an instruction gives its region. Firmware and Halite have physical addresses: the
 * home of the lowest Halite is at the end of RAM, from its OFFSET in RAM on. The home of the next
 * one ends there and begins at the second OFFSET, and so on. The lowest Halite runs where a guest
 * may run later, until it moves to its home. All other regions have virtual addresses. A trap into
 * Halite is the instruction in its home with which its trap entries begin (src/riscv/entry.S). The
 * kind of the trap comes from the machine's registers at that instruction. Where it comes from says
 * the instruction before it, or, if the guest has executed none since the trap before, sepc.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "kinds.h"
#include "../marker.h"
#include "../../src/hv/stats_format.h"

#define RAM_START     UINT64_C(0x80000000)
#define FIRMWARE_SIZE UINT64_C(0x200000)
#define LEVELS_MAX    4
#define TRAP_ENTRY    0x14051573u /* csrrw a0, sscratch, a0 */

/*
 * Linux's modules are in the 2 GiB below the kernel's link address. The guests run at RAM's
 * addresses.
 */
#define MODULES_START UINT64_C(0xffffffff00000000)
#define KERNEL_START  UINT64_C(0xffffffff80000000)
#define UPPER_HALF    (UINT64_C(1) << 63)
#define GUEST_START   RAM_START
#define GUEST_END     UINT64_C(0x100000000)

enum region {
	REGION_NONE,
	REGION_FIRMWARE,
	REGION_HALITE, /* the lowest Halite; there are LEVELS_MAX of them */
	REGION_KVM = REGION_HALITE + LEVELS_MAX,
	REGION_KERNEL,
	REGION_USER,
	REGION_GUEST,
	REGION_COUNT,
};

static const char *const region_names[REGION_COUNT] = {
	[REGION_NONE] = "none",
	[REGION_FIRMWARE] = "firmware",
	[REGION_HALITE] = "halite0",
	[REGION_HALITE + 1] = "halite1",
	[REGION_HALITE + 2] = "halite2",
	[REGION_HALITE + 3] = "halite3",
	[REGION_KVM] = "kvm",
	[REGION_KERNEL] = "kernel",
	[REGION_USER] = "user",
	[REGION_GUEST] = "guest",
};

#define KINDS_MAX 256

struct kind {
	unsigned int level;
	enum region from;
	char name[KIND_NAME_MAX];
	uint64_t count, before;
};

#define SITES_MAX (1u << 21)

/* An instruction whose executions a profile counts. */
struct site {
	uint64_t addr;
	enum region region; /* REGION_NONE: unused */
};

static FILE *out;
static uint64_t ram_size;
static uint64_t homes[LEVELS_MAX]; /* the offset in RAM of the home of each level */
static unsigned int depth;
static const char *profile;
static unsigned int only_hart;
static bool all_harts = true;

/*
 * The numbers of a vCPU: the count of instructions for each region; then, for each level, the
 * region that ran last, without the levels below it.
 */
static struct qemu_plugin_scoreboard *score;
static struct qemu_plugin_scoreboard *site_score;
static struct site sites[SITES_MAX];
static uint64_t sites_before[SITES_MAX];

static struct kind kinds[KINDS_MAX];
static unsigned int kind_count;

static uintptr_t ram_host; /* host address of RAM; 0: not known yet */
static bool moved;	   /* the lowest Halite runs in its home */
static struct garray *bytes;

static char run_name[BENCH_NAME_MAX] = "none";
static uint64_t run_rounds = 1;
static uint64_t insns_before[REGION_COUNT];

static qemu_plugin_u64 insns_of(enum region region)
{
	return (qemu_plugin_u64){ score, region * sizeof(uint64_t) };
}

static qemu_plugin_u64 last_of(unsigned int level)
{
	return (qemu_plugin_u64){ score, (REGION_COUNT + level) * sizeof(uint64_t) };
}

static bool counts_hart(unsigned int vcpu)
{
	return all_harts || vcpu == only_hart;
}

static uint64_t *numbers(unsigned int vcpu)
{
	return qemu_plugin_scoreboard_find(score, vcpu);
}

/* ---- regions ---- */

/* The region of a virtual address that is no Halite's. */
static enum region region_of_guest(uint64_t vaddr)
{
	if (vaddr >= KERNEL_START)
		return REGION_KERNEL;
	if (vaddr >= MODULES_START)
		return REGION_KVM;
	if (vaddr >= UPPER_HALF)
		return REGION_KERNEL;
	return vaddr < GUEST_START || vaddr >= GUEST_END ? REGION_USER : REGION_GUEST;
}

static enum region region_of(uint64_t vaddr, uintptr_t host)
{
	uint64_t offset = host - ram_host;
	unsigned int level = 0;

	if (!ram_host || host < ram_host || offset >= ram_size)
		return REGION_FIRMWARE; /* the boot ROM */
	if (offset < FIRMWARE_SIZE && vaddr == RAM_START + offset)
		return REGION_FIRMWARE;
	while (level < depth && offset < homes[level])
		level++;
	if (level < depth) {
		moved = true;
		return REGION_HALITE + level;
	}
	if (depth && !moved && vaddr >= GUEST_START && vaddr < GUEST_END)
		return REGION_HALITE;
	return region_of_guest(vaddr);
}

/* The index of an instruction in sites[]. */
static unsigned int site_of(enum region region, uint64_t addr)
{
	unsigned int i = (addr >> 1) * 2654435761u % SITES_MAX;
	unsigned int tries;

	for (tries = 0; tries < SITES_MAX; tries++, i = (i + 1) % SITES_MAX) {
		if (sites[i].region == REGION_NONE)
			sites[i] = (struct site){ addr, region };
		if (sites[i].region == region && sites[i].addr == addr)
			return i;
	}
	fprintf(stderr, "count: more than %u instructions to profile\n", SITES_MAX);
	exit(EXIT_FAILURE);
}

/* ---- traps ---- */

static void count_trap(unsigned int level, enum region from, const char *name)
{
	struct kind *k;

	for (k = kinds; k < kinds + kind_count; k++) {
		if (k->level == level && k->from == from && !strcmp(k->name, name)) {
			k->count++;
			return;
		}
	}
	if (kind_count == KINDS_MAX) {
		fprintf(stderr, "count: more than %d kinds of traps\n", KINDS_MAX);
		exit(EXIT_FAILURE);
	}
	kind_count++;
	k->level = level;
	k->from = from;
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->count = 1;
}

/* Several harts may call at once, and names, registers and runs are in variables of all. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void count_entry(unsigned int vcpu, unsigned int level)
{
	enum region from = numbers(vcpu)[REGION_COUNT + level];
	char name[KIND_NAME_MAX];

	/* Firmware has started the hart. */
	if (from == REGION_NONE)
		return;
	if (from == REGION_HALITE + level)
		from = region_of_guest(kind_register("sepc"));
	kind_name(name);
	count_trap(level, from, name);
}

static void entered_halite(unsigned int vcpu, void *data)
{
	if (!counts_hart(vcpu))
		return;
	pthread_mutex_lock(&lock);
	count_entry(vcpu, (uintptr_t)data);
	pthread_mutex_unlock(&lock);
}

/* ---- what Halite counts itself ---- */

#define STATS_NUMBERS (STATS_EXITS + STATS_WORKS)

static const char *const stats_names[STATS_NUMBERS] = {
#define NAME(id, name, meaning) name,
	STATS_EXIT_KINDS(NAME) STATS_WORK_KINDS(NAME)
#undef NAME
};

static uint64_t stats_before[LEVELS_MAX][STATS_NUMBERS];

/* @size bytes at @address of the machine, or NULL: that is not RAM. */
static const void *memory_at(uint64_t address, uint64_t size)
{
	uint64_t offset = address - RAM_START;

	if (!ram_host || offset >= ram_size || size > ram_size - offset)
		return NULL;
	return (const void *)(ram_host + offset);
}

/* The header of the Halite of @level. NULL: it counts nothing. */
static const struct stats_header *stats_header(unsigned int level)
{
	uint64_t home = RAM_START + homes[level];
	const struct stats_beacon *beacon = memory_at(home + STATS_BEACON_AT, sizeof(*beacon));
	const struct stats_header *header;

	if (!beacon || memcmp(beacon->magic, STATS_MAGIC, STATS_MAGIC_SIZE))
		return NULL;
	header = memory_at(home + beacon->header, sizeof(*header));
	if (!header || memcmp(header->magic, STATS_MAGIC, STATS_MAGIC_SIZE) ||
	    header->self != home + beacon->header || header->version != STATS_VERSION ||
	    header->exits != STATS_EXITS || header->works != STATS_WORKS ||
	    !(header->flags & STATS_FLAG_COUNTS))
		return NULL;
	return header;
}

/* Sum the numbers of all harts of the Halite of @level. False: it counts nothing. */
static bool read_stats(unsigned int level, uint64_t numbers[STATS_NUMBERS])
{
	const struct stats_header *header = stats_header(level);
	const struct stats_hart *hart;
	unsigned int i, n;

	memset(numbers, 0, STATS_NUMBERS * sizeof(*numbers));
	for (i = 0; header && i < header->harts; i++) {
		hart = memory_at(header->first + (uint64_t)i * header->stride, sizeof(*hart));
		if (!hart)
			return false;
		for (n = 0; n < STATS_EXITS; n++)
			numbers[n] += hart->exits[n];
		for (n = 0; n < STATS_WORKS; n++)
			numbers[STATS_EXITS + n] += hart->works[n];
	}
	return header != NULL;
}

static void print_stats(unsigned int level, bool since_reset)
{
	uint64_t now[STATS_NUMBERS];
	const char *comma = "";
	unsigned int n;

	if (!read_stats(level, now))
		return;
	fprintf(out, ",\"stats%u\":{", level);
	for (n = 0; n < STATS_NUMBERS; n++) {
		uint64_t count = now[n] - (since_reset ? 0 : stats_before[level][n]);

		if (!count)
			continue;
		fprintf(out, "%s\"%s\":%" PRIu64, comma, stats_names[n], count);
		comma = ",";
	}
	fprintf(out, "}");
}

/* ---- runs ---- */

static void print_insns(const uint64_t *now, const uint64_t *before)
{
	uint64_t total = 0;
	unsigned int i;

	fprintf(out, "\"insns\":{");
	for (i = REGION_FIRMWARE; i < REGION_COUNT; i++) {
		total += now[i] - before[i];
		fprintf(out, "\"%s\":%" PRIu64 ",", region_names[i], now[i] - before[i]);
	}
	fprintf(out, "\"total\":%" PRIu64 "}", total);
}

static void print_traps(unsigned int level, bool since_reset)
{
	const char *comma = "";
	const struct kind *k;

	fprintf(out, ",\"traps%u\":{", level);
	for (k = kinds; k < kinds + kind_count; k++) {
		uint64_t count = k->count - (since_reset ? 0 : k->before);

		if (k->level != level || !count)
			continue;
		fprintf(out, "%s\"%s: %s\":%" PRIu64, comma, region_names[k->from], k->name, count);
		comma = ",";
	}
	fprintf(out, "}");
}

static void print_run(unsigned int vcpu, bool since_reset)
{
	static const uint64_t zero[REGION_COUNT];
	unsigned int level;

	fprintf(out, "{\"name\":\"%s\",\"rounds\":%" PRIu64 ",", run_name, run_rounds);
	print_insns(numbers(vcpu), since_reset ? zero : insns_before);
	for (level = 0; level < depth; level++) {
		print_traps(level, since_reset);
		print_stats(level, since_reset);
	}
	fprintf(out, "}\n");
	fflush(out);
}

static bool is_profiled(void)
{
	return profile && !strcmp(profile, run_name);
}

static void print_profile(unsigned int vcpu)
{
	const uint64_t *now = qemu_plugin_scoreboard_find(site_score, vcpu);
	const char *comma = "";
	unsigned int i;

	fprintf(out, "{\"profile\":\"%s\",\"rounds\":%" PRIu64 ",\"insns\":[", run_name,
		run_rounds);
	for (i = 0; i < SITES_MAX; i++) {
		if (now[i] == sites_before[i])
			continue;
		fprintf(out, "%s[\"%s\",\"%" PRIx64 "\",%" PRIu64 "]", comma,
			region_names[sites[i].region], sites[i].addr, now[i] - sites_before[i]);
		comma = ",";
	}
	fprintf(out, "]}\n");
	fflush(out);
}

static void take_name(void)
{
	char c;
	size_t i;

	g_byte_array_set_size(bytes, 0);
	if (!qemu_plugin_read_memory_vaddr(kind_register("a0"), bytes, BENCH_NAME_MAX)) {
		fprintf(stderr, "count: a name that cannot be read\n");
		exit(EXIT_FAILURE);
	}
	for (i = 0; i < BENCH_NAME_MAX - 1; i++) {
		c = bytes->data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			break;
		run_name[i] = c;
	}
	run_name[i] = '\0';
	run_rounds = kind_register("a1");
}

static void marker_select(unsigned int vcpu, void *data)
{
	(void)data;
	if (!counts_hart(vcpu))
		return;
	pthread_mutex_lock(&lock);
	take_name();
	pthread_mutex_unlock(&lock);
}

static void marker_begin(unsigned int vcpu, void *data)
{
	unsigned int level;
	struct kind *k;

	(void)data;
	if (!counts_hart(vcpu))
		return;
	pthread_mutex_lock(&lock);
	for (level = 0; level < depth; level++)
		read_stats(level, stats_before[level]);
	memcpy(insns_before, numbers(vcpu), sizeof(insns_before));
	for (k = kinds; k < kinds + kind_count; k++)
		k->before = k->count;
	if (is_profiled())
		memcpy(sites_before, qemu_plugin_scoreboard_find(site_score, vcpu),
		       sizeof(sites_before));
	pthread_mutex_unlock(&lock);
}

static void marker_end(unsigned int vcpu, void *data)
{
	(void)data;
	if (!counts_hart(vcpu))
		return;
	pthread_mutex_lock(&lock);
	print_run(vcpu, false);
	if (is_profiled())
		print_profile(vcpu);
	pthread_mutex_unlock(&lock);
}

static void marker_reset(unsigned int vcpu, void *data)
{
	(void)data;
	if (!counts_hart(vcpu))
		return;
	pthread_mutex_lock(&lock);
	take_name();
	print_run(vcpu, true);
	if (is_profiled()) {
		memset(sites_before, 0, sizeof(sites_before));
		print_profile(vcpu);
	}
	pthread_mutex_unlock(&lock);
}

static void watch_marker(struct qemu_plugin_insn *insn)
{
	static const plugin_udata_cb actions[] = {
		[BENCH_MARKER_SELECT] = marker_select,
		[BENCH_MARKER_BEGIN] = marker_begin,
		[BENCH_MARKER_END] = marker_end,
		[BENCH_MARKER_RESET] = marker_reset,
	};
	uint32_t code = 0;
	uint32_t what;

	if (qemu_plugin_insn_size(insn) != sizeof(code))
		return;
	qemu_plugin_insn_data(insn, &code, sizeof(code));
	if ((code & 0xfff) != 0x037 || code >> 20 != BENCH_MARKER_MAGIC) /* lui x0 */
		return;
	what = code >> 12 & 0xff;
	if (what < sizeof(actions) / sizeof(actions[0]) && actions[what])
		qemu_plugin_register_vcpu_insn_exec_cb(insn, actions[what], PLUGIN_CB_R_REGS, NULL);
}

/* ---- translation ---- */

static void watch_insn(struct qemu_plugin_insn *insn, enum region region)
{
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, PLUGIN_INLINE_ADD_U64,
							    insns_of(region), 1);
	if (profile && region < REGION_USER) {
		uint64_t addr = qemu_plugin_insn_vaddr(insn);
		qemu_plugin_u64 site = { site_score, site_of(region, addr) * sizeof(uint64_t) };

		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, PLUGIN_INLINE_ADD_U64,
								    site, 1);
	}
	watch_marker(insn);
}

/* Tells each level that this region runs. The levels above a Halite do not see that Halite. */
static void watch_region(struct qemu_plugin_tb *tb, enum region region)
{
	unsigned int levels = depth;
	unsigned int level;
	uint32_t first = 0;

	if (region == REGION_FIRMWARE)
		return;
	if (region < REGION_HALITE + LEVELS_MAX) {
		level = region - REGION_HALITE;
		levels = level + 1;
		qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, 0), &first, sizeof(first));
		if (first == TRAP_ENTRY)
			qemu_plugin_register_vcpu_tb_exec_cond_cb(
				tb, entered_halite, PLUGIN_CB_R_REGS, PLUGIN_COND_ALWAYS,
				last_of(level), 0, (void *)(uintptr_t)level);
	}
	for (level = 0; level < levels; level++)
		qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, PLUGIN_INLINE_STORE_U64,
								  last_of(level), region);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, 0);
	uint64_t vaddr = qemu_plugin_insn_vaddr(insn);
	uintptr_t host = (uintptr_t)qemu_plugin_insn_haddr(insn);
	enum region region;
	size_t i;

	(void)id;
	if (!ram_host && vaddr == RAM_START)
		ram_host = host;
	region = region_of(vaddr, host);
	watch_region(tb, region);
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		watch_insn(qemu_plugin_tb_get_insn(tb, i), region);
}

/* ---- start ---- */

static void vcpu_started(qemu_plugin_id_t id, unsigned int vcpu)
{
	(void)id;
	(void)vcpu;
	kind_init(qemu_plugin_get_registers());
}

static void ended(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	fclose(out);
}

static bool take_argument(const char *argument)
{
	const char *value = strchr(argument, '=');

	if (!value)
		return false;
	value++;
	if (!strncmp(argument, "out=", 4))
		return (out = fopen(value, "w")) != NULL;
	if (!strncmp(argument, "ram=", 4))
		return (ram_size = strtoull(value, NULL, 0)) > 0;
	if (!strncmp(argument, "home=", 5))
		return depth < LEVELS_MAX && (homes[depth++] = strtoull(value, NULL, 0)) > 0;
	if (!strncmp(argument, "profile=", 8)) {
		profile = value;
		return true;
	}
	if (!strncmp(argument, "hart=", 5)) {
		only_hart = strtoul(value, NULL, 0);
		all_harts = false;
		return true;
	}
	return false;
}

PLUGIN_EXPORT int qemu_plugin_version = PLUGIN_API_VERSION;

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc,
				      char **argv);
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc,
				      char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!take_argument(argv[i])) {
			fprintf(stderr,
				"count: '%s': a writable out=FILE, ram=BYTES, at most %d "
				"home=OFFSET, profile=NAME or hart=N is expected\n",
				argv[i], LEVELS_MAX);
			return -1;
		}
	}
	if (!out || !ram_size || strcmp(info->target_name, "riscv64")) {
		fprintf(stderr, "count: out=FILE and ram=BYTES are needed, and riscv64\n");
		return -1;
	}
	score = qemu_plugin_scoreboard_new((REGION_COUNT + LEVELS_MAX) * sizeof(uint64_t));
	if (profile)
		site_score = qemu_plugin_scoreboard_new(SITES_MAX * sizeof(uint64_t));
	bytes = g_byte_array_new();
	qemu_plugin_register_vcpu_init_cb(id, vcpu_started);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
