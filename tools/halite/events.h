/* SPDX-License-Identifier: BSD-2-Clause */
/* The events in the rings of a running machine, in order of time, and what they say. */
#ifndef HALITE_TOOL_EVENTS_H
#define HALITE_TOOL_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "counts.h"

struct event {
	uint64_t time;	   /* ticks of the time CSR */
	uint64_t number;   /* of the event in its hart: the order of events at the same tick */
	unsigned int hart; /* the index of the hart */
	struct stats_event e;
};

struct events {
	struct event *list;
	size_t count;
	uint64_t lost; /* events that newer ones have overwritten */
};

#define EVENT_TEXT_MAX 96

/* Reads the rings of all harts of @level. Returns 0, or -1 after a message. */
int events_read(struct live *live, const struct counts_level *level, struct events *events);

/* Writes what @event tells besides its kind, such as a CSR's name or an address, to @text. */
void event_detail(const struct event *event, char text[EVENT_TEXT_MAX]);

/* The name of the kind of @event, such as "l1-csr" or "enter L2". */
const char *event_name(const struct event *event);

/* The name of CSR @number, or a number as text. */
const char *event_csr_name(unsigned int number);

#endif
