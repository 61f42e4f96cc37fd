/* SPDX-License-Identifier: BSD-2-Clause */
/* The text on the guest's console: what it tells about the run. */
#ifndef HALITE_TOOL_TEXT_H
#define HALITE_TOOL_TEXT_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dump.h"

struct text {
	const char *start;   /* how the line begins that Halite prints before the guest starts */
	const regex_t *wait; /* the expression of --expect; NULL: none */
	char line[4096];     /* the line that has begun */
	size_t length;
	bool started;  /* a line began with `start` */
	bool expected; /* a line matched `wait` */
	bool panicked; /* Linux said that it has panicked, and has not rebooted in order since */
	/* The domain whose line said so. Empty: a line without a domain's name. */
	char panicked_domain[32];
	bool domain_panicked; /* a domain was reset after its Linux had panicked */
	bool domain_failed;   /* a domain has ended with a failure */
	/* The names of the last domains that are meant. */
	char domain_of_panic[32], domain_of_failure[32];
	bool panic_ended; /* it also said that it will do nothing any more */
	char agent[512];  /* what the agent of --exec or --rootfs has said; empty: nothing */
	uint64_t home;	  /* where the lowest Halite is after it has moved; 0: not known yet */
	char shown[32];	  /* the domain whose counts Ctrl-] s shows now; empty: none */
	json_t *exits;	  /* the counts of --stats, by level and reason; NULL: none yet */
	json_t *domains;  /* the same of each of several domains, by name; NULL: none yet */
	struct dump dump;
};

/* Reads @size more bytes. */
void text_feed(struct text *text, const char *bytes, size_t size);

/* No more has come for a while. The line that has begun may be a prompt: it counts for --expect. */
void text_pause(struct text *text);

#endif
