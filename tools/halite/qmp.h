/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's machine protocol: what QEMU says of the machine, and the few commands that this program
 * gives. QEMU's messages are lines of JSON. Lines that are too long or no JSON are ignored.
 */
#ifndef HALITE_TOOL_QMP_H
#define HALITE_TOOL_QMP_H

#include <stdbool.h>
#include <stddef.h>

struct qmp {
	int fd;		 /* a socket to QEMU; -1: closed */
	char line[4096]; /* the message that has begun */
	size_t length;
	bool ready; /* QEMU has made the machine, and has greeted */
	/* Why the machine ended, in QEMU's words (RunState's ShutdownCause); empty: it has not. */
	char shutdown[32];
	unsigned int resets; /* how often the guest has reset the machine */
};

/* Starts the conversation on fd. It may be called before QEMU runs. */
void qmp_begin(struct qmp *qmp, int fd);

/* Reads what QEMU has said, without waiting. Returns whether there may be more. */
bool qmp_read(struct qmp *qmp);

/* From now on, a reset of the machine by its guest ends QEMU. */
void qmp_no_more_resets(struct qmp *qmp);

/* Asks QEMU to end. Returns false if QEMU cannot be asked. */
bool qmp_quit(struct qmp *qmp);

#endif
