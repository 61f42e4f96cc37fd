/* SPDX-License-Identifier: BSD-2-Clause */
#include "stat.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "counts.h"
#include "live.h"
#include "message.h"
#include "options.h"
#include "run.h"

static const char stat_help[] =
	"Usage: halite stat [OPTIONS] [MACHINE]\n"
	"\n"
	"Shows what the Halites of a running machine count: exits of the guest by kind, and what\n"
	"Halite does at them. The machine is a `halite run` with --stats or --trace. MACHINE is\n"
	"its process id or its socket; without MACHINE, it is the only machine that runs.\n"
	"With several domains there is a table for each. docs/stats.md explains the counts.\n"
	"\n"
	"  --once          print one table and end. Without it, a table each second, until the\n"
	"                  machine ends or Ctrl-C\n"
	"  --interval S    seconds between tables, 0.1 to 3600 (default 1)\n"
	"  --count N       end after N tables\n"
	"  --level N       the Halite of level N alone; the lowest is 0\n"
	"  --harts         a column for each hart, besides the sum\n"
	"  --csv           lines level,hart,group,name,count,time in place of a table;\n"
	"                  time: seconds since 1970; with domains, their name comes last\n"
	"  --json          one JSON object in a line in place of a table\n"
	"\n"
	"Exit status: 0; 1 if there is no such machine or it counts nothing; 2 if an argument is\n"
	"wrong.\n";

enum format { TABLE, CSV, JSON };

struct stat_options {
	enum format format;
	double interval;
	unsigned int count; /* 0: no end */
	bool one_level;	    /* level alone */
	unsigned int level;
	bool harts, once, help;
	const char *machine;
};

/* The numbers of a hart, in groups. */
enum group { EXITS, WORK, TIME, GROUPS };

static const struct {
	const char *name;
	unsigned int count;
	size_t offset;
} groups[GROUPS] = {
	[EXITS] = { "exits", STATS_EXITS, offsetof(struct stats_hart, exits) },
	[WORK] = { "work", STATS_WORKS, offsetof(struct stats_hart, works) },
	[TIME] = { "time", 1, offsetof(struct stats_hart, ticks) },
};

static const struct counts_name *name_of(enum group group, unsigned int index)
{
	static const struct counts_name time_name = {
		"in-halite", "ticks of the time CSR in Halite, waits included"
	};

	return group == EXITS  ? &counts_exits[index]
	       : group == WORK ? &counts_works[index]
			       : &time_name;
}

static uint64_t number_of(const struct stats_hart *hart, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)hart + offset, sizeof(value));
	return value;
}

static bool is_chosen(const struct stat_options *options, unsigned int level)
{
	return !options->one_level || options->level == level;
}

/* The name of a guest of L1: its VMID. Valid until the next call. */
static const char *vm_name(uint64_t vm)
{
	static char name[24];

	if (vm == STATS_VM_OTHERS)
		return "others";
	snprintf(name, sizeof(name), "%llu", (unsigned long long)(vm - 1));
	return name;
}

/* ---- CSV and JSON ---- */

/* Ends a line with the time, in seconds since the Epoch, and the domain, if there are several. */
static void end_csv(double time, const char *domain)
{
	printf(",%.3f%s%s\n", time, *domain ? "," : "", domain);
}

static void print_csv_pool(const struct counts_level *level, const struct counts_pool *pool,
			   const char *domain, double time)
{
	printf("%u,all,pool,reclaimed,%llu", level->header.level,
	       (unsigned long long)pool->reclaimed);
	end_csv(time, domain);
	printf("%u,all,pool,drains,%llu", level->header.level, (unsigned long long)pool->drains);
	end_csv(time, domain);
}

static void print_csv_vms(const struct counts_level *level, unsigned int hart, double time)
{
	static struct counts_vms vms;

	counts_vms(level, -1, (int)hart, &vms);
	for (unsigned int i = 0; i < vms.count; i++) {
		printf("%u,%llu,vms,%s,%llu", level->header.level,
		       (unsigned long long)level->harts[hart].hartid, vm_name(vms.list[i].vm),
		       (unsigned long long)vms.list[i].exits);
		end_csv(time, level->harts[hart].domain);
	}
}

