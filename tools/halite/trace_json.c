/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The "Trace Event Format" (Chrome): a process for the Halite, a thread for each hart. From an
 * entry to the next exit there is a slice "L1" or "L2", and from an exit to the next entry a slice
 * with the name of the exit. The other events are instants.
 */
#include <stdlib.h>

#include "trace.h"

static double micros(const struct counts_level *level, const struct events *events, uint64_t time)
{
	return (double)(time - events->list[0].time) * 1e6 / (double)level->header.timebase;
}

static void name_lane(json_t *list, const struct counts_level *level, unsigned int hart)
{
	char name[40];

	snprintf(name, sizeof(name), "hart %llu", (unsigned long long)level->harts[hart].hartid);
	json_array_append_new(list, json_pack("{s:s,s:s,s:i,s:i,s:{s:s}}", "name", "thread_name",
					      "ph", "M", "pid", (int)level->header.level, "tid",
					      (int)hart, "args", "name", name));
}

/* The event that ends the slice which begins with event @i: the next exit or entry of its hart. */
static const struct event *end_of(const struct events *events, size_t i)
{
	const struct event *begin = &events->list[i];

	for (i++; i < events->count; i++) {
		const struct event *event = &events->list[i];

		if (event->hart == begin->hart &&
		    (event->e.type == STATS_EVENT_EXIT || event->e.type == STATS_EVENT_ENTER))
			return event;
	}
	return NULL;
}

static json_t *slice(const struct counts_level *level, const struct events *events, size_t i)
{
	const struct event *event = &events->list[i], *end = end_of(events, i);
	char detail[EVENT_TEXT_MAX];
	const char *name = event_name(event);

	if (!end)
		return NULL;
	if (event->e.type == STATS_EVENT_ENTER)
		name = event->e.code == 2 ? "L2" : "L1";
	event_detail(event, detail);
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:f,s:f,s:{s:s}}", "name", name, "cat",
			 event->e.type == STATS_EVENT_ENTER ? "guest" : "halite", "ph", "X", "pid",
			 (int)level->header.level, "tid", (int)event->hart, "ts",
			 micros(level, events, event->time), "dur",
			 micros(level, events, end->time) - micros(level, events, event->time),
			 "args", "detail", detail);
}

static json_t *instant(const struct counts_level *level, const struct events *events, size_t i)
{
	const struct event *event = &events->list[i];
	char detail[EVENT_TEXT_MAX];

	event_detail(event, detail);
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:f,s:{s:s}}", "name", event_name(event), "cat",
			 "halite", "ph", "i", "s", "t", "pid", (int)level->header.level, "tid",
			 (int)event->hart, "ts", micros(level, events, event->time), "args",
			 "detail", detail);
}

json_t *trace_json(const struct counts_level *level, const struct events *events)
{
	json_t *list = json_array();
	char name[40];

	snprintf(name, sizeof(name), "Halite of level %u", level->header.level);
	json_array_append_new(list,
			      json_pack("{s:s,s:s,s:i,s:{s:s}}", "name", "process_name", "ph", "M",
					"pid", (int)level->header.level, "args", "name", name));
	for (unsigned int hart = 0; hart < level->header.harts; hart++)
		name_lane(list, level, hart);
	for (size_t i = 0; i < events->count; i++) {
		unsigned int type = events->list[i].e.type;
		json_t *item = type == STATS_EVENT_EXIT || type == STATS_EVENT_ENTER
				       ? slice(level, events, i)
				       : instant(level, events, i);

		if (item)
			json_array_append_new(list, item);
	}
	return json_pack("{s:o,s:s,s:{s:I,s:I}}", "traceEvents", list, "displayTimeUnit", "ns",
			 "otherData", "timebase", (json_int_t)level->header.timebase, "lost",
			 (json_int_t)events->lost);
}
