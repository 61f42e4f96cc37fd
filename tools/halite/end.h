/* SPDX-License-Identifier: BSD-2-Clause */
/* How a run can end: the name, the exit status and the message of each end. */
#ifndef HALITE_TOOL_END_H
#define HALITE_TOOL_END_H

#define EXIT_PANIC   3
#define EXIT_REBOOT  4
#define EXIT_UNSEEN  5
#define EXIT_DOMAIN  6
#define EXIT_TIMEOUT 124 /* as timeout(1) has it */
#define EXIT_SIGNAL  128 /* and the signal's number, as shells have it */

enum end_kind {
	END_NONE, /* it goes on */
	END_OFF,
	END_QUIT,
	END_EXPECTED,
	END_EXEC,
	END_FAILED,
	END_NOT_STARTED,
	END_PANIC,
	END_REBOOT,
	END_UNSEEN,
	END_DOMAIN_FAILED,
	END_AGENT, /* the agent has said why it ends */
	END_NO_EXEC,
	END_TIMEOUT,
	END_QEMU_FAILED,
	END_QEMU_KILLED,
	END_SIGNAL,
	END_CLOSED,
	END_OUTPUT,
	END_COUNT,
};

struct end {
	enum end_kind kind;
	/* EXEC, FAILED, QEMU_FAILED: a status; QEMU_KILLED, SIGNAL: the signal; OUTPUT: errno. */
	int number;
};

/* The name of the end for programs. It is never freed. */
const char *end_name(const struct end *end);

/* The exit status, see `halite run --help`. */
int end_status(const struct end *end);

/*
 * Tells the user on standard error, if the end needs words. The domains are those whose Linux has
 * panicked, and that has ended with a failure; empty: none.
 */
void end_tell(const struct end *end, const char *of_panic, const char *of_failure);

#endif