static void print_csv(const struct counts_level *level, double time)
{
	const struct stats_header *h = &level->header;
	const struct counts_pool all = { level->reclaimed, level->drains };

	for (unsigned int i = 0; i < h->harts; i++) {
		const struct stats_hart *hart = &level->harts[i];

		for (unsigned int group = 0; group < GROUPS; group++) {
			for (unsigned int n = 0; n < groups[group].count; n++) {
				printf("%u,%llu,%s,%s,%llu", h->level,
				       (unsigned long long)hart->hartid, groups[group].name,
				       name_of(group, n)->name,
				       (unsigned long long)number_of(
					       hart, groups[group].offset + n * sizeof(uint64_t)));
				end_csv(time, hart->domain);
			}
		}
		print_csv_vms(level, i, time);
		if (counts_first_of_domain(level, i))
			print_csv_pool(level, &level->pools[i], hart->domain, time);
	}
	if (!level->harts[0].domain[0])
		print_csv_pool(level, &all, "", time);
}

/* Adds the exits of each guest of L1. */
static void add_vms(json_t *object, const struct counts_level *level, unsigned int hart, bool sums)
{
	static struct counts_vms vms;
	json_t *numbers = json_object();

	counts_vms(level, (int)hart, sums ? -1 : (int)hart, &vms);
	for (unsigned int i = 0; i < vms.count; i++)
		json_object_set_new(numbers, vm_name(vms.list[i].vm),
				    json_integer((json_int_t)vms.list[i].exits));
	json_object_set_new(object, "vms", numbers);
}

/* Adds the numbers of the hart of index hart, or the sums of its domain. */
static void add_numbers(json_t *object, const struct counts_level *level, unsigned int hart,
			bool sums)
{
	for (unsigned int group = 0; group < GROUPS; group++) {
		json_t *numbers = json_object();

		for (unsigned int n = 0; n < groups[group].count; n++) {
			size_t offset = groups[group].offset + n * sizeof(uint64_t);
			uint64_t number = sums ? counts_sum(level, (int)hart, offset)
					       : number_of(&level->harts[hart], offset);

			json_object_set_new(numbers, name_of(group, n)->name,
					    json_integer((json_int_t)number));
		}
		json_object_set_new(object, groups[group].name, numbers);
	}
	add_vms(object, level, hart, sums);
}

static json_t *json_of_hart(const struct counts_level *level, unsigned int i)
{
	const struct stats_hart *hart = &level->harts[i];
	json_t *object = json_pack("{s:I}", "hart", (json_int_t)hart->hartid);

	if (hart->domain[0])
		json_object_set_new(object, "domain", json_string(hart->domain));
	add_numbers(object, level, i, false);
	return object;
}

/* The sums of the domain whose first hart is of index i. */
static json_t *json_of_domain(const struct counts_level *level, unsigned int i)
{
	const struct counts_pool *pool = &level->pools[i];
	json_t *object =
		json_pack("{s:s,s:{s:I,s:I}}", "name", level->harts[i].domain, "pool", "reclaimed",
			  (json_int_t)pool->reclaimed, "drains", (json_int_t)pool->drains);

	add_numbers(object, level, i, true);
	return object;
}

static json_t *json_of_level(const struct counts_level *level)
{
	const struct stats_header *h = &level->header;
	json_t *harts = json_array(), *domains = json_array(), *all;
	char build_id[2 * STATS_BUILD_ID_SIZE + 1];

	for (unsigned int i = 0; i < STATS_BUILD_ID_SIZE; i++)
		sprintf(build_id + 2 * i, "%02x", h->build_id[i]);
	for (unsigned int i = 0; i < h->harts; i++) {
		json_array_append_new(harts, json_of_hart(level, i));
		if (counts_first_of_domain(level, i))
			json_array_append_new(domains, json_of_domain(level, i));
	}
	all = json_pack("{s:i,s:s,s:I,s:I,s:I,s:{s:I,s:I},s:o}", "level", (int)h->level, "build_id",
			build_id, "home", (json_int_t)h->home, "home_size",
			(json_int_t)h->home_size, "timebase", (json_int_t)h->timebase, "pool",
			"reclaimed", (json_int_t)level->reclaimed, "drains",
			(json_int_t)level->drains, "harts", harts);
	if (json_array_size(domains))
		json_object_set(all, "domains", domains);
	json_decref(domains);
	return all;
}

static void print_json(const struct counts *counts, const struct stat_options *options, double time)
{
	json_t *levels = json_array(), *all;

	for (unsigned int i = 0; i < counts->levels; i++) {
		if (is_chosen(options, i))
			json_array_append_new(levels, json_of_level(&counts->level[i]));
	}
	all = json_pack("{s:i,s:f,s:o}", "version", (int)STATS_VERSION, "time", time, "levels",
			levels);
	json_dumpf(all, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(13));
	putchar('\n');
	json_decref(all);
}

