/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "message.h"

static const char trace_help[] =
	"Usage: halite trace [OPTIONS] [MACHINE]\n"
	"\n"
	"Shows the last events of a running machine: exits, entries, what NACL synced, guest-page\n"
	"faults, traps into L1. The machine is a `halite run` with --trace. MACHINE is its\n"
	"process id or its socket; without MACHINE, it is the only machine that runs.\n"
	"docs/stats.md explains the events. The machine stands still while it is read, some\n"
	"milliseconds.\n"
	"\n"
	"  --level N       the Halite of level N; the lowest is 0 (default 0)\n"
	"  --json FILE     write the events for Perfetto (ui.perfetto.dev) or chrome://tracing in\n"
	"                  place of text: a lane for each hart, with L1, L2 and Halite as slices\n"
	"  --report FILE   write a page for a browser: a time line, what exits cost by kind, and\n"
	"                  the CSRs that L1 accesses most\n"
	"  FILE may be -, the standard output.\n"
	"\n"
	"Exit status: 0; 1 if there is no such machine or it records nothing, or if a file cannot\n"
	"be written; 2 if an argument is wrong.\n";

struct trace_options {
	unsigned int level;
	const char *json, *report, *machine;
};

static void print_text(const struct counts_level *level, const struct events *events)
{
	char detail[EVENT_TEXT_MAX];

	printf("# %zu events of %u hart%s, older ones lost: %llu\n", events->count,
	       level->header.harts, level->header.harts == 1 ? "" : "s",
	       (unsigned long long)events->lost);
	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->list[i];

		event_detail(event, detail);
		printf("%14.7f  hart %llu  %-14s %s\n",
		       (double)event->time / (double)level->header.timebase,
		       (unsigned long long)level->harts[event->hart].hartid, event_name(event),
		       detail);
	}
}

/* Opens @path for writing. NULL, after a message: it cannot be. */
static FILE *open_out(const char *path)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "w") : stdout;

	if (!out)
		message("trace: '%s': %s", path, strerror(errno));
	return out;
}

static int close_out(const char *path, FILE *out)
{
	int failed = ferror(out) | fflush(out);

	if (out != stdout)
		failed |= fclose(out);
	if (failed)
		message("trace: '%s': cannot be written", path);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int write_json(const char *path, const struct counts_level *level,
		      const struct events *events)
{
	FILE *out = open_out(path);
	json_t *all;

	if (!out)
		return EXIT_FAILURE;
	all = trace_json(level, events);
	json_dumpf(all, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputc('\n', out);
	json_decref(all);
	return close_out(path, out);
}

static int write_report(const char *path, const struct counts_level *level,
			const struct events *events)
{
	FILE *out = open_out(path);

	if (!out)
		return EXIT_FAILURE;
	trace_report(out, level, events);
	return close_out(path, out);
}

static int show(struct live *live, const struct trace_options *options)
{
	const struct counts_level *level;
	int status = EXIT_SUCCESS;
	struct events events;
	struct counts counts;

	if (counts_find(live, &counts) < 0)
		return EXIT_FAILURE;
	if (options->level >= counts.levels) {
		message("trace: --level %u: the machine has %u Halites", options->level,
			counts.levels);
		return EXIT_FAILURE;
	}
	level = &counts.level[options->level];
	if (!(level->header.flags & STATS_FLAG_TRACES)) {
		message("trace: the Halite of level %u records nothing; expected `halite run "
			"--trace`",
			options->level);
		return EXIT_FAILURE;
	}
	live_pause(live);
	status = counts_read(live, &counts) < 0 || events_read(live, level, &events) < 0;
	live_resume(live);
	if (status)
		return EXIT_FAILURE;
	if (options->json)
		status |= write_json(options->json, level, &events);
	if (options->report)
		status |= write_report(options->report, level, &events);
	if (!options->json && !options->report) {
		print_text(level, &events);
		status |= close_out("-", stdout);
	}
	free(events.list);
	return status;
}

static const struct option long_options[] = {
	{ "level", required_argument, NULL, 'l' },
	{ "json", required_argument, NULL, 'j' },
	{ "report", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* Decodes the options. Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct trace_options *options)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		switch (option) {
		case 'l':
			if (strlen(optarg) != 1 || *optarg < '0' ||
			    *optarg >= '0' + COUNTS_LEVELS_MAX) {
				message("trace: --level '%s': expected a number from 0 to %u",
					optarg, COUNTS_LEVELS_MAX - 1);
				return EXIT_USAGE;
			}
			options->level = (unsigned int)(*optarg - '0');
			break;
		case 'j':
			options->json = optarg;
			break;
		case 'r':
			options->report = optarg;
			break;
		case 'h':
			fputs(trace_help, stdout);
			return EXIT_SUCCESS;
		case ':':
			message("trace: %s: its value is missing", argv[optind - 1]);
			return EXIT_USAGE;
		default:
			message("trace: unknown option '%s'; see 'halite trace --help'",
				argv[optind - 1]);
			return EXIT_USAGE;
		}
	}
	if (argc - optind > 1) {
		message("trace: one machine at most is expected, not also '%s'", argv[optind + 1]);
		return EXIT_USAGE;
	}
	options->machine = argv[optind];
	return -1;
}

int trace_main(char **argv)
{
	struct trace_options options = { 0 };
	struct live live;
	int argc = 0, status;

	while (argv[argc])
		argc++;
	status = parse(argc, argv, &options);
	if (status >= 0)
		return status;
	if (live_open(&live, options.machine) < 0)
		return EXIT_FAILURE;
	status = show(&live, &options);
	live_close(&live);
	return status;
}
