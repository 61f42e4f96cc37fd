/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"

static int ends[2] = { -1, -1 };

const char *watch_chardev_option(void)
{
	static char option[64];

	if (ends[0] < 0 && pipe(ends) < 0) {
		message("cannot make a pipe: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	snprintf(option, sizeof(option), "logfile=/proc/self/fd/%d", ends[1]);
	return option;
}

/* Reads to the end of the pipe. Returns whether a line began with @line. */
static bool find_line(const char *line, struct dump *dump)
{
	size_t length = strlen(line), matched = 0;
	bool found = false, at_start = true;
	char buffer[4096];
	ssize_t got, i;

	for (;;) {
		got = read(ends[0], buffer, sizeof(buffer));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return found;
		dump_feed(dump, buffer, (size_t)got);
		for (i = 0; i < got && !found; i++) {
			if (at_start && buffer[i] == line[matched])
				found = ++matched == length;
			else
				at_start = false;
			if (buffer[i] == '\n' || buffer[i] == '\r') {
				at_start = true;
				matched = 0;
			}
		}
	}
}

static _Noreturn void exec_child(char **argv)
{
	/* QEMU ends when this command ends. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);
	close(ends[0]);
	execvp(argv[0], argv);
	message("--qemu '%s': %s", argv[0], strerror(errno));
	_exit(127);
}

int watch_run(char **argv, const char *line, struct dump *dump)
{
	bool found;
	pid_t child;
	int status;

	/* Ctrl-C is for the guest, or for QEMU if the console is not a terminal. */
	signal(SIGINT, SIG_IGN);
	child = fork();
	if (child < 0) {
		message("cannot start a process: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	if (child == 0)
		exec_child(argv);
	close(ends[1]);
	found = find_line(line, dump);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_FAILURE;
	}
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	if (WEXITSTATUS(status) || found)
		return WEXITSTATUS(status);
	message("QEMU ended before the guest was started");
	return EXIT_FAILURE;
}