/* ---- the table ---- */

/*
 * The sums of the tables before this one, for rates: of each domain, at the index of its first
 * hart.
 */
static uint64_t sums_before[COUNTS_LEVELS_MAX][COUNTS_HARTS_MAX][GROUPS][STATS_EXITS + STATS_WORKS];

static bool is_of(const struct counts_level *level, int domain, unsigned int hart)
{
	return domain < 0 || !strcmp(level->harts[hart].domain, level->harts[domain].domain);
}

static void print_line(const struct counts_level *level, int domain,
		       const struct stat_options *options, enum group group, unsigned int n,
		       double seconds)
{
	size_t offset = groups[group].offset + n * sizeof(uint64_t);
	uint64_t sum = counts_sum(level, domain, offset);
	uint64_t *before = &sums_before[level->header.level][domain < 0 ? 0 : domain][group][n];

	if (!sum)
		return;
	printf("%-16s %14llu", name_of(group, n)->name, (unsigned long long)sum);
	if (seconds > 0)
		printf(" %10.0f", (double)(sum - *before) / seconds);
	if (options->harts) {
		for (unsigned int i = 0; i < level->header.harts; i++) {
			if (is_of(level, domain, i))
				printf(" %12llu",
				       (unsigned long long)number_of(&level->harts[i], offset));
		}
	}
	printf("  %s\n", name_of(group, n)->meaning);
	*before = sum;
}

/* The exits of each guest of L1. */
static void print_vms(const struct counts_level *level, int domain,
		      const struct stat_options *options, double seconds)
{
	static struct counts_vms *all_before[COUNTS_LEVELS_MAX][COUNTS_HARTS_MAX], vms, of_hart;
	struct counts_vms **before = &all_before[level->header.level][domain < 0 ? 0 : domain];

	if (!*before)
		*before = calloc(1, sizeof(**before));
	if (!*before)
		abort();
	counts_vms(level, domain, -1, &vms);
	for (unsigned int n = 0; n < vms.count; n++) {
		const struct stats_vm *vm = &vms.list[n];

		printf("vm %-13s %14llu", vm_name(vm->vm), (unsigned long long)vm->exits);
		if (seconds > 0)
			printf(" %10.0f",
			       (double)(vm->exits - counts_of_vm(*before, vm->vm)) / seconds);
		for (unsigned int i = 0; options->harts && i < level->header.harts; i++) {
			if (!is_of(level, domain, i))
				continue;
			counts_vms(level, -1, (int)i, &of_hart);
			printf(" %12llu", (unsigned long long)counts_of_vm(&of_hart, vm->vm));
		}
		puts("  exits of L1's guest with this VMID");
	}
	**before = vms;
}

/* The table of the domain whose first hart has this index; -1: of all harts. */
static void print_part(const struct counts_level *level, int domain,
		       const struct stat_options *options, double seconds)
{
	const struct stats_header *h = &level->header;
	const struct counts_pool all = { level->reclaimed, level->drains };
	const struct counts_pool *pool = domain < 0 ? &all : &level->pools[domain];

	printf("%-16s %14s", "", "total");
	if (seconds > 0)
		printf(" %10s", "a second");
	if (options->harts) {
		for (unsigned int i = 0; i < h->harts; i++) {
			if (is_of(level, domain, i))
				printf(" %7s %4llu", "hart",
				       (unsigned long long)level->harts[i].hartid);
		}
	}
	putchar('\n');
	for (unsigned int group = 0; group < GROUPS; group++) {
		for (unsigned int n = 0; n < groups[group].count; n++)
			print_line(level, domain, options, group, n, seconds);
		if (group == EXITS)
			print_vms(level, domain, options, seconds);
	}
	printf("%-16s %14llu%s  shadow tables taken for other memory of L2\n", "reclaimed",
	       (unsigned long long)pool->reclaimed, seconds > 0 ? "           " : "");
	printf("%-16s %14llu%s  shadows that have lost all tables\n\n", "drains",
	       (unsigned long long)pool->drains, seconds > 0 ? "           " : "");
}

