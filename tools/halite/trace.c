/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "live.h"
#include "message.h"
#include "options.h"

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
	bool help;
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

enum { LEVEL, AS_JSON, AS_REPORT, HELP, H };

static const struct argument known[] = {
	[LEVEL] = { "--level", true },
	[AS_JSON] = { "--json", true },
	[AS_REPORT] = { "--report", true },
	[HELP] = { "--help", false },
	[H] = { "-h", false },
	{ NULL, false },
};

static int take(void *context, unsigned int option, const char *value)
{
	struct trace_options *options = context;

	switch (option) {
	case LEVEL:
		return options_number("trace: --level", value, 0, COUNTS_LEVELS_MAX - 1,
				      &options->level);
	case AS_JSON:
		options->json = value;
		return 0;
	case AS_REPORT:
		options->report = value;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

int trace_main(char **argv)
{
	struct trace_options options = { 0 };
	struct live live;
	int status;

	if (arguments_read(argv, known, take, &options, &options.machine) < 0)
		return EXIT_USAGE;
	if (options.help) {
		fputs(trace_help, stdout);
		return EXIT_SUCCESS;
	}
	if (options.json && options.report && !strcmp(options.json, options.report)) {
		message("trace: --json and --report '%s': expected two files", options.json);
		return EXIT_USAGE;
	}
	if (!live_is_name(options.machine))
		return EXIT_USAGE;
	if (live_open(&live, options.machine) < 0)
		return EXIT_FAILURE;
	status = show(&live, &options);
	live_close(&live);
	return status;
}
