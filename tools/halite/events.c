/* SPDX-License-Identifier: BSD-2-Clause */
#include "events.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "sbi_names.h"

#define RING_MAX UINT64_C(0x100000)

static const char *const fault_names[STATS_FAULTS] = {
	[STATS_FAULT_FILLED] = "filled",
	[STATS_FAULT_TO_L1] = "passed to L1",
	[STATS_FAULT_DEVICE] = "device",
};

static const struct {
	unsigned int number;
	const char *name;
} csrs[] = {
#define HEXT_ROW(csr, csr_number, ...) { csr_number, #csr },
#include "hext/csr_table.h"
};

/* The table has the names in capitals. */
static const char *in_small_letters(const char *name)
{
	static char text[24];
	size_t i;

	for (i = 0; i < sizeof(text) - 1 && name[i]; i++)
		text[i] = (char)tolower((unsigned char)name[i]);
	text[i] = '\0';
	return text;
}

const char *event_csr_name(unsigned int number)
{
	static char text[8];

	for (size_t i = 0; i < sizeof(csrs) / sizeof(csrs[0]); i++) {
		if (csrs[i].number == number)
			return in_small_letters(csrs[i].name);
	}
	snprintf(text, sizeof(text), "0x%x", number & 0xfff);
	return text;
}

/* ---- reading ---- */

static int compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Whether the event is one that this command knows. The ring may be of a Halite that is broken. */
static bool is_known(const struct stats_event *e)
{
	switch (e->type) {
	case STATS_EVENT_EXIT:
		return e->code < STATS_EXITS;
	case STATS_EVENT_ENTER:
	case STATS_EVENT_INJECT:
		return e->code == 1 || e->code == 2;
	case STATS_EVENT_FAULT:
		return e->code < STATS_FAULTS;
	case STATS_EVENT_SYNC:
		return true;
	default:
		return false;
	}
}

/* Adds the events of the hart with index @index. Returns 0, or -1 after a message. */
static int read_ring(struct live *live, const struct counts_level *level, unsigned int index,
		     struct events *events)
{
	const struct stats_header *h = &level->header;
	uint64_t at = h->first + (uint64_t)index * h->stride, first;
	struct stats_hart before, after;
	struct stats_event *ring;
	uint64_t bytes;

	if (!live_read(live, at, &before, sizeof(before)))
		return -1;
	bytes = before.ring_size * sizeof(*ring);
	if (!before.ring_size || before.ring_size > RING_MAX ||
	    (before.ring_size & (before.ring_size - 1)) ||
	    !counts_in_home(level, before.ring, bytes)) {
		message("the ring of hart %u is damaged", index);
		return -1;
	}
	ring = malloc(bytes);
	if (!ring)
		abort();
	if (!live_read(live, before.ring, ring, bytes) ||
	    !live_read(live, at, &after, sizeof(after))) {
		free(ring);
		return -1;
	}
	/* A guest that makes a Halite of its own may have written anything. */
	if (before.recorded > after.recorded || after.recorded == UINT64_MAX) {
		message("the ring of hart %u is damaged", index);
		free(ring);
		return -1;
	}
	/* The hart has overwritten these while the ring was copied, and may be writing one more. */
	first = after.recorded + 1 > before.ring_size ? after.recorded + 1 - before.ring_size : 0;
	events->list =
		realloc(events->list, (events->count + before.ring_size) * sizeof(*events->list));
	if (!events->list)
		abort();
	events->lost += first;
	for (uint64_t n = first; n < before.recorded; n++) {
		const struct stats_event *e = &ring[n & (before.ring_size - 1)];

		if (is_known(e))
			events->list[events->count++] = (struct event){ e->time, n, index, *e };
	}
	free(ring);
	return 0;
}

int events_read(struct live *live, const struct counts_level *level, struct events *events)
{
	*events = (struct events){ 0 };
	for (unsigned int i = 0; i < level->header.harts; i++) {
		if (read_ring(live, level, i, events) < 0)
			return -1;
	}
	if (events->count)
		qsort(events->list, events->count, sizeof(*events->list), compare);
	return 0;
}

/* ---- text ---- */

const char *event_name(const struct event *event)
{
	switch (event->e.type) {
	case STATS_EVENT_EXIT:
		return counts_exits[event->e.code].name;
	case STATS_EVENT_ENTER:
		return event->e.code == 2 ? "enter L2" : "enter L1";
	case STATS_EVENT_SYNC:
		return "sync";
	case STATS_EVENT_FAULT:
		return "fault";
	default:
		return "inject";
	}
}

static void detail_of_exit(const struct stats_event *e, char text[EVENT_TEXT_MAX])
{
	unsigned long long b = e->b, pc = e->a;
	char call[EVENT_TEXT_MAX / 2];

	switch (e->code) {
	case STATS_EXIT_L1_CSR:
		snprintf(text, EVENT_TEXT_MAX, "csr %s, pc 0x%llx",
			 event_csr_name((unsigned int)(b >> 20 & 0xfff)), pc);
		break;
	case STATS_EXIT_L1_SBI:
	case STATS_EXIT_L2_SBI:
		sbi_name((uint32_t)(b >> 32), (uint32_t)b, call, sizeof(call));
		snprintf(text, EVENT_TEXT_MAX, "%s, pc 0x%llx", call, pc);
		break;
	case STATS_EXIT_L1_MEMORY:
	case STATS_EXIT_L2_MEMORY:
		snprintf(text, EVENT_TEXT_MAX, "guest physical 0x%llx, pc 0x%llx", b, pc);
		break;
	case STATS_EXIT_L1_OTHER:
	case STATS_EXIT_L2_OTHER:
		snprintf(text, EVENT_TEXT_MAX, "cause %llu, pc 0x%llx", b, pc);
		break;
	default:
		snprintf(text, EVENT_TEXT_MAX, "pc 0x%llx", pc);
		break;
	}
}

static const char *cause_text(uint64_t cause)
{
	static char text[32];

	snprintf(text, sizeof(text), "%s %llu", cause >> 63 ? "interrupt" : "exception",
		 (unsigned long long)(cause << 1 >> 1));
	return text;
}

void event_detail(const struct event *event, char text[EVENT_TEXT_MAX])
{
	const struct stats_event *e = &event->e;

	switch (e->type) {
	case STATS_EVENT_EXIT:
		detail_of_exit(e, text);
		break;
	case STATS_EVENT_ENTER:
		if (e->b)
			snprintf(text, EVENT_TEXT_MAX, "pc 0x%llx, trap: %s",
				 (unsigned long long)e->a, cause_text(e->b));
		else
			snprintf(text, EVENT_TEXT_MAX, "pc 0x%llx", (unsigned long long)e->a);
		break;
	case STATS_EVENT_SYNC:
		snprintf(text, EVENT_TEXT_MAX, "%u CSRs, %llu fences", e->code,
			 (unsigned long long)e->a);
		break;
	case STATS_EVENT_FAULT:
		snprintf(text, EVENT_TEXT_MAX, "guest physical 0x%llx: %s",
			 (unsigned long long)e->a, fault_names[e->code]);
		break;
	default:
		snprintf(text, EVENT_TEXT_MAX, "%s into L1, tval 0x%llx", cause_text(e->a),
			 (unsigned long long)e->b);
		break;
	}
}