static void print_table(const struct counts_level *level, const struct stat_options *options,
			double seconds)
{
	const struct stats_header *h = &level->header;

	printf("Halite of level %u, %u hart%s, home at 0x%llx\n", h->level, h->harts,
	       h->harts == 1 ? "" : "s", (unsigned long long)h->home);
	if (!level->harts[0].domain[0])
		print_part(level, -1, options, seconds);
	for (unsigned int i = 0; i < h->harts; i++) {
		if (!counts_first_of_domain(level, i))
			continue;
		printf("Domain %s\n", level->harts[i].domain);
		print_part(level, (int)i, options, seconds);
	}
}

static double clock_seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void show(const struct counts *counts, const struct stat_options *options, double seconds)
{
	const double time = clock_seconds(CLOCK_REALTIME);

	if (options->format == JSON) {
		print_json(counts, options, time);
		return;
	}
	if (options->format == TABLE && seconds > 0 && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	for (unsigned int i = 0; i < counts->levels; i++) {
		if (!is_chosen(options, i))
			continue;
		if (options->format == CSV)
			print_csv(&counts->level[i], time);
		else
			print_table(&counts->level[i], options, seconds);
	}
}

/* ---- the command ---- */

static void wait_seconds(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

static int watch(struct live *live, const struct stat_options *options)
{
	struct counts counts;
	double before = 0, time;

	if (counts_find(live, &counts) < 0)
		return EXIT_FAILURE;
	if (options->level >= counts.levels) {
		message("stat: --level %u: the machine has %u Halites with counts", options->level,
			counts.levels);
		return EXIT_FAILURE;
	}
	for (unsigned int n = 1;; n++) {
		if (counts_read(live, &counts) < 0)
			return n > 1 && !options->count ? EXIT_SUCCESS : EXIT_FAILURE;
		time = clock_seconds(CLOCK_MONOTONIC);
		show(&counts, options, before > 0 ? time - before : 0);
		/* A closed pipe is the usual end of a reader of lines. */
		if (fflush(stdout) != 0 || ferror(stdout))
			return EXIT_FAILURE;
		if (n == options->count)
			return EXIT_SUCCESS;
		before = time;
		wait_seconds(options->interval);
	}
}

/* Returns 0, or -1 after a message. */
static int take_seconds(const char *name, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end || !(*value >= 0.1 && *value <= 3600)) {
		message("%s '%s': expected a number from 0.1 to 3600", name, text);
		return -1;
	}
	return 0;
}

enum { ONCE, INTERVAL, COUNT, LEVEL, HARTS, AS_CSV, AS_JSON, HELP, H };

static const struct argument known[] = {
	[ONCE] = { "--once", false },	 [INTERVAL] = { "--interval", true },
	[COUNT] = { "--count", true },	 [LEVEL] = { "--level", true },
	[HARTS] = { "--harts", false },	 [AS_CSV] = { "--csv", false },
	[AS_JSON] = { "--json", false }, [HELP] = { "--help", false },
	[H] = { "-h", false },		 { NULL, false },
};

/* Sets the format. Returns 0, or -1 after a message that there is another one already. */
static int set_format(struct stat_options *options, enum format format)
{
	if (options->format != TABLE) {
		message("stat: --csv with --json: expected one of them");
		return -1;
	}
	options->format = format;
	return 0;
}

static int take(void *context, unsigned int option, const char *value)
{
	struct stat_options *options = context;

	switch (option) {
	case ONCE:
		options->once = true;
		return 0;
	case INTERVAL:
		return take_seconds("stat: --interval", value, &options->interval);
	case COUNT:
		return options_number("stat: --count", value, 1, 1000000000, &options->count);
	case LEVEL:
		options->one_level = true;
		return options_number("stat: --level", value, 0, COUNTS_LEVELS_MAX - 1,
				      &options->level);
	case HARTS:
		options->harts = true;
		return 0;
	case AS_CSV:
		return set_format(options, CSV);
	case AS_JSON:
		return set_format(options, JSON);
	default:
		options->help = true;
		return 0;
	}
}

int stat_main(char **argv)
{
	struct stat_options options = { .interval = 1 };
	struct live live;
	int status;

	if (arguments_read(argv, known, take, &options, &options.machine) < 0)
		return EXIT_USAGE;
	if (options.help) {
		fputs(stat_help, stdout);
		return EXIT_SUCCESS;
	}
	if (options.once && options.count) {
		message("stat: --once with --count: expected one of them");
		return EXIT_USAGE;
	}
	if (options.once)
		options.count = 1;
	if (!live_is_name(options.machine))
		return EXIT_USAGE;
	if (live_open(&live, options.machine) < 0)
		return EXIT_FAILURE;
	status = watch(&live, &options);
	live_close(&live);
	return status;
}
