/* SPDX-License-Identifier: BSD-2-Clause */
#include "end.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

struct row {
	const char *name;
	int status;
	const char *words; /* NULL: nothing to say, or end_tell() has more to say */
};

static const struct row rows[END_COUNT] = {
	[END_NONE] = { "none", EXIT_FAILURE, NULL },
	[END_OFF] = { "power-off", EXIT_SUCCESS, NULL },
	[END_QUIT] = { "quit", EXIT_SUCCESS, NULL },
	[END_EXPECTED] = { "expected", EXIT_SUCCESS, NULL },
	[END_EXEC] = { "command", EXIT_FAILURE, NULL },
	/* The reason is on the console: a line of Halite's, or the guest's. */
	[END_FAILED] = { "failed", EXIT_FAILURE, NULL },
	[END_NOT_STARTED] = { "not-started", EXIT_FAILURE,
			      "QEMU ended before the guest was started" },
	[END_PANIC] = { "panic", EXIT_PANIC, "the guest's kernel has panicked" },
	[END_REBOOT] = { "reboot", EXIT_REBOOT,
			 "the guest has rebooted, and may not do so (again)" },
	[END_UNSEEN] = { "not-seen", EXIT_UNSEEN,
			 "the guest has powered off, and no line was as --expect says" },
	[END_AGENT] = { "no-root", EXIT_FAILURE, NULL },
	[END_DOMAIN_FAILED] = { "domain-failed", EXIT_DOMAIN, NULL },
	[END_NO_EXEC] = { "no-command", EXIT_FAILURE,
			  "the guest has powered off before the command of --exec had ended" },
	[END_TIMEOUT] = { "timeout", EXIT_TIMEOUT,
			  "the guest has not ended in the time of --timeout" },
	[END_QEMU_FAILED] = { "qemu-failed", EXIT_FAILURE, NULL },
	[END_QEMU_KILLED] = { "qemu-killed", EXIT_FAILURE, NULL },
	[END_SIGNAL] = { "signal", EXIT_FAILURE, NULL },
	[END_CLOSED] = { "closed", EXIT_SIGNAL + SIGPIPE, NULL },
	[END_OUTPUT] = { "no-output", EXIT_FAILURE, NULL },
};

const char *end_name(const struct end *end)
{
	return rows[end->kind].name;
}

int end_status(const struct end *end)
{
	switch (end->kind) {
	case END_EXEC:
	case END_FAILED:
	case END_QEMU_FAILED:
		return end->number;
	case END_QEMU_KILLED:
	case END_SIGNAL:
		return EXIT_SIGNAL + end->number;
	default:
		return rows[end->kind].status;
	}
}

void end_tell(const struct end *end, const char *of_panic, const char *of_failure)
{
	if (end->kind == END_PANIC && *of_panic)
		message("the kernel of domain %s has panicked", of_panic);
	else if (end->kind == END_DOMAIN_FAILED)
		message("domain %s has ended with a failure", of_failure);
	else if (end->kind == END_QEMU_KILLED)
		message("QEMU was ended by signal %d (%s)", end->number, strsignal(end->number));
	else if (end->kind == END_OUTPUT)
		message("cannot write the console: %s", strerror(end->number));
	else if (rows[end->kind].words)
		message("%s", rows[end->kind].words);
}
