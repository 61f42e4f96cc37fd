/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb `trace`: shows the last events of a running machine, as text, JSON or a page. */
#ifndef HALITE_TOOL_TRACE_H
#define HALITE_TOOL_TRACE_H

#include <jansson.h>
#include <stdio.h>

#include "events.h"

/* argv[0] is the verb. Returns the exit status. */
int trace_main(char **argv);

/* The events as "Trace Event Format" of Chrome, which Perfetto opens, too. */
json_t *trace_json(const struct counts_level *level, const struct events *events);

/* Writes a page of HTML that needs no other file. */
void trace_report(FILE *out, const struct counts_level *level, const struct events *events);

#endif
